//! Stages, groups, `whenever` rules and watches: the triggers of each stand together, and so do the actions of a block.

use std::collections::VecDeque;

use dunlin_machine::ir::{self, Block, Expr as FlatExpr, On, Scope, Span, Stage, Watch, Whenever};

use super::expressions::Expressions;
use super::{Lowered, Problem};
use crate::model::{Action, Expr, Trigger};

/// The lists so far.
pub(super) struct Rules<'m> {
    pub(super) expressions: Expressions<'m>,
    triggers: Vec<ir::Trigger>,
    actions: Vec<ir::Action>,
    /// Blocks that have their place and are not yet written there: those of conditions follow the block around them.
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
        let one = |whenever: &'m crate::model::Whenever| {
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
        let one = |watch: &'m crate::model::Watch| {
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

    pub(super) fn scopes(&mut self) -> Lowered<Vec<Scope>> {
        let scopes = self.expressions.model().scopes.iter();
        scopes
            .map(|scope| Ok(Scope { name: scope.name, title: scope.title, triggers: self.triggers(&scope.triggers)? }))
            .collect()
    }

    pub(super) fn stages(&mut self) -> Lowered<Vec<Stage>> {
        let model = self.expressions.model();
        let one = |stage: &'m crate::model::Stage| {
            self.expressions.at(stage.rule);
            Ok(Stage {
                name: stage.name,
                title: stage.title,
                rule: stage.rule,
                outcome: stage.outcome,
                scope: stage.scope,
                entry: self.block(&stage.entry)?,
                triggers: self.triggers(&stage.triggers)?,
            })
        };
        model.stages.iter().map(one).collect()
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
