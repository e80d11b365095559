//! Emitted WebAssembly modules against the interpreter: every input of a history goes into both, and both accept or refuse it
//! alike and save the same bytes. Opening is not emitted yet, so the interpreter does that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails in the shortest way"
)]

use dunlin_lang::emit::emit;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case;
use dunlin_runtime::{Engine as _, Event, Fault, Input, Interpreter, Outcome, Refusal, store};
use dunlin_tests::generate::{self, Version};
use dunlin_tests::pair::{Compiled, compile};
use std::fs;
use std::path::Path;
use wasmi::{Engine, Instance, Linker, Memory, Module, Store};

#[path = "../../wasm/src/items.rs"]
#[allow(dead_code, reason = "what a case opens with is not handed over here yet")]
mod items;

/// A module at work.
struct Host {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    given: usize,
    result: usize,
}

impl Host {
    fn new(bytes: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, bytes).unwrap();
        assert_eq!(module.imports().len(), 0, "a module has no imports");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let mut host = Self { store, instance, memory, given: 0, result: 0 };
        host.given = usize::try_from(host.ask("given")).unwrap();
        host.result = usize::try_from(host.ask("result")).unwrap();
        host
    }

    fn ask(&mut self, name: &str) -> i32 {
        let function = self.instance.get_typed_func::<(), i32>(&self.store, name).unwrap();
        function.call(&mut self.store, ()).unwrap()
    }

    fn restore(&mut self, bytes: &[u8]) -> i32 {
        self.memory.write(&mut self.store, self.given, bytes).unwrap();
        let function = self.instance.get_typed_func::<i32, i32>(&self.store, "restore").unwrap();
        function.call(&mut self.store, i32::try_from(bytes.len()).unwrap()).unwrap()
    }

    fn save(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.ask("save")).unwrap()];
        self.memory.read(&self.store, self.result, &mut bytes).unwrap();
        bytes
    }

    fn step(&mut self, event: &Event, at: Instant) -> i32 {
        let items = items::Items::event(event);
        self.memory.write(&mut self.store, self.given, &items).unwrap();
        let function = self.instance.get_typed_func::<(i32, i32, i64), i32>(&self.store, "step").unwrap();
        let length = i32::try_from(items.len()).unwrap();
        function.call(&mut self.store, (event.event.0.into(), length, at.seconds())).unwrap()
    }

    fn advance(&mut self, at: Instant) -> i32 {
        let function = self.instance.get_typed_func::<i64, i32>(&self.store, "advance").unwrap();
        function.call(&mut self.store, at.seconds()).unwrap()
    }
}

/// What a run compared.
#[derive(Default)]
struct Compared {
    modules: usize,
    lacking: usize,
    cases: usize,
    steps: usize,
    events: usize,
    refused: usize,
}

/// The number of a refusal in a module.
fn number(refusal: &Refusal) -> i32 {
    match refusal {
        Refusal::Fault(Fault::Overflow) => 1,
        Refusal::Fault(Fault::Unknown(_)) => 2,
        Refusal::Fault(Fault::NoRow(_)) => 3,
        Refusal::Fault(Fault::BeforeFirstRow(..)) => 4,
        Refusal::Fault(Fault::EnteredTwice(_)) => 5,
        Refusal::Fault(Fault::NoLastStage) => 6,
        Refusal::Fault(Fault::Bound(..)) => 7,
        Refusal::Unreadable(_) => 8,
        Refusal::OtherMachine => 9,
        Refusal::Missing { .. } => 10,
        Refusal::Wrong { .. } => 11,
        Refusal::NotThere { .. } => 12,
        Refusal::NoSuchEvent => 13,
        Refusal::OnlyTheMachine(_) => 14,
        Refusal::Earlier { .. } => 15,
        Refusal::Fault(Fault::Broken(_)) => -1,
    }
}

impl Compared {
    /// Takes a history through the interpreter and a module.
    fn history(
        &mut self,
        name: &str,
        machine: &Machine,
        history: &generate::History,
        zone: &dunlin_machine::value::Zone,
    ) {
        let bytes = match emit(machine) {
            Ok(bytes) => bytes,
            Err(error) => {
                assert!(error.to_string().contains("modules do not have"), "{name}: {error}");
                self.lacking += 1;
                return;
            }
        };
        self.modules += 1;
        assert_eq!(emit(machine).unwrap(), bytes, "{name}: the same machine gives the same bytes");
        let mut host = Host::new(&bytes);
        let mut interpreter = Interpreter::new(machine);
        let mut out = Outcome::default();
        let Ok(mut case) = interpreter.open(&history.opening, history.at, &mut out) else { return };
        self.saved(name, &mut host, &case);
        let mut due = out.next_due;
        for (n, (when, event)) in history.inputs.iter().enumerate() {
            // What is due before is woken first, so that there is time that goes by.
            if let Some(at) = due.filter(|at| *at > case.now) {
                due = self.step(name, &mut host, &mut interpreter, &mut case, Input::Advance, at);
            }
            let at = when.instant(case.now, due, zone);
            let input = event.as_ref().map_or(Input::Advance, Input::Event);
            due = self.step(name, &mut host, &mut interpreter, &mut case, input, at).or(due);
            // The module goes on with its own case, and now and then with one that was stored.
            if n % 3 == 0 {
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
            Input::Advance => host.advance(at),
            Input::Event(event) => host.step(event, at),
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
            compared.history(&format!("seed {seed}"), &compiled.machine, &history, &compiled.model.zones[0]);
        }
    }
    assert!(compared.modules > 20, "only {} of the strategies can be emitted", compared.modules);
    assert!(compared.events > 200, "only {} events were compared", compared.events);
    assert!(compared.refused > 10, "only {} refusals were compared", compared.refused);
}

#[test]
fn what_is_no_case_is_refused() {
    let emitted = |seed: u64| emit(&pair(seed).0.machine).ok().map(|bytes| (seed, bytes));
    let (seed, bytes) = (1..).find_map(emitted).unwrap();
    let (compiled, history) = pair(seed);
    let mut host = Host::new(&bytes);
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

#[test]
fn the_examples_are_emitted_but_for_what_modules_lack() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let (mut emitted, mut lacking) = (Vec::new(), Vec::new());
    for folder in fs::read_dir(examples).unwrap().filter_map(Result::ok) {
        let file = folder.path().join("strategy.dun");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = folder.file_name().to_string_lossy().into_owned();
        let Ok(strategy) = dunlin::compile(&dunlin::Sources::new("strategy.dun", &text)) else { continue };
        match emit(strategy.machine()) {
            Ok(_) => emitted.push(name),
            Err(_) => lacking.push(name),
        }
    }
    assert!(emitted.len() >= 8, "emitted: {emitted:?}; not: {lacking:?}");
}
