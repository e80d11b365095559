//! The whole machine on a page: lines with an indentation, citations at their end.

use alloc::string::String;
use alloc::{format, vec};

use super::values::quoted;
use super::{Words, tables};
use crate::ir::{Block, Does, Machine, RuleId, Span};
use crate::value::TimeOfDay;

pub(super) fn write(machine: &Machine) -> String {
    let mut page =
        Page { words: Words::new(machine), text: String::new(), depth: 0, actions_left: machine.actions.len() };
    page.head();
    tables::write(&mut page);
    page.groups();
    page.stages();
    page.whenevers();
    page.watches();
    page.text
}

/// What has been written so far.
pub(super) struct Page<'m> {
    pub(super) words: Words<'m>,
    text: String,
    depth: usize,
    /// Each action is written once; more would mean that a machine which nobody verified goes in circles.
    actions_left: usize,
}

impl<'m> Page<'m> {
    pub(super) fn machine(&self) -> &'m Machine {
        self.words.machine
    }

    pub(super) fn line(&mut self, words: &str) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
        self.text.push_str(words);
        self.text.push('\n');
    }

    /// A line with the place in the source behind it.
    pub(super) fn cited(&mut self, words: &str, rule: RuleId) {
        let line = format!("{words}    # {}", self.words.citation(rule));
        self.line(&line);
    }

    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn open(&mut self) {
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.line("}");
    }

    fn head(&mut self) {
        let m = self.machine();
        self.line(&format!("strategy {} {}", m.name, quoted(&m.title)));
        self.line(&format!("version {}", m.version));
        for currency in &m.currencies {
            self.line(&format!("currency {currency}"));
        }
        for zone in &m.zones {
            let edition = if zone.edition().is_empty() { String::new() } else { format!("    # {}", zone.edition()) };
            self.line(&format!("time zone {}{edition}", zone.name()));
        }
        if let Some(time) = TimeOfDay::from_seconds(m.day_begins) {
            self.line(&format!("day begins {time}"));
        }
    }

    fn groups(&mut self) {
        for scope in &self.machine().scopes {
            let head = format!("group {} {} {{", self.words.text(scope.name), quoted(self.words.text(scope.title)));
            self.gap();
            self.line(&head);
            self.open();
            self.triggers(scope.triggers);
            self.close();
        }
    }

    fn stages(&mut self) {
        for stage in &self.machine().stages {
            let word = if stage.outcome { "outcome" } else { "stage" };
            let scope = stage.scope.and_then(|id| self.machine().scopes.get(id.index()));
            let scope = scope.map_or_else(String::new, |scope| format!(" in group {}", self.words.text(scope.name)));
            let (name, title) = (self.words.text(stage.name), quoted(self.words.text(stage.title)));
            self.gap();
            self.cited(&format!("{word} {name} {title}{scope} {{"), stage.rule);
            self.open();
            self.block(stage.entry);
            self.triggers(stage.triggers);
            self.close();
        }
    }

    fn whenevers(&mut self) {
        for whenever in &self.machine().whenevers {
            let head = format!("whenever {}{}", self.words.event(&whenever.event), self.words.condition(whenever.when));
            self.gap();
            self.cited(&format!("{head} {{"), whenever.rule);
            self.open();
            self.block(whenever.body);
            self.triggers(whenever.triggers);
            self.close();
        }
    }

    fn watches(&mut self) {
        for watch in &self.machine().watches {
            let head = format!("watch {}{}", self.words.text(watch.name), self.words.condition(watch.when));
            self.gap();
            self.cited(&format!("{head} {{"), watch.rule);
            self.open();
            self.triggers(watch.triggers);
            self.close();
        }
    }

    fn triggers(&mut self, span: Span) {
        for trigger in self.machine().triggers.get(span.range()).unwrap_or_default() {
            let head = self.words.trigger(trigger);
            self.cited(&format!("{head} {{"), trigger.rule);
            self.open();
            self.block(trigger.body);
            self.close();
        }
    }

    /// Writes a block and those inside it.
    fn block(&mut self, block: Block) {
        let mut open = vec![Open::Actions(block)];
        while let Some(next) = open.pop() {
            match next {
                Open::Close => self.close(),
                Open::Else(block) => {
                    self.depth = self.depth.saturating_sub(1);
                    self.line("} else {");
                    self.open();
                    open.push(Open::Actions(block));
                }
                Open::Actions(block) => self.actions(block, &mut open),
            }
        }
    }

    /// Writes actions up to the next condition, and leaves what follows open.
    fn actions(&mut self, block: Block, open: &mut vec::Vec<Open>) {
        for n in block.range() {
            let found = self.machine().actions.get(n);
            let (Some(action), Some(left)) = (found, self.actions_left.checked_sub(1)) else { return };
            self.actions_left = left;
            let words = self.words.action(&action.does);
            let Does::If { then, otherwise, .. } = &action.does else {
                self.cited(&words, action.rule);
                continue;
            };
            self.cited(&format!("{words} {{"), action.rule);
            open.push(Open::Actions(after(block, n)));
            open.push(Open::Close);
            if !otherwise.is_empty() {
                open.push(Open::Else(*otherwise));
            }
            open.push(Open::Actions(*then));
            self.open();
            return;
        }
    }
}

/// What is still to be written.
enum Open {
    Actions(Block),
    Else(Block),
    Close,
}

/// The part of a block behind one of its actions.
fn after(block: Block, n: usize) -> Block {
    let done = u16::try_from(n.saturating_sub(usize::from(block.first)).saturating_add(1)).unwrap_or(u16::MAX);
    Block { first: block.first.saturating_add(done), len: block.len.saturating_sub(done) }
}
