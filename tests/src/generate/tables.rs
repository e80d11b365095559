//! Random tables over columns of every type, dated ones, and fee scales of the strategy's own.

use super::{Node, Writer};

/// A table that the strategy's values may read.
#[derive(Clone, Debug)]
pub struct Own {
    name: String,
    columns: Vec<&'static Column>,
    /// The type of its results.
    result: &'static str,
    dated: bool,
}

/// A kind of column: how it is declared, patterns that take each value once, the last also by `_`.
#[derive(Debug)]
struct Column {
    ty: &'static str,
    parts: &'static [&'static str],
    /// Whether the last part stands for all others, so that it is written `_`.
    open: bool,
}

const COLUMNS: [Column; 12] = [
    Column { ty: "number", parts: &["..2", "3..7", "8.."], open: false },
    Column { ty: "money", parts: &["..10.00 EUR", "10.01 EUR..250.00 EUR", "250.01 EUR.."], open: false },
    Column { ty: "seg", parts: &["gold", "standard | risk"], open: false },
    Column { ty: "bool", parts: &["true", "false"], open: false },
    Column { ty: "weekday", parts: &["monday..wednesday", "thursday | sunday", "friday..saturday"], open: false },
    Column { ty: "text", parts: &["\"a\"", "\"b\" | \"other\"", "_"], open: true },
    Column { ty: "tone", parts: &["friendly | empathic", "firm", "_"], open: true },
    Column { ty: "channel", parts: &["letter | email", "phone", "_"], open: true },
    Column { ty: "duration", parts: &["..3 days", "4 days..10 days", "11 days.."], open: false },
    Column { ty: "date", parts: &["..2026-02-28", "2026-03-01..2026-06-30", "2026-07-01.."], open: false },
    Column { ty: "rate", parts: &["..2.27 %", "_"], open: true },
    Column { ty: "debtor.kind", parts: &["consumer", "business"], open: false },
];

/// What tables tell.
const RESULTS: [&str; 8] = ["money", "number", "rate", "duration", "tone", "bool", "text", "date"];

impl Writer {
    /// Tables of the strategy's own.
    pub(super) fn own_tables(&mut self) -> Vec<Node> {
        if !self.all {
            return Vec::new();
        }
        let count = self.dice.weighted(&[30, 35, 35]);
        let mut nodes: Vec<Node> = (0..count).map(|n| self.own_table(n)).collect();
        // Those of the third version keep what they had: scales of one currency, and no prices.
        if (self.told || !self.several) && self.dice.chance(40) {
            self.scale = true;
            nodes.push(self.own_scale());
        }
        if self.told && self.dice.chance(40) {
            self.price = true;
            nodes.push(self.own_price());
        }
        nodes
    }

    fn own_table(&mut self, n: usize) -> Node {
        self.used("own table");
        let columns: Vec<&'static Column> = COLUMNS.iter().collect();
        let first = self.dice.one(&columns);
        let mut chosen = vec![first];
        let second = self.dice.one(&columns);
        if self.dice.chance(60) && second.ty != first.ty {
            chosen.push(second);
        }
        for column in &chosen {
            self.used(column.form());
        }
        let result = RESULTS[self.dice.below(RESULTS.len())];
        let dated = self.dice.chance(30);
        let own = Own { name: format!("own_{n}"), columns: chosen, result, dated };
        let heads: Vec<String> = own.columns.iter().enumerate().map(|(at, c)| c.head(at)).collect();
        let head = format!("{} = table({}) : {result}", own.name, heads.join(", "));
        let rows = if dated {
            self.used("dated table");
            let mut parts = Vec::new();
            for from in ["2020-01-01", "2026-02-01", "2026-03-29"] {
                let rows = self.rows(&own);
                parts.push(Node::block(format!("from {from}"), rows));
            }
            parts
        } else {
            self.rows(&own)
        };
        self.tables.push(own);
        Node::block(head, rows)
    }

    /// Rows that take every value and never contradict each other.
    fn rows(&mut self, own: &Own) -> Vec<Node> {
        let mut rows = Vec::new();
        let last = own.columns[0].parts.len() - 1;
        for (n, part) in own.columns[0].parts.iter().enumerate() {
            // A row of the last part may overlap those before: it says the same for all of the second column.
            let split = own.columns.get(1).filter(|_| (n < last || !own.columns[0].open) && self.dice.chance(60));
            for other in split.map_or(&["_"][..], |column| column.parts) {
                let value = self.result(own.result);
                let patterns = if own.columns.len() > 1 { format!("{part}, {other}") } else { (*part).to_owned() };
                rows.push(Node::line(format!("{patterns} => {value}")));
            }
        }
        rows
    }

    fn result(&mut self, ty: &str) -> String {
        match ty {
            "money" => format!("({})", self.amount()),
            "number" => self.dice.range(0, 9).to_string(),
            "rate" => format!("{} %", self.dice.range(0, 20)),
            "duration" => {
                self.dice.pick(&["3 days", "2 working days", "36 hours", "1 week", "1 month", "9 days"]).to_owned()
            }
            "tone" => self.dice.pick(&["friendly", "neutral", "firm"]).to_owned(),
            "bool" => self.dice.pick(&["true", "false"]).to_owned(),
            "text" => self.dice.pick(&["\"a\"", "\"b\"", "\"c\""]).to_owned(),
            _ => format!("2026-{:02}-{:02}", self.dice.range(1, 12), self.dice.range(1, 28)),
        }
    }

    fn own_scale(&mut self) -> Node {
        self.used("own scale");
        let mut rows = vec![format!("..{} EUR => {} EUR", self.dice.range(1, 40), self.amount_of_fee())];
        if self.dice.chance(60) {
            let (each, fee) = (self.dice.range(1, 30), self.amount_of_fee());
            rows.push(format!("each {each} EUR to {} EUR => + {fee} EUR", self.dice.range(60, 200)));
        }
        rows.push(format!("each {} EUR => + {} EUR", self.dice.range(5, 90), self.amount_of_fee()));
        Node::block("own_scale = steps(amount : money) : money", rows.into_iter().map(Node::line).collect())
    }

    fn own_price(&mut self) -> Node {
        self.used("value by date");
        let price = |from: &str, amount: String| Node::line(format!("from {from} => {amount} EUR"));
        let rows = ["2020-01-01", "2026-01-20", "2026-03-02"].map(|from| price(from, self.amount_of_fee()));
        Node::block("own_price = value : money", rows.into())
    }

    fn amount_of_fee(&mut self) -> String {
        format!("{}.{:02}", self.dice.range(0, 4), self.dice.range(0, 99))
    }

    /// Now and then a table's result, of that type.
    pub(super) fn value_of_table(&mut self, ty: &str) -> Option<String> {
        if self.inside.is_some() || !self.dice.chance(10) {
            return None;
        }
        let fit: Vec<Own> = self.tables.iter().filter(|own| own.result == ty).cloned().collect();
        if fit.is_empty() {
            return None;
        }
        self.used("a result of an own table");
        let own = self.dice.one(&fit);
        let args: Vec<String> = own.columns.iter().map(|column| self.of_column(column.ty)).collect();
        let read = format!("{}({})", own.name, args.join(", "));
        if own.dated && self.dice.chance(40) {
            self.used("at DATE");
            // Both are known to every case.
            return Some(format!("({read} at {})", self.dice.pick(&["opened", "2026-02-15", "stage_since"])));
        }
        Some(read)
    }

    fn of_column(&mut self, ty: &str) -> String {
        match ty {
            "number" => self.number(0),
            "money" => self.dice.pick(&["balance", "principal", "costs", "paid", "12.34 EUR"]).to_owned(),
            "seg" => "seg".to_owned(),
            "bool" => self.dice.pick(&["vip", "v_flag", "titled"]).to_owned(),
            "weekday" => self.dice.pick(&["weekday(today)", "weekday(opened)", "sunday"]).to_owned(),
            "text" => "tag".to_owned(),
            "tone" => "mood".to_owned(),
            "channel" => self.dice.pick(&["via", "email", "sms"]).to_owned(),
            "duration" => self.dice.pick(&["v_days", "p_days", "(today - opened)"]).to_owned(),
            "date" => self.dice.pick(&["today", "opened", "v_day"]).to_owned(),
            "rate" => self.dice.pick(&["p_rate", "3 %", "2.27 %"]).to_owned(),
            _ => "debtor.kind".to_owned(),
        }
    }
}

impl Column {
    fn head(&self, at: usize) -> String {
        // These two are named after the values whose types they take.
        if matches!(self.ty, "seg" | "debtor.kind") { self.ty.to_owned() } else { format!("c_{at} : {}", self.ty) }
    }

    fn form(&self) -> &'static str {
        match self.ty {
            "number" => "column of numbers",
            "money" => "column of money",
            "seg" => "column of a fact",
            "bool" => "column of yes and no",
            "weekday" => "column of weekdays",
            "text" => "column of texts",
            "tone" => "column of tones",
            "channel" => "column of channels",
            "duration" => "column of durations",
            "date" => "column of dates",
            "rate" => "column of rates",
            _ => "column of kinds of debtor",
        }
    }
}
