//! Values and types in the words of the language.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::ir::{Machine, TextId, Type};
use crate::value::{Currency, Date, Duration, Instant, Money, Rate, TimeOfDay};

/// The value, or the bare number where the type has no such value.
pub(super) fn value(m: &Machine, ty: Type, value: i64, currency: Currency) -> String {
    let words = match ty {
        Type::Bool => boolean(value),
        Type::Number => None,
        Type::Money => Some(format!("{} {currency}", Money(value).display(currency))),
        Type::Rate => Some(format!("{} %", Rate(value))),
        Type::Date => i32::try_from(value).ok().and_then(Date::from_days).map(|date| date.to_string()),
        Type::Instant => Instant::from_seconds(value).map(|instant| local(m, instant)),
        Type::Hours => hours(value),
        Type::Duration => Duration::unpack(value).map(|duration| duration.to_string()),
        Type::Text => text(m, value),
        Type::Channel => named(m, &m.channels, value),
        Type::Tone => named(m, &m.tones, value),
        Type::Enum(id) => m.enums.get(id.index()).and_then(|e| named(m, &e.values, value)),
    };
    words.unwrap_or_else(|| value.to_string())
}

fn boolean(value: i64) -> Option<String> {
    match value {
        0 => Some("false".to_string()),
        1 => Some("true".to_string()),
        _ => None,
    }
}

/// On the clocks of the strategy's zone.
fn local(m: &Machine, instant: Instant) -> String {
    let offset = m.zones.first().map_or(0, |zone| zone.offset_at(instant));
    instant.display(offset).to_string()
}

fn hours(value: i64) -> Option<String> {
    let time = |seconds: i64| TimeOfDay::from_seconds(u32::try_from(seconds).ok()?);
    Some(format!("{}..{}", time(value.div_euclid(100_000))?, time(value.rem_euclid(100_000))?))
}

fn text(m: &Machine, value: i64) -> Option<String> {
    if value < 0 {
        return Some("a text of the case".to_string());
    }
    m.texts.get(usize::try_from(value).ok()?).map(|text| quoted(text))
}

/// In quotes, with what would end them escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn named(m: &Machine, names: &[TextId], value: i64) -> Option<String> {
    let name = names.get(usize::try_from(value).ok()?)?;
    m.texts.get(name.index()).cloned()
}

/// The word for a type; an enumeration is written out.
pub(super) fn type_name(m: &Machine, ty: Type) -> String {
    let word = match ty {
        Type::Bool => "bool",
        Type::Number => "number",
        Type::Money => "money",
        Type::Rate => "rate",
        Type::Date => "date",
        Type::Instant => "instant",
        Type::Hours => "hours",
        Type::Duration => "duration",
        Type::Text => "text",
        Type::Channel => "channel",
        Type::Tone => "tone",
        Type::Enum(id) => {
            let values = m.enums.get(id.index()).map_or(&[][..], |e| &e.values);
            let names: Vec<&str> = values.iter().map(|v| m.texts.get(v.index()).map_or("?", String::as_str)).collect();
            return names.join(" | ");
        }
    };
    word.to_string()
}
