//! The strategy by hand, by the interpreter and as a module, over the same cases of a punctual host, in one run:
//!
//! - `modules time COUNT [FILE]` measures nanoseconds per step in turns, and prints the fastest of each side and the middle one of
//!   its ratios to by hand in the same turn; `FILE` is the strategy by hand as a module (`benches/by_hand_module`);
//! - `modules write DIR COUNT` writes the module and its logs for other hosts: `strategy.wasm`, and `logs.bin` with the length of
//!   each log (4 bytes) before it.

use dunlin_benches::agreement::{ForMachine, by_hand, for_machine, machine};
use dunlin_benches::by_hand::outcome::Outcome as ByHandOutcome;
use dunlin_benches::by_hand::{Strategy, case::Case as ByHandCase};
use dunlin_benches::histories::{History, INPUTS, history, punctual};
use dunlin_benches::median;
use dunlin_benches::modules::{ByHandModule, Handed, Host, handed};
use dunlin_machine::ir::Machine;
use dunlin_runtime::{Case, Engine, Input, Interpreter, Outcome};
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Turns of the measurement. A machine may be slower for a while: the two sides of a ratio are of one turn.
const TURNS: usize = 31;
/// Who is measured, in the order of the figures.
const SIDES: [&str; 6] =
    ["by_hand", "interpreter", "wasmtime_log", "wasmtime_event", "wasmtime_log_with_fuel", "wasmtime_event_with_fuel"];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    let done = match words.as_slice() {
        ["time", count] => number(count).and_then(|count| time(count, None)),
        ["time", count, file] => number(count).and_then(|count| time(count, Some(Path::new(file)))),
        ["write", folder, count] => number(count).and_then(|count| write(Path::new(folder), count)),
        _ => Err("usage: modules time COUNT [FILE] | write DIR COUNT".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("modules: {why}");
            ExitCode::from(3)
        }
    }
}

/// A case that is open, with what comes for it, for each side.
struct Work {
    history: History,
    by_hand: ByHandCase,
    given: ForMachine,
    case: Case,
    handed: Handed,
}

fn work(machine: &Machine, strategy: &Strategy, count: u64) -> Result<Vec<Work>, String> {
    let mut engine = Interpreter::new(machine);
    let one = |seed| {
        let history = punctual(strategy, &history(strategy, seed, INPUTS));
        let given = for_machine(machine, &history);
        let mut out = Outcome::default();
        let case = engine.open(&given.opening, given.at, &mut out).map_err(|e| e.words(machine))?;
        let by_hand = strategy.open(&history.opening, &mut ByHandOutcome::default());
        let by_hand = by_hand.ok_or("by hand a case does not open")?;
        let handed = handed(&given);
        Ok(Work { history, by_hand, given, case, handed })
    };
    (0..count).map(one).collect()
}

/// What a side took, and how many effects it told.
type Taken = (Duration, usize);

fn in_turn(
    machine: &Machine,
    strategy: &Strategy,
    hosts: &mut [Host; 2],
    mut cases: Vec<Work>,
) -> wasmtime::Result<[Taken; 6]> {
    let start = Instant::now();
    let (mut out, mut effects) = (ByHandOutcome::default(), 0);
    for work in &mut cases {
        for (at, event) in &work.history.inputs {
            black_box(strategy.step(&mut work.by_hand, event.as_ref(), *at, &mut out));
            effects += out.effects.len();
        }
    }
    let by_hand = (start.elapsed(), effects);

    let mut engine = Interpreter::new(machine);
    let start = Instant::now();
    let (mut out, mut effects) = (Outcome::default(), 0);
    for work in &mut cases {
        for (at, event) in &work.given.inputs {
            let input = event.as_ref().map_or(Input::Advance, Input::Event);
            // A refusal is one of the answers that are measured.
            let _ = black_box(engine.step(&mut work.case, input, *at, &mut out));
            effects += out.effects().count();
        }
    }
    let interpreter = (start.elapsed(), effects);

    let [own, guarded] = hosts;
    let [log, event] = module(own, &cases)?;
    let [log_with_fuel, event_with_fuel] = module(guarded, &cases)?;
    Ok([by_hand, interpreter, log, event, log_with_fuel, event_with_fuel])
}

/// The module: each case as a log, and event by event.
fn module(host: &mut Host, cases: &[Work]) -> wasmtime::Result<[Taken; 2]> {
    let (mut log, mut event) = ((Duration::ZERO, 0), (Duration::ZERO, 0));
    for work in cases {
        host.run(&work.handed.opening)?;
        let start = Instant::now();
        log.1 += host.run(&work.handed.log)?.1;
        log.0 += start.elapsed();
        host.run(&work.handed.opening)?;
        let start = Instant::now();
        for (number, items, at) in &work.handed.inputs {
            event.1 += host.input(*number, items, *at)?;
        }
        event.0 += start.elapsed();
    }
    Ok([log, event])
}

/// The strategy by hand as a module, from its file.
fn by_hand_module(file: &Path) -> Result<ByHandModule, String> {
    let wasm = std::fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    ByHandModule::new(&wasm).map_err(|why| format!("{why:#}"))
}

/// What the steps of that module took.
fn by_hand_in_module(module: &mut ByHandModule, count: u64) -> wasmtime::Result<Taken> {
    module.prepare(count)?;
    let start = Instant::now();
    let effects = module.run()?;
    Ok((start.elapsed(), effects))
}

fn time(count: u64, file: Option<&Path>) -> Result<(), String> {
    let machine = machine()?;
    let strategy = by_hand(&machine)?;
    let wasm = dunlin_emit::emit(&machine).map_err(|why| why.to_string())?;
    let host = |fuel| Host::new(&wasm, fuel).map_err(|why| format!("{why:#}"));
    let mut hosts = [host(false)?, host(true)?];
    let mut in_module = file.map(by_hand_module).transpose()?;
    let mut turns = Vec::new();
    let mut steps = 1;
    for _ in 0..TURNS {
        let cases = work(&machine, &strategy, count)?;
        steps = cases.iter().map(|work| work.history.inputs.len()).sum::<usize>().max(1);
        let mut taken = Vec::from(in_turn(&machine, &strategy, &mut hosts, cases).map_err(|why| format!("{why:#}"))?);
        if let Some(module) = &mut in_module {
            taken.push(by_hand_in_module(module, count).map_err(|why| format!("{why:#}"))?);
        }
        let effects: Vec<usize> = taken.iter().map(|(_, effects)| *effects).collect();
        if effects.iter().any(|n| *n != effects[0]) {
            return Err(format!("they tell different effects: {effects:?}"));
        }
        turns.push(taken.into_iter().map(|(taken, _)| taken.as_nanos()).collect::<Vec<u128>>());
    }
    println!("cases {count} steps {steps}");
    let sides = SIDES.iter().chain(in_module.is_some().then_some(&"by_hand_in_wasmtime"));
    for (at, side) in sides.enumerate() {
        let each = turns.iter().map(|turn| turn[at]).min().unwrap_or(0) / steps as u128;
        let percent = median(turns.iter().map(|turn| turn[at] * 100 / turn[0].max(1)));
        println!("{side} ns_per_step {each} to_by_hand {}.{:02}", percent / 100, percent % 100);
    }
    Ok(())
}

fn write(folder: &Path, count: u64) -> Result<(), String> {
    let machine = machine()?;
    let strategy = by_hand(&machine)?;
    let wasm = dunlin_emit::emit(&machine).map_err(|why| why.to_string())?;
    let mut logs = Vec::new();
    for work in work(&machine, &strategy, count)? {
        for log in [work.handed.opening, work.handed.log] {
            // OK because a log is some thousand bytes.
            logs.extend((log.len() as u32).to_le_bytes());
            logs.extend(log);
        }
    }
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).map_err(|why| format!("{}: {why}", file.display()))
    };
    std::fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    write("strategy.wasm", &wasm)?;
    write("logs.bin", &logs)
}
