//! The engine over wasmtime: modules that are broken, hostile or not ours, cases of others, and what it caches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails in the shortest way"
)]

use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventId, Machine};
use dunlin_machine::value::Date;
use dunlin_runtime::fault::{Fault, Refusal};
use dunlin_runtime::input::{ClaimGiven, Opening, PersonGiven};
use dunlin_runtime::life::Moment;
use dunlin_runtime::{Engine as _, Event, Input, Interpreter, Life, Outcome, store};
use dunlin_tests::generate::{self, History, Version, When};
use dunlin_tests::pair::{Compiled, alike, compile};
use dunlin_wasm::{Engine, Error, Module};
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Instruction, MemorySection, MemoryType, TypeSection, ValType,
};

fn pair(seed: u64) -> (Compiled, History) {
    let compiled = compile(&generate::strategy(seed).0.text()).unwrap();
    let history = generate::history(seed, &compiled.model, Version::of(seed));
    (compiled, history)
}

/// The first pair whose case opens.
fn opening(from: u64) -> (Compiled, History) {
    let opens = |(compiled, history): &(Compiled, History)| {
        let mut out = Outcome::default();
        Interpreter::new(&compiled.machine).open(&history.opening, history.at, &mut out).is_ok()
    };
    (from..).map(pair).find(opens).unwrap()
}

fn emitted(machine: &Machine) -> Vec<u8> {
    dunlin_emit::emit(machine).unwrap()
}

/// What a made-up module does when a verb is called.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    /// Says the same number.
    Says(i32),
    /// Never ends.
    Loops,
    /// Reads beyond its memory.
    Strays,
}

/// A module with our exports that was not written by us.
fn made_up(hash: &str, abi: i32, does: Does, asks: bool) -> Vec<u8> {
    let mut types = TypeSection::new();
    let signatures: [&[ValType]; 4] =
        [&[], &[ValType::I32], &[ValType::I64], &[ValType::I32, ValType::I32, ValType::I64]];
    signatures.iter().for_each(|params| types.ty().function(params.iter().copied(), [ValType::I32]));
    types.ty().function([ValType::I32, ValType::I64], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("env", "clock", EntityType::Function(0));
    let verbs = [
        ("abi", 0),
        ("given", 0),
        ("result", 0),
        ("save", 0),
        ("outcome", 0),
        ("restore", 1),
        ("advance", 2),
        ("step", 3),
        ("open", 4),
        ("steps", 0),
        ("run", 1),
    ];
    let (mut functions, mut exports, mut code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for (at, (name, ty)) in (0_u32..).zip(verbs) {
        functions.function(ty);
        exports.export(name, ExportKind::Func, at + u32::from(asks));
        let mut body = Function::new([]);
        let acts = !matches!(name, "abi" | "given" | "result");
        match does {
            Does::Loops if acts => {
                body.instruction(&Instruction::Loop(BlockType::Empty));
                body.instruction(&Instruction::Br(0)).instruction(&Instruction::End);
                body.instruction(&Instruction::Unreachable);
            }
            Does::Strays if acts => {
                body.instruction(&Instruction::I32Const(i32::MAX));
                body.instruction(&Instruction::I32Load(wasm_encoder::MemArg { offset: 0, align: 0, memory_index: 0 }));
            }
            Does::Says(number) if acts => {
                body.instruction(&Instruction::I32Const(number));
            }
            _ => {
                body.instruction(&Instruction::I32Const(if name == "abi" { abi } else { 0 }));
            }
        }
        body.instruction(&Instruction::End);
        code.function(&body);
    }
    let mut memory = MemorySection::new();
    memory.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    exports.export("memory", ExportKind::Memory, 0);
    let schema = format!("{{\"hash\":\"{hash}\"}}");
    let mut module = wasm_encoder::Module::new();
    module.section(&types);
    if asks {
        module.section(&imports);
    }
    module.section(&functions).section(&memory).section(&exports).section(&code);
    module.section(&CustomSection { name: "dunlin.schema".into(), data: schema.as_bytes().into() });
    module.finish()
}

#[test]
fn what_is_no_module_of_ours_is_refused() {
    let (compiled, _) = opening(1);
    let hash = compiled.machine.hash().to_string();
    assert!(matches!(Module::new(b"no module"), Err(Error::NotWasm(_))));
    assert!(matches!(Module::new(b"\0asm\x01\0\0\0"), Err(Error::NotOurs("dunlin.schema"))));
    assert!(matches!(Module::new(&made_up(&hash, 1, Does::Says(0), true)), Err(Error::Imports)));
    let other = Module::new(&made_up(&hash, 7, Does::Says(0), false));
    assert_eq!(other.unwrap_err(), Error::OtherAbi { is: 7, wanted: 1 });
    let module = Module::new(&emitted(&compiled.machine)).unwrap();
    let (stranger, _) = opening(500);
    assert_eq!(module.instance(&stranger.machine).unwrap_err(), Error::OtherMachine);
    let bytes = emitted(&compiled.machine);
    for length in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
        assert!(Module::new(&bytes[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_hostile_module_costs_an_error_and_no_case_changes() {
    let (compiled, history) = opening(1);
    let hash = compiled.machine.hash().to_string();
    let mut out = Outcome::default();
    let case = Interpreter::new(&compiled.machine).open(&history.opening, history.at, &mut out).unwrap();
    for does in [Does::Loops, Does::Strays, Does::Says(0), Does::Says(-1), Does::Says(i32::MAX), Does::Says(99)] {
        let module = Module::new(&made_up(&hash, 1, does, false)).unwrap();
        let mut instance = module.instance(&compiled.machine).unwrap();
        let mut same = case.clone();
        let done = instance.step(&mut same, Input::Advance, history.at, &mut out);
        assert!(done.is_err() || same == case);
        assert_eq!(same, case, "a refused step changed the case");
        assert!(instance.open(&history.opening, history.at, &mut out).is_err());
        assert!(instance.live(&life(&history), &mut |_, _| {}).is_err());
    }
}

/// The begin of every verb: so many turns of loops may be taken.
const BEGINS: [u8; 8] = [0x41, 0x80, 0x80, 0x80, 0x80, 0x01, 0x24, 0x02];

#[test]
fn a_module_stops_itself_after_too_many_turns() {
    let (compiled, history) = opening(1);
    let mut bytes = emitted(&compiled.machine);
    let verbs: Vec<usize> = (0..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(&BEGINS)).collect();
    assert!(verbs.len() > 8, "{} verbs count their turns", verbs.len());
    let engine = Engine::for_own_modules().unwrap();
    let mut out = Outcome::default();
    let whole = engine.load(&bytes).unwrap();
    let mut case = whole.instance(&compiled.machine).unwrap().open(&history.opening, history.at, &mut out).unwrap();
    // The same with two turns for every verb: none gets far.
    verbs.iter().for_each(|at| bytes[at + 1..at + 6].copy_from_slice(&[0x82, 0x80, 0x80, 0x80, 0x00]));
    let module = engine.load(&bytes).unwrap();
    let mut instance = module.instance(&compiled.machine).unwrap();
    assert!(instance.open(&history.opening, history.at, &mut out).is_err());
    let before = case.clone();
    assert!(instance.step(&mut case, Input::Advance, history.at, &mut out).is_err());
    assert_eq!(case, before, "a refused step changed the case");
}

#[test]
fn changed_modules_and_cases_never_bring_the_host_down() {
    let (compiled, history) = opening(200_001);
    let bytes = emitted(&compiled.machine);
    let engine = Engine::new().unwrap();
    let mut out = Outcome::default();
    let case = Interpreter::new(&compiled.machine).open(&history.opening, history.at, &mut out).unwrap();
    let mut ran = 0;
    for n in 0..60_usize {
        let mut changed = bytes.clone();
        let at = n.wrapping_mul(0x9e37_79b9) % changed.len();
        changed[at] ^= 1 << (n % 8);
        let Ok(module) = engine.load(&changed) else { continue };
        let Ok(mut instance) = module.instance(&compiled.machine) else { continue };
        ran += 1;
        let mut copy = case.clone();
        let done = instance.step(&mut copy, Input::Advance, history.at, &mut out);
        assert!(done.is_ok() || copy == case, "a refused step changed the case");
        let _ = instance.live(&life(&history), &mut |_, _| {});
    }
    assert!(ran > 0, "no changed module could be run");
}

/// The history's events, with a host that hears of them in time, and three months more.
fn life(history: &History) -> Life<'_> {
    let (mut at, mut events) = (history.at, Vec::new());
    for (when, event) in &history.inputs {
        let seconds = if let When::After(seconds) = when { *seconds } else { 5 * 3_600 };
        at = at.add_seconds(seconds).unwrap();
        events.extend(event.as_ref().map(|event| (at, event)));
    }
    let until = at.add_seconds(90 * 86_400).unwrap();
    Life { opening: &history.opening, at: history.at, events, until }
}

/// A life as a host hears of it: its steps, and the stored case or why there is none.
type Heard = (Vec<(Moment, Result<Outcome, String>)>, Result<Vec<u8>, String>);

fn heard(engine: &mut impl dunlin_runtime::Engine, life: &Life<'_>) -> Heard {
    // The interpreter says more closely what something must be, and names the first debtor where an event names none.
    let words = |why: Refusal| match why {
        Refusal::Wrong { field, .. } => format!("wrong: {field}"),
        Refusal::NotThere { kind, .. } if kind.starts_with("debtor who") => kind.into(),
        other => format!("{other:?}"),
    };
    let mut heard = Vec::new();
    let ended = engine.live(life, &mut |moment, told| heard.push((moment, told.cloned().map_err(words))));
    (heard, ended.map(|case| store::save(&case).unwrap()).map_err(words))
}

/// Fails at the first step that differs, which says more than both lives.
fn assert_same(by_log: &Heard, by_steps: &Heard, which: &str) {
    for (log, steps) in by_log.0.iter().zip(&by_steps.0) {
        let same = match (&log.1, &steps.1) {
            (Ok(log), Ok(steps)) => alike(log, steps),
            (log, steps) => log == steps,
        };
        assert!(same && log.0 == steps.0, "{which}\n{log:#?}\n{steps:#?}");
    }
    assert_eq!(by_log.0.len(), by_steps.0.len(), "{which}");
    assert_eq!(by_log.1, by_steps.1, "{which}");
}

#[test]
fn a_log_tells_what_its_steps_tell() {
    let engine = Engine::new().unwrap();
    let (mut lives, mut steps, mut refused) = (0, 0, 0);
    for seed in Version::SEEDS.into_iter().flat_map(|first| first + 60..first + 66) {
        let (compiled, _) = pair(seed);
        let module = engine.load(&emitted(&compiled.machine)).unwrap();
        let mut instance = module.instance(&compiled.machine).unwrap();
        let mut interpreter = Interpreter::new(&compiled.machine);
        for n in 0..4 {
            let history = generate::history(seed * 10 + n, &compiled.model, Version::of(seed));
            let life = life(&history);
            let by_steps = heard(&mut interpreter, &life);
            assert_same(&heard(&mut instance, &life), &by_steps, &format!("seed {seed}, history {n}"));
            lives += 1;
            steps += by_steps.0.len();
            refused += by_steps.0.iter().filter(|(_, told)| told.is_err()).count();
        }
    }
    assert!(steps > 10 * lives && refused > 0, "{lives} lives, {steps} steps, {refused} refused");
}

#[test]
fn a_long_life_goes_over_in_several_calls() {
    let (compiled, history) = opening(1);
    let mut life = life(&history);
    let event = Event { event: Happening::Dispute.id(), id: Some("x".repeat(400)), args: Vec::new() };
    life.events = (0..1_500).map(|n| (history.at.add_seconds(n * 3_600).unwrap(), &event)).collect();
    life.until = history.at.add_seconds(90 * 86_400).unwrap();
    let module = Module::new(&emitted(&compiled.machine)).unwrap();
    let mut instance = module.instance(&compiled.machine).unwrap();
    let by_log = heard(&mut instance, &life);
    assert_same(&by_log, &heard(&mut Interpreter::new(&compiled.machine), &life), "a long life");
    assert!(by_log.1.is_ok() && by_log.0.len() > 1_500);
}

/// Rules that bring each other about without end, and tell something each time.
const ENDLESS: &str = "strategy endless \"Endless\"\ncurrency EUR\ntime zone Europe/Berlin\n\
    contact { allow phone always  require consent for phone }\n\
    stage calling \"Calling\" { on 2026-01-06: send note by phone  on unreachable -> self  after 90 days -> closed }\n\
    outcome closed \"Closed\"\n";

#[test]
fn a_step_without_end_is_refused_in_modules_too() {
    let machine = compile(ENDLESS).unwrap().machine;
    let module = Module::new(&emitted(&machine)).unwrap();
    let mut out = Outcome::default();
    let day = |text| Date::parse(text).unwrap();
    let midnight = |text| machine.zones[0].instant_at(day(text), 0).unwrap();
    let (id, due) = ("R-1".to_owned(), day("2025-12-20"));
    let (kind, arose, default_on, secured) = (None, None, None, false);
    let claim = ClaimGiven { id, principal: 1_000, due, kind, arose, default_on, secured };
    let person = PersonGiven { id: "D-1".to_owned(), ..PersonGiven::default() };
    let opening = Opening { id: "1".to_owned(), claims: vec![claim], persons: vec![person], ..Opening::default() };
    let engines: [&mut dyn dunlin_runtime::Engine; 2] =
        [&mut Interpreter::new(&machine), &mut module.instance(&machine).unwrap()];
    for engine in engines {
        let mut case = engine.open(&opening, midnight("2026-01-05"), &mut out).unwrap();
        let before = case.clone();
        let done = engine.step(&mut case, Input::Advance, midnight("2026-01-08"), &mut out);
        assert!(matches!(done, Err(Refusal::Fault(Fault::Bound(..)))), "{done:?}");
        assert_eq!(case, before, "a refused step changed the case");
    }
}

#[test]
fn an_event_that_the_schema_does_not_have_is_refused() {
    let (compiled, history) = opening(1);
    let module = Module::new(&emitted(&compiled.machine)).unwrap();
    let mut instance = module.instance(&compiled.machine).unwrap();
    let mut out = Outcome::default();
    let mut case = instance.open(&history.opening, history.at, &mut out).unwrap();
    let before = case.clone();
    let event = Event { event: EventId(u16::MAX), id: None, args: Vec::new() };
    let now = case.now;
    let done = instance.step(&mut case, Input::Event(&event), now, &mut out);
    assert_eq!(done, Err(Refusal::NoSuchEvent));
    assert_eq!(case, before);
}

#[test]
fn a_module_is_compiled_once_and_its_instances_are_used_again() {
    let (compiled, history) = opening(1);
    let engine = Engine::new().unwrap();
    let bytes = emitted(&compiled.machine);
    let (one, other) = (engine.load(&bytes).unwrap(), engine.load(&bytes).unwrap());
    assert_eq!(one.hash(), other.hash());
    let mut out = Outcome::default();
    let opened = |module: &Module, out: &mut Outcome| {
        module.instance(&compiled.machine).unwrap().open(&history.opening, history.at, out).unwrap()
    };
    assert_eq!(opened(&one, &mut out), opened(&other, &mut out));
}

#[test]
fn strategies_run_alike_in_interpreter_second_evaluator_and_module() {
    let engine = Engine::new().unwrap();
    for first in Version::SEEDS {
        for seed in first + 40..first + 48 {
            let machine = dunlin_tests::kit::machine(seed).unwrap();
            dunlin_tests::kit::agree(&machine, &engine, 3).unwrap_or_else(|words| panic!("{}: {words}", machine.file));
        }
    }
}

#[test]
fn only_what_limits_bound_is_said_to_be_raised_by_them() {
    let (compiled, _) = opening(1);
    let words = |what| Fault::Bound(what, 64).words(&compiled.machine);
    assert!(words("claims").ends_with("`limits { … }` raises the bound"));
    assert_eq!(words("times in which interest rests"), "a case holds at most 64 times in which interest rests");
}
