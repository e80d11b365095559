//! Code that was written, made shorter: values stay on the stack instead of in locals, blocks that nobody leaves go, and
//! functions that are alike are one. What the code does stays the same, step by step.

use super::code::{Width, number};
use std::collections::BTreeMap;
use wasm_encoder::{Encode, Instruction};

type Code = Vec<Instruction<'static>>;

/// What a function takes and gives.
pub(super) type Type = (Vec<Width>, Option<Width>);

/// Numbers that are none, or never: whether they are wide, and they. They are globals, from [`FIRST_LONG`] on.
pub(super) const LONG_CONSTANTS: [(bool, i64); 4] =
    [(true, i64::MIN), (true, i64::MAX), (true, i32::MIN as i64), (false, i32::MIN as i64)];
/// The first of those globals; before them lie the fault, what it is about, the turns that are left, and what changed.
pub(super) const FIRST_LONG: u32 = 4;

/// How many functions have a number of one byte.
const SHORT_NUMBERS: usize = 128;

/// How many values a call takes and gives.
type Calls<'a> = &'a dyn Fn(&Instruction<'_>) -> Option<(usize, usize)>;

/// A function as it was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) code: Code,
    /// How many of its locals are its arguments.
    pub(super) params: usize,
    /// The widths of its locals.
    pub(super) widths: Vec<Width>,
    /// Whether it gives a value.
    pub(super) gives: bool,
    /// Whether no block stands around it.
    pub(super) whole: bool,
}

impl Written {
    /// A function without locals, of code that stands in it as it is.
    pub(super) fn whole(code: Code, (params, result): &Type) -> Self {
        Self { code, params: params.len(), widths: params.clone(), gives: result.is_some(), whole: true }
    }

    /// Makes it shorter.
    pub(super) fn shorten(&mut self, calls: Calls<'_>) {
        if !self.gives && !self.whole {
            self.leave_by_its_own_end();
        }
        loop {
            let before = self.code.len();
            self.code = without_dead(core::mem::take(&mut self.code));
            self.code = without_blocks(core::mem::take(&mut self.code));
            self.stack(calls);
            self.forget_copies();
            self.forget_unread();
            self.code = joined(core::mem::take(&mut self.code), self.gives);
            if self.code.len() >= before {
                break;
            }
        }
        self.share_locals();
        self.renumber();
        self.long_constants();
    }

    /// Numbers that take many bytes and stand everywhere are globals.
    fn long_constants(&mut self) {
        for instruction in &mut self.code {
            let value = match instruction {
                Instruction::I32Const(value) => i64::from(*value),
                Instruction::I64Const(value) => *value,
                _ => continue,
            };
            let wide = matches!(instruction, Instruction::I64Const(_));
            if let Some(at) = LONG_CONSTANTS.iter().position(|long| *long == (wide, value)) {
                *instruction = Instruction::GlobalGet(FIRST_LONG + number(at));
            }
        }
    }

    /// Locals that are never needed at the same time become one.
    fn share_locals(&mut self) {
        let places = super::locals::places(&self.code, self.params, &self.widths);
        for instruction in &mut self.code {
            if let Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local) =
                instruction
            {
                *local = places.get(*local as usize).copied().unwrap_or(*local);
            }
        }
        // What is copied to its own place stays there.
        let mut kept = Code::with_capacity(self.code.len());
        for instruction in core::mem::take(&mut self.code) {
            match (kept.last(), &instruction) {
                (Some(Instruction::LocalGet(from)), Instruction::LocalSet(to)) if from == to => {
                    kept.pop();
                }
                (Some(Instruction::LocalGet(from)), Instruction::LocalTee(to)) if from == to => {}
                _ => kept.push(instruction),
            }
        }
        self.code = joined(kept, self.gives);
    }

    /// A function that gives nothing ends where the block around it ends: who leaves the one may leave the other.
    fn leave_by_its_own_end(&mut self) {
        self.code.remove(0);
        self.code.pop();
    }

    /// How often each local is read and changed.
    fn uses(&self) -> Vec<Uses> {
        let mut uses = vec![Uses::default(); self.widths.len()];
        for (at, instruction) in self.code.iter().enumerate() {
            match instruction {
                Instruction::LocalGet(local) => uses.at(*local, |u| {
                    u.gets += 1;
                    u.first_get = u.first_get.min(at);
                }),
                Instruction::LocalSet(local) => uses.at(*local, |u| {
                    u.sets += 1;
                    u.first_set = u.first_set.min(at);
                }),
                Instruction::LocalTee(local) => uses.at(*local, |u| {
                    u.sets += 1;
                    u.gets_by_tee += 1;
                    u.first_set = u.first_set.min(at);
                }),
                _ => {}
            }
        }
        uses
    }

    /// A value that is put into a local and read again when the stack is as it was stays on the stack.
    fn stack(&mut self, calls: Calls<'_>) {
        let mut at = 0;
        while let Some(instruction) = self.code.get(at) {
            let local = match instruction {
                Instruction::LocalSet(local) => Some(*local),
                _ => None,
            };
            if let Some(local) = local
                && let Some(read) = read_on_stack(&self.code, at, local, calls)
            {
                for (place, instead) in [(read, Instruction::Nop), (at, Instruction::LocalTee(local))] {
                    self.code.get_mut(place).into_iter().for_each(|there| *there = instead.clone());
                }
            }
            at += 1;
        }
        // All that is read on the stack goes at once: taking each out would move what follows every time.
        self.code.retain(|instruction| !matches!(instruction, Instruction::Nop));
    }

    /// A local that is always the same as another, or as a constant, is not needed.
    fn forget_copies(&mut self) {
        let mut at = 1;
        let mut uses = self.uses();
        while at < self.code.len() {
            if let (Some(from), Some(Instruction::LocalSet(to))) = (self.code.get(at - 1), self.code.get(at))
                && let (from, to) = (from.clone(), *to)
                && self.is_copy(&uses, at, &from, to)
            {
                self.code.drain(at - 1..=at);
                self.code.iter_mut().filter(|i| matches!(i, Instruction::LocalGet(l) if *l == to)).for_each(|i| {
                    *i = from.clone();
                });
                uses = self.uses();
            } else {
                at += 1;
            }
        }
    }

    fn is_copy(&self, uses: &[Uses], at: usize, from: &Instruction<'_>, to: u32) -> bool {
        if !matches!(from, Instruction::LocalGet(_) | Instruction::I32Const(_) | Instruction::I64Const(_)) {
            return false;
        }
        let Some(copy) = uses.get(to as usize) else { return false };
        if copy.sets != 1 || copy.first_get < at || self.is_param(to) {
            return false;
        }
        match from {
            Instruction::LocalGet(local) if *local != to => uses.get(*local as usize).is_some_and(|of| {
                of.sets == 0 && self.is_param(*local) || of.sets == 1 && of.first_set < at && !self.is_param(*local)
            }),
            Instruction::I32Const(_) | Instruction::I64Const(_) => copy.gets == 1 || length(from) <= 2,
            _ => false,
        }
    }

    const fn is_param(&self, local: u32) -> bool {
        (local as usize) < self.params
    }

    /// What nobody reads is not kept.
    fn forget_unread(&mut self) {
        let uses = self.uses();
        let unread = |local: u32| uses.get(local as usize).is_some_and(|u| u.gets == 0);
        self.code.retain(|i| !matches!(i, Instruction::LocalTee(local) if unread(*local)));
        for instruction in &mut self.code {
            if matches!(instruction, Instruction::LocalSet(local) if unread(*local)) {
                *instruction = Instruction::Drop;
            }
        }
    }

    /// Locals of one width stand together, and those that nobody uses go.
    fn renumber(&mut self) {
        let uses = self.uses();
        let used = |at: &usize| uses.get(*at).is_some_and(|u| u.gets + u.gets_by_tee + u.sets > 0);
        let mut order: Vec<usize> = (self.params..self.widths.len()).filter(used).collect();
        order.sort_by_key(|at| self.widths.get(*at).copied());
        let order: Vec<usize> = (0..self.params).chain(order).collect();
        let mut numbers = vec![0; self.widths.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(place) = numbers.get_mut(*old) {
                *place = number(new);
            }
        }
        for instruction in &mut self.code {
            if let Instruction::LocalGet(local) | Instruction::LocalSet(local) | Instruction::LocalTee(local) =
                instruction
            {
                *local = numbers.get(*local as usize).copied().unwrap_or(*local);
            }
        }
        self.widths = order.iter().filter_map(|at| self.widths.get(*at).copied()).collect();
    }

    fn function(&self) -> wasm_encoder::Function {
        let locals = self.widths.iter().skip(self.params).map(|w| w.of_wasm());
        let mut function = wasm_encoder::Function::new_with_locals_types(locals);
        self.code.iter().for_each(|instruction| {
            function.instruction(instruction);
        });
        function
    }
}

/// How a local is used.
#[derive(Clone, Debug)]
struct Uses {
    gets: usize,
    gets_by_tee: usize,
    sets: usize,
    first_get: usize,
    first_set: usize,
}

impl Default for Uses {
    fn default() -> Self {
        Self { gets: 0, gets_by_tee: 0, sets: 0, first_get: usize::MAX, first_set: usize::MAX }
    }
}

/// Of something by its number, where it is there.
pub(super) trait At<T> {
    fn at(&mut self, number: u32, change: impl FnOnce(&mut T));
}

impl<T> At<T> for Vec<T> {
    fn at(&mut self, number: u32, change: impl FnOnce(&mut T)) {
        if let Some(one) = self.get_mut(number as usize) {
            change(one);
        }
    }
}

/// The bytes of an instruction.
fn length(instruction: &Instruction<'_>) -> usize {
    let mut bytes = Vec::new();
    instruction.encode(&mut bytes);
    bytes.len()
}

/// Whether it opens what an end closes.
const fn opens(instruction: &Instruction<'_>) -> bool {
    matches!(instruction, Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_))
}

/// Whether what follows it is not reached.
const fn goes_away(instruction: &Instruction<'_>) -> bool {
    matches!(
        instruction,
        Instruction::Br(_) | Instruction::BrTable(..) | Instruction::Return | Instruction::Unreachable
    )
}

/// Where the local that is set at a place is read while the stack is as it was then, in the same block.
fn read_on_stack(code: &[Instruction<'_>], set: usize, local: u32, calls: Calls<'_>) -> Option<usize> {
    let (mut height, mut depth) = (0usize, 0usize);
    for (at, instruction) in code.iter().enumerate().skip(set + 1) {
        match instruction {
            Instruction::LocalGet(read) if *read == local && depth == 0 && height == 0 => return Some(at),
            Instruction::LocalSet(other) | Instruction::LocalTee(other) if *other == local => return None,
            Instruction::Else | Instruction::End if depth == 0 => return None,
            Instruction::End => depth -= 1,
            Instruction::Else => {}
            other if depth == 0 => {
                if goes_away(other) {
                    return None;
                }
                let (takes, gives) = effect(other, calls)?;
                height = height.checked_sub(takes)? + gives;
                depth += usize::from(opens(other));
            }
            other => depth += usize::from(opens(other)),
        }
    }
    None
}

/// How many values an instruction takes from the stack and puts there.
fn effect(instruction: &Instruction<'_>, calls: Calls<'_>) -> Option<(usize, usize)> {
    use Instruction as I;
    Some(match instruction {
        I::I32Const(_) | I::I64Const(_) | I::LocalGet(_) | I::GlobalGet(_) => (0, 1),
        I::LocalSet(_) | I::GlobalSet(_) | I::BrIf(_) | I::If(_) | I::Drop => (1, 0),
        I::LocalTee(_) | I::I32Eqz | I::I64Eqz | I::I32WrapI64 | I::I64ExtendI32S => (1, 1),
        I::I32Load(_) | I::I32Load8U(_) | I::I32Load16U(_) | I::I64Load(_) => (1, 1),
        I::I32Store(_) | I::I32Store8(_) | I::I32Store16(_) | I::I64Store(_) => (2, 0),
        I::MemoryCopy { .. } | I::MemoryFill(_) => (3, 0),
        I::Block(_) | I::Loop(_) | I::Nop => (0, 0),
        I::Select => (3, 1),
        I::Call(_) | I::CallIndirect { .. } => calls(instruction)?,
        _ => (2, 1),
    })
}

/// Without what is never reached.
fn without_dead(code: Code) -> Code {
    let mut kept = Code::with_capacity(code.len());
    let mut dead: Option<usize> = None;
    for instruction in code {
        dead = match (dead, &instruction) {
            (Some(depth), inner) if opens(inner) => Some(depth + 1),
            (Some(0), Instruction::End | Instruction::Else) => None,
            (Some(depth), Instruction::End) => Some(depth - 1),
            (dead, _) => dead,
        };
        // The end of a block that is dead as a whole leaves its depth at one less, and is dead too.
        if dead.is_none() {
            dead = goes_away(&instruction).then_some(0);
            kept.push(instruction);
        }
    }
    kept
}

/// Without the blocks that nobody leaves before their end.
fn without_blocks(code: Code) -> Code {
    let left = blocks_left(&code);
    let mut kept = Code::with_capacity(code.len());
    // Whether each block around is gone, from the outermost.
    let mut gone: Vec<bool> = Vec::new();
    for (at, mut instruction) in code.into_iter().enumerate() {
        let fewer = |label: u32| {
            let inner = gone.iter().rev().take(label as usize);
            label - number(inner.filter(|gone| **gone).count())
        };
        match &mut instruction {
            opened if opens(opened) => {
                let goes = matches!(opened, Instruction::Block(_)) && !left.contains(&at);
                gone.push(goes);
                if goes {
                    continue;
                }
            }
            Instruction::Br(label) | Instruction::BrIf(label) => *label = fewer(*label),
            Instruction::BrTable(labels, other) => {
                *labels = labels.iter().map(|label| fewer(*label)).collect::<Vec<_>>().into();
                *other = fewer(*other);
            }
            Instruction::End if gone.pop() == Some(true) => continue,
            _ => {}
        }
        kept.push(instruction);
    }
    kept
}

/// Where the blocks begin that something leaves.
fn blocks_left(code: &[Instruction<'_>]) -> std::collections::BTreeSet<usize> {
    let mut left = std::collections::BTreeSet::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, instruction) in code.iter().enumerate() {
        let mut leave = |label: u32| left.extend(open.iter().rev().nth(label as usize));
        match instruction {
            opened if opens(opened) => open.push(at),
            Instruction::Br(label) | Instruction::BrIf(label) => leave(*label),
            Instruction::BrTable(labels, other) => labels.iter().chain([other]).for_each(|label| leave(*label)),
            Instruction::End => {
                open.pop();
            }
            _ => {}
        }
    }
    left
}

/// With neighbours written as one.
fn joined(code: Code, gives: bool) -> Code {
    let mut joined = Joined { code: Code::with_capacity(code.len()), open: Vec::new(), gives };
    let mut rest = code.into_iter().peekable();
    while let Some(instruction) = rest.next() {
        joined.push(instruction, rest.peek().is_none());
    }
    joined.code
}

struct Joined {
    code: Code,
    /// Whether each block around is a loop, from the outermost.
    open: Vec<bool>,
    gives: bool,
}

impl Joined {
    fn push(&mut self, instruction: Instruction<'static>, last: bool) {
        use Instruction as I;
        match &instruction {
            I::Loop(_) => self.open.push(true),
            I::Block(_) | I::If(_) => self.open.push(false),
            I::End => {
                let repeats = self.open.pop().unwrap_or(false);
                self.forget_way_to_end(repeats, last);
            }
            _ => {}
        }
        if matches!(instruction, I::If(_) | I::BrIf(_)) {
            self.plain_condition();
        }
        self.code.push(instruction);
        while self.join() {}
    }

    /// At an end, what only leads there is not needed.
    fn forget_way_to_end(&mut self, repeats: bool, last: bool) {
        let needless = match self.code.last() {
            Some(Instruction::Br(0)) => !repeats && !last,
            Some(Instruction::Return) => last,
            Some(Instruction::Else) => true,
            _ => false,
        };
        if needless {
            self.code.pop();
        }
    }

    /// A condition is not 0, which needs not be said twice.
    fn plain_condition(&mut self) {
        let said = match self.code.as_slice() {
            [.., Instruction::I32Eqz, Instruction::I32Eqz] => 2,
            [.., Instruction::I32Const(0), Instruction::I32Ne] => 2,
            _ => 0,
        };
        self.code.truncate(self.code.len() - said);
    }

    /// Writes the latest instructions as fewer; says whether it did.
    fn join(&mut self) -> bool {
        use Instruction as I;
        let (count, by) = match self.code.as_slice() {
            [.., I::If(_), I::Br(label), I::End] if *label > 0 => (3, Some(I::BrIf(label - 1))),
            [.., I::If(_), I::Return, I::End] if !self.gives => (3, Some(I::BrIf(number(self.open.len())))),
            [.., I::If(_), I::End] => (2, Some(I::Drop)),
            [.., I::I32Const(0), I::I32Eq] => (2, Some(I::I32Eqz)),
            [.., I::I64Const(0), I::I64Eq] => (2, Some(I::I64Eqz)),
            [.., I::I32Const(0), I::I32Add | I::I32Sub | I::I32Or | I::I32Shl] => (2, None),
            [.., I::I64Const(0), I::I64Add | I::I64Sub | I::I64Or | I::I64Shl] => (2, None),
            [.., I::I64ExtendI32S, I::I32WrapI64] => (2, None),
            [.., I::I32Const(_) | I::I64Const(_) | I::LocalGet(_) | I::GlobalGet(_), I::Drop] => (2, None),
            [.., compared, I::I32Eqz] => match opposite(compared) {
                Some(opposite) => (2, Some(opposite)),
                None => return false,
            },
            _ => return false,
        };
        self.code.truncate(self.code.len() - count);
        self.code.extend(by);
        true
    }
}

/// The comparison that holds where another does not.
const fn opposite(compared: &Instruction<'_>) -> Option<Instruction<'static>> {
    use Instruction as I;
    Some(match compared {
        I::I32Eq => I::I32Ne,
        I::I32Ne => I::I32Eq,
        I::I32LtS => I::I32GeS,
        I::I32LtU => I::I32GeU,
        I::I32LeS => I::I32GtS,
        I::I32LeU => I::I32GtU,
        I::I64Eq => I::I64Ne,
        I::I64Ne => I::I64Eq,
        I::I64LtS => I::I64GeS,
        I::I64LtU => I::I64GeU,
        I::I64LeS => I::I64GtS,
        I::I64LeU => I::I64GtU,
        _ => return None,
    })
}

/// The functions, those that are alike as one and those that are called most first; and the new number of each. What those that
/// are `called_from_outside` do not need goes.
pub(super) fn shared(
    mut functions: Vec<(Type, Written)>,
    called_from_outside: &[u32],
) -> (Vec<(Type, wasm_encoder::Function)>, Vec<u32>) {
    let mut same: Vec<u32> = (0..number(functions.len())).collect();
    let mut bytes: Vec<Vec<u8>> = functions.iter().map(|(_, body)| body.function().into_raw_body()).collect();
    while let Some(found) = alike(&functions, &bytes, &same) {
        for ((_, body), bytes) in functions.iter_mut().zip(&mut bytes) {
            if body.call_instead(&found) {
                *bytes = body.function().into_raw_body();
            }
        }
        same = same.iter().map(|at| found.get(*at as usize).copied().unwrap_or(*at)).collect();
    }
    let mut calls = vec![0usize; functions.len()];
    let needed = needed(&functions, called_from_outside, &same);
    let mut called: Vec<u32> =
        (0..number(functions.len())).filter(|at| needed.contains(at) && same.get(*at as usize) == Some(at)).collect();
    for at in &called {
        let code = functions.get(*at as usize).map_or(&[][..], |(_, body)| &body.code);
        for instruction in code {
            if let Instruction::Call(of) = instruction {
                calls.at(*of, |count| *count += 1);
            }
        }
    }
    // Those that are called most have the short numbers. What is about as long is alike, and compresses best side by side.
    called.sort_by_key(|at| core::cmp::Reverse(calls.get(*at as usize).copied()));
    let length = |at: &u32| bytes.get(*at as usize).map(Vec::len);
    called.chunks_mut(SHORT_NUMBERS).take(1).for_each(|short| short.sort_by_key(length));
    if let Some(long) = called.get_mut(SHORT_NUMBERS..) {
        long.sort_by_key(length);
    }
    let mut numbers = same.clone();
    for (new, old) in called.iter().enumerate() {
        numbers.at(*old, |place| *place = number(new));
    }
    let places: Vec<u32> = same.iter().map(|at| numbers.get(*at as usize).copied().unwrap_or(*at)).collect();
    functions.iter_mut().for_each(|(_, body)| _ = body.call_instead(&places));
    let in_order = called.iter().filter_map(|at| functions.get(*at as usize));
    (in_order.map(|(of, body)| (of.clone(), body.function())).collect(), places)
}

/// The functions that some call, and those that these call.
fn needed(functions: &[(Type, Written)], from: &[u32], same: &[u32]) -> std::collections::BTreeSet<u32> {
    let mut waiting: Vec<u32> = from.iter().filter_map(|at| same.get(*at as usize).copied()).collect();
    let mut needed = std::collections::BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if needed.insert(at) {
            let code = functions.get(at as usize).map_or(&[][..], |(_, body)| &body.code);
            waiting.extend(code.iter().filter_map(|i| if let Instruction::Call(of) = i { Some(*of) } else { None }));
        }
    }
    needed
}

/// For each function the first that is the same; nothing where none is but those known already.
fn alike(functions: &[(Type, Written)], bytes: &[Vec<u8>], same: &[u32]) -> Option<Vec<u32>> {
    let mut known: BTreeMap<(&[u8], &Type), u32> = BTreeMap::new();
    let all = (0..).zip(functions.iter().zip(bytes));
    let found: Vec<u32> = all.map(|(at, ((of, _), bytes))| *known.entry((bytes, of)).or_insert(at)).collect();
    (found != same).then_some(found)
}

impl Written {
    /// Calls others; gives whether it called any of those that go.
    fn call_instead(&mut self, numbers: &[u32]) -> bool {
        let mut changed = false;
        for instruction in &mut self.code {
            if let Instruction::Call(at) = instruction {
                let before = *at;
                *at = numbers.get(*at as usize).copied().unwrap_or(*at);
                changed |= *at != before;
            }
        }
        changed
    }
}
