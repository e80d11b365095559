//! Plans of instalments: offered, agreed, running, missed, completed or breached.
//!
//! What the entries of their effects say:
//!
//! | effect | says |
//! |---|---|
//! | offer | plan; the fewest and the most instalments; whether a least amount is asked, and it; the latest day of the first, or none; what all come to |
//! | activate | plan; how many instalments; each of them but the last; what all come to; the day of the first, and of the last |
//!
//! One that is held names the plan.

use super::actions::{self, Cause, by};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::expressions::{self, Mode};
use super::faults::{Expected, Fault, Thing};
use super::holds;
use super::instalments::{
    by_plan, count, due_day, figure, first_by, first_day, met, paid, phase, plan, remaining, total,
};
use super::layout::NO_DAY;
use super::module::Emit;
use super::run::{self, At, NONE};
use super::state;
use super::{days, instalments, stages};
use Width::{I32, I64};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{Block, EffectKind, Plan, PlanId, Quantity};

const OFFERED: i32 = 0;
const ACCEPTED: i32 = 1;
/// It runs.
pub(super) const ACTIVE: i32 = 2;
const COMPLETED: i32 = 3;

/// Whose the bodies of a plan are, as the case stores it.
const OWNER: i32 = 4;

/// Whether the case has a plan that has come so far.
pub(super) fn is(e: &Emit<'_>, far: i32) -> Val {
    e.case.plan.0.get().and(phase(e).phase.get().eq(far))
}

/// Where the plan stands in the source; none without one.
pub(super) fn rule(e: &Emit<'_>) -> Val {
    let rule = figure(e, &plan(e).get(), |form| i32::from(form.rule.0));
    rule.or_else(&e.case.plan.0.get(), NONE)
}

/// Whether interest rests because of the plan.
pub(super) fn rests(e: &Emit<'_>) -> Val {
    if !e.m.plans.iter().any(|form| form.without_interest) {
        return 0.into();
    }
    is(e, ACTIVE).and(figure(e, &plan(e).get(), |form| form.without_interest.into()))
}

fn set(e: &Emit<'_>, b: &mut Body, number: impl Into<Val>, far: i32) {
    b.store(&e.case.plan.0, 1);
    b.store(&plan(e), number);
    b.store(&phase(e).phase, far);
}

// Offering and agreeing.

/// `offer plan`, for a rule.
pub(super) fn offer(e: &Emit<'_>, id: PlanId) -> Func {
    e.func(format!("offer_plan_{}", id.0), &[I32], None, true, move |e, b| {
        let Some(form) = e.m.plans.get(id.index()) else { return };
        let number = i32::from(id.0);
        let from = b.keep(run::seen(e).get());
        let may = b.choose(is(e, ACTIVE), |_| 0.into(), |b| expressions::holds(e, b, form.offer_when, Mode::Noted));
        b.when(may.not(), |b| {
            actions::held(e, b, b.arg(0), (EffectKind::Offer, number.into(), 0.into()), &[by::PLAN_BOUND.into()]);
            b.end();
        });
        let total = b.call(total(e), &[number.into()]);
        let least = least_instalment(e, b, form);
        let first_by = b.call(first_by(e), &[number.into(), run::today(e).get()]);
        let (fewest, most) = form.instalments;
        let what = [
            number.into(),
            i64::from(fewest).into(),
            i64::from(most).into(),
            i32::from(form.at_least.is_some()).into(),
            least,
            first_by,
            total,
        ];
        run::effect(e, b, run::kind(EffectKind::Offer), b.arg(0), &from, &what);
        set(e, b, number, OFFERED);
    })
}

/// The least that an instalment but the last may be; 0 where the plan does not say.
fn least_instalment(e: &Emit<'_>, b: &mut Body, form: &Plan) -> Val {
    match form.at_least {
        Some(least) => b.call(expressions::value_of(e, least, Mode::Noted), &[]),
        None => 0i64.into(),
    }
}

/// The terms that the host brings: plan, amount of an instalment, day of the month.
fn terms(e: &Emit<'_>) -> (At, At, At) {
    (At::named(e, "terms_plan", I32), At::named(e, "terms_amount", I64), At::named(e, "terms_day", I32))
}

/// A parameter of `plan_accepted`, by its position; and the event itself.
mod param {
    pub(super) const AMOUNT: i64 = 0;
    pub(super) const DAY: i64 = 1;
    pub(super) const EVENT: i64 = 0xffff;
}

fn refuse(e: &Emit<'_>, b: &mut Body, when: impl Into<Val>, field: i64, expected: Expected) {
    b.when(when, |b| run::fail(e, b, Fault::Wrong, field | (expected as i64) << 16));
}

/// Looks at the terms of `plan_accepted`: an amount, whether a day of the month is named, and it. Fails where the plan that they
/// speak of does not allow them; keeps them for [`agree_to_terms`].
pub(super) fn terms_of(e: &Emit<'_>) -> Func {
    e.func("terms_of", &[I64, I32, I64], None, true, |e, b| {
        let no_plan = |b: &mut Body| run::fail(e, b, Fault::NotThere, Thing::Plan as i64);
        if e.m.plans.is_empty() {
            no_plan(b);
            return;
        }
        let open = b.keep(e.case.plan.0.get().and(phase(e).phase.get().ne(COMPLETED)));
        if e.m.plans.len() > 1 {
            b.when(open.not(), no_plan);
        }
        let number = b.keep(plan(e).get().or_else(&open, 0));
        b.call(check_terms(e), &[number.clone(), b.arg(0)]);
        let day = b.call(day_of_terms(e), &[number.clone(), b.arg(1), b.arg(2)]);
        let (of, amount, on) = terms(e);
        of.set(b, number);
        amount.set(b, b.arg(0));
        on.set(b, day);
    })
}

/// Whether a plan allows instalments of an amount as things stand.
fn check_terms(e: &Emit<'_>) -> Func {
    e.func("check_terms", &[I32, I64], None, true, |e, b| {
        let (number, amount) = (b.arg(0), b.arg(1));
        let agreed = b.keep(agreed(e, &number).get());
        by_plan(e, b, &number, |b, form| {
            if let Some(most) = form.renegotiate {
                refuse(e, b, Val::from(most.cast_signed()).lt_u(&agreed), param::EVENT, Expected::NotAgreedAnew);
            }
            let within = expressions::holds(e, b, form.offer_when, Mode::Noted);
            refuse(e, b, within.not(), param::EVENT, Expected::WithinPlan);
        });
        refuse(e, b, amount.le(0i64), param::AMOUNT, Expected::MoreThanNothing);
        let total = b.call(total(e), &[number.clone()]);
        refuse(e, b, total.le(0i64), param::EVENT, Expected::Owed);
        let count = b.call(count(e), &[total, amount.clone()]);
        by_plan(e, b, &number, |b, form| {
            let least = least_instalment(e, b, form);
            let too_small = count.ne(1).and(amount.lt(least));
            refuse(e, b, too_small, param::AMOUNT, Expected::LeastInstalment);
            let (fewest, most) = (form.instalments.0.cast_signed(), form.instalments.1.cast_signed());
            let as_many = Val::from(fewest).le_u(&count).and(count.le_u(most));
            refuse(e, b, as_many.not(), param::AMOUNT, Expected::Instalments);
        });
    })
}

/// The days of the month that may be chosen, a bit each.
fn days_allowed(form: &Plan) -> i32 {
    match form.due_on.as_slice() {
        [] => !1,
        days => days.iter().fold(0, |bits, day| bits | 1i32.checked_shl(u32::from(*day)).unwrap_or(0)),
    }
}

/// The day of the month of a plan's instalments, of the one that is named or of its own; 0 where it does not run by months.
fn day_of_terms(e: &Emit<'_>) -> Func {
    e.func("day_of_terms", &[I32, I32, I64], Some(I32), true, |e, b| {
        let (number, named, day) = (b.arg(0), b.arg(1), b.arg(2));
        refuse(e, b, named.and(day.sub(1i64).lt_u(31i64).not()), param::DAY, Expected::MonthDay);
        b.when(figure(e, &number, |form| instalments::by_months(form).into()).not(), |b| b.give(0));
        let latest = b.call(first_by(e), &[number.clone(), run::today(e).get()]);
        let own = b.call(days::civil(e), &[latest.or_else(&latest.ne(NO_DAY), run::today(e).get())]);
        let first = b.keep(figure(e, &number, |form| form.due_on.first().copied().unwrap_or(0).into()));
        let own = first.or_else(&first, days::day_in(&own));
        let chosen = b.keep(day.narrow().or_else(&named, own));
        let allowed = figure(e, &number, days_allowed).shr_u(&chosen).and(1);
        refuse(e, b, allowed.not(), param::DAY, Expected::PlanDay);
        b.give(chosen);
    })
}

/// How often terms of a plan were agreed.
fn agreed(e: &Emit<'_>, plan: &Val) -> Cell {
    Cell::new(&e.case.agreed.at(plan), 0, Form::I32)
}

/// Agrees to a plan: its number, amount and day.
fn agree(e: &Emit<'_>) -> Func {
    e.func("agree_to_plan", &[I32, I64, I32], None, true, |e, b| {
        let times = agreed(e, &b.arg(0));
        b.store(&times, times.get().add(1));
        set(e, b, b.arg(0), ACCEPTED);
        let phase = phase(e);
        b.store(&phase.amount, b.arg(1));
        b.store(&phase.day, b.arg(2));
        b.store(&phase.signed, 0);
        b.store(&phase.asked, 0);
        b.call(holds::follow_rest(e), &[]);
    })
}

/// `plan_accepted`: what [`terms_of`] kept.
pub(super) fn agree_to_terms(e: &Emit<'_>) -> Func {
    e.func("agree_to_terms", &[], None, true, |e, b| {
        let (plan, amount, day) = terms(e);
        b.call(agree(e), &[plan.get(), amount.get(), day.get()]);
    })
}

/// `plan_declined`.
pub(super) fn decline_offer(e: &Emit<'_>, b: &mut Body) {
    b.when(is(e, OFFERED), |b| b.store(&e.case.plan.0, 0));
}

/// `signed`.
pub(super) fn sign(e: &Emit<'_>, b: &mut Body) {
    b.when(is(e, ACCEPTED), |b| b.store(&phase(e).signed, 1));
}

// Becoming active.

/// `activate plan`, for a rule: its notice goes out first.
pub(super) fn activate(e: &Emit<'_>, id: PlanId) -> Func {
    e.func(format!("activate_plan_{}", id.0), &[I32], None, true, move |e, b| {
        let Some(form) = e.m.plans.get(id.index()) else { return };
        let number = i32::from(id.0);
        let asked = phase(e).asked;
        let may = is(e, ACCEPTED).and(plan(e).get().eq(number)).and(asked.get().not());
        b.when(may.not(), |b| {
            actions::held(e, b, b.arg(0), (EffectKind::Activate, number.into(), 0.into()), &[by::NO_TERMS.into()]);
            b.end();
        });
        b.store(&asked, 1);
        run_of_plan(e, b, form, form.notice);
    })
}

/// A plan that waits no more becomes active, and one whose last instalment is met is completed; gives whether either was.
pub(super) fn go_on(e: &Emit<'_>) -> Func {
    e.func("plan_goes_on", &[], Some(I32), true, |e, b| {
        b.when(e.case.plan.0.get().not(), |b| b.give(0));
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome, |b| b.give(0));
        b.when(is(e, ACCEPTED), |b| {
            let waits = waits(e, b);
            b.when(waits.not(), |b| {
                b.call(become_active(e), &[]);
                b.give(1);
            });
            b.give(0);
        });
        b.when(is(e, ACTIVE), |b| {
            let completed = b.call(complete(e), &[]);
            b.when(completed, |b| b.give(1));
            let breached = b.call(breach_if_missed(e), &[]);
            b.give(breached);
        });
        b.when(is(e, COMPLETED), |b| {
            let goes_on = b.call(take_up_again(e), &[]);
            b.give(goes_on);
        });
        b.give(0);
    })
}

/// Whether an agreed plan waits: for a rule that activates it, for its signature, or for its notice to go out.
fn waits(e: &Emit<'_>, b: &mut Body) -> Val {
    let number = b.keep(plan(e).get());
    let phase = phase(e);
    let unsigned = figure(e, &number, |form| form.sign_by.is_some().into()).and(phase.signed.get().not());
    let waits = b.keep(phase.asked.get().not().or(unsigned));
    if e.m.plans.iter().all(|form| form.notice.is_empty()) {
        return waits;
    }
    let first = figure(e, &number, |form| form.notice.first.into());
    let length = figure(e, &number, |form| form.notice.len.into());
    let of_notice = |action: Val| action.sub(&first).lt_u(&length);
    let waiting = run::any(b, &e.case.waiting, |_, r| of_notice(state::Waiting::at(r).action.get()));
    let stopped = run::any(b, &e.case.stopped, |_, r| of_notice(state::Stopped::at(r).action.get()));
    waits.or(waiting).or(stopped)
}

fn become_active(e: &Emit<'_>) -> Func {
    e.func("become_active", &[], None, true, |e, b| {
        let from = b.keep(run::seen(e).get());
        b.call(start_running(e), &[]);
        let phase = phase(e);
        let first = b.call(due_day(e), &[1.into()]);
        let last = b.call(due_day(e), &[phase.count.get()]);
        let count = phase.count.get().wide().and(0xffff_ffffi64);
        let what = [plan(e).get(), count, phase.amount.get(), phase.total.get(), first, last];
        run::effect(e, b, run::kind(EffectKind::Activate), rule(e), &from, &what);
    })
}

/// The agreed plan runs from today on, for what is owed today.
fn start_running(e: &Emit<'_>) -> Func {
    e.func("start_running", &[], None, true, |e, b| {
        let (number, phase) = (b.keep(plan(e).get()), phase(e));
        let total = b.call(total(e), &[number.clone()]);
        let count = b.call(count(e), &[total.clone(), phase.amount.get()]);
        let first = b.call(first_day(e), &[number, phase.day.get()]);
        b.store(&phase.phase, ACTIVE);
        b.store(&phase.count, count);
        b.store(&phase.total, total);
        b.store(&phase.first, first);
        b.store(&phase.paid_before, e.case.paid.get());
        b.store(&phase.past, 0);
        b.store(&phase.missed, 0);
        b.call(holds::follow_rest(e), &[]);
    })
}

/// A plan that was agreed before the case opened: its number, amount, day of the month or 0, and since when it runs or none.
/// Today is that day while it starts, and it starts without an effect.
pub(super) fn agree_before(e: &Emit<'_>) -> Func {
    e.func("agree_before", &[I32, I64, I32, I32], None, true, |e, b| {
        let (number, day) = (b.arg(0), b.arg(2));
        let day = b.call(day_of_terms(e), &[number.clone(), day.ne(0), day.wide()]);
        b.call(agree(e), &[number, b.arg(1), day]);
        b.when(b.arg(3).ne(NO_DAY), |b| {
            b.call(start_running(e), &[]);
        });
    })
}

/// Instalments whose grace was over when the case opened: those that the payments do not cover were missed.
pub(super) fn pass_over_past_instalments(e: &Emit<'_>) -> Func {
    e.func("pass_over_past", &[], None, true, |e, b| {
        b.when(is(e, ACTIVE).not(), Body::end);
        let phase = phase(e);
        b.block(|b, done| {
            b.while_(
                |_| phase.past.get().lt_u(phase.count.get()),
                |b| {
                    let next = b.keep(phase.past.get().add(1));
                    let ends = b.call(instalments::grace_ends(e), &[next.clone()]);
                    b.leave_when(done, ends.gt(e.case.now.get()));
                    b.store(&phase.past, next);
                },
            );
        });
        let unmet = unmet(e, b);
        b.store(&phase.missed, unmet);
    })
}

// Running.

/// How many instalments past their grace are not met.
fn unmet(e: &Emit<'_>, b: &mut Body) -> Val {
    let met = b.call(met(e), &[]);
    let past = phase(e).past.get();
    b.keep(past.sub(&met).or_else(&met.lt_u(&past), 0))
}

/// The grace of the next instalment has ended.
pub(super) fn grace_over(e: &Emit<'_>) -> Func {
    e.func("grace_over", &[], None, true, |e, b| {
        b.when(is(e, ACTIVE).not(), Body::end);
        let phase = phase(e);
        b.store(&phase.past, phase.past.get().add(1));
        let unmet = unmet(e, b);
        b.when(unmet.eq(0), Body::end);
        b.store(&phase.missed, phase.missed.get().add(1));
        run_blocks(e, b, |form| form.on_missed);
        run::raised(e, b, Happening::PlanMissed, NONE, 0);
    })
}

/// Whether so many instalments are not met that the plan is breached; it is, too, when nothing more is to come.
fn breach_if_missed(e: &Emit<'_>) -> Func {
    e.func("breach_if_missed", &[], Some(I32), true, |e, b| {
        let (number, phase) = (b.keep(plan(e).get()), phase(e));
        let unmet = unmet(e, b);
        let breached = b.var(phase.past.get().lt_u(phase.count.get()).not().and(unmet.ne(0)));
        by_plan(e, b, &number, |b, form| {
            for (most, there) in [(form.breach_consecutive, unmet.clone()), (form.breach_missed, phase.missed.get())] {
                if let Some(most) = most {
                    b.set(breached, breached.get().or(Val::from(most.cast_signed()).le_u(there)));
                }
            }
        });
        b.when(breached.get(), |b| {
            b.call(breach(e), &[]);
        });
        b.give(breached.get());
    })
}

/// A plan that was completed goes on where a payment that it counted came back; gives whether it does.
fn take_up_again(e: &Emit<'_>) -> Func {
    e.func("take_up_again", &[], Some(I32), true, |e, b| {
        let met = b.call(met(e), &[]);
        b.when(met.lt_u(phase(e).count.get()).not(), |b| b.give(0));
        b.store(&phase(e).phase, ACTIVE);
        b.call(holds::follow_rest(e), &[]);
        b.give(1);
    })
}

/// The step at the end of an instalment's grace failed: it counts as over, not as missed.
pub(super) fn pass_over_instalment(e: &Emit<'_>, b: &mut Body) {
    let past = phase(e).past;
    b.when(is(e, ACTIVE), |b| b.store(&past, past.get().add(1)));
}

/// A plan that is not kept ends.
pub(super) fn breach(e: &Emit<'_>) -> Func {
    e.func("breach_plan", &[], None, true, |e, b| {
        b.when(is(e, ACTIVE).not(), Body::end);
        b.call(end(e), &[]);
        run_blocks(e, b, |form| form.on_breached);
        run::raised(e, b, Happening::PlanBreached, NONE, 0);
    })
}

/// A plan whose last instalment is met ends; gives whether there was one.
pub(super) fn complete(e: &Emit<'_>) -> Func {
    e.func("complete_plan", &[], Some(I32), true, |e, b| {
        if e.m.plans.is_empty() {
            b.give(0);
            return;
        }
        b.when(is(e, ACTIVE).not(), |b| b.give(0));
        let outcome = b.call(stages::in_outcome(e), &[]);
        b.when(outcome, |b| b.give(0));
        let met = b.call(met(e), &[]);
        b.when(met.lt_u(phase(e).count.get()), |b| b.give(0));
        b.store(&phase(e).phase, COMPLETED);
        b.call(holds::follow_rest(e), &[]);
        run_blocks(e, b, |form| form.on_completed);
        run::raised(e, b, Happening::PlanCompleted, NONE, 0);
        b.give(1);
    })
}

/// `cancel plan`, and the end of every plan; a completed one has ended, and may come back.
pub(super) fn end(e: &Emit<'_>) -> Func {
    e.func("end_plan", &[], None, true, |e, b| {
        b.when(is(e, COMPLETED).not(), |b| b.store(&e.case.plan.0, 0));
        b.call(holds::follow_rest(e), &[]);
    })
}

/// Runs a block of the case's plan.
fn run_blocks(e: &Emit<'_>, b: &mut Body, block: impl Fn(&Plan) -> Block) {
    if e.m.plans.iter().all(|form| block(form).is_empty()) {
        return;
    }
    // The block may put another plan in the place of this one.
    let number = b.keep(plan(e).get());
    by_plan(e, b, &number, |b, form| run_of_plan(e, b, form, block(form)));
}

/// Runs a block of a plan, as a body of its own.
fn run_of_plan(e: &Emit<'_>, b: &mut Body, form: &Plan, block: Block) {
    if block.is_empty() {
        return;
    }
    let mark = b.keep(run::seen(e).get());
    let late = b.keep(run::late(e).get());
    let cause = Cause { owner: OWNER.into(), rule: i32::from(form.rule.0), guard: (mark.clone(), mark), late };
    actions::run_body(e, b, &cause, block, i32::from(block.first).into());
}

/// What a guard reads of the active plan.
pub(super) fn quantity(e: &Emit<'_>, b: &mut Body, quantity: &Quantity) -> Val {
    match quantity {
        Quantity::PlanActive => is(e, ACTIVE),
        Quantity::PlanMissed => {
            let missed = phase(e).missed.get().wide().and(0xffff_ffffi64);
            missed.or_else(&is(e, ACTIVE), 0i64)
        }
        Quantity::PlanPaid => b.choose(is(e, ACTIVE), |b| b.call(paid(e), &[]), |_| 0i64.into()),
        _ => b.choose(is(e, ACTIVE), |b| remaining(e, b), |_| 0i64.into()),
    }
}
