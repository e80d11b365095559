//! Triggers that can never fire, because something before them always comes first or their condition never holds.

use dunlin_machine::ir::{EventPattern, On, RuleId};
use dunlin_machine::value::{Duration, Unit};

use super::{certain, head, walk, warning_at, words};
use crate::check::actions::always_moves;
use crate::check::context::Checker;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Action, Block, Does, Model, Scope, Stage, Trigger, Whenever};

/// Warns of triggers and rules that never fire.
pub(super) fn never_fire(checker: &mut Checker) {
    let model = checker.model.clone();
    conditions(checker, &model);
    for stage in &model.stages {
        left_at_once(checker, &model, stage);
        hidden_among(checker, stage, &stage.triggers);
        hidden_by_whenever(checker, &model, stage);
        hidden_by_group(checker, &model, stage);
    }
    for (index, scope) in model.scopes.iter().enumerate() {
        events_hidden(checker, &scope.triggers);
        hidden_by_stages(checker, &model, index, scope);
    }
    whenevers_hidden(checker, &model);
    one_reason_each(checker);
}

/// What never fires for several reasons is reported for the first; what a strategy supersedes in a module, not at all.
fn one_reason_each(checker: &mut Checker) {
    let mut seen = Vec::new();
    let main = checker.files.first().map(|file| file.id);
    checker.diagnostics.retain(|found| {
        let place = found.place().map(|label| (label.file, label.span));
        // What a module's procedure waits for may be superseded by whoever calls it.
        let own = found.labels.first().is_none_or(|label| Some(label.file) == main);
        let within = |file| found.labels.iter().all(|label| label.file == file);
        if found.code == codes::NEVER_FIRES && !own && !found.labels.first().is_some_and(|label| within(label.file)) {
            return false;
        }
        let again = found.code == codes::NEVER_FIRES && seen.contains(&place);
        seen.push(place);
        !again
    });
}

/// Conditions that always or never hold.
fn conditions(checker: &mut Checker, model: &Model) {
    for trigger in walk::trigger_lists(model).flatten() {
        condition(checker, trigger.rule, trigger.when.as_ref().and_then(certain));
    }
    for rule in &model.whenevers {
        condition(checker, rule.rule, rule.when.as_ref().and_then(certain));
    }
    let mut ifs = Vec::new();
    walk::actions(model, &mut |action| {
        if let Does::If { condition, .. } = &action.does {
            ifs.extend(certain(condition).map(|holds| (action.rule, holds)));
        }
    });
    for (rule, holds) in ifs {
        let (what, help) = match holds {
            true => ("always holds", "remove the `if`"),
            false => ("never holds", "remove the `if` with what it would do"),
        };
        let message = format!("The condition of `{}` {what}", words(checker, rule));
        let warning = warning_at(checker, codes::CONSTANT_CONDITION, rule, message);
        checker.report(warning.help(help));
    }
}

fn condition(checker: &mut Checker, rule: RuleId, holds: Option<bool>) {
    let warning = match holds {
        None => return,
        Some(true) => {
            let message = format!("The condition of `{}` always holds", words(checker, rule));
            warning_at(checker, codes::CONSTANT_CONDITION, rule, message).help("remove the `when`")
        }
        Some(false) => {
            let message = format!("`{}` never fires: its condition never holds", words(checker, rule));
            warning_at(checker, codes::NEVER_FIRES, rule, message).help("remove it, or change its `when`")
        }
    };
    checker.report(warning);
}

fn hidden(checker: &Checker, rule: RuleId, by: RuleId, why: &str, label: &str) -> Diagnostic {
    let message = format!("`{}` never fires: {why}", words(checker, rule));
    let place = head(checker, by);
    warning_at(checker, codes::NEVER_FIRES, rule, message).also(place.file, place.span, label)
}

/// A stage that is left while it is entered never waits for anything.
fn left_at_once(checker: &mut Checker, model: &Model, stage: &Stage) {
    let Some(last) = stage.entry.last().filter(|last| always_moves(last)) else { return };
    let Some(trigger) = stage.triggers.first() else { return };
    let why = format!("`{}` is left as soon as it is entered", model.text(stage.name));
    let warning = hidden(checker, trigger.rule, last.rule, &why, "left here");
    checker.report(warning.help("remove the triggers of this stage, or let the move wait"));
}

/// Triggers of one stage of which an earlier one always comes first.
fn hidden_among(checker: &mut Checker, stage: &Stage, triggers: &[Trigger]) {
    events_hidden(checker, triggers);
    let waits = waits_for_message(stage);
    for (index, trigger) in triggers.iter().enumerate() {
        let Some(span) = anchored(trigger) else { continue };
        let earlier = triggers.iter().enumerate().find(|(other, mover)| {
            mover.rule != trigger.rule
                && leaves_for_sure(mover, trigger)
                // While a message with a deadline waits to go out, timers that move wait for it, and others do not.
                && (trigger.moves || !waits)
                && anchored(mover).is_some_and(|mover| comes_first(mover, span, *other < index))
        });
        if let Some((_, mover)) = earlier {
            let why = "the case has left by then";
            let warning = hidden(checker, trigger.rule, mover.rule, why, "always moves the case first");
            checker.report(warning.help("let it come earlier, or give the other one a condition"));
        }
    }
}

/// Whether `mover` leaves the stage in every case in which `trigger` would still act.
fn leaves_for_sure(mover: &Trigger, trigger: &Trigger) -> bool {
    mover.body.last().is_some_and(always_moves) && (mover.when.is_none() || same_time(mover, trigger))
}

/// Whether both read the same condition at the same time.
fn same_time(mover: &Trigger, trigger: &Trigger) -> bool {
    matches!((&mover.on, &trigger.on), (On::After(a), On::After(b)) if a == b) && mover.when == trigger.when
}

fn waits_for_message(stage: &Stage) -> bool {
    let mut found = false;
    let mut see = |action: &Action| found |= matches!(&action.does, Does::Send(send) if send.payable_within.is_some());
    walk::actions_of(&stage.entry, &mut see);
    stage.triggers.iter().for_each(|trigger| walk::actions_of(&trigger.body, &mut see));
    found
}

/// How long after entry a trigger comes first, where its length is certain.
fn anchored(trigger: &Trigger) -> Option<Duration> {
    let (On::After(length) | On::Every { every: length, .. }) = &trigger.on else { return None };
    match length.node.as_ref() {
        dunlin_machine::ir::Expr::Const(packed) => Duration::unpack(*packed),
        _ => None,
    }
}

/// Whether `a` is over before `b` is, whatever the months and holidays; at the same time the upper one comes first.
fn comes_first(a: Duration, b: Duration, a_stands_above: bool) -> bool {
    match a.compare(b) {
        Some(std::cmp::Ordering::Less) => true,
        Some(std::cmp::Ordering::Equal) => a_stands_above,
        Some(std::cmp::Ordering::Greater) => false,
        None => longest(a).zip(shortest(b)).is_some_and(|(a, b)| a < b),
    }
}

/// The most calendar days that a duration can take; none where holidays decide.
fn longest(duration: Duration) -> Option<i64> {
    let amount = i64::from(duration.amount());
    match duration.unit() {
        Unit::Days => Some(amount),
        Unit::Weeks => Some(amount * 7),
        Unit::Months => Some(amount * 31),
        Unit::Years => Some(amount * 366),
        Unit::Hours | Unit::WorkingDays => None,
    }
}

/// The fewest calendar days that a duration can take.
fn shortest(duration: Duration) -> Option<i64> {
    let amount = i64::from(duration.amount());
    match duration.unit() {
        Unit::Days | Unit::WorkingDays => Some(amount),
        Unit::Weeks => Some(amount * 7),
        Unit::Months => Some(amount * 28),
        Unit::Years => Some(amount * 365),
        Unit::Hours => None,
    }
}

/// Triggers on events that an earlier trigger of the same list always takes.
fn events_hidden(checker: &mut Checker, triggers: &[Trigger]) {
    let waiting = triggers.iter().enumerate().filter_map(|(index, trigger)| {
        let event = event_of(trigger)?;
        let takes = |other: &&Trigger| {
            other.rule != trigger.rule
                && event_of(other).is_some_and(|general| covers(general, event))
                && (other.when.is_none() || other.when == trigger.when)
        };
        Some(Waiting { rule: trigger.rule, taken_by: triggers.iter().take(index).find(takes).map(|first| first.rule) })
    });
    let why = "the event is taken before";
    let help = "write the narrower trigger above, or give the other one a condition";
    report_taken(checker, &waiting.collect::<Vec<_>>(), why, "takes every such event", help);
}

/// A rule that waits for an event, with what always takes that event first. A rule that waits for several, as in `on
/// reply | callback`, stands once for each.
struct Waiting {
    rule: RuleId,
    taken_by: Option<RuleId>,
}

/// Warns of rules of which every event is taken by something else.
fn report_taken(checker: &mut Checker, waiting: &[Waiting], why: &str, label: &str, help: &str) {
    for one in waiting {
        let Some(taker) = one.taken_by else { continue };
        let place = checker.rule_place(one.rule);
        let mut alternatives = waiting.iter().filter(|other| checker.rule_place(other.rule) == place);
        if alternatives.all(|other| other.taken_by.is_some()) {
            let warning = hidden(checker, one.rule, taker, why, label);
            checker.report(warning.help(help));
        }
    }
}

fn event_of(trigger: &Trigger) -> Option<&EventPattern> {
    match &trigger.on {
        On::Event { event, .. } => Some(event),
        _ => None,
    }
}

/// Whether every event that `narrow` waits for is one that `general` waits for.
fn covers(general: &EventPattern, narrow: &EventPattern) -> bool {
    general.event == narrow.event && general.is.iter().all(|must| narrow.is.contains(must))
}

/// Whether a rule takes each of its events: it moves the case, or pauses it, in every case.
fn always_takes(rule: &Whenever) -> bool {
    rule.when.is_none() && takes(&rule.body)
}

fn takes(body: &Block) -> bool {
    body.iter().any(|action| match &action.does {
        Does::Move(_) | Does::Pause { .. } => true,
        Does::If { then, otherwise, .. } => takes(then) && takes(otherwise),
        _ => false,
    })
}

/// Triggers of a stage on events that a `whenever` rule always takes. An outcome's triggers come before those.
fn hidden_by_whenever(checker: &mut Checker, model: &Model, stage: &Stage) {
    if stage.outcome {
        return;
    }
    hidden_by_rules(checker, model, &stage.triggers);
}

/// Triggers of a stage or a group on events that a `whenever` rule always takes.
fn hidden_by_rules(checker: &mut Checker, model: &Model, triggers: &[Trigger]) {
    let waiting = triggers.iter().filter_map(|trigger| {
        let event = event_of(trigger)?;
        let taker = model.whenevers.iter().find(|rule| always_takes(rule) && covers(&rule.event, event));
        Some(Waiting { rule: trigger.rule, taken_by: taker.map(|taker| taker.rule) })
    });
    let why = "a `whenever` rule sees the event before any stage does";
    let help = "remove one of them, or give the rule a condition";
    report_taken(checker, &waiting.collect::<Vec<_>>(), why, "takes every such event", help);
}

fn whenevers_hidden(checker: &mut Checker, model: &Model) {
    let waiting = model.whenevers.iter().enumerate().map(|(index, rule)| {
        let mut earlier = model.whenevers.iter().take(index).filter(|other| other.rule != rule.rule);
        let taker = earlier.find(|other| always_takes(other) && covers(&other.event, &rule.event));
        Waiting { rule: rule.rule, taken_by: taker.map(|taker| taker.rule) }
    });
    let why = "the event is taken before";
    let help = "write the narrower rule above, or give the other one a condition";
    report_taken(checker, &waiting.collect::<Vec<_>>(), why, "takes every such event", help);
    for scope in &model.scopes {
        hidden_by_rules(checker, model, &scope.triggers);
    }
}

/// Timers of a stage that come later than one of its group, which counts from an entry that was no later.
fn hidden_by_group(checker: &mut Checker, model: &Model, stage: &Stage) {
    let around: Vec<&Trigger> = model
        .chain(stage.scope)
        .filter_map(|scope| model.scopes.get(scope.index()))
        .flat_map(|scope| &scope.triggers)
        .collect();
    for trigger in stage.triggers.iter().filter(|trigger| trigger.moves) {
        let Some(span) = anchored(trigger) else { continue };
        let mover = around.iter().find(|mover| {
            mover.when.is_none()
                && mover.body.last().is_some_and(always_moves)
                && anchored(mover).is_some_and(|mover| comes_first(mover, span, false))
        });
        if let Some(mover) = mover {
            let why = "its group has moved the case by then";
            let warning = hidden(checker, trigger.rule, mover.rule, why, "counts from the entry of the group");
            checker.report(warning.help("let it come earlier, or give the trigger of the group a condition"));
        }
    }
}

/// Triggers of a group on events that every one of its stages takes itself.
fn hidden_by_stages(checker: &mut Checker, model: &Model, index: usize, scope: &Scope) {
    let stages: Vec<&Stage> =
        model.stages.iter().filter(|stage| model.chain(stage.scope).any(|scope| scope.index() == index)).collect();
    let waiting = scope.triggers.iter().filter_map(|trigger| {
        let event = event_of(trigger)?;
        let taker = |stage: &&Stage| {
            let takes =
                |other: &&Trigger| other.when.is_none() && event_of(other).is_some_and(|own| covers(own, event));
            let inside = model.chain(stage.scope).take_while(|scope| scope.index() != index);
            let inside = inside.filter_map(|scope| model.scopes.get(scope.index())).flat_map(|scope| &scope.triggers);
            stage.triggers.iter().chain(inside).find(takes).map(|trigger| trigger.rule)
        };
        let takers: Vec<RuleId> = stages.iter().filter_map(taker).collect();
        let all = takers.len() == stages.len();
        Some(Waiting { rule: trigger.rule, taken_by: takers.first().copied().filter(|_| all) })
    });
    let why = "every stage of the group takes the event itself";
    let help = "remove it, or the triggers of the stages";
    report_taken(checker, &waiting.collect::<Vec<_>>(), why, "taken here, as in every other stage", help);
}
