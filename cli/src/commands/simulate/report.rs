//! The summary of a simulation, for people and as JSON.

use crate::output::{self, Ink, count, ink};
use dunlin::machine::ir::{Channels, StageId};
use dunlin::machine::value::{Currency, Date, Money};
use dunlin::{Strategy, amount};
use dunlin_simulate::{DAYS_TO_PAY, Sends, Summary};
use serde_json::{Map, Value, json};

/// What a simulation came to.
pub struct Report<'r> {
    /// The strategy.
    pub strategy: &'r Strategy,
    /// The figures.
    pub summary: &'r Summary,
    /// The last day.
    pub until: Date,
}

impl Report<'_> {
    /// For people.
    pub fn human(&self) -> String {
        let colour = output::colour_on_stdout();
        let heading = |text: &str| format!("\n{}\n", ink(text, Ink::Bold, colour));
        let strategy = self.strategy;
        let mut text = ink(&format!("{}, version {}", strategy.title(), strategy.version()), Ink::Bold, colour);
        text.push_str(&format!("\n{}\n", self.counted()));
        text.push_str(&heading("Where the cases are at the end"));
        text.push_str(&output::table(&self.places(), &[0, 1], "  "));
        text.push_str(&heading("Messages"));
        text.push_str(&self.messages());
        let others = self.others();
        if !others.is_empty() {
            text.push_str(&heading("Other effects"));
            text.push_str(&output::table(&others, &[0], "  "));
        }
        text.push_str(&heading("Money"));
        text.push_str(&output::table(&self.money(), &[1], "  "));
        text
    }

    fn counted(&self) -> String {
        let mut words = format!("{} up to {}", count(whole(self.summary.cases), "case", "cases"), self.until);
        if self.summary.failed > 0 {
            words.push_str(&format!("; {} could not be run", count(whole(self.summary.failed), "case", "cases")));
        }
        if self.summary.refused > 0 {
            words.push_str(&format!("; {} refused", count(whole(self.summary.refused), "event was", "events were")));
        }
        words
    }

    /// Outcomes first, then stages, each with its share.
    fn places(&self) -> Vec<Vec<String>> {
        let machine = self.strategy.machine();
        let outcome = |stage: StageId| machine.stages.get(stage.index()).is_some_and(|stage| stage.outcome);
        let mut places: Vec<(bool, u64, StageId)> =
            self.summary.places.iter().map(|(stage, n)| (!outcome(*stage), *n, *stage)).collect();
        places.sort_by_key(|(open, n, stage)| (*open, std::cmp::Reverse(*n), *stage));
        let row = |(open, n, stage): &(bool, u64, StageId)| {
            let words = if *open { "still in" } else { "ended as" };
            vec![
                n.to_string(),
                share(*n, self.summary.cases),
                format!("{words} {} ({})", self.strategy.stage_title(*stage), self.strategy.stage_name(*stage)),
            ]
        };
        places.iter().map(row).collect()
    }

    fn messages(&self) -> String {
        if self.summary.sends.is_empty() {
            return "  none was sent\n".into();
        }
        let mut rows =
            vec![["template", "sent", "to cases", "paid within 7 days", "", "by"].map(str::to_owned).to_vec()];
        for (name, sends) in &self.summary.sends {
            rows.push(vec![
                self.strategy.text(*name).to_owned(),
                sends.sent.to_string(),
                sends.cases.to_string(),
                sends.paid.to_string(),
                share(sends.paid, sends.cases),
                self.channels(sends),
            ]);
        }
        output::table(&rows, &[1, 2, 3, 4], "  ")
    }

    fn channels(&self, sends: &Sends) -> String {
        let one = |(channels, n): (&Channels, &u64)| format!("{} {n}", self.strategy.channels(*channels).join(" and "));
        sends.channels.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn others(&self) -> Vec<Vec<String>> {
        let others = self.summary.effects.iter().filter(|(kind, _)| **kind != "send");
        others.map(|(kind, n)| vec![n.to_string(), plural(kind).to_owned()]).collect()
    }

    fn money(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for (currency, totals) in &self.summary.totals {
            let currency = self.currency(*currency);
            let sums =
                [("paid", totals.paid), ("open principal", totals.principal), ("open interest", totals.interest)];
            for (name, sum) in sums.into_iter().chain([("open costs", totals.costs), ("open in all", totals.balance)]) {
                rows.push(vec![name.to_owned(), format!("{} {currency}", grouped(&amount(sum, currency)))]);
            }
        }
        rows
    }

    fn currency(&self, position: u8) -> Currency {
        self.strategy.machine().currencies.get(usize::from(position)).copied().unwrap_or(Currency::EUR)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let strategy = self.strategy;
        let places = self.summary.places.iter().map(|(stage, n)| (strategy.stage_name(*stage).to_owned(), json!(n)));
        let sends = self.summary.sends.iter().map(|(name, sends)| (strategy.text(*name).to_owned(), self.sends(sends)));
        json!({
            "strategy": strategy.name(),
            "version": strategy.version(),
            "machine": strategy.hash().to_string(),
            "until": self.until.to_string(),
            "cases": self.summary.cases,
            "failed": self.summary.failed,
            "refused_events": self.summary.refused,
            "stages": places.collect::<Map<_, _>>(),
            "days_to_pay": DAYS_TO_PAY,
            "sends": sends.collect::<Map<_, _>>(),
            "effects": self.summary.effects,
            "totals": self.totals(),
        })
    }

    fn sends(&self, sends: &Sends) -> Value {
        let channels = sends.channels.iter().map(|(c, n)| (self.strategy.channels(*c).join(" and "), json!(n)));
        json!({ "sent": sends.sent, "cases": sends.cases, "paid": sends.paid, "channels": channels.collect::<Map<_, _>>() })
    }

    fn totals(&self) -> Value {
        let totals = self.summary.totals.iter().map(|(currency, totals)| {
            let currency = self.currency(*currency);
            let sum = |money: Money| amount(money, currency);
            let sums = json!({
                "paid": sum(totals.paid), "principal": sum(totals.principal), "interest": sum(totals.interest),
                "costs": sum(totals.costs), "balance": sum(totals.balance),
            });
            (currency.code().to_owned(), sums)
        });
        Value::Object(totals.collect())
    }
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A share in percent with one decimal, rounded half up.
fn share(part: u64, of: u64) -> String {
    let Some(thousandths) = (u128::from(part) * 2000 + u128::from(of)).checked_div(u128::from(of) * 2) else {
        return "-".into();
    };
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// Thousands apart, as the language writes them.
fn grouped(amount: &str) -> String {
    let (whole, fraction) = amount.split_once('.').map_or((amount, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.chars().count() - place;
        if place > 0 && left.is_multiple_of(3) && !text.ends_with('-') {
            text.push('_');
        }
        text.push(digit);
    }
    fraction.map_or(text.clone(), |fraction| format!("{text}.{fraction}"))
}

fn plural(kind: &str) -> &str {
    match kind {
        "call" => "attempts to call",
        "task" => "tasks",
        "file" => "filings",
        "charge" => "charges",
        "waive" => "waivers",
        "report" => "reports",
        "alarm" => "alarms",
        "emit" => "messages to the host",
        "assign" => "assignments",
        "block" => "blocked customers",
        "unblock" => "unblocked customers",
        "refund" => "refunds",
        "cancel" => "withdrawn tasks and calls",
        other => other,
    }
}
