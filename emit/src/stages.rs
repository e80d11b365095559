//! Entering and leaving stages, groups and procedures.

use super::actions;
use super::changes::Part;
use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::faults::{Bound, Fault};
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, signed};
use super::run::{self, NONE, entry};
use super::state::{self, List, Place, SLOT};
use super::who::{self, Who};
use super::{approvals, calendars, expressions, holds, messages, timers, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{EffectKind, Leaving, On, ScopeId, StageId, Target, Trigger, Ways};

/// Whether a message's stage lasts, as it is stored.
mod lasts {
    pub(super) const NOW: i32 = 0;
    pub(super) const BEFORE: i32 = 1;
    pub(super) const OVER: i32 = 2;
}

/// A bit for each thing of the machine, as bytes.
pub(super) fn bits(count: usize, is: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut bytes = vec![0u8; count.div_ceil(8)];
    for at in (0..count).filter(|at| is(*at)) {
        if let Some(byte) = bytes.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
    }
    bytes
}

/// Whether bit `at` of a table is set.
pub(super) fn bit_of(table: &Val, at: &Val) -> Val {
    Cell::new(&table.add(at.shr_u(3)), 0, Form::U8).get().shr_u(at.and(7)).and(1)
}

/// Whether the case is in an outcome.
pub(super) fn in_outcome(e: &Emit<'_>) -> Func {
    e.func("in_outcome", &[], Some(I32), false, |e, b| {
        let stage = e.case.place().stage.get();
        // Most strategies name their outcomes last.
        let first = e.m.stages.iter().position(|s| s.outcome).unwrap_or(e.m.stages.len());
        if e.m.stages.iter().skip(first).all(|s| s.outcome) {
            b.give(stage.ge(signed(number(first))));
            return;
        }
        let outcomes = bits(e.m.stages.len(), |at| e.m.stages.get(at).is_some_and(|s| s.outcome));
        b.give(bit_of(&e.constant(&outcomes), &stage));
    })
}

/// Whether a group or procedure is around a stage.
fn is_around(e: &Emit<'_>) -> Func {
    e.func("is_around", &[I32, I32], Some(I32), false, |e, b| {
        let stages = e.m.stages.len();
        let around = |scope: usize, stage: usize| {
            who::scopes_around(e, StageId(who::small(stage))).contains(&ScopeId(who::small(scope)))
        };
        let table = bits(stages * e.m.scopes.len(), |at| around(at / stages, at % stages));
        let at = b.keep(b.arg(0).mul(signed(number(stages))).add(b.arg(1)));
        b.give(bit_of(&e.constant(&table), &at));
    })
}

/// Moves the case to a target, for a rule.
pub(super) fn go(e: &Emit<'_>, b: &mut Body, target: Target, rule: impl Into<Val>) {
    let rule = rule.into();
    match target {
        Target::Stage(stage) => {
            b.call(go_to(e), &[i32::from(stage.0).into(), rule]);
        }
        Target::Itself => {
            b.call(go_itself(e), &[rule]);
        }
        Target::LastStage => {
            b.call(go_back(e), &[rule]);
        }
    }
}

/// Moves the case to a stage.
pub(super) fn go_to(e: &Emit<'_>) -> Func {
    e.func("go_to", &[I32, I32], None, true, |e, b| {
        let (stage, rule) = (b.arg(0), b.arg(1));
        let from = b.keep(e.case.place().stage.get());
        b.when(stage.eq(&from), |b| {
            b.call(go_itself(e), &[rule.clone()]);
            b.end();
        });
        b.call(entered_once(e), &[stage.clone()]);
        let acted = run_leaving(e, b, &from, &stage);
        b.call(leave(e), &[1.into()]);
        enter_anew_later(e, b, acted);
        b.call(enter_stage(e), &[stage, rule, from]);
    })
}

fn go_itself(e: &Emit<'_>) -> Func {
    e.func("go_itself", &[I32], None, true, |e, b| {
        let stage = b.keep(e.case.place().stage.get());
        b.call(entered_once(e), &[stage.clone()]);
        run_leaving(e, b, &stage, &stage);
        b.call(leave(e), &[0.into()]);
        b.call(enter_stage(e), &[stage.clone(), b.arg(0), stage]);
    })
}

/// How many stages a chain may enter.
const MOST_ENTERED: u32 = 512;

/// Notes that a stage is entered; fails where the chain entered it already.
pub(super) fn entered_once(e: &Emit<'_>) -> Func {
    e.func("entered_once", &[I32], None, true, |e, b| {
        let chain = e.room("chain", 2 * MOST_ENTERED);
        let count = run::chain(e);
        b.each(count.get(), |b, at| {
            let entered = Cell::new(&chain.add(at.mul(2)), 0, Form::U16).get();
            b.when(entered.eq(b.arg(0)), |b| run::fail(e, b, Fault::EnteredTwice, b.arg(0).wide()));
        });
        b.when(count.get().lt(signed(MOST_ENTERED)).not(), |b| run::too_many(b, Bound::Things, MOST_ENTERED));
        b.store(&Cell::new(&chain.add(count.get().mul(2)), 0, Form::U16), b.arg(0));
        count.set(b, count.get().add(1));
    })
}

fn enter_anew_later(e: &Emit<'_>, b: &mut Body, acted: Val) {
    b.when(e.case.before.0.get(), |b| b.store(&e.case.before().anew, acted));
}

/// Runs the `leaving` blocks on the way from one stage to another; gives whether one acted.
fn run_leaving(e: &Emit<'_>, b: &mut Body, from: &Val, to: &Val) -> Val {
    let has = |blocks: &[Leaving]| !blocks.is_empty();
    if !e.m.stages.iter().any(|s| has(&s.leaving)) && !e.m.scopes.iter().any(|s| has(&s.leaving)) {
        return 0.into();
    }
    b.call(leaving(e), &[from.clone(), to.clone()])
}

fn leaving(e: &Emit<'_>) -> Func {
    e.func("leaving", &[I32, I32], Some(I32), true, |e, b| {
        let (from, to) = (b.arg(0), b.arg(1));
        let acted = b.var(0);
        let of = |b: &mut Body, blocks: &[Leaving], exits: Option<&Val>| {
            for block in blocks {
                let this_way = match &block.ways {
                    Ways::Every => 1.into(),
                    Ways::To(stages) => expressions::one_of(&to, stages),
                    Ways::Otherwise => exits.map_or(1.into(), Val::not),
                };
                b.when(this_way, |b| {
                    let before = b.keep(run::acts(e).get());
                    actions::run_block(e, b, block.body);
                    b.set(acted, acted.get().or(run::acts(e).get().ne(before)));
                });
            }
        };
        let of = &of;
        let stage = |at: usize| -> Box<dyn FnOnce(&mut Body) + '_> {
            Box::new(move |b| of(b, e.m.stages.get(at).map_or(&[], |s| &s.leaving), None))
        };
        b.switch(from.clone(), (0..e.m.stages.len()).map(stage).collect());
        // Inner ones have higher numbers, and are left first.
        for (at, scope) in e.m.scopes.iter().enumerate().rev().filter(|(_, s)| !s.leaving.is_empty()) {
            let id = i32::from(who::small(at));
            let around = b.call(is_around(e), &[id.into(), from.clone()]);
            let stays = b.call(is_around(e), &[id.into(), to.clone()]);
            b.when(around.and(stays.not()), |b| {
                let exits = b.keep(Cell::new(&exiting(e).add(id), 0, Form::U8).get());
                of(b, &scope.leaving, Some(&exits));
            });
        }
        b.give(acted.get());
    })
}

/// How often each procedure is being left by an exit, a byte each.
pub(super) fn exiting(e: &Emit<'_>) -> Val {
    e.room("exiting", number(e.m.scopes.len()))
}

/// Leaves the stage: what waits is dropped, what is open is withdrawn, but for what the running body put there.
fn leave(e: &Emit<'_>) -> Func {
    e.func("leave", &[I32], None, true, |e, b| {
        let remember = b.arg(0);
        let waited = b.call(moves_wait(e), &[]);
        let own = run::run(e).get();
        retain(b, &e.case.waiting, |_, record| {
            let waiting = state::Waiting::at(record);
            waiting.run.get().eq(&own).or(waiting.owner.get().eq(4))
        });
        retain(b, &e.case.stopped, |_, record| {
            let stopped = state::Stopped::at(record);
            stopped.run.get().eq(&own).or(stopped.owner.get().eq(4))
        });
        b.call(release_moves(e), &[waited]);
        run::each(b, &e.case.messages, |b, _, record| {
            let stage = state::Message::at(record).stage;
            let was = b.keep(stage.get());
            let before = was.eq(lasts::NOW).and(&remember).or(was.eq(lasts::BEFORE).and(remember.not()));
            b.store(&stage, Val::from(lasts::BEFORE).or_else(&before, lasts::OVER));
        });
        let left = e.case.before();
        b.when(&remember, |b| {
            let (here, before) = (signed(e.case.place), signed(e.case.before.1));
            b.call(super::copies::copy_place(e), &[here.into(), before.into()]);
            b.store(&e.case.before.0, 1);
            b.store(&left.left, e.case.now.get());
            for list in [&left.tasks, &left.calls, &left.approvals] {
                b.store(&list.count(), 0);
            }
        });
        b.call(withdraw(e), &[remember.clone()]);
        b.when(remember, |b| {
            b.call(shift_left(e), &[]);
        });
    })
}

/// Keeps the records that fit, in their order.
pub(super) fn retain(b: &mut Body, list: &List, fits: impl Fn(&mut Body, &Val) -> Val) {
    let kept = b.var(0);
    run::each(b, list, |b, at, record| {
        let fits = fits(b, record);
        b.when(fits, |b| {
            b.when(kept.get().ne(at), |b| b.copy(list.at(&kept.get()), record, signed(list.size())));
            b.set(kept, kept.get().add(1));
        });
    });
    b.store(&list.count(), kept.get());
}

/// Withdraws the stage's tasks, calls and approvals, each with an effect that names the one that opened it.
fn withdraw(e: &Emit<'_>) -> Func {
    e.func("withdraw", &[I32], None, true, |e, b| {
        let left = e.case.before();
        let remember = b.arg(0);
        let own = run::run(e).get();
        let lists = [(&e.case.tasks, &left.tasks), (&e.case.calls, &left.calls), (&e.case.approvals, &left.approvals)];
        let kinds = if approvals::any(e) { lists.len() } else { 2 };
        for (n, (list, to)) in lists.into_iter().enumerate().take(kinds) {
            let at = b.var(0);
            b.while_(
                |_| at.get().lt(list.count().get()),
                |b| {
                    let record = b.keep(list.at(&at.get()));
                    let (owner, ran, effect) = match n {
                        0 => {
                            let task = state::Task::at(&record);
                            (task.owner.get(), task.run.get(), task.effect.get())
                        }
                        1 => {
                            let call = state::Call::at(&record);
                            (call.owner.get(), call.run.get(), call.effect.get())
                        }
                        _ => {
                            let approval = state::Approval::at(&record);
                            (approval.owner.get(), approval.run.get(), approval.effect.get())
                        }
                    };
                    let of_stage = b.keep(run::of_stage(&owner).and(ran.ne(&own)));
                    let keeps =
                        if n == 0 { actions::keeps(e, b, state::Task::at(&record).action.get()) } else { 0.into() };
                    let effect = b.keep(effect);
                    b.either(
                        of_stage.and(keeps.not()),
                        |b| {
                            b.when(&remember, |b| {
                                let place = run::push(e, b, to);
                                b.copy(place, &record, signed(list.size()));
                            });
                            match n {
                                2 => approvals::take(e, b, &at.get()),
                                _ => run::remove(e, b, list, &at.get()),
                            }
                            b.when(&effect, |b| cancel(e, b, &effect));
                        },
                        |b| b.set(at, at.get().add(1)),
                    );
                },
            );
        }
    })
}

/// Tells the host that what an effect opened is withdrawn.
pub(super) fn cancel(e: &Emit<'_>, b: &mut Body, of: &Val) {
    let from = b.keep(run::seen(e).get());
    run::effect(e, b, run::kind(EffectKind::Cancel), NONE, &from, &[of.clone()]);
}

/// Calendar days from an instant to now.
pub(super) fn days_since(e: &Emit<'_>) -> Func {
    e.func("days_since", &[I64], Some(I64), false, |e, b| {
        let day = run::local_day(e, b, b.arg(0));
        b.give(run::today(e).get().sub(day).wide());
    })
}

/// Shifts slots by the time since an instant.
fn shift_since(e: &Emit<'_>) -> Func {
    e.func("shift_since", &[I32, I32, I64], None, true, |e, b| {
        let days = b.call(days_since(e), &[b.arg(2)]);
        let seconds = e.case.now.get().sub(b.arg(2));
        b.call(timers::shift_slots(e), &[b.arg(0), b.arg(1), days, seconds]);
    })
}

/// A stage that is left while the case is held keeps the shift that an end of the hold now would give it.
fn shift_left(e: &Emit<'_>) -> Func {
    e.func("shift_left", &[], None, true, |e, b| {
        let held = b.keep(e.case.held_since.get());
        b.when(held.eq(NO_INSTANT), Body::end);
        b.changes(Part::BEFORE);
        shift_place(e, b, &e.case.before(), &held);
    })
}

/// Shifts the timers of a place by the time since the later of an instant and the begin of each owner.
fn shift_place(e: &Emit<'_>, b: &mut Body, place: &Place, held: &Val) {
    let returned = b.keep(place.returned.get());
    let since = b.keep(run::or_instant(&returned, place.entered.get()).max(held));
    b.call(shift_since(e), &[place.slots.at(&0.into()), place.slots.count().get(), since]);
    let before = b.var(0);
    run::each(b, &place.scopes, |b, _, record| {
        let around = state::Around::at(record);
        let since = b.call(who::around_since(e), &[record.clone()]);
        let since = b.keep(since.max(held));
        b.call(shift_since(e), &[place.scope_slots.at(&before.get()), around.slots.get(), since]);
        b.set(before, before.get().add(around.slots.get()));
    });
}

/// Shifts every anchored timer of the stage and what is around it.
pub(super) fn shift_stage(e: &Emit<'_>) -> Func {
    e.func("shift_stage", &[I64, I64], None, true, |e, b| {
        let place = e.case.place();
        for slots in [&place.slots, &place.scope_slots] {
            b.call(timers::shift_slots(e), &[slots.at(&0.into()), slots.count().get(), b.arg(0), b.arg(1)]);
        }
    })
}

/// A hold that ended after it began: timers move later by its length.
pub(super) fn shift_by_hold(e: &Emit<'_>) -> Func {
    e.func("shift_by_hold", &[I64], None, true, |e, b| {
        let place = e.case.place();
        shift_place(e, b, &place, &b.arg(0));
        let now = b.keep(e.case.now.get());
        for slots in [&place.slots, &place.scope_slots] {
            run::each(b, slots, |b, _, record| {
                let slot = state::Slot::at(record);
                b.when(slot.counts.get().eq(0), |b| b.store(&slot.not_before, slot.not_before.get().max(&now)));
            });
        }
        b.call(shift_deadline(e), &[b.arg(0)]);
    })
}

/// Enters a stage, with what is newly around it, and runs its entry actions.
pub(super) fn enter_stage(e: &Emit<'_>) -> Func {
    e.func("enter_stage", &[I32, I32, I32], None, true, |e, b| {
        let (stage, rule, from) = (b.arg(0), b.arg(1), b.arg(2));
        let place = e.case.place();
        b.store(&place.stage, &stage);
        b.store(&place.entered, e.case.now.get());
        b.store(&place.returned, NO_INSTANT);
        b.call(drop_scopes(e), &[stage.clone()]);
        b.call(note_move(e), &[stage.clone()]);
        let mark = b.keep(run::seen(e).get());
        run::tell(e, b, entry::MOVE, rule, &mark, &[from, stage.clone(), 0.into()]);
        b.call(enter_scopes(e), &[stage, e.case.now.get()]);
        who::by_stage(
            e,
            b,
            |_, _| true,
            |e, b, who| {
                b.call(entered(e, who), &[]);
            },
        );
    })
}

/// What follows on entry of one stage.
fn entered(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("entered_{}", who.name()), &[], None, true, move |e, b| {
        let Who::Stage(at) = who else { return };
        let Some(stage) = e.m.stages.get(usize::from(at)) else { return };
        b.call(timers::open_slots(e, who), &[]);
        if stage.outcome {
            b.call(holds::end_holds_silently(e), &[]);
        }
        if !stage.entry.is_empty() {
            run::aside(e, b, |b| {
                run::owner(e).set(b, who.number());
                run::body(e).set(b, i32::from(stage.entry.first));
                let ran = run::next_run(e, b);
                run::run(e).set(b, ran);
                run::paused(e).set(b, 0);
                actions::run_block(e, b, stage.entry);
            });
        }
    })
}

/// Goes on in a stage that the case entered before it came here.
pub(super) fn come_in(e: &Emit<'_>) -> Func {
    e.func("come_in", &[I32, I64, I32], None, true, |e, b| {
        let (stage, entered) = (b.arg(0), b.arg(1));
        let place = e.case.place();
        b.store(&place.stage, &stage);
        b.store(&place.entered, &entered);
        b.store(&place.returned, e.case.now.get());
        b.call(note_move(e), &[stage.clone()]);
        let mark = b.keep(run::seen(e).get());
        run::tell(e, b, entry::MOVE, b.arg(2), &mark, &[NONE.into(), stage.clone(), 0.into()]);
        b.call(enter_scopes(e), &[stage, entered]);
        who::by_stage(
            e,
            b,
            |_, _| true,
            |e, b, who| {
                b.call(timers::open_slots(e, who), &[]);
            },
        );
    })
}

/// Drops the groups and procedures that are not around a stage.
fn drop_scopes(e: &Emit<'_>) -> Func {
    e.func("drop_scopes", &[I32], None, true, |e, b| {
        if e.m.scopes.is_empty() {
            return;
        }
        let place = e.case.place();
        let at = b.var(0);
        b.while_(
            |_| at.get().lt(place.scopes.count().get()),
            |b| {
                let record = b.keep(place.scopes.at(&at.get()));
                let around = state::Around::at(&record);
                let (scope, count) = (b.keep(around.scope.get()), b.keep(around.slots.get()));
                let stays = b.call(is_around(e), &[scope.clone(), b.arg(0)]);
                b.either(
                    stays,
                    |b| b.set(at, at.get().add(1)),
                    |b| {
                        let first = b.call(who::scope_slots(e), &[scope]);
                        let bytes = b.keep(count.mul(signed(SLOT)));
                        let slots = &place.scope_slots;
                        let end = slots.at(&slots.count().get());
                        b.copy(&first, first.add(&bytes), end.sub(&first).sub(&bytes));
                        b.store(&slots.count(), slots.count().get().sub(count));
                        run::remove(e, b, &place.scopes, &at.get());
                    },
                );
            },
        );
    })
}

/// The number of what is around a stage or a scope; -1 is nothing.
fn parents(e: &Emit<'_>, of: impl Iterator<Item = Option<ScopeId>>) -> Val {
    let bytes: Vec<u8> = of.flat_map(|scope| scope.map_or(-1i32, |s| i32::from(s.0)).to_le_bytes()).collect();
    e.constant(&bytes)
}

/// Enters the groups and procedures around a stage that the case is not in yet, from the outermost inwards.
fn enter_scopes(e: &Emit<'_>) -> Func {
    e.func("enter_scopes", &[I32, I64], None, true, |e, b| {
        if e.m.scopes.is_empty() {
            return;
        }
        let of_stage = parents(e, e.m.stages.iter().map(|s| s.scope));
        let of_scope = parents(e, e.m.scopes.iter().map(|s| s.parent));
        b.block(|b, done| {
            b.while_(
                |_| 1.into(),
                |b| {
                    let outermost = b.var(NONE);
                    let scope = b.var(Cell::new(&of_stage.add(b.arg(0).mul(4)), 0, Form::I32).get());
                    b.block(|b, found| {
                        b.while_(
                            |_| scope.get().ne(NONE),
                            |b| {
                                let inside = b.call(who::around(e), &[scope.get()]);
                                b.leave_when(found, inside);
                                b.set(outermost, scope.get());
                                b.set(scope, Cell::new(&of_scope.add(scope.get().mul(4)), 0, Form::I32).get());
                            },
                        );
                    });
                    b.leave_when(done, outermost.get().eq(NONE));
                    who::by_scope(
                        e,
                        b,
                        outermost.get(),
                        |_, _| true,
                        |e, b, who| {
                            b.call(enter_scope(e, who), &[b.arg(1)]);
                        },
                    );
                },
            );
        });
    })
}

fn enter_scope(e: &Emit<'_>, who: Who) -> Func {
    e.func(format!("enter_{}", who.name()), &[I64], None, true, move |e, b| {
        let Who::Scope(id) = who else { return };
        let Some(scope) = e.m.scopes.get(usize::from(id)) else { return };
        let place = e.case.place();
        let (scopes, slots) = (&place.scopes, &place.scope_slots);
        let count = i32::from(scope.triggers.len);
        // The innermost stands first.
        b.copy(scopes.at(&1.into()), scopes.at(&0.into()), scopes.count().get().mul(signed(scopes.size())));
        b.store(&scopes.count(), scopes.count().get().add(1));
        let around = state::Around::at(&scopes.at(&0.into()));
        b.store(&around.scope, i32::from(id));
        b.store(&around.entered, b.arg(0));
        // Only a case that goes on where it was elsewhere entered before now: it runs from now as after a return.
        let now = e.case.now.get();
        b.store(&around.returned, now.or_else(&now.ne(b.arg(0)), NO_INSTANT));
        b.store(&around.slots, count);
        b.copy(slots.at(&count.into()), slots.at(&0.into()), slots.count().get().mul(signed(slots.size())));
        b.store(&slots.count(), slots.count().get().add(count));
        run::aside(e, b, |b| {
            run::owner(e).set(b, who.number());
            run::body(e).set(b, i32::from(scope.entry.first));
            run::paused(e).set(b, 0);
            actions::run_block(e, b, scope.entry);
        });
        b.call(timers::open_slots(e, who), &[]);
    })
}

fn note_move(e: &Emit<'_>) -> Func {
    e.func("note_move", &[I32], None, true, |e, b| {
        b.store(&e.case.events, e.case.events.get().add(1));
        let been = run::any(b, &e.case.been, |b, record| Cell::new(record, 0, Form::U16).get().eq(b.arg(0)));
        b.when(been.not(), |b| {
            let place = run::push(e, b, &e.case.been);
            b.store(&Cell::new(&place, 0, Form::U16), b.arg(0));
        });
    })
}

/// Goes back to the stage before, as if the time since had been a hold.
fn go_back(e: &Emit<'_>) -> Func {
    e.func("go_back", &[I32], None, true, |e, b| {
        let rule = b.arg(0);
        let before = e.case.before();
        b.when(e.case.before.0.get().not(), |b| b.fail(Fault::NoLastStage.number()));
        let back = b.keep(before.stage.get());
        b.when(before.anew.get(), |b| {
            let to = begin_of(e, b, &back);
            b.call(go_to(e), &[to, rule.clone()]);
            b.end();
        });
        b.call(entered_once(e), &[back.clone()]);
        let from = b.keep(e.case.place().stage.get());
        let acted = run_leaving(e, b, &from, &back);
        let acted = b.keep(acted);
        // What comes back is set aside while the stage that is left takes its place.
        let (here, there) = (Val::from(signed(e.case.place)), Val::from(signed(e.case.before.1)));
        let (aside, lent) = super::copies::aside_at(e);
        b.call(super::copies::copy_place(e), &[there, aside.clone()]);
        let come_back = b.var(0);
        run::each(b, &e.case.messages, |b, at, record| {
            let is = state::Message::at(record).stage.get().eq(lasts::BEFORE);
            b.set(come_back, come_back.get().or(is.shl(at)));
        });
        b.store(&e.case.before.0, 0);
        b.call(leave(e), &[1.into()]);
        enter_anew_later(e, b, acted);
        run::each(b, &e.case.messages, |b, at, record| {
            b.when(come_back.get().shr_u(at).and(1), |b| b.store(&state::Message::at(record).stage, lasts::NOW));
        });
        b.call(super::copies::copy_place(e), &[here.clone(), lent]);
        b.call(super::copies::copy_place(e), &[aside, here]);
        let place = e.case.place();
        let left = b.keep(place.left.get());
        let left = b.keep(run::or_instant(&left, e.case.now.get()));
        b.store(&place.left, NO_INSTANT);
        b.call(note_move(e), &[back.clone()]);
        let mark = b.keep(run::seen(e).get());
        run::tell(e, b, entry::MOVE, rule, &mark, &[from, back, 1.into()]);
        b.call(resume_place(e), &[left.clone()]);
        let outcome = b.call(in_outcome(e), &[]);
        b.when(outcome, |b| {
            b.call(holds::end_holds_silently(e), &[]);
        });
        b.call(open_again(e), &[left]);
    })
}

/// Where a stage begins that is entered anew: a procedure that the case is not in begins at its first stage.
fn begin_of(e: &Emit<'_>, b: &mut Body, stage: &Val) -> Val {
    let first = b.var(stage);
    for at in 0..e.m.stages.len() {
        let firsts: Vec<(ScopeId, StageId)> = who::scopes_around(e, StageId(who::small(at)))
            .into_iter()
            .filter_map(|s| e.m.scopes.get(s.index()).and_then(|scope| scope.first).map(|first| (s, first)))
            .collect();
        if firsts.is_empty() {
            continue;
        }
        b.when(stage.eq(i32::from(who::small(at))), |b| {
            // The outermost that is entered decides: it comes last.
            for (scope, begins) in &firsts {
                let inside = b.call(who::around(e), &[i32::from(scope.0).into()]);
                b.when(inside.eq(0), |b| b.set(first, i32::from(begins.0)));
            }
        });
    }
    first.get()
}

/// Shifts the timers of the place that came back by the time since it was left. What is around both places ran on.
fn resume_place(e: &Emit<'_>) -> Func {
    e.func("resume_place", &[I64], None, true, |e, b| {
        let left = b.arg(0);
        let (place, lent) = (e.case.place(), e.case.place_at(&super::copies::aside_at(e).1));
        b.store(&place.returned, e.case.now.get());
        b.call(shift_since(e), &[place.slots.at(&0.into()), place.slots.count().get(), left.clone()]);
        let before = b.var(0);
        run::each(b, &place.scopes, |b, _, record| {
            let around = state::Around::at(record);
            let slots = b.keep(place.scope_slots.at(&before.get()));
            let count = b.keep(around.slots.get());
            let (ran_on, there) = (b.var(0), b.var(0));
            run::each(b, &lent.scopes, |b, _, other| {
                let other_around = state::Around::at(other);
                b.when(other_around.scope.get().eq(around.scope.get()), |b| {
                    b.set(ran_on, 1);
                    b.copy(record, other, signed(place.scopes.size()));
                    b.copy(&slots, lent.scope_slots.at(&there.get()), count.mul(signed(SLOT)));
                });
                b.set(there, there.get().add(other_around.slots.get()));
            });
            b.when(ran_on.get().not(), |b| {
                b.store(&around.returned, e.case.now.get());
                b.call(shift_since(e), &[slots.clone(), count.clone(), left.clone()]);
            });
            b.set(before, before.get().add(count));
        });
        b.call(shift_deadline(e), &[left]);
    })
}

/// Moves the deadline by the days since the later of an instant and the day it was set, on to a working day.
pub(super) fn shift_deadline(e: &Emit<'_>) -> Func {
    e.func("shift_deadline", &[I64], None, true, |e, b| {
        b.when(e.case.deadline.0.get().not(), Body::end);
        let deadline = state::Deadline::at(&signed(e.case.deadline.1).into());
        let day = b.keep(deadline.day.get());
        let days = b.call(days_since(e), &[b.arg(0).max(deadline.set.get())]);
        b.when(day.ne(NO_DAY).and(days.gt(0i64)), |b| {
            let moved = b.call(timers::plus_days(e), &[day.clone(), days.clone()]);
            let moved = b.call(calendars::working_day_from(e), &[e.case.calendar.get(), moved, 1.into()]);
            b.store(&deadline.day, moved);
        });
    })
}

/// Tasks, calls and approvals that were withdrawn when the stage was left open again with the time that they had left.
fn open_again(e: &Emit<'_>) -> Func {
    e.func("open_again", &[I64], None, true, |e, b| {
        let place = e.case.place();
        let days = b.call(days_since(e), &[b.arg(0)]);
        let seconds = b.keep(e.case.now.get().sub(b.arg(0)));
        run::each(b, &place.tasks, |b, _, record| {
            b.call(actions::open_task_again(e), &[record.clone(), days.clone(), seconds.clone()]);
        });
        b.store(&place.tasks.count(), 0);
        run::each(b, &place.calls, |b, _, record| {
            let call = state::Call::at(record);
            let due = b.call(later(e), &[call.due.get(), days.clone(), seconds.clone(), 0.into()]);
            let to = run::push(e, b, &e.case.calls);
            b.copy_apart(&to, record, e.case.calls.size());
            let call = state::Call::at(&to);
            b.store(&call.due, due);
            b.store(&call.run, run::run(e).get());
        });
        b.store(&place.calls.count(), 0);
        if approvals::any(e) {
            run::each(b, &place.approvals, |b, _, record| {
                b.call(approvals::ask_again(e), &[record.clone(), days.clone(), seconds.clone()]);
            });
            b.store(&place.approvals.count(), 0);
        }
    })
}

/// The end of a limit later by calendar days, of one that ends within a day by seconds; none where there is none.
pub(super) fn limit_later(e: &Emit<'_>) -> Func {
    e.func("limit_later", &[I64, I64, I64], Some(I64), true, |e, b| {
        b.when(b.arg(0).eq(NO_INSTANT), |b| b.give(NO_INSTANT));
        let hours = b.call(run::ends_by_hours(e), &[b.arg(0)]);
        b.when(hours, |b| {
            let at = b.call(zones::add_seconds(e), &[b.arg(0), b.arg(2)]);
            b.give(at);
        });
        let day = run::local_day(e, b, b.arg(0));
        let day = b.call(timers::plus_days(e), &[day, b.arg(1)]);
        let at = b.call(run::begin(e), &[day]);
        b.give(at);
    })
}

/// An instant later by calendar days on the same clock time, or by seconds.
pub(super) fn later(e: &Emit<'_>) -> Func {
    e.func("later", &[I64, I64, I64, I32], Some(I64), true, |e, b| {
        b.when(b.arg(3), |b| {
            let at = b.call(zones::add_seconds(e), &[b.arg(0), b.arg(2)]);
            b.give(at);
        });
        let day = run::local_day(e, b, b.arg(0));
        let clock = b.call(zones::local_second(e), &[0.into(), b.arg(0)]);
        let day = b.call(timers::plus_days(e), &[day, b.arg(1)]);
        let at = b.call(zones::instant_at(e), &[0.into(), day, clock]);
        b.give(at);
    })
}

/// Whether a `send … payable within` of the stage waits, in `contact` or in a hold.
pub(super) fn moves_wait(e: &Emit<'_>) -> Func {
    e.func("moves_wait", &[], Some(I32), false, |e, b| {
        for list in [&e.case.waiting, &e.case.stopped] {
            let stopped = core::ptr::eq(list, &e.case.stopped);
            let waits = run::any(b, list, |b, record| {
                let (action, owner) = if stopped {
                    let stopped = state::Stopped::at(record);
                    (stopped.action.get(), stopped.owner.get())
                } else {
                    let waiting = state::Waiting::at(record);
                    (waiting.action.get(), waiting.owner.get())
                };
                let payable = messages::is_payable(e, b, action);
                run::of_stage(&owner).and(payable)
            });
            b.when(waits, |b| b.give(1));
        }
        b.give(0);
    })
}

/// A message that gave the debtor time to pay no longer waits: timers that it kept from moving the case are due now.
pub(super) fn release_moves(e: &Emit<'_>) -> Func {
    e.func("release_moves", &[I32], None, true, |e, b| {
        b.when(b.arg(0).not(), Body::end);
        let waits = b.call(moves_wait(e), &[]);
        b.when(waits, Body::end);
        b.call(moves_go_on(e, true), &[]);
    })
}

/// Timers that hold a move and passed meanwhile are due now; `expected`: also `usually within` of such triggers.
pub(super) fn moves_go_on(e: &Emit<'_>, expected: bool) -> Func {
    e.func(format!("moves_go_on_{expected}"), &[], None, false, move |e, b| {
        let one = |e: &Emit<'_>, b: &mut Body, who: Who| {
            b.call(moves_due_at_last(e, who, expected), &[]);
        };
        let wanted = |e: &Emit<'_>, who: Who| who.triggers(e).iter().any(|t| goes_on(t, expected));
        who::by_stage(e, b, wanted, one);
        run::each(b, &e.case.place().scopes, |b, _, record| {
            who::by_scope(e, b, state::Around::at(record).scope.get(), wanted, one);
        });
    })
}

fn goes_on(trigger: &Trigger, expected: bool) -> bool {
    let by_timer = !matches!(trigger.on, On::AsSoonAs(_)) && (expected || !matches!(trigger.on, On::Event { .. }));
    trigger.moves && by_timer
}

fn moves_due_at_last(e: &Emit<'_>, who: Who, expected: bool) -> Func {
    e.func(format!("moves_due_{}_{expected}", who.name()), &[], None, false, move |e, b| {
        for (at, _) in who.triggers(e).iter().enumerate().filter(|(_, t)| goes_on(t, expected)) {
            let slot = who.slot_record(e, b, at);
            b.store(&slot.not_before, slot.not_before.get().max(e.case.now.get()));
        }
    })
}
