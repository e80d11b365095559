//! What a strategy promises of every case (section 13 of the language), so that it can be proven from the machine alone.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use super::{Channels, EffectKind, ExprId, RuleId, StageId, TextId};

/// `guarantee …`: what the author promises of every case, to be proven from the machine alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarantee<E = ExprId> {
    /// Where it stands.
    pub rule: RuleId,
    /// The author's words, without `guarantee`.
    pub text: TextId,
    /// What is promised.
    pub promised: Promised<E>,
}

/// The forms of a guarantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Promised<E = ExprId> {
    /// `never ACTION while C`.
    NeverAction {
        /// The action.
        action: Meant,
        /// While this holds.
        during: E,
    },
    /// `never C while D`.
    Never {
        /// What does not hold.
        condition: E,
        /// While this holds.
        during: E,
    },
    /// `at most N contacts [by CH] in D`, for each debtor.
    AtMostContacts {
        /// How many: a number.
        count: E,
        /// By which channels.
        by: Channels,
        /// In what time.
        within: E,
    },
    /// `at least N A before B`.
    AtLeastBefore {
        /// How many: a number.
        count: E,
        /// What comes that often.
        first: Milestone,
        /// Before this.
        then: Milestone,
    },
    /// `A before B`: no B without an A earlier in the case.
    Before {
        /// What comes earlier.
        first: Milestone,
        /// Than this.
        then: Milestone,
    },
    /// `at least D from A to B`: from the last A to each B after it.
    AtLeastTime {
        /// How long.
        duration: E,
        /// Since when.
        from: Milestone,
        /// Until when.
        to: Milestone,
    },
    /// `silent case reaches S within D`: a case in which debtor and creditor do nothing enters S or ends.
    SilentReaches {
        /// The stage; of a procedure or group all of its stages.
        stages: Vec<StageId>,
        /// After what time at most.
        within: E,
    },
    /// `silent case ends within D`.
    SilentEnds {
        /// After what time at most.
        within: E,
    },
    /// `every case ends within D`.
    EveryEnds {
        /// After what time at most.
        within: E,
    },
    /// `every notice grants D`: whatever is payable is payable within no less.
    EveryNoticeGrants(E),
    /// `costs at most MONEY`.
    CostsAtMost(E),
}

/// A point in the life of a case that a guarantee speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Milestone {
    /// One of the stages is entered.
    Stage(Vec<StageId>),
    /// An action is done.
    Action(Meant),
}

/// The actions that a guarantee means: `send last_demand by letter`, `file mahnbescheid`, `charge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    /// Which kind.
    pub kind: EffectKind,
    /// The template, script, task, form, kind of cost, plan or name; none: any.
    pub object: Option<TextId>,
    /// Of `send` the channels, one of which must be used.
    pub by: Channels,
}
