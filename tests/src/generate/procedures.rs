//! Random procedures, calls of them, ways out, and where a case opens.

use super::{Node, Place, Writer};

/// A procedure that a stage may be.
#[derive(Clone, Debug)]
pub struct Callable {
    name: String,
    /// Whether each parameter is a sum; the others are durations.
    sums: Vec<(String, bool)>,
    exits: Vec<String>,
}

/// What the bodies of a procedure may name.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// Parameters that are amounts.
    pub sums: Vec<String>,
    /// Parameters that are durations.
    pub durations: Vec<String>,
    /// Its stages.
    pub stages: Vec<String>,
    /// Its exits.
    pub exits: Vec<String>,
}

impl Writer {
    pub(super) fn procedures(&mut self) -> Vec<Node> {
        if !self.more {
            return Vec::new();
        }
        // The amounts of the module are of one currency.
        if self.dice.chance(35) && !self.several {
            self.used("use MODULE");
            let order = [("claim".to_owned(), true), ("answer".to_owned(), false)];
            self.procedures.push(callable("lib_order", &order, &["title", "objection", "stopped"]));
            self.procedures.push(callable("lib_both", &order[..1], &["done", "failed"]));
        }
        (0..self.dice.weighted(&[35, 40, 25])).map(|n| self.procedure(n)).collect()
    }

    /// The lines that name what is used.
    pub(super) fn uses(&mut self) -> Vec<Node> {
        let mut lines = Vec::new();
        if self.procedures.iter().any(|p| p.name.starts_with("lib")) {
            lines.push(Node::line("use lib.courts"));
        }
        if self.barred == super::claims::Barred::Module {
            self.used("limitation of a module");
            lines.push(Node::line("use bars"));
        }
        lines
    }

    fn procedure(&mut self, n: usize) -> Node {
        self.used("procedure");
        let mut inside = Inside::default();
        let mut params = Vec::new();
        for (at, (name, sum)) in [("q_sum", true), ("q_wait", false)].into_iter().enumerate() {
            if self.dice.chance(70 - 10 * at) {
                let list = if sum { &mut inside.sums } else { &mut inside.durations };
                list.push(name.to_owned());
                params.push((name.to_owned(), sum));
            }
        }
        inside.stages = (0..1 + self.dice.below(3)).map(|k| format!("k_{k}")).collect();
        inside.exits = (0..1 + self.dice.below(3)).map(|k| format!("x_{k}")).collect();
        let this = Callable { name: format!("q_{n}"), sums: params, exits: inside.exits.clone() };
        let typed: Vec<String> = this
            .sums
            .iter()
            .map(|(name, sum)| format!("{name} : {}", if *sum { "money" } else { "duration" }))
            .collect();
        let head = format!("procedure {}({}) exits {}", this.name, typed.join(", "), this.exits.join(", "));
        let exits = this.exits.clone();
        self.inside = Some(inside.clone());
        let mut body: Vec<Node> = (0..inside.stages.len()).map(|k| self.inner(k, &inside.stages[k])).collect();
        for exit in exits {
            // Each exit is used somewhere.
            body.push(Node::line(format!(
                "on {} -> {exit}",
                self.dice.pick(&["reply", "callback", "contacted", "viewed"])
            )));
        }
        body.extend((0..self.dice.below(3)).map(|_| self.trigger(Place::Stage(0))));
        body.extend(self.leaving(true));
        self.inside = None;
        self.procedures.push(this);
        Node::block(head, body)
    }

    fn inner(&mut self, k: usize, name: &str) -> Node {
        if !self.procedures.is_empty() && self.dice.chance(20) {
            self.used("procedure in a procedure");
            return self.call_of_procedure(name, Place::Stage(k));
        }
        let mut body = self.body(Place::Entry(k), 2, 1);
        body.extend((0..1 + self.dice.below(3)).map(|_| self.trigger(Place::Stage(k))));
        body.extend(self.leaving(false));
        Node::block(format!("stage {name}"), body)
    }

    /// A stage that is a procedure.
    pub(super) fn call_of_procedure(&mut self, name: &str, place: Place) -> Node {
        self.used("stage = PROCEDURE");
        let this = self.procedures[self.dice.below(self.procedures.len())].clone();
        let args: Vec<String> = this
            .sums
            .iter()
            .map(|(name, sum)| {
                let value = if *sum { self.money(1) } else { self.duration() };
                format!("{name} = {value}")
            })
            .collect();
        let mut body = Vec::new();
        for exit in &this.exits {
            body.extend(self.mapped(exit, place));
        }
        body.extend((0..self.dice.below(2)).map(|_| self.trigger(place)));
        body.extend(self.leaving(false));
        Node::block(format!("stage {name} = {}({})", this.name, args.join(", ")), body)
    }

    /// Where the case goes by an exit.
    fn mapped(&mut self, exit: &str, place: Place) -> Vec<Node> {
        // To these a sister case may go: they lead to one stage.
        if matches!(exit, "objection" | "failed") {
            let stages = self.inside.as_ref().map_or(&self.stages[..2], |inside| &inside.stages);
            let to = self.dice.one(stages);
            return vec![Node::line(format!("exit {exit} -> {to}"))];
        }
        let mut lines = Vec::new();
        if self.dice.chance(30) {
            self.used("exit … when");
            let (condition, goes) = (self.condition(1), self.plain_goes(place));
            lines.push(Node::line(format!("exit {exit} when {condition} {goes}")));
        }
        let goes = self.plain_goes(place);
        if self.dice.chance(25) {
            self.used("exit with a block");
            let action = self.action(Place::Still, 0);
            lines.push(Node::block(format!("exit {exit}"), vec![action, Node::line(goes)]));
        } else {
            lines.push(Node::line(format!("exit {exit} {goes}")));
        }
        lines
    }

    /// What is done on the ways out.
    pub(super) fn leaving(&mut self, of_procedure: bool) -> Vec<Node> {
        let mut blocks = Vec::new();
        if !self.more || !self.dice.chance(30) {
            return blocks;
        }
        for _ in 0..1 + self.dice.below(2) {
            let head = match self.dice.below(3) {
                0 if of_procedure => {
                    self.used("leaving otherwise");
                    "leaving otherwise".to_owned()
                }
                1 => {
                    self.used("leaving to");
                    let names = self.inside.as_ref().map_or(&self.stages, |inside| &inside.stages).clone();
                    format!("leaving to {}", self.dice.one(&names))
                }
                _ => {
                    self.used("leaving");
                    "leaving".to_owned()
                }
            };
            let body = self.body(Place::Still, 2, 1);
            blocks.push(Node::block(head, body));
        }
        blocks
    }

    pub(super) fn starts(&mut self) -> Vec<Node> {
        if !self.more || !self.dice.chance(20) {
            return Vec::new();
        }
        self.used("start");
        let mut lines = Vec::new();
        for _ in 0..1 + self.dice.below(2) {
            let only_stages = self.stages.len() - self.outcomes;
            let (stage, condition) =
                (self.dice.below(only_stages), self.dice.pick(&["titled", "balance > 300 EUR", "vip", "seg is gold"]));
            lines.push(Node::line(format!("{} when {condition}", self.stages[stage])));
        }
        vec![Node::block("start", lines)]
    }
}

fn callable(name: &str, params: &[(String, bool)], exits: &[&str]) -> Callable {
    let exits = exits.iter().map(|exit| (*exit).to_owned()).collect();
    Callable { name: name.to_owned(), sums: params.to_vec(), exits }
}
