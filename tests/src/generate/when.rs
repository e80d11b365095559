//! When the inputs of a history come, told so that they fit whatever the case waits for.

use dunlin_machine::value::{Date, Instant, Zone};

/// No input comes later than this after the one before.
const FAR: i64 = 400 * 86_400;

/// When an input comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So many seconds after the one before; before it if negative.
    After(i64),
    /// When something is due, as a punctual host would.
    NextDue,
    /// So many seconds after something was due, as a late host would.
    Late(i64),
    /// On the next such day, so many seconds after its midnight.
    On(Turn, u32),
}

/// Days on which counting goes wrong most easily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The last day of a month.
    MonthEnd,
    /// 29 February.
    LeapDay,
    /// The clocks of the strategy's zone change.
    Clocks,
    /// 1 January, a holiday nearly everywhere.
    NewYear,
}

impl When {
    /// The instant, for a case that is at `now` and waits for `due`.
    #[must_use]
    pub fn instant(self, now: Instant, due: Option<Instant>, zone: &Zone) -> Instant {
        let due = due.unwrap_or(now);
        let at = match self {
            Self::After(seconds) => now.add_seconds(seconds).ok(),
            Self::NextDue => Some(due),
            Self::Late(seconds) => due.add_seconds(seconds).ok(),
            Self::On(turn, second) => turn.next(zone.local(now).0, zone).and_then(|d| zone.instant_at(d, second).ok()),
        };
        let far = now.add_seconds(FAR).unwrap_or(now);
        at.unwrap_or(now).min(far)
    }
}

impl Turn {
    /// The next such day after `day`, if one is near.
    fn next(self, day: Date, zone: &Zone) -> Option<Date> {
        (1..400).filter_map(|n| day.add_days(n).ok()).find(|d| self.is(*d, zone))
    }

    /// Whether that day is one.
    #[must_use]
    pub fn is(self, day: Date, zone: &Zone) -> bool {
        match self {
            Self::MonthEnd => day == day.end_of_month(),
            Self::LeapDay => (day.civil().month, day.civil().day) == (2, 29),
            Self::NewYear => (day.civil().month, day.civil().day) == (1, 1),
            Self::Clocks => clocks_change(day, zone),
        }
    }
}

fn clocks_change(day: Date, zone: &Zone) -> bool {
    let offset = |day: Date| zone.instant_at(day, 0).map(|at| zone.offset_at(at)).ok();
    day.add_days(1).is_ok_and(|next| offset(day) != offset(next))
}
