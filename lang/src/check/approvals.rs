//! What waits until somebody has approved it: `-> court with approval by lawyer within 5 days else -> long_term`.

use dunlin_machine::ir::{self, RuleId, Type};

use super::actions::always_moves;
use super::context::Checker;
use crate::model::{Action, Block, Does};
use crate::syntax::tree::{self, SplitPart, Statement, StatementKind, Target, TargetKind, Waive};

impl Checker<'_> {
    /// Checks what is done later, once it is approved: by then only what has happened is still certain, and what the
    /// `when` of its rule asks, because that is read again.
    pub fn when_approved<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.scoped(|checker| {
            checker.forget_what_may_change();
            if let Some(when) = checker.scope.when.clone() {
                checker.establish(&when, true);
            }
            work(checker)
        })
    }

    /// An action or a move that waits for an approval.
    pub fn approval(
        &mut self,
        statement: &Statement,
        written: &tree::Approval,
        does: Does,
        rule: RuleId,
    ) -> Option<Does> {
        let within = match &written.within {
            Some(within) => Some(self.expr(within, Some(Type::Duration))?),
            None => None,
        };
        let otherwise = written.otherwise.as_ref().map(|block| self.when_declined(block));
        let name = name_of(statement).unwrap_or_default();
        Some(Does::Approval(ir::Approval {
            name: self.text(&name),
            role: self.text(&written.role.text),
            within,
            when: self.scope.when.clone(),
            body: Block(vec![Action { rule, does }]),
            otherwise,
        }))
    }

    fn when_declined(&mut self, block: &tree::Block) -> Block {
        self.scoped(|checker| {
            checker.scope.rule_span = None;
            checker.forget_what_may_change();
            checker.actions(&block.statements)
        })
    }
}

/// The name under which somebody is asked: the stage that a move goes to, or the action's template, form, plan or kind.
pub(super) fn name_of(statement: &Statement) -> Option<String> {
    match &statement.kind {
        StatementKind::Move(target) => Some(stage_of(target)),
        StatementKind::Action(action) => Some(name_of_action(action)),
        _ => None,
    }
}

fn stage_of(target: &Target) -> String {
    match &target.kind {
        TargetKind::Stage(name) => name.text(),
        TargetKind::LastStage => "last_stage".to_owned(),
        TargetKind::SelfStage => "self".to_owned(),
        TargetKind::Next => "next".to_owned(),
    }
}

/// The name of an action that has one, else its verb.
fn name_of_action(action: &tree::Action) -> String {
    use tree::Action as A;
    let text = |name: &tree::Name| name.text.clone();
    match action {
        A::Send(send) => text(&send.template),
        A::Call(call) => text(&call.script),
        A::Task(task) => text(&task.name),
        A::File { form, .. } => text(form),
        A::Charge { kind, .. } | A::Waive(Waive::Costs(Some(kind))) => text(kind),
        A::Waive(Waive::Costs(None)) => "costs".to_owned(),
        A::Waive(Waive::Interest) => "interest".to_owned(),
        A::Waive(Waive::Amount(_)) => "waive".to_owned(),
        A::Collect { by, .. } => text(by),
        A::OfferPlan(plan) | A::ActivatePlan(plan) => plan.text(),
        A::CancelPlan => "plan".to_owned(),
        A::Report { party, .. } => text(party),
        A::Alarm(name) | A::Emit { name, .. } | A::Assign(name) | A::Set { name, .. } => text(name),
        A::BlockCustomer(thing) | A::UnblockCustomer(thing) => thing.as_ref().map_or("customer".to_owned(), text),
        A::ReleaseDebtor | A::Split { part: SplitPart::Debtor, .. } => "debtor".to_owned(),
        A::Split { target, .. } => stage_of(target),
        A::Pause(pause) => pause.reason.as_ref().map_or("pause".to_owned(), text),
        A::Resume(reason) => reason.as_ref().map_or("resume".to_owned(), text),
    }
}

/// Whether nothing may stand behind it: a move, also one that is yet to be approved.
pub(super) fn ends_body(action: &Action) -> bool {
    match &action.does {
        Does::Approval(ir::Approval { body, .. }) => body.last().is_some_and(always_moves),
        _ => always_moves(action),
    }
}
