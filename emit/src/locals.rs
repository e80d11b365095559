//! Locals that are never needed at the same time become one: fewer locals, and functions that look more alike.

use super::code::{Width, number};
use wasm_encoder::Instruction;

/// A set of locals, a bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn of(locals: usize) -> Self {
        Self(vec![0; locals.div_ceil(64)])
    }

    fn has(&self, local: u32) -> bool {
        self.0.get(local as usize / 64).is_some_and(|word| word >> (local % 64) & 1 == 1)
    }

    fn put(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word |= 1 << (local % 64);
        }
    }

    fn take(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word &= !(1 << (local % 64));
        }
    }

    fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(word, other)| word & other != 0)
    }
}

/// For each local the one whose place it takes. The first `params` are arguments, which stay where they are.
pub(super) fn places(code: &[Instruction<'_>], params: usize, widths: &[Width]) -> Vec<u32> {
    let apart = apart(code, params, widths.len());
    let copied = copied(code, widths.len());
    let mut places: Vec<u32> = Vec::with_capacity(widths.len());
    let mut taken: Vec<Place> = Vec::new();
    for ((local, width), apart) in (0u32..).zip(widths).zip(&apart) {
        let free = |place: &Place| place.width == *width && !place.avoids.has(local) && !place.all.meets(apart);
        let with_copy = |place: &Place| {
            let also = copied.get(local as usize).into_iter().flatten();
            free(place) && also.into_iter().any(|other| place.all.has(*other))
        };
        let found = if (local as usize) < params {
            None
        } else {
            taken.iter().position(with_copy).or_else(|| taken.iter().position(free))
        };
        if let Some(place) = found.and_then(|at| taken.get_mut(at)) {
            place.all.put(local);
            place.avoids.join(apart);
            places.push(place.first);
        } else {
            let mut all = Set::of(widths.len());
            all.put(local);
            taken.push(Place { first: local, width: *width, all, avoids: apart.clone() });
            places.push(local);
        }
    }
    places
}

/// For each local those that it is a copy of, or that are copies of it: in the same place there is nothing to copy.
fn copied(code: &[Instruction<'_>], locals: usize) -> Vec<Vec<u32>> {
    let mut copied = vec![Vec::new(); locals];
    for pair in code.windows(2) {
        if let [Instruction::LocalGet(from), Instruction::LocalSet(to) | Instruction::LocalTee(to)] = pair {
            for (one, other) in [(*from, *to), (*to, *from)] {
                if let Some(of) = copied.get_mut(one as usize) {
                    of.push(other);
                }
            }
        }
    }
    copied
}

/// Where locals lie together.
struct Place {
    first: u32,
    width: Width,
    all: Set,
    /// Those that cannot lie here.
    avoids: Set,
}

/// Whether some local is read before it is changed, and so begins as 0.
pub(super) fn begins_with_some(code: &[Instruction<'_>], params: usize, locals: usize) -> bool {
    let mut look = Look::new(code, locals);
    while look.through() {}
    (params..locals).any(|local| look.needed.has(number(local)))
}

/// For each local those that cannot lie where it does: of two that cannot, one at least names the other.
fn apart(code: &[Instruction<'_>], params: usize, locals: usize) -> Vec<Set> {
    let mut look = Look::new(code, locals);
    while look.through() {}
    look.apart = Some(vec![Set::of(locals); locals]);
    look.through();
    let mut apart = look.apart.unwrap_or_default();
    // What is read before it is changed begins as 0, and lies by itself.
    for local in (params..locals).map(number).filter(|local| look.needed.has(*local)) {
        apart.iter_mut().for_each(|of| of.put(local));
    }
    apart
}

/// What is open around a place in the code, seen from its end.
struct Open {
    /// What is needed by those who leave towards it.
    on_leaving: Set,
    /// What is needed after it.
    after: Set,
    /// What is needed where its other branch begins.
    otherwise: Option<Set>,
}

/// Goes through code from its end, and knows which locals are still needed.
struct Look<'c> {
    code: &'c [Instruction<'c>],
    needed: Set,
    nothing: Set,
    open: Vec<Open>,
    /// What is needed where a block begins that repeats, by where that is: known better each time.
    begins: std::collections::BTreeMap<usize, Set>,
    /// For each end, where what it closes begins.
    opens_at: Vec<usize>,
    /// Which locals are needed while another is changed.
    apart: Option<Vec<Set>>,
}

impl<'c> Look<'c> {
    fn new(code: &'c [Instruction<'c>], locals: usize) -> Self {
        let (mut opens_at, mut open) = (vec![0; code.len()], Vec::new());
        for (at, instruction) in code.iter().enumerate() {
            match instruction {
                Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) => open.push(at),
                Instruction::End => {
                    if let (Some(begin), Some(place)) = (open.pop(), opens_at.get_mut(at)) {
                        *place = begin;
                    }
                }
                _ => {}
            }
        }
        let nothing = Set::of(locals);
        let needed = nothing.clone();
        Self { code, needed, nothing, open: Vec::new(), begins: Default::default(), opens_at, apart: None }
    }

    /// Goes through the code once; gives whether it learned something.
    fn through(&mut self) -> bool {
        let mut learned = false;
        self.needed = self.nothing.clone();
        self.open.clear();
        for (at, instruction) in self.code.iter().enumerate().rev() {
            match instruction {
                // The end of the function closes nothing.
                Instruction::End if at + 1 == self.code.len() => {}
                Instruction::End => self.end(at),
                Instruction::Else => {
                    if let Some(open) = self.open.last_mut() {
                        open.otherwise = Some(core::mem::replace(&mut self.needed, open.after.clone()));
                    }
                }
                Instruction::Block(_) => {
                    self.open.pop();
                }
                Instruction::If(_) => {
                    if let Some(open) = self.open.pop() {
                        self.needed.join(&open.otherwise.unwrap_or(open.after));
                    }
                }
                Instruction::Loop(_) => {
                    self.open.pop();
                    if self.begins.get(&at) != Some(&self.needed) {
                        self.begins.insert(at, self.needed.clone());
                        learned = true;
                    }
                }
                Instruction::Br(label) => self.needed = self.on_leaving(*label),
                Instruction::BrIf(label) => {
                    let there = self.on_leaving(*label);
                    self.needed.join(&there);
                }
                Instruction::BrTable(labels, other) => {
                    self.needed = self.on_leaving(*other);
                    for label in labels.iter() {
                        let there = self.on_leaving(*label);
                        self.needed.join(&there);
                    }
                }
                Instruction::Return => self.needed = self.nothing.clone(),
                Instruction::LocalGet(local) => self.needed.put(*local),
                Instruction::LocalSet(local) | Instruction::LocalTee(local) => {
                    let before = at.checked_sub(1).and_then(|at| self.code.get(at));
                    self.changed(*local, before);
                }
                _ => {}
            }
        }
        learned
    }

    fn end(&mut self, at: usize) {
        let begin = self.opens_at.get(at).copied().unwrap_or(0);
        let repeats = matches!(self.code.get(begin), Some(Instruction::Loop(_)));
        let after = self.needed.clone();
        let on_leaving = if repeats { self.begins.get(&begin).unwrap_or(&self.nothing).clone() } else { after.clone() };
        self.open.push(Open { on_leaving, after, otherwise: None });
    }

    fn on_leaving(&self, label: u32) -> Set {
        let open = self.open.iter().rev().nth(label as usize);
        open.map_or_else(|| self.nothing.clone(), |open| open.on_leaving.clone())
    }

    /// A local is changed, after another instruction. As long as it is a copy of another, both may lie in one place.
    fn changed(&mut self, local: u32, before: Option<&Instruction<'_>>) {
        self.needed.take(local);
        if let Some(of) = self.apart.as_mut().and_then(|apart| apart.get_mut(local as usize)) {
            let known = of.clone();
            of.join(&self.needed);
            if let Some(Instruction::LocalGet(from)) = before
                && !known.has(*from)
            {
                of.take(*from);
            }
        }
    }
}
