//! The stored form of a trigger's slot: a word that says which fields differ from an untouched slot, then those.

use crate::case::{Counts, Slot};
use core::fmt;
use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Fields in their stored order; each is a number.
const FIELDS: usize = 9;

impl Slot {
    fn numbers(&self) -> [i64; FIELDS] {
        // The day that was seen lies one up, so that 0 is none.
        let seen = self.seen.map_or(0, |s| i64::from(s).saturating_add(1));
        let counts = match self.counts {
            Counts::Not => 0,
            Counts::Days => 1,
            Counts::WorkingDays => 2,
            Counts::Seconds => 3,
            Counts::LastWorkingDay => 4,
        };
        // Most timers are not shifted: then `due` is `base`, and its difference is nothing.
        let base = if self.base == Self::NEVER { 0 } else { self.base };
        let due = if self.due == Self::NEVER { -1 } else { self.due.saturating_sub(base) };
        let never = self.due == Self::NEVER && self.base == Self::NEVER;
        let due = if never { 0 } else { due };
        [base, due, self.not_before, counts, self.times.into(), self.acted.into(), self.shift, seen, self.events.into()]
    }

    fn of_numbers(n: [i64; FIELDS]) -> Option<Self> {
        let [base, due, not_before, counts, times, acted, shift, seen, events] = n;
        let never = base == 0 && due == 0;
        Some(Self {
            base: if base == 0 { Self::NEVER } else { base },
            due: if never || due == -1 { Self::NEVER } else { base.checked_add(due)? },
            not_before,
            counts: match counts {
                0 => Counts::Not,
                1 => Counts::Days,
                2 => Counts::WorkingDays,
                3 => Counts::Seconds,
                4 => Counts::LastWorkingDay,
                _ => return None,
            },
            times: u32::try_from(times).ok()?,
            acted: u32::try_from(acted).ok()?,
            shift,
            seen: if seen == 0 { None } else { Some(i32::try_from(seen.checked_sub(1)?).ok()?) },
            events: u32::try_from(events).ok()?,
        })
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let numbers = self.numbers();
        let present = numbers.iter().filter(|n| **n != 0).count();
        let which = numbers.iter().rev().fold(0i64, |bits, n| bits << 1 | i64::from(*n != 0));
        let mut seq = serializer.serialize_seq(Some(if which == 0 { 0 } else { present.saturating_add(1) }))?;
        if which != 0 {
            seq.serialize_element(&which)?;
        }
        for number in numbers.iter().filter(|n| **n != 0) {
            seq.serialize_element(number)?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Numbers)
    }
}

struct Numbers;

impl<'de> Visitor<'de> for Numbers {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers: which fields follow, then those")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Slot, A::Error> {
        let which: i64 = seq.next_element()?.unwrap_or(0);
        let mut numbers = [0i64; FIELDS];
        for (at, number) in numbers.iter_mut().enumerate() {
            if which >> at & 1 == 1 {
                *number = seq.next_element()?.ok_or_else(|| A::Error::custom("a number is missing"))?;
                if *number == 0 {
                    return Err(A::Error::custom("a field is given that is as if untouched"));
                }
            }
        }
        if which >> FIELDS != 0 || seq.next_element::<i64>()?.is_some() {
            return Err(A::Error::custom("there are too many numbers"));
        }
        Slot::of_numbers(numbers).ok_or_else(|| A::Error::custom("a number is out of range"))
    }
}
