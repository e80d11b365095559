//! Functions that differ in constants alone become one, which takes those as arguments: what is written for each `send`, task
//! or trigger stands in a module once. Where they differ in what they call as well, that is called by its place in a table.

use super::code::{Width, number};
use super::module::signed;
use super::shorten::{At as _, Type, Written};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{Encode, Instruction};

/// How many arguments more a function may take for what was constant.
const MOST_MORE: usize = 48;
/// How many bytes must be spared at least.
const LEAST_SPARED: usize = 40;
/// What a function takes beside its code: its length, its type, its locals.
const AROUND: usize = 5;
/// What a function takes that only calls another, beside what it tells it.
const CALLER: usize = 8;
/// How often functions are looked at: what became one may be like another.
const ROUNDS: usize = 3;

type Code = Vec<Instruction<'static>>;

/// Functions, and what is called by its place in a table.
#[derive(Debug)]
pub(super) struct Similar {
    pub(super) functions: Vec<(Type, Written)>,
    /// The functions that are called by their place here.
    pub(super) table: Vec<u32>,
    /// Where each of them stands there.
    places: BTreeMap<u32, i32>,
    /// Their types, by the numbers that stand in the code.
    pub(super) types: Vec<Type>,
    /// Those that stay as they are: exports, what the table holds, and those that another stands for.
    kept: BTreeSet<u32>,
    /// Those that another stands for: it, and what it is told.
    instead: BTreeMap<u32, (u32, Vec<Differs>)>,
    /// The code of each without what may differ; empty where it is not known yet.
    shapes: Vec<Shape>,
    /// What each calls, in order, as far as its shape is known: code is long, and calls are few.
    called: Vec<Vec<u32>>,
}

/// Code without what may differ: first a sum of it, so that most of what is not alike is told apart by that.
type Shape = (u64, Vec<u8>);

/// What may differ between functions that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    Narrow(i32),
    Wide(i64),
    Callee(u32),
}

/// What stands in the place of something that may differ.
#[derive(Debug)]
enum Place {
    /// It is the same for all.
    Same,
    /// An argument says it.
    Argument(usize),
    /// A call of what stands for all of those that were called, with what it is told.
    Through(u32, Vec<Told>),
}

/// What a function is told: what is the same for all, or an argument.
#[derive(Debug)]
enum Told {
    Same(Differs),
    Argument(usize),
}

/// The columns of what differs, each once: for each argument what it is for each member.
#[derive(Default)]
struct Columns {
    known: BTreeMap<Vec<Differs>, usize>,
    all: Vec<Vec<Differs>>,
}

impl Columns {
    fn number(&mut self, column: Vec<Differs>) -> usize {
        *self.known.entry(column).or_insert_with_key(|column| {
            self.all.push(column.clone());
            self.all.len() - 1
        })
    }

    fn told(&mut self, column: Vec<Differs>) -> Told {
        match same(&column) {
            Some(one) => Told::Same(one),
            None => Told::Argument(self.number(column)),
        }
    }
}

/// What all of some are.
fn same(column: &[Differs]) -> Option<Differs> {
    let first = *column.first()?;
    column.iter().all(|one| *one == first).then_some(first)
}

impl Similar {
    /// Makes functions one, those that are exported excepted.
    pub(super) fn of(functions: Vec<(Type, Written)>, exported: BTreeSet<u32>) -> Self {
        let (table, places, types) = (Vec::new(), BTreeMap::new(), Vec::new());
        let (instead, shapes, called) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut all = Self { functions, table, places, types, kept: exported, instead, shapes, called };
        for _ in 0..ROUNDS {
            if !all.round() {
                break;
            }
        }
        all
    }

    /// Makes those one that are alike; gives whether there were some.
    fn round(&mut self) -> bool {
        self.shape_all();
        let calls = self.calls();
        let mut alike: BTreeMap<(&Shape, &Type, &[Width]), Vec<u32>> = BTreeMap::new();
        let shaped = (0u32..).zip(&self.functions).zip(&self.shapes);
        for ((at, (of, body)), shape) in shaped.filter(|((at, _), _)| !self.kept.contains(at)) {
            alike.entry((shape, of, &body.widths)).or_default().push(at);
        }
        let groups: Vec<Vec<u32>> = alike.into_values().filter(|all| all.len() > 1).collect();
        for group in self.callees_first(groups) {
            if self.make_one(&group, &calls) {
                continue;
            }
            // Those that call the same may be worth it where all are not.
            let mut by_callees: BTreeMap<Vec<Differs>, Vec<u32>> = BTreeMap::new();
            for at in group {
                let called = self.differences(at).into_iter().filter_map(|one| match one {
                    Differs::Callee(of) => Some(Differs::Callee(self.instead.get(&of).map_or(of, |(one, _)| *one))),
                    _ => None,
                });
                by_callees.entry(called.collect()).or_default().push(at);
            }
            if by_callees.len() > 1 {
                by_callees.into_values().filter(|all| all.len() > 1).for_each(|all| {
                    self.make_one(&all, &calls);
                });
            }
        }
        let some = !self.instead.is_empty();
        self.call_instead();
        some
    }

    /// How often each function is called.
    fn calls(&self) -> Vec<usize> {
        let mut calls = vec![0usize; self.functions.len()];
        for of in self.called.iter().flatten() {
            calls.at(*of, |count| *count += 1);
        }
        calls
    }

    /// Finds the shapes that are not known yet.
    fn shape_all(&mut self) {
        self.shapes.resize(self.functions.len(), Shape::default());
        self.called.resize(self.functions.len(), Vec::new());
        for at in 0..self.functions.len() {
            let wanted = self.shapes.get(at).is_some_and(|(_, shape)| shape.is_empty());
            if let Some((_, body)) = self.functions.get(at).filter(|_| wanted) {
                let shape = self.shape(body);
                let sum = shape.iter().fold(shape.len() as u64, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte));
                let called = called_in(&body.code).collect();
                if let (Some(place), Some(calls)) = (self.shapes.get_mut(at), self.called.get_mut(at)) {
                    (*place, *calls) = ((sum, shape), called);
                }
            }
        }
    }

    /// The code without what may differ.
    fn shape(&self, body: &Written) -> Vec<u8> {
        let mut shape = Vec::with_capacity(3 * body.code.len());
        for instruction in &body.code {
            match instruction {
                Instruction::I32Const(_) => shape.extend([0x41, 0]),
                Instruction::I64Const(_) => shape.extend([0x42, 0]),
                Instruction::Call(of) => {
                    let Some(((params, result), _)) = self.functions.get(*of as usize) else { continue };
                    Instruction::Call(number(params.len())).encode(&mut shape);
                    shape.push(result.map_or(0, |width| 1 + u8::from(width == Width::I64)));
                    shape.extend(params.iter().map(|width| u8::from(*width == Width::I64)));
                }
                other => other.encode(&mut shape),
            }
        }
        shape
    }

    /// Groups in an order in which those come first that others call.
    fn callees_first(&self, groups: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let of: BTreeMap<u32, usize> =
            groups.iter().enumerate().flat_map(|(n, all)| all.iter().map(move |at| (*at, n))).collect();
        let mut order = Order { all: self, of, seen: BTreeSet::new(), last: Vec::new() };
        (0..number(self.functions.len())).for_each(|at| order.look(at));
        let mut groups: Vec<Option<Vec<u32>>> = groups.into_iter().map(Some).collect();
        let mut last: Vec<usize> = order.last.into_iter().rev().collect();
        let mut seen = BTreeSet::new();
        last.retain(|n| seen.insert(*n));
        last.into_iter().rev().filter_map(|n| groups.get_mut(n).and_then(Option::take)).collect()
    }

    /// What may differ in a function, in order.
    fn differences(&self, at: u32) -> Vec<Differs> {
        let code = self.functions.get(at as usize).map_or(&[][..], |(_, body)| &body.code);
        let mut differences = Vec::with_capacity(code.len() / 2);
        differences.extend(code.iter().filter_map(Differs::of));
        differences
    }

    /// One function for several, where that spares bytes; gives whether it does.
    fn make_one(&mut self, members: &[u32], calls: &[usize]) -> bool {
        let each: Vec<Vec<Differs>> = members.iter().map(|at| self.differences(*at)).collect();
        let Some(count) = each.first().map(Vec::len) else { return false };
        let mut columns = Columns::default();
        let same = |at: usize| each.windows(2).all(|two| matches!(two, [one, other] if one.get(at) == other.get(at)));
        let column = |at: usize| each.iter().filter_map(|of| of.get(at).copied()).collect();
        let place = |at: usize| if same(at) { Place::Same } else { self.place(column(at), &mut columns) };
        let places: Vec<Place> = (0..count).map(place).collect();
        if columns.all.len() > MOST_MORE || !self.spares(members, &columns.all, calls) {
            return false;
        }
        let widths: Vec<Width> = columns.all.iter().filter_map(|c| c.first()).map(|one| one.width()).collect();
        let one = number(self.functions.len());
        let first = members.first().and_then(|at| self.functions.get(*at as usize));
        let Some(((mut params, result), body)) = first.cloned() else { return false };
        let body = self.told_more(body, &widths, &places);
        params.extend(widths);
        self.functions.push(((params, result), body));
        for (n, at) in members.iter().enumerate() {
            let told = columns.all.iter().filter_map(|column| column.get(n).copied()).collect();
            self.instead.insert(*at, (one, told));
        }
        true
    }

    /// What stands in the place of something that may differ.
    fn place(&self, column: Vec<Differs>, columns: &mut Columns) -> Place {
        let through: Option<Vec<&(u32, Vec<Differs>)>> =
            column.iter().map(|one| one.callee().and_then(|at| self.instead.get(&at))).collect();
        if let Some(through) = through
            && let Some((one, told)) = through.first()
            && through.iter().all(|(other, _)| other == one)
        {
            let column = |at: usize| through.iter().filter_map(|(_, told)| told.get(at).copied()).collect();
            return Place::Through(*one, (0..told.len()).map(|at| columns.told(column(at))).collect());
        }
        Place::Argument(columns.number(column))
    }

    fn spares(&self, members: &[u32], columns: &[Vec<Differs>], calls: &[usize]) -> bool {
        let first = members.first().and_then(|at| self.functions.get(*at as usize));
        let code = first.map_or(&[][..], |(_, body)| &body.code);
        // Code is about two thirds as long once it is made shorter.
        let spared = (members.len() - 1) * (length(code) * 2 / 3 + AROUND);
        let arguments =
            |n: usize| columns.iter().filter_map(|c| c.get(n)).map(|one| self.length_of(*one)).sum::<usize>();
        let calls = members.iter().map(|at| calls.get(*at as usize).copied().unwrap_or(0));
        let paid: usize = calls.enumerate().map(|(n, calls)| calls * arguments(n)).sum();
        spared >= paid + LEAST_SPARED
    }

    /// The bytes of saying what differs, for one that is told it.
    fn length_of(&self, value: Differs) -> usize {
        match value {
            Differs::Narrow(value) => 1 + signed_length(value.into()),
            Differs::Wide(value) => 1 + signed_length(value),
            // Its place in the table is said, and stands there; where another stands for it, so does a function that calls that.
            Differs::Callee(callee) => {
                let told = self.instead.get(&callee).map(|(_, told)| told);
                4 + told.map_or(0, |told| CALLER + told.iter().map(|one| self.length_of(*one)).sum::<usize>())
            }
        }
    }

    /// A function that takes more arguments, which say what was constant or called.
    fn told_more(&mut self, mut body: Written, widths: &[Width], places: &[Place]) -> Written {
        let (params, mut places) = (body.params, places.iter());
        let argument = |at: usize| Instruction::LocalGet(number(params + at));
        let mut code = Code::with_capacity(body.code.len());
        for mut instruction in core::mem::take(&mut body.code) {
            let place = if Differs::of(&instruction).is_some() { places.next() } else { None };
            match place {
                Some(Place::Argument(at)) => {
                    code.push(argument(*at));
                    if let Instruction::Call(of) = instruction {
                        code.push(self.indirect(of));
                    }
                }
                Some(Place::Through(one, told)) => {
                    let told = told.iter().map(|told| match told {
                        Told::Same(value) => self.as_argument(*value),
                        Told::Argument(at) => argument(*at),
                    });
                    code.extend(told);
                    code.push(Instruction::Call(*one));
                }
                _ => {
                    if let Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local) =
                        &mut instruction
                        && (*local as usize) >= params
                    {
                        *local += number(widths.len());
                    }
                    code.push(instruction);
                }
            }
        }
        body.code = code;
        body.widths.splice(params..params, widths.iter().copied());
        body.params += widths.len();
        body
    }

    /// A call by the place in the table, of a function of the same type.
    fn indirect(&mut self, like: u32) -> Instruction<'static> {
        let of = self.functions.get(like as usize).map(|(of, _)| of.clone()).unwrap_or_default();
        let at = self.types.iter().position(|known| *known == of).unwrap_or_else(|| {
            self.types.push(of);
            self.types.len() - 1
        });
        Instruction::CallIndirect { type_index: number(at), table_index: 0 }
    }

    fn as_argument(&mut self, value: Differs) -> Instruction<'static> {
        match value {
            Differs::Narrow(value) => Instruction::I32Const(value),
            Differs::Wide(value) => Instruction::I64Const(value),
            Differs::Callee(callee) => {
                let table = &mut self.table;
                let at = *self.places.entry(callee).or_insert_with(|| {
                    table.push(callee);
                    signed(number(table.len() - 1))
                });
                Instruction::I32Const(at)
            }
        }
    }

    /// Calls those that stand for others, with what they are told. In the table stands a function that does that.
    fn call_instead(&mut self) {
        let instead = core::mem::take(&mut self.instead);
        let mut called = Called(vec![None; self.functions.len()]);
        for (at, (one, told)) in &instead {
            let mut call: Code = told.iter().map(|value| self.as_argument(*value)).collect();
            call.push(Instruction::Call(*one));
            called.0.at(*at, |code| *code = Some(call));
        }
        self.kept.extend(instead.keys());
        // Each stands in the table once.
        for place in &mut self.table {
            if let Some(call) = called.get(*place)
                && let Some((of, _)) = self.functions.get(*place as usize)
            {
                let mut code: Code = (0..number(of.0.len())).map(Instruction::LocalGet).collect();
                code.extend(call.iter().cloned());
                code.push(Instruction::End);
                let (of, body) = (of.clone(), Written::whole(code, of));
                *place = number(self.functions.len());
                self.functions.push((of, body));
            }
        }
        self.places = (0..).zip(&self.table).map(|(place, at)| (*at, place)).collect();
        self.kept.extend(&self.table);
        for (at, (_, body)) in (0u32..).zip(&mut self.functions) {
            if called.get(at).is_some() {
                continue;
            }
            let moved = |of: &u32| called.get(*of).is_some();
            let calls_moved = match self.called.get(at as usize) {
                Some(calls) => calls.iter().any(moved),
                None => called_in(&body.code).any(|of| moved(&of)),
            };
            if calls_moved {
                body.code = with_others(core::mem::take(&mut body.code), &called);
                self.shapes.at(at, |shape| *shape = Shape::default());
            }
        }
        // Nobody calls them any more.
        for at in instead.keys() {
            if let Some((of, body)) = self.functions.get_mut(*at as usize) {
                *body = Written::whole(Code::new(), of);
                self.shapes.at(*at, |shape| *shape = Shape::default());
                self.called.at(*at, Vec::clear);
            }
        }
    }

    /// How many values a call takes and gives.
    pub(super) fn call(&self, instruction: &Instruction<'_>, functions: &[Type]) -> Option<(usize, usize)> {
        let count = |(params, result): &Type| (params.len(), usize::from(result.is_some()));
        match instruction {
            Instruction::Call(at) => functions.get(*at as usize).map(count),
            Instruction::CallIndirect { type_index, .. } => {
                self.types.get(*type_index as usize).map(count).map(|(takes, gives)| (takes + 1, gives))
            }
            _ => None,
        }
    }
}

/// What code calls, in order.
fn called_in(code: &[Instruction<'_>]) -> impl Iterator<Item = u32> {
    code.iter().filter_map(|instruction| if let Instruction::Call(of) = instruction { Some(*of) } else { None })
}

/// What is called in the place of some functions, by their numbers.
struct Called(Vec<Option<Code>>);

impl Called {
    fn get(&self, at: u32) -> Option<&Code> {
        self.0.get(at as usize)?.as_ref()
    }
}

/// Code that calls others in the place of some functions.
fn with_others(code: Code, called: &Called) -> Code {
    let mut with = Code::with_capacity(code.len());
    for instruction in code {
        let other = if let Instruction::Call(at) = &instruction { called.get(*at) } else { None };
        match other {
            Some(call) => with.extend(call.iter().cloned()),
            None => with.push(instruction),
        }
    }
    with
}

/// Finds an order of groups in which those come first that others call.
struct Order<'a> {
    all: &'a Similar,
    /// The group of each function that is in one.
    of: BTreeMap<u32, usize>,
    seen: BTreeSet<u32>,
    /// The groups, each again with every member: where the last of them stands counts.
    last: Vec<usize>,
}

impl Order<'_> {
    /// Looks at a function after those that it calls.
    fn look(&mut self, from: u32) {
        // Functions to look at, and whether what they call was looked at.
        let mut waiting = vec![(from, false)];
        while let Some((at, ready)) = waiting.pop() {
            if ready {
                self.last.extend(self.of.get(&at));
            } else if self.seen.insert(at) {
                waiting.push((at, true));
                waiting.extend(self.all.called.get(at as usize).into_iter().flatten().map(|of| (*of, false)));
            }
        }
    }
}

impl Differs {
    const fn of(instruction: &Instruction<'_>) -> Option<Self> {
        match instruction {
            Instruction::I32Const(value) => Some(Self::Narrow(*value)),
            Instruction::I64Const(value) => Some(Self::Wide(*value)),
            Instruction::Call(at) => Some(Self::Callee(*at)),
            _ => None,
        }
    }

    const fn callee(self) -> Option<u32> {
        match self {
            Self::Callee(at) => Some(at),
            _ => None,
        }
    }

    const fn width(self) -> Width {
        match self {
            Self::Wide(_) => Width::I64,
            _ => Width::I32,
        }
    }
}

/// The bytes of a number with its sign, of which each has seven bits.
const fn signed_length(value: i64) -> usize {
    let bits = 65 - if value < 0 { value.leading_ones() } else { value.leading_zeros() };
    bits.div_ceil(7) as usize
}

/// The bytes of instructions.
fn length(code: &[Instruction<'_>]) -> usize {
    let mut bytes = Vec::with_capacity(3 * code.len());
    code.iter().for_each(|instruction| instruction.encode(&mut bytes));
    bytes.len()
}
