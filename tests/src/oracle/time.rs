//! Days and instants as the rules count them.

use super::Run;
use super::eval::View;
use super::fault::Fault;
use dunlin_machine::ir::{CalendarChoice, CalendarId};
use dunlin_machine::value::{Calendar, Date, Duration, Instant, Unit, Zone, add};

impl<'m> Run<'m> {
    /// The strategy's zone.
    pub(super) fn zone(&self) -> &'m Zone {
        &self.model.zones[0]
    }

    /// The day of an instant in the strategy's zone.
    pub(super) fn day(&self, at: Instant) -> Date {
        self.zone().local(at).0
    }

    pub(super) fn today(&self) -> Date {
        self.day(self.case.now)
    }

    pub(super) fn midnight(&self, day: Date) -> Result<Instant, Fault> {
        Ok(self.zone().instant_at(day, 0)?)
    }

    /// When timers of days fall due on that day.
    pub(super) fn begin(&self, day: Date) -> Result<Instant, Fault> {
        Ok(self.zone().instant_at(day, self.model.day_begins)?)
    }

    /// The calendar that the case goes by.
    pub(super) fn calendar(&self) -> Result<&'m Calendar, Fault> {
        self.model.calendars.get(self.case.calendar).ok_or(Fault::Broken)
    }

    /// The calendar that a person's hours go by.
    pub(super) fn calendar_of(&self, person: usize) -> Result<&'m Calendar, Fault> {
        let id = self.calendar_by(&View { person: Some(person), ..self.plain() })?;
        self.model.calendars.get(id.index()).ok_or(Fault::Broken)
    }

    /// The calendar that the strategy names, as read from there.
    pub(super) fn calendar_by(&self, view: &View) -> Result<CalendarId, Fault> {
        match &self.model.calendar {
            CalendarChoice::One(id) => Ok(*id),
            CalendarChoice::By { key, choices, otherwise } => {
                let text = self.eval_known(key, view)?.map(|v| self.text(v));
                let suffix = text.map(|t| t.rsplit('-').next().unwrap_or(&t).to_lowercase());
                let chosen = choices.iter().find(|(name, _)| Some(name) == suffix.as_ref());
                Ok(chosen.map_or(*otherwise, |(_, id)| *id))
            }
        }
    }

    pub(super) fn working_day(&self, day: Date) -> Result<Date, Fault> {
        Ok(self.calendar()?.next_working_day(day)?)
    }

    /// The day a day-like duration after another.
    pub(super) fn plus(&self, day: Date, duration: Duration) -> Result<Date, Fault> {
        Ok(add(day, duration, self.calendar()?)?)
    }

    /// The day a day-like duration before another.
    pub(super) fn minus(&self, day: Date, duration: Duration) -> Result<Date, Fault> {
        self.plus(day, duration.negated()?)
    }

    /// `times` durations after a day, counted from that day each time.
    pub(super) fn plus_times(&self, day: Date, duration: Duration, times: i64) -> Result<Date, Fault> {
        let amount = i64::from(duration.amount()).checked_mul(times).ok_or(Fault::Overflow)?;
        let amount = u32::try_from(amount).map_err(|_| Fault::Overflow)?;
        let long = Duration::new(amount, duration.unit()).ok_or(Fault::Overflow)?;
        self.plus(day, long)
    }

    /// Whether `at` lies within the last `duration`: day-like ones count calendar days, today included.
    pub(super) fn within(&self, at: Instant, duration: Duration, now: Instant) -> Result<bool, Fault> {
        if duration.unit() == Unit::Hours {
            let from = now.seconds() - i64::from(duration.amount()) * 3600;
            return Ok(from < at.seconds() && at <= now);
        }
        Ok(self.day_within(self.day(at), duration, self.day(now))? && at <= now)
    }

    pub(super) fn day_within(&self, day: Date, duration: Duration, today: Date) -> Result<bool, Fault> {
        Ok(self.minus(today, duration)? < day && day <= today)
    }
}

/// A duration in elapsed seconds, where it counts hours.
pub(super) fn elapsed(duration: Duration) -> Option<i64> {
    (duration.unit() == Unit::Hours).then(|| i64::from(duration.amount()) * 3600)
}
