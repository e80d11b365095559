//! Is it known here? What a case may lack is asked for before it is read.
//!
//! A condition that holds (or does not) makes things certain for what stands behind it: `served known`, `had served`,
//! `sent(demand) > 0`. The event that a trigger waits for makes its own parameters certain. A read of anything else
//! that a case may lack is an error, which names what to ask.

use dunlin_machine::events::Happening;
use dunlin_machine::ir::{self, Comparison, EventId, FactId, Quantity, TemplateId, Type};

use super::context::Checker;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::Span;

/// Something that is certain where it is in scope.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A value is known.
    Known(ir::Expr<Expr>),
    /// An event has happened.
    Happened(EventId),
    /// A template was sent.
    Sent(TemplateId),
    /// At least one claim is unpaid.
    ClaimOpen,
}

/// A read of a fact without default, to be reported if anything asks whether the fact is known.
#[derive(Clone, Debug)]
pub struct UncheckedRead {
    /// The fact.
    pub fact: FactId,
    /// The error to report then.
    pub error: crate::diagnostic::Diagnostic,
}

impl Checker<'_> {
    /// Adds to the scope what is certain where `condition` holds, or does not.
    pub fn establish(&mut self, condition: &Expr, holds: bool) {
        let certain = self.certain(condition, holds);
        self.scope.established.extend(certain);
    }

    fn certain(&self, condition: &Expr, holds: bool) -> Vec<Fact> {
        match condition.node.as_ref() {
            ir::Expr::Not(inner) => self.certain(inner, !holds),
            ir::Expr::And(a, b) if holds => both(self.certain(a, true), self.certain(b, true)),
            ir::Expr::Or(a, b) if !holds => both(self.certain(a, false), self.certain(b, false)),
            ir::Expr::Or(a, b) => either(&self.certain(a, true), &self.certain(b, true)),
            ir::Expr::And(a, b) => either(&self.certain(a, false), &self.certain(b, false)),
            ir::Expr::Known(what) if holds => vec![Fact::Known(what.node.as_ref().clone())],
            ir::Expr::Read(Quantity::Had(n)) if holds => {
                self.model.noted.get(usize::from(*n)).map(|noted| Fact::Happened(noted.event)).into_iter().collect()
            }
            ir::Expr::Read(Quantity::PromiseOpen) if holds => vec![Fact::Happened(Happening::Promise.id())],
            ir::Expr::Compare(how, a, b) => at_least_one(*how, a, b, holds).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Reports a read of something that a case may lack, unless it is certain here.
    pub fn require_known(&mut self, expr: &Expr, span: Span) -> bool {
        if self.scope.unknown_allowed || self.scope.unheard || self.is_certain(expr.node.as_ref()) {
            return true;
        }
        let words = self.words(span).to_owned();
        let message = format!("A case may lack `{words}`, and nothing here has asked whether it is known");
        let error = self.error_saying(codes::NOT_KNOWN, span, message, "may not be known");
        let error = error.help(self.how_to_ask(expr.node.as_ref(), &words));
        if let ir::Expr::Fact(fact) = expr.node.as_ref()
            && !self.model.facts.get(fact.index()).is_some_and(|f| f.optional)
        {
            self.unchecked_reads.push(UncheckedRead { fact: *fact, error });
            return true;
        }
        self.report(error);
        false
    }

    fn how_to_ask(&self, expr: &ir::Expr<Expr>, words: &str) -> String {
        match expr {
            ir::Expr::Kept(n) => match self.model.kept.get(usize::from(*n)) {
                Some(kept) if self.is_given(kept.event, kept.param) => {
                    let event = self.event_name(kept.event);
                    format!("ask first: `had {event} and …`, or read it in a trigger `on {event}`")
                }
                _ => format!("ask first: `{words} known and …`"),
            },
            _ => format!("ask first: `{words} known and …`"),
        }
    }

    /// The name of an event.
    pub fn event_name(&self, event: EventId) -> String {
        self.model.events.get(event.index()).map(|e| self.model.text(e.name).to_owned()).unwrap_or_default()
    }

    /// Whether a case may lack it at all.
    pub fn may_lack(&self, expr: &ir::Expr<Expr>) -> bool {
        match expr {
            ir::Expr::Fact(id) => self.model.facts.get(id.index()).is_some_and(|f| f.default.is_none()),
            ir::Expr::Kept(_) => true,
            ir::Expr::Read(quantity) => matches!(
                quantity,
                Quantity::OldestDue
                    | Quantity::Deadline
                    | Quantity::FirstSent(_)
                    | Quantity::LastSent(_)
                    | Quantity::LimitationDate
                    | Quantity::DebtorLanguage
                    | Quantity::DebtorRegion
                    | Quantity::DebtorTimeZone
                    | Quantity::DebtorAge
                    | Quantity::ClaimArose
                    | Quantity::ClaimDefaultOn
                    | Quantity::ClaimKind
            ),
            _ => false,
        }
    }

    fn is_certain(&self, expr: &ir::Expr<Expr>) -> bool {
        if !self.may_lack(expr) {
            return true;
        }
        let established = &self.scope.established;
        if established.iter().any(|fact| matches!(fact, Fact::Known(known) if known == expr)) {
            return true;
        }
        match expr {
            ir::Expr::Kept(n) => self.model.kept.get(usize::from(*n)).is_some_and(|kept| {
                self.is_given(kept.event, kept.param) && established.contains(&Fact::Happened(kept.event))
            }),
            ir::Expr::Read(Quantity::FirstSent(template) | Quantity::LastSent(template)) => {
                established.contains(&Fact::Sent(*template))
            }
            ir::Expr::Read(Quantity::OldestDue) => established.contains(&Fact::ClaimOpen),
            _ => false,
        }
    }

    /// Whether an event always has that parameter: it must, or what is left out has a meaning.
    fn is_given(&self, event: EventId, param: u8) -> bool {
        let param = self.model.events.get(event.index()).and_then(|e| e.params.get(usize::from(param)));
        param.is_some_and(|param| {
            let name = self.model.text(param.name);
            let on = name == "on" && param.ty == Type::Date;
            let whole = [Happening::Promise, Happening::Objection, Happening::Opposition];
            let amount = name == "amount" && Happening::of(event).is_some_and(|event| whole.contains(&event));
            param.required || on || amount
        })
    }

    /// A send that sets the deadline leaves it open until the message is out.
    pub fn forget_deadline(&mut self) {
        let deadline = Fact::Known(ir::Expr::Read(Quantity::Deadline));
        self.scope.established.retain(|fact| *fact != deadline);
    }

    /// What a rule has asked once need not hold when a trigger in its block fires, but for what happened.
    pub fn forget_what_may_change(&mut self) {
        self.scope.established.retain(|fact| matches!(fact, Fact::Happened(_)));
    }

    /// Reports reads of facts that something asks about, and that therefore may be left out.
    pub fn report_unchecked_reads(&mut self) {
        for read in std::mem::take(&mut self.unchecked_reads) {
            if self.model.facts.get(read.fact.index()).is_some_and(|f| f.optional) {
                self.report(read.error);
            }
        }
    }
}

fn both(mut a: Vec<Fact>, b: Vec<Fact>) -> Vec<Fact> {
    a.extend(b);
    a
}

fn either(a: &[Fact], b: &[Fact]) -> Vec<Fact> {
    a.iter().filter(|fact| b.contains(fact)).cloned().collect()
}

/// `sent(T) > 0`, `claims >= 1`, `overdue_days > 0`: what a count above nothing makes certain.
fn at_least_one(how: Comparison, left: &Expr, right: &Expr, holds: bool) -> Option<Fact> {
    let how = if holds { how } else { opposite(how) };
    let (ir::Expr::Read(quantity), ir::Expr::Const(bound)) = (left.node.as_ref(), right.node.as_ref()) else {
        return None;
    };
    let above_nothing = match how {
        Comparison::Greater => *bound >= 0,
        Comparison::GreaterOrEqual | Comparison::Equal => *bound > 0,
        Comparison::NotEqual => *bound == 0,
        Comparison::Less | Comparison::LessOrEqual => false,
    };
    match quantity {
        Quantity::Sent(template) if above_nothing => Some(Fact::Sent(*template)),
        Quantity::Claims | Quantity::OverdueDays | Quantity::Overdue | Quantity::Principal if above_nothing => {
            Some(Fact::ClaimOpen)
        }
        _ => None,
    }
}

fn opposite(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}
