//! What the triggers of an owner wait for, worked out once for each machine: most of what happens is nothing to most of them,
//! and that is seen without walking through them.

use crate::case::Owner;
use crate::timers::keeps_its_time;
use alloc::vec::Vec;
use dunlin_machine::ir::{EventId, Machine, On, Span, StageId, Trigger};

/// What some of the triggers of an owner wait for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    /// Events, by [`bit_of`]; one that is not among them is nothing to any trigger.
    pub events: u64,
    /// Events that normally come within some time.
    pub expected: u64,
    /// A condition, as soon as it holds.
    pub conditions: bool,
    /// A date.
    pub dates: bool,
    /// From the first trigger whose slot says when it is due to the last, by position: the others are due at no time.
    pub timed: (u16, u16),
}

/// What an owner without triggers waits for.
static NOTHING: Kinds = Kinds { events: 0, expected: 0, conditions: false, dates: false, timed: (0, 0) };

/// The kinds of all owners.
#[derive(Debug)]
pub(crate) struct AllKinds {
    stages: Vec<Kinds>,
    scopes: Vec<Kinds>,
    whenevers: Vec<Kinds>,
    watches: Vec<Kinds>,
    /// What watches, `whenever` rules and their blocks wait for.
    wide: Kinds,
    /// Whether a group or procedure has a trigger on a date.
    scope_dates: bool,
    /// Whether one has an `as soon as`.
    scope_conditions: bool,
    /// Whether a watch waits for moves.
    moves: bool,
    /// Events of which something is noted or kept.
    noted: u64,
}

/// The bit of an event; events further apart may share one.
pub(crate) const fn bit_of(event: EventId) -> u64 {
    1 << (event.0 % 64)
}

impl Kinds {
    fn of(machine: &Machine, triggers: Span) -> Self {
        let mut kinds = Self::default();
        let triggers = machine.triggers.get(triggers.range()).unwrap_or(&[]);
        for trigger in triggers {
            kinds.see(trigger);
        }
        let mut timed = (0u16..).zip(triggers).filter(|(_, trigger)| keeps_its_time(&trigger.on)).map(|(at, _)| at);
        if let Some(first) = timed.next() {
            kinds.timed = (first, timed.last().unwrap_or(first).saturating_add(1));
        }
        kinds
    }

    const fn or(self, other: &Self) -> Self {
        Self {
            events: self.events | other.events,
            expected: self.expected | other.expected,
            conditions: self.conditions || other.conditions,
            dates: self.dates || other.dates,
            timed: (0, 0),
        }
    }

    fn see(&mut self, trigger: &Trigger) {
        match &trigger.on {
            On::Event { event, usually_within } => {
                self.events |= bit_of(event.event);
                if usually_within.is_some() {
                    self.expected |= bit_of(event.event);
                }
            }
            On::AsSoonAs(_) => self.conditions = true,
            On::Date { .. } => self.dates = true,
            _ => {}
        }
    }
}

impl AllKinds {
    pub(crate) fn of(machine: &Machine) -> Self {
        let of = |triggers: Span| Kinds::of(machine, triggers);
        let whenevers: Vec<Kinds> = machine.whenevers.iter().map(|w| of(w.triggers)).collect();
        let scopes: Vec<Kinds> = machine.scopes.iter().map(|s| of(s.triggers)).collect();
        let watches: Vec<Kinds> = machine.watches.iter().map(|w| of(w.triggers)).collect();
        let watched = |w: &dunlin_machine::ir::Watch| machine.triggers.get(w.triggers.range()).unwrap_or(&[]);
        let own = machine.whenevers.iter().fold(0, |set, w| set | bit_of(w.event.event));
        let own = Kinds { events: own, ..Kinds::default() };
        let noted = machine.noted.iter().map(|n| n.event).chain(machine.kept.iter().map(|k| k.event));
        Self {
            stages: machine.stages.iter().map(|s| of(s.triggers)).collect(),
            scope_dates: scopes.iter().any(|s| s.dates),
            scope_conditions: scopes.iter().any(|s| s.conditions),
            scopes,
            wide: whenevers.iter().chain(&watches).fold(own, Kinds::or),
            moves: machine.watches.iter().flat_map(watched).any(|t| t.on == On::Move),
            noted: noted.fold(0, |set, event| set | bit_of(event)),
            whenevers,
            watches,
        }
    }

    /// What the triggers of an owner wait for.
    pub(crate) fn of_owner(&self, owner: Owner, stage: StageId) -> &Kinds {
        let found = match owner {
            Owner::Stage => self.stages.get(stage.index()),
            Owner::Scope(s) => self.scopes.get(s.index()),
            Owner::Whenever(w) => self.whenevers.get(usize::from(w)),
            Owner::Watch(w) => self.watches.get(usize::from(w)),
            Owner::Plan => None,
        };
        found.unwrap_or(&NOTHING)
    }

    /// What the triggers of each watch wait for.
    pub(crate) fn watches(&self) -> &[Kinds] {
        &self.watches
    }

    /// What watches, `whenever` rules and their blocks wait for.
    pub(crate) const fn wide(&self) -> &Kinds {
        &self.wide
    }

    /// Whether a group or procedure has a trigger on a date.
    pub(crate) const fn scopes_wait_for_dates(&self) -> bool {
        self.scope_dates
    }

    /// Whether something but the stage may have an `as soon as`.
    pub(crate) const fn conditions_beside_stages(&self) -> bool {
        self.scope_conditions || self.wide.conditions
    }

    /// Whether a watch waits for moves.
    pub(crate) const fn moves(&self) -> bool {
        self.moves
    }

    /// Whether something of an event may be noted or kept.
    pub(crate) const fn notes(&self, event: EventId) -> bool {
        self.noted & bit_of(event) != 0
    }
}
