//! Runs the `test` blocks of a strategy.

use crate::case_input::CaseInput;
use crate::compile::lower_with;
use crate::error::Error;
use crate::event_input::EventInput;
use crate::fields::Moment;
use crate::lines::{effect_kind, held_kind};
use crate::run::{Run, Step};
use crate::story::{Story, Told};
use crate::strategy::Strategy;
use dunlin_lang::model::{Expr, Model, Test, TestCase, TestDoes, TestStep, TestValue};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ChannelId, EventId, Machine, RuleId, StageId, TextId, Type};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, Event, Given, Opening, PersonGiven};
use dunlin_runtime::outcome::{Alarm, Effect, HeldBy, What};
use std::collections::BTreeSet;

/// How a test ended.
#[derive(Clone, Debug)]
pub struct Tested {
    /// What it shows, in the author's words.
    pub title: String,
    /// The file that it stands in.
    pub file: String,
    /// The line that it begins on.
    pub line: u32,
    /// The first thing that was not as expected; none where the test passed.
    pub failure: Option<Failure>,
    /// What happened up to there.
    pub timeline: Vec<Told>,
    /// Rules that did something.
    pub rules: BTreeSet<RuleId>,
    /// Stages that the case was in.
    pub stages: BTreeSet<StageId>,
}

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line of the test that it stands on.
    pub line: u32,
    /// What the test says there.
    pub expected: String,
    /// What was found instead.
    pub found: String,
    /// How far the case had come.
    pub at: Option<Instant>,
}

/// Runs one test.
#[must_use]
pub fn run_test(strategy: &Strategy, model: &Model, test: &Test) -> Tested {
    // What tests say is no part of the strategy's machine.
    let with_tests = lower_with(model, &[]).map(|mut machine| {
        machine.add_rows_of(strategy.machine());
        Strategy::of(machine)
    });
    let strategy = with_tests.as_ref().unwrap_or(strategy);
    let place = strategy.citation(test.rule);
    let mut tested = Tested {
        title: test.title.clone(),
        file: place.file.to_owned(),
        line: place.line,
        failure: None,
        timeline: Vec::new(),
        rules: BTreeSet::new(),
        stages: BTreeSet::new(),
    };
    let mut journal = Journal::new(strategy);
    tested.failure = run_steps(strategy, model, test, &mut journal).err();
    tested.timeline = journal.told;
    tested.rules = journal.rules;
    tested.stages = journal.stages;
    tested
}

/// What happened so far, for expectations to look at.
struct Journal<'s> {
    strategy: &'s Strategy,
    story: Story<'s>,
    told: Vec<Told>,
    effects: Vec<Done>,
    held: Vec<Holding>,
    rules: BTreeSet<RuleId>,
    stages: BTreeSet<StageId>,
    /// Why the last event was refused, where it was.
    refused: Option<String>,
}

/// An effect that went out.
struct Done {
    day: Date,
    number: u32,
    action: &'static str,
    /// What tests may call it by.
    names: Vec<String>,
    channels: Vec<String>,
    words: String,
}

/// Something that was held.
struct Holding {
    at: Instant,
    by: HeldBy,
    until: Option<Instant>,
    dropped: bool,
}

impl<'s> Journal<'s> {
    fn new(strategy: &'s Strategy) -> Self {
        Self {
            strategy,
            story: Story::new(strategy, strategy.currency()),
            told: Vec::new(),
            effects: Vec::new(),
            held: Vec::new(),
            rules: BTreeSet::new(),
            stages: BTreeSet::new(),
            refused: None,
        }
    }

    fn note(&mut self, step: &Step<'_>) {
        self.told.extend(self.story.tell(step));
        if step.event.is_some() {
            self.refused = step.result.err().map(Error::to_string);
        }
        let Ok(outcome) = step.result else { return };
        for entry in &outcome.entries {
            self.rules.extend(entry.rule.into_iter().chain(entry.because_of));
            match &entry.what {
                What::Effect { number, effect, .. } => {
                    let words = self.story.what(step.case.state(), outcome, entry).unwrap_or_default();
                    let (names, channels) = self.named(effect);
                    let day = self.strategy.local(step.at).0;
                    let action = effect_kind(effect);
                    self.effects.push(Done { day, number: *number, action, names, channels, words });
                }
                What::Move { to, .. } => {
                    self.stages.insert(*to);
                }
                What::Held { by, until, dropped, .. } => {
                    self.held.push(Holding { at: step.at, by: *by, until: *until, dropped: *dropped });
                }
                _ => {}
            }
        }
    }

    /// The names that a test may call an effect by, and its channels.
    fn named(&self, effect: &Effect) -> (Vec<String>, Vec<String>) {
        match effect {
            // It is called as what it withdraws.
            Effect::Cancel { of } => {
                let opened = self.effects.iter().find(|done| done.number == *of);
                (opened.map_or_else(Vec::new, |done| done.names.clone()), Vec::new())
            }
            Effect::Waive { principal, interest, costs } => {
                let parts = [("principal", principal), ("interest", interest), ("costs", costs)];
                let waived = parts.iter().filter(|(_, amount)| amount.0 != 0);
                (waived.map(|(part, _)| (*part).to_owned()).collect(), Vec::new())
            }
            _ => {
                let (name, channels) = self.one_name(effect);
                (vec![name], channels)
            }
        }
    }

    fn one_name(&self, effect: &Effect) -> (String, Vec<String>) {
        let text = |id: &TextId| self.strategy.text(*id).to_owned();
        match effect {
            Effect::Send { template, channels, .. } => {
                let template = self.strategy.machine().templates.get(template.index());
                let names = self.strategy.channels(*channels).into_iter().map(str::to_owned).collect();
                (template.map_or_else(String::new, |t| text(&t.name)), names)
            }
            Effect::Call { script, .. } => (text(script), vec!["phone".into()]),
            Effect::Task { name, .. } | Effect::Emit { name, .. } => (text(name), Vec::new()),
            Effect::File { form, .. } => (text(form), Vec::new()),
            Effect::Charge { kind, .. } => (text(kind), Vec::new()),
            Effect::Report { party, .. } => (text(party), Vec::new()),
            Effect::Assign(queue) => (text(queue), Vec::new()),
            Effect::Alarm(alarm) => (self.alarm(alarm), Vec::new()),
            Effect::Customer { thing, .. } => (thing.as_ref().map_or_else(String::new, text), Vec::new()),
            Effect::Collect { by, .. } => (text(by), Vec::new()),
            Effect::Offer { plan, .. } | Effect::Activate { plan, .. } => {
                (self.strategy.plan_name(*plan).to_owned(), Vec::new())
            }
            Effect::Approval { name, .. } => (text(name), Vec::new()),
            Effect::Split { to, .. } => (self.strategy.stage_name(*to).to_owned(), Vec::new()),
            Effect::Waive { .. } | Effect::Refund(_) | Effect::Cancel { .. } | Effect::Release { .. } => {
                (String::new(), Vec::new())
            }
        }
    }

    fn alarm(&self, alarm: &Alarm) -> String {
        match alarm {
            Alarm::Named(name) => self.strategy.text(*name).to_owned(),
            Alarm::Missing(event) => self.strategy.event_name(*event).to_owned(),
            Alarm::TaskOverdue(_) => "task_overdue".into(),
            Alarm::StepFailed(_) => "step_failed".into(),
        }
    }
}

fn run_steps<'s>(strategy: &'s Strategy, model: &Model, test: &Test, journal: &mut Journal<'s>) -> Result<(), Failure> {
    let broken = |rule: RuleId, found: String| failure(strategy, rule, None, found);
    let quantities = Quantities::of(strategy, model, test).map_err(|found| broken(test.rule, found))?;
    let input = opening(strategy, &test.case).ok_or_else(|| broken(test.rule, "a day cannot be counted".into()))?;
    let opened = Run::open(strategy, &input, &mut |step| journal.note(&step));
    let run = opened.map_err(|error| broken(test.rule, format!("the case cannot be opened: {error}")))?;
    let mut tester = Tester { strategy, run, journal, quantities, payments: 0 };
    for (number, step) in test.steps.iter().enumerate() {
        let next = test.steps.get(number + 1);
        let refusal_expected = matches!(next, Some(TestStep { does: TestDoes::Refused, .. }));
        let done = tester.step(step, refusal_expected);
        let at = tester.run.case().now();
        done.map_err(|found| failure(strategy, step.rule, Some(at), found))?;
    }
    Ok(())
}

fn failure(strategy: &Strategy, rule: RuleId, at: Option<Instant>, found: String) -> Failure {
    let cited = strategy.citation(rule);
    Failure { line: cited.line, expected: cited.name.to_owned(), found, at }
}

/// The quantities that a test expects, as expressions of a machine that is the strategy's and holds them besides.
struct Quantities {
    machine: Machine,
    first: usize,
    taken: usize,
}

impl Quantities {
    fn of(strategy: &Strategy, model: &Model, test: &Test) -> Result<Self, String> {
        let mut exprs: Vec<Expr> = Vec::new();
        for step in &test.steps {
            if let TestDoes::Quantity { quantity, is, within } = &step.does {
                exprs.extend([quantity.clone(), is.clone()]);
                exprs.extend(within.clone());
            }
        }
        let mut machine = lower_with(model, &exprs).map_err(|error| error.to_string())?;
        machine.add_rows_of(strategy.machine());
        Ok(Self { machine, first: model.vars.len(), taken: 0 })
    }

    /// The value of the next expression, in the order of the test.
    fn next(&mut self, run: &Run<'_>) -> Result<Option<i64>, String> {
        let Some(var) = self.machine.vars.get(self.first + self.taken) else { return Ok(None) };
        self.taken += 1;
        let read = dunlin_runtime::read::value(&self.machine, run.case().state(), var.start);
        read.map(|(value, _)| value).map_err(|why| why.words(&self.machine))
    }
}

/// The case of a test: what it does not say is the default, every channel reachable and consented to.
fn opening(strategy: &Strategy, case: &TestCase) -> Option<CaseInput> {
    let years = case.age.and_then(|age| i32::try_from(age).ok());
    let channels = (0u8..).zip(&strategy.machine().channels).map(|(number, _)| ChannelId(number));
    let channels = channels.map(|channel| ChannelGiven {
        channel,
        reachable: !case.unreachable.contains(&channel),
        consent: !case.no_consent.contains(&channel),
    });
    let person = PersonGiven {
        id: "debtor".into(),
        business: case.debtor_kind == Some(1),
        language: case.language.clone(),
        region: case.region.clone(),
        zones: case.time_zone.clone().into_iter().collect(),
        born: years.and_then(|years| case.open.add_years(-years).ok()),
        channels: Some(channels.collect()),
    };
    let claims = case.claims.iter().zip(1..).map(|(claim, number)| ClaimGiven {
        id: number.to_string(),
        principal: claim.principal,
        due: claim.due,
        kind: claim.kind.clone(),
        arose: claim.arose,
        default_on: claim.default_on,
        secured: false,
    });
    let facts = case.facts.iter().map(|(id, value)| (*id, fact(strategy, *id, *value)));
    let opening = Opening {
        id: "test".into(),
        currency: case.currency.map(|currency| currency.code().to_owned()),
        persons: vec![person],
        claims: claims.collect(),
        costs: case.costs.clone(),
        facts: facts.collect(),
        ..Opening::default()
    };
    let zone = strategy.machine().zones.first();
    let at = match case.open_time {
        Some(time) => zone.and_then(|zone| zone.instant_at(case.open, time.seconds()).ok()),
        None => strategy.begin(case.open),
    };
    Some(CaseInput { opening, at: at? })
}

fn fact(strategy: &Strategy, id: dunlin_machine::ir::FactId, value: i64) -> Given {
    match strategy.machine().facts.get(id.index()).map(|fact| fact.ty) {
        Some(Type::Text) => Given::Text(strategy.text_value(value, &[]).to_owned()),
        _ => Given::Value(value),
    }
}

/// A test on its way.
struct Tester<'t, 's> {
    strategy: &'s Strategy,
    run: Run<'s>,
    journal: &'t mut Journal<'s>,
    quantities: Quantities,
    /// How many payments the test has brought.
    payments: u32,
}

type Found = Result<(), String>;

impl Tester<'_, '_> {
    /// Payments of a test are numbered from 1, so that `payment_returned(of = "1")` can name them.
    fn payment_id(&mut self, event: EventId) -> Option<String> {
        let pays = [Happening::Payment, Happening::Enforced].iter().any(|paid| paid.id() == event);
        self.payments += u32::from(pays);
        pays.then(|| self.payments.to_string())
    }

    fn step(&mut self, step: &TestStep, refusal_expected: bool) -> Found {
        match &step.does {
            TestDoes::At { date, time, event, args } => {
                let event =
                    Event { event: *event, id: self.payment_id(*event), args: args.iter().map(given).collect() };
                self.event(*date, time.map(|time| time.seconds()), event, refusal_expected)
            }
            TestDoes::Until(day) => self.until(*day),
            TestDoes::Effect { action, name, channel, on, no } => {
                if let Some(day) = on {
                    self.until(*day)?;
                }
                self.effect(&Wanted { action, name: name.as_deref(), channel: *channel, on: *on }, *no)
            }
            TestDoes::Stage(stages) => self.stage(|stage| stages.contains(&stage)),
            TestDoes::Outcome(outcome) => self.stage(|stage| stage == *outcome),
            TestDoes::Deadline(day) => self.deadline(*day),
            TestDoes::HeldBy(kind) => self.held_by(kind),
            TestDoes::Refused => match self.journal.refused.take() {
                Some(_) => Ok(()),
                None => Err("the event was taken".into()),
            },
            TestDoes::Quantity { quantity, within, .. } => self.quantity(quantity.ty, within.is_some()),
        }
    }

    fn event(&mut self, day: Date, second: Option<u32>, event: Event, refusal_expected: bool) -> Found {
        let at = match second {
            Some(second) => self.strategy.machine().zones.first().and_then(|zone| zone.instant_at(day, second).ok()),
            None => self.strategy.begin(day).map(|begin| self.later_today(day, begin)),
        };
        let at = at.ok_or("the day cannot be counted")?;
        let input = EventInput { at: Moment::At(at), event, line: 0 };
        let journal = &mut *self.journal;
        let fed = self.run.event(&input, &mut |step| journal.note(&step));
        fed.map_err(|error| error.to_string())?;
        match &self.journal.refused {
            Some(why) if !refusal_expected => Err(format!("the event was refused: {why}")),
            _ => Ok(()),
        }
    }

    /// An event without a time comes when its day begins, or at once where that is past.
    fn later_today(&self, day: Date, begin: Instant) -> Instant {
        let now = self.run.case().now();
        if self.strategy.local(now).0 == day { begin.max(now) } else { begin }
    }

    fn until(&mut self, day: Date) -> Found {
        let end = self.strategy.end_of(day).ok_or("the day cannot be counted")?;
        let journal = &mut *self.journal;
        self.run.until(end, &mut |step| journal.note(&step)).map_err(|error| error.to_string())
    }

    fn effect(&self, wanted: &Wanted<'_>, no: bool) -> Found {
        let channel =
            wanted.channel.map(|channel| self.strategy.channels(dunlin_machine::ir::Channels::of(channel)).concat());
        let found = self.journal.effects.iter().find(|done| wanted.is(done, channel.as_deref()));
        match (found, no) {
            (Some(_), false) | (None, true) => Ok(()),
            (Some(done), true) => Err(format!("{} on {}", done.words, done.day)),
            (None, false) => Err(self.instead_of(wanted)),
        }
    }

    /// What came nearest to what was wanted.
    fn instead_of(&self, wanted: &Wanted<'_>) -> String {
        let listed = |done: Vec<&Done>| {
            let words: Vec<String> = done.iter().map(|done| format!("{} on {}", done.words, done.day)).collect();
            words.join("; ")
        };
        let alike = self.journal.effects.iter().filter(|done| wanted.named(done)).collect::<Vec<_>>();
        if !alike.is_empty() {
            return listed(alike);
        }
        let same_day = self.journal.effects.iter().filter(|done| wanted.on.is_none_or(|day| day == done.day));
        let same_day = same_day.collect::<Vec<_>>();
        match (wanted.on, same_day.is_empty()) {
            (Some(day), true) => format!("nothing was done on {day}"),
            (None, true) => "nothing was done".into(),
            (_, false) => format!("not done; what was done: {}", listed(same_day)),
        }
    }

    fn stage(&self, is: impl Fn(StageId) -> bool) -> Found {
        let stage = self.run.case().state().place.stage;
        if is(stage) { Ok(()) } else { Err(format!("the case is in {}", self.journal.story.stage(stage))) }
    }

    fn deadline(&self, day: Date) -> Found {
        match self.run.case().state().deadline.and_then(|deadline| deadline.day) {
            Some(found) if found == day => Ok(()),
            Some(found) => Err(format!("the deadline is {found}")),
            None => Err("there is no deadline".into()),
        }
    }

    /// Something is held now, or was today.
    fn held_by(&self, kind: &str) -> Found {
        let now = self.run.case().now();
        let today = self.strategy.local(now).0;
        let lasts = |held: &&Holding| {
            self.strategy.local(held.at).0 == today || (!held.dropped && held.until.is_none_or(|until| until > now))
        };
        let held: Vec<&Holding> = self.journal.held.iter().filter(lasts).collect();
        if held.iter().any(|held| held_kind(held.by) == kind) {
            return Ok(());
        }
        match held.last() {
            Some(held) => Err(format!("held by {}: {}", held_kind(held.by), self.strategy.held_words(held.by))),
            None => Err("nothing is held".into()),
        }
    }

    fn quantity(&mut self, ty: Type, has_margin: bool) -> Found {
        let found = self.quantities.next(&self.run)?;
        let wanted = self.quantities.next(&self.run)?.ok_or("what is expected is not known")?;
        let margin = if has_margin { self.quantities.next(&self.run)?.unwrap_or(0) } else { 0 };
        let found = found.ok_or("it is not known")?;
        if found.abs_diff(wanted) <= margin.unsigned_abs() {
            return Ok(());
        }
        let currency = self.strategy.currency_of(self.run.case().state());
        Err(format!("it is {}", self.strategy.value_words(ty, found, currency, &self.run.case().state().texts)))
    }
}

/// An effect that a test expects.
struct Wanted<'w> {
    action: &'w str,
    name: Option<&'w str>,
    channel: Option<ChannelId>,
    on: Option<Date>,
}

impl Wanted<'_> {
    fn named(&self, done: &Done) -> bool {
        done.action == self.action && self.name.is_none_or(|name| done.names.iter().any(|one| one == name))
    }

    fn is(&self, done: &Done, channel: Option<&str>) -> bool {
        let by = channel.is_none_or(|channel| done.channels.iter().any(|c| c == channel));
        self.named(done) && by && self.on.is_none_or(|day| day == done.day)
    }
}

fn given((position, value): &(u8, TestValue)) -> (u8, Given) {
    let given = match value {
        TestValue::Value(value) => Given::Value(*value),
        TestValue::Text(text) => Given::Text(text.clone()),
        TestValue::At(at) => Given::Value(at.seconds()),
    };
    (*position, given)
}
