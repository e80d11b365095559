//! Approvals: a person is asked before an action or a move (semantics, section 11).

use crate::actions::Cause;
use crate::case::Approval;
use crate::fault::Fault;
use crate::outcome::{Alarm, Effect, HeldAction, HeldBy};
use crate::run::{Ctx, Run};
use dunlin_machine::ir::{self, ActionRef, Block, Does, RuleId};
use dunlin_machine::value::Instant;

impl<'a> Run<'a> {
    /// The action or move `with approval` behind an open approval.
    pub(crate) fn approval_of(&self, action: ActionRef) -> Result<(&'a ir::Approval, RuleId), Fault> {
        match self.m.actions.get(action.index()) {
            Some(ir::Action { rule, does: Does::Approval(approval) }) => Ok((approval, *rule)),
            _ => Err(Fault::Broken("an open approval is none")),
        }
    }

    /// Asks; what is asked already is not asked twice.
    pub(crate) fn ask(&mut self, at: ActionRef, approval: &ir::Approval, rule: RuleId) -> Result<(), Fault> {
        if self.case.approvals.iter().any(|a| a.action == at) {
            return Ok(());
        }
        let from = self.mark();
        let within = approval.within.map(|w| self.duration(w)).transpose()?;
        let due = within.map(|w| self.over_in(w)).transpose()?;
        let effect = self.tell_approval(approval, rule, from, due, false)?;
        let asked = self.case.now;
        let Ctx { owner, person, body, run, .. } = self.ctx;
        self.case.approvals_mut().push(Approval { action: at, effect, asked, due, owner, person, body, run });
        Ok(())
    }

    /// Tells the host who is to be asked.
    pub(crate) fn tell_approval(
        &mut self,
        approval: &ir::Approval,
        rule: RuleId,
        from: u32,
        due: Option<Instant>,
        again: bool,
    ) -> Result<u32, Fault> {
        let (until, until_instant) = due.map_or(Ok((None, None)), |due| self.told_limit(due))?;
        let effect = Effect::Approval { name: approval.name, role: approval.role, until, until_instant, again };
        self.effect(Some(rule), from, effect)
    }

    /// The position of the oldest open approval of a name.
    pub(crate) fn open_approval_named(&self, name: &str) -> Option<usize> {
        let is = |a: &Approval| self.approval_of(a.action).is_ok_and(|(form, _)| self.text_of(form.name) == name);
        self.case.approvals.iter().position(is)
    }

    /// `approved`: the condition is read again, and what was asked for is done.
    pub(crate) fn approve(&mut self, at: usize) -> Result<(), Fault> {
        let Some(open) = self.take_approval(at) else { return Ok(()) };
        let (form, rule) = self.approval_of(open.action)?;
        let from = self.mark();
        if !self.holds(form.when)? {
            self.held(rule, HeldAction::Approved(form.name), HeldBy::When, None, true);
            return Ok(());
        }
        self.answer(open, rule, (from, self.mark()), form.body)
    }

    /// `declined`, or not answered in time.
    pub(crate) fn decline(&mut self, at: usize) -> Result<(), Fault> {
        let Some(open) = self.take_approval(at) else { return Ok(()) };
        let (form, rule) = self.approval_of(open.action)?;
        let from = self.mark();
        match form.otherwise {
            Some(body) => self.answer(open, rule, (from, from), body),
            None => self.effect(Some(rule), from, Effect::Alarm(Alarm::Named(form.name))).map(|_| ()),
        }
    }

    pub(crate) fn approval_over(&mut self, at: usize) -> Result<(), Fault> {
        self.decline(at)
    }

    /// A question is open no more: timers that waited for its answer are due now.
    pub(crate) fn take_approval(&mut self, at: usize) -> Option<Approval> {
        if at >= self.case.approvals.len() {
            return None;
        }
        let before = self.asked_to_move();
        let open = self.case.approvals_mut().remove(at);
        if before > self.asked_to_move() {
            self.moves_go_on(false);
        }
        Some(open)
    }

    /// The latest instant at which somebody was asked about a move out of the stage: its other timers that were due then
    /// wait for the answer.
    pub(crate) fn asked_to_move(&self) -> Option<Instant> {
        self.case.approvals.iter().filter(|a| self.asks_to_move(a)).map(|a| a.asked).max()
    }

    fn asks_to_move(&self, open: &Approval) -> bool {
        let body = self.approval_of(open.action).map_or(Block::default(), |(form, _)| form.body);
        let actions = self.m.actions.get(body.range()).unwrap_or(&[]);
        open.owner.of_stage() && actions.iter().any(|a| matches!(a.does, Does::Move(_) | Does::Exit { .. }))
    }

    fn answer(&mut self, open: Approval, rule: RuleId, guard: (u32, u32), body: Block) -> Result<(), Fault> {
        let before = self.ctx;
        self.ctx.person = open.person;
        let cause = Cause { owner: open.owner, rule, guard, late: self.ctx.late };
        let ran = self.run_body_as(cause, body, open.body);
        self.ctx = before;
        ran.map(|_| ())
    }
}
