//! Files of figures: later rows of dated values, added to a machine that stands.

use std::collections::BTreeMap;
use std::rc::Rc;

use dunlin_machine::ir::{self, AddedRows, DatedId, ExprId, Machine, Type};
use dunlin_machine::value::Date;

use super::context::{Checker, Place, SourceFile};
use super::modules::in_that_file;
use super::{Sources, dated, finish};
use crate::diagnostic::{Diagnostic, Sources as Texts, codes, did_you_mean};
use crate::syntax::tree::{self, ItemKind, Span};

/// A file of figures, checked against the machine that it is for.
#[derive(Clone, Debug)]
pub struct CheckedFigures {
    /// The rows, for [`Machine::add_rows`]; none where the file has errors.
    pub rows: Option<Vec<(DatedId, AddedRows)>>,
    /// Every error and warning, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
    /// The file, for printing the diagnostics.
    pub texts: Texts,
}

/// Checks a file of figures against a machine. The trace will name the file without its folder.
pub fn figures(name: &str, text: &str, machine: &Machine) -> CheckedFigures {
    let sources = Sources { main: (name, text), find: &|_| None, rows: &|_| None };
    let mut checker = Checker::new(&sources);
    checker.model.currencies.clone_from(&machine.currencies);
    checker.currency_given = true;
    let tree = read(&mut checker, name, text);
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let mut reading = Reading { machine, file, seen: BTreeMap::new(), rows: Vec::new() };
    for item in &tree.items {
        match &item.kind {
            ItemKind::Value(value) => reading.value(&mut checker, value, item.span),
            ItemKind::Broken(_) => {}
            _ => report_other(&mut checker, item.span),
        }
    }
    let rows = (!checker.has_errors()).then_some(reading.rows);
    finish(&mut checker);
    CheckedFigures { rows, diagnostics: checker.diagnostics, texts: checker.texts }
}

/// Reads the file alone: it uses no modules.
fn read(checker: &mut Checker, name: &str, text: &str) -> Rc<tree::File> {
    let id = checker.texts.add(name, text);
    let parsed = crate::syntax::parse(text);
    checker.diagnostics.extend(parsed.diagnostics.into_iter().map(|found| in_that_file(found, id)));
    let tree = Rc::new(parsed.file);
    checker.files.push(SourceFile { id, module: None, tree: Rc::clone(&tree), uses: Vec::new() });
    tree
}

fn report_other(checker: &mut Checker, span: Span) {
    let span = checker.first_line(span);
    let message = format!("`{}` cannot stand in a file of figures", checker.words(span));
    let error = checker.error(codes::FIGURES_ONLY_ROWS, span, message);
    let help = "it holds later rows of dated values: `base_rate = value : rate { from 2027-01-01 => 1.27 % }`";
    checker.report(error.help(help));
}

struct Reading<'m> {
    machine: &'m Machine,
    file: &'m str,
    seen: BTreeMap<String, Place>,
    rows: Vec<(DatedId, AddedRows)>,
}

impl Reading<'_> {
    fn value(&mut self, checker: &mut Checker, value: &tree::Value, span: Span) {
        let name = value.name.text();
        let place = checker.here(value.name.span);
        if let Some(before) = self.seen.insert(name.clone(), place) {
            return checker.report_twice(value.name.span, before, "its rows stand in one place", &name);
        }
        let Some(read) = dated::dated(checker, value, span) else { return };
        let ids = self.of_name(&name);
        match ids.as_slice() {
            [] => self.warn_not_read(checker, value, &name),
            // One for each currency, or one for all.
            [_, others @ ..] if others.is_empty() || self.are_one(&ids) => self.go_on(checker, value, &ids, &read),
            several if !self.is_read(several) => self.warn_not_read(checker, value, &name),
            _ => report_two(checker, value.name.span, &name),
        }
    }

    /// Whether they are one value, in each currency of the strategy.
    fn are_one(&self, ids: &[DatedId]) -> bool {
        let reads = |amount: &ExprId, id: &DatedId| matches!(self.machine.exprs.get(amount.index()), Some(ir::Expr::Dated(of, _)) if of == id);
        let are = |amounts: &[ExprId]| {
            amounts.len() == ids.len() && amounts.iter().zip(ids).all(|(amount, id)| reads(amount, id))
        };
        self.machine.exprs.iter().any(|expr| matches!(expr, ir::Expr::InCurrency(amounts) if are(amounts)))
    }

    fn is_read(&self, ids: &[DatedId]) -> bool {
        self.machine.exprs.iter().any(|expr| matches!(expr, ir::Expr::Dated(id, _) if ids.contains(id)))
    }

    /// Each of the machine's values of a name goes on with the rows for its currency.
    fn go_on(&mut self, checker: &mut Checker, value: &tree::Value, ids: &[DatedId], read: &[ir::Dated]) {
        if read.len() > ids.len() {
            return report_currencies(checker, value);
        }
        for (currency, id) in ids.iter().enumerate() {
            let rows = read.get(currency).or(read.first()).cloned();
            let before = checker.diagnostics.len();
            rows.into_iter().for_each(|rows| self.rows_of(checker, value, *id, rows));
            if checker.diagnostics.len() > before {
                return;
            }
        }
    }

    /// The machine's dated values of that name.
    fn of_name(&self, name: &str) -> Vec<DatedId> {
        let all = (0..=u16::MAX).map(DatedId).zip(&self.machine.dated);
        all.filter(|(_, dated)| self.text(dated.name) == name).map(|(id, _)| id).collect()
    }

    fn text(&self, id: ir::TextId) -> &str {
        self.machine.texts.get(id.index()).map_or("", String::as_str)
    }

    fn rows_of(&mut self, checker: &mut Checker, value: &tree::Value, id: DatedId, read: ir::Dated) {
        let Some(own) = self.machine.dated.get(id.index()) else { return };
        if read.ty != own.ty || !is_plain(own.ty) {
            return report_type(checker, value, own.ty, read.ty);
        }
        let last = own.rows.last().map(|(from, _)| *from);
        for (row, (from, _)) in value.rows.iter().zip(&read.rows) {
            if let Some(last) = last.filter(|last| from <= last) {
                report_not_later(checker, row.from.span, &value.name.text(), last);
            }
        }
        let file = self.file.to_owned();
        self.rows.push((id, AddedRows { file, rows: read.rows, verified_until: read.verified_until }));
    }

    fn warn_not_read(&self, checker: &mut Checker, value: &tree::Value, name: &str) {
        let message = format!("The strategy reads no dated value `{name}`, so these rows change nothing");
        let warning = Diagnostic::warning(codes::FIGURES_NOT_READ, message).at(checker.file_id(), value.name.span, "");
        let known = self.machine.dated.iter().map(|dated| self.text(dated.name));
        let warning = match did_you_mean(name, known) {
            Some(near) => warning.help(format!("did you mean `{near}`?")).fix(value.name.span, near),
            None => warning.help("a file may serve several strategies; then there is nothing to do"),
        };
        checker.report(warning);
    }
}

/// Whether a value means the same in a file that knows none of the strategy's own names.
fn is_plain(ty: Type) -> bool {
    !matches!(ty, Type::Text | Type::Channel | Type::Tone | Type::Enum(_))
}

fn report_type(checker: &mut Checker, value: &tree::Value, own: Type, found: Type) {
    let name = value.name.text();
    let (message, help) = if own == found || !is_plain(own) {
        let message =
            format!("`{name}` is no number, amount, rate, date or duration: a file of figures cannot go on with it");
        (message, "write the new row into the strategy, and build it anew".to_owned())
    } else {
        let (own, found) = (checker.type_words(own), checker.type_words(found));
        let message = format!("In the strategy `{name}` is {own}, and here it is {found}");
        (message, format!("write the rows as {own}"))
    };
    let error = checker.error(codes::FIGURES_TYPE, value.ty.span, message).help(help);
    checker.report(error);
}

fn report_currencies(checker: &mut Checker, value: &tree::Value) {
    let message = format!("In the strategy `{}` is the same number in each currency", value.name.text());
    let error = checker.error(codes::FIGURES_TYPE, value.name.span, message);
    checker.report(error.help("write the new row into the strategy, and build it anew"));
}

fn report_not_later(checker: &mut Checker, span: Span, name: &str, last: Date) {
    let words = checker.words(span);
    let message =
        format!("The row from {words} is not later than the last one of `{name}` in the strategy, from {last}");
    let error = checker.error_saying(codes::FIGURES_NOT_LATER, span, message, "not later");
    checker.report(
        error.help("a file of figures holds later rows alone: leave this one out, or change the strategy itself"),
    );
}

fn report_two(checker: &mut Checker, span: Span, name: &str) {
    let message = format!("The strategy reads two dated values called `{name}`, of different files");
    let error = checker.error(codes::FIGURES_AMBIGUOUS, span, message);
    checker.report(error.help("give the one of the strategy a name of its own"));
}
