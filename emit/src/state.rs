//! The state of a case in memory: the records of the runtime's case, field by field, and where its lists lie.

use super::changes::Part;
use super::code::{Cell, Form, Val, number};
use super::layout::Kind::{
    Bool, Byte, Day, Instant, Mark, MaybeDay, MaybeInstant, MaybeMark, MaybeValue, MaybeWorded, Name, Plain, Small,
    Value, Word, Worded,
};
use super::layout::{Kind, Lay, ListAt, Shape, record};
use super::module::{FIRST_POSITION, signed};
use dunlin_machine::ir::{Machine, ScopeId};

/// Who did something: stage, scope, `whenever` rule, watch, plan; three of them with a number.
const OWNER: Kind = Worded(5, 0b01110);
/// A rule that may set a hold: `whenever` rule, watch, body.
const RULE: Kind = MaybeWorded(3, 0b111);
/// What a part of a payment met: costs, interest, principal.
const MET: Kind = Worded(3, 0b111);

record! {
    /// A hold.
    Hold { reason: Value, since: Instant, until: MaybeInstant, without_interest: Bool, by: RULE, }
}

record! {
    /// An action that waits for the end of a hold.
    Stopped of OPEN { action: Small, owner: OWNER, body: Small, run: Plain, person: Byte, }
}

record! {
    /// A message that waits in `contact`.
    Waiting of OPEN { action: Small, person: Byte, way: Byte, due: Instant, owner: OWNER, body: Small, run: Plain, }
}

record! {
    /// An open task.
    Task of OPEN { action: Small, effect: Plain, due: MaybeInstant, opened: Plain, asked: Byte, owner: OWNER, run: Plain, }
}

record! {
    /// An open call.
    Call of OPEN { action: Small, person: Byte, made: Plain, effect: Plain, due: Instant, owner: OWNER, body: Small, run: Plain, }
}

record! {
    /// An approval that was asked for.
    Approval of OPEN {
        action: Small, effect: Plain, asked: Instant, due: MaybeInstant, owner: OWNER, person: Byte, body: Small, run: Plain,
    }
}

record! {
    /// A message that went out.
    Message of TOLD {
        effect: Plain, action: Small, person: Byte, way: Byte, copies: Plain, stage: Word(3), body: Small, owner: OWNER,
    }
}

record! {
    /// How often and when a template was sent.
    Sent of TOLD { count: Plain, first: MaybeDay, last: MaybeDay, }
}

record! {
    /// An attempt to reach a person.
    Attempt of PERSONS { at: Instant, day: Day, channels: Plain, }
}

record! {
    /// The latest conversation by a channel.
    Conversation of PERSONS { channel: Byte, at: Instant, }
}

record! {
    /// A claim.
    Claim of LEDGER {
        id: Name, principal: Value, interest: Value, next: Day, due: Day, arose: MaybeDay, default_on: MaybeDay,
        kind: MaybeValue, disputed: Bool, fresh: Bool, secured: Bool, restarted: MaybeDay,
    }
}

record! {
    /// Costs of one kind.
    Cost of LEDGER { kind: Value, charged: Value, paid: Value, }
}

record! {
    /// A payment that can still be returned.
    Payment of LEDGER { mark: MaybeMark, amount: Value, on: Day, returned: Bool, parts: Small, }
}

record! {
    /// A part of a payment.
    Met of LEDGER { met: MET, amount: Value, }
}

record! {
    /// Days that bear no interest.
    FreeDays of LEDGER { from: Day, until: MaybeDay, }
}

record! {
    /// A group or procedure that the case is in.
    Around { scope: Small, entered: Instant, returned: MaybeInstant, slots: Small, }
}

record! {
    /// Days on which limitation did not run.
    Suspended { rule: Byte, from: Day, until: MaybeDay, }
}

record! {
    /// A promise to pay.
    Promise { amount: Value, on: Day, by: Day, paid: Value, }
}

record! {
    /// The last day to pay.
    Deadline { day: MaybeDay, set: Instant, effect: Plain, action: Small, }
}

record! {
    /// A mark of an event's id.
    Recent of TOLD { mark: Mark, }
}

/// What the case remembers of a trigger, in memory: as in the runtime, each field in full.
pub(super) const SLOT: u32 = 53;

record! {
    /// A trigger's slot.
    Slot {
        due: Value, base: Value, not_before: Value, counts: Byte, times: Plain, acted: Plain, shift: Value, seen: MaybeDay,
        events: Plain,
    }
}

record! {
    /// How far a plan has come: 0 offered, 1 accepted, 2 active, 3 completed; then all that any of them has.
    Phase {
        phase: Byte, amount: Value, day: Byte, signed: Bool, asked: Bool, count: Plain, total: Value, first: Day,
        paid_before: Value, past: Plain, missed: Plain,
    }
}

/// Bounds of lists that the language does not bound: a module has a fixed size.
pub(super) mod most {
    /// Open tasks.
    pub(crate) const TASKS: u32 = 256;
    /// Open calls, and approvals.
    pub(crate) const CALLS: u32 = 64;
    /// Messages that wait, and actions that a hold stops.
    pub(crate) const WAITING: u32 = 128;
    /// Texts that the machine does not know.
    pub(crate) const TEXTS: u32 = 128;
    /// Runs of days, of interest and of limitation.
    pub(crate) const RUNS: u32 = 64;
    /// Messages and events that are remembered.
    pub(crate) const REMEMBERED: u32 = 16;
    /// Time zones of a debtor.
    pub(crate) const ZONES: u32 = 8;
    /// Channels.
    pub(crate) const CHANNELS: u32 = 32;
    /// Parts of payments.
    pub(crate) const PARTS: u32 = 1024;
    /// Bytes of all names and texts of a case.
    pub(crate) const LETTERS: u32 = 16_384;
}

/// The slots of some triggers.
fn slots() -> (u32, Vec<Shape>) {
    (SLOT, vec![Shape::Slot(0)])
}

fn one(kind: Kind) -> (u32, Vec<Shape>) {
    let mut lay = Lay::default();
    lay.field(kind);
    lay.done()
}

/// A list in a record at a position.
#[derive(Clone, Debug)]
pub(super) struct List {
    base: Val,
    list: ListAt,
    part: Part,
}

impl List {
    pub(super) fn of(base: &Val, list: ListAt) -> Self {
        Self { base: base.clone(), list, part: Part::NONE }
    }

    /// The same, where it belongs to a part of a case: who changes it changes the part.
    fn of_part(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// The part of a case that it belongs to.
    pub(super) const fn part(&self) -> Part {
        self.part
    }

    /// How many there are.
    pub(super) fn count(&self) -> Cell {
        Cell::new(&self.base, self.list.count, Form::U16).of(self.part)
    }

    /// The position of a record, by its number.
    pub(super) fn at(&self, number: &Val) -> Val {
        self.base.add(signed(self.list.first)).add(number.mul(signed(self.list.size)))
    }

    /// The size of a record in bytes.
    pub(super) const fn size(&self) -> u32 {
        self.list.size
    }

    /// How many there may be.
    pub(super) const fn most(&self) -> u32 {
        self.list.most
    }
}

/// A person who owes.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "a record mirrors the runtime's, read or not")]
pub(super) struct Person {
    pub(super) facts: PersonFacts,
    pub(super) zones: List,
    pub(super) zones_given: Cell,
    pub(super) calendar: Cell,
    pub(super) born: Cell,
    pub(super) channels: PersonChannels,
    pub(super) attempts: List,
    pub(super) conversations: List,
}

record! {
    /// What the host said of a person first.
    PersonFacts of PERSONS { id: Name, business: Bool, language: MaybeValue, region: MaybeValue, }
}

record! {
    /// How a person can be reached, and whether.
    PersonChannels of PERSONS {
        reachable: Plain, consent: Plain, barred: Plain, pursued: Bool, released: Bool, minor: Bool, represented: Bool,
        represented_until: MaybeDay,
    }
}

/// Where the parts of a person lie.
#[derive(Clone, Copy, Debug)]
struct PersonAt {
    facts: u32,
    zones: ListAt,
    zones_given: u32,
    calendar: u32,
    born: u32,
    channels: u32,
    attempts: ListAt,
    conversations: ListAt,
}

impl PersonAt {
    fn lay(m: &Machine) -> (Self, (u32, Vec<Shape>)) {
        Lay::whole(|lay| Self {
            facts: lay.record(PersonFacts::lay()),
            zones: lay.list(most::ZONES, one(Byte)),
            zones_given: lay.field(Bool),
            calendar: lay.field(Small),
            born: lay.field(MaybeDay),
            channels: lay.record(PersonChannels::lay()),
            attempts: lay.list(m.limits.attempts, Attempt::lay()),
            conversations: lay.list(most::CHANNELS, Conversation::lay()),
        })
    }

    fn at(&self, base: &Val) -> Person {
        let cell = |at: u32, kind: Kind| Cell::new(base, at, kind.form()).of(Part::PERSONS);
        let list = |list: ListAt| List::of(base, list).of_part(Part::PERSONS);
        Person {
            facts: PersonFacts::at(&base.add(signed(self.facts))),
            zones: list(self.zones),
            zones_given: cell(self.zones_given, Bool),
            calendar: cell(self.calendar, Small),
            born: cell(self.born, MaybeDay),
            channels: PersonChannels::at(&base.add(signed(self.channels))),
            attempts: list(self.attempts),
            conversations: list(self.conversations),
        }
    }
}

/// A stage that the case is in, or was in before.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "a record mirrors the runtime's, read or not")]
pub(super) struct Place {
    pub(super) stage: Cell,
    pub(super) entered: Cell,
    pub(super) left: Cell,
    pub(super) returned: Cell,
    pub(super) slots: List,
    pub(super) scopes: List,
    pub(super) scope_slots: List,
    pub(super) tasks: List,
    pub(super) calls: List,
    pub(super) approvals: List,
    pub(super) anew: Cell,
}

#[derive(Clone, Copy, Debug)]
struct PlaceAt {
    stage: u32,
    entered: u32,
    left: u32,
    returned: u32,
    slots: ListAt,
    scopes: ListAt,
    scope_slots: ListAt,
    tasks: ListAt,
    calls: ListAt,
    approvals: ListAt,
    anew: u32,
    /// How many bytes its small parts take.
    small: u32,
}

/// How many groups and procedures lie around a stage at most, and how many triggers they have together.
fn deepest(m: &Machine) -> (u32, u32) {
    let around = |scope: Option<ScopeId>| {
        core::iter::successors(scope, |s| m.scopes.get(s.index()).and_then(|s| s.parent))
            .filter_map(|s| m.scopes.get(s.index()))
    };
    let depth = |scope| number(around(scope).count());
    let triggers = |scope| around(scope).map(|s| u32::from(s.triggers.len)).sum();
    let scopes = || m.stages.iter().map(|s| s.scope);
    (scopes().map(depth).max().unwrap_or(0), scopes().map(triggers).max().unwrap_or(0))
}

impl PlaceAt {
    fn lay(m: &Machine) -> (Self, (u32, Vec<Shape>)) {
        let triggers = m.stages.iter().map(|s| u32::from(s.triggers.len)).max().unwrap_or(0);
        let (depth, scope_triggers) = deepest(m);
        Lay::whole(|lay| Self {
            stage: lay.field(Small),
            entered: lay.field(Instant),
            left: lay.field(MaybeInstant),
            returned: lay.field(MaybeInstant),
            slots: lay.list(triggers, slots()),
            scopes: lay.list(depth, Around::lay()),
            scope_slots: lay.list(scope_triggers, slots()),
            tasks: lay.list(most::TASKS, Task::lay()),
            calls: lay.list(most::CALLS, Call::lay()),
            approvals: lay.list(most::CALLS, Approval::lay()),
            anew: lay.field(Bool),
            small: lay.small(),
        })
    }

    fn at(&self, base: &Val, part: Part) -> Place {
        let cell = |at: u32, kind: Kind| Cell::new(base, at, kind.form()).of(part);
        let list = |list: ListAt| List::of(base, list).of_part(part);
        Place {
            stage: cell(self.stage, Small),
            entered: cell(self.entered, Instant),
            left: cell(self.left, MaybeInstant),
            returned: cell(self.returned, MaybeInstant),
            slots: list(self.slots),
            scopes: list(self.scopes),
            scope_slots: list(self.scope_slots),
            tasks: list(self.tasks),
            calls: list(self.calls),
            approvals: list(self.approvals),
            anew: cell(self.anew, Bool),
        }
    }
}

/// The lists and values of a case, each where it lies in the case's image.
macro_rules! case {
    ($($field:ident : $how:ident $args:tt,)*) => {
        /// A case in memory: the one that a call works on, which always lies at the same position.
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "a record mirrors the runtime's, read or not")]
        pub(super) struct Case {
            $(pub(super) $field: case!(@type $how),)*
            /// The end of its names and texts.
            pub(super) letters: Cell,
            person: PersonAt,
            place_at: PlaceAt,
            /// The parts of a place, how many bytes its small ones take, and its size.
            pub(super) place_shapes: Vec<Shape>,
            pub(super) place_small: u32,
            pub(super) place_size: u32,
            /// Its parts, in their stored order.
            pub(super) shapes: Vec<Shape>,
            /// How many bytes its small parts take, which lie first.
            pub(super) small: u32,
            /// The size of its image, in bytes.
            pub(super) size: u32,
            /// The position of its names and texts: they come after the image, and only grow.
            pub(super) letters_at: u32,
        }

        impl Case {
            /// Where everything lies, for a machine.
            pub(super) fn new(m: &Machine) -> Self {
                let (person, person_shape) = PersonAt::lay(m);
                let (place_at, place_shape) = PlaceAt::lay(m);
                let count = |list: usize| number(list);
                let (parts, (size, shapes)) = Lay::whole(|lay| {
                    $(let $field = case!(@lay lay, m, count, person_shape, place_shape, $how $args);)*
                    let letters = lay.bytes(4);
                    ($($field,)* letters, lay.small())
                });
                let ($($field,)* letters, small) = parts;
                let size = size.next_multiple_of(8);
                let base = Val::from(signed(FIRST_POSITION));
                Self {
                    $($field: case!(@at &base, $how $args, $field),)*
                    letters: Cell::new(&base, letters, Form::I32),
                    person,
                    place_at,
                    place_small: place_at.small,
                    place_size: place_shape.0,
                    place_shapes: place_shape.1,
                    shapes,
                    small,
                    size,
                    letters_at: FIRST_POSITION + 3 * size,
                }
            }
        }
    };
    (@type field) => { Cell };
    (@type list) => { List };
    (@type many) => { List };
    (@type limited) => { List };
    (@type persons) => { List };
    (@type waits) => { List };
    (@type watches) => { List };
    (@type place) => { u32 };
    (@type before) => { (Cell, u32) };
    (@type maybe) => { (Cell, u32) };
    (@type hash) => { () };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, field ($kind:expr)) => { $lay.field($kind) };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, list ($most:expr, $inner:expr)) => {
        $lay.list($most, $inner)
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, many ($list:ident, $inner:expr)) => {
        $lay.list($count($m.$list.len()), $inner)
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, limited ($limit:ident, $inner:expr)) => {
        $lay.list($m.limits.$limit, $inner)
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, persons ()) => {
        $lay.list($m.limits.debtors, $person.clone())
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, waits ()) => {
        $lay.list($count($m.whenevers.len()), waits($m))
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, watches ()) => {
        $lay.list($count($m.watches.len()), watches($m))
    };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, place ()) => { $lay.record_apart($place.clone()) };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, before ()) => { $lay.maybe($place.clone()) };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, maybe ($inner:expr)) => { $lay.maybe($inner) };
    (@lay $lay:ident, $m:ident, $count:ident, $person:ident, $place:ident, hash ()) => { $lay.own(0, |_| Shape::Hash) };
    (@at $base:expr, field ($kind:expr), $at:ident) => { Cell::new($base, $at, $kind.form()) };
    (@at $base:expr, list ($($args:expr),*), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, many ($list:ident, $inner:expr), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, limited ($limit:ident, $inner:expr), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, persons (), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, waits (), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, watches (), $at:ident) => { List::of($base, $at).of_part(part_of(stringify!($at))) };
    (@at $base:expr, place (), $at:ident) => { FIRST_POSITION + $at };
    (@at $base:expr, before (), $at:ident) => {
        (Cell::new($base, $at.0, Form::U8).of(Part::BEFORE), FIRST_POSITION + $at.1)
    };
    (@at $base:expr, maybe ($inner:expr), $at:ident) => { (Cell::new($base, $at.0, Form::U8), FIRST_POSITION + $at.1) };
    (@at $base:expr, hash (), $at:ident) => { { let _ = $at; } };
}

/// The part that a list of a case belongs to.
fn part_of(list: &str) -> Part {
    match list {
        "persons" => Part::PERSONS,
        "claims" | "costs" | "payments" | "parts" | "free_days" => Part::LEDGER,
        "stopped" | "waiting" | "tasks" | "calls" | "approvals" => Part::OPEN,
        "recent" | "messages" | "sent" => Part::TOLD,
        _ => Part::NONE,
    }
}

/// What waits in a `whenever` rule: since when, and its slots.
fn waits(m: &Machine) -> (u32, Vec<Shape>) {
    let triggers = m.whenevers.iter().map(|w| u32::from(w.triggers.len)).max().unwrap_or(0);
    let ((), laid) = Lay::whole(|lay| {
        lay.field(MaybeInstant);
        lay.list(triggers, slots());
    });
    laid
}

/// The slots of a watch.
fn watches(m: &Machine) -> (u32, Vec<Shape>) {
    let triggers = m.watches.iter().map(|w| u32::from(w.triggers.len)).max().unwrap_or(0);
    Lay::whole(|lay| lay.list(triggers, slots())).1
}

record! {
    /// A fact that changed, and its first value.
    FirstFact { fact: Small, value: MaybeValue, }
}

/// A plan: which, and how far it has come.
fn plan() -> (u32, Vec<Shape>) {
    let mut lay = Lay::default();
    lay.field(Small);
    lay.own(Phase::lay().0, Shape::Phase);
    lay.done()
}

case! {
    hash: hash (),
    id: field (Name),
    currency: field (Byte),
    calendar: field (Small),
    opened: field (Instant),
    now: field (Instant),
    next_effect: field (Plain),
    events: field (Plain),
    recent: list (most::REMEMBERED, one(Mark)),
    facts: many (facts, one(MaybeValue)),
    first_facts: many (facts, FirstFact::lay()),
    vars: many (vars, one(Value)),
    new_name: field (Name),
    texts: list (most::TEXTS, one(Name)),
    kept: many (kept, one(MaybeValue)),
    noted: many (noted, one(Bool)),
    persons: persons (),
    claims: limited (claims, Claim::lay()),
    costs: limited (cost_kinds, Cost::lay()),
    payments: limited (payments, Payment::lay()),
    parts: list (most::PARTS, Met::lay()),
    paid: field (Value),
    claimed: field (Value),
    free_days: list (most::RUNS, FreeDays::lay()),
    place: place (),
    before: before (),
    been: many (stages, one(Small)),
    whenevers: waits (),
    watches: watches (),
    holds: limited (holds, Hold::lay()),
    held_since: field (MaybeInstant),
    stopped: list (most::WAITING, Stopped::lay()),
    waiting: list (most::WAITING, Waiting::lay()),
    tasks: list (most::TASKS, Task::lay()),
    calls: list (most::CALLS, Call::lay()),
    approvals: list (most::CALLS, Approval::lay()),
    promise: maybe (Promise::lay()),
    plan: maybe (plan()),
    agreed: many (plans, one(Plain)),
    messages: list (most::REMEMBERED, Message::lay()),
    sent: many (templates, Sent::lay()),
    deadline: maybe (Deadline::lay()),
    settled: field (Bool),
    moved_by_past_date: field (MaybeDay),
    titled: field (Bool),
    titled_on: field (MaybeDay),
    limitation_date: field (MaybeDay),
    suspended: list (most::RUNS, Suspended::lay()),
}

#[allow(dead_code, reason = "the verbs that read them are not written yet")]
impl Case {
    /// A person, at a position.
    pub(super) fn person(&self, at: &Val) -> Person {
        self.person.at(at)
    }

    /// The stage that the case is in.
    pub(super) fn place(&self) -> Place {
        self.place_at.at(&Val::from(signed(self.place)), Part::NONE)
    }

    /// The part that the list whose count lies there belongs to.
    pub(super) fn part_at(&self, count: u32) -> Part {
        let ledger = [&self.claims, &self.costs, &self.payments, &self.parts, &self.free_days];
        let open = [&self.stopped, &self.waiting, &self.tasks, &self.calls, &self.approvals];
        let others = [&self.persons, &self.recent, &self.messages, &self.sent];
        let lists = ledger.into_iter().chain(open).chain(others);
        lists.into_iter().find(|list| list.list.count == count).map_or(Part::NONE, List::part)
    }

    /// A place at a position.
    pub(super) fn place_at(&self, at: &Val) -> Place {
        self.place_at.at(at, Part::NONE)
    }

    /// The stage that it was in before.
    pub(super) fn before(&self) -> Place {
        self.place_at.at(&Val::from(signed(self.before.1)), Part::BEFORE)
    }
}
