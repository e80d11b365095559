//! What is computed and read: expressions, and the quantities of a case.

use super::{
    CalendarId, ChannelId, DatedId, ExprId, FactId, ParamId, ScaleId, StageId, TableId, TemplateId, TextId, VarId,
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An expression; operands are earlier in [`Machine::exprs`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Expr<E = ExprId> {
    /// A constant.
    Const(i64),
    /// A fact.
    Fact(FactId),
    /// A parameter.
    Param(ParamId),
    /// A variable.
    Var(VarId),
    /// The latest value of an event's parameter: a position in [`Machine::kept`].
    Kept(u16),
    /// What the case, its ledger or its history say.
    Read(Quantity<E>),
    /// Whether the operand (a fact, kept value or quantity) is known.
    Known(E),
    /// `not`.
    Not(E),
    /// `and`; the right side is read only where the left holds.
    And(E, E),
    /// `or`; the right side is read only where the left does not hold.
    Or(E, E),
    /// A comparison of two values of one type; durations by [`Expr::CompareDurations`].
    Compare(Comparison, E, E),
    /// A comparison of two durations whose units can be compared.
    CompareDurations(Comparison, E, E),
    /// `if c then a else b`.
    If(E, E, E),
    /// The smaller.
    Min(E, E),
    /// The larger.
    Max(E, E),
    /// Sum of two numbers, amounts or rates.
    Add(E, E),
    /// Difference of two numbers, amounts or rates.
    Subtract(E, E),
    /// A number or an amount times a number.
    Multiply(E, E),
    /// An amount times a rate, rounded once, half away from zero.
    TimesRate(E, E),
    /// A date and a duration of days or longer.
    DatePlus(E, E),
    /// A date less a duration.
    DateMinus(E, E),
    /// Days from the second date to the first, as a duration.
    DaysBetween(E, E),
    /// The last day of the month.
    EndOfMonth(E),
    /// The last day of the year.
    EndOfYear(E),
    /// The date itself if it is a working day, else the next one; by a named calendar or the case's.
    NextWorkingDay(E, Option<CalendarId>),
    /// 0 for Monday to 6 for Sunday, in the built-in enumeration.
    Weekday(E),
    /// A row of a table.
    Table(TableId, Vec<E>),
    /// A dated value on a day, else on the day that is being looked at.
    Dated(DatedId, Option<E>),
    /// The fee for an amount by a scale, as it stands on a day, else on the day that is being looked at.
    Scale(ScaleId, E, Option<E>),
    /// An amount that is written once for each currency: those of [`Machine::currencies`], in their order.
    Amounts(Vec<i64>),
    /// An amount that is read elsewhere for each currency, of a dated value or a fee scale: that of the case's currency
    /// alone is read.
    InCurrency(Vec<E>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`.
    Equal,
    /// `is not`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

/// What a guard can read of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Quantity<E = ExprId> {
    /// Principal, interest and costs still open.
    Balance,
    /// Open principal.
    Principal,
    /// Interest accrued and unpaid, today included.
    Interest,
    /// Open costs.
    Costs,
    /// Open costs of one kind.
    CostsOf(TextId),
    /// All that was paid and not returned.
    Paid,
    /// What was paid within the last D, by value date.
    PaidWithin(E),
    /// Principal that is due.
    Overdue,
    /// Open principal of disputed claims.
    Disputed,
    /// Balance without the open principal of disputed claims.
    Undisputed,
    /// Open principal of claims that no demand has named yet.
    Fresh,
    /// The principal at opening.
    Claimed,
    /// Days since the oldest unpaid claim was due; 0 before.
    OverdueDays,
    /// The due date of the oldest unpaid claim; not known where none is open.
    OldestDue,
    /// The last day to pay that the debtor was told; may not be known.
    Deadline,
    /// How many claims are unpaid.
    Claims,
    /// The day the case was opened.
    Opened,
    /// The day the stage was entered.
    StageSince,
    /// The day, in the strategy's time zone.
    Today,
    /// The instant.
    Now,
    /// Attempts by a channel within the last D, of the debtor who had most.
    Attempts(ChannelId, E),
    /// Attempts by any channel within the last D, of the debtor who had most.
    Contacts(E),
    /// Whether a debtor was spoken to within the last D.
    ReachedWithin(E),
    /// How many times a template was sent; bounced ones not.
    Sent(TemplateId),
    /// The day it was first sent; may not be known.
    FirstSent(TemplateId),
    /// The day it was last sent; may not be known.
    LastSent(TemplateId),
    /// Whether a debtor has a usable address for the channel.
    Reachable(ChannelId),
    /// Whether a debtor consents to the channel.
    Consent(ChannelId),
    /// Whether the channel is barred for every debtor.
    Barred(ChannelId),
    /// Whether the event has happened: a position in [`Machine::noted`].
    Had(u16),
    /// Whether a dispute is open.
    DisputeOpen,
    /// Whether a promise is open.
    PromiseOpen,
    /// Whether a plan is active.
    PlanActive,
    /// How many instalments of the active plan were missed; 0 without one.
    PlanMissed,
    /// What was paid since the plan became active; 0 without one.
    PlanPaid,
    /// What the active plan still asks for; 0 without one.
    PlanRemaining,
    /// Whether there is a title.
    Titled,
    /// Whether anything happened since this trigger last acted.
    Changed,
    /// When the earliest open claim is barred; may not be known.
    LimitationDate,
    /// Consumer or business.
    DebtorKind,
    /// The debtor's language; may not be known.
    DebtorLanguage,
    /// The debtor's region, `DE-NW`; may not be known.
    DebtorRegion,
    /// The debtor's time zone; may not be known.
    DebtorTimeZone,
    /// The debtor's age in years; may not be known.
    DebtorAge,
    /// How many debtors are still pursued.
    Debtors,
    /// Whether the case is in one of the stages.
    In(Vec<StageId>),
    /// Whether the case has been in one of the stages.
    BeenIn(Vec<StageId>),
    /// In an interest rule: the claim's due date.
    ClaimDue,
    /// In an interest rule: when the claim arose; may not be known.
    ClaimArose,
    /// In an interest rule: when default began; may not be known.
    ClaimDefaultOn,
    /// In an interest rule: the claim's kind; may not be known.
    ClaimKind,
}
