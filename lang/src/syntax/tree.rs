//! The syntax tree: a `.dun` file as its author wrote it, before any name is looked up.
//!
//! Everything stands in source order. Nothing here has a type or a meaning yet: `on served` may name an event or
//! a date, `demand` a stage or nothing at all. What the parser could not read is `Broken` in its place, already
//! reported, so that the rest of the file can still be checked.

mod action;
mod expression;
mod item;
mod library;
mod terms;
mod test;

pub use action::*;
pub use expression::*;
pub use item::*;
pub use library::*;
pub use terms::*;
pub use test::*;

use std::fmt;

/// A stretch of the source: byte offsets, `end` excluded. Which file it lies in is kept outside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The stretch from `start` up to, not including, `end`.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The shortest stretch that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The offsets as a range into the source text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// `@3..7`: one word, so that a printed tree can be compared with its spans struck out.
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}..{}", self.start, self.end)
    }
}

/// A name as it is looked up: backquotes are taken off, the span still covers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `de.consumer`, `served.on`, or just `demand`: at least one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DottedName {
    /// The names between the dots, in order; never empty.
    pub parts: Vec<Name>,
    /// From the first part to the last.
    pub span: Span,
}

impl DottedName {
    /// The parts with dots between them: `de.consumer`.
    pub fn text(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.text.as_str()).collect();
        parts.join(".")
    }

    /// The only part, where there is just one.
    pub fn single(&self) -> Option<&Name> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A text in double quotes; `value` has its escapes (`\"`, `\\`, `\n`) resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What stands between the quotes.
    pub value: String,
    /// From quote to quote.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct File {
    /// Header lines and declarations, in source order.
    pub items: Vec<Item>,
}

impl File {
    /// The `strategy` line; a file without one is a library.
    pub fn strategy(&self) -> Option<&StrategyLine> {
        self.items.iter().find_map(|item| match &item.kind {
            ItemKind::Strategy(line) => Some(line),
            _ => None,
        })
    }
}

/// One declaration or header line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it declares.
    pub kind: ItemKind,
    /// The `##` lines before it, joined by line breaks, without their marks.
    pub doc: Option<String>,
    /// `law "…"` at its end.
    pub law: Vec<Text>,
    /// From its first word to its last.
    pub span: Span,
}
