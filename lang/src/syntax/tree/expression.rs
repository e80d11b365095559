//! Expressions, literals, types and the names of events, as written.

use super::{DottedName, Name, Span};

/// A value, a condition or a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands; parentheses around it are not part of it.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `2.50 EUR`, `5 working days`, `"DE-NW"`, …
    Literal(Literal),
    /// A name, dotted or not: `score`, `debtor.kind`, `served.on`, `gold`, `yes`.
    Name(DottedName),
    /// `tone_of(segment, 1)`, `costs(dunning)`, `sent(demand)`, `min(a, b)`.
    Call {
        /// What is called.
        function: DottedName,
        /// What stands in the parentheses.
        arguments: Vec<Argument>,
    },
    /// `fee(x) at DATE`: a dated value as of a day.
    At {
        /// The dated value or table reading.
        value: Box<Expr>,
        /// The day.
        date: Box<Expr>,
    },
    /// `-x`, `not x`.
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`, `a < b`, `a and b`, …; `is` is `=`.
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Where the operator itself stands.
        operator_span: Span,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `x from a to b`, `x between a and b`: both ends included.
    Between {
        /// What is compared.
        value: Box<Expr>,
        /// The lower bound.
        low: Box<Expr>,
        /// The upper bound.
        high: Box<Expr>,
    },
    /// `x in (a, b)`.
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// Where; at least one.
        options: Vec<Expr>,
    },
    /// `debtor.age known`.
    Known(Box<Expr>),
    /// `had served`, `had insolvency(opened)`.
    Had(EventPattern),
    /// `dispute open`.
    DisputeOpen,
    /// `promise open`.
    PromiseOpen,
    /// `plan active`.
    PlanActive,
    /// `in STAGE`; several with `|`.
    InStage(Vec<DottedName>),
    /// `been in STAGE`; several with `|`.
    BeenIn(Vec<DottedName>),
    /// `if c then a else b`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The value where it holds.
        then: Box<Expr>,
        /// The value where it does not.
        otherwise: Box<Expr>,
    },
    /// `50 EUR | 60 CHF` (one amount per currency) or `gold | risk` (*or*): two or more.
    Alternatives(Vec<Expr>),
    /// `a..b`, `a..`, `..b`, both ends included; only in patterns, types and hours.
    Range {
        /// The lower end, if there is one.
        low: Option<Box<Expr>>,
        /// The upper end, if there is one.
        high: Option<Box<Expr>>,
    },
    /// `_`: anything; only in patterns.
    Anything,
}

/// An argument of a call, a form or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// `claim` in `claim = principal`; arguments by position have none.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// Both.
    pub span: Span,
}

/// A literal in the author's own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number, never negative: the minus before it is a `Unary`.
    Number {
        /// As written: `5_000`.
        digits: String,
        /// Its value; one that is too large was reported, and is 0 here.
        value: i64,
    },
    /// `5_000.00 EUR`. Whether the currency has that many decimals, the checker knows.
    Money {
        /// As written, underscores included; see [`plain_digits`].
        digits: String,
        /// Three capital letters.
        currency: Name,
    },
    /// `5 %`, `0.25 points`.
    Rate {
        /// As written, underscores included; see [`plain_digits`].
        digits: String,
        /// Percent or percentage points.
        unit: RateUnit,
    },
    /// `5 working days`. In `per day` and `every week` the amount is left out, and `digits` is empty.
    Duration {
        /// As written, or empty.
        digits: String,
        /// At least 1; one that is 0 or too large was reported, and is 1 here.
        amount: u32,
        /// What is counted.
        unit: DurationUnit,
    },
    /// `2026-01-05`: a day that exists.
    Date(DateLiteral),
    /// `08:00`: 00:00 to 24:00.
    Time(TimeLiteral),
    /// `"DE-NW"`, escapes resolved.
    Text(String),
}

/// The digits of a literal without the underscores that group them.
pub fn plain_digits(digits: &str) -> String {
    digits.chars().filter(|c| *c != '_').collect()
}

/// What a rate is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// `%`
    Percent,
    /// `points`: percentage points.
    Points,
}

/// What a duration counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DurationUnit {
    /// Elapsed hours.
    Hours,
    /// Calendar days.
    Days,
    /// Days that are neither weekend nor holiday in the calendar.
    WorkingDays,
    /// Seven calendar days.
    Weeks,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
}

/// A day of the Gregorian calendar that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateLiteral {
    /// 0001 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Where it stands.
    pub span: Span,
}

/// A time of the day; 24:00 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLiteral {
    /// 0 to 24.
    pub hour: u8,
    /// 0 to 59; 0 where the hour is 24.
    pub minute: u8,
    /// Where it stands.
    pub span: Span,
}

/// A whole number where the grammar wants just that: `version 3`, `up to 3 attempts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// As written.
    pub digits: String,
    /// Its value; one that is too large was reported, and is 0 here.
    pub value: i64,
    /// Where it stands.
    pub span: Span,
}

/// `-` and `not`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-x`
    Minus,
    /// `not x`
    Not,
}

/// Operators between two values, in rising order of binding: `or`, `and`, comparisons, `+ -`, `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `=`, `is`
    Equal,
    /// `is not`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

/// `dispute_resolved(upheld)`: an event, with what its parameters must be or are bound to.
///
/// In the parentheses stands a value (must match), a name (a value of the parameter's type, else bound to it),
/// names joined by `|`, or `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPattern {
    /// The event; after `on` it may turn out to be a date such as `deadline` or `served.on`.
    pub name: DottedName,
    /// What stands in the parentheses; trailing ones may be left out.
    pub arguments: Vec<Expr>,
    /// Whether parentheses were written.
    pub parentheses: bool,
    /// All of it.
    pub span: Span,
}

impl EventPattern {
    /// The same words read as a value, for `on DATE` where no event has that name.
    pub fn as_expr(&self) -> Expr {
        let kind = if self.parentheses {
            let argument = |value: &Expr| Argument { name: None, value: value.clone(), span: value.span };
            ExprKind::Call { function: self.name.clone(), arguments: self.arguments.iter().map(argument).collect() }
        } else {
            ExprKind::Name(self.name.clone())
        };
        Expr { kind, span: self.span }
    }
}

/// A type as written after `:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Which.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `money`, `number 0..100`, or the name of a fact whose enumeration is meant.
    Named {
        /// The word.
        name: DottedName,
        /// An `ExprKind::Range` of literals.
        range: Option<Expr>,
    },
    /// `gold | standard | risk`: two or more.
    OneOf(Vec<Name>),
}
