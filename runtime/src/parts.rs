//! What leaves a case: a person who is released, a part that goes on in a sister case (semantics, sections 12.2 and 12.3).

use crate::fault::Fault;
use crate::outcome::{Effect, HeldAction, HeldBy};
use crate::run::Run;
use dunlin_machine::ir::{RuleId, SplitPart, StageId};
use dunlin_machine::value::Money;

impl Run<'_> {
    /// `release debtor`: the one that the event names is pursued no more.
    pub(crate) fn release(&mut self, rule: RuleId) -> Result<(), Fault> {
        let person = self.ctx.person;
        if !self.stop_pursuing(person)? {
            return Ok(());
        }
        let from = self.mark();
        self.effect(Some(rule), from, Effect::Release { person })?;
        Ok(())
    }

    /// Whether the person was pursued until now. What waits for that person is dropped, and calls end.
    fn stop_pursuing(&mut self, person: u8) -> Result<bool, Fault> {
        match self.case.persons_mut().get_mut(usize::from(person)) {
            Some(p) if p.pursued => (p.pursued, p.released) = (false, true),
            _ => return Ok(false),
        }
        self.end_contact(person)?;
        Ok(true)
    }

    /// Drops what waits for a person, and ends the calls to that person.
    pub(crate) fn end_contact(&mut self, person: u8) -> Result<(), Fault> {
        let moves_waited = self.moves_wait();
        let mut at = 0;
        while let Some(waiting) = self.case.waiting.get(at).copied() {
            if waiting.person != person || self.is_filing(waiting.action) {
                at += 1;
            } else {
                self.case.waiting_mut().remove(at);
            }
        }
        self.release_moves(moves_waited);
        let mut at = 0;
        while let Some(call) = self.case.calls.get(at).copied() {
            if call.person != person {
                at += 1;
                continue;
            }
            self.case.calls_mut().remove(at);
            if call.effect > 0 {
                self.cancel(call.effect)?;
            }
        }
        Ok(())
    }

    /// `split`: the host is asked to open a sister case for a part; this case goes on with the rest.
    pub(crate) fn split(&mut self, part: &SplitPart, to: StageId, rule: RuleId) -> Result<(), Fault> {
        let from = self.mark();
        let left = match part {
            SplitPart::Debtor => {
                let person = self.ctx.person;
                self.stop_pursuing(person)?.then_some((Some(person), 0, 0))
            }
            SplitPart::Disputed => {
                let (principal, interest) = self.take_out_disputed()?;
                (principal > 0 || interest > 0).then_some((None, principal, interest))
            }
            SplitPart::Money(amount) => {
                let amount = self.eval(*amount)?;
                let principal = self.take_out(amount)?;
                (principal > 0).then_some((None, principal, 0))
            }
        };
        let Some((person, principal, interest)) = left else {
            self.held(rule, HeldAction::Split, HeldBy::Nothing, None, true);
            return Ok(());
        };
        let effect = Effect::Split { person, principal: Money(principal), interest: Money(interest), to };
        self.effect(Some(rule), from, effect)?;
        Ok(())
    }
}
