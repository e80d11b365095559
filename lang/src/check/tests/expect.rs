//! What a test expects.

use dunlin_machine::ir::{StageId, Type};

use crate::check::context::{Checker, or_list};
use crate::check::effects;
use crate::check::expr::{constant, is_builtin_value};
use crate::diagnostic::{codes, did_you_mean};
use crate::model::{Expr, TestDoes};
use crate::syntax::tree::{self, ActionReference, DateLiteral, DottedName, Expect, ExprKind, Name};

/// One expectation; errors are reported.
pub(super) fn expect(checker: &mut Checker, expect: &Expect) -> Option<TestDoes> {
    match expect {
        Expect::Action { no, action, on } => self::action(checker, *no, action, *on),
        Expect::Stage(name) => stages(checker, name).map(TestDoes::Stage),
        Expect::Outcome(name) => outcome(checker, name).map(TestDoes::Outcome),
        Expect::Deadline(day) => checker.date(*day).map(TestDoes::Deadline),
        Expect::HeldBy(name) => held_by(checker, name).map(TestDoes::HeldBy),
        Expect::Refused => Some(TestDoes::Refused),
        Expect::Quantity { quantity, value, tolerance } => self::quantity(checker, quantity, value, tolerance.as_ref()),
    }
}

/// A stage; of one that is a procedure, all that are in it.
fn stages(checker: &mut Checker, name: &DottedName) -> Option<Vec<StageId>> {
    let inside = checker.stages_of_call(&name.text());
    inside.or_else(|| checker.stage_named(name).map(|stage| vec![stage]))
}

fn outcome(checker: &mut Checker, name: &Name) -> Option<StageId> {
    let dotted = DottedName { parts: vec![name.clone()], span: name.span };
    let stage = checker.stage_named(&dotted)?;
    let is_outcome = checker.model.stages.get(stage.index()).is_some_and(|stage| stage.outcome);
    if is_outcome {
        return Some(stage);
    }
    let mut error =
        checker.error(codes::TEST_OUTCOME, name.span, format!("`{}` is a stage, not an outcome", name.text));
    if let Some(named) = checker.names.stages.get(&name.text) {
        error = error.also(named.place.file, named.place.span, "declared here");
    }
    checker.report(error.help(format!("write `expect stage {}`", name.text)));
    None
}

/// What can hold an action, as authors may call it and as it is kept.
const HOLDERS: [(&str, &str); 13] = [
    ("limit", "limit"),
    ("rest", "rest"),
    ("hours", "hours"),
    ("allow", "hours"),
    ("hold", "hold"),
    ("consent", "consent"),
    ("never", "never"),
    ("costs", "costs"),
    ("plan", "plan"),
    ("terms", "terms"),
    ("recess", "recess"),
    ("disputed", "disputed"),
    ("fresh", "fresh"),
];

fn held_by(checker: &mut Checker, name: &Name) -> Option<String> {
    if let Some((_, kept)) = HOLDERS.iter().find(|(word, _)| *word == name.text) {
        return Some((*kept).to_owned());
    }
    let known: Vec<String> = HOLDERS.iter().map(|(word, _)| (*word).to_owned()).collect();
    let message = format!("Nothing is held by `{}`", name.text);
    let help = format!("what holds is {}", or_list(&known));
    checker.report_unknown(codes::TEST_HELD_BY, name, message, &known, &help);
    None
}

fn quantity(
    checker: &mut Checker,
    quantity: &tree::Expr,
    value: &tree::Expr,
    tolerance: Option<&tree::Expr>,
) -> Option<TestDoes> {
    if let ExprKind::Name(name) = &quantity.kind
        && let Some(verb) = name.single()
        && let Some(near) = meant_verb(checker, verb)
    {
        let error = checker.error(codes::TEST_ACTION, verb.span, format!("`{}` is no action", verb.text));
        checker.report(error.help(format!("did you mean `{near}`?")).fix(verb.span, near));
        return None;
    }
    let read = checker.scoped(|checker| {
        checker.scope.unknown_allowed = true;
        checker.expr(quantity, None)
    })?;
    let is = checker.constant(value, read.ty).map(|value| constant(value, read.ty));
    let within = match tolerance {
        None => Some(None),
        Some(tolerance) => self::tolerance(checker, tolerance, read.ty).map(Some),
    };
    let (is, within) = is.zip(within)?;
    Some(TestDoes::Quantity { quantity: read, is, within })
}

/// The verb that was meant where something that cannot be read looks like one.
fn meant_verb(checker: &Checker, name: &Name) -> Option<&'static str> {
    let can_be_read = checker.names.values.contains_key(&name.text) || is_builtin_value(&name.text);
    did_you_mean(&name.text, VERBS).filter(|_| !can_be_read)
}

fn tolerance(checker: &mut Checker, tolerance: &tree::Expr, ty: Type) -> Option<Expr> {
    if !matches!(ty, Type::Money | Type::Number | Type::Rate) {
        let message = format!("No ± goes with {}", checker.type_words(ty));
        let error = checker.error(codes::TEST_QUANTITY, tolerance.span, message);
        checker.report(error.help("amounts, rates and numbers may differ by an amount; leave out the `±`"));
        return None;
    }
    let value = checker.constant(tolerance, ty)?;
    if value < 0 {
        let error = checker.error(codes::TEST_QUANTITY, tolerance.span, "A difference cannot be less than nothing");
        checker.report(error.help("write it without a minus"));
        return None;
    }
    Some(constant(value, ty))
}

/// The verbs of actions, and those of what the machine does by itself.
const VERBS: [&str; 20] = [
    "send", "call", "task", "file", "charge", "waive", "report", "alarm", "emit", "assign", "block", "unblock",
    "refund", "cancel", "collect", "offer", "activate", "release", "split", "approval",
];

fn action(checker: &mut Checker, no: bool, action: &ActionReference, on: Option<DateLiteral>) -> Option<TestDoes> {
    let on = match on {
        None => Some(None),
        Some(day) => checker.date(day).map(Some),
    };
    let verb = &action.verb;
    if let "pause" | "resume" = verb.text.as_str() {
        let error = checker.error(codes::TEST_ACTION, verb.span, format!("The host is not told of a `{}`", verb.text));
        checker.report(error.help("expect what a hold does: `expect held by hold`, `expect no send …`"));
        return None;
    }
    if !VERBS.contains(&verb.text.as_str()) {
        let known: Vec<String> = VERBS.map(str::to_owned).to_vec();
        let message = format!("`{}` is no action", verb.text);
        let help = "actions are named as in a stage: `expect send reminder by email`, `expect task check_dispute`";
        checker.report_unknown(codes::TEST_ACTION, verb, message, &known, help);
        return None;
    }
    let collected = (verb.text == "collect").then(|| action.by.first()).flatten();
    let channel = match action.by.as_slice() {
        [] => Some(None),
        // `collect MONEY by debit` names no channel.
        [_] if collected.is_some() => Some(None),
        [one] => checker.channel(one).map(Some),
        [_, second, ..] => {
            let error = checker.error(codes::TEST_ACTION, second.span, "Here stand two channels");
            checker.report(error.help("write one `expect` for each of them"));
            None
        }
    };
    let by = collected.map(|by| DottedName { parts: vec![by.clone()], span: by.span });
    let object = action.object.as_ref().or(by.as_ref());
    let known = is_ever_done(checker, verb, object);
    let (on, channel) = on.zip(channel)?;
    let name = object.map(DottedName::text).filter(|name| !belongs_to_verb(&verb.text, name));
    known.then(|| TestDoes::Effect { action: verb.text.clone(), name, channel, on, no })
}

/// Whether a word only completes its verb: `release debtor`, `block customer`.
fn belongs_to_verb(verb: &str, word: &str) -> bool {
    matches!((verb, word), ("release", "debtor") | ("block" | "unblock", "customer"))
}

/// Whether some rule does what a test speaks of; where none does, it is reported.
fn is_ever_done(checker: &mut Checker, verb: &Name, object: Option<&DottedName>) -> bool {
    let Some(object) = object else { return true };
    // What is waived, blocked or released may be told in more than one way.
    let told = !matches!(verb.text.as_str(), "waive" | "block" | "unblock" | "release");
    let kind = effects::kind_of(&verb.text).filter(|_| told);
    let Some(done) = kind.and_then(|kind| effects::named_by_tests(&checker.model, kind)) else { return true };
    let name = object.text();
    if done.contains(&name) {
        return true;
    }
    if (verb.text.as_str(), name.as_str()) == ("cancel", "plan") {
        let error = checker.error(codes::TEST_ACTION, object.span, "The host is not told that a plan is cancelled");
        checker.report(error.help("expect what it leaves: `expect plan active false`"));
        return false;
    }
    let message = format!("No rule of this strategy does `{} {name}`", verb.text);
    let error = checker.error(codes::TEST_NEVER_DONE, object.span, message);
    let error = match did_you_mean(&name, done.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")).fix(object.span, near),
        None if done.is_empty() => error.help(format!("the strategy has no `{}` at all", verb.text)),
        None => error.help(format!("after `{}` it has {}", verb.text, or_list(&done))),
    };
    checker.report(error);
    false
}
