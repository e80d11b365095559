//! What a step by hand is told and tells: the same events, effects and moves as the machine's.

use super::case::{Channels, Form, Kind, Script, Segment, Stage, Template, Work};
use dunlin_machine::value::{Date, Instant};

/// What happened.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are the language's")]
pub enum Happening {
    Payment { amount: i64, on: Option<Date> },
    PaymentReturned { of: u64, fee: Option<i64> },
    Promise { amount: Option<i64>, by: Date },
    Bounced { channel: Channels, effect: Option<u32> },
    Delivered,
    Viewed,
    NoAnswer,
    Contacted,
    Conversation { channel: Channels },
    WrongParty { channel: Channels },
    ConsentGiven { channel: Channels },
    ConsentWithdrawn { channel: Channels },
    AddressLost { channel: Channels },
    AddressFound { channel: Channels },
    CeaseContact,
    Dispute { claim: Option<u8> },
    DisputeResolved { upheld: bool, claim: Option<u8> },
    Hardship,
    HardshipEnded,
    ClaimAdded { id: u8, principal: i64, due: Date },
    ClaimReduced { amount: i64, claim: Option<u8> },
    PlanRequested,
    PlanAccepted { amount: i64, day: Option<i64> },
    PlanDeclined,
    TaskDone(Work),
    Served { on: Option<Date> },
    Objection,
    Opposition,
    TitleIssued,
    Judgment,
    EnforcementFailed,
    ClaimWithdrawn,
    Recalled,
    CostsSet { amount: i64 },
    WaivedCosts,
    WaivedInterest,
    DeadlineExtended { until: Date },
    Segment(Segment),
    Score(i64),
}

/// An event from the host.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The host's number for it; a repeat of one of the last 16 is not taken again.
    pub id: Option<u64>,
    /// What happened.
    pub what: Happening,
}

/// Tones of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the language's")]
pub enum Tone {
    Friendly,
    Empathic,
    Neutral,
    Firm,
}

/// What the creditor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// `status`.
    Status,
    /// `payment plan broken`.
    PlanBroken,
    /// `closed: costs exceed the claim`.
    Uneconomic,
}

/// An answer that did not come in its usual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the language's")]
pub enum Missing {
    Served,
    TitleIssued,
    Judgment,
}

/// Claims that an effect leaves out, a bit for each position.
pub type Claims = u8;

/// What the host is to do. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the machine's effects")]
pub enum Effect {
    Send { template: Template, channels: Channels, tone: Tone, deadline: Option<Date>, without: Claims },
    Call { script: Script, tone: Tone, attempt: u32, of: u32 },
    Task { work: Work, until: Date, again: bool },
    File { form: Form, claim: Option<i64>, without: Claims },
    Charge { amount: i64, kind: Kind, replacing: bool, without: Claims },
    Report(Report),
    Missing(Missing),
    Overdue(Work),
    Refund(i64),
    Cancel(u32),
    Offer { at_least: i64, first_by: Date, total: i64 },
    Activate { count: u32, amount: i64, total: i64, first: Date, last: Date },
}

/// The account at an instant, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Open principal.
    pub principal: i64,
    /// Interest to that day.
    pub interest: i64,
    /// Open costs.
    pub costs: i64,
}

impl Statement {
    /// All that is owed.
    pub fn balance(self) -> i64 {
        self.principal + self.interest + self.costs
    }
}

/// An effect with its number and the account of its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// From 1 through the life of the case.
    pub number: u32,
    /// What to do.
    pub effect: Effect,
    /// The account.
    pub statement: Statement,
}

/// A move of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// From where; none at opening.
    pub from: Option<Stage>,
    /// Where to.
    pub to: Stage,
    /// Whether it went back to the stage before.
    pub back: bool,
}

/// What one step did. A host keeps one for all steps, so that its memory is used again.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Effects, in order.
    pub effects: Vec<Told>,
    /// Moves, in order.
    pub moves: Vec<Move>,
    /// When something is due next.
    pub next_due: Option<Instant>,
}

impl Outcome {
    /// Forgets what it held.
    pub fn clear(&mut self) {
        self.effects.clear();
        self.moves.clear();
        self.next_due = None;
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// The event was taken before.
    AlreadyTaken,
    /// It was refused, and nothing changed.
    Refused,
}
