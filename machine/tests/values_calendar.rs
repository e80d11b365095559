//! Calendars by rule against published lists of holidays, and the worked deadlines of §§ 187 to 193 BGB.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin_machine::value::{
    Calendar, Date, DayRule, Duration, HolidayRule, Overflow, Recess, Shift, Unit, Weekday, Weekdays, add,
};
use proptest::prelude::*;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn fixed(month: u8, day: u8) -> DayRule {
    DayRule::Fixed { month, day }
}

fn nth(n: u8, weekday: Weekday, month: u8) -> DayRule {
    DayRule::Nth { n, weekday, month }
}

fn last(weekday: Weekday, month: u8) -> DayRule {
    DayRule::Last { weekday, month }
}

fn after_easter(offset: i16) -> DayRule {
    DayRule::Easter { offset }
}

fn calendar(name: &str, days: impl IntoIterator<Item = DayRule>) -> Calendar {
    let holidays = days.into_iter().map(|day| HolidayRule::every_year(day, "holiday")).collect();
    Calendar { name: name.into(), holidays, ..Calendar::weekends_only() }
}

fn years(day: DayRule, from_year: Option<i32>, until_year: Option<i32>) -> HolidayRule {
    HolidayRule { from_year, until_year, ..HolidayRule::every_year(day, "holiday") }
}

/// The holidays of a Land, by the laws of the Länder.
fn land(name: &str) -> Calendar {
    let federal = [fixed(1, 1), fixed(5, 1), fixed(10, 3), fixed(12, 25), fixed(12, 26)];
    let moving = [-2, 1, 39, 50].map(after_easter);
    let mut calendar = calendar(name, federal.into_iter().chain(moving));
    let among = |lands: &str| lands.split(' ').any(|land| land == name);
    let mut add = |lands: &str, day, from| {
        if among(lands) {
            calendar.holidays.push(years(day, from, None));
        }
    };
    add("bw by st", fixed(1, 6), None);
    add("be", fixed(3, 8), Some(2019));
    add("mv", fixed(3, 8), Some(2023));
    add("bb", after_easter(0), None);
    add("bb", after_easter(49), None);
    add("bw by he nw rp sl", after_easter(60), None);
    add("sl", fixed(8, 15), None);
    add("th", fixed(9, 20), Some(2019));
    add("bb mv sn st th", fixed(10, 31), None);
    add("hb hh ni sh", fixed(10, 31), Some(2018));
    add("bw by nw rp sl", fixed(11, 1), None);
    add("sn", DayRule::WeekdayBefore { weekday: Weekday::Wednesday, month: 11, day: 23 }, None);
    for once in ["2020-05-08", "2025-05-08", "2028-06-17"] {
        add("be", DayRule::Single(date(once)), None);
    }
    calendar.holidays.push(years(fixed(10, 31), Some(2017), Some(2017)));
    calendar
}

fn observed(day: DayRule, from: Option<i32>) -> HolidayRule {
    let shifts = (Some(Shift::BEFORE), Some(Shift::AFTER));
    HolidayRule { on_saturday: shifts.0, on_sunday: shifts.1, ..years(day, from, None) }
}

/// 5 U.S.C. 6103, with the days in lieu.
fn us_federal() -> Calendar {
    use Weekday::{Monday, Thursday};
    let mondays = [nth(3, Monday, 1), nth(3, Monday, 2), last(Monday, 5), nth(1, Monday, 9), nth(2, Monday, 10)];
    let mut calendar = calendar("us.federal", mondays.into_iter().chain([nth(4, Thursday, 11)]));
    calendar.holidays.extend([fixed(1, 1), fixed(7, 4), fixed(11, 11), fixed(12, 25)].map(|day| observed(day, None)));
    calendar.holidays.push(observed(fixed(6, 19), Some(2021)));
    calendar
}

fn substituted(month: u8, day: u8, saturday: i8, sunday: i8) -> HolidayRule {
    let shifts = (Some(Shift(saturday)), Some(Shift(sunday)));
    HolidayRule { on_saturday: shifts.0, on_sunday: shifts.1, ..years(fixed(month, day), None, None) }
}

/// Bank holidays of England and Wales, with substitute days and the proclaimed exceptions.
fn gb_eng() -> Calendar {
    use Weekday::Monday;
    let mut calendar = calendar("gb.eng", [after_easter(-2), after_easter(1), last(Monday, 8)]);
    calendar.holidays.extend([substituted(1, 1, 2, 1), substituted(12, 25, 2, 2), substituted(12, 26, 2, 2)]);
    for (day, but) in [(nth(1, Monday, 5), 2020), (last(Monday, 5), 2022)] {
        calendar.holidays.extend([years(day, None, Some(but - 1)), years(day, Some(but + 1), None)]);
    }
    let once = ["2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"];
    calendar.holidays.extend(once.map(|day| HolidayRule::every_year(DayRule::Single(date(day)), "proclaimed")));
    calendar
}

fn by_name(name: &str) -> Calendar {
    match name {
        "us.federal" => us_federal(),
        "gb.eng" => gb_eng(),
        land_name => land(land_name.strip_prefix("de.").expect("a Land")),
    }
}

fn days_of(year: i32) -> impl Iterator<Item = Date> {
    let first = Date::new(year, 1, 1).expect("a year in range");
    (first.days()..=first.end_of_year().days()).filter_map(Date::from_days)
}

#[test]
fn rules_give_the_published_holidays() {
    let lines: Vec<&str> = include_str!("values/holidays.txt").lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 18 * 18, "18 calendars over 18 years");
    for line in lines {
        let mut words = line.split(' ');
        let (name, year) = (words.next().expect("a name"), words.next().expect("a year"));
        let calendar = by_name(name);
        let weekdays_only = !name.starts_with("de.");
        let found: Vec<String> = days_of(year.parse().expect("a year"))
            .filter(|day| calendar.is_holiday(*day).is_some())
            .filter(|day| !weekdays_only || !calendar.weekend.contains(day.weekday()))
            .map(|day| day.to_string()[5..].to_string())
            .collect();
        assert_eq!(found, words.collect::<Vec<_>>(), "{name} {year}");
    }
}

/// The event's day is not counted, and only the last day moves.
#[test]
fn deadlines_of_the_civil_code() {
    let rows = [
        ("nw", "2026-03-20", "2 weeks", "2026-04-03", "2026-04-07"),
        ("nw", "2026-08-31", "6 months", "2027-02-28", "2027-03-01"),
        ("th", "2026-10-17", "2 weeks", "2026-10-31", "2026-11-02"),
        ("he", "2027-05-13", "2 weeks", "2027-05-27", "2027-05-28"),
        ("hh", "2027-05-13", "2 weeks", "2027-05-27", "2027-05-27"),
        ("nw", "2025-12-10", "2 weeks", "2025-12-24", "2025-12-24"),
        ("nw", "2026-05-30", "1 month", "2026-06-30", "2026-06-30"),
        ("nw", "2026-03-20", "6 months", "2026-09-20", "2026-09-21"),
        ("he", "2026-06-18", "2 days", "2026-06-20", "2026-06-22"),
        ("nw", "2026-06-01", "30 days", "2026-07-01", "2026-07-01"),
        ("nw", "2023-12-31", "3 years", "2026-12-31", "2026-12-31"),
        ("nw", "2026-01-20", "3 working days", "2026-01-23", "2026-01-23"),
        ("nw", "2026-03-31", "3 working days", "2026-04-07", "2026-04-07"),
        ("nw", "2026-01-24", "1 working day", "2026-01-26", "2026-01-26"),
    ];
    for (name, event, length, nominal, moved) in rows {
        let (calendar, length) = (land(name), Duration::parse(length).expect("a duration"));
        let end = add(date(event), length, &calendar).expect("in range");
        assert_eq!(end, date(nominal), "{event} + {length} in {name}");
        assert_eq!(calendar.next_working_day(end), Ok(date(moved)), "{event} + {length} in {name}");
    }
}

/// 12 CFR 1006.34: received five days after sending, not counting Saturdays, Sundays and holidays.
#[test]
fn working_days_of_the_validation_notice() {
    let calendar = us_federal();
    for (sent, received) in [("2026-04-09", "2026-04-16"), ("2026-05-22", "2026-06-01")] {
        assert_eq!(calendar.add_working_days(date(sent), 5), Ok(date(received)));
        assert_eq!(calendar.working_days_between(date(sent), date(received)), 5);
    }
}

#[test]
fn durations_that_cannot_be_added() {
    let calendar = land("nw");
    let hours = Duration::new(36, Unit::Hours).expect("a duration");
    assert_eq!(add(date("2026-01-05"), hours, &calendar), Err(Overflow::HoursFromDate));
    let weeks = Duration::new(i32::MAX as u32, Unit::Weeks).expect("a duration");
    assert_eq!(add(date("2026-01-05"), weeks, &calendar), Err(Overflow::Date));
    let no_work = Calendar { weekend: Weekdays::ALL, ..Calendar::weekends_only() };
    assert_eq!(no_work.next_working_day(date("2026-01-05")), Err(Overflow::NoWorkingDay));
    assert_eq!(no_work.add_working_days(date("2026-01-05"), i32::MAX), Err(Overflow::NoWorkingDay));
    assert_eq!(calendar.add_working_days(Date::LAST, 1), Err(Overflow::Date));
    assert_eq!(calendar.add_working_days(Date::FIRST, i32::MIN), Err(Overflow::Date));
}

#[test]
fn holidays_at_the_ends_of_the_years() {
    let us = us_federal();
    // 1 January 2028 is a Saturday; both it and the day before are free.
    assert!(us.is_holiday(date("2027-12-31")).is_some() && us.is_holiday(date("2028-01-01")).is_some());
    assert!(us.is_holiday(date("2026-12-31")).is_none());
    // The year that counts is that of the holiday proper.
    let since_2028 = Calendar { holidays: vec![observed(fixed(1, 1), Some(2028))], ..Calendar::weekends_only() };
    assert!(since_2028.is_holiday(date("2027-12-31")).is_some());
    let since_2029 = Calendar { holidays: vec![observed(fixed(1, 1), Some(2029))], ..Calendar::weekends_only() };
    assert!(since_2029.is_holiday(date("2027-12-31")).is_none());
    let before = DayRule::WeekdayBefore { weekday: Weekday::Friday, month: 1, day: 2 };
    let after = DayRule::WeekdayAfter { weekday: Weekday::Sunday, month: 12, day: 27 };
    let crossing = calendar("crossing", [before, after]);
    assert!(crossing.is_holiday(date("2025-12-26")).is_some(), "2 January 2026 is itself a Friday");
    assert!(crossing.is_holiday(date("2027-01-03")).is_some(), "27 December 2026 is itself a Sunday");
    let far = calendar("far", [after_easter(280)]);
    assert!(far.is_holiday(date("2027-01-10")).is_some());
}

/// Jeûne genevois: Thursday after the first Sunday of September.
#[test]
fn a_weekday_after_a_day() {
    let geneva = DayRule::WeekdayAfter { weekday: Weekday::Thursday, month: 9, day: 4 };
    assert_eq!(geneva.in_year(2026), Some(date("2026-09-10")));
    assert_eq!(geneva.in_year(2027), Some(date("2027-09-09")));
}

/// Art. 56 SchKG.
#[test]
fn recesses() {
    let recess = |from, until| {
        let name = "Betreibungsferien".into();
        Recess { from, until, from_year: None, until_year: None, name }
    };
    let recesses = vec![
        recess(after_easter(-7), after_easter(7)),
        recess(fixed(7, 15), fixed(7, 31)),
        recess(fixed(12, 18), fixed(1, 1)),
    ];
    let calendar = Calendar { recesses, ..Calendar::weekends_only() };
    let edges = [
        ("2026-03-28", "2026-03-29", "2026-04-12", "2026-04-13"),
        ("2026-07-14", "2026-07-15", "2026-07-31", "2026-08-01"),
        ("2026-12-17", "2026-12-18", "2027-01-01", "2027-01-02"),
    ];
    for (before, first, last, after) in edges {
        assert_eq!([before, after].map(|day| calendar.in_recess(date(day))), [None, None], "{first} to {last}");
        assert_eq!([first, last].map(|day| calendar.in_recess(date(day))), [Some("Betreibungsferien"); 2]);
    }
    assert!(calendar.in_recess(date("2025-12-31")).is_some());
    let once = recess(DayRule::Single(date("2026-12-20")), DayRule::Single(date("2027-01-05")));
    let calendar = Calendar { recesses: vec![once], ..Calendar::weekends_only() };
    let inside =
        ["2026-12-19", "2026-12-20", "2027-01-05", "2027-01-06"].map(|day| calendar.in_recess(date(day)).is_some());
    assert_eq!(inside, [false, true, true, false]);
}

#[test]
fn recesses_of_some_years() {
    let (from, until, name) = (fixed(12, 18), fixed(1, 1), "winter".into());
    let recess = Recess { from, until, from_year: Some(2020), until_year: Some(2025), name };
    let calendar = Calendar { recesses: vec![recess], ..Calendar::weekends_only() };
    let inside = |day| calendar.in_recess(date(day)).is_some();
    // What begins in the last year goes on to its end.
    let days = ["2020-01-01", "2020-12-18", "2025-12-31", "2026-01-01", "2026-12-31"];
    assert_eq!(days.map(inside), [false, true, true, true, false]);
}

#[test]
fn a_stored_calendar_reads_back() {
    let calendar = gb_eng();
    let bytes = postcard::to_allocvec(&calendar).expect("bytes");
    assert_eq!(postcard::from_bytes::<Calendar>(&bytes), Ok(calendar));
}

/// Rules whose day, or the day that stands in for it, may lie in the year beside their own.
fn across_years() -> Calendar {
    let rule = |day, on_saturday, on_sunday| HolidayRule {
        on_saturday: Some(Shift(on_saturday)),
        on_sunday: Some(Shift(on_sunday)),
        ..years(day, Some(1950), Some(2250))
    };
    let mut calendar = us_federal();
    calendar.holidays.extend([
        rule(fixed(1, 1), -1, 1),
        rule(fixed(12, 31), -7, 2),
        rule(fixed(12, 28), -127, 127),
        rule(DayRule::WeekdayAfter { weekday: Weekday::Thursday, month: 12, day: 28 }, -1, 1),
        rule(DayRule::WeekdayBefore { weekday: Weekday::Friday, month: 1, day: 3 }, -1, 1),
        rule(after_easter(300), 0, 0),
        rule(after_easter(-100), 3, 4),
        rule(after_easter(700), 3, 4),
        rule(nth(5, Weekday::Saturday, 12), 6, 7),
        rule(DayRule::Single(date("2033-01-01")), 90, 1),
    ]);
    calendar
}

#[test]
fn a_stretch_of_days_has_the_holidays_of_its_days() {
    for calendar in ["de.sn", "de.by", "us.federal", "gb.eng"].map(by_name).into_iter().chain([across_years()]) {
        for first in (Date::FIRST.days() - 600..Date::LAST.days() + 100).step_by(512) {
            let bits = calendar.holidays_from(first);
            for (at, day) in (first..first + 512).enumerate().filter_map(|(at, day)| Some((at, Date::from_days(day)?)))
            {
                let is = bits[at / 64] >> (at % 64) & 1 == 1;
                assert_eq!(is, calendar.is_holiday(day).is_some(), "{} {day}", calendar.name);
            }
        }
    }
}

proptest! {
    #[test]
    fn working_days_count_back(day in 0..40_000_i32, amount in -300..300_i32, name in prop::sample::select(vec!["de.by", "us.federal", "gb.eng"])) {
        let (calendar, from) = (by_name(name), Date::from_days(day).expect("in range"));
        let to = calendar.add_working_days(from, amount).expect("in range");
        prop_assert_eq!(calendar.working_days_between(from, to), amount);
        prop_assert!(amount == 0 || calendar.is_working_day(to));
        let next = calendar.next_working_day(from).expect("in range");
        prop_assert!(next >= from && calendar.is_working_day(next));
        prop_assert_eq!(calendar.working_days_between(from, next), i32::from(next != from));
    }
}
