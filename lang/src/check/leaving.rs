//! `leaving { … }`: what is done on the way out of a stage, a group or a procedure.

use dunlin_machine::ir::{Does, Leaving, RuleId, StageId, Ways};

use super::context::Checker;
use super::warnings::walk;
use crate::diagnostic::codes;
use crate::model::Block;
use crate::syntax::tree::{self, LeavingWays, Span, Statement, StatementKind};

impl Checker<'_> {
    /// The `leaving` blocks among the statements of a stage, a group, or (`procedure`) a procedure or its call.
    pub fn leaving_blocks(&mut self, statements: &[Statement], procedure: bool) -> Vec<Leaving<Block>> {
        self.report_after_leaving(statements);
        let mut blocks = Vec::new();
        for statement in statements {
            if let StatementKind::Leaving(leaving) = &statement.kind {
                let block = self.scoped(|checker| checker.leaving_block(leaving, statement, procedure));
                blocks.extend(block);
            }
        }
        blocks
    }

    fn leaving_block(
        &mut self,
        leaving: &tree::Leaving,
        statement: &Statement,
        procedure: bool,
    ) -> Option<Leaving<Block>> {
        self.cite(&leaving.body, statement.span, &statement.law);
        let rule = self.rule_at(statement.span, &statement.law);
        let ways = self.ways(&leaving.ways, statement.span, procedure);
        let body = self.actions(&leaving.body.statements);
        self.report_moves(&body, rule);
        Some(Leaving { rule, ways: ways?, body })
    }

    fn ways(&mut self, ways: &LeavingWays, span: Span, procedure: bool) -> Option<Ways> {
        match ways {
            LeavingWays::Every => Some(Ways::Every),
            LeavingWays::To(names) => {
                let found: Vec<Option<Vec<StageId>>> = names.iter().map(|name| self.stages_named(name)).collect();
                let found: Option<Vec<Vec<StageId>>> = found.into_iter().collect();
                Some(Ways::To(found?.concat()))
            }
            LeavingWays::Otherwise if procedure => Some(Ways::Otherwise),
            LeavingWays::Otherwise => {
                let message = "`leaving otherwise` means every way but the exits of a procedure, and here are no exits";
                let error = self.error(codes::LEAVING_NOT_HERE, self.first_line(span), message);
                self.report(error.help("write `leaving { … }` for every way out, `leaving to STAGE { … }` for one"));
                None
            }
        }
    }

    /// A move in a `leaving` block: the case is on its way already.
    fn report_moves(&mut self, body: &Block, leaving: RuleId) {
        let mut found: Vec<(RuleId, &str)> = Vec::new();
        walk::actions_of(body, &mut |action| match &action.does {
            Does::Move(_) | Does::Exit { .. } => found.push((action.rule, "A move")),
            Does::Approval(_) => found.push((action.rule, "An approval")),
            _ => {}
        });
        // What waits for an approval cites the same rule.
        found.dedup_by_key(|(rule, _)| *rule);
        let around = self.rule_place(leaving);
        for (rule, what) in found {
            let place = self.rule_place(rule);
            let message = format!("{what} stands in a `leaving` block, when the case is already on its way");
            let error = self.error(codes::LEAVING_MOVES, place.span, message);
            let around = self.first_line(around.span);
            let error = error.also(place.file, around, "done on the way out");
            self.report(error.help("put it behind the trigger that moves the case, or into the stage where it goes"));
        }
    }

    /// What stands behind a `leaving` block, which is the last of its stage.
    fn report_after_leaving(&mut self, statements: &[Statement]) {
        let is_leaving = |statement: &&Statement| matches!(statement.kind, StatementKind::Leaving(_));
        let Some(first) = statements.iter().find(is_leaving) else { return };
        let mut behind = statements.iter().skip_while(|statement| !is_leaving(statement));
        let behind = behind.find(|s| !matches!(s.kind, StatementKind::Leaving(_) | StatementKind::Broken));
        if let Some(statement) = behind {
            let place = self.here(self.first_line(first.span));
            let span = self.first_line(statement.span);
            let error = self
                .error(codes::AFTER_LEAVING, span, "`leaving` is the last of its stage, and this stands behind it")
                .also(place.file, place.span, "the way out")
                .help("write it above the `leaving` block");
            self.report(error);
        }
    }

    /// A `leaving` block that stands where nothing is left.
    pub fn report_leaving_here(&mut self, span: Span) {
        let span = self.first_line(span);
        let message = "`leaving` stands last in a stage, a group or a procedure, and nothing else is left";
        let error = self.error(codes::LEAVING_NOT_HERE, span, message);
        self.report(error.help("what is done before a move stands before its `->`"));
    }
}
