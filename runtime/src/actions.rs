//! Running actions: a body, in order, until it ends or moves the case.

use crate::case::{Call, Deadline, Lasts, Message, Owner, Person, Stopped, Task, Through, Waiting};
use crate::contact::{Asks, BY_PHONE, When, hours_value};
use crate::days::add;
use crate::fault::Fault;
use crate::ledger::add as plus;
use crate::outcome::{Alarm, Effect, HeldAction, HeldBy};
use crate::run::{Ctx, Run, position};
use core::mem;
use core::ops::Range;
use dunlin_machine::ir::{self, ActionRef, Block, Channels, Does, Nature, RuleId, To, ToneId, With};
use dunlin_machine::value::{Date, Duration, Instant, Money, Unit};

/// How many messages are remembered for their bounces.
const MESSAGES: usize = 16;
/// The most open tasks of a case; those that are overdue stay open.
const OPEN_TASKS: u32 = 256;

/// Whether a body goes on after an action.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Goes,
    Moved,
}

/// What ran into a trigger's body.
#[derive(Clone, Copy)]
pub(crate) struct Cause {
    pub owner: Owner,
    pub rule: RuleId,
    pub guard: (u32, u32),
    pub late: i32,
}

impl<'a> Run<'a> {
    /// Runs the body of a trigger or rule; then watches see whether it moved the case. Gives whether it moved the case
    /// and whether it set a hold.
    pub(crate) fn run_body(&mut self, cause: Cause, body: Block) -> Result<(bool, bool), Fault> {
        self.run_body_as(cause, body, body.first)
    }

    /// Runs a body as part of another one: a hold of that one's rule lets it through.
    pub(crate) fn run_body_as(&mut self, cause: Cause, body: Block, of: u16) -> Result<(bool, bool), Fault> {
        let before = self.ctx;
        self.ctx = Ctx {
            owner: cause.owner,
            because_of: Some(cause.rule),
            guard: cause.guard,
            late: cause.late,
            run: self.next_run(),
            body: of,
            paused: false,
            ..before
        };
        let flow = self.run_block(body);
        let paused = self.ctx.paused;
        self.ctx = before;
        let moved = flow? == Flow::Moved;
        if moved {
            self.see_move()?;
        }
        Ok((moved, paused))
    }

    /// Runs actions in order.
    pub(crate) fn run_block(&mut self, block: Block) -> Result<Flow, Fault> {
        for at in block.range() {
            let action = ActionRef(u16::try_from(at).map_err(|_| Fault::Broken("an action is missing"))?);
            if self.run_action(action)? == Flow::Moved {
                return Ok(Flow::Moved);
            }
        }
        Ok(Flow::Goes)
    }

    fn action(&self, action: ActionRef) -> Result<&'a ir::Action, Fault> {
        self.m.actions.get(action.index()).ok_or(Fault::Broken("an action is missing"))
    }

    /// The `send` behind a message that waits or went out.
    pub(crate) fn send_of(&self, action: ActionRef) -> Result<(&'a ir::Send, RuleId), Fault> {
        match self.action(action)? {
            ir::Action { rule, does: Does::Send(send) } => Ok((send, *rule)),
            _ => Err(Fault::Broken("a message is no `send`")),
        }
    }

    /// The `task` behind an open task.
    pub(crate) fn task_of(&self, action: ActionRef) -> Result<(&'a ir::Task, RuleId), Fault> {
        match self.action(action)? {
            ir::Action { rule, does: Does::Task(task) } => Ok((task, *rule)),
            _ => Err(Fault::Broken("an open task is no `task`")),
        }
    }

    fn call_of(&self, action: ActionRef) -> Result<(&'a ir::Call, RuleId), Fault> {
        match self.action(action)? {
            ir::Action { rule, does: Does::Call(call) } => Ok((call, *rule)),
            _ => Err(Fault::Broken("an open call is no `call`")),
        }
    }

    /// Runs one action; what a hold stops waits in its order.
    pub(crate) fn run_action(&mut self, at: ActionRef) -> Result<Flow, Fault> {
        let action = self.action(at)?;
        if !matches!(action.does, Does::If { .. }) {
            self.work.acts = self.work.acts.wrapping_add(1);
        }
        if let Some(what) = stoppable(&action.does) {
            if let Does::Send(send) = &action.does {
                self.await_deadline(at, send);
            }
            if self.stopped_by_hold() {
                self.stop(at, action.rule, what);
                return Ok(Flow::Goes);
            }
        }
        self.act(at, action)
    }

    fn stop(&mut self, at: ActionRef, rule: RuleId, what: HeldAction) {
        let again = matches!(what, HeldAction::Send(..))
            && (self.case.stopped.iter().any(|s| s.action == at) || self.waits_for_all(at));
        let by = if again { HeldBy::WaitsAlready } else { HeldBy::Hold };
        self.held(rule, what, by, None, again);
        if !again {
            self.case.stopped_mut().push(Stopped {
                action: at,
                owner: self.ctx.owner,
                body: self.ctx.body,
                run: self.ctx.run,
                person: self.ctx.person,
            });
        }
    }

    fn act(&mut self, at: ActionRef, action: &'a ir::Action) -> Result<Flow, Fault> {
        let rule = action.rule;
        match &action.does {
            Does::Send(send) => self.send(at, send)?,
            Does::Call(_) => self.open_call(at)?,
            Does::Task(task) => self.open_task(at, task, rule)?,
            Does::Charge { amount, kind, replacing } => self.do_charge(rule, *amount, *kind, *replacing)?,
            Does::Waive(what) => self.do_waive(rule, what)?,
            Does::Pause { reason, ends, without_interest } => self.pause(rule, *reason, *ends, *without_interest)?,
            Does::Resume(reason) => self.resume(i64::from(reason.0))?,
            Does::Set { var, value } => {
                let value = self.eval(*value)?;
                if let Some(place) = self.case.vars_mut().get_mut(var.index()) {
                    *place = value;
                }
            }
            Does::If { condition, then, otherwise } => {
                let holds = self.eval(*condition)? != 0;
                return self.run_block(if holds { *then } else { *otherwise });
            }
            Does::Move(target) => {
                self.go(*target, Some(rule))?;
                return Ok(Flow::Moved);
            }
            Does::Exit { from, body, .. } => return self.leave_by_exit(*from, *body),
            Does::Approval(approval) => self.ask(at, approval, rule)?,
            Does::OfferPlan(plan) => self.offer_plan(*plan, rule)?,
            Does::ActivatePlan(plan) => self.ask_to_activate(*plan, rule)?,
            Does::CancelPlan => self.end_plan()?,
            Does::ReleaseDebtor => self.release(rule)?,
            Does::Split { part, to } => self.split(part, *to, rule)?,
            Does::Collect { amount, by } => self.collect(*amount, *by, rule)?,
            Does::File { .. } => self.file(at)?,
            Does::Report { party, what, message } => self.report(rule, *party, *what, *message)?,
            plain => self.tell(rule, plain)?,
        }
        Ok(Flow::Goes)
    }

    /// What the caller of a procedure wrote for an exit: meanwhile the procedure counts as left by it.
    fn leave_by_exit(&mut self, from: ir::ScopeId, body: Block) -> Result<Flow, Fault> {
        self.work.exiting.push(from);
        let flow = self.run_block(body);
        self.work.exiting.pop();
        flow
    }

    fn collect(&mut self, amount: ir::ExprId, by: ir::TextId, rule: RuleId) -> Result<(), Fault> {
        let from = self.mark();
        let amount = self.eval(amount)?;
        if amount > 0 {
            self.effect(Some(rule), from, Effect::Collect { amount: Money(amount), by })?;
        } else {
            self.held(rule, HeldAction::Collect(by), HeldBy::Nothing, None, true);
        }
        Ok(())
    }

    /// Effects that do nothing but tell the host.
    fn tell(&mut self, rule: RuleId, does: &'a Does) -> Result<(), Fault> {
        let from = self.mark();
        let effect = match does {
            Does::Emit { name, with } => Effect::Emit { name: *name, with: self.with(with)? },
            Does::Alarm(name) => Effect::Alarm(Alarm::Named(*name)),
            Does::Assign(queue) => Effect::Assign(*queue),
            Does::Customer { block, thing } => Effect::Customer { block: *block, thing: *thing },
            _ => return Err(Fault::Broken("an action cannot be run")),
        };
        self.effect(Some(rule), from, effect)?;
        Ok(())
    }

    /// Reads the values that go out with an effect.
    pub(crate) fn with(&mut self, with: &With) -> Result<Range<u32>, Fault> {
        let from = position(self.out.with.len());
        for (name, ty, value) in with {
            let value = self.eval(*value)?;
            self.out.with.push((*name, *ty, value));
        }
        Ok(from..position(self.out.with.len()))
    }

    fn do_charge(
        &mut self,
        rule: RuleId,
        amount: ir::ExprId,
        kind: ir::TextId,
        replacing: Option<ir::TextId>,
    ) -> Result<(), Fault> {
        if self.charges_for_disputed_only(kind, rule) {
            return Ok(());
        }
        let from = self.mark();
        let asked = self.eval(amount)?;
        let (booked, cut) = self.charge(asked, kind, replacing)?;
        if booked > 0 {
            let without = self.without(false);
            self.effect(Some(rule), from, Effect::Charge { amount: Money(booked), kind, replacing, without })?;
        } else if cut {
            self.held(rule, HeldAction::Charge(kind), HeldBy::CostCap, None, true);
        }
        Ok(())
    }

    fn do_waive(&mut self, rule: RuleId, what: &ir::Waive) -> Result<(), Fault> {
        let from = self.mark();
        let (principal, interest, costs) = self.waive(what)?;
        if plus(plus(principal, interest)?, costs)? > 0 {
            let effect = Effect::Waive { principal: Money(principal), interest: Money(interest), costs: Money(costs) };
            self.effect(Some(rule), from, effect)?;
        }
        Ok(())
    }

    // Messages.

    /// From the moment a `send … payable within` runs, the deadline is that message's.
    fn await_deadline(&mut self, at: ActionRef, send: &ir::Send) {
        if send.payable_within.is_some() {
            *self.case.deadline_mut() = Some(Deadline { day: None, set: self.case.now, effect: 0, action: at });
        }
    }

    fn send(&mut self, at: ActionRef, send: &'a ir::Send) -> Result<(), Fault> {
        for person in 0..self.case.persons.len() {
            if self.is_meant(send.to, person) {
                self.send_to(at, person, 0)?;
            }
        }
        Ok(())
    }

    /// Whether a message goes to that person. Where nobody is left to write to, that is said once, of the first.
    fn is_meant(&self, to: To, person: usize) -> bool {
        let pursued = |p: &Person| p.pursued;
        let first = self.case.persons.iter().position(pursued).unwrap_or(0);
        match to {
            To::All => person == first || self.case.persons.get(person).is_some_and(pursued),
            To::First => person == first,
            To::Named => person == usize::from(self.ctx.person),
        }
    }

    /// Whether a message waits in `contact` already for everybody to whom it would go.
    fn waits_for_all(&self, at: ActionRef) -> bool {
        let meant = |person: &usize| self.send_of(at).is_ok_and(|(send, _)| self.is_meant(send.to, *person));
        (0..self.case.persons.len()).filter(meant).all(|person| self.waits_in_contact(at, person))
    }

    /// Sends to one person by the first way from `from` on that can be used.
    pub(crate) fn send_to(&mut self, at: ActionRef, person: usize, from: usize) -> Result<(), Fault> {
        let (send, rule) = self.send_of(at)?;
        let what = HeldAction::Send(send.template, person_number(person));
        if self.asks_for_disputed_only(send, person_number(person), rule) {
            return Ok(());
        }
        let Some((way, channels)) = self.way(send, person, from, rule)? else {
            self.raise_unreachable(person_number(person));
            return Ok(());
        };
        if self.waits_in_contact(at, person) {
            self.held(rule, what, HeldBy::WaitsAlready, None, true);
            return Ok(());
        }
        if let Some(due) = self.try_to_send(at, person, way, channels)? {
            self.let_wait(at, person, way, due);
        }
        Ok(())
    }

    fn waits_in_contact(&self, at: ActionRef, person: usize) -> bool {
        self.case.waiting.iter().any(|w| w.action == at && usize::from(w.person) == person)
    }

    fn let_wait(&mut self, at: ActionRef, person: usize, way: usize, due: Instant) {
        let waiting = Waiting {
            action: at,
            person: person_number(person),
            way: person_number(way),
            due,
            owner: self.ctx.owner,
            body: self.ctx.body,
            run: self.ctx.run,
        };
        self.case.waiting_mut().push(waiting);
    }

    /// The first way from `from` on that can be used; none is said in the trace.
    fn way(
        &mut self,
        send: &ir::Send,
        person: usize,
        from: usize,
        rule: RuleId,
    ) -> Result<Option<(usize, Channels)>, Fault> {
        for (way, channels) in send.ways.iter().enumerate().skip(from) {
            match self.usable(person, *channels, send.nature)? {
                Ok(usable) => return Ok(Some((way, usable))),
                Err(why) => {
                    let what = HeldAction::Send(send.template, person_number(person));
                    self.held(rule, what, HeldBy::Unusable(why), None, true);
                }
            }
        }
        Ok(None)
    }

    /// Sends now, or says when to try again; dropped is done.
    fn try_to_send(
        &mut self,
        at: ActionRef,
        person: usize,
        way: usize,
        channels: Channels,
    ) -> Result<Option<Instant>, Fault> {
        let (send, rule) = self.send_of(at)?;
        let what = HeldAction::Send(send.template, person_number(person));
        let asks = Asks { person, channels, nature: send.nature, call: false, hours: None, rule };
        match self.earliest(asks)? {
            When::Now => {
                self.go_out(at, person, way, channels)?;
                Ok(None)
            }
            When::Later(until, by) => {
                let dropped = self.m.contact.otherwise_skip;
                self.held(rule, what, by, Some(until).filter(|_| !dropped), dropped);
                Ok(Some(until).filter(|_| !dropped))
            }
            When::Never => {
                self.held(rule, what, HeldBy::Never, None, true);
                Ok(None)
            }
        }
    }

    /// The time of a message that waited has come: it is tried again from the way that it had.
    pub(crate) fn retry(&mut self, index: usize) -> Result<(), Fault> {
        let Some(waiting) = self.case.waiting.get(index).copied() else { return Ok(()) };
        if self.is_filing(waiting.action) {
            return self.file_at_last(index);
        }
        let (send, rule) = self.send_of(waiting.action)?;
        let before = self.ctx;
        self.ctx = Ctx {
            owner: waiting.owner,
            because_of: None,
            body: waiting.body,
            run: waiting.run,
            person: waiting.person,
            ..before
        };
        let again = self.try_again(waiting, send, rule);
        self.ctx = before;
        let again = again?;
        match (again, self.case.waiting_mut().get_mut(index)) {
            (Some((way, due)), Some(place)) => {
                place.due = due;
                place.way = person_number(way);
            }
            _ => {
                self.case.waiting_mut().remove(index);
                self.release_moves(waiting.owner.of_stage() && send.payable_within.is_some());
            }
        }
        Ok(())
    }

    /// Tries a message that waited once more; gives by which way it waits on, and until when.
    fn try_again(
        &mut self,
        waiting: Waiting,
        send: &ir::Send,
        rule: RuleId,
    ) -> Result<Option<(usize, Instant)>, Fault> {
        if self.asks_for_disputed_only(send, waiting.person, rule) {
            return Ok(None);
        }
        let person = usize::from(waiting.person);
        let Some((way, channels)) = self.way(send, person, usize::from(waiting.way), rule)? else {
            self.raise_unreachable(waiting.person);
            return Ok(None);
        };
        Ok(self.try_to_send(waiting.action, person, way, channels)?.map(|due| (way, due)))
    }

    fn go_out(&mut self, at: ActionRef, person: usize, way: usize, channels: Channels) -> Result<(), Fault> {
        let (send, rule) = self.send_of(at)?;
        let from = self.mark();
        // What it says is read of the person whom it is for.
        let before = mem::replace(&mut self.ctx.person, person_number(person));
        let tone = self.tone(send.tone)?;
        let with = self.with(&send.with)?;
        let deadline = self.deadline_of(send)?;
        self.ctx.person = before;
        let without = if send.nature == Nature::Reply { 0..0 } else { self.without(false) };
        let effect = Effect::Send {
            template: send.template,
            channels,
            tone,
            deadline,
            person: person_number(person),
            nature: send.nature,
            through: self.through(person),
            with,
            without,
        };
        if send.nature == Nature::Ordinary {
            self.name_claims();
        }
        let number = self.effect(Some(rule), from, effect)?;
        if send.nature != Nature::Reply {
            self.log_attempt(person, channels)?;
        }
        if let Some(day) = deadline {
            self.set_deadline(at, number, day);
        }
        self.count_sent(send.template, self.today);
        self.remember(Message {
            effect: number,
            action: at,
            person: person_number(person),
            way: person_number(way),
            copies: channels,
            stage: Lasts::Now,
            body: self.ctx.body,
            owner: self.ctx.owner,
        });
        Ok(())
    }

    /// A demand names every claim that is not disputed: none of them is fresh any more.
    fn name_claims(&mut self) {
        if self.case.ledger.claims.iter().any(|c| c.fresh && !c.disputed) {
            self.case.claims_mut().iter_mut().filter(|c| !c.disputed).for_each(|c| c.fresh = false);
        }
    }

    /// Through whom a person is written to today.
    fn through(&self, person: usize) -> Option<Through> {
        let person = self.case.persons.get(person)?;
        if person.represented && person.represented_until.is_none_or(|last| self.today <= last) {
            return Some(Through::Representative);
        }
        person.minor.then_some(Through::Guardians)
    }

    fn tone(&mut self, tone: Option<ir::ExprId>) -> Result<Option<ToneId>, Fault> {
        let Some(tone) = tone else { return Ok(None) };
        let tone = self.eval(tone)?;
        u16::try_from(tone).map(|t| Some(ToneId(t))).map_err(|_| Fault::Broken("a tone cannot be read"))
    }

    fn deadline_of(&mut self, send: &ir::Send) -> Result<Option<Date>, Fault> {
        let Some(within) = send.payable_within else { return Ok(None) };
        let within = self.duration(within)?;
        let calendar = self.calendar();
        let mut from = self.today;
        if send.after_post
            && let Some(post) = calendar.post()
        {
            from = add(from, post, calendar)?;
        }
        Ok(Some(calendar.next_working_day(add(from, within, calendar)?)?))
    }

    /// The deadline is the last day that somebody was told: a message with an earlier one leaves it.
    fn set_deadline(&mut self, at: ActionRef, effect: u32, day: Date) {
        let later = self.case.deadline.and_then(|d| d.day).filter(|d| *d >= day);
        if later.is_none() {
            *self.case.deadline_mut() = Some(Deadline { day: Some(day), set: self.case.now, effect, action: at });
        }
    }

    /// Counts a message of that day, not earlier than those before.
    pub(crate) fn count_sent(&mut self, template: ir::TemplateId, day: Date) {
        let counted = self.m.templates.get(template.index()).is_some_and(|t| t.counted);
        if counted && let Some(sent) = self.case.sent_mut().get_mut(template.index()) {
            sent.count = sent.count.saturating_add(1);
            sent.first = sent.first.or(Some(day));
            sent.last = Some(day);
        }
    }

    fn remember(&mut self, message: Message) {
        if self.case.messages.len() >= MESSAGES {
            self.case.messages_mut().remove(0);
        }
        self.case.messages_mut().push(message);
    }

    /// A copy of a message came back: the channel was barred before; the next way is tried while the stage lasts.
    pub(crate) fn bounce(&mut self, effect: Option<u32>, person: usize, channel: ir::ChannelId) -> Result<(), Fault> {
        let theirs = |m: &Message| usize::from(m.person) == person && m.copies.has(channel);
        let is = |m: &&mut Message| theirs(m) && effect.is_none_or(|n| m.effect == n);
        let Some(message) = self.case.messages_mut().iter_mut().rev().find(is) else { return Ok(()) };
        message.copies = Channels(message.copies.0 & !Channels::of(channel).0);
        let message = *message;
        if !message.copies.is_empty() {
            return Ok(());
        }
        let (send, rule) = self.send_of(message.action)?;
        self.uncount_sent(send.template);
        if self.case.deadline.is_some_and(|d| d.effect == message.effect) {
            *self.case.deadline_mut() = self.case.deadline.map(|d| Deadline { day: None, effect: 0, ..d });
        }
        if message.stage == Lasts::Now {
            let before = self.ctx;
            self.ctx = Ctx {
                owner: message.owner,
                body: message.body,
                run: self.next_run(),
                person: message.person,
                ..Ctx::new()
            };
            let sent = self.send_again(&message, send, rule);
            self.ctx = before;
            sent?;
        }
        Ok(())
    }

    /// Tries the way after the one that bounced; in a hold it waits in `contact`, for that person alone.
    fn send_again(&mut self, message: &Message, send: &ir::Send, rule: RuleId) -> Result<(), Fault> {
        let (at, person, next) = (message.action, usize::from(message.person), usize::from(message.way) + 1);
        if !self.stopped_by_hold() {
            return self.send_to(at, person, next);
        }
        if self.asks_for_disputed_only(send, message.person, rule) {
            return Ok(());
        }
        let Some((way, _)) = self.way(send, person, next, rule)? else {
            self.raise_unreachable(message.person);
            return Ok(());
        };
        let again = self.waits_in_contact(at, person) || self.case.stopped.iter().any(|s| s.action == at);
        let by = if again { HeldBy::WaitsAlready } else { HeldBy::Hold };
        self.held(rule, HeldAction::Send(send.template, message.person), by, None, again);
        if !again {
            self.let_wait(at, person, way, self.case.now);
        }
        Ok(())
    }

    fn uncount_sent(&mut self, template: ir::TemplateId) {
        if let Some(sent) = self.case.sent_mut().get_mut(template.index()) {
            sent.count = sent.count.saturating_sub(1);
            if sent.count == 0 {
                (sent.first, sent.last) = (None, None);
            }
        }
    }

    // Calls and tasks.

    fn open_call(&mut self, at: ActionRef) -> Result<(), Fault> {
        let (form, _) = self.call_of(at)?;
        let first = self.case.persons.iter().position(|p| p.pursued).unwrap_or(0);
        let call = Call {
            action: at,
            person: if form.to == To::Named { self.ctx.person } else { person_number(first) },
            made: 0,
            effect: 0,
            due: self.case.now,
            owner: self.ctx.owner,
            body: self.ctx.body,
            run: self.ctx.run,
        };
        self.case.calls_mut().push(call);
        let last = self.case.calls.len().saturating_sub(1);
        self.attempt_call(last)
    }

    /// The next attempt of a call.
    pub(crate) fn attempt_call(&mut self, index: usize) -> Result<(), Fault> {
        let Some(open) = self.case.calls.get(index).copied() else { return Ok(()) };
        let before = mem::replace(&mut self.ctx.person, open.person);
        let attempted = self.attempt_call_of(index, open);
        self.ctx.person = before;
        attempted
    }

    /// What is read for it is read of the person whom it is for.
    fn attempt_call_of(&mut self, index: usize, open: Call) -> Result<(), Fault> {
        let (call, rule) = self.call_of(open.action)?;
        let what = HeldAction::Call(call.script);
        let person = usize::from(open.person);
        let usable = if self.through(person).is_some() {
            Err(crate::outcome::Unusable::Person)
        } else {
            self.usable(person, BY_PHONE, Nature::Ordinary)?
        };
        if let Err(why) = usable {
            self.held(rule, what, HeldBy::Unusable(why), None, true);
            self.case.calls_mut().remove(index);
            return Ok(());
        }
        let hours = call.hours.map(|h| self.eval(h)).transpose()?.and_then(hours_value);
        let asks = Asks { person, channels: BY_PHONE, nature: Nature::Ordinary, call: true, hours, rule };
        let ends = match self.earliest(asks)? {
            When::Now => self.attempt_now(index, call, rule, person)?,
            When::Later(until, by) => {
                let dropped = self.m.contact.otherwise_skip;
                self.held(rule, what, by, Some(until).filter(|_| !dropped), dropped);
                if let Some(open) = self.case.calls_mut().get_mut(index) {
                    open.due = until;
                }
                dropped
            }
            When::Never => {
                self.held(rule, what, HeldBy::Never, None, true);
                true
            }
        };
        if ends {
            self.case.calls_mut().remove(index);
        }
        Ok(())
    }

    /// Makes an attempt; gives whether it was the last.
    fn attempt_now(&mut self, index: usize, call: &ir::Call, rule: RuleId, person: usize) -> Result<bool, Fault> {
        let from = self.mark();
        let tone = self.tone(call.tone)?;
        let attempt = self.case.calls.get(index).map_or(1, |c| c.made.saturating_add(1));
        let with = self.with(&call.with)?;
        let (of, person_at) = (call.attempts, person_number(person));
        let effect = Effect::Call { script: call.script, tone, attempt, of, person: person_at, with };
        let number = self.effect(Some(rule), from, effect)?;
        self.log_attempt(person, BY_PHONE)?;
        let every = call.every.map(|e| self.duration(e)).transpose()?.or(Duration::new(1, Unit::Days));
        let due = every.map_or(Ok(self.case.now), |d| self.due_in(d))?;
        if let Some(open) = self.case.calls_mut().get_mut(index) {
            open.made = attempt;
            open.due = due;
            open.effect = if open.effect == 0 { number } else { open.effect };
        }
        Ok(attempt >= call.attempts)
    }

    fn open_task(&mut self, at: ActionRef, task: &ir::Task, rule: RuleId) -> Result<(), Fault> {
        let from = self.mark();
        let within = self.duration(task.within)?;
        let due = self.over_in(within)?;
        let number = self.tell_task(task, task.role, rule, from, due, false)?;
        self.add_task(Task {
            action: at,
            effect: number,
            due: Some(due),
            opened: if task.substitutes.is_empty() { 0 } else { self.seconds_open(self.case.now)? },
            asked: 0,
            owner: self.ctx.owner,
            run: self.ctx.run,
        })
    }

    /// What nobody ever does stays open: at some number something is wrong.
    pub(crate) fn add_task(&mut self, task: Task) -> Result<(), Fault> {
        if self.case.tasks.len() >= OPEN_TASKS as usize {
            return Err(Fault::Bound("open tasks", OPEN_TASKS));
        }
        self.case.tasks_mut().push(task);
        Ok(())
    }

    /// An instant as a task keeps it.
    pub(crate) fn seconds_open(&self, at: Instant) -> Result<u32, Fault> {
        let seconds = at.seconds() - self.case.opened.seconds();
        u32::try_from(seconds).ok().and_then(|s| s.checked_add(1)).ok_or(Fault::Overflow)
    }

    /// When a task with substitutes was opened.
    pub(crate) fn opened_at(&self, task: &Task) -> Result<Option<Instant>, Fault> {
        match task.opened.checked_sub(1) {
            Some(seconds) => Ok(Some(self.case.opened.add_seconds(seconds.into())?)),
            None => Ok(None),
        }
    }

    /// When a task's next substitute comes in.
    pub(crate) fn next_substitute(&mut self, index: usize) -> Result<Option<Instant>, Fault> {
        let Some(open) = self.case.tasks.get(index).copied() else { return Ok(None) };
        let (task, _) = self.task_of(open.action)?;
        let next = task.substitutes.get(usize::from(open.asked)).filter(|_| open.due.is_some());
        let (Some((_, length)), Some(opened)) = (next, self.opened_at(&open)?) else { return Ok(None) };
        let length = self.quietly(|run| run.duration(*length))?;
        Ok(Some(match length.unit() {
            Unit::Hours => opened.add_hours(length.amount())?,
            _ => self.begin(add(self.local_day(opened), length, self.calendar())?.add_days(1)?)?,
        }))
    }

    /// The next substitute is asked; the limit stays.
    pub(crate) fn ask_substitute(&mut self, index: usize) -> Result<(), Fault> {
        let Some(open) = self.case.tasks.get(index).copied() else { return Ok(()) };
        let (task, rule) = self.task_of(open.action)?;
        let Some((role, _)) = task.substitutes.get(usize::from(open.asked)) else { return Ok(()) };
        let effect = self.tell_task(task, *role, rule, self.mark(), open.due.unwrap_or(self.case.now), true)?;
        if let Some(open) = self.case.tasks_mut().get_mut(index) {
            open.effect = effect;
            open.asked = open.asked.saturating_add(1);
        }
        Ok(())
    }

    /// Tells the host of a task.
    pub(crate) fn tell_task(
        &mut self,
        task: &ir::Task,
        role: ir::TextId,
        rule: RuleId,
        from: u32,
        due: Instant,
        again: bool,
    ) -> Result<u32, Fault> {
        let (until, until_instant) = self.told_limit(due)?;
        let effect = Effect::Task { name: task.name, role, until, until_instant, priority: task.priority, again };
        self.effect(Some(rule), from, effect)
    }
}

/// A position that is bounded by the bounds of a case.
fn person_number(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

/// What a hold stops.
const fn stoppable(does: &Does) -> Option<HeldAction> {
    match does {
        Does::Send(send) => Some(HeldAction::Send(send.template, 0)),
        Does::Call(call) => Some(HeldAction::Call(call.script)),
        Does::File { form, .. } => Some(HeldAction::File(*form)),
        Does::Charge { kind, .. } => Some(HeldAction::Charge(*kind)),
        Does::Collect { by, .. } => Some(HeldAction::Collect(*by)),
        _ => None,
    }
}
