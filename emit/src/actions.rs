//! Actions as code: a body runs in order, until it ends or moves the case.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::deliver;
use super::expressions::{self, Mode};
use super::faults::Bound;
use super::layout::NO_INSTANT;
use super::module::Emit;
use super::run::{self, NONE, entry};
use super::state;
use super::who;
use super::{approvals, calls, costs, filing, holds, ledger, messages, parts, plans, stages, substitutes};
use Width::{I32, I64};
use dunlin_machine::ir::{Action, ActionRef, Block, Does, EffectKind, Send, TextId, With};

/// What ran into a trigger's body.
pub(super) struct Cause {
    /// Whose body it is, as it is stored.
    pub(super) owner: Val,
    /// The trigger's rule.
    pub(super) rule: i32,
    /// What its condition read.
    pub(super) guard: (Val, Val),
    /// By how many days it was late.
    pub(super) late: Val,
}

/// Runs the body of a trigger or rule; then watches see whether it moved the case. Gives whether it moved the case and whether
/// it set a hold.
pub(super) fn run_body(e: &Emit<'_>, b: &mut Body, cause: &Cause, body: Block, of: Val) -> (Val, Val) {
    let begins =
        [&cause.owner, &cause.rule.into(), &cause.guard.0, &cause.guard.1, &cause.late, &of].map(|value| value.clone());
    let kept = b.call(begin_body(e), &begins);
    let moved = run_block(e, b, body);
    let paused = b.call(end_body(e), &[kept, moved.clone()]);
    (moved, paused)
}

/// Keeps the context and begins another: owner, rule, what the condition read from and to, lateness, first action.
fn begin_body(e: &Emit<'_>) -> Func {
    e.func("begin_body", &[I32; 6], Some(I32), true, |e, b| {
        let kept = b.call(run::keep_context(e), &[]);
        let fields =
            [run::owner(e), run::because_of(e), run::guard_from(e), run::guard_to(e), run::late(e), run::body(e)];
        for (n, field) in fields.into_iter().enumerate() {
            field.set(b, b.arg(n));
        }
        let ran = run::next_run(e, b);
        run::run(e).set(b, ran);
        run::paused(e).set(b, 0);
        b.give(kept);
    })
}

/// Puts the context back that was kept, and lets watches see whether the body moved the case; gives whether it set a hold.
fn end_body(e: &Emit<'_>) -> Func {
    e.func("end_body", &[I32, I32], Some(I32), true, |e, b| {
        let paused = b.keep(run::paused(e).get());
        b.call(run::restore_context(e), &[b.arg(0)]);
        b.when(b.arg(1), |b| deliver::see_move(e, b));
        b.give(paused);
    })
}

/// Runs actions in order; gives whether they moved the case.
pub(super) fn run_block(e: &Emit<'_>, b: &mut Body, block: Block) -> Val {
    if block.is_empty() {
        return 0.into();
    }
    let func = e.func(format!("block_{}_{}", block.first, block.len), &[], Some(I32), true, move |e, b| {
        for at in block.range() {
            let action = ActionRef(who::small(at));
            if let Some(moved) = run_action(e, b, action) {
                b.when(moved, |b| b.give(1));
            }
        }
        b.give(0);
    });
    b.call(func, &[])
}

/// Runs an action that a hold stopped, by its number.
pub(super) fn run_action_again(e: &Emit<'_>) -> Func {
    e.func("run_action_again", &[I32], None, true, |e, b| {
        for (at, action) in e.m.actions.iter().enumerate().filter(|(_, a)| stoppable(&a.does).is_some()) {
            let _ = action;
            b.when(b.arg(0).eq(i32::from(who::small(at))), |b| {
                b.call(stoppable_action(e, ActionRef(who::small(at))), &[]);
                b.end();
            });
        }
    })
}

/// What an action does, as the entry of a held one names it: kind and name.
fn stoppable(does: &Does) -> Option<(EffectKind, i32)> {
    match does {
        Does::Send(send) => Some((EffectKind::Send, i32::from(send.template.0))),
        Does::Call(call) => Some((EffectKind::Call, text(call.script))),
        Does::File { form, .. } => Some((EffectKind::File, text(*form))),
        Does::Charge { kind, .. } => Some((EffectKind::Charge, text(*kind))),
        Does::Collect { by, .. } => Some((EffectKind::Collect, text(*by))),
        _ => None,
    }
}

/// The number of a text.
pub(super) fn text(id: TextId) -> i32 {
    id.0.cast_signed()
}

/// Runs one action; gives whether it moved the case, where it may.
fn run_action(e: &Emit<'_>, b: &mut Body, at: ActionRef) -> Option<Val> {
    let action = e.m.actions.get(at.index())?;
    if !matches!(action.does, Does::If { .. }) {
        run::acts(e).set(b, run::acts(e).get().add(1));
    }
    if stoppable(&action.does).is_some() {
        b.call(stoppable_action(e, at), &[]);
        return None;
    }
    act(e, b, at, action)
}

/// An action that waits in its order while the case is held.
fn stoppable_action(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("action_{}", at.0), &[], None, true, move |e, b| {
        let Some(action) = e.m.actions.get(at.index()) else { return };
        let Some((kind, name)) = stoppable(&action.does) else { return };
        if let Does::Send(send) = &action.does {
            messages::await_deadline(e, b, at, send);
        }
        let stopped = holds::stopped_by_hold(e, b);
        b.when(stopped, |b| {
            stop(e, b, at, action, kind, name);
            b.end();
        });
        let rule = i32::from(action.rule.0);
        match &action.does {
            Does::Send(send) => messages::send(e, b, at, send),
            Does::Call(_) => {
                b.call(calls::open_call(e), &[i32::from(at.0).into()]);
            }
            Does::File { .. } => {
                b.call(filing::file(e, at), &[]);
            }
            Does::Charge { amount, kind, replacing } => costs::do_charge(e, b, rule, *amount, *kind, *replacing),
            Does::Collect { amount, by } => {
                let from = b.keep(run::seen(e).get());
                let amount = b.call(expressions::value_of(e, *amount, Mode::Noted), &[]);
                b.either(
                    amount.gt(0i64),
                    |b| {
                        let what = [amount.clone(), text(*by).into()];
                        run::effect(e, b, run::kind(EffectKind::Collect), rule, &from, &what);
                    },
                    |b| held(e, b, rule, (EffectKind::Collect, text(*by).into(), 0.into()), &[by::NOTHING.into()]),
                );
            }
            _ => {}
        }
    })
}

/// What holds an action back, as the entry says it.
pub(super) mod by {
    pub(crate) const LIMIT: i32 = 0;
    pub(crate) const REST: i32 = 1;
    pub(crate) const HOURS: i32 = 2;
    pub(crate) const HOLD: i32 = 3;
    /// No way can be used: the reason and the channel follow.
    pub(crate) const UNUSABLE: i32 = 4;
    pub(crate) const WAITS_ALREADY: i32 = 5;
    pub(crate) const NEVER: i32 = 6;
    pub(crate) const COST_CAP: i32 = 7;
    pub(crate) const PLAN_BOUND: i32 = 8;
    pub(crate) const NO_TERMS: i32 = 9;
    pub(crate) const NOTHING: i32 = 10;
    pub(crate) const WHEN: i32 = 11;
    /// Every claim that it would be about is disputed; the next number: one of them is fresh.
    pub(crate) const DISPUTED: i32 = 12;
    /// The calendar and the position of the recess follow.
    pub(crate) const RECESS: i32 = 14;
}

/// Tells that an action was held and is dropped: what holds it, then what that says.
pub(super) fn held(
    e: &Emit<'_>,
    b: &mut Body,
    rule: impl Into<Val>,
    (kind, name, person): (EffectKind, Val, Val),
    by: &[Val],
) {
    held_until(e, b, rule, (kind, name, person), by, NO_INSTANT.into(), 1.into());
}

/// Tells that an action was held, until when, and whether it is dropped.
pub(super) fn held_until(
    e: &Emit<'_>,
    b: &mut Body,
    rule: impl Into<Val>,
    (kind, name, person): (EffectKind, Val, Val),
    by: &[Val],
    until: Val,
    dropped: Val,
) {
    let from = b.keep(run::seen(e).get());
    let mut what = vec![run::kind(kind).into(), name, person, until, dropped];
    what.extend(by.iter().cloned());
    run::tell(e, b, entry::HELD, rule, &from, &what);
}

fn stop(e: &Emit<'_>, b: &mut Body, at: ActionRef, action: &Action, kind: EffectKind, name: i32) {
    let number = i32::from(at.0);
    let again = if kind == EffectKind::Send {
        let stopped = run::any(b, &e.case.stopped, |_, r| state::Stopped::at(r).action.get().eq(number));
        let waiting = match &action.does {
            Does::Send(send) => messages::waits_for_all(e, b, at, send),
            _ => 0.into(),
        };
        b.keep(stopped.or(waiting))
    } else {
        0.into()
    };
    let why = Val::from(by::WAITS_ALREADY).or_else(&again, by::HOLD);
    let what = (kind, name.into(), 0.into());
    held_until(e, b, i32::from(action.rule.0), what, &[why], NO_INSTANT.into(), again.clone());
    b.when(again.not(), |b| {
        let position = run::push(e, b, &e.case.stopped);
        let stopped = state::Stopped::at(&position);
        b.store(&stopped.action, number);
        b.store(&stopped.owner, run::owner(e).get());
        b.store(&stopped.body, run::body(e).get());
        b.store(&stopped.run, run::run(e).get());
        b.store(&stopped.person, run::person(e).get());
    });
}

fn act(e: &Emit<'_>, b: &mut Body, at: ActionRef, action: &Action) -> Option<Val> {
    let rule = i32::from(action.rule.0);
    match &action.does {
        Does::Task(_) => {
            b.call(open_task(e, at), &[]);
        }
        Does::Waive(what) => costs::do_waive(e, b, rule, what),
        Does::Pause { reason, ends, without_interest } => {
            holds::pause(e, b, action.rule, *reason, *ends, *without_interest);
        }
        Does::Resume(reason) => {
            b.call(holds::resume(e), &[i64::from(reason.0).into()]);
        }
        Does::Set { var, value } => {
            let value = b.call(expressions::value_of(e, *value, Mode::Noted), &[]);
            b.store(&Cell::new(&e.case.vars.at(&i32::from(var.0).into()), 0, Form::I64), value);
        }
        Does::If { condition, then, otherwise } => {
            let holds = expressions::holds(e, b, Some(*condition), Mode::Noted);
            let moved = b.choose(holds, |b| run_block(e, b, *then), |b| run_block(e, b, *otherwise));
            return Some(moved);
        }
        Does::Move(target) => {
            stages::go(e, b, *target, rule);
            return Some(1.into());
        }
        Does::Exit { from, body, .. } => {
            let leaving = Cell::new(&stages::exiting(e).add(i32::from(from.0)), 0, Form::U8);
            b.store(&leaving, leaving.get().add(1));
            let moved = run_block(e, b, *body);
            b.store(&leaving, leaving.get().sub(1));
            return Some(moved);
        }
        Does::Approval(_) => {
            b.call(approvals::ask(e), &[i32::from(at.0).into()]);
        }
        Does::OfferPlan(plan) => {
            b.call(plans::offer(e, *plan), &[rule.into()]);
        }
        Does::ActivatePlan(plan) => {
            b.call(plans::activate(e, *plan), &[rule.into()]);
        }
        Does::CancelPlan => {
            b.call(plans::end(e), &[]);
        }
        Does::ReleaseDebtor => parts::release(e, b, rule),
        Does::Split { part, to } => parts::split(e, b, part, *to, rule),
        plain => tell(e, b, rule, plain),
    }
    None
}

/// Effects that do nothing but tell the host.
fn tell(e: &Emit<'_>, b: &mut Body, rule: i32, does: &Does) {
    let from = b.keep(run::seen(e).get());
    let maybe = |id: Option<TextId>| Val::from(id.map_or(NONE, text));
    let (kind, what) = match does {
        Does::Emit { name, with } => {
            let run = with_values(e, b, with);
            (EffectKind::Emit, vec![text(*name).into(), run.0, run.1])
        }
        Does::Report { party, what, message } => {
            report(e, b, rule, *party, *what, *message);
            return;
        }
        Does::Alarm(name) => (EffectKind::Alarm, vec![run::alarm::NAMED.into(), text(*name).into()]),
        Does::Assign(queue) => (EffectKind::Assign, vec![text(*queue).into()]),
        Does::Customer { block, thing } => {
            (if *block { EffectKind::Block } else { EffectKind::Unblock }, vec![maybe(*thing)])
        }
        _ => return,
    };
    run::effect(e, b, run::kind(kind), rule, &from, &what);
}

/// Tells a party; a bureau hears of no claim that is disputed or that no demand has named.
fn report(e: &Emit<'_>, b: &mut Body, rule: i32, party: TextId, what: TextId, message: bool) {
    let from = b.keep(run::seen(e).get());
    let bureau = e.m.texts.get(party.index()).is_some_and(|name| name == "bureau");
    let say = |b: &mut Body| {
        let (without_from, without_to) =
            if bureau { ledger::without(e, b, true) } else { (run::without(e).get(), run::without(e).get()) };
        let persons = b.call(persons_pursued(e), &[]);
        let says =
            [text(party).into(), text(what).into(), i32::from(message).into(), persons, without_from, without_to];
        run::effect(e, b, run::kind(EffectKind::Report), rule, &from, &says);
    };
    if !bureau {
        say(b);
        return;
    }
    let held_by = b.call(ledger::nothing_left(e, true), &[]);
    b.either(
        &held_by,
        |b| held(e, b, rule, (EffectKind::Report, text(party).into(), 0.into()), &[held_by.add(by::DISPUTED - 1)]),
        say,
    );
}

/// Reads the values that go out with an effect: where they begin, and where they end.
pub(super) fn with_values(e: &Emit<'_>, b: &mut Body, with: &With) -> (Val, Val) {
    let from = b.keep(run::with(e).get());
    for (name, ty, value) in with {
        let value = b.call(expressions::value_of(e, *value, Mode::Noted), &[]);
        b.call(run::name_value(e), &[text(*name).into(), super::schema::type_number(*ty).into(), value]);
    }
    (from, b.keep(run::with(e).get()))
}

/// Against whom something is filed, a bit each: those pursued; where nobody is, all.
pub(super) fn persons_pursued(e: &Emit<'_>) -> Func {
    e.func("persons_pursued", &[], Some(I32), false, |e, b| {
        let (some, all) = (b.var(0), b.var(0));
        run::each(b, &e.case.persons, |b, at, record| {
            let bit = b.keep(Val::from(1).shl(at).and(255));
            b.set(all, all.get().or(&bit));
            b.when(e.case.person(record).channels.pursued.get(), |b| b.set(some, some.get().or(&bit)));
        });
        b.give(some.get().or_else(&some.get(), all.get()));
    })
}

// Tasks.

/// The tasks of the machine, by their numbers.
pub(super) fn tasks<'m>(e: &Emit<'m>) -> impl Iterator<Item = (i32, &'m Action, &'m dunlin_machine::ir::Task)> {
    let machine = e.m;
    machine.actions.iter().enumerate().filter_map(|(at, action)| match &action.does {
        Does::Task(task) => Some((i32::from(who::small(at)), action, task)),
        _ => None,
    })
}

/// Something of a task's action, by its number.
fn of_task(
    e: &Emit<'_>,
    b: &mut Body,
    action: Val,
    name: &str,
    read: fn(&Action, &dunlin_machine::ir::Task) -> i32,
) -> Val {
    let func = e.func(format!("task_{name}"), &[I32], Some(I32), false, move |e, b| {
        for (at, action, task) in tasks(e) {
            let value = read(action, task);
            if value != 0 {
                b.when(b.arg(0).eq(at), |b| b.give(value));
            }
        }
        b.give(0);
    });
    b.call(func, &[action])
}

/// The name of a task's action.
pub(super) fn task_name(e: &Emit<'_>, b: &mut Body, action: Val) -> Val {
    of_task(e, b, action, "name", |_, task| text(task.name))
}

/// The rule of a task's action.
pub(super) fn rule_of(e: &Emit<'_>, b: &mut Body, action: Val) -> Val {
    of_task(e, b, action, "rule", |action, _| i32::from(action.rule.0))
}

/// Whether a task stays open when its stage is left.
pub(super) fn keeps(e: &Emit<'_>, b: &mut Body, action: Val) -> Val {
    of_task(e, b, action, "keeps", |_, task| i32::from(task.keep))
}

fn open_task(e: &Emit<'_>, at: ActionRef) -> Func {
    e.func(format!("open_task_{}", at.0), &[], None, true, move |e, b| {
        let Some(Action { rule, does: Does::Task(task) }) = e.m.actions.get(at.index()) else { return };
        let from = b.keep(run::seen(e).get());
        let within = b.call(expressions::value_of(e, task.within, Mode::Noted), &[]);
        // A limit ends with its last day; one in hours at its instant.
        let due = b.call(run::due_in(e), &[within.clone(), 1.into()]);
        let number = tell_task(e, b, task, &text(task.role).into(), i32::from(rule.0), &from, &due, false);
        let opened = if task.substitutes.is_empty() {
            0.into()
        } else {
            b.call(substitutes::seconds_open(e), &[e.case.now.get()])
        };
        let position = run::push_one_of(e, b, &e.case.tasks, Bound::Tasks);
        let open = state::Task::at(&position);
        b.store(&open.action, i32::from(at.0));
        b.store(&open.effect, number);
        b.store(&open.due, due);
        b.store(&open.opened, opened);
        b.store(&open.asked, 0);
        b.store(&open.owner, run::owner(e).get());
        b.store(&open.run, run::run(e).get());
    })
}

/// Tells the host of a task.
#[allow(clippy::too_many_arguments, reason = "what a task is asked for, by whom, and until when")]
pub(super) fn tell_task(
    e: &Emit<'_>,
    b: &mut Body,
    task: &dunlin_machine::ir::Task,
    role: &Val,
    rule: i32,
    from: &Val,
    due: &Val,
    again: bool,
) -> Val {
    let [until, until_instant] = run::told_limit(e, b, due);
    let (there, priority) = task.priority.map_or((0, 0), |p| (1, p));
    let what = [
        text(task.name).into(),
        role.clone(),
        until,
        until_instant,
        there.into(),
        priority.into(),
        i32::from(again).into(),
    ];
    run::effect(e, b, run::kind(EffectKind::Task), rule, from, &what)
}

/// A task that was withdrawn opens again with the time that it had left; it stands at a position.
pub(super) fn open_task_again(e: &Emit<'_>) -> Func {
    e.func("open_task_again", &[I32, I64, I64], None, true, |e, b| {
        let action = b.keep(state::Task::at(&b.arg(0)).action.get());
        for (at, action_of, task) in tasks(e) {
            b.when(action.eq(at), |b| {
                b.call(this_task_again(e, at, action_of, task), &[b.arg(0), b.arg(1), b.arg(2)]);
                b.end();
            });
        }
    })
}

/// The same of the tasks of one action.
fn this_task_again<'m>(e: &Emit<'m>, at: i32, action: &'m Action, task: &'m dunlin_machine::ir::Task) -> Func {
    e.func(format!("open_task_again_{at}"), &[I32, I64, I64], None, true, move |e, b| {
        let withdrawn = state::Task::at(&b.arg(0));
        let from = b.keep(run::seen(e).get());
        // What was overdue comes back overdue.
        let today = b.call(run::begin(e), &[run::today(e).get()]);
        let was = b.keep(withdrawn.due.get());
        let opened = substitutes::opened_later(e, b, task, &withdrawn, |b, at| {
            let hours = b.call(run::ends_by_hours(e), &[run::or_instant(&was, today.clone())]);
            b.call(stages::later(e), &[at.clone(), b.arg(1), b.arg(2), hours])
        });
        let due = b.call(stages::limit_later(e), &[was.clone(), b.arg(1), b.arg(2)]);
        let told = b.keep(run::or_instant(&due, today.clone()));
        let role = substitutes::role_of(e, b, task, withdrawn.asked.get());
        let number = tell_task(e, b, task, &role, i32::from(action.rule.0), &from, &told, true);
        let position = run::push_one_of(e, b, &e.case.tasks, Bound::Tasks);
        b.copy_apart(&position, b.arg(0), e.case.tasks.size());
        let open = state::Task::at(&position);
        b.store(&open.due, due);
        b.store(&open.opened, opened);
        b.store(&open.effect, number);
        b.store(&open.run, run::run(e).get());
    })
}

/// The `send` of an action.
pub(super) fn sends<'m>(e: &Emit<'m>) -> impl Iterator<Item = (ActionRef, &'m Action, &'m Send)> + use<'m> {
    let machine = e.m;
    machine.actions.iter().enumerate().filter_map(|(at, action)| match &action.does {
        Does::Send(send) => Some((ActionRef(who::small(at)), action, send)),
        _ => None,
    })
}
