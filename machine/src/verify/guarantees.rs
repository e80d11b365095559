//! Guarantees: whether what they speak of is there.

use alloc::string::ToString;

use super::expressions::stage;
use super::names::{rule, text};
use super::rules::place;
use super::{Broken, Told, at, ensure};
use crate::ir::{Guarantee, Machine, Meant, Milestone, Promised, StageId};

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    for (n, guarantee) in m.guarantees.iter().enumerate() {
        at(|| place(m, "guarantee", n, guarantee.rule), self::guarantee(m, guarantee))?;
    }
    Ok(())
}

fn guarantee(m: &Machine, guarantee: &Guarantee) -> Told {
    rule(m, guarantee.rule)?;
    text(m, guarantee.text)?;
    match &guarantee.promised {
        Promised::NeverAction { action, .. } => meant(m, action),
        Promised::AtMostContacts { by, .. } => {
            ensure(!by.is_empty(), || "it counts contacts by no channel".to_string())
        }
        Promised::AtLeastBefore { first, then, .. } | Promised::Before { first, then } => {
            milestone(m, first)?;
            milestone(m, then)
        }
        Promised::AtLeastTime { from, to, .. } => {
            milestone(m, from)?;
            milestone(m, to)
        }
        Promised::SilentReaches { stages, .. } => self::stages(m, stages),
        Promised::Never { .. } | Promised::SilentEnds { .. } | Promised::EveryEnds { .. } => Ok(()),
        Promised::EveryNoticeGrants(_) | Promised::CostsAtMost(_) => Ok(()),
    }
}

fn milestone(m: &Machine, milestone: &Milestone) -> Told {
    match milestone {
        Milestone::Stage(ids) => stages(m, ids),
        Milestone::Action(action) => meant(m, action),
    }
}

fn stages(m: &Machine, stages: &[StageId]) -> Told {
    ensure(!stages.is_empty(), || "it speaks of no stage".to_string())?;
    stages.iter().try_for_each(|id| stage(m, *id))
}

fn meant(m: &Machine, meant: &Meant) -> Told {
    meant.object.map_or(Ok(()), |id| text(m, id))?;
    ensure(!meant.by.is_empty(), || "it means an action by no channel".to_string())
}
