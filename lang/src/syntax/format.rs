//! The one formatter: it moves words and comments, and changes none of them.
//!
//! It prints the tokens of the source in their order, with line breaks where entries begin and single spaces
//! elsewhere. Since a line break never changes the meaning, neither can it.

mod lines;
mod pieces;

use super::parse::{layout, parse};
use crate::diagnostic::Diagnostic;

/// The text in its one layout. A text with errors is not touched: its diagnostics come back instead.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(source);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let (scan, layout) = layout(source);
    let pieces = pieces::pieces(&scan, &layout);
    Ok(lines::print(&lines::lines(&pieces)))
}
