//! The strategy as a WebAssembly module under wasmtime, called as docs/abi.md says: with a log, or event by event.

use crate::agreement::ForMachine;
use dunlin_runtime::Event;
use dunlin_wasm::Items;
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

/// The sizes of a step of a log, of an entry, and of what a record begins with.
const STEP: usize = 80;
const ENTRY: usize = 160;
/// Entries of a kind below this are effects.
const EFFECTS: i32 = 64;

/// A case and what comes for it, as a module is handed it.
pub struct Handed {
    /// The log: the case opens.
    pub opening: Vec<u8>,
    /// The log: what comes then.
    pub log: Vec<u8>,
    /// The inputs one by one: the event's number (below 0: time), its items, and when.
    pub inputs: Vec<(i32, Vec<u8>, i64)>,
}

/// Writes a case for a module.
pub fn handed(given: &ForMachine) -> Handed {
    let opening = record(given.at.seconds(), -2, &Items::opening(&given.opening));
    let input = |(at, event): &(_, Option<Event>)| {
        let number = event.as_ref().map_or(-1, |event| event.event.0.into());
        let at: &dunlin_machine::value::Instant = at;
        (number, event.as_ref().map_or_else(Vec::new, Items::event), at.seconds())
    };
    let inputs: Vec<_> = given.inputs.iter().map(input).collect();
    let log = inputs.iter().flat_map(|(number, items, at)| record(*at, *number, items)).collect();
    Handed { opening, log, inputs }
}

fn record(at: i64, what: i32, items: &[u8]) -> Vec<u8> {
    // OK because items are a few hundred bytes.
    let length = items.len() as u32;
    [&at.to_le_bytes()[..], &what.to_le_bytes(), &length.to_le_bytes(), items].concat()
}

/// The strategy by hand as a module of its own (`benches/by_hand_module`): it makes the cases itself.
pub struct ByHandModule {
    store: Store<()>,
    prepare: TypedFunc<i32, i32>,
    run: TypedFunc<(), i32>,
}

impl ByHandModule {
    /// Compiles it as one's own modules are.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn new(wasm: &[u8]) -> wasmtime::Result<Self> {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::from_binary(&engine, wasm)?, &[])?;
        let prepare = instance.get_typed_func(&mut store, "prepare")?;
        let run = instance.get_typed_func(&mut store, "run")?;
        Ok(Self { store, prepare, run })
    }

    /// Opens so many cases; gives how many steps they will take.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn prepare(&mut self, count: u64) -> wasmtime::Result<usize> {
        Ok(usize::try_from(self.prepare.call(&mut self.store, i32::try_from(count)?)?)?)
    }

    /// Takes them through their steps; gives how many effects they told.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn run(&mut self) -> wasmtime::Result<usize> {
        Ok(usize::try_from(self.run.call(&mut self.store, ())?)?)
    }
}

/// A module at work.
pub struct Host {
    store: Store<()>,
    memory: Memory,
    given: usize,
    run: TypedFunc<i32, i32>,
    steps: TypedFunc<(), i32>,
    step: TypedFunc<(i32, i32, i64), i32>,
    advance: TypedFunc<i64, i32>,
    outcome: TypedFunc<(), i32>,
}

impl Host {
    /// Compiles a module as the crate `dunlin-wasm` does: with Cranelift, and with fuel where it may come from anywhere.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn new(wasm: &[u8], fuel: bool) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(fuel);
        let engine = Engine::new(&config)?;
        let module = Module::from_binary(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        if fuel {
            store.set_fuel(u64::MAX)?;
        }
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_memory(&mut store, "memory").ok_or(wasmtime::Error::msg("no memory"))?;
        let given = instance.get_typed_func::<(), i32>(&mut store, "given")?.call(&mut store, ())?;
        Ok(Self {
            memory,
            given: usize::try_from(given)?,
            run: instance.get_typed_func(&mut store, "run")?,
            steps: instance.get_typed_func(&mut store, "steps")?,
            step: instance.get_typed_func(&mut store, "step")?,
            advance: instance.get_typed_func(&mut store, "advance")?,
            outcome: instance.get_typed_func(&mut store, "outcome")?,
            store,
        })
    }

    /// Does a log; gives how many steps it took, and how many effects they told.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn run(&mut self, log: &[u8]) -> wasmtime::Result<(usize, usize)> {
        let (mut rest, mut steps, mut effects) = (log, 0, 0);
        while !rest.is_empty() {
            self.memory.write(&mut self.store, self.given, rest)?;
            let done = self.run.call(&mut self.store, i32::try_from(rest.len())?)?;
            rest = rest.get(usize::try_from(done)?..).unwrap_or_default();
            let told = usize::try_from(self.steps.call(&mut self.store, ())?)?;
            let memory = self.memory.data(&self.store);
            let (first, count) = (number(memory, told), number(memory, told + 4));
            steps += count;
            effects += (0..count).map(|n| effects_at(memory, first + STEP * n)).sum::<usize>();
        }
        Ok((steps, effects))
    }

    /// One input to the case that is there; gives how many effects it told.
    ///
    /// # Errors
    /// Whatever wasmtime says.
    pub fn input(&mut self, event: i32, items: &[u8], at: i64) -> wasmtime::Result<usize> {
        if event < 0 {
            self.advance.call(&mut self.store, at)?;
        } else {
            self.memory.write(&mut self.store, self.given, items)?;
            self.step.call(&mut self.store, (event, i32::try_from(items.len())?, at))?;
        }
        let told = self.outcome.call(&mut self.store, ())?;
        Ok(effects_at(self.memory.data(&self.store), usize::try_from(told)?))
    }
}

fn number(memory: &[u8], at: usize) -> usize {
    let bytes = memory.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
}

fn effects_at(memory: &[u8], told: usize) -> usize {
    let (first, count) = (number(memory, told), number(memory, told + 4));
    let is_effect = |n: &usize| (number(memory, first + ENTRY * n) as i32) < EFFECTS;
    (0..count).filter(is_effect).count()
}
