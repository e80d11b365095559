//! A time on the clock of some day.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::text::{TimeTextError, digits};

/// Seconds since midnight, 0 to 86,400; the last is `24:00`, the end of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct TimeOfDay(u32);

impl TimeOfDay {
    /// `00:00`.
    pub const MIDNIGHT: TimeOfDay = TimeOfDay(0);
    /// `24:00`.
    pub const END: TimeOfDay = TimeOfDay(86_400);

    /// From seconds since midnight; `None` past 86,400.
    pub const fn from_seconds(seconds: u32) -> Option<TimeOfDay> {
        if seconds <= TimeOfDay::END.0 { Some(TimeOfDay(seconds)) } else { None }
    }

    /// Seconds since midnight.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Reads `08:00` or `08:00:30`.
    ///
    /// # Errors
    /// [`TimeTextError::NotATime`].
    pub fn parse(text: &str) -> Result<TimeOfDay, TimeTextError> {
        read(text).ok_or(TimeTextError::NotATime)
    }
}

fn read(text: &str) -> Option<TimeOfDay> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "00"));
    let (hours, minutes, seconds) = (digits(hours, 2)?, digits(minutes, 2)?, digits(seconds, 2)?);
    if minutes > 59 || seconds > 59 {
        return None;
    }
    TimeOfDay::from_seconds(hours * 3600 + minutes * 60 + seconds)
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60)?;
        match self.0 % 60 {
            0 => Ok(()),
            seconds => write!(f, ":{seconds:02}"),
        }
    }
}

impl From<TimeOfDay> for u32 {
    fn from(time: TimeOfDay) -> u32 {
        time.0
    }
}

impl TryFrom<u32> for TimeOfDay {
    type Error = TimeTextError;

    fn try_from(seconds: u32) -> Result<TimeOfDay, TimeTextError> {
        TimeOfDay::from_seconds(seconds).ok_or(TimeTextError::NotATime)
    }
}
