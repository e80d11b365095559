//! What a strategy declares: header lines, values, contact rules, the ledger, plans, stages, guarantees.

use super::{
    Block, CalendarDeclaration, Contact, DottedName, EventPattern, Expr, LedgerEntry, Limitation, Name, Number, Plan,
    Procedure, Span, Statement, Steps, Table, Target, Test, Text, TimeLiteral, Type, Value,
};

/// The kinds of declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `strategy NAME "Title"`
    Strategy(StrategyLine),
    /// `extends NAME`
    Extends(DottedName),
    /// `version N`
    Version(Number),
    /// `use MODULE, …`
    Use(Vec<DottedName>),
    /// `currency EUR, CHF`
    Currency(Vec<Name>),
    /// `time zone Europe/Berlin`
    TimeZone(Name),
    /// `calendar NAME [by VALUE]`
    CalendarLine(CalendarLine),
    /// `day begins 08:00`
    DayBegins(TimeLiteral),
    /// `facts { … }`
    Facts(Vec<Fact>),
    /// `param NAME : TYPE = VALUE from A to B`
    Param(Param),
    /// `var NAME : TYPE = VALUE`
    Var(Var),
    /// `NAME = table(…) …`
    Table(Table),
    /// `NAME = steps(…) …`
    Steps(Steps),
    /// `NAME = value : TYPE { … }`
    Value(Value),
    /// `calendar NAME … { … }`
    Calendar(CalendarDeclaration),
    /// `procedure NAME(…) exits … { … }`
    Procedure(Procedure),
    /// `contact { … }`
    Contact(Contact),
    /// `ledger { … }`
    Ledger(Vec<LedgerEntry>),
    /// `limitation NAME { … }`, in a library.
    Limitation(Limitation),
    /// `plan NAME { … }`
    Plan(Plan),
    /// `group NAME "Title" { … }`
    Group(Group),
    /// `stage NAME "Title" { … }`
    Stage(Stage),
    /// `outcome NAME "Title" { … }`
    Outcome(Outcome),
    /// `start { STAGE when C … }`
    Start(Vec<StartRule>),
    /// `whenever EVENT …`
    Whenever(Whenever),
    /// `watch NAME { … }`
    Watch(Watch),
    /// `event NAME(param : type, …)`
    Event(EventDeclaration),
    /// `channels { a, b }`
    Channels(Vec<Name>),
    /// `tones { a, b }`
    Tones(Vec<Name>),
    /// `parties { a, b }`
    Parties(Vec<Name>),
    /// `limits { claims 500 }`
    Limits(Vec<Limit>),
    /// `templates "DIR" in de, en`
    Templates(Templates),
    /// `guarantee …`
    Guarantee(Guarantee),
    /// `test "…" { … }`
    Test(Test),
    /// `replace stage NAME { … }`
    Replace(Stage),
    /// `insert stage NAME after NAME { … }`
    Insert(Insert),
    /// `remove stage NAME -> TARGET`
    Remove(Remove),
    /// `experiment NAME { … }`
    Experiment(Experiment),
    /// `migrate from N { … }`
    Migrate(Migrate),
    /// Could not be read, and was reported.
    Broken(Broken),
}

/// A declaration that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Broken {
    /// The names that it seems to declare: to be left alone where they are used elsewhere.
    pub names: Vec<Name>,
}

/// `strategy NAME "Title"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyLine {
    /// Its name.
    pub name: DottedName,
    /// Its title.
    pub title: Option<Text>,
}

/// `calendar NAME [by VALUE]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarLine {
    /// The calendar, or with `by` the module of calendars.
    pub name: DottedName,
    /// What the calendar is chosen by.
    pub by: Option<Expr>,
}

/// `NAME : TYPE = DEFAULT`, in `facts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// What it is where the case does not say.
    pub default: Option<Expr>,
    /// `law "…"`
    pub law: Vec<Text>,
    /// The `##` lines before it.
    pub doc: Option<String>,
    /// All of it.
    pub span: Span,
}

/// `param NAME : TYPE = VALUE from A to B`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type; left out where a strategy overrides a param of the one it extends.
    pub ty: Option<Type>,
    /// Its value.
    pub value: Expr,
    /// `from A to B`: what it may be set to.
    pub bounds: Option<(Expr, Expr)>,
}

/// `var NAME : TYPE = VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Var {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its value when a case opens.
    pub value: Expr,
}

/// A parameter of a table, a scale, a procedure or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name; without a type it is a value such as `segment` or `debtor.kind`, whose type it takes.
    pub name: DottedName,
    /// Its type.
    pub ty: Option<Type>,
    /// All of it.
    pub span: Span,
}

/// `group NAME "Title" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Stages, triggers and `leaving`, in source order.
    pub entries: Vec<GroupEntry>,
}

/// What stands in a group or a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there are few of them")]
pub enum GroupEntry {
    /// `stage …`
    Stage(Stage),
    /// A trigger, `leaving`, or what does not belong there.
    Statement(Statement),
}

/// `stage NAME "Title" { … }` or `stage NAME = PROCEDURE(…) { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// `= de.mahnverfahren(claim = principal)`: an `ExprKind::Call`.
    pub procedure: Option<Expr>,
    /// Entry actions, triggers, exits and `leaving`.
    pub body: Block,
    /// `law "…"`
    pub law: Vec<Text>,
    /// The `##` lines before it.
    pub doc: Option<String>,
    /// All of it.
    pub span: Span,
}

/// `outcome NAME "Title" [{ … }]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Entry actions and triggers; empty if left out.
    pub body: Block,
}

/// `STAGE [when C]`, in `start`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartRule {
    /// STAGE.
    pub stage: DottedName,
    /// C.
    pub condition: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `whenever EVENT [when C] …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whenever {
    /// EVENT, or several joined by `|`.
    pub events: Vec<EventPattern>,
    /// C.
    pub condition: Option<Expr>,
    /// Actions, then triggers that wait until the hold ends.
    pub body: Block,
}

/// `watch NAME [when C] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its name.
    pub name: Name,
    /// C.
    pub condition: Option<Expr>,
    /// Triggers.
    pub body: Block,
}

/// `event NAME(param : type, …)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDeclaration {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// `claims 500`, in `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub name: Name,
    /// To how many.
    pub value: Number,
}

/// `templates "DIR" in de, en [require creditor.name, …]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// DIR.
    pub directory: Text,
    /// `in de, en`
    pub languages: Vec<Name>,
    /// What every template must show.
    pub require: Vec<DottedName>,
}

/// `insert stage NAME after NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// The new stage.
    pub stage: Stage,
    /// The stage that it comes after.
    pub after: DottedName,
}

/// `remove stage NAME -> TARGET`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remove {
    /// The stage that goes.
    pub stage: DottedName,
    /// Where every move there goes instead.
    pub target: Target,
}

/// `experiment NAME { control 50 %  empathic 50 % { first_tone = empathic } }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// Its name.
    pub name: Name,
    /// In the order in which shares are dealt.
    pub arms: Vec<Arm>,
}

/// One arm of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Its name.
    pub name: Name,
    /// Its share, a rate.
    pub share: Expr,
    /// `PARAM = VALUE`; every argument has its name.
    pub params: Vec<super::Argument>,
    /// All of it.
    pub span: Span,
}

/// `migrate from N { OLD -> NEW … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrate {
    /// The old version.
    pub from: Number,
    /// Where the stages of the old version go.
    pub moves: Vec<(DottedName, Target)>,
}

/// `guarantee …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// `never ACTION while C`
    NeverAction {
        /// ACTION.
        action: ActionReference,
        /// C.
        while_: Expr,
    },
    /// `never C while D`
    NeverCondition {
        /// C.
        condition: Expr,
        /// D.
        while_: Expr,
    },
    /// `at most N contacts [by CHANNEL, …] in D`
    AtMostContacts {
        /// N.
        count: Expr,
        /// All channels if empty.
        by: Vec<Name>,
        /// D.
        within: Expr,
    },
    /// `at least N A before B`
    AtLeastBefore {
        /// N.
        count: Expr,
        /// A.
        first: Milestone,
        /// B.
        then: Milestone,
    },
    /// `A before B`
    Before {
        /// A.
        first: Milestone,
        /// B.
        then: Milestone,
    },
    /// `at least D from A to B`
    AtLeastTime {
        /// D.
        duration: Expr,
        /// A.
        from: Milestone,
        /// B.
        to: Milestone,
    },
    /// `silent case reaches S within D`
    SilentReaches {
        /// S.
        stage: DottedName,
        /// D.
        within: Expr,
    },
    /// `silent case ends within D`
    SilentEnds {
        /// D.
        within: Expr,
    },
    /// `every case ends within D`
    EveryEnds {
        /// D.
        within: Expr,
    },
    /// `every notice grants D`
    EveryNoticeGrants {
        /// D.
        duration: Expr,
    },
    /// `costs at most MONEY`
    CostsAtMost {
        /// MONEY.
        limit: Expr,
    },
}

/// A point in a case's history: bare names are stages, actions stand with their verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// A stage is entered.
    Stage(DottedName),
    /// An action is done.
    Action(ActionReference),
}

/// `send last_demand`, `file mahnbescheid`, `send reminder by email`, `call`: an action meant, not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionReference {
    /// `send`, `call`, `file`, `charge`, …; `refund` and `cancel` are the machine's own.
    pub verb: Name,
    /// Its template, script, form, kind, plan or party; any if left out.
    pub object: Option<DottedName>,
    /// `by CHANNEL [and CHANNEL]…`; any if empty.
    pub by: Vec<Name>,
    /// All of it.
    pub span: Span,
}

impl Stage {
    /// The statements of its body.
    pub fn statements(&self) -> &[Statement] {
        &self.body.statements
    }
}

impl Outcome {
    /// The statements of its body.
    pub fn statements(&self) -> &[Statement] {
        &self.body.statements
    }
}
