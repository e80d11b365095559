//! The words that actions bring into a strategy: tasks, forms, reasons of holds, templates. Collected before any rule is
//! checked, because a rule may name what a later one does.

use super::approvals;
use super::context::Checker;
use crate::syntax::tree::{self, Action, GroupEntry, ItemKind, PlanEntryKind, Statement, StatementKind, TriggerKind};

impl Checker<'_> {
    /// Collects the words of every body of the file.
    pub fn collect_words(&mut self, file: &tree::File) {
        for item in &file.items {
            match &item.kind {
                ItemKind::Stage(stage) => self.words_in(&stage.body.statements, None),
                ItemKind::Outcome(outcome) => self.words_in(&outcome.body.statements, None),
                ItemKind::Group(group) => self.words_in_entries(&group.entries),
                ItemKind::Watch(watch) => self.words_in(&watch.body.statements, None),
                ItemKind::Plan(plan) => self.words_of_plan(plan),
                ItemKind::Whenever(rule) => {
                    for event in &rule.events {
                        self.words_in(&rule.body.statements, Some(&event.name.text()));
                    }
                }
                _ => {}
            }
        }
    }

    /// Collects the words of a plan.
    pub fn words_of_plan(&mut self, plan: &tree::Plan) {
        for entry in &plan.entries {
            match &entry.kind {
                PlanEntryKind::On(trigger) => self.words_in(&trigger.body.statements, None),
                PlanEntryKind::NoticeFirst(template) => {
                    self.names.templates.insert(template.text.clone());
                }
                _ => {}
            }
        }
    }

    /// Collects the words of a group or a procedure.
    pub fn words_in_entries(&mut self, entries: &[GroupEntry]) {
        for entry in entries {
            match entry {
                GroupEntry::Stage(stage) => self.words_in(&stage.body.statements, None),
                GroupEntry::Statement(statement) => self.words_in(std::slice::from_ref(statement), None),
            }
        }
    }

    /// `event` is the name that a bare `pause` takes.
    fn words_in(&mut self, statements: &[Statement], event: Option<&str>) {
        for statement in statements {
            if let Some(approval) = &statement.approval {
                self.names.approvals.extend(approvals::name_of(statement));
                let otherwise = approval.otherwise.as_ref().map_or(&[][..], |block| &block.statements);
                self.words_in(otherwise, event);
            }
            match &statement.kind {
                StatementKind::Action(action) => self.words_of_action(action, event),
                StatementKind::If(choice) => {
                    self.words_in(&choice.then.statements, event);
                    if let Some(otherwise) = &choice.otherwise {
                        self.words_in(&otherwise.statements, event);
                    }
                }
                StatementKind::Trigger(trigger) => self.words_in_trigger(trigger, event),
                StatementKind::Leaving(leaving) => self.words_in(&leaving.body.statements, event),
                StatementKind::Exit(exit) => self.words_in(&exit.body.statements, event),
                _ => {}
            }
        }
    }

    fn words_in_trigger(&mut self, trigger: &tree::Trigger, event: Option<&str>) {
        let body = &trigger.body.statements;
        if let TriggerKind::On(tree::On { target: tree::OnTarget::Names(names), .. }) = &trigger.kind {
            for name in names {
                self.words_in(body, Some(&name.name.text()));
            }
        } else {
            self.words_in(body, event);
        }
    }

    fn words_of_action(&mut self, action: &Action, event: Option<&str>) {
        let names = &mut self.names;
        match action {
            Action::Task(task) => {
                names.tasks.insert(task.name.text.clone());
                names.results.extend(task.results.iter().map(|result| result.text.clone()));
            }
            Action::File { form, .. } => {
                names.forms.insert(form.text.clone());
            }
            Action::Send(send) => {
                names.templates.insert(send.template.text.clone());
            }
            Action::Pause(pause) => {
                let named = pause.reason.as_ref().map(|reason| reason.text.clone());
                names.reasons.extend(named.or(event.map(str::to_owned)));
            }
            _ => {}
        }
    }
}
