//! What a module is handed: items one after another, each a field with a value or a text (docs/abi.md).

use dunlin_runtime::input::{ClaimGiven, Event, Given, Opening, PersonGiven};

/// The fields of items; `docs/abi.md` lists them.
pub(crate) mod field {
    pub(crate) const ID: u8 = 1;
    pub(crate) const CURRENCY: u8 = 2;
    pub(crate) const PARAM: u8 = 3;
    pub(crate) const DEBTOR: u8 = 10;
    pub(crate) const BUSINESS: u8 = 11;
    pub(crate) const LANGUAGE: u8 = 12;
    pub(crate) const REGION: u8 = 13;
    pub(crate) const ZONE: u8 = 14;
    pub(crate) const BORN: u8 = 15;
    pub(crate) const CHANNELS: u8 = 16;
    pub(crate) const CHANNEL: u8 = 17;
    pub(crate) const CLAIM: u8 = 20;
    pub(crate) const PRINCIPAL: u8 = 21;
    pub(crate) const DUE: u8 = 22;
    pub(crate) const CLAIM_KIND: u8 = 23;
    pub(crate) const AROSE: u8 = 24;
    pub(crate) const DEFAULT_ON: u8 = 25;
    pub(crate) const SECURED: u8 = 26;
    pub(crate) const COST: u8 = 30;
    pub(crate) const COST_AMOUNT: u8 = 31;
    pub(crate) const FACT: u8 = 40;
    pub(crate) const TITLED: u8 = 50;
    pub(crate) const TITLED_ON: u8 = 51;
    pub(crate) const STAGE: u8 = 52;
    pub(crate) const ENTERED: u8 = 53;
    pub(crate) const SERVED: u8 = 54;
    pub(crate) const LIMITATION_DATE: u8 = 55;
    pub(crate) const SENT: u8 = 60;
    pub(crate) const SENT_AT: u8 = 61;
    pub(crate) const SENT_TO: u8 = 62;
    pub(crate) const PAID: u8 = 70;
    pub(crate) const PAID_ID: u8 = 71;
    pub(crate) const PAID_ON: u8 = 72;
    pub(crate) const PLAN: u8 = 80;
    pub(crate) const PLAN_DAY: u8 = 81;
    pub(crate) const PLAN_SINCE: u8 = 82;
}

/// Items under construction: what a host hands to `open` and `step` of a module.
#[derive(Debug, Default)]
pub struct Items(Vec<u8>);

impl Items {
    fn head(&mut self, field: u8, is_text: bool, at: u16, length: usize) {
        self.0.extend([field, u8::from(is_text)]);
        self.0.extend(at.to_le_bytes());
        self.0.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn value_at(&mut self, field: u8, at: u16, value: i64) {
        self.head(field, false, at, 8);
        self.0.extend(value.to_le_bytes());
    }

    fn value(&mut self, field: u8, value: impl Into<i64>) {
        self.value_at(field, 0, value.into());
    }

    fn maybe(&mut self, field: u8, value: Option<impl Into<i64>>) {
        if let Some(value) = value {
            self.value(field, value);
        }
    }

    fn text_at(&mut self, field: u8, at: u16, text: &str) {
        self.head(field, true, at, text.len());
        self.0.extend(text.as_bytes());
        self.0.resize(self.0.len().next_multiple_of(8), 0);
    }

    fn text(&mut self, field: u8, text: &str) {
        self.text_at(field, 0, text);
    }

    fn maybe_text(&mut self, field: u8, text: Option<&String>) {
        if let Some(text) = text {
            self.text(field, text);
        }
    }

    fn given(&mut self, field: u8, at: u16, given: &Given) {
        match given {
            Given::Value(value) => self.value_at(field, at, *value),
            Given::Text(text) => self.text_at(field, at, text),
        }
    }

    fn person(&mut self, person: &PersonGiven) {
        self.text(field::DEBTOR, &person.id);
        self.value(field::BUSINESS, person.business);
        self.maybe_text(field::LANGUAGE, person.language.as_ref());
        self.maybe_text(field::REGION, person.region.as_ref());
        person.zones.iter().for_each(|zone| self.text(field::ZONE, zone));
        self.maybe(field::BORN, person.born.map(|day| day.days()));
        let Some(channels) = &person.channels else { return };
        self.value(field::CHANNELS, 1);
        for channel in channels {
            let said = i64::from(channel.reachable) + 2 * i64::from(channel.consent);
            self.value_at(field::CHANNEL, channel.channel.0.into(), said);
        }
    }

    fn claim(&mut self, claim: &ClaimGiven) {
        self.text(field::CLAIM, &claim.id);
        self.value(field::PRINCIPAL, claim.principal);
        self.value(field::DUE, claim.due.days());
        self.maybe_text(field::CLAIM_KIND, claim.kind.as_ref());
        self.maybe(field::AROSE, claim.arose.map(|day| day.days()));
        self.maybe(field::DEFAULT_ON, claim.default_on.map(|day| day.days()));
        self.value(field::SECURED, claim.secured);
    }

    fn history(&mut self, opening: &Opening) {
        self.value(field::TITLED, opening.titled);
        self.maybe(field::TITLED_ON, opening.titled_on.map(|day| day.days()));
        self.maybe(field::STAGE, opening.stage.map(|stage| stage.0));
        self.maybe(field::ENTERED, opening.entered.map(|day| day.days()));
        self.maybe(field::SERVED, opening.served.map(|day| day.days()));
        self.maybe(field::LIMITATION_DATE, opening.limitation_date.map(|day| day.days()));
        for sent in &opening.sent {
            self.value_at(field::SENT, sent.template.0, sent.channels.0.into());
            self.value(field::SENT_AT, sent.at.seconds());
            self.value(field::SENT_TO, sent.person);
        }
        for payment in &opening.payments {
            self.value(field::PAID, payment.amount);
            self.maybe_text(field::PAID_ID, payment.id.as_ref());
            self.value(field::PAID_ON, payment.on.days());
        }
        if let Some(plan) = &opening.plan {
            self.value_at(field::PLAN, plan.plan.0, plan.amount);
            self.maybe(field::PLAN_DAY, plan.day);
            self.maybe(field::PLAN_SINCE, plan.since.map(|day| day.days()));
        }
    }

    /// A case as it opens.
    #[must_use]
    pub fn opening(opening: &Opening) -> Vec<u8> {
        let mut items = Self::default();
        items.text(field::ID, &opening.id);
        items.maybe_text(field::CURRENCY, opening.currency.as_ref());
        opening.persons.iter().for_each(|person| items.person(person));
        opening.claims.iter().for_each(|claim| items.claim(claim));
        for (kind, amount) in &opening.costs {
            items.text(field::COST, kind);
            items.value(field::COST_AMOUNT, *amount);
        }
        opening.facts.iter().for_each(|(fact, given)| items.given(field::FACT, fact.0, given));
        items.history(opening);
        items.0
    }

    /// An event. Its number is an argument of `step`.
    #[must_use]
    pub fn event(event: &Event) -> Vec<u8> {
        let mut items = Self::default();
        items.maybe_text(field::ID, event.id.as_ref());
        event.args.iter().for_each(|(at, given)| items.given(field::PARAM, (*at).into(), given));
        items.0
    }
}
