//! Random rules of the ledger that came last: caps of single kinds of cost, designations, and when claims are barred.

use super::{Dice, KINDS, Node, Writer};

/// Where a strategy says when claims are barred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// Nowhere: nothing reads it.
    Nowhere,
    /// In its ledger.
    Ledger,
    /// Beside its stages.
    Beside,
    /// In a module that it uses.
    Module,
}

impl Barred {
    pub(super) fn drawn(dice: &mut Dice) -> Self {
        match dice.weighted(&[50, 36, 7, 7]) {
            0 => Self::Nowhere,
            1 => Self::Ledger,
            2 => Self::Beside,
            _ => Self::Module,
        }
    }
}

/// Dates from which a period runs: a claim's own, or the case's.
const BEGINNINGS: [&str; 6] =
    ["due", "end_of_month(due)", "end_of_year(due)", "arose", "end_of_month(arose)", "opened"];

/// Events that begin a period anew.
const RESTARTS: [&str; 5] = ["acknowledged", "payment", "enforced", "reply", "promise when due < today"];

impl Writer {
    /// Lines of the ledger.
    pub(super) fn claim_rules(&mut self) -> Vec<Node> {
        let mut rules = Vec::new();
        if !self.all {
            return rules;
        }
        for kind in [KINDS[0], "court"] {
            if self.dice.chance(20) {
                self.used("costs(KIND) up to");
                let most = if self.dice.chance(60) {
                    format!("{}.00 EUR", self.dice.range(1, 40))
                } else {
                    format!("{} % of principal", self.dice.range(1, 30))
                };
                rules.push(Node::line(format!("costs({kind}) up to {most}")));
            }
        }
        if self.dice.chance(35) {
            self.used("designation");
            let line =
                ["designation follows", "designation refused on costs, interest", "designation refused on interest"];
            rules.push(Node::line(self.dice.pick(&line)));
        }
        if self.barred == Barred::Ledger {
            let rule = self.limitation_of_ledger();
            rules.push(rule);
        }
        rules
    }

    fn limitation_of_ledger(&mut self) -> Node {
        if self.dice.chance(15) {
            self.used("limitation NAME");
            return Node::line("limitation bars.short");
        }
        let rules = self.limitation();
        Node::block("limitation", rules)
    }

    /// Rules that a ledger takes without naming them, because no others are offered.
    pub(super) fn limitation_beside(&mut self) -> Vec<Node> {
        if self.barred != Barred::Beside {
            return Vec::new();
        }
        self.used("limitation beside the stages");
        let rules = self.limitation();
        vec![Node::block("limitation of_this_house", rules)]
    }

    fn limitation(&mut self) -> Vec<Node> {
        self.used("limitation");
        let mut rules = vec![self.period("due")];
        for _ in 0..self.dice.below(2) {
            let from = BEGINNINGS[self.dice.below(BEGINNINGS.len())];
            let period = self.period(from);
            rules.push(period);
        }
        if self.dice.chance(60) {
            self.used("limitation: from title");
            let period = self.period("title");
            rules.push(period);
        }
        if self.dice.chance(60) {
            self.used("limitation: restart");
            let told = self.told && self.dice.chance(30);
            let restart = if told { "told" } else { RESTARTS[self.dice.below(RESTARTS.len())] };
            rules.push(Node::line(format!("restart on {restart}")));
        }
        for _ in 0..self.dice.weighted(&[30, 45, 25]) {
            let suspension = self.suspension();
            rules.push(suspension);
        }
        rules
    }

    fn period(&mut self, from: &str) -> Node {
        let length = match self.dice.below(4) {
            0 => format!("{} days", self.dice.range(20, 200)),
            1 => "3 years".to_owned(),
            2 => "2 weeks".to_owned(),
            _ => format!("{} months", self.dice.range(1, 9)),
        };
        let when = if self.dice.chance(25) {
            self.used("limitation: when");
            format!(
                " when {}",
                self.dice.pick(&["not titled", "kind known and kind = \"service\"", "due < 2026-02-01"])
            )
        } else {
            String::new()
        };
        Node::line(format!("{length} from {from}{when}"))
    }

    fn suspension(&mut self) -> Node {
        let rule = match self.dice.below(4) {
            0 => {
                self.used("suspend while");
                "suspend while negotiating".to_owned()
            }
            1 => {
                self.used("suspend while");
                format!("suspend while {}", self.dice.pick(&["dispute open", "promise open", "vip"]))
            }
            2 if self.told && self.dice.chance(40) => {
                self.used("suspend from");
                format!("suspend from told until {}order_ended", self.dice.pick(&["10 days after ", ""]))
            }
            2 => {
                self.used("suspend from");
                let delay = self.dice.pick(&["6 months after ", "10 days after ", ""]);
                format!("suspend from filed until {delay}order_ended")
            }
            _ => {
                self.used("suspend from");
                let delay = self.dice.pick(&["3 days after ", ""]);
                format!("suspend from insolvency(applied | opened) until {delay}insolvency(closed)")
            }
        };
        Node::line(rule)
    }

    /// Calendar lines on which nothing is filed or served.
    pub(super) fn recesses(&mut self) -> Vec<Node> {
        let mut lines = Vec::new();
        if self.all && self.dice.chance(40) {
            self.used("recess");
            lines.push(Node::line("recess \"Easter\" easter - 7 days .. easter + 7 days"));
            lines.push(Node::line(self.dice.pick(&[
                "recess 20 december .. 6 january",
                "recess 10 january .. 2 february from 2020",
                "recess 28 february .. 20 march until 2030",
            ])));
        }
        if self.all && self.dice.chance(40) {
            self.used("holiday in years");
            lines.push(Node::line("holiday wednesday before 23 november \"Prayer\""));
            lines.push(Node::line("holiday 9 march in 2026"));
        }
        lines
    }
}
