//! What is filed, reported and charged, and which claims that leaves out (semantics, sections 4.9 and 6.14).

use crate::case::{Claim, Waiting};
use crate::fault::Fault;
use crate::outcome::{Effect, HeldAction, HeldBy};
use crate::run::{Ctx, Run, position};
use core::ops::Range;
use dunlin_machine::ir::{self, ActionRef, Does, Nature, RuleId, TextId};
use dunlin_machine::value::Instant;

/// The longest recess whose end is looked for, in days.
const LONGEST_RECESS: u32 = 400;

impl<'a> Run<'a> {
    /// What holds back an action that would leave out every claim with open principal.
    fn nothing_left(&self, fresh_too: bool) -> Option<HeldBy> {
        let mut held = None;
        for claim in self.case.ledger.claims.iter().filter(|c| c.principal > 0) {
            if !left_out(claim, fresh_too) {
                return None;
            }
            let by = if claim.disputed { HeldBy::Disputed } else { HeldBy::Fresh };
            held = if held == Some(HeldBy::Fresh) { held } else { Some(by) };
        }
        held
    }

    /// The claims that an effect leaves out, as a run of the outcome.
    pub(crate) fn without(&mut self, fresh_too: bool) -> Range<u32> {
        let from = position(self.out.without.len());
        for (at, claim) in (0u16..).zip(&self.case.ledger.claims) {
            if claim.principal > 0 && left_out(claim, fresh_too) {
                self.out.without.push(at);
            }
        }
        from..position(self.out.without.len())
    }

    /// Whether a message asks for nothing but disputed claims: it is held back, and that is said.
    pub(crate) fn asks_for_disputed_only(&mut self, send: &ir::Send, person: u8, rule: RuleId) -> bool {
        let demand = send.payable_within.is_some() && send.nature == Nature::Ordinary;
        let held = if demand { self.nothing_left(false) } else { None };
        if let Some(by) = held {
            self.held(rule, HeldAction::Send(send.template, person), by, None, true);
        }
        held.is_some()
    }

    /// Whether a charge is for nothing but disputed claims: it is held back, and that is said.
    pub(crate) fn charges_for_disputed_only(&mut self, kind: TextId, rule: RuleId) -> bool {
        let held = self.nothing_left(false);
        if let Some(by) = held {
            self.held(rule, HeldAction::Charge(kind), by, None, true);
        }
        held.is_some()
    }

    // Reports.

    pub(crate) fn report(&mut self, rule: RuleId, party: TextId, what: TextId, message: bool) -> Result<(), Fault> {
        let from = self.mark();
        let bureau = self.text_of(party) == "bureau";
        if bureau && let Some(by) = self.nothing_left(true) {
            self.held(rule, HeldAction::Report(party), by, None, true);
            return Ok(());
        }
        let without = if bureau { self.without(true) } else { 0..0 };
        let persons = self.persons_pursued();
        self.effect(Some(rule), from, Effect::Report { party, what, message, persons, without })?;
        Ok(())
    }

    /// Against whom something is filed: those pursued; where nobody is, all.
    fn persons_pursued(&self) -> u8 {
        let bits = |pursued: bool| {
            let persons = self.case.persons.iter().zip(0u32..8).filter(|(p, _)| p.pursued || !pursued);
            persons.fold(0u8, |set, (_, at)| set | 1 << at)
        };
        Some(bits(true)).filter(|set| *set > 0).unwrap_or_else(|| bits(false))
    }

    // Filings.

    fn form_of(&self, at: ActionRef) -> Result<(TextId, &'a ir::With, RuleId), Fault> {
        match self.m.actions.get(at.index()) {
            Some(ir::Action { rule, does: Does::File { form, with } }) => Ok((*form, with, *rule)),
            _ => Err(Fault::Broken("what waits for the end of a recess is no `file`")),
        }
    }

    /// Whether an action that waits is a `file`.
    pub(crate) fn is_filing(&self, at: ActionRef) -> bool {
        self.form_of(at).is_ok()
    }

    /// Files, or waits for the end of the recess.
    pub(crate) fn file(&mut self, at: ActionRef) -> Result<(), Fault> {
        let (form, _, rule) = self.form_of(at)?;
        let (person, what) = (self.ctx.person, HeldAction::File(form));
        if self.case.waiting.iter().any(|w| w.action == at && w.person == person) {
            self.held(rule, what, HeldBy::WaitsAlready, None, true);
            return Ok(());
        }
        let Some((by, due)) = self.recess()? else { return self.file_now(at) };
        self.held(rule, what, by, due, due.is_none());
        if let Some(due) = due {
            let Ctx { owner, body, run, .. } = self.ctx;
            self.case.waiting_mut().push(Waiting { action: at, person, way: 0, due, owner, body, run });
        }
        Ok(())
    }

    /// The recess of today and when it is over; none within 400 days: never.
    fn recess(&self) -> Result<Option<(HeldBy, Option<Instant>)>, Fault> {
        let calendar = self.calendar();
        let Some(recess) = calendar.recess_on(self.today) else { return Ok(None) };
        let at = u16::try_from(recess).map_err(|_| Fault::Broken("a recess is missing"))?;
        let by = HeldBy::Recess(self.case.calendar, at);
        let mut day = self.today;
        for _ in 0..LONGEST_RECESS {
            day = day.add_days(1)?;
            if calendar.recess_on(day).is_none() {
                return Ok(Some((by, Some(self.begin(day)?))));
            }
        }
        Ok(Some((by, None)))
    }

    /// The recess for which a `file` waited is over.
    pub(crate) fn file_at_last(&mut self, index: usize) -> Result<(), Fault> {
        let Some(waiting) = self.case.waiting.get(index).copied() else { return Ok(()) };
        self.case.waiting_mut().remove(index);
        let before = self.ctx;
        let Waiting { owner, body, run, person, .. } = waiting;
        self.ctx = Ctx { owner, because_of: None, body, run, person, ..before };
        let others = self.case.waiting.len();
        let filed = self.file(waiting.action);
        self.ctx = before;
        // In another recess it waits again in its place.
        if self.case.waiting.len() > others
            && let Some(again) = self.case.waiting_mut().pop()
        {
            self.case.waiting_mut().insert(index.min(others), again);
        }
        filed
    }

    fn file_now(&mut self, at: ActionRef) -> Result<(), Fault> {
        let (form, with, rule) = self.form_of(at)?;
        let nobody = !self.case.persons.iter().any(|p| p.pursued);
        let whole = nobody || self.names.takes_back(at);
        if !whole && let Some(by) = self.nothing_left(true) {
            self.held(rule, HeldAction::File(form), by, None, true);
            return Ok(());
        }
        let from = self.mark();
        let with = self.with(with)?;
        let without = if whole { 0..0 } else { self.without(true) };
        let persons = self.persons_pursued();
        self.effect(Some(rule), from, Effect::File { form, with, persons, without })?;
        Ok(())
    }
}

/// Whether demands, charges and filings leave a claim out.
const fn left_out(claim: &Claim, fresh_too: bool) -> bool {
    claim.disputed || fresh_too && claim.fresh
}
