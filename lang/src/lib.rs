//! From source text to a machine: syntax, checking, diagnostics, lowering.
//!
//! Stays free of input and output, of the runtime, and of pest outside `syntax/`.

pub mod check;
pub mod diagnostic;
pub mod lower;
pub mod model;
pub mod syntax;
