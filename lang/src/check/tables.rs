//! Decision tables: columns, rows, patterns, and what is wrong with the whole of them.

mod axis;
mod cover;
mod findings;
mod grid;
mod patterns;
mod show;

use dunlin_machine::ir::{self, Pattern, TextId, Type};

use super::context::Checker;
use super::types::Bounds;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, ExprKind, Parameter, Row, Span, TableBody};

pub(super) use show::show;

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
    if let Some(day) = declared.verified_until {
        checker.date(day);
    }
    let rows = rows_of(checker, declared, span)?;
    let (Some(columns), Some(result)) = (columns, result) else {
        return None;
    };
    let read: Vec<Option<ReadRow>> = rows.iter().map(|row| read_row(checker, &columns, result, row)).collect();
    let read: Vec<ReadRow> = read.into_iter().collect::<Option<_>>()?;
    if checker.diagnostics.len() > before || patterns::mixes_units(checker, &columns, &read) {
        return None;
    }
    let errors = findings::report(checker, declared.name.span, &columns, &read);
    let table = model_table(checker, declared, &columns, result, read, rows);
    (!errors).then_some(table)
}

fn rows_of<'t>(checker: &mut Checker, declared: &'t tree::Table, span: Span) -> Option<&'t [Row]> {
    let name = declared.name.text();
    match &declared.body {
        TableBody::Rows(rows) if rows.is_empty() => {
            let error = checker.error(codes::TABLE_EMPTY, span, format!("The table `{name}` has no rows"));
            checker.report(error.help("write at least one, such as `_ => RESULT`"));
            None
        }
        TableBody::Rows(rows) => Some(rows),
        TableBody::Dated(rows) => {
            let place = rows.first().map_or(span, |rows| rows.from.span);
            checker.not_yet(codes::DATED_TABLE_NOT_BUILT, place, "a table whose rows change by date");
            None
        }
        TableBody::File(file) => {
            checker.not_yet(codes::TABLE_FILE_NOT_BUILT, file.span, "a table whose rows stand in a file");
            None
        }
    }
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
    if parameters.is_empty() || parameters.len() > MOST_COLUMNS {
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
        ir::Expr::Fact(id) => checker.model.facts.get(id.index()).and_then(|fact| fact.bounds),
        _ => None,
    };
    Some(Column { name, ty: value.ty, bounds })
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

fn model_table(
    checker: &mut Checker,
    declared: &tree::Table,
    columns: &[Column],
    result: Type,
    read: Vec<ReadRow>,
    rows: &[Row],
) -> ir::Table<Expr> {
    let name = checker.text(&declared.name.text());
    let columns: Vec<(TextId, Type)> = columns.iter().map(|c| (checker.text(&c.name), c.ty)).collect();
    let rows = read.into_iter().zip(rows).map(|(read, row)| ir::Row {
        rule: checker.rule_at(row.span, &row.law),
        patterns: read.patterns,
        result: read.result,
    });
    let rows = rows.collect();
    ir::Table { name, columns, result, rows }
}
