//! One case from its opening to the end.

use crate::{CaseFailed, CaseResult, CaseRow, EffectRow, Job, RefusedEvent, TimedEvent, When};
use dunlin_machine::events::{Happening, PHONE};
use dunlin_machine::ir::{Channels, Machine, StageId, TextId};
use dunlin_machine::value::{Date, Instant, Money};
use dunlin_runtime::outcome::{Alarm, Effect, Outcome, What};
use dunlin_runtime::{Case, Engine, Input, Refusal, read};

/// Runs a case up to the end of the day.
pub(crate) fn run<E: Engine>(
    machine: &Machine,
    engine: &mut E,
    job: &Job,
    until: Date,
) -> Result<CaseResult, CaseFailed> {
    let failed = |why: Refusal| CaseFailed { id: job.opening.id.clone(), why: why.words(machine) };
    let mut out = Outcome::default();
    let case = engine.open(&job.opening, job.at, &mut out).map_err(failed)?;
    let mut host = Host { machine, engine, case, out, seen: Seen::default() };
    host.look(job.at);
    host.live(job, until).map_err(failed)?;
    host.finish().map_err(failed)
}

/// What is counted on the way.
#[derive(Default)]
struct Seen {
    effects: Vec<EffectRow>,
    refused: Vec<RefusedEvent>,
    payments: Vec<Instant>,
    sends: u32,
    calls: u32,
    tasks: u32,
    closed: Option<(StageId, Instant)>,
}

/// A punctual host of one case.
struct Host<'h, E> {
    machine: &'h Machine,
    engine: &'h mut E,
    case: Case,
    out: Outcome,
    seen: Seen,
}

impl<E: Engine> Host<'_, E> {
    fn live(&mut self, job: &Job, until: Date) -> Result<(), Refusal> {
        let end = self.last_second(until)?;
        for event in &job.events {
            let at = self.instant(event)?;
            if at > end {
                break;
            }
            self.wake_before(at, false)?;
            self.event(event, at);
        }
        if end <= self.case.now {
            return Ok(());
        }
        self.wake_before(end, true)?;
        if self.case.now < end {
            self.step(Input::Advance, end)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &TimedEvent, at: Instant) {
        match self.step(Input::Event(&event.event), at) {
            Ok(()) if self.out.already_taken => {}
            Ok(()) => {
                let pays = [Happening::Payment, Happening::Enforced].iter().any(|h| h.id() == event.event.event);
                self.seen.payments.extend(pays.then_some(at));
            }
            Err(why) => self.seen.refused.push(RefusedEvent { line: event.line, why: why.words(self.machine) }),
        }
    }

    /// Wakes the case at all that is due before `at`, or at it.
    fn wake_before(&mut self, at: Instant, inclusive: bool) -> Result<(), Refusal> {
        while let Some(due) = self.out.next_due.filter(|due| *due < at || (inclusive && *due == at)) {
            self.step(Input::Advance, due.max(self.case.now))?;
            if self.out.next_due == Some(due) {
                return Err(Refusal::Fault(dunlin_runtime::Fault::Broken("what is due does not happen")));
            }
        }
        Ok(())
    }

    fn step(&mut self, input: Input<'_>, at: Instant) -> Result<(), Refusal> {
        let due = self.out.next_due;
        let done = self.engine.step(&mut self.case, input, at, &mut self.out);
        match done {
            Ok(()) => self.look(at),
            // A refused input leaves the case as it was, and so what is due.
            Err(_) => self.out.next_due = due,
        }
        done
    }

    /// Counts what a step did.
    fn look(&mut self, at: Instant) {
        for entry in &self.out.entries {
            match &entry.what {
                What::Effect { number, effect, .. } => {
                    let row = row(self.machine, *number, effect, at, entry.stage, entry.rule.or(entry.because_of));
                    self.seen.sends += u32::from(row.kind == "send");
                    self.seen.calls += u32::from(row.kind == "call");
                    self.seen.tasks += u32::from(row.kind == "task");
                    self.seen.effects.push(row);
                }
                What::Move { to, .. } => self.seen.closed = Some((*to, at)),
                _ => {}
            }
        }
    }

    fn instant(&self, event: &TimedEvent) -> Result<Instant, Refusal> {
        match event.at {
            When::At(at) => Ok(at),
            When::Day(day) if self.local(self.case.now) == Some(day) => Ok(self.case.now),
            When::Day(day) => self.midnight(day),
        }
    }

    fn local(&self, at: Instant) -> Option<Date> {
        self.machine.zones.first().map(|zone| zone.local(at).0)
    }

    fn midnight(&self, day: Date) -> Result<Instant, Refusal> {
        let zone = self.machine.zones.first().ok_or(dunlin_runtime::Fault::Broken("no zone"))?;
        Ok(zone.instant_at(day, 0)?)
    }

    fn last_second(&self, day: Date) -> Result<Instant, Refusal> {
        Ok(self.midnight(day.add_days(1)?)?.add_seconds(-1)?)
    }

    fn finish(self) -> Result<CaseResult, Refusal> {
        let Self { machine, case, seen, .. } = self;
        let account = read::statement(machine, &case)?;
        let stage = case.place.stage;
        let ended = machine.stages.get(stage.index()).is_some_and(|stage| stage.outcome);
        let contacts = || seen.effects.iter().filter(|row| matches!(row.kind, "send" | "call")).map(|row| row.at);
        let row = CaseRow {
            id: case.id.clone(),
            currency: case.currency,
            stage,
            ended,
            opened: case.opened,
            closed: seen.closed.filter(|(to, _)| ended && *to == stage).map(|(_, at)| at),
            principal: account.principal,
            interest: account.interest,
            costs: account.costs,
            balance: account.balance,
            paid: Money(case.ledger.paid),
            sends: seen.sends,
            calls: seen.calls,
            tasks: seen.tasks,
            first_contact: contacts().next(),
            last_contact: contacts().next_back(),
        };
        Ok(CaseResult { row, effects: seen.effects, refused: seen.refused, payments: seen.payments })
    }
}

fn row(
    machine: &Machine,
    number: u32,
    effect: &Effect,
    at: Instant,
    stage: StageId,
    rule: Option<dunlin_machine::ir::RuleId>,
) -> EffectRow {
    let (kind, name) = named(machine, effect);
    let (channels, tone) = match effect {
        Effect::Send { channels, tone, .. } => (*channels, *tone),
        Effect::Call { tone, .. } => (Channels::of(PHONE), *tone),
        _ => (Channels::default(), None),
    };
    let amount = match effect {
        Effect::Charge { amount, .. } | Effect::Refund(amount) | Effect::Collect { amount, .. } => Some(*amount),
        Effect::Offer { total, .. } | Effect::Activate { total, .. } => Some(*total),
        Effect::Split { principal, interest, .. } => Money::sum([*principal, *interest]).ok(),
        Effect::Waive { principal, interest, costs } => Money::sum([*principal, *interest, *costs]).ok(),
        _ => None,
    };
    EffectRow { number, at, kind, name, channels, tone, amount, stage, rule }
}

fn named(machine: &Machine, effect: &Effect) -> (&'static str, Option<TextId>) {
    let name = match effect {
        Effect::Send { template, .. } => machine.templates.get(template.index()).map(|t| t.name),
        Effect::Call { script: name, .. }
        | Effect::Task { name, .. }
        | Effect::File { form: name, .. }
        | Effect::Charge { kind: name, .. }
        | Effect::Report { party: name, .. }
        | Effect::Emit { name, .. }
        | Effect::Assign(name)
        | Effect::Collect { by: name, .. }
        | Effect::Approval { name, .. } => Some(*name),
        Effect::Alarm(alarm) => alarm_name(machine, alarm),
        Effect::Customer { thing, .. } => *thing,
        Effect::Offer { plan, .. } | Effect::Activate { plan, .. } => machine.plans.get(plan.index()).map(|p| p.name),
        Effect::Split { to, .. } => machine.stages.get(to.index()).map(|s| s.name),
        Effect::Waive { .. } | Effect::Refund(_) | Effect::Cancel { .. } | Effect::Release { .. } => None,
    };
    (effect.kind().word(), name)
}

fn alarm_name(machine: &Machine, alarm: &Alarm) -> Option<TextId> {
    match alarm {
        Alarm::Named(name) | Alarm::TaskOverdue(name) => Some(*name),
        Alarm::Missing(event) => machine.events.get(event.index()).map(|event| event.name),
        Alarm::StepFailed(_) => None,
    }
}
