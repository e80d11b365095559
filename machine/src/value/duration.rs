//! Lengths of time in one unit: `36 hours`, `5 working days`, `6 months`.

use core::cmp::Ordering;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::text::TimeTextError;
use super::{Date, Overflow};

/// What a duration counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Elapsed time, whatever the clocks do.
    Hours,
    /// Calendar days.
    Days,
    /// Days that are free neither as weekend nor as holiday.
    WorkingDays,
    /// Seven calendar days.
    Weeks,
    /// To the same day of a later month, or its last (§ 188 BGB).
    Months,
    /// Twelve months.
    Years,
}

impl Unit {
    /// Every unit, in the order in which they are packed.
    pub const ALL: [Unit; 6] = [Unit::Hours, Unit::Days, Unit::WorkingDays, Unit::Weeks, Unit::Months, Unit::Years];

    /// The words of the language for one and for more of it.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Unit::Hours => ("hour", "hours"),
            Unit::Days => ("day", "days"),
            Unit::WorkingDays => ("working day", "working days"),
            Unit::Weeks => ("week", "weeks"),
            Unit::Months => ("month", "months"),
            Unit::Years => ("year", "years"),
        }
    }
}

/// An amount of one unit.
///
/// What an author writes is at least 1; the difference of two dates may be nothing or negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub struct Duration {
    amount: i32,
    unit: Unit,
}

/// Room for the units in a packed duration.
const UNITS: i64 = 8;

impl Duration {
    /// A duration as an author writes it: `None` for an amount of 0 or beyond 31 bits.
    #[inline]
    pub fn new(amount: u32, unit: Unit) -> Option<Duration> {
        let amount = i32::try_from(amount).ok().filter(|amount| *amount >= 1)?;
        Some(Duration { amount, unit })
    }

    /// The days from one date to another; negative if `to` is the earlier. `to - from` in the language.
    pub const fn between(from: Date, to: Date) -> Duration {
        // OK because all dates lie within 150,000 days.
        Duration { amount: to.days() - from.days(), unit: Unit::Days }
    }

    /// How many units.
    #[inline]
    pub const fn amount(self) -> i32 {
        self.amount
    }

    /// What it counts.
    #[inline]
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The same length towards the past, for `DURATION before DATE` and `date - duration`.
    ///
    /// # Errors
    /// [`Overflow::Amount`] for the least amount, which has no counterpart.
    pub fn negated(self) -> Result<Duration, Overflow> {
        let amount = self.amount.checked_neg().ok_or(Overflow::Amount)?;
        Ok(Duration { amount, unit: self.unit })
    }

    /// Which is longer. Only days and weeks, months and years, hours, and working days compare among themselves.
    pub fn compare(self, other: Duration) -> Option<Ordering> {
        let (mine, theirs) = (self.in_least_unit(), other.in_least_unit());
        (mine.1 == theirs.1).then(|| mine.0.cmp(&theirs.0))
    }

    fn in_least_unit(self) -> (i64, Unit) {
        let amount = i64::from(self.amount);
        match self.unit {
            Unit::Weeks => (amount * 7, Unit::Days),
            Unit::Years => (amount * 12, Unit::Months),
            unit => (amount, unit),
        }
    }

    /// As one number, the form that the machine computes with and stores. Its order means nothing.
    pub const fn pack(self) -> i64 {
        self.amount as i64 * UNITS + self.unit as i64
    }

    /// Back from [`Duration::pack`]; `None` for a number that no duration packs to.
    #[inline]
    pub fn unpack(packed: i64) -> Option<Duration> {
        let amount = i32::try_from(packed.div_euclid(UNITS)).ok()?;
        let unit = Unit::ALL.into_iter().find(|unit| *unit as i64 == packed.rem_euclid(UNITS))?;
        Some(Duration { amount, unit })
    }

    /// Reads `1 day`, `14 days`, `5 working days`.
    ///
    /// # Errors
    /// [`TimeTextError::NotADuration`].
    pub fn parse(text: &str) -> Result<Duration, TimeTextError> {
        read(text).ok_or(TimeTextError::NotADuration)
    }
}

fn read(text: &str) -> Option<Duration> {
    let (amount, word) = text.split_once(' ')?;
    let plain = amount.bytes().all(|b| b.is_ascii_digit());
    let amount = plain.then(|| amount.parse().ok()).flatten()?;
    let unit = Unit::ALL.into_iter().find(|unit| word == unit.words().0 || word == unit.words().1)?;
    Duration::new(amount, unit)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, more) = self.unit.words();
        write!(f, "{} {}", self.amount, if self.amount.unsigned_abs() == 1 { one } else { more })
    }
}

impl From<Duration> for i64 {
    fn from(duration: Duration) -> i64 {
        duration.pack()
    }
}

impl TryFrom<i64> for Duration {
    type Error = TimeTextError;

    fn try_from(packed: i64) -> Result<Duration, TimeTextError> {
        Duration::unpack(packed).ok_or(TimeTextError::NotADuration)
    }
}
