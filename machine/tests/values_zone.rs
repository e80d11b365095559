//! Time zones: clocks that are set forward and back, and the storage of a zone.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin_machine::value::{Date, Instant, Overflow, TimeOfDay, Zone};
use proptest::prelude::*;

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(first_offset: i32, transitions: &[(&str, i32)]) -> Zone {
    let transitions = transitions.iter().map(|(at, offset)| (instant(at).seconds(), *offset)).collect();
    Zone::new("Test/Place".into(), "2026a".into(), first_offset, transitions).expect("a sound zone")
}

fn berlin() -> Zone {
    zone(
        3600,
        &[
            ("2025-03-30T01:00:00Z", 7200),
            ("2025-10-26T01:00:00Z", 3600),
            ("2026-03-29T01:00:00Z", 7200),
            ("2026-10-25T01:00:00Z", 3600),
        ],
    )
}

/// The clock `2026-03-29 02:30` in a zone, as an instant and back.
fn at(zone: &Zone, clock: &str) -> (String, String) {
    let (day, time) = clock.split_once(' ').expect("day and time");
    let (day, time) = (Date::parse(day).expect("a day"), TimeOfDay::parse(time).expect("a time"));
    let instant = zone.instant_at(day, time.seconds()).expect("in range");
    (instant.to_string(), instant.display(zone.offset_at(instant)).to_string())
}

#[test]
fn clock_times_of_berlin() {
    let rows = [
        ("2026-01-05 08:00", "2026-01-05T07:00:00Z", "2026-01-05T08:00:00+01:00"),
        ("2026-07-01 00:00", "2026-06-30T22:00:00Z", "2026-07-01T00:00:00+02:00"),
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"),
        // Skipped: the instant after the gap.
        ("2026-03-29 02:00", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29 02:30", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"),
        // Twice: the first.
        ("2026-10-25 02:00", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00+02:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25 03:00", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00+01:00"),
        ("2026-12-31 24:00", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00+01:00"),
        ("1995-07-01 12:00", "1995-07-01T11:00:00Z", "1995-07-01T12:00:00+01:00"),
    ];
    for (clock, utc, local) in rows {
        assert_eq!(at(&berlin(), clock), (utc.into(), local.into()), "{clock}");
    }
}

#[test]
fn the_local_day_changes_at_local_midnight() {
    let berlin = berlin();
    let local = |text| berlin.local(instant(text));
    let day = |text| Date::parse(text).expect("a day");
    assert_eq!(local("2026-06-30T21:59:59Z"), (day("2026-06-30"), 86_399));
    assert_eq!(local("2026-06-30T22:00:00Z"), (day("2026-07-01"), 0));
    assert_eq!(local("2026-10-25T00:59:59Z"), (day("2026-10-25"), 10_799));
    assert_eq!(local("2026-10-25T01:00:00Z"), (day("2026-10-25"), 7200));
    assert_eq!(Zone::utc().local(instant("2026-10-25T01:00:00Z")), (day("2026-10-25"), 3600));
}

/// Samoa left out 30 December 2011.
#[test]
fn a_day_that_is_skipped_begins_with_the_next() {
    let apia = zone(-36_000, &[("2011-12-30T10:00:00Z", 50_400)]);
    assert_eq!(at(&apia, "2011-12-29 23:59:59").0, "2011-12-30T09:59:59Z");
    for clock in ["2011-12-30 00:00", "2011-12-30 15:00", "2011-12-31 00:00"] {
        assert_eq!(at(&apia, clock), ("2011-12-30T10:00:00Z".into(), "2011-12-31T00:00:00+14:00".into()), "{clock}");
    }
}

#[test]
fn the_ends_of_the_range() {
    for offset in [-86_399, 0, 86_399] {
        let zone = zone(offset, &[]);
        for end in [Instant::FIRST, Instant::LAST] {
            let (day, second) = zone.local(end);
            assert_eq!(zone.instant_at(day, second), Ok(end));
        }
        assert_eq!(zone.instant_at(Date::FIRST, 0), Err(Overflow::Date));
        assert_eq!(zone.instant_at(Date::LAST, 86_400), Err(Overflow::Date));
        let _ = zone.instant_at(Date::LAST, u32::MAX);
    }
}

#[test]
fn between_two_changes_the_clocks_are_steady() {
    let zone = berlin();
    for text in ["2024-01-01T00:00:00Z", "2025-03-30T00:59:59Z", "2025-03-30T01:00:00Z", "2026-12-31T00:00:00Z"] {
        let (from, until, offset) = zone.steady_around(instant(text));
        let offset_at = |seconds| Instant::from_seconds(seconds).map(|at| zone.offset_at(at));
        assert!((from..until).contains(&instant(text).seconds()), "{text}");
        assert_eq!(zone.offset_at(instant(text)), offset, "{text}");
        assert!(from == i64::MIN || offset_at(from) == Some(offset) && offset_at(from - 1) != Some(offset), "{text}");
        assert!(until == i64::MAX || offset_at(until) != Some(offset), "{text}");
    }
}

#[test]
fn unsound_zones_are_refused() {
    let new = |first, transitions: &[(i64, i32)]| Zone::new("A".into(), "B".into(), first, transitions.to_vec());
    assert!(new(0, &[(5, 3600), (6, 0)]).is_some());
    assert!(new(0, &[(5, 3600), (5, 0)]).is_none());
    assert!(new(0, &[(6, 3600), (5, 0)]).is_none());
    assert!(new(86_400, &[]).is_none());
    assert!(new(0, &[(5, i32::MIN)]).is_none());
    assert!(new(0, &[(i64::MAX, 0)]).is_none());
    let stored = |steps: Vec<(i64, i32)>| postcard::to_allocvec(&("A", "B", 0_i32, steps)).expect("bytes");
    assert!(postcard::from_bytes::<Zone>(&stored(vec![(5, 3600), (1, 0)])).is_ok());
    assert!(postcard::from_bytes::<Zone>(&stored(vec![(5, 3600), (0, 0)])).is_err());
    assert!(postcard::from_bytes::<Zone>(&stored(vec![(5, 3600), (i64::MAX, 0)])).is_err());
}

proptest! {
    #[test]
    fn instants_come_back_but_for_the_second_pass(seconds in 1_700_000_000..1_800_000_000_i64) {
        let berlin = berlin();
        let instant = Instant::from_seconds(seconds).expect("in range");
        let (day, second) = berlin.local(instant);
        let back = berlin.instant_at(day, second).expect("in range");
        prop_assert!(back == instant || back.seconds() + 3600 == seconds);
        prop_assert_eq!(berlin.local(back), (day, second));
    }

    #[test]
    fn a_clock_time_is_the_first_instant_that_shows_it(seconds in 1_742_000_000..1_793_000_000_i64, second in 0..86_400_u32) {
        let berlin = berlin();
        let (day, _) = berlin.local(Instant::from_seconds(seconds).expect("in range"));
        let found = berlin.instant_at(day, second).expect("in range");
        prop_assert!(berlin.local(found) >= (day, second));
        let before = found.add_seconds(-1).expect("in range");
        prop_assert!(berlin.local(before) < (day, second));
    }

    #[test]
    fn a_stored_zone_reads_back(steps in prop::collection::vec((1..40_000_000_i64, -50_000..50_000_i32), 0..50)) {
        let mut at = 0;
        let transitions = steps.into_iter().map(|(step, offset)| { at += step; (at, offset) }).collect();
        let zone = Zone::new("Test/Place".into(), "2026a".into(), 3600, transitions).expect("a sound zone");
        let bytes = postcard::to_allocvec(&zone).expect("bytes");
        prop_assert_eq!(postcard::from_bytes::<Zone>(&bytes), Ok(zone));
    }
}
