//! How long a strategy of 200 stages takes to check, with the libraries that it uses, to be written as a module, and to be compiled
//! by wasmtime, as a module of one's own and with fuel: `compile [STAGES] [ROUNDS]`. Prints the fastest and the median round of each, and the sizes.

use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_machine::ir::Machine;
use dunlin_wasm::Engine;
use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<usize>());
    let stages = args.next().and_then(Result::ok).unwrap_or(200);
    let rounds = args.next().and_then(Result::ok).unwrap_or(20).max(1);
    let source = strategy(stages);
    let find = |module: &str| dunlin_stdlib::source(module).map(|(file, text)| (file.to_owned(), text.to_owned()));
    let sources = Sources { main: ("many.dun", &source), find: &find, rows: &|_| None };
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut bytes = (0, 0);
    for _ in 0..rounds {
        let start = Instant::now();
        let checked = check(&sources);
        let machine = checked.model.as_ref().and_then(|model| lower(model).ok());
        times[0].push(start.elapsed());
        let Some(machine) = machine else {
            eprintln!("compile: the strategy has errors: {:?}", checked.diagnostics);
            return ExitCode::from(3);
        };
        match emitted(&machine, &mut times) {
            Ok(wasm) => bytes = (machine.to_bytes().len(), wasm),
            Err(why) => {
                eprintln!("compile: {why}");
                return ExitCode::from(3);
            }
        }
    }
    println!("stages {stages} source_bytes {} machine_bytes {} module_bytes {}", source.len(), bytes.0, bytes.1);
    for (what, mut times) in ["check", "emit", "wasmtime", "wasmtime_with_fuel"].into_iter().zip(times) {
        times.sort();
        let of = |at: usize| times.get(at).map_or(0, Duration::as_millis);
        println!("{what} fastest_ms {} median_ms {}", of(0), of(rounds / 2));
    }
    ExitCode::SUCCESS
}

/// Writes the machine as a module and compiles it, and notes how long both take; gives its size.
fn emitted(machine: &Machine, times: &mut [Vec<Duration>; 4]) -> Result<usize, String> {
    let start = Instant::now();
    let wasm = dunlin_emit::emit(machine).map_err(|why| why.to_string())?;
    times[1].push(start.elapsed());
    for (engine, times) in [Engine::for_own_modules(), Engine::new()].into_iter().zip(&mut times[2..]) {
        let engine = engine.map_err(|why| why.to_string())?;
        let start = Instant::now();
        engine.load(&wasm).map_err(|why| why.to_string())?;
        times.push(start.elapsed());
    }
    Ok(wasm.len())
}

/// A strategy of that many stages, each with an entry, a message, guards and moves.
fn strategy(stages: usize) -> String {
    let mut text = String::from(
        "strategy many \"Many stages\"\nversion 1\nuse de.consumer\ncurrency EUR\ntime zone Europe/Berlin\n\
         calendar de by debtor.region\nfacts { segment : gold | standard = standard }\n\
         contact { allow email, letter always  limit 3 per 7 days }\n\
         ledger { interest base_rate + 5 points on principal }\n",
    );
    for n in 0..stages {
        let next = if n + 1 == stages { "closed".to_owned() } else { format!("s{}", n + 1) };
        // A `String` takes everything: writing to it does not fail.
        let _ = write!(
            text,
            "stage s{n} \"Stage {n}\" {{\n    send letter_{n} by email else letter tone neutral\n    \
             after 5 days when balance < {} EUR and segment is gold -> closed\n    \
             after 7 days: send nudge_{n} by email\n    after 10 working days -> {next}\n    \
             on promise(amount) when amount >= 10 EUR {{ report creditor \"promised\" }}\n}}\n",
            n + 5
        );
    }
    text.push_str("outcome closed \"Closed\"\nwhenever settled -> closed\n");
    text
}
