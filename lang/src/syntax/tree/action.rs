//! Bodies of stages and rules: triggers, actions, moves.

use super::{Argument, DottedName, EventPattern, Expr, Name, Number, Span, Text};

/// One thing that stands in a body: an action, a move, an `if`, a trigger, `leaving`, or an `exit`.
///
/// The parser accepts each of them in every body; which may stand where, the checker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// `with approval by ROLE …`, of an action or a move.
    pub approval: Option<Box<Approval>>,
    /// `law "…"`. Of a trigger only where it has a block: after `-> stage` or `: action` the law is theirs.
    pub law: Vec<Text>,
    /// The `##` lines before it.
    pub doc: Option<String>,
    /// From its first word to its last.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `send …`, `charge …`, `pause`, …
    Action(Action),
    /// `-> stage`
    Move(Target),
    /// `if C { … } else { … }`
    If(If),
    /// `after 7 days …`, `on payment …`
    Trigger(Trigger),
    /// `leaving { … }`
    Leaving(Leaving),
    /// `exit title -> enforcement`, in a stage that is a procedure.
    Exit(Exit),
    /// Could not be read, and was reported.
    Broken,
}

/// Statements in braces, or the one after `->` or `:`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Block {
    /// In source order.
    pub statements: Vec<Statement>,
    /// With its braces, arrow or colon.
    pub span: Span,
}

/// Where a move goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub kind: TargetKind,
    /// The name, without the arrow.
    pub span: Span,
}

/// The kinds of target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A stage, an outcome, or in a procedure one of its exits.
    Stage(DottedName),
    /// `last_stage`
    LastStage,
    /// `self`
    SelfStage,
    /// `next`, in an inserted stage.
    Next,
}

/// `if C { … } else { … }`. An `else if` is an `otherwise` whose only statement is that `if`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// Done where it holds.
    pub then: Block,
    /// Done where it does not.
    pub otherwise: Option<Block>,
}

/// When something happens, and what happens then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// When.
    pub kind: TriggerKind,
    /// The words before `when`, `->`, `:` or `{`.
    pub head: Span,
    /// `when C`.
    pub condition: Option<Expr>,
    /// `-> stage`, `: action` or `{ … }`.
    pub body: Block,
}

/// The kinds of trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerKind {
    /// `after D`: since the stage was entered.
    After(Expr),
    /// `D before DATE`.
    BeforeDate {
        /// D.
        duration: Expr,
        /// The date that it follows.
        date: Expr,
    },
    /// `D after DATE`.
    AfterDate {
        /// D.
        duration: Expr,
        /// The date that it follows.
        date: Expr,
    },
    /// `on X`, with `X | Y` for either.
    On(On),
    /// `every D [at most N times]`.
    Every {
        /// D.
        duration: Expr,
        /// N.
        at_most: Option<Expr>,
    },
    /// `every month on day N`.
    EveryMonth {
        /// N.
        day: Expr,
    },
    /// `every working day`.
    EveryWorkingDay,
    /// `as soon as C`.
    AsSoonAs(Expr),
    /// `on move`, in a watch.
    OnMove,
    /// `on effect KIND`, in a watch.
    OnEffect(Name),
}

/// `on X [usually within D]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// What it waits for.
    pub target: OnTarget,
    /// `usually within D`.
    pub usually_within: Option<Expr>,
}

/// What stands after `on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnTarget {
    /// A name, dotted or with parentheses, or several joined by `|`: each an event if there is one of that
    /// name, else a date (see [`EventPattern::as_expr`]).
    Names(Vec<EventPattern>),
    /// Anything else is a date: `on 2026-03-01`, `on deadline + 3 days`.
    Date(Expr),
}

/// `leaving { … }`, `leaving to S, T { … }`, `leaving otherwise { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Which ways out.
    pub ways: LeavingWays,
    /// What is done.
    pub body: Block,
}

/// The ways out that a `leaving` block is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeavingWays {
    /// All.
    Every,
    /// `to S, T`.
    To(Vec<DottedName>),
    /// `otherwise`: every way but the exits of the procedure.
    Otherwise,
}

/// `exit NAME -> STAGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit that the procedure declares.
    pub name: Name,
    /// `when C`.
    pub condition: Option<Expr>,
    /// `-> stage`, `: action` or `{ … }`.
    pub body: Block,
}

/// `with approval by ROLE [within D] [else -> STAGE | else { … }]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who is asked.
    pub role: Name,
    /// How long the answer may take.
    pub within: Option<Expr>,
    /// Done when declined or not answered in time.
    pub otherwise: Option<Block>,
    /// All of it.
    pub span: Span,
}

/// What the machine tells the host to do, or does to the case itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `send TEMPLATE by …`
    Send(Send),
    /// `call SCRIPT …`
    Call(Call),
    /// `task NAME for ROLE …`
    Task(Task),
    /// `file FORM [with …]`
    File {
        /// The form.
        form: Name,
        /// `with name = value, …`
        with: Vec<Argument>,
    },
    /// `charge MONEY as KIND [replacing KIND]`
    Charge {
        /// MONEY.
        amount: Expr,
        /// KIND.
        kind: Name,
        /// The kind whose place it takes.
        replacing: Option<Name>,
    },
    /// `waive costs[(KIND)] | interest | MONEY`
    Waive(Waive),
    /// `collect MONEY by debit | card`
    Collect {
        /// MONEY.
        amount: Expr,
        /// `debit` or `card`.
        by: Name,
    },
    /// `offer plan NAME`
    OfferPlan(DottedName),
    /// `activate plan NAME`
    ActivatePlan(DottedName),
    /// `cancel plan`
    CancelPlan,
    /// `report PARTY "…" | status | open | settled | withdrawn`
    Report {
        /// PARTY.
        party: Name,
        /// What is reported.
        what: ReportWhat,
    },
    /// `alarm NAME`
    Alarm(Name),
    /// `emit NAME(k = v, …)`
    Emit {
        /// NAME.
        name: Name,
        /// What stands in the parentheses.
        arguments: Vec<Argument>,
    },
    /// `assign QUEUE`
    Assign(Name),
    /// `block customer [for THING]`
    BlockCustomer(Option<Name>),
    /// `unblock customer [for THING]`
    UnblockCustomer(Option<Name>),
    /// `release debtor`
    ReleaseDebtor,
    /// `split disputed | MONEY | debtor -> STAGE`
    Split {
        /// Which part leaves.
        part: SplitPart,
        /// Where the sister case opens.
        target: Target,
    },
    /// `pause [REASON] [for D | until DATE] [without interest]`
    Pause(Pause),
    /// `resume [REASON]`
    Resume(Option<Name>),
    /// `set NAME = VALUE`
    Set {
        /// The `var`.
        name: Name,
        /// Its new value.
        value: Expr,
    },
}

/// `send TEMPLATE by CHANNEL [and CHANNEL]… [else …]… …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// TEMPLATE.
    pub template: Name,
    /// The cascade: each step is the channels joined by `and`, the next one comes after `else`.
    /// Empty only where its absence was reported.
    pub cascade: Vec<Vec<Name>>,
    /// `to …`
    pub to: Option<Recipient>,
    /// `tone T`
    pub tone: Option<Expr>,
    /// `payable within D [after post]`
    pub payable: Option<Payable>,
    /// `as reply`, `as notice`
    pub manner: Option<Manner>,
    /// `with name = value, …`
    pub with: Vec<Argument>,
}

/// To whom a message goes; to every debtor still pursued if left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// `to all debtors`
    AllDebtors,
    /// `to debtor`: the one that the event names.
    Debtor,
    /// `to first debtor`
    FirstDebtor,
}

/// `payable within D [after post]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payable {
    /// D.
    pub within: Expr,
    /// Counted from the end of the calendar's post days.
    pub after_post: bool,
}

/// How a message is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// `as reply`
    Reply,
    /// `as notice`
    Notice,
}

/// `call SCRIPT [tone T] [in HOURS] [up to N attempts, every D]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// SCRIPT.
    pub script: Name,
    /// `to …`
    pub to: Option<Recipient>,
    /// `tone T`
    pub tone: Option<Expr>,
    /// `in HOURS`: a range of times, or a value of type hours.
    pub hours: Option<Expr>,
    /// `up to N attempts`
    pub attempts: Option<Expr>,
    /// `, every D`
    pub every: Option<Expr>,
    /// `with name = value, …`
    pub with: Vec<Argument>,
}

/// `task NAME for ROLE [else ROLE within D]… within D [results a, b] [priority N] [keep]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// NAME.
    pub name: Name,
    /// ROLE.
    pub role: Name,
    /// The substitutes, in order.
    pub substitutes: Vec<Substitute>,
    /// `within D`
    pub within: Option<Expr>,
    /// `results a, b`
    pub results: Vec<Name>,
    /// `priority N`
    pub priority: Option<Number>,
    /// `keep`: not withdrawn when its stage is left.
    pub keep: bool,
}

/// `else ROLE within D`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitute {
    /// Who takes over.
    pub role: Name,
    /// After how long.
    pub within: Expr,
}

/// What is waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waive {
    /// `costs`, or those of one kind.
    Costs(Option<Name>),
    /// `interest`
    Interest,
    /// A sum: `5 EUR`, `balance`.
    Amount(Expr),
}

/// What a party is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportWhat {
    /// In the author's words.
    Text(Text),
    /// `status`
    Status,
    /// `open`
    Open,
    /// `settled`
    Settled,
    /// `withdrawn`
    Withdrawn,
}

/// Which part of a case leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitPart {
    /// `disputed`
    Disputed,
    /// `debtor`: the one that the event names.
    Debtor,
    /// A sum.
    Amount(Expr),
}

/// `pause [REASON] [for D | until DATE] [without interest]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// REASON; the name of the event if left out.
    pub reason: Option<Name>,
    /// How it ends by itself.
    pub end: Option<PauseEnd>,
    /// No interest runs while it holds.
    pub without_interest: bool,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseEnd {
    /// `for D`
    For(Expr),
    /// `until DATE`
    Until(Expr),
}
