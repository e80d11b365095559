//! What libraries declare: tables, scales, dated values, calendars, procedures.

use super::{DateLiteral, DayOfYear, DottedName, Expr, GroupEntry, Name, Number, Parameter, Span, Text, Type, Weekday};

/// `NAME = table(PARAMETERS) : TYPE [verified until DATE] { … }` or `… from "file.csv"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: DottedName,
    /// What it is read by.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub ty: Option<Type>,
    /// The last day on which its figures were checked.
    pub verified_until: Option<DateLiteral>,
    /// Its rows.
    pub body: TableBody,
}

/// Where the rows of a table stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableBody {
    /// `{ pattern, pattern => result … }`
    Rows(Vec<Row>),
    /// `{ from DATE { rows } … }`: the rows of the last date that has come.
    Dated(Vec<DatedRows>),
    /// `from "file.csv"`
    File(Text),
}

/// `from DATE { rows }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedRows {
    /// The first day on which they hold.
    pub from: DateLiteral,
    /// The rows.
    pub rows: Vec<Row>,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// `pattern, pattern => result`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One per parameter: a literal, a name, names joined by `|`, a range, or `_`.
    pub patterns: Vec<Expr>,
    /// What the table gives.
    pub result: Expr,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// `NAME = steps(PARAMETER : money) : money { … }`: a fee scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Its name.
    pub name: DottedName,
    /// What it is read by: the amount.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub ty: Option<Type>,
    /// The last day on which its figures were checked.
    pub verified_until: Option<DateLiteral>,
    /// Its rows.
    pub body: StepsBody,
}

/// Where the rows of a scale stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepsBody {
    /// `{ … }`
    Rows(Vec<StepRow>),
    /// `{ from DATE { rows } … }`
    Dated(Vec<DatedSteps>),
}

/// `from DATE { rows }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedSteps {
    /// The first day on which they hold.
    pub from: DateLiteral,
    /// The rows.
    pub rows: Vec<StepRow>,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// One row of a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Which.
    pub kind: StepRowKind,
    /// The fee, or what is added for each further part begun.
    pub amount: Expr,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The rows of a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepRowKind {
    /// `..500 EUR => FEE`
    UpTo(Expr),
    /// `each 500 EUR [to 2_000 EUR] => + FEE`
    Each {
        /// The size of a part.
        part: Expr,
        /// Up to where; without end if left out.
        to: Option<Expr>,
    },
}

/// `NAME = value : TYPE [verified until DATE] { from DATE => VALUE … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name.
    pub name: DottedName,
    /// Its type.
    pub ty: Type,
    /// The last day on which its figures were checked.
    pub verified_until: Option<DateLiteral>,
    /// In source order.
    pub rows: Vec<ValueRow>,
}

/// `from DATE => VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// The first day on which it holds.
    pub from: DateLiteral,
    /// The value.
    pub value: Expr,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// `calendar NAME ["Title"] [extends NAME, …] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarDeclaration {
    /// Its name: `de.nw`.
    pub name: DottedName,
    /// Its title.
    pub title: Option<Text>,
    /// The calendars whose days it has besides.
    pub extends: Vec<DottedName>,
    /// In source order.
    pub entries: Vec<CalendarEntry>,
}

/// One line of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Which.
    pub kind: CalendarEntryKind,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The kinds of line in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarEntryKind {
    /// `weekend saturday, sunday`
    Weekend(Vec<Weekday>),
    /// `holiday …`
    Holiday(Holiday),
    /// `recess ["Title"] A .. B`: nothing is filed or served from A to B, both included.
    Recess {
        /// Its title.
        title: Option<Text>,
        /// A.
        from: DayRule,
        /// B.
        to: DayRule,
        /// In which years.
        years: Option<Years>,
    },
    /// `post D`: how long a letter takes.
    Post(Expr),
    /// Could not be read, and was reported.
    Broken,
}

/// `holiday DAY ["Title"] [, on saturday the day before]… [from YEAR] [until YEAR] [in YEAR, …]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Which day.
    pub day: DayRule,
    /// Its title.
    pub title: Option<Text>,
    /// Where it goes when it falls on a day of the weekend.
    pub shifts: Vec<Shift>,
    /// In which years.
    pub years: Option<Years>,
}

/// A rule that gives one day in each year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRule {
    /// Which.
    pub kind: DayRuleKind,
    /// Where it stands.
    pub span: Span,
}

/// The rules that give a day in each year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayRuleKind {
    /// `1 november`
    Fixed(DayOfYear),
    /// `easter`, `easter + 60 days`: days from Easter Sunday, negative before it.
    Easter(i32),
    /// `third monday of january`
    NthWeekday {
        /// `first` to `fifth`, or `last`.
        nth: Nth,
        /// The day of the week.
        weekday: Weekday,
        /// 1 to 12.
        month: u8,
    },
    /// `wednesday before 23 november`: the last one before that day.
    WeekdayBefore {
        /// The day of the week.
        weekday: Weekday,
        /// That day, not included.
        day: DayOfYear,
    },
    /// `monday after 1 may`: the first one after that day.
    WeekdayAfter {
        /// The day of the week.
        weekday: Weekday,
        /// That day, not included.
        day: DayOfYear,
    },
    /// `2026-05-01`: once.
    Once(DateLiteral),
}

/// Which of the weekdays of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nth {
    /// `first` (1) to `fifth` (5).
    Nth(u8),
    /// `last`
    Last,
}

/// `on saturday the day before`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The day of the week that it would fall on.
    pub on: Weekday,
    /// Where it goes: -1 the day before, 1 the day after.
    pub days: i8,
    /// All of it.
    pub span: Span,
}

/// The years in which a holiday is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Years {
    /// `from 1986`, `until 1994`, `from 1954 until 1990`: both included.
    Between {
        /// The first.
        from: Option<Number>,
        /// The last.
        until: Option<Number>,
    },
    /// `in 2017, 2024`
    In(Vec<Number>),
}

/// `procedure NAME(PARAMETERS) exits A, B { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// Its name.
    pub name: DottedName,
    /// Its title.
    pub title: Option<Text>,
    /// Read once, on entry.
    pub parameters: Vec<Parameter>,
    /// The ways out that the caller maps.
    pub exits: Vec<Name>,
    /// Stages, triggers and `leaving`, in source order.
    pub entries: Vec<GroupEntry>,
}
