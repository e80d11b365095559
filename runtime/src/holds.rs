//! Holds: what stops a case, and how it goes on (semantics, section 5.5).

use crate::case::{Hold, Owner, RuleKey};
use crate::fault::Fault;
use crate::outcome::What;
use crate::run::{Ctx, Run};
use dunlin_machine::ir::{HoldEnd, RuleId, Span, TextId};
use dunlin_machine::value::Instant;

impl Run<'_> {
    /// `pause`: sets a hold, or renews the one of that reason.
    pub(crate) fn pause(
        &mut self,
        rule: RuleId,
        reason: TextId,
        ends: HoldEnd,
        without_interest: bool,
    ) -> Result<(), Fault> {
        let from = self.mark();
        let until = match ends {
            HoldEnd::Open => None,
            HoldEnd::For(length) => {
                let length = self.duration(length)?;
                Some(self.due_in(length)?)
            }
            HoldEnd::Until(date) => {
                let date = self.date(date)?.max(self.today.add_days(1)?);
                Some(self.begin(date)?)
            }
        };
        let by = Some(RuleKey::of(self.ctx.owner, self.ctx.body));
        let reason = i64::from(reason.0);
        self.ctx.paused = true;
        self.set_hold(Hold { reason, since: self.case.now, until, without_interest, by })?;
        self.enter(Some(rule), from, What::Paused { reason, until });
        Ok(())
    }

    /// Sets a hold; one of the same reason keeps its beginning.
    pub(crate) fn set_hold(&mut self, hold: Hold) -> Result<(), Fault> {
        if let Some(old) = self.case.holds_mut().iter_mut().find(|h| h.reason == hold.reason) {
            *old = Hold { since: old.since, ..hold };
        } else {
            let most = self.m.limits.holds;
            if self.case.holds.len() >= most as usize {
                return Err(Fault::Bound("holds at one time", most));
            }
            self.case.holds_mut().push(hold);
        }
        *self.case.held_since_mut() = self.case.held_since.or(Some(self.case.now));
        self.follow_holds()
    }

    /// `whenever` blocks wait, and interest rests, as the holds say.
    fn follow_holds(&mut self) -> Result<(), Fault> {
        self.follow_rest()?;
        for (w, rule) in (0u16..).zip(&self.m.whenevers) {
            let waits = self.case.holds.iter().any(|h| h.by == Some(RuleKey::Whenever(w)));
            let now = self.case.now;
            let Some(state) = self.case.whenevers_mut().get_mut(usize::from(w)) else { continue };
            match (waits, state.since) {
                (true, None) => {
                    state.since = Some(now);
                    self.open_slots(Owner::Whenever(w), rule.triggers)?;
                }
                (false, Some(_)) => {
                    state.since = None;
                    self.open_slots(Owner::Whenever(w), Span::default())?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Interest rests while a hold or the active plan says so.
    pub(crate) fn follow_rest(&mut self) -> Result<(), Fault> {
        let rests = self.case.holds.iter().any(|h| h.without_interest) || self.plan_rests();
        self.rest_interest(rests)
    }

    /// Ends the hold of that reason, if there is one.
    pub(crate) fn resume(&mut self, reason: i64) -> Result<(), Fault> {
        match self.case.holds.iter().position(|h| h.reason == reason) {
            Some(at) => self.end_hold(at),
            None => Ok(()),
        }
    }

    /// Ends a hold; with the last one the case goes on.
    pub(crate) fn end_hold(&mut self, at: usize) -> Result<(), Fault> {
        if at >= self.case.holds.len() {
            return Ok(());
        }
        let hold = self.case.holds_mut().remove(at);
        let mark = self.mark();
        self.enter(None, mark, What::Resumed { reason: hold.reason });
        self.follow_holds()?;
        if !self.case.holds.is_empty() {
            return Ok(());
        }
        if let Some(held) = self.case.held_since_mut().take() {
            self.go_on(held)?;
        }
        self.run_stopped()
    }

    /// Timers and the deadline move later by the length of the hold; dates that passed meanwhile are due now.
    fn go_on(&mut self, held: Instant) -> Result<(), Fault> {
        let (days, seconds) = self.since(held.max(self.case.place.since()));
        self.shift_owner(Owner::Stage, days, seconds)?;
        self.due_at_last(Owner::Stage);
        for at in 0..self.case.place.scopes.len() {
            let Some((scope, since)) = self.case.place.scopes.get(at).map(|a| (a.scope, a.since())) else { continue };
            let (days, seconds) = self.since(held.max(since));
            self.shift_owner(Owner::Scope(scope), days, seconds)?;
            self.due_at_last(Owner::Scope(scope));
        }
        self.shift_deadline(held)
    }

    /// What the hold stopped runs in its order.
    fn run_stopped(&mut self) -> Result<(), Fault> {
        let waited_for = self.moves_wait();
        while !self.case.stopped.is_empty() && self.case.holds.is_empty() {
            let stopped = self.case.stopped_mut().remove(0);
            let before = self.ctx;
            self.ctx = Ctx {
                owner: stopped.owner,
                body: stopped.body,
                run: stopped.run,
                person: stopped.person,
                paused: false,
                ..before
            };
            let ran = self.run_action(stopped.action);
            self.ctx = before;
            ran?;
        }
        self.release_moves(waited_for);
        Ok(())
    }

    /// An outcome ends every hold; what the running body put in the queue runs at once.
    pub(crate) fn end_holds_silently(&mut self) -> Result<(), Fault> {
        self.case.holds_mut().clear();
        *self.case.held_since_mut() = None;
        self.follow_holds()?;
        self.run_stopped()
    }
}
