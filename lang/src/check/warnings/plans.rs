//! Plans that no rule offers or activates, and effects that a watch waits for in vain.

use dunlin_machine::ir::{On, PlanId, RuleId};

use super::{walk, warning_at};
use crate::check::context::Checker;
use crate::check::effects;
use crate::diagnostic::{Code, codes};
use crate::model::{Does, Model};

/// Warns of plans that never come about.
pub(super) fn plans(checker: &mut Checker) {
    let model = checker.model.clone();
    let (mut offered, mut activated): (Vec<PlanId>, Vec<PlanId>) = (Vec::new(), Vec::new());
    walk::actions(&model, &mut |action| match action.does {
        Does::OfferPlan(plan) => offered.push(plan),
        Does::ActivatePlan(plan) => activated.push(plan),
        _ => {}
    });
    for (index, plan) in model.plans.iter().enumerate() {
        let among = |plans: &[PlanId]| plans.iter().any(|plan| plan.index() == index);
        plan_comes_about(checker, &model, plan.rule, model.text(plan.name), (among(&offered), among(&activated)));
    }
}

fn plan_comes_about(checker: &mut Checker, model: &Model, rule: RuleId, name: &str, done: (bool, bool)) {
    let (code, message, help): (Code, String, String) = match done {
        (true, true) => return,
        // The terms that a debtor brings are those of the only plan, offered or not.
        (false, true) if model.plans.len() == 1 => return,
        (true, false) => (
            codes::PLAN_NEVER_ACTIVE,
            format!("No rule activates the plan `{name}`, so its instalments never begin"),
            format!("activate it where terms are agreed: `on plan_accepted: activate plan {name}`"),
        ),
        (false, _) => (
            codes::PLAN_NEVER_OFFERED,
            format!("No rule offers the plan `{name}`"),
            format!("offer it: `on plan_requested: offer plan {name}`, or remove it"),
        ),
    };
    let warning = warning_at(checker, code, rule, message);
    checker.report(warning.help(help));
}

/// Warns of watches on effects that no rule brings about.
pub(super) fn effects_in_vain(checker: &mut Checker) {
    let model = checker.model.clone();
    for trigger in model.watches.iter().flat_map(|watch| &watch.triggers) {
        let On::Effect(kind) = trigger.on else { continue };
        if effects::objects(&model, kind).is_none_or(|done| !done.is_empty()) {
            continue;
        }
        let verb = effects::verb_of(kind);
        let message = format!("`on effect {verb}` never fires: no rule of this strategy brings one about");
        let warning = warning_at(checker, codes::NEVER_FIRES, trigger.rule, message);
        checker.report(warning.help("remove it, or wait for an effect that comes"));
    }
}
