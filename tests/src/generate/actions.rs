//! Random bodies.

use super::{KINDS, Node, Place, REASONS, TASKS, TEMPLATES, Writer};

/// Ends a reason: the name before `after` or `before` would be a duration.
pub(super) const END: &str = " law \"§ 1\"";

impl Writer {
    /// Actions in order; some end in a move.
    pub(super) fn body(&mut self, place: Place, most: usize, depth: usize) -> Vec<Node> {
        let count = 1 + self.dice.below(most);
        let mut nodes: Vec<Node> = (0..count).map(|_| self.action(place, depth)).collect();
        let moves = match place {
            Place::Entry(_) if self.inside.is_some() => 0,
            Place::Entry(_) => 4,
            Place::Stage(_) => 45,
            Place::Whenever => 12,
            Place::Watch => 8,
            Place::Outcome | Place::Still => 0,
        };
        if self.dice.chance(moves) {
            nodes.push(Node::line(self.goes(place)));
        }
        nodes
    }

    pub(super) fn goes(&mut self, place: Place) -> String {
        let goes = self.plain_goes(place);
        self.approved_move(goes, place)
    }

    pub(super) fn plain_goes(&mut self, place: Place) -> String {
        if let Some(inside) = self.inside.clone() {
            return self.goes_inside(place, &inside);
        }
        let pick = self.dice.below(100);
        let only_stages = self.stages.len() - self.outcomes;
        match place {
            Place::Entry(from) => {
                format!("-> {}", self.stages[from + 1 + self.dice.below(self.stages.len() - from - 1)])
            }
            _ if pick < 10 => {
                self.used("-> last_stage");
                "-> last_stage".to_owned()
            }
            _ if pick < 16 => {
                self.used("-> self");
                "-> self".to_owned()
            }
            _ if pick < 30 => {
                self.used("-> outcome");
                format!("-> {}", self.stages[only_stages + self.dice.below(self.outcomes)])
            }
            _ => {
                self.used("-> stage");
                format!("-> {}", self.stages[self.dice.below(only_stages)])
            }
        }
    }

    /// A move inside a procedure.
    fn goes_inside(&mut self, place: Place, inside: &super::procedures::Inside) -> String {
        let stages: Vec<String> = match place {
            Place::Entry(from) => inside.stages[from + 1..].to_vec(),
            _ => inside.stages.clone(),
        };
        match self.dice.below(10) {
            0..=4 if !stages.is_empty() => format!("-> {}", self.dice.one(&stages)),
            5 if !matches!(place, Place::Entry(_)) => {
                self.used("-> self");
                "-> self".to_owned()
            }
            6 if !matches!(place, Place::Entry(_)) => {
                self.used("-> last_stage");
                "-> last_stage".to_owned()
            }
            _ => {
                self.used("-> exit");
                format!("-> {}", self.dice.one(&inside.exits))
            }
        }
    }

    pub(super) fn action(&mut self, place: Place, depth: usize) -> Node {
        if self.more && self.dice.chance(22) {
            return self.new_action(place);
        }
        let pick = self.dice.weighted(&[34, 8, 9, 4, 9, 5, 5, 3, 4, 2, 3, 5, 4, 11, 6]);
        let line = match pick {
            0 => self.send(),
            1 => self.call(),
            2 => self.task(),
            3 => self.file(),
            4 => self.charge(),
            5 => self.waive(),
            6 => self.report(),
            7 => {
                self.used("alarm");
                "alarm a_look".to_owned()
            }
            8 => self.emit(),
            9 => {
                self.used("assign");
                "assign desk_two".to_owned()
            }
            10 => {
                self.used("block customer");
                self.dice.pick(&["block customer", "unblock customer", "block customer for delivery"]).to_owned()
            }
            11 => self.pause(place),
            12 => self.resume(),
            13 => self.set(),
            _ if depth > 0 => return self.branch(place, depth - 1),
            _ => self.send(),
        };
        Node::line(line)
    }

    pub(super) fn send(&mut self) -> String {
        self.used("send");
        let mut text = format!("send {} by {}", self.dice.pick(&TEMPLATES), self.channel());
        while self.dice.chance(35) {
            if self.dice.chance(35) {
                self.used("send: and");
                text += &format!(" and {}", self.channel());
            } else {
                self.used("send: else");
                text += &format!(" else {}", self.channel());
            }
        }
        let mut toned = self.dice.chance(50);
        if self.dice.chance(25) {
            self.used("payable within");
            text += &format!(" payable within {}", self.days());
            if self.has_calendar && self.dice.chance(20) {
                self.used("after post");
                text += " after post";
                // Before a move, `after post` would be a trigger.
                toned = true;
            }
        }
        if toned {
            self.used("tone");
            text += &format!(" tone {}", self.tone());
        }
        match self.dice.below(12) {
            0 => {
                self.used("as reply");
                text += " as reply";
            }
            1 => {
                self.used("as notice");
                text += " as notice";
            }
            2 => {
                self.used("with");
                text += &format!(" with sum = {}, n = {}", self.money(1), self.number(1));
            }
            _ => {}
        }
        text
    }

    fn call(&mut self) -> String {
        self.used("call");
        let mut text = "call c_open".to_owned();
        if self.dice.chance(40) {
            text += &format!(" tone {}", self.tone());
        }
        if self.dice.chance(35) {
            self.used("call in HOURS");
            text += &format!(" in {:02}:00..{:02}:00", self.dice.range(8, 12), self.dice.range(13, 19));
        }
        if self.dice.chance(60) {
            self.used("call attempts");
            let every = match self.dice.below(3) {
                0 => format!("{} hours", self.dice.range(3, 40)),
                1 => "1 working day".to_owned(),
                _ => format!("{} days", self.dice.range(1, 4)),
            };
            text += &format!(" up to {} attempts, every {every}", self.dice.range(2, 4));
        }
        text
    }

    pub(super) fn task(&mut self) -> String {
        self.used("task");
        let substitutes = self.substitutes();
        let mut text = format!("task {} for clerk{substitutes} within {}", self.dice.pick(&TASKS), self.duration());
        if self.all && self.dice.chance(30) {
            self.used("task results");
            text += " results found, lost";
        }
        if self.dice.chance(15) {
            self.used("task keep");
            text += " keep";
        }
        if self.dice.chance(15) {
            text += " priority 2";
        }
        text
    }

    fn substitutes(&mut self) -> String {
        if !self.more || !self.dice.chance(25) {
            return String::new();
        }
        self.used("task: substitutes");
        let roles = ["head", "owner"];
        let count = 1 + self.dice.below(2);
        let one = |(n, role): (usize, &&str)| format!(" else {role} within {} {}", n + 1, ["days", "days"][n]);
        roles.iter().enumerate().take(count).map(one).collect()
    }

    fn file(&mut self) -> String {
        self.used("file");
        let with = if self.dice.chance(50) { format!(" with claim = {}", self.money(1)) } else { String::new() };
        format!("file f_form{with}")
    }

    fn charge(&mut self) -> String {
        self.used("charge");
        let mut text = format!("charge {} as {}", self.money(1), self.dice.pick(&KINDS));
        if self.dice.chance(25) {
            self.used("charge replacing");
            text += &format!(" replacing {}", self.dice.pick(&KINDS));
        }
        text
    }

    fn waive(&mut self) -> String {
        self.used("waive");
        match self.dice.below(4) {
            0 => "waive costs".to_owned(),
            1 => format!("waive costs({})", self.dice.pick(&KINDS)),
            2 => "waive interest".to_owned(),
            _ => format!("waive {}", self.amount()),
        }
    }

    fn report(&mut self) -> String {
        self.used("report");
        let what = self.dice.pick(&["\"looked at\"", "status", "open", "settled", "withdrawn"]);
        if self.all && self.dice.chance(15) {
            self.used("parties");
            return format!("report insurer {what}");
        }
        format!("report {} {what}", self.dice.pick(&["creditor", "bureau"]))
    }

    fn emit(&mut self) -> String {
        self.used("emit");
        format!("emit e_signal(sum = {}, n = {}, day = {})", self.money(1), self.number(1), self.date(1))
    }

    fn pause(&mut self, place: Place) -> String {
        self.used("pause");
        let reason = if place == Place::Whenever && self.dice.chance(60) { "" } else { self.dice.pick(&REASONS) };
        let mut text = format!("pause {reason}").trim_end().to_owned();
        match self.dice.below(10) {
            0..=6 => {
                self.used("pause for");
                text += &format!(" for {}", self.duration());
            }
            7 | 8 => {
                self.used("pause until");
                text += &format!(" until {}", self.date(1));
            }
            _ => {}
        }
        if self.dice.chance(30) {
            self.used("without interest");
            text += " without interest";
        }
        text + END
    }

    fn resume(&mut self) -> String {
        self.used("resume");
        format!("resume {}{END}", self.dice.pick(&REASONS))
    }

    fn set(&mut self) -> String {
        self.used("set");
        if self.inside.is_some() {
            return "alarm a_inside".to_owned();
        }
        match self.dice.below(7) {
            0..=2 => format!("set v_n = v_n + {}", self.number(1)),
            3 => format!("set v_sum = {}", self.money(2)),
            4 => format!("set v_flag = {}", self.condition(1)),
            5 => format!("set v_day = {}", self.date(1)),
            _ => format!("set v_days = {} days", self.dice.range(1, 12)),
        }
    }

    fn branch(&mut self, place: Place, depth: usize) -> Node {
        self.used("if");
        let condition = self.condition(2);
        let then = self.body(place, 2, depth);
        if self.dice.chance(40) {
            self.used("else");
            // Where both sides moved, nothing could follow.
            let otherwise = vec![self.action(place, 0)];
            let joined = Node::block(format!("if {condition}"), then).joined("else", otherwise);
            return joined;
        }
        Node::block(format!("if {condition}"), then)
    }
}
