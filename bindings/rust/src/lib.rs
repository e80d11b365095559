//! Dunlin for Rust hosts: compile, load, step and explain strategies.
//!
//! Stays free of input and output and of the clock: whoever calls gives texts, bytes and instants. Compiling is the
//! feature `compile`; a service that only runs stored machines does without it.

mod case_input;
#[cfg(feature = "compile")]
mod compile;
mod engine;
mod error;
mod event_input;
mod fields;
mod history_input;
mod json;
mod lines;
mod run;
mod silent;
mod state;
mod story;
mod strategy;
#[cfg(feature = "compile")]
mod testing;
mod words;

pub use case_input::CaseInput;
#[cfg(feature = "compile")]
pub use compile::{Checked, Diagnostics, EvaluationError, Sources, check, compile, evaluate};
#[cfg(feature = "compile")]
pub use dunlin_lang as lang;
pub use dunlin_machine as machine;
pub use dunlin_runtime as runtime;
#[cfg(feature = "compile")]
pub use dunlin_stdlib as stdlib;
pub use engine::Interpreter;
pub use error::{Error, Problem};
pub use event_input::EventInput;
pub use fields::Moment;
pub use lines::{Lines, effect_kind, held_kind};
pub use run::{Run, Step, Watcher};
pub use silent::Rest;
pub use state::Case;
pub use story::{Story, Told, ToldKind};
pub use strategy::{Citation, Strategy, load};
#[cfg(feature = "compile")]
pub use testing::{Failure, Tested, run_test};
pub use words::amount;

/// An event as the machine takes it, and what a step gives back.
pub use dunlin_runtime::{input::Event, outcome::Outcome};

/// The page for hosts, whose code is tested.
#[cfg(all(doctest, feature = "compile"))]
#[doc = include_str!("../../../docs/embedding.md")]
pub struct Embedding;
