//! What is probably not meant: stages that no case reaches or leaves, triggers that never fire, names that nothing uses.

mod names;
pub(super) mod paths;
mod plans;
mod stuck;
mod triggers;
pub(super) mod walk;

use dunlin_machine::ir::{self, RuleId};

use super::context::{Checker, Place};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Expr;

/// Warns of what is probably not meant in a strategy without errors.
pub(super) fn warn(checker: &mut Checker) {
    let paths = paths::Paths::new(&checker.model);
    paths::unreachable(checker, &paths);
    stuck::stuck(checker, &paths);
    triggers::never_fire(checker);
    plans::effects_in_vain(checker);
    names::unused(checker);
    plans::plans(checker);
    names::holds(checker);
    names::channels(checker);
}

/// A warning at the first words of a rule.
fn warning_at(checker: &Checker, code: Code, rule: RuleId, message: String) -> Diagnostic {
    let place = head(checker, rule);
    Diagnostic::warning(code, message).at(place.file, place.span, "")
}

/// Where the first words of a rule stand: up to its block, or the end of the line.
fn head(checker: &Checker, rule: RuleId) -> Place {
    let place = checker.rule_place(rule);
    let words = checker.texts.text(place.file).get(place.span.range()).unwrap_or("");
    let end = words.find(['\n', '{']).unwrap_or(words.len());
    let length = words.get(..end).map_or(0, |words| words.trim_end().len());
    let end = place.span.start.saturating_add(u32::try_from(length).unwrap_or(0));
    Place { file: place.file, span: crate::syntax::tree::Span::new(place.span.start, end) }
}

/// The words that a rule is cited by.
fn words(checker: &Checker, rule: RuleId) -> String {
    let rule = checker.model.rules.get(rule.index());
    rule.map_or_else(String::new, |rule| checker.model.text(rule.name).to_owned())
}

/// Whether a condition always or never holds, whatever the params are set to: they are there to be changed.
fn certain(expr: &Expr) -> Option<bool> {
    match expr.node.as_ref() {
        ir::Expr::Const(value) => Some(*value != 0),
        ir::Expr::Not(inner) => certain(inner).map(|holds| !holds),
        ir::Expr::And(a, b) => match (certain(a), certain(b)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        ir::Expr::Or(a, b) => match (certain(a), certain(b)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        _ => None,
    }
}
