//! Actions: the same forms with numbers where the model has trees.

use dunlin_machine::ir::{Approval, Call, Does, HoldEnd, Send, SplitPart, Task, Waive, With};

use super::Lowered;
use super::rules::Rules;
use crate::model::{self, Expr};

impl<'m> Rules<'m> {
    pub(super) fn does(&mut self, does: &'m model::Does) -> Lowered<Does> {
        Ok(match does {
            Does::Send(send) => Does::Send(self.send(send)?),
            Does::Call(call) => Does::Call(self.call(call)?),
            Does::Task(task) => Does::Task(self.task(task)?),
            Does::File { form, with } => Does::File { form: *form, with: self.with(with)? },
            Does::Charge { amount, kind, replacing } => {
                let amount = self.expressions.add(amount)?;
                Does::Charge { amount, kind: *kind, replacing: *replacing }
            }
            Does::Waive(waive) => Does::Waive(self.waive(waive)?),
            Does::Report { party, what, message } => Does::Report { party: *party, what: *what, message: *message },
            Does::Alarm(name) => Does::Alarm(*name),
            Does::Emit { name, with } => Does::Emit { name: *name, with: self.with(with)? },
            Does::Assign(queue) => Does::Assign(*queue),
            Does::Customer { block, thing } => Does::Customer { block: *block, thing: *thing },
            Does::Pause { reason, ends, without_interest } => {
                Does::Pause { reason: *reason, ends: self.ends(ends)?, without_interest: *without_interest }
            }
            Does::Resume(reason) => Does::Resume(*reason),
            Does::Set { var, value } => Does::Set { var: *var, value: self.expressions.add(value)? },
            Does::If { condition, then, otherwise } => Does::If {
                condition: self.expressions.add(condition)?,
                then: self.place(then)?,
                otherwise: self.place(otherwise)?,
            },
            Does::Move(target) => Does::Move(*target),
            Does::Exit { from, exit, body } => Does::Exit { from: *from, exit: *exit, body: self.place(body)? },
            Does::Collect { amount, by } => Does::Collect { amount: self.expressions.add(amount)?, by: *by },
            Does::OfferPlan(id) => Does::OfferPlan(*id),
            Does::ActivatePlan(id) => Does::ActivatePlan(*id),
            Does::CancelPlan => Does::CancelPlan,
            Does::ReleaseDebtor => Does::ReleaseDebtor,
            Does::Split { part, to } => Does::Split { part: self.part(part)?, to: *to },
            Does::Approval(approval) => Does::Approval(self.approval(approval)?),
        })
    }

    fn part(&mut self, part: &SplitPart<Expr>) -> Lowered<SplitPart> {
        Ok(match part {
            SplitPart::Disputed => SplitPart::Disputed,
            SplitPart::Debtor => SplitPart::Debtor,
            SplitPart::Money(amount) => SplitPart::Money(self.expressions.add(amount)?),
        })
    }

    fn approval(&mut self, approval: &'m Approval<Expr, model::Block>) -> Lowered<Approval> {
        Ok(Approval {
            name: approval.name,
            role: approval.role,
            within: self.expressions.add_some(approval.within.as_ref())?,
            when: self.expressions.add_some(approval.when.as_ref())?,
            body: self.place(&approval.body)?,
            otherwise: approval.otherwise.as_ref().map(|block| self.place(block)).transpose()?,
        })
    }

    fn send(&mut self, send: &Send<Expr>) -> Lowered<Send> {
        Ok(Send {
            template: send.template,
            ways: send.ways.clone(),
            tone: self.expressions.add_some(send.tone.as_ref())?,
            payable_within: self.expressions.add_some(send.payable_within.as_ref())?,
            after_post: send.after_post,
            nature: send.nature,
            to: send.to,
            with: self.with(&send.with)?,
        })
    }

    fn call(&mut self, call: &Call<Expr>) -> Lowered<Call> {
        Ok(Call {
            script: call.script,
            to: call.to,
            tone: self.expressions.add_some(call.tone.as_ref())?,
            hours: self.expressions.add_some(call.hours.as_ref())?,
            attempts: call.attempts,
            every: self.expressions.add_some(call.every.as_ref())?,
            with: self.with(&call.with)?,
        })
    }

    fn task(&mut self, task: &Task<Expr>) -> Lowered<Task> {
        let substitutes = task.substitutes.iter();
        let substitutes = substitutes.map(|(role, after)| Ok((*role, self.expressions.add(after)?)));
        Ok(Task {
            name: task.name,
            role: task.role,
            substitutes: substitutes.collect::<Lowered<_>>()?,
            within: self.expressions.add(&task.within)?,
            results: task.results.clone(),
            priority: task.priority,
            keep: task.keep,
        })
    }

    fn with(&mut self, with: &With<Expr>) -> Lowered<With> {
        with.iter().map(|(name, ty, value)| Ok((*name, *ty, self.expressions.add(value)?))).collect()
    }

    fn waive(&mut self, waive: &Waive<Expr>) -> Lowered<Waive> {
        Ok(match waive {
            Waive::Costs => Waive::Costs,
            Waive::CostsOf(kind) => Waive::CostsOf(*kind),
            Waive::Interest => Waive::Interest,
            Waive::Money(amount) => Waive::Money(self.expressions.add(amount)?),
        })
    }

    fn ends(&mut self, ends: &HoldEnd<Expr>) -> Lowered<HoldEnd> {
        Ok(match ends {
            HoldEnd::Open => HoldEnd::Open,
            HoldEnd::For(length) => HoldEnd::For(self.expressions.add(length)?),
            HoldEnd::Until(date) => HoldEnd::Until(self.expressions.add(date)?),
        })
    }
}
