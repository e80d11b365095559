//! Stages in which a case can stay for ever, with nothing left that could move it.

use dunlin_machine::events::Happening;
use dunlin_machine::ir::{self, Comparison, EventPattern, On, Quantity};

use super::paths::Paths;
use super::{certain, head, walk, warning_at, words};
use crate::check::actions::{always_moves, moves};
use crate::check::context::Checker;
use crate::diagnostic::codes;
use crate::model::{Action, Block, Does, Expr, Model, Stage, Trigger, Whenever};

/// Warns of stages that a case can come to and has no certain way out of.
pub(super) fn stuck(checker: &mut Checker, paths: &Paths) {
    let model = checker.model.clone();
    if model.watches.iter().flat_map(|watch| &watch.triggers).any(|trigger| trigger.moves && is_time(&trigger.on)) {
        return;
    }
    for (index, stage) in model.stages.iter().enumerate() {
        if stage.outcome || !paths.reaches(index) {
            continue;
        }
        if !leaves(&model, stage) {
            report(checker, &model, paths, index, stage);
        } else if let Some(hung) = hangs_on_deadline(&model, stage) {
            report_deadline(checker, &model, &hung, &way(&model, paths, index));
        }
    }
}

fn is_time(on: &On<Expr>) -> bool {
    !matches!(on, On::Event { .. } | On::Move)
}

/// The triggers of a stage, and of the groups and procedures around it.
fn triggers<'m>(model: &'m Model, stage: &'m Stage) -> impl Iterator<Item = &'m Trigger> {
    let scopes = model.chain(stage.scope).filter_map(|scope| model.scopes.get(scope.index()));
    stage.triggers.iter().chain(scopes.flat_map(|scope| &scope.triggers))
}

/// Whether something will, or still can, move a case out of the stage.
fn leaves(model: &Model, stage: &Stage) -> bool {
    ends_in_move(&stage.entry)
        || triggers(model, stage).any(stays_alive)
        || waits_for_plan(model, stage)
        || triggers(model, stage).any(|trigger| always_acts(trigger) && ends_in_move(&trigger.body))
        || complementary(triggers(model, stage))
}

/// Whether a trigger acts whenever it is set off.
fn always_acts(trigger: &Trigger) -> bool {
    trigger.when.as_ref().is_none_or(|when| certain(when) == Some(true))
}

fn ends_in_move(body: &Block) -> bool {
    body.last().is_some_and(always_leaves)
}

/// Whether it moves the case, sooner or later: also where somebody is asked first, and the answer is no.
fn always_leaves(action: &Action) -> bool {
    match &action.does {
        Does::Approval(approval) => {
            ends_in_move(&approval.body) && approval.otherwise.as_ref().is_some_and(ends_in_move)
        }
        _ => always_moves(action),
    }
}

/// Whether the stage activates a plan whose end a rule waits for: until then the plan goes on.
fn waits_for_plan(model: &Model, stage: &Stage) -> bool {
    let mut activates = false;
    walk::actions_of(&stage.entry, &mut |action| activates |= matches!(action.does, Does::ActivatePlan(_)));
    let breached = Happening::PlanBreached.id();
    let waits = |rule: &Whenever| rule.event.event == breached && moves(&rule.body);
    activates && model.whenevers.iter().any(waits)
}

/// Whether a trigger waits for as long as the case is in the stage: for an event that can move it, for a condition
/// that can, or for its next time.
fn stays_alive(trigger: &Trigger) -> bool {
    if trigger.when.as_ref().and_then(certain) == Some(false) {
        return false;
    }
    match &trigger.on {
        On::Event { .. } | On::AsSoonAs(_) => trigger.moves,
        On::Every { at_most, .. } | On::EveryMonth { at_most, .. } | On::EveryWorkingDay { at_most } => {
            at_most.is_none()
        }
        // A date can come to have another value, and then it fires again.
        On::Date { date, .. } => trigger.moves && !matches!(date.node.as_ref(), ir::Expr::Const(_)),
        On::After(_) | On::Move | On::Effect(_) => false,
    }
}

/// Whether of two timers one moves where the other does not.
fn complementary<'m>(triggers: impl Iterator<Item = &'m Trigger>) -> bool {
    let conditions: Vec<(&On<Expr>, &Expr)> = triggers
        .filter(|trigger| ends_in_move(&trigger.body))
        .filter_map(|trigger| trigger.when.as_ref().map(|when| (&trigger.on, when)))
        .collect();
    let other = |on: &On<Expr>, when: &Expr| conditions.iter().any(|(o, w)| *o == on && opposite(w, when));
    conditions.iter().any(|(on, when)| other(on, when))
}

/// Whether of two conditions exactly one holds.
fn opposite(a: &Expr, b: &Expr) -> bool {
    match (a.node.as_ref(), b.node.as_ref()) {
        (ir::Expr::Not(inner), _) if inner == b => true,
        (_, ir::Expr::Not(inner)) if inner == a => true,
        (ir::Expr::Compare(x, a, b), ir::Expr::Compare(y, c, d)) => a == c && b == d && *y == turned(*x),
        _ => false,
    }
}

fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

fn report(checker: &mut Checker, model: &Model, paths: &Paths, index: usize, stage: &Stage) {
    let name = model.text(stage.name);
    let moving: Vec<&Trigger> = triggers(model, stage).filter(|trigger| trigger.moves).collect();
    let message = format!("A case can stay in `{name}` for ever");
    let mut warning = warning_at(checker, codes::NO_WAY_OUT, stage.rule, message);
    let mut rules: Vec<_> = moving.iter().map(|trigger| trigger.rule).collect();
    rules.dedup();
    for rule in rules.iter().take(3) {
        let place = head(checker, *rule);
        warning = warning.also(place.file, place.span, "does not always move the case");
    }
    let came = way(model, paths, index);
    let asked = asks_without_else(model, stage);
    let task = task_of(model, stage);
    let why = match (rules.as_slice(), &task) {
        _ if asked => "where it is not approved, nothing is left that could move it".to_owned(),
        ([], Some(_)) => "once its task is done, nothing is left that could move it".to_owned(),
        ([], None) => "no timer and no event moves it".to_owned(),
        ([rule], _) => format!("where `{}` does not move it, nothing is left that could", words(checker, *rule)),
        _ => "where none of these moves it, nothing is left that could".to_owned(),
    };
    let advice = match (rules.as_slice(), task) {
        _ if asked => "say what is done then: `with approval by … else -> …`".to_owned(),
        ([], Some(task)) => format!("add `on task_done({task}) -> …`"),
        _ => "add a move that comes in any case, such as `after 30 days -> …`".to_owned(),
    };
    checker.report(warning.help(format!("{why}{came}; {advice}, or make it an outcome")));
}

/// The stages on a shortest way to a stage, in parentheses; nothing for one that a case can open in.
fn way(model: &Model, paths: &Paths, index: usize) -> String {
    let way = paths.way_to(index).into_iter().filter_map(|stage| model.stages.get(stage));
    let way: Vec<&str> = way.map(|stage| model.text(stage.name)).collect();
    match way.as_slice() {
        [_] => String::new(),
        _ => format!(" (a case comes here by {})", way.join(" -> ")),
    }
}

/// A stage that only a deadline leads a case out of, and the message that sets it.
struct Hung<'m> {
    stage: &'m Stage,
    send: &'m Action,
    timer: &'m Trigger,
}

/// Where the message of a stage can go nowhere, or every copy comes back, there is no deadline: whether nothing else is
/// left then that could move the case, or that tells somebody.
fn hangs_on_deadline<'m>(model: &'m Model, stage: &'m Stage) -> Option<Hung<'m>> {
    let leads_on = |trigger: &&Trigger| on_deadline(&trigger.on) && (trigger.moves || opens_task(&trigger.body));
    let timer = triggers(model, stage).find(leads_on)?;
    let send = payable(stage)?;
    let mut others = triggers(model, stage).filter(|trigger| !on_deadline(&trigger.on));
    let heard = others.any(|trigger| goes_on_without_deadline(stage, trigger))
        || model.whenevers.iter().any(|rule| tells_of_failure(&rule.event))
        || model.watches.iter().flat_map(|watch| &watch.triggers).any(|trigger| on_failure(&trigger.on))
        || ends_in_move(&stage.entry)
        || waits_for_plan(model, stage)
        || complementary(triggers(model, stage).filter(|trigger| !on_deadline(&trigger.on)));
    (!heard).then_some(Hung { stage, send, timer })
}

fn on_deadline(on: &On<Expr>) -> bool {
    matches!(on, On::Date { date, .. } if matches!(date.node.as_ref(), ir::Expr::Read(Quantity::Deadline)))
}

/// The first message of a stage that sets a deadline.
fn payable<'s>(stage: &'s Stage) -> Option<&'s Action> {
    let mut found = None;
    let mut see = |action: &'s Action| {
        if matches!(&action, Action { does: Does::Send(send), .. } if send.payable_within.is_some()) {
            found.get_or_insert(action);
        }
    };
    walk::actions_of(&stage.entry, &mut see);
    stage.triggers.iter().for_each(|trigger| walk::actions_of(&trigger.body, &mut see));
    found
}

/// Whether a trigger moves the case, or is answered, though no message could be sent. What the debtor might do of
/// himself is not waited for: no message reached him.
fn goes_on_without_deadline(stage: &Stage, trigger: &Trigger) -> bool {
    match &trigger.on {
        On::Event { event, usually_within, .. } => {
            tells_of_failure(event) || (trigger.moves && (usually_within.is_some() || ends_task(stage, event)))
        }
        On::After(_) => always_acts(trigger) && ends_in_move(&trigger.body),
        _ => trigger.moves && stays_alive(trigger),
    }
}

/// Whether a trigger waits for a task that the stage opens.
fn ends_task(stage: &Stage, event: &EventPattern) -> bool {
    let answers = [Happening::TaskDone, Happening::TaskOverdue];
    answers.iter().any(|answer| answer.id() == event.event) && opens_task(&stage.entry)
}

fn opens_task(body: &Block) -> bool {
    let mut opens = false;
    walk::actions_of(body, &mut |action| opens |= matches!(action.does, Does::Task(_)));
    opens
}

fn on_failure(on: &On<Expr>) -> bool {
    matches!(on, On::Event { event, .. } if tells_of_failure(event))
}

/// Whether an event says that a message could not be sent, or came back.
fn tells_of_failure(event: &EventPattern) -> bool {
    let failures = [Happening::Unreachable, Happening::Bounced, Happening::AddressLost];
    failures.iter().any(|failure| failure.id() == event.event)
}

fn report_deadline(checker: &mut Checker, model: &Model, hung: &Hung, came: &str) {
    let name = model.text(hung.stage.name);
    let message = format!("A case can stay in `{name}` for ever, because its message can go nowhere");
    let (send, timer) = (head(checker, hung.send.rule), head(checker, hung.timer.rule));
    let warning = warning_at(checker, codes::NO_WAY_OUT, hung.stage.rule, message)
        .also(send.file, send.span, "no address, or every copy comes back: there is no deadline")
        .also(timer.file, timer.span, "waits for the deadline, and nothing else moves the case");
    let advice = "say what is done then, such as `on unreachable -> …` or `on unreachable: task find_address …`";
    checker.report(warning.help(format!("{advice}{came}")));
}

/// Whether a move of the stage waits for an approval, and nothing is said for the answer no.
fn asks_without_else(model: &Model, stage: &Stage) -> bool {
    let mut found = false;
    let mut see = |action: &Action| {
        found |=
            matches!(&action.does, Does::Approval(approval) if approval.otherwise.is_none() && moves(&approval.body));
    };
    walk::actions_of(&stage.entry, &mut see);
    triggers(model, stage).for_each(|trigger| walk::actions_of(&trigger.body, &mut see));
    found
}

/// The first task that a stage opens on entry.
fn task_of(model: &Model, stage: &Stage) -> Option<String> {
    let mut found = None;
    walk::actions_of(&stage.entry, &mut |action| {
        if let Does::Task(task) = &action.does {
            found.get_or_insert_with(|| model.text(task.name).to_owned());
        }
    });
    found
}
