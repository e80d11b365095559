//! The time zones of the IANA database as data for the machine, so that a case never depends on the host's rules.

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use dunlin_machine::value::{Date, Zone};

/// Zones carry the transitions of the years 1990 to 2099; before and after, the clocks stand.
const YEARS: (i32, i32) = (1990, 2100);
const DAY: i64 = 86_400;

/// The zone of an IANA name such as `Europe/Berlin`; `None` if the edition of the database has no such name.
pub fn zone(name: &str) -> Option<Zone> {
    let tz: Tz = name.parse().ok()?;
    let (first, last) = (new_year(YEARS.0)?, new_year(YEARS.1)?);
    let (name, edition) = (String::from(tz.name()), String::from(chrono_tz::IANA_TZDB_VERSION));
    Zone::new(name, edition, offset(tz, first)?, transitions(tz, first, last)?)
}

fn new_year(year: i32) -> Option<i64> {
    Date::new(year, 1, 1).map(|date| i64::from(date.days()) * DAY)
}

/// Seconds ahead of UTC at an instant in seconds since the epoch.
fn offset(tz: Tz, at: i64) -> Option<i32> {
    let instant: DateTime<Utc> = DateTime::from_timestamp(at, 0)?;
    Some(tz.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc())
}

/// Looks at the clocks every third day: the shortest summer since 1990, of Boa Vista in 2000, lasted seven.
fn transitions(tz: Tz, first: i64, last: i64) -> Option<Vec<(i64, i32)>> {
    let mut found = Vec::new();
    let mut before = offset(tz, first)?;
    let mut from = first;
    while from < last {
        let until = (from + 3 * DAY).min(last);
        if offset(tz, until)? == before {
            from = until;
        } else {
            from = first_with_another(tz, before, from, until)?;
            before = offset(tz, from)?;
            found.push((from, before));
        }
    }
    Some(found)
}

/// The first second at which the clocks no longer have the offset `before`, by halving: at `from` they still have it,
/// at `until` they do not.
fn first_with_another(tz: Tz, before: i32, mut from: i64, mut until: i64) -> Option<i64> {
    while until - from > 1 {
        let middle = from + (until - from) / 2;
        if offset(tz, middle)? == before {
            from = middle;
        } else {
            until = middle;
        }
    }
    Some(until)
}

#[cfg(test)]
mod tests {
    use chrono::{MappedLocalTime, NaiveDateTime};
    use dunlin_machine::value::Instant;

    use super::*;

    fn clock(zone: &Zone, at: i64) -> (Date, u32) {
        zone.local(Instant::from_seconds(at).expect("in range"))
    }

    fn expect_same_instant(zone: &Zone, tz: Tz, at: i64) {
        let at = Instant::from_seconds(at).expect("in range");
        assert_eq!(Some(zone.offset_at(at)), offset(tz, at.seconds()), "{tz} at {at}");
    }

    /// The clock time that UTC shows at `clock`, read in the zone.
    fn expect_same_clock(zone: &Zone, tz: Tz, clock: i64) {
        let (date, second) = self::clock(&Zone::utc(), clock);
        let ours = zone.instant_at(date, second).expect("in range").seconds();
        let naive: NaiveDateTime = DateTime::from_timestamp(clock, 0).expect("in range").naive_utc();
        match tz.from_local_datetime(&naive) {
            MappedLocalTime::Single(theirs) => assert_eq!(ours, theirs.timestamp(), "{tz} {naive}"),
            MappedLocalTime::Ambiguous(first, _) => {
                assert_eq!(ours, first.timestamp(), "{tz} {naive}")
            }
            MappedLocalTime::None => {
                assert!(zone.transitions().iter().any(|(at, _)| *at == ours), "{tz} {naive}");
                assert!(self::clock(zone, ours) > (date, second), "{tz} {naive}");
            }
        }
    }

    #[test]
    fn every_zone_shows_what_the_database_says() {
        for tz in chrono_tz::TZ_VARIANTS {
            let zone = zone(tz.name()).expect("a zone of the database");
            // Not a whole number of hours, so that all times of day come up.
            for at in (631_152_000..4_102_444_800_i64).step_by(3_333_331) {
                expect_same_instant(&zone, tz, at);
                expect_same_clock(&zone, tz, at);
            }
            for (at, _) in zone.transitions() {
                let around = [-7201, -3600, -1800, -1, 0, 1, 1799, 1800, 3599, 3600];
                around.iter().for_each(|seconds| expect_same_instant(&zone, tz, at + seconds));
                let local = at + i64::from(zone.offset_at(Instant::from_seconds(at - 1).expect("in range")));
                around.iter().for_each(|seconds| expect_same_clock(&zone, tz, local + seconds));
            }
        }
    }

    #[test]
    fn berlin_changes_its_clocks_twice_a_year() {
        let berlin = zone("Europe/Berlin").expect("a zone of the database");
        assert_eq!((berlin.first_offset(), berlin.transitions().len()), (3600, 220));
        let at = |text| Instant::parse(text).expect("an instant").seconds();
        assert!(berlin.transitions().contains(&(at("2026-03-29T01:00:00Z"), 7200)));
        assert!(berlin.transitions().contains(&(at("2026-10-25T01:00:00Z"), 3600)));
        assert_eq!(berlin.edition(), chrono_tz::IANA_TZDB_VERSION);
    }

    #[test]
    fn names_that_are_no_zone() {
        for name in ["", "Berlin", "europe/berlin", "Europe/Atlantis", "+01:00"] {
            assert_eq!(zone(name), None, "{name}");
        }
    }
}
