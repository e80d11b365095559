//! What the analysis of a table found, in words.

use dunlin_machine::ir::{Pattern, Type};
use dunlin_machine::value::{Date, Duration, Unit};

use super::grid::{Conflict, Dead, Findings, Grid, Missing};
use super::patterns::{family, has_ranges, values};
use super::show::show_in;
use super::{Column, Named, ReadRow};
use crate::check::context::Checker;
use crate::check::types::in_currency;
use crate::diagnostic::{Diagnostic, codes};

/// Reports what is wrong with a table as a whole; gives whether it cannot be used.
///
/// Of a table that tells currencies apart, each is looked at; the first with findings is told.
pub(super) fn report(checker: &mut Checker, name: &Named, columns: &[Column], rows: &[ReadRow]) -> bool {
    let patterns = rows.iter().flat_map(|row| &row.patterns);
    let by_currency = patterns.clone().any(|pattern| matches!(pattern, Pattern::Amounts(_)))
        || columns.iter().any(|column| column.bounds.len() > 1);
    let currencies = if by_currency { checker.model.currencies.len() } else { 1 };
    let before = checker.diagnostics.len();
    (0..currencies)
        .any(|currency| checker.diagnostics.len() == before && report_in(checker, name, columns, rows, currency))
}

fn report_in(checker: &mut Checker, name: &Named, columns: &[Column], rows: &[ReadRow], currency: usize) -> bool {
    let scale = |(n, column)| Scale::new(checker, n, column, rows, currency);
    let scales: Vec<Scale> = columns.iter().enumerate().map(scale).collect();
    let bounds: Vec<(i64, i64)> = scales.iter().map(|scale| scale.bounds).collect();
    let patterns: Vec<Vec<Pattern>> = rows.iter().map(|row| scaled(&scales, row)).collect();
    let same = |a: usize, b: usize| rows.get(a).map(|row| &row.result) == rows.get(b).map(|row| &row.result);
    let findings = Grid::new(&bounds, &patterns).findings(same);
    let table = Analysed { name, columns, rows, scales };
    table.report(checker, &findings);
    !findings.gaps.is_empty()
}

fn scaled(scales: &[Scale], row: &ReadRow) -> Vec<Pattern> {
    scales.iter().zip(&row.patterns).map(|(scale, pattern)| scale.pattern(pattern)).collect()
}

/// How the values of a column lie on one line.
struct Scale {
    ty: Type,
    /// For durations: what is counted.
    unit: Unit,
    bounds: (i64, i64),
    /// For texts and hours: those that the rows name; all others are alike.
    named: Vec<i64>,
    /// For amounts: the position of their currency.
    currency: usize,
}

impl Scale {
    fn new(checker: &Checker, index: usize, column: &Column, rows: &[ReadRow], currency: usize) -> Scale {
        let patterns = rows.iter().filter_map(|row| row.patterns.get(index));
        let named: Vec<i64> = patterns.flat_map(values).collect();
        let durations = named.iter().copied().filter_map(Duration::unpack);
        let unit = durations.map(|duration| family(duration.unit()).0).next().unwrap_or(Unit::Days);
        let (least, greatest) = type_bounds(checker, column.ty, unit);
        let (low, high) = in_currency(&column.bounds, currency).unwrap_or_default();
        Scale { ty: column.ty, unit, bounds: (low.unwrap_or(least), high.unwrap_or(greatest)), named, currency }
    }

    fn pattern(&self, pattern: &Pattern) -> Pattern {
        match pattern {
            Pattern::Amounts(ranges) => {
                let (low, high) = in_currency(ranges, self.currency).unwrap_or_default();
                Pattern::Between(low, high)
            }
            _ if self.ty != Type::Duration => pattern.clone(),
            Pattern::Between(low, high) => Pattern::Between(low.map(counted), high.map(counted)),
            Pattern::OneOf(values) => Pattern::OneOf(values.iter().copied().map(counted).collect()),
            Pattern::Any => Pattern::Any,
        }
    }

    /// A value on the line in the author's form.
    fn show(&self, checker: &Checker, value: i64) -> String {
        match self.ty {
            Type::Text if !self.named.contains(&value) => "any other text".to_owned(),
            Type::Hours if !self.named.contains(&value) => "any other hours".to_owned(),
            Type::Duration => {
                let (one, more) = self.unit.words();
                format!("{value} {}", if value == 1 { one } else { more })
            }
            _ => show_in(&checker.model, self.ty, value, self.currency),
        }
    }

    /// What is missing as a pattern that mends it.
    fn missing_pattern(&self, checker: &Checker, missing: &Missing) -> String {
        let (from, to) = missing.stretch;
        let ranges = has_ranges(self.ty);
        match () {
            () if missing.any => "_".to_owned(),
            () if !ranges && self.ty == Type::Text && !self.named.contains(&missing.value) => "_".to_owned(),
            () if !ranges || from == to => self.show(checker, missing.value),
            () if matches!(self.ty, Type::Enum(_)) => {
                format!("{}..{}", self.show(checker, from), self.show(checker, to))
            }
            () if from == self.bounds.0 => format!("..{}", self.show(checker, to)),
            () if to == self.bounds.1 => format!("{}..", self.show(checker, from)),
            () => format!("{}..{}", self.show(checker, from), self.show(checker, to)),
        }
    }
}

/// A packed duration, counted in the unit of its family.
fn counted(packed: i64) -> i64 {
    Duration::unpack(packed).map_or(0, |duration| i64::from(duration.amount()) * family(duration.unit()).1)
}

fn type_bounds(checker: &Checker, ty: Type, unit: Unit) -> (i64, i64) {
    let upto = |count: usize| i64::try_from(count).unwrap_or(i64::MAX).saturating_sub(1);
    match ty {
        Type::Bool => (0, 1),
        Type::Number | Type::Money | Type::Rate | Type::Instant => (i64::MIN, i64::MAX),
        Type::Date => (i64::from(Date::FIRST.days()), i64::from(Date::LAST.days())),
        // The days between two dates may be none or less; every other duration is written, and at least 1.
        Type::Duration if unit == Unit::Days => (i64::from(i32::MIN), i64::from(i32::MAX) * 7),
        Type::Duration => (1, i64::from(i32::MAX) * 12),
        Type::Hours => (-1, 86_400 * 100_000 + 86_400),
        // One more than there are: a text that no row names.
        Type::Text => (-1, upto(checker.model.texts.len())),
        Type::Channel => (0, upto(checker.model.channels.len())),
        Type::Tone => (0, upto(checker.model.tones.len())),
        Type::Enum(of) => (0, upto(checker.model.enum_values(of).len())),
    }
}

struct Analysed<'t> {
    name: &'t Named,
    columns: &'t [Column],
    rows: &'t [ReadRow],
    scales: Vec<Scale>,
}

impl Analysed<'_> {
    fn report(&self, checker: &mut Checker, findings: &Findings) {
        for gap in &findings.gaps {
            self.report_gap(checker, gap);
        }
        for dead in &findings.dead {
            self.report_dead(checker, dead);
        }
        for conflict in &findings.conflicts {
            self.report_conflict(checker, conflict);
        }
        if findings.unfinished {
            let message = format!("The table `{}` is too tangled to check every value", self.name.words);
            let place = self.name.place;
            let warning = Diagnostic::warning(codes::TABLE_TANGLED, message).at(place.file, place.span, "");
            checker.report(warning.help("split it into two tables, of which one calls the other"));
        }
    }

    fn report_gap(&self, checker: &mut Checker, gap: &[Missing]) {
        let named: Vec<String> = self
            .columns
            .iter()
            .zip(&self.scales)
            .zip(gap)
            .filter(|(_, missing)| !missing.any)
            .map(|((column, scale), missing)| format!("{} = {}", column.name, scale.show(checker, missing.value)))
            .collect();
        let row: Vec<String> =
            self.scales.iter().zip(gap).map(|(scale, missing)| scale.missing_pattern(checker, missing)).collect();
        let others: Vec<&str> = gap.iter().map(|_| "_").collect();
        let message = format!("No row of `{}` takes {}", self.name.words, named.join(", "));
        let place = self.name.place;
        let label = "this case would have no answer";
        let error = Diagnostic::error(codes::TABLE_GAP, message).at(place.file, place.span, label);
        let (row, others) = (row.join(", "), others.join(", "));
        let help = match row == others {
            true => format!("add a last row `{others} => …` for all others"),
            false => format!("add a row `{row} => …`, or a last row `{others} => …` for all others"),
        };
        checker.report(error.help(help));
    }

    fn report_dead(&self, checker: &mut Checker, dead: &Dead) {
        let Some(row) = self.rows.get(dead.row) else { return };
        let place = checker.here(row.span);
        let message = format!("This row of `{}` can never match", self.name.words);
        let mut warning = Diagnostic::warning(codes::ROW_NEVER_MATCHES, message).at(place.file, place.span, "");
        let takers = dead.taken_by.iter().filter_map(|row| self.rows.get(*row));
        let label = match dead.taken_by.len() {
            1 => "this row takes all its values",
            _ => "takes some of its values",
        };
        for taker in takers.take(4) {
            warning = warning.also(place.file, taker.span, label);
        }
        let help = match dead.taken_by.as_slice() {
            [] => "it asks for values that its column never has",
            _ => "remove it, or move it above",
        };
        checker.report(warning.help(help));
    }

    fn report_conflict(&self, checker: &mut Checker, conflict: &Conflict) {
        let rows = self.rows.get(conflict.first).zip(self.rows.get(conflict.second));
        let Some((first, second)) = rows else { return };
        let value = self.named_by(checker, &conflict.value, first, second);
        let result = |row: &ReadRow| checker.words(row.result_span).to_owned();
        let message = format!(
            "Two rows of `{}` disagree about {value}: the upper one gives `{}`, the lower one `{}`",
            self.name.words,
            result(first),
            result(second)
        );
        let place = checker.here(second.span);
        let warning = Diagnostic::warning(codes::ROWS_OVERLAP, message)
            .at(place.file, second.span, "would also match")
            .also(place.file, first.span, "counts, because it stands above")
            .help("write a row for what both take above them, or make one of them narrower");
        checker.report(warning);
    }

    /// A value, by the columns that one of two rows speaks of.
    fn named_by(&self, checker: &Checker, value: &[i64], first: &ReadRow, second: &ReadRow) -> String {
        let rows = first.patterns.iter().zip(&second.patterns);
        let columns = self.columns.iter().zip(&self.scales).zip(value).zip(rows);
        let named: Vec<String> = columns
            .filter(|(_, (first, second))| **first != Pattern::Any || **second != Pattern::Any)
            .map(|(((column, scale), value), _)| format!("{} = {}", column.name, scale.show(checker, *value)))
            .collect();
        named.join(", ")
    }
}
