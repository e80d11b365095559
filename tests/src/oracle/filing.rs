//! Filings and recesses, and the claims that an effect leaves out.

use super::Run;
use super::case::{Owner, Waiting};
use super::fault::Fault;
use crate::normal;
use dunlin_lang::model::{Action, Block};
use dunlin_machine::ir::{Does, Nature};
use dunlin_machine::value::Instant;

impl<'m> Run<'m> {
    /// Files, or waits for the end of a recess.
    pub(super) fn try_file(&mut self, waiting: Waiting<'m>, place: usize) -> Result<(), Fault> {
        let action = waiting.action;
        if self.waits_already(action, waiting.person) {
            self.held(action, "waits already", None, true);
            return Ok(());
        }
        let Some(until) = self.end_of_recess()? else { return self.file(&waiting) };
        self.held(action, "recess", Some(until), false);
        self.let_wait(Waiting { due: until, ..waiting }, place)
    }

    /// When the first day begins that lies in no recess, where today does.
    fn end_of_recess(&self) -> Result<Option<Instant>, Fault> {
        let calendar = self.calendar()?;
        if calendar.in_recess(self.today()).is_none() {
            return Ok(None);
        }
        let day = self.first_after(self.today(), |day| Ok(calendar.in_recess(day).is_none()))?;
        self.begin(day).map(Some)
    }

    fn file(&mut self, waiting: &Waiting<'m>) -> Result<(), Fault> {
        let Does::File { form, with } = &waiting.action.does else { return Err(Fault::Broken) };
        let pursued = self.case.persons.iter().any(|p| p.pursued());
        let without = if waiting.by.leaving || !pursued { Vec::new() } else { self.left_out(true) };
        if self.names_no_claim(waiting.action, &without) {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.named, waiting.by.named);
        let what = normal::file(self.model.text(*form), &self.sued(), &self.with(with)?);
        self.named = before;
        self.effect(Some(waiting.action.rule), &(what + &normal::without(&without)))
    }

    /// Claims with open principal that are disputed, or of which no demand has told.
    pub(super) fn left_out(&self, fresh_too: bool) -> Vec<u16> {
        let claims = self.case.claims.iter().enumerate().filter(|(_, claim)| claim.principal > 0);
        let left = claims.filter(|(_, claim)| claim.disputed || fresh_too && claim.fresh);
        left.filter_map(|(n, _)| u16::try_from(n).ok()).collect()
    }

    /// Whether the strategy sends demands: if not, no claim is fresh.
    pub(super) fn demands(&self) -> bool {
        let model = self.model;
        let owners = (0..model.stages.len()).map(Owner::Stage).chain((0..model.scopes.len()).map(Owner::Scope));
        let owners = owners.chain((0..model.whenevers.len()).map(Owner::Whenever));
        let owners = owners.chain((0..model.watches.len()).map(Owner::Watch));
        let entries = model.stages.iter().map(|s| &s.entry).chain(model.scopes.iter().map(|s| &s.entry));
        let leaving = model.stages.iter().flat_map(|s| &s.leaving).chain(model.scopes.iter().flat_map(|s| &s.leaving));
        let plans = model.plans.iter().flat_map(|p| [&p.notice, &p.on_missed, &p.on_completed, &p.on_breached]);
        owners.flat_map(|owner| self.triggers(owner)).any(|trigger| demands(&trigger.body))
            || entries.chain(model.whenevers.iter().map(|w| &w.body)).any(demands)
            || leaving.map(|l| &l.body).chain(plans).any(demands)
    }

    /// Whether every open claim is left out, and there is one: the action is then held and dropped.
    pub(super) fn names_no_claim(&mut self, action: &Action, without: &[u16]) -> bool {
        let open = self.case.claims.iter().filter(|claim| claim.principal > 0).count();
        if without.is_empty() || without.len() < open {
            return false;
        }
        let disputed = without.iter().all(|n| self.case.claims[usize::from(*n)].disputed);
        self.held(action, if disputed { "disputed" } else { "fresh" }, None, true);
        true
    }
}

/// Whether an ordinary message stands anywhere in a block.
fn demands(block: &Block) -> bool {
    block.iter().any(|action| match &action.does {
        Does::Send(send) => send.nature == Nature::Ordinary,
        other => other.blocks().into_iter().any(demands),
    })
}
