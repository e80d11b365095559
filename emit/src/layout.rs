//! How records lie in memory, and how their stored form is written: one list of fields says both.

use super::code::Form;
use std::rc::Rc;

/// What a field holds. The stored form of each is that of the runtime's saved case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Yes or no.
    Bool,
    /// A small number; stored as one byte.
    Byte,
    /// A number of things of the machine, 16 bits; stored in as few bytes as it takes.
    Small,
    /// A number of 32 bits without sign, or a set of channels.
    Plain,
    /// An amount, a text value, or any value.
    Value,
    /// A value that may be missing; 8 bytes, and one that says whether it is there.
    MaybeValue,
    /// A day.
    Day,
    /// A day that may be missing: [`NO_DAY`].
    MaybeDay,
    /// An instant.
    Instant,
    /// An instant that may be missing: [`NO_INSTANT`].
    MaybeInstant,
    /// A name that the host gave: position and length of its bytes.
    Name,
    /// A mark of an event's id: 8 bytes, of which the first two are 0.
    Mark,
    /// The same, or missing: -1.
    MaybeMark,
    /// One of a few words; the number says how many there are.
    Word(u8),
    /// One of a few words, some of which come with a number of 16 bits: a bit for each that does.
    Worded(u8, u32),
    /// The same, or missing: -1.
    MaybeWorded(u8, u32),
}

/// The day that stands for none.
pub(super) const NO_DAY: i32 = i32::MIN;
/// The instant that stands for none.
pub(super) const NO_INSTANT: i64 = i64::MIN;

impl Kind {
    /// The form of its first part in memory.
    pub(super) const fn form(self) -> Form {
        match self {
            Self::Bool | Self::Byte | Self::Word(_) => Form::U8,
            Self::Small => Form::U16,
            Self::Plain | Self::Day | Self::MaybeDay | Self::Name => Form::I32,
            Self::Worded(..) | Self::MaybeWorded(..) => Form::I32,
            Self::Value | Self::MaybeValue | Self::Instant | Self::MaybeInstant => Form::I64,
            Self::Mark | Self::MaybeMark => Form::I64,
        }
    }

    /// Its size in memory, in bytes.
    pub(super) const fn size(self) -> u32 {
        match self {
            Self::MaybeValue => 9,
            Self::Name => 8,
            other => other.form().size(),
        }
    }
}

/// A part of a record, by its place in it, and how it is stored: the parts of a record are stored in their order.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// One value.
    Field(Kind, u32),
    /// A list: where its count stands, where its records begin, and what each is.
    List(ListAt, Rc<[Shape]>),
    /// A record that may be missing, as a list of one at most; its parts by their places in the record around it.
    Maybe(ListAt, Rc<[Shape]>),
    /// What the case remembers of a trigger.
    Slot(u32),
    /// How far a plan has come.
    Phase(u32),
    /// The machine's hash, which is not in memory.
    Hash,
}

/// Where a list lies in a record, and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListAt {
    /// The place of its count, of 16 bits.
    pub(super) count: u32,
    /// The place of its first record.
    pub(super) first: u32,
    /// The size of a record.
    pub(super) size: u32,
    /// How many there may be.
    pub(super) most: u32,
}

impl ListAt {
    /// Whether it lies apart from what is small.
    pub(super) const fn is_long(self) -> bool {
        self.size * self.most > NEAR
    }
}

/// A list of at most so many bytes lies with what is small: copying it is cheaper than asking whether it is empty.
const NEAR: u32 = 256;

/// Lays out a record, part by part: what is small comes before the records of its lists, and those of short lists before those of
/// long ones, so that places are small numbers, and so that one copy takes it all.
#[derive(Debug, Default)]
pub(super) struct Lay {
    /// Where its next small part lies.
    at: u32,
    /// Where the next short list lies, and where those of the record begin.
    near: u32,
    first_near: u32,
    /// Where its next large part lies.
    apart: u32,
    shapes: Vec<Shape>,
}

impl Lay {
    /// A record whose small parts and short lists take so many bytes.
    const fn after(small: u32, near: u32) -> Self {
        Self { at: 0, near: small, first_near: small, apart: small + near, shapes: Vec::new() }
    }

    /// How many bytes its small parts and short lists take.
    pub(super) const fn small(&self) -> u32 {
        self.at + self.near - self.first_near
    }

    /// Takes so many bytes; gives where they begin.
    pub(super) fn bytes(&mut self, size: u32) -> u32 {
        let at = self.at;
        self.at += size;
        at
    }

    /// The same for the records of a list.
    fn bytes_of_list(&mut self, size: u32) -> u32 {
        if size > NEAR {
            return self.bytes_apart(size);
        }
        let at = self.near;
        self.near += size;
        at
    }

    fn bytes_apart(&mut self, size: u32) -> u32 {
        let at = self.apart;
        self.apart += size;
        at
    }

    /// The next part is one value.
    pub(super) fn field(&mut self, kind: Kind) -> u32 {
        let at = self.bytes(kind.size());
        self.shapes.push(Shape::Field(kind, at));
        at
    }

    /// The next part is a list of at most so many records.
    pub(super) fn list(&mut self, most: u32, (size, inner): (u32, Vec<Shape>)) -> ListAt {
        let count = self.bytes(2);
        let list = ListAt { count, first: self.bytes_of_list(size * most), size, most };
        self.shapes.push(Shape::List(list, inner.into()));
        list
    }

    /// The next part is a record that may be missing; gives the place of its byte, and where it begins. The byte after it is
    /// always 0, so that both together count the record as a list counts its own.
    pub(super) fn maybe(&mut self, (size, inner): (u32, Vec<Shape>)) -> (u32, u32) {
        let flag = self.bytes(2);
        let first = self.bytes_of_list(size);
        let inner: Vec<Shape> = inner.into_iter().map(|shape| shape.moved(first)).collect();
        self.shapes.push(Shape::Maybe(ListAt { count: flag, first, size, most: 1 }, inner.into()));
        (flag, first)
    }

    /// The next part is a record; gives where it begins.
    pub(super) fn record(&mut self, (size, inner): (u32, Vec<Shape>)) -> u32 {
        let at = self.bytes(size);
        self.shapes.extend(inner.into_iter().map(|shape| shape.moved(at)));
        at
    }

    /// The next part is a record that has lists; gives where it begins.
    pub(super) fn record_apart(&mut self, (size, inner): (u32, Vec<Shape>)) -> u32 {
        let at = self.bytes_apart(size);
        self.shapes.extend(inner.into_iter().map(|shape| shape.moved(at)));
        at
    }

    /// The next part is stored in a way of its own.
    pub(super) fn own(&mut self, size: u32, shape: impl FnOnce(u32) -> Shape) -> u32 {
        let at = self.bytes(size);
        self.shapes.push(shape(at));
        at
    }

    /// Lays out a record that has lists: what it is made of, and its size and parts.
    pub(super) fn whole<T>(lay: impl Fn(&mut Self) -> T) -> (T, (u32, Vec<Shape>)) {
        let mut first = Self::default();
        lay(&mut first);
        let mut whole = Self::after(first.at, first.near);
        let parts = lay(&mut whole);
        (parts, whole.done())
    }

    /// Its size and its parts.
    pub(super) fn done(self) -> (u32, Vec<Shape>) {
        (self.at.max(self.near).max(self.apart), self.shapes)
    }
}

impl Shape {
    /// The same part of a record that begins so much later.
    fn moved(self, by: u32) -> Self {
        let moved = |list: ListAt| ListAt { count: list.count + by, first: list.first + by, ..list };
        match self {
            Self::Field(kind, at) => Self::Field(kind, at + by),
            Self::List(list, inner) => Self::List(moved(list), inner),
            Self::Maybe(list, inner) => {
                Self::Maybe(moved(list), inner.iter().map(|shape| shape.clone().moved(by)).collect())
            }
            Self::Slot(at) => Self::Slot(at + by),
            Self::Phase(at) => Self::Phase(at + by),
            Self::Hash => Self::Hash,
        }
    }
}

/// Defines a record of plain fields: how it lies, and a cell for each field; and the part of a case that it belongs to, if any.
macro_rules! record {
    ($(#[$doc:meta])* $record:ident { $($field:ident : $kind:expr,)* }) => {
        $crate::layout::record! { $(#[$doc])* $record of NONE { $($field : $kind,)* } }
    };
    ($(#[$doc:meta])* $record:ident of $part:ident { $($field:ident : $kind:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "a record mirrors the runtime's, read or not")]
        pub(super) struct $record { $(pub(super) $field: $crate::code::Cell,)* }

        #[allow(dead_code, reason = "a record mirrors the runtime's, read or not")]
        impl $record {
            /// Its size in memory, and its parts.
            pub(super) fn lay() -> (u32, Vec<$crate::layout::Shape>) {
                let mut lay = $crate::layout::Lay::default();
                $(lay.field($kind);)*
                lay.done()
            }

            /// The record at a position.
            pub(super) fn at(base: &$crate::code::Val) -> Self {
                let mut at = 0;
                let mut next = |kind: $crate::layout::Kind| {
                    let cell = $crate::code::Cell::new(base, at, kind.form()).of($crate::changes::Part::$part);
                    at += kind.size();
                    cell
                };
                Self { $($field: next($kind),)* }
            }
        }
    };
}
pub(super) use record;
