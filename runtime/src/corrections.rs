//! Events that correct earlier ones: what would have been different is noted, and nothing is undone (semantics, section 8).

use crate::case::{Owner, Slot};
use crate::outcome::{Note, What};
use crate::run::Run;
use crate::take::Taken;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ExprId, On, Span, Trigger, Type};
use dunlin_machine::value::{Date, Money};

/// A trigger that acted for the day that its date is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acted {
    /// Its position in the machine.
    trigger: usize,
    /// The day, in days since the epoch.
    day: i32,
}

impl Run<'_> {
    /// Before an event that may correct dates is taken up: remembers which triggers acted for them.
    pub(crate) fn remember_acted(&mut self, event: &Taken) {
        if !self.may_correct(event) {
            return;
        }
        let machine = self.m;
        for (w, watch) in (0u16..).zip(&machine.watches) {
            self.remember_those(watch.triggers, |run, at| run.slots(Owner::Watch(w)).get(at).copied());
        }
        for (w, rule) in (0u16..).zip(&machine.whenevers) {
            self.remember_those(rule.triggers, |run, at| run.slots(Owner::Whenever(w)).get(at).copied());
        }
        self.remember_place();
        self.remember_place_before();
    }

    fn remember_place(&mut self) {
        let stage = self.triggers_of(Owner::Stage);
        self.remember_those(stage, |run, at| run.case.place.slots.get(at).copied());
        for n in 0..self.case.place.scopes.len() {
            let Some(scope) = self.case.place.scopes.get(n).map(|a| a.scope) else { break };
            let triggers = self.scope_triggers(scope);
            self.remember_those(triggers, |run, at| run.case.place.slots_of(scope).get(at).copied());
        }
    }

    /// The stage that `last_stage` goes back to, and what is around it alone.
    fn remember_place_before(&mut self) {
        let Some(stage) = self.case.before.as_ref().map(|before| before.stage) else { return };
        let triggers = self.m.stages.get(stage.index()).map_or(Span::default(), |s| s.triggers);
        self.remember_those(triggers, |run, at| run.case.before.as_ref()?.slots.get(at).copied());
        for scope in self.scopes_around(stage) {
            if self.case.place.around(scope).is_none() {
                let triggers = self.scope_triggers(scope);
                self.remember_those(triggers, |run, at| run.case.before.as_ref()?.slots_of(scope).get(at).copied());
            }
        }
    }

    /// Whether an event can correct a date: a fact, an account, a deadline, or a day that was stated before.
    fn may_correct(&self, event: &Taken) -> bool {
        let always = [Happening::Fact, Happening::ClaimReduced, Happening::DeadlineExtended];
        let stated_before = |at: usize, of: u8| {
            let params = self.m.events.get(event.event.index()).map_or(&[][..], |e| &e.params);
            params.get(usize::from(of)).is_some_and(|p| p.ty == Type::Date)
                && self.case.kept.get(at).is_some_and(Option::is_some)
        };
        let mut kept = self.m.kept.iter().enumerate().filter(|(_, kept)| kept.event == event.event);
        always.iter().any(|h| h.id() == event.event) || kept.any(|(at, kept)| stated_before(at, kept.param))
    }

    /// Those triggers of an owner that acted for the day that their date is now.
    fn remember_those(&mut self, triggers: Span, slot: impl Fn(&Self, usize) -> Option<Slot>) {
        let machine = self.m;
        for (at, trigger) in triggers.range().enumerate() {
            let Some(On::Date { date, .. }) = machine.triggers.get(trigger).map(|t| &t.on) else { continue };
            let Some(day) = slot(self, at).filter(|slot| slot.acted > 0).and_then(|slot| slot.seen) else { continue };
            if self.day_now(*date) == Some(day) {
                self.work.acted_for.push(Acted { trigger, day });
            }
        }
    }

    /// A date as it is now; one that cannot be computed is not known.
    fn day_now(&mut self, date: ExprId) -> Option<i32> {
        let day = self.quietly(|run| run.eval_known(date)).ok().flatten();
        day.and_then(|day| i32::try_from(day).ok())
    }

    /// Once an event is on record: notes what would have been different.
    pub(crate) fn note_corrections(&mut self) {
        if self.work.refunded > 0 {
            let mark = self.mark();
            let refunded = Money(core::mem::take(&mut self.work.refunded));
            self.enter(None, mark, What::Note(Note::Refunded(refunded)));
        }
        let machine = self.m;
        while let Some(acted) = self.work.acted_for.get(self.work.noted).copied() {
            self.work.noted += 1;
            if let Some(trigger) = machine.triggers.get(acted.trigger) {
                self.note_date(trigger, acted.day);
            }
        }
        self.work.acted_for.clear();
        self.work.noted = 0;
    }

    fn note_date(&mut self, trigger: &Trigger, day: i32) {
        let On::Date { date, .. } = trigger.on else { return };
        let now = self.day_now(date);
        if now == Some(day) {
            return;
        }
        let Some(fired_for) = self.day_of(trigger, day) else { return };
        let now = now.and_then(|day| self.day_of(trigger, day));
        let mark = self.mark();
        self.enter(Some(trigger.rule), mark, What::Note(Note::Date { fired_for, now }));
    }

    /// The day on which a trigger is due by a date; none where it cannot be counted.
    fn day_of(&mut self, trigger: &Trigger, day: i32) -> Option<Date> {
        let On::Date { offset, before, .. } = trigger.on else { return None };
        let day = Date::from_days(day)?;
        let due = self.quietly(|run| run.due_by(day, offset, before)).ok()?;
        Some(self.local_day(due))
    }
}
