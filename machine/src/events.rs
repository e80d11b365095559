//! The events that every machine can take, with their parameters, and the enumerations that the language brings.
//!
//! A machine lists its events with these first, in this order, then those that the strategy declares.

use crate::ir::{EnumId, EventId, TextId, Type};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An event as a machine lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventType {
    /// Its name.
    pub name: TextId,
    /// Its parameters, in order.
    pub params: Vec<EventParam>,
}

impl EventType {
    /// The position of `on`, the day that counts for it, where it has one; left out, it is the event's own day.
    #[must_use]
    pub fn day(&self, texts: &[String]) -> Option<usize> {
        let is_on = |param: &EventParam| {
            param.ty == Type::Date && texts.get(param.name.index()).is_some_and(|name| name == "on")
        };
        self.params.iter().position(is_on)
    }
}

/// A parameter of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventParam {
    /// Its name.
    pub name: TextId,
    /// Its type.
    pub ty: Type,
    /// Whether an event without it is refused.
    pub required: bool,
}

/// Built-in enumerations, at fixed numbers at the head of every machine's list.
pub const BUILTIN_ENUMS: &[(&str, &[&str])] = &[
    ("debtor_kind", &["consumer", "business"]),
    ("weekday", &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
    ("resolution", &["upheld", "rejected", "partly"]),
    ("insolvency_phase", &["applied", "opened", "refused", "closed", "discharged"]),
    ("payee", &["us", "creditor"]),
    ("negotiation_phase", &["started", "ended"]),
];

/// `consumer`, `business`.
pub const DEBTOR_KIND: Type = Type::Enum(EnumId(0));
/// `monday` … `sunday`.
pub const WEEKDAY: Type = Type::Enum(EnumId(1));
/// `upheld`, `rejected`, `partly`.
pub const RESOLUTION: Type = Type::Enum(EnumId(2));
/// Phases of an insolvency.
pub const INSOLVENCY_PHASE: Type = Type::Enum(EnumId(3));
/// `us`, `creditor`.
pub const PAYEE: Type = Type::Enum(EnumId(4));
/// `started`, `ended`.
pub const NEGOTIATION_PHASE: Type = Type::Enum(EnumId(5));

/// The channels that the language brings, in order.
pub const BUILTIN_CHANNELS: &[&str] = &["letter", "email", "sms", "phone", "messenger", "portal", "visit"];
/// The channel of `call`, in [`BUILTIN_CHANNELS`].
pub const PHONE: crate::ir::ChannelId = crate::ir::ChannelId(3);
/// The tones that the language brings, from soft to hard.
pub const BUILTIN_TONES: &[&str] = &["friendly", "empathic", "neutral", "firm", "final"];
/// The parties that the language brings.
pub const BUILTIN_PARTIES: &[&str] = &["creditor", "bureau", "court"];

/// Who raises an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The host, a court or a bailiff.
    Host,
    /// The machine alone; from a host it is refused.
    Machine,
}

/// A built-in event: its name, its parameters (name, type, required) and who raises it.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [(&'static str, Type, bool)],
    /// Who raises it.
    pub origin: Origin,
}

macro_rules! happenings {
    ($($variant:ident $name:literal $origin:ident [$($param:literal $ty:expr, $required:literal;)*])*) => {
        /// What a built-in event is about; its number is its position in every machine's list of events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Happening {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }
        /// All built-in events, in the order of [`Happening`].
        pub const BUILTIN_EVENTS: &[Builtin] = &[
            $(Builtin { name: $name, params: &[$(($param, $ty, $required)),*], origin: Origin::$origin },)*
        ];
        /// All of [`Happening`], in order.
        pub const HAPPENINGS: &[Happening] = &[$(Happening::$variant),*];
    };
}

use Type::{Channel, Date, Instant, Money, Text};

happenings! {
    Payment "payment" Host ["amount" Money, true; "on" Date, false; "to" PAYEE, false; "for" Text, false; "debtor" Text, false;]
    PaymentReturned "payment_returned" Host ["of" Text, true; "reason" Text, false; "fee" Money, false;]
    Promise "promise" Host ["amount" Money, false; "by" Date, true; "debtor" Text, false;]
    Delivered "delivered" Host ["channel" Channel, true; "on" Date, false; "debtor" Text, false;]
    Bounced "bounced" Host ["channel" Channel, true; "effect" Type::Number, false; "debtor" Text, false;]
    Viewed "viewed" Host ["channel" Channel, true; "debtor" Text, false;]
    Contacted "contacted" Host ["channel" Channel, true; "debtor" Text, false;]
    Conversation "conversation" Host ["channel" Channel, true; "result" Text, false; "debtor" Text, false;]
    NoAnswer "no_answer" Host ["channel" Channel, true; "debtor" Text, false;]
    WrongParty "wrong_party" Host ["channel" Channel, true; "debtor" Text, false;]
    Reply "reply" Host ["channel" Channel, true; "debtor" Text, false;]
    Callback "callback" Host ["at" Instant, true; "debtor" Text, false;]
    Dispute "dispute" Host ["reason" Text, false; "claim" Text, false; "amount" Money, false; "debtor" Text, false;]
    DisputeResolved "dispute_resolved" Host ["result" RESOLUTION, true; "claim" Text, false;]
    PlanRequested "plan_requested" Host ["debtor" Text, false;]
    PlanAccepted "plan_accepted" Host ["amount" Money, true; "day" Type::Number, false; "debtor" Text, false;]
    PlanDeclined "plan_declined" Host ["debtor" Text, false;]
    Signed "signed" Host ["debtor" Text, false;]
    Hardship "hardship" Host ["debtor" Text, false;]
    HardshipEnded "hardship_ended" Host ["debtor" Text, false;]
    Insolvency "insolvency" Host ["phase" INSOLVENCY_PHASE, true; "debtor" Text, false;]
    Deceased "deceased" Host ["debtor" Text, false;]
    Minor "minor" Host ["debtor" Text, false;]
    Representative "representative" Host ["kind" Text, false; "until" Date, false; "debtor" Text, false;]
    DebtorAdded "debtor_added" Host ["debtor" Text, true; "kind" DEBTOR_KIND, false; "language" Text, false; "region" Text, false; "time_zone" Text, false; "born" Date, false;]
    DebtorReplaced "debtor_replaced" Host ["debtor" Text, true; "by" Text, true; "kind" DEBTOR_KIND, false; "language" Text, false; "region" Text, false; "time_zone" Text, false; "born" Date, false;]
    ConsentGiven "consent_given" Host ["channel" Channel, true; "debtor" Text, false;]
    ConsentWithdrawn "consent_withdrawn" Host ["channel" Channel, true; "debtor" Text, false;]
    CeaseContact "cease_contact" Host ["debtor" Text, false;]
    AddressLost "address_lost" Host ["channel" Channel, true; "debtor" Text, false;]
    AddressFound "address_found" Host ["channel" Channel, true; "debtor" Text, false;]
    ClaimAdded "claim_added" Host ["claim" Text, true; "principal" Money, true; "due" Date, true; "kind" Text, false; "arose" Date, false; "default_on" Date, false;]
    ClaimReduced "claim_reduced" Host ["amount" Money, true; "claim" Text, false; "on" Date, false;]
    Acknowledged "acknowledged" Host ["on" Date, false; "debtor" Text, false;]
    Negotiation "negotiation" Host ["phase" NEGOTIATION_PHASE, true;]
    Recalled "recalled" Host []
    ClaimWithdrawn "claim_withdrawn" Host []
    Assigned "assigned" Host ["to" Text, true; "on" Date, false;]
    TaskDone "task_done" Host ["name" Text, true; "result" Text, false;]
    Postponed "postponed" Host ["name" Text, true; "until" Date, true;]
    Approved "approved" Host ["name" Text, true; "by" Text, false;]
    Declined "declined" Host ["name" Text, true; "by" Text, false;]
    Hold "hold" Host ["reason" Text, true; "until" Date, false;]
    Released "released" Host ["reason" Text, true;]
    DeadlineExtended "deadline_extended" Host ["until" Date, true; "by" Text, false;]
    Waived "waived" Host ["what" Text, true; "amount" Money, false; "by" Text, false;]
    Void "void" Host ["of" Text, true; "by" Text, false;]
    Fact "fact" Host ["name" Text, true; "value" Text, true;]
    Operator "operator" Host ["stage" Text, true; "reason" Text, true; "by" Text, false;]
    Filed "filed" Host ["form" Text, true; "on" Date, false;]
    CourtQuery "court_query" Host ["text" Text, false;]
    CostsSet "costs_set" Host ["amount" Money, true;]
    OrderIssued "order_issued" Host ["on" Date, false;]
    Served "served" Host ["what" Text, false; "on" Date, false;]
    NotServed "not_served" Host ["what" Text, false; "reason" Text, false;]
    Objection "objection" Host ["amount" Money, false;]
    Opposition "opposition" Host ["amount" Money, false;]
    Transferred "transferred" Host ["court" Text, false;]
    Judgment "judgment" Host ["on" Date, false;]
    TitleIssued "title_issued" Host ["on" Date, false;]
    Final "final" Host ["on" Date, false;]
    OrderEnded "order_ended" Host ["on" Date, false;]
    WithdrawnByCourt "withdrawn_by_court" Host ["reason" Text, false;]
    Disclosure "disclosure" Host ["on" Date, false; "result" Text, false;]
    Enforced "enforced" Host ["amount" Money, true; "on" Date, false;]
    EnforcementFailed "enforcement_failed" Host ["reason" Text, false;]
    Settled "settled" Machine []
    PromiseKept "promise_kept" Machine []
    PromiseBroken "promise_broken" Machine []
    Unreachable "unreachable" Machine []
    PlanMissed "plan_missed" Machine []
    PlanBreached "plan_breached" Machine []
    PlanCompleted "plan_completed" Machine []
    TaskOverdue "task_overdue" Machine ["name" Text, true;]
}

impl Happening {
    /// The event's number in every machine.
    #[must_use]
    pub const fn id(self) -> EventId {
        EventId(self as u16)
    }

    /// The built-in event of that number; none for a declared one.
    #[must_use]
    pub fn of(event: EventId) -> Option<Self> {
        HAPPENINGS.get(event.index()).copied()
    }

    /// What the language says of it.
    #[must_use]
    pub fn builtin(self) -> &'static Builtin {
        &BUILTIN_EVENTS[self as usize]
    }

    /// Where a parameter stands in the event, by name.
    #[must_use]
    pub fn param(self, name: &str) -> Option<usize> {
        self.builtin().params.iter().position(|(n, _, _)| *n == name)
    }
}
