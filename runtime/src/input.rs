//! What a host gives: how a case opens, and the events that it takes.

use alloc::string::String;
use alloc::vec::Vec;
use dunlin_machine::ir::{ChannelId, Channels, EventId, FactId, PlanId, StageId, TemplateId};
use dunlin_machine::value::{Date, Instant};
use serde::{Deserialize, Serialize};

/// A value from outside; how to read a number is the type of what it is given for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// Any value but a text, as the machine counts it.
    Value(i64),
    /// A text.
    Text(String),
}

/// An event from the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub event: EventId,
    /// The host's own name for it; a repeat of one of the last 16 is answered *already taken*.
    pub id: Option<String>,
    /// Parameter positions and values, in order of position; one that is left out is not known.
    pub args: Vec<(u8, Given)>,
}

/// One input of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Something happened.
    Event(&'a Event),
    /// Time went by.
    Advance,
}

/// A case as it opens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The host's name for the case.
    pub id: String,
    /// Its currency by code; the strategy's first where it does not say.
    pub currency: Option<String>,
    /// Who owes, the first one first. At least one.
    pub persons: Vec<PersonGiven>,
    /// What is owed. At least one.
    pub claims: Vec<ClaimGiven>,
    /// Costs that stand already: kind, minor units.
    pub costs: Vec<(String, i64)>,
    /// Facts that are stated.
    pub facts: Vec<(FactId, Given)>,
    /// Whether there is a title.
    pub titled: bool,
    /// The day of the first title, where it is known; there is one then.
    pub titled_on: Option<Date>,
    /// The stage that the case comes in; none: where the strategy opens it. Not an outcome.
    pub stage: Option<StageId>,
    /// The day on which it entered that stage, where it goes on there; none: it is entered when the case opens.
    pub entered: Option<Date>,
    /// The day on which something was served on the debtor.
    pub served: Option<Date>,
    /// Messages that went out before the case opens.
    pub sent: Vec<SentGiven>,
    /// Payments that came before the case opens; the principal of its claims is that before them.
    pub payments: Vec<PaymentGiven>,
    /// A plan that was agreed, or that runs.
    pub plan: Option<PlanGiven>,
    /// When the claim is barred, where the host knows.
    pub limitation_date: Option<Date>,
}

/// A payment that came before the case opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentGiven {
    /// The host's own name for it, by which it may be returned; none: it cannot be.
    pub id: Option<String>,
    /// Its value date, not after the opening.
    pub on: Date,
    /// Minor units, more than 0.
    pub amount: i64,
}

/// A plan of instalments that was agreed before the case opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanGiven {
    /// Which.
    pub plan: PlanId,
    /// Each instalment but the last, in minor units, more than 0.
    pub amount: i64,
    /// The day of the month, 1 to 31; none: as the plan says.
    pub day: Option<u8>,
    /// Since when it runs, not after the opening; none: its terms are agreed, and it does not run yet.
    pub since: Option<Date>,
}

/// A message that went out before the case opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentGiven {
    /// Which.
    pub template: TemplateId,
    /// By which channels, together; one at least.
    pub channels: Channels,
    /// When, not after the opening.
    pub at: Instant,
    /// To whom, by position.
    pub person: u8,
}

/// A person who owes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonGiven {
    /// The host's name for the person; `debtor` in events.
    pub id: String,
    /// Whether the person owes as a business.
    pub business: bool,
    /// Language code.
    pub language: Option<String>,
    /// Region, as `DE-NW`.
    pub region: Option<String>,
    /// Time zones in which the person may be; the strategy's where none is given.
    pub zones: Vec<String>,
    /// Date of birth.
    pub born: Option<Date>,
    /// Channels with an address and whether the person consents; none given at all: every channel is reachable and
    /// nothing is consented to.
    pub channels: Option<Vec<ChannelGiven>>,
}

/// A channel of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelGiven {
    /// Which.
    pub channel: ChannelId,
    /// Whether there is an address.
    pub reachable: bool,
    /// Whether the person consents.
    pub consent: bool,
}

/// A claim as the host states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimGiven {
    /// The host's name for the claim.
    pub id: String,
    /// Minor units, more than 0.
    pub principal: i64,
    /// The day on which it is to be paid at the latest.
    pub due: Date,
    /// What it is for: `service`, `goods` …
    pub kind: Option<String>,
    /// When it arose.
    pub arose: Option<Date>,
    /// When default began.
    pub default_on: Option<Date>,
    /// Whether it is secured.
    pub secured: bool,
}

/// A case and the instant at which it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAt<'a> {
    /// The case.
    pub case: &'a Opening,
    /// When.
    pub at: Instant,
}
