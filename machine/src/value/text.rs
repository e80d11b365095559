//! What all written dates, times and durations share: their digits and their errors.

use core::fmt;

/// Why a text is not a date, a time, an instant or a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeTextError {
    /// Not of the form `2026-01-05`.
    NotADate,
    /// Of the right form, but the month has no such day.
    NoSuchDay,
    /// A year before 1900 or after 2299.
    YearOutOfRange,
    /// Not of the form `08:00`, or past `24:00`.
    NotATime,
    /// Not of the form `2026-01-20T10:15:00+01:00`.
    NotAnInstant,
    /// Not of the form `14 days`.
    NotADuration,
}

impl fmt::Display for TimeTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotADate => "this is not a date; write year, month and day: 2026-01-05",
            Self::NoSuchDay => "there is no such day",
            Self::YearOutOfRange => "the year lies outside 1900 to 2299, which Dunlin can count",
            Self::NotATime => "this is not a time of day; write hours and minutes: 08:00",
            Self::NotAnInstant => "this is not an instant; write date, time and offset: 2026-01-20T10:15:00+01:00",
            Self::NotADuration => {
                "this is not a duration; write a number from 1 and a unit: 14 days (or hours, working days, weeks, months, years)"
            }
        })
    }
}

impl core::error::Error for TimeTextError {}

/// The value of `text` if it is exactly `len` digits.
pub(super) fn digits(text: &str, len: usize) -> Option<u32> {
    let plain = text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
