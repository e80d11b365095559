//! Why a command ends without its result, and the exit status that says so.

use std::fmt::Display;
use std::process::ExitCode;

/// The input has errors, and they were said in full.
pub const BAD_INPUT: u8 = 1;
/// The command was called wrongly.
pub const WRONG_USAGE: u8 = 2;
/// The program failed.
pub const FAILED: u8 = 3;

/// What a command ends in.
pub type Done<T = ()> = Result<T, Problem>;

/// Why a command ends without its result.
#[derive(Debug)]
pub struct Problem {
    status: u8,
    /// In words; empty where everything was said already.
    words: String,
}

impl Problem {
    /// Something in a file is wrong.
    pub fn input(words: impl Display) -> Self {
        Self { status: BAD_INPUT, words: words.to_string() }
    }

    /// The input is wrong, and the command has said all of it.
    pub fn said() -> Self {
        Self { status: BAD_INPUT, words: String::new() }
    }

    /// The command was called wrongly.
    pub fn usage(words: impl Display) -> Self {
        Self { status: WRONG_USAGE, words: words.to_string() }
    }

    /// The program cannot do its work: a full disk, a fault of its own.
    pub fn failed(words: impl Display) -> Self {
        Self { status: FAILED, words: words.to_string() }
    }

    /// What is wrong, in words.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Says it on standard error and gives the exit status.
    pub fn report(&self) -> ExitCode {
        if !self.words.is_empty() {
            eprintln!("{}", self.words);
        }
        ExitCode::from(self.status)
    }
}
