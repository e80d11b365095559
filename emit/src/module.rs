//! The module under construction: functions that are declared when they are first called, constants, and the whole as bytes.

use super::code::{Body, FAULT, Func, Val, Width, number};
use super::shorten::{self, FIRST_LONG, LONG_CONSTANTS, Written};
use super::similar::Similar;
use super::state::{self, Case};
use dunlin_machine::ir::{ExprId, Machine};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, Instruction, MemorySection, MemoryType, Module, RefType, TableSection,
    TableType, TypeSection,
};

/// Where state begins: below lies nothing, so that a position of 0 is none. Constants come after it, then what grows.
pub(super) const FIRST_POSITION: u32 = 16;
/// How much may be kept beside the state of a case.
const ROOMS: u32 = 16_384;
/// The size of a page of memory.
const PAGE: u32 = 65_536;
/// The most pages that a module may grow to: 16 MiB.
const MOST_PAGES: u32 = 256;

type Build<'m> = Box<dyn FnOnce(&Emit<'m>, &mut Body) + 'm>;

/// Everything that a function needs to be written.
pub(super) struct Emit<'m> {
    /// The machine.
    pub(super) m: &'m Machine,
    /// Whether whatever a step may go back from is done, undone and done again: what that leaves behind shows.
    pub(super) twice: bool,
    /// Its hash.
    pub(super) hash: [u8; 32],
    /// Where the case lies that a call works on.
    pub(super) case: Case,
    functions: RefCell<Vec<Declared>>,
    names: RefCell<BTreeMap<String, Func>>,
    waiting: RefCell<VecDeque<(u32, Build<'m>)>>,
    globals: RefCell<Vec<(Width, i64)>>,
    named_globals: RefCell<BTreeMap<&'static str, u32>>,
    constants: RefCell<Constants>,
    /// Where what is kept beside the state begins, and what lies there by name: position and size.
    first_room: u32,
    rooms: RefCell<BTreeMap<&'static str, (u32, u32)>>,
    /// Sizes of what lies after the constants, by the global that says where.
    regions: RefCell<BTreeMap<u32, u32>>,
    /// Where constants begin.
    first_constant: u32,
    exports: RefCell<Vec<(&'static str, Func)>>,
    noted: RefCell<BTreeSet<ExprId>>,
}

struct Declared {
    name: String,
    params: Vec<Width>,
    func: Func,
    body: Option<Written>,
}

/// Bytes that never change, each run once.
#[derive(Default)]
struct Constants {
    bytes: Vec<u8>,
    known: BTreeMap<Vec<u8>, u32>,
}

/// Why a machine could not be written as a module: a fault of this compiler, not of the strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmitError(pub(super) String);

impl std::fmt::Display for EmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the WebAssembly module could not be written: {}", self.0)
    }
}

impl std::error::Error for EmitError {}

impl<'m> Emit<'m> {
    /// A module for a machine, still empty.
    pub(super) fn new(m: &'m Machine) -> Self {
        let case = Case::new(m);
        let state = case.letters_at + state::most::LETTERS - FIRST_POSITION;
        Self {
            m,
            twice: false,
            hash: m.hash().0,
            case,
            functions: RefCell::default(),
            names: RefCell::default(),
            waiting: RefCell::default(),
            globals: RefCell::new(first_globals()),
            named_globals: RefCell::default(),
            constants: RefCell::default(),
            first_room: FIRST_POSITION + state.next_multiple_of(8),
            rooms: RefCell::default(),
            regions: RefCell::default(),
            first_constant: FIRST_POSITION + state.next_multiple_of(8) + ROOMS,
            exports: RefCell::default(),
            noted: RefCell::default(),
        }
    }

    /// A function by its name: built once, and only where something calls it. `fails` says whether it may fail.
    pub(super) fn func(
        &self,
        name: impl AsRef<str> + Into<String>,
        params: &[Width],
        result: Option<Width>,
        fails: bool,
        build: impl FnOnce(&Emit<'m>, &mut Body) + 'm,
    ) -> Func {
        if let Some(func) = self.names.borrow().get(name.as_ref()) {
            return *func;
        }
        let name = name.into();
        let mut functions = self.functions.borrow_mut();
        let func = Func { at: number(functions.len()), result, fails };
        functions.push(Declared { name: name.clone(), params: params.to_vec(), func, body: None });
        self.names.borrow_mut().insert(name, func);
        self.waiting.borrow_mut().push_back((func.at, Box::new(build)));
        func
    }

    /// A global that changes, by its name; it begins as 0.
    pub(super) fn named_global(&self, name: &'static str, width: Width) -> u32 {
        let mut named = self.named_globals.borrow_mut();
        *named.entry(name).or_insert_with(|| {
            let mut globals = self.globals.borrow_mut();
            globals.push((width, 0));
            number(globals.len() - 1)
        })
    }

    /// The position of constant bytes, as a value.
    pub(super) fn constant(&self, bytes: &[u8]) -> Val {
        Val::from(signed(self.constant_position(bytes)))
    }

    /// The position of constant bytes.
    pub(super) fn constant_position(&self, bytes: &[u8]) -> u32 {
        let mut constants = self.constants.borrow_mut();
        let at = match constants.known.get(bytes) {
            Some(at) => *at,
            None => {
                while !constants.bytes.len().is_multiple_of(8) {
                    constants.bytes.push(0);
                }
                let at = number(constants.bytes.len());
                constants.bytes.extend_from_slice(bytes);
                constants.known.insert(bytes.to_vec(), at);
                at
            }
        };
        self.first_constant + at
    }

    /// Room of so many bytes that lies beside the state of a case: what is worked out once and kept. It begins as zeros.
    pub(super) fn room(&self, name: &'static str, bytes: u32) -> Val {
        let mut rooms = self.rooms.borrow_mut();
        let next = rooms.values().map(|(at, size)| at + size).max().unwrap_or(self.first_room);
        let (at, _) = *rooms.entry(name).or_insert((next, bytes.next_multiple_of(8)));
        Val::from(signed(at))
    }

    /// A run of memory after the constants, for what is read and written in a call: its position. It is asked for once.
    pub(super) fn region(&self, name: &'static str, bytes: u32) -> Val {
        let at = self.named_global(name, Width::I32);
        self.regions.borrow_mut().entry(at).or_insert(bytes);
        Val::global(at, Width::I32)
    }

    /// Says that code notes what an expression gives: a host is told its name.
    pub(super) fn note(&self, id: ExprId) {
        self.noted.borrow_mut().insert(id);
    }

    /// The expressions that code notes, in order.
    pub(super) fn noted(&self) -> BTreeSet<ExprId> {
        self.noted.borrow().clone()
    }

    /// Exports a function.
    pub(super) fn export(&self, name: &'static str, func: Func) {
        self.exports.borrow_mut().push((name, func));
    }

    fn build_all(&self) -> Result<(), EmitError> {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((at, build)) = next else { return Ok(()) };
            let (params, func, name) = match self.functions.borrow().get(at as usize) {
                Some(d) => (d.params.clone(), d.func, d.name.clone()),
                None => return Err(EmitError("a function is missing".into())),
            };
            let mut body = Body::new(&params, func.result);
            if self.exports.borrow().iter().any(|(_, exported)| exported.at == at) {
                body.begin_turns();
            }
            build(self, &mut body);
            if body.calls_what_fails && !func.fails {
                return Err(EmitError(format!("`{name}` calls what may fail, and says that it does not")));
            }
            if let Some(declared) = self.functions.borrow_mut().get_mut(at as usize) {
                declared.body = Some(body.finish());
            }
        }
    }

    /// The module, with a section of its own besides, which is written once everything else is known.
    pub(super) fn finish(self, name: &str, section: impl FnOnce(&Self) -> Vec<u8>) -> Result<Vec<u8>, EmitError> {
        self.build_all()?;
        let section = section(&self);
        let rooms = self.rooms.into_inner();
        if rooms.values().any(|(at, size)| at + size > self.first_constant) {
            return Err(EmitError("more is kept beside the state than there is room for".into()));
        }
        let exports = self.exports.into_inner();
        let exported: Vec<u32> = exports.iter().map(|(_, func)| func.at).collect();
        let similar = written(self.functions.into_inner(), &exported)?;
        let outside: Vec<u32> = exported.iter().chain(&similar.table).copied().collect();
        let (functions, places) = shorten::shared(similar.functions, &outside);
        let place = |at: u32| places.get(at as usize).copied().unwrap_or(at);
        let mut types = Types::default();
        similar.types.into_iter().for_each(|of| {
            types.number(of);
        });
        let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
        for (of, body) in functions {
            declared.function(types.number(of));
            code.function(&body);
        }
        let (constants, first) = (self.constants.into_inner().bytes, self.first_constant);
        let mut size = (first + number(constants.len())).next_multiple_of(8);
        let mut positions = self.globals.into_inner();
        for (global, bytes) in self.regions.into_inner() {
            if let Some((_, first)) = positions.get_mut(global as usize) {
                *first = size.into();
            }
            size += bytes.next_multiple_of(8);
        }
        let mut memories = MemorySection::new();
        let minimum = u64::from(size.div_ceil(PAGE));
        let maximum = Some(u64::from(MOST_PAGES));
        memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        for (width, first) in positions {
            let init = match width {
                Width::I32 => ConstExpr::i32_const(i32::try_from(first).unwrap_or(0)),
                Width::I64 => ConstExpr::i64_const(first),
            };
            let long = FIRST_LONG..FIRST_LONG + number(LONG_CONSTANTS.len());
            let mutable = !long.contains(&globals.len());
            globals.global(GlobalType { val_type: width.of_wasm(), mutable, shared: false }, &init);
        }
        let mut section_of_exports = ExportSection::new();
        section_of_exports.export("memory", ExportKind::Memory, 0);
        for (name, func) in exports {
            section_of_exports.export(name, ExportKind::Func, place(func.at));
        }
        let table: Vec<u32> = similar.table.into_iter().map(place).collect();
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(signed(first)), constants);
        let mut module = Module::new();
        module.section(&types.section).section(&declared);
        if !table.is_empty() {
            module.section(&table_of(table.len()));
        }
        module.section(&memories).section(&globals).section(&section_of_exports);
        if !table.is_empty() {
            module.section(&elements(table));
        }
        module.section(&code).section(&data);
        module.section(&CustomSection { name: name.into(), data: section.as_slice().into() });
        let bytes = module.finish();
        let checked = wasmparser::Validator::new().validate_all(&bytes);
        checked.map_err(|error| EmitError(error.to_string()))?;
        Ok(bytes)
    }
}

/// [`FAULT`], [`super::code::FAULT_ABOUT`], [`super::code::TURNS`] and [`super::changes::CHANGED`], and the numbers that are globals
/// because they are long.
fn first_globals() -> Vec<(Width, i64)> {
    let long = LONG_CONSTANTS.iter().map(|(wide, value)| (if *wide { Width::I64 } else { Width::I32 }, *value));
    [(Width::I32, 0), (Width::I64, 0), (Width::I32, 0), (Width::I32, 0)].into_iter().chain(long).collect()
}

/// The types of functions, each once.
#[derive(Default)]
struct Types {
    section: TypeSection,
    known: BTreeMap<shorten::Type, u32>,
}

impl Types {
    fn number(&mut self, of: shorten::Type) -> u32 {
        *self.known.entry(of).or_insert_with_key(|(params, result)| {
            self.section.ty().function(params.iter().map(|w| w.of_wasm()), result.iter().map(|w| w.of_wasm()));
            self.section.len() - 1
        })
    }
}

/// The table of functions that are called by their place in it.
fn table_of(functions: usize) -> TableSection {
    let count = u64::from(number(functions));
    let mut tables = TableSection::new();
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, table64: false, minimum: count, maximum: Some(count), shared: false });
    tables
}

fn elements(functions: Vec<u32>) -> ElementSection {
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(functions.into()));
    elements
}

/// The functions with their types, each as short as it gets.
fn written(functions: Vec<Declared>, exported: &[u32]) -> Result<Similar, EmitError> {
    let body = |function: Declared| {
        let body = function.body.ok_or_else(|| EmitError(format!("`{}` has no body", function.name)))?;
        Ok(((function.params, function.func.result), body))
    };
    let bodies = functions.into_iter().map(body).collect::<Result<_, EmitError>>()?;
    let mut similar = Similar::of(bodies, exported.iter().copied().collect());
    let mut functions = core::mem::take(&mut similar.functions);
    let outside: Vec<u32> = exported.iter().chain(&similar.table).copied().collect();
    super::inline::inlined(&mut functions, &outside);
    let types: Vec<shorten::Type> = functions.iter().map(|(of, _)| of.clone()).collect();
    let calls = |call: &Instruction<'_>| similar.call(call, &types);
    functions.iter_mut().for_each(|(_, body)| body.shorten(&calls));
    similar.functions = functions;
    Ok(similar)
}

/// A position in memory, as a constant.
pub(super) fn signed(position: u32) -> i32 {
    i32::try_from(position).unwrap_or(i32::MAX)
}

/// The fault under way.
pub(super) fn fault() -> Val {
    Val::global(FAULT, Width::I32)
}
