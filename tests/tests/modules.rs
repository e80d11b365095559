//! Emitted WebAssembly modules against the interpreter: every input of a history goes into both, and both accept or refuse it
//! alike and save the same bytes. Each case is opened by the interpreter; `openings.rs` compares how they open.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails in the shortest way"
)]

use dunlin_emit::{emit, emit_twice};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{Does, EventId, Machine, Type};
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case;
use dunlin_runtime::input::Given;
use dunlin_runtime::{Engine as _, Event, Input, Interpreter, Outcome, store};
use dunlin_tests::generate::{self, Version};
use dunlin_tests::module::{Host, Step, number, record};
use dunlin_tests::pair::{Compiled, compile};
use dunlin_wasm::Items;
use std::fs;
use std::path::Path;

/// Numbers that look random, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// How many events of any kind a case takes besides those of its history, now and then.
const PROBES: usize = 6;

/// Texts that facts are set to.
const VALUES: [&str; 14] = [
    "true",
    "false",
    "7",
    "-3",
    "1_000",
    "12.50",
    "1000.00EUR",
    "5%",
    "3.25",
    "2026-03-31",
    "2026-03-31T10:00:00+02:00",
    "14 days",
    "1 month",
    "",
];

/// A text for a parameter: the name of something that the case or the machine has, or of nothing.
fn probed_text(dice: &mut Dice, machine: &Machine, case: &Case, paid: &[String], param: &str) -> String {
    let text = |id: dunlin_machine::ir::TextId| machine.texts[id.index()].clone();
    let named: Vec<String> = match param {
        "debtor" => case.persons.iter().map(|p| p.id.clone()).collect(),
        "claim" | "for" => case.ledger.claims.iter().map(|c| c.id.clone()).collect(),
        "of" => paid.to_vec(),
        "what" => vec!["costs".into(), "interest".into()],
        "stage" => {
            let procedures = machine.scopes.iter().filter(|s| s.first.is_some()).map(|s| text(s.name));
            machine.stages.iter().map(|s| text(s.name)).chain(procedures).collect()
        }
        "time_zone" => machine.zones.iter().map(|z| z.name().to_owned()).collect(),
        "language" | "region" => vec!["de".into(), "de-AT".into(), "DE-BY".into()],
        "value" => {
            let values = machine.enums.iter().flat_map(|e| &e.values).map(|v| text(*v));
            VALUES.into_iter().map(Into::into).chain(values).collect()
        }
        "name" => {
            let of = |does: &Does| match does {
                Does::Task(task) => Some(text(task.name)),
                Does::Approval(approval) => Some(text(approval.name)),
                _ => None,
            };
            let facts = machine.facts.iter().map(|f| text(f.name));
            machine.actions.iter().filter_map(|a| of(&a.does)).chain(facts).collect()
        }
        "reason" => {
            case.holds.iter().filter_map(|h| machine.texts.get(usize::try_from(h.reason).ok()?)).cloned().collect()
        }
        _ => Vec::new(),
    };
    if named.is_empty() || dice.below(12) == 0 { format!("new {}", dice.below(3)) } else { dice.one(&named) }
}

/// An event that the case might take as it stands.
fn probe(dice: &mut Dice, machine: &Machine, case: &Case, paid: &[String]) -> Event {
    let number = dice.below(machine.events.len());
    let event = EventId(u16::try_from(number).unwrap());
    let today = machine.zones[0].local(case.now).0.days();
    let mut args = Vec::new();
    for (at, param) in (0u8..).zip(&machine.events[number].params) {
        if dice.below(if param.required { 40 } else { 2 }) == 0 {
            continue;
        }
        let name = machine.texts[param.name.index()].as_str();
        let given = match param.ty {
            Type::Text => Given::Text(probed_text(dice, machine, case, paid, name)),
            Type::Date => Given::Value(i64::from(today) - 40 + i64::try_from(dice.below(80)).unwrap()),
            Type::Instant => Given::Value(case.now.seconds() + i64::try_from(dice.below(100_000)).unwrap()),
            Type::Money | Type::Rate => Given::Value(dice.one(&[0, -1, 1, 100, 2_550, 10_000, 99_999, 5_000_000])),
            Type::Number => Given::Value(dice.one(&[1, 2, 3, 5, 8, 15, 31, 40])),
            Type::Duration => Given::Value(dice.one(&[8, 9, 10, 11, 12, 14])),
            _ => Given::Value(i64::try_from(dice.below(6)).unwrap()),
        };
        args.push((at, given));
    }
    Event { event, id: Some(format!("probe {}", dice.below(1 << 20))).filter(|_| dice.below(3) > 0), args }
}

/// What a run compared.
#[derive(Default)]
struct Compared {
    cases: usize,
    steps: usize,
    events: usize,
    refused: usize,
}

impl Compared {
    /// Takes a history through the interpreter and a module.
    fn history(
        &mut self,
        name: &str,
        machine: &Machine,
        history: &generate::History,
        (zone, mut host): (&dunlin_machine::value::Zone, Host),
    ) {
        let mut interpreter = Interpreter::new(machine);
        let mut out = Outcome::default();
        let Ok(mut case) = interpreter.open(&history.opening, history.at, &mut out) else { return };
        self.saved(name, &mut host, &case);
        let (mut dice, mut paid) = (Dice(u64::from(case.opened.seconds().unsigned_abs() as u32)), Vec::new());
        let mut due = out.next_due;
        for (n, (when, event)) in history.inputs.iter().enumerate() {
            // What is due before is woken first, so that there is time that goes by.
            if let Some(at) = due.filter(|at| *at > case.now) {
                due = self.step(name, &mut host, &mut interpreter, &mut case, Input::Advance, at);
            }
            let at = when.instant(case.now, due, zone);
            let input = event.as_ref().map_or(Input::Advance, Input::Event);
            due = self.step(name, &mut host, &mut interpreter, &mut case, input, at).or(due);
            paid.extend(event.as_ref().filter(|e| e.event == Happening::Payment.id()).and_then(|e| e.id.clone()));
            // The module goes on with its own case, and now and then with one that was stored.
            if n % 3 == 0 {
                self.saved(name, &mut host, &case);
                let mut other = case.clone();
                for _ in 0..PROBES {
                    let event = probe(&mut dice, machine, &other, &paid);
                    let later = other.now.add_seconds(i64::try_from(dice.below(90_000)).unwrap()).unwrap();
                    self.step(name, &mut host, &mut interpreter, &mut other, Input::Event(&event), later);
                }
                self.saved(name, &mut host, &case);
            }
        }
    }

    /// A case that is restored and saved is as it was.
    fn saved(&mut self, name: &str, host: &mut Host, case: &Case) {
        let bytes = store::save(case).unwrap();
        assert_eq!(host.restore(&bytes), 0, "{name}: the case cannot be restored");
        assert_eq!(host.save(), bytes, "{name}: the case is not saved as it was");
        self.cases += 1;
    }

    fn step(
        &mut self,
        name: &str,
        host: &mut Host,
        interpreter: &mut Interpreter<'_>,
        case: &mut Case,
        input: Input<'_>,
        at: Instant,
    ) -> Option<Instant> {
        let mut out = Outcome::default();
        let before = case.now;
        let done = interpreter.step(case, input, at, &mut out);
        let status = match input {
            Input::Advance => host.advance(at.seconds()),
            Input::Event(event) => host.step(event.event.0.into(), &Items::event(event), at.seconds()),
        };
        let expected = done.as_ref().err().map_or(0, number);
        assert_eq!(status, expected, "{name}: {input:?} from {before} at {at}: {done:?}");
        let saved = host.save();
        if saved != store::save(case).unwrap() {
            let of_module = store::restore(interpreter.machine(), &saved);
            panic!("{name}: {input:?} from {before} at {at}, the cases differ:\n{}", differences(&of_module, case));
        }
        self.steps += 1;
        self.events += usize::from(input != Input::Advance);
        self.refused += usize::from(done.is_err());
        out.next_due
    }
}

/// The lines in which the module's case and the interpreter's differ.
fn differences(module: &Result<Case, dunlin_runtime::Refusal>, interpreter: &Case) -> String {
    let Ok(module) = module else { return format!("{module:?}") };
    let (left, right) = (format!("{module:#?}"), format!("{interpreter:#?}"));
    let lines = left.lines().zip(right.lines()).enumerate().filter(|(_, (left, right))| left != right);
    let at = |n: usize| left.lines().skip(n.saturating_sub(30)).take(36).collect::<Vec<_>>().join("\n");
    lines.take(2).map(|(n, (left, right))| format!("module {left}\ninterpreter {right}\n{}", at(n))).collect()
}

fn pair(seed: u64) -> (Compiled, generate::History) {
    let (draft, _) = generate::strategy(seed);
    let compiled = compile(&draft.text()).unwrap_or_else(|e| panic!("seed {seed} does not compile: {e}"));
    let history = generate::history(seed, &compiled.model, Version::of(seed));
    (compiled, history)
}

#[test]
fn histories_run_alike_on_random_strategies() {
    let mut compared = Compared::default();
    for first in Version::SEEDS {
        for seed in first..first + 60 {
            let (compiled, history) = pair(seed);
            let machine = &compiled.machine;
            let bytes = emit(machine).unwrap();
            assert_eq!(emit(machine).unwrap(), bytes, "seed {seed}: the same machine gives the same bytes");
            let zone = &compiled.model.zones[0];
            compared.history(&format!("seed {seed}"), machine, &history, (zone, Host::new(&bytes)));
        }
    }
    assert!(compared.events > 200, "only {} events were compared", compared.events);
    assert!(compared.refused > 10, "only {} refusals were compared", compared.refused);
}

#[test]
fn going_back_leaves_nothing_behind() {
    let mut compared = Compared::default();
    for first in Version::SEEDS {
        for seed in first + 60..first + 100 {
            let (compiled, history) = pair(seed);
            let twice = Host::new(&emit_twice(&compiled.machine).unwrap());
            let name = format!("seed {seed}, each step twice");
            compared.history(&name, &compiled.machine, &history, (&compiled.model.zones[0], twice));
        }
    }
    assert!(compared.events > 100, "only {} events were compared", compared.events);
}

#[test]
fn what_is_no_case_is_refused() {
    let (compiled, history) = pair(1);
    let mut host = Host::new(&emit(&compiled.machine).unwrap());
    let mut out = Outcome::default();
    let case = Interpreter::new(&compiled.machine).open(&history.opening, history.at, &mut out).unwrap();
    let bytes = store::save(&case).unwrap();
    assert_eq!(host.restore(&bytes), 0);
    for length in 0..bytes.len() {
        assert_ne!(host.restore(&bytes[..length]), 0, "cut at {length}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        assert_ne!(host.restore(&changed), 0, "changed at {at}");
    }
}

/// A case that opens, takes the events of its history on its days, and is stored.
fn log_of(history: &generate::History) -> (usize, Vec<u8>) {
    let opening = history.at.seconds();
    let mut log = record(opening, -2, &Items::opening(&history.opening));
    let events: Vec<_> = history.inputs.iter().filter_map(|(_, event)| event.as_ref()).collect();
    for (day, event) in (1..).zip(&events) {
        log.extend(record(opening + 86_400 * day, event.event.0.into(), &Items::event(event)));
    }
    log.extend(record(opening + 86_400 * 400, -1, &[]));
    log.extend(record(0, -4, &[]));
    (events.len() + 3, log)
}

#[test]
fn a_log_of_many_cases_gives_each_what_it_gives_alone() {
    for seed in [1, 100_003, 200_004] {
        let (compiled, history) = pair(seed);
        let mut host = Host::new(&emit(&compiled.machine).unwrap());
        let (records, log) = log_of(&history);
        let alone = host.run(&log);
        assert!(alone.len() >= records, "each record is a step, and some days lie between");
        let many = host.run(&log.repeat(400));
        assert!(many.len() > 1_024, "more steps than one call tells");
        assert_eq!(many.len(), 400 * alone.len(), "seed {seed}");
        for (case, steps) in many.chunks(alone.len()).enumerate() {
            for (step, other) in steps.iter().zip(&alone) {
                let moved = Step { record: other.record + case * records, ..other.clone() };
                assert!(step.alike(&moved) && step.saved == moved.saved, "seed {seed}, case {case}: {step:?}");
            }
        }
        let saved = alone.last().unwrap().saved.clone();
        let again = host.run(&[record(0, -3, &saved), record(0, -4, &[])].concat());
        assert_eq!(again.last().unwrap().saved, saved, "a stored case goes through a log as it was");
    }
}

#[test]
fn a_case_that_is_stored_in_between_goes_on_as_it_was() {
    for first in Version::SEEDS {
        for seed in first..first + 8 {
            let (compiled, history) = pair(seed);
            let mut host = Host::new(&emit(&compiled.machine).unwrap());
            let opening = history.at.seconds();
            let (mut plain, mut stored) = (record(opening, -2, &Items::opening(&history.opening)), Vec::new());
            stored.extend(plain.clone());
            for (day, event) in (1..).zip(history.inputs.iter().filter_map(|(_, event)| event.as_ref())) {
                let event = record(opening + 86_400 * day, event.event.0.into(), &Items::event(event));
                plain.extend(event.clone());
                stored.extend([event, record(0, -4, &[])].concat());
            }
            let end = record(opening + 86_400 * 400, -1, &[]);
            let (plain, stored) = ([plain, end.clone()].concat(), [stored, end].concat());
            let told = |step: Step| (step.at, step.status, (step.status == 0).then_some(step.told), step.due);
            let alone: Vec<_> = host.run(&plain).into_iter().map(told).collect();
            // Every other record after the opening stores the case.
            let between = host.run(&stored).into_iter().filter(|step| step.record == 0 || step.record % 2 == 1);
            assert!(between.map(told).collect::<Vec<_>>() == alone, "seed {seed}");
        }
    }
}

#[test]
fn a_log_that_is_cut_or_changed_is_refused_where_it_is() {
    let (compiled, history) = pair(1);
    let mut host = Host::new(&emit(&compiled.machine).unwrap());
    let (_, log) = log_of(&history);
    for length in (1..log.len()).step_by(7) {
        let steps = host.run(&log[..length]);
        assert!(length % 8 == 0 || steps.last().unwrap().status != 0, "cut at {length}");
    }
    for at in 0..log.len() {
        let mut changed = log.clone();
        changed[at] ^= 0x55;
        host.run(&changed);
    }
    let steps = host.run(&record(0, -9, &[]));
    assert_eq!(steps.iter().map(|step| step.status).collect::<Vec<_>>(), [16], "there is no such record");
    let steps = host.run(&[record(0, -3, b"no case"), record(0, -1, &[]), record(0, -4, &[])].concat());
    assert_eq!(steps.iter().map(|step| step.status).collect::<Vec<_>>(), [8, 8, 0]);
    assert!(steps[2].saved.is_empty(), "there is no case");
}

#[test]
fn every_example_is_emitted() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut emitted = 0;
    for folder in fs::read_dir(examples).unwrap().filter_map(Result::ok) {
        let file = folder.path().join("strategy.dun");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let strategy = dunlin::compile(&dunlin::Sources::new("strategy.dun", &text));
        let strategy = strategy.unwrap_or_else(|e| panic!("{}: {e:?}", file.display()));
        emit(strategy.machine()).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        emitted += 1;
    }
    assert!(emitted > 10, "only {emitted} examples have a strategy.dun");
}
