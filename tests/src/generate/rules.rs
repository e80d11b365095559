//! Random stages, groups, `whenever` rules and watches.

use super::{KINDS, Node, Place, TASKS, TEMPLATES, Writer};

/// Events that triggers wait for.
const EVENTS: [&str; 21] = [
    "payment",
    "promise",
    "promise_kept",
    "promise_broken",
    "dispute",
    "dispute_resolved(rejected)",
    "reply",
    "conversation",
    "no_answer",
    "callback",
    "note",
    "note(3)",
    "note(level)",
    "unreachable",
    "task_overdue",
    "hardship",
    "served",
    "objection",
    "payment_returned",
    "contacted",
    "title_issued",
];

/// Events that rules of the first version did not wait for.
const NEW_EVENTS: [&str; 11] = [
    "plan_requested",
    "plan_accepted",
    "plan_declined",
    "plan_missed",
    "plan_breached",
    "plan_completed",
    "signed",
    "insolvency(opened)",
    "approved",
    "declined",
    "withdrawn_by_court",
];

impl Writer {
    pub(super) fn places(&mut self) -> Vec<Node> {
        let count = self.stages.len() - self.outcomes;
        let mut nodes = Vec::new();
        let mut n = 0;
        let mut group = 0;
        while n < count {
            if self.more && !self.procedures.is_empty() && n > 0 && self.dice.chance(30) {
                let name = self.stages[n].clone();
                nodes.push(self.call_of_procedure(&name, Place::Stage(n)));
                n += 1;
            } else if self.dice.chance(35) {
                self.used("group");
                let size = (1 + self.dice.below(3)).min(count - n);
                let mut inside: Vec<Node> = (n..n + size).map(|n| self.stage_or_procedure(n)).collect();
                inside.extend((0..self.dice.below(3)).map(|_| self.trigger(Place::Stage(n))));
                inside.extend(self.leaving(false));
                nodes.push(Node::block(format!("group g_{group} \"Group\""), inside));
                group += 1;
                n += size;
            } else {
                nodes.push(self.stage(n));
                n += 1;
            }
        }
        nodes.extend((0..self.outcomes).map(|n| self.outcome(count + n)));
        nodes
    }

    fn stage_or_procedure(&mut self, n: usize) -> Node {
        if self.more && !self.procedures.is_empty() && self.dice.chance(25) {
            self.used("procedure in a group");
            let name = self.stages[n].clone();
            return self.call_of_procedure(&name, Place::Stage(n));
        }
        self.stage(n)
    }

    fn stage(&mut self, n: usize) -> Node {
        self.used("stage");
        let mut body = self.body(Place::Entry(n), 3, 1);
        let triggers = 1 + self.dice.below(4);
        body.extend((0..triggers).map(|_| self.trigger(Place::Stage(n))));
        body.extend(self.leaving(false));
        Node::block(format!("stage {} \"Stage\"", self.stages[n]), body)
    }

    fn outcome(&mut self, n: usize) -> Node {
        self.used("outcome");
        let mut body = Vec::new();
        if n + 1 == self.stages.len() {
            body.extend(TEMPLATES.iter().map(|t| Node::line(format!("send {t} by letter"))));
            body.extend(TASKS.iter().map(|t| Node::line(format!("task {t} for clerk within 5 days"))));
            if self.more {
                body.extend(super::NOTICES.iter().map(|t| Node::line(format!("send {t} by letter"))));
            }
            body.extend(KINDS.iter().map(|k| Node::line(format!("charge 1.00 EUR as {k}"))));
            body.push(Node::line("pause r_wait for 1 day"));
            body.push(Node::line("pause r_look for 1 day"));
            body.push(Node::line("pause r_rest for 1 day"));
        } else if self.dice.chance(60) {
            body.extend(self.body(Place::Outcome, 2, 0));
        }
        if self.dice.chance(40) {
            self.used("outcome with triggers");
            body.push(self.trigger(Place::Stage(n)));
        }
        Node::block(format!("outcome {} \"Outcome\"", self.stages[n]), body)
    }

    /// The head of a trigger, without its condition.
    fn head(&mut self, place: Place) -> String {
        match self.dice.weighted(&[26, 22, 10, 9, 5, 5, 12, if place == Place::Watch { 8 } else { 0 }]) {
            0 => {
                self.used("on EVENT");
                let mut event = self.dice.pick(&EVENTS).to_owned();
                if self.more && self.dice.chance(35) {
                    event = self.dice.pick(&NEW_EVENTS).to_owned();
                }
                if self.inside.is_some() && event.starts_with("note") {
                    event = "reply".to_owned();
                }
                if self.told && self.inside.is_none() && self.dice.chance(15) {
                    self.used("on a declared event with a day");
                    event = self.dice.pick(&["told", "told(_, on)", "told(sum)"]).to_owned();
                }
                self.event = true;
                if self.dice.chance(15) {
                    self.used("usually within");
                    return format!("on {event} usually within {}", self.duration());
                }
                format!("on {event}")
            }
            1 => {
                self.used("after D");
                format!("after {}", self.duration())
            }
            2 => {
                self.used("on DATE, D before/after DATE");
                let date = if self.dice.chance(70) {
                    self.unsure_date()
                } else {
                    let all = ["opened", "stage_since", "v_day"];
                    self.dice.pick(if self.inside.is_some() { &all[..2] } else { &all }).to_owned()
                };
                match self.dice.below(5) {
                    0 if !date.contains('(') => format!("on {date}"),
                    1 => format!("{} before {date}", open_air(&self.duration())),
                    _ => format!("{} after {date}", open_air(&self.duration())),
                }
            }
            3 => {
                self.used("every D");
                let most = if self.dice.chance(40) {
                    format!(" at most {} times", self.dice.range(1, 3))
                } else {
                    String::new()
                };
                format!("every {}{most}", self.duration())
            }
            4 => {
                self.used("every month on day N");
                format!("every month on day {}", self.dice.pick(&["1", "15", "28", "29", "30", "31"]))
            }
            5 => {
                self.used("every working day");
                "every working day".to_owned()
            }
            6 => {
                self.used("as soon as");
                format!("as soon as {}", self.condition(2))
            }
            _ if self.more && self.dice.chance(60) => {
                self.used("on effect");
                let kinds =
                    ["send", "call", "task", "charge", "alarm", "cancel", "offer", "activate", "approval", "refund"];
                format!("on effect {}", self.dice.pick(&kinds))
            }
            _ => {
                self.used("on move");
                "on move".to_owned()
            }
        }
    }

    pub(super) fn trigger(&mut self, place: Place) -> Node {
        let around = std::mem::replace(&mut self.event, false);
        let node = self.trigger_of(place);
        self.event = around;
        node
    }

    /// A trigger that binds what its event brings, and reads it.
    fn binding_head(&mut self) -> String {
        self.used("an event's parameter by its name");
        self.event = true;
        let day = self.dice.range(0, 20);
        match self.dice.below(8) {
            0 => format!("on payment(amount) when amount {} {}", self.compare(), self.amount()),
            1 => "on payment when payment.amount >= balance".to_owned(),
            2 => format!("on promise(amount, by) when by <= today + {} days and amount < balance", day + 1),
            3 => "on task_done(w_check, found)".to_owned(),
            4 => "on task_overdue(w_find)".to_owned(),
            5 => format!("on enforced(sum) when sum > {}", self.amount()),
            6 => "on dispute(_, claim) when claim known and claim is \"R-1\"".to_owned(),
            _ => "on bounced(email)".to_owned(),
        }
    }

    fn trigger_of(&mut self, place: Place) -> Node {
        if self.all && self.dice.chance(7) {
            let head = self.binding_head();
            return self.with_body(head, place);
        }
        let mut head = self.head(place);
        if self.dice.chance(35) {
            self.used("when");
            let condition = if self.dice.chance(12) {
                self.used("changed");
                "changed".to_owned()
            } else {
                self.condition(2)
            };
            head += &format!(" when {condition}");
        }
        self.with_body(head, place)
    }

    fn with_body(&mut self, head: String, place: Place) -> Node {
        let only_move = match place {
            Place::Stage(_) => 45,
            Place::Watch => 6,
            _ => 10,
        };
        if self.dice.chance(only_move) {
            let goes = self.goes(place);
            return Node::line(format!("{head} {goes}"));
        }
        if place == Place::Whenever && self.dice.chance(50) {
            self.used("resume (bare)");
            return Node::line(format!("{head}: resume{}", self.end()));
        }
        let body = self.body(place, 3, 1);
        Node::block(head, body)
    }

    pub(super) fn whenevers(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        if self.dice.chance(70) {
            self.used("whenever settled");
            let to = self.stages[self.stages.len() - self.outcomes].clone();
            nodes.push(Node::line(format!("whenever settled -> {to}")));
        }
        if self.dice.chance(30) {
            nodes.push(Node::line(format!("whenever recalled -> {}", self.stages[self.stages.len() - 1])));
        }
        if self.plans > 0 && self.dice.chance(70) {
            nodes.push(Node::line(format!("whenever plan_requested: offer plan {}", self.plan_name())));
        }
        if self.plans > 0 && self.dice.chance(80) {
            nodes.push(Node::line(format!("whenever plan_accepted: activate plan {}", self.plan_name())));
        }
        if self.all && self.dice.chance(40) {
            self.used("whenever … release debtor");
            nodes.push(Node::line("whenever insolvency(opened): release debtor"));
        }
        for _ in 0..self.dice.below(4) {
            let node = self.whenever();
            nodes.push(node);
        }
        nodes
    }

    /// Ends a bare `pause` or `resume`: what follows may begin with a table's name, which would be read as the reason.
    fn end(&self) -> &'static str {
        if self.all { super::actions::END } else { "" }
    }

    fn whenever(&mut self) -> Node {
        self.event = true;
        let node = self.whenever_of();
        self.event = false;
        node
    }

    fn whenever_of(&mut self) -> Node {
        self.used("whenever");
        let events =
            ["dispute", "hardship", "insolvency(opened)", "deceased", "note", "payment", "promise", "cease_contact"];
        let mut head = format!("whenever {}", self.dice.pick(&events));
        if self.all && self.dice.chance(15) {
            self.used("whenever a | b");
            head = self.dice.pick(&["whenever dispute | hardship", "whenever recalled | claim_withdrawn"]).to_owned();
        }
        if self.dice.chance(25) {
            self.used("whenever when");
            head += &format!(" when {}", self.condition(1));
        }
        if !self.dice.chance(65) {
            let body = self.body(Place::Whenever, 3, 1);
            return Node::block(head, body);
        }
        self.used("whenever with a hold");
        let clause = match self.dice.below(4) {
            0 => format!(" for {}", self.duration()),
            1 => " without interest".to_owned(),
            _ => String::new(),
        };
        let mut body = Vec::new();
        if self.dice.chance(30) {
            body.push(self.action(Place::Whenever, 1));
        }
        let end = self.end();
        body.push(Node::line(format!("pause{clause}{end}")));
        body.extend((0..self.dice.below(3)).map(|_| self.action(Place::Whenever, 1)));
        body.extend((0..1 + self.dice.below(3)).map(|_| self.trigger(Place::Whenever)));
        body.push(Node::line("on dispute_resolved: resume"));
        Node::block(head, body)
    }

    pub(super) fn watches(&mut self) -> Vec<Node> {
        let count = self.dice.below(3);
        (0..count).map(|n| self.watch(n)).collect()
    }

    fn watch(&mut self, n: usize) -> Node {
        self.used("watch");
        let when = if self.dice.chance(30) {
            self.used("watch when");
            format!(" when {}", self.condition(1))
        } else {
            String::new()
        };
        let count = 1 + self.dice.below(3);
        let triggers = (0..count).map(|_| self.trigger(Place::Watch)).collect();
        Node::block(format!("watch x_{n}{when}"), triggers)
    }
}

/// A duration that begins a line. Layout is free: a bracket there could be read as that of a name at the end of the line before.
fn open_air(duration: &str) -> &str {
    duration.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(duration)
}
