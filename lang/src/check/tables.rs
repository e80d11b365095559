//! Decision tables: columns, rows, patterns, and what is wrong with the whole of them.

mod axis;
mod cover;
mod file;
mod findings;
mod grid;
mod patterns;
mod show;

use dunlin_machine::ir::{self, Pattern, TextId, Type};
use dunlin_machine::value::Date;

use super::context::{Checker, Place};
use super::dated;
use super::types::Bounds;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, DateLiteral, DatedRows, ExprKind, Parameter, Row, Span, TableBody};

pub(super) use show::show_in;

/// How many values a table is read by at most.
const MOST_COLUMNS: usize = 32;

/// A column: its name, its type, and the bounds of its values where its type sets some.
struct Column {
    name: String,
    ty: Type,
    bounds: Bounds,
}

/// A row that could be read, with its place.
struct ReadRow {
    patterns: Vec<Pattern>,
    pattern_spans: Vec<Span>,
    result: Expr,
    result_span: Span,
    span: Span,
}

/// The table that a declaration writes; none where it has errors, which are reported.
pub(super) fn table(checker: &mut Checker, declared: &tree::Table, span: Span) -> Option<ir::Table<Expr>> {
    let before = checker.diagnostics.len();
    let columns = columns(checker, declared);
    let result = result_type(checker, declared);
    let verified_until = declared.verified_until.and_then(|day| verified(checker, declared, day));
    let versions = versions(checker, declared, span)?;
    let (Some(columns), Some(result)) = (columns, result) else {
        return None;
    };
    let mut table = empty_table(checker, declared, &columns, result);
    table.verified_until = verified_until;
    let mut reading = Reading { columns: &columns, result, before, name: Named::of(checker, declared), errors: false };
    if let TableBody::File(path) = &declared.body {
        let (file, rows) = file::rows(checker, declared, path, &columns, result)?;
        let version = Version { rows: &rows, days: None };
        table.rows = checker.in_text(file, |checker| reading.version(checker, &version))?;
    }
    for version in versions {
        table.rows.extend(reading.version(checker, &version)?);
    }
    (!reading.errors).then_some(table)
}

/// What a table is called, and where.
struct Named {
    words: String,
    place: Place,
}

impl Named {
    fn of(checker: &Checker, declared: &tree::Table) -> Named {
        let span = declared.name.span;
        Named { words: checker.words(span).to_owned(), place: checker.here(span) }
    }
}

/// A table whose rows are being read.
struct Reading<'t> {
    columns: &'t [Column],
    result: Type,
    /// How many diagnostics there were before the table.
    before: usize,
    name: Named,
    /// Whether the rows as a whole cannot be used.
    errors: bool,
}

impl Reading<'_> {
    /// The rows that hold at one time; none where one cannot be read.
    fn version(&mut self, checker: &mut Checker, version: &Version) -> Option<Vec<ir::Row<Expr>>> {
        let rows = version.rows.iter().map(|row| read_row(checker, self.columns, self.result, row));
        let read: Vec<Option<ReadRow>> = rows.collect();
        let read: Vec<ReadRow> = read.into_iter().collect::<Option<_>>()?;
        if checker.diagnostics.len() > self.before || patterns::mixes_units(checker, self.columns, &read) {
            return None;
        }
        self.errors |= findings::report(checker, &self.name, self.columns, &read);
        Some(model_rows(checker, version, read))
    }
}

/// The rows that hold at one time.
struct Version<'t> {
    rows: &'t [Row],
    /// Of a table that changes by date: from which day, and up to which.
    days: Option<Pattern>,
}

/// The rows of a table, by the days on which they hold where it has dates.
fn versions<'t>(checker: &mut Checker, declared: &'t tree::Table, span: Span) -> Option<Vec<Version<'t>>> {
    let versions = match &declared.body {
        TableBody::Rows(rows) => vec![Version { rows, days: None }],
        TableBody::Dated(dated) => dated_versions(checker, dated)?,
        // They are read when the columns are known.
        TableBody::File(_) => Vec::new(),
    };
    if versions.iter().any(|version| version.rows.is_empty()) {
        let name = declared.name.text();
        let error = checker.error(codes::TABLE_EMPTY, span, format!("The table `{name}` has no rows"));
        checker.report(error.help("write at least one, such as `_ => RESULT`"));
        return None;
    }
    Some(versions)
}

/// `verified until DAY`: of a table that changes by date, not before its last rows begin.
fn verified(checker: &mut Checker, declared: &tree::Table, day: DateLiteral) -> Option<Date> {
    match &declared.body {
        TableBody::Dated(dated) => dated::verified(checker, dated.last()?.from, day),
        TableBody::Rows(_) | TableBody::File(_) => checker.date(day),
    }
}

fn dated_versions<'t>(checker: &mut Checker, dated: &'t [DatedRows]) -> Option<Vec<Version<'t>>> {
    let written: Vec<DateLiteral> = dated.iter().map(|rows| rows.from).collect();
    let before = checker.diagnostics.len();
    for (index, from) in written.iter().enumerate() {
        dated::in_order(checker, written.get(..index).unwrap_or(&[]), *from);
    }
    let days: Vec<Option<Date>> = written.iter().map(|from| checker.date(*from)).collect();
    let days: Vec<i64> = days.into_iter().map(|day| day.map(|day| i64::from(day.days()))).collect::<Option<_>>()?;
    if checker.diagnostics.len() > before {
        return None;
    }
    let ends = days.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let versions = dated.iter().zip(&days).zip(ends);
    let version = |((rows, from), to): ((&'t DatedRows, &i64), Option<i64>)| Version {
        rows: &rows.rows,
        days: Some(Pattern::Between(Some(*from), to)),
    };
    Some(versions.map(version).collect())
}

fn result_type(checker: &mut Checker, declared: &tree::Table) -> Option<Type> {
    let name = declared.name.text();
    let Some(ty) = &declared.ty else {
        let message = format!("The table `{name}` does not say of which type its results are");
        let error = checker.error(codes::TABLE_RESULT, declared.name.span, message);
        checker.report(error.help("write the type after the columns: `table(segment) : tone { … }`"));
        return None;
    };
    checker.type_of(ty, &name).map(|(ty, _)| ty)
}

fn columns(checker: &mut Checker, declared: &tree::Table) -> Option<Vec<Column>> {
    let parameters = &declared.parameters;
    // The day is a column of its own.
    let most = if is_dated(declared) { MOST_COLUMNS - 1 } else { MOST_COLUMNS };
    if parameters.is_empty() || parameters.len() > most {
        let message = format!("The table `{}` has {} columns", declared.name.text(), parameters.len());
        let error = checker.error(codes::TABLE_COLUMNS, declared.name.span, message);
        checker.report(error.help("a table is read by 1 to 32 values: `table(segment, level : number) : tone`"));
        return None;
    }
    let columns: Vec<Option<Column>> = parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let earlier = parameters.get(..index).unwrap_or(&[]);
            report_column_twice(checker, earlier, parameter);
            column(checker, parameter)
        })
        .collect();
    columns.into_iter().collect()
}

fn report_column_twice(checker: &mut Checker, earlier: &[Parameter], parameter: &Parameter) {
    let name = parameter.name.text();
    if let Some(first) = earlier.iter().find(|other| other.name.text() == name) {
        let place = checker.here(first.name.span);
        let message = format!("Two columns of this table are called `{name}`");
        let error = checker.error_saying(codes::TABLE_COLUMNS, parameter.name.span, message, "again here").also(
            place.file,
            place.span,
            "first here",
        );
        checker.report(error.help("give one of them another name"));
    }
}

/// A column with a type of its own, or named after a value whose type it takes.
fn column(checker: &mut Checker, parameter: &Parameter) -> Option<Column> {
    let name = parameter.name.text();
    if let Some(ty) = &parameter.ty {
        let (ty, bounds) = checker.type_of(ty, &name)?;
        return Some(Column { name, ty, bounds });
    }
    let value = tree::Expr { kind: ExprKind::Name(parameter.name.clone()), span: parameter.name.span };
    let value = checker.scoped(|checker| {
        checker.scope.unknown_allowed = true;
        checker.expr(&value, None)
    })?;
    let bounds = match value.node.as_ref() {
        ir::Expr::Fact(id) => checker.model.facts.get(id.index()).map_or_else(Bounds::new, bounds_of),
        _ => Bounds::new(),
    };
    Some(Column { name, ty: value.ty, bounds })
}

/// The bounds of a fact, in each currency where it tells them apart.
fn bounds_of(fact: &ir::Fact) -> Bounds {
    (0..=fact.further.len()).filter_map(|currency| fact.bounds_in(currency)).collect()
}

fn read_row(checker: &mut Checker, columns: &[Column], result: Type, row: &Row) -> Option<ReadRow> {
    if row.patterns.len() != columns.len() {
        report_length(checker, columns, row);
        return None;
    }
    let pairs = columns.iter().zip(&row.patterns);
    let patterns: Vec<Option<Pattern>> =
        pairs.map(|(column, pattern)| patterns::pattern(checker, column, pattern)).collect();
    let value = checker.expr(&row.result, Some(result));
    Some(ReadRow {
        patterns: patterns.into_iter().collect::<Option<_>>()?,
        pattern_spans: row.patterns.iter().map(|pattern| pattern.span).collect(),
        result: value?,
        result_span: row.result.span,
        span: row.span,
    })
}

fn report_length(checker: &mut Checker, columns: &[Column], row: &Row) {
    let names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let (has, wants) = (counted(row.patterns.len(), "pattern"), counted(columns.len(), "column"));
    let message = format!("This row has {has}, but the table has {wants}");
    let error = checker.error(codes::ROW_LENGTH, row.span, message);
    let help = format!("write one pattern each for {}; `_` stands for anything", names.join(", "));
    checker.report(error.help(help));
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Whether the rows of a table change by date.
pub(super) fn is_dated(declared: &tree::Table) -> bool {
    matches!(declared.body, TableBody::Dated(_))
}

fn empty_table(checker: &mut Checker, declared: &tree::Table, columns: &[Column], result: Type) -> ir::Table<Expr> {
    let name = checker.text(&declared.name.text());
    let day = is_dated(declared).then(|| (checker.text("from"), Type::Date));
    let columns: Vec<(TextId, Type)> = columns.iter().map(|c| (checker.text(&c.name), c.ty)).collect();
    let (by_day, columns) = (day.is_some(), day.into_iter().chain(columns).collect());
    ir::Table { name, columns, result, by_day, verified_until: None, rows: Vec::new() }
}

fn model_rows(checker: &mut Checker, version: &Version, read: Vec<ReadRow>) -> Vec<ir::Row<Expr>> {
    let rows = read.into_iter().zip(version.rows).map(|(read, row)| ir::Row {
        rule: checker.rule_at(row.span, &row.law),
        patterns: version.days.iter().cloned().chain(read.patterns).collect(),
        result: read.result,
    });
    rows.collect()
}
