//! Cases that open in emitted WebAssembly modules and in the interpreter: both save the same bytes, or both refuse for the
//! same reason.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails in the shortest way"
)]

use dunlin_emit::emit;
use dunlin_machine::ir::{Channels, FactId, Machine, PlanId, StageId, TemplateId};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{Given, Opening, PaymentGiven, PlanGiven, SentGiven};
use dunlin_runtime::{Engine as _, Interpreter, Outcome, store};
use dunlin_tests::generate::{self, Version};
use dunlin_tests::module::{Host, number};
use dunlin_tests::pair::{Compiled, compile};
use dunlin_wasm::Items;

/// A strategy in both forms.
struct Both<'m> {
    machine: &'m Machine,
    host: Host,
    opened: usize,
    refused: usize,
}

impl<'m> Both<'m> {
    fn new(machine: &'m Machine) -> Self {
        let host = Host::new(&emit(machine).unwrap());
        Self { machine, host, opened: 0, refused: 0 }
    }

    fn open(&mut self, name: &str, opening: &Opening, at: Instant) -> i32 {
        let expected = Interpreter::new(self.machine).open(opening, at, &mut Outcome::default());
        let status = self.host.open(&Items::opening(opening), at.seconds());
        let saved = self.host.save();
        match expected {
            Ok(case) => {
                assert_eq!(status, 0, "{name}: the interpreter opens it");
                let theirs = store::restore(self.machine, &saved).unwrap();
                assert!(
                    saved == store::save(&case).unwrap(),
                    "{name}: the cases differ\n{}",
                    differences(&theirs, &case)
                );
                self.opened += 1;
            }
            Err(refusal) => {
                assert_eq!(status, number(&refusal), "{name}: {refusal:?}");
                assert!(saved.is_empty(), "{name}: there is a case after a refusal");
                self.refused += 1;
            }
        }
        status
    }
}

fn differences(module: &impl std::fmt::Debug, interpreter: &impl std::fmt::Debug) -> String {
    let (left, right) = (format!("{module:#?}"), format!("{interpreter:#?}"));
    let lines = left.lines().zip(right.lines()).enumerate().filter(|(_, (left, right))| left != right);
    lines.take(4).map(|(n, (left, right))| format!("{n}: module {left}; interpreter {right}\n")).collect()
}

fn pair(seed: u64) -> (Compiled, generate::History) {
    let (draft, _) = generate::strategy(seed);
    let compiled = compile(&draft.text()).unwrap_or_else(|e| panic!("seed {seed} does not compile: {e}"));
    let history = generate::history(seed, &compiled.model, Version::of(seed));
    (compiled, history)
}

fn later(day: Date, days: i32) -> Date {
    day.add_days(days).unwrap()
}

/// An opening with one fault or one rarer thing more, by what it is.
fn changed(opening: &Opening, at: Instant) -> Vec<(&'static str, Opening)> {
    let today = Date::from_days(i32::try_from(at.seconds().div_euclid(86_400)).unwrap()).unwrap();
    let mut all: Vec<(&'static str, Opening)> = Vec::new();
    let mut with = |name: &'static str, change: &dyn Fn(&mut Opening)| {
        let mut opening = opening.clone();
        change(&mut opening);
        all.push((name, opening));
    };
    let sent = |template: u16, days: i64, person: u8| SentGiven {
        template: TemplateId(template),
        channels: Channels(1),
        at: Instant::from_seconds(at.seconds() - days * 86_400).unwrap(),
        person,
    };
    let paid = |id: Option<&str>, days: i32, amount: i64| PaymentGiven {
        id: id.map(str::to_owned),
        on: later(today, -days),
        amount,
    };
    with("no claims", &|o| o.claims.clear());
    with("no debtors", &|o| o.persons.clear());
    with("too many debtors", &|o| o.persons = vec![o.persons[0].clone(); 300]);
    with("too many claims", &|o| {
        let claim = o.claims[0].clone();
        o.claims =
            (0..1000).map(|n| dunlin_runtime::input::ClaimGiven { id: n.to_string(), ..claim.clone() }).collect();
    });
    with("principal of nothing", &|o| o.claims[0].principal = 0);
    with("less than nothing", &|o| o.claims[0].principal = -1);
    with("more than can be counted", &|o| {
        let mut other = o.claims[0].clone();
        (o.claims[0].principal, other.principal, other.id) = (i64::MAX, i64::MAX, "other".into());
        o.claims.push(other);
    });
    with("two claims of one name", &|o| o.claims.push(o.claims[0].clone()));
    with("empty names", &|o| (o.id, o.claims[0].id) = (String::new(), String::new()));
    with("an unknown zone", &|o| o.persons[0].zones = vec!["Mars/Olympus".into()]);
    with("too many zones", &|o| o.persons[0].zones = vec!["Mars/Olympus".into(); 9]);
    with("a region of its own", &|o| o.persons[0].region = Some("AT-Wien-NW".into()));
    with("a region of the machine's", &|o| o.persons[0].region = Some("ba-bY".into()));
    with("an unknown currency", &|o| o.currency = Some("XYZ".into()));
    with("a known currency", &|o| o.currency = Some("EUR".into()));
    with("no facts", &|o| o.facts.clear());
    with("a fact out of bounds", &|o| {
        o.facts.iter_mut().for_each(|(_, given)| {
            if let Given::Value(value) = given {
                *value = i64::MAX;
            }
        });
    });
    with("a fact that is a text", &|o| o.facts.push((FactId(0), Given::Text("a".into()))));
    with("a fact that is a number", &|o| o.facts.push((FactId(0), Given::Value(1))));
    with("texts that are learned", &|o| {
        o.claims.iter_mut().for_each(|c| c.kind = Some("rent of a boat".into()));
        o.costs =
            vec![("boat hire".into(), 5), ("dunning".into(), 7), ("rent of a boat".into(), 9), ("boat hire".into(), 3)];
        o.persons[0].language = Some("rent of a boat".into());
    });
    with("too many kinds of costs", &|o| o.costs = (0..40).map(|n| (format!("k{n}"), 1)).collect());
    with("costs that overflow", &|o| o.costs = vec![("a".into(), i64::MAX), ("a".into(), 1)]);
    with("entered without stage", &|o| (o.stage, o.entered) = (None, Some(today)));
    with("entered later", &|o| (o.stage, o.entered) = (Some(StageId(0)), Some(later(today, 9))));
    with("a stage that is not there", &|o| o.stage = Some(StageId(5000)));
    for stage in 0..12 {
        with("a stage", &|o| (o.stage, o.entered) = (Some(StageId(stage)), None));
        with("a stage of before", &|o| (o.stage, o.entered) = (Some(StageId(stage)), Some(later(today, -12))));
        with("a stage of long before", &|o| (o.stage, o.entered) = (Some(StageId(stage)), Some(later(today, -900))));
    }
    with("titled later", &|o| o.titled_on = Some(later(today, 5)));
    with("titled", &|o| (o.titled, o.titled_on) = (false, Some(later(today, -5))));
    with("served later", &|o| o.served = Some(later(today, 5)));
    with("served", &|o| o.served = Some(later(today, -5)));
    with("limited", &|o| o.limitation_date = Some(later(today, 500)));
    with("sent", &|o| o.sent = vec![sent(0, 3, 0), sent(1, 9, 0), sent(0, 9, 0), sent(0, 30, 0), sent(2, 5, 0)]);
    with("sent to nobody", &|o| o.sent = vec![sent(0, 3, 9)]);
    with("sent what is not there", &|o| o.sent = vec![sent(900, 3, 0)]);
    with("sent later", &|o| o.sent = vec![sent(0, -3, 0)]);
    with("sent by no channel", &|o| o.sent = vec![SentGiven { channels: Channels(0), ..sent(0, 3, 0) }]);
    with("sent by another channel", &|o| o.sent = vec![SentGiven { channels: Channels::ALL, ..sent(0, 3, 0) }]);
    with("sent too often", &|o| o.sent = (0..100).map(|_| sent(0, 0, 0)).collect());
    with("sent often", &|o| o.sent = (0..90).map(|n| sent(0, 900 - n, 0)).collect());
    with("paid", &|o| {
        o.payments = vec![paid(Some("a"), 4, 300), paid(None, 30, 25), paid(None, 4, 1), paid(Some("b"), 0, 200)];
    });
    with("paid too much", &|o| o.payments = vec![paid(Some("a"), 4, 30_000_000), paid(None, 30, 2_500_000)]);
    with("paid twice", &|o| o.payments = vec![paid(Some("a"), 4, 300), paid(None, 3, 3), paid(Some("a"), 9, 300)]);
    with("paid often", &|o| o.payments = (0..60).map(|n| paid(Some(&n.to_string()), 60 - n, 3)).collect());
    with("paid nothing", &|o| o.payments = vec![paid(Some("a"), 4, 0)]);
    with("paid later", &|o| o.payments = vec![paid(Some("a"), -4, 3)]);
    let plan = |amount: i64, day: Option<u8>, since: Option<i32>| {
        Some(PlanGiven { plan: PlanId(0), amount, day, since: since.map(|days| later(today, -days)) })
    };
    with("a plan", &|o| o.plan = plan(500, None, None));
    with("a plan that is not there", &|o| {
        o.plan = Some(PlanGiven { plan: PlanId(50), ..plan(500, None, None).unwrap() })
    });
    with("a plan of nothing", &|o| o.plan = plan(0, None, None));
    with("a plan on a day", &|o| o.plan = plan(500, Some(1), None));
    with("a plan on no day", &|o| o.plan = plan(500, Some(0), None));
    with("a plan on the last day", &|o| o.plan = plan(500, Some(31), Some(0)));
    with("a plan on a day of no month", &|o| o.plan = plan(500, Some(32), Some(0)));
    with("a plan of tomorrow", &|o| o.plan = plan(500, None, Some(-1)));
    with("a plan that runs", &|o| o.plan = plan(900, None, Some(50)));
    with("a plan that was paid", &|o| {
        o.plan = plan(300, None, Some(70));
        o.payments =
            vec![paid(Some("b"), 40, 300), paid(Some("a"), 100, 30), paid(Some("c"), 70, 20), paid(None, 11, 200)];
    });
    with("a plan that is paid", &|o| {
        o.plan = plan(1, None, Some(9));
        o.payments = vec![paid(Some("b"), 4, 30_000_000)];
    });
    with("a long history", &|o| {
        o.sent = vec![sent(0, 3, 0), sent(1, 9, 0), sent(0, 30, 0)];
        o.payments = vec![paid(Some("b"), 4, 200), paid(Some("a"), 14, 300), paid(None, 1, 2)];
        (o.stage, o.entered, o.served) = (Some(StageId(0)), Some(later(today, -20)), Some(later(today, -40)));
    });
    all
}

#[test]
fn cases_open_alike_on_random_strategies() {
    let (mut opened, mut refused) = (0, 0);
    for first in Version::SEEDS {
        for seed in first..first + 60 {
            let (compiled, history) = pair(seed);
            let mut both = Both::new(&compiled.machine);
            both.open(&format!("seed {seed}"), &history.opening, history.at);
            if seed < first + 12 {
                for (name, opening) in changed(&history.opening, history.at) {
                    both.open(&format!("seed {seed}, {name}"), &opening, history.at);
                }
            }
            (opened, refused) = (opened + both.opened, refused + both.refused);
        }
    }
    assert!(opened > 200 && refused > 200, "only {opened} opened, and {refused} were refused");
}

#[test]
fn what_is_no_row_of_items_is_refused() {
    let emitted = |seed: u64| {
        let (compiled, history) = pair(seed);
        emit(&compiled.machine).ok().map(|bytes| (bytes, history))
    };
    let (bytes, history) = (1..).find_map(emitted).unwrap();
    let mut host = Host::new(&bytes);
    let given = Items::opening(&history.opening);
    assert_eq!(host.open(&given, history.at.seconds()), 0);
    for length in 0..given.len() {
        let status = host.open(&given[..length], history.at.seconds());
        assert_eq!(status == 0, !host.save().is_empty(), "cut at {length}");
    }
    for at in 0..given.len() {
        let mut changed = given.clone();
        changed[at] ^= 0x55;
        let status = host.open(&changed, history.at.seconds());
        assert_eq!(status == 0, !host.save().is_empty(), "changed at {at}");
    }
    assert_eq!(host.open(&given, history.at.seconds()), 0);
}
