//! The strategy by machine and by hand, on the same cases:
//!
//! - `by_hand agree COUNT [SEED]` compares what both do, case by case;
//! - `by_hand time COUNT` measures nanoseconds per step, in turns, and prints the ratio;
//! - `by_hand run machine|hand|neither COUNT` takes the steps of one of them, to count instructions from outside: what
//!   `neither` costs besides falls out (see `benches/side_by_side`).

use dunlin_benches::agreement::{ForMachine, Tally, by_hand, compare, for_machine, machine};
use dunlin_benches::by_hand::outcome::Outcome as ByHandOutcome;
use dunlin_benches::by_hand::{Strategy, case::Case as ByHandCase};
use dunlin_benches::histories::{History, history};
use dunlin_benches::median;
use dunlin_machine::ir::Machine;
use dunlin_runtime::{Case, Engine, Input, Interpreter, Outcome};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Inputs of each case.
const INPUTS: usize = 60;
/// Turns of the measurement. A machine may be slower for a while: the two sides of a ratio are of one turn.
const TURNS: usize = 31;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    let done = match words.as_slice() {
        ["agree", count] => number(count).and_then(|n| agree(0, n)),
        ["agree", count, seed] => number(count).and_then(|n| agree(number(seed)?, n)),
        ["time", count] => number(count).and_then(time),
        ["run", which, count] => number(count).and_then(|n| run(which, n)),
        _ => Err("usage: by_hand agree COUNT [SEED] | time COUNT | run machine|hand|neither COUNT".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("by_hand: {why}");
            ExitCode::from(3)
        }
    }
}

fn agree(from: u64, count: u64) -> Result<(), String> {
    let machine = machine()?;
    let strategy = by_hand(&machine)?;
    let mut tally = Tally::default();
    for seed in from..from + count {
        let history = history(&strategy, seed, INPUTS);
        compare(&machine, &strategy, &history, &mut tally).map_err(|why| format!("seed {seed}: {why}"))?;
    }
    let Tally { inputs, refused, effects, moves, stages, returns, kinds } = tally;
    println!("cases {count} inputs {inputs} refused {refused} effects {effects} moves {moves} returns {returns}");
    println!(
        "sent, called, tasks, filed, charged, reported, missing, overdue, refunded, cancelled, offered, activated: {kinds:?}"
    );
    println!("stages_entered {} of 16; all agree", stages.count_ones());
    Ok(())
}

/// Cases that are open, with what comes for them.
struct Workload {
    by_hand: Vec<(History, ByHandCase)>,
    by_machine: Vec<(ForMachine, Case)>,
    steps: u32,
}

fn workload(machine: &Machine, strategy: &Strategy, count: u64) -> Result<Workload, String> {
    let mut engine = Interpreter::new(machine);
    let (mut out, mut out0) = (Outcome::default(), ByHandOutcome::default());
    let mut work = Workload { by_hand: Vec::new(), by_machine: Vec::new(), steps: 0 };
    for seed in 0..count {
        let history = history(strategy, seed, INPUTS);
        let given = for_machine(machine, &history);
        let case = engine.open(&given.opening, given.at, &mut out).map_err(|e| e.words(machine))?;
        let case0 = strategy.open(&history.opening, &mut out0).ok_or("by hand a case does not open")?;
        work.steps += u32::try_from(history.inputs.len()).unwrap_or(0);
        work.by_hand.push((history, case0));
        work.by_machine.push((given, case));
    }
    Ok(work)
}

fn steps_by_hand(strategy: &Strategy, cases: &mut [(History, ByHandCase)]) -> usize {
    let mut out = ByHandOutcome::default();
    let mut effects = 0;
    for (history, case) in cases {
        for (at, event) in &history.inputs {
            black_box(strategy.step(case, event.as_ref(), *at, &mut out));
            effects += out.effects.len();
        }
    }
    effects
}

fn steps_by_machine(engine: &mut Interpreter<'_>, cases: &mut [(ForMachine, Case)]) -> usize {
    let mut out = Outcome::default();
    let mut effects = 0;
    for (given, case) in cases {
        for (at, event) in &given.inputs {
            let input = event.as_ref().map_or(Input::Advance, Input::Event);
            // A refusal is one of the answers that are measured.
            let _ = black_box(engine.step(case, input, *at, &mut out));
            effects += out.effects().count();
        }
    }
    effects
}

fn run(which: &str, count: u64) -> Result<(), String> {
    let machine = machine()?;
    let strategy = by_hand(&machine)?;
    let mut work = workload(&machine, &strategy, count)?;
    let mut engine = Interpreter::new(&machine);
    let effects = match which {
        "hand" => steps_by_hand(&strategy, &mut work.by_hand),
        "machine" => steps_by_machine(&mut engine, &mut work.by_machine),
        "neither" => 0,
        other => return Err(format!("`{other}` is none of machine, hand, neither")),
    };
    println!("steps {} effects {effects}", work.steps);
    Ok(())
}

fn time(count: u64) -> Result<(), String> {
    let machine = machine()?;
    let strategy = by_hand(&machine)?;
    let mut engine = Interpreter::new(&machine);
    let (mut by_hand, mut by_machine, mut ratios) = (u128::MAX, u128::MAX, Vec::new());
    let mut steps = 1;
    for _ in 0..TURNS {
        let mut work = workload(&machine, &strategy, count)?;
        steps = work.steps.max(1);
        let start = Instant::now();
        let effects = steps_by_hand(&strategy, &mut work.by_hand);
        let hand = start.elapsed().as_nanos();
        let start = Instant::now();
        let same = steps_by_machine(&mut engine, &mut work.by_machine);
        let interpreter = start.elapsed().as_nanos();
        if effects != same {
            return Err("the two tell different effects; see `by_hand agree`".into());
        }
        (by_hand, by_machine) = (by_hand.min(hand), by_machine.min(interpreter));
        ratios.push(interpreter * 100 / hand.max(1));
    }
    let per_step = |taken: u128| taken / u128::from(steps);
    println!(
        "steps {steps} by_hand_ns_per_step {} interpreter_ns_per_step {}",
        per_step(by_hand),
        per_step(by_machine)
    );
    let percent = median(ratios);
    println!("interpreter_to_by_hand {}.{:02}", percent / 100, percent % 100);
    Ok(())
}
