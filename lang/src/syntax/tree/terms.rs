//! Standing terms of a strategy: contact rules, the ledger, limitation, plans.

use super::{DottedName, EventPattern, Expr, Name, Number, Span, Text, Trigger};

/// `contact [NAME] [extends NAME, …] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its name, in a library.
    pub name: Option<DottedName>,
    /// The rules that hold besides.
    pub extends: Vec<DottedName>,
    /// In source order.
    pub rules: Vec<ContactRule>,
}

/// One rule of `contact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRule {
    /// Which.
    pub kind: ContactRuleKind,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The kinds of contact rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactRuleKind {
    /// `allow CHANNELS always | on DAYS HOURS, …`
    Allow {
        /// CHANNELS.
        channels: Vec<Name>,
        /// `None` is `always`.
        on: Option<ContactTimes>,
    },
    /// `require consent for CHANNELS`
    RequireConsent {
        /// CHANNELS.
        channels: Vec<Name>,
    },
    /// `limit N [CHANNELS] per D [per claim]`
    Limit {
        /// N.
        count: Expr,
        /// CHANNELS; all if empty.
        channels: Vec<Name>,
        /// D.
        per: Expr,
        /// `per claim`
        per_claim: bool,
    },
    /// `rest D after EVENT [by CHANNEL, …]`
    Rest {
        /// D.
        duration: Expr,
        /// EVENT: `conversation`.
        after: EventPattern,
        /// The channels that rest; calls if empty.
        by: Vec<Name>,
    },
    /// `never CHANNELS when C`
    Never {
        /// CHANNELS.
        channels: Vec<Name>,
        /// C.
        condition: Expr,
    },
    /// `otherwise wait`
    OtherwiseWait,
    /// `otherwise skip`
    OtherwiseSkip,
    /// Could not be read, and was reported.
    Broken,
}

/// `working days 08:00..20:00, 21:00..22:00`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactTimes {
    /// Which days.
    pub days: Days,
    /// `except holidays, 24 december`
    pub except: Vec<ExceptDay>,
    /// Ranges of times, or values of type hours. Never empty.
    pub hours: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// Days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    /// `working days`: Monday to Friday but holidays.
    Working,
    /// `every day`
    Every,
    /// `monday..saturday`, `tuesday, thursday`: single days or ranges, both ends included.
    Weekdays(Vec<(Weekday, Weekday)>),
}

/// What `except` takes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExceptDay {
    /// `holidays`
    Holidays,
    /// `24 december`
    Day(DayOfYear),
}

/// `24 december`: one that exists in some year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOfYear {
    /// 1 to 31.
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
    /// Where it stands.
    pub span: Span,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// One line of `ledger`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Which.
    pub kind: LedgerEntryKind,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The kinds of line in `ledger`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerEntryKind {
    /// `interest RATE on principal …`
    Interest(Interest),
    /// `allocate …`
    Allocate(Allocate),
    /// `designation follows`: the payer's own designation is followed.
    DesignationFollows,
    /// `designation refused on costs, interest`
    DesignationRefused(Vec<Name>),
    /// `costs up to MONEY | RATE of principal`
    CostsUpTo {
        /// `costs(KIND) up to …`: only that kind.
        kind: Option<Name>,
        /// MONEY or RATE.
        limit: Expr,
        /// `of principal`: the value that the rate is of.
        of: Option<Name>,
    },
    /// `limitation { … }` or `limitation NAME`
    Limitation(Limitation),
    /// `settled when C`
    SettledWhen(Expr),
    /// Could not be read, and was reported.
    Broken,
}

/// `interest RATE on principal [from DATE | from default] [without …] [year …] [when C]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// RATE.
    pub rate: Expr,
    /// `principal`, as written.
    pub on: Name,
    /// From which day.
    pub from: Option<InterestFrom>,
    /// `without …`: the names as written.
    pub without: Vec<Name>,
    /// How a year is counted; 365 days if left out.
    pub year: Option<YearBasis>,
    /// `when C`
    pub condition: Option<Expr>,
}

/// The day from which interest runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterestFrom {
    /// `from default`
    Default,
    /// `from DATE`
    Date(Expr),
}

/// How many days a year of interest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearBasis {
    /// `year of 365 days`
    Days365,
    /// `year of 360 days`
    Days360,
    /// `year actual`
    Actual,
}

/// `allocate costs, interest, principal, older first each claim in turn`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocate {
    /// `costs`, `interest`, `principal`, in the author's order.
    pub pools: Vec<Name>,
    /// Which claim comes first: each rule where the one before leaves it open.
    pub claims: Vec<(ClaimOrder, Span)>,
    /// Whether a claim is paid whole before the next.
    pub across: Option<AllocateAcross>,
}

/// Which claim is paid first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimOrder {
    /// `claims due first`
    DueFirst,
    /// `least secured`
    LeastSecured,
    /// `most burdensome`
    MostBurdensome,
    /// `older first`
    OlderFirst,
}

/// How pools and claims interleave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocateAcross {
    /// `each claim in turn`
    EachClaimInTurn,
    /// `each pool across all claims`
    EachPoolAcrossClaims,
}

/// `limitation [NAME] { … }`, or in a ledger `limitation NAME` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limitation {
    /// Its name, or the name of the rules that are meant.
    pub name: Option<DottedName>,
    /// `None` where only a name is given.
    pub rules: Option<Vec<LimitationRule>>,
}

/// One rule of `limitation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitationRule {
    /// Which.
    pub kind: LimitationRuleKind,
    /// `when C`
    pub condition: Option<Expr>,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The kinds of limitation rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitationRuleKind {
    /// `D from DATE`
    Period {
        /// D.
        duration: Expr,
        /// A date, or a word such as `title`.
        from: Expr,
    },
    /// `restart on EVENT, …`
    RestartOn(Vec<EventPattern>),
    /// `suspend while C`
    SuspendWhile(Expr),
    /// `suspend from EVENT until [D after] EVENT`
    SuspendFrom {
        /// What begins it.
        from: EventPattern,
        /// D.
        delay: Option<Expr>,
        /// What ends it.
        until: EventPattern,
    },
    /// Could not be read, and was reported.
    Broken,
}

/// `plan NAME "Title" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: DottedName,
    /// Its title.
    pub title: Option<Text>,
    /// In source order.
    pub entries: Vec<PlanEntry>,
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanEntry {
    /// Which.
    pub kind: PlanEntryKind,
    /// `law "…"`
    pub law: Vec<Text>,
    /// All of it.
    pub span: Span,
}

/// The kinds of line in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanEntryKind {
    /// `offer when C`
    OfferWhen(Expr),
    /// `over 70 % of balance`
    Over {
        /// The share.
        share: Expr,
        /// What it is a share of.
        of: Name,
    },
    /// `instalments A to B monthly, at least MONEY each`
    Instalments {
        /// A.
        from: Expr,
        /// B; the same as A if left out.
        to: Option<Expr>,
        /// How often.
        rhythm: Rhythm,
        /// MONEY.
        at_least: Option<Expr>,
    },
    /// `first within D`
    FirstWithin(Expr),
    /// `due on day A or B`
    DueOnDay(Vec<Number>),
    /// `grace D`
    Grace(Expr),
    /// `on missed: …`, `on completed: …`
    On(Trigger),
    /// `breach when A or B`
    BreachWhen(Vec<Breach>),
    /// `renegotiate at most N times`
    Renegotiate(Expr),
    /// `without interest`
    WithoutInterest,
    /// `notice TEMPLATE first`
    NoticeFirst(Name),
    /// `sign by CHANNEL, …`
    SignBy(Vec<Name>),
    /// Could not be read, and was reported.
    Broken,
}

/// How often an instalment falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// `monthly`
    Monthly,
    /// `weekly`
    Weekly,
    /// `every D`
    Every(Expr),
}

/// One reason for a plan's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub kind: BreachKind,
    /// Where it stands.
    pub span: Span,
}

/// The reasons for a plan's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreachKind {
    /// `N consecutive missed`
    ConsecutiveMissed(Expr),
    /// `N missed`
    Missed(Expr),
    /// `overdue D`
    Overdue(Expr),
}
