//! Random values and conditions of a given type.

use super::{KINDS, TEMPLATES, Writer};

impl Writer {
    pub(super) fn duration(&mut self) -> String {
        self.used("duration");
        if let Some(own) = self.own(|inside| &inside.durations) {
            return own;
        }
        if self.all
            && let Some(duration) = self.value_of_table("duration")
        {
            return duration;
        }
        let of_strategy = if self.inside.is_some() { 0 } else { 1 };
        match self.dice.weighted(&[50, 12, 12, 6, 10 * of_strategy, 6, 4 * of_strategy]) {
            0 => format!("{} days", self.dice.range(1, 14)),
            1 => format!("{} working days", self.dice.range(1, 6)),
            2 => format!("{} hours", self.dice.range(6, 60)),
            3 => format!("{} weeks", self.dice.range(1, 3)),
            4 => "p_days".to_owned(),
            5 => format!("{} months", self.dice.range(1, 2)),
            _ => "v_days".to_owned(),
        }
    }

    /// A duration that dates and deadlines can be counted by.
    pub(super) fn days(&mut self) -> String {
        loop {
            let duration = self.duration();
            if !duration.contains("hours") {
                return duration;
            }
        }
    }

    /// The length of a window that limits and attempts are counted in.
    pub(super) fn window(&mut self) -> String {
        match self.dice.below(5) {
            0 => format!("{} hours", self.dice.range(12, 72)),
            1 => "1 month".to_owned(),
            2 => format!("{} weeks", self.dice.range(1, 2)),
            _ => format!("{} days", self.dice.range(1, 10)),
        }
    }

    pub(super) fn amount(&mut self) -> String {
        format!("{}.{:02} EUR", self.dice.range(0, 300), self.dice.range(0, 99))
    }

    pub(super) fn money(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.amount();
        }
        if let Some(own) = self.own(|inside| &inside.sums) {
            return own;
        }
        if self.plans > 0 && self.dice.chance(8) {
            return self.reads_one(&["plan.paid", "plan.remaining"]);
        }
        if let Some(sum) = self.new_money() {
            return sum;
        }
        match self.dice.below(if self.inside.is_some() { 14 } else { 22 }) {
            0..=2 => self.reads("balance"),
            3 => self.reads("principal"),
            4 => self.reads("interest"),
            5 => self.reads("costs"),
            6 => self.reads("paid"),
            7 => self.reads("overdue"),
            8 => self.reads("disputed"),
            9 => self.reads("undisputed"),
            10 => self.reads("fresh"),
            11 => self.reads("claimed"),
            12 => {
                self.used("costs(KIND)");
                format!("costs({})", self.dice.pick(&KINDS))
            }
            13 => {
                self.used("paid_within");
                format!("paid_within({} days)", self.dice.range(1, 40))
            }
            14 => "p_cost".to_owned(),
            15 => "v_sum".to_owned(),
            16 => {
                self.used("money × rate");
                format!("({} * {})", self.money(depth - 1), self.rate())
            }
            17 => {
                self.used("min, max");
                format!("{}({}, {})", self.dice.pick(&["min", "max"]), self.money(depth - 1), self.money(depth - 1))
            }
            18 => {
                self.used("money ± money");
                format!("({} {} {})", self.money(depth - 1), self.dice.pick(&["+", "-"]), self.money(depth - 1))
            }
            19 if self.has_table => {
                self.used("table");
                format!("fee({})", self.number(depth - 1))
            }
            20 => {
                self.used("if … then … else");
                format!(
                    "(if {} then {} else {})",
                    self.condition(depth - 1),
                    self.money(depth - 1),
                    self.money(depth - 1)
                )
            }
            _ => self.amount(),
        }
    }

    fn reads(&mut self, quantity: &'static str) -> String {
        self.used(quantity);
        quantity.to_owned()
    }

    pub(super) fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.dice.range(0, 20).to_string();
        }
        if self.all
            && let Some(number) = self.value_of_table("number")
        {
            return number;
        }
        if self.more && self.dice.chance(12) {
            return if self.plans > 0 && self.dice.chance(60) {
                self.reads("plan.missed")
            } else {
                self.reads("debtors")
            };
        }
        match self.dice.below(11) {
            0..=2 if self.inside.is_some() => "3".to_owned(),
            0 => "score".to_owned(),
            1 | 2 => "v_n".to_owned(),
            3 => self.reads("overdue_days"),
            4 => self.reads("claims"),
            5 => {
                self.used("attempts");
                format!("attempts({}, {})", self.channel(), self.window())
            }
            6 => {
                self.used("contacts");
                format!("contacts({})", self.window())
            }
            7 => {
                self.used("sent");
                format!("sent({})", self.dice.pick(&TEMPLATES))
            }
            8 => {
                self.used("number ± number");
                format!("({} {} {})", self.number(depth - 1), self.dice.pick(&["+", "-"]), self.number(depth - 1))
            }
            9 => {
                self.used("number × number");
                format!("({} * {})", self.number(0), self.number(depth - 1))
            }
            _ => self.dice.range(0, 30).to_string(),
        }
    }

    /// An amount that the second version did not know.
    fn new_money(&mut self) -> Option<String> {
        if !self.all {
            return None;
        }
        if self.scale && self.inside.is_none() && self.dice.chance(8) {
            self.used("a fee of its own scale");
            return Some(format!("own_scale({})", self.money(0)));
        }
        if self.price && self.dice.chance(8) {
            self.used("an amount by date");
            return Some(self.dice.pick(&["own_price", "(own_price at opened)"]).to_owned());
        }
        self.value_of_table("money")
    }

    pub(super) fn rate(&mut self) -> String {
        if self.all
            && let Some(rate) = self.value_of_table("rate")
        {
            return rate;
        }
        match self.dice.below(4) {
            _ if self.inside.is_some() => "3 %".to_owned(),
            0 => "p_rate".to_owned(),
            1 if self.has_dated => {
                self.used("dated value");
                "base".to_owned()
            }
            _ => format!("{} %", self.dice.range(1, 30)),
        }
    }

    /// A date that every case knows.
    pub(super) fn date(&mut self, depth: usize) -> String {
        if depth == 0 {
            return "today".to_owned();
        }
        if self.all
            && let Some(date) = self.new_date(depth)
        {
            return date;
        }
        match self.dice.below(9) {
            0 | 1 => self.reads("today"),
            2 => self.reads("opened"),
            3 => self.reads("stage_since"),
            4 => {
                self.used("date ± duration");
                format!("({} {} {})", self.date(depth - 1), self.dice.pick(&["+", "-"]), self.days())
            }
            5 => {
                self.used("end_of_month");
                format!("end_of_month({})", self.date(depth - 1))
            }
            6 => {
                self.used("next_working_day");
                format!("next_working_day({})", self.date(depth - 1))
            }
            7 if self.inside.is_none() => "v_day".to_owned(),
            _ => format!("2026-{:02}-{:02}", self.dice.range(1, 12), self.dice.range(1, 28)),
        }
    }

    /// A date that the second version did not know.
    fn new_date(&mut self, depth: usize) -> Option<String> {
        if self.dice.chance(6) {
            self.used("end_of_year");
            return Some(format!("end_of_year({})", self.date(depth - 1)));
        }
        if self.has_calendar && self.dice.chance(6) {
            self.used("next_working_day(DATE, CALENDAR)");
            return Some(format!("next_working_day({}, home.federal)", self.date(depth - 1)));
        }
        self.value_of_table("date")
    }

    /// A date that a case may lack.
    pub(super) fn unsure_date(&mut self) -> String {
        if self.all && self.dice.chance(20) {
            return self.new_unsure_date();
        }
        if self.told && self.inside.is_none() && self.dice.chance(15) {
            self.used("the day of a declared event");
            return "told.on".to_owned();
        }
        match self.dice.below(8) {
            0 | 1 => self.reads("deadline"),
            2 | 3 => self.reads("oldest_due"),
            4 => {
                self.used("first_sent, last_sent");
                format!("{}({})", self.dice.pick(&["first_sent", "last_sent"]), self.dice.pick(&TEMPLATES))
            }
            5 => {
                self.used("EVENT.PARAM");
                "served.on".to_owned()
            }
            6 => {
                self.used("EVENT.PARAM");
                "promise.by".to_owned()
            }
            _ if self.inside.is_some() => self.reads("deadline"),
            _ => {
                self.used("EVENT.PARAM of a declared event");
                "note.until".to_owned()
            }
        }
    }

    fn new_unsure_date(&mut self) -> String {
        if self.barred != super::claims::Barred::Nowhere && self.dice.chance(70) {
            return self.reads("limitation_date");
        }
        self.used("EVENT.PARAM");
        self.dice.pick(&["filed.on", "acknowledged.on", "title_issued.on", "payment.on"]).to_owned()
    }

    fn reads_one(&mut self, of: &[&'static str]) -> String {
        let quantity = of[self.dice.below(of.len())];
        self.reads(quantity)
    }

    /// Now and then, inside a procedure, one of its own parameters.
    fn own(&mut self, which: impl Fn(&super::procedures::Inside) -> &Vec<String>) -> Option<String> {
        let names = which(self.inside.as_ref()?).clone();
        (!names.is_empty() && self.dice.chance(35)).then(|| {
            self.used("a parameter of a procedure");
            self.dice.one(&names)
        })
    }

    /// Conditions that the first version did not know.
    fn new_condition(&mut self) -> String {
        if self.all && self.dice.chance(35) {
            return self.newest_condition();
        }
        match self.dice.below(6) {
            0 if self.plans > 0 => self.dice.pick(&["plan active", "not plan active"]).to_owned(),
            1 => {
                self.used("had EVENT(value)");
                let event = ["dispute_resolved(upheld)", "dispute_resolved(rejected | partly)", "insolvency(opened)"];
                format!("had {}", self.dice.pick(&event))
            }
            2 if self.inside.is_none() => {
                self.used("had EVENT(value)");
                format!("had note({})", self.dice.range(0, 3))
            }
            3 => {
                self.used("debtors");
                format!("debtors {} {}", self.compare(), self.dice.range(0, 3))
            }
            _ => "balance > 20 EUR".to_owned(),
        }
    }

    /// Conditions that the second version did not know.
    fn newest_condition(&mut self) -> String {
        if self.barred != super::claims::Barred::Nowhere && self.dice.chance(50) {
            self.used("limitation_date");
            let days = self.dice.range(1, 90);
            return format!("(limitation_date known and limitation_date < today + {days} days)");
        }
        if let Some(yes) = self.value_of_table("bool") {
            return yes;
        }
        if let Some(text) = self.value_of_table("text") {
            return format!("{text} is \"a\"");
        }
        match self.dice.below(5) {
            _ if self.inside.is_some() => "titled".to_owned(),
            0 => {
                self.used("between … and");
                format!("score between {} and {}", self.dice.range(0, 40), self.dice.range(41, 100))
            }
            1 => self.dice.pick(&["via is email", "worth > 20 EUR", "worth <= balance"]).to_owned(),
            2 => format!("rated {} {} %", self.compare(), self.dice.range(1, 9)),
            3 => format!("since {} {}", self.compare(), self.date(1)),
            _ => "seg is gold | risk".to_owned(),
        }
    }

    pub(super) fn tone(&mut self) -> String {
        if self.all
            && let Some(tone) = self.value_of_table("tone")
        {
            return tone;
        }
        match self.dice.below(6) {
            0 | 1 if self.inside.is_some() => "neutral".to_owned(),
            0 if self.has_table => {
                self.used("table of tones");
                format!("tone_of(seg, {})", self.dice.range(0, 4))
            }
            1 => "mood".to_owned(),
            _ => self.dice.pick(&["friendly", "empathic", "neutral", "firm", "final"]).to_owned(),
        }
    }

    pub(super) fn compare(&mut self) -> &'static str {
        self.dice.pick(&["<", "<=", ">", ">=", "=", "is not"])
    }

    pub(super) fn condition(&mut self, depth: usize) -> String {
        if depth > 0 && self.dice.chance(25) {
            let (a, b) = (self.condition(depth - 1), self.condition(depth - 1));
            return match self.dice.below(3) {
                0 => format!("not ({a})"),
                1 => format!("(({a}) and ({b}))"),
                _ => format!("(({a}) or ({b}))"),
            };
        }
        if self.more && self.dice.chance(12) {
            return self.new_condition();
        }
        let own = if self.inside.is_some() { [5, 14, 16, 18, 0][self.dice.below(5)] } else { self.dice.below(24) };
        match own {
            0..=4 => format!("{} {} {}", self.money(depth.max(1)), self.compare(), self.money(depth)),
            5..=7 => format!("{} {} {}", self.number(depth.max(1)), self.compare(), self.number(depth)),
            8 => format!("{} {} {}", self.date(depth.max(1)), self.compare(), self.date(depth)),
            9 => {
                self.used("known");
                let date = self.unsure_date();
                format!("({date} known and {date} {} {})", self.compare(), self.date(depth))
            }
            10 => self.dice.pick(&["seg is gold", "seg is not risk", "seg in (gold, risk)"]).to_owned(),
            11 => {
                self.used("from … to");
                format!("score from {} to {}", self.dice.range(0, 40), self.dice.range(41, 100))
            }
            12 => self.dice.pick(&["vip", "v_flag", "not vip", "not v_flag"]).to_owned(),
            13 => {
                self.used("had EVENT");
                let event =
                    self.dice.pick(&["payment", "dispute", "promise_broken", "note", "reply", "unreachable", "served"]);
                format!("had {event}")
            }
            14 => self.dice.pick(&["dispute open", "promise open", "titled"]).to_owned(),
            15 => {
                self.used("in STAGE");
                let stage = self.dice.below(self.stages.len());
                format!("{} {}", self.dice.pick(&["in", "been in"]), self.stages[stage])
            }
            16 => {
                self.used("reachable, consent, barred");
                format!("{}({})", self.dice.pick(&["reachable", "consent", "barred"]), self.channel())
            }
            17 => {
                self.used("reached_within");
                format!("reached_within({})", self.window())
            }
            18 => {
                self.used("debtor.…");
                self.dice
                    .pick(&[
                        "debtor.kind is consumer",
                        "(debtor.age known and debtor.age < 40)",
                        "(debtor.region known and debtor.region is \"DE-NW\")",
                    ])
                    .to_owned()
            }
            19 => {
                self.used("compare durations");
                self.dice.pick(&["p_days < 10 days", "today - opened > 20 days", "v_days >= 1 week"]).to_owned()
            }
            20 => {
                self.used("text");
                self.dice.pick(&["tag is \"a\"", "tag is not \"b\""]).to_owned()
            }
            21 => {
                self.used("weekday");
                "weekday(today) is friday".to_owned()
            }
            _ => "v_n >= 0".to_owned(),
        }
    }
}
