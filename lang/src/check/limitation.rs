//! When claims become barred: `limitation { … }` in the ledger, and named rules in modules.

use dunlin_machine::events::{BUILTIN_ENUMS, Happening, NEGOTIATION_PHASE};
use dunlin_machine::ir::{EventPattern, Limitation, Period, PeriodFrom, Restart, SuspendedDays, Suspension, Type};

use super::context::{Checker, Place};
use super::events::Heard;
use super::modules::{Declared, Family, Reported};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Expr;
use crate::syntax::tree::{self, DottedName, ExprKind, ItemKind, LimitationRule, LimitationRuleKind, Span, Text};

/// What the strategy says of limitation, and where it asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Whether its ledger has a line of limitation.
    pub said: bool,
    /// Where `limitation_date` is first read.
    pub read: Option<Place>,
}

/// The rules so far.
type Rules = Limitation<Expr>;

impl Checker<'_> {
    /// `limitation { … }` or `limitation NAME` in a ledger.
    pub fn limitation_of_ledger(&mut self, line: &tree::Limitation, span: Span, law: &[Text]) {
        self.limitation.said = true;
        self.model.ledger.limitation = match (&line.name, &line.rules) {
            (None, Some(rules)) => self.limitation_rules(rules, span, law),
            (Some(name), None) => self.limitation_named(name),
            (Some(name), Some(_)) => {
                let message = "The limitation rules of a ledger have no name";
                let error = self.error(codes::LIMITATION_NOT_HERE, name.span, message);
                self.report(error.help("leave out the name; with a name they stand beside the ledger, or in a module"));
                None
            }
            (None, None) => None,
        };
    }

    fn limitation_named(&mut self, name: &DottedName) -> Option<Rules> {
        match self.declared(Family::Limitation, name) {
            Ok(Some(declared)) => self.limitation_of(declared),
            Ok(None) => {
                self.report_unknown_of(Family::Limitation, name);
                None
            }
            Err(Reported) => None,
        }
    }

    /// The rules of a declaration, which stands beside the stages or in a module.
    pub fn limitation_of(&mut self, declared: Declared) -> Option<Rules> {
        let item = self.item(declared)?;
        let ItemKind::Limitation(limitation) = item.kind() else { return None };
        let span = item.span();
        self.in_file(declared.file, |checker| {
            if limitation.name.is_none() {
                let message = "These limitation rules have no name by which a ledger could ask for them";
                let error = checker.error(codes::LIMITATION_NOT_HERE, checker.first_line(span), message);
                checker.report(error.help("in a strategy they stand in `ledger { … }`; in a module they have a name"));
            }
            checker.limitation_rules(limitation.rules.as_deref().unwrap_or(&[]), span, item.law())
        })
    }

    /// A strategy that reads `limitation_date`, and whose ledger does not say how it is found, takes the rules that stand
    /// beside it or in a module in `use`.
    pub fn settle_limitation(&mut self) {
        let Some(read) = self.limitation.read.filter(|_| !self.limitation.said) else { return };
        let offered = self.offered(Family::Limitation);
        match offered.as_slice() {
            [one] => self.model.ledger.limitation = self.limitation_of(*one),
            [] => {
                let message = "This strategy reads `limitation_date`, and nothing says when a claim is barred";
                let error = Diagnostic::error(codes::LIMITATION_MISSING, message).at(read.file, read.span, "read here");
                let help = "write it into the ledger: `limitation { 3 years from end_of_year(due)  30 years from title }`, or `use` a module that says it";
                self.report(error.help(help));
            }
            several => {
                let message = "There are two sets of limitation rules here, and the ledger names neither";
                let mut error =
                    Diagnostic::error(codes::LIMITATION_TWICE, message).at(read.file, read.span, "by which?");
                for place in several.iter().filter_map(|one| self.declared_place(*one)) {
                    error = error.also(place.file, place.span, "offered here");
                }
                self.report(error.help("write into the ledger which one is meant: `limitation NAME`"));
            }
        }
    }

    fn limitation_rules(&mut self, rules: &[LimitationRule], span: Span, law: &[Text]) -> Option<Rules> {
        let before = self.diagnostics.len();
        let rule = self.rule_at(span, law);
        let mut found = Limitation { rule, periods: Vec::new(), restarts: Vec::new(), suspensions: Vec::new() };
        for rule in rules {
            self.scoped(|checker| checker.limitation_rule(rule, &mut found));
        }
        let sound = self.diagnostics.len() == before;
        if sound && found.periods.is_empty() {
            let span = self.first_line(span);
            let error = self.error(codes::LIMITATION_RULE, span, "These limitation rules have no period");
            self.report(error.help("say how long a claim can be demanded: `3 years from end_of_year(due)`"));
        }
        sound.then_some(found).filter(|found| !found.periods.is_empty())
    }

    fn limitation_rule(&mut self, written: &LimitationRule, found: &mut Rules) {
        let rule = self.rule_at(written.span, &written.law);
        match &written.kind {
            LimitationRuleKind::Period { duration, from } => {
                self.scope.claim = true;
                let length = self.expr(duration, Some(Type::Duration));
                let from = self.period_from(from);
                let when = self.when(written.condition.as_ref());
                let period = length.zip(from).zip(when);
                found.periods.extend(period.map(|((length, from), when)| Period { rule, length, from, when }));
            }
            LimitationRuleKind::RestartOn(events) => {
                for event in events {
                    let restarts = self.scoped(|checker| checker.restarts(event, written));
                    let restarts = restarts.into_iter().map(|(on, when)| Restart { rule, on, when });
                    found.restarts.extend(restarts);
                }
            }
            LimitationRuleKind::SuspendWhile(condition) => {
                let days = self.suspended_while(condition);
                self.scope.claim = true;
                let when = self.when(written.condition.as_ref());
                found.suspensions.extend(days.zip(when).map(|(days, when)| Suspension { rule, days, when }));
            }
            LimitationRuleKind::SuspendFrom { from, delay, until } => {
                let days = self.suspended_from(from, delay.as_ref(), until);
                self.scope.claim = true;
                let when = self.when(written.condition.as_ref());
                let suspension = |days| Some(Suspension { rule, days, when: when.clone()? });
                found.suspensions.extend(days.into_iter().filter_map(suspension));
            }
            LimitationRuleKind::Broken => {}
        }
    }

    /// Since when a period runs: `title`, or a date of the claim or of an event, which may not be known yet.
    fn period_from(&mut self, from: &tree::Expr) -> Option<PeriodFrom<Expr>> {
        if is_word(from, "title") {
            return Some(PeriodFrom::Title);
        }
        let date = self.scoped(|checker| {
            checker.scope.unknown_allowed = true;
            checker.expr(from, Some(Type::Date))
        });
        date.map(PeriodFrom::Date)
    }

    fn restarts(&mut self, event: &tree::EventPattern, written: &LimitationRule) -> Vec<(EventPattern, Option<Expr>)> {
        let Some(heard) = self.heard(event) else { return Vec::new() };
        self.hear(&heard);
        self.scope.claim = true;
        let Some(when) = self.when(written.condition.as_ref()) else { return Vec::new() };
        heard.patterns.into_iter().map(|on| (on, when.clone())).collect()
    }

    /// `negotiating` is from `negotiation(started)` until `negotiation(ended)` (§ 203 BGB).
    fn suspended_while(&mut self, condition: &tree::Expr) -> Option<SuspendedDays<Expr>> {
        if is_word(condition, "negotiating") {
            let (start, until) = (negotiation("started")?, negotiation("ended")?);
            return Some(SuspendedDays::Between { start, until, delay: None });
        }
        self.condition(condition).map(SuspendedDays::While)
    }

    fn suspended_from(
        &mut self,
        from: &tree::EventPattern,
        delay: Option<&tree::Expr>,
        until: &tree::EventPattern,
    ) -> Vec<SuspendedDays<Expr>> {
        let start = self.heard(from);
        let end = self.heard(until).and_then(|heard| self.one_end(heard, until.span));
        let delay = match delay {
            None => Some(None),
            Some(delay) => self.expr(delay, Some(Type::Duration)).map(Some),
        };
        let (Some(start), Some(end), Some(delay)) = (start, end, delay) else { return Vec::new() };
        let between = |start| SuspendedDays::Between { start, until: end.clone(), delay: delay.clone() };
        start.patterns.into_iter().map(between).collect()
    }

    /// What ends a suspension is one event: with several, none would end what began.
    fn one_end(&mut self, heard: Heard, span: Span) -> Option<EventPattern> {
        if let [only] = heard.patterns.as_slice() {
            return Some(only.clone());
        }
        let error = self.error(codes::LIMITATION_RULE, span, "A suspension ends with one event");
        self.report(error.help("leave out the values in its parentheses, or write the rule once for each"));
        None
    }
}

fn is_word(expr: &tree::Expr, word: &str) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name.single().is_some_and(|single| single.text == word))
}

/// The event `negotiation(PHASE)`.
fn negotiation(phase: &str) -> Option<EventPattern> {
    let Type::Enum(of) = NEGOTIATION_PHASE else { return None };
    let (_, phases) = BUILTIN_ENUMS.get(of.index())?;
    let value = phases.iter().position(|known| *known == phase)?;
    let at = Happening::Negotiation.param("phase")?;
    Some(EventPattern { event: Happening::Negotiation.id(), is: vec![(u8::try_from(at).ok()?, value as i64)] })
}
