//! Texts: whatever they hold, they are read and judged; and formatting them keeps what they mean.

use dunlin_lang::check::{Sources, check};
use dunlin_lang::diagnostic::{self, FileId, render};
use dunlin_lang::lower::lower;
use dunlin_lang::syntax;
use dunlin_machine::verify::verify;

/// Longer texts only cost time: nothing in them is new.
const LONGEST: usize = 20_000;

/// A file of any bytes is read, judged and told about; a strategy without errors becomes a sound machine.
///
/// # Panics
/// Where that does not hold.
pub fn parse(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let parsed = syntax::parse_bytes(data);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(!parsed.diagnostics.is_empty(), "bytes that are no text were taken as a file");
        return;
    };
    let sources = diagnostic::Sources::single("fuzz.dun", text);
    render(&parsed.diagnostics, &sources, false);
    for label in parsed.diagnostics.iter().flat_map(|found| &found.labels) {
        assert!(
            label.file == FileId::default() && text.get(label.span.range()).is_some(),
            "a place outside of the text"
        );
    }
    judge(text);
}

fn judge(text: &str) {
    let checked = check(&Sources { main: ("fuzz.dun", text), find: &library, rows: &|_| None });
    render(&checked.diagnostics, &checked.texts, false);
    let Some(model) = checked.model else { return };
    if let Ok(machine) = lower(&model) {
        verify(&machine).expect("what was lowered is sound");
    }
}

/// Formatting moves words and comments and changes none, so that the tree stays; what is formatted stays as it is.
///
/// # Panics
/// Where that does not hold.
pub fn format(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if data.len() > LONGEST {
        return;
    }
    let Ok(formatted) = syntax::format(text) else { return };
    assert_eq!(words(text), words(&formatted), "formatting changed a word");
    assert_eq!(tree(text), tree(&formatted), "formatting changed the tree");
    assert_eq!(syntax::format(&formatted).as_ref(), Ok(&formatted), "formatting twice changes the text");
}

/// Everything but white space.
fn words(text: &str) -> String {
    text.trim_start_matches('\u{feff}').split_whitespace().collect()
}

/// The tree in words, without its places.
fn tree(text: &str) -> String {
    let printed = format!("{:?}", syntax::parse(text).file);
    let mut pieces = printed.split('@');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |tree, piece| tree + piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

/// A module of the standard library.
pub fn library(module: &str) -> Option<(String, String)> {
    dunlin_stdlib::source(module).map(|(file, text)| (file.to_owned(), text.to_owned()))
}
