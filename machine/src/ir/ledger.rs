//! How claims bear interest, payments are allocated and costs are bounded, as the machine holds it.

use super::{ExprId, Limitation, RuleId, TextId};
use crate::value::Date;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRules<E = ExprId> {
    /// How claims bear interest.
    pub interest: Option<InterestRule<E>>,
    /// What a payment meets first.
    pub pools: Vec<Pool>,
    /// Which claim a payment meets first.
    pub order: Vec<ClaimOrder>,
    /// Whether one claim's pools are met before the next claim's.
    pub each_claim_in_turn: bool,
    /// What it counts for that a payer says what a payment is for.
    pub designation: Designation,
    /// The most that all costs may come to.
    pub costs_up_to: Option<CostCap<E>>,
    /// The most that the costs of one kind may come to.
    pub costs_of_up_to: Vec<(TextId, CostCap<E>)>,
    /// When claims are barred; none: only as the case says.
    pub limitation: Option<Limitation<E>>,
    /// When the case is settled.
    pub settled: E,
    /// Where `settled` stands.
    pub settled_rule: RuleId,
}

/// `interest RATE on principal [from …] [year of …]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestRule<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// The rate by the year.
    pub rate: E,
    /// Days on which the rate may change: the rows of the dated values that it reads, in order.
    pub changes: Vec<Date>,
    /// The days of rows that were added beside the machine, in order: no part of its stored form or of its hash.
    #[serde(skip)]
    pub added_changes: Vec<Date>,
    /// The first day that bears interest.
    pub from: InterestFrom<E>,
    /// How a year is counted.
    pub year: Year,
}

/// The first day that bears interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InterestFrom<E = ExprId> {
    /// The day after the due date; a due date on a free day counts as the next working day (§ 193 BGB).
    AfterDue,
    /// The day default began, as the claim says; the day after the due date where it does not.
    Default,
    /// A date.
    Date(E),
}

/// How interest counts days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Year {
    /// Every day counts, 365 to the year.
    Days365,
    /// Every day counts, as many to the year as it has.
    Actual,
    /// Every day counts, 360 to the year.
    Days360,
    /// Months of 30 days, 360 to the year.
    Months30,
}

/// A part of the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pool {
    /// Costs.
    Costs,
    /// Interest.
    Interest,
    /// Principal.
    Principal,
}

/// What it counts for that a payer says which claim a payment is for (§ 366 (1), § 367 (2) BGB).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Designation {
    /// The strategy says nothing: it is only noted.
    #[default]
    Unheard,
    /// `designation follows`: the claim named is met first.
    Follows,
    /// `designation refused on …`: these pools are met first, whatever the payer says; then the claim named.
    RefusedOn(Vec<Pool>),
}

/// Which claim comes first (§ 366 (2) BGB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimOrder {
    /// Due before not yet due.
    DueFirst,
    /// Unsecured before secured.
    LeastSecured,
    /// The higher rate of interest first.
    MostBurdensome,
    /// The earlier due date first.
    OlderFirst,
}

/// `costs up to …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostCap<E = ExprId> {
    /// A sum.
    Money(E),
    /// A part of the principal at opening.
    OfPrincipal(E),
}
