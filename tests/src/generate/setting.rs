//! Random headers, values, calendars, contact rules and ledgers.

use super::{CHANNELS, Node, Writer};

impl Writer {
    pub(super) fn header(&mut self) -> Vec<Node> {
        let zone = self.dice.pick(&[
            "Europe/Berlin",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kolkata",
            "UTC",
            "Australia/Lord_Howe",
        ]);
        let mut nodes = vec![
            Node::line("strategy generated \"Generated\""),
            Node::line("version 1"),
            Node::line(if self.several { super::currencies::CURRENCIES } else { "currency EUR" }),
            Node::line(format!("time zone {zone}")),
        ];
        nodes.extend(self.uses());
        if self.has_calendar {
            let choice = if self.regional { "calendar home by debtor.region" } else { "calendar home.federal" };
            nodes.push(Node::line(choice));
        }
        if self.several {
            self.used("several currencies");
        }
        if self.dice.chance(60) {
            self.used("day begins");
            nodes.push(Node::line(format!("day begins {}", self.dice.pick(&["08:00", "06:30", "02:30", "23:00"]))));
        }
        nodes
    }

    pub(super) fn values(&mut self) -> Vec<Node> {
        let facts = [
            "seg : gold | standard | risk = standard",
            "score : number 0..100 = 50",
            "vip : bool = false",
            "tag : text = \"a\"",
            "mood : tone = neutral",
        ];
        let mut facts = facts.to_vec();
        if self.more {
            // Zones that a text names are compiled in: persons may live there.
            facts.extend(["here : text = \"America/New_York\"", "there : text = \"Asia/Kolkata\""]);
        }
        if self.all {
            facts.extend(["via : channel = email", "rated : rate = 3 %", "since : date = 2026-01-01"]);
            facts.push("worth : money 0 EUR..900 EUR = 40.50 EUR");
        }
        let mut nodes = vec![
            Node::block("facts", facts.iter().map(|f| Node::line(*f)).collect()),
            Node::line(format!("param p_days : duration = {} days from 1 day to 30 days", self.dice.range(1, 20))),
            Node::line(format!("param p_cost : money = {}.50 EUR", self.dice.range(0, 9))),
            Node::line(format!("param p_rate : rate = {} %", self.dice.range(1, 12))),
            Node::line("var v_n : number = 0"),
            Node::line("var v_sum : money = 5.00 EUR"),
            Node::line("var v_flag : bool = false"),
            Node::line("var v_day : date = opened + 10 days"),
            Node::line("var v_days : duration = 4 days"),
            Node::line("event note(level : number, until : date)"),
        ];
        if self.told {
            self.used("declared event with a day");
            nodes.push(Node::line("event told(sum : money, on : date)"));
        }
        nodes.extend(self.own_tables());
        if self.all && self.dice.chance(15) {
            self.used("templates");
            nodes.push(Node::line("templates \"letters\" in de, en require creditor.name"));
        }
        nodes.extend(self.bounds());
        if self.has_table {
            nodes.extend(self.tables());
        }
        if self.has_dated {
            let rows = [
                "from 2020-01-01 => 3.62 %",
                "from 2026-01-01 => 2.27 %",
                "from 2026-03-17 => 4.5 %",
                "from 2026-07-01 => 1.27 %",
            ];
            let rows = rows.iter().map(|r| Node::line(*r)).collect();
            nodes.push(Node::block("base = value : rate verified until 2026-12-31", rows));
        }
        nodes
    }

    /// What a case holds at most, and names of the strategy's own.
    fn bounds(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        if !self.all {
            return nodes;
        }
        nodes.push(Node::line("parties { insurer }"));
        if self.dice.chance(12) {
            self.used("limits");
            let bounds = ["claims 3", "debtors 3", "payments 2", "holds 2", "cost_kinds 3"];
            nodes.push(Node::line(format!(
                "limits {{ {} {} }}",
                bounds[self.dice.below(2)],
                bounds[2 + self.dice.below(3)]
            )));
        }
        nodes
    }

    fn tables(&mut self) -> Vec<Node> {
        let fees = ["..3 => 0.95 EUR", "4..9 => 1.10 EUR", "_ => 2.40 EUR"];
        let tones = ["gold, ..2 => friendly", "risk, _ => firm", "_, 3.. => firm", "_, _ => neutral"];
        let rows = |rows: &[&str]| rows.iter().map(|r| Node::line(*r)).collect();
        vec![
            Node::block("fee = table(pages : number) : money", rows(&fees)),
            Node::block("tone_of = table(seg, level : number) : tone", rows(&tones)),
        ]
    }

    pub(super) fn calendars(&mut self) -> Vec<Node> {
        if !self.has_calendar {
            return Vec::new();
        }
        self.used("calendar");
        let mut days = vec![
            Node::line("holiday 1 january \"New Year\""),
            Node::line("holiday easter - 2 days"),
            Node::line("holiday easter + 1 day"),
            Node::line("holiday 1 may"),
            Node::line("holiday 25 december, on saturday the day before, on sunday the day after"),
            Node::line("holiday third monday of january from 2000"),
            Node::line("holiday last monday of may"),
            Node::line("post 2 days"),
        ];
        if self.dice.chance(30) {
            days.push(Node::line("weekend friday, saturday"));
        }
        days.extend(self.recesses());
        let mut nodes = vec![Node::block("calendar home.federal \"Home\"", days)];
        if self.regional {
            self.used("calendar by region");
            let more = vec![Node::line("holiday 6 january"), Node::line("holiday easter + 60 days")];
            nodes.push(Node::block("calendar home.nw \"North\" extends home.federal", more));
        }
        nodes
    }

    pub(super) fn contact(&mut self) -> Vec<Node> {
        if self.dice.chance(15) {
            return Vec::new();
        }
        self.used("contact");
        let mut rules = Vec::new();
        if self.dice.chance(75) {
            rules.extend(self.allows());
        }
        if self.dice.chance(40) {
            self.used("require consent");
            rules.push(Node::line(format!(
                "require consent for {}",
                self.dice.pick(&["sms", "phone", "sms, phone", "email"])
            )));
        }
        let mut limits = Vec::new();
        for _ in 0..self.dice.below(4) {
            self.used("limit");
            let channels = if self.dice.chance(40) {
                format!(" {}", self.dice.pick(&["phone", "email, sms", "letter", "sms"]))
            } else {
                String::new()
            };
            let window =
                if self.dice.chance(15) { format!("{} working days", self.dice.range(1, 4)) } else { self.window() };
            let rule = format!("{channels} per {window}");
            if !limits.contains(&rule) {
                let count = self.dice.range(1, 3);
                rules.push(Node::line(format!("limit {count}{rule}{}", self.per_claim())));
                limits.push(rule);
            }
        }
        for _ in 0..self.dice.below(3) {
            self.used("rest");
            let rest = self.duration_of_rest();
            let by = if self.dice.chance(60) {
                format!(" by {}", self.dice.pick(&["phone", "email", "sms, email"]))
            } else {
                String::new()
            };
            rules.push(Node::line(format!("rest {rest} after conversation{by}")));
        }
        if self.dice.chance(25) {
            self.used("never");
            rules.push(Node::line(format!("never {} when {}", self.channel(), self.condition(1))));
        }
        match self.dice.below(4) {
            0 => {
                self.used("otherwise skip");
                rules.push(Node::line("otherwise skip"));
            }
            1 => rules.push(Node::line("otherwise wait")),
            _ => {}
        }
        if rules.is_empty() { Vec::new() } else { self.contact_rules(rules) }
    }

    fn contact_rules(&mut self, rules: Vec<Node>) -> Vec<Node> {
        if !self.all || !self.dice.chance(20) {
            return vec![Node::block("contact", rules)];
        }
        self.used("contact extends");
        let shared = [
            "limit 2 phone, sms per 4 days",
            "limit 3 per 7 days per claim",
            "rest 2 days after conversation",
            "require consent for portal",
            "never email when debtor.kind = business",
        ];
        let shared = shared.map(Node::line).to_vec();
        vec![Node::block("contact gentle", shared), Node::block("contact extends gentle", rules)]
    }

    fn per_claim(&mut self) -> &'static str {
        if !self.all || !self.dice.chance(25) {
            return "";
        }
        self.used("limit per claim");
        " per claim"
    }

    fn duration_of_rest(&mut self) -> String {
        match self.dice.below(3) {
            0 => format!("{} hours", self.dice.range(5, 90)),
            1 => format!("{} working days", self.dice.range(1, 4)),
            _ => format!("{} days", self.dice.range(1, 12)),
        }
    }

    fn allows(&mut self) -> Vec<Node> {
        self.used("allow");
        let mut rules = Vec::new();
        for channel in CHANNELS {
            let times = match self.dice.below(7) {
                0 => continue,
                1 | 2 => "always".to_owned(),
                3 => "on working days 08:00..20:00".to_owned(),
                4 => "on monday..saturday except holidays 09:00..12:00, 14:30..18:00".to_owned(),
                5 => format!(
                    "on every day except 24 december {:02}:00..{:02}:30",
                    self.dice.range(0, 10),
                    self.dice.range(11, 23)
                ),
                _ => "on tuesday, thursday 10:00..16:00".to_owned(),
            };
            rules.push(Node::line(format!("allow {channel} {times}")));
        }
        if rules.is_empty() {
            rules.push(Node::line("allow letter, email always"));
        }
        rules
    }

    pub(super) fn ledger(&mut self) -> Vec<Node> {
        if self.dice.chance(15) {
            let rule = self.claim_rules();
            return if rule.is_empty() { Vec::new() } else { vec![Node::block("ledger", rule)] };
        }
        self.used("ledger");
        let mut rules = Vec::new();
        if self.dice.chance(85) {
            rules.push(self.interest());
        }
        if self.dice.chance(70) {
            rules.push(self.allocate());
        }
        if self.dice.chance(25) {
            self.used("costs up to");
            let cap = if self.dice.chance(50) {
                format!("costs up to {}.00 EUR", self.dice.range(2, 60))
            } else {
                format!("costs up to {} % of principal", self.dice.range(1, 40))
            };
            rules.push(Node::line(cap));
        }
        if self.dice.chance(70) {
            self.used("settled when");
            rules.push(Node::line(format!("settled when balance <= {}.00 EUR", self.dice.range(0, 3))));
        }
        rules.extend(self.claim_rules());
        if rules.is_empty() { Vec::new() } else { vec![Node::block("ledger", rules)] }
    }

    fn interest(&mut self) -> Node {
        let rate = match self.dice.below(4) {
            0 if self.has_dated => "base + 5 points".to_owned(),
            1 if self.has_dated => "(if debtor.kind is business then base + 9 points else base + 5 points)".to_owned(),
            2 => "p_rate".to_owned(),
            _ => format!("{} %", self.dice.range(1, 20)),
        };
        let mut text = format!("interest {rate} on principal");
        match self.dice.below(6) {
            0 => {
                self.used("interest from default");
                text += " from default";
            }
            1 => {
                self.used("interest from DATE");
                text += " from opened";
            }
            _ => {}
        }
        let (form, year) = match self.dice.below(5) {
            0 => ("year of 365 days", " year of 365 days"),
            1 => ("year of actual", " year of actual"),
            2 => ("year of 360", " year of 360 days"),
            _ => ("year left out", ""),
        };
        self.used(form);
        Node::line(text + year)
    }

    fn allocate(&mut self) -> Node {
        self.used("allocate");
        let pools = self.dice.pick(&[
            "costs, interest, principal",
            "costs, principal, interest",
            "principal, interest, costs",
            "interest, principal, costs",
            "principal, costs, interest",
        ]);
        let order = self.dice.pick(&[
            "",
            ", older first",
            ", claims due first, older first",
            ", claims most burdensome, older first",
            ", claims least secured",
        ]);
        let across = self.dice.pick(&["", "", " each claim in turn", " each pool across all claims"]);
        Node::line(format!("allocate {pools}{order}{across}"))
    }
}
