//! Expressions: every form gets a type, every name a meaning.

mod calls;
mod literals;
mod names;
mod operators;

pub use literals::second_of_day;
pub use names::is_builtin_value;

use dunlin_machine::ir::{self, Quantity, Type};

use super::context::Checker;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, ExprKind, Span, UnaryOperator};

/// An expression of the model.
pub fn typed(node: ir::Expr<Expr>, ty: Type) -> Expr {
    Expr { node: Box::new(node), ty }
}

/// What is read for a case in each currency, as one value; none of nothing.
pub fn in_each_currency(mut each: Vec<Expr>) -> Option<Expr> {
    match each.len() {
        0 | 1 => each.pop(),
        _ => Some(typed(ir::Expr::InCurrency(each), Type::Money)),
    }
}

/// A constant.
pub fn constant(value: i64, ty: Type) -> Expr {
    typed(ir::Expr::Const(value), ty)
}

impl Checker<'_> {
    /// The checked expression; none where something is wrong with it, which was reported.
    ///
    /// Where a type is expected, an expression of another type is reported, and the names of an enumeration come
    /// before those of values.
    pub fn expr(&mut self, expr: &tree::Expr, expected: Option<Type>) -> Option<Expr> {
        let found = self.infer(expr, expected)?;
        match expected {
            Some(expected) if expected != found.ty => {
                self.report_mismatch(expr, expected, found.ty);
                None
            }
            _ => Some(found),
        }
    }

    /// A condition.
    pub fn condition(&mut self, expr: &tree::Expr) -> Option<Expr> {
        self.expr(expr, Some(Type::Bool))
    }

    fn infer(&mut self, expr: &tree::Expr, expected: Option<Type>) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span, false),
            ExprKind::Name(name) => self.name(name, expected),
            ExprKind::Call { function, arguments } => self.call(function, arguments, span, expected),
            ExprKind::At { value, date } => self.at(value, date),
            ExprKind::Unary { operator: UnaryOperator::Minus, operand } => self.minus(operand, span),
            ExprKind::Unary { operator: UnaryOperator::Not, operand } => {
                let operand = self.condition(operand)?;
                Some(typed(ir::Expr::Not(operand), Type::Bool))
            }
            ExprKind::Binary { operator, operator_span, left, right } => {
                self.binary(*operator, *operator_span, left, right)
            }
            ExprKind::Between { value, low, high } => self.between(value, low, high),
            ExprKind::In { value, options } => self.one_of(value, options),
            ExprKind::Known(inner) => self.known(inner),
            ExprKind::Had(pattern) => self.had(pattern),
            ExprKind::DisputeOpen => Some(typed(ir::Expr::Read(Quantity::DisputeOpen), Type::Bool)),
            ExprKind::PromiseOpen => Some(typed(ir::Expr::Read(Quantity::PromiseOpen), Type::Bool)),
            ExprKind::PlanActive => Some(typed(ir::Expr::Read(Quantity::PlanActive), Type::Bool)),
            ExprKind::InStage(stages) => self.in_stages(stages, Quantity::In),
            ExprKind::BeenIn(stages) => self.in_stages(stages, Quantity::BeenIn),
            ExprKind::If { condition, then, otherwise } => self.choice(condition, then, otherwise, expected),
            ExprKind::Alternatives(options) => self.alternatives(options, span),
            ExprKind::Range { low, high } => self.hours(low.as_deref(), high.as_deref(), span, expected),
            ExprKind::Anything => {
                let error = self.error(codes::PATTERN_NOT_HERE, span, "`_` stands for anything, so it has no value");
                self.report(error.help("`_` belongs into the rows of tables and into the parentheses of events"));
                None
            }
        }
    }

    /// Says that a form of the language cannot be run yet: `Dunlin does not run WHAT yet`.
    pub fn not_yet(&mut self, code: crate::diagnostic::Code, span: Span, what: &str) {
        let message = match what.split_once(", so ") {
            Some((what, so)) => format!("Dunlin does not run {what} yet, so {so}"),
            None => format!("Dunlin does not run {what} yet"),
        };
        let error = self.error(code, span, message);
        self.report(error.help("the form is right, but a later version will run it; leave it out for now"));
    }

    /// Says that an expression has another type than its place wants.
    fn report_mismatch(&mut self, expr: &tree::Expr, expected: Type, found: Type) {
        let words = self.words(expr.span).to_owned();
        let (wanted, given) = (self.type_words(expected), self.type_words(found));
        let message = format!("{} belongs here, but `{words}` is {given}", capitalised(&wanted));
        let error = self.error_saying(codes::WRONG_TYPE, expr.span, message, given);
        let error = match self.advice(&words, expected, found) {
            Some((help, Some(fix))) => error.help(help).fix(expr.span, fix),
            Some((help, None)) => error.help(help),
            None => error,
        };
        self.report(error);
    }

    /// What to write instead, where that can be guessed: a number without its unit.
    fn advice(&self, words: &str, expected: Type, found: Type) -> Option<(String, Option<String>)> {
        let plain = words.bytes().all(|b| b.is_ascii_digit() || b == b'_') && !words.is_empty();
        let currency = self.model.currencies.first().map_or("EUR", |c| c.code());
        let suggestion = match (expected, found) {
            (Type::Money, Type::Number) if plain => format!("{words} {currency}"),
            (Type::Rate, Type::Number) if plain => format!("{words} %"),
            (Type::Duration, Type::Number) if plain => format!("{words} days"),
            (Type::Text, Type::Number) if plain => format!("\"{words}\""),
            (Type::Money, Type::Rate) => {
                return Some((format!("write what it is a part of: `balance * {words}`"), None));
            }
            (Type::Date, Type::Instant) => return Some(("`today` is the date".to_owned(), None)),
            (Type::Bool, _) => return Some(("a condition compares: `score > 50`".to_owned(), None)),
            _ => return None,
        };
        Some((format!("write `{suggestion}`"), Some(suggestion)))
    }

    fn choice(
        &mut self,
        condition: &tree::Expr,
        then: &tree::Expr,
        otherwise: &tree::Expr,
        expected: Option<Type>,
    ) -> Option<Expr> {
        let condition = self.condition(condition);
        let under = |checker: &mut Self, branch: &tree::Expr, holds: bool, expected: Option<Type>| {
            checker.scoped(|checker| {
                if let Some(condition) = &condition {
                    checker.establish(condition, holds);
                }
                checker.expr(branch, expected)
            })
        };
        let then_value = under(self, then, true, expected);
        let other_type = expected.or(then_value.as_ref().map(|value| value.ty));
        let other_value = under(self, otherwise, false, other_type);
        let (condition, then, otherwise) = (condition?, then_value?, other_value?);
        let ty = then.ty;
        Some(typed(ir::Expr::If(condition, then, otherwise), ty))
    }

    /// `X known`.
    fn known(&mut self, inner: &tree::Expr) -> Option<Expr> {
        let value = self.scoped(|checker| {
            checker.scope.unknown_allowed = true;
            checker.expr(inner, None)
        })?;
        if !self.may_lack(value.node.as_ref()) {
            let words = self.words(inner.span).to_owned();
            let error = self.error(codes::ALWAYS_KNOWN, inner.span, format!("`{words}` is always known"));
            let help = match value.node.as_ref() {
                ir::Expr::Fact(_) => {
                    "it has a default; without one, a case may leave it out and `known` can ask for it"
                }
                _ => "`known` asks for what a case may lack, such as `debtor.age`, `deadline` or `served.on`",
            };
            self.report(error.help(help));
            return None;
        }
        if let ir::Expr::Fact(id) = value.node.as_ref()
            && let Some(fact) = self.model.facts.get_mut(id.index())
        {
            fact.optional = true;
        }
        Some(typed(ir::Expr::Known(value), Type::Bool))
    }

    /// `had EVENT`, `had EVENT(VALUE, …)`.
    fn had(&mut self, pattern: &tree::EventPattern) -> Option<Expr> {
        let heard = self.heard(pattern)?;
        if let Some(binding) = heard.bindings.first() {
            let message = format!("`{}` is a new name, and `had` asks for values", binding.name);
            let place = pattern.arguments.iter().find(|argument| self.words(argument.span) == binding.name);
            let place = place.map_or(pattern.span, |argument| argument.span);
            let error = self.error(codes::UNKNOWN_PATTERN, place, message);
            let event = self.event_name(heard.event);
            self.report(error.help(format!("`had {event}` asks whether there was any; `_` stands for any value")));
            return None;
        }
        let mut all: Option<Expr> = None;
        for pattern in heard.patterns {
            let noted = self.note_pattern(pattern);
            let one = typed(ir::Expr::Read(Quantity::Had(noted)), Type::Bool);
            all = Some(match all {
                None => one,
                Some(before) => typed(ir::Expr::Or(before, one), Type::Bool),
            });
        }
        all
    }

    /// `in STAGE | STAGE`, `been in …`.
    fn in_stages(
        &mut self,
        stages: &[tree::DottedName],
        quantity: impl Fn(Vec<ir::StageId>) -> Quantity<Expr>,
    ) -> Option<Expr> {
        let mut sound = true;
        let mut found = Vec::new();
        for stage in stages {
            match self.stages_named(stage) {
                Some(all) => found.extend(all),
                None => sound = false,
            }
        }
        sound.then(|| typed(ir::Expr::Read(quantity(found)), Type::Bool))
    }

    /// Several values joined by `|` that do not stand behind `=` or `is`.
    fn alternatives(&mut self, options: &[tree::Expr], span: Span) -> Option<Expr> {
        let money = |option: &tree::Expr| matches!(option.kind, ExprKind::Literal(tree::Literal::Money { .. }));
        if options.iter().all(money) {
            return self.amounts(options, span);
        }
        let words = self.words(span).to_owned();
        let error = self.error(codes::OR_NOT_HERE, span, format!("`{words}` is not one value"));
        self.report(
            error.help("`|` means *or* between names behind `=`, `is` or `is not`; between conditions write `or`"),
        );
        None
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str()))
}
