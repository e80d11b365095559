//! When claims are barred (section 7 of the language).

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use super::{EventPattern, ExprId, RuleId};

/// `limitation { … }`: when a claim is barred (§§ 194 ff. BGB).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limitation<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// Periods: the last one counts whose beginning is known and whose condition holds.
    pub periods: Vec<Period<E>>,
    /// What begins the period anew (§ 212 BGB).
    pub restarts: Vec<Restart<E>>,
    /// Days that are not counted (§ 209 BGB).
    pub suspensions: Vec<Suspension<E>>,
}

/// `D from DATE | title [when C]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// How long.
    pub length: E,
    /// Since when.
    pub from: PeriodFrom<E>,
    /// Whether it is this claim's.
    pub when: Option<E>,
}

/// Since when a period runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeriodFrom<E = ExprId> {
    /// The day of the first title.
    Title,
    /// A date, of the claim or of an event; not known: the period has not begun.
    Date(E),
}

/// `restart on EVENT [when C]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// What happens.
    pub on: EventPattern,
    /// Read when it happens.
    pub when: Option<E>,
}

/// `suspend …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// Which days are not counted.
    pub days: SuspendedDays<E>,
    /// Whether it is this claim's.
    pub when: Option<E>,
}

/// The days that a suspension takes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuspendedDays<E = ExprId> {
    /// `while C`: those on which it holds at any time.
    While(E),
    /// `from EVENT until [D after] EVENT`: both ends included.
    Between {
        /// From the day of this.
        start: EventPattern,
        /// To the day of this, and so long after it.
        until: EventPattern,
        /// How long after.
        delay: Option<E>,
    },
}
