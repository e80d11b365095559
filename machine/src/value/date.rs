//! Days of the Gregorian calendar, their arithmetic, and the days that move with the year.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Overflow;
use super::text::{TimeTextError, digits};

/// A day, counted from 1970-01-01, in the years 1900 to 2299.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i32", try_from = "i32")]
pub struct Date(i32);

/// A day as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// 1900 to 2299.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// From the first of March of the year 0 to 1970-01-01. Years that begin in March end in the leap day.
const MARCH_ZERO: i32 = 719_468;

impl Date {
    /// 1900-01-01.
    pub const FIRST: Date = Date(days_since_epoch(1900, 1, 1));
    /// 2299-12-31.
    pub const LAST: Date = Date(days_since_epoch(2299, 12, 31));

    /// That day, or `None` if there is none or its year lies outside 1900 to 2299.
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let exists = year >= 1900 && year <= 2299 && day >= 1 && day <= days_in_month(year, month);
        if exists { Some(Date(days_since_epoch(year, month, day))) } else { None }
    }

    /// From days since 1970-01-01; `None` outside the years 1900 to 2299.
    #[inline]
    pub const fn from_days(days: i32) -> Option<Date> {
        if days >= Date::FIRST.0 && days <= Date::LAST.0 { Some(Date(days)) } else { None }
    }

    /// Days since 1970-01-01; negative before.
    #[inline]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Year, month and day.
    pub const fn civil(self) -> Civil {
        // OK because no date is before 1900: every term is positive, so `/` and `%` round down.
        let quarters = 4 * (self.0 + MARCH_ZERO) + 3;
        let century = quarters / 146_097;
        let quarters = quarters % 146_097 / 4 * 4 + 3;
        let (year, day) = (100 * century + quarters / 1461, quarters % 1461 / 4);
        // From March on, five months have 153 days: 31 30 31 30 31.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        Civil { year, month: month as u8, day: day as u8 }
    }

    /// The year, 1900 to 2299.
    pub const fn year(self) -> i32 {
        self.civil().year
    }

    /// The day of the week.
    #[inline]
    pub const fn weekday(self) -> Weekday {
        // The epoch was a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }

    /// `days` later, or earlier if negative.
    ///
    /// # Errors
    /// [`Overflow::Date`] outside the years 1900 to 2299, as for every operation here.
    #[inline]
    pub fn add_days(self, days: i32) -> Result<Date, Overflow> {
        self.0.checked_add(days).and_then(Date::from_days).ok_or(Overflow::Date)
    }

    /// The same day of the month `months` later, or that month's last day if it has none (§ 188 (3) BGB).
    /// It does not stick: for a series, always count from the first day.
    ///
    /// # Errors
    /// [`Overflow::Date`].
    pub fn add_months(self, months: i32) -> Result<Date, Overflow> {
        let Civil { year, month, day } = self.civil();
        let months = (year * 12 + i32::from(month) - 1).checked_add(months).ok_or(Overflow::Date)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u8 + 1);
        Date::new(year, month, day.min(days_in_month(year, month))).ok_or(Overflow::Date)
    }

    /// The same day `years` later; 29 February becomes the 28th where there is none.
    ///
    /// # Errors
    /// [`Overflow::Date`].
    pub fn add_years(self, years: i32) -> Result<Date, Overflow> {
        self.add_months(years.checked_mul(12).ok_or(Overflow::Date)?)
    }

    /// The last day of its month.
    pub const fn end_of_month(self) -> Date {
        let Civil { year, month, day } = self.civil();
        Date(self.0 + (days_in_month(year, month) - day) as i32)
    }

    /// 31 December of its year.
    pub const fn end_of_year(self) -> Date {
        Date(days_since_epoch(self.civil().year, 12, 31))
    }

    /// The last such weekday before this day, never the day itself.
    ///
    /// # Errors
    /// [`Overflow::Date`].
    pub fn weekday_before(self, weekday: Weekday) -> Result<Date, Overflow> {
        let back = (self.weekday().number() + 6 - weekday.number()) % 7 + 1;
        self.add_days(-i32::from(back))
    }

    /// The first such weekday after this day, never the day itself.
    ///
    /// # Errors
    /// [`Overflow::Date`].
    pub fn weekday_after(self, weekday: Weekday) -> Result<Date, Overflow> {
        let ahead = (weekday.number() + 6 - self.weekday().number()) % 7 + 1;
        self.add_days(i32::from(ahead))
    }

    /// Reads `2026-01-05`.
    ///
    /// # Errors
    /// Says whether the form is wrong, the day does not exist, or the year is out of range.
    pub fn parse(text: &str) -> Result<Date, TimeTextError> {
        let (year, month, day) = read(text).ok_or(TimeTextError::NotADate)?;
        if !(1900..=2299).contains(&year) {
            return Err(TimeTextError::YearOutOfRange);
        }
        Date::new(year, month, day).ok_or(TimeTextError::NoSuchDay)
    }

    /// The day with that count, or the first or last that can be counted.
    #[inline]
    pub(super) fn nearest(days: i64) -> Date {
        let days = days.clamp(i64::from(Date::FIRST.0), i64::from(Date::LAST.0));
        // OK because the bounds are days, which have 32 bits.
        Date(days as i32)
    }
}

fn read(text: &str) -> Option<(i32, u8, u8)> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    Some((
        i32::try_from(digits(year, 4)?).ok()?,
        u8::try_from(digits(month, 2)?).ok()?,
        u8::try_from(digits(day, 2)?).ok()?,
    ))
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day } = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl From<Date> for i32 {
    fn from(date: Date) -> i32 {
        date.0
    }
}

impl TryFrom<i32> for Date {
    type Error = Overflow;

    fn try_from(days: i32) -> Result<Date, Overflow> {
        Date::from_days(days).ok_or(Overflow::Date)
    }
}

const fn days_since_epoch(year: i32, month: u8, day: u8) -> i32 {
    let (year, month) = if month > 2 { (year, month as i32 - 3) } else { (year - 1, month as i32 + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day as i32 - 1 - MARCH_ZERO
}

/// How many days the month has; 0 if there is no such month.
pub const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876); `None` outside 1900 to 2299.
pub fn easter(year: i32) -> Option<Date> {
    let at = usize::try_from(year.checked_sub(FIRST_EASTER)?).ok()?;
    let days = EASTERS.get(at)?;
    Date::from_days(days_since_epoch(year, 3, 1) + i32::from(*days))
}

/// The year of the first of [`EASTERS`].
const FIRST_EASTER: i32 = 1900;

/// Days from 1 March to Easter Sunday, by year.
const EASTERS: [u8; 400] = {
    let mut days = [0; 400];
    let mut at = 0;
    while at < days.len() {
        days[at] = days_to_easter(FIRST_EASTER + at as i32);
        at += 1;
    }
    days
};

/// Days from 1 March to Easter Sunday of that year.
const fn days_to_easter(year: i32) -> u8 {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let lunar_shift = (century - (century + 8) / 25 + 1) / 3;
    let full_moon = (19 * golden + century - century / 4 - lunar_shift + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - full_moon - rest % 4) % 7;
    let late = (golden + 11 * full_moon + 22 * to_sunday) / 451;
    let day = full_moon + to_sunday - 7 * late + 114;
    // `day / 31` is the month, 3 or 4, and `day % 31` the day of it, from 0. OK because both are below 62.
    ((day / 31 - 3) * 31 + day % 31) as u8
}

/// The `n`th (1 to 5) such weekday of the month; `None` if the month has no fifth, or does not exist.
pub fn nth_weekday(year: i32, month: u8, n: u8, weekday: Weekday) -> Option<Date> {
    let first = Date::new(year, month, 1)?;
    let ahead = (weekday.number() + 7 - first.weekday().number()) % 7;
    Date::new(year, month, n.checked_sub(1)?.checked_mul(7)?.checked_add(ahead + 1)?)
}

/// The last such weekday of the month; `None` if the month does not exist.
pub fn last_weekday(year: i32, month: u8, weekday: Weekday) -> Option<Date> {
    nth_weekday(year, month, 5, weekday).or_else(|| nth_weekday(year, month, 4, weekday))
}

/// A day of the week, from Monday, 1, to Sunday, 7 (ISO 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday = 1,
    Tuesday = 2,
    Wednesday = 3,
    Thursday = 4,
    Friday = 5,
    Saturday = 6,
    Sunday = 7,
}

impl Weekday {
    /// From Monday to Sunday.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// 1 for Monday to 7 for Sunday.
    #[inline]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The weekday with that number, 1 for Monday to 7 for Sunday.
    pub fn from_number(number: u8) -> Option<Weekday> {
        Weekday::ALL.into_iter().find(|weekday| weekday.number() == number)
    }

    /// Its name in the language: `monday`.
    pub const fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of weekdays, such as a weekend; the lowest bit is Monday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Weekdays(u8);

impl Weekdays {
    /// No day.
    pub const NONE: Weekdays = Weekdays(0);
    /// Every day.
    pub const ALL: Weekdays = Weekdays(0b111_1111);
    /// The weekend of most countries.
    pub const SATURDAY_SUNDAY: Weekdays = Weekdays::NONE.with(Weekday::Saturday).with(Weekday::Sunday);

    /// These days and `weekday`.
    #[must_use]
    pub const fn with(self, weekday: Weekday) -> Weekdays {
        Weekdays(self.0 | 1 << (weekday.number() - 1))
    }

    /// Whether `weekday` is one of these days.
    #[inline]
    pub const fn contains(self, weekday: Weekday) -> bool {
        self.0 >> (weekday.number() - 1) & 1 == 1
    }
}
