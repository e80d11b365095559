//! Random cases and what happens to them: events of every kind, hosts that come late, instants that do not move, go back,
//! or fall on days on which the clocks change.

use super::{Dice, KINDS, PLANS, REASONS, TASKS, TEMPLATES, Turn, Version, When};
use dunlin_lang::model::Model;
use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::{ChannelId, Channels, EventId, FactId, PlanId, StageId, TemplateId, Type};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{
    ChannelGiven, ClaimGiven, Event, Given, Opening, PaymentGiven, PersonGiven, PlanGiven, SentGiven,
};

/// A case and its inputs.
#[derive(Clone, Debug)]
pub struct History {
    /// The case.
    pub opening: Opening,
    /// When it opens.
    pub at: Instant,
    /// What comes, and when; no event is just time that goes by.
    pub inputs: Vec<(When, Option<Event>)>,
}

/// Days on which a history may begin: month ends, a leap day, changes of the clocks, holidays, and others.
const DAYS: [(i32, u8, u8); 14] = [
    (2026, 1, 5),
    (2026, 1, 31),
    (2026, 3, 27),
    (2026, 3, 28),
    (2026, 10, 23),
    (2026, 12, 23),
    (2026, 4, 2),
    (2024, 2, 27),
    (2024, 2, 29),
    (2025, 12, 30),
    (2026, 2, 27),
    (2026, 6, 30),
    (2026, 3, 6),
    (2026, 10, 30),
];

/// More such days; a leap day lies within reach of some.
const MORE_DAYS: [(i32, u8, u8); 8] = [
    (2027, 12, 20),
    (2028, 2, 28),
    (2026, 3, 29),
    (2026, 10, 25),
    (2026, 3, 8),
    (2026, 11, 1),
    (2026, 4, 5),
    (2024, 2, 28),
];

/// Events that are likely, several times over those that are not.
const LIKELY: [Happening; 27] = [
    Happening::Payment,
    Happening::Payment,
    Happening::Payment,
    Happening::Payment,
    Happening::PaymentReturned,
    Happening::Promise,
    Happening::Promise,
    Happening::Dispute,
    Happening::Dispute,
    Happening::DisputeResolved,
    Happening::DisputeResolved,
    Happening::Conversation,
    Happening::Bounced,
    Happening::Bounced,
    Happening::TaskDone,
    Happening::Hold,
    Happening::Released,
    Happening::Hardship,
    Happening::Served,
    Happening::ClaimAdded,
    Happening::ClaimReduced,
    Happening::ConsentGiven,
    Happening::Reply,
    Happening::Operator,
    Happening::DeadlineExtended,
    Happening::Fact,
    Happening::Insolvency,
];

/// Events of plans, approvals and several debtors.
const LATER: [Happening; 20] = [
    Happening::PlanRequested,
    Happening::PlanAccepted,
    Happening::PlanAccepted,
    Happening::PlanAccepted,
    Happening::PlanAccepted,
    Happening::PlanDeclined,
    Happening::Signed,
    Happening::Signed,
    Happening::Approved,
    Happening::Approved,
    Happening::Approved,
    Happening::Declined,
    Happening::Insolvency,
    Happening::Insolvency,
    Happening::Objection,
    Happening::WithdrawnByCourt,
    Happening::DebtorAdded,
    Happening::DebtorReplaced,
    Happening::Void,
    Happening::Representative,
];

/// Events of which the second version brought few.
const LATEST: [Happening; 24] = [
    Happening::Payment,
    Happening::Payment,
    Happening::PaymentReturned,
    Happening::PaymentReturned,
    Happening::Void,
    Happening::Void,
    Happening::Waived,
    Happening::Waived,
    Happening::Postponed,
    Happening::DeadlineExtended,
    Happening::Minor,
    Happening::Deceased,
    Happening::Representative,
    Happening::Acknowledged,
    Happening::Acknowledged,
    Happening::Negotiation,
    Happening::Negotiation,
    Happening::Filed,
    Happening::OrderEnded,
    Happening::TitleIssued,
    Happening::Judgment,
    Happening::Enforced,
    Happening::Insolvency,
    Happening::Hold,
];

/// How the host of a case comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// Now so, now so.
    Any,
    /// Mostly when something is due.
    Punctual,
    /// Every few weeks.
    Rare,
}

/// A history for a strategy: from the second version on with several debtors and amounts near the bound of 64 bits, in the
/// third with currencies, hosts that come rarely, and cases that come from elsewhere.
#[must_use]
pub fn history(seed: u64, model: &Model, version: Version) -> History {
    let mut teller = Teller {
        dice: Dice::new(seed),
        model,
        events: 0,
        claims: 0,
        payments: Vec::new(),
        owed: 0,
        persons: 1,
        huge: false,
        host: Host::Any,
        version,
        today: Date::FIRST,
    };
    if version >= Version::Second {
        teller.persons = 1 + teller.dice.weighted(&[55, 30, 15]);
        teller.huge = teller.dice.chance(3);
    }
    if version >= Version::Third {
        teller.host = teller.dice.one(&[Host::Any, Host::Any, Host::Any, Host::Punctual, Host::Rare]);
    }
    let days = if version >= Version::Third && teller.dice.chance(40) { &MORE_DAYS[..] } else { &DAYS[..] };
    let (year, month, day) = teller.dice.one(days);
    teller.today = Date::new(year, month, day).unwrap_or(Date::FIRST);
    let second = teller.dice.one(&[0, 0, 8 * 3600, 36_000, 43_201, 86_399]);
    let at = model.zones[0].instant_at(teller.today, second).unwrap_or(Instant::FIRST);
    let mut opening = teller.opening();
    if version >= Version::Third {
        teller.brings(&mut opening, at);
    }
    let count = 4 + teller.dice.below(26);
    let inputs = (0..count).map(|_| teller.input()).collect();
    History { opening, at, inputs }
}

struct Teller<'m> {
    dice: Dice,
    model: &'m Model,
    events: usize,
    claims: usize,
    /// The names of payments so far.
    payments: Vec<String>,
    /// The principal of the claims at opening.
    owed: i64,
    persons: usize,
    /// Whether amounts are near the bound of 64 bits.
    huge: bool,
    host: Host,
    version: Version,
    today: Date,
}

impl Teller<'_> {
    fn opening(&mut self) -> Opening {
        let mut opening = Opening { id: "4711".to_owned(), ..Opening::default() };
        for n in 1..=self.persons {
            let person = self.person(n);
            opening.persons.push(person);
        }
        for _ in 0..1 + self.dice.weighted(&[50, 30, 20]) {
            let claim = self.claim();
            opening.claims.push(claim);
        }
        if self.dice.chance(25) {
            opening.costs.push(("dunning".to_owned(), self.dice.range(1, 900)));
        }
        opening.titled = self.dice.chance(10);
        for n in 0..self.model.facts.len() {
            let fact = &self.model.facts[n];
            if fact.default.is_none() || self.dice.chance(40) {
                let value = self.value(fact.ty, "");
                let value = match (fact.ty, value) {
                    (Type::Number, _) => Given::Value(self.dice.range(0, 100)),
                    // Now and then outside of its bounds.
                    (Type::Money, _) => Given::Value(self.dice.range(0, 90_500)),
                    (_, value) => value,
                };
                opening.facts.push((FactId(u16::try_from(n).unwrap_or(0)), value));
            }
        }
        opening
    }

    fn person(&mut self, n: usize) -> PersonGiven {
        let mut person = PersonGiven { id: format!("d-{n}"), business: self.dice.chance(30), ..PersonGiven::default() };
        person.region = self.dice.chance(60).then(|| self.dice.pick(&["DE-NW", "DE-BY", "XX"]).to_owned());
        person.language = self.dice.chance(30).then(|| "de".to_owned());
        person.born = self.dice.chance(50).then(|| self.date(-20_000, -7_000));
        if self.dice.chance(20) {
            person.zones.push(self.model.zones[0].name().to_owned());
        }
        for zone in self.model.zones.iter().skip(1) {
            if self.version >= Version::Second && self.dice.chance(25) {
                person.zones.push(zone.name().to_owned());
            }
        }
        if self.dice.chance(75) {
            let channels = (0..self.model.channels.len()).filter_map(|c| u8::try_from(c).ok()).map(ChannelId);
            let mut given = Vec::new();
            for channel in channels {
                let (reachable, consent) = (self.dice.chance(80), self.dice.chance(60));
                given.push(ChannelGiven { channel, reachable, consent });
            }
            person.channels = Some(given);
        }
        person
    }

    fn claim(&mut self) -> ClaimGiven {
        self.claims += 1;
        let due = self.date(-120, 40);
        ClaimGiven {
            id: format!("R-{}", self.claims),
            principal: self.principal(),
            due,
            kind: self.dice.chance(30).then(|| "service".to_owned()),
            arose: self.dice.chance(30).then(|| self.date(-200, -100)),
            default_on: self.dice.chance(30).then(|| self.date(-60, 10)),
            secured: self.dice.chance(20),
        }
    }

    fn principal(&mut self) -> i64 {
        let small = self.dice.range(1, 90_000);
        let principal = if self.huge { i64::MAX / self.dice.range(1, 9) - small } else { small };
        self.owed = self.owed.saturating_add(principal);
        principal
    }

    fn date(&mut self, from: i64, to: i64) -> Date {
        let days = i32::try_from(self.dice.range(from, to)).unwrap_or(0);
        self.today.add_days(days).unwrap_or(self.today)
    }

    fn input(&mut self) -> (When, Option<Event>) {
        let when = self.when();
        if let When::After(seconds) | When::Late(seconds) = when {
            let days = i32::try_from(seconds / 86_400).unwrap_or(0);
            self.today = self.today.add_days(days.max(0)).unwrap_or(self.today);
        }
        let silent = if when == When::NextDue { 75 } else { 25 };
        let event = if self.dice.chance(silent) { None } else { Some(self.event()) };
        (when, event)
    }

    fn when(&mut self) -> When {
        match self.host {
            Host::Punctual if self.dice.chance(70) => return When::NextDue,
            Host::Rare if self.dice.chance(70) => return When::After(self.dice.range(14, 45) * 86_400),
            _ => {}
        }
        if self.version >= Version::Third && self.dice.chance(8) {
            let turn = self.dice.one(&[Turn::MonthEnd, Turn::MonthEnd, Turn::Clocks, Turn::NewYear, Turn::LeapDay]);
            return When::On(turn, self.dice.one(&[0, 3600, 9000, 36_000, 86_399]));
        }
        match self.dice.weighted(&[30, 14, 8, 8, 20, 14, 4, 2]) {
            0 => When::NextDue,
            1 => When::After(self.dice.one(&[0, 0, 1, 60])),
            2 => When::After(self.dice.range(1, 20) * 3600 + self.dice.range(0, 3599)),
            3 => When::Late(self.dice.range(1, 40) * 3600),
            4 => When::After(self.dice.range(1, 6) * 86_400 + self.dice.range(-7200, 7200)),
            5 => When::After(self.dice.range(6, 25) * 86_400),
            6 => When::Late(self.dice.range(2, 60) * 86_400),
            _ => When::After(-self.dice.range(1, 100_000)),
        }
    }

    fn event(&mut self) -> Event {
        let event = if self.version >= Version::Third && self.dice.chance(25) {
            self.dice.one(&LATEST).id()
        } else if self.version >= Version::Second && self.dice.chance(25) {
            self.dice.one(&LATER).id()
        } else if self.dice.chance(70) {
            self.dice.one(&LIKELY).id()
        } else {
            EventId(u16::try_from(self.dice.below(self.model.events.len())).unwrap_or(0))
        };
        let machine = Happening::of(event).is_some_and(|h| h.builtin().origin == Origin::Machine);
        let event = if machine && self.dice.chance(90) { Happening::Payment.id() } else { event };
        self.events += 1;
        let number = if self.dice.chance(3) { self.events.saturating_sub(1) } else { self.events };
        let id = self.dice.chance(92).then(|| format!("e-{number}"));
        if event == Happening::Payment.id() || event == Happening::Enforced.id() {
            self.payments.extend(id.clone());
        }
        let params = &self.model.events[event.index()].params;
        // In the third version insolvencies open more often than they do anything else.
        let opens = self.version >= Version::Third && event == Happening::Insolvency.id() && self.dice.chance(60);
        let mut args = Vec::new();
        for (n, param) in params.iter().enumerate() {
            let several = self.persons > 1 && self.model.text(param.name) == "debtor";
            let given = if param.required {
                99
            } else if several {
                75
            } else {
                45
            };
            if self.dice.chance(given) {
                let name = self.model.text(param.name).to_owned();
                let given = if opens && n == 0 { Given::Value(1) } else { self.argument(event, param.ty, &name) };
                args.push((u8::try_from(n).unwrap_or(0), given));
            }
        }
        Event { event, id, args }
    }

    fn argument(&mut self, event: EventId, ty: Type, name: &str) -> Given {
        if ty == Type::Text {
            return Given::Text(self.word(event, name));
        }
        if event == Happening::PlanAccepted.id() {
            return Given::Value(match name {
                "day" => self.dice.one(&[1, 1, 15, 31, 10, 5, 28, 7, 0, 40]),
                _ if self.dice.chance(75) => self.owed / self.dice.range(2, 9) + self.dice.range(1, 99),
                _ => self.dice.one(&[0, 1500, 2000, 5000, 9000, 20_000, 60_000]) + self.dice.range(1, 999),
            });
        }
        if self.huge && ty == Type::Money && self.dice.chance(40) {
            return Given::Value(i64::MAX / self.dice.range(1, 5));
        }
        if event == Happening::Bounced.id() && name == "effect" {
            return Given::Value(self.dice.range(0, 12));
        }
        self.value(ty, name)
    }

    fn value(&mut self, ty: Type, name: &str) -> Given {
        let below = |dice: &mut Dice, n: usize| i64::try_from(dice.below(n)).unwrap_or(0);
        let value = match ty {
            Type::Bool => below(&mut self.dice, 2),
            Type::Number => self.dice.range(0, 6),
            Type::Money if name == "principal" => self.dice.range(1, 50_000),
            Type::Money if self.version >= Version::Second && self.dice.chance(35) => self.owed / self.dice.range(1, 6),
            Type::Money => match self.dice.below(8) {
                0 => self.dice.range(-5, 1),
                1 => self.dice.range(50_000, 300_000),
                _ => self.dice.range(1, 20_000),
            },
            Type::Rate => self.dice.range(0, 100_000_000),
            Type::Date if matches!(name, "by" | "until") => i64::from(self.date(-3, 25).days()),
            Type::Date => i64::from(self.date(-30, 2).days()),
            Type::Instant => 1_780_000_000,
            Type::Hours => 28_800 * 100_000 + 64_800,
            Type::Duration => 11 * 8 + 1,
            Type::Channel => below(&mut self.dice, 5),
            Type::Tone => below(&mut self.dice, self.model.tones.len()),
            Type::Enum(id) => below(&mut self.dice, self.model.enum_values(id).len()),
            Type::Text => return Given::Text(self.dice.pick(&["a", "b", "other"]).to_owned()),
        };
        Given::Value(value)
    }

    /// What may have been asked for: a stage, an exit, a template, a form, a plan or a kind of cost.
    fn approval(&mut self) -> String {
        let stages = self.model.stages.iter().filter(|s| !s.outcome).map(|s| self.model.text(s.name).to_owned());
        let others = TEMPLATES.iter().chain(&KINDS).chain(&PLANS).chain(&["f_form", "waive", "self", "last_stage"]);
        let names: Vec<String> = stages.chain(others.map(|n| (*n).to_owned())).collect();
        self.dice.one(&names)
    }

    /// A name that an event gives; now and then one that is not there.
    fn word(&mut self, event: EventId, name: &str) -> String {
        if self.dice.chance(4) {
            return "nowhere".to_owned();
        }
        let happening = Happening::of(event);
        match (happening, name) {
            (Some(Happening::DebtorAdded), "debtor") | (Some(Happening::DebtorReplaced), "by") => {
                self.persons += 1;
                format!("d-{}", self.persons)
            }
            (_, "time_zone") => {
                let n = self.dice.below(self.model.zones.len());
                self.model.zones[n].name().to_owned()
            }
            (_, "region") => self.dice.pick(&["DE-NW", "DE-BY", "XX"]).to_owned(),
            (_, "debtor") if self.persons > 1 => format!("d-{}", 1 + self.dice.below(self.persons)),
            (_, "debtor") => "d-1".to_owned(),
            (Some(Happening::Approved | Happening::Declined), "name") => self.approval(),
            (Some(Happening::ClaimAdded), "claim") => {
                self.claims += 1;
                format!("R-{}", self.claims)
            }
            (_, "claim") => format!("R-{}", 1 + self.dice.below(self.claims.max(1))),
            (Some(Happening::Payment), "for") if self.version >= Version::Third && self.dice.chance(70) => {
                format!("R-{}", 1 + self.dice.below(self.claims.max(1)))
            }
            (_, "of") if self.version >= Version::Third && !self.payments.is_empty() && self.dice.chance(75) => {
                self.dice.one(&self.payments)
            }
            (_, "of") => format!("e-{}", 1 + self.dice.below(self.events.max(1))),
            (Some(Happening::TaskDone | Happening::Postponed), "name") => self.dice.pick(&TASKS).to_owned(),
            (Some(Happening::Fact), "name") if self.version >= Version::Third && self.dice.chance(40) => {
                self.dice.pick(&["via", "rated", "since", "worth"]).to_owned()
            }
            (Some(Happening::Fact), "value") if self.version >= Version::Third && self.dice.chance(40) => self
                .dice
                .pick(&[
                    "email",
                    "letter",
                    "4 %",
                    "4.5",
                    "2026-03-01",
                    "2026-02-30",
                    "12.50",
                    "1000.00",
                    "300",
                    "12.50 EUR",
                    "12.50 CHF",
                ])
                .to_owned(),
            (Some(Happening::Fact), "name") => self.dice.pick(&["score", "seg", "vip", "tag", "mood"]).to_owned(),
            (Some(Happening::Fact), "value") => {
                self.dice.pick(&["7", "101", "gold", "risk", "true", "false", "b", "firm"]).to_owned()
            }
            (Some(Happening::Operator), "stage") => {
                let n = self.dice.below(self.model.stages.len());
                self.model.text(self.model.stages[n].name).to_owned()
            }
            (Some(Happening::Hold | Happening::Released), "reason") => {
                let own = ["dispute", "hardship", "host"];
                if self.dice.chance(50) { self.dice.pick(&REASONS) } else { self.dice.pick(&own) }.to_owned()
            }
            (Some(Happening::Waived), "what") => self.dice.pick(&["costs", "interest", "amount"]).to_owned(),
            _ => self.dice.pick(&["a", "b", "other"]).to_owned(),
        }
    }
}

impl Teller<'_> {
    /// What a case brings that comes from elsewhere, and its currency.
    fn brings(&mut self, opening: &mut Opening, at: Instant) {
        if self.model.currencies.len() > 1 && self.dice.chance(70) {
            let currency = self.dice.one(&self.model.currencies);
            opening.currency = Some(currency.to_string());
        }
        if self.dice.chance(25) {
            opening.limitation_date = Some(self.date(-40, 300));
        }
        if !self.dice.chance(35) {
            return;
        }
        if self.dice.chance(60) {
            let stages = self.model.stages.len();
            opening.stage = Some(StageId(u16::try_from(self.dice.below(stages)).unwrap_or(0)));
            if self.dice.chance(70) {
                // Now and then a day that has not come.
                let latest = if self.dice.chance(4) { 3 } else { 0 };
                opening.entered = Some(self.date(-60, latest));
            }
        }
        if self.dice.chance(30) {
            opening.served = Some(self.date(-40, 0));
        }
        if self.dice.chance(20) {
            opening.titled_on = Some(self.date(-90, 0));
        }
        for _ in 0..self.dice.weighted(&[40, 30, 20, 10]) {
            let sent = self.sent_before(at);
            opening.sent.extend(sent);
        }
        for _ in 0..self.dice.weighted(&[50, 30, 20]) {
            let payment = self.paid_before();
            opening.payments.push(payment);
        }
        if !self.model.plans.is_empty() && self.dice.chance(40) {
            opening.plan = self.agreed_before();
        }
    }

    fn paid_before(&mut self) -> PaymentGiven {
        let id = self.dice.chance(80).then(|| format!("b-{}", self.payments.len() + 1));
        self.payments.extend(id.clone());
        PaymentGiven { id, on: self.date(-60, 0), amount: self.dice.range(1, 9_000) }
    }

    fn agreed_before(&mut self) -> Option<PlanGiven> {
        let plan = PlanId(u16::try_from(self.dice.below(self.model.plans.len())).ok()?);
        let amount = self.owed / self.dice.range(2, 12) + self.dice.range(1, 99);
        let day = self.dice.chance(60).then(|| self.dice.one(&[1_u8, 5, 10, 15, 28, 31]));
        let since = self.dice.chance(70).then(|| self.date(-90, 0));
        Some(PlanGiven { plan, amount, day, since })
    }

    fn sent_before(&mut self, at: Instant) -> Option<SentGiven> {
        let template = self.dice.below(self.model.templates.len());
        let first = ChannelId(u8::try_from(self.dice.below(5)).ok()?);
        let second = ChannelId(u8::try_from(self.dice.below(5)).ok()?);
        let channels =
            Channels::of(first).or(if self.dice.chance(25) { Channels::of(second) } else { Channels::of(first) });
        let at = at.add_seconds(-self.dice.range(0, 40 * 86_400)).ok()?;
        let person = u8::try_from(self.dice.below(self.persons)).ok()?;
        Some(SentGiven { template: TemplateId(u16::try_from(template).ok()?), channels, at, person })
    }
}
