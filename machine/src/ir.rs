//! The machine: what a strategy compiles to. Flat tables of stages, triggers, actions and expressions that refer to
//! each other by number, so that a step needs no look-up by name and an emitter can walk them in order.
//!
//! Every value at run time is one `i64`; its [`Type`] says how to read it (see [`Type`]). What a case may lack has no
//! value at all: reading it is a fault, which the checker has shown cannot happen.
//!
//! Forms that hold expressions are generic in them (`E`) and in blocks (`B`): the machine refers to both by number, the
//! checked model of a strategy holds them as trees, and a form is defined once.

mod contact;
mod currencies;
mod expressions;
mod guarantees;
mod ledger;
mod limitation;
mod tables;

use crate::events::EventType;
use crate::value::{Calendar, Currency, Duration, Zone};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

pub use contact::{Allow, Contact, Limit, Rest, Window};
pub use currencies::{FurtherFact, FurtherParam};
pub use expressions::{Comparison, Expr, Quantity};
pub use guarantees::{Guarantee, Meant, Milestone, Promised};
pub use ledger::{ClaimOrder, CostCap, Designation, InterestFrom, InterestRule, LedgerRules, Pool, Year};
pub use limitation::{Limitation, Period, PeriodFrom, Restart, SuspendedDays, Suspension};
pub use tables::{AddedRows, Dated, Figure, Pattern, Row, Scale, ScalePart, ScaleRows, Table};

/// A text of the machine, as index into [`Machine::texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextId(pub u32);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u16);
        impl $name {
            /// The number as an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A stage or outcome, in [`Machine::stages`].
    StageId,
    /// A group or a procedure call around stages, in [`Machine::scopes`].
    ScopeId,
    /// A trigger, in [`Machine::triggers`].
    TriggerId,
    /// An expression, in [`Machine::exprs`].
    ExprId,
    /// A source rule, in [`Machine::rules`].
    RuleId,
    /// An event type, in [`Machine::events`].
    EventId,
    /// A fact, in [`Machine::facts`].
    FactId,
    /// A parameter, in [`Machine::params`].
    ParamId,
    /// A variable, in [`Machine::vars`].
    VarId,
    /// A decision table, in [`Machine::tables`].
    TableId,
    /// A dated value, in [`Machine::dated`].
    DatedId,
    /// A calendar, in [`Machine::calendars`].
    CalendarId,
    /// An enumeration, in [`Machine::enums`].
    EnumId,
    /// A template, in [`Machine::templates`].
    TemplateId,
    /// A tone, in [`Machine::tones`].
    ToneId,
    /// An action, in [`Machine::actions`].
    ActionRef,
    /// A plan of instalments, in [`Machine::plans`].
    PlanId,
    /// A fee scale, in [`Machine::scales`].
    ScaleId,
}

impl TextId {
    /// The number as an index.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A channel, in [`Machine::channels`]; at most 32, so that a set of them is one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelId(pub u8);

/// A set of channels: bit n is channel n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channels(pub u32);

impl Channels {
    /// Every channel.
    pub const ALL: Self = Self(u32::MAX);
    /// The set of one channel.
    #[must_use]
    pub const fn of(channel: ChannelId) -> Self {
        Self(1u32.wrapping_shl(channel.0 as u32))
    }
    /// Whether the channel is in the set.
    #[must_use]
    pub const fn has(self, channel: ChannelId) -> bool {
        self.0 & Self::of(channel).0 != 0
    }
    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether no channel is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The channels of the set, in order.
    pub fn iter(self) -> impl Iterator<Item = ChannelId> {
        (0..32u8).map(ChannelId).filter(move |c| self.has(*c))
    }
}

/// How the `i64` of a value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Type {
    /// 0 is no, 1 is yes.
    Bool,
    /// A whole number.
    Number,
    /// Minor units of the case's currency.
    Money,
    /// Billionths: 5 % is 50,000,000.
    Rate,
    /// Days since 1970-01-01.
    Date,
    /// Seconds since 1970-01-01T00:00:00Z.
    Instant,
    /// A span of clock time: `from * 100_000 + to`, both in seconds of the day.
    Hours,
    /// As [`Duration::pack`] writes it.
    Duration,
    /// `n >= 0`: the machine's text n; `n < 0`: the case's own text `-1 - n`.
    Text,
    /// A channel's number.
    Channel,
    /// A tone's number.
    Tone,
    /// The position of the value in its enumeration.
    Enum(EnumId),
}

/// A run of neighbours in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub first: u16,
    /// How many.
    pub len: u16,
}

impl Span {
    /// The positions in the table.
    #[must_use]
    #[inline]
    pub const fn range(self) -> core::ops::Range<usize> {
        self.first as usize..self.first as usize + self.len as usize
    }
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Actions in order: a run in [`Machine::actions`].
pub type Block = Span;

/// A compiled strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The strategy's name.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// Its version.
    pub version: u32,
    /// The currencies that a case may be in.
    pub currencies: Vec<Currency>,
    /// Zones whose rules are compiled in; the first is the strategy's.
    pub zones: Vec<Zone>,
    /// Calendars; the first is weekends alone.
    pub calendars: Vec<Calendar>,
    /// Which of them a case goes by.
    pub calendar: CalendarChoice,
    /// When timers of days fall due, in seconds of the day.
    pub day_begins: u32,
    /// Every text that the machine knows.
    pub texts: Vec<String>,
    /// Enumerations.
    pub enums: Vec<Enumeration>,
    /// Channels by name; the built-in ones first.
    pub channels: Vec<TextId>,
    /// Tones by name; the built-in ones first.
    pub tones: Vec<TextId>,
    /// Facts of a case.
    pub facts: Vec<Fact>,
    /// The strategy's parameters.
    pub params: Vec<Param>,
    /// Variables of a case.
    pub vars: Vec<Var>,
    /// Templates that can be sent.
    pub templates: Vec<Template>,
    /// Every event that a case can take; the built-in ones first, in their own order.
    pub events: Vec<EventType>,
    /// Event parameters that something reads: the case keeps the latest value of each.
    pub kept: Vec<Kept>,
    /// Events of which something asks whether they happened (`had EVENT`, `had EVENT(value)`), or that have a kept
    /// parameter.
    pub noted: Vec<EventPattern>,
    /// Where a case opens: the first whose condition holds, else the first stage.
    pub starts: Vec<Start>,
    /// Stages and outcomes.
    pub stages: Vec<Stage>,
    /// Groups and procedures.
    pub scopes: Vec<Scope>,
    /// Plans of instalments.
    pub plans: Vec<Plan>,
    /// Rules that see every event first, in order.
    pub whenevers: Vec<Whenever>,
    /// Rules that run beside the stages.
    pub watches: Vec<Watch>,
    /// All triggers.
    pub triggers: Vec<Trigger>,
    /// All actions.
    pub actions: Vec<Action>,
    /// All expressions; an operand stands before what uses it.
    pub exprs: Vec<Expr>,
    /// Decision tables.
    pub tables: Vec<Table>,
    /// Values that change by date.
    pub dated: Vec<Dated>,
    /// Fee scales.
    pub scales: Vec<Scale>,
    /// Who may be contacted when.
    pub contact: Contact,
    /// How claims bear interest and payments are allocated.
    pub ledger: LedgerRules,
    /// What the strategy promises, in the order of the source.
    pub guarantees: Vec<Guarantee>,
    /// Bounds of a case.
    pub limits: Limits,
    /// Source files, for citations.
    pub files: Vec<String>,
    /// What effects, moves and held actions cite.
    pub rules: Vec<Rule>,
}

/// Which calendar a case goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CalendarChoice<E = ExprId> {
    /// One for all.
    One(CalendarId),
    /// By a text of the debtor or the case: the part after its last `-`, in lower case, picks the calendar.
    By {
        /// The text that picks.
        key: E,
        /// Suffix and calendar, sorted by suffix.
        choices: Vec<(String, CalendarId)>,
        /// Where the text is not known or picks none.
        otherwise: CalendarId,
    },
}

/// An enumeration: `gold | standard | risk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enumeration {
    /// Its name: the fact's, or the built-in's.
    pub name: TextId,
    /// Its values, in order.
    pub values: Vec<TextId>,
}

/// A fact that the host states of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// Smallest and largest value allowed, for numbers and amounts.
    pub bounds: Option<(Option<i64>, Option<i64>)>,
    /// What it is where the case does not say. A fact without default must be stated, unless it is optional.
    pub default: Option<i64>,
    /// Whether a case may lack it; it is then asked for by `known`.
    pub optional: bool,
    /// Of an amount in a strategy in several currencies: what is allowed in the second and those after it.
    pub further: Vec<FurtherFact>,
}

/// A parameter of the strategy: fixed in this machine, named in explanations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub value: i64,
    /// The bounds that the author set.
    pub bounds: Option<(i64, i64)>,
    /// Of an amount in a strategy in several currencies: what it is in the second and those after it.
    pub further: Vec<FurtherParam>,
}

/// A variable of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Var {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// Its value when the case opens.
    pub start: ExprId,
}

/// A message that can be sent, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its name.
    pub name: TextId,
    /// Whether something asks how often or when it was sent.
    pub counted: bool,
}

/// An event parameter whose latest value a case keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The event.
    pub event: EventId,
    /// The position of the parameter in it.
    pub param: u8,
}

/// A stage or an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name; inside a procedure `court.applied`.
    pub name: TextId,
    /// Its title for people.
    pub title: TextId,
    /// Where it is declared.
    pub rule: RuleId,
    /// Whether it ends the case.
    pub outcome: bool,
    /// The group or procedure around it, the innermost.
    pub scope: Option<ScopeId>,
    /// What is done on entry.
    pub entry: Block,
    /// Its triggers, in the order of the source.
    pub triggers: Span,
    /// What is done when it is left.
    pub leaving: Vec<Leaving>,
}

/// Stages with something in common: a group, or a stage that is a procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Its name: of a procedure that of the stage that it is.
    pub name: TextId,
    /// Its title.
    pub title: TextId,
    /// What is around it; its number is lower than this one's.
    pub parent: Option<ScopeId>,
    /// Of a procedure its first stage; none of a group.
    pub first: Option<StageId>,
    /// What is done when it is entered, before its stage is: a procedure's arguments are set.
    pub entry: Block,
    /// Its triggers.
    pub triggers: Span,
    /// What is done when it is left.
    pub leaving: Vec<Leaving>,
}

/// `leaving { … }`: done on the way out, before the stage is left. It holds no move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving<B = Block> {
    /// Where it stands.
    pub rule: RuleId,
    /// On which ways out.
    pub ways: Ways,
    /// What is done.
    pub body: B,
}

/// The ways out that a `leaving` block is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ways {
    /// All.
    Every,
    /// `to S, T`: where the move goes to one of these stages.
    To(Vec<StageId>),
    /// `otherwise`, in a procedure: all but its exits.
    Otherwise,
}

/// `STAGE [when C]`, in `start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// Where the case opens.
    pub stage: StageId,
    /// Read when the case opens; none: always.
    pub when: Option<E>,
}

/// `plan NAME { … }`: what instalments may be agreed, and what follows when they are not paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan<E = ExprId, B = Block> {
    /// Its name.
    pub name: TextId,
    /// Where it is declared.
    pub rule: RuleId,
    /// `offer when C`: a bound on offers and terms, not a trigger.
    pub offer_when: Option<E>,
    /// `over RATE of balance`: a settlement for this share of the balance.
    pub over: Option<E>,
    /// The fewest and the most instalments, both included, at least 1.
    pub instalments: (u32, u32),
    /// From one instalment to the next.
    pub rhythm: Duration,
    /// The least that an instalment may be, but for the last.
    pub at_least: Option<E>,
    /// `first within D`: the latest day of the first instalment.
    pub first_within: Option<E>,
    /// `due on day A or B`: the days of the month that may be chosen; empty: any.
    pub due_on: Vec<u8>,
    /// How long after its due day an instalment may come without being missed.
    pub grace: Option<E>,
    /// `breach when N consecutive missed`.
    pub breach_consecutive: Option<u32>,
    /// `breach when N missed`.
    pub breach_missed: Option<u32>,
    /// `breach when overdue D`.
    pub breach_overdue: Option<E>,
    /// How often new terms may take the place of agreed ones; none: as often as one likes.
    pub renegotiate: Option<u32>,
    /// Whether claims bear no interest while it is active.
    pub without_interest: bool,
    /// `notice TEMPLATE first`: the `send` that goes out before it becomes active; empty without one.
    pub notice: B,
    /// The channels by one of which it is signed before it becomes active; none: unsigned.
    pub sign_by: Option<Channels>,
    /// What is done when an instalment is missed.
    pub on_missed: B,
    /// What is done when it is completed.
    pub on_completed: B,
    /// What is done when it is breached.
    pub on_breached: B,
}

/// `whenever EVENT when C { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whenever {
    /// Where it stands.
    pub rule: RuleId,
    /// The event that it waits for.
    pub event: EventPattern,
    /// Its condition.
    pub when: Option<ExprId>,
    /// What it does.
    pub body: Block,
    /// Triggers that wait while the hold that the body set lasts.
    pub triggers: Span,
}

/// `watch NAME when C { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Its name.
    pub name: TextId,
    /// Where it stands.
    pub rule: RuleId,
    /// Its triggers act only while this holds.
    pub when: Option<ExprId>,
    /// Its triggers.
    pub triggers: Span,
}

/// An event and what its parameters must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventPattern {
    /// The event.
    pub event: EventId,
    /// Parameter position and the value that it must have.
    pub is: Vec<(u8, i64)>,
}

/// A trigger of a stage, group, watch or `whenever` block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Where it stands.
    pub rule: RuleId,
    /// What sets it off.
    pub on: On,
    /// Its condition, read once, when it is set off.
    pub when: Option<ExprId>,
    /// What it does.
    pub body: Block,
    /// Whether a move stands anywhere in the body.
    pub moves: bool,
}

/// What sets a trigger off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum On<E = ExprId> {
    /// `on EVENT [usually within D]`.
    Event {
        /// Which event.
        event: EventPattern,
        /// When an answer normally comes: not there by then, an alarm is raised.
        usually_within: Option<E>,
    },
    /// `after D` since the entry of the stage, group or case.
    After(E),
    /// `on DATE`, `D before DATE`, `D after DATE`. Fires once for each value that the date takes.
    Date {
        /// The date; not known means: not due.
        date: E,
        /// How far from it.
        offset: Option<E>,
        /// Whether the offset is before it.
        before: bool,
    },
    /// `every D [at most N times]`.
    Every {
        /// How often; first after one of it.
        every: E,
        /// How many times it may act.
        at_most: Option<u32>,
    },
    /// `every month on day N`; the month's last day where it is shorter.
    EveryMonth {
        /// The day, 1 to 31.
        day: u8,
        /// How many times it may act.
        at_most: Option<u32>,
    },
    /// `every working day`.
    EveryWorkingDay {
        /// How many times it may act.
        at_most: Option<u32>,
    },
    /// `as soon as C`: once per entry; in a watch each time that it becomes true.
    AsSoonAs(E),
    /// `on move`, in a watch.
    Move,
    /// `on effect KIND`, in a watch.
    Effect(EffectKind),
}

/// The kinds of effect, by the verbs of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EffectKind {
    /// `send`.
    Send,
    /// `call`.
    Call,
    /// `task`.
    Task,
    /// `file`.
    File,
    /// `charge`.
    Charge,
    /// `waive`.
    Waive,
    /// `collect`.
    Collect,
    /// `offer`.
    Offer,
    /// `activate`.
    Activate,
    /// `report`.
    Report,
    /// `alarm`.
    Alarm,
    /// `emit`.
    Emit,
    /// `assign`.
    Assign,
    /// `block`.
    Block,
    /// `unblock`.
    Unblock,
    /// `release`.
    Release,
    /// `split`.
    Split,
    /// `approval`: a person is asked.
    Approval,
    /// `cancel`: what was asked for before is withdrawn.
    Cancel,
    /// `refund`.
    Refund,
}

impl EffectKind {
    /// All, in their order.
    pub const ALL: [Self; 20] = [
        Self::Send,
        Self::Call,
        Self::Task,
        Self::File,
        Self::Charge,
        Self::Waive,
        Self::Collect,
        Self::Offer,
        Self::Activate,
        Self::Report,
        Self::Alarm,
        Self::Emit,
        Self::Assign,
        Self::Block,
        Self::Unblock,
        Self::Release,
        Self::Split,
        Self::Approval,
        Self::Cancel,
        Self::Refund,
    ];

    /// The word of the language: `send`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Call => "call",
            Self::Task => "task",
            Self::File => "file",
            Self::Charge => "charge",
            Self::Waive => "waive",
            Self::Collect => "collect",
            Self::Offer => "offer",
            Self::Activate => "activate",
            Self::Report => "report",
            Self::Alarm => "alarm",
            Self::Emit => "emit",
            Self::Assign => "assign",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Release => "release",
            Self::Split => "split",
            Self::Approval => "approval",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action<E = ExprId, B = Block> {
    /// Where it stands.
    pub rule: RuleId,
    /// What it does.
    pub does: Does<E, B>,
}

/// Named values that go out with an effect.
pub type With<E = ExprId> = Vec<(TextId, Type, E)>;

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does<E = ExprId, B = Block> {
    /// `send`.
    Send(Send<E>),
    /// `call`.
    Call(Call<E>),
    /// `task`.
    Task(Task<E>),
    /// `file FORM with …`.
    File {
        /// The form.
        form: TextId,
        /// What goes with it.
        with: With<E>,
    },
    /// `charge MONEY as KIND [replacing KIND]`.
    Charge {
        /// How much.
        amount: E,
        /// As which kind of cost.
        kind: TextId,
        /// The kind whose place it takes.
        replacing: Option<TextId>,
    },
    /// `waive costs[(KIND)] | interest | MONEY`.
    Waive(Waive<E>),
    /// `report PARTY "…" | status | open | settled | withdrawn`.
    Report {
        /// To whom.
        party: TextId,
        /// The message, or one of the four words.
        what: TextId,
        /// Whether `what` is the author's own message.
        message: bool,
    },
    /// `alarm NAME`.
    Alarm(TextId),
    /// `emit NAME(k = v, …)`.
    Emit {
        /// Its name.
        name: TextId,
        /// Its values.
        with: With<E>,
    },
    /// `assign QUEUE`.
    Assign(TextId),
    /// `block customer [for THING]`, `unblock customer [for THING]`.
    Customer {
        /// Whether it blocks.
        block: bool,
        /// For what.
        thing: Option<TextId>,
    },
    /// `pause [REASON] [for D | until DATE] [without interest]`.
    Pause {
        /// The reason.
        reason: TextId,
        /// When it ends by itself.
        ends: HoldEnd<E>,
        /// Whether claims bear no interest meanwhile.
        without_interest: bool,
    },
    /// `resume [REASON]`: ends the hold of that reason, or the one of the rule that it stands in.
    Resume(TextId),
    /// `set NAME = EXPRESSION`.
    Set {
        /// The variable.
        var: VarId,
        /// Its new value.
        value: E,
    },
    /// `if C { … } else { … }`.
    If {
        /// The condition.
        condition: E,
        /// What is done where it holds.
        then: B,
        /// What is done where it does not.
        otherwise: B,
    },
    /// `-> STAGE`: ends the body.
    Move(Target),
    /// `-> EXIT` in a procedure: what the caller wrote for that exit, which ends in a move.
    Exit {
        /// The procedure that is left by it.
        from: ScopeId,
        /// The exit's name.
        exit: TextId,
        /// What the caller does.
        body: B,
    },
    /// `collect MONEY by debit | card`.
    Collect {
        /// How much.
        amount: E,
        /// `debit` or `card`.
        by: TextId,
    },
    /// `offer plan NAME`.
    OfferPlan(PlanId),
    /// `activate plan NAME`.
    ActivatePlan(PlanId),
    /// `cancel plan`.
    CancelPlan,
    /// `release debtor`: the one that the event names.
    ReleaseDebtor,
    /// `split disputed | MONEY | debtor -> STAGE`.
    Split {
        /// Which part leaves.
        part: SplitPart<E>,
        /// Where the sister case opens.
        to: StageId,
    },
    /// An action or move `with approval by ROLE …`.
    Approval(Approval<E, B>),
}

/// Which part of a case leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SplitPart<E = ExprId> {
    /// The claims that are disputed.
    Disputed,
    /// The debtor whom the event names.
    Debtor,
    /// A sum of principal.
    Money(E),
}

/// `… with approval by ROLE [within D] [else …]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval<E = ExprId, B = Block> {
    /// Under which name the host is asked: the stage that the move goes to, or the action's template, form, plan or kind.
    pub name: TextId,
    /// Who is asked.
    pub role: TextId,
    /// How long the answer may take; none: as long as the stage lasts.
    pub within: Option<E>,
    /// The `when` of the rule around it, which is read again once it is approved.
    pub when: Option<E>,
    /// The action or move.
    pub body: B,
    /// Done when it is declined or not answered in time; none: an alarm.
    pub otherwise: Option<B>,
}

/// Where a move goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A stage or outcome.
    Stage(StageId),
    /// The stage before, as if the time since had been a hold.
    LastStage,
    /// The same stage anew.
    Itself,
}

/// When a hold ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldEnd<E = ExprId> {
    /// Only by a rule, or by the host.
    Open,
    /// After a duration.
    For(E),
    /// When the day begins.
    Until(E),
}

/// What is waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waive<E = ExprId> {
    /// All costs.
    Costs,
    /// The costs of one kind.
    CostsOf(TextId),
    /// The interest accrued so far.
    Interest,
    /// A sum: costs first, then interest, then principal.
    Money(E),
}

/// `send TEMPLATE by … else … tone T payable within D …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send<E = ExprId> {
    /// The message.
    pub template: TemplateId,
    /// Ways to send it, the first that can be used is taken; each a set of channels that go out together.
    pub ways: Vec<Channels>,
    /// Its tone.
    pub tone: Option<E>,
    /// How long the debtor has to pay; sets the deadline.
    pub payable_within: Option<E>,
    /// Whether that counts from the end of the calendar's post days.
    pub after_post: bool,
    /// Whether it answers the debtor, is owed by law, or neither.
    pub nature: Nature,
    /// Who gets it.
    pub to: To,
    /// What goes with it.
    pub with: With<E>,
}

/// Why a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nature {
    /// On our own account: every contact rule holds.
    Ordinary,
    /// `as reply`: out of hours and uncounted.
    Reply,
    /// `as notice`: owed by law; counted, never held by a limit.
    Notice,
}

/// Which debtors an action is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum To {
    /// Every debtor still pursued.
    All,
    /// The one that the event names.
    Named,
    /// One, the first still pursued.
    First,
}

/// `call SCRIPT …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call<E = ExprId> {
    /// What to say.
    pub script: TextId,
    /// Who is called: the first debtor still pursued, or the one that the event names; never all.
    pub to: To,
    /// In which tone.
    pub tone: Option<E>,
    /// In which hours, within those that `contact` allows.
    pub hours: Option<E>,
    /// How many attempts at most, 1 or more.
    pub attempts: u32,
    /// How long from one attempt to the next.
    pub every: Option<E>,
    /// What goes with it.
    pub with: With<E>,
}

/// `task NAME for ROLE …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task<E = ExprId> {
    /// What is to be done.
    pub name: TextId,
    /// By whom.
    pub role: TextId,
    /// Substitutes, in order, each with the time since the task was opened after which it comes in.
    pub substitutes: Vec<(TextId, E)>,
    /// Until when.
    pub within: E,
    /// Results that the host may answer with; none: any.
    pub results: Vec<TextId>,
    /// Its priority for the host.
    pub priority: Option<i64>,
    /// Whether it stays open when its stage is left.
    pub keep: bool,
}

/// Bounds of a case (section 15.10 of the language); `limits { … }` raises them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Debtors.
    pub debtors: u32,
    /// Claims.
    pub claims: u32,
    /// Kinds of cost.
    pub cost_kinds: u32,
    /// Holds at one time.
    pub holds: u32,
    /// Payments that can still be returned.
    pub payments: u32,
    /// Attempts kept for each debtor.
    pub attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { debtors: 4, claims: 64, cost_kinds: 16, holds: 16, payments: 32, attempts: 64 }
    }
}

/// What a trace cites: the place in the source, and the law that the author named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// In [`Machine::files`].
    pub file: u16,
    /// From 1.
    pub line: u32,
    /// The first words of the rule, as the author wrote them.
    pub name: TextId,
    /// `law "…"`.
    pub law: Option<TextId>,
}
