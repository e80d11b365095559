//! Modules, compiled once, and their instances.

use crate::error::Error;
use crate::running::{Running, Verbs};
use dunlin_machine::binary::MachineHash;
use dunlin_machine::ir::Machine;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The version of the interface that this host speaks.
const ABI: i32 = 1;
/// The custom section that says what a module is of.
const SCHEMA: &str = "dunlin.schema";
/// Instructions that every call may take, and those that each part of a strategy adds. A step that wakes very late fires a
/// hundred thousand timers at most.
const FUEL: (u64, u64) = (2_000_000_000, 1_000_000);

type Sum = [u8; 32];

/// Compiles modules, each once: the same bytes again give the module that is there.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    /// Whether modules are stopped by fuel.
    fuel: bool,
    known: Arc<Mutex<BTreeMap<Sum, Module>>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for modules from anywhere. It compiles with Cranelift, and every call has fuel: a module that goes on for ever is
    /// stopped.
    ///
    /// # Errors
    /// [`Error::NotWasm`]: there is no compiler for this machine.
    pub fn new() -> Result<Self, Error> {
        Self::with(true)
    }

    /// An engine for modules that this process has written itself, just now: nothing but the turns that a module counts on its
    /// own stops it, and it steps in two thirds of the time. Bytes from elsewhere belong to [`Engine::new`].
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn for_own_modules() -> Result<Self, Error> {
        Self::with(false)
    }

    fn with(fuel: bool) -> Result<Self, Error> {
        let mut config = wasmtime::Config::new();
        config.consume_fuel(fuel);
        let engine = wasmtime::Engine::new(&config).map_err(|why| Error::NotWasm(format!("{why:#}")))?;
        Ok(Self { engine, fuel, known: Arc::default() })
    }

    /// Compiles a module, or finds it among those compiled before.
    ///
    /// # Errors
    /// An [`Error`] that says why it is none of ours.
    pub fn load(&self, wasm: &[u8]) -> Result<Module, Error> {
        let sum: Sum = Sha256::digest(wasm).into();
        if let Some(module) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&sum) {
            return Ok(module.clone());
        }
        let compiled =
            wasmtime::Module::from_binary(&self.engine, wasm).map_err(|why| Error::NotWasm(format!("{why:#}")))?;
        if compiled.imports().len() > 0 {
            return Err(Error::Imports);
        }
        let hash = hash_in(wasm)?;
        let module = Module { compiled, hash, fuel: self.fuel, idle: Arc::default() };
        // Whether it has our verbs and our version shows in an instance.
        let instance = module.ready(self.fuel.then_some(FUEL.0))?;
        module.put_back(instance);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(sum, module.clone());
        Ok(module)
    }
}

/// A compiled module. Copies share what is compiled, and the instances that are idle.
#[derive(Clone)]
pub struct Module {
    compiled: wasmtime::Module,
    hash: String,
    fuel: bool,
    idle: Arc<Mutex<Vec<Running>>>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Module {
    /// Compiles a module alone; [`Engine::load`] compiles many, and each once.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn new(wasm: &[u8]) -> Result<Self, Error> {
        Engine::new()?.load(wasm)
    }

    /// The hash of the machine that it was written from.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// An instance that runs cases of the machine that the module was written from.
    ///
    /// # Errors
    /// [`Error::OtherMachine`].
    pub fn instance<'m>(&self, machine: &'m Machine) -> Result<Instance<'m>, Error> {
        let hash = machine.hash();
        if hash.to_string() != self.hash {
            return Err(Error::OtherMachine);
        }
        let parts = machine.stages.len() + machine.triggers.len() + machine.actions.len();
        let fuel = self.fuel.then(|| FUEL.0 + FUEL.1 * u64::try_from(parts).unwrap_or(0));
        Ok(Instance { machine, hash, module: self.clone(), fuel, running: None })
    }

    /// One that is idle, or a new one.
    fn take(&self, fuel: Option<u64>) -> Result<Running, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.ready(fuel), |running| Ok(running.with_fuel(fuel)))
    }

    fn ready(&self, fuel: Option<u64>) -> Result<Running, Error> {
        let mut running = Running::new(&self.compiled, fuel)?;
        let is = running.abi()?;
        if is == ABI { Ok(running) } else { Err(Error::OtherAbi { is, wanted: ABI }) }
    }

    fn put_back(&self, running: Running) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(running);
    }
}

/// A module at work on cases, one after another; it is idle again when it is dropped.
pub struct Instance<'m> {
    pub(crate) machine: &'m Machine,
    pub(crate) hash: MachineHash,
    module: Module,
    fuel: Option<u64>,
    running: Option<Running>,
}

/// Another instance of the same module, for another thread.
impl Clone for Instance<'_> {
    fn clone(&self) -> Self {
        Self { machine: self.machine, hash: self.hash, module: self.module.clone(), fuel: self.fuel, running: None }
    }
}

impl std::fmt::Debug for Instance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("module", &self.module).finish_non_exhaustive()
    }
}

impl Instance<'_> {
    pub(crate) fn running(&mut self) -> Result<&mut Running, Error> {
        if self.running.is_none() {
            self.running = Some(self.module.take(self.fuel)?);
        }
        self.running.as_mut().ok_or(Error::NotOurs(Verbs::STEP))
    }

    /// One that stopped in the middle holds a broken case: it is not used again.
    pub(crate) fn give_up(&mut self) {
        self.running = None;
    }
}

impl Drop for Instance<'_> {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.module.put_back(running);
        }
    }
}

/// The hash of the machine, from the module's own section.
fn hash_in(wasm: &[u8]) -> Result<String, Error> {
    #[derive(serde::Deserialize)]
    struct Schema {
        hash: String,
    }
    let section = section(wasm, SCHEMA).ok_or(Error::NotOurs(SCHEMA))?;
    let schema: Schema = serde_json::from_slice(section).map_err(|_| Error::NotOurs(SCHEMA))?;
    Ok(schema.hash)
}

/// A custom section of a module by its name.
fn section<'w>(wasm: &'w [u8], name: &str) -> Option<&'w [u8]> {
    let mut rest = wasm.get(8..)?;
    while let Some((id, after)) = rest.split_first() {
        let (length, after) = number(after)?;
        let (body, after) = after.split_at_checked(length)?;
        if *id == 0 {
            let (length, named) = number(body)?;
            let (own, content) = named.split_at_checked(length)?;
            if own == name.as_bytes() {
                return Some(content);
            }
        }
        rest = after;
    }
    None
}

/// A number of seven bits a byte, the lowest first.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_usize;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}
