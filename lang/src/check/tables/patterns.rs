//! The patterns of a row, each by the type of its column.

use dunlin_machine::events::WEEKDAY;
use dunlin_machine::ir::{Pattern, Type};
use dunlin_machine::value::{Duration, Unit};

use super::{Column, ReadRow};
use crate::check::context::Checker;
use crate::check::types::in_currency;
use crate::diagnostic::codes;
use crate::syntax::tree::{Expr, ExprKind};

/// What a column's value must be; none where it cannot be read, which is reported.
pub(super) fn pattern(checker: &mut Checker, column: &Column, pattern: &Expr) -> Option<Pattern> {
    match &pattern.kind {
        ExprKind::Anything => Some(Pattern::Any),
        ExprKind::Range { low, high } if column.ty == Type::Money => {
            amounts_between(checker, pattern, low.as_deref(), high.as_deref())
        }
        ExprKind::Range { low, high } if column.ty != Type::Hours => {
            range(checker, column, pattern, low.as_deref(), high.as_deref())
        }
        // OK because `|` between amounts gives one for each currency, not several.
        ExprKind::Alternatives(options) if column.ty != Type::Money => {
            let values: Vec<Option<i64>> = options.iter().map(|option| value(checker, column, option)).collect();
            let values: Option<Vec<i64>> = values.into_iter().collect();
            Some(Pattern::OneOf(values?))
        }
        _ if column.ty == Type::Money => {
            let values = self::amounts(checker, pattern)?;
            Some(match values.as_slice() {
                [_] => Pattern::OneOf(values),
                _ => Pattern::Amounts(values.into_iter().map(|value| (Some(value), Some(value))).collect()),
            })
        }
        _ => {
            let value = value(checker, column, pattern)?;
            Some(match column.ty {
                // Durations of different units may be equal, so they are compared, not looked up.
                Type::Duration => Pattern::Between(Some(value), Some(value)),
                _ => Pattern::OneOf(vec![value]),
            })
        }
    }
}

fn value(checker: &mut Checker, column: &Column, pattern: &Expr) -> Option<i64> {
    if is_value(pattern) { checker.constant(pattern, column.ty) } else { not_a_pattern(checker, pattern) }
}

/// An amount, or one for each currency of the strategy.
fn amounts(checker: &mut Checker, pattern: &Expr) -> Option<Vec<i64>> {
    if is_value(pattern) { checker.constants(pattern, Type::Money) } else { not_a_pattern(checker, pattern) }
}

fn not_a_pattern<T>(checker: &mut Checker, pattern: &Expr) -> Option<T> {
    let message = format!("`{}` is not a pattern", checker.words(pattern.span));
    let error = checker.error(codes::PATTERN_FORM, pattern.span, message);
    let help = "a pattern is a value, values joined by `|`, a range such as `1..3` or `3..`, or `_` for anything";
    checker.report(error.help(help));
    None
}

fn is_value(pattern: &Expr) -> bool {
    match &pattern.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Range { .. } | ExprKind::Alternatives(_) => true,
        ExprKind::Unary { operand, .. } => matches!(operand.kind, ExprKind::Literal(_)),
        _ => false,
    }
}

fn range(
    checker: &mut Checker,
    column: &Column,
    pattern: &Expr,
    low: Option<&Expr>,
    high: Option<&Expr>,
) -> Option<Pattern> {
    if !has_ranges(column.ty) {
        let (words, of) = (checker.words(pattern.span).to_owned(), checker.type_words(column.ty));
        let message = format!("`{words}` is a range, but `{}` is {of}", column.name);
        let error = checker.error(codes::PATTERN_TYPE, pattern.span, message);
        checker.report(error.help("join the values that are meant by `|`"));
        return None;
    }
    let low = low.map(|low| value(checker, column, low));
    let high = high.map(|high| value(checker, column, high));
    let low = low.map_or(Some(None), |value| value.map(Some))?;
    let high = high.map_or(Some(None), |value| value.map(Some))?;
    if let (Some(from), Some(to)) = (low, high)
        && runs_backwards(column.ty, from, to)
    {
        checker.report_empty_range(pattern.span);
        return None;
    }
    Some(Pattern::Between(low, high))
}

/// `1 EUR..50 EUR`, or with an amount for each currency of the strategy.
fn amounts_between(checker: &mut Checker, pattern: &Expr, low: Option<&Expr>, high: Option<&Expr>) -> Option<Pattern> {
    let end = |checker: &mut Checker, end: Option<&Expr>| match end {
        Some(end) => amounts(checker, end),
        None => Some(Vec::new()),
    };
    let low = end(checker, low);
    let high = end(checker, high);
    let (low, high) = (low?, high?);
    let each = 0..low.len().max(high.len());
    let ranges: Vec<_> = each.map(|n| (in_currency(&low, n), in_currency(&high, n))).collect();
    if ranges.iter().any(|(low, high)| low.zip(*high).is_some_and(|(low, high)| low > high)) {
        checker.report_empty_range(pattern.span);
        return None;
    }
    Some(match ranges.as_slice() {
        [(low, high)] => Pattern::Between(*low, *high),
        _ => Pattern::Amounts(ranges),
    })
}

/// Whether values of the type have an order that people know.
pub(super) fn has_ranges(ty: Type) -> bool {
    matches!(ty, Type::Number | Type::Money | Type::Rate | Type::Date | Type::Duration) || ty == WEEKDAY
}

fn runs_backwards(ty: Type, from: i64, to: i64) -> bool {
    match (ty, Duration::unpack(from), Duration::unpack(to)) {
        (Type::Duration, Some(from), Some(to)) => from.compare(to).is_some_and(std::cmp::Ordering::is_gt),
        _ => from > to,
    }
}

/// The unit in which all durations of a column that compare with this one can be counted, and how many of it one is.
pub(super) fn family(unit: Unit) -> (Unit, i64) {
    match unit {
        Unit::Days => (Unit::Days, 1),
        Unit::Weeks => (Unit::Days, 7),
        Unit::Months => (Unit::Months, 1),
        Unit::Years => (Unit::Months, 12),
        Unit::Hours => (Unit::Hours, 1),
        Unit::WorkingDays => (Unit::WorkingDays, 1),
    }
}

/// The values that a pattern names.
pub(super) fn values(pattern: &Pattern) -> Vec<i64> {
    match pattern {
        Pattern::Any | Pattern::Amounts(_) => Vec::new(),
        Pattern::Between(low, high) => low.iter().chain(high).copied().collect(),
        Pattern::OneOf(values) => values.clone(),
    }
}

/// Whether a column holds durations that do not compare with each other, which is reported with both places.
pub(super) fn mixes_units(checker: &mut Checker, columns: &[Column], rows: &[ReadRow]) -> bool {
    let before = checker.diagnostics.len();
    for (index, column) in columns.iter().enumerate() {
        if column.ty == Type::Duration {
            report_mixed(checker, column, index, rows);
        }
    }
    checker.diagnostics.len() > before
}

fn report_mixed(checker: &mut Checker, column: &Column, index: usize, rows: &[ReadRow]) {
    let mut first = None;
    for row in rows {
        let (Some(pattern), Some(span)) = (row.patterns.get(index), row.pattern_spans.get(index)) else { continue };
        for unit in values(pattern).into_iter().filter_map(Duration::unpack).map(|d| family(d.unit()).0) {
            let (known, place) = *first.get_or_insert((unit, *span));
            if known == unit {
                continue;
            }
            let place = checker.here(place);
            let message = format!(
                "The durations in the column `{}` do not compare: {} and {}",
                column.name,
                known.words().1,
                unit.words().1
            );
            let error = checker.error_saying(codes::COLUMN_UNITS, *span, message, unit.words().1).also(
                place.file,
                place.span,
                known.words().1,
            );
            let help = "keep to one of: days and weeks, months and years, hours, working days";
            checker.report(error.help(help));
            return;
        }
    }
}
