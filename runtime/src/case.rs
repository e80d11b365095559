//! A case: everything that a strategy knows of one claim and its debtors between two steps.

use crate::timers::Next;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;
use dunlin_machine::ir::{ActionRef, CalendarId, ChannelId, Channels, FactId, PlanId, ScopeId, StageId};
use dunlin_machine::value::{Date, Instant};
use serde::{Deserialize, Serialize};

/// Derives `Clone` with a `clone_from` that keeps the memory of every list: a step undoes itself by a copy of the case,
/// and that copy must not allocate.
macro_rules! state {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident : $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

        impl Clone for $name {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone(),)* }
            }
            fn clone_from(&mut self, other: &Self) {
                $(self.$field.clone_from(&other.$field);)*
            }
        }
    };
}

/// A case: its state, which everybody reads and a step alone changes. Its stored form is that of its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Case {
    pub(crate) state: State,
    /// What is due first, as it was found since a part last changed that bears on it; none where nobody has looked since.
    #[serde(skip)]
    pub(crate) next: Option<Next>,
}

impl Deref for Case {
    type Target = State;

    #[inline]
    fn deref(&self) -> &State {
        &self.state
    }
}

impl PartialEq for Case {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl Eq for Case {}

impl From<State> for Case {
    fn from(state: State) -> Self {
        Self { state, next: None }
    }
}

state! {
    /// The state of a case. It belongs to one machine, and carries that machine's hash.
    pub struct State {
        /// The hash of the machine that it runs on.
        pub machine: [u8; 32],
        /// The host's name for it.
        pub id: String,
        /// Its currency, by position in the machine's list.
        pub currency: u8,
        /// Its calendar.
        pub calendar: CalendarId,
        /// When it was opened.
        pub opened: Instant,
        /// The instant of the latest input.
        pub now: Instant,
        /// The number of the next effect.
        pub next_effect: u32,
        /// How many events were delivered and moves made, from 1: what `changed` compares.
        pub events: u32,
        /// Marks of the ids of the last 16 events.
        pub recent: Vec<Mark>,
        /// Facts, by number.
        pub facts: Vec<Option<i64>>,
        /// Facts that changed since opening, with their first value: interest reads facts as they were at opening.
        pub first_facts: Vec<(FactId, Option<i64>)>,
        /// Variables, by number.
        pub vars: Vec<i64>,
        /// The name of the claim or debtor that is being added; empty between steps.
        pub new_name: String,
        /// Texts that the machine does not know.
        pub texts: Vec<String>,
        /// The latest values of event parameters, by position in the machine's list.
        pub kept: Vec<Option<i64>>,
        /// Which events have happened, by position in the machine's list.
        pub noted: Vec<bool>,
        /// Who owes.
        pub persons: Vec<Person>,
        /// Claims, costs and payments.
        pub ledger: Ledger,
        /// Where it stands.
        pub place: Place,
        /// Where it stood before, for `last_stage`.
        pub before: Option<Place>,
        /// Which stages it has been in.
        pub been: Vec<StageId>,
        /// What waits in each `whenever` rule.
        pub whenevers: Vec<Waits>,
        /// The triggers of each watch.
        pub watches: Vec<Vec<Slot>>,
        /// Holds, oldest first.
        pub holds: Vec<Hold>,
        /// Since when it has been held without a break.
        pub held_since: Option<Instant>,
        /// Actions that wait for the end of the hold, in order.
        pub stopped: Vec<Stopped>,
        /// Messages that wait in `contact`, in order.
        pub waiting: Vec<Waiting>,
        /// Open tasks, oldest first.
        pub tasks: Vec<Task>,
        /// Open calls, oldest first.
        pub calls: Vec<Call>,
        /// Open approvals, oldest first.
        pub approvals: Vec<Approval>,
        /// The promise that is open.
        pub promise: Option<Promise>,
        /// The plan that is offered, accepted or active.
        pub plan: Option<Plan>,
        /// How often terms of each plan were agreed, by number.
        pub agreed: Vec<u32>,
        /// The last 16 messages that went out.
        pub messages: Vec<Message>,
        /// What was sent, by template; only of templates that something asks about.
        pub sent: Vec<Sent>,
        /// The last day to pay that the debtor was told.
        pub deadline: Option<Deadline>,
        /// Whether `settled when` held when last looked at.
        pub settled: bool,
        /// The day on which a date that had passed before its stage was entered last moved the case.
        pub moved_by_past_date: Option<Date>,
        /// Whether there is a title.
        pub titled: bool,
        /// The day of the first title, where it is known.
        pub titled_on: Option<Date>,
        /// When the claim is barred, where the host said.
        pub limitation_date: Option<Date>,
        /// Days on which limitation did not run, by rule.
        pub suspended: Vec<Suspended>,
    }
}

/// A mark of an event's id: 48 bits of a hash.
pub type Mark = [u8; 6];

state! {
    /// A stage that the case is in, or was in before, with what hangs on it.
    pub struct Place {
        /// The stage.
        pub stage: StageId,
        /// When it was entered.
        pub entered: Instant,
        /// When it was left; only of the stage before.
        pub left: Option<Instant>,
        /// When the case came back to it by `last_stage`; none: it did not since it was entered.
        pub returned: Option<Instant>,
        /// Its triggers.
        pub slots: Vec<Slot>,
        /// The groups and procedures around it, from the innermost outwards.
        pub scopes: Vec<Around>,
        /// Their triggers, in that order.
        pub scope_slots: Vec<Slot>,
        /// Tasks that were withdrawn when it was left.
        pub tasks: Vec<Task>,
        /// Calls that were withdrawn when it was left.
        pub calls: Vec<Call>,
        /// Approvals that were withdrawn when it was left.
        pub approvals: Vec<Approval>,
        /// Whether a `leaving` block acted when it was left: `last_stage` enters it anew.
        pub anew: bool,
    }
}

/// A group or procedure that the case is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    /// Which.
    pub scope: ScopeId,
    /// When it was entered.
    pub entered: Instant,
    /// When the case came back to it by `last_stage`; none: it did not since it was entered.
    pub returned: Option<Instant>,
    /// How many triggers it has in [`Place::scope_slots`].
    pub slots: u16,
}

/// What the case remembers of a trigger. Its stored form leaves out what is as in [`Slot::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it is due, in seconds since the epoch; [`Slot::NEVER`] where it is not, or hangs on a date.
    pub due: i64,
    /// When it would be due without the shift.
    pub base: i64,
    /// It is not due before this instant, nor before the one from which its owner runs.
    pub not_before: i64,
    /// How its shift counts.
    pub counts: Counts,
    /// How often it fell due.
    pub times: u32,
    /// How often it acted.
    pub acted: u32,
    /// Days (for timers in hours: seconds) by which holds and late hosts moved it.
    pub shift: i64,
    /// The day that a date trigger fired for; 1 where an `as soon as` of a watch held when last looked at.
    pub seen: Option<i32>,
    /// The case's count of events when it last began to act, for `changed`.
    pub events: u32,
}

/// How the shift of a timer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counts {
    /// It has no anchor: it does not shift.
    Not,
    /// Calendar days.
    Days,
    /// Calendar days, and from a free day on to the next working day.
    WorkingDays,
    /// Seconds.
    Seconds,
    /// As working days; due when the day after begins.
    LastWorkingDay,
}

impl Slot {
    /// Not due at all.
    pub const NEVER: i64 = i64::MAX;

    /// A slot that was not touched.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            due: Self::NEVER,
            base: Self::NEVER,
            not_before: 0,
            counts: Counts::Not,
            times: 0,
            acted: 0,
            shift: 0,
            seen: None,
            events: 0,
        }
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self::new()
    }
}

state! {
    /// What waits in a `whenever` rule while the hold that it set lasts.
    pub struct Waits {
        /// Since when; none: it does not wait.
        pub since: Option<Instant>,
        /// Its triggers.
        pub slots: Vec<Slot>,
    }
}

/// A run of days on which a suspension of the strategy kept limitation from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// The suspension, by position.
    pub rule: u8,
    /// The first day.
    pub from: Date,
    /// The last; none while it lasts.
    pub until: Option<Date>,
}

/// A hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its reason: a text value.
    pub reason: i64,
    /// When it began.
    pub since: Instant,
    /// When it ends by itself.
    pub until: Option<Instant>,
    /// Whether claims bear no interest meanwhile.
    pub without_interest: bool,
    /// The rule that set it or last renewed it; none: the host, or the machine.
    pub by: Option<RuleKey>,
}

/// Who did something: what contact rules and holds ask of an action's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// A stage: its entry or a trigger.
    Stage,
    /// A group or procedure around the stage.
    Scope(ScopeId),
    /// A `whenever` rule or a trigger in its block.
    Whenever(u16),
    /// A watch.
    Watch(u16),
    /// The plan.
    Plan,
}

impl Owner {
    /// Whether what it did belongs to the stage, and ends with it.
    #[must_use]
    pub const fn of_stage(self) -> bool {
        matches!(self, Self::Stage | Self::Scope(_))
    }
}

/// A rule that may set a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleKey {
    /// A `whenever` rule, with what waits in its block.
    Whenever(u16),
    /// A watch.
    Watch(u16),
    /// An entry or a trigger of a stage, group or plan: the position of its body's first action.
    Body(u16),
}

/// An action that waits for the end of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Which.
    pub action: ActionRef,
    /// Whose.
    pub owner: Owner,
    /// The body that did it.
    pub body: u16,
    /// The body run that put it here.
    pub run: u32,
    /// The person that the event named, by position.
    pub person: u8,
}

/// A message that waits in `contact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The `send`.
    pub action: ActionRef,
    /// To whom, by position.
    pub person: u8,
    /// The way that it had.
    pub way: u8,
    /// When it is tried again.
    pub due: Instant,
    /// Whose.
    pub owner: Owner,
    /// The body that did it: while a hold of that rule stands, no hold stops it.
    pub body: u16,
    /// The body run that put it here.
    pub run: u32,
}

/// An open task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The `task` action.
    pub action: ActionRef,
    /// The number of the effect that opened it.
    pub effect: u32,
    /// When it is overdue; none: it was already reported overdue.
    pub due: Option<Instant>,
    /// Of one with substitutes, when it was opened: seconds since the case was, and 1 more; after `last_stage` later by the
    /// time since the stage was left. 0 of one without. So it takes little room: a case may have many.
    pub opened: u32,
    /// How many substitutes were asked.
    pub asked: u8,
    /// Whose: what a watch or a `whenever` rule opened is not withdrawn with a stage.
    pub owner: Owner,
    /// The body run that opened it.
    pub run: u32,
}

/// An open call: a series of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The `call` action.
    pub action: ActionRef,
    /// Whom, by position: the first who was pursued when it was opened, or the one that the event named.
    pub person: u8,
    /// Attempts made.
    pub made: u32,
    /// The number of the effect of the first attempt; 0 before it.
    pub effect: u32,
    /// When the next is due.
    pub due: Instant,
    /// Whose.
    pub owner: Owner,
    /// The body that did it: while a hold of that rule stands, no hold stops it.
    pub body: u16,
    /// The body run that opened it.
    pub run: u32,
}

/// An approval that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The action or move `with approval`.
    pub action: ActionRef,
    /// The number of the effect that asked.
    pub effect: u32,
    /// When it was asked.
    pub asked: Instant,
    /// When it counts as declined.
    pub due: Option<Instant>,
    /// Whose: what a watch or a `whenever` rule asked is not withdrawn with a stage.
    pub owner: Owner,
    /// The person that the event named, by position.
    pub person: u8,
    /// The body that asked: what follows is its rule's own.
    pub body: u16,
    /// The body run that asked.
    pub run: u32,
}

/// A plan of instalments: offered, agreed, or running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which.
    pub plan: PlanId,
    /// How far it has come.
    pub phase: Phase,
}

/// How far a plan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Offered: nothing is agreed.
    Offered,
    /// Terms are agreed.
    Accepted {
        /// What was agreed.
        terms: Terms,
        /// Whether it was signed since.
        signed: bool,
        /// Whether a rule activated it: it waits for its notice or its signature.
        asked: bool,
    },
    /// It runs.
    Active(Running),
    /// It was paid; a payment that is returned takes it up again.
    Completed(Running),
}

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Each instalment but the last, in minor units, more than 0.
    pub amount: i64,
    /// The day of the month, 1 to 31; 0 where the plan does not run by months.
    pub day: u8,
}

/// A plan that runs. Its instalments follow from these figures: none of them is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// What was agreed.
    pub terms: Terms,
    /// How many instalments, at least 1.
    pub count: u32,
    /// What all of them come to, in minor units; with interest the last asks for the balance.
    pub total: i64,
    /// The plain due day of the first.
    pub first: Date,
    /// What was paid in all when it became active.
    pub paid_before: i64,
    /// How many instalments are past their grace.
    pub past: u32,
    /// How many of them were missed.
    pub missed: u32,
}

/// A promise to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// How much, in minor units.
    pub amount: i64,
    /// When it was made.
    pub on: Date,
    /// Its last day.
    pub by: Date,
    /// What was paid on it so far.
    pub paid: i64,
}

/// A message that went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The number of its effect.
    pub effect: u32,
    /// The `send`.
    pub action: ActionRef,
    /// To whom.
    pub person: u8,
    /// The way that it took.
    pub way: u8,
    /// Copies that did not bounce.
    pub copies: Channels,
    /// Whether the stage in which it went out lasts.
    pub stage: Lasts,
    /// The body that sent it.
    pub body: u16,
    /// Whose.
    pub owner: Owner,
}

/// Whether a stage lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lasts {
    /// The case is in it.
    Now,
    /// It is the one that `last_stage` goes back to, and would go on.
    Before,
    /// It is over.
    Over,
}

/// How often and when a template was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// How many, bounced ones not counted.
    pub count: u32,
    /// When first.
    pub first: Option<Date>,
    /// When last.
    pub last: Option<Date>,
}

/// The last day to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The day; none while the message that sets it is not out.
    pub day: Option<Date>,
    /// When it was set.
    pub set: Instant,
    /// The number of the effect that set it.
    pub effect: u32,
    /// The `send` that set it or will.
    pub action: ActionRef,
}

state! {
    /// A person who owes.
    pub struct Person {
        /// The host's name.
        pub id: String,
        /// Whether the person owes as a business.
        pub business: bool,
        /// Language: a text value.
        pub language: Option<i64>,
        /// Region: a text value.
        pub region: Option<i64>,
        /// Zones, by position in the machine's list.
        pub zones: Vec<u8>,
        /// Whether the case said in which zones the person is.
        pub zones_given: bool,
        /// The calendar of the person's region.
        pub calendar: CalendarId,
        /// Date of birth.
        pub born: Option<Date>,
        /// Channels with an address.
        pub reachable: Channels,
        /// Channels that the person consents to.
        pub consent: Channels,
        /// Channels that are barred.
        pub barred: Channels,
        /// Whether the person is still pursued: not released, not deceased.
        pub pursued: bool,
        /// Whether a rule released the person.
        pub released: bool,
        /// Whether the person is a minor: written to through the guardians, and not called.
        pub minor: bool,
        /// Whether somebody represents the person: written to through that one, and not called.
        pub represented: bool,
        /// The last day of that; none: without end.
        pub represented_until: Option<Date>,
        /// Attempts within the longest window that the strategy asks for, oldest first.
        pub attempts: Vec<Attempt>,
        /// The latest conversation by each channel.
        pub conversations: Vec<(ChannelId, Instant)>,
    }
}

impl Person {
    /// A person of whom only the name is known: every channel is reachable and nothing consented to.
    pub(crate) fn named(id: String) -> Self {
        Self {
            id,
            business: false,
            language: None,
            region: None,
            zones: alloc::vec![0],
            zones_given: false,
            calendar: CalendarId(0),
            born: None,
            reachable: Channels::ALL,
            consent: Channels::default(),
            barred: Channels::default(),
            pursued: true,
            released: false,
            minor: false,
            represented: false,
            represented_until: None,
            attempts: Vec::new(),
            conversations: Vec::new(),
        }
    }
}

/// Through whom a person is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Through {
    /// The guardians of a minor.
    Guardians,
    /// A lawyer, a debt adviser, an administrator.
    Representative,
}

/// An attempt to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Instant,
    /// The day of it in the strategy's zone.
    pub day: Date,
    /// By which channels, together.
    pub channels: Channels,
}

state! {
    /// Claims, costs and payments.
    pub struct Ledger {
        /// Claims.
        pub claims: Vec<Claim>,
        /// Costs by kind, in the order in which they were first charged.
        pub costs: Vec<Cost>,
        /// The last payments, oldest first.
        pub payments: Vec<Payment>,
        /// Where their parts went.
        pub parts: Vec<Part>,
        /// All that was paid and not returned.
        pub paid: i64,
        /// The principal at opening.
        pub claimed: i64,
        /// Days that bear no interest: first and last, the last open while the hold lasts.
        pub free_days: Vec<(Date, Option<Date>)>,
    }
}

state! {
    /// A claim. Amounts are minor units.
    pub struct Claim {
        /// The host's name.
        pub id: String,
        /// Open principal.
        pub principal: i64,
        /// Interest fixed so far, less what was paid on it.
        pub interest: i64,
        /// The first day whose interest is not fixed yet.
        pub next: Date,
        /// The due date.
        pub due: Date,
        /// When it arose.
        pub arose: Option<Date>,
        /// When default began.
        pub default_on: Option<Date>,
        /// Its kind: a text value.
        pub kind: Option<i64>,
        /// Whether it is disputed.
        pub disputed: bool,
        /// Whether no demand has named it yet.
        pub fresh: bool,
        /// Whether it is secured.
        pub secured: bool,
        /// When limitation last began anew.
        pub restarted: Option<Date>,
    }
}

/// Costs of one kind, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The kind: a text value.
    pub kind: i64,
    /// What was charged, less what was waived.
    pub charged: i64,
    /// What was paid on it.
    pub paid: i64,
}

/// A payment that can still be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The mark of its event's id; none without an id.
    pub mark: Option<Mark>,
    /// How much.
    pub amount: i64,
    /// Its value date.
    pub on: Date,
    /// Whether it was returned.
    pub returned: bool,
    /// How many of [`Ledger::parts`] are its own; they stand in the order of the payments.
    pub parts: u16,
}

/// A part of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it met.
    pub met: Met,
    /// Minor units.
    pub amount: i64,
}

/// What a part of a payment met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Met {
    /// Costs, by position.
    Costs(u8),
    /// The interest of a claim, by position.
    Interest(u16),
    /// The principal of a claim, by position.
    Principal(u16),
}
