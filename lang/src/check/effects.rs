//! The kinds of effect by the words that rules call them by, and what a watch sees of them.

use dunlin_machine::ir::{EffectKind, On, PlanId, TextId, Waive};

use super::context::{Checker, or_list};
use super::warnings::walk;
use crate::diagnostic::codes;
use crate::model::{Action, Does, Expr, Model};
use crate::syntax::tree::{Name, Span};

/// Every kind of effect, by its verb.
const KINDS: [(&str, EffectKind); 20] = [
    ("send", EffectKind::Send),
    ("call", EffectKind::Call),
    ("task", EffectKind::Task),
    ("file", EffectKind::File),
    ("charge", EffectKind::Charge),
    ("waive", EffectKind::Waive),
    ("collect", EffectKind::Collect),
    ("offer", EffectKind::Offer),
    ("activate", EffectKind::Activate),
    ("report", EffectKind::Report),
    ("alarm", EffectKind::Alarm),
    ("emit", EffectKind::Emit),
    ("assign", EffectKind::Assign),
    ("block", EffectKind::Block),
    ("unblock", EffectKind::Unblock),
    ("release", EffectKind::Release),
    ("split", EffectKind::Split),
    ("approval", EffectKind::Approval),
    ("cancel", EffectKind::Cancel),
    ("refund", EffectKind::Refund),
];

/// The kind of that verb.
pub(super) fn kind_of(verb: &str) -> Option<EffectKind> {
    KINDS.iter().find(|(word, _)| *word == verb).map(|(_, kind)| *kind)
}

/// The verb of a kind.
pub(super) fn verb_of(kind: EffectKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word)
}

/// What the actions of a kind are done with: templates, scripts, tasks, forms, kinds of costs, plans and so on, each
/// once; none for a kind that the machine brings about by itself too.
pub(super) fn objects(model: &Model, kind: EffectKind) -> Option<Vec<String>> {
    if matches!(kind, EffectKind::Alarm | EffectKind::Cancel | EffectKind::Refund) {
        return None;
    }
    let mut found: Vec<String> = Vec::new();
    walk::actions(model, &mut |action| {
        let object = object(model, action).filter(|(of, _)| *of == kind);
        found.extend(object.map(|(_, name)| name.map_or_else(String::new, |id| model.text(id).to_owned())));
    });
    found.sort();
    found.dedup();
    Some(found)
}

/// What a test may name after the verb of a kind: a `cancel` is called as the task, call or approval that it withdraws.
pub(super) fn named_by_tests(model: &Model, kind: EffectKind) -> Option<Vec<String>> {
    if kind != EffectKind::Cancel {
        return objects(model, kind);
    }
    let opened = [EffectKind::Task, EffectKind::Call, EffectKind::Approval];
    Some(opened.into_iter().filter_map(|kind| objects(model, kind)).flatten().collect())
}

/// The kind of an action's effect and what it is done with, where it has an effect and a name.
fn object(model: &Model, action: &Action) -> Option<(EffectKind, Option<TextId>)> {
    use EffectKind as K;
    let plan = |plan: &PlanId| model.plans.get(plan.index()).map(|plan| plan.name);
    Some(match &action.does {
        Does::Send(send) => (K::Send, model.templates.get(send.template.index()).map(|template| template.name)),
        Does::Call(call) => (K::Call, Some(call.script)),
        Does::Task(task) => (K::Task, Some(task.name)),
        Does::File { form, .. } => (K::File, Some(*form)),
        Does::Charge { kind, .. } => (K::Charge, Some(*kind)),
        Does::Waive(Waive::CostsOf(kind)) => (K::Waive, Some(*kind)),
        Does::Waive(_) => (K::Waive, None),
        Does::Collect { by, .. } => (K::Collect, Some(*by)),
        Does::OfferPlan(id) => (K::Offer, plan(id)),
        Does::ActivatePlan(id) => (K::Activate, plan(id)),
        Does::Report { party, .. } => (K::Report, Some(*party)),
        Does::Emit { name, .. } => (K::Emit, Some(*name)),
        Does::Assign(queue) => (K::Assign, Some(*queue)),
        Does::Customer { block, thing } => (if *block { K::Block } else { K::Unblock }, *thing),
        Does::ReleaseDebtor => (K::Release, None),
        Does::Split { to, .. } => (K::Split, model.stages.get(to.index()).map(|stage| stage.name)),
        Does::Approval(approval) => (K::Approval, Some(approval.name)),
        _ => return None,
    })
}

impl Checker<'_> {
    /// `on effect KIND`, in a watch.
    pub fn on_effect(&mut self, kind: &Name, head: Span) -> Option<On<Expr>> {
        if !self.in_watch() {
            let message = "`on effect` sees what every rule does, and only a watch stands beside the stages";
            let error = self.error(codes::ON_MOVE_OUTSIDE_WATCH, head, message);
            self.report(error.help(format!("write it in a `watch NAME {{ on effect {}: … }}`", kind.text)));
            return None;
        }
        let found = kind_of(&kind.text);
        if found.is_none() {
            self.report_unknown_kind(kind);
        }
        found.map(On::Effect)
    }

    /// Says that no effect is called that.
    pub fn report_unknown_kind(&mut self, kind: &Name) {
        let known: Vec<String> = KINDS.iter().map(|(word, _)| (*word).to_owned()).collect();
        let message = format!("No effect is called `{}`", kind.text);
        let help = format!("effects have the verbs of actions: {}", or_list(&known));
        self.report_unknown(codes::UNKNOWN_EFFECT, kind, message, &known, &help);
    }
}
