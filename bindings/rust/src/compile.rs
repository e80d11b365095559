//! From source text to a strategy: what `compile` is for, and what needs the compiler besides.

use crate::case_input::CaseInput;
use crate::engine::Interpreter;
use crate::error::Error;
use crate::strategy::Strategy;
use dunlin_lang::check::{self as checker, Sources as Given};
use dunlin_lang::diagnostic::{Diagnostic, DiagnosticView, Severity, Sources as Texts, render, views};
use dunlin_lang::lower::{LowerError, lower};
use dunlin_lang::model::{Expr, Model, Own, Stage, Var};
use dunlin_machine::ir::{self, Pool, Quantity, RuleId, Type};
use dunlin_machine::value::{Date, Zone};
use dunlin_runtime::input::{ClaimGiven, Opening, PersonGiven};
use std::fmt;

type Find<'f> = dyn Fn(&str) -> Option<(String, String)> + 'f;
type Rows<'f> = dyn Fn(&str) -> Option<String> + 'f;

/// The text of a strategy, and where the modules that it uses are found.
pub struct Sources<'f> {
    name: String,
    text: String,
    find: Option<Box<Find<'f>>>,
    rows: Option<Box<Rows<'f>>>,
}

impl<'f> Sources<'f> {
    /// A file: its name, which messages print, and its text. Modules come from the standard library.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), find: None, rows: None }
    }

    /// Looks modules up first by `find`: `de.consumer` to file name and text.
    #[must_use]
    pub fn with_modules(mut self, find: impl Fn(&str) -> Option<(String, String)> + 'f) -> Self {
        self.find = Some(Box::new(find));
        self
    }

    /// Looks files of table rows up by `rows`: a path as seen from the folder of the strategy, `fees.csv`, to its text.
    #[must_use]
    pub fn with_rows(mut self, rows: impl Fn(&str) -> Option<String> + 'f) -> Self {
        self.rows = Some(Box::new(rows));
        self
    }

    fn rows(&self, path: &str) -> Option<String> {
        self.rows.as_ref().and_then(|rows| rows(path))
    }

    fn module(&self, name: &str) -> Option<(String, String)> {
        let own = self.find.as_ref().and_then(|find| find(name));
        own.or_else(|| dunlin_stdlib::source(name).map(|(file, text)| (file.to_owned(), text.to_owned())))
    }
}

/// What is wrong with a strategy, or probably not meant.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    texts: Texts,
    /// What has no place in the source.
    notes: Vec<String>,
}

impl Diagnostics {
    fn of(list: Vec<Diagnostic>, texts: Texts) -> Self {
        Self { list, texts, notes: Vec::new() }
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.notes.len() + self.list.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.list.iter().filter(|d| d.severity == Severity::Warning).count()
    }

    /// In words, each with the lines that it speaks of; `colour` adds terminal escapes.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let mut text = render(&self.list, &self.texts, colour);
        for note in &self.notes {
            text.push_str(&format!("error: {note}\n\n"));
        }
        text
    }

    /// As data.
    #[must_use]
    pub fn views(&self) -> Vec<DiagnosticView> {
        let mut all = views(&self.list, &self.texts);
        let note = |note: &String| DiagnosticView {
            code: String::new(),
            severity: Severity::Error,
            message: note.clone(),
            labels: Vec::new(),
            help: None,
            fix: None,
        };
        all.extend(self.notes.iter().map(note));
        all
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// A file that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The strategy; none where the file has errors or is a library.
    pub strategy: Option<Strategy>,
    /// The checked model, with the tests that the file holds; none as above.
    pub model: Option<Model>,
    /// Every error and warning.
    pub diagnostics: Diagnostics,
}

/// Checks a strategy or a library and compiles a strategy without errors.
#[must_use]
pub fn check(sources: &Sources<'_>) -> Checked {
    let find = |name: &str| sources.module(name);
    let rows = |path: &str| sources.rows(path);
    let found = checker::check(&Given { main: (&sources.name, &sources.text), find: &find, rows: &rows });
    let mut diagnostics = Diagnostics::of(found.diagnostics, found.texts);
    let mut model = found.model;
    if let Some(file) = model.as_mut().and_then(|model| model.files.first_mut()) {
        // A machine must not depend on the folder that it was compiled in.
        *file = sources.name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    }
    let strategy = model.as_ref().and_then(|model| match lower(model) {
        Ok(machine) => Some(Strategy::of(machine)),
        Err(error) => {
            diagnostics.notes.push(lower_words(model, &error));
            None
        }
    });
    Checked { strategy, model, diagnostics }
}

fn lower_words(model: &Model, error: &LowerError) -> String {
    let rule = error.rule.and_then(|rule| model.rules.get(rule.index()));
    let place = rule.and_then(|rule| Some(format!("{}:{}: ", model.files.get(usize::from(rule.file))?, rule.line)));
    format!("{}{error}", place.unwrap_or_default())
}

/// Compiles a strategy.
///
/// # Errors
/// Every error of the file in one pass; or that it is a library, which is compiled with the strategies that use it.
pub fn compile(sources: &Sources<'_>) -> Result<Strategy, Diagnostics> {
    let mut checked = check(sources);
    if let Some(strategy) = checked.strategy {
        return Ok(strategy);
    }
    if checked.diagnostics.errors() == 0 {
        let note = format!("{} is a library: it has no line `strategy NAME`, so there is nothing to run", sources.name);
        checked.diagnostics.notes.push(note);
    }
    Err(checked.diagnostics)
}

impl Strategy {
    /// The strategy with later rows of its dated values, from the text of a file of figures, and what the checker warns of
    /// in it. It stays the same strategy: its hash and its stored form leave the rows out, and cases that it opened go on.
    /// Traces name the file.
    ///
    /// # Errors
    /// Every error of the file in one pass.
    pub fn with_figures(self, name: &str, text: &str) -> Result<(Self, Diagnostics), Diagnostics> {
        let found = checker::figures(name, text, self.machine());
        let mut diagnostics = Diagnostics::of(found.diagnostics, found.texts);
        let Some(rows) = found.rows else { return Err(diagnostics) };
        match self.with_rows(rows) {
            Ok(strategy) => Ok((strategy, diagnostics)),
            Err(error) => {
                diagnostics.notes.push(error.to_string());
                Err(diagnostics)
            }
        }
    }
}

/// The value of an expression, as the language writes it.
///
/// It may read what the strategy in `sources` and the modules `uses` declare, and the case. Without a case, it may read
/// nothing of one but the day, which is `today`. `figures` is the name and the text of a file of later rows.
///
/// # Errors
/// In words: what is wrong with the expression, or that it reads a case that is not there, or a figure that nobody checked.
pub fn evaluate(
    sources: &Sources<'_>,
    uses: &[&str],
    text: &str,
    case: Option<&str>,
    today: Date,
    figures: Option<(&str, &str)>,
) -> Result<String, EvaluationError> {
    let find = |name: &str| sources.module(name);
    let rows = |path: &str| sources.rows(path);
    let given = Given { main: (&sources.name, &sources.text), find: &find, rows: &rows };
    let found = checker::expression(&given, uses, text);
    let Some((mut model, expr)) = found.expression else {
        return Err(EvaluationError::Diagnostics(Diagnostics::of(found.diagnostics, found.texts)));
    };
    if case.is_none() {
        needs_no_case(&model, &expr).map_err(EvaluationError::Words)?;
    }
    complete(&mut model);
    let ty = expr.ty;
    let machine = lower_with(&model, &[expr]).map_err(|error| EvaluationError::Words(error.to_string()))?;
    let mut strategy = Strategy::of(machine);
    if let Some((name, text)) = figures {
        (strategy, _) = strategy.with_figures(name, text).map_err(EvaluationError::Diagnostics)?;
    }
    value_of(&strategy, case, today, ty)
}

/// Why an expression has no value.
#[derive(Debug)]
pub enum EvaluationError {
    /// It is not written as it must be.
    Diagnostics(Diagnostics),
    /// In words.
    Words(String),
    /// The case cannot be read.
    Case(Error),
}

/// The machine with expressions added as further variables, from number `model.vars.len()` on, and with what tests say.
pub(crate) fn lower_with(model: &Model, exprs: &[Expr]) -> Result<ir::Machine, LowerError> {
    let mut model = model.clone();
    model.own = Own::ALL;
    for (number, expr) in exprs.iter().enumerate() {
        // No name of the language holds a space, so none is there twice.
        let name = ir::TextId(u32::try_from(model.texts.len()).unwrap_or(u32::MAX));
        model.texts.push(format!("expression {number}"));
        model.vars.push(Var { name, ty: expr.ty, start: expr.clone() });
    }
    lower(&model)
}

fn needs_no_case(model: &Model, expr: &Expr) -> Result<(), String> {
    let wants = |what: &str| Err(format!("{what} belongs to a case; give one with --case"));
    match &*expr.node {
        ir::Expr::Read(Quantity::Today | Quantity::Now) => {}
        ir::Expr::Read(_) => return wants("this expression reads what"),
        ir::Expr::Fact(id) => {
            let name = model.facts.get(id.index()).map_or("", |fact| model.text(fact.name));
            return wants(&format!("the fact `{name}`"));
        }
        ir::Expr::Var(_) | ir::Expr::Kept(_) => return wants("this expression reads what"),
        _ => {}
    }
    expr.node.operands().into_iter().try_for_each(|operand| needs_no_case(model, operand))
}

/// Adds what a machine cannot do without and an expression alone does not have.
fn complete(model: &mut Model) {
    if model.zones.is_empty() {
        model.zones.push(Zone::utc());
    }
    if model.ledger.pools.is_empty() {
        model.ledger.pools = vec![Pool::Costs, Pool::Interest, Pool::Principal];
    }
    if model.stages.is_empty() {
        let name = ir::TextId(0);
        if model.texts.is_empty() {
            model.texts.push(String::new());
        }
        let rule = RuleId(0);
        if model.rules.is_empty() {
            model.rules.push(ir::Rule { file: 0, line: 1, name, law: None });
        }
        if model.files.is_empty() {
            model.files.push(String::new());
        }
        let (entry, triggers) = (dunlin_lang::model::Block::default(), Vec::new());
        let leaving = Vec::new();
        model.stages.push(Stage { name, title: name, rule, outcome: false, scope: None, entry, triggers, leaving });
    }
}

fn value_of(strategy: &Strategy, case: Option<&str>, today: Date, ty: Type) -> Result<String, EvaluationError> {
    let machine = strategy.machine();
    let Some(added) = machine.vars.last() else { return Err(EvaluationError::Words("there is no expression".into())) };
    let words = |error: Error| EvaluationError::Words(error.to_string());
    // The expression is not to be read at opening: it may fail, and then it must say so itself.
    let mut opened = machine.clone();
    opened.vars.truncate(machine.vars.len() - 1);
    let opened = Strategy::of(opened);
    let input = match case {
        Some(text) => CaseInput::from_json(&opened, text).map_err(EvaluationError::Case)?,
        None => nobody(&opened, today).ok_or_else(|| EvaluationError::Words("the day cannot be counted".into()))?,
    };
    let (case, _) = Interpreter::new(&opened).open(&input, input.at).map_err(words)?;
    let read = dunlin_runtime::read::value(machine, case.state(), added.start);
    let (value, seen) = read.map_err(|why| EvaluationError::Words(why.words(machine)))?;
    if let Some(seen) = seen.iter().find(|seen| seen.provisional) {
        return Err(EvaluationError::Words(unchecked_words(machine, seen.read)));
    }
    let currency = strategy.currency_of(case.state());
    let words = value.map(|value| strategy.value_words(ty, value, currency, &case.state().texts));
    Ok(words.unwrap_or_else(|| "not known".into()))
}

/// What to do about a figure that nobody has checked for its day.
fn unchecked_words(machine: &ir::Machine, read: ir::ExprId) -> String {
    let name = dunlin_machine::text::expression(machine, read);
    let help = match machine.exprs.get(read.index()) {
        Some(ir::Expr::Dated(..)) => "a file of figures goes on with later ones, and `at DATE` reads an earlier one",
        _ => "look it up, and write the new day behind `verified until`",
    };
    format!("nobody has checked `{name}` for so late a day; {help}")
}

/// A case that nothing is read of but its day.
fn nobody(strategy: &Strategy, today: Date) -> Option<CaseInput> {
    let claim = ClaimGiven {
        id: "1".into(),
        principal: 1,
        due: today,
        kind: None,
        arose: None,
        default_on: None,
        secured: false,
    };
    let person = PersonGiven { id: "debtor".into(), ..PersonGiven::default() };
    let opening = Opening { persons: vec![person], claims: vec![claim], ..Opening::default() };
    Some(CaseInput { opening, at: strategy.begin(today)? })
}
