//! What stages stand in, where a case opens, and what a block may hold by the place that it stands in. Blocks have been
//! found to have one owner each, and to stand after what they are inside of.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::expressions::stage;
use super::names::rule;
use super::rules::{bodies, place, scope};
use super::{Broken, Told, at, ensure};
use crate::ir::{Action, Block, Does, Leaving, Machine, Scope, ScopeId, Span, Start, Ways};

/// How deep procedures may stand in procedures and groups.
const MAX_CHAIN: usize = 64;

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    chains(m)?;
    for (n, scope) in m.scopes.iter().enumerate() {
        at(|| format!("group {n}"), self::first(m, n, scope))?;
    }
    for (n, start) in m.starts.iter().enumerate() {
        at(|| place(m, "start", n, start.rule), self::start(m, start))?;
    }
    let held = held(m);
    Blocks { m, held: &held }.all()
}

/// Every scope stands before those inside it, and no chain of them is longer than its bound.
fn chains(m: &Machine) -> Result<(), Broken> {
    let mut depths: Vec<usize> = Vec::with_capacity(m.scopes.len());
    for (n, scope) in m.scopes.iter().enumerate() {
        let around = scope.parent.map(|parent| depths.get(parent.index()).copied());
        let depth = match around {
            None => Ok(1),
            Some(Some(depth)) => Ok(depth.saturating_add(1)),
            Some(None) => Err("what is around it does not stand before it".to_string()),
        };
        let bounded = depth.and_then(|depth| {
            ensure(depth <= MAX_CHAIN, || format!("procedures stand in procedures deeper than {MAX_CHAIN}"))?;
            Ok(depth)
        });
        depths.push(at(|| format!("group {n}"), bounded)?);
    }
    Ok(())
}

/// Whether the innermost scope is that one or inside of it.
fn inside(m: &Machine, innermost: Option<ScopeId>, of: ScopeId) -> bool {
    let mut next = innermost;
    // Chains were found to be short.
    while let Some(id) = next {
        if id == of {
            return true;
        }
        next = m.scopes.get(id.index()).and_then(|scope| scope.parent);
    }
    false
}

fn first(m: &Machine, n: usize, scope: &Scope) -> Told {
    let Some(id) = scope.first else { return Ok(()) };
    stage(m, id)?;
    let first = m.stages.get(id.index());
    let own = u16::try_from(n).map(ScopeId).is_ok_and(|own| first.is_some_and(|first| inside(m, first.scope, own)));
    ensure(own, || format!("its first stage, {}, does not stand in it", id.0))
}

fn start(m: &Machine, start: &Start) -> Told {
    rule(m, start.rule)?;
    stage(m, start.stage)?;
    let outcome = m.stages.get(start.stage.index()).is_some_and(|stage| stage.outcome);
    ensure(!outcome, || "a case would open in an outcome".to_string())
}

/// What stands in an action, with all blocks inside it.
#[derive(Clone, Copy, Default)]
struct Held {
    moves: bool,
    asks: bool,
    /// Something other than `set`.
    more: bool,
}

impl Held {
    const fn and(self, other: Self) -> Self {
        Self { moves: self.moves || other.moves, asks: self.asks || other.asks, more: self.more || other.more }
    }

    fn own(action: &Action) -> Self {
        Self {
            moves: matches!(action.does, Does::Move(_) | Does::Exit { .. }),
            asks: matches!(action.does, Does::Approval(_)),
            more: !matches!(action.does, Does::Set { .. }),
        }
    }
}

/// What stands in each action. Blocks stand after what they are inside of, so the last action is the first to be known.
fn held(m: &Machine) -> Vec<Held> {
    let mut held = alloc::vec![Held::default(); m.actions.len()];
    for (n, action) in m.actions.iter().enumerate().rev() {
        let inner = action.does.blocks().into_iter().map(|block| in_block(&held, *block));
        let all = inner.fold(Held::own(action), Held::and);
        if let Some(slot) = held.get_mut(n) {
            *slot = all;
        }
    }
    held
}

fn in_block(held: &[Held], block: Block) -> Held {
    let actions = held.get(block.range()).unwrap_or_default();
    actions.iter().copied().fold(Held::default(), Held::and)
}

struct Blocks<'m> {
    m: &'m Machine,
    held: &'m [Held],
}

impl Blocks<'_> {
    fn all(&self) -> Result<(), Broken> {
        self.triggers()?;
        self.stages()?;
        self.scopes()?;
        self.elsewhere()
    }

    fn triggers(&self) -> Result<(), Broken> {
        for (n, trigger) in self.m.triggers.iter().enumerate() {
            let right = in_block(self.held, trigger.body).moves == trigger.moves;
            let told = ensure(right, || "it says the wrong thing of whether its body moves the case".to_string());
            at(|| place(self.m, "trigger", n, trigger.rule), told)?;
        }
        Ok(())
    }

    fn stages(&self) -> Result<(), Broken> {
        for (n, stage) in self.m.stages.iter().enumerate() {
            let told = self
                .exits(stage.entry, stage.scope)
                .and_then(|()| self.exits_of(stage.triggers, stage.scope))
                .and_then(|()| self.leaving(&stage.leaving, false));
            at(|| place(self.m, "stage", n, stage.rule), told)?;
        }
        Ok(())
    }

    fn scopes(&self) -> Result<(), Broken> {
        for (id, scope) in (0..=u16::MAX).map(ScopeId).zip(&self.m.scopes) {
            let sets = !in_block(self.held, scope.entry).more;
            let told = ensure(sets, || "on entry it does more than set variables".to_string())
                .and_then(|()| self.exits_of(scope.triggers, Some(id)))
                .and_then(|()| self.leaving(&scope.leaving, scope.first.is_some()));
            at(|| format!("group {}", id.0), told)?;
        }
        Ok(())
    }

    /// Rules that stand in no stage: no procedure is left by an exit there, and plans move no case.
    fn elsewhere(&self) -> Result<(), Broken> {
        let m = self.m;
        for (n, whenever) in m.whenevers.iter().enumerate() {
            let told = self.exits(whenever.body, None).and_then(|()| self.exits_of(whenever.triggers, None));
            at(|| place(m, "`whenever` rule", n, whenever.rule), told)?;
        }
        for (n, watch) in m.watches.iter().enumerate() {
            at(|| place(m, "watch", n, watch.rule), self.exits_of(watch.triggers, None))?;
        }
        for (n, plan) in m.plans.iter().enumerate() {
            let moves = bodies(plan).into_iter().any(|body| in_block(self.held, body).moves);
            at(|| place(m, "plan", n, plan.rule), ensure(!moves, || "one of its blocks moves the case".to_string()))?;
        }
        Ok(())
    }

    fn leaving(&self, leaving: &[Leaving], procedure: bool) -> Told {
        leaving.iter().try_for_each(|leaving| {
            rule(self.m, leaving.rule)?;
            self.ways(&leaving.ways, procedure)?;
            let held = in_block(self.held, leaving.body);
            ensure(!held.moves, || "a `leaving` block moves the case".to_string())?;
            ensure(!held.asks, || "a `leaving` block asks for approval".to_string())
        })
    }

    fn ways(&self, ways: &Ways, procedure: bool) -> Told {
        match ways {
            Ways::Every => Ok(()),
            Ways::To(stages) => {
                ensure(!stages.is_empty(), || "a `leaving` block is for no way out".to_string())?;
                stages.iter().try_for_each(|id| stage(self.m, *id))
            }
            Ways::Otherwise => ensure(procedure, || "`leaving otherwise` stands where there are no exits".to_string()),
        }
    }

    fn exits_of(&self, triggers: Span, innermost: Option<ScopeId>) -> Told {
        let triggers = self.m.triggers.get(triggers.range()).unwrap_or_default();
        triggers.iter().try_for_each(|trigger| self.exits(trigger.body, innermost))
    }

    /// Every exit in a block leaves a procedure that the block stands in, by a move.
    fn exits(&self, block: Block, innermost: Option<ScopeId>) -> Told {
        let mut open = alloc::vec![block];
        while let Some(block) = open.pop() {
            for action in self.m.actions.get(block.range()).unwrap_or_default() {
                open.extend(action.does.blocks());
                if let Does::Exit { from, body, .. } = &action.does {
                    scope(self.m, *from)?;
                    let procedure = self.m.scopes.get(from.index()).is_some_and(|scope| scope.first.is_some());
                    let left = procedure && inside(self.m, innermost, *from);
                    ensure(left, || {
                        format!("an exit leaves group {}, which is no procedure that it stands in", from.0)
                    })?;
                    ensure(in_block(self.held, *body).moves, || "an exit leads nowhere".to_string())?;
                }
            }
        }
        Ok(())
    }
}
