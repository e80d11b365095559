//! Days and clocks as steps ask for them: what a calendar or a zone said once is kept, for it never changes.

use alloc::vec::Vec;
use core::cell::Cell;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::{Calendar, Date, Duration, Instant, Overflow, STRETCH, Unit, Zone};

/// How many stretches of days are kept of a calendar; a later one takes the place of an earlier one.
const STRETCHES: usize = 8;
/// The longest time without a working day that is searched, in days; as in [`Calendar`].
const LONGEST_BREAK: i32 = 400;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What was asked of the calendars and zones of a machine.
#[derive(Debug)]
pub(crate) struct Known {
    holidays: Vec<[Stretch; STRETCHES]>,
    periods: Vec<Periods>,
}

/// The holidays of a stretch of days.
#[derive(Debug)]
struct Stretch {
    /// Its number, counted from the epoch; one that no day has where nothing is known.
    number: Cell<i32>,
    /// A bit for each holiday.
    holidays: [Cell<u64>; 8],
    /// A bit for each working day.
    working: [Cell<u64>; 8],
}

impl Stretch {
    const fn new() -> Self {
        Self {
            number: Cell::new(i32::MIN),
            holidays: [const { Cell::new(0) }; 8],
            working: [const { Cell::new(0) }; 8],
        }
    }
}

/// The times in which the clocks of a zone are not set that were asked for, each wherever it was asked for.
type Periods = [Cell<Period>; PERIODS];

/// How many are kept of a zone; a later one takes the place of an earlier one.
const PERIODS: usize = 64;
/// Seconds that share a place there, as a power of 2: 48 days.
const PLACE: u32 = 22;

const fn nothing_known() -> Periods {
    [const { Cell::new(Period::NONE) }; PERIODS]
}

/// A time in which the clocks of a zone are not set.
#[derive(Clone, Copy, Debug)]
struct Period {
    from: i64,
    until: i64,
    offset: i32,
    /// What the clocks show a day after its begin, and a day before its end, as seconds: between the two no change of the
    /// clocks is near, for no offset is as long as a day.
    clocks: (i64, i64),
}

impl Period {
    /// No time.
    const NONE: Self = Self { from: i64::MAX, until: i64::MIN, offset: 0, clocks: (i64::MAX, i64::MIN) };

    const fn has(self, second: i64) -> bool {
        self.from <= second && second < self.until
    }

    const fn shows(self, clock: i64) -> bool {
        self.clocks.0 <= clock && clock < self.clocks.1
    }
}

impl Known {
    pub(crate) fn of(machine: &Machine) -> Self {
        Self {
            holidays: machine.calendars.iter().map(|_| [const { Stretch::new() }; STRETCHES]).collect(),
            periods: machine.zones.iter().map(|_| nothing_known()).collect(),
        }
    }

    /// The days of a calendar of the machine, by number.
    pub(crate) fn days<'a>(&'a self, at: usize, calendar: &'a Calendar) -> Days<'a> {
        Days { calendar, known: self.holidays.get(at) }
    }

    /// The clocks of a zone of the machine, by number.
    pub(crate) fn clocks<'a>(&'a self, at: usize, zone: &'a Zone) -> Clocks<'a> {
        Clocks { zone, known: self.periods.get(at) }
    }
}

/// A calendar, with what is known of its holidays.
#[derive(Clone, Copy)]
pub(crate) struct Days<'a> {
    calendar: &'a Calendar,
    known: Option<&'a [Stretch; STRETCHES]>,
}

impl Days<'_> {
    /// How long a letter travels.
    pub(crate) const fn post(&self) -> Option<Duration> {
        self.calendar.post
    }

    /// The position of the recess that the day lies in.
    pub(crate) fn recess_on(&self, day: Date) -> Option<usize> {
        self.calendar.recess_on(day)
    }

    /// Whether a holiday falls on that day.
    pub(crate) fn is_holiday(&self, day: Date) -> bool {
        let Some((stretch, word, bit)) = self.find(day.days()) else { return self.calendar.is_holiday(day).is_some() };
        stretch.holidays.get(word).is_some_and(|bits| bits.get() >> bit & 1 == 1)
    }

    /// Whether the day is neither weekend nor holiday.
    fn is_working_day(&self, day: Date) -> bool {
        let Some((stretch, word, bit)) = self.find(day.days()) else { return self.calendar.is_working_day(day) };
        stretch.working.get(word).is_some_and(|bits| bits.get() >> bit & 1 == 1)
    }

    /// The stretch of a day, its word in it, and its bit in that.
    #[inline]
    fn find(&self, day: i32) -> Option<(&Stretch, usize, i32)> {
        let (number, at) = (day.div_euclid(STRETCH), day.rem_euclid(STRETCH));
        let stretch = self.known?.get(usize::try_from(number & 7).ok()?)?;
        if stretch.number.get() != number {
            self.fill(stretch, number);
        }
        Some((stretch, usize::try_from(at / 64).ok()?, at % 64))
    }

    #[cold]
    fn fill(&self, stretch: &Stretch, number: i32) {
        let first = number * STRETCH;
        let holidays = self.calendar.holidays_from(first);
        for ((word, bits), begin) in (0..).zip(holidays).zip((first..).step_by(64)) {
            let is_working = |day: &i32| {
                let weekend = Date::from_days(begin + day).is_some_and(|d| self.calendar.weekend.contains(d.weekday()));
                !weekend && bits >> day & 1 == 0
            };
            let working = (0..64).filter(is_working).fold(0u64, |set, day| set | 1 << day);
            if let (Some(a), Some(b)) = (stretch.holidays.get::<usize>(word), stretch.working.get(word)) {
                a.set(bits);
                b.set(working);
            }
        }
        stretch.number.set(number);
    }

    /// The `n`th working day after a day, n more than 0; none where it is better to go day by day: at the end of the days
    /// that are counted, or through many free days.
    fn nth_working_day(&self, day: Date, n: i32) -> Option<Date> {
        let mut left = u32::try_from(n).ok()?;
        let mut at = day.days() + 1;
        loop {
            let (stretch, word, bit) = self.find(at)?;
            let whole = stretch.working.get(word)?.get();
            let mut bits = whole >> bit;
            if whole == 0 {
                return None;
            }
            if let Some(more) = left.checked_sub(bits.count_ones()).filter(|more| *more > 0) {
                left = more;
                at += 64 - bit;
                continue;
            }
            for _ in 1..left {
                bits &= bits - 1;
            }
            return Date::from_days(at + i32::try_from(bits.trailing_zeros()).ok()?);
        }
    }

    /// The day itself if it is a working day, else the first after it.
    pub(crate) fn next_working_day(&self, day: Date) -> Result<Date, Overflow> {
        self.working_day_from(day, 1)
    }

    /// The `days`th working day after that day, or before it if negative.
    pub(crate) fn add_working_days(&self, day: Date, days: i32) -> Result<Date, Overflow> {
        if days > 0
            && let Some(found) = self.nth_working_day(day, days)
        {
            return Ok(found);
        }
        let mut day = day;
        for _ in 0..days.unsigned_abs() {
            day = self.working_day_from(day.add_days(days.signum())?, days.signum())?;
        }
        Ok(day)
    }

    fn working_day_from(&self, day: Date, step: i32) -> Result<Date, Overflow> {
        let mut day = day;
        for _ in 0..LONGEST_BREAK {
            if self.is_working_day(day) {
                return Ok(day);
            }
            day = day.add_days(step)?;
        }
        Err(Overflow::NoWorkingDay)
    }
}

/// The day a duration after another, as [`dunlin_machine::value::add`] says.
pub(crate) fn add(day: Date, length: Duration, days: Days<'_>) -> Result<Date, Overflow> {
    match length.unit() {
        Unit::WorkingDays => days.add_working_days(day, length.amount()),
        Unit::Days => day.add_days(length.amount()),
        _ => dunlin_machine::value::add(day, length, days.calendar),
    }
}

/// A zone, with the times in which its clocks were not set that were asked for last.
#[derive(Clone, Copy)]
pub(crate) struct Clocks<'a> {
    zone: &'a Zone,
    known: Option<&'a Periods>,
}

impl Clocks<'_> {
    /// The day, and the seconds since midnight.
    #[inline]
    pub(crate) fn local(&self, at: Instant) -> (Date, u32) {
        let known = self.known_at(at.seconds());
        let period = if known.has(at.seconds()) { known } else { self.learn(at, at.seconds()) };
        at.at_offset(period.offset)
    }

    /// The first instant at which the clocks show that time or a later one.
    #[inline]
    pub(crate) fn instant_at(&self, day: Date, second: u32) -> Result<Instant, Overflow> {
        let clock = i64::from(day.days()) * DAY + i64::from(second);
        let known = self.known_at(clock);
        if known.shows(clock) {
            return Instant::from_seconds(clock - i64::from(known.offset)).ok_or(Overflow::Date);
        }
        self.instant_not_known(day, second, clock)
    }

    /// The same where nothing is known of that time, or a change of the clocks is near.
    #[inline(never)]
    fn instant_not_known(&self, day: Date, second: u32, clock: i64) -> Result<Instant, Overflow> {
        if let Some(near) = Instant::from_seconds(clock) {
            let period = self.learn(near, clock);
            if period.shows(clock) {
                return Instant::from_seconds(clock - i64::from(period.offset)).ok_or(Overflow::Date);
            }
        }
        self.zone.instant_at(day, second)
    }

    /// The period that was asked for last near a time; it may not be the one around it.
    #[inline]
    fn known_at(&self, seconds: i64) -> Period {
        self.known.and_then(|known| known.get(place_of(seconds))).map_or(Period::NONE, Cell::get)
    }

    /// Looks up the period around an instant, and keeps it for that time.
    #[inline(never)]
    fn learn(&self, at: Instant, seconds: i64) -> Period {
        let found = self.look_up(at);
        if let Some(place) = self.known.and_then(|known| known.get(place_of(seconds))) {
            place.set(found);
        }
        found
    }

    fn look_up(&self, at: Instant) -> Period {
        let (from, until, offset) = self.zone.steady_around(at);
        Period { from, until, offset, clocks: (from.saturating_add(DAY), until.saturating_sub(DAY)) }
    }
}

/// Where the period of a time is kept.
#[inline]
const fn place_of(seconds: i64) -> usize {
    // OK because what is left are the lowest bits.
    (seconds >> PLACE) as usize % PERIODS
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;
    use dunlin_machine::value::{DayRule, HolidayRule, Weekdays};

    fn known() -> Known {
        let holidays = vec![[const { Stretch::new() }; STRETCHES]];
        Known { holidays, periods: vec![nothing_known()] }
    }

    fn calendar(weekend: Weekdays) -> Calendar {
        let easter = |offset| HolidayRule::every_year(DayRule::Easter { offset }, "easter");
        let fixed = |month, day| HolidayRule::every_year(DayRule::Fixed { month, day }, "fixed");
        let holidays = vec![easter(-2), easter(1), easter(39), fixed(1, 1), fixed(5, 1), fixed(12, 25), fixed(12, 26)];
        Calendar { holidays, weekend, ..Calendar::weekends_only() }
    }

    #[test]
    fn days_are_as_the_calendar_says() {
        for weekend in [Weekdays::SATURDAY_SUNDAY, Weekdays::NONE, Weekdays::ALL] {
            let (known, calendar) = (known(), calendar(weekend));
            let days = known.days(0, &calendar);
            let near_the_ends = (Date::FIRST.days()..).take(40).chain(Date::LAST.days() - 200..=Date::LAST.days());
            for day in near_the_ends.chain((10_000..24_000).step_by(37)).filter_map(Date::from_days) {
                assert_eq!(days.is_holiday(day), calendar.is_holiday(day).is_some(), "{day}");
                assert_eq!(days.next_working_day(day), calendar.next_working_day(day), "{day}");
                for n in [-70, -5, 0, 1, 2, 5, 20, 64, 65, 130, 400] {
                    assert_eq!(days.add_working_days(day, n), calendar.add_working_days(day, n), "{day} {n}");
                }
            }
        }
    }

    #[test]
    fn clocks_are_as_the_zone_says() {
        let changes = vec![(1_000_000_000, 7200), (1_015_000_000, 3600), (1_015_050_000, -3600), (1_100_000_000, 0)];
        let zone = Zone::new(String::from("A"), String::from("B"), 3600, changes).unwrap();
        let known = known();
        let clocks = known.clocks(0, &zone);
        let ends = [Instant::FIRST, Instant::LAST].map(Instant::seconds);
        let near = [1_000_000_000, 1_015_000_000, 1_015_050_000, 1_100_000_000, ends[0], ends[1]];
        let steps = (-400_000..400_000).step_by(3_599);
        for at in steps.flat_map(|step| near.map(|near| near + step)).filter_map(Instant::from_seconds) {
            let (day, second) = zone.local(at);
            assert_eq!(clocks.local(at), (day, second), "{at}");
            for second in [second, 0, 28_800] {
                assert_eq!(clocks.instant_at(day, second), zone.instant_at(day, second), "{at}");
            }
        }
    }
}
