//! Time zones as data: when the clocks of a place were set to which offset.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::instant::DAY;
use super::{Date, Instant, Overflow};

/// A time zone of the IANA database, compiled into the machine so that its rules never change under a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "PackedZone", try_from = "PackedZone")]
pub struct Zone {
    name: String,
    edition: String,
    first_offset: i32,
    transitions: Vec<(i64, i32)>,
}

impl Zone {
    /// A zone with its IANA name, the edition of the database that it was taken from, the offset from UTC in seconds
    /// before the first transition, and the transitions: seconds since the epoch, and the offset from then on.
    ///
    /// `None` if an offset is a day or more, or the transitions do not rise.
    pub fn new(name: String, edition: String, first_offset: i32, transitions: Vec<(i64, i32)>) -> Option<Zone> {
        let rising = transitions.is_sorted_by(|a, b| a.0 < b.0);
        let in_range = transitions.iter().all(|(at, _)| Instant::from_seconds(*at).is_some());
        let mut offsets = transitions.iter().map(|(_, offset)| *offset).chain([first_offset]);
        let sound = rising && in_range && offsets.all(|offset| i64::from(offset).abs() < DAY);
        sound.then_some(Zone { name, edition, first_offset, transitions })
    }

    /// Coordinated universal time, which is in no edition because it never changes.
    pub fn utc() -> Zone {
        Zone { name: String::from("UTC"), edition: String::new(), first_offset: 0, transitions: Vec::new() }
    }

    /// The IANA name: `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The edition of the IANA database: `2026a`.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// Seconds ahead of UTC before the first transition.
    pub fn first_offset(&self) -> i32 {
        self.first_offset
    }

    /// Seconds since the epoch, rising, and the seconds ahead of UTC from then on.
    pub fn transitions(&self) -> &[(i64, i32)] {
        &self.transitions
    }

    /// How many seconds the clocks are ahead of UTC.
    pub fn offset_at(&self, instant: Instant) -> i32 {
        self.offset_after(self.transitions_until(instant.seconds()))
    }

    /// The stretch of seconds around an instant, its end not included, in which the clocks are not set, and by how many
    /// seconds they are ahead of UTC meanwhile.
    pub fn steady_around(&self, instant: Instant) -> (i64, i64, i32) {
        let past = self.transitions_until(instant.seconds());
        let from = past.checked_sub(1).and_then(|last| self.transitions.get(last)).map_or(i64::MIN, |(at, _)| *at);
        let until = self.transitions.get(past).map_or(i64::MAX, |(at, _)| *at);
        (from, until, self.offset_after(past))
    }

    /// The day, and the seconds since midnight on its clocks.
    pub fn local(&self, instant: Instant) -> (Date, u32) {
        instant.at_offset(self.offset_at(instant))
    }

    /// The first instant at which the clocks show that time or a later one: a time that comes twice is the first,
    /// one that is skipped is the instant after the gap.
    ///
    /// # Errors
    /// [`Overflow::Date`] at the ends of the range of [`Instant`].
    pub fn instant_at(&self, date: Date, second_of_day: u32) -> Result<Instant, Overflow> {
        let clock = i64::from(date.days()) * DAY + i64::from(second_of_day);
        // No offset is as long as a day, so every period that ended before then ended before the clock time.
        let mut past = self.transitions_until(clock - DAY);
        while let Some((end, _)) = self.transitions.get(past)
            && end + i64::from(self.offset_after(past)) <= clock
        {
            past += 1;
        }
        let start = past.checked_sub(1).and_then(|last| self.transitions.get(last)).map_or(i64::MIN, |(at, _)| *at);
        Instant::from_seconds(start.max(clock - i64::from(self.offset_after(past)))).ok_or(Overflow::Date)
    }

    /// How many transitions lie at or before that. Clocks are set twice a year or not at all, so that a guess by proportion
    /// is hardly ever off by more than one or two.
    fn transitions_until(&self, seconds: i64) -> usize {
        let (Some((first, _)), Some((last, _))) = (self.transitions.first(), self.transitions.last()) else { return 0 };
        if seconds < *first {
            return 0;
        }
        if seconds >= *last {
            return self.transitions.len();
        }
        let steps = i64::try_from(self.transitions.len()).unwrap_or(i64::MAX) - 1;
        let guess = (seconds - first).saturating_mul(steps) / (last - first);
        let near = usize::try_from(guess).ok().and_then(|guess| self.transitions_near(guess + 1, seconds));
        near.unwrap_or_else(|| self.transitions.partition_point(|(at, _)| *at <= seconds))
    }

    /// The same, looked for a few steps around a guess.
    fn transitions_near(&self, guess: usize, seconds: i64) -> Option<usize> {
        let mut count = guess;
        for _ in 0..8 {
            let (last, next) = (self.transitions.get(count.checked_sub(1)?)?.0, self.transitions.get(count));
            if last > seconds {
                count -= 1;
            } else if next.is_some_and(|(at, _)| *at <= seconds) {
                count += 1;
            } else {
                return Some(count);
            }
        }
        None
    }

    fn offset_after(&self, transitions: usize) -> i32 {
        let last = transitions.checked_sub(1).and_then(|last| self.transitions.get(last));
        last.map_or(self.first_offset, |(_, offset)| *offset)
    }
}

/// The stored form: the seconds from one transition to the next take fewer bytes than instants.
#[derive(Serialize, Deserialize)]
struct PackedZone {
    name: String,
    edition: String,
    first_offset: i32,
    steps: Vec<(i64, i32)>,
}

impl From<Zone> for PackedZone {
    fn from(zone: Zone) -> PackedZone {
        let mut before = 0;
        let step = |(at, offset): &(i64, i32)| (*at - core::mem::replace(&mut before, *at), *offset);
        let steps = zone.transitions.iter().map(step).collect();
        PackedZone { name: zone.name, edition: zone.edition, first_offset: zone.first_offset, steps }
    }
}

impl TryFrom<PackedZone> for Zone {
    type Error = &'static str;

    fn try_from(packed: PackedZone) -> Result<Zone, Self::Error> {
        let mut at = 0_i64;
        let transition = |(step, offset): &(i64, i32)| {
            at = at.checked_add(*step)?;
            Some((at, *offset))
        };
        let transitions: Option<Vec<_>> = packed.steps.iter().map(transition).collect();
        transitions
            .and_then(|transitions| Zone::new(packed.name, packed.edition, packed.first_offset, transitions))
            .ok_or("the transitions of a time zone rise, and its offsets are shorter than a day")
    }
}
