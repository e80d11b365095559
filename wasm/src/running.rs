//! One instance of a module: its memory, and the verbs that it exports.

use crate::error::Error;
use wasmtime::{Memory, Store, StoreLimits, StoreLimitsBuilder, TypedFunc};

/// The most memory that a module may have: 16 MiB.
const MOST_MEMORY: usize = 16 << 20;

/// The exports of a module.
pub(crate) struct Verbs {
    abi: TypedFunc<(), i32>,
    open: TypedFunc<(i32, i64), i32>,
    step: TypedFunc<(i32, i32, i64), i32>,
    advance: TypedFunc<i64, i32>,
    save: TypedFunc<(), i32>,
    restore: TypedFunc<i32, i32>,
    outcome: TypedFunc<(), i32>,
    run: TypedFunc<i32, i32>,
    steps: TypedFunc<(), i32>,
}

impl Verbs {
    pub(crate) const STEP: &'static str = "step";
}

/// An instance at work.
pub(crate) struct Running {
    store: Store<StoreLimits>,
    memory: Memory,
    verbs: Verbs,
    given: usize,
    result: usize,
    /// How many instructions a call may take, where its engine counts them.
    fuel: Option<u64>,
    /// The stored form of the case that lies in its memory.
    pub(crate) holds: Option<Vec<u8>>,
}

impl Running {
    pub(crate) fn new(module: &wasmtime::Module, fuel: Option<u64>) -> Result<Self, Error> {
        let limits = StoreLimitsBuilder::new().memory_size(MOST_MEMORY).memories(1).tables(1).instances(1).build();
        let mut store = Store::new(module.engine(), limits);
        store.limiter(|limits| limits);
        let stopped = |why: wasmtime::Error| Error::Stopped(format!("{why:#}"));
        fuel.map_or(Ok(()), |fuel| store.set_fuel(fuel)).map_err(stopped)?;
        let instance = wasmtime::Instance::new(&mut store, module, &[]).map_err(stopped)?;
        let memory = instance.get_memory(&mut store, "memory").ok_or(Error::NotOurs("memory"))?;
        macro_rules! verb {
            ($name:literal) => {
                instance.get_typed_func(&mut store, $name).map_err(|_| Error::NotOurs($name))?
            };
        }
        let (given, result): (TypedFunc<(), i32>, TypedFunc<(), i32>) = (verb!("given"), verb!("result"));
        let verbs = Verbs {
            abi: verb!("abi"),
            open: verb!("open"),
            step: verb!("step"),
            advance: verb!("advance"),
            save: verb!("save"),
            restore: verb!("restore"),
            outcome: verb!("outcome"),
            run: verb!("run"),
            steps: verb!("steps"),
        };
        let mut running = Self { store, memory, verbs, given: 0, result: 0, fuel, holds: None };
        running.given = running.place(&given)?;
        running.result = running.place(&result)?;
        Ok(running)
    }

    pub(crate) fn with_fuel(mut self, fuel: Option<u64>) -> Self {
        self.fuel = fuel;
        self
    }

    fn place(&mut self, func: &TypedFunc<(), i32>) -> Result<usize, Error> {
        let at = func.call(&mut self.store, ()).map_err(|why| Error::Stopped(format!("{why:#}")))?;
        usize::try_from(at).map_err(|_| Error::NotOurs("given"))
    }

    pub(crate) fn abi(&mut self) -> Result<i32, Error> {
        let abi = self.verbs.abi.clone();
        self.call(&abi, ())
    }

    fn call<P: wasmtime::WasmParams>(&mut self, func: &TypedFunc<P, i32>, args: P) -> Result<i32, Error> {
        let stopped = |why: wasmtime::Error| Error::Stopped(format!("{why:#}"));
        if let Some(fuel) = self.fuel {
            self.store.set_fuel(fuel).map_err(stopped)?;
        }
        func.call(&mut self.store, args).map_err(stopped)
    }

    /// Puts what a verb is handed where the module reads it; gives its length.
    fn hand_over(&mut self, bytes: &[u8]) -> Result<i32, Error> {
        let too_long = || Error::Stopped("what it is handed is longer than its memory".into());
        self.memory.write(&mut self.store, self.given, bytes).map_err(|_| too_long())?;
        i32::try_from(bytes.len()).map_err(|_| too_long())
    }

    pub(crate) fn open(&mut self, items: &[u8], at: i64) -> Result<i32, Error> {
        let length = self.hand_over(items)?;
        let open = self.verbs.open.clone();
        self.call(&open, (length, at))
    }

    pub(crate) fn step(&mut self, event: i32, items: &[u8], at: i64) -> Result<i32, Error> {
        let length = self.hand_over(items)?;
        let step = self.verbs.step.clone();
        self.call(&step, (event, length, at))
    }

    pub(crate) fn advance(&mut self, at: i64) -> Result<i32, Error> {
        let advance = self.verbs.advance.clone();
        self.call(&advance, at)
    }

    pub(crate) fn restore(&mut self, saved: &[u8]) -> Result<i32, Error> {
        let length = self.hand_over(saved)?;
        let restore = self.verbs.restore.clone();
        self.call(&restore, length)
    }

    pub(crate) fn save(&mut self) -> Result<Vec<u8>, Error> {
        let save = self.verbs.save.clone();
        let length = self.call(&save, ())?;
        let end = usize::try_from(length).ok().and_then(|length| self.result.checked_add(length));
        let saved = end.and_then(|end| self.memory.data(&self.store).get(self.result..end));
        saved.map(<[u8]>::to_vec).ok_or_else(|| Error::Stopped("what it saved lies outside of its memory".into()))
    }

    /// The position of what the last verb told, and the memory that it lies in.
    pub(crate) fn told(&mut self) -> Result<(usize, &[u8]), Error> {
        let outcome = self.verbs.outcome.clone();
        let at = self.call(&outcome, ())?;
        let at = usize::try_from(at).map_err(|_| Error::NotOurs("outcome"))?;
        Ok((at, self.memory()))
    }

    /// Does a log; gives how many bytes of it are done.
    pub(crate) fn run(&mut self, log: &[u8]) -> Result<usize, Error> {
        let length = self.hand_over(log)?;
        let run = self.verbs.run.clone();
        let done = self.call(&run, length)?;
        usize::try_from(done).map_err(|_| Error::NotOurs("run"))
    }

    /// The position of what the last log told, and the memory that it lies in.
    pub(crate) fn steps(&mut self) -> Result<(usize, &[u8]), Error> {
        let steps = self.verbs.steps.clone();
        let at = self.call(&steps, ())?;
        let at = usize::try_from(at).map_err(|_| Error::NotOurs("steps"))?;
        Ok((at, self.memory()))
    }

    /// All that the module holds.
    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }
}
