//! What a step gives back besides the case: what was done, in order, and why.

use crate::case::Through;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use dunlin_machine::ir::{
    CalendarId, ChannelId, Channels, EffectKind, EventId, ExprId, Nature, PlanId, RuleId, StageId, TemplateId, TextId,
    ToneId, Type,
};
use dunlin_machine::value::{Date, Instant, Money};
use serde::{Deserialize, Serialize};

/// Everything that one step did, in the order in which it did it. A host keeps one and hands it to every step, so that
/// its memory is used again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The event's id was among the last 16: nothing was done.
    pub already_taken: bool,
    /// What was done.
    pub entries: Vec<Entry>,
    /// Values that rules read; an entry names its runs.
    pub seen: Vec<Seen>,
    /// Named values that go out with effects; an effect names its run.
    pub with: Vec<(TextId, Type, i64)>,
    /// Claims that effects leave out, by position in the case; an effect names its run.
    pub without: Vec<u16>,
    /// The least instant at which something is due; none: nothing is.
    pub next_due: Option<Instant>,
}

impl Outcome {
    /// Forgets what it held and keeps its memory.
    pub fn clear(&mut self) {
        self.already_taken = false;
        self.entries.clear();
        self.seen.clear();
        self.with.clear();
        self.without.clear();
        self.next_due = None;
    }

    /// The effects, in order, with their numbers.
    pub fn effects(&self) -> impl Iterator<Item = (u32, &Effect)> {
        self.entries.iter().filter_map(|e| match &e.what {
            What::Effect { number, effect, .. } => Some((*number, effect)),
            _ => None,
        })
    }
}

/// A value that a rule read: the expression that names it, and what it was; none where it was not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What was read.
    pub read: ExprId,
    /// What it was.
    pub value: Option<i64>,
    /// Whether a figure behind it was past its last checked day.
    pub provisional: bool,
    /// Whether a figure behind it stands in a row that was added to the machine.
    pub added: bool,
}

/// One thing that a step did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The stage of the case when it was done.
    pub stage: StageId,
    /// The rule that did it; none for what the machine does by itself.
    pub rule: Option<RuleId>,
    /// The trigger or `whenever` rule in whose body it stands.
    pub because_of: Option<RuleId>,
    /// What that trigger's condition read, in [`Outcome::seen`].
    pub guard: Range<u32>,
    /// What the action itself read.
    pub own: Range<u32>,
    /// By how many days the timer that led here was late.
    pub late_days: i32,
    /// What was done.
    pub what: What,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The host is to do something. The number makes it safe to receive twice.
    Effect {
        /// Numbered from 1 through the life of the case.
        number: u32,
        /// What to do.
        effect: Effect,
        /// The account at that instant.
        statement: Statement,
    },
    /// The case went to another stage.
    Move {
        /// From where; none at opening.
        from: Option<StageId>,
        /// Where to.
        to: StageId,
        /// Whether it went back to the stage before.
        back: bool,
    },
    /// Something was not done now.
    Held {
        /// What.
        what: HeldAction,
        /// By which rule.
        by: HeldBy,
        /// When it is tried again; none: when the hold ends, or never.
        until: Option<Instant>,
        /// Whether it was dropped for good.
        dropped: bool,
    },
    /// A hold began.
    Paused {
        /// Its reason: a text value.
        reason: i64,
        /// When it ends by itself.
        until: Option<Instant>,
    },
    /// A hold ended.
    Resumed {
        /// Its reason: a text value.
        reason: i64,
    },
    /// An event was taken, or is on record because no rule took it.
    Event {
        /// Which.
        event: EventId,
        /// Whether a rule took it.
        taken: bool,
    },
    /// An event corrected an earlier one: what would have been different.
    Note(Note),
}

/// What would have been different, had the event been known before. What was done stays done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// A rule that hangs on a date fired; the date is another now.
    Date {
        /// The day on which the rule was due.
        fired_for: Date,
        /// The day on which it is due by the date as it is now; none where that is not known.
        now: Option<Date>,
    },
    /// So much of the payment was paid back.
    Refunded(Money),
}

/// What was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeldAction {
    /// A message, to the person of that number.
    Send(TemplateId, u8),
    /// An attempt of a call.
    Call(TextId),
    /// A filing.
    File(TextId),
    /// A charge of that kind.
    Charge(TextId),
    /// A collection by that way.
    Collect(TextId),
    /// A report to that party.
    Report(TextId),
    /// The offer of a plan.
    Offer(PlanId),
    /// The start of a plan.
    Activate(PlanId),
    /// A part of the case that was to leave it.
    Split,
    /// What was approved under that name.
    Approved(TextId),
}

/// What held it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeldBy {
    /// A limit.
    Limit(RuleId),
    /// A rest after a conversation.
    Rest(RuleId),
    /// The hours of an `allow`, or of the call itself.
    Hours(RuleId),
    /// A hold.
    Hold,
    /// No way can be used: the last reason found.
    Unusable(Unusable),
    /// The same message waits already.
    WaitsAlready,
    /// Nothing within 400 days would admit it.
    Never,
    /// `costs up to`.
    CostCap,
    /// The plan's own bound on offers, or another plan that is active.
    PlanBound,
    /// No terms of that plan are agreed.
    NoTerms,
    /// There is nothing to collect or to split off.
    Nothing,
    /// The `when` of the rule, read again once it was approved.
    When,
    /// Every claim with open principal is disputed.
    Disputed,
    /// No demand has named a claim that is open and not disputed.
    Fresh,
    /// A recess of a calendar, by position.
    Recess(CalendarId, u16),
}

/// Why a channel cannot be used for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unusable {
    /// The person is no longer pursued, or has died.
    Person,
    /// No address.
    NoAddress(ChannelId),
    /// Barred by a bounce, a wrong party, a withdrawn consent or a wish not to be contacted.
    Barred(ChannelId),
    /// No `allow` names it.
    NotAllowed(ChannelId),
    /// Consent is required and not given.
    NoConsent(ChannelId, RuleId),
    /// A `never` holds.
    Never(ChannelId, RuleId),
}

/// The account at an instant. `balance = principal + interest + costs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Open principal.
    pub principal: Money,
    /// Interest accrued and unpaid, that day included.
    pub interest: Money,
    /// Open costs.
    pub costs: Money,
    /// Their sum.
    pub balance: Money,
    /// Whether the interest counts days after the last one for which somebody checked the figures.
    pub provisional: bool,
    /// Whether the interest goes by rows that were added to the machine.
    pub added: bool,
}

/// What the host is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Send a message.
    Send {
        /// Which.
        template: TemplateId,
        /// By which channels, together.
        channels: Channels,
        /// In which tone.
        tone: Option<ToneId>,
        /// The last day to pay that it names.
        deadline: Option<Date>,
        /// To which person, by position.
        person: u8,
        /// Why it goes out.
        nature: Nature,
        /// Through whom the person is written to.
        through: Option<Through>,
        /// Named values, in [`Outcome::with`].
        with: Range<u32>,
        /// Claims that it leaves out: a run in [`Outcome::without`].
        without: Range<u32>,
    },
    /// Try to call.
    Call {
        /// What to say.
        script: TextId,
        /// In which tone.
        tone: Option<ToneId>,
        /// Which attempt this is, from 1.
        attempt: u32,
        /// How many there may be.
        of: u32,
        /// Whom, by position.
        person: u8,
        /// The values that go with it: a run in [`Outcome::with`].
        with: Range<u32>,
    },
    /// Give a person work.
    Task {
        /// What.
        name: TextId,
        /// Whose.
        role: TextId,
        /// Its last day; none where it is counted in hours.
        until: Option<Date>,
        /// Until when, where it is counted in hours.
        until_instant: Option<Instant>,
        /// Its priority.
        priority: Option<i64>,
        /// Whether it was open before and is open again.
        again: bool,
    },
    /// File a form.
    File {
        /// Which.
        form: TextId,
        /// Named values, in [`Outcome::with`].
        with: Range<u32>,
        /// Against whom: a bit for each person, by position.
        persons: u8,
        /// Claims that it leaves out: a run in [`Outcome::without`].
        without: Range<u32>,
    },
    /// Book costs.
    Charge {
        /// How much.
        amount: Money,
        /// As what.
        kind: TextId,
        /// In place of what.
        replacing: Option<TextId>,
        /// Claims that it leaves out: a run in [`Outcome::without`].
        without: Range<u32>,
    },
    /// Write off a part.
    Waive {
        /// Of the principal.
        principal: Money,
        /// Of the interest.
        interest: Money,
        /// Of the costs.
        costs: Money,
    },
    /// Tell a party.
    Report {
        /// Whom.
        party: TextId,
        /// What: the author's message, or `status`, `open`, `settled`, `withdrawn`.
        what: TextId,
        /// Whether it is a message.
        message: bool,
        /// About whom: a bit for each person, by position.
        persons: u8,
        /// Claims that it leaves out: a run in [`Outcome::without`].
        without: Range<u32>,
    },
    /// Somebody should look.
    Alarm(Alarm),
    /// The host's own.
    Emit {
        /// Its name.
        name: TextId,
        /// Named values, in [`Outcome::with`].
        with: Range<u32>,
    },
    /// Put the case in a queue.
    Assign(TextId),
    /// Block or unblock the customer.
    Customer {
        /// Whether to block.
        block: bool,
        /// For what.
        thing: Option<TextId>,
    },
    /// Pay back what exceeds the balance.
    Refund(Money),
    /// Withdraw what an earlier effect opened.
    Cancel {
        /// Its number.
        of: u32,
    },
    /// Collect a sum.
    Collect {
        /// How much.
        amount: Money,
        /// `debit` or `card`.
        by: TextId,
    },
    /// Offer a plan: what terms it allows.
    Offer {
        /// Which.
        plan: PlanId,
        /// The fewest and the most instalments.
        instalments: (u32, u32),
        /// The least that an instalment may be.
        at_least: Option<Money>,
        /// The latest day of the first.
        first_by: Option<Date>,
        /// What all of them come to, as things stand.
        total: Money,
    },
    /// A plan runs from now on.
    Activate {
        /// Which.
        plan: PlanId,
        /// How many instalments.
        count: u32,
        /// Each of them but the last.
        amount: Money,
        /// What all of them come to; the last asks for the interest to come besides.
        total: Money,
        /// When the first is due.
        first: Date,
        /// When the last is due.
        last: Date,
    },
    /// A person is pursued no more.
    Release {
        /// Who, by position.
        person: u8,
    },
    /// Open a sister case for a part of this one, with its history.
    Split {
        /// The person who leaves, by position; none: a part of the claims.
        person: Option<u8>,
        /// Principal that leaves.
        principal: Money,
        /// Interest that leaves with it.
        interest: Money,
        /// Where the sister case opens.
        to: StageId,
    },
    /// Ask a person.
    Approval {
        /// What for.
        name: TextId,
        /// Who is asked.
        role: TextId,
        /// The last day for an answer; none where there is none or it is counted in hours.
        until: Option<Date>,
        /// Until when, where it is counted in hours.
        until_instant: Option<Instant>,
        /// Whether it was asked before and is asked again.
        again: bool,
    },
}

impl Effect {
    /// Its kind, as the language names it.
    #[must_use]
    pub const fn kind(&self) -> EffectKind {
        match self {
            Self::Send { .. } => EffectKind::Send,
            Self::Call { .. } => EffectKind::Call,
            Self::Task { .. } => EffectKind::Task,
            Self::File { .. } => EffectKind::File,
            Self::Charge { .. } => EffectKind::Charge,
            Self::Waive { .. } => EffectKind::Waive,
            Self::Report { .. } => EffectKind::Report,
            Self::Alarm(_) => EffectKind::Alarm,
            Self::Emit { .. } => EffectKind::Emit,
            Self::Assign(_) => EffectKind::Assign,
            Self::Customer { block: true, .. } => EffectKind::Block,
            Self::Customer { .. } => EffectKind::Unblock,
            Self::Refund(_) => EffectKind::Refund,
            Self::Cancel { .. } => EffectKind::Cancel,
            Self::Collect { .. } => EffectKind::Collect,
            Self::Offer { .. } => EffectKind::Offer,
            Self::Activate { .. } => EffectKind::Activate,
            Self::Release { .. } => EffectKind::Release,
            Self::Split { .. } => EffectKind::Split,
            Self::Approval { .. } => EffectKind::Approval,
        }
    }
}

/// What an alarm is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alarm {
    /// The strategy's own.
    Named(TextId),
    /// The event that `usually within` waited for did not come.
    Missing(EventId),
    /// A task was not done in time.
    TaskOverdue(TextId),
    /// A step failed and was undone; why, in words.
    StepFailed(String),
}
