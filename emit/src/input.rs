//! What a host hands over: items one after another, each a field with a value or a text.
//!
//! An item is a head of 8 bytes (field: 1 byte; whether it is a text: 1; position, of a parameter, a fact, a channel …: 2; length
//! of what follows: 4) and what follows, filled up to a multiple of 8 bytes: a value (8 bytes), or the bytes of a text.

use super::code::{Body, Cell, Form, Val};
use super::faults::Fault;
use super::module::Emit;
use super::store;

/// What an item says: the numbers are part of the interface and never change.
pub(super) mod field {
    /// The host's name for a case or an event: a text.
    pub(crate) const ID: i32 = 1;
    /// The currency of a case, by its code: a text.
    pub(crate) const CURRENCY: i32 = 2;
    /// A parameter of an event, by its position: a value or a text.
    pub(crate) const PARAM: i32 = 3;
    /// Begins a person; the host's name: a text. What follows is said of this person.
    pub(crate) const DEBTOR: i32 = 10;
    /// Whether the person owes as a business.
    pub(crate) const BUSINESS: i32 = 11;
    /// A language code: a text.
    pub(crate) const LANGUAGE: i32 = 12;
    /// A region: a text.
    pub(crate) const REGION: i32 = 13;
    /// A time zone, once for each: a text.
    pub(crate) const ZONE: i32 = 14;
    /// The day of birth.
    pub(crate) const BORN: i32 = 15;
    /// Whether channels are given at all: 1, before the first channel.
    pub(crate) const CHANNELS: i32 = 16;
    /// A channel, by its position: 1 reachable, 2 consent, and their sum.
    pub(crate) const CHANNEL: i32 = 17;
    /// Begins a claim; the host's name: a text. What follows is said of this claim.
    pub(crate) const CLAIM: i32 = 20;
    /// Its principal.
    pub(crate) const PRINCIPAL: i32 = 21;
    /// Its due day.
    pub(crate) const DUE: i32 = 22;
    /// What it is for: a text.
    pub(crate) const CLAIM_KIND: i32 = 23;
    /// When it arose.
    pub(crate) const AROSE: i32 = 24;
    /// When default began.
    pub(crate) const DEFAULT_ON: i32 = 25;
    /// Whether it is secured.
    pub(crate) const SECURED: i32 = 26;
    /// Begins costs that stand already; their kind: a text.
    pub(crate) const COST: i32 = 30;
    /// Their amount.
    pub(crate) const COST_AMOUNT: i32 = 31;
    /// A fact, by its position: a value or a text.
    pub(crate) const FACT: i32 = 40;
    /// Whether there is a title.
    pub(crate) const TITLED: i32 = 50;
    /// The day of the first title.
    pub(crate) const TITLED_ON: i32 = 51;
    /// The stage that the case comes in, by its number.
    pub(crate) const STAGE: i32 = 52;
    /// The day on which it entered that stage.
    pub(crate) const ENTERED: i32 = 53;
    /// The day on which something was served.
    pub(crate) const SERVED: i32 = 54;
    /// When the claim is barred.
    pub(crate) const LIMITATION_DATE: i32 = 55;
    /// Begins a message that went out; the position is the template, the value its channels, a bit each.
    pub(crate) const SENT: i32 = 60;
    /// When it went out.
    pub(crate) const SENT_AT: i32 = 61;
    /// To whom, by position.
    pub(crate) const SENT_TO: i32 = 62;
    /// Begins a payment that came before; its amount.
    pub(crate) const PAID: i32 = 70;
    /// The host's name for it: a text.
    pub(crate) const PAID_ID: i32 = 71;
    /// Its value date.
    pub(crate) const PAID_ON: i32 = 72;
    /// Begins a plan that was agreed; the position is the plan, the value each instalment but the last.
    pub(crate) const PLAN: i32 = 80;
    /// The day of the month of its instalments.
    pub(crate) const PLAN_DAY: i32 = 81;
    /// Since when it runs.
    pub(crate) const PLAN_SINCE: i32 = 82;
}

/// An item.
pub(super) struct Item {
    /// What it says.
    pub(super) field: Val,
    /// Whether it is a text.
    pub(super) is_text: Val,
    /// The position that it names.
    pub(super) at: Val,
    /// The length of its text.
    pub(super) length: Val,
    /// Where its text begins.
    pub(super) text: Val,
    /// Its value.
    pub(super) value: Val,
}

/// The item at a position.
pub(super) fn item_at(position: &Val) -> Item {
    let cell = |offset, form| Cell::new(position, offset, form).get();
    Item {
        field: cell(0, Form::U8),
        is_text: cell(1, Form::U8),
        at: cell(2, Form::U16),
        length: cell(4, Form::I32),
        text: position.add(8),
        value: cell(8, Form::I64),
    }
}

/// Each item of what the host handed over, `length` bytes of it, with its number from 0; fails where that is no row of items.
pub(super) fn each_item(e: &Emit<'_>, b: &mut Body, length: &Val, inside: impl FnOnce(&mut Body, &Item)) {
    let whole = length.lt_u(super::module::signed(store::LONGEST)).and(length.and(7).eq(0));
    b.when(whole.not(), |b| b.fail(Fault::Malformed.number()));
    let (at, end) = (b.var(store::given(e)), b.keep(store::given(e).add(length)));
    b.while_(
        |_| at.get().lt_u(&end),
        |b| {
            let position = b.keep(at.get());
            let item = item_at(&position);
            let next = b.keep(position.add(8).add(item.length.add(7).and(-8)));
            let fits = item.length.lt_u(super::module::signed(store::LONGEST)).and(next.le_u(&end));
            let sized = item.is_text.or(item.length.eq(8));
            b.when(fits.and(sized).not(), |b| b.fail(Fault::Malformed.number()));
            inside(b, &item);
            b.set(at, next);
        },
    );
}
