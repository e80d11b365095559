//! Names that nothing uses, vars that nothing sets, holds that no rule ends, channels that `contact` leaves out.

use std::collections::BTreeSet;

use dunlin_machine::events::{BUILTIN_EVENTS, PHONE};
use dunlin_machine::ir::{self, Channels, EventId, HoldEnd, Nature, On, RuleId, Target, TextId};

use super::{head, walk, warning_at, words};
use crate::check::context::{Checker, Place};
use crate::check::modules::{Declared, Family, declared_name};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::model::{Does, Model, Trigger};
use crate::syntax::tree::ItemKind;

/// Warns of params, vars, tables, dated values and events that nothing reads. A fact may be there for letters and reports.
pub(super) fn unused(checker: &mut Checker) {
    let model = checker.model.clone();
    values(checker, &model);
    declared(checker, &model);
    procedures(checker);
    events(checker, &model);
}

fn values(checker: &mut Checker, model: &Model) {
    let mut set: BTreeSet<usize> = BTreeSet::new();
    walk::actions(model, &mut |action| {
        if let Does::Set { var, .. } = &action.does {
            set.insert(var.index());
        }
    });
    for param in &model.params {
        value(checker, model.text(param.name), "param", "use it, or remove it");
    }
    for (index, var) in model.vars.iter().enumerate() {
        let name = model.text(var.name);
        if name.contains('.') {
            parameter(checker, name);
            continue;
        }
        let used = value(checker, name, "var", "read it in a condition, or remove it");
        if used && !set.contains(&index) {
            let message = format!("No rule sets the var `{name}`, so it always has its first value");
            let help = format!("set it by `set {name} = …`, or make it a `param`");
            report(checker, codes::VAR_NEVER_SET, place_of(checker, name), message, &help);
        }
    }
}

/// Warns of a parameter of the strategy's own procedures that they do not read.
fn parameter(checker: &mut Checker, name: &str) {
    let main = checker.files.first().map(|file| file.id);
    let place = place_of(checker, name).filter(|place| Some(place.file) == main && !checker.used.contains(name));
    let plain = name.rsplit('.').next().unwrap_or(name);
    let message = format!("Nothing in the procedure reads its parameter `{plain}`");
    report(checker, codes::UNUSED_NAME, place, message, "use it, or remove it here and where the procedure is called");
}

/// Warns of a value that nothing reads; gives whether something does.
fn value(checker: &mut Checker, name: &str, what: &str, help: &str) -> bool {
    let used = checker.used.contains(name);
    if !used {
        let message = format!("Nothing reads the {what} `{name}`");
        report(checker, codes::UNUSED_NAME, place_of(checker, name), message, help);
    }
    used
}

fn place_of(checker: &Checker, name: &str) -> Option<Place> {
    checker.names.values.get(name).map(|named| named.place)
}

fn report(checker: &mut Checker, code: Code, place: Option<Place>, message: String, help: &str) {
    if let Some(place) = place {
        let warning = Diagnostic::warning(code, message).at(place.file, place.span, "").help(help);
        checker.report(warning);
    }
}

/// Tables and dated values that the strategy's own file declares.
fn declared(checker: &mut Checker, model: &Model) {
    let mut read: BTreeSet<TextId> = BTreeSet::new();
    walk::exprs(model, &mut |expr| match expr.node.as_ref() {
        ir::Expr::Table(id, _) => read.extend(model.tables.get(id.index()).map(|table| table.name)),
        ir::Expr::Dated(id, _) => read.extend(model.dated.get(id.index()).map(|dated| dated.name)),
        _ => {}
    });
    let read: BTreeSet<&str> = read.into_iter().map(|id| model.text(id)).collect();
    let Some(main) = checker.files.first() else { return };
    let (file, tree) = (main.id, main.tree.clone());
    for item in &tree.items {
        let Some((Family::Value, name)) = declared_name(&item.kind) else { continue };
        let what = if matches!(item.kind, ItemKind::Table(_)) { "table" } else { "value" };
        if !read.contains(name.text().as_str()) && !checker.used.contains(&name.text()) {
            let message = format!("Nothing reads the {what} `{}`", name.text());
            let place = Place { file, span: name.span };
            report(checker, codes::UNUSED_NAME, Some(place), message, "use it, or remove it");
        }
    }
}

/// Procedures of the strategy's own file that no stage is.
fn procedures(checker: &mut Checker) {
    let Some(main) = checker.files.first() else { return };
    let (file, tree) = (main.id, main.tree.clone());
    for (item, declaration) in tree.items.iter().enumerate() {
        let ItemKind::Procedure(procedure) = &declaration.kind else { continue };
        if !checker.calls.values().any(|call| call.declared == Declared { file: 0, item }) {
            let name = procedure.name.text();
            let place = Place { file, span: procedure.name.span };
            let message = format!("No stage is the procedure `{name}`");
            let help = format!("call it: `stage NAME = {name}(…)`, or remove it");
            report(checker, codes::UNUSED_NAME, Some(place), message, &help);
        }
    }
}

/// Events that the strategy declares and no rule waits for.
fn events(checker: &mut Checker, model: &Model) {
    let mut heard: BTreeSet<EventId> = model.noted.iter().map(|noted| noted.event).collect();
    heard.extend(model.whenevers.iter().map(|rule| rule.event.event));
    for trigger in walk::trigger_lists(model).flatten() {
        if let On::Event { event, .. } = &trigger.on {
            heard.insert(event.event);
        }
    }
    for (index, event) in model.events.iter().enumerate().skip(BUILTIN_EVENTS.len()) {
        let id = u16::try_from(index).map(EventId);
        if id.is_ok_and(|id| heard.contains(&id)) {
            continue;
        }
        let name = model.text(event.name);
        let place = checker.names.events.get(name).map(|named| named.place);
        let message = format!("No rule waits for the event `{name}`");
        report(checker, codes::UNUSED_NAME, place, message, "wait for it by `on`, or remove it");
    }
}

/// Warns of holds that no rule ends.
pub(super) fn holds(checker: &mut Checker) {
    let model = checker.model.clone();
    let mut pauses: Vec<(RuleId, TextId)> = Vec::new();
    let mut resumed: BTreeSet<TextId> = BTreeSet::new();
    walk::actions(&model, &mut |action| match &action.does {
        Does::Pause { reason, ends: HoldEnd::Open, .. } => pauses.push((action.rule, *reason)),
        Does::Resume(reason) => {
            resumed.insert(*reason);
        }
        _ => {}
    });
    pauses.dedup();
    for (rule, reason) in pauses {
        if resumed.contains(&reason) || ends_the_case(&model, rule) {
            continue;
        }
        let reason = model.text(reason).to_owned();
        let message = format!("No rule ends the hold `{reason}`");
        let warning = warning_at(checker, codes::HOLD_NEVER_ENDS, rule, message);
        let help = format!("end it by `resume {reason}`, or say how long it lasts: `pause {reason} for 30 days`");
        checker.report(warning.help(help));
    }
}

/// Whether the rule that paused waits for something that brings the case to an outcome, where every hold ends.
fn ends_the_case(model: &Model, pause: RuleId) -> bool {
    let has = |body: &[crate::model::Action], wanted: &dyn Fn(&crate::model::Action) -> bool| {
        let mut found = false;
        walk::actions_of(body, &mut |action| found |= wanted(action));
        found
    };
    let to_outcome = |action: &crate::model::Action| match &action.does {
        Does::Move(Target::Stage(stage)) => model.stages.get(stage.index()).is_some_and(|stage| stage.outcome),
        _ => false,
    };
    model.whenevers.iter().filter(|rule| has(&rule.body, &|action| action.rule == pause)).any(|rule| {
        let ends = |trigger: &Trigger| has(&trigger.body, &to_outcome);
        rule.triggers.iter().any(ends)
    })
}

/// Warns of actions by channels that no `allow` names, though there are some.
pub(super) fn channels(checker: &mut Checker) {
    let model = checker.model.clone();
    if model.contact.allows.is_empty() {
        return;
    }
    let allowed = model.contact.allows.iter().fold(Channels::default(), |all, allow| all.or(allow.channels));
    let mut found: Vec<(RuleId, Channels)> = Vec::new();
    walk::actions(&model, &mut |action| match &action.does {
        Does::Send(send) if send.nature != Nature::Reply => {
            let lost = send.ways.iter().fold(Channels::default(), |all, way| all.or(outside(*way, allowed)));
            found.push((action.rule, lost));
        }
        Does::Call(_) => found.push((action.rule, outside(Channels::of(PHONE), allowed))),
        _ => {}
    });
    found.retain(|(_, lost)| !lost.is_empty());
    found.dedup();
    for (rule, lost) in found {
        report_channels(checker, &model, rule, lost);
    }
}

fn outside(channels: Channels, allowed: Channels) -> Channels {
    Channels(channels.0 & !allowed.0)
}

fn report_channels(checker: &mut Checker, model: &Model, rule: RuleId, lost: Channels) {
    let names = lost.iter().filter_map(|channel| model.channels.get(usize::from(channel.0)));
    let names: Vec<String> = names.map(|id| format!("`{}`", model.text(*id))).collect();
    let (names, is) = (names.join(", "), if names.len() == 1 { "is" } else { "are" });
    let message = format!("{names} {is} not allowed by `contact`, so `{}` cannot go that way", words(checker, rule));
    let mut warning = warning_at(checker, codes::CHANNEL_NOT_ALLOWED, rule, message);
    if let Some(allow) = model.contact.allows.first() {
        let place = head(checker, allow.rule);
        warning = warning.also(place.file, place.span, "where some channels are allowed, others are not");
    }
    checker.report(warning.help(format!("allow it: `allow {} on working days 08:00..20:00`", names.replace('`', ""))));
}
