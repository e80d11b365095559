//! The checked model: a strategy with every name and type settled, as a tree. What the checker hands to lowering, and
//! what the slow evaluator of the tests walks.
//!
//! Its tables (facts, channels, events …) are those of the machine and are numbered alike; only stages, triggers, blocks
//! and expressions are trees here.

use dunlin_machine::events::EventType;
use dunlin_machine::ir::{
    self, CalendarChoice, Contact, EnumId, Enumeration, EventId, EventPattern, Fact, Kept, LedgerRules, Limits, On,
    Param, Rule, RuleId, ScopeId, Table, Template, TextId, Type,
};
use dunlin_machine::value::{Calendar, Currency, Date, Instant, TimeOfDay, Zone};

/// An expression with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it computes.
    pub node: Box<ir::Expr<Self>>,
    /// The type of its value.
    pub ty: Type,
}

/// Actions in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block(pub Vec<Action>);

impl std::ops::Deref for Block {
    type Target = [Action];
    fn deref(&self) -> &[Action] {
        &self.0
    }
}

/// An action.
pub type Action = ir::Action<Expr, Block>;
/// What an action does.
pub type Does = ir::Does<Expr, Block>;

/// A checked strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The strategy's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: u32,
    /// Currencies that a case may be in.
    pub currencies: Vec<Currency>,
    /// Zones; the first is the strategy's.
    pub zones: Vec<Zone>,
    /// Calendars; the first is weekends alone.
    pub calendars: Vec<Calendar>,
    /// Which of them a case goes by.
    pub calendar: CalendarChoice<Expr>,
    /// When timers of days fall due, in seconds of the day.
    pub day_begins: u32,
    /// Every text.
    pub texts: Vec<String>,
    /// Enumerations, the built-in ones first.
    pub enums: Vec<Enumeration>,
    /// Channels by name.
    pub channels: Vec<TextId>,
    /// Tones by name.
    pub tones: Vec<TextId>,
    /// Facts.
    pub facts: Vec<Fact>,
    /// Parameters.
    pub params: Vec<Param>,
    /// Variables.
    pub vars: Vec<Var>,
    /// Templates.
    pub templates: Vec<Template>,
    /// Where their texts are; none where the strategy does not say.
    pub template_files: Option<TemplateFiles>,
    /// Events, the built-in ones first.
    pub events: Vec<EventType>,
    /// Event parameters that something reads.
    pub kept: Vec<Kept>,
    /// Events that something asks for.
    pub noted: Vec<EventPattern>,
    /// Where a case opens: the first whose condition holds, else the first stage.
    pub starts: Vec<ir::Start<Expr>>,
    /// Stages and outcomes.
    pub stages: Vec<Stage>,
    /// Groups and procedures.
    pub scopes: Vec<Scope>,
    /// Plans of instalments.
    pub plans: Vec<ir::Plan<Expr, Block>>,
    /// Rules that see every event first.
    pub whenevers: Vec<Whenever>,
    /// Rules that run beside the stages.
    pub watches: Vec<Watch>,
    /// Decision tables.
    pub tables: Vec<Table<Expr>>,
    /// Values that change by date.
    pub dated: Vec<ir::Dated>,
    /// Fee scales.
    pub scales: Vec<ir::Scale>,
    /// Contact rules.
    pub contact: Contact<Expr>,
    /// The ledger.
    pub ledger: LedgerRules<Expr>,
    /// What the strategy promises.
    pub guarantees: Vec<ir::Guarantee<Expr>>,
    /// Bounds.
    pub limits: Limits,
    /// Source files.
    pub files: Vec<String>,
    /// Citations.
    pub rules: Vec<Rule>,
    /// The tests that the file holds.
    pub tests: Vec<Test>,
    /// What of all this is the machine's, and not of the tests alone.
    pub own: Own,
}

/// How many texts and rules, from the first, belong to the strategy itself. Those after them were read in its tests, and are no part
/// of its machine: who adds a test keeps the cases that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Of [`Model::texts`].
    pub texts: usize,
    /// Of [`Model::rules`].
    pub rules: usize,
}

impl Own {
    /// Everything, as a machine that runs the tests has it.
    pub const ALL: Self = Self { texts: usize::MAX, rules: usize::MAX };
}

/// `templates "DIR" in de, en require NAME, …`: a file is wanted for each template, channel, tone and language.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateFiles {
    /// Where it stands.
    pub rule: RuleId,
    /// The folder, as seen from that of the strategy, with `/` between its parts.
    pub directory: String,
    /// Codes of languages, in the author's order; at least one.
    pub languages: Vec<String>,
    /// What every template must show.
    pub require: Vec<String>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// Its value when the case opens.
    pub start: Expr,
}

/// A stage or outcome; see [`ir::Stage`].
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: TextId,
    /// Its title.
    pub title: TextId,
    /// Where it is declared.
    pub rule: RuleId,
    /// Whether it ends the case.
    pub outcome: bool,
    /// The group around it.
    pub scope: Option<ScopeId>,
    /// What is done on entry.
    pub entry: Block,
    /// Its triggers, in order.
    pub triggers: Vec<Trigger>,
    /// What is done when it is left.
    pub leaving: Vec<ir::Leaving<Block>>,
}

/// A group, or a stage that is a procedure; see [`ir::Scope`].
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Its name.
    pub name: TextId,
    /// Its title.
    pub title: TextId,
    /// What is around it.
    pub parent: Option<ScopeId>,
    /// Of a procedure its first stage.
    pub first: Option<ir::StageId>,
    /// What is done when it is entered, before its stage is.
    pub entry: Block,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// What is done when it is left.
    pub leaving: Vec<ir::Leaving<Block>>,
}

/// A `whenever` rule; see [`ir::Whenever`].
#[derive(Clone, Debug, PartialEq)]
pub struct Whenever {
    /// Where it stands.
    pub rule: RuleId,
    /// The event.
    pub event: EventPattern,
    /// Its condition.
    pub when: Option<Expr>,
    /// What it does.
    pub body: Block,
    /// What waits while its hold lasts.
    pub triggers: Vec<Trigger>,
}

/// A watch; see [`ir::Watch`].
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// Its name.
    pub name: TextId,
    /// Where it stands.
    pub rule: RuleId,
    /// Its condition.
    pub when: Option<Expr>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
}

/// A trigger; see [`ir::Trigger`].
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Where it stands.
    pub rule: RuleId,
    /// What sets it off.
    pub on: On<Expr>,
    /// Its condition.
    pub when: Option<Expr>,
    /// What it does.
    pub body: Block,
    /// Whether a move stands anywhere in the body.
    pub moves: bool,
}

/// A `test` block, checked: literals are values, names are numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows, in the author's words.
    pub title: String,
    /// Where it stands.
    pub rule: RuleId,
    /// The case that it runs.
    pub case: TestCase,
    /// What happens and what is expected, in order.
    pub steps: Vec<TestStep>,
}

/// The case of a test; what is not said is the default, every channel reachable and consented to.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Its currency; none where the strategy has one only.
    pub currency: Option<Currency>,
    /// Claims, in order.
    pub claims: Vec<TestClaim>,
    /// Costs that stand already: kind, minor units.
    pub costs: Vec<(String, i64)>,
    /// Facts that differ from their default; a text is an index into the model's texts.
    pub facts: Vec<(ir::FactId, i64)>,
    /// `debtor.kind` as position in its enumeration.
    pub debtor_kind: Option<i64>,
    /// `debtor.language`.
    pub language: Option<String>,
    /// `debtor.region`.
    pub region: Option<String>,
    /// `debtor.time_zone`.
    pub time_zone: Option<String>,
    /// `debtor.age` at opening, in years.
    pub age: Option<i64>,
    /// `no letter`: channels that cannot be reached.
    pub unreachable: Vec<ir::ChannelId>,
    /// `no consent phone`: channels without consent.
    pub no_consent: Vec<ir::ChannelId>,
    /// `open DATE [TIME]`: the day.
    pub open: Date,
    /// The time of day; none: when the day begins.
    pub open_time: Option<TimeOfDay>,
}

/// A claim of a test's case: `claim M due DATE [kind NAME] [arose DATE] [default on DATE]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestClaim {
    /// Minor units.
    pub principal: i64,
    /// When it is due.
    pub due: Date,
    /// What it is for.
    pub kind: Option<String>,
    /// When it arose.
    pub arose: Option<Date>,
    /// When default began.
    pub default_on: Option<Date>,
}

/// One line of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStep {
    /// Where it stands.
    pub rule: RuleId,
    /// What it says.
    pub does: TestDoes,
}

/// What a line of a test says.
#[derive(Clone, Debug, PartialEq)]
pub enum TestDoes {
    /// `at DATE [TIME]: EVENT…`.
    At {
        /// The day.
        date: Date,
        /// The time of day; none: when the day begins.
        time: Option<TimeOfDay>,
        /// The event.
        event: EventId,
        /// Parameter position and value.
        args: Vec<(u8, TestValue)>,
    },
    /// `until DATE`: runs to the end of that day.
    Until(Date),
    /// `expect [no] ACTION NAME [by CHANNEL] [on DATE]`.
    Effect {
        /// `send`, `call`, `task`, `file`, `charge`, `report`, `alarm`, `emit` …
        action: String,
        /// The template, script, task, form, kind …, where given.
        name: Option<String>,
        /// The channel.
        channel: Option<ir::ChannelId>,
        /// The day; the test runs to its end.
        on: Option<Date>,
        /// Whether it is expected not to have happened.
        no: bool,
    },
    /// `expect stage S`: true inside a procedure's stages.
    Stage(Vec<ir::StageId>),
    /// `expect outcome NAME`.
    Outcome(ir::StageId),
    /// `expect deadline DATE`.
    Deadline(Date),
    /// `expect held by limit`: the kind of rule that holds something now: `limit`, `rest`, `hours`, `hold` …
    HeldBy(String),
    /// `expect refused`: the last event was refused.
    Refused,
    /// `expect QUANTITY V [± V]`.
    Quantity {
        /// What is read.
        quantity: Expr,
        /// What it should be.
        is: Expr,
        /// By how much it may differ.
        within: Option<Expr>,
    },
}

/// A literal in a test's event.
#[derive(Clone, Debug, PartialEq)]
pub enum TestValue {
    /// Any value but a text.
    Value(i64),
    /// A text.
    Text(String),
    /// A time on the clock of the strategy's zone (for `callback`).
    At(Instant),
}

/// The enumeration of that name, for tools.
impl Model {
    /// The text of that number; empty where there is none.
    #[must_use]
    pub fn text(&self, id: TextId) -> &str {
        self.texts.get(id.index()).map_or("", String::as_str)
    }

    /// A scope and what is around it, from the innermost outwards.
    pub fn chain(&self, innermost: Option<ScopeId>) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(innermost, |scope| self.scopes.get(scope.index())?.parent.filter(|parent| parent < scope))
    }

    /// The values of an enumeration, in order.
    #[must_use]
    pub fn enum_values(&self, id: EnumId) -> Vec<&str> {
        self.enums.get(id.index()).map_or_else(Vec::new, |e| e.values.iter().map(|v| self.text(*v)).collect())
    }
}
