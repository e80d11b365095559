//! Values that change by date, such as the base rate of a central bank.

use dunlin_machine::ir;
use dunlin_machine::value::Date;

use super::context::Checker;
use super::types::in_currency;
use crate::diagnostic::codes;
use crate::syntax::tree::{self, DateLiteral, Span};

/// The dated value that a declaration writes, one for all cases or of amounts one for each currency of the strategy; none
/// where it has errors, which are reported.
pub(super) fn dated(checker: &mut Checker, declared: &tree::Value, span: Span) -> Option<Vec<ir::Dated>> {
    let before = checker.diagnostics.len();
    let owner = declared.name.text();
    let ty = checker.type_of(&declared.ty, &owner).map(|(ty, _)| ty);
    if declared.rows.is_empty() {
        let error = checker.error(codes::DATED_EMPTY, span, format!("`{owner}` has no row, so it has no value"));
        checker.report(error.help("write from when which value holds: `from 2024-01-01 => 3.62 %`"));
    }
    let mut rows: Vec<(Date, Vec<i64>)> = Vec::new();
    let days: Vec<DateLiteral> = declared.rows.iter().map(|row| row.from).collect();
    for (index, row) in declared.rows.iter().enumerate() {
        let from = checker.date(row.from);
        in_order(checker, days.get(..index).unwrap_or(&[]), row.from);
        let value = ty.and_then(|ty| checker.constants(&row.value, ty));
        rows.extend(from.zip(value));
    }
    let last = days.last().zip(declared.verified_until);
    let verified_until = last.and_then(|(last, day)| verified(checker, *last, day));
    let ty = ty?;
    let name = checker.text(&owner);
    let sound = checker.diagnostics.len() == before;
    let of_currency = |currency: usize| ir::Dated {
        name,
        ty,
        rows: rows.iter().filter_map(|(from, values)| Some((*from, in_currency(values, currency)?))).collect(),
        verified_until,
        added: None,
    };
    let currencies = rows.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    sound.then(|| (0..currencies).map(of_currency).collect())
}

/// Reports a row that begins on a day that an earlier row has, or before it.
pub(super) fn in_order(checker: &mut Checker, before: &[DateLiteral], from: DateLiteral) {
    let day = |date: &DateLiteral| (date.year, date.month, date.day);
    let place = |other: &DateLiteral| checker.here(other.span);
    let words = checker.words(from.span);
    let error = if let Some(same) = before.iter().find(|other| day(other) == day(&from)) {
        let (message, place) = (format!("Two values hold from {words}"), place(same));
        checker
            .error_saying(codes::DATED_DAY_TWICE, from.span, message, "again here")
            .also(place.file, place.span, "first here")
            .help("keep the row that is right")
    } else if let Some(later) = before.last().filter(|last| day(last) > day(&from)) {
        let (message, place) = (format!("The row from {words} stands below a later one"), place(later));
        checker
            .error_saying(codes::DATED_ORDER, from.span, message, "begins earlier")
            .also(place.file, place.span, "begins later")
            .help("write the rows in the order of their days")
    } else {
        return;
    };
    checker.report(error);
}

/// `verified until DAY`, which lies not before the last row.
pub(super) fn verified(checker: &mut Checker, last: DateLiteral, day: DateLiteral) -> Option<Date> {
    let until = checker.date(day)?;
    let from = checker.date(last)?;
    if until < from {
        let place = checker.here(last.span);
        let message = format!("`verified until {}` lies before the last row begins", checker.words(day.span));
        let error = checker
            .error_saying(codes::DATED_VERIFIED, day.span, message, "checked until here")
            .also(place.file, place.span, "the last row")
            .help("name the last day for which somebody checked the figures");
        checker.report(error);
    }
    Some(until)
}
