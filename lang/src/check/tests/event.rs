//! Events as a test lets them happen: every parameter a literal.

use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::{EventId, TextId, Type};
use dunlin_machine::value::{Date, Instant};

use crate::check::context::Checker;
use crate::diagnostic::codes;
use crate::model::TestValue;
use crate::syntax::tree::{self, Argument, ExprKind, Literal, Name, Span, TestEvent};

/// Parameter positions and values.
type Values = Vec<(u8, TestValue)>;

/// The event and its parameters; errors are reported.
pub(super) fn event(checker: &mut Checker, written: &TestEvent, span: Span) -> Option<(EventId, Values)> {
    let event = checker.event_named(&written.name)?;
    let happening = Happening::of(event);
    if happening.is_some_and(|happening| happening.builtin().origin == Origin::Machine) {
        let message = format!("`{}` comes from the machine, so a test cannot bring it about", written.name.text);
        let error = checker.error(codes::TEST_MACHINE_EVENT, written.name.span, message);
        checker.report(error.help("let happen what leads to it: a payment, or the end of a term"));
        return None;
    }
    let mut values = Values::new();
    let mut sound = true;
    for (position, argument) in written.arguments.iter().enumerate() {
        match self::argument(checker, event, position, argument) {
            Some((param, _)) if values.iter().any(|(known, _)| *known == param) => {
                report(checker, event, argument.span, "The same parameter stands here twice");
                sound = false;
            }
            Some(value) => values.push(value),
            None => sound = false,
        }
    }
    if sound {
        sound = report_missing(checker, event, &values, span);
    }
    sound.then_some((event, values))
}

fn argument(checker: &mut Checker, event: EventId, position: usize, argument: &Argument) -> Option<(u8, TestValue)> {
    let params = checker.model.events.get(event.index()).map(|event| event.params.clone()).unwrap_or_default();
    let position = match &argument.name {
        None => position,
        Some(name) => params.iter().position(|p| checker.model.text(p.name) == name.text).unwrap_or(usize::MAX),
    };
    let Some(param) = params.get(position) else {
        let event_name = name_of(checker, event);
        let message = match &argument.name {
            Some(name) => format!("`{event_name}` has no parameter `{}`", name.text),
            None if params.is_empty() => format!("`{event_name}` has no parameters"),
            None => format!("`{event_name}` has {} parameters, and this is one more", params.len()),
        };
        let place = argument.name.as_ref().map_or(argument.span, |name| name.span);
        report(checker, event, place, &message);
        return None;
    };
    let (name, ty) = (checker.model.text(param.name).to_owned(), param.ty);
    let value = value(checker, event, &name, ty, &argument.value)?;
    Some((u8::try_from(position).ok()?, value))
}

fn value(checker: &mut Checker, event: EventId, param: &str, ty: Type, expr: &tree::Expr) -> Option<TestValue> {
    match ty {
        Type::Text => text(checker, event, param, expr).map(TestValue::Text),
        Type::Instant => instant(checker, expr).map(TestValue::At),
        _ => checker.constant(expr, ty).map(TestValue::Value),
    }
}

/// A text: in quotes, or a word of the strategy such as the name of a task, or for `fact` any literal.
fn text(checker: &mut Checker, event: EventId, param: &str, expr: &tree::Expr) -> Option<String> {
    if let ExprKind::Name(name) = &expr.kind {
        let name = Name { text: name.text(), span: name.span };
        return known_word(checker, event, param, &name).then_some(name.text);
    }
    if Happening::of(event) == Some(Happening::Fact) && !matches!(expr.kind, ExprKind::Literal(Literal::Text(_))) {
        return Some(checker.words(expr.span).to_owned());
    }
    let id = checker.constant(expr, Type::Text)?;
    let text = u32::try_from(id).ok().map(|id| checker.model.text(TextId(id)).to_owned())?;
    let name = Name { text: text.clone(), span: expr.span };
    known_word(checker, event, param, &name).then_some(text)
}

/// Whether a word means something to the strategy, where it has to: a task, a fact, a stage.
fn known_word(checker: &mut Checker, event: EventId, param: &str, name: &Name) -> bool {
    use Happening::{Approved, Declined, Fact, Operator, Postponed, TaskDone};
    let (what, known): (&str, Vec<String>) = match (Happening::of(event), param) {
        (Some(TaskDone | Postponed), "name") => ("task", checker.names.tasks.iter().cloned().collect()),
        (Some(Approved | Declined), "name") => ("approval", checker.names.approvals.iter().cloned().collect()),
        (Some(Operator), "stage") => ("stage", checker.names.stages.keys().cloned().collect()),
        (Some(Fact), "name") => {
            let facts = checker.model.facts.iter().map(|fact| checker.model.text(fact.name).to_owned());
            ("fact", facts.collect())
        }
        _ => return true,
    };
    if known.contains(&name.text) {
        return true;
    }
    let message = format!("There is no {what} `{}`", name.text);
    checker.report_unknown(codes::TEST_PARAMETER, name, message, &known, "");
    false
}

/// The begin of a day in the strategy's zone.
fn instant(checker: &mut Checker, expr: &tree::Expr) -> Option<Instant> {
    let days = checker.constant(expr, Type::Date)?;
    let date = Date::from_days(i32::try_from(days).ok()?)?;
    let zone = checker.model.zones.first()?;
    zone.instant_at(date, 0).ok()
}

/// Reports parameters that the event cannot do without; gives whether none is missing.
fn report_missing(checker: &mut Checker, event: EventId, values: &Values, span: Span) -> bool {
    let params = checker.model.events.get(event.index()).map(|event| event.params.clone()).unwrap_or_default();
    let given = |position: usize| values.iter().any(|(known, _)| usize::from(*known) == position);
    let missing: Vec<String> = params
        .iter()
        .enumerate()
        .filter(|(position, param)| param.required && !given(*position))
        .map(|(_, param)| format!("`{}`", checker.model.text(param.name)))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let message = format!("`{}` needs {}", name_of(checker, event), missing.join(" and "));
    report(checker, event, span, &message);
    false
}

fn name_of(checker: &Checker, event: EventId) -> String {
    let event = checker.model.events.get(event.index());
    event.map_or_else(String::new, |event| checker.model.text(event.name).to_owned())
}

fn report(checker: &mut Checker, event: EventId, span: Span, message: &str) {
    let params = checker.model.events.get(event.index()).map(|event| event.params.clone()).unwrap_or_default();
    let names: Vec<&str> = params.iter().map(|param| checker.model.text(param.name)).collect();
    let help = match names.as_slice() {
        [] => format!("write it alone: `{}`", name_of(checker, event)),
        names => format!("it is `{}({})`; trailing ones may be left out", name_of(checker, event), names.join(", ")),
    };
    let error = checker.error(codes::TEST_PARAMETER, span, message).help(help);
    checker.report(error);
}
