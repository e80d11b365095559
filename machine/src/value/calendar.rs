//! Holiday calendars as rules, and the counting of working days.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::date::{Civil, Date, Weekday, Weekdays, easter, last_weekday, nth_weekday};
use super::{Duration, Overflow, Unit};

/// The free days of a place, with all that it `extends` already in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Its dotted name: `de.nw`.
    pub name: String,
    /// What people call it: `Nordrhein-Westfalen`.
    pub title: String,
    /// The days of the week that are free.
    pub weekend: Weekdays,
    /// Its holidays; the first that falls on a day names it.
    pub holidays: Vec<HolidayRule>,
    /// When nothing is filed or served.
    pub recesses: Vec<Recess>,
    /// How long a letter travels, for `payable within … after post`.
    pub post: Option<Duration>,
}

/// A holiday that comes every year, or in some years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayRule {
    /// The day that it falls on.
    pub day: DayRule,
    /// The first year that has it.
    pub from_year: Option<i32>,
    /// The last year that has it.
    pub until_year: Option<i32>,
    /// Another day that is free too when it falls on a Saturday.
    pub on_saturday: Option<Shift>,
    /// Another day that is free too when it falls on a Sunday.
    pub on_sunday: Option<Shift>,
    /// What people call it: `Fronleichnam`.
    pub name: String,
}

/// The day that stands in for a holiday on a weekend, as days after it; negative means before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift(pub i8);

impl Shift {
    /// `the day before`.
    pub const BEFORE: Shift = Shift(-1);
    /// `the day after`.
    pub const AFTER: Shift = Shift(1);
}

/// A day that every year has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DayRule {
    /// `1 november`.
    Fixed {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// `easter + 60 days`.
    Easter {
        /// Days after Easter Sunday; negative means before.
        offset: i16,
    },
    /// `third monday of january`.
    Nth {
        /// 1 to 5; a month without a fifth has no such day.
        n: u8,
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: u8,
    },
    /// `last monday of may`.
    Last {
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: u8,
    },
    /// `wednesday before 23 november`, never that day itself.
    WeekdayBefore {
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// `thursday after 4 september`, never that day itself.
    WeekdayAfter {
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// `2020-05-08`, that once.
    Single(Date),
}

/// Days on which nothing is filed or served, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recess {
    /// Its first day.
    pub from: DayRule,
    /// Its last day; earlier in the year than the first, it lies in the next year.
    pub until: DayRule,
    /// The first year in which it begins.
    pub from_year: Option<i32>,
    /// The last year in which it begins.
    pub until_year: Option<i32>,
    /// What people call it: `Betreibungsferien`.
    pub name: String,
}

/// A day with what the rules ask about it, taken apart once.
struct Day {
    date: Date,
    civil: Civil,
    weekday: Weekday,
    /// Days since Easter Sunday of its year; none outside the years that are counted.
    since_easter: Option<i32>,
}

/// Days counted from Easter Sunday that lie in the same year, whenever Easter is.
const SAME_YEAR: core::ops::RangeInclusive<i16> = -80..=250;

impl Day {
    fn of(date: Date) -> Day {
        let civil = date.civil();
        let since_easter = easter(civil.year).map(|sunday| date.days() - sunday.days());
        Day { date, civil, weekday: date.weekday(), since_easter }
    }
}

impl DayRule {
    /// The day of that year; `None` if the year has none.
    pub fn in_year(self, year: i32) -> Option<Date> {
        match self {
            DayRule::Fixed { month, day } => Date::new(year, month, day),
            DayRule::Easter { offset } => easter(year)?.add_days(i32::from(offset)).ok(),
            DayRule::Nth { n, weekday, month } => nth_weekday(year, month, n, weekday),
            DayRule::Last { weekday, month } => last_weekday(year, month, weekday),
            DayRule::WeekdayBefore { weekday, month, day } => Date::new(year, month, day)?.weekday_before(weekday).ok(),
            DayRule::WeekdayAfter { weekday, month, day } => Date::new(year, month, day)?.weekday_after(weekday).ok(),
            DayRule::Single(date) => (date.year() == year).then_some(date),
        }
    }

    fn falls_on(self, day: &Day) -> bool {
        if let DayRule::Easter { offset } = self
            && SAME_YEAR.contains(&offset)
        {
            return day.since_easter == Some(offset.into());
        }
        if !self.could_fall_on(day) {
            return false;
        }
        // Days counted from another one may lie in the year beside that one's.
        let year = day.civil.year;
        let beside = match day.civil.month {
            1 => year - 1,
            12 => year + 1,
            _ => year,
        };
        self.in_year(year) == Some(day.date) || beside != year && self.in_year(beside) == Some(day.date)
    }

    /// A quick no for most days.
    fn could_fall_on(self, day: &Day) -> bool {
        match self {
            DayRule::Fixed { month, day: number } => day.civil.month == month && day.civil.day == number,
            DayRule::Nth { weekday, month, .. } | DayRule::Last { weekday, month } => {
                day.civil.month == month && day.weekday == weekday
            }
            DayRule::WeekdayBefore { weekday, .. } | DayRule::WeekdayAfter { weekday, .. } => day.weekday == weekday,
            DayRule::Easter { offset } => {
                let sunday = day.date.add_days(-i32::from(offset));
                sunday.is_ok_and(|date| date.weekday() == Weekday::Sunday && matches!(date.civil().month, 3 | 4))
            }
            DayRule::Single(date) => date == day.date,
        }
    }
}

impl HolidayRule {
    /// A holiday of every year, with no day standing in for it.
    pub fn every_year(day: DayRule, name: &str) -> HolidayRule {
        let name = String::from(name);
        HolidayRule { day, from_year: None, until_year: None, on_saturday: None, on_sunday: None, name }
    }

    fn falls_on(&self, day: &Day) -> bool {
        self.is_proper_on(day)
            || self.stands_in(day, self.on_saturday, Weekday::Saturday)
            || self.stands_in(day, self.on_sunday, Weekday::Sunday)
    }

    fn is_proper_on(&self, day: &Day) -> bool {
        let year = day.civil.year;
        self.day.falls_on(day)
            && self.from_year.is_none_or(|first| first <= year)
            && self.until_year.is_none_or(|last| year <= last)
    }

    /// The day that the rule of that year gives, where it counts as one.
    fn proper_in(&self, of: i32) -> Option<Date> {
        let date = self.day.in_year(of)?;
        let Civil { year, month, .. } = date.civil();
        let near = year == of || month == 1 && of == year - 1 || month == 12 && of == year + 1;
        let lasts = self.from_year.is_none_or(|first| first <= year) && self.until_year.is_none_or(|last| year <= last);
        (near && lasts).then_some(date)
    }

    /// Whether the holiday proper fell on `weekend`, a shift away. That may be in the year beside.
    fn stands_in(&self, day: &Day, shift: Option<Shift>, weekend: Weekday) -> bool {
        let Some(Shift(days)) = shift else {
            return false;
        };
        let proper = day.date.add_days(-i32::from(days));
        proper.is_ok_and(|date| date.weekday() == weekend && self.is_proper_on(&Day::of(date)))
    }
}

impl Recess {
    fn covers(&self, date: Date) -> bool {
        let year = date.year();
        (year - 1..=year + 1).any(|year| self.of_year(year).is_some_and(|(from, until)| from <= date && date <= until))
    }

    /// The recess that begins in that year.
    fn of_year(&self, year: i32) -> Option<(Date, Date)> {
        let early = self.from_year.is_some_and(|first| year < first);
        if early || self.until_year.is_some_and(|last| last < year) {
            return None;
        }
        let from = self.from.in_year(year)?;
        let until = self.until.in_year(year).filter(|until| from <= *until);
        Some((from, until.or_else(|| self.until.in_year(year + 1))?))
    }
}

/// The longest stretch without a working day that is searched, in days.
const LONGEST_BREAK: i32 = 400;

/// How many days [`Calendar::holidays_from`] looks at, and how many words hold their bits.
pub const STRETCH: i32 = 512;
const WORDS: usize = STRETCH as usize / 64;

impl Calendar {
    /// The calendar of a strategy that names none: Saturday and Sunday are free.
    pub fn weekends_only() -> Calendar {
        Calendar {
            name: String::new(),
            title: String::new(),
            weekend: Weekdays::SATURDAY_SUNDAY,
            holidays: Vec::new(),
            recesses: Vec::new(),
            post: None,
        }
    }

    /// The name of the holiday that falls on that day. One on a weekend stays a holiday beside the day that stands
    /// in for it: on 4 July nobody is called, Saturday or not.
    pub fn is_holiday(&self, date: Date) -> Option<&str> {
        let day = Day::of(date);
        self.holidays.iter().find(|rule| rule.falls_on(&day)).map(|rule| rule.name.as_str())
    }

    /// Which of the [`STRETCH`] days from that one on are holidays, a bit each: what [`Calendar::is_holiday`] says of each, for
    /// much less than as many questions.
    pub fn holidays_from(&self, first: i32) -> [u64; WORDS] {
        let mut bits = [0u64; WORDS];
        let mut set = |date: Date| {
            let at = usize::try_from(date.days() - first).unwrap_or(usize::MAX);
            if let Some(word) = bits.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        };
        // A rule may fall in the year beside its own, and what stands in for it in the year beside that.
        let years = Date::nearest(first.into()).year() - 2..=Date::nearest((first + STRETCH).into()).year() + 2;
        for rule in &self.holidays {
            for proper in years.clone().filter_map(|year| rule.proper_in(year)) {
                set(proper);
                let shift = match proper.weekday() {
                    Weekday::Saturday => rule.on_saturday,
                    Weekday::Sunday => rule.on_sunday,
                    _ => None,
                };
                if let Some(instead) = shift.and_then(|Shift(days)| proper.add_days(days.into()).ok()) {
                    set(instead);
                }
            }
        }
        bits
    }

    /// Whether the day is weekend or holiday.
    pub fn is_free(&self, date: Date) -> bool {
        self.weekend.contains(date.weekday()) || self.is_holiday(date).is_some()
    }

    /// Whether the day is neither weekend nor holiday.
    pub fn is_working_day(&self, date: Date) -> bool {
        !self.is_free(date)
    }

    /// The name of the recess that the day lies in.
    pub fn in_recess(&self, date: Date) -> Option<&str> {
        self.recess_on(date).and_then(|at| self.recesses.get(at)).map(|recess| recess.name.as_str())
    }

    /// The position of the recess that the day lies in; of several, of the first.
    pub fn recess_on(&self, date: Date) -> Option<usize> {
        self.recesses.iter().position(|recess| recess.covers(date))
    }

    /// The day itself if it is a working day, else the first after it (§ 193 BGB).
    ///
    /// # Errors
    /// [`Overflow::NoWorkingDay`] if none comes within 400 days, [`Overflow::Date`] at the end of 2299.
    pub fn next_working_day(&self, date: Date) -> Result<Date, Overflow> {
        self.working_day_from(date, 1)
    }

    /// The `days`th working day after that day, or before it if negative; 0 is the day itself, free or not.
    ///
    /// # Errors
    /// As for [`Calendar::next_working_day`].
    pub fn add_working_days(&self, date: Date, days: i32) -> Result<Date, Overflow> {
        let mut date = date;
        for _ in 0..days.unsigned_abs() {
            date = self.working_day_from(date.add_days(days.signum())?, days.signum())?;
        }
        Ok(date)
    }

    fn working_day_from(&self, date: Date, step: i32) -> Result<Date, Overflow> {
        let mut date = date;
        for _ in 0..LONGEST_BREAK {
            if self.is_working_day(date) {
                return Ok(date);
            }
            date = date.add_days(step)?;
        }
        Err(Overflow::NoWorkingDay)
    }

    /// How many working days lie after `from`, up to and with `to`; negative, counted the other way, if `to` is earlier.
    pub fn working_days_between(&self, from: Date, to: Date) -> i32 {
        if to < from {
            return -self.working_days_in(to.days()..from.days());
        }
        self.working_days_in(from.days() + 1..to.days() + 1)
    }

    fn working_days_in(&self, days: core::ops::Range<i32>) -> i32 {
        days.filter_map(Date::from_days).map(|date| i32::from(self.is_working_day(date))).sum()
    }
}

/// The day a duration after `date`, by `calendar` where it counts working days; the first day is not counted
/// (§ 187 (1), § 188 BGB). A free day at the end stays: whether it moves is the rule's to say.
///
/// # Errors
/// [`Overflow::HoursFromDate`] for hours, [`Overflow::Date`] outside 1900 to 2299, [`Overflow::NoWorkingDay`].
pub fn add(date: Date, duration: Duration, calendar: &Calendar) -> Result<Date, Overflow> {
    let amount = duration.amount();
    match duration.unit() {
        Unit::Hours => Err(Overflow::HoursFromDate),
        Unit::Days => date.add_days(amount),
        Unit::WorkingDays => calendar.add_working_days(date, amount),
        Unit::Weeks => date.add_days(amount.checked_mul(7).ok_or(Overflow::Date)?),
        Unit::Months => date.add_months(amount),
        Unit::Years => date.add_years(amount),
    }
}
