//! The exact values of the language: amounts, rates, dates, times, durations, zones and calendars.
//!
//! Everything counts in whole numbers. What cannot be counted is an [`Overflow`], never a wrapped or rounded value.

mod calendar;
mod date;
mod decimal;
mod duration;
mod instant;
mod money;
mod overflow;
mod rate;
mod rounding;
mod text;
mod time;
mod zone;

pub use calendar::{Calendar, DayRule, HolidayRule, Recess, STRETCH, Shift, add};
pub use date::{Civil, Date, Weekday, Weekdays, days_in_month, easter, last_weekday, nth_weekday};
pub use decimal::{DecimalTextError, MoneyTextError};
pub use duration::{Duration, Unit};
pub use instant::Instant;
pub use money::{Currency, Money};
pub use overflow::Overflow;
pub use rate::Rate;
pub use rounding::div_half_away;
pub use text::TimeTextError;
pub use time::TimeOfDay;
pub use zone::Zone;
