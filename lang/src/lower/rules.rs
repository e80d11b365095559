//! Stages, groups, plans, `whenever` rules and watches: the triggers of each stand together, and so do the actions of a block.

use std::collections::VecDeque;

use dunlin_machine::ir::{
    self, Block, Expr as FlatExpr, Leaving, On, Plan, Scope, Span, Stage, Start, Watch, Whenever,
};

use super::expressions::Expressions;
use super::{Lowered, Problem};
use crate::model::{self, Action, Expr, Trigger};

/// The lists so far.
pub(super) struct Rules<'m> {
    pub(super) expressions: Expressions<'m>,
    triggers: Vec<ir::Trigger>,
    actions: Vec<ir::Action>,
    /// Blocks that have their place and are not yet written there: those of conditions, exits and approvals follow the block
    /// around them.
    waiting: VecDeque<&'m [Action]>,
    /// How many actions have a place.
    placed: usize,
}

impl<'m> Rules<'m> {
    pub(super) fn new(expressions: Expressions<'m>) -> Self {
        Self { expressions, triggers: Vec::new(), actions: Vec::new(), waiting: VecDeque::new(), placed: 0 }
    }

    pub(super) fn finish(self) -> (Vec<ir::Trigger>, Vec<ir::Action>, Vec<FlatExpr>) {
        (self.triggers, self.actions, self.expressions.finish())
    }

    pub(super) fn whenevers(&mut self) -> Lowered<Vec<Whenever>> {
        let model = self.expressions.model();
        let one = |whenever: &'m model::Whenever| {
            self.expressions.at(whenever.rule);
            Ok(Whenever {
                rule: whenever.rule,
                event: whenever.event.clone(),
                when: self.expressions.add_some(whenever.when.as_ref())?,
                body: self.block(&whenever.body)?,
                triggers: self.triggers(&whenever.triggers)?,
            })
        };
        model.whenevers.iter().map(one).collect()
    }

    pub(super) fn watches(&mut self) -> Lowered<Vec<Watch>> {
        let model = self.expressions.model();
        let one = |watch: &'m model::Watch| {
            self.expressions.at(watch.rule);
            Ok(Watch {
                name: watch.name,
                rule: watch.rule,
                when: self.expressions.add_some(watch.when.as_ref())?,
                triggers: self.triggers(&watch.triggers)?,
            })
        };
        model.watches.iter().map(one).collect()
    }

    pub(super) fn starts(&mut self) -> Lowered<Vec<Start>> {
        let expressions = &mut self.expressions;
        let starts = expressions.model().starts.iter();
        let one = |start: &Start<Expr>| {
            expressions.at(start.rule);
            let when = expressions.add_some(start.when.as_ref())?;
            Ok(Start { rule: start.rule, stage: start.stage, when })
        };
        starts.map(one).collect()
    }

    pub(super) fn scopes(&mut self) -> Lowered<Vec<Scope>> {
        let model = self.expressions.model();
        let one = |scope: &'m model::Scope| {
            Ok(Scope {
                name: scope.name,
                title: scope.title,
                parent: scope.parent,
                first: scope.first,
                entry: self.block(&scope.entry)?,
                triggers: self.triggers(&scope.triggers)?,
                leaving: self.leaving(&scope.leaving)?,
            })
        };
        model.scopes.iter().map(one).collect()
    }

    pub(super) fn plans(&mut self) -> Lowered<Vec<Plan>> {
        let model = self.expressions.model();
        model.plans.iter().map(|plan| self.plan(plan)).collect()
    }

    fn plan(&mut self, plan: &'m Plan<Expr, model::Block>) -> Lowered<Plan> {
        let expressions = &mut self.expressions;
        expressions.at(plan.rule);
        Ok(Plan {
            name: plan.name,
            rule: plan.rule,
            offer_when: expressions.add_some(plan.offer_when.as_ref())?,
            over: expressions.add_some(plan.over.as_ref())?,
            instalments: plan.instalments,
            rhythm: plan.rhythm,
            at_least: expressions.add_some(plan.at_least.as_ref())?,
            first_within: expressions.add_some(plan.first_within.as_ref())?,
            due_on: plan.due_on.clone(),
            grace: expressions.add_some(plan.grace.as_ref())?,
            breach_consecutive: plan.breach_consecutive,
            breach_missed: plan.breach_missed,
            breach_overdue: expressions.add_some(plan.breach_overdue.as_ref())?,
            renegotiate: plan.renegotiate,
            without_interest: plan.without_interest,
            sign_by: plan.sign_by,
            notice: self.block(&plan.notice)?,
            on_missed: self.block(&plan.on_missed)?,
            on_completed: self.block(&plan.on_completed)?,
            on_breached: self.block(&plan.on_breached)?,
        })
    }

    pub(super) fn stages(&mut self) -> Lowered<Vec<Stage>> {
        let model = self.expressions.model();
        let one = |stage: &'m model::Stage| {
            self.expressions.at(stage.rule);
            Ok(Stage {
                name: stage.name,
                title: stage.title,
                rule: stage.rule,
                outcome: stage.outcome,
                scope: stage.scope,
                entry: self.block(&stage.entry)?,
                triggers: self.triggers(&stage.triggers)?,
                leaving: self.leaving(&stage.leaving)?,
            })
        };
        model.stages.iter().map(one).collect()
    }

    fn leaving(&mut self, leaving: &'m [Leaving<model::Block>]) -> Lowered<Vec<Leaving>> {
        let one = |leaving: &'m Leaving<model::Block>| {
            Ok(Leaving { rule: leaving.rule, ways: leaving.ways.clone(), body: self.block(&leaving.body)? })
        };
        leaving.iter().map(one).collect()
    }

    fn triggers(&mut self, triggers: &'m [Trigger]) -> Lowered<Span> {
        let span = self.span(self.triggers.len(), triggers.len(), "triggers")?;
        for trigger in triggers {
            let flat = self.trigger(trigger)?;
            self.triggers.push(flat);
        }
        Ok(span)
    }

    fn trigger(&mut self, trigger: &'m Trigger) -> Lowered<ir::Trigger> {
        self.expressions.at(trigger.rule);
        Ok(ir::Trigger {
            rule: trigger.rule,
            on: self.on(&trigger.on)?,
            when: self.expressions.add_some(trigger.when.as_ref())?,
            body: self.block(&trigger.body)?,
            moves: trigger.moves,
        })
    }

    fn on(&mut self, on: &On<Expr>) -> Lowered<On> {
        let expressions = &mut self.expressions;
        Ok(match on {
            On::Event { event, usually_within } => {
                let usually_within = expressions.add_some(usually_within.as_ref())?;
                On::Event { event: event.clone(), usually_within }
            }
            On::After(length) => On::After(expressions.add(length)?),
            On::Date { date, offset, before } => On::Date {
                date: expressions.add(date)?,
                offset: expressions.add_some(offset.as_ref())?,
                before: *before,
            },
            On::Every { every, at_most } => On::Every { every: expressions.add(every)?, at_most: *at_most },
            On::EveryMonth { day, at_most } => On::EveryMonth { day: *day, at_most: *at_most },
            On::EveryWorkingDay { at_most } => On::EveryWorkingDay { at_most: *at_most },
            On::AsSoonAs(condition) => On::AsSoonAs(expressions.add(condition)?),
            On::Move => On::Move,
            On::Effect(kind) => On::Effect(*kind),
        })
    }

    /// A block with all blocks inside it, each behind the one around it.
    fn block(&mut self, block: &'m [Action]) -> Lowered<Block> {
        let span = self.place(block)?;
        while let Some(next) = self.waiting.pop_front() {
            for action in next {
                self.expressions.at(action.rule);
                let does = self.does(&action.does)?;
                self.actions.push(ir::Action { rule: action.rule, does });
            }
        }
        Ok(span)
    }

    /// Gives a block its place. Blocks are written in the order in which they get theirs.
    pub(super) fn place(&mut self, block: &'m [Action]) -> Lowered<Block> {
        let span = self.span(self.placed, block.len(), "actions")?;
        self.placed += block.len();
        self.waiting.push_back(block);
        Ok(span)
    }

    fn span(&self, first: usize, len: usize, what: &'static str) -> Lowered<Span> {
        let end = first.saturating_add(len);
        let fits = u16::try_from(end).ok().and(u16::try_from(first).ok().zip(u16::try_from(len).ok()));
        fits.map(|(first, len)| Span { first, len }).ok_or_else(|| self.expressions.error(Problem::TooMany(what)))
    }
}
