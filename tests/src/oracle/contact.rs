//! Whether and when a person may be contacted: every instant at which that could change is tried in turn.

use super::Run;
use super::actions::payable;
use super::case::{Doer, Message, Owner, Person, Waiting, send_of};
use super::fault::Fault;
use super::time::elapsed;
use crate::normal;
use dunlin_lang::model::{Action, Expr};
use dunlin_machine::events::PHONE;
use dunlin_machine::ir::{Channels, Does, Limit, Nature, Rest, Send, Window};
use dunlin_machine::value::{Date, Instant, Zone};
use std::collections::BTreeSet;

/// How many days ahead an instant is looked for.
const FAR: i32 = 400;
/// How many messages can still bounce.
const MESSAGES: usize = 16;

/// What asks to go out.
#[derive(Clone, Copy, Debug)]
pub struct Asks {
    person: usize,
    channels: Channels,
    nature: Nature,
    call: bool,
    /// Clock times between which a call is made.
    hours: Option<(u32, u32)>,
}

/// When something may go out, alone by each kind of rule.
enum Earliest {
    Now,
    At(Instant, &'static str),
    Never,
}

/// One rule of `contact` that may hold something back.
#[derive(Clone, Copy)]
enum Gate<'m> {
    Limit(&'m Limit),
    Rest(&'m Rest),
    Hours,
}

impl Gate<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Gate::Limit(_) => "limit",
            Gate::Rest(_) => "rest",
            Gate::Hours => "hours",
        }
    }
}

impl<'m> Run<'m> {
    /// Sends a message, or lets it wait, from a way on.
    pub(super) fn try_send(&mut self, waiting: Waiting<'m>, place: usize) -> Result<(), Fault> {
        let Some(send) = waiting.send() else { return Err(Fault::Broken) };
        let without = if send.nature == Nature::Reply { Vec::new() } else { self.left_out(false) };
        if payable(waiting.action) && send.nature == Nature::Ordinary && self.names_no_claim(waiting.action, &without) {
            return Ok(());
        }
        let Some((way, channels)) = self.way(send, waiting.person, waiting.way)? else {
            self.raise_unreachable(waiting.person);
            return Ok(());
        };
        if self.waits_already(waiting.action, waiting.person) {
            self.held(waiting.action, "waits already", None, true);
            return Ok(());
        }
        let waiting = Waiting { way, ..waiting };
        if self.is_held() && !self.exempt(waiting.by.doer) {
            // The next way after a bounce.
            return self.wait_for_the_hold(waiting, place);
        }
        let asks = Asks { person: waiting.person, channels, nature: send.nature, call: false, hours: None };
        match self.earliest(&asks)? {
            Earliest::Now => self.go_out(&waiting, send, channels, &without),
            Earliest::Never => {
                self.held(waiting.action, "never", None, true);
                Ok(())
            }
            Earliest::At(_, kind) if self.model.contact.otherwise_skip => {
                self.held(waiting.action, kind, None, true);
                Ok(())
            }
            Earliest::At(at, kind) => {
                self.held(waiting.action, kind, Some(at), false);
                self.let_wait(Waiting { due: at, ..waiting }, place)
            }
        }
    }

    /// In a hold a message to one person waits in `contact`, unless the action waits in the queue.
    fn wait_for_the_hold(&mut self, waiting: Waiting<'m>, place: usize) -> Result<(), Fault> {
        if self.case.stopped.iter().any(|s| std::ptr::eq(s.action, waiting.action)) {
            self.held(waiting.action, "waits already", None, true);
            return Ok(());
        }
        self.held(waiting.action, "hold", None, false);
        self.let_wait(waiting, place)
    }

    pub(super) fn let_wait(&mut self, waiting: Waiting<'m>, place: usize) -> Result<(), Fault> {
        let place = place.min(self.case.waiting.len());
        self.case.waiting.insert(place, waiting);
        self.payable_waited |= self.payable_waits();
        Ok(())
    }

    pub(super) fn waits_already(&self, action: &Action, person: usize) -> bool {
        self.case.waiting.iter().any(|w| std::ptr::eq(w.action, action) && w.person == person)
    }

    /// The first way from `from` on of which a channel can be used, and what of it can.
    fn way(&self, send: &Send<Expr>, person: usize, from: usize) -> Result<Option<(usize, Channels)>, Fault> {
        for (n, way) in send.ways.iter().enumerate().skip(from) {
            let mut usable = Channels::default();
            for channel in way.iter() {
                if self.usable(person, channel, send.nature)? {
                    usable = usable.or(Channels::of(channel));
                }
            }
            if !usable.is_empty() {
                return Ok(Some((n, usable)));
            }
        }
        Ok(None)
    }

    fn usable(&self, person: usize, channel: dunlin_machine::ir::ChannelId, nature: Nature) -> Result<bool, Fault> {
        let (rules, who) = (&self.model.contact, &self.case.persons[person]);
        if !who.pursued() || !who.reachable.contains(&channel) || who.barred.contains(&channel) {
            return Ok(false);
        }
        if nature == Nature::Reply {
            return Ok(true);
        }
        let allowed = rules.allows.is_empty() || rules.allows.iter().any(|a| a.channels.has(channel));
        let consent = who.consent.contains(&channel) || !rules.consents.iter().any(|(c, _)| c.has(channel));
        let mut forbidden = false;
        for (_, when, _) in rules.nevers.iter().filter(|(c, _, _)| c.has(channel)) {
            forbidden |= self.holds(when, &self.to(person))?;
        }
        Ok(allowed && consent && !forbidden)
    }

    /// Through whom a person is written to.
    fn through(&self, person: usize) -> &'static str {
        let person = &self.case.persons[person];
        match person.represented {
            Some(until) if until.is_none_or(|day| self.today() <= day) => " through representative",
            _ if person.minor => " through guardians",
            _ => "",
        }
    }

    /// What a rule about a message to a person reads.
    fn to(&self, person: usize) -> super::eval::View {
        super::eval::View { person: Some(person), ..self.plain() }
    }

    fn gates(&self, asks: &Asks) -> Vec<Gate<'m>> {
        let rules = &self.model.contact;
        let mut gates = Vec::new();
        if asks.nature == Nature::Ordinary {
            let meant = |l: &&Limit| !l.channels.and(asks.channels).is_empty();
            gates.extend(rules.limits.iter().filter(meant).map(Gate::Limit));
            gates.extend(rules.rests.iter().map(Gate::Rest));
        }
        if asks.nature != Nature::Reply {
            gates.push(Gate::Hours);
        }
        gates
    }

    /// The least instant that every gate admits: tried now, then within a few days, then within the longest search.
    fn earliest(&self, asks: &Asks) -> Result<Earliest, Fault> {
        let gates = self.gates(asks);
        let all = |at: Instant| {
            for gate in &gates {
                if !self.admits(gate, asks, at)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        if all(self.case.now)? {
            return Ok(Earliest::Now);
        }
        for days in [10, FAR] {
            let times = self.times(asks, days)?;
            if let Some(at) = self.first(&times, all)? {
                return Ok(Earliest::At(at, self.holding(&gates, asks, &times)?));
            }
        }
        Ok(Earliest::Never)
    }

    fn first(
        &self,
        times: &BTreeSet<Instant>,
        admits: impl Fn(Instant) -> Result<bool, Fault>,
    ) -> Result<Option<Instant>, Fault> {
        for at in times {
            if admits(*at)? {
                return Ok(Some(*at));
            }
        }
        Ok(None)
    }

    /// The rule that alone would admit latest; of equal ones the first: limits, rests, hours.
    fn holding(&self, gates: &[Gate], asks: &Asks, times: &BTreeSet<Instant>) -> Result<&'static str, Fault> {
        let mut latest: Option<(Instant, &'static str)> = None;
        for gate in gates {
            let alone = self.first(times, |at| self.admits(gate, asks, at))?.unwrap_or(Instant::LAST);
            if latest.is_none_or(|(at, _)| alone > at) {
                latest = Some((alone, gate.kind()));
            }
        }
        latest.map(|(_, kind)| kind).ok_or(Fault::Broken)
    }

    /// Every instant of the next days at which what is admitted may change.
    fn times(&self, asks: &Asks, days: i32) -> Result<BTreeSet<Instant>, Fault> {
        let (person, now) = (&self.case.persons[asks.person], self.case.now);
        let last = self.today().add_days(days)?;
        let mut times = BTreeSet::from([now]);
        for day in (self.today().days() - 2..=last.days()).filter_map(Date::from_days) {
            times.insert(self.midnight(day)?);
            for zone in self.zones(person) {
                for second in self.openings(asks) {
                    times.insert(zone.instant_at(day, second)?);
                }
            }
        }
        for zone in self.zones(person) {
            times.extend(zone.transitions().iter().filter_map(|(at, _)| Instant::from_seconds(*at)));
        }
        times.extend(self.elapses(person)?);
        let end = self.midnight(last.add_days(1)?)?;
        times.retain(|at| *at >= now && *at < end);
        Ok(times)
    }

    /// Clock times at which a window may open.
    fn openings(&self, asks: &Asks) -> BTreeSet<u32> {
        let windows = self.model.contact.allows.iter().filter_map(|a| a.window.as_ref());
        let mut openings: BTreeSet<u32> = windows.flat_map(|w| w.hours.iter().map(|(from, _)| *from)).collect();
        openings.extend(asks.hours.map(|(from, _)| from));
        openings.insert(0);
        openings
    }

    /// When limits and rests that count hours lapse.
    fn elapses(&self, person: &Person) -> Result<Vec<Instant>, Fault> {
        let rules = &self.model.contact;
        let mut times = Vec::new();
        for seconds in rules.limits.iter().filter_map(|l| elapsed(l.per)) {
            for (at, _) in &person.attempts {
                times.push(at.add_seconds(seconds)?);
            }
        }
        for seconds in rules.rests.iter().filter_map(|r| elapsed(r.rest)) {
            for (at, _) in &person.conversations {
                times.push(at.add_seconds(seconds)?);
            }
        }
        Ok(times)
    }

    fn zones(&self, person: &Person) -> Vec<&'m Zone> {
        let mine: Vec<&Zone> = person.zones.iter().filter_map(|z| self.model.zones.get(*z)).collect();
        if mine.is_empty() { vec![self.zone()] } else { mine }
    }

    fn admits(&self, gate: &Gate, asks: &Asks, at: Instant) -> Result<bool, Fault> {
        let person = &self.case.persons[asks.person];
        match gate {
            Gate::Limit(limit) => self.below(limit, person, at),
            Gate::Rest(rest) => self.rested(rest, asks, person, at),
            Gate::Hours => self.in_hours(asks, person, at),
        }
    }

    fn below(&self, limit: &Limit, person: &Person, at: Instant) -> Result<bool, Fault> {
        let mut count = 0;
        for (when, channels) in &person.attempts {
            let meant = !channels.and(limit.channels).is_empty();
            count += u32::from(meant && self.within(*when, limit.per, at)?);
        }
        let claims =
            u32::try_from(self.case.claims.iter().filter(|c| c.principal > 0).count()).map_err(|_| Fault::Overflow)?;
        Ok(count < if limit.per_claim { limit.count.saturating_mul(claims.max(1)) } else { limit.count })
    }

    /// Notes an attempt to reach a person. A case remembers so many of those that lie on days of a limit, and no more.
    pub(super) fn log_attempt(&mut self, person: usize, at: Instant, channels: Channels) -> Result<(), Fault> {
        let mut first: Option<Date> = None;
        for limit in &self.model.contact.limits {
            let day = match elapsed(limit.per) {
                Some(seconds) => self.day(self.case.now.add_seconds(-seconds)?),
                None => self.minus(self.today(), limit.per)?.add_days(1)?,
            };
            first = Some(first.map_or(day, |first| first.min(day)));
        }
        let attempts = &self.case.persons[person].attempts;
        let counts = |at: Instant| first.is_some_and(|first| first <= self.day(at));
        if attempts.iter().filter(|(at, _)| counts(*at)).count() >= self.model.limits.attempts as usize {
            return Err(Fault::Bound);
        }
        self.case.persons[person].attempts.push((at, channels));
        Ok(())
    }

    fn rested(&self, rest: &Rest, asks: &Asks, person: &Person, at: Instant) -> Result<bool, Fault> {
        let meant = match rest.by {
            None => asks.call,
            Some(channels) => !channels.and(asks.channels).is_empty(),
        };
        if !meant {
            return Ok(true);
        }
        for (when, channel) in &person.conversations {
            let until = match elapsed(rest.rest) {
                Some(seconds) => when.add_seconds(seconds)?,
                None => self.midnight(self.plus(self.day(*when), rest.rest)?)?,
            };
            if rest.by.is_none_or(|by| by.has(*channel)) && at < until {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn in_hours(&self, asks: &Asks, person: &Person, at: Instant) -> Result<bool, Fault> {
        let allows = &self.model.contact.allows;
        for zone in self.zones(person) {
            let (day, second) = zone.local(at);
            if asks.hours.is_some_and(|(from, to)| second < from || to < second) {
                return Ok(false);
            }
            for channel in asks.channels.iter().filter(|_| !allows.is_empty()) {
                let mut open = false;
                for allow in allows.iter().filter(|a| a.channels.has(channel)) {
                    open |= match &allow.window {
                        None => true,
                        Some(window) => self.in_window(window, asks.person, day, second)?,
                    };
                }
                if !open {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn in_window(&self, window: &Window, person: usize, day: Date, second: u32) -> Result<bool, Fault> {
        let civil = day.civil();
        let weekday = window.weekdays >> (day.weekday().number() - 1) & 1 == 1;
        let holiday = window.except_holidays && self.calendar_of(person)?.is_holiday(day).is_some();
        let excepted = window.except.contains(&(civil.month, civil.day));
        let hours = window.hours.iter().any(|(from, to)| *from <= second && second <= *to);
        Ok(weekday && !holiday && !excepted && hours)
    }

    fn go_out(
        &mut self,
        waiting: &Waiting<'m>,
        send: &'m Send<Expr>,
        channels: Channels,
        without: &[u16],
    ) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.named, waiting.person);
        let tone = send.tone.as_ref().map(|t| self.eval(t, &self.plain())).transpose()?;
        let with = self.with(&send.with)?;
        let number = self.case.next_effect;
        let deadline = self.new_deadline(send)?;
        self.named = before;
        let stands = |day: Date| self.case.deadline.is_some_and(|told| told.day >= day);
        if let Some(day) = deadline.filter(|day| !stands(*day)) {
            self.case.deadline = Some(super::case::Deadline { day, set: self.today(), effect: Some(number) });
        }
        if send.nature != Nature::Reply {
            self.log_attempt(waiting.person, self.case.now, channels)?;
        }
        if send.nature == Nature::Ordinary {
            self.case.claims.iter_mut().filter(|c| !c.disputed).for_each(|c| c.fresh = false);
        }
        self.count_sent(send.template.index(), self.today());
        self.remember(waiting, number, channels);
        let template = self.model.text(self.model.templates[send.template.index()].name);
        let what = normal::send(
            template,
            channels,
            tone,
            deadline,
            waiting.person,
            send.nature,
            self.through(waiting.person),
            &with,
        ) + &normal::without(without);
        self.effect(Some(waiting.action.rule), &what)
    }

    fn new_deadline(&self, send: &Send<Expr>) -> Result<Option<Date>, Fault> {
        let Some(within) = &send.payable_within else { return Ok(None) };
        let mut from = self.today();
        if let Some(post) = self.calendar()?.post.filter(|_| send.after_post) {
            from = self.plus(from, post)?;
        }
        let within = self.eval_duration(within, &self.plain())?;
        Ok(Some(self.working_day(self.plus(from, within)?)?))
    }

    pub(super) fn count_sent(&mut self, template: usize, day: Date) {
        let sent = self.case.sent.entry(template).or_default();
        sent.count += 1;
        sent.first = sent.first.or(Some(day));
        sent.last = Some(day);
    }

    fn remember(&mut self, waiting: &Waiting<'m>, effect: u32, channels: Channels) {
        let (entry, by) = (self.case.place.entry, waiting.by);
        let (action, person, way) = (waiting.action, waiting.person, waiting.way);
        self.case.messages.push(Message { effect, action, person, way, copies: channels, channels, entry, by });
    }

    /// A message came back.
    pub(super) fn bounce(
        &mut self,
        person: Option<usize>,
        channel: dunlin_machine::ir::ChannelId,
        effect: Option<i64>,
    ) -> Result<(), Fault> {
        let known = self.case.messages.len().saturating_sub(MESSAGES);
        let meant = |m: &Message| match effect {
            Some(n) => i64::from(m.effect) == n && person.is_none_or(|p| m.person == p),
            None => m.person == person.unwrap_or(0) && m.copies.has(channel),
        };
        let found = self.case.messages.iter().enumerate().skip(known).rev();
        let found: Vec<usize> = found.filter(|(_, m)| meant(m)).map(|(n, _)| n).collect();
        // Whom the host does not name is whom the message went to.
        let whose = person.or(found.first().map(|n| self.case.messages[*n].person)).unwrap_or(0);
        self.case.persons[whose].barred.insert(channel);
        let found = found.into_iter().find(|n| self.case.messages[*n].channels.has(channel));
        let Some(message) = found else { return Ok(()) };
        let message = &mut self.case.messages[message];
        if !message.copies.has(channel) {
            return Ok(());
        }
        message.copies = Channels(message.copies.0 & !Channels::of(channel).0);
        if message.copies.is_empty() {
            let lost = message.clone();
            self.lost(&lost)?;
        }
        Ok(())
    }

    /// No copy of a message is left.
    fn lost(&mut self, message: &Message<'m>) -> Result<(), Fault> {
        let Some(send) = send_of(message.action) else { return Err(Fault::Broken) };
        let sent = self.case.sent.entry(send.template.index()).or_default();
        sent.count -= 1;
        if sent.count == 0 {
            (sent.first, sent.last) = (None, None);
        }
        if self.case.deadline.is_some_and(|d| d.effect == Some(message.effect)) {
            self.case.deadline = None;
        }
        if message.entry != self.case.place.entry {
            return Ok(());
        }
        let (action, person, by) = (message.action, message.person, message.by);
        let (way, due) = (message.way + 1, self.case.now);
        self.try_send(Waiting { action, person, way, due, by }, usize::MAX)
    }

    /// Tries the next attempt of an open call.
    pub(super) fn attempt(&mut self, call: usize) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.named, self.case.calls[call].person);
        let attempted = self.attempt_of_one(call);
        self.named = before;
        attempted
    }

    /// What is read for a call is read of the person whom it is for.
    fn attempt_of_one(&mut self, call: usize) -> Result<(), Fault> {
        let open = self.case.calls[call].clone();
        let Does::Call(rule) = &open.action.does else { return Err(Fault::Broken) };
        let hours = rule.hours.as_ref().map(|h| self.eval(h, &self.plain())).transpose()?;
        let nobody = !self.through(open.person).is_empty();
        if nobody || !self.usable(open.person, PHONE, Nature::Ordinary)? {
            self.held(open.action, "unusable", None, true);
            self.case.calls.remove(call);
            return Ok(());
        }
        let asks = Asks {
            person: open.person,
            channels: Channels::of(PHONE),
            nature: Nature::Ordinary,
            call: true,
            hours: hours.map(clock),
        };
        match self.earliest(&asks)? {
            Earliest::Now => return self.call_now(call),
            Earliest::At(at, kind) if !self.model.contact.otherwise_skip => {
                self.held(open.action, kind, Some(at), false);
                self.case.calls[call].due = at;
                return Ok(());
            }
            Earliest::At(_, kind) => self.held(open.action, kind, None, true),
            Earliest::Never => self.held(open.action, "never", None, true),
        }
        self.case.calls.remove(call);
        Ok(())
    }

    fn call_now(&mut self, call: usize) -> Result<(), Fault> {
        let (action, person) = (self.case.calls[call].action, self.case.calls[call].person);
        let Does::Call(rule) = &action.does else { return Err(Fault::Broken) };
        let tone = rule.tone.as_ref().map(|t| self.eval(t, &self.plain())).transpose()?;
        self.log_attempt(person, self.case.now, Channels::of(PHONE))?;
        let number = self.case.next_effect;
        let open = &mut self.case.calls[call];
        open.made += 1;
        if open.made == 1 {
            open.effect = number;
        }
        let made = open.made;
        let with = self.with(&rule.with)?;
        let script = self.model.text(rule.script);
        self.effect(Some(action.rule), &normal::call(script, tone, made, rule.attempts, person, &with))?;
        match &rule.every {
            Some(every) if made < rule.attempts => {
                let every = self.eval_duration(every, &self.plain())?;
                self.case.calls[call].due = match elapsed(every) {
                    Some(seconds) => self.case.now.add_seconds(seconds)?,
                    None => self.begin(self.plus(self.today(), every)?)?,
                };
            }
            _ => {
                self.case.calls.remove(call);
            }
        }
        Ok(())
    }

    /// Whether a hold does not stop it: a watch did it, or a rule whose own hold is set.
    pub(super) fn exempt(&self, doer: Doer) -> bool {
        matches!(doer.0, Owner::Watch(_)) || self.case.holds.iter().any(|h| h.by == Some(doer))
    }
}

/// Clock times packed in one value.
fn clock(packed: i64) -> (u32, u32) {
    let part = |v: i64| u32::try_from(v).unwrap_or(0);
    (part(packed.div_euclid(100_000)), part(packed.rem_euclid(100_000)))
}
