//! Decision tables, values that change by date, fee scales.

use super::{ExprId, RuleId, TextId, Type};
use crate::value::Date;
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
