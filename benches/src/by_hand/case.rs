//! A case of the strategy written by hand: one plain struct, whole numbers, no memory of its own.

use super::list::List;
use dunlin_machine::value::{Date, Instant};

/// An instant that never comes.
pub const NEVER: i64 = i64::MAX;
/// The most claims of a case.
pub const CLAIMS: usize = 4;
/// Kinds of costs: `dunning`, `return_fee`, `court`.
pub const COSTS: usize = 3;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Stage {
    Reminder,
    Demand,
    LastDemand,
    FinalCall,
    Promised,
    Instalments,
    Court,
    Waiting,
    Order,
    Litigation,
    Enforcement,
    LongTerm,
    Paid,
    Withdrawn,
    Uneconomic,
    WrittenOff,
}

impl Stage {
    /// The four stages of the group before court.
    pub const fn is_before_court(self) -> bool {
        matches!(self, Self::Reminder | Self::Demand | Self::LastDemand | Self::FinalCall)
    }

    /// Whether the case has ended.
    pub const fn is_outcome(self) -> bool {
        matches!(self, Self::Paid | Self::Withdrawn | Self::Uneconomic | Self::WrittenOff)
    }
}

/// How the creditor ranks the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Segment {
    Gold,
    Standard,
    Risk,
}

/// Channels as a set of bits, in the order in which every machine numbers them.
pub type Channels = u8;
/// By post.
pub const LETTER: Channels = 1;
/// By e-mail.
pub const EMAIL: Channels = 2;
/// By text message.
pub const SMS: Channels = 4;
/// By telephone.
pub const PHONE: Channels = 8;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Template {
    Reminder,
    Nudge,
    Demand,
    LastDemand,
    PromiseConfirmation,
    PlanReminder,
    PlanCancelled,
}

/// What is said on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Script {
    OpenClaim,
    LastOffer,
}

/// What is filed at court.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Form {
    Mahnbescheid,
    Vollstreckungsbescheid,
}

/// A person's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Work {
    FindAddress,
    ReviewFile,
    ReviewObjection,
    Enforce,
    EnforceAgain,
    AssetCheck,
    CheckDispute,
    CheckHardship,
}

/// What a hold stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A message.
    Send(Template),
    /// A series of calls.
    Call(Script),
    /// A form for the court.
    File(Form),
    /// The flat sum for a letter; whether it takes the place of what was charged before.
    Charge {
        /// Whether it does.
        replacing: bool,
    },
}

/// Whose an action is: what a stage, its group or nobody withdraws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The stage, or the group around it.
    #[default]
    Stage,
    /// The plan of instalments.
    Plan,
    /// A rule that holds in every stage, or a watch.
    Always,
}

/// How a timer moves when a hold ends or the host was late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// It hangs on a date: it does not move.
    #[default]
    Not,
    /// By calendar days.
    Days,
    /// By calendar days, and on to a working day.
    WorkingDays,
}

/// A timer of a stage or of the group.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// When it is due, in seconds; [`NEVER`].
    pub due: i64,
    /// It does not fire before.
    pub not_before: i64,
    /// Its day without the shift.
    pub base: Date,
    /// Days by which it moved.
    pub shift: i32,
    /// How it moves.
    pub counts: Counts,
    /// How often it fell due.
    pub times: u8,
    /// The date that it fired for.
    pub fired_for: Option<Date>,
}

impl Default for Timer {
    fn default() -> Self {
        Self { due: NEVER, not_before: 0, base: Date::FIRST, shift: 0, counts: Counts::Not, times: 0, fired_for: None }
    }
}

/// The group before court, while the case is in it.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Since when holds count for it: when it was entered, or when the case came back.
    pub since: Instant,
    /// Six months, then court.
    pub timer: Timer,
}

/// A stage that the case is in, or was in before.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which.
    pub stage: Stage,
    /// When it was entered.
    pub entered: Instant,
    /// Since when holds count for it: when it was entered, or when the case came back.
    pub since: Instant,
    /// When it was left.
    pub left: Instant,
    /// Its timers.
    pub timers: [Timer; 3],
    /// Whether its `as soon as` acted.
    pub acted: bool,
    /// What is around it.
    pub group: Option<Group>,
    /// Tasks withdrawn when it was left.
    pub tasks: List<Task, 8>,
    /// Calls withdrawn when it was left.
    pub calls: List<Call, 2>,
}

/// An open task.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Which.
    pub work: Work,
    /// The effect that opened it.
    pub effect: u32,
    /// When it is overdue; [`NEVER`] once that was said.
    pub due: i64,
    /// Whose.
    pub owner: Owner,
    /// The body that opened it.
    pub run: u32,
}

impl Default for Task {
    fn default() -> Self {
        Self { work: Work::FindAddress, effect: 0, due: NEVER, owner: Owner::Stage, run: 0 }
    }
}

/// An open series of calls.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What is said.
    pub script: Script,
    /// Attempts made.
    pub made: u32,
    /// The effect of the first attempt; 0 before it.
    pub effect: u32,
    /// When the next is due.
    pub due: Instant,
    /// The body that opened it.
    pub run: u32,
}

impl Default for Call {
    fn default() -> Self {
        Self { script: Script::OpenClaim, made: 0, effect: 0, due: Instant::FIRST, run: 0 }
    }
}

/// A message that waits for its time.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Which.
    pub template: Template,
    /// The way that it had.
    pub way: usize,
    /// When it is tried again.
    pub due: Instant,
    /// Whose.
    pub owner: Owner,
    /// The body that sent it.
    pub run: u32,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { template: Template::Reminder, way: 0, due: Instant::FIRST, owner: Owner::Stage, run: 0 }
    }
}

/// An action that waits for the end of a hold.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// Which.
    pub action: Action,
    /// Whose.
    pub owner: Owner,
    /// The body that did it.
    pub run: u32,
}

impl Default for Stopped {
    fn default() -> Self {
        Self { action: Action::Send(Template::Reminder), owner: Owner::Stage, run: 0 }
    }
}

/// Whether the stage in which a message went out lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// The case is in it.
    Now,
    /// It would go on by a return.
    Before,
    /// It is over.
    Over,
}

/// A message that went out.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// Its effect.
    pub effect: u32,
    /// Which.
    pub template: Template,
    /// The way that it took.
    pub way: usize,
    /// Copies that did not come back.
    pub copies: Channels,
    /// Whether its stage lasts.
    pub stage: Lasts,
    /// Whose.
    pub owner: Owner,
}

impl Default for Message {
    fn default() -> Self {
        let template = Template::Reminder;
        Self { effect: 0, template, way: 0, copies: 0, stage: Lasts::Over, owner: Owner::Stage }
    }
}

/// The last day to pay that the debtor was told.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// None while the message that sets it is not out.
    pub day: Option<Date>,
    /// When it was set.
    pub set: Instant,
    /// The effect that set it; 0: none.
    pub effect: u32,
}

/// A promise to pay.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// Minor units.
    pub amount: i64,
    /// When it was made.
    pub on: Date,
    /// Its last day.
    pub by: Date,
    /// When that day is over.
    pub over: Instant,
    /// What was paid on it.
    pub paid: i64,
}

/// A plan of instalments.
#[derive(Clone, Copy, Debug)]
pub enum Plan {
    /// Offered.
    Offered,
    /// Terms are agreed.
    Accepted {
        /// Each instalment, in minor units.
        amount: i64,
        /// The day of the month.
        day: u8,
        /// Whether the stage asked for it to run.
        asked: bool,
    },
    /// It runs.
    Active(Running),
    /// It was paid.
    Completed(Running),
}

/// A plan that runs.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// Each instalment.
    pub amount: i64,
    /// The chosen day of the month.
    pub day: u8,
    /// How many.
    pub count: u32,
    /// The plain due day of the first.
    pub first: Date,
    /// What was paid before it ran.
    pub paid_before: i64,
    /// Instalments past their grace.
    pub past: u32,
    /// Instalments that are met.
    pub met: u32,
    /// When the grace of the next one ends.
    pub grace: i64,
    /// When the oldest that is not met is overdue for too long.
    pub overdue: i64,
}

/// A claim, in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The host's number for it.
    pub id: u8,
    /// Open principal.
    pub principal: i64,
    /// Interest fixed so far.
    pub interest: i64,
    /// The first day whose interest is not fixed.
    pub next: Date,
    /// When it is to be paid.
    pub due: Date,
    /// Whether it is disputed.
    pub disputed: bool,
    /// Whether no demand has named it yet.
    pub fresh: bool,
}

impl Default for Claim {
    fn default() -> Self {
        let (next, due) = (Date::FIRST, Date::FIRST);
        Self { id: 0, principal: 0, interest: 0, next, due, disputed: false, fresh: true }
    }
}

/// A kind of costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the strategy's")]
pub enum Kind {
    #[default]
    Dunning,
    ReturnFee,
    Court,
}

/// Costs of one kind, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Which.
    pub kind: Kind,
    /// Charged, less what was waived.
    pub charged: i64,
    /// Paid on it.
    pub paid: i64,
}

impl Cost {
    /// What is open.
    pub fn open(&self) -> i64 {
        (self.charged - self.paid).max(0)
    }
}

/// A payment that can still be returned, and where its parts went.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// The host's number for it; none: it cannot be returned.
    pub id: Option<u64>,
    /// Minor units.
    pub amount: i64,
    /// Its value date.
    pub on: Date,
    /// Whether it was returned.
    pub returned: bool,
    /// What it met of the costs, by position.
    pub costs: [i64; COSTS],
    /// What it met of each claim's interest.
    pub interest: [i64; CLAIMS],
    /// What it met of each claim's principal.
    pub principal: [i64; CLAIMS],
}

impl Default for Payment {
    fn default() -> Self {
        Self {
            id: None,
            amount: 0,
            on: Date::FIRST,
            returned: false,
            costs: [0; COSTS],
            interest: [0; CLAIMS],
            principal: [0; CLAIMS],
        }
    }
}

/// Everything that the strategy knows of one claim and its debtor.
#[derive(Clone, Debug)]
pub struct Case {
    /// The instant of the latest input.
    pub now: Instant,
    /// Its day in the strategy's zone.
    pub today: Date,
    /// The number of the next effect.
    pub next_effect: u32,
    /// Events delivered and moves made.
    pub events: u32,
    /// Body runs so far.
    pub runs: u32,
    /// The last 16 numbers of events.
    pub recent: List<u64, 16>,
    /// How the creditor ranks the customer.
    pub segment: Segment,
    /// 0 to 100.
    pub score: i64,
    /// How often the case was reminded anew.
    pub rounds: i64,
    /// Channels with an address.
    pub reachable: Channels,
    /// Channels that the person consents to.
    pub consent: Channels,
    /// Channels that are barred.
    pub barred: Channels,
    /// The days of the last three attempts, the latest first: all that the limits ask.
    pub attempts: [Option<Date>; 3],
    /// The day of the last conversation by phone.
    pub spoke: Option<Date>,
    /// Claims.
    pub claims: List<Claim, CLAIMS>,
    /// Costs, in the order in which they were first charged.
    pub costs: List<Cost, COSTS>,
    /// The last payments.
    pub payments: List<Payment, 32>,
    /// All that was paid and not returned.
    pub paid: i64,
    /// Where it stands.
    pub place: Place,
    /// Where it stood before.
    pub before: Option<Place>,
    /// Whether a dispute holds the case.
    pub dispute: bool,
    /// Until when hardship holds it.
    pub hardship: Option<Instant>,
    /// Since when it has been held without a break.
    pub held_since: Option<Instant>,
    /// Actions that wait for the end of the hold.
    pub stopped: List<Stopped, 16>,
    /// Messages that wait for their time.
    pub waiting: List<Waiting, 8>,
    /// Open tasks.
    pub tasks: List<Task, 32>,
    /// Open calls.
    pub calls: List<Call, 2>,
    /// The open promise.
    pub promise: Option<Promise>,
    /// The plan.
    pub plan: Option<Plan>,
    /// How often terms were agreed.
    pub agreed: u32,
    /// The last messages that went out.
    pub messages: List<Message, 16>,
    /// The last day to pay.
    pub deadline: Option<Deadline>,
    /// When papers were served.
    pub served_on: Option<Date>,
    /// Whether the case counted as settled when last looked at.
    pub settled: bool,
    /// The day on which a date that had passed last moved the case.
    pub moved_by_past_date: Option<Date>,
    /// When the monthly report is due.
    pub report_due: Instant,
    /// The count of events when it last went out.
    pub report_events: u32,
}

impl Case {
    /// Whether it is held.
    pub fn is_held(&self) -> bool {
        self.dispute || self.hardship.is_some()
    }
}
