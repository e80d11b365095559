//! Guarantees: the same forms with numbers where the model has trees.

use dunlin_machine::ir::{Guarantee, Promised};

use super::Lowered;
use super::expressions::Expressions;
use crate::model::Expr;

pub(super) fn all(expressions: &mut Expressions) -> Lowered<Vec<Guarantee>> {
    let guarantees = expressions.model().guarantees.iter();
    guarantees
        .map(|guarantee| {
            expressions.at(guarantee.rule);
            let promised = promised(expressions, &guarantee.promised)?;
            Ok(Guarantee { rule: guarantee.rule, text: guarantee.text, promised })
        })
        .collect()
}

fn promised(expressions: &mut Expressions, promised: &Promised<Expr>) -> Lowered<Promised> {
    let mut add = |expr: &Expr| expressions.add(expr);
    Ok(match promised {
        Promised::NeverAction { action, during } => {
            Promised::NeverAction { action: action.clone(), during: add(during)? }
        }
        Promised::Never { condition, during } => Promised::Never { condition: add(condition)?, during: add(during)? },
        Promised::AtMostContacts { count, by, within } => {
            Promised::AtMostContacts { count: add(count)?, by: *by, within: add(within)? }
        }
        Promised::AtLeastBefore { count, first, then } => {
            Promised::AtLeastBefore { count: add(count)?, first: first.clone(), then: then.clone() }
        }
        Promised::Before { first, then } => Promised::Before { first: first.clone(), then: then.clone() },
        Promised::AtLeastTime { duration, from, to } => {
            Promised::AtLeastTime { duration: add(duration)?, from: from.clone(), to: to.clone() }
        }
        Promised::SilentReaches { stages, within } => {
            Promised::SilentReaches { stages: stages.clone(), within: add(within)? }
        }
        Promised::SilentEnds { within } => Promised::SilentEnds { within: add(within)? },
        Promised::EveryEnds { within } => Promised::EveryEnds { within: add(within)? },
        Promised::EveryNoticeGrants(length) => Promised::EveryNoticeGrants(add(length)?),
        Promised::CostsAtMost(sum) => Promised::CostsAtMost(add(sum)?),
    })
}
