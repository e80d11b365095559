//! What must hold of every case, told from the interpreter's outcomes alone: no rule of the second evaluator is used here,
//! so that a mistake that both evaluators share is still found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin_machine::events::{Happening, Origin, PHONE};
use dunlin_machine::ir::{CalendarChoice, Channels, Machine, Nature, On};
use dunlin_machine::value::{Date, Instant, Money, Unit, add};
use dunlin_runtime::case::Case;
use dunlin_runtime::input::Given;
use dunlin_runtime::outcome::{Alarm, Effect, Entry, What};
use dunlin_runtime::{Engine, Event, Input, Interpreter, Outcome, read};
use dunlin_tests::generate::{self, FIRST_FORMS, History, When};
use dunlin_tests::pair::{Compiled, compile, seeded};
use std::collections::{BTreeMap, BTreeSet};

/// How many pairs of strategy and history each property is tried on.
const PAIRS: u64 = 150;

/// One input as it was taken.
struct Step<'a> {
    compiled: &'a Compiled,
    event: Option<&'a Event>,
    case: &'a Case,
    out: &'a Outcome,
}

impl Step<'_> {
    fn machine(&self) -> &Machine {
        &self.compiled.machine
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.out.effects().map(|(_, effect)| effect)
    }

    /// The day in the strategy's zone.
    fn day(&self, at: Instant) -> Date {
        self.machine().zones[0].local(at).0
    }

    fn is(&self, happening: Happening) -> bool {
        self.event.is_some_and(|event| event.event == happening.id())
    }

    fn arg(&self, name: &str) -> Option<&Given> {
        let event = self.event?;
        let at = Happening::of(event.event)?.param(name)?;
        event.args.iter().find(|(n, _)| usize::from(*n) == at).map(|(_, given)| given)
    }

    fn amount(&self, name: &str) -> i64 {
        match self.arg(name) {
            Some(Given::Value(value)) => *value,
            _ => 0,
        }
    }

    fn word(&self, name: &str) -> Option<&str> {
        match self.arg(name) {
            Some(Given::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Runs the pairs of the seeds, and shows each input that was taken; `without` are events that no history brings.
fn each<S>(without: &[Happening], begin: impl Fn(&Compiled, &History) -> S, mut look: impl FnMut(&mut S, &Step, u64)) {
    for seed in (1..=PAIRS).chain(FIRST_FORMS..FIRST_FORMS + PAIRS) {
        let pair = seeded(seed);
        let compiled = compile(&pair.draft.text()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let mut history = generate::history(pair.history, &compiled.model, seed >= FIRST_FORMS);
        let meant = |event: &Event| without.iter().any(|happening| happening.id() == event.event);
        history.inputs.retain(|(_, event)| !event.as_ref().is_some_and(meant));
        let mut interpreter = Interpreter::new(&compiled.machine);
        let mut out = Outcome::default();
        let Ok(mut case) = interpreter.open(&history.opening, history.at, &mut out) else { continue };
        let mut state = begin(&compiled, &history);
        look(&mut state, &Step { compiled: &compiled, event: None, case: &case, out: &out }, seed);
        for (when, event) in &history.inputs {
            let at = instant(*when, case.now, out.next_due);
            let input = event.as_ref().map_or(Input::Advance, Input::Event);
            let due = out.next_due;
            if interpreter.step(&mut case, input, at, &mut out).is_err() || out.already_taken {
                out.next_due = due;
                continue;
            }
            let (event, case) = (event.as_ref(), &case);
            look(&mut state, &Step { compiled: &compiled, event, case, out: &out }, seed);
        }
    }
}

fn instant(when: When, now: Instant, due: Option<Instant>) -> Instant {
    let due = due.unwrap_or(now);
    let at = match when {
        When::After(seconds) => now.add_seconds(seconds),
        When::NextDue => Ok(due),
        When::Late(seconds) => due.add_seconds(seconds),
    };
    let far = now.add_seconds(400 * 86_400).unwrap_or(now);
    at.unwrap_or(now).min(far)
}

#[test]
fn the_account_adds_up_in_every_statement() {
    let mut seen = 0;
    each(
        &[],
        |_, _| (),
        |(), step, seed| {
            for entry in &step.out.entries {
                let What::Effect { statement: s, .. } = &entry.what else { continue };
                seen += 1;
                assert_eq!(s.principal.0 + s.interest.0 + s.costs.0, s.balance.0, "seed {seed}: {s:?}");
                assert!(s.principal.0 >= 0 && s.costs.0 >= 0, "seed {seed}: {s:?}");
            }
        },
    );
    assert!(seen > 1000, "only {seen} statements were seen");
}

#[test]
fn no_deadline_is_a_free_day() {
    let mut seen = 0;
    each(
        &[],
        |_, _| (),
        |(), step, seed| {
            let CalendarChoice::One(calendar) = step.machine().calendar else { return };
            let calendar = &step.machine().calendars[calendar.index()];
            for effect in step.effects() {
                if let Effect::Send { deadline: Some(day), .. } = effect {
                    seen += 1;
                    assert!(calendar.is_working_day(*day), "seed {seed}: {day} is a free day");
                }
            }
        },
    );
    assert!(seen > 50, "only {seen} deadlines were seen");
}

/// Attempts to reach each person, by position, and the persons' names.
#[derive(Default)]
struct Attempts {
    names: Vec<String>,
    made: BTreeMap<usize, Vec<(Instant, Channels)>>,
}

#[test]
fn no_contact_limit_is_exceeded() {
    let mut seen = 0;
    let begin = |_: &Compiled, history: &History| Attempts {
        names: history.opening.persons.iter().map(|p| p.id.clone()).collect(),
        made: BTreeMap::new(),
    };
    each(&[], begin, |attempts, step, seed| {
        let now = step.case.now;
        note_event(attempts, step, now);
        for effect in step.effects() {
            let (person, channels, nature) = match effect {
                Effect::Send { person, channels, nature, .. } => (*person, *channels, *nature),
                Effect::Call { person, .. } => (*person, Channels::of(PHONE), Nature::Ordinary),
                _ => continue,
            };
            if nature == Nature::Reply {
                continue;
            }
            let made = attempts.made.entry(usize::from(person)).or_default();
            made.push((now, channels));
            if nature == Nature::Ordinary {
                seen += below_limits(step, made, channels, seed);
            }
        }
    });
    assert!(seen > 200, "only {seen} limits were asked");
}

/// What the host says of persons and attempts.
fn note_event(attempts: &mut Attempts, step: &Step, now: Instant) {
    let named = step.word("debtor").and_then(|id| attempts.names.iter().position(|name| name == id)).unwrap_or(0);
    if step.is(Happening::DebtorAdded) {
        attempts.names.extend(step.word("debtor").map(str::to_owned));
    } else if step.is(Happening::DebtorReplaced) {
        attempts.names[named] = step.word("by").unwrap_or_default().to_owned();
        attempts.made.remove(&named);
    } else if step.is(Happening::Contacted) {
        let channel = u8::try_from(step.amount("channel")).unwrap_or(0);
        let channels = Channels::of(dunlin_machine::ir::ChannelId(channel));
        attempts.made.entry(named).or_default().push((now, channels));
    }
}

/// Whether the last attempt keeps every limit that is meant; how many there were.
fn below_limits(step: &Step, made: &[(Instant, Channels)], channels: Channels, seed: u64) -> usize {
    let now = step.case.now;
    let mut asked = 0;
    for limit in &step.machine().contact.limits {
        if limit.channels.and(channels).is_empty() || limit.per.unit() == Unit::WorkingDays || limit.per_claim {
            continue;
        }
        let inside = |at: Instant| {
            if limit.per.unit() == Unit::Hours {
                return now.seconds() - at.seconds() < i64::from(limit.per.amount()) * 3600;
            }
            let back = limit.per.negated().expect("a limit's window");
            step.day(at) > add(step.day(now), back, &step.machine().calendars[0]).expect("a day")
        };
        let count = made.iter().filter(|(at, by)| !by.and(limit.channels).is_empty() && inside(*at)).count();
        assert!(count <= limit.count as usize, "seed {seed}: {count} attempts at {now}, allowed {limit:?}");
        asked += 1;
    }
    asked
}

/// Cents that came in and went out of an account without interest.
#[derive(Default)]
struct Cents {
    owed: i128,
    /// What was paid and what of it was refunded, by the payment's name.
    payments: BTreeMap<Option<String>, (i128, i128)>,
    gone: i128,
    /// Whether the account cannot be told from outcomes: interest, or costs that took the place of others.
    untold: bool,
}

#[test]
fn no_cent_appears_or_vanishes() {
    let mut seen = 0;
    let begin = |compiled: &Compiled, history: &History| Cents {
        owed: history.opening.claims.iter().map(|c| i128::from(c.principal)).sum::<i128>()
            + history.opening.costs.iter().map(|(_, c)| i128::from(*c)).sum::<i128>(),
        untold: compiled.machine.ledger.interest.is_some(),
        ..Cents::default()
    };
    // How much of these counts is known to the ledger alone.
    let without = [Happening::ClaimReduced, Happening::Waived];
    each(&without, begin, |cents, step, seed| {
        cents.book(step);
        if cents.untold {
            return;
        }
        let Ok(statement) = read::statement(step.machine(), step.case) else { return };
        let paid: i128 = cents.payments.values().map(|(paid, refunded)| paid - refunded).sum();
        seen += 1;
        let told = i128::from(statement.balance.0) + paid + cents.gone;
        assert_eq!(cents.owed, told, "seed {seed}: {:?}", step.event);
    });
    assert!(seen > 300, "only {seen} accounts were seen");
}

impl Cents {
    fn book(&mut self, step: &Step) {
        let id = step.event.and_then(|event| event.id.clone());
        if step.is(Happening::Payment) || step.is(Happening::Enforced) {
            self.payments.entry(id.clone()).or_default().0 += i128::from(step.amount("amount"));
        } else if step.is(Happening::ClaimAdded) {
            self.owed += i128::from(step.amount("principal"));
        } else if step.is(Happening::CostsSet) {
            self.owed += i128::from(step.amount("amount"));
        } else if step.is(Happening::PaymentReturned) || step.is(Happening::Void) {
            self.payments.remove(&step.word("of").map(str::to_owned));
            self.owed += i128::from(step.amount("fee").max(0));
        }
        for effect in step.effects() {
            let sum = |parts: &[Money]| parts.iter().map(|m| i128::from(m.0)).sum::<i128>();
            match effect {
                Effect::Charge { replacing: Some(_), .. } => self.untold = true,
                Effect::Charge { amount, .. } => self.owed += i128::from(amount.0),
                Effect::Refund(amount) => self.payments.entry(id.clone()).or_default().1 += i128::from(amount.0),
                Effect::Waive { principal, interest, costs } => self.gone += sum(&[*principal, *interest, *costs]),
                Effect::Split { principal, interest, .. } => self.gone += sum(&[*principal, *interest]),
                _ => {}
            }
        }
        // A charge of nothing may still clear what it replaces, and tells no effect.
        let replaces = |action: &dunlin_machine::ir::Action| {
            matches!(&action.does, dunlin_machine::ir::Does::Charge { replacing: Some(_), .. })
        };
        self.untold |= step.machine().actions.iter().any(replaces);
    }
}

#[test]
fn no_chain_enters_a_stage_twice() {
    let mut seen = 0;
    each(
        &[],
        |_, _| (),
        |(), step, seed| {
            let mut entered = BTreeSet::new();
            for entry in &step.out.entries {
                if begins_chain(step, entry) {
                    entered.clear();
                }
                if let What::Move { to, .. } = &entry.what {
                    seen += 1;
                    assert!(entered.insert(*to), "seed {seed}: stage {to:?} is entered twice by {:?}", step.event);
                }
            }
        },
    );
    assert!(seen > 500, "only {seen} moves were seen");
}

/// Whether a timer may have begun a chain of its own there: what is told of it, or the event that it raised.
fn begins_chain(step: &Step, entry: &Entry) -> bool {
    let trigger = entry.because_of.and_then(|rule| step.machine().triggers.iter().find(|t| t.rule == rule));
    let by_timer = trigger.is_some_and(|t| match &t.on {
        On::Event { event, .. } => Happening::of(event.event).is_some_and(|h| h.builtin().origin == Origin::Machine),
        On::AsSoonAs(_) | On::Move | On::Effect(_) => false,
        _ => true,
    });
    let told = matches!(
        &entry.what,
        What::Effect { effect: Effect::Alarm(Alarm::TaskOverdue(_) | Alarm::Missing(_)) | Effect::Send { .. }, .. }
            | What::Resumed { .. }
            | What::Held { .. }
    );
    by_timer || told
}
