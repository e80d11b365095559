//! One case from its opening to the end.

use crate::{CaseFailed, CaseResult, CaseRow, EffectRow, Job, RefusedEvent, TimedEvent, When};
use dunlin_machine::events::{Happening, PHONE};
use dunlin_machine::ir::{Channels, Machine, StageId, TextId};
use dunlin_machine::value::{Date, Instant, Money};
use dunlin_runtime::life::Moment;
use dunlin_runtime::outcome::{Alarm, Effect, Outcome, What};
use dunlin_runtime::{Case, Engine, Fault, Life, Refusal, read};

/// Events that bring money.
const PAY: [Happening; 2] = [Happening::Payment, Happening::Enforced];

/// Runs a case up to the end of the day.
pub(crate) fn run<E: Engine>(
    machine: &Machine,
    engine: &mut E,
    job: &Job,
    until: Date,
) -> Result<CaseResult, CaseFailed> {
    let failed = |why: Refusal| CaseFailed { id: job.opening.id.clone(), why: why.words(machine) };
    let mut seen = Seen::default();
    let life = life(machine, job, until).map_err(failed)?;
    let case = engine.live(&life, &mut |moment, told| seen.hear(machine, job, moment, told)).map_err(failed)?;
    finish(machine, &case, seen).map_err(failed)
}

/// The case's events as instants, up to the end of the day.
fn life<'j>(machine: &Machine, job: &'j Job, until: Date) -> Result<Life<'j>, Refusal> {
    let zone = machine.zones.first().ok_or(Fault::Broken("no zone"))?;
    let until = zone.instant_at(until.add_days(1)?, 0)?.add_seconds(-1)?;
    let (mut latest, mut events) = (job.at, Vec::with_capacity(job.events.len()));
    for event in &job.events {
        let at = match event.at {
            When::At(at) => at,
            When::Day(day) if zone.local(latest).0 == day => latest,
            When::Day(day) => zone.instant_at(day, 0)?,
        };
        if at > until {
            break;
        }
        latest = latest.max(at);
        events.push((at, &event.event));
    }
    Ok(Life { opening: &job.opening, at: job.at, events, until })
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

impl Seen {
    fn hear(&mut self, machine: &Machine, job: &Job, moment: Moment, told: Result<&Outcome, Refusal>) {
        let event = moment.event.and_then(|n| job.events.get(n));
        let out = match (told, event) {
            (Ok(out), _) => out,
            (Err(why), Some(event)) => {
                return self.refused.push(RefusedEvent { line: event.line, why: why.words(machine) });
            }
            (Err(_), None) => return,
        };
        self.look(machine, out, moment.at);
        let pays = |event: &&TimedEvent| PAY.iter().any(|h| h.id() == event.event.event);
        self.payments.extend(event.filter(pays).filter(|_| !out.already_taken).map(|_| moment.at));
    }

    /// Counts what a step did.
    fn look(&mut self, machine: &Machine, out: &Outcome, at: Instant) {
        for entry in &out.entries {
            match &entry.what {
                What::Effect { number, effect, .. } => {
                    let row = row(machine, *number, effect, at, entry.stage, entry.rule.or(entry.because_of));
                    self.sends += u32::from(row.kind == "send");
                    self.calls += u32::from(row.kind == "call");
                    self.tasks += u32::from(row.kind == "task");
                    self.effects.push(row);
                }
                What::Move { to, .. } => self.closed = Some((*to, at)),
                _ => {}
            }
        }
    }
}

fn finish(machine: &Machine, case: &Case, seen: Seen) -> Result<CaseResult, Refusal> {
    let account = read::statement(machine, case)?;
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
