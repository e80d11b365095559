//! Whom to reach when, by hand: channels, consent, hours, two limits and a rest; messages, calls, and what comes back.

use super::case::{
    Action, Call, Channels, Deadline, EMAIL, LETTER, Lasts, Message, PHONE, SMS, Script, Segment, Template, Waiting,
};
use super::days::{Fault, add_working_days, begin, is_working_day, next_working_day};
use super::outcome::{Effect, Tone};
use super::{Raised, Step};
use dunlin_machine::value::{Date, Instant};

/// E-mail, text messages and calls go out on working days from then, in seconds of the day …
const OPENS: u32 = 8 * 3600;
/// … to then.
const CLOSES: u32 = 20 * 3600;

impl Template {
    /// The ways by which it may go, the best one first; channels of one way go together.
    const fn ways(self) -> &'static [Channels] {
        match self {
            Self::Reminder => &[EMAIL, LETTER],
            Self::Nudge => &[SMS],
            Self::Demand => &[LETTER | EMAIL],
            Self::LastDemand | Self::PlanCancelled => &[LETTER],
            Self::PromiseConfirmation => &[EMAIL, SMS],
            Self::PlanReminder => &[SMS, LETTER],
        }
    }

    /// Whether it answers the debtor's own contact: at once, and uncounted.
    const fn is_reply(self) -> bool {
        matches!(self, Self::PromiseConfirmation)
    }

    /// Whether it gives time to pay.
    pub(super) const fn is_payable(self) -> bool {
        matches!(self, Self::LastDemand)
    }
}

/// The tone of a letter of a level.
const fn tone_of(segment: Segment, level: u8) -> Tone {
    match (segment, level) {
        (Segment::Gold, 1 | 2) => Tone::Friendly,
        (Segment::Risk, _) | (_, 3..) => Tone::Firm,
        _ => Tone::Neutral,
    }
}

impl Step<'_> {
    /// The channels of a way that can be used.
    fn usable(&self, way: Channels, reply: bool) -> Channels {
        let case = &self.case;
        let consent = if reply { way } else { case.consent | !(SMS | PHONE) };
        way & case.reachable & !case.barred & consent
    }

    /// The first way from `from` on that can be used.
    fn way(&self, template: Template, from: usize) -> Option<(usize, Channels)> {
        let ways = template.ways().iter().enumerate().skip(from);
        ways.map(|(at, way)| (at, self.usable(*way, template.is_reply()))).find(|(_, usable)| *usable != 0)
    }

    /// The first instant from now on at which limits, the rest and the hours admit these channels.
    fn earliest(&self, channels: Channels, own: Option<(u32, u32)>) -> Result<Instant, Fault> {
        let mut at = self.case.now;
        let first = self.first_day(channels)?;
        if first > self.case.today {
            at = at.max(self.rules.zone.instant_at(first, 0)?);
        }
        loop {
            let mut next = at;
            if channels != LETTER {
                next = self.in_hours(next, OPENS, CLOSES, true)?;
            }
            if let Some((from, to)) = own {
                next = self.in_hours(next, from, to, false)?;
            }
            if next == at {
                return Ok(at);
            }
            at = next;
        }
    }

    /// The first day that one a day, three in seven days, and a week of rest after a call admit.
    fn first_day(&self, channels: Channels) -> Result<Date, Fault> {
        let mut day = self.case.today;
        let [latest, _, third] = self.case.attempts;
        if let Some(latest) = latest {
            day = day.max(latest.add_days(1)?);
        }
        if let Some(third) = third {
            day = day.max(third.add_days(7)?);
        }
        if let Some(spoke) = self.case.spoke.filter(|_| channels & PHONE != 0) {
            day = day.max(spoke.add_days(7)?);
        }
        Ok(day)
    }

    fn in_hours(&self, at: Instant, opens: u32, closes: u32, working: bool) -> Result<Instant, Fault> {
        let (mut day, clock) = self.rules.zone.local(at);
        let free = working && !is_working_day(day);
        if !free && (opens..=closes).contains(&clock) {
            return Ok(at);
        }
        if free || clock > closes {
            day = day.add_days(1)?;
            if working {
                day = next_working_day(day)?;
            }
        }
        Ok(self.rules.zone.instant_at(day, opens)?)
    }

    /// Notes an attempt to reach the debtor.
    pub(super) fn log_attempt(&mut self) {
        let [latest, second, _] = self.case.attempts;
        self.case.attempts = [Some(self.case.today), latest, second];
    }

    // Messages.

    pub(super) fn send(&mut self, template: Template) -> Result<(), Fault> {
        self.act(Action::Send(template))
    }

    /// Sends by the first way from `from` on that can be used.
    pub(super) fn send_by(&mut self, template: Template, from: usize) -> Result<(), Fault> {
        if template.is_payable() && self.nothing_left(false) {
            return Ok(());
        }
        let Some((way, channels)) = self.way(template, from) else {
            self.raise_unreachable();
            return Ok(());
        };
        if self.case.waiting.as_slice().iter().any(|w| w.template == template) {
            return Ok(());
        }
        let due = self.when(template, channels)?;
        if due <= self.case.now {
            return self.go_out(template, way, channels);
        }
        self.case.waiting.push(Waiting { template, way, due, owner: self.owner, run: self.run });
        Ok(())
    }

    fn when(&self, template: Template, channels: Channels) -> Result<Instant, Fault> {
        if template.is_reply() { Ok(self.case.now) } else { self.earliest(channels, None) }
    }

    /// A message that waited is tried again.
    pub(super) fn retry(&mut self, at: usize) -> Result<(), Fault> {
        let waiting = self.case.waiting.as_slice()[at];
        let template = waiting.template;
        if template.is_payable() && self.nothing_left(false) {
            // A demand for nothing but disputed claims is dropped.
        } else if let Some((way, channels)) = self.way(template, waiting.way) {
            let due = self.when(template, channels)?;
            if due > self.case.now {
                self.case.waiting.as_mut_slice()[at] = Waiting { way, due, ..waiting };
                return Ok(());
            }
            let (owner, run) = (self.owner, self.run);
            (self.owner, self.run) = (waiting.owner, waiting.run);
            self.go_out(template, way, channels)?;
            (self.owner, self.run) = (owner, run);
        } else {
            self.raise_unreachable();
        }
        self.case.waiting.remove(at);
        if template.is_payable() && !self.moves_wait() {
            self.release_moves();
        }
        Ok(())
    }

    fn go_out(&mut self, template: Template, way: usize, channels: Channels) -> Result<(), Fault> {
        let segment = self.case.segment;
        let tone = match template {
            Template::Reminder => tone_of(segment, 1),
            Template::Demand => tone_of(segment, 2),
            Template::LastDemand => tone_of(segment, 3),
            Template::PlanCancelled => Tone::Firm,
            Template::Nudge | Template::PromiseConfirmation | Template::PlanReminder => Tone::Friendly,
        };
        let deadline = match template.is_payable() {
            true => Some(next_working_day(self.case.today.add_days(14)?)?),
            false => None,
        };
        let without = if template.is_reply() { 0 } else { self.without(false) };
        let effect = self.tell(Effect::Send { template, channels, tone, deadline, without });
        if !template.is_reply() {
            self.case.claims.as_mut_slice().iter_mut().filter(|c| !c.disputed).for_each(|c| c.fresh = false);
            self.log_attempt();
        }
        // The last day that the debtor was told counts.
        let told = self.case.deadline.and_then(|d| d.day);
        if deadline.is_some() && told.is_none_or(|told| Some(told) < deadline) {
            self.case.deadline = Some(Deadline { day: deadline, set: self.case.now, effect });
        }
        let (copies, stage, owner) = (channels, Lasts::Now, self.owner);
        self.case.messages.push_over(Message { effect, template, way, copies, stage, owner });
        Ok(())
    }

    /// A copy of a message came back: the next way is tried while the stage lasts.
    pub(super) fn bounce(&mut self, effect: Option<u32>, channel: Channels) -> Result<(), Fault> {
        let is = |m: &&mut Message| m.copies & channel != 0 && effect.is_none_or(|n| m.effect == n);
        let Some(message) = self.case.messages.as_mut_slice().iter_mut().rev().find(is) else { return Ok(()) };
        message.copies &= !channel;
        let message = *message;
        if message.copies != 0 {
            return Ok(());
        }
        if let Some(deadline) = self.case.deadline.as_mut().filter(|d| d.effect == message.effect) {
            (deadline.day, deadline.effect) = (None, 0);
        }
        if message.stage != Lasts::Now {
            return Ok(());
        }
        let (template, next) = (message.template, message.way + 1);
        self.body(message.owner, |step| {
            if !step.case.is_held() {
                return step.send_by(template, next);
            }
            // Nobody is unreachable for a demand that is not made.
            if template.is_payable() && step.nothing_left(false) {
                return Ok(());
            }
            match step.way(template, next) {
                Some((way, _)) => step.wait_in_hold(template, way),
                None => step.raise_unreachable(),
            }
            Ok(())
        })
    }

    /// In a hold the next way waits until it ends.
    fn wait_in_hold(&mut self, template: Template, way: usize) {
        let stopped = self.case.stopped.as_slice().iter().any(|s| s.action == Action::Send(template));
        if !stopped && !self.case.waiting.as_slice().iter().any(|w| w.template == template) {
            let due = self.case.now;
            self.case.waiting.push(Waiting { template, way, due, owner: self.owner, run: self.run });
        }
    }

    // Calls.

    pub(super) fn open_call(&mut self, script: Script) -> Result<(), Fault> {
        let (due, run) = (self.case.now, self.run);
        self.case.calls.push(Call { script, made: 0, effect: 0, due, run });
        self.attempt_call(self.case.calls.len() - 1)
    }

    /// The next attempt of a call.
    pub(super) fn attempt_call(&mut self, at: usize) -> Result<(), Fault> {
        let call = self.case.calls.as_slice()[at];
        let (hours, tone, of, every) = match call.script {
            Script::OpenClaim => (None, Tone::Empathic, 3, 1),
            Script::LastOffer => (Some((9 * 3600, 17 * 3600)), Tone::Firm, 2, 2),
        };
        if self.usable(PHONE, false) == 0 {
            self.case.calls.remove(at);
            return Ok(());
        }
        let due = self.earliest(PHONE, hours)?;
        if due > self.case.now {
            self.case.calls.as_mut_slice()[at].due = due;
            return Ok(());
        }
        let attempt = call.made + 1;
        let number = self.tell(Effect::Call { script: call.script, tone, attempt, of });
        self.log_attempt();
        if attempt >= of {
            self.case.calls.remove(at);
            return Ok(());
        }
        let due = begin(&self.rules.zone, add_working_days(self.case.today, every)?)?;
        let effect = if call.effect == 0 { number } else { call.effect };
        self.case.calls.as_mut_slice()[at] = Call { made: attempt, effect, due, ..call };
        Ok(())
    }

    // Nobody can be reached.

    fn raise_unreachable(&mut self) {
        if !self.unreachable {
            self.unreachable = true;
            self.raise(Raised::Unreachable);
        }
    }

    /// The effect of a message that sets the deadline is not out yet: no other one holds.
    pub(super) fn await_deadline(&mut self, template: Template) {
        if template.is_payable() {
            self.case.deadline = Some(Deadline { day: None, set: self.case.now, effect: 0 });
        }
    }
}
