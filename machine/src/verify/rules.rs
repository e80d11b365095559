//! Stages, triggers and actions: every run of them has one owner, and no block leads back to itself.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::actions::action;
use super::names::{rule, text};
use super::tables::pattern;
use super::{Broken, Told, at, cite, ensure, in_table};
use crate::ir::{Block, Leaving, Machine, On, Plan, RuleId, ScopeId, Span, Trigger};

/// How deep blocks may stand in blocks.
pub(super) const MAX_NESTING: usize = 256;

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    let mut owners = Owners { m, triggers: vec![false; m.triggers.len()], actions: vec![false; m.actions.len()] };
    owners.stages()?;
    owners.scopes()?;
    owners.plans()?;
    owners.rules()?;
    owners.triggers()?;
    owners.all_owned()?;
    for (n, action) in m.actions.iter().enumerate() {
        at(|| place(m, "action", n, action.rule), self::action(m, action.rule, &action.does))?;
    }
    Ok(())
}

pub(super) fn place(m: &Machine, what: &str, n: usize, rule: RuleId) -> String {
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
                .and_then(|()| stage.scope.map_or(Ok(()), |id| scope(m, id)))
                .and_then(|()| self.body(stage.entry))
                .and_then(|()| self.owns(stage.triggers, false))
                .and_then(|()| self.leaving(&stage.leaving));
            at(|| place(m, "stage", n, stage.rule), sound)?;
        }
        Ok(())
    }

    fn scopes(&mut self) -> Result<(), Broken> {
        let m = self.m;
        for (n, scope) in m.scopes.iter().enumerate() {
            let sound = text(m, scope.title)
                .and_then(|()| self.body(scope.entry))
                .and_then(|()| self.owns(scope.triggers, false))
                .and_then(|()| self.leaving(&scope.leaving));
            at(|| format!("group {n}"), sound)?;
        }
        Ok(())
    }

    fn leaving(&mut self, leaving: &[Leaving]) -> Told {
        leaving.iter().try_for_each(|leaving| self.body(leaving.body))
    }

    fn plans(&mut self) -> Result<(), Broken> {
        let m = self.m;
        for (n, plan) in m.plans.iter().enumerate() {
            let sound = bodies(plan).into_iter().try_for_each(|body| self.body(body));
            at(|| place(m, "plan", n, plan.rule), sound)?;
        }
        Ok(())
    }

    fn rules(&mut self) -> Result<(), Broken> {
        let m = self.m;
        for (n, whenever) in m.whenevers.iter().enumerate() {
            let sound = rule(m, whenever.rule)
                .and_then(|()| pattern(m, &whenever.event))
                .and_then(|()| self.body(whenever.body))
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
        self.body(trigger.body)
    }

    /// Takes a run of triggers; only a watch sees moves and effects.
    fn owns(&mut self, span: Span, watch: bool) -> Told {
        take(&mut self.triggers, span, "trigger")?;
        let triggers = self.m.triggers.get(span.range()).unwrap_or_default();
        let watches = triggers.iter().any(|trigger| matches!(trigger.on, On::Move | On::Effect(_)));
        ensure(watch || !watches, || "it waits for a move or an effect, and only a watch does".to_string())
    }

    /// Takes a block with all blocks inside it.
    fn body(&mut self, body: Block) -> Told {
        let mut open = vec![(body, 0)];
        while let Some((block, depth)) = open.pop() {
            ensure(depth <= MAX_NESTING, || format!("blocks stand in blocks deeper than {MAX_NESTING}"))?;
            take(&mut self.actions, block, "action")?;
            for n in block.range() {
                let inside = self.m.actions.get(n).map(|action| action.does.blocks()).unwrap_or_default();
                for inner in inside {
                    open.push((after(n, *inner)?, depth + 1));
                }
            }
        }
        Ok(())
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

/// A block inside an action stands after it.
fn after(n: usize, block: Block) -> Told<Block> {
    let behind = block.is_empty() || usize::from(block.first) > n;
    ensure(behind, || format!("the block inside action {n} does not stand after it"))?;
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
        On::After(_) | On::Date { .. } | On::AsSoonAs(_) | On::Move | On::Effect(_) => Ok(()),
    }
}

fn acts(at_most: Option<u32>) -> Told {
    ensure(at_most != Some(0), || "it never acts".to_string())
}

/// A group or procedure that is there.
pub(super) fn scope(m: &Machine, id: ScopeId) -> Told {
    in_table("group", id.index(), m.scopes.len())
}

/// The blocks of a plan.
pub(super) const fn bodies(plan: &Plan) -> [Block; 4] {
    [plan.notice, plan.on_missed, plan.on_completed, plan.on_breached]
}
