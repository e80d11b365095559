//! The whole machine on a page: lines with an indentation, citations at their end.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::values::quoted;
use super::{Words, tables};
use crate::ir::{Block, Leaving, Machine, RuleId, ScopeId, Span, Ways};
use crate::value::TimeOfDay;

pub(super) fn write(machine: &Machine) -> String {
    let mut page =
        Page { words: Words::new(machine), text: String::new(), depth: 0, actions_left: machine.actions.len() };
    page.head();
    tables::write(&mut page);
    page.plans();
    page.starts();
    page.groups();
    page.stages();
    page.whenevers();
    page.watches();
    page.guarantees();
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
            let word = if scope.first.is_some() { "procedure" } else { "group" };
            let first = scope.first.map_or_else(String::new, |id| format!(" first {}", self.words.stage(id)));
            let (name, title) = (self.words.text(scope.name), quoted(self.words.text(scope.title)));
            let around = self.around(scope.parent);
            self.gap();
            self.line(&format!("{word} {name} {title}{around}{first} {{"));
            self.open();
            self.block(scope.entry);
            self.triggers(scope.triggers);
            self.leaving(&scope.leaving);
            self.close();
        }
    }

    /// ` in group precourt`, or nothing.
    fn around(&self, scope: Option<ScopeId>) -> String {
        let scope = scope.and_then(|id| self.machine().scopes.get(id.index()));
        scope.map_or_else(String::new, |scope| {
            let word = if scope.first.is_some() { "procedure" } else { "group" };
            format!(" in {word} {}", self.words.text(scope.name))
        })
    }

    fn starts(&mut self) {
        let starts = &self.machine().starts;
        if starts.is_empty() {
            return;
        }
        self.gap();
        self.line("start {");
        self.open();
        for start in starts {
            let line = format!("{}{}", self.words.stage(start.stage), self.words.condition(start.when));
            self.cited(&line, start.rule);
        }
        self.close();
    }

    fn stages(&mut self) {
        for stage in &self.machine().stages {
            let word = if stage.outcome { "outcome" } else { "stage" };
            let scope = self.around(stage.scope);
            let (name, title) = (self.words.text(stage.name), quoted(self.words.text(stage.title)));
            self.gap();
            self.cited(&format!("{word} {name} {title}{scope} {{"), stage.rule);
            self.open();
            self.block(stage.entry);
            self.triggers(stage.triggers);
            self.leaving(&stage.leaving);
            self.close();
        }
    }

    fn leaving(&mut self, leaving: &[Leaving]) {
        for leaving in leaving {
            let ways = match &leaving.ways {
                Ways::Every => String::new(),
                Ways::To(stages) => {
                    let names: Vec<&str> = stages.iter().map(|id| self.words.stage(*id)).collect();
                    format!(" to {}", names.join(", "))
                }
                Ways::Otherwise => " otherwise".to_string(),
            };
            self.cited(&format!("leaving{ways} {{"), leaving.rule);
            self.open();
            self.block(leaving.body);
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

    fn guarantees(&mut self) {
        if !self.machine().guarantees.is_empty() {
            self.gap();
        }
        for guarantee in &self.machine().guarantees {
            let line = format!("guarantee {}", self.words.guarantee(&guarantee.promised));
            self.cited(&line, guarantee.rule);
        }
    }

    /// Writes a block and those inside it.
    pub(super) fn block(&mut self, block: Block) {
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

    /// Writes actions up to the next one that holds blocks, and leaves what follows open.
    fn actions(&mut self, block: Block, open: &mut Vec<Open>) {
        for n in block.range() {
            let found = self.machine().actions.get(n);
            let (Some(action), Some(left)) = (found, self.actions_left.checked_sub(1)) else { return };
            self.actions_left = left;
            let words = self.words.action(&action.does);
            let mut inside = action.does.blocks().into_iter();
            let Some(first) = inside.next() else {
                self.cited(&words, action.rule);
                continue;
            };
            self.cited(&format!("{words} {{"), action.rule);
            open.push(Open::Actions(after(block, n)));
            open.push(Open::Close);
            open.extend(inside.filter(|block| !block.is_empty()).map(|block| Open::Else(*block)));
            open.push(Open::Actions(*first));
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
