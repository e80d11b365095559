//! Several debtors: whom an action is for, who is released, and what leaves a case for a sister case.

use super::Run;
use super::case::{Happened, Person};
use super::fault::Fault;
use crate::normal;
use dunlin_lang::model::{Action, Expr};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{RuleId, SplitPart, StageId, To, Type};

impl<'m> Run<'m> {
    /// The debtor whom an event names, else the first.
    pub(super) fn debtor(&self, happened: &Happened) -> usize {
        if let Some(person) = happened.person {
            return person;
        }
        let params = &self.model.events[happened.event.index()].params;
        let name = if happened.event == Happening::DebtorReplaced.id() { "by" } else { "debtor" };
        let position = params.iter().position(|p| self.model.text(p.name) == name && p.ty == Type::Text);
        let id = position.and_then(|n| happened.args.get(n).copied().flatten()).map(|id| self.text(id));
        id.and_then(|id| self.case.persons.iter().position(|p| p.id == id)).unwrap_or(0)
    }

    /// Whom an action is for, by position; where nobody is pursued, it is tried for the first.
    pub(super) fn meant(&self, to: To) -> Vec<usize> {
        let pursued: Vec<usize> = (0..self.case.persons.len()).filter(|p| self.case.persons[*p].pursued()).collect();
        let first = pursued.first().copied().unwrap_or(0);
        match to {
            To::All if !pursued.is_empty() => pursued,
            To::All | To::First => vec![first],
            To::Named => vec![self.named],
        }
    }

    /// Whom a filing or a report names: those who are pursued; all, where nobody is.
    pub(super) fn sued(&self) -> Vec<usize> {
        let pursued = self.meant(To::All);
        let nobody = pursued.iter().all(|p| !self.case.persons[*p].pursued());
        if nobody { (0..self.case.persons.len()).collect() } else { pursued }
    }

    /// Releases the debtor whom the event names; whether somebody was.
    pub(super) fn release(&mut self, rule: Option<RuleId>, told: bool) -> Result<bool, Fault> {
        let named = self.named;
        if !self.case.persons[named].pursued() {
            return Ok(false);
        }
        self.case.persons[named].released = true;
        self.forget(named)?;
        if told {
            self.effect(rule, &normal::release(named))?;
        }
        Ok(true)
    }

    /// What waits for a person is dropped, and open calls to that person end.
    fn forget(&mut self, person: usize) -> Result<(), Fault> {
        self.case.waiting.retain(|w| w.person != person || w.send().is_none());
        let (theirs, still) = self.case.calls.drain(..).partition(|c: &super::case::Call| c.person == person);
        self.case.calls = still;
        for call in theirs.iter().filter(|c| c.effect != 0) {
            self.withdraw(call.effect)?;
        }
        Ok(())
    }

    /// Somebody else owes in the place of a person.
    pub(super) fn replace(&mut self, old: usize, new: Person) -> Result<(), Fault> {
        let today = self.today();
        for claim in 0..self.case.claims.len() {
            self.fix(claim, today)?;
        }
        self.forget(old)?;
        self.case.messages.retain(|m| m.person != old);
        self.case.persons[old] = new;
        Ok(())
    }

    /// A part of the case leaves it.
    pub(super) fn split(&mut self, action: &Action, part: &SplitPart<Expr>, to: StageId) -> Result<(), Fault> {
        let left = match part {
            SplitPart::Disputed => Some(self.take_disputed()?).filter(|(p, i)| p + i > 0),
            SplitPart::Money(sum) => {
                let sum = self.eval(sum, &self.plain())?;
                Some((self.take_principal(sum)?, 0)).filter(|(p, _)| *p > 0)
            }
            SplitPart::Debtor => self.release(None, false)?.then_some((0, 0)),
        };
        let Some((principal, interest)) = left else {
            self.held(action, "nothing", None, true);
            return Ok(());
        };
        let who = matches!(part, SplitPart::Debtor).then_some(self.named);
        let to = self.model.text(self.model.stages[to.index()].name);
        self.effect(Some(action.rule), &normal::split(who, principal, interest, to))
    }

    /// A sum of principal goes, off the claims in the order in which a payment meets them.
    fn take_principal(&mut self, sum: i64) -> Result<i64, Fault> {
        let (today, mut taken) = (self.today(), 0);
        for claim in self.claims_in_order()? {
            let part = self.case.claims[claim].principal.min(sum - taken);
            if part > 0 {
                self.fix(claim, today)?;
                self.lower(claim, part, today)?;
                taken += part;
            }
        }
        Ok(taken)
    }

    /// Disputed claims go, with their interest.
    fn take_disputed(&mut self) -> Result<(i64, i64), Fault> {
        let (today, mut principal, mut interest) = (self.today(), 0, 0);
        for claim in 0..self.case.claims.len() {
            if self.case.claims[claim].disputed {
                self.fix(claim, today)?;
                let this = &mut self.case.claims[claim];
                principal += this.principal;
                interest += this.fixed;
                (this.principal, this.fixed, this.disputed) = (0, 0, false);
            }
        }
        Ok((principal, interest))
    }
}
