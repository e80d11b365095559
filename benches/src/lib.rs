//! A consumer strategy twice, as Dunlin and by hand, to compare what they do and what a step of each costs.

pub mod agreement;
pub mod by_hand;
pub mod histories;
#[cfg(feature = "modules")]
pub mod modules;
