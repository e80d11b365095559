//! The state of a case in the slow evaluator. Nothing is packed or forgotten: every attempt, message and payment stays.

use dunlin_lang::model::{Action, Block, Expr};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{self, ChannelId, Channels, EventId, Send};
use dunlin_machine::value::{Date, Duration, Instant};
use std::collections::{BTreeMap, BTreeSet};

/// A case; it points into its model.
#[derive(Clone, Debug)]
pub struct Case<'m> {
    pub(super) opened: Instant,
    pub(super) now: Instant,
    pub(super) next_effect: u32,
    /// The position of its currency in those of the strategy.
    pub(super) currency: usize,
    /// The calendar that it goes by, as at its opening.
    pub(super) calendar: usize,
    /// Events delivered and moves made so far, for `changed`.
    pub(super) changes: u64,
    pub(super) recent: Vec<String>,
    pub(super) facts: Vec<Option<i64>>,
    pub(super) facts_at_opening: Vec<Option<i64>>,
    pub(super) vars: Vec<i64>,
    /// Texts that the model does not know: text -1 - n is the n-th.
    pub(super) texts: Vec<String>,
    /// The latest parameters of every event that happened.
    pub(super) happened: BTreeMap<EventId, Vec<Option<i64>>>,
    /// Every event that was delivered, in its order.
    pub(super) delivered: Vec<Happened>,
    pub(super) persons: Vec<Person>,
    pub(super) claims: Vec<Claim>,
    pub(super) costs: Vec<Cost>,
    pub(super) payments: Vec<Payment>,
    /// The principal at opening.
    pub(super) claimed: i64,
    /// Runs of days without interest; the last may be open.
    pub(super) free_days: Vec<(Date, Option<Date>)>,
    pub(super) place: Place,
    pub(super) before: Option<Before<'m>>,
    pub(super) been: BTreeSet<usize>,
    pub(super) marks: BTreeMap<TriggerId, Mark>,
    /// Since when each `whenever` block waits.
    pub(super) blocks: BTreeMap<usize, Instant>,
    pub(super) holds: Vec<Hold>,
    pub(super) held_since: Option<Instant>,
    pub(super) stopped: Vec<Stopped<'m>>,
    pub(super) waiting: Vec<Waiting<'m>>,
    pub(super) tasks: Vec<Task<'m>>,
    pub(super) calls: Vec<Call<'m>>,
    pub(super) approvals: Vec<Approval<'m>>,
    pub(super) plan: Option<Agreement>,
    /// How often terms were agreed, by plan.
    pub(super) terms_agreed: BTreeMap<usize, u32>,
    pub(super) promise: Option<Promise>,
    /// How many promises there were.
    pub(super) promises: u64,
    pub(super) messages: Vec<Message<'m>>,
    pub(super) sent: BTreeMap<usize, Sent>,
    pub(super) deadline: Option<Deadline>,
    pub(super) settled: bool,
    pub(super) moved_by_past_date: Option<Date>,
    pub(super) titled: bool,
    /// The day of the first title, where it is known.
    pub(super) titled_on: Option<Date>,
    pub(super) limitation_date: Option<Date>,
    pub(super) suspended: Vec<Suspended>,
    pub(super) next_run: u64,
}

/// Who a rule belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A watch.
    Watch(usize),
    /// A `whenever` rule.
    Whenever(usize),
    /// A stage.
    Stage(usize),
    /// A group or procedure.
    Scope(usize),
    /// A plan.
    Plan(usize),
    /// The host, where an operator moves the case.
    Host,
}

/// A trigger: whose, and which.
pub type TriggerId = (Owner, usize);

/// A rule that acts: a trigger or, without one, the entry of a stage or the body of a `whenever`. All that stands in a
/// `whenever` is one rule. Of a plan the number is that of its block.
pub type Doer = (Owner, Option<usize>);

/// On whose account something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    pub(super) doer: Doer,
    /// Bodies are numbered: what a body put in a queue before it moved is its own.
    pub(super) run: u64,
    /// Whether it belongs to the stage, and is withdrawn with it.
    pub(super) of_stage: bool,
    /// The debtor whom the event names.
    pub(super) named: usize,
    /// Whether a `leaving` block did it.
    pub(super) leaving: bool,
}

/// What the case remembers of a trigger since its owner began to run.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When its owner began to run.
    pub(super) anchor: Instant,
    /// When its owner was entered or last came back.
    pub(super) running_since: Instant,
    /// A date, monthly or working-day timer is not due before.
    pub(super) not_before: Instant,
    /// A waiting `send … payable within` held it up until then.
    pub(super) moves_not_before: Instant,
    /// How often it fell due.
    pub(super) times: i64,
    /// How often it acted.
    pub(super) acted: u32,
    /// Days by which late hosts moved it.
    pub(super) late_days: i64,
    /// Days by which holds moved it, for timers of days.
    pub(super) hold_days: i64,
    /// Seconds by which holds moved it, for timers of hours.
    pub(super) hold_seconds: i64,
    /// The date that it fired for, or the day on which it fired.
    pub(super) seen: Option<Date>,
    /// The day on which a date timer fired last.
    pub(super) fired_on: Option<Date>,
    /// Its duration, as read when it last opened or went on.
    pub(super) duration: Option<Duration>,
    /// An `after` that fell due; an `as soon as` that acted; a `usually within` that raised its alarm.
    pub(super) spent: bool,
    /// The event of `usually within` came.
    pub(super) answered: bool,
    /// An `as soon as` of a watch held when last looked at.
    pub(super) was_true: bool,
    /// The case's changes when its body last began.
    pub(super) changes: Option<u64>,
}

impl Mark {
    /// It goes on by that length. What days and seconds moved it by goes with it into the other unit, whole days only.
    pub(super) fn count_by(&mut self, duration: Duration) {
        let by_seconds = |d| super::time::elapsed(d).is_some();
        match (self.duration.is_some_and(by_seconds), by_seconds(duration)) {
            (true, false) => {
                let seconds = self.late_days * 86_400 + self.hold_seconds;
                self.hold_days = seconds.div_euclid(86_400) - self.late_days;
            }
            (false, true) => self.hold_seconds = self.hold_days * 86_400,
            _ => {}
        }
        self.duration = Some(duration);
    }

    pub(super) fn new(anchor: Instant) -> Self {
        Self {
            anchor,
            running_since: anchor,
            not_before: anchor,
            moves_not_before: anchor,
            times: 0,
            acted: 0,
            late_days: 0,
            hold_days: 0,
            hold_seconds: 0,
            seen: None,
            fired_on: None,
            duration: None,
            spent: false,
            answered: false,
            was_true: false,
            changes: None,
        }
    }
}

/// Where the case stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub(super) stage: usize,
    /// When the stage was entered.
    pub(super) entered: Instant,
    /// The number of this entry.
    pub(super) entry: u64,
}

/// The stage before, as it was left.
#[derive(Clone, Debug)]
pub struct Before<'m> {
    pub(super) place: Place,
    pub(super) left: Instant,
    pub(super) marks: BTreeMap<TriggerId, Mark>,
    pub(super) tasks: Vec<Task<'m>>,
    pub(super) calls: Vec<Call<'m>>,
    pub(super) approvals: Vec<Approval<'m>>,
    /// Whether a `leaving` block acted: it is then entered anew.
    pub(super) anew: bool,
}

/// A hold.
#[derive(Clone, Debug)]
pub struct Hold {
    pub(super) reason: i64,
    pub(super) until: Option<Instant>,
    pub(super) without_interest: bool,
    /// The rule whose `pause` set it or last renewed it.
    pub(super) by: Option<Doer>,
}

/// An action that a hold stopped.
#[derive(Clone, Debug)]
pub struct Stopped<'m> {
    pub(super) action: &'m Action,
    pub(super) by: By,
}

/// A message that waits in `contact`, or a filing that waits for the end of a recess.
#[derive(Clone, Debug)]
pub struct Waiting<'m> {
    pub(super) action: &'m Action,
    pub(super) person: usize,
    pub(super) way: usize,
    pub(super) due: Instant,
    pub(super) by: By,
}

/// An open task.
#[derive(Clone, Debug)]
pub struct Task<'m> {
    pub(super) action: &'m Action,
    pub(super) effect: u32,
    pub(super) until: Limit,
    pub(super) overdue: bool,
    /// How many of its substitutes were asked.
    pub(super) asked: usize,
    /// Since when its substitutes wait.
    pub(super) opened: Instant,
    /// How long each of them waits.
    pub(super) substitutes: Vec<Duration>,
    pub(super) by: By,
}

/// The end of a time limit: its last day, or the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// It ends with this day.
    Day(Date),
    /// It ends at this instant.
    At(Instant),
}

/// A question to a person that is open.
#[derive(Clone, Debug)]
pub struct Approval<'m> {
    pub(super) action: &'m Action,
    pub(super) asks: &'m ir::Approval<Expr, Block>,
    pub(super) effect: u32,
    /// When it was asked.
    pub(super) asked: Instant,
    pub(super) until: Option<Limit>,
    pub(super) trigger: Option<TriggerId>,
    /// Procedures that count as left by an exit.
    pub(super) exits: Vec<usize>,
    pub(super) by: By,
}

/// The plan of a case.
#[derive(Clone, Debug)]
pub struct Agreement {
    pub(super) plan: usize,
    pub(super) state: PlanState,
}

/// How far a plan is.
#[derive(Clone, Debug)]
pub enum PlanState {
    /// Offered to the debtor.
    Offered,
    /// Terms are agreed.
    Accepted {
        amount: i64,
        day: u8,
        /// `signed` came since.
        signed: bool,
        /// `activate plan` ran.
        waits: bool,
    },
    /// It runs.
    Active(Active),
    /// All was paid; it is active again where a payment comes back.
    Completed(Active),
}

/// A plan that runs.
#[derive(Clone, Debug)]
pub struct Active {
    pub(super) amount: i64,
    pub(super) total: i64,
    /// How many instalments there are.
    pub(super) count: i64,
    /// The first due day, before it is moved to a working day.
    pub(super) first: Date,
    /// The day of the month on which the others are due.
    pub(super) on: u8,
    /// What was paid in all before.
    pub(super) paid_before: i64,
    /// Which instalments were missed, of those whose grace ended.
    pub(super) ended: Vec<bool>,
}

/// An open call: a series of attempts.
#[derive(Clone, Debug)]
pub struct Call<'m> {
    pub(super) action: &'m Action,
    pub(super) person: usize,
    pub(super) made: u32,
    /// The effect of the last attempt; 0 before the first.
    pub(super) effect: u32,
    pub(super) due: Instant,
    pub(super) by: By,
}

/// A promise that is open.
#[derive(Clone, Debug)]
pub struct Promise {
    /// Promises of a case are numbered.
    pub(super) number: u64,
    pub(super) amount: i64,
    pub(super) on: Date,
    pub(super) by: Date,
}

/// A message that went out.
#[derive(Clone, Debug)]
pub struct Message<'m> {
    pub(super) effect: u32,
    pub(super) action: &'m Action,
    pub(super) person: usize,
    pub(super) way: usize,
    /// Copies that did not bounce.
    pub(super) copies: Channels,
    pub(super) channels: Channels,
    /// The entry of the stage in which it went out.
    pub(super) entry: u64,
    pub(super) by: By,
}

/// How often a template was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    pub(super) count: i64,
    pub(super) first: Option<Date>,
    pub(super) last: Option<Date>,
}

/// The last day to pay that the debtor was told.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    pub(super) day: Date,
    pub(super) set: Date,
    /// The effect that set it; none: the host did.
    pub(super) effect: Option<u32>,
}

/// A person who owes.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) id: String,
    pub(super) business: bool,
    pub(super) language: Option<i64>,
    pub(super) region: Option<i64>,
    pub(super) zone: Option<i64>,
    /// Positions in the model's zones.
    pub(super) zones: Vec<usize>,
    pub(super) born: Option<Date>,
    pub(super) reachable: BTreeSet<ChannelId>,
    pub(super) consent: BTreeSet<ChannelId>,
    pub(super) barred: BTreeSet<ChannelId>,
    pub(super) deceased: bool,
    /// Pursued no more.
    pub(super) released: bool,
    /// Under age: written to through the guardians.
    pub(super) minor: bool,
    /// Written to through a representative, through that day where there is one.
    pub(super) represented: Option<Option<Date>>,
    pub(super) attempts: Vec<(Instant, Channels)>,
    pub(super) conversations: Vec<(Instant, ChannelId)>,
}

/// A claim.
#[derive(Clone, Debug)]
pub struct Claim {
    pub(super) id: String,
    pub(super) principal: i64,
    /// Interest fixed so far, less what was paid on it.
    pub(super) fixed: i64,
    /// The first day whose interest is not fixed.
    pub(super) next: Date,
    /// The first day that bears interest at all.
    pub(super) first: Date,
    pub(super) due: Date,
    pub(super) arose: Option<Date>,
    pub(super) default_on: Option<Date>,
    pub(super) kind: Option<i64>,
    pub(super) disputed: bool,
    pub(super) fresh: bool,
    pub(super) secured: bool,
    /// When its period began anew last.
    pub(super) restarted: Option<Date>,
}

/// A run of days on which a limitation period did not run.
#[derive(Clone, Copy, Debug)]
pub struct Suspended {
    /// The number of its rule.
    pub(super) rule: usize,
    pub(super) from: Date,
    /// Its last day; none: it lasts.
    pub(super) to: Option<Date>,
}

/// Costs of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub(super) kind: i64,
    pub(super) charged: i64,
    pub(super) paid: i64,
}

/// What a part of a payment met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Costs of that position.
    Costs(usize),
    /// The interest of a claim.
    Interest(usize),
    /// The principal of a claim.
    Principal(usize),
}

/// A payment.
#[derive(Clone, Debug)]
pub struct Payment {
    pub(super) id: Option<String>,
    pub(super) amount: i64,
    pub(super) on: Date,
    pub(super) returned: bool,
    pub(super) parts: Vec<(Met, i64)>,
    /// The number of the promise that counted it; 0 for none.
    pub(super) promised: u64,
}

/// An event on its way to the rules.
#[derive(Clone, Debug)]
pub struct Happened {
    pub(super) event: EventId,
    pub(super) args: Vec<Option<i64>>,
    /// Whom an event of the machine is about; one of the host names its debtor.
    pub(super) person: Option<usize>,
}

impl Happened {
    pub(super) fn bare(happening: Happening) -> Self {
        let args = happening.builtin().params.iter().map(|_| None).collect();
        Self { event: happening.id(), args, person: None }
    }
}

impl Person {
    pub(super) fn pursued(&self) -> bool {
        !self.deceased && !self.released
    }
}

impl<'m> Waiting<'m> {
    pub(super) fn send(&self) -> Option<&'m Send<Expr>> {
        send_of(self.action)
    }
}

/// The `send` of an action that is one.
pub(super) fn send_of(action: &Action) -> Option<&Send<Expr>> {
    match &action.does {
        dunlin_machine::ir::Does::Send(send) => Some(send),
        _ => None,
    }
}
