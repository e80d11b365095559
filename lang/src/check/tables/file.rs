//! Tables whose rows stand in a file: `table(segment, level : number) : tone from "tones.csv"`.

use dunlin_machine::ir::Type;

use super::Column;
use crate::check::context::Checker;
use crate::check::modules::in_that_file;
use crate::diagnostic::{Diagnostic, FileId, codes};
use crate::syntax::cells::{Cell, Line, alone, lines};
use crate::syntax::tree::{self, Expr, ExprKind, Literal, Row, Span};
use crate::syntax::{Cells, LONGEST};

/// What the last column of a file may be called, besides the table itself.
const RESULT: &str = "result";

/// The rows of a file, with its number; none where something is wrong with it, which is reported.
pub(super) fn rows(
    checker: &mut Checker,
    declared: &tree::Table,
    path: &tree::Text,
    columns: &[Column],
    result: Type,
) -> Option<(FileId, Vec<Row>)> {
    let (file, text) = open(checker, path)?;
    let sheet = Sheet { file, table: declared.name.text(), columns, result };
    let rows = sheet.rows(checker, &text)?;
    Some((file, rows))
}

/// The text of a file beside the one that names it.
fn open(checker: &mut Checker, path: &tree::Text) -> Option<(FileId, String)> {
    let place = path.value.as_str();
    if !crate::check::templates::is_beside(place) {
        let message = format!("\"{place}\" is no file beside this one");
        let error = checker.error(codes::TABLE_FILE, path.span, message);
        let help = "write it as seen from this file, with `/` between its parts: `\"tables/fees.csv\"`";
        checker.report(error.help(help));
        return None;
    }
    let name = checker.beside_this_file(place);
    let Some(text) = (checker.rows)(&name) else {
        let error = checker.error(codes::TABLE_FILE, path.span, format!("There is no file `{name}`"));
        let help = "put it beside the file that names it, as text in UTF-8; its first line names the columns";
        checker.report(error.help(help));
        return None;
    };
    if text.len() > LONGEST {
        let error = checker.error(codes::TABLE_FILE, path.span, format!("`{name}` is longer than 8 MB"));
        checker.report(error.help("a table that large belongs into the host, which can state what it gives as a fact"));
        return None;
    }
    let file = checker.texts.add(&name, &text);
    checker.model.files.push(name);
    Some((file, text))
}

/// A file of rows and the table that it is for.
struct Sheet<'t> {
    file: FileId,
    table: String,
    columns: &'t [Column],
    result: Type,
}

impl Sheet<'_> {
    fn rows(&self, checker: &mut Checker, text: &str) -> Option<Vec<Row>> {
        let lines = match lines(text) {
            Ok(lines) => lines,
            Err(span) => {
                let help = "write `\"` once more where the cell ends; inside of it each mark is written twice";
                let message = "This cell begins with `\"` and does not end with it";
                self.report(checker, codes::TABLE_FILE, span, message, help);
                return None;
            }
        };
        let Some((head, body)) = lines.split_first() else {
            let help = format!("its first line names the columns: `{}`", self.head());
            self.report(checker, codes::TABLE_FILE, Span::default(), "This file of rows is empty", &help);
            return None;
        };
        let order = self.order(checker, head)?;
        if body.is_empty() {
            let message = format!("The table `{}` has no rows", self.table);
            let help = "write at least one line below the names of the columns";
            self.report(checker, codes::TABLE_EMPTY, head.span, &message, help);
            return None;
        }
        let alone = alone(text, &lines);
        let cells = Cells::new(&alone);
        let rows: Vec<Option<Row>> = body.iter().map(|line| self.row(checker, &cells, &order, line)).collect();
        rows.into_iter().collect()
    }

    /// The names that the first line should have.
    fn head(&self) -> String {
        let names = self.columns.iter().map(|column| column.name.as_str()).chain([RESULT]);
        names.collect::<Vec<_>>().join(",")
    }

    /// For each column of the table the position of its cell.
    fn order(&self, checker: &mut Checker, head: &Line) -> Option<Vec<usize>> {
        let wanted = format!("name each column once, in any order, and the result last: `{}`", self.head());
        let mut sound = true;
        let last = head.cells.last().filter(|cell| ![RESULT, &self.table].contains(&cell.text.trim()));
        if let Some(last) = last {
            let message = format!("The last column is called `{}`, not `{RESULT}`", last.text);
            self.report(checker, codes::TABLE_FILE, last.span, &message, &wanted);
            sound = false;
        }
        let named = head.cells.get(..head.cells.len().saturating_sub(1)).unwrap_or(&[]);
        for (index, cell) in named.iter().enumerate() {
            let known = self.columns.iter().any(|column| column.name == cell.text.trim());
            let again = named.iter().take(index).any(|other| other.text.trim() == cell.text.trim());
            let message = match (known, again) {
                (true, false) => continue,
                (true, true) => format!("The column `{}` is named twice", cell.text),
                (false, _) => format!("The table `{}` has no column `{}`", self.table, cell.text),
            };
            self.report(checker, codes::TABLE_FILE, cell.span, &message, &wanted);
            sound = false;
        }
        let place = |column: &Column| named.iter().position(|cell| cell.text.trim() == column.name);
        let order: Option<Vec<usize>> = self.columns.iter().map(place).collect();
        if sound && order.is_none() {
            let lacking = self.columns.iter().find(|column| place(column).is_none());
            let name = lacking.map_or("", |column| column.name.as_str());
            let message = format!("This file has no column `{name}`");
            self.report(checker, codes::TABLE_FILE, head.span, &message, &wanted);
        }
        order.filter(|_| sound)
    }

    fn row(&self, checker: &mut Checker, cells: &Cells, order: &[usize], line: &Line) -> Option<Row> {
        if line.cells.len() != order.len() + 1 {
            let (has, wants) = (super::counted(line.cells.len(), "cell"), super::counted(order.len() + 1, "cell"));
            let message = format!("This line has {has}, but the first has {wants}");
            let help = "write a cell for each column; `_` stands for anything";
            self.report(checker, codes::TABLE_FILE, line.span, &message, help);
            return None;
        }
        let patterns = self.columns.iter().zip(order).map(|(column, at)| {
            let cell = line.cells.get(*at)?;
            self.cell(checker, cells, cell, column.ty, false)
        });
        let patterns: Vec<Option<Expr>> = patterns.collect();
        let result = line.cells.last().and_then(|cell| self.cell(checker, cells, cell, self.result, true))?;
        Some(Row { patterns: patterns.into_iter().collect::<Option<_>>()?, result, law: Vec::new(), span: line.span })
    }

    /// A cell as an expression of the language; of a text it is the text itself, unless it is in quotes there too.
    fn cell(&self, checker: &mut Checker, cells: &Cells, cell: &Cell, ty: Type, result: bool) -> Option<Expr> {
        let words = cell.text.trim();
        if ty == Type::Text && !words.is_empty() && words != "_" && !words.starts_with('"') {
            return Some(Expr { kind: ExprKind::Literal(Literal::Text(words.to_owned())), span: cell.span });
        }
        let read = if result { cells.value(cell) } else { cells.pattern(cell) };
        let found = match read {
            Ok(read) if result && !is_plain(&read) => Vec::new(),
            Ok(read) => return Some(read),
            Err(found) => found,
        };
        if found.is_empty() {
            let (message, help) = wrong_cell(words, result);
            self.report(checker, codes::TABLE_CELL, cell.span, &message, help);
        }
        for diagnostic in found {
            checker.report(in_that_file(diagnostic, self.file));
        }
        None
    }

    fn report(&self, checker: &mut Checker, code: crate::diagnostic::Code, span: Span, message: &str, help: &str) {
        checker.report(Diagnostic::error(code, message).at(self.file, span, "").help(help));
    }
}

/// Whether a result says its value by itself: other declarations are read in files of the language.
fn is_plain(result: &Expr) -> bool {
    match &result.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Alternatives(_) => true,
        ExprKind::Unary { operand, .. } => matches!(operand.kind, ExprKind::Literal(_)),
        _ => false,
    }
}

fn wrong_cell(words: &str, result: bool) -> (String, &'static str) {
    let help = match result {
        true => "the last cell of a line is a value: `friendly`, `3`, `2.50 EUR`",
        false => "a cell is a value, values joined by `|`, a range such as `1..3` or `3..`, or `_` for anything",
    };
    let message = match (words.is_empty(), result) {
        (true, _) => "This cell is empty".to_owned(),
        (false, true) => format!("`{words}` is not a value"),
        (false, false) => format!("`{words}` is not a pattern"),
    };
    (message, help)
}
