//! Actions and moves that a person has to approve.

use super::Run;
use super::actions::{Frame, limit_words};
use super::case::{Approval, By, Happened};
use super::fault::{Fault, Refusal};
use crate::normal;
use dunlin_lang::model::{Action, Block, Does, Expr};
use dunlin_machine::ir;
use dunlin_machine::value::Instant;

impl<'m> Run<'m> {
    /// Asks, unless the same question is open.
    pub(super) fn ask_for_approval(
        &mut self,
        action: &'m Action,
        asks: &'m ir::Approval<Expr, Block>,
        frame: &Frame,
    ) -> Result<(), Fault> {
        if self.case.approvals.iter().any(|open| std::ptr::eq(open.action, action)) {
            return Ok(());
        }
        let until = asks.within.as_ref().map(|within| self.limit(within)).transpose()?;
        let (trigger, exits, by) = (frame.trigger, frame.exits.clone(), self.by(frame));
        self.ask(Approval { action, asks, effect: 0, asked: self.case.now, until, trigger, exits, by }, false)
    }

    pub(super) fn ask(&mut self, mut approval: Approval<'m>, again: bool) -> Result<(), Fault> {
        (approval.effect, approval.asked) = (self.case.next_effect, self.case.now);
        let (name, role) = (self.model.text(approval.asks.name), self.model.text(approval.asks.role));
        let what = normal::approval(name, role, approval.until.map(limit_words), again);
        self.effect(Some(approval.action.rule), &what)?;
        self.case.approvals.push(approval);
        Ok(())
    }

    /// When a move of the stage was asked about last, of the questions that are open.
    pub(super) fn move_asked(&self) -> Option<Instant> {
        let open = self.case.approvals.iter().filter(|a| a.by.of_stage && moves(&a.asks.body));
        open.map(|approval| approval.asked).max()
    }

    /// `approved`, `declined`.
    pub(super) fn answer(&mut self, name: &str, approved: bool) -> Result<(), Refusal> {
        let open = self.case.approvals.iter().position(|a| self.model.text(a.asks.name) == name);
        let open = open.ok_or_else(|| Refusal::NotThere("approval".to_owned()))?;
        let approval = self.case.approvals.remove(open);
        self.check_payable();
        if !approved {
            return Ok(self.decline(&approval)?);
        }
        // Not as its trigger reads: to that the answer would be no change.
        if !self.holds_if_any(approval.asks.when.as_ref(), &self.plain())? {
            self.held(approval.action, "when", None, true);
            return Ok(());
        }
        Ok(self.run_answer(&approval.asks.body, &approval)?)
    }

    /// Declined, or not answered in time.
    pub(super) fn decline(&mut self, approval: &Approval<'m>) -> Result<(), Fault> {
        if let Some(otherwise) = &approval.asks.otherwise {
            return self.run_answer(otherwise, approval);
        }
        let name = self.model.text(approval.asks.name);
        self.effect(Some(approval.action.rule), &normal::alarm("named", name))
    }

    /// Runs what was asked for as its own rule would, for the debtor of that time.
    fn run_answer(&mut self, body: &'m Block, approval: &Approval<'m>) -> Result<(), Fault> {
        let By { doer: (owner, _), named, .. } = approval.by;
        let before = std::mem::replace(&mut self.named, named);
        let mut frame = self.frame(owner, approval.trigger);
        frame.exits.clone_from(&approval.exits);
        self.run(body, &mut frame)?;
        if frame.moved {
            self.tell_watches_of_move()?;
        }
        self.named = before;
        Ok(())
    }
}

/// Whether a move stands anywhere in a block.
fn moves(block: &Block) -> bool {
    block.iter().any(|action| {
        matches!(action.does, Does::Move(_) | Does::Exit { .. }) || action.does.blocks().into_iter().any(moves)
    })
}

impl Happened {
    /// Whether it is such an event, with such values.
    pub(super) fn fits(&self, pattern: &ir::EventPattern) -> bool {
        let is = |(n, value): &(u8, i64)| self.args.get(usize::from(*n)).copied().flatten() == Some(*value);
        pattern.event == self.event && pattern.is.iter().all(is)
    }
}
