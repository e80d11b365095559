//! Decision tables, values that change by date, fee scales.

use super::{ExprId, RuleId, TextId, Type};
use crate::value::Date;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `NAME = table(…) : T { … }`: rows from the top, the first that matches counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table<E = ExprId> {
    /// Its name.
    pub name: TextId,
    /// Columns.
    pub columns: Vec<(TextId, Type)>,
    /// What it gives.
    pub result: Type,
    /// Whether its first column is the day as of which it is read.
    pub by_day: bool,
    /// The last day for which somebody checked its rows; after it the trace says `provisional`.
    pub verified_until: Option<Date>,
    /// Rows.
    pub rows: Vec<Row<E>>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// One pattern a column.
    pub patterns: Vec<Pattern>,
    /// What the row gives; it reads no columns.
    pub result: E,
}

/// What a column's value must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// Anything.
    Any,
    /// Between two values, both included; open where none is given.
    Between(Option<i64>, Option<i64>),
    /// One of several values.
    OneOf(Vec<i64>),
    /// Between two amounts, both included, for a case in each currency, in the order of the strategy's currencies.
    Amounts(Vec<(Option<i64>, Option<i64>)>),
}

/// `NAME = value : T verified until DATE { from DATE => V … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// The day from which each value holds, in order.
    pub rows: Vec<(Date, i64)>,
    /// The last day for which somebody checked the figures; after it the trace says `provisional`.
    pub verified_until: Option<Date>,
    /// Later rows, added beside the machine: no part of its stored form or of its hash.
    #[serde(skip)]
    pub added: Option<AddedRows>,
}

/// Later rows of a dated value, from a file of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedRows {
    /// The file that they stand in, which the trace names.
    pub file: String,
    /// The day from which each value holds, in order; all of them later than the machine's own rows.
    pub rows: Vec<(Date, i64)>,
    /// The last day for which somebody checked the value with these rows; none: the machine's own says it.
    pub verified_until: Option<Date>,
}

/// What a dated value is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The value.
    pub value: i64,
    /// Whether the day lies after the last one for which somebody checked the value.
    pub provisional: bool,
    /// Whether the value stands in an added row.
    pub added: bool,
}

impl Dated {
    /// What it is on a day; none before its first row.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<Figure> {
        let added = self.added.as_ref();
        let later = added.and_then(|added| row_on(&added.rows, day));
        let value = later.or_else(|| row_on(&self.rows, day))?;
        let verified_until = added.and_then(|added| added.verified_until).or(self.verified_until);
        let provisional = verified_until.is_some_and(|until| day > until);
        Some(Figure { value, provisional, added: later.is_some() })
    }
}

/// The value of the last row that begins on the day or before it.
fn row_on(rows: &[(Date, i64)], day: Date) -> Option<i64> {
    let after = rows.partition_point(|(from, _)| *from <= day);
    rows.get(after.checked_sub(1)?).map(|(_, value)| *value)
}

/// `NAME = steps(amount : money) : money { … }`: a fee scale, so much more for each further part begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Its name.
    pub name: TextId,
    /// Its versions, by the day from which each holds.
    pub versions: Vec<ScaleRows>,
    /// The last day for which somebody checked the figures; after it the trace says `provisional`.
    pub verified_until: Option<Date>,
}

/// One version of a fee scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaleRows {
    /// Where it stands.
    pub rule: RuleId,
    /// The day from which it holds; none of the only version, which always does.
    pub from: Option<Date>,
    /// The first row: up to this amount, in minor units.
    pub up_to: i64,
    /// Its fee, in minor units.
    pub fee: i64,
    /// What further parts add, from low to high.
    pub parts: Vec<ScalePart>,
}

/// `each PART to END => + MORE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalePart {
    /// Where it stands.
    pub rule: RuleId,
    /// The size of a part, in minor units, above 0; one that is begun counts whole.
    pub part: i64,
    /// Up to this amount; none in the last row alone.
    pub to: Option<i64>,
    /// What each part adds, in minor units.
    pub more: i64,
}
