//! An emitted module under wasmi, called as docs/abi.md says: the second WebAssembly engine of the tests.

use dunlin_runtime::{Fault, Refusal};
use wasmi::{Engine, Instance, Linker, Memory, Module, Store};

/// The size of an entry of what was told.
const ENTRY: usize = 160;

/// The number of a refusal in a module; -1 for what no module gives.
#[must_use]
pub const fn number(refusal: &Refusal) -> i32 {
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

/// A step of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of its record, from 0.
    pub record: usize,
    /// When it was.
    pub at: i64,
    /// What the verb gave.
    pub status: i32,
    /// What it told, as [`Host::told`] gives it.
    pub told: Vec<u8>,
    /// What is due next.
    pub due: Option<i64>,
    /// The stored case, of a record that saves.
    pub saved: Vec<u8>,
}

impl Step {
    /// Whether they are the same to a host: what a refused verb told is nothing.
    #[must_use]
    pub fn alike(&self, other: &Self) -> bool {
        let same = (self.record, self.at, self.status) == (other.record, other.at, other.status);
        same && (self.status != 0 || (&self.told, self.due) == (&other.told, other.due))
    }
}

/// A record of a log: when, what (an event's number, -1 time, -2 opens, -3 restores, -4 saves), and what follows.
#[must_use]
pub fn record(at: i64, what: i32, bytes: &[u8]) -> Vec<u8> {
    let length = i32::try_from(bytes.len()).unwrap();
    let mut record = [&at.to_le_bytes()[..], &what.to_le_bytes(), &length.to_le_bytes(), bytes].concat();
    record.resize(record.len().next_multiple_of(8), 0);
    record
}

fn record_count(mut log: &[u8]) -> usize {
    let mut count = 0;
    while let Some(length) = log.get(12..16) {
        let length = i32::from_le_bytes(length.try_into().unwrap()) as usize;
        log = log.get((16 + length).next_multiple_of(8)..).unwrap_or_default();
        count += 1;
    }
    count
}

/// A module at work, and the case in its memory.
pub struct Host {
    module: Module,
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    given: usize,
    result: usize,
}

impl Host {
    /// Compiles a module.
    ///
    /// # Panics
    /// Where it is none, or has imports.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let module = Module::new(&Engine::default(), bytes).unwrap();
        assert_eq!(module.imports().len(), 0, "a module has no imports");
        Self::of(module)
    }

    /// Another instance of the same module, with no case.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::of(self.module.clone())
    }

    fn of(module: Module) -> Self {
        let mut store = Store::new(module.engine(), ());
        let instance = Linker::new(module.engine()).instantiate_and_start(&mut store, &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let mut host = Self { module, store, instance, memory, given: 0, result: 0 };
        host.given = usize::try_from(host.call("given", ())).unwrap();
        host.result = usize::try_from(host.call("result", ())).unwrap();
        host
    }

    fn call<P: wasmi::WasmParams>(&mut self, name: &str, arguments: P) -> i32 {
        let function = self.instance.get_typed_func::<P, i32>(&self.store, name).unwrap();
        function.call(&mut self.store, arguments).unwrap()
    }

    fn hand(&mut self, bytes: &[u8]) -> i32 {
        self.memory.write(&mut self.store, self.given, bytes).unwrap();
        i32::try_from(bytes.len()).unwrap()
    }

    /// Opens a case; 0, or the number of the refusal.
    pub fn open(&mut self, items: &[u8], at: i64) -> i32 {
        let length = self.hand(items);
        self.call("open", (length, at))
    }

    /// An event; 0, or the number of the refusal.
    pub fn step(&mut self, event: i32, items: &[u8], at: i64) -> i32 {
        let length = self.hand(items);
        self.call("step", (event, length, at))
    }

    /// Time goes by; 0, or the number of the fault.
    pub fn advance(&mut self, at: i64) -> i32 {
        self.call("advance", at)
    }

    /// The stored form of the case; nothing where there is none.
    pub fn save(&mut self) -> Vec<u8> {
        let length = self.call("save", ());
        self.read(self.result, usize::try_from(length).unwrap())
    }

    /// Reads a stored case; 0, or why it cannot be read.
    pub fn restore(&mut self, saved: &[u8]) -> i32 {
        let length = self.hand(saved);
        self.call("restore", length)
    }

    fn read(&self, at: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory.read(&self.store, at, &mut bytes).unwrap();
        bytes
    }

    /// The instant of the case's last input.
    pub fn now(&mut self) -> i64 {
        let function = self.instance.get_typed_func::<(), i64>(&self.store, "now").unwrap();
        function.call(&mut self.store, ()).unwrap()
    }

    /// What the last verb told, its four lists one after another, and when something is due next.
    pub fn told(&mut self) -> (Vec<u8>, Option<i64>) {
        let at = usize::try_from(self.call("outcome", ())).unwrap();
        self.told_at(at)
    }

    /// Does a log, in as many calls as it takes; gives its steps.
    pub fn run(&mut self, log: &[u8]) -> Vec<Step> {
        let (mut rest, mut records, mut all) = (log, 0, Vec::new());
        while !rest.is_empty() {
            let length = self.hand(rest);
            let done = usize::try_from(self.call("run", length)).unwrap();
            let steps = self.steps(records);
            assert!(done > 0 || !steps.is_empty(), "a log goes on");
            all.extend(steps);
            // What was done is known by its length alone: records are counted as the host wrote them.
            records += record_count(&rest[..done]);
            rest = &rest[done..];
        }
        all
    }

    fn steps(&mut self, before: usize) -> Vec<Step> {
        let at = usize::try_from(self.call("steps", ())).unwrap();
        let head = self.read(at, 8);
        let number = |bytes: &[u8], at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (first, count) = (number(&head, 0) as usize, number(&head, 4) as usize);
        (0..count)
            .map(|n| {
                let place = first + 80 * n;
                let record = self.read(place, 80);
                let (told, due) = self.told_at(place);
                let saved = self.read(number(&record, 72) as usize, number(&record, 76) as usize);
                let at = i64::from_le_bytes(record[56..64].try_into().unwrap());
                Step {
                    record: before + number(&record, 68) as usize,
                    at,
                    status: number(&record, 64),
                    told,
                    due,
                    saved,
                }
            })
            .collect()
    }

    fn told_at(&self, at: usize) -> (Vec<u8>, Option<i64>) {
        let record = self.read(at, 56);
        let number = |n: usize| usize::try_from(i32::from_le_bytes(record[4 * n..][..4].try_into().unwrap())).unwrap();
        let list = |n: usize, size: usize| self.read(number(2 * n), number(2 * n + 1) * size);
        let lists = [list(0, ENTRY), list(1, 16), list(2, 16), list(3, 2)].concat();
        let due = i64::from_le_bytes(record[40..48].try_into().unwrap());
        (lists, (due != i64::MIN).then_some(due))
    }
}
