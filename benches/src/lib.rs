//! A consumer strategy twice, as Dunlin and by hand, to compare what they do and what a step of each costs.

pub mod agreement;
pub mod by_hand;
pub mod histories;
#[cfg(feature = "modules")]
pub mod modules;

/// The middle one of some figures; 0 of none.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = u128>) -> u128 {
    let mut figures: Vec<u128> = figures.into_iter().collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or(0)
}
