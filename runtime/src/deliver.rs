//! Delivering an event to the rules, and what follows in the same step (semantics, sections 2.4 to 2.6).

use crate::actions::Cause;
use crate::case::{Owner, Slot};
use crate::fault::Fault;
use crate::kinds::{Kinds, bit_of};
use crate::outcome::{Entry, What};
use crate::run::Run;
use crate::take::Taken;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventPattern, On, Trigger};

impl Run<'_> {
    /// Lets the rules see an event.
    pub(crate) fn deliver(&mut self, event: &Taken) -> Result<(), Fault> {
        self.note_event(event);
        self.note_limitation(event)?;
        // On record before what it leads to; whether a rule takes it is known afterwards.
        let at = self.out.entries.len();
        let mark = self.mark();
        self.enter(None, mark, What::Event { event: event.event, taken: false });
        self.note_corrections();
        let before = self.ctx;
        self.ctx.person = event.person;
        let offered = self.offer(event);
        self.ctx = before;
        if let Some(Entry { what: What::Event { taken, .. }, .. }) = self.out.entries.get_mut(at) {
            *taken = offered?;
        }
        Ok(())
    }

    pub(crate) fn note_event(&mut self, event: &Taken) {
        *self.case.events_mut() = self.case.events.saturating_add(1);
        if !self.names.kinds().notes(event.event) {
            return;
        }
        for (at, noted) in self.m.noted.iter().enumerate() {
            let has = |(at, value): &(u8, i64)| event.args.get(usize::from(*at)).copied().flatten() == Some(*value);
            if noted.event == event.event
                && noted.is.iter().all(has)
                && let Some(place) = self.case.noted_mut().get_mut(at)
            {
                *place = true;
            }
        }
        for (at, kept) in self.m.kept.iter().enumerate() {
            if kept.event == event.event
                && let Some(place) = self.case.kept_mut().get_mut(at)
            {
                *place = event.args.get(usize::from(kept.param)).copied().flatten();
            }
        }
    }

    /// Whether a rule takes the event.
    fn offer(&mut self, event: &Taken) -> Result<bool, Fault> {
        self.answer_expectations(event);
        if self.names.kinds().wide().events & bit_of(event.event) != 0 && !self.in_outcome() {
            for w in (0u16..).take(self.m.watches.len()) {
                self.offer_to(Owner::Watch(w), event, true)?;
                if self.in_outcome() {
                    break;
                }
            }
            for w in (0u16..).take(self.m.whenevers.len()) {
                if self.in_outcome() {
                    break;
                }
                if self.offer_to_whenever(w, event)? {
                    return Ok(true);
                }
            }
        }
        if self.offer_to(Owner::Stage, event, false)? {
            return Ok(true);
        }
        if self.in_outcome() {
            return Ok(false);
        }
        for at in 0..self.case.place.scopes.len() {
            let Some(scope) = self.case.place.scopes.get(at).map(|a| a.scope) else { break };
            if self.offer_to(Owner::Scope(scope), event, false)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the case is in an outcome.
    pub(crate) fn in_outcome(&self) -> bool {
        self.m.stages.get(self.case.place.stage.index()).is_some_and(|s| s.outcome)
    }

    /// An answer that came needs no alarm, whether a rule acts on it or not.
    fn answer_expectations(&mut self, event: &Taken) {
        for n in self.first_of(|wide| wide.expected & bit_of(event.event) != 0).. {
            let Some(owner) = self.nth_owner(n) else { return };
            if self.kinds(owner).expected & bit_of(event.event) != 0 {
                self.answer_those_of(owner, event);
            }
        }
    }

    /// The number of the first owner to ask: watches and `whenever` rules are passed over where none of them waits for it.
    fn first_of(&self, asks: impl FnOnce(&Kinds) -> bool) -> usize {
        if asks(self.names.kinds().wide()) { 0 } else { self.m.watches.len() + self.m.whenevers.len() }
    }

    fn answer_those_of(&mut self, owner: Owner, event: &Taken) {
        for (at, trigger) in self.triggers_of(owner).range().enumerate() {
            let expected = match self.m.triggers.get(trigger).map(|t| &t.on) {
                Some(On::Event { event: pattern, usually_within: Some(_) }) => matches(pattern, event),
                _ => false,
            };
            if expected && let Ok(slot) = self.slot(owner, at) {
                (slot.due, slot.base) = (Slot::NEVER, Slot::NEVER);
            }
        }
    }

    /// Watches, `whenever` rules, the stage, then what is around it from the innermost outwards.
    fn nth_owner(&self, n: usize) -> Option<Owner> {
        let (watches, whenevers) = (self.m.watches.len(), self.m.whenevers.len());
        let number = |at: usize| u16::try_from(at).ok();
        match n {
            n if n < watches => number(n).map(Owner::Watch),
            n if n < watches + whenevers => number(n - watches).map(Owner::Whenever),
            n if n == watches + whenevers => Some(Owner::Stage),
            n => self.case.place.scopes.get(n - watches - whenevers - 1).map(|a| Owner::Scope(a.scope)),
        }
    }

    /// Offers an event to an owner's triggers: to all of them, or until one takes it.
    fn offer_to(&mut self, owner: Owner, event: &Taken, to_all: bool) -> Result<bool, Fault> {
        let machine = self.m;
        if self.kinds(owner).events & bit_of(event.event) == 0 || !self.waits(owner) {
            return Ok(false);
        }
        let triggers = self.triggers_of(owner);
        let mut taken = false;
        for (at, trigger) in machine.triggers.get(triggers.range()).unwrap_or(&[]).iter().enumerate() {
            let On::Event { event: pattern, .. } = &trigger.on else { continue };
            if !matches(pattern, event) {
                continue;
            }
            let Some(guard) = self.admitted(owner, at, trigger)? else { continue };
            self.acts(owner, at, trigger)?;
            self.run_body(Cause { owner, rule: trigger.rule, guard, late: 0 }, trigger.body)?;
            if !to_all {
                return Ok(true);
            }
            taken = true;
            if self.in_outcome() {
                break;
            }
        }
        Ok(taken)
    }

    /// A `whenever` rule takes an event that its block takes, or on which it moves the case or sets a hold.
    fn offer_to_whenever(&mut self, w: u16, event: &Taken) -> Result<bool, Fault> {
        let machine = self.m;
        if self.offer_to(Owner::Whenever(w), event, false)? {
            return Ok(true);
        }
        let Some(rule) = machine.whenevers.get(usize::from(w)) else { return Ok(false) };
        if !matches(&rule.event, event) {
            return Ok(false);
        }
        let from = self.mark();
        if !self.holds(rule.when)? {
            self.out.seen.truncate(from as usize);
            return Ok(false);
        }
        let guard = (from, self.mark());
        let (moved, paused) =
            self.run_body(Cause { owner: Owner::Whenever(w), rule: rule.rule, guard, late: 0 }, rule.body)?;
        Ok(moved || paused)
    }

    /// Takes what the machine raised, in order.
    #[inline]
    pub(crate) fn drain(&mut self) -> Result<(), Fault> {
        if self.work.queue.is_empty() { Ok(()) } else { self.take_raised() }
    }

    fn take_raised(&mut self) -> Result<(), Fault> {
        while let Some(raised) = self.work.queue.get(self.work.taken).copied() {
            self.work.taken += 1;
            let mut event = Taken::of(raised.event);
            event.person = raised.person;
            if let (Some(name), Some(place)) = (raised.name, event.args.first_mut()) {
                *place = Some(name.0.into());
            }
            self.deliver(&event)?;
        }
        self.work.queue.clear();
        self.work.taken = 0;
        Ok(())
    }

    /// What watches see of effects, the plan, `as soon as` and `settled`, until nothing acts.
    pub(crate) fn settle(&mut self) -> Result<(), Fault> {
        loop {
            if self.see_effects()? || self.plan_goes_on()? || self.as_soon_as()? {
                self.drain()?;
                continue;
            }
            let settled = self.is_settled()?;
            let was = self.case.settled;
            if was != settled {
                *self.case.settled_mut() = settled;
            }
            if !settled || was {
                return Ok(());
            }
            self.raise(Happening::Settled.id(), None, 0);
            self.drain()?;
        }
    }

    /// Runs the first `as soon as` whose time has come; gives whether there was one.
    #[inline]
    fn as_soon_as(&mut self) -> Result<bool, Fault> {
        let some = self.kinds(Owner::Stage).conditions || self.names.kinds().conditions_beside_stages();
        if some { self.first_as_soon_as() } else { Ok(false) }
    }

    #[inline(never)]
    fn first_as_soon_as(&mut self) -> Result<bool, Fault> {
        if self.in_outcome() {
            return self.as_soon_as_of(Owner::Stage);
        }
        if self.names.kinds().wide().conditions && self.as_soon_as_beside_stages()? {
            return Ok(true);
        }
        if self.kinds(Owner::Stage).conditions && self.as_soon_as_of(Owner::Stage)? {
            return Ok(true);
        }
        for at in 0..self.case.place.scopes.len() {
            let Some(owner) = self.case.place.scopes.get(at).map(|a| Owner::Scope(a.scope)) else { break };
            if self.kinds(owner).conditions && self.as_soon_as_of(owner)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first `as soon as` of watches and of `whenever` rules that wait.
    fn as_soon_as_beside_stages(&mut self) -> Result<bool, Fault> {
        for n in 0..self.m.watches.len() + self.m.whenevers.len() {
            let Some(owner) = self.nth_owner(n) else { break };
            if self.waits(owner) && self.as_soon_as_of(owner)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn as_soon_as_of(&mut self, owner: Owner) -> Result<bool, Fault> {
        let machine = self.m;
        let triggers = self.triggers_of(owner);
        for (at, trigger) in machine.triggers.get(triggers.range()).unwrap_or(&[]).iter().enumerate() {
            let On::AsSoonAs(condition) = trigger.on else { continue };
            if !self.may_act(owner, at)? {
                continue;
            }
            let from = self.mark();
            let guard = if self.eval(condition)? == 0 { None } else { self.admitted(owner, at, trigger)? };
            if !self.begins_to_hold(owner, at, guard.is_some())? {
                self.out.seen.truncate(from as usize);
                continue;
            }
            self.acts(owner, at, trigger)?;
            let guard = (from, self.mark());
            self.run_body(Cause { owner, rule: trigger.rule, guard, late: 0 }, trigger.body)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// A stage's `as soon as` acts once per entry; a watch's is looked at while the watch's condition holds.
    fn may_act(&mut self, owner: Owner, at: usize) -> Result<bool, Fault> {
        match owner {
            Owner::Watch(w) => {
                let when = self.m.watches.get(usize::from(w)).and_then(|w| w.when);
                let from = self.mark();
                let holds = self.holds(when)?;
                self.out.seen.truncate(from as usize);
                Ok(holds)
            }
            _ => Ok(self.slots(owner).get(at).is_some_and(|s| s.acted == 0)),
        }
    }

    /// Whether the trigger is to act now that its condition was looked at; a watch's only when it did not hold before,
    /// and once in a chain.
    fn begins_to_hold(&mut self, owner: Owner, at: usize, holds: bool) -> Result<bool, Fault> {
        let Owner::Watch(w) = owner else { return Ok(holds) };
        let slot = self.slot(owner, at)?;
        let before = slot.seen == Some(1);
        let key = (w, u16::try_from(at).map_err(|_| Fault::Overflow)?);
        let acts = holds && !before && !self.work.acted.contains(&key);
        // One that acted in this chain already is looked at again after it.
        if holds && !before && !acts {
            return Ok(false);
        }
        self.slot(owner, at)?.seen = Some(i32::from(holds));
        if acts {
            self.work.acted.push(key);
        }
        Ok(acts)
    }

    /// `on move`: what watches do when a body has moved the case.
    pub(crate) fn see_move(&mut self) -> Result<(), Fault> {
        let machine = self.m;
        if !self.names.kinds().moves() {
            return Ok(());
        }
        for (w, watch) in (0u16..).zip(&machine.watches) {
            for (at, trigger) in machine.triggers.get(watch.triggers.range()).unwrap_or(&[]).iter().enumerate() {
                if trigger.on == On::Move && !self.in_outcome() {
                    self.seen_by(Owner::Watch(w), at, trigger)?;
                }
            }
        }
        Ok(())
    }

    /// `on effect KIND`: what watches do about effects that came since they last looked; gives whether one acted.
    #[inline]
    fn see_effects(&mut self) -> Result<bool, Fault> {
        if !self.names.watches_effects() || self.in_outcome() {
            return Ok(false);
        }
        self.show_effects()
    }

    #[inline(never)]
    fn show_effects(&mut self) -> Result<bool, Fault> {
        let machine = self.m;
        let from = self.work.effects_seen.min(self.out.entries.len());
        let to = self.out.entries.len();
        self.work.effects_seen = to;
        let mut acted = false;
        for (w, watch) in (0u16..).zip(&machine.watches) {
            for (at, trigger) in machine.triggers.get(watch.triggers.range()).unwrap_or(&[]).iter().enumerate() {
                let On::Effect(kind) = trigger.on else { continue };
                let is = |e: &Entry| matches!(&e.what, What::Effect { effect, .. } if effect.kind() == kind);
                let came = self.out.entries.get(from..to).is_some_and(|new| new.iter().any(is));
                if came && !self.in_outcome() {
                    acted |= self.seen_by(Owner::Watch(w), at, trigger)?;
                }
            }
        }
        self.work.effects_seen = self.out.entries.len();
        Ok(acted)
    }

    /// Lets a watch's trigger act on what it saw; gives whether it did.
    fn seen_by(&mut self, owner: Owner, at: usize, trigger: &Trigger) -> Result<bool, Fault> {
        let guard = self.admitted(owner, at, trigger)?;
        if let Some(guard) = guard {
            self.acts(owner, at, trigger)?;
            self.run_body(Cause { owner, rule: trigger.rule, guard, late: 0 }, trigger.body)?;
        }
        Ok(guard.is_some())
    }
}

pub(crate) fn matches(pattern: &EventPattern, event: &Taken) -> bool {
    let is = |(at, value): &(u8, i64)| event.args.get(usize::from(*at)).copied().flatten() == Some(*value);
    pattern.event == event.event && pattern.is.iter().all(is)
}
