//! Guarantees in the words of the language.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Words;
use crate::ir::{Channels, ExprId, Meant, Milestone, Promised, StageId, Type};

impl Words<'_> {
    /// What is promised: `at least 14 days from last_demand to court`.
    #[must_use]
    pub fn guarantee(&self, promised: &Promised) -> String {
        let yes = |id: ExprId| self.expression_as(id, Type::Bool);
        let number = |id: ExprId| self.expression_as(id, Type::Number);
        let time = |id: ExprId| self.expression_as(id, Type::Duration);
        match promised {
            Promised::NeverAction { action, during } => format!("never {} while {}", self.meant(action), yes(*during)),
            Promised::Never { condition, during } => format!("never {} while {}", yes(*condition), yes(*during)),
            Promised::AtMostContacts { count, by, within } => {
                format!("at most {} contacts{} in {}", number(*count), self.by(*by), time(*within))
            }
            Promised::AtLeastBefore { count, first, then } => {
                let (count, first, then) = (number(*count), self.milestone(first), self.milestone(then));
                format!("at least {count} {first} before {then}")
            }
            Promised::Before { first, then } => format!("{} before {}", self.milestone(first), self.milestone(then)),
            Promised::AtLeastTime { duration, from, to } => {
                let (from, to) = (self.milestone(from), self.milestone(to));
                format!("at least {} from {from} to {to}", time(*duration))
            }
            Promised::SilentReaches { stages, within } => {
                format!("silent case reaches {} within {}", self.any_of(stages), time(*within))
            }
            Promised::SilentEnds { within } => format!("silent case ends within {}", time(*within)),
            Promised::EveryEnds { within } => format!("every case ends within {}", time(*within)),
            Promised::EveryNoticeGrants(length) => format!("every notice grants {}", time(*length)),
            Promised::CostsAtMost(sum) => format!("costs at most {}", self.expression_as(*sum, Type::Money)),
        }
    }

    fn milestone(&self, milestone: &Milestone) -> String {
        match milestone {
            Milestone::Stage(stages) => self.any_of(stages),
            Milestone::Action(action) => self.meant(action),
        }
    }

    /// Stages of which any is meant: `court.applied | court.waiting`.
    pub(super) fn any_of(&self, stages: &[StageId]) -> String {
        let names: Vec<&str> = stages.iter().map(|id| self.stage(*id)).collect();
        names.join(" | ")
    }

    fn meant(&self, meant: &Meant) -> String {
        let object = meant.object.map_or_else(String::new, |id| format!(" {}", self.text(id)));
        format!("{}{object}{}", meant.kind.word(), self.by(meant.by))
    }

    /// ` by letter, email`, or nothing where any channel is meant.
    fn by(&self, channels: Channels) -> String {
        if channels == Channels::ALL { String::new() } else { format!(" by {}", self.joined(channels, ", ")) }
    }
}
