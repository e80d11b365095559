//! Actions: whether what they name is there.

use alloc::string::{String, ToString};

use super::expressions::{self, stage, template};
use super::names::{rule, text, typed};
use super::{Told, ensure, in_table};
use crate::ir::{Call, Channels, Does, Machine, PlanId, RuleId, Send, Target, Task, TextId, To, Waive, With};

pub(super) fn action(m: &Machine, cited: RuleId, does: &Does) -> Told {
    rule(m, cited)?;
    match does {
        Does::Send(send) => self::send(m, send),
        Does::Call(call) => self::call(m, call),
        Does::Task(task) => self::task(m, task),
        Does::File { form: name, with } | Does::Emit { name, with } => {
            text(m, *name)?;
            self::with(m, with)
        }
        Does::Charge { kind, replacing, .. } => {
            text(m, *kind)?;
            replacing.map_or(Ok(()), |kind| text(m, kind))
        }
        Does::Waive(Waive::CostsOf(kind)) => text(m, *kind),
        Does::Report { party, what, message } => {
            text(m, *party)?;
            text(m, *what)?;
            ensure(*message || is_word(m, *what, REPORTS), || "it reports what no report is called".to_string())
        }
        Does::Alarm(name) | Does::Assign(name) | Does::Resume(name) => text(m, *name),
        Does::Customer { thing, .. } => thing.map_or(Ok(()), |thing| text(m, thing)),
        Does::Pause { reason, .. } => text(m, *reason),
        Does::Set { var, .. } => in_table("variable", var.index(), m.vars.len()),
        Does::Move(Target::Stage(id)) => stage(m, *id),
        Does::Move(Target::LastStage | Target::Itself) | Does::If { .. } | Does::Waive(_) => Ok(()),
        Does::Exit { exit, .. } => text(m, *exit),
        Does::Collect { by, .. } => {
            text(m, *by)?;
            ensure(is_word(m, *by, &["debit", "card"]), || "it collects by what brings no money".to_string())
        }
        Does::OfferPlan(id) | Does::ActivatePlan(id) => plan(m, *id),
        Does::CancelPlan | Does::ReleaseDebtor => Ok(()),
        Does::Split { to, .. } => stage(m, *to),
        Does::Approval(approval) => {
            ensure(!approval.body.is_empty(), || "nothing follows when it is approved".to_string())?;
            text(m, approval.name)?;
            text(m, approval.role)
        }
    }
}

pub(super) fn plan(m: &Machine, id: PlanId) -> Told {
    in_table("plan", id.index(), m.plans.len())
}

/// What `report` says without a message of the author's.
const REPORTS: &[&str] = &["status", "open", "settled", "withdrawn"];

fn is_word(m: &Machine, id: TextId, words: &[&str]) -> bool {
    let word = m.texts.get(id.index()).map_or("", String::as_str);
    words.contains(&word)
}

fn send(m: &Machine, send: &Send) -> Told {
    template(m, send.template)?;
    ensure(!send.ways.is_empty(), || "it is sent by no channel".to_string())?;
    send.ways.iter().try_for_each(|way| channels_there(m, *way))?;
    with(m, &send.with)
}

/// At least one channel, and none that is not there.
pub(super) fn channels_there(m: &Machine, way: Channels) -> Told {
    ensure(!way.is_empty(), || "one of its ways has no channel".to_string())?;
    way.iter().try_for_each(|channel| expressions::channel(m, channel))
}

fn call(m: &Machine, call: &Call) -> Told {
    text(m, call.script)?;
    ensure(call.to != To::All, || "it calls everybody at once".to_string())?;
    ensure(call.attempts >= 1, || "it makes no attempt".to_string())?;
    let spaced = call.attempts == 1 || call.every.is_some();
    ensure(spaced, || "it makes several attempts, and does not say how far apart".to_string())?;
    with(m, &call.with)
}

fn task(m: &Machine, task: &Task) -> Told {
    text(m, task.name)?;
    text(m, task.role)?;
    task.substitutes.iter().try_for_each(|(role, _)| text(m, *role))?;
    task.results.iter().try_for_each(|result| text(m, *result))
}

fn with(m: &Machine, with: &With) -> Told {
    with.iter().try_for_each(|(name, ty, _)| typed(m, *name, *ty))
}
