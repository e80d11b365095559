//! The silent case: debtor and creditor do nothing; courts, bailiffs and staff answer on the last day that is written.

use crate::case_input::CaseInput;
use crate::error::Error;
use crate::event_input::EventInput;
use crate::fields::Moment;
use crate::run::{Run, Watcher};
use crate::strategy::Strategy;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ChannelId, Does, EventPattern, ExprId, On, Span, Type};
use dunlin_machine::value::{Duration, Instant, Unit, add};
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, Event, Given, Opening, PersonGiven};
use std::collections::BTreeSet;

/// How a silent case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing is due any more.
    Over,
    /// Something is due later than anybody asked for.
    GoesOn,
}

impl CaseInput {
    /// A case to show a strategy by: a consumer who owes 100 since two weeks and can be reached by every channel.
    ///
    /// # Errors
    /// [`Error::is_input`] where the strategy needs facts that have no default.
    pub fn sample(strategy: &Strategy, open: dunlin_machine::value::Date) -> Result<Self, Error> {
        let machine = strategy.machine();
        let lacking = machine.facts.iter().find(|fact| fact.default.is_none() && !fact.optional);
        if let Some(fact) = lacking {
            let name = strategy.text(fact.name);
            return Err(Error::failed(format!("the fact `{name}` has no default: a case has to state it")));
        }
        let outside = || Error::failed("the day lies outside the years that Dunlin can count");
        let cents = 10i64.pow(u32::from(strategy.currency().decimals()));
        let claim = ClaimGiven {
            id: "1".into(),
            principal: 100 * cents,
            due: open.add_days(-14).map_err(|_| outside())?,
            kind: None,
            arose: None,
            default_on: None,
            secured: false,
        };
        let channels = (0u8..).zip(&machine.channels).map(|(number, _)| ChannelId(number));
        let channels = channels.map(|channel| ChannelGiven { channel, reachable: true, consent: true });
        let person = PersonGiven { id: "debtor".into(), channels: Some(channels.collect()), ..PersonGiven::default() };
        let opening = Opening { id: "silent".into(), persons: vec![person], claims: vec![claim], ..Opening::default() };
        Ok(Self { opening, at: strategy.begin(open).ok_or_else(outside)? })
    }
}

/// An answer that the strategy waits for, at its last day.
struct Answer {
    at: Instant,
    event: Event,
    /// What is answered: it is answered once.
    to: (u32, Instant),
}

impl Run<'_> {
    /// Lets the case run until `until` with nobody but courts, bailiffs and staff doing anything.
    ///
    /// # Errors
    /// As [`Run::until`].
    pub fn silently_until(&mut self, until: Instant, watch: &mut Watcher<'_>) -> Result<Rest, Error> {
        let mut answered: BTreeSet<(u32, Instant)> = BTreeSet::new();
        loop {
            let answer = self.next_answer(&answered);
            match (answer, self.next_due()) {
                (Some(answer), due) if answer.at <= until && due.is_none_or(|due| answer.at <= due) => {
                    answered.insert(answer.to);
                    let event = EventInput { at: Moment::At(answer.at), event: answer.event, line: 0 };
                    self.event(&event, watch)?;
                }
                (_, Some(due)) if due <= until => self.until(due, watch)?,
                (None, None) => return Ok(Rest::Over),
                _ => return Ok(Rest::GoesOn),
            }
        }
    }

    fn next_answer(&self, answered: &BTreeSet<(u32, Instant)>) -> Option<Answer> {
        let events = self.waited_for().into_iter();
        let all = events.chain(self.task_answers()).filter(|answer| !answered.contains(&answer.to));
        all.min_by_key(|answer| answer.at)
    }

    /// What `usually within` says of the stage and what is around it.
    fn waited_for(&self) -> Vec<Answer> {
        let (machine, place) = (self.strategy().machine(), &self.case().state().place);
        let Some(stage) = machine.stages.get(place.stage.index()) else { return Vec::new() };
        let mut all = self.usual(stage.triggers, place.entered);
        for around in &place.scopes {
            if let Some(scope) = machine.scopes.get(around.scope.index()) {
                all.extend(self.usual(scope.triggers, around.entered));
            }
        }
        all
    }

    fn usual(&self, triggers: Span, since: Instant) -> Vec<Answer> {
        let machine = self.strategy().machine();
        let triggers = machine.triggers.get(triggers.range()).unwrap_or_default();
        let answers = triggers.iter().filter_map(|trigger| match &trigger.on {
            On::Event { event, usually_within: Some(length) } => {
                let at = self.last_moment(since, *length)?.max(self.case().now());
                Some(Answer { at, event: self.answer(event)?, to: (u32::from(trigger.rule.0), since) })
            }
            _ => None,
        });
        answers.collect()
    }

    /// The day on which the time is over; for hours, the instant.
    fn last_moment(&self, since: Instant, length: ExprId) -> Option<Instant> {
        let (strategy, state) = (self.strategy(), self.case().state());
        let (value, _) = dunlin_runtime::read::value(strategy.machine(), state, length).ok()?;
        let length = Duration::unpack(value?)?;
        if length.unit() == Unit::Hours {
            return since.add_hours(length.amount()).ok();
        }
        let calendar = strategy.machine().calendars.get(state.calendar.index())?;
        strategy.begin(add(strategy.local(since).0, length, calendar).ok()?)
    }

    /// The event that a pattern waits for; none where it needs more than the pattern says.
    fn answer(&self, pattern: &EventPattern) -> Option<Event> {
        let strategy = self.strategy();
        let event = strategy.machine().events.get(pattern.event.index())?;
        let mut args = Vec::new();
        for (position, param) in (0u8..).zip(&event.params) {
            match pattern.is.iter().find(|(at, _)| *at == position) {
                Some((_, value)) if param.ty == Type::Text => {
                    args.push((
                        position,
                        Given::Text(strategy.text_value(*value, &self.case().state().texts).to_owned()),
                    ));
                }
                Some((_, value)) => args.push((position, Given::Value(*value))),
                None if param.required => return None,
                None => {}
            }
        }
        Some(Event { event: pattern.event, id: None, args })
    }

    /// Staff do their tasks on the last day.
    fn task_answers(&self) -> Vec<Answer> {
        let (strategy, state) = (self.strategy(), self.case().state());
        let machine = strategy.machine();
        let answers = state.tasks.iter().filter_map(|task| {
            let Does::Task(action) = &machine.actions.get(task.action.index())?.does else { return None };
            let due = task.due?;
            let in_hours = matches!(self.unit_of(action.within), Some(Unit::Hours));
            let day = strategy.local(due).0.add_days(-1).ok()?;
            let at = if in_hours { due } else { strategy.begin(day)? };
            let name = Given::Text(strategy.text(action.name).to_owned());
            let result = action.results.first().map(|result| (1, Given::Text(strategy.text(*result).to_owned())));
            let args = [(0, name)].into_iter().chain(result).collect();
            let event = Event { event: Happening::TaskDone.id(), id: None, args };
            Some(Answer { at: at.max(state.now), event, to: (TASK + task.effect, state.opened) })
        });
        answers.collect()
    }

    fn unit_of(&self, length: ExprId) -> Option<Unit> {
        let read = dunlin_runtime::read::value(self.strategy().machine(), self.case().state(), length);
        Duration::unpack(read.ok()?.0?).map(Duration::unit)
    }
}

/// Tasks are told from rules by numbers that no rule has.
const TASK: u32 = 1 << 16;
