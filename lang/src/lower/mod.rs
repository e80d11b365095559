//! From a checked model to a machine: trees become flat tables, and what is equal is there once.
//!
//! Nothing is decided here. What a rule computes with stays as its author wrote it, constants and parameters too, so
//! that an explanation can name them.

mod actions;
mod expressions;
mod guarantees;
mod limitation;
mod rules;
#[cfg(test)]
mod tests;
pub mod zones;

use std::fmt;

use dunlin_machine::ir::{
    CalendarChoice, Contact, CostCap, InterestFrom, InterestRule, LedgerRules, Machine, RuleId, Var,
};
use dunlin_machine::verify::{Broken, verify};

use crate::model::{Expr, Model};
use expressions::Expressions;
use rules::Rules;

/// Why a checked strategy does not fit a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowerError {
    /// The rule that was being taken up, where there is one.
    pub rule: Option<RuleId>,
    /// What is wrong.
    pub problem: Problem,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More of something than a machine can number.
    TooMany(&'static str),
    /// An expression that is nested too deeply.
    TooDeep,
    /// The first stage written is an outcome, and a case cannot open in it.
    OpensInOutcome(String),
    /// A decision table that is read while its own rows are.
    TableReadsItself(String),
    /// The machine contradicts itself: a fault of the compiler, never of the strategy.
    Broken(Broken),
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::TooMany(what) => write!(f, "a strategy may have at most 65,535 {what}; split it into several"),
            Problem::TooDeep => f.write_str(
                "this is nested deeper than 256; give a part of it a name of its own, as a table or a `var`",
            ),
            Problem::OpensInOutcome(name) => {
                write!(f, "a case opens in what is written first, and `{name}` is an outcome; write a stage before it")
            }
            Problem::TableReadsItself(name) => {
                write!(
                    f,
                    "the table `{name}` reads itself, directly or through another; no value would ever come of it"
                )
            }
            Problem::Broken(broken) => {
                write!(f, "the compiler made a machine that contradicts itself; please report it: {broken}")
            }
        }
    }
}

impl std::error::Error for LowerError {}

type Lowered<T> = Result<T, LowerError>;

/// Makes the machine of a checked strategy, and verifies it. Equal models give equal machines, whatever their tests.
///
/// # Errors
/// What does not fit a machine; every strategy of a reasonable size does.
pub fn lower(model: &Model) -> Result<Machine, LowerError> {
    opens_in_a_stage(model)?;
    let mut expressions = Expressions::new(model);
    let tables = expressions.tables()?;
    let calendar = calendar(&mut expressions, &model.calendar)?;
    let vars = vars(&mut expressions)?;
    let contact = contact(&mut expressions, &model.contact)?;
    let ledger = ledger(&mut expressions, &model.ledger)?;
    let guarantees = guarantees::all(&mut expressions)?;
    let mut rules = Rules::new(expressions);
    let starts = rules.starts()?;
    let plans = rules.plans()?;
    let whenevers = rules.whenevers()?;
    let watches = rules.watches()?;
    let scopes = rules.scopes()?;
    let stages = rules.stages()?;
    let (triggers, actions, exprs) = rules.finish();
    let machine = Machine {
        name: model.name.clone(),
        title: model.title.clone(),
        version: model.version,
        currencies: model.currencies.clone(),
        zones: model.zones.clone(),
        calendars: model.calendars.clone(),
        calendar,
        day_begins: model.day_begins,
        texts: model.texts.iter().take(model.own.texts).cloned().collect(),
        enums: model.enums.clone(),
        channels: model.channels.clone(),
        tones: model.tones.clone(),
        facts: model.facts.clone(),
        params: model.params.clone(),
        vars,
        templates: model.templates.clone(),
        events: model.events.clone(),
        kept: model.kept.clone(),
        noted: model.noted.clone(),
        starts,
        stages,
        scopes,
        plans,
        whenevers,
        watches,
        triggers,
        actions,
        exprs,
        tables,
        dated: model.dated.clone(),
        scales: model.scales.clone(),
        contact,
        ledger,
        guarantees,
        limits: model.limits,
        files: model.files.clone(),
        rules: model.rules.iter().take(model.own.rules).cloned().collect(),
    };
    verify(&machine).map_err(|broken| LowerError { rule: None, problem: Problem::Broken(broken) })?;
    Ok(machine)
}

fn opens_in_a_stage(model: &Model) -> Lowered<()> {
    match model.stages.first() {
        Some(first) if first.outcome => {
            let problem = Problem::OpensInOutcome(model.text(first.name).to_owned());
            Err(LowerError { rule: Some(first.rule), problem })
        }
        _ => Ok(()),
    }
}

fn calendar(expressions: &mut Expressions, choice: &CalendarChoice<Expr>) -> Lowered<CalendarChoice> {
    Ok(match choice {
        CalendarChoice::One(id) => CalendarChoice::One(*id),
        CalendarChoice::By { key, choices, otherwise } => {
            let key = expressions.add(key)?;
            CalendarChoice::By { key, choices: choices.clone(), otherwise: *otherwise }
        }
    })
}

fn vars(expressions: &mut Expressions) -> Lowered<Vec<Var>> {
    let vars = &expressions.model().vars;
    vars.iter().map(|var| Ok(Var { name: var.name, ty: var.ty, start: expressions.add(&var.start)? })).collect()
}

fn contact(expressions: &mut Expressions, contact: &Contact<Expr>) -> Lowered<Contact> {
    let nevers = contact.nevers.iter().map(|(channels, condition, rule)| {
        expressions.at(*rule);
        Ok((*channels, expressions.add(condition)?, *rule))
    });
    Ok(Contact {
        nevers: nevers.collect::<Lowered<_>>()?,
        allows: contact.allows.clone(),
        limits: contact.limits.clone(),
        rests: contact.rests.clone(),
        consents: contact.consents.clone(),
        otherwise_skip: contact.otherwise_skip,
    })
}

fn ledger(expressions: &mut Expressions, ledger: &LedgerRules<Expr>) -> Lowered<LedgerRules> {
    let interest = ledger.interest.as_ref().map(|rule| interest(expressions, rule)).transpose()?;
    expressions.at(ledger.settled_rule);
    let costs_up_to = ledger.costs_up_to.as_ref().map(|cap| cost_cap(expressions, cap)).transpose()?;
    let costs_of_up_to = ledger.costs_of_up_to.iter().map(|(kind, cap)| Ok((*kind, cost_cap(expressions, cap)?)));
    let costs_of_up_to = costs_of_up_to.collect::<Lowered<_>>()?;
    let limitation = ledger.limitation.as_ref().map(|rules| limitation::of(expressions, rules)).transpose()?;
    expressions.at(ledger.settled_rule);
    Ok(LedgerRules {
        interest,
        pools: ledger.pools.clone(),
        order: ledger.order.clone(),
        each_claim_in_turn: ledger.each_claim_in_turn,
        designation: ledger.designation.clone(),
        costs_up_to,
        costs_of_up_to,
        limitation,
        settled: expressions.add(&ledger.settled)?,
        settled_rule: ledger.settled_rule,
    })
}

fn cost_cap(expressions: &mut Expressions, cap: &CostCap<Expr>) -> Lowered<CostCap> {
    Ok(match cap {
        CostCap::Money(cap) => CostCap::Money(expressions.add(cap)?),
        CostCap::OfPrincipal(part) => CostCap::OfPrincipal(expressions.add(part)?),
    })
}

fn interest(expressions: &mut Expressions, interest: &InterestRule<Expr>) -> Lowered<InterestRule> {
    expressions.at(interest.rule);
    let from = match &interest.from {
        InterestFrom::AfterDue => InterestFrom::AfterDue,
        InterestFrom::Default => InterestFrom::Default,
        InterestFrom::Date(date) => InterestFrom::Date(expressions.add(date)?),
    };
    Ok(InterestRule {
        rule: interest.rule,
        rate: expressions.add(&interest.rate)?,
        changes: interest.changes.clone(),
        added_changes: Vec::new(),
        from,
        year: interest.year,
    })
}
