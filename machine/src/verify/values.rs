//! Whether a number can be a value of its type.

use alloc::format;
use alloc::string::{String, ToString};
use core::cmp::Ordering;

use super::{Told, ensure};
use crate::events::WEEKDAY;
use crate::ir::{Machine, Type};
use crate::value::{Date, Duration, Instant};

/// Seconds of a day; a span of hours may end there.
pub(super) const DAY: i64 = 86_400;
/// Where the beginning of a span of hours stands in its number.
const HOURS: i64 = 100_000;

/// What a person calls a value of the type.
pub(super) fn words(m: &Machine, ty: Type) -> String {
    let word = match ty {
        Type::Bool => "a yes or no",
        Type::Number => "a number",
        Type::Money => "an amount",
        Type::Rate => "a rate",
        Type::Date => "a date",
        Type::Instant => "an instant",
        Type::Hours => "a span of hours",
        Type::Duration => "a duration",
        Type::Text => "a text",
        Type::Channel => "a channel",
        Type::Tone => "a tone",
        Type::Enum(id) => {
            let name = m.enums.get(id.index()).and_then(|e| m.texts.get(e.name.index()));
            return format!("a `{}`", name.map_or("?", String::as_str));
        }
    };
    word.to_string()
}

/// An enumeration that is there, or any other type.
pub(super) fn type_exists(m: &Machine, ty: Type) -> Told {
    match ty {
        Type::Enum(id) => super::in_table("enumeration", id.index(), m.enums.len()),
        _ => Ok(()),
    }
}

/// Whether the number is a value of the type that an author could have written.
pub(super) fn fits(m: &Machine, ty: Type, value: i64) -> Told {
    let sound = match ty {
        Type::Bool => below(value, 2),
        Type::Number | Type::Money | Type::Rate => true,
        Type::Date => i32::try_from(value).ok().and_then(Date::from_days).is_some(),
        Type::Instant => Instant::from_seconds(value).is_some(),
        Type::Hours => hours(value),
        Type::Duration => Duration::unpack(value).is_some_and(|duration| duration.amount() >= 1),
        Type::Text => below(value, m.texts.len()),
        Type::Channel => below(value, m.channels.len()),
        Type::Tone => below(value, m.tones.len()),
        Type::Enum(id) => below(value, m.enums.get(id.index()).map_or(0, |e| e.values.len())),
    };
    ensure(sound, || format!("{value} is not {}", words(m, ty)))
}

fn below(value: i64, len: usize) -> bool {
    usize::try_from(value).is_ok_and(|value| value < len)
}

fn hours(value: i64) -> bool {
    let (from, to) = (value.div_euclid(HOURS), value.rem_euclid(HOURS));
    0 <= from && from < to && to <= DAY
}

/// Whether one value of the type can come before another.
pub(super) const fn ordered(ty: Type) -> bool {
    matches!(ty, Type::Number | Type::Money | Type::Rate | Type::Date | Type::Instant)
}

/// Whether sums of the type can be taken.
pub(super) const fn counted(ty: Type) -> bool {
    matches!(ty, Type::Number | Type::Money | Type::Rate)
}

/// Bounds that can be compared, and a value within them.
pub(super) fn bounded(m: &Machine, ty: Type, value: Option<i64>, low: Option<i64>, high: Option<i64>) -> Told {
    // Days of the week have no order in a comparison, but a table may ask for `monday..friday`.
    ensure(ordered(ty) || ty == Type::Duration || ty == WEEKDAY, || format!("{} has no bounds", words(m, ty)))?;
    [low, high].into_iter().flatten().try_for_each(|bound| fits(m, ty, bound))?;
    let pairs = [
        (low, high, "its bounds are the wrong way round"),
        (low, value, "it is below its bound"),
        (value, high, "it is above its bound"),
    ];
    for (a, b, problem) in pairs {
        let (Some(a), Some(b)) = (a, b) else { continue };
        ensure(matches!(compare(ty, a, b), Some(Ordering::Less | Ordering::Equal)), || problem.to_string())?;
    }
    Ok(())
}

fn compare(ty: Type, a: i64, b: i64) -> Option<Ordering> {
    match ty {
        Type::Duration => Duration::unpack(a)?.compare(Duration::unpack(b)?),
        _ => Some(a.cmp(&b)),
    }
}
