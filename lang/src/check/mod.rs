//! Names and types: from a syntax tree to a checked model.
//!
//! Every part reports what it finds and goes on; a model comes out only where nothing was wrong.

mod actions;
mod approvals;
mod calendars;
mod contact;
mod context;
mod dated;
mod declarations;
mod effects;
mod events;
mod expr;
mod figures;
mod guarantees;
mod known;
mod leaving;
mod ledger;
mod limitation;
mod messages;
mod modules;
mod plans;
mod procedures;
mod scales;
mod shared_contact;
mod stages;
mod starts;
mod tables;
mod templates;
mod tests;
mod types;
mod warnings;
mod words;

use std::rc::Rc;

use context::Checker;

use crate::diagnostic::{Diagnostic, FileId, Severity, Sources as Texts, codes, did_you_mean, sort};
use crate::model::{Expr, Model, Own};
use crate::syntax::tree::{self, ItemKind, Span};
pub use figures::{CheckedFigures, figures};
pub use messages::{WantedFile, wanted_files};
use modules::Declared;

/// What there is to check: the file itself, and how to find the modules that it uses.
pub struct Sources<'s> {
    /// Its name and its text.
    pub main: (&'s str, &'s str),
    /// File name and text of a module such as `de.consumer`; none where there is no such module.
    pub find: &'s dyn Fn(&str) -> Option<(String, String)>,
    /// Text of a file of a table's rows, by its path as seen from the folder of the main file; none where there is none.
    pub rows: &'s dyn Fn(&str) -> Option<String>,
}

/// A file, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The strategy; none where it has errors, or where the file is a library.
    pub model: Option<Model>,
    /// Every error and warning, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, for printing the diagnostics.
    pub texts: Texts,
}

/// An expression, checked.
#[derive(Clone, Debug)]
pub struct CheckedExpression {
    /// The expression and the model whose tables and names it reads; none where it has errors.
    pub expression: Option<(Model, Expr)>,
    /// Every error and warning.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read; the last is the expression.
    pub texts: Texts,
}

/// Checks a strategy or a library, with what it uses of other modules.
pub fn check(sources: &Sources) -> Checked {
    let mut checker = Checker::new(sources);
    let main = checker.read_file(sources.main.0, sources.main.1, None);
    let tree = checker.files.get(main).map(|file| Rc::clone(&file.tree)).unwrap_or_default();
    let strategy = tree.strategy().is_some();
    checker.file_as_a_whole(&tree, strategy);
    let sound = strategy && !checker.has_errors();
    finish(&mut checker);
    Checked { model: sound.then_some(checker.model), diagnostics: checker.diagnostics, texts: checker.texts }
}

/// Checks an expression where the names of a strategy and of modules can be read, as `dunlin eval` does. Without a
/// strategy, the text of `sources.main` is empty.
pub fn expression(sources: &Sources, uses: &[&str], text: &str) -> CheckedExpression {
    let mut checker = Checker::new(sources);
    if sources.main.1.is_empty() {
        checker.files.push(empty_file());
        ledger::ledger(&mut checker, &[], None);
    } else {
        let main = checker.read_file(sources.main.0, sources.main.1, None);
        let tree = checker.files.get(main).map(|file| Rc::clone(&file.tree)).unwrap_or_default();
        checker.file_as_a_whole(&tree, tree.strategy().is_some());
        // Whoever asks for a value does not ask what could be better in the strategy.
        checker.diagnostics.retain(|found| found.severity == Severity::Error);
    }
    let id = checker.texts.add("expression", text);
    checker.model.files.push("expression".to_owned());
    let used = uses.iter().all(|module| checker.use_for_expression(module, id));
    let checked = checker.expression_in(text, id);
    let sound = used && !checker.has_errors();
    finish(&mut checker);
    let expression = checked.filter(|_| sound).map(|expr| (checker.model, expr));
    CheckedExpression { expression, diagnostics: checker.diagnostics, texts: checker.texts }
}

fn empty_file() -> context::SourceFile {
    context::SourceFile { id: FileId::default(), module: None, tree: Rc::new(tree::File::default()), uses: Vec::new() }
}

fn finish(checker: &mut Checker) {
    sort(&mut checker.diagnostics);
    let mut seen: Vec<Diagnostic> = Vec::new();
    // A rule for several events is checked once for each of them, and says the same each time.
    checker.diagnostics.retain(|found| {
        let new = !seen.contains(found);
        if new {
            seen.push(found.clone());
        }
        new
    });
}

impl Checker<'_> {
    fn file_as_a_whole(&mut self, tree: &tree::File, strategy: bool) {
        self.declarations_not_yet(tree);
        self.header(tree);
        self.vocabulary(tree);
        self.values(tree);
        self.collect_words(tree);
        self.declare_stages(tree);
        self.every_declaration(tree);
        self.vars(tree);
        self.terms(tree);
        self.plans(tree);
        self.starts(tree);
        self.template_files(tree);
        self.check_bodies(tree);
        self.guarantees(tree);
        self.uncalled_procedures(tree);
        if strategy {
            self.settle_limitation();
        }
        self.zones_in_texts();
        self.report_unchecked_reads();
        self.report_unsent_templates();
        if strategy {
            self.report_no_stage(tree);
        } else {
            self.report_strategy_only(tree);
        }
        self.model.own = Own { texts: self.model.texts.len(), rules: self.model.rules.len() };
        for item in &tree.items {
            if let ItemKind::Test(test) = &item.kind {
                tests::test(self, test, item.span);
            }
        }
        if strategy && !self.has_errors() {
            warnings::warn(self);
        }
    }

    /// Checks every table, dated value and calendar of the file, used or not.
    fn every_declaration(&mut self, tree: &tree::File) {
        for (item, declaration) in tree.items.iter().enumerate() {
            let declared = Declared { file: self.file, item };
            match &declaration.kind {
                ItemKind::Table(_) => {
                    self.table_of(declared, declaration.span);
                }
                ItemKind::Steps(_) => {
                    self.scale_of(declared, declaration.span);
                }
                ItemKind::Limitation(_) => {
                    self.limitation_of(declared);
                }
                ItemKind::Value(_) => {
                    self.dated_of(declared, declaration.span);
                }
                ItemKind::Calendar(_) => {
                    self.calendar_of(declared, declaration.span);
                }
                _ => {}
            }
        }
    }

    /// The calendar of the cases, contact rules, the ledger, limits.
    fn terms(&mut self, tree: &tree::File) {
        let mut ledger = None;
        for item in &tree.items {
            match &item.kind {
                ItemKind::CalendarLine(line) => calendars::choice(self, line),
                ItemKind::Contact(rules) => contact::contact(self, rules, item.span),
                ItemKind::Limits(limits) => self.limits(limits),
                ItemKind::Ledger(entries) => {
                    ledger::ledger(self, entries, Some(item.span));
                    ledger = Some(item.span);
                }
                _ => {}
            }
        }
        if ledger.is_none() {
            ledger::ledger(self, &[], None);
        }
    }

    fn report_no_stage(&mut self, tree: &tree::File) {
        let broken = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Broken(_)));
        let Some(line) = tree.items.iter().find(|item| matches!(item.kind, ItemKind::Strategy(_))) else { return };
        if self.model.stages.is_empty() && !broken {
            let error = self.error(codes::NO_STAGE, line.span, "This strategy has no stage, so no case can be in it");
            self.report(error.help("a case opens in the first stage written: `stage reminder \"Reminder\" { … }`"));
        }
    }

    /// What only a strategy can hold, in a file without a `strategy` line.
    fn report_strategy_only(&mut self, tree: &tree::File) {
        let found = tree.items.iter().find(|item| {
            matches!(
                item.kind,
                ItemKind::Stage(_)
                    | ItemKind::Group(_)
                    | ItemKind::Outcome(_)
                    | ItemKind::Whenever(_)
                    | ItemKind::Watch(_)
                    | ItemKind::Facts(_)
                    | ItemKind::Ledger(_)
                    | ItemKind::Start(_)
                    | ItemKind::Guarantee(_)
            )
        });
        if let Some(item) = found {
            let span = self.first_line(item.span);
            let words = self.words(span).to_owned();
            let error = self.error(
                codes::STRATEGY_ONLY,
                span,
                format!("`{words}` belongs into a strategy, and this file has no `strategy` line"),
            );
            self.report(error.help("begin the file with `strategy NAME \"Title\"`; without that line it is a library"));
        }
    }

    /// Templates that a condition asks about, and that no `send` sends.
    fn report_unsent_templates(&mut self) {
        for (name, place) in std::mem::take(&mut self.asked_templates) {
            if self.names.templates.contains(&name.text) || self.names.templates.is_empty() {
                continue;
            }
            let message = format!("No `send` sends a template `{}`", name.text);
            let warning = Diagnostic::warning(codes::NEVER_SENT, message).at(place.file, place.span, "asked for here");
            let near = did_you_mean(&name.text, self.names.templates.iter().map(String::as_str));
            let warning = match near {
                Some(near) => warning.help(format!("did you mean `{near}`?")).fix(place.span, near),
                None => warning.help("only a case that comes from elsewhere, with its history, can have been sent it"),
            };
            self.report(warning);
        }
    }

    fn use_for_expression(&mut self, module: &str, id: FileId) -> bool {
        let parts = module.split('.');
        let parts = parts.map(|part| tree::Name { text: part.to_owned(), span: Span::default() }).collect();
        let before = self.diagnostics.len();
        self.file = 0;
        self.use_module(&tree::DottedName { parts, span: Span::default() });
        let sound = !self.diagnostics.iter().skip(before).any(|found| found.severity == Severity::Error);
        for found in self.diagnostics.iter_mut().skip(before) {
            found.labels.iter_mut().filter(|label| label.file == FileId::default()).for_each(|label| label.file = id);
        }
        sound
    }

    fn expression_in(&mut self, text: &str, id: FileId) -> Option<Expr> {
        let parsed = match crate::syntax::parse_expression(text) {
            Ok(parsed) => parsed,
            Err(found) => {
                self.diagnostics.extend(found.into_iter().map(|found| modules::in_that_file(found, id)));
                return None;
            }
        };
        // The expression sees what the main file sees, but its places lie in its own text.
        if let Some(main) = self.files.first_mut() {
            main.id = id;
        }
        self.file = 0;
        self.expr(&parsed, None)
    }
}
