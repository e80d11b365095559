//! Steps a case through an endless strategy: `steps COUNT [--time]`. Counting is done from outside, by running it with two
//! counts under valgrind and taking the difference, so that opening and compiling fall out (see `benches/instructions`).

use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventId, Machine};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, PersonGiven};
use dunlin_runtime::{Case, Engine, Event, Given, Input, Interpreter, Opening, Outcome, store};
use std::process::ExitCode;
use std::time::Instant as Clock;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(count) = args.next().and_then(|n| n.parse::<u32>().ok()) else {
        eprintln!("usage: steps COUNT [--time]");
        return ExitCode::from(2);
    };
    match run(count, args.next().is_some_and(|a| a == "--time")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("steps: {why}");
            ExitCode::from(3)
        }
    }
}

fn run(count: u32, time: bool) -> Result<(), String> {
    let machine = compile()?;
    let mut engine = Interpreter::new(&machine);
    let mut out = Outcome::default();
    let opened = Instant::parse("2026-01-05T07:00:00Z").map_err(|e| e.to_string())?;
    let mut case = engine.open(&opening()?, opened, &mut out).map_err(|e| e.words(&machine))?;
    let events = events();
    let start = Clock::now();
    let mut effects = 0;
    for step in 0..count {
        effects += one(&mut engine, &mut case, &mut out, &events, step).map_err(|e| e.words(&machine))?;
    }
    let taken = start.elapsed();
    let bytes = store::save(&case).map_err(|e| e.words(&machine))?.len();
    println!("steps {count} effects {effects} saved_bytes {bytes}");
    if time {
        println!("ns_per_step {}", taken.as_nanos() / u128::from(count.max(1)));
    }
    Ok(())
}

/// Every fourth step is an event a day later, the others go to what is due next. The case starts anew after 200 years.
fn one(
    engine: &mut Interpreter<'_>,
    case: &mut Case,
    out: &mut Outcome,
    events: &[Event],
    step: u32,
) -> Result<usize, dunlin_runtime::Refusal> {
    let due = out.next_due.unwrap_or(case.now).max(case.now);
    let event = events.get(step as usize / 4 % events.len()).filter(|_| step % 4 == 3);
    match event {
        Some(event) => {
            let at = case.now.add_seconds(3600)?;
            engine.step(case, Input::Event(event), at, out)?;
        }
        None => engine.step(case, Input::Advance, due, out)?,
    }
    Ok(out.effects().count())
}

fn compile() -> Result<Machine, String> {
    let sources = Sources {
        main: ("benches/strategy.dun", include_str!("../../strategy.dun")),
        find: &|_| None,
        rows: &|_| None,
    };
    let checked = check(&sources);
    let model =
        checked.model.ok_or_else(|| format!("the benchmark's strategy has errors: {:?}", checked.diagnostics))?;
    lower(&model).map_err(|e| e.to_string())
}

fn opening() -> Result<Opening, String> {
    let due = Date::parse("2025-12-20").map_err(|e| e.to_string())?;
    let channels =
        (0..7).map(|n| ChannelGiven { channel: dunlin_machine::ir::ChannelId(n), reachable: true, consent: true });
    Ok(Opening {
        id: "bench".into(),
        persons: vec![PersonGiven { id: "d".into(), channels: Some(channels.collect()), ..PersonGiven::default() }],
        claims: vec![ClaimGiven {
            id: "c".into(),
            principal: 10_000_000_000,
            due,
            kind: None,
            arose: None,
            default_on: None,
            secured: false,
        }],
        ..Opening::default()
    })
}

fn event(happening: Happening, args: &[(&str, Given)]) -> Event {
    let at = |name: &str| happening.param(name).and_then(|p| u8::try_from(p).ok()).unwrap_or(0);
    let event: EventId = happening.id();
    Event { event, id: None, args: args.iter().map(|(name, given)| (at(name), given.clone())).collect() }
}

/// What happens to the case, over and over.
fn events() -> Vec<Event> {
    let phone = || Given::Value(3);
    vec![
        event(Happening::Payment, &[("amount", Given::Value(100))]),
        event(Happening::NoAnswer, &[("channel", phone())]),
        event(Happening::Delivered, &[("channel", Given::Value(0))]),
        event(Happening::Dispute, &[]),
        event(Happening::DisputeResolved, &[("result", Given::Value(1))]),
        event(Happening::Conversation, &[("channel", phone())]),
        event(Happening::Payment, &[("amount", Given::Value(5_000))]),
        event(Happening::Viewed, &[("channel", Given::Value(1))]),
    ]
}
