//! The conformance kit: cases that every engine runs alike (tests/conformance/README.md says what a line holds).

use crate::generate::{self, History, Version};
use crate::interpreter::{self, Teller};
use crate::module::{self, Host, Step};
use crate::pair::{self, Compiled, compile};
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case;
use dunlin_runtime::{Engine, Event, Input, Interpreter, Outcome, store};
use dunlin_wasm::Items;
use serde_json::{Value, json};

/// A machine of the kit.
pub struct Machine {
    /// The file that its module stands in.
    pub file: String,
    /// What it was compiled from.
    pub compiled: Compiled,
    /// Its module.
    pub wasm: Vec<u8>,
    /// The seed that it was written from.
    pub seed: u64,
}

/// The machine of a seed.
///
/// # Errors
/// Where its strategy does not compile, or no module can be written; in words.
pub fn machine(seed: u64) -> Result<Machine, String> {
    let compiled = compile(&generate::strategy(seed).0.text()).map_err(|why| format!("seed {seed}: {why}"))?;
    let wasm = dunlin_emit::emit(&compiled.machine).map_err(|why| format!("seed {seed}: {why}"))?;
    Ok(Machine { file: format!("seed-{seed}.wasm"), compiled, wasm, seed })
}

/// The lines of one machine: a history each, run by one module from end to end and by another from its middle on.
///
/// # Errors
/// Where module and interpreter differ, in words.
pub fn lines(machine: &Machine, histories: u64) -> Result<Vec<Value>, String> {
    let host = Host::new(&machine.wasm);
    (0..histories)
        .map(|n| {
            let seed = machine.seed.rotate_left(17) ^ 0x5eed ^ (n << 40);
            let history = generate::history(seed, &machine.compiled.model, Version::of(machine.seed));
            let name = format!("seed {} history {n}", machine.seed);
            let steps = steps(machine, &host, &history).map_err(|words| format!("{name}: {words}"))?;
            Ok(json!({ "machine": machine.file, "name": name, "steps": steps }))
        })
        .collect()
}

/// One case of the kit as it is written down.
struct Writer<'m> {
    machine: &'m Machine,
    interpreter: Interpreter<'m>,
    host: Host,
    /// The module that the case has moved to in the middle of its history: it goes on as the one that stays.
    moved: Option<Host>,
    steps: Vec<Value>,
}

/// What an input is.
enum Given<'a> {
    Opening,
    Event(&'a Event),
    Time,
}

fn steps(machine: &Machine, host: &Host, history: &History) -> Result<Vec<Value>, String> {
    let interpreter = Interpreter::new(&machine.compiled.machine);
    let mut writer = Writer { machine, interpreter, host: host.fresh(), moved: None, steps: Vec::new() };
    let items = Items::opening(&history.opening);
    let mut out = Outcome::default();
    let opened = writer.interpreter.open(&history.opening, history.at, &mut out);
    let status = writer.host.open(&items, history.at.seconds());
    let case = opened.as_ref().ok();
    writer.write(&Given::Opening, &items, history.at, status, case.map(|case| (case, &out)), case)?;
    let Ok(mut case) = opened else { return Ok(writer.steps) };
    let mut due = out.next_due;
    punctual_alike(machine, host, history)?;
    for (n, (when, event)) in history.inputs.iter().enumerate() {
        if n == history.inputs.len() / 2 {
            writer.moves()?;
        }
        let at = when.instant(case.now, due, &machine.compiled.model.zones[0]);
        writer.input(&mut case, event.as_ref(), at, &mut due)?;
    }
    Ok(writer.steps)
}

/// A punctual host that calls verb after verb is told what one is told that hands over all of it as a log.
fn punctual_alike(machine: &Machine, host: &Host, history: &History) -> Result<(), String> {
    let (mut single, mut at_once) = (host.fresh(), host.fresh());
    let items = Items::opening(&history.opening);
    let mut log = module::record(history.at.seconds(), -2, &items);
    let mut steps: Vec<Step> = Vec::new();
    let mut call = |record: usize, at: i64, host: &mut Host, verb: &mut dyn FnMut(&mut Host) -> i32| {
        let status = verb(host);
        let (told, due) = host.told();
        steps.push(Step { record, at, status, told, due, saved: Vec::new() });
        (status == 0).then_some(due)
    };
    let opening = history.at.seconds();
    let Some(mut due) = call(0, opening, &mut single, &mut |host| host.open(&items, opening)) else { return Ok(()) };
    for (n, (when, event)) in history.inputs.iter().enumerate() {
        let known = |at: i64| Instant::from_seconds(at).ok_or_else(|| format!("{at} is no instant"));
        let next = due.map(known).transpose()?;
        let at = when.instant(known(single.now())?, next, &machine.compiled.model.zones[0]).seconds();
        while let Some(wake) = due.filter(|wake| *wake < at || (*wake == at && event.is_none())) {
            let wake = wake.max(single.now());
            due = call(n + 1, wake, &mut single, &mut |host| host.advance(wake)).flatten();
        }
        let items = event.as_ref().map_or_else(Vec::new, Items::event);
        let what = event.as_ref().map_or(-1, |event| event.event.0.into());
        log.extend(module::record(at, what, &items));
        if what >= 0 || single.now() < at {
            let verb = &mut |host: &mut Host| if what < 0 { host.advance(at) } else { host.step(what, &items, at) };
            due = call(n + 1, at, &mut single, verb).unwrap_or(due);
        }
    }
    log.extend(module::record(0, -4, &[]));
    let mut ran = at_once.run(&log);
    let last = ran.pop().ok_or("a log without steps")?;
    let differs = steps.iter().zip(&ran).position(|(one, other)| !one.alike(other));
    match differs {
        _ if last.saved != single.save() => Err("a log ends with another case than its steps".into()),
        None if steps.len() == ran.len() => Ok(()),
        at => Err(format!("a log does otherwise than its steps: {at:?} of {} and {}", steps.len(), ran.len())),
    }
}

impl Writer<'_> {
    /// The case moves to another instance of its module.
    fn moves(&mut self) -> Result<(), String> {
        let mut host = self.host.fresh();
        let status = host.restore(&self.host.save());
        self.moved = Some(host);
        if status == 0 { Ok(()) } else { Err(format!("the saved case is refused: {status}")) }
    }

    /// The module that the case has moved to does as the one that stays.
    fn moved_alike(&mut self, given: &Given<'_>, items: &[u8], at: i64, status: i32) -> Result<(), String> {
        let Some(moved) = &mut self.moved else { return Ok(()) };
        let theirs = match given {
            Given::Event(event) => moved.step(event.event.0.into(), items, at),
            Given::Opening | Given::Time => moved.advance(at),
        };
        let told_alike = |moved: &mut Host, host: &mut Host| status != 0 || moved.told() == host.told();
        let alike = theirs == status && moved.save() == self.host.save() && told_alike(moved, &mut self.host);
        let step = self.steps.len();
        if alike { Ok(()) } else { Err(format!("step {step}: the module that the case has moved to does otherwise")) }
    }

    fn input(
        &mut self,
        case: &mut Case,
        event: Option<&Event>,
        at: Instant,
        due: &mut Option<Instant>,
    ) -> Result<(), String> {
        let mut out = Outcome::default();
        let input = event.map_or(Input::Advance, Input::Event);
        let done = self.interpreter.step(case, input, at, &mut out);
        let items = event.map_or_else(Vec::new, Items::event);
        let (given, status) = match event {
            Some(event) => (Given::Event(event), self.host.step(event.event.0.into(), &items, at.seconds())),
            None => (Given::Time, self.host.advance(at.seconds())),
        };
        if done.is_ok() && !out.already_taken {
            *due = out.next_due;
        }
        let told = done.is_ok().then_some((&*case, &out));
        self.write(&given, &items, at, status, told, Some(&*case))
    }

    /// Writes a step down, once module and interpreter are found to agree on it.
    fn write(
        &mut self,
        given: &Given<'_>,
        items: &[u8],
        at: Instant,
        status: i32,
        told: Option<(&Case, &Outcome)>,
        case: Option<&Case>,
    ) -> Result<(), String> {
        let step = self.steps.len();
        if told.is_some() != (status == 0) {
            return Err(format!("step {step}: the module gives {status}, the interpreter {:?}", told.is_some()));
        }
        self.moved_alike(given, items, at.seconds(), status)?;
        let saved = self.host.save();
        let wanted = case.map(store::save).transpose().map_err(|why| format!("{why:?}"))?.unwrap_or_default();
        if saved != wanted {
            return Err(format!("step {step}: the saved cases differ"));
        }
        let verb = match given {
            Given::Opening => "open",
            Given::Event(_) => "step",
            Given::Time => "advance",
        };
        let mut line = json!({ "verb": verb, "items": hex(items), "at": at.seconds(), "status": status });
        if let Given::Event(event) = given {
            line["event"] = json!(event.event.0);
        }
        if let Some((case, out)) = told {
            let (lists, due) = self.host.told();
            if due != out.next_due.map(Instant::seconds) {
                return Err(format!("step {step}: due next {due:?}, not {:?}", out.next_due));
            }
            line["due"] = json!(due);
            line["told"] = json!(crc32(&lists));
            line["lines"] = json!(Teller { machine: &self.machine.compiled.machine, case, outcome: out }.lines());
            line["account"] = json!(interpreter::summary(&self.machine.compiled.machine, case));
        }
        line["saved"] = json!(crc32(&saved));
        self.steps.push(line);
        Ok(())
    }
}

/// Runs a history in interpreter, second evaluator, and the module under wasmtime.
///
/// # Errors
/// The first difference.
pub fn agree(machine: &Machine, engine: &dunlin_wasm::Engine, histories: u64) -> Result<usize, String> {
    let module = engine.load(&machine.wasm).map_err(|why| why.to_string())?;
    let mut ran = 0;
    for n in 0..histories {
        let seed = machine.seed.rotate_left(17) ^ 0x5eed ^ (n << 40);
        let history = generate::history(seed, &machine.compiled.model, Version::of(machine.seed));
        let mut instance = module.instance(&machine.compiled.machine).map_err(|why| why.to_string())?;
        ran += pair::run_beside(&machine.compiled, &history, &mut instance).map_err(|d| d.story)?.steps;
    }
    Ok(ran)
}

/// Runs the pair of a seed as a module: under wasmi, whole and moved and as a log, and so that each step is undone and done
/// again; and under wasmtime.
///
/// # Errors
/// The first difference from the interpreter or the second evaluator, in words.
pub fn run(seed: u64) -> Result<(), String> {
    let mut machine = machine(seed)?;
    lines(&machine, 1)?;
    let plain = machine.wasm;
    machine.wasm = dunlin_emit::emit_twice(&machine.compiled.machine).map_err(|why| format!("seed {seed}: {why}"))?;
    lines(&machine, 1).map_err(|why| format!("each step twice: {why}"))?;
    machine.wasm = plain;
    // An engine keeps what it compiles; this module will not come again.
    let engine = dunlin_wasm::Engine::new().map_err(|why| why.to_string())?;
    agree(&machine, &engine, 1).map(|_| ())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksum of zip files, as every host has it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0_u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}
