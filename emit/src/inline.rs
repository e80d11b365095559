//! Functions that are called in one place stand there: nobody is called, nothing is handed over, and no fault is asked about.

use super::code::{FAULT, Width, number};
use super::locals;
use super::shorten::{Type, Written};
use std::collections::BTreeSet;
use wasm_encoder::{BlockType, Instruction};

/// How many instructions a function may have, as it is written, once another stands in it.
const MOST: usize = 1_200;

type Code = Vec<Instruction<'static>>;

/// Puts functions where they are called, but for those that are called from outside.
pub(super) fn inlined(functions: &mut [(Type, Written)], from_outside: &[u32]) {
    let fails = may_fail(functions);
    let known = Known {
        once: called_once(functions, from_outside),
        leaves: functions.iter().map(|(_, body)| leaves_when_it_fails(&body.code, &fails)).collect(),
    };
    let mut done = BTreeSet::new();
    for at in 0..number(functions.len()) {
        inline_into(functions, at, &known, &mut done);
    }
}

/// What is known of functions as they were written.
struct Known {
    /// Those that one place calls.
    once: BTreeSet<u32>,
    /// Whether each leaves with a fault only where it goes to its own end.
    leaves: Vec<bool>,
}

/// The functions that one place calls.
fn called_once(functions: &[(Type, Written)], from_outside: &[u32]) -> BTreeSet<u32> {
    let mut calls = vec![0usize; functions.len()];
    let all = functions.iter().flat_map(|(_, body)| &body.code).filter_map(callee).chain(from_outside.iter().copied());
    // Who is called from outside counts as called more than once.
    for at in all.chain(from_outside.iter().copied()) {
        if let Some(count) = calls.get_mut(at as usize) {
            *count += 1;
        }
    }
    (0u32..).zip(calls).filter(|(_, count)| *count == 1).map(|(at, _)| at).collect()
}

/// Which functions may leave a fault.
fn may_fail(functions: &[(Type, Written)]) -> Vec<bool> {
    let mut fails = vec![false; functions.len()];
    loop {
        let says = |instruction: &Instruction<'_>| match instruction {
            Instruction::GlobalSet(at) => *at == FAULT,
            Instruction::Call(at) => fails.get(*at as usize).copied().unwrap_or(true),
            Instruction::CallIndirect { .. } => true,
            _ => false,
        };
        let next: Vec<bool> = functions.iter().map(|(_, body)| body.code.iter().any(says)).collect();
        if next == fails {
            return fails;
        }
        fails = next;
    }
}

const fn callee(instruction: &Instruction<'_>) -> Option<u32> {
    match instruction {
        Instruction::Call(at) => Some(*at),
        _ => None,
    }
}

/// The label to which a call leaves where it failed, and how many instructions say so; one of them may keep the result.
fn looks(after: &[Instruction<'_>]) -> Option<(u32, usize)> {
    match after {
        [Instruction::GlobalGet(FAULT), Instruction::BrIf(label), ..] => Some((*label, 2)),
        [Instruction::LocalSet(_), Instruction::GlobalGet(FAULT), Instruction::BrIf(label), ..] => Some((*label, 3)),
        _ => None,
    }
}

/// Whether a function leaves with a fault only where it goes to its own end, so that nobody need look again.
fn leaves_when_it_fails(code: &[Instruction<'_>], fails: &[bool]) -> bool {
    code.iter().enumerate().all(|(at, instruction)| {
        let may = match instruction {
            Instruction::Call(of) => fails.get(*of as usize).copied().unwrap_or(true),
            Instruction::CallIndirect { .. } => true,
            _ => false,
        };
        !may || code.get(at + 1..).is_some_and(|after| looks(after).is_some())
    })
}

/// Puts what one function calls into it, first what that calls into that.
fn inline_into(functions: &mut [(Type, Written)], at: u32, known: &Known, done: &mut BTreeSet<u32>) {
    if !done.insert(at) {
        return;
    }
    let code = functions.get(at as usize).map_or(&[][..], |(_, body)| &body.code);
    let callees: Vec<u32> = code.iter().filter_map(callee).filter(|of| known.once.contains(of) && *of != at).collect();
    for of in callees {
        inline_into(functions, of, known, done);
        let Some((of_type, other)) = functions.get(of as usize).cloned() else { continue };
        let Some((_, body)) = functions.get_mut(at as usize) else { continue };
        let fits = body.code.len() + other.code.len() <= MOST && !body.whole && !other.whole;
        // A place that is come to again must not find what was left in a local.
        if !fits || locals::begins_with_some(&other.code, other.params, other.widths.len()) {
            continue;
        }
        let place = body.code.iter().position(|instruction| callee(instruction) == Some(of));
        if let Some(place) = place
            && let Some(inside) =
                Inside::new(body, place, &other, of_type.1, known.leaves.get(of as usize) == Some(&true))
        {
            inside.put(body, place, other);
            if let Some((of, gone)) = functions.get_mut(of as usize) {
                *gone = Written::whole(Code::new(), of);
            }
        }
    }
}

/// How a function stands in another.
struct Inside {
    /// The first of its locals there.
    first: u32,
    /// Where its result lies.
    result: Option<(u32, Width)>,
    /// Where it leaves to with a fault, seen from the call; none: its own end.
    on_fault: Option<u32>,
    /// How many instructions asked about a fault.
    asked: usize,
}

impl Inside {
    fn new(body: &Written, place: usize, other: &Written, result: Option<Width>, leaves: bool) -> Option<Self> {
        let after = body.code.get(place + 1..)?;
        let looks = looks(after).filter(|_| leaves);
        let first = number(body.widths.len());
        let result = result.map(|width| (first + number(other.widths.len()), width));
        Some(Self {
            first,
            result,
            on_fault: looks.map(|(label, _)| label),
            asked: looks.map_or(0, |(_, asked)| asked),
        })
    }

    fn put(&self, body: &mut Written, place: usize, other: Written) {
        let mut code: Code = (0..number(other.params)).rev().map(|at| Instruction::LocalSet(self.first + at)).collect();
        let falls = self.on_fault.is_none();
        // Without a value of its own it gives 0.
        let from = other.code.len() - if self.result.is_some() { 3 } else { 2 };
        let ends = matches!(other.code.get(from - 1), Some(Instruction::Return));
        if let Some((at, width)) = self.result
            && (falls || !ends)
        {
            code.push(if width == Width::I64 { Instruction::I64Const(0) } else { Instruction::I32Const(0) });
            code.push(Instruction::LocalSet(at));
        }
        code.push(Instruction::Block(BlockType::Empty));
        let mut depth = 0;
        for instruction in other.code.into_iter().take(from).skip(1) {
            self.one(instruction, &mut depth, &mut code);
        }
        code.push(Instruction::End);
        code.extend(self.result.map(|(at, _)| Instruction::LocalGet(at)));
        // What asked about the fault goes, and what kept the result stays.
        let keeps = if self.asked == 3 { body.code.get(place + 1).cloned() } else { None };
        code.extend(keeps);
        body.code.splice(place..=place + self.asked, code);
        body.widths.extend(other.widths);
        body.widths.extend(self.result.map(|(_, width)| width));
    }

    fn one(&self, mut instruction: Instruction<'static>, depth: &mut u32, code: &mut Code) {
        let end = *depth;
        let moved = |label: u32| match self.on_fault {
            Some(on_fault) if label == end => label + 1 + on_fault,
            _ => label,
        };
        match &mut instruction {
            Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) => *depth += 1,
            Instruction::End => *depth -= 1,
            Instruction::Br(label) | Instruction::BrIf(label) => *label = moved(*label),
            Instruction::BrTable(labels, other) => {
                *labels = labels.iter().map(|label| moved(*label)).collect::<Vec<_>>().into();
                *other = moved(*other);
            }
            Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local) => {
                *local += self.first;
            }
            Instruction::Return => {
                code.extend(self.result.map(|(at, _)| Instruction::LocalSet(at)));
                instruction = Instruction::Br(end);
            }
            _ => {}
        }
        code.push(instruction);
    }
}
