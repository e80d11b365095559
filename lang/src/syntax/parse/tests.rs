//! `test` blocks of a strategy.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children, has};
use super::grammar::Rule;

impl Builder<'_> {
    pub fn test(&mut self, pair: &Pair) -> Option<Test> {
        Some(Test { title: self.text_in(pair)?, steps: self.entries(pair, Rule::test_step, Self::test_step) })
    }

    fn test_step(&mut self, pair: &Pair) -> Option<TestStep> {
        if pair.as_rule() == Rule::broken {
            return Some(TestStep { kind: TestStepKind::Broken, span: self.broken_span(pair) });
        }
        let kind = self.test_step_kind(&pair.clone().into_inner().next()?);
        Some(TestStep { kind: kind.unwrap_or(TestStepKind::Broken), span: self.span(pair) })
    }

    fn test_step_kind(&mut self, pair: &Pair) -> Option<TestStepKind> {
        let kind = match pair.as_rule() {
            Rule::test_case => TestStepKind::Case(self.each(pair, Rule::case_entry, Self::case_entry)),
            Rule::test_open => TestStepKind::Open(self.moment_in(pair)?),
            Rule::test_at => {
                let event = child(pair, Rule::test_event)?;
                TestStepKind::At { at: self.moment_in(pair)?, event: self.test_event(&event)? }
            }
            Rule::test_until => TestStepKind::Until(self.date_in(pair)?),
            _ => {
                let what = pair.clone().into_inner().find(|part| part.as_rule() != Rule::kw_expect)?;
                TestStepKind::Expect(self.expect(&what)?)
            }
        };
        Some(kind)
    }

    fn moment_in(&mut self, pair: &Pair) -> Option<Moment> {
        let moment = child(pair, Rule::moment)?;
        let time = child(&moment, Rule::time);
        Some(Moment { date: self.date_in(&moment)?, time: time.map(|time| self.time(&time)) })
    }

    fn case_entry(&mut self, pair: &Pair) -> Option<CaseEntry> {
        let inner = pair.clone().into_inner().next()?;
        let kind = match inner.as_rule() {
            Rule::case_claim => self.case_claim(&inner)?,
            Rule::case_costs => CaseEntryKind::Costs { amount: self.simple_in(&inner)?, kind: self.name_in(&inner)? },
            Rule::no_consent => CaseEntryKind::NoConsent(self.name_in(&inner)?),
            Rule::no_channel => CaseEntryKind::NoChannel(self.name_in(&inner)?),
            _ => CaseEntryKind::Value { name: self.dotted_in(&inner)?, value: self.simple_in(&inner)? },
        };
        Some(CaseEntry { kind, span: self.span(pair) })
    }

    fn case_claim(&mut self, pair: &Pair) -> Option<CaseEntryKind> {
        let kind = child(pair, Rule::claim_kind);
        let arose = child(pair, Rule::claim_arose);
        let default_on = child(pair, Rule::claim_default);
        Some(CaseEntryKind::Claim {
            amount: self.simple_in(pair)?,
            due: self.date_in(pair)?,
            kind: kind.and_then(|kind| self.name_in(&kind)),
            arose: arose.and_then(|arose| self.date_in(&arose)),
            default_on: default_on.and_then(|default| self.date_in(&default)),
        })
    }

    fn test_event(&mut self, pair: &Pair) -> Option<TestEvent> {
        let mut arguments = self.arguments_in(pair);
        let literal = child(pair, Rule::plain).and_then(|plain| self.simple(&plain));
        arguments.extend(literal.map(|value| Argument { name: None, span: value.span, value }));
        Some(TestEvent { name: self.name_in(pair)?, arguments, span: self.span(pair) })
    }

    fn expect(&mut self, pair: &Pair) -> Option<Expect> {
        let expect = match pair.as_rule() {
            Rule::expect_stage => Expect::Stage(self.dotted_in(pair)?),
            Rule::expect_outcome => Expect::Outcome(self.name_in(pair)?),
            Rule::expect_deadline => Expect::Deadline(self.date_in(pair)?),
            Rule::held_by => Expect::HeldBy(self.name_in(pair)?),
            Rule::refused => Expect::Refused,
            Rule::expect_action => {
                let action = child(pair, Rule::action_reference)?;
                let on = child(pair, Rule::on_day);
                Expect::Action {
                    no: has(pair, Rule::kw_no),
                    action: self.action_reference(&action)?,
                    on: on.and_then(|on| self.date_in(&on)),
                }
            }
            _ => {
                let values = children(pair, Rule::simple);
                let mut values = values.iter().filter_map(|value| self.simple(value));
                let (value, tolerance) = (values.next()?, values.next());
                drop(values);
                Expect::Quantity { quantity: self.quantity(pair)?, value, tolerance }
            }
        };
        Some(expect)
    }

    /// What a test reads: a name, a call, or one of the conditions of two words.
    fn quantity(&mut self, pair: &Pair) -> Option<Expr> {
        const CONDITIONS: [Rule; 5] =
            [Rule::had, Rule::been_in, Rule::dispute_open, Rule::promise_open, Rule::plan_active];
        match CONDITIONS.iter().find_map(|rule| child(pair, *rule)) {
            Some(condition) => self.condition_of_words(&condition),
            None => self.reading_in(pair),
        }
    }
}
