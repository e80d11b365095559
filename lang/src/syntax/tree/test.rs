//! `test` blocks.

use super::{ActionReference, Argument, DateLiteral, DottedName, Expr, Name, Span, Text, TimeLiteral};

/// `test "…" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What it shows.
    pub title: Text,
    /// In source order.
    pub steps: Vec<TestStep>,
}

/// One line of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    /// Which.
    pub kind: TestStepKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of line in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestStepKind {
    /// `case principal M due DATE, …`
    Case(Vec<CaseEntry>),
    /// `open DATE [TIME]`
    Open(Moment),
    /// `at DATE [TIME]: EVENT`
    At {
        /// When the host learns it.
        at: Moment,
        /// The event.
        event: TestEvent,
    },
    /// `until DATE`: to the end of that day.
    Until(DateLiteral),
    /// `expect …`
    Expect(Expect),
    /// Could not be read, and was reported.
    Broken,
}

/// `2026-01-05` or `2026-01-05 10:15`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub date: DateLiteral,
    /// The time; the day's first instant if left out.
    pub time: Option<TimeLiteral>,
}

/// One thing said of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEntry {
    /// Which.
    pub kind: CaseEntryKind,
    /// All of it.
    pub span: Span,
}

/// What a test says of its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseEntryKind {
    /// `principal M due DATE` or `claim M due DATE`
    Claim {
        /// M.
        amount: Expr,
        /// DATE.
        due: DateLiteral,
        /// `kind NAME`
        kind: Option<Name>,
        /// `arose DATE`
        arose: Option<DateLiteral>,
        /// `default on DATE`
        default_on: Option<DateLiteral>,
    },
    /// `costs M as KIND`
    Costs {
        /// M.
        amount: Expr,
        /// KIND.
        kind: Name,
    },
    /// `FACT = V`, `debtor.kind = business`
    Value {
        /// What.
        name: DottedName,
        /// V.
        value: Expr,
    },
    /// `no letter`
    NoChannel(Name),
    /// `no consent phone`
    NoConsent(Name),
}

/// `payment 50.00 EUR`, `dispute_resolved(upheld)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEvent {
    /// The event.
    pub name: Name,
    /// In parentheses, or the one literal that follows the name.
    pub arguments: Vec<Argument>,
    /// All of it.
    pub span: Span,
}

/// `expect …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `expect [no] ACTION NAME [by CHANNEL] [on DATE]`
    Action {
        /// `no`
        no: bool,
        /// ACTION NAME by CHANNEL.
        action: ActionReference,
        /// DATE.
        on: Option<DateLiteral>,
    },
    /// `expect stage S`
    Stage(DottedName),
    /// `expect outcome NAME`
    Outcome(Name),
    /// `expect deadline DATE`
    Deadline(DateLiteral),
    /// `expect held by RULE`: `limit`, `rest`, `allow`, …
    HeldBy(Name),
    /// `expect refused`
    Refused,
    /// `expect QUANTITY V [± V]`
    Quantity {
        /// A name or a call.
        quantity: Expr,
        /// V.
        value: Expr,
        /// How far it may be off.
        tolerance: Option<Expr>,
    },
}
