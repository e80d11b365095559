//! A slow second evaluator, generators of strategies and histories, and tests that read the repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this crate is test code")]

pub mod generate;
pub mod interpreter;
pub mod kit;
pub mod module;
pub mod normal;
pub mod oracle;
pub mod pair;
pub mod situations;
