//! Code under construction: values that are computed where they stand, and the body of one function.
//!
//! A [`Val`] is a tree of pure operations and loads; nothing happens until a [`Body`] writes it. What must be read now,
//! because something changes it later, is kept by [`Body::keep`].

use super::changes::{CHANGED, Part};
use super::shorten::Written;
use std::rc::Rc;
use wasm_encoder::{BlockType, Instruction, MemArg, ValType};

/// The width of a value: everything is an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    /// Flags, numbers of things, days, positions.
    I32,
    /// Amounts, rates, instants, and any value of the language.
    I64,
}

impl Width {
    pub(super) const fn of_wasm(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
        }
    }
}

/// A value. What stands for itself is told at once; what is computed is shared.
#[derive(Clone, Debug)]
pub(super) struct Val(Node);

#[derive(Clone, Debug)]
enum Node {
    Const32(i32),
    Const64(i64),
    Local(u32, Width),
    Global(u32, Width),
    Load(Rc<Cell>),
    Bin(Bin, Rc<(Val, Val)>),
    Wrap(Rc<Val>),
    Extend(Rc<Val>),
    Not(Rc<Val>),
    Select(Rc<[Val; 3]>),
}

/// An operation on two values of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bin {
    Add,
    Sub,
    Mul,
    DivS,
    DivU,
    RemS,
    RemU,
    And,
    Or,
    Xor,
    Shl,
    ShrS,
    ShrU,
    Eq,
    Ne,
    LtS,
    LtU,
    LeS,
    LeU,
}

/// How a number lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One byte, from 0.
    U8,
    /// Two bytes, from 0.
    U16,
    /// Four bytes.
    I32,
    /// Eight bytes.
    I64,
}

impl Form {
    /// Its size in bytes, which is its alignment too.
    pub(super) const fn size(self) -> u32 {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::I32 => 4,
            Self::I64 => 8,
        }
    }

    /// The width of its value.
    pub(super) const fn width(self) -> Width {
        match self {
            Self::I64 => Width::I64,
            _ => Width::I32,
        }
    }
}

/// A number in memory.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    base: Val,
    offset: u32,
    form: Form,
    part: Part,
}

impl Cell {
    /// The number at a position, and so many bytes after it.
    pub(super) fn new(base: &Val, offset: u32, form: Form) -> Self {
        // What a position lies beyond a local goes with the instruction that reads it.
        if let Node::Bin(Bin::Add, sides) = &base.0
            && let (local @ Val(Node::Local(..)), by) = &**sides
            && let Some(by) = by.constant().and_then(|by| u32::try_from(by).ok())
        {
            return Self { base: local.clone(), offset: offset + by, form, part: Part::NONE };
        }
        Self { base: base.clone(), offset, form, part: Part::NONE }
    }

    /// The same, where it belongs to a part of a case: who changes it changes the part.
    pub(super) fn of(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// Its value, read where it is used.
    pub(super) fn get(&self) -> Val {
        Val(Node::Load(Rc::new(self.clone())))
    }

    /// The number that lies so many bytes after it.
    pub(super) fn beside(&self, bytes: u32, form: Form) -> Self {
        Self { base: self.base.clone(), offset: self.offset + bytes, form, part: self.part }
    }

    /// Where it lies.
    pub(super) fn position(&self) -> Val {
        self.base.add(i32::try_from(self.offset).unwrap_or(i32::MAX))
    }

    fn arg(&self) -> MemArg {
        MemArg { offset: self.offset.into(), align: 0, memory_index: 0 }
    }

    fn load(&self) -> Instruction<'static> {
        match self.form {
            Form::U8 => Instruction::I32Load8U(self.arg()),
            Form::U16 => Instruction::I32Load16U(self.arg()),
            Form::I32 => Instruction::I32Load(self.arg()),
            Form::I64 => Instruction::I64Load(self.arg()),
        }
    }

    fn store(&self) -> Instruction<'static> {
        match self.form {
            Form::U8 => Instruction::I32Store8(self.arg()),
            Form::U16 => Instruction::I32Store16(self.arg()),
            Form::I32 => Instruction::I32Store(self.arg()),
            Form::I64 => Instruction::I64Store(self.arg()),
        }
    }
}

impl From<i32> for Val {
    fn from(number: i32) -> Self {
        Self(Node::Const32(number))
    }
}

impl From<i64> for Val {
    fn from(number: i64) -> Self {
        Self(Node::Const64(number))
    }
}

impl From<&Val> for Val {
    fn from(value: &Val) -> Self {
        value.clone()
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident $op:ident)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(&self, other: impl Into<Val>) -> Val {
            Val::of_two(Bin::$op, self, &other.into())
        }
    )*};
}

impl Val {
    /// The operation, or what is known of it already.
    fn of_two(op: Bin, left: &Self, right: &Self) -> Self {
        let known = match (&left.0, &right.0) {
            (Node::Const32(l), Node::Const32(r)) => op.of_narrow(*l, *r).map(Self::from),
            (Node::Const64(l), Node::Const64(r)) => op.of_wide(*l, *r).map(Self::from),
            (Node::Bin(Bin::Add, sides), Node::Const32(more)) if op == Bin::Add => {
                let (base, by) = &**sides;
                by.constant().map(|by| base.add(by.wrapping_add(*more)))
            }
            (_, Node::Const32(0) | Node::Const64(0)) => op.with_nothing(left),
            (Node::Const32(0) | Node::Const64(0), _) if op.swaps() => op.with_nothing(right),
            (_, Node::Const32(1)) => op.with_true(left),
            (Node::Const32(1), _) if op.swaps() => op.with_true(right),
            _ => None,
        };
        known.unwrap_or_else(|| Self(Node::Bin(op, Rc::new((left.clone(), right.clone())))))
    }

    /// A narrow constant.
    fn constant(&self) -> Option<i32> {
        match self.0 {
            Node::Const32(number) => Some(number),
            _ => None,
        }
    }

    /// Whether it is 0 or 1.
    fn is_condition(&self) -> bool {
        match &self.0 {
            Node::Const32(number) => matches!(number, 0 | 1),
            Node::Not(_) => true,
            Node::Bin(Bin::And | Bin::Or, sides) => sides.0.is_condition() && sides.1.is_condition(),
            Node::Bin(op, ..) => op.compares(),
            _ => false,
        }
    }

    /// A global.
    pub(super) fn global(at: u32, width: Width) -> Self {
        Self(Node::Global(at, width))
    }

    /// Its width.
    pub(super) fn width(&self) -> Width {
        match &self.0 {
            Node::Const32(_) | Node::Wrap(_) | Node::Not(_) => Width::I32,
            Node::Const64(_) | Node::Extend(_) => Width::I64,
            Node::Local(_, width) | Node::Global(_, width) => *width,
            Node::Load(cell) => cell.form.width(),
            Node::Bin(op, sides) if !op.compares() => sides.0.width(),
            Node::Bin(..) => Width::I32,
            Node::Select(three) => three[1].width(),
        }
    }

    operations! {
        /// The sum, modulo the width: where it could be too large, [`super::numbers::plus`] looks.
        add Add
        /// The difference, modulo the width.
        sub Sub
        /// The product, modulo the width.
        mul Mul
        /// The quotient, towards zero.
        div DivS
        /// The quotient of two numbers without sign.
        div_u DivU
        /// The rest, with the sign of the left.
        rem RemS
        /// The rest of two numbers without sign.
        rem_u RemU
        /// The bits of both; of two conditions: both hold, and both are computed.
        and And
        /// The bits of either; of two conditions: one holds, and both are computed.
        or Or
        /// The bits of one.
        xor Xor
        /// Shifted up.
        shl Shl
        /// Shifted down, with its sign.
        shr ShrS
        /// Shifted down, without sign.
        shr_u ShrU
        /// Equal.
        eq Eq
        /// Not equal.
        ne Ne
        /// Less.
        lt LtS
        /// Less, without sign.
        lt_u LtU
        /// Less or equal.
        le LeS
        /// Less or equal, without sign.
        le_u LeU
    }

    /// More.
    pub(super) fn gt(&self, other: impl Into<Val>) -> Val {
        other.into().lt(self)
    }

    /// More or equal.
    pub(super) fn ge(&self, other: impl Into<Val>) -> Val {
        other.into().le(self)
    }

    /// 1 where it is 0, else 0.
    pub(super) fn not(&self) -> Val {
        match &self.0 {
            Node::Const32(number) => i32::from(*number == 0).into(),
            Node::Not(condition) if condition.is_condition() => (**condition).clone(),
            _ => Val(Node::Not(Rc::new(self.clone()))),
        }
    }

    /// The lower half of a wide value.
    pub(super) fn narrow(&self) -> Val {
        match &self.0 {
            Node::Extend(narrow) => (**narrow).clone(),
            Node::Const64(number) => {
                i32::try_from(*number).map_or_else(|_| Val(Node::Wrap(Rc::new(self.clone()))), Val::from)
            }
            _ => Val(Node::Wrap(Rc::new(self.clone()))),
        }
    }

    /// The same number, wide, with its sign.
    pub(super) fn wide(&self) -> Val {
        match self.constant() {
            Some(number) => i64::from(number).into(),
            None => Val(Node::Extend(Rc::new(self.clone()))),
        }
    }

    /// It where the condition holds, else the other; both are computed.
    pub(super) fn or_else(&self, condition: &Val, other: impl Into<Val>) -> Val {
        match condition.constant() {
            Some(0) => other.into(),
            Some(_) => self.clone(),
            None => Val(Node::Select(Rc::new([condition.clone(), self.clone(), other.into()]))),
        }
    }

    /// The smaller of two.
    pub(super) fn min(&self, other: impl Into<Val>) -> Val {
        let other = other.into();
        self.or_else(&self.lt(&other), other)
    }

    /// The larger of two.
    pub(super) fn max(&self, other: impl Into<Val>) -> Val {
        let other = other.into();
        self.or_else(&other.lt(self), other)
    }

    fn write(&self, code: &mut Vec<Instruction<'static>>) {
        match &self.0 {
            Node::Const32(number) => code.push(Instruction::I32Const(*number)),
            Node::Const64(number) => code.push(Instruction::I64Const(*number)),
            Node::Local(at, _) => code.push(Instruction::LocalGet(*at)),
            Node::Global(at, _) => code.push(Instruction::GlobalGet(*at)),
            Node::Load(cell) => {
                cell.base.write(code);
                code.push(cell.load());
            }
            Node::Bin(op, sides) => {
                sides.0.write(code);
                sides.1.write(code);
                code.push(op.instruction(sides.0.width()));
            }
            Node::Wrap(value) => {
                value.write(code);
                code.push(Instruction::I32WrapI64);
            }
            Node::Extend(value) => {
                value.write(code);
                code.push(Instruction::I64ExtendI32S);
            }
            Node::Not(value) => {
                value.write(code);
                code.push(match value.width() {
                    Width::I32 => Instruction::I32Eqz,
                    Width::I64 => Instruction::I64Eqz,
                });
            }
            Node::Select(three) => {
                let [condition, value, other] = &**three;
                value.write(code);
                other.write(code);
                condition.write(code);
                code.push(Instruction::Select);
            }
        }
    }
}

impl Bin {
    /// Whether its sides may be swapped.
    const fn swaps(self) -> bool {
        matches!(self, Self::Add | Self::Mul | Self::And | Self::Or | Self::Xor)
    }

    /// The operation of a value and 0, where that needs none.
    fn with_nothing(self, value: &Val) -> Option<Val> {
        match self {
            Self::Add | Self::Sub | Self::Or | Self::Xor | Self::Shl | Self::ShrS | Self::ShrU => Some(value.clone()),
            Self::Mul | Self::And if value.width() == Width::I32 => Some(0.into()),
            Self::Mul | Self::And => Some(0i64.into()),
            Self::Eq => Some(value.not()),
            _ => None,
        }
    }

    /// The operation of a value and a narrow 1, where that needs none.
    fn with_true(self, value: &Val) -> Option<Val> {
        match self {
            Self::Mul | Self::DivS | Self::DivU => Some(value.clone()),
            Self::And if value.is_condition() => Some(value.clone()),
            Self::Or if value.is_condition() => Some(1.into()),
            _ => None,
        }
    }

    fn of_narrow(self, left: i32, right: i32) -> Option<i32> {
        Some(match self {
            Self::Add => left.wrapping_add(right),
            Self::Sub => left.wrapping_sub(right),
            Self::Mul => left.wrapping_mul(right),
            Self::And => left & right,
            Self::Or => left | right,
            Self::Xor => left ^ right,
            Self::Shl => left.wrapping_shl(right.cast_unsigned()),
            Self::Eq => (left == right).into(),
            Self::Ne => (left != right).into(),
            Self::LtS => (left < right).into(),
            Self::LeS => (left <= right).into(),
            _ => return None,
        })
    }

    /// Arithmetic alone: what compares gives a narrow value.
    fn of_wide(self, left: i64, right: i64) -> Option<i64> {
        Some(match self {
            Self::Add => left.wrapping_add(right),
            Self::Sub => left.wrapping_sub(right),
            Self::Mul => left.wrapping_mul(right),
            Self::And => left & right,
            Self::Or => left | right,
            Self::Xor => left ^ right,
            _ => return None,
        })
    }

    const fn compares(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::LtS | Self::LtU | Self::LeS | Self::LeU)
    }

    const fn instruction(self, width: Width) -> Instruction<'static> {
        match (self, width) {
            (Self::Add, Width::I32) => Instruction::I32Add,
            (Self::Sub, Width::I32) => Instruction::I32Sub,
            (Self::Mul, Width::I32) => Instruction::I32Mul,
            (Self::DivS, Width::I32) => Instruction::I32DivS,
            (Self::DivU, Width::I32) => Instruction::I32DivU,
            (Self::RemS, Width::I32) => Instruction::I32RemS,
            (Self::RemU, Width::I32) => Instruction::I32RemU,
            (Self::And, Width::I32) => Instruction::I32And,
            (Self::Or, Width::I32) => Instruction::I32Or,
            (Self::Xor, Width::I32) => Instruction::I32Xor,
            (Self::Shl, Width::I32) => Instruction::I32Shl,
            (Self::ShrS, Width::I32) => Instruction::I32ShrS,
            (Self::ShrU, Width::I32) => Instruction::I32ShrU,
            (Self::Eq, Width::I32) => Instruction::I32Eq,
            (Self::Ne, Width::I32) => Instruction::I32Ne,
            (Self::LtS, Width::I32) => Instruction::I32LtS,
            (Self::LtU, Width::I32) => Instruction::I32LtU,
            (Self::LeS, Width::I32) => Instruction::I32LeS,
            (Self::LeU, Width::I32) => Instruction::I32LeU,
            (Self::Add, Width::I64) => Instruction::I64Add,
            (Self::Sub, Width::I64) => Instruction::I64Sub,
            (Self::Mul, Width::I64) => Instruction::I64Mul,
            (Self::DivS, Width::I64) => Instruction::I64DivS,
            (Self::DivU, Width::I64) => Instruction::I64DivU,
            (Self::RemS, Width::I64) => Instruction::I64RemS,
            (Self::RemU, Width::I64) => Instruction::I64RemU,
            (Self::And, Width::I64) => Instruction::I64And,
            (Self::Or, Width::I64) => Instruction::I64Or,
            (Self::Xor, Width::I64) => Instruction::I64Xor,
            (Self::Shl, Width::I64) => Instruction::I64Shl,
            (Self::ShrS, Width::I64) => Instruction::I64ShrS,
            (Self::ShrU, Width::I64) => Instruction::I64ShrU,
            (Self::Eq, Width::I64) => Instruction::I64Eq,
            (Self::Ne, Width::I64) => Instruction::I64Ne,
            (Self::LtS, Width::I64) => Instruction::I64LtS,
            (Self::LtU, Width::I64) => Instruction::I64LtU,
            (Self::LeS, Width::I64) => Instruction::I64LeS,
            (Self::LeU, Width::I64) => Instruction::I64LeU,
        }
    }
}

/// So many bytes are copied or cleared where they are, a number after the other; more by one instruction, for which an engine calls
/// a function of its own.
const FEW: u32 = 160;

/// The numbers that so many bytes are: where each lies.
fn pieces(length: u32) -> impl Iterator<Item = (u32, Form)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let form = [Form::I64, Form::I32, Form::U16, Form::U8].into_iter().find(|form| form.size() <= length - at)?;
        at += form.size();
        Some((at - form.size(), form))
    })
}

/// A function that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Func {
    /// Its number in the module.
    pub(super) at: u32,
    /// What it gives back.
    pub(super) result: Option<Width>,
    /// Whether it may fail: then every call of it looks.
    pub(super) fails: bool,
}

/// A place to leave towards: the end of a block, or the begin of a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label(u32);

/// A local that changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Var(u32, Width);

impl Var {
    /// Its value, read where it is used.
    pub(super) fn get(self) -> Val {
        Val(Node::Local(self.0, self.1))
    }
}

/// The global that says what failed in the call under way; 0 is nothing.
pub(super) const FAULT: u32 = 0;
/// The global that says what the fault is about.
pub(super) const FAULT_ABOUT: u32 = 1;
/// The global that says how many turns of loops the call under way may still take.
pub(super) const TURNS: u32 = 2;
/// How many turns of loops that no list bounds a call may take: a hundred thousand timers take some millions. A call that takes
/// more is a fault of this compiler, and traps.
const MOST_TURNS: i32 = 1 << 28;

/// The body of a function, as it is written.
#[derive(Debug)]
pub(super) struct Body {
    code: Vec<Instruction<'static>>,
    params: Vec<Width>,
    locals: Vec<Width>,
    depth: u32,
    result: Option<Width>,
    /// Whether it calls what may fail: its declaration must say so.
    pub(super) calls_what_fails: bool,
}

impl Body {
    pub(super) fn new(params: &[Width], result: Option<Width>) -> Self {
        let code = vec![Instruction::Block(BlockType::Empty)];
        Self { code, params: params.to_vec(), locals: Vec::new(), depth: 1, result, calls_what_fails: false }
    }

    /// An argument, from 0.
    pub(super) fn arg(&self, at: usize) -> Val {
        let width = self.params.get(at).copied().unwrap_or(Width::I32);
        Val(Node::Local(number(at), width))
    }

    fn local(&mut self, width: Width) -> u32 {
        self.locals.push(width);
        number(self.params.len() + self.locals.len() - 1)
    }

    /// Reads a value now, and keeps it.
    pub(super) fn keep(&mut self, value: impl Into<Val>) -> Val {
        self.var(value).get()
    }

    /// A local that changes, and its first value.
    pub(super) fn var(&mut self, value: impl Into<Val>) -> Var {
        let value = value.into();
        let var = Var(self.local(value.width()), value.width());
        self.set(var, value);
        var
    }

    /// Changes a local.
    pub(super) fn set(&mut self, var: Var, value: impl Into<Val>) {
        value.into().write(&mut self.code);
        self.code.push(Instruction::LocalSet(var.0));
    }

    /// Changes a global.
    pub(super) fn set_global(&mut self, at: u32, value: impl Into<Val>) {
        value.into().write(&mut self.code);
        self.code.push(Instruction::GlobalSet(at));
    }

    /// Writes a number into memory.
    pub(super) fn store(&mut self, cell: &Cell, value: impl Into<Val>) {
        self.changes(cell.part);
        cell.base.write(&mut self.code);
        value.into().write(&mut self.code);
        self.code.push(cell.store());
    }

    /// A part of the case is about to change.
    pub(super) fn changes(&mut self, part: Part) {
        let bits = part.changes();
        if bits != 0 && !self.said_to_change(bits) {
            self.set_global(CHANGED, Val::global(CHANGED, Width::I32).or(bits));
        }
    }

    /// Whether these bits of [`CHANGED`] were just set on every way to here, and no call came between.
    fn said_to_change(&self, bits: i32) -> bool {
        for pair in self.code.windows(3).rev() {
            match pair {
                [Instruction::I32Const(set), Instruction::I32Or, Instruction::GlobalSet(CHANGED)]
                    if set & bits == bits =>
                {
                    return true;
                }
                [.., Instruction::Call(_) | Instruction::CallIndirect { .. }] => return false,
                [.., Instruction::End | Instruction::Else | Instruction::Loop(_)] => return false,
                _ => {}
            }
        }
        false
    }

    /// Copies bytes; the two places may overlap.
    pub(super) fn copy(&mut self, to: impl Into<Val>, from: impl Into<Val>, length: impl Into<Val>) {
        to.into().write(&mut self.code);
        from.into().write(&mut self.code);
        length.into().write(&mut self.code);
        self.code.push(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
    }

    /// Sets bytes to 0.
    pub(super) fn clear(&mut self, at: impl Into<Val>, length: u32) {
        if length <= FEW {
            let at = self.keep(at);
            pieces(length).for_each(|(offset, form)| match form {
                Form::I64 => self.store(&Cell::new(&at, offset, form), 0i64),
                _ => self.store(&Cell::new(&at, offset, form), 0),
            });
            return;
        }
        at.into().write(&mut self.code);
        self.code.push(Instruction::I32Const(0));
        Val::from(length.cast_signed()).write(&mut self.code);
        self.code.push(Instruction::MemoryFill(0));
    }

    /// Copies so many bytes to a place that does not overlap theirs.
    pub(super) fn copy_apart(&mut self, to: impl Into<Val>, from: impl Into<Val>, length: u32) {
        let (to, from) = (self.keep(to), self.keep(from));
        if length > FEW {
            return self.copy(to, from, length.cast_signed());
        }
        pieces(length)
            .for_each(|(offset, form)| self.store(&Cell::new(&to, offset, form), Cell::new(&from, offset, form).get()));
    }

    /// Does it where the condition is not 0.
    pub(super) fn when(&mut self, condition: impl Into<Val>, then: impl FnOnce(&mut Self)) {
        let condition = condition.into();
        match condition.constant() {
            Some(0) => {}
            Some(_) => then(self),
            None => {
                condition.write(&mut self.code);
                self.open(Instruction::If(BlockType::Empty));
                then(self);
                self.close();
            }
        }
    }

    /// Does the one or the other.
    pub(super) fn either(
        &mut self,
        condition: impl Into<Val>,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        let condition = condition.into();
        if let Some(known) = condition.constant() {
            if known == 0 {
                otherwise(self)
            } else {
                then(self)
            }
            return;
        }
        condition.write(&mut self.code);
        self.open(Instruction::If(BlockType::Empty));
        then(self);
        self.code.push(Instruction::Else);
        otherwise(self);
        self.close();
    }

    /// One value or the other; only one is computed.
    pub(super) fn choose(
        &mut self,
        condition: impl Into<Val>,
        then: impl FnOnce(&mut Self) -> Val,
        otherwise: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        let condition = condition.into();
        if let Some(known) = condition.constant() {
            let value = if known == 0 { otherwise(self) } else { then(self) };
            return self.keep(value);
        }
        condition.write(&mut self.code);
        self.open(Instruction::If(BlockType::Empty));
        let value = then(self);
        let var = Var(self.local(value.width()), value.width());
        self.set(var, value);
        self.code.push(Instruction::Else);
        let value = otherwise(self);
        self.set(var, value);
        self.close();
        var.get()
    }

    /// A block that can be left towards its end.
    pub(super) fn block(&mut self, inside: impl FnOnce(&mut Self, Label)) {
        self.open(Instruction::Block(BlockType::Empty));
        let label = Label(self.depth);
        inside(self, label);
        self.close();
    }

    /// Does it as long as the condition holds. Each turn counts: nothing goes on for ever.
    pub(super) fn while_(&mut self, condition: impl FnOnce(&mut Self) -> Val, inside: impl FnOnce(&mut Self)) {
        self.repeat(condition, |b| {
            let turns = Val::global(TURNS, Width::I32);
            b.set_global(TURNS, turns.sub(1));
            b.when(turns.not(), |b| b.code.push(Instruction::Unreachable));
            inside(b);
        });
    }

    /// A call from outside begins: it may take all turns.
    pub(super) fn begin_turns(&mut self) {
        self.set_global(TURNS, MOST_TURNS);
    }

    fn repeat(&mut self, condition: impl FnOnce(&mut Self) -> Val, inside: impl FnOnce(&mut Self)) {
        self.block(|b, end| {
            b.open(Instruction::Loop(BlockType::Empty));
            let again = Label(b.depth);
            let holds = condition(b);
            b.leave_when(end, holds.not());
            inside(b);
            b.leave(again);
            b.close();
        });
    }

    /// Does it with each number from 0 to `count`, that one not included; `count` is read once.
    pub(super) fn each(&mut self, count: impl Into<Val>, inside: impl FnOnce(&mut Self, Val)) {
        let count = self.keep(count);
        let at = self.var(0);
        self.repeat(
            |_| at.get().lt(&count),
            |b| {
                inside(b, at.get());
                b.set(at, at.get().add(1));
            },
        );
    }

    /// One of several bodies, by a number from 0; none of them where it is out of range.
    pub(super) fn switch(&mut self, number_of: impl Into<Val>, bodies: Vec<Box<dyn FnOnce(&mut Self) + '_>>) {
        let count = number(bodies.len());
        // One block for each body around the next, and one around all.
        (0..=count).for_each(|_| self.open(Instruction::Block(BlockType::Empty)));
        number_of.into().write(&mut self.code);
        // The innermost block ends before the first body; the outermost is the way out.
        self.code.push(Instruction::BrTable((0..count).collect::<Vec<_>>().into(), count));
        let end = self.depth - count;
        for body in bodies {
            self.close();
            body(self);
            self.leave(Label(end));
        }
        self.close();
    }

    /// Goes on after the end of a block.
    pub(super) fn leave(&mut self, label: Label) {
        self.code.push(Instruction::Br(self.depth - label.0));
    }

    /// Goes on after the end of a block where the condition holds.
    pub(super) fn leave_when(&mut self, label: Label, condition: impl Into<Val>) {
        let condition = condition.into();
        match condition.constant() {
            Some(0) => {}
            Some(_) => self.leave(label),
            None => {
                condition.write(&mut self.code);
                self.code.push(Instruction::BrIf(self.depth - label.0));
            }
        }
    }

    /// Ends the function.
    pub(super) fn give(&mut self, value: impl Into<Val>) {
        value.into().write(&mut self.code);
        self.code.push(Instruction::Return);
    }

    /// Ends a function that gives nothing back.
    pub(super) fn end(&mut self) {
        self.code.push(Instruction::Return);
    }

    /// Ends the function, and with it every one that called it, down to the export: it failed.
    pub(super) fn fail(&mut self, fault: impl Into<Val>) {
        self.calls_what_fails = true;
        self.set_global(FAULT, fault);
        self.code.push(Instruction::Br(self.depth - 1));
    }

    /// Calls a function, and gives its result; where it gives none, 0.
    pub(super) fn call(&mut self, func: Func, args: &[Val]) -> Val {
        args.iter().for_each(|arg| arg.write(&mut self.code));
        self.code.push(Instruction::Call(func.at));
        let result = func.result.map(|width| Var(self.local(width), width));
        if let Some(var) = result {
            self.code.push(Instruction::LocalSet(var.0));
        }
        if func.fails {
            self.calls_what_fails = true;
            self.code.push(Instruction::GlobalGet(FAULT));
            self.code.push(Instruction::BrIf(self.depth - 1));
        }
        result.map_or(Val::from(0), Var::get)
    }

    /// The same, and a failure does not end this function: whoever calls looks at [`FAULT`].
    pub(super) fn try_call(&mut self, func: Func, args: &[Val]) -> Val {
        self.call(Func { fails: false, ..func }, args)
    }

    fn open(&mut self, instruction: Instruction<'static>) {
        self.code.push(instruction);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.code.push(Instruction::End);
        self.depth -= 1;
    }

    /// The function as it was written.
    pub(super) fn finish(mut self) -> Written {
        self.code.push(Instruction::End);
        match self.result {
            Some(Width::I32) => self.code.push(Instruction::I32Const(0)),
            Some(Width::I64) => self.code.push(Instruction::I64Const(0)),
            None => {}
        }
        self.code.push(Instruction::End);
        let widths = self.params.iter().chain(&self.locals).copied().collect();
        Written { code: self.code, params: self.params.len(), widths, gives: self.result.is_some(), whole: false }
    }
}

/// A count of things in one module, which 32 bits hold.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
