//! Stages, triggers and actions: every run of them has one owner, and no block leads back to itself.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::expressions::{stage, template};
use super::names::{rule, text, typed};
use super::tables::pattern;
use super::{Broken, Told, at, cite, ensure, in_table};
use crate::ir::{Block, Call, Channels, Does, Machine, On, RuleId, Send, Span, Target, Task, Trigger, Waive, With};

/// How deep `if` may stand in `if`.
pub(super) const MAX_NESTING: usize = 256;

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    let mut owners = Owners { m, triggers: vec![false; m.triggers.len()], actions: vec![false; m.actions.len()] };
    owners.stages()?;
    owners.rules()?;
    owners.triggers()?;
    owners.all_owned()?;
    for (n, action) in m.actions.iter().enumerate() {
        at(|| place(m, "action", n, action.rule), self::action(m, action.rule, &action.does))?;
    }
    Ok(())
}

fn place(m: &Machine, what: &str, n: usize, rule: RuleId) -> String {
    format!("{what} {n} {}", cite(m, rule))
}

/// Marks which triggers and actions somebody has.
struct Owners<'m> {
    m: &'m Machine,
    triggers: Vec<bool>,
    actions: Vec<bool>,
}

impl Owners<'_> {
    fn stages(&mut self) -> Result<(), Broken> {
        let m = self.m;
        let opens = m.stages.first().is_some_and(|first| !first.outcome);
        at(|| "the stages".to_string(), ensure(opens, || "there is none that a case opens in".to_string()))?;
        for (n, stage) in m.stages.iter().enumerate() {
            let sound = rule(m, stage.rule)
                .and_then(|()| text(m, stage.title))
                .and_then(|()| stage.scope.map_or(Ok(()), |scope| in_table("group", scope.index(), m.scopes.len())))
                .and_then(|()| self.body(stage.entry).map(|_| ()))
                .and_then(|()| self.owns(stage.triggers, false));
            at(|| place(m, "stage", n, stage.rule), sound)?;
        }
        for (n, scope) in m.scopes.iter().enumerate() {
            let sound = text(m, scope.title).and_then(|()| self.owns(scope.triggers, false));
            at(|| format!("group {n}"), sound)?;
        }
        Ok(())
    }

    fn rules(&mut self) -> Result<(), Broken> {
        let m = self.m;
        for (n, whenever) in m.whenevers.iter().enumerate() {
            let sound = rule(m, whenever.rule)
                .and_then(|()| pattern(m, &whenever.event))
                .and_then(|()| self.body(whenever.body).map(|_| ()))
                .and_then(|()| self.owns(whenever.triggers, false));
            at(|| place(m, "`whenever` rule", n, whenever.rule), sound)?;
        }
        for (n, watch) in m.watches.iter().enumerate() {
            let sound =
                rule(m, watch.rule).and_then(|()| text(m, watch.name)).and_then(|()| self.owns(watch.triggers, true));
            at(|| place(m, "watch", n, watch.rule), sound)?;
        }
        Ok(())
    }

    fn triggers(&mut self) -> Result<(), Broken> {
        let m = self.m;
        for (n, trigger) in m.triggers.iter().enumerate() {
            let sound = self.trigger(trigger);
            at(|| place(m, "trigger", n, trigger.rule), sound)?;
        }
        Ok(())
    }

    fn trigger(&mut self, trigger: &Trigger) -> Told {
        rule(self.m, trigger.rule)?;
        on(self.m, &trigger.on)?;
        let moves = self.body(trigger.body)?;
        ensure(moves == trigger.moves, || "it says the wrong thing of whether its body moves the case".to_string())
    }

    /// Takes a run of triggers; only a watch sees moves.
    fn owns(&mut self, span: Span, watch: bool) -> Told {
        take(&mut self.triggers, span, "trigger")?;
        let triggers = self.m.triggers.get(span.range()).unwrap_or_default();
        let sees_move = triggers.iter().any(|trigger| trigger.on == On::Move);
        ensure(watch || !sees_move, || "it waits for a move, and only a watch does".to_string())
    }

    /// Takes a block with all blocks inside it; tells whether a move is among them.
    fn body(&mut self, body: Block) -> Told<bool> {
        let mut moves = false;
        let mut open = vec![(body, 0)];
        while let Some((block, depth)) = open.pop() {
            ensure(depth <= MAX_NESTING, || format!("`if` stands in `if` deeper than {MAX_NESTING}"))?;
            take(&mut self.actions, block, "action")?;
            for n in block.range() {
                match self.m.actions.get(n).map(|action| &action.does) {
                    Some(Does::Move(_)) => moves = true,
                    Some(Does::If { then, otherwise, .. }) => {
                        open.push((after(n, *then)?, depth + 1));
                        open.push((after(n, *otherwise)?, depth + 1));
                    }
                    _ => {}
                }
            }
        }
        Ok(moves)
    }

    fn all_owned(&self) -> Result<(), Broken> {
        let free = |all: &[bool], what: &str| match all.iter().position(|owned| !owned) {
            Some(n) => Err(format!("{what} {n} belongs to nobody")),
            None => Ok(()),
        };
        at(|| "the triggers".to_string(), free(&self.triggers, "trigger"))?;
        at(|| "the actions".to_string(), free(&self.actions, "action"))
    }
}

/// Marks a run as owned, and fails where somebody has a part of it already.
fn take(owned: &mut [bool], span: Span, what: &str) -> Told {
    let len = owned.len();
    let run = owned.get_mut(span.range());
    let Some(run) = run else {
        return Err(format!("it has {} {what}s from {} on, and there are only {len}", span.len, span.first));
    };
    ensure(!run.contains(&true), || format!("one of its {what}s belongs to another too"))?;
    run.fill(true);
    Ok(())
}

/// A block inside a condition stands after it.
fn after(n: usize, block: Block) -> Told<Block> {
    let behind = block.is_empty() || usize::from(block.first) > n;
    ensure(behind, || format!("the block of the `if` at action {n} does not stand after it"))?;
    Ok(block)
}

fn on(m: &Machine, on: &On) -> Told {
    match on {
        On::Event { event, .. } => pattern(m, event),
        On::Every { at_most, .. } | On::EveryWorkingDay { at_most } => acts(*at_most),
        On::EveryMonth { day, at_most } => {
            ensure((1..=31).contains(day), || format!("no month has a day {day}"))?;
            acts(*at_most)
        }
        On::After(_) | On::Date { .. } | On::AsSoonAs(_) | On::Move => Ok(()),
    }
}

fn acts(at_most: Option<u32>) -> Told {
    ensure(at_most != Some(0), || "it never acts".to_string())
}

fn action(m: &Machine, cited: RuleId, does: &Does) -> Told {
    rule(m, cited)?;
    match does {
        Does::Send(send) => self::send(m, send),
        Does::Call(call) => self::call(m, call),
        Does::Task(task) => self::task(m, task),
        Does::File { form: name, with } | Does::Emit { name, with } => {
            text(m, *name)?;
            self::with(m, with)
        }
        Does::Charge { kind, replacing, .. } => {
            text(m, *kind)?;
            replacing.map_or(Ok(()), |kind| text(m, kind))
        }
        Does::Waive(Waive::CostsOf(kind)) => text(m, *kind),
        Does::Report { party, what, message } => {
            text(m, *party)?;
            text(m, *what)?;
            ensure(*message || is_report(m, what.index()), || "it reports what no report is called".to_string())
        }
        Does::Alarm(name) | Does::Assign(name) | Does::Resume(name) => text(m, *name),
        Does::Customer { thing, .. } => thing.map_or(Ok(()), |thing| text(m, thing)),
        Does::Pause { reason, .. } => text(m, *reason),
        Does::Set { var, .. } => in_table("variable", var.index(), m.vars.len()),
        Does::Move(Target::Stage(id)) => stage(m, *id),
        Does::Move(Target::LastStage | Target::Itself) | Does::If { .. } | Does::Waive(_) => Ok(()),
    }
}

fn is_report(m: &Machine, what: usize) -> bool {
    let word = m.texts.get(what).map_or("", String::as_str);
    ["status", "open", "settled", "withdrawn"].contains(&word)
}

fn send(m: &Machine, send: &Send) -> Told {
    template(m, send.template)?;
    ensure(!send.ways.is_empty(), || "it is sent by no channel".to_string())?;
    send.ways.iter().try_for_each(|way| channels_there(m, *way))?;
    with(m, &send.with)
}

/// At least one channel, and none that is not there.
fn channels_there(m: &Machine, way: Channels) -> Told {
    ensure(!way.is_empty(), || "one of its ways has no channel".to_string())?;
    way.iter().try_for_each(|channel| super::expressions::channel(m, channel))
}

fn call(m: &Machine, call: &Call) -> Told {
    text(m, call.script)?;
    ensure(call.attempts >= 1, || "it makes no attempt".to_string())?;
    let spaced = call.attempts == 1 || call.every.is_some();
    ensure(spaced, || "it makes several attempts, and does not say how far apart".to_string())
}

fn task(m: &Machine, task: &Task) -> Told {
    text(m, task.name)?;
    text(m, task.role)?;
    task.results.iter().try_for_each(|result| text(m, *result))
}

fn with(m: &Machine, with: &With) -> Told {
    with.iter().try_for_each(|(name, ty, _)| typed(m, *name, *ty))
}
