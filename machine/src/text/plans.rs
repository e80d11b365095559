//! Plans of instalments in the words of the language.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::actions::times;
use super::page::Page;
use crate::ir::{Plan, Type};

impl Page<'_> {
    pub(super) fn plans(&mut self) {
        for plan in &self.machine().plans {
            let head = format!("plan {} {{", self.words.text(plan.name));
            self.gap();
            self.cited(&head, plan.rule);
            self.open();
            self.terms(plan).iter().for_each(|line| self.line(line));
            let blocks = [
                ("notice first", plan.notice),
                ("on missed", plan.on_missed),
                ("on completed", plan.on_completed),
                ("on breached", plan.on_breached),
            ];
            for (head, block) in blocks.into_iter().filter(|(_, block)| !block.is_empty()) {
                self.line(&format!("{head} {{"));
                self.open();
                self.block(block);
                self.close();
            }
            self.close();
        }
    }

    fn terms(&self, plan: &Plan) -> Vec<String> {
        let words = &self.words;
        let clause = |head: &str, value, ty| {
            let written = words.clause(head, value, ty);
            (!written.is_empty()).then_some(written)
        };
        let (least, most) = plan.instalments;
        let each = plan
            .at_least
            .map_or_else(String::new, |sum| format!(", at least {} each", words.expression_as(sum, Type::Money)));
        let days: Vec<String> = plan.due_on.iter().map(ToString::to_string).collect();
        let lines = [
            clause("offer when ", plan.offer_when, Type::Bool),
            clause("over ", plan.over, Type::Rate).map(|over| format!("{over} of balance")),
            Some(format!("instalments {least} to {most} every {}{each}", plan.rhythm)),
            clause("first within ", plan.first_within, Type::Duration),
            (!days.is_empty()).then(|| format!("due on day {}", days.join(" or "))),
            clause("grace ", plan.grace, Type::Duration),
            self.breach(plan),
            plan.renegotiate.map(|n| format!("renegotiate{}", times(Some(n)))),
            plan.without_interest.then(|| "without interest".to_string()),
            plan.sign_by.map(|channels| format!("sign by {}", words.joined(channels, ", "))),
        ];
        lines.into_iter().flatten().collect()
    }

    fn breach(&self, plan: &Plan) -> Option<String> {
        let overdue = plan.breach_overdue;
        let reasons = [
            plan.breach_consecutive.map(|n| format!("{n} consecutive missed")),
            plan.breach_missed.map(|n| format!("{n} missed")),
            overdue.map(|length| format!("overdue {}", self.words.expression_as(length, Type::Duration))),
        ];
        let reasons: Vec<String> = reasons.into_iter().flatten().collect();
        (!reasons.is_empty()).then(|| format!("breach when {}", reasons.join(" or ")))
    }
}
