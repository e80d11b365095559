//! Why a value could not be computed.

use core::fmt;

/// A result that Dunlin cannot count. The step that meets it fails and leaves its case unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// An amount, a rate or a number beyond 64 bits.
    Amount,
    /// A day or an instant outside the years 1900 to 2299.
    Date,
    /// A calendar in which no day works for more than a year.
    NoWorkingDay,
    /// Hours counted from a date: hours need an instant to start from.
    HoursFromDate,
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Overflow::Amount => "the amount is larger than Dunlin can count",
            Overflow::Date => "the date lies outside the years 1900 to 2299, which Dunlin can count",
            Overflow::NoWorkingDay => "the calendar has no working day within 400 days",
            Overflow::HoursFromDate => "hours cannot be counted from a date; write days, or count from an instant",
        })
    }
}

impl core::error::Error for Overflow {}
