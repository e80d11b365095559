//! The lists that describe a case and what the machine knows: facts, parameters, calendars, tables, dated values.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;

use super::names::{rule, text, typed};
use super::values::{DAY, bounded, fits, type_exists, words};
use super::{Broken, Told, at, ensure, in_table};
use crate::ir::{
    CalendarChoice, CalendarId, Dated, EventId, EventPattern, Fact, Kept, Limits, Machine, Param, Pattern, Row, Scale,
    ScaleRows, Table, Type,
};
use crate::value::{Calendar, Date, DayRule, Weekdays};

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    at(|| "the head".to_string(), head(m))?;
    at(|| "the calendars".to_string(), calendars(m))?;
    for (n, fact) in m.facts.iter().enumerate() {
        at(|| format!("fact {n}"), self::fact(m, fact))?;
    }
    for (n, param) in m.params.iter().enumerate() {
        at(|| format!("parameter {n}"), self::param(m, param))?;
    }
    for (n, var) in m.vars.iter().enumerate() {
        at(|| format!("variable {n}"), typed(m, var.name, var.ty))?;
    }
    at(|| "the kept values".to_string(), kept(m))?;
    at(|| "the noted events".to_string(), noted(m))?;
    for (n, table) in m.tables.iter().enumerate() {
        at(|| format!("table {n}"), self::table(m, table))?;
    }
    for (n, dated) in m.dated.iter().enumerate() {
        at(|| format!("dated value {n}"), self::dated(m, dated))?;
    }
    for (n, scale) in m.scales.iter().enumerate() {
        at(|| format!("fee scale {n}"), self::scale(m, scale))?;
    }
    at(|| "the limits".to_string(), limits(m.limits))
}

fn head(m: &Machine) -> Told {
    ensure(!m.currencies.is_empty(), || "there is no currency".to_string())?;
    ensure(!m.zones.is_empty(), || "there is no time zone".to_string())?;
    ensure(i64::from(m.day_begins) < DAY, || "the day begins after its end".to_string())
}

fn calendars(m: &Machine) -> Told {
    let first = m.calendars.first();
    ensure(first.is_some_and(is_weekends_only), || "the first is not that of weekends alone".to_string())?;
    m.calendars.iter().try_for_each(calendar)?;
    match &m.calendar {
        CalendarChoice::One(id) => calendar_there(m, *id),
        CalendarChoice::By { choices, otherwise, .. } => {
            calendar_there(m, *otherwise)?;
            choices.iter().try_for_each(|(_, id)| calendar_there(m, *id))?;
            let sorted = choices.is_sorted_by(|a, b| a.0 < b.0);
            ensure(sorted, || "those to choose from are not in the order of their suffixes".to_string())
        }
    }
}

pub(super) fn calendar_there(m: &Machine, id: CalendarId) -> Told {
    in_table("calendar", id.index(), m.calendars.len())
}

fn is_weekends_only(calendar: &Calendar) -> bool {
    let plain = calendar.holidays.is_empty() && calendar.recesses.is_empty() && calendar.post.is_none();
    plain && calendar.weekend == Weekdays::SATURDAY_SUNDAY
}

fn calendar(calendar: &Calendar) -> Told {
    let holidays = calendar.holidays.iter().map(|holiday| holiday.day);
    let recesses = calendar.recesses.iter().flat_map(|recess| [recess.from, recess.until]);
    let real = holidays.chain(recesses).all(is_day);
    ensure(real, || format!("`{}` has a holiday on a day that no year has", calendar.name))?;
    let post = calendar.post.is_none_or(|post| post.amount() >= 1);
    ensure(post, || format!("in `{}` letters travel less than a day", calendar.name))
}

/// Whether some year has that day.
fn is_day(day: DayRule) -> bool {
    match day {
        DayRule::Fixed { month, day } => month_day(month, day),
        DayRule::WeekdayBefore { month, day, .. } | DayRule::WeekdayAfter { month, day, .. } => month_day(month, day),
        DayRule::Nth { n, month, .. } => (1..=5).contains(&n) && (1..=12).contains(&month),
        DayRule::Last { month, .. } => (1..=12).contains(&month),
        DayRule::Easter { offset } => offset.unsigned_abs() <= 366,
        DayRule::Single(_) => true,
    }
}

/// A day of a leap year.
pub(super) fn month_day(month: u8, day: u8) -> bool {
    Date::new(2024, month, day).is_some()
}

fn fact(m: &Machine, fact: &Fact) -> Told {
    typed(m, fact.name, fact.ty)?;
    fact.default.map_or(Ok(()), |value| fits(m, fact.ty, value))?;
    further(m, fact.ty, fact.further.len())?;
    (0..=fact.further.len()).try_for_each(|currency| {
        let default = fact.default_in(currency);
        ensure(default.is_some() == fact.default.is_some(), || "it has a default in some currencies only".to_string())?;
        fact.bounds_in(currency).map_or(Ok(()), |(low, high)| bounded(m, fact.ty, default, low, high))
    })
}

/// Amounts in further currencies: of money only, and of every currency or none.
fn further(m: &Machine, ty: Type, count: usize) -> Told {
    ensure(count == 0 || ty == Type::Money, || "it is no amount, but has values by currency".to_string())?;
    ensure(count == 0 || count + 1 == m.currencies.len(), || {
        format!("{} amounts for {} currencies", count + 1, m.currencies.len())
    })
}

fn param(m: &Machine, param: &Param) -> Told {
    typed(m, param.name, param.ty)?;
    fits(m, param.ty, param.value)?;
    further(m, param.ty, param.further.len())?;
    (0..=param.further.len()).try_for_each(|currency| {
        let value = Some(param.value_in(currency));
        let bounds = param.bounds_in(currency);
        bounds.map_or(Ok(()), |(low, high)| bounded(m, param.ty, value, Some(low), Some(high)))
    })
}

fn event_there(m: &Machine, id: EventId) -> Told {
    in_table("event", id.index(), m.events.len())
}

fn kept(m: &Machine) -> Told {
    let mut seen = BTreeSet::new();
    for Kept { event, param } in &m.kept {
        event_there(m, *event)?;
        let params = m.events.get(event.index()).map_or(0, |event| event.params.len());
        in_table("parameter", usize::from(*param), params)?;
        ensure(seen.insert((*event, *param)), || "one is kept twice".to_string())?;
    }
    Ok(())
}

fn noted(m: &Machine) -> Told {
    let mut seen = BTreeSet::new();
    for noted in &m.noted {
        pattern(m, noted)?;
        ensure(seen.insert(noted), || "one is noted twice".to_string())?;
    }
    Ok(())
}

/// An event that is there, with values that its parameters can have.
pub(super) fn pattern(m: &Machine, pattern: &EventPattern) -> Told {
    event_there(m, pattern.event)?;
    let params = m.events.get(pattern.event.index()).map_or(&[][..], |event| &event.params);
    pattern.is.iter().try_for_each(|(position, value)| {
        in_table("parameter", usize::from(*position), params.len())?;
        params.get(usize::from(*position)).map_or(Ok(()), |param| fits(m, param.ty, *value))
    })
}

fn table(m: &Machine, table: &Table) -> Told {
    typed(m, table.name, table.result)?;
    table.columns.iter().try_for_each(|(name, ty)| typed(m, *name, *ty))?;
    ensure(!table.rows.is_empty(), || "it has no rows".to_string())?;
    let day = table.columns.first().is_some_and(|(_, ty)| *ty == Type::Date);
    ensure(day || !table.by_day, || "its first column is no day".to_string())?;
    table.rows.iter().try_for_each(|row| self::row(m, table, row))
}

fn row(m: &Machine, table: &Table, row: &Row) -> Told {
    rule(m, row.rule)?;
    ensure(row.patterns.len() == table.columns.len(), || {
        format!("a row has {} patterns for {} columns", row.patterns.len(), table.columns.len())
    })?;
    row.patterns.iter().zip(&table.columns).try_for_each(|(pattern, (_, ty))| match pattern {
        Pattern::Any => Ok(()),
        Pattern::Between(low, high) => bounded(m, *ty, None, *low, *high),
        Pattern::OneOf(values) => values.iter().try_for_each(|value| fits(m, *ty, *value)),
        Pattern::Amounts(ranges) => {
            ensure(*ty == Type::Money, || format!("{} has no currency", words(m, *ty)))?;
            ensure(ranges.len() == m.currencies.len(), || {
                format!("{} amounts for {} currencies", ranges.len(), m.currencies.len())
            })?;
            ranges.iter().try_for_each(|(low, high)| bounded(m, *ty, None, *low, *high))
        }
    })
}

fn dated(m: &Machine, dated: &Dated) -> Told {
    text(m, dated.name)?;
    type_exists(m, dated.ty)?;
    ensure(!dated.rows.is_empty(), || "it has no rows".to_string())?;
    ensure(dated.rows.is_sorted_by(|a, b| a.0 < b.0), || "its rows are not in the order of their days".to_string())?;
    dated.rows.iter().try_for_each(|(_, value)| fits(m, dated.ty, *value))
}

fn scale(m: &Machine, scale: &Scale) -> Told {
    text(m, scale.name)?;
    ensure(!scale.versions.is_empty(), || "it has no rows".to_string())?;
    // No day comes before every day, so only the first version may have none.
    let ordered = scale.versions.is_sorted_by(|a, b| b.from.is_some() && a.from < b.from);
    ensure(ordered, || "its versions are not in the order of their days".to_string())?;
    scale.versions.iter().try_for_each(|version| scale_rows(m, version))
}

fn scale_rows(m: &Machine, rows: &ScaleRows) -> Told {
    rule(m, rows.rule)?;
    let mut low = Some(rows.up_to);
    for row in &rows.parts {
        rule(m, row.rule)?;
        ensure(row.part >= 1, || "a part of its scale has no size".to_string())?;
        let rises = low.is_some_and(|low| row.to.is_none_or(|to| low < to));
        ensure(rises, || "the rows of its scale do not rise".to_string())?;
        low = row.to;
    }
    Ok(())
}

fn limits(limits: Limits) -> Told {
    let Limits { debtors, claims, cost_kinds, holds, payments, attempts } = limits;
    let least = [debtors, claims, cost_kinds, holds, payments, attempts].into_iter().min();
    ensure(least >= Some(1), || "one of them is 0".to_string())
}
