//! Events as rules name them: which event, what its parameters must be, and what its other names are bound to.

use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventId, EventPattern, Type};

use super::context::{Binding, Checker, Place};
use crate::diagnostic::{codes, did_you_mean};
use crate::syntax::tree::{self, DottedName, ExprKind, Name};

/// An event as a rule names it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The event.
    pub event: EventId,
    /// What is waited for: several where a parameter may have one of several values.
    pub patterns: Vec<EventPattern>,
    /// Names that stand for its parameters.
    pub bindings: Vec<Binding>,
}

/// What stands in one place between the parentheses.
enum Argument {
    Anything,
    OneOf(Vec<i64>),
    Bound(Binding),
}

impl Checker<'_> {
    /// The event that a rule names; unknown ones are reported.
    pub fn event_of(&mut self, name: &DottedName) -> Option<EventId> {
        let whole = Name { text: name.text(), span: name.span };
        self.event_named(&whole)
    }

    /// The event of a rule with what stands in its parentheses.
    pub fn heard(&mut self, pattern: &tree::EventPattern) -> Option<Heard> {
        let event = self.event_of(&pattern.name)?;
        let params = self.model.events.get(event.index())?.params.clone();
        if pattern.arguments.len() > params.len() {
            self.report_too_many(pattern, event, params.len());
            return None;
        }
        let mut heard = Heard { event, patterns: vec![EventPattern { event, is: Vec::new() }], bindings: Vec::new() };
        let mut sound = true;
        for (n, argument) in pattern.arguments.iter().enumerate() {
            let Some(param) = params.get(n) else { continue };
            let name = self.model.text(param.name).to_owned();
            match self.argument(event, n as u8, &name, param.ty, argument) {
                Some(Argument::Anything) => {}
                Some(Argument::Bound(binding)) => heard.bindings.push(binding),
                Some(Argument::OneOf(values)) => heard.patterns = each_with(&heard.patterns, n as u8, &values),
                None => sound = false,
            }
        }
        sound.then_some(heard)
    }

    fn report_too_many(&mut self, pattern: &tree::EventPattern, event: EventId, count: usize) {
        let names = self.parameter_names(event);
        let event = self.event_name(event);
        let message = match count {
            0 => format!("`{event}` brings nothing, so nothing can stand in its parentheses"),
            _ => format!("`{event}` brings {count}, but here stand {}", pattern.arguments.len()),
        };
        let error = self.error(codes::TOO_MANY_PARAMETERS, pattern.span, message);
        let error = if names.is_empty() { error } else { error.help(format!("it is `{event}({})`", names.join(", "))) };
        self.report(error);
    }

    fn argument(&mut self, event: EventId, param: u8, own: &str, ty: Type, argument: &tree::Expr) -> Option<Argument> {
        match &argument.kind {
            ExprKind::Anything => Some(Argument::Anything),
            ExprKind::Name(name) if name.single().is_some() => {
                let name = name.single()?;
                self.named_argument(event, param, own, ty, name)
            }
            ExprKind::Alternatives(options) => {
                let values: Vec<Option<i64>> = options.iter().map(|o| self.pattern_value(event, own, ty, o)).collect();
                let values: Option<Vec<i64>> = values.into_iter().collect();
                Some(Argument::OneOf(values?))
            }
            _ => Some(Argument::OneOf(vec![self.constant(argument, ty)?])),
        }
    }

    fn pattern_value(&mut self, event: EventId, own: &str, ty: Type, option: &tree::Expr) -> Option<i64> {
        if let ExprKind::Name(name) = &option.kind
            && let Some(name) = name.single()
            && self.is_word_of(event, own, &name.text)
        {
            return Some(i64::from(self.text(&name.text).0));
        }
        self.constant(option, ty)
    }

    /// A bare name: a value of the parameter's type, or else a name for it.
    fn named_argument(&mut self, event: EventId, param: u8, own: &str, ty: Type, name: &Name) -> Option<Argument> {
        if let Some(value) = self.named_constant(ty, &name.text) {
            return Some(Argument::OneOf(vec![value]));
        }
        if name.text == own {
            return Some(Argument::Anything);
        }
        if self.is_word_of(event, own, &name.text) {
            let id = self.text(&name.text);
            return Some(Argument::OneOf(vec![i64::from(id.0)]));
        }
        self.check_binding(event, own, ty, name)?;
        Some(Argument::Bound(Binding { name: name.text.clone(), event, param }))
    }

    /// A name that is almost one of the values, or that means something else already, is not taken as a new name.
    fn check_binding(&mut self, event: EventId, own: &str, ty: Type, name: &Name) -> Option<()> {
        let words = self.words_of(event, own);
        let closed = own == "name" && (is_about_tasks(event) || is_about_approvals(event));
        let values: Vec<String> = self.names_of_type(ty).into_iter().chain(words).collect();
        let near = did_you_mean(&name.text, values.iter().map(String::as_str)).is_some();
        if near || closed {
            let message = if closed && is_about_tasks(event) {
                format!("There is no task `{}`", name.text)
            } else if closed {
                format!("No rule asks for an approval of `{}`", name.text)
            } else {
                format!("`{}` is none of the values that `{own}` can have", name.text)
            };
            let help = match (closed, is_about_tasks(event)) {
                (true, true) => "a task is opened by `task NAME for ROLE within …`",
                (true, false) => {
                    "a move is approved under the name of its stage, an action under that of its template, form, plan or kind"
                }
                _ => "",
            };
            self.report_unknown(codes::UNKNOWN_PATTERN, name, message, &values, help);
            return None;
        }
        if let Some(place) = self.value_place(&name.text) {
            self.report_taken(name, own, place);
            return None;
        }
        Some(())
    }

    fn value_place(&self, name: &str) -> Option<Option<Place>> {
        let author = self.author_value(name).map(|named| Some(named.place));
        author.or(super::expr::is_builtin_value(name).then_some(None))
    }

    fn report_taken(&mut self, name: &Name, own: &str, place: Option<Place>) {
        let message = format!("`{}` would stand for what the event brings, but it already has a meaning", name.text);
        let mut error = self.error_saying(codes::TWO_MEANINGS, name.span, message, "taken as a new name here");
        error = match place {
            Some(place) => error.also(place.file, place.span, "declared here"),
            None => error,
        };
        self.report(error.help(format!("choose another name, or leave it out and read `{own}`")));
    }

    /// Whether a parameter that is a text can have that word of the strategy as its value: a task, a form, a reason.
    fn is_word_of(&self, event: EventId, own: &str, word: &str) -> bool {
        self.words_of(event, own).iter().any(|known| known == word)
    }

    fn words_of(&self, event: EventId, own: &str) -> Vec<String> {
        use Happening::{Approved, Declined, Filed, Hold, NotServed, Operator, Released, Served, TaskDone, Waived};
        let Some(happening) = Happening::of(event) else { return Vec::new() };
        let names = &self.names;
        match (happening, own) {
            (_, "name") if is_about_tasks(event) => names.tasks.iter().cloned().collect(),
            (Approved | Declined, "name") => names.approvals.iter().cloned().collect(),
            (TaskDone, "result") => names.results.iter().cloned().collect(),
            (Hold | Released, "reason") => names.reasons.iter().cloned().collect(),
            (Filed, "form") | (Served | NotServed, "what") => names.forms.iter().cloned().collect(),
            (Operator, "stage") => names.stages.keys().cloned().collect(),
            (Waived, "what") => vec!["costs".to_owned(), "interest".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Lets what stands in a rule on that event read its parameters.
    pub fn hear(&mut self, heard: &Heard) {
        self.scope.event = Some(heard.event);
        self.scope.bindings.extend(heard.bindings.iter().cloned());
        self.scope.established.push(super::known::Fact::Happened(heard.event));
    }
}

fn is_about_tasks(event: EventId) -> bool {
    use Happening::{Postponed, TaskDone, TaskOverdue};
    matches!(Happening::of(event), Some(TaskDone | TaskOverdue | Postponed))
}

fn is_about_approvals(event: EventId) -> bool {
    matches!(Happening::of(event), Some(Happening::Approved | Happening::Declined))
}

/// Every pattern with each of the values.
fn each_with(patterns: &[EventPattern], param: u8, values: &[i64]) -> Vec<EventPattern> {
    let mut all = Vec::new();
    for pattern in patterns {
        for value in values {
            let mut with = pattern.clone();
            with.is.push((param, *value));
            all.push(with);
        }
    }
    all
}
