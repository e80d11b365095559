//! Random plans of instalments, questions for approval, and the smaller actions of the second version.

use super::{KINDS, NOTICES, Node, PLANS, Place, TEMPLATES, Writer};

impl Writer {
    pub(super) fn plans(&mut self) -> Vec<Node> {
        (0..self.plans).map(|n| self.plan(PLANS[n])).collect()
    }

    fn plan(&mut self, name: &str) -> Node {
        self.used("plan");
        let mut lines = Vec::new();
        if self.dice.chance(50) {
            self.used("plan: offer when");
            lines.push(match self.dice.below(3) {
                0 => format!("offer when balance from {} EUR to 5_000 EUR", self.dice.range(1, 90)),
                1 => "offer when not dispute open".to_owned(),
                _ => format!("offer when {}", self.condition(1)),
            });
        }
        if self.dice.chance(25) {
            self.used("plan: over");
            lines.push(format!("over {} % of balance", self.dice.range(30, 95)));
        }
        let rhythm = match self.dice.below(6) {
            0 => "every 10 days",
            1 => "weekly",
            2 => "every 2 months",
            _ => "monthly",
        };
        let least = if self.dice.chance(50) {
            format!(", at least {} EUR each", self.dice.range(1, 20))
        } else {
            String::new()
        };
        lines.push(format!("instalments {} to {} {rhythm}{least}", self.dice.range(1, 2), self.dice.range(3, 40)));
        if self.dice.chance(60) {
            lines.push(format!("first within {} days", self.dice.range(1, 30)));
        }
        if rhythm.contains("month") && self.dice.chance(50) {
            self.used("plan: due on day");
            lines.push(format!("due on day {}", self.dice.pick(&["1 or 15", "31", "10", "5 or 28"])));
        }
        if self.dice.chance(60) {
            self.used("plan: grace");
            lines.push(format!("grace {}", self.dice.pick(&["5 days", "2 working days", "1 week"])));
        }
        if self.dice.chance(70) {
            self.used("plan: breach");
            lines.push(format!(
                "breach when {}",
                self.dice.pick(&[
                    "2 consecutive missed",
                    "3 missed",
                    "overdue 20 days",
                    "1 consecutive missed or overdue 9 days",
                    "2 consecutive missed or overdue 30 days"
                ])
            ));
        }
        if self.dice.chance(40) {
            self.used("plan: renegotiate");
            lines.push(self.dice.pick(&["renegotiate at most 1 time", "renegotiate at most 2 times"]).to_owned());
        }
        if self.dice.chance(25) {
            self.used("plan: without interest");
            lines.push("without interest".to_owned());
        }
        if self.dice.chance(20) {
            self.used("plan: notice");
            lines.push(format!("notice {} first", self.dice.pick(&NOTICES)));
        }
        if self.dice.chance(25) {
            self.used("plan: sign");
            lines.push(self.dice.pick(&["sign by letter", "sign by email"]).to_owned());
        }
        let mut nodes: Vec<Node> = lines.into_iter().map(Node::line).collect();
        for (on, form) in
            [("missed", "plan: on missed"), ("completed", "plan: on completed"), ("breached", "plan: on breached")]
        {
            if self.dice.chance(40) {
                self.used(form);
                let body = self.body(Place::Still, 2, 1);
                nodes.push(Node::block(format!("on {on}"), body));
            }
        }
        Node::block(format!("plan {name}"), nodes)
    }

    /// An action that the first version did not know.
    pub(super) fn new_action(&mut self, place: Place) -> Node {
        match self.dice.weighted(&[30, 14, 8, 10, 14, 10]) {
            0 if self.plans > 0 => Node::line(self.of_plan()),
            0 | 1 => self.approval(place),
            2 if self.event => {
                self.used("release debtor");
                Node::line("release debtor")
            }
            2 | 3 => self.split(place),
            4 => {
                self.used("collect");
                Node::line(format!("collect {} by {}", self.money(1), self.dice.pick(&["debit", "card"])))
            }
            _ => Node::line(self.for_somebody()),
        }
    }

    pub(super) fn plan_name(&mut self) -> &'static str {
        PLANS[self.dice.below(self.plans)]
    }

    fn of_plan(&mut self) -> String {
        let name = self.plan_name();
        match self.dice.weighted(&[40, 45, 10]) {
            0 => {
                self.used("offer plan");
                format!("offer plan {name}")
            }
            1 => {
                self.used("activate plan");
                format!("activate plan {name}")
            }
            _ => {
                self.used("cancel plan");
                "cancel plan".to_owned()
            }
        }
    }

    fn split(&mut self, place: Place) -> Node {
        let to = match &self.inside {
            Some(inside) => inside.stages[0].clone(),
            None => self.stages[self.dice.below(self.stages.len() - self.outcomes)].clone(),
        };
        let _ = place;
        match self.dice.below(3) {
            0 if self.event => {
                self.used("split debtor");
                Node::line(format!("split debtor -> {to}"))
            }
            0 | 1 => {
                self.used("split disputed");
                Node::line(format!("split disputed -> {to}"))
            }
            _ => {
                self.used("split MONEY");
                Node::line(format!("split {} -> {to}", self.amount()))
            }
        }
    }

    fn for_somebody(&mut self) -> String {
        let to = if self.event && self.dice.chance(60) { "to debtor" } else { "to first debtor" };
        self.used(if to == "to debtor" { "to debtor" } else { "to first debtor" });
        if self.dice.chance(50) {
            return format!("call c_open {to}");
        }
        let within = if self.dice.chance(30) { format!(" payable within {}", self.days()) } else { String::new() };
        format!("send {} by {} else letter {to}{within} tone firm", self.dice.pick(&TEMPLATES), self.channel())
    }

    /// An action or a move that a person has to approve.
    fn approval(&mut self, place: Place) -> Node {
        if matches!(place, Place::Still) {
            return Node::line("alarm a_still");
        }
        self.used("with approval");
        let mut text = match self.dice.below(5) {
            0 => format!("send {} by letter", self.dice.pick(&TEMPLATES)),
            1 => format!("charge {} as {}", self.money(1), self.dice.pick(&KINDS)),
            2 => "file f_form".to_owned(),
            3 if self.plans > 0 => self.of_plan(),
            _ => "waive costs".to_owned(),
        };
        text += " with approval by head";
        if self.dice.chance(60) {
            self.used("approval within");
            text += &format!(" within {}", self.duration());
        }
        if self.dice.chance(40) {
            self.used("approval else");
            let body = self.body(place, 1, 0);
            return Node::block(format!("{text} else"), body);
        }
        Node::line(text)
    }

    /// A move that a person has to approve.
    pub(super) fn approved_move(&mut self, goes: String, place: Place) -> String {
        if !self.more || !self.dice.chance(7) || matches!(place, Place::Entry(_)) {
            return goes;
        }
        self.used("a move with approval");
        let mut text = format!("{goes} with approval by head");
        if self.dice.chance(60) {
            text += &format!(" within {}", self.duration());
        }
        if self.dice.chance(40) {
            self.used("approval else");
            text += &format!(" else {}", self.plain_goes(place));
        }
        text
    }
}
