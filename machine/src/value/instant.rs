//! Points in time.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::text::{TimeTextError, digits};
use super::{Date, Overflow, TimeOfDay};

/// Seconds since 1970-01-01T00:00:00Z, from 1900-01-02 to the end of 2299-12-30.
///
/// The range is a day shorter than that of [`Date`] at both ends, so that every instant has a date in every zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub struct Instant(i64);

pub(super) const DAY: i64 = 86_400;

impl Instant {
    /// 1900-01-02T00:00:00Z.
    pub const FIRST: Instant = Instant((Date::FIRST.days() as i64 + 1) * DAY);
    /// 2299-12-30T23:59:59Z.
    pub const LAST: Instant = Instant(Date::LAST.days() as i64 * DAY - 1);

    /// From seconds since the epoch; `None` outside the range.
    #[inline]
    pub const fn from_seconds(seconds: i64) -> Option<Instant> {
        if seconds >= Instant::FIRST.0 && seconds <= Instant::LAST.0 { Some(Instant(seconds)) } else { None }
    }

    /// Seconds since the epoch; negative before.
    #[inline]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// `seconds` later, or earlier if negative.
    ///
    /// # Errors
    /// [`Overflow::Date`] outside the range.
    #[inline]
    pub fn add_seconds(self, seconds: i64) -> Result<Instant, Overflow> {
        self.0.checked_add(seconds).and_then(Instant::from_seconds).ok_or(Overflow::Date)
    }

    /// `hours` of elapsed time later, or earlier if negative.
    ///
    /// # Errors
    /// [`Overflow::Date`] outside the range.
    pub fn add_hours(self, hours: i32) -> Result<Instant, Overflow> {
        self.add_seconds(i64::from(hours) * 3600)
    }

    /// Reads RFC 3339: `2026-01-20T10:15:00+01:00` or `…Z`. A fraction of a second is cut off.
    ///
    /// # Errors
    /// Says whether the form, the day or the year is wrong.
    pub fn parse(text: &str) -> Result<Instant, TimeTextError> {
        let (day, clock) = text.split_once(['T', 't']).ok_or(TimeTextError::NotAnInstant)?;
        let date = Date::parse(day).map_err(|error| match error {
            TimeTextError::NotADate => TimeTextError::NotAnInstant,
            other => other,
        })?;
        let (time, offset) = read_clock(clock).ok_or(TimeTextError::NotAnInstant)?;
        let seconds = i64::from(date.days()) * DAY + i64::from(time.seconds()) - i64::from(offset);
        Instant::from_seconds(seconds).ok_or(TimeTextError::YearOutOfRange)
    }

    /// Prints the clock of a place `offset` seconds ahead of UTC: `2026-01-20T10:15:00+01:00`.
    pub fn display(self, offset: i32) -> impl fmt::Display {
        AtOffset { instant: self, offset }
    }

    /// Day and seconds since midnight where clocks are `offset` seconds, less than a day, ahead of UTC.
    #[must_use]
    #[inline]
    pub fn at_offset(self, offset: i32) -> (Date, u32) {
        let local = self.0 + i64::from(offset);
        // OK because a rest of 86,400 fits, and the range leaves a day for the offset.
        (Date::nearest(local.div_euclid(DAY)), local.rem_euclid(DAY) as u32)
    }
}

/// Reads what follows the `T`: the time and how many seconds it is ahead of UTC.
fn read_clock(text: &str) -> Option<(TimeOfDay, i32)> {
    let (time, rest) = text.split_at_checked(8)?;
    let time = TimeOfDay::parse(time).ok().filter(|time| *time < TimeOfDay::END)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    Some((time, read_offset(zone)?))
}

fn read_offset(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let (sign, clock) = text.split_at_checked(1)?;
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2).filter(|h| *h < 24)?, digits(minutes, 2).filter(|m| *m < 60)?);
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

struct AtOffset {
    instant: Instant,
    offset: i32,
}

impl AtOffset {
    fn write_local(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, seconds) = self.instant.at_offset(self.offset);
        write!(f, "{date}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl fmt::Display for AtOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_local(f)?;
        let (sign, minutes) = (if self.offset < 0 { '-' } else { '+' }, self.offset.unsigned_abs() / 60);
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// In UTC: `2026-01-20T09:15:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        AtOffset { instant: *self, offset: 0 }.write_local(f)?;
        f.write_str("Z")
    }
}

impl From<Instant> for i64 {
    fn from(instant: Instant) -> i64 {
        instant.0
    }
}

impl TryFrom<i64> for Instant {
    type Error = Overflow;

    fn try_from(seconds: i64) -> Result<Instant, Overflow> {
        Instant::from_seconds(seconds).ok_or(Overflow::Date)
    }
}
