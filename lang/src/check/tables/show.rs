//! Values in the author's own form, for messages.

use dunlin_machine::ir::{TextId, Type};
use dunlin_machine::value::{Currency, Date, Duration, Money, Rate, TimeOfDay};

use crate::model::Model;

/// The value as the language writes it: `2.50 EUR`, `14 days`, `gold`; an amount in the currency at that position.
pub(in crate::check) fn show_in(model: &Model, ty: Type, value: i64, currency: usize) -> String {
    match ty {
        Type::Bool => if value == 0 { "false" } else { "true" }.to_owned(),
        Type::Number | Type::Instant => value.to_string(),
        Type::Money => {
            let currency = model.currencies.get(currency).copied().unwrap_or(Currency::EUR);
            format!("{} {currency}", Money(value).display(currency))
        }
        Type::Rate => format!("{} %", Rate(value)),
        Type::Date => {
            i32::try_from(value).ok().and_then(Date::from_days).map_or_else(String::new, |date| date.to_string())
        }
        Type::Hours => format!("{}..{}", time(value / 100_000), time(value % 100_000)),
        Type::Duration => Duration::unpack(value).map_or_else(String::new, |d| d.to_string()),
        Type::Text => format!("{:?}", text(model, value)),
        Type::Channel => named(model, &model.channels, value),
        Type::Tone => named(model, &model.tones, value),
        Type::Enum(of) => {
            let values = model.enum_values(of);
            let value = usize::try_from(value).ok().and_then(|n| values.get(n).copied());
            value.unwrap_or_default().to_owned()
        }
    }
}

fn time(seconds: i64) -> String {
    let seconds = u32::try_from(seconds).ok();
    let time = seconds.and_then(TimeOfDay::from_seconds);
    time.map_or_else(String::new, |time| time.to_string())
}

fn text(model: &Model, value: i64) -> &str {
    u32::try_from(value).map_or("", |id| model.text(TextId(id)))
}

fn named(model: &Model, names: &[TextId], value: i64) -> String {
    let id = usize::try_from(value).ok().and_then(|n| names.get(n));
    id.map_or_else(String::new, |id| model.text(*id).to_owned())
}
