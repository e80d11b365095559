//! The owners of triggers: stages, groups and procedures, `whenever` rules, watches. Code is written for each by itself.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::layout::{ListAt, NO_INSTANT};
use super::module::{Emit, signed};
use super::run;
use super::state::{self, List, SLOT, Slot};
use Width::I32;
use dunlin_machine::ir::{ExprId, ScopeId, Span, StageId, Trigger};

/// An owner of triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A stage.
    Stage(u16),
    /// A group or procedure.
    Scope(u16),
    /// A `whenever` rule, with the triggers of its block.
    Whenever(u16),
    /// A watch.
    Watch(u16),
}

impl Who {
    /// How the case stores it.
    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Stage(_) => 0,
            Self::Scope(n) => 1 | (n as i32) << 8,
            Self::Whenever(n) => 2 | (n as i32) << 8,
            Self::Watch(n) => 3 | (n as i32) << 8,
        }
    }

    /// Whether what it does belongs to the stage.
    pub(super) const fn of_stage(self) -> bool {
        matches!(self, Self::Stage(_) | Self::Scope(_))
    }

    /// A name for its functions.
    pub(super) fn name(self) -> String {
        match self {
            Self::Stage(n) => format!("stage_{n}"),
            Self::Scope(n) => format!("scope_{n}"),
            Self::Whenever(n) => format!("whenever_{n}"),
            Self::Watch(n) => format!("watch_{n}"),
        }
    }

    /// Its triggers' places in the machine.
    pub(super) fn span(self, e: &Emit<'_>) -> Span {
        let none = Span::default();
        match self {
            Self::Stage(n) => e.m.stages.get(usize::from(n)).map_or(none, |s| s.triggers),
            Self::Scope(n) => e.m.scopes.get(usize::from(n)).map_or(none, |s| s.triggers),
            Self::Whenever(n) => e.m.whenevers.get(usize::from(n)).map_or(none, |w| w.triggers),
            Self::Watch(n) => e.m.watches.get(usize::from(n)).map_or(none, |w| w.triggers),
        }
    }

    /// Its triggers, in order.
    pub(super) fn triggers<'m>(self, e: &Emit<'m>) -> &'m [Trigger] {
        let machine = e.m;
        machine.triggers.get(self.span(e).range()).unwrap_or(&[])
    }

    /// The condition of a watch.
    pub(super) fn condition(self, e: &Emit<'_>) -> Option<ExprId> {
        match self {
            Self::Watch(n) => e.m.watches.get(usize::from(n)).and_then(|w| w.when),
            _ => None,
        }
    }

    /// The list of its slots; of a scope none, for they stand where the chain of scopes puts them.
    pub(super) fn slots(self, e: &Emit<'_>) -> Option<List> {
        let slots = |list: &List, n: u16, before: u32| {
            let record = list.at(&i32::from(n).into());
            let most = (list.size() - before - 2) / SLOT;
            List::of(&record, ListAt { count: before, first: before + 2, size: SLOT, most })
        };
        match self {
            Self::Stage(_) => Some(e.case.place().slots),
            Self::Scope(_) => None,
            Self::Whenever(n) => Some(slots(&e.case.whenevers, n, 8)),
            Self::Watch(n) => Some(slots(&e.case.watches, n, 0)),
        }
    }

    /// The position of a slot.
    pub(super) fn slot(self, e: &Emit<'_>, b: &mut Body, at: usize) -> Val {
        let at = signed(number(at));
        match (self, self.slots(e)) {
            (Self::Scope(n), _) | (Self::Stage(n), None) | (Self::Whenever(n), None) | (Self::Watch(n), None) => {
                let first = b.call(scope_slots(e), &[i32::from(n).into()]);
                b.keep(first.add(at * signed(SLOT)))
            }
            (_, Some(slots)) => b.keep(slots.at(&at.into())),
        }
    }

    /// The slot as a record.
    pub(super) fn slot_record(self, e: &Emit<'_>, b: &mut Body, at: usize) -> Slot {
        let position = self.slot(e, b, at);
        Slot::at(&position)
    }

    /// From when its timers count.
    pub(super) fn anchor(self, e: &Emit<'_>, b: &mut Body) -> Val {
        match self {
            Self::Stage(_) => e.case.place().entered.get(),
            Self::Scope(n) => {
                let around = b.call(around(e), &[i32::from(n).into()]);
                let entered = state::Around::at(&around).entered.get();
                b.choose(around.ne(0), |_| entered, |_| e.case.now.get())
            }
            Self::Watch(_) => e.case.opened.get(),
            Self::Whenever(n) => {
                let since = b.keep(waits_since(e, n));
                since.or_else(&since.ne(NO_INSTANT), e.case.now.get())
            }
        }
    }

    /// From when its triggers run: nothing of it is due before.
    pub(super) fn runs_from(self, e: &Emit<'_>, b: &mut Body) -> Val {
        match self {
            Self::Stage(_) => b.call(place_since(e), &[]),
            Self::Scope(n) => {
                let around = b.call(around(e), &[i32::from(n).into()]);
                b.choose(around.ne(0), |b| b.call(around_since(e), &[around.clone()]), |_| e.case.now.get())
            }
            _ => self.anchor(e, b),
        }
    }
}

/// Since when a `whenever` rule's block waits; none: it does not.
pub(super) fn waits_since(e: &Emit<'_>, w: u16) -> Val {
    Cell::new(&e.case.whenevers.at(&i32::from(w).into()), 0, Form::I64).get()
}

/// From when on a hold counts for the stage: its entry, or the return to it.
pub(super) fn place_since(e: &Emit<'_>) -> Func {
    e.func("place_since", &[], Some(Width::I64), false, |e, b| {
        let place = e.case.place();
        let returned = b.keep(place.returned.get());
        b.give(run::or_instant(&returned, place.entered.get()));
    })
}

/// The same for what is around it, at a position.
pub(super) fn around_since(e: &Emit<'_>) -> Func {
    e.func("around_since", &[I32], Some(Width::I64), false, |_, b| {
        let around = state::Around::at(&b.arg(0));
        let returned = b.keep(around.returned.get());
        b.give(run::or_instant(&returned, around.entered.get()));
    })
}

/// The position of what the case remembers of a group or procedure that it is in; 0 where it is not.
pub(super) fn around(e: &Emit<'_>) -> Func {
    e.func("around", &[I32], Some(I32), false, |e, b| {
        let scopes = e.case.place().scopes;
        run::each(b, &scopes, |b, _, record| {
            b.when(state::Around::at(record).scope.get().eq(b.arg(0)), |b| b.give(record));
        });
        b.give(0);
    })
}

/// Where the slots of a group or procedure begin.
pub(super) fn scope_slots(e: &Emit<'_>) -> Func {
    e.func("scope_slots", &[I32], Some(I32), false, |e, b| {
        let place = e.case.place();
        let before = b.var(0);
        run::each(b, &place.scopes, |b, _, record| {
            let around = state::Around::at(record);
            b.when(around.scope.get().eq(b.arg(0)), |b| b.give(place.scope_slots.at(&before.get())));
            b.set(before, before.get().add(around.slots.get()));
        });
        b.give(place.scope_slots.at(&0.into()));
    })
}

/// The watches, in order.
pub(super) fn watches(e: &Emit<'_>) -> impl Iterator<Item = Who> + use<> {
    (0..small(e.m.watches.len())).map(Who::Watch)
}

/// The `whenever` rules, in order.
pub(super) fn whenevers(e: &Emit<'_>) -> impl Iterator<Item = Who> + use<> {
    (0..small(e.m.whenevers.len())).map(Who::Whenever)
}

/// The stages, in order.
pub(super) fn stages(e: &Emit<'_>) -> impl Iterator<Item = Who> + use<> {
    (0..small(e.m.stages.len())).map(Who::Stage)
}

/// The groups and procedures, in order.
pub(super) fn scopes(e: &Emit<'_>) -> impl Iterator<Item = Who> + use<> {
    (0..small(e.m.scopes.len())).map(Who::Scope)
}

/// A number of things of the machine.
pub(super) fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Code for the stage that the case is in: one of several, by its number. Stages for which there is nothing to do share one way out.
pub(super) fn by_stage<'m>(
    e: &Emit<'m>,
    b: &mut Body,
    wanted: impl Fn(&Emit<'m>, Who) -> bool,
    inside: impl Fn(&Emit<'m>, &mut Body, Who),
) {
    let stage = e.case.place().stage.get();
    by_number(e, b, stage, stages(e), wanted, inside);
}

/// Code for a group or procedure, by its number.
pub(super) fn by_scope<'m>(
    e: &Emit<'m>,
    b: &mut Body,
    scope: Val,
    wanted: impl Fn(&Emit<'m>, Who) -> bool,
    inside: impl Fn(&Emit<'m>, &mut Body, Who),
) {
    by_number(e, b, scope, scopes(e), wanted, inside);
}

/// Code for one of several owners, by a number.
pub(super) fn by_number<'m>(
    e: &Emit<'m>,
    b: &mut Body,
    number: Val,
    owners: impl Iterator<Item = Who>,
    wanted: impl Fn(&Emit<'m>, Who) -> bool,
    inside: impl Fn(&Emit<'m>, &mut Body, Who),
) {
    let owners: Vec<Who> = owners.collect();
    if !owners.iter().any(|who| wanted(e, *who)) {
        return;
    }
    let (wanted, inside) = (&wanted, &inside);
    let one = |who: Who| -> Box<dyn FnOnce(&mut Body) + '_> {
        Box::new(move |b| {
            if wanted(e, who) {
                inside(e, b, who);
            }
        })
    };
    b.switch(number, owners.into_iter().map(one).collect());
}

/// The groups and procedures around a stage, from the innermost outwards.
pub(super) fn scopes_around(e: &Emit<'_>, stage: StageId) -> Vec<ScopeId> {
    let innermost = e.m.stages.get(stage.index()).and_then(|s| s.scope);
    core::iter::successors(innermost, |s| e.m.scopes.get(s.index()).and_then(|s| s.parent)).collect()
}
