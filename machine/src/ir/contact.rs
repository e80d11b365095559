//! Who may be contacted when, as the machine holds it.

use super::{Channels, ExprId, RuleId};
use crate::value::Duration;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Contact rules. All lists may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact<E = ExprId> {
    /// When each channel may be used. Empty: always. Else a channel that none names cannot be used.
    pub allows: Vec<Allow>,
    /// How often.
    pub limits: Vec<Limit>,
    /// How long not after a conversation.
    pub rests: Vec<Rest>,
    /// Channels that need consent.
    pub consents: Vec<(Channels, RuleId)>,
    /// Channels that are not used while a condition holds.
    pub nevers: Vec<(Channels, E, RuleId)>,
    /// Whether what is not allowed now is dropped instead of waiting.
    pub otherwise_skip: bool,
}

impl<E> Default for Contact<E> {
    fn default() -> Self {
        Self {
            allows: Vec::new(),
            limits: Vec::new(),
            rests: Vec::new(),
            consents: Vec::new(),
            nevers: Vec::new(),
            otherwise_skip: false,
        }
    }
}

/// `allow CHANNELS always | on DAYS HOURS[, HOURS]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Where it stands.
    pub rule: RuleId,
    /// Which channels.
    pub channels: Channels,
    /// When; none means always.
    pub window: Option<Window>,
}

/// Days and hours, of the debtor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Weekdays: bit 0 is Monday.
    pub weekdays: u8,
    /// Whether holidays are left out.
    pub except_holidays: bool,
    /// Other days left out: month and day.
    pub except: Vec<(u8, u8)>,
    /// From and to, in seconds of the day, both included.
    pub hours: Vec<(u32, u32)>,
}

/// `limit N [CHANNELS] per D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Where it stands.
    pub rule: RuleId,
    /// How many attempts.
    pub count: u32,
    /// By which channels.
    pub channels: Channels,
    /// Within what: days count calendar days, today included; hours are elapsed.
    pub per: Duration,
    /// Whether each claim of the case adds as many again (`per claim`).
    pub per_claim: bool,
}

/// `rest D after conversation [by CHANNELS]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Where it stands.
    pub rule: RuleId,
    /// How long.
    pub rest: Duration,
    /// After a conversation by these, these are not used; none: after any conversation no call.
    pub by: Option<Channels>,
}
