//! The calendar and the clock of the strategy: working days of Nordrhein-Westfalen, days that begin at 08:00 in Berlin.

use dunlin_machine::value::{Civil, Date, Instant, Overflow, Weekday, Zone, easter};

/// When timers of days fall due.
const DAY_BEGINS: u32 = 8 * 3600;

/// A day outside of 1900 to 2299 was reached; or more than the host may ask.
#[derive(Clone, Copy, Debug)]
pub struct Fault;

impl From<Overflow> for Fault {
    fn from(_: Overflow) -> Self {
        Self
    }
}

/// Whether it is neither weekend nor holiday.
pub fn is_working_day(date: Date) -> bool {
    if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return false;
    }
    let Civil { year, month, day } = date.civil();
    match (month, day) {
        (1 | 5 | 11, 1) | (10, 3) | (12, 25 | 26) => false,
        // Days that move with Easter lie from Good Friday, 20 March, to Corpus Christi, 24 June.
        (3..=6, _) => {
            let after = easter(year).map_or(0, |e| date.days() - e.days());
            !matches!(after, -2 | 1 | 39 | 50 | 60)
        }
        _ => true,
    }
}

/// That day, or the first working day after it.
pub fn next_working_day(mut date: Date) -> Result<Date, Fault> {
    while !is_working_day(date) {
        date = date.add_days(1)?;
    }
    Ok(date)
}

/// The n-th working day after a day.
pub fn add_working_days(mut date: Date, n: u32) -> Result<Date, Fault> {
    for _ in 0..n {
        date = next_working_day(date.add_days(1)?)?;
    }
    Ok(date)
}

/// When a day begins.
pub fn begin(zone: &Zone, day: Date) -> Result<Instant, Fault> {
    Ok(zone.instant_at(day, DAY_BEGINS)?)
}

/// The day of a number in the month of a date, or the month's last.
pub fn in_month(month_of: Date, day: u8) -> Date {
    let last = month_of.end_of_month();
    let of_last = last.civil().day;
    if day >= of_last { last } else { last.add_days(i32::from(day) - i32::from(of_last)).unwrap_or(last) }
}
