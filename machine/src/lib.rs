//! What a compiled strategy *is*: exact values, calendars as data, the machine's tables, its verifier and its stored form.
//!
//! Stays free of the standard library, input and output, clocks, threads, floats and unordered maps.
#![no_std]
extern crate alloc;

pub mod binary;
pub mod events;
pub mod figures;
pub mod ir;
mod operands;
pub mod text;
pub mod value;
pub mod verify;
