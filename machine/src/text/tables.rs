//! Facts, parameters, tables, contact rules and the ledger in the words of the language.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{page::Page, value_text};
use crate::events::{BUILTIN_CHANNELS, BUILTIN_EVENTS, BUILTIN_TONES, EventType};
use crate::ir::{
    CalendarChoice, CalendarId, Channels, ClaimOrder, CostCap, Dated, Designation, Fact, InterestFrom, InterestRule,
    LedgerRules, Limitation, Param, Pattern, PeriodFrom, Pool, Row, Scale, ScaleRows, SuspendedDays, Table, TextId,
    Type, Window, Year,
};
use crate::value::{Date, TimeOfDay, Weekday};

pub(super) fn write(page: &mut Page) {
    page.calendar();
    page.gap();
    let m = page.machine();
    page.words_added("channels", m.channels.get(BUILTIN_CHANNELS.len()..));
    page.words_added("tones", m.tones.get(BUILTIN_TONES.len()..));
    m.facts.iter().for_each(|fact| page.fact(fact));
    m.params.iter().for_each(|param| page.param(param));
    for var in &m.vars {
        let (name, ty) = (page.words.text(var.name), page.words.ty(var.ty));
        let start = page.words.expression_as(var.start, var.ty);
        page.line(&format!("var {name} : {ty} = {start}"));
    }
    m.events.iter().skip(BUILTIN_EVENTS.len()).for_each(|event| page.event(event));
    m.tables.iter().for_each(|table| page.table(table));
    m.dated.iter().for_each(|dated| page.dated(dated));
    m.scales.iter().for_each(|scale| page.scale(scale));
    page.contact();
    page.ledger(&m.ledger);
}

impl Page<'_> {
    fn calendar(&mut self) {
        let name = |page: &Self, id: CalendarId| {
            let found = page.machine().calendars.get(id.index());
            match found.map(|calendar| calendar.name.as_str()) {
                Some("") => "# Saturday and Sunday are free".to_string(),
                name => name.unwrap_or("?").to_string(),
            }
        };
        match &self.machine().calendar {
            CalendarChoice::One(id) => {
                let one = name(self, *id);
                self.line(&format!("calendar {one}"));
            }
            CalendarChoice::By { key, choices, otherwise } => {
                let key = self.words.expression_as(*key, Type::Text);
                self.line(&format!("calendar by {key} {{"));
                self.open();
                for (suffix, id) in choices {
                    let chosen = name(self, *id);
                    self.line(&format!("{suffix} => {chosen}"));
                }
                let otherwise = name(self, *otherwise);
                self.line(&format!("_ => {otherwise}"));
                self.close();
            }
        }
    }

    /// `channels { a, b }`, where the strategy brings words of its own.
    fn words_added(&mut self, what: &str, own: Option<&[TextId]>) {
        let names: Vec<&str> = own.unwrap_or_default().iter().map(|name| self.words.text(*name)).collect();
        if !names.is_empty() {
            self.line(&format!("{what} {{ {} }}", names.join(", ")));
        }
    }

    fn fact(&mut self, fact: &Fact) {
        let (name, ty) = (self.words.text(fact.name), self.words.ty(fact.ty));
        let count = fact.further.len() + 1;
        let bounds = fact.bounds.map_or_else(String::new, |_| {
            let low = |currency| fact.bounds_in(currency).and_then(|(low, _)| low);
            let high = |currency| fact.bounds_in(currency).and_then(|(_, high)| high);
            format!(" {}..{}", self.in_each(fact.ty, count, low), self.in_each(fact.ty, count, high))
        });
        let default = fact.default.map_or_else(String::new, |_| {
            format!(" = {}", self.in_each(fact.ty, count, |currency| fact.default_in(currency)))
        });
        let optional = if fact.optional { " # may be unknown" } else { "" };
        self.line(&format!("fact {name} : {ty}{bounds}{default}{optional}"));
    }

    fn param(&mut self, param: &Param) {
        let count = param.further.len() + 1;
        let bounds = param.bounds.map_or_else(String::new, |_| {
            let low = |currency| param.bounds_in(currency).map(|(low, _)| low);
            let high = |currency| param.bounds_in(currency).map(|(_, high)| high);
            format!(" from {} to {}", self.in_each(param.ty, count, low), self.in_each(param.ty, count, high))
        });
        let (name, ty) = (self.words.text(param.name), self.words.ty(param.ty));
        let value = self.in_each(param.ty, count, |currency| Some(param.value_in(currency)));
        self.line(&format!("param {name} : {ty} = {value}{bounds}"));
    }

    /// A value, or an amount for each of that many currencies: `1.00 EUR | 1.20 CHF`; nothing where none is set.
    fn in_each(&self, ty: Type, count: usize, value: impl Fn(usize) -> Option<i64>) -> String {
        let currencies = (0..count).zip(&self.words.machine.currencies);
        let written =
            currencies.filter_map(|(n, currency)| Some(value_text(self.words.machine, ty, value(n)?, *currency)));
        written.collect::<Vec<String>>().join(" | ")
    }

    fn event(&mut self, event: &EventType) {
        let param = |p: &crate::events::EventParam| format!("{} : {}", self.words.text(p.name), self.words.ty(p.ty));
        let params: Vec<String> = event.params.iter().map(param).collect();
        let line = format!("event {}({})", self.words.text(event.name), params.join(", "));
        self.line(&line);
    }

    fn table(&mut self, table: &Table) {
        let column = |(name, ty): &(_, Type)| format!("{} : {}", self.words.text(*name), self.words.ty(*ty));
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        let (name, result) = (self.words.text(table.name), self.words.ty(table.result));
        let verified = table.verified_until.map_or_else(String::new, |date| format!(" verified until {date}"));
        let head = format!("{name} = table({}) : {result}{verified} {{", columns.join(", "));
        self.gap();
        self.line(&head);
        self.open();
        table.rows.iter().for_each(|row| self.row(table, row));
        self.close();
    }

    fn row(&mut self, table: &Table, row: &Row) {
        let patterns = row.patterns.iter().zip(&table.columns);
        let patterns: Vec<String> = patterns.map(|(pattern, (_, ty))| self.pattern(*ty, pattern)).collect();
        let result = self.words.expression_as(row.result, table.result);
        self.cited(&format!("{} => {result}", patterns.join(", ")), row.rule);
    }

    fn pattern(&self, ty: Type, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Any => "_".to_string(),
            Pattern::Between(low, high) => self.range(ty, *low, *high),
            Pattern::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| self.words.value(ty, *value)).collect();
                values.join(" | ")
            }
            Pattern::Amounts(ranges) => {
                let low = |currency: usize| ranges.get(currency).and_then(|(low, _)| *low);
                let high = |currency: usize| ranges.get(currency).and_then(|(_, high)| *high);
                format!("{}..{}", self.in_each(ty, ranges.len(), low), self.in_each(ty, ranges.len(), high))
            }
        }
    }

    fn range(&self, ty: Type, low: Option<i64>, high: Option<i64>) -> String {
        let end = |value: Option<i64>| value.map_or_else(String::new, |value| self.words.value(ty, value));
        format!("{}..{}", end(low), end(high))
    }

    fn dated(&mut self, dated: &Dated) {
        let (name, ty) = (self.words.text(dated.name), self.words.ty(dated.ty));
        let verified = dated.verified_until.map_or_else(String::new, |date| format!(" verified until {date}"));
        self.gap();
        self.line(&format!("{name} = value : {ty}{verified} {{"));
        self.open();
        for (from, value) in &dated.rows {
            let line = format!("from {from} => {}", self.words.value(dated.ty, *value));
            self.line(&line);
        }
        self.close();
    }

    fn scale(&mut self, scale: &Scale) {
        let name = self.words.text(scale.name);
        let verified = scale.verified_until.map_or_else(String::new, |date| format!(" verified until {date}"));
        self.gap();
        self.line(&format!("{name} = steps(amount : money) : money{verified} {{"));
        self.open();
        for version in &scale.versions {
            if let Some(from) = version.from {
                self.cited(&format!("from {from} {{"), version.rule);
                self.open();
            }
            self.scale_rows(version);
            if version.from.is_some() {
                self.close();
            }
        }
        self.close();
    }

    fn scale_rows(&mut self, version: &ScaleRows) {
        let first = format!("..{} => {}", self.money(version.up_to), self.money(version.fee));
        self.cited(&first, version.rule);
        for row in &version.parts {
            let to = row.to.map_or_else(String::new, |to| format!(" to {}", self.money(to)));
            let line = format!("each {}{to} => + {}", self.money(row.part), self.money(row.more));
            self.cited(&line, row.rule);
        }
    }

    fn money(&self, value: i64) -> String {
        self.words.value(Type::Money, value)
    }

    fn contact(&mut self) {
        let contact = &self.machine().contact;
        self.gap();
        self.line("contact {");
        self.open();
        for allow in &contact.allows {
            let when = allow.window.as_ref().map_or_else(|| "always".to_string(), window);
            let line = format!("allow {} {when}", self.channels(allow.channels));
            self.cited(&line, allow.rule);
        }
        for (channels, rule) in &contact.consents {
            let line = format!("require consent for {}", self.channels(*channels));
            self.cited(&line, *rule);
        }
        for limit in &contact.limits {
            let all = limit.channels == Channels::ALL;
            let channels = if all { String::new() } else { format!(" {}", self.channels(limit.channels)) };
            let claim = if limit.per_claim { " per claim" } else { "" };
            let line = format!("limit {}{channels} per {}{claim}", limit.count, limit.per);
            self.cited(&line, limit.rule);
        }
        for rest in &contact.rests {
            let by = rest.by.map_or_else(String::new, |by| format!(" by {}", self.channels(by)));
            self.cited(&format!("rest {} after conversation{by}", rest.rest), rest.rule);
        }
        for (channels, condition, rule) in &contact.nevers {
            let condition = self.words.expression_as(*condition, Type::Bool);
            let line = format!("never {} when {condition}", self.channels(*channels));
            self.cited(&line, *rule);
        }
        self.line(if contact.otherwise_skip { "otherwise skip" } else { "otherwise wait" });
        self.close();
    }

    fn channels(&self, channels: Channels) -> String {
        self.words.joined(channels, ", ")
    }

    fn ledger(&mut self, ledger: &LedgerRules) {
        self.gap();
        self.line("ledger {");
        self.open();
        if let Some(interest) = &ledger.interest {
            self.interest(interest);
        }
        let pools = ledger.pools.iter().map(|pool| self::pool(*pool));
        let parts: Vec<&str> = pools.chain(ledger.order.iter().map(|order| self::order(*order))).collect();
        let turn = if ledger.each_claim_in_turn { " each claim in turn" } else { " each pool across all claims" };
        self.line(&format!("allocate {}{turn}", parts.join(", ")));
        match &ledger.designation {
            Designation::Unheard => {}
            Designation::Follows => self.line("designation follows"),
            Designation::RefusedOn(pools) => {
                let pools: Vec<&str> = pools.iter().map(|pool| self::pool(*pool)).collect();
                self.line(&format!("designation refused on {}", pools.join(", ")));
            }
        }
        if let Some(cap) = ledger.costs_up_to {
            let line = format!("costs up to {}", self.cap(cap));
            self.line(&line);
        }
        for (kind, cap) in &ledger.costs_of_up_to {
            let line = format!("costs({}) up to {}", self.words.text(*kind), self.cap(*cap));
            self.line(&line);
        }
        if let Some(limitation) = &ledger.limitation {
            self.limitation(limitation);
        }
        let settled = self.words.expression_as(ledger.settled, Type::Bool);
        self.cited(&format!("settled when {settled}"), ledger.settled_rule);
        self.close();
    }

    fn cap(&self, cap: CostCap) -> String {
        match cap {
            CostCap::Money(cap) => self.words.expression_as(cap, Type::Money),
            CostCap::OfPrincipal(part) => format!("{} of principal", self.words.expression_as(part, Type::Rate)),
        }
    }

    fn limitation(&mut self, limitation: &Limitation) {
        self.cited("limitation {", limitation.rule);
        self.open();
        for period in &limitation.periods {
            let length = self.words.expression_as(period.length, Type::Duration);
            let from = match period.from {
                PeriodFrom::Title => "title".to_string(),
                PeriodFrom::Date(date) => self.words.expression_as(date, Type::Date),
            };
            let line = format!("{length} from {from}{}", self.words.condition(period.when));
            self.cited(&line, period.rule);
        }
        for restart in &limitation.restarts {
            let line = format!("restart on {}{}", self.words.event(&restart.on), self.words.condition(restart.when));
            self.cited(&line, restart.rule);
        }
        for suspension in &limitation.suspensions {
            let line = format!("suspend {}{}", self.suspended(&suspension.days), self.words.condition(suspension.when));
            self.cited(&line, suspension.rule);
        }
        self.close();
    }

    fn suspended(&self, days: &SuspendedDays) -> String {
        match days {
            SuspendedDays::While(condition) => format!("while {}", self.words.expression_as(*condition, Type::Bool)),
            SuspendedDays::Between { start, until, delay } => {
                let delay = delay.map(|delay| format!("{} after ", self.words.expression_as(delay, Type::Duration)));
                let (start, until) = (self.words.event(start), self.words.event(until));
                format!("from {start} until {}{until}", delay.unwrap_or_default())
            }
        }
    }

    fn interest(&mut self, interest: &InterestRule) {
        let rate = self.words.expression_as(interest.rate, Type::Rate);
        let from = match interest.from {
            InterestFrom::AfterDue => String::new(),
            InterestFrom::Default => " from default".to_string(),
            InterestFrom::Date(date) => format!(" from {}", self.words.expression_as(date, Type::Date)),
        };
        let year = match interest.year {
            Year::Days365 => "365 days",
            Year::Actual => "actual",
            Year::Days360 => "360 days",
            Year::Months30 => "360 days in months of 30",
        };
        self.cited(&format!("interest {rate} on principal{from} year of {year}"), interest.rule);
        let changes: Vec<String> = interest.changes.iter().map(Date::to_string).collect();
        if !changes.is_empty() {
            self.line(&format!("# the rate may change on {}", changes.join(", ")));
        }
    }
}

fn window(window: &Window) -> String {
    let except = window.except.iter().map(|(month, day)| {
        let month = MONTHS.get(usize::from(*month).saturating_sub(1)).unwrap_or(&"?");
        format!(" except {day} {month}")
    });
    let except: Vec<String> = except.collect();
    let time = |seconds: u32| TimeOfDay::from_seconds(seconds).map_or_else(|| "?".to_string(), |time| time.to_string());
    let hours: Vec<String> = window.hours.iter().map(|(from, to)| format!("{}..{}", time(*from), time(*to))).collect();
    format!("on {}{} {}", days(window), except.concat(), hours.join(", "))
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The weekdays, by the words that the language has for the common choices.
fn days(window: &Window) -> String {
    let all = match (window.weekdays, window.except_holidays) {
        (0b001_1111, true) => return "working days".to_string(),
        (0b111_1111, false) => return "every day".to_string(),
        (weekdays, _) => usize::from(weekdays),
    };
    let named = Weekday::ALL.iter().enumerate().filter(|(bit, _)| all >> bit & 1 == 1);
    let names: Vec<&str> = named.map(|(_, day)| day.name()).collect();
    let holidays = if window.except_holidays { " except holidays" } else { "" };
    format!("{}{holidays}", names.join(", "))
}

const fn pool(pool: Pool) -> &'static str {
    match pool {
        Pool::Costs => "costs",
        Pool::Interest => "interest",
        Pool::Principal => "principal",
    }
}

const fn order(order: ClaimOrder) -> &'static str {
    match order {
        ClaimOrder::DueFirst => "claims due first",
        ClaimOrder::LeastSecured => "least secured",
        ClaimOrder::MostBurdensome => "most burdensome",
        ClaimOrder::OlderFirst => "older first",
    }
}
