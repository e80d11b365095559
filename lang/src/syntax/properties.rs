//! What must hold of every text: layout is free, nothing panics, the formatter changes nothing but layout.

use super::scan::scan;
use super::{format, parse};
use proptest::prelude::*;

const WHOLE: &str = include_str!("../../tests/syntax/whole_strategy.dun");
const LIBRARY: &str = include_str!("../../tests/syntax/library.dun");
const FORMS: &str = include_str!("../../tests/syntax/every_form.dun");

/// The tree in print, without what tells where things stood, or what was said about them.
fn tree(source: &str) -> String {
    let parsed = parse(source);
    assert!(parsed.diagnostics.is_empty(), "{source}\n{:#?}", parsed.diagnostics);
    let printed = format!("{:#?}", parsed.file);
    let kept = printed.lines().map(|line| line.split(": @").next().unwrap_or(""));
    let told = |line: &&str| !["doc:", "@"].iter().any(|start| line.trim_start().starts_with(start));
    kept.filter(told).collect::<Vec<_>>().join("\n")
}

/// The words and marks of a text, those of a dotted name together.
fn words(source: &str) -> Vec<String> {
    let scanned = scan(source);
    let mut words: Vec<String> = Vec::new();
    let mut join = false;
    for token in &scanned.tokens {
        let text = scanned.text(token);
        match words.last_mut() {
            Some(last) if join || text == "." => last.push_str(text),
            _ => words.push(text.to_owned()),
        }
        join = text == ".";
    }
    words
}

/// Docs are part of the tree, so they are left out of the comparison.
fn without_docs(source: &str) -> String {
    tree(&words(source).join(" "))
}

#[test]
fn a_line_break_never_changes_the_meaning() {
    for source in [WHOLE, LIBRARY, FORMS] {
        let one_line = without_docs(source);
        assert!(tree(&words(source).join("\n")) == one_line);
        assert!(tree(&words(source).join(" # so\n    ")) == one_line);
    }
}

fn check(source: &str) {
    // Must not panic, whatever it says.
    let parsed = parse(source);
    let Ok(once) = format(source) else {
        assert!(!parsed.diagnostics.is_empty());
        return;
    };
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "formatting twice changes it");
    assert!(tree(source) == tree(&once), "formatting changes the tree");
}

fn vocabulary() -> Vec<String> {
    let mut all: Vec<String> = [WHOLE, LIBRARY, FORMS].iter().flat_map(|source| words(source)).collect();
    all.sort();
    all.dedup();
    let odd =
        ["# aside\n", "## doc\n", "\n\n\n", "\"", "`", "`a b`", "_", "ß", "=>", "->", "é", "\u{1}", "→", "2,50 EUR"];
    all.extend(odd.map(str::to_owned));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_words_in_any_order(
        picks in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![" ", "\n", ""])), 0..80)
    ) {
        let vocabulary = vocabulary();
        let text: String = picks.iter().map(|(pick, space)| format!("{}{space}", pick.get(&vocabulary))).collect();
        check(&text);
    }

    #[test]
    fn any_characters(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn good_texts_with_words_changed(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4), 1..4)
    ) {
        let mut text = words([WHOLE, LIBRARY, FORMS][which]);
        for (at, other, change) in changes {
            let (at, other) = (at.index(text.len()), other.index(text.len()));
            match change {
                0 => { text.remove(at); }
                1 => text.insert(at, text[other].clone()),
                2 => text.swap(at, other),
                _ => text[at] = text[other].clone(),
            }
        }
        check(&text.join(" "));
        check(&text.join("\n"));
    }

    #[test]
    fn comments_and_breaks_anywhere(
        which in 0_usize..3,
        marks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..5), 1..12)
    ) {
        let mut text = words([WHOLE, LIBRARY, FORMS][which]);
        for (at, mark) in marks {
            let at = at.index(text.len());
            let mark = ["# aside\n", "\n# alone\n", "\n\n\n", "\n", "\n## doc\n"][mark as usize];
            text[at].push_str(mark);
        }
        let text = text.join(" ");
        let once = format(&text).expect("only layout was added");
        let again = format(&once).expect("it was formatted");
        prop_assert_eq!(&again, &once);
        prop_assert_eq!(text.matches('#').count(), once.matches('#').count());
        prop_assert!(tree(&text) == tree(&once));
    }
}
