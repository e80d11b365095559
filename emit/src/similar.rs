//! Functions that differ in constants alone become one, which takes those as arguments: what is written for each `send`, task
//! or trigger stands in a module once. Where they differ in what they call as well, they are told by its place in a table.

use super::code::{Width, number};
use super::shorten::{Type, Written};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{Encode, Instruction};

/// How many arguments more a function may take for what was constant.
const MOST_MORE: usize = 16;
/// How many bytes must be spared at least.
const LEAST_SPARED: usize = 8;
/// What a function takes beside its code: its length, its type, its locals.
const AROUND: usize = 5;

/// Functions, and what is called by its place in a table.
#[derive(Debug)]
pub(super) struct Similar {
    pub(super) functions: Vec<(Type, Written)>,
    /// The functions that are called by their place here.
    pub(super) table: Vec<u32>,
    /// Their types, by the numbers that stand in the code.
    pub(super) types: Vec<Type>,
    /// Those whose number must stay: exports, and what the table holds.
    kept: BTreeSet<u32>,
    /// Those that another stands for.
    gone: BTreeSet<u32>,
}

/// What may differ between functions that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    Narrow(i32),
    Wide(i64),
    Callee(u32),
}

/// One function in the place of several.
struct Group {
    members: Vec<u32>,
    /// For each thing that may differ the number of the argument that says it, where it does.
    told: Vec<Option<usize>>,
    /// What each argument is, for each member.
    values: Vec<Vec<Differs>>,
}

impl Similar {
    /// Makes functions one, those that are exported excepted.
    pub(super) fn of(functions: Vec<(Type, Written)>, exported: BTreeSet<u32>) -> Self {
        let mut all = Self { functions, table: Vec::new(), types: Vec::new(), kept: exported, gone: BTreeSet::new() };
        // What is called is looked at before who calls it: then callers differ in constants alone.
        loop {
            while all.round(false) {}
            if !all.round(true) {
                return all;
            }
        }
    }

    /// Looks for functions that are alike; with `callees` they may differ in what they call. Gives whether some became one.
    fn round(&mut self, callees: bool) -> bool {
        let mut calls = vec![0usize; self.functions.len()];
        let mut alike: BTreeMap<(&Type, &[Width], Vec<u8>), Vec<u32>> = BTreeMap::new();
        for (at, (of, body)) in (0u32..).zip(&self.functions).filter(|(at, _)| !self.gone.contains(at)) {
            for instruction in &body.code {
                if let Instruction::Call(of) = instruction
                    && let Some(count) = calls.get_mut(*of as usize)
                {
                    *count += 1;
                }
            }
            if !self.kept.contains(&at) {
                alike.entry((of, &body.widths, self.shape(body, callees))).or_default().push(at);
            }
        }
        let groups: Vec<Group> = alike
            .into_values()
            .filter(|all| all.len() > 1)
            .filter_map(|all| self.group(all, callees, &calls))
            .collect();
        let mut instead: BTreeMap<u32, (u32, Vec<Instruction<'static>>)> = BTreeMap::new();
        for group in groups {
            let named = || group.values.iter().flatten().filter_map(Differs::callee);
            let moved = group.members.iter().any(|at| self.kept.contains(at));
            if moved || named().any(|at| instead.contains_key(&at)) {
                continue;
            }
            self.make_one(&group, &mut instead);
        }
        self.functions.iter_mut().for_each(|(_, body)| call_instead(body, &instead));
        !instead.is_empty()
    }

    /// The code without what may differ.
    fn shape(&self, body: &Written, callees: bool) -> Vec<u8> {
        let mut shape = Vec::with_capacity(2 * body.code.len());
        for instruction in &body.code {
            match instruction {
                Instruction::I32Const(_) => Instruction::I32Const(0).encode(&mut shape),
                Instruction::I64Const(_) => Instruction::I64Const(0).encode(&mut shape),
                Instruction::Call(of) if callees => {
                    let (params, result) = self.type_of(*of);
                    Instruction::Call(number(params.len())).encode(&mut shape);
                    shape.push(result.map_or(0, |width| 1 + u8::from(width == Width::I64)));
                    shape.extend(params.iter().map(|width| u8::from(*width == Width::I64)));
                }
                other => other.encode(&mut shape),
            }
        }
        shape
    }

    fn type_of(&self, function: u32) -> Type {
        self.functions.get(function as usize).map_or((Vec::new(), None), |(of, _)| of.clone())
    }

    /// The functions as one, where that spares bytes.
    fn group(&self, members: Vec<u32>, callees: bool, calls: &[usize]) -> Option<Group> {
        let body = |at: &u32| self.functions.get(*at as usize).map(|(_, body)| body);
        let first = body(members.first()?)?;
        let each: Vec<Vec<Differs>> =
            members.iter().filter_map(body).map(|body| differences(&body.code, callees).collect()).collect();
        let (mut told, mut arguments) = (Vec::new(), BTreeMap::new());
        let mut values: Vec<Vec<Differs>> = vec![Vec::new(); members.len()];
        for at in 0..each.first()?.len() {
            let column: Vec<Differs> = each.iter().filter_map(|of| of.get(at).copied()).collect();
            if column.iter().all(|one| Some(one) == column.first()) {
                told.push(None);
                continue;
            }
            let next = arguments.len();
            let argument = *arguments.entry(column.clone()).or_insert(next);
            if argument == next {
                values.iter_mut().zip(column).for_each(|(of, value)| of.push(value));
            }
            told.push(Some(argument));
        }
        // Code is about two thirds as long once it is made shorter.
        let length: usize = first.code.iter().map(length).sum::<usize>() * 2 / 3 + AROUND;
        let spared = (members.len() - 1) * length;
        let arguments = |of: &Vec<Differs>| of.iter().map(|one| length_of(*one)).sum::<usize>();
        let paid: usize = members
            .iter()
            .zip(&values)
            .map(|(at, of)| calls.get(*at as usize).copied().unwrap_or(0) * arguments(of))
            .sum();
        let more = values.first()?.len();
        (more <= MOST_MORE && spared >= paid + LEAST_SPARED).then_some(Group { members, told, values })
    }

    /// Makes the first of a group stand for all; says what is called instead of each.
    fn make_one(&mut self, group: &Group, instead: &mut BTreeMap<u32, (u32, Vec<Instruction<'static>>)>) {
        let Some(one) = group.members.first().copied() else { return };
        for (at, values) in group.members.iter().zip(&group.values) {
            let told = values.iter().map(|value| self.as_argument(*value)).collect();
            instead.insert(*at, (one, told));
        }
        self.gone.extend(group.members.iter().skip(1));
        let widths: Vec<Width> =
            group.values.first().map_or(Vec::new(), |of| of.iter().map(|one| one.width()).collect());
        let types: Vec<Type> = self.functions.iter().map(|(of, _)| of.clone()).collect();
        let mut known = core::mem::take(&mut self.types);
        if let Some((of, body)) = self.functions.get_mut(one as usize) {
            take_more(body, &widths, &group.told, |callee| {
                let of = types.get(callee as usize).cloned().unwrap_or_default();
                let at = known.iter().position(|known| *known == of).unwrap_or_else(|| {
                    known.push(of);
                    known.len() - 1
                });
                Instruction::CallIndirect { type_index: number(at), table_index: 0 }
            });
            of.0.extend(&widths);
        }
        self.types = known;
    }

    fn as_argument(&mut self, value: Differs) -> Instruction<'static> {
        match value {
            Differs::Narrow(value) => Instruction::I32Const(value),
            Differs::Wide(value) => Instruction::I64Const(value),
            Differs::Callee(callee) => {
                self.kept.insert(callee);
                let at = self.table.iter().position(|at| *at == callee).unwrap_or_else(|| {
                    self.table.push(callee);
                    self.table.len() - 1
                });
                Instruction::I32Const(i32::try_from(at).unwrap_or(i32::MAX))
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

impl Differs {
    const fn callee(&self) -> Option<u32> {
        match self {
            Self::Callee(at) => Some(*at),
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

/// What may differ in code, in order.
fn differences(code: &[Instruction<'_>], callees: bool) -> impl Iterator<Item = Differs> {
    code.iter().filter_map(move |instruction| match instruction {
        Instruction::I32Const(value) => Some(Differs::Narrow(*value)),
        Instruction::I64Const(value) => Some(Differs::Wide(*value)),
        Instruction::Call(at) if callees => Some(Differs::Callee(*at)),
        _ => None,
    })
}

fn length(instruction: &Instruction<'_>) -> usize {
    let mut bytes = Vec::new();
    instruction.encode(&mut bytes);
    bytes.len()
}

fn length_of(value: Differs) -> usize {
    match value {
        Differs::Narrow(value) => length(&Instruction::I32Const(value)),
        Differs::Wide(value) => length(&Instruction::I64Const(value)),
        // Its place in the table is said, and stands there.
        Differs::Callee(_) => 4,
    }
}

/// Gives a function more arguments, which say what was constant or called.
fn take_more(
    body: &mut Written,
    widths: &[Width],
    told: &[Option<usize>],
    mut called: impl FnMut(u32) -> Instruction<'static>,
) {
    let (params, more) = (body.params, number(widths.len()));
    // A call that does not differ may stand between those that are told: only what was looked at is counted.
    let with_callees = told.len() > differences(&body.code, false).count();
    let mut told = told.iter();
    let mut code = Vec::with_capacity(body.code.len());
    for mut instruction in core::mem::take(&mut body.code) {
        let differs = match &instruction {
            Instruction::I32Const(_) | Instruction::I64Const(_) => true,
            Instruction::Call(_) => with_callees,
            _ => false,
        };
        let argument = if differs { told.next().copied().flatten() } else { None };
        if let Some(argument) = argument {
            code.push(Instruction::LocalGet(number(params + argument)));
            if let Instruction::Call(of) = instruction {
                code.push(called(of));
            }
            continue;
        }
        if let Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local) =
            &mut instruction
            && (*local as usize) >= params
        {
            *local += more;
        }
        code.push(instruction);
    }
    body.code = code;
    body.widths.splice(params..params, widths.iter().copied());
    body.params += widths.len();
}

/// Calls those that stand for others, with what was constant there.
fn call_instead(body: &mut Written, instead: &BTreeMap<u32, (u32, Vec<Instruction<'static>>)>) {
    let moved = |i: &Instruction<'_>| matches!(i, Instruction::Call(at) if instead.contains_key(at));
    if !body.code.iter().any(moved) {
        return;
    }
    let mut code = Vec::with_capacity(body.code.len() + 16);
    for instruction in core::mem::take(&mut body.code) {
        let other = match &instruction {
            Instruction::Call(at) => instead.get(at),
            _ => None,
        };
        match other {
            Some((one, told)) => {
                code.extend(told.iter().cloned());
                code.push(Instruction::Call(*one));
            }
            None => code.push(instruction),
        }
    }
    body.code = code;
}
