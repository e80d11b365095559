//! Each form of `docs/forms.md` that works is shown by a fixture or an example, and `docs/shown.md` says by which. `UPDATE=1`
//! writes the page anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FORMS: &str = include_str!("../../docs/forms.md");
const WORDS: &str = include_str!("../../lang/src/syntax/words.pest");

/// Folders whose files show forms.
const FOLDERS: [&str; 4] = ["lang/tests/check_good", "lang/tests/lower", "examples", "stdlib/packs"];

/// Names that the examples of the page make up: where one of them stands, any name may stand.
const MADE_UP: &str = "Berlin DE EUR Europe NW acme acme_mobile again applied blue call_first city claim_form claimed clerk closed colour control \
     counter court court_query creditor debit demand disclosure done dunning early fee field_team final find_address fine first \
     gentle gold gone head hello high illness insurer late look_here lost low min moved moved_house negotiating negotiation next \
     old open_bill orders own pages partly pause_length red reg_f reminder scale score seen segment sent_something service \
     standard step sum terms thanks today_due told tone_ab tone_for urgent us value viewed warm withdrawal zero";

/// How many words may stand between two that follow each other in a form.
const BETWEEN: usize = 8;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Words, numbers and signs of a text, without comments; a text in quotes is one sign.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = match first {
                '#' => break,
                '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                _ if ["->", "=>", ".."].iter().any(|sign| rest.starts_with(sign)) => 2,
                other => other.len_utf8(),
            };
            let (token, after) = rest.split_at(length);
            tokens.extend((!token.trim().is_empty()).then(|| token.to_owned()));
            rest = after;
        }
    }
    tokens
}

/// What a form is known by: its parts, each as the words that stand in it in their order.
fn parts(form: &str) -> Vec<Vec<String>> {
    let made_up: BTreeSet<&str> = MADE_UP.split_whitespace().collect();
    let is_fixed = |token: &String| {
        ["->", "=>", "..", "("].contains(&token.as_str())
            || token.starts_with(|c: char| c.is_ascii_alphabetic()) && !made_up.contains(token.as_str())
    };
    let all = tokens(&form.replace("  ", " { ").replace(" and ", " { "));
    let ends = |token: &String| ["{", "}", ":", "+"].contains(&token.as_str());
    let parts = all.split(ends).map(|part| part.iter().filter(|token| is_fixed(token)).cloned().collect());
    parts.filter(|part: &Vec<String>| !part.is_empty()).collect()
}

/// Whether a part stands in a text: its words in their order, not far from each other, within the same braces.
fn stands_in(part: &[String], text: &[String]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    text.iter().enumerate().any(|(at, token)| token == first && follows(rest, &text[at + 1..]))
}

fn follows(part: &[String], text: &[String]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    let near = text.iter().take(BETWEEN + 1).take_while(|token| !["{", "}"].contains(&token.as_str()));
    near.enumerate().any(|(at, token)| token == first && follows(rest, &text[at + 1..]))
}

/// The forms that work.
fn forms() -> Vec<String> {
    let rows = FORMS.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` | works |"));
    rows.flat_map(|row| row.split("`, `").map(|form| form.replace("\\|", "|"))).collect()
}

/// The files that may show one, the small ones first.
fn files() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    FOLDERS.iter().for_each(|folder| walk(&root().join(folder), &mut found));
    found.sort_by_key(|path| (fs::metadata(path).map_or(0, |file| file.len()), path.clone()));
    let name = |path: &Path| path.strip_prefix(root()).unwrap_or(path).display().to_string().replace('\\', "/");
    found.iter().map(|path| (name(path), tokens(&fs::read_to_string(path).unwrap()))).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "dun") {
            found.push(path);
        }
    }
}

/// The files that show a form: one that shows all of it, or for each part one; none where a part is shown nowhere.
fn shown_by<'f>(form: &str, files: &'f [(String, Vec<String>)]) -> Option<Vec<&'f str>> {
    let parts = parts(form);
    let all = files.iter().find(|(_, text)| parts.iter().all(|part| stands_in(part, text)));
    if let Some((name, _)) = all {
        return Some(vec![name]);
    }
    let one = |part: &Vec<String>| Some(files.iter().find(|(_, text)| stands_in(part, text))?.0.as_str());
    let names: Option<BTreeSet<&str>> = parts.iter().map(one).collect();
    names.map(|names| names.into_iter().collect())
}

#[test]
fn every_form_is_shown_by_a_file() {
    let files = files();
    let mut page = String::from(
        "# Which file shows which form\n\nFor each form of [forms.md](forms.md) that works, files in which its words stand: one that shows all of \
         it, else one\nfor each part. Written by `UPDATE=1 cargo test -p dunlin-tests --test shown`; the test fails where a form is shown \
         nowhere.\n\n| form | shown by |\n|---|---|\n",
    );
    let mut nowhere = Vec::new();
    for form in forms() {
        match shown_by(&form, &files) {
            Some(names) => page += &format!("| `{}` | {} |\n", form.replace('|', "\\|"), names.join(", ")),
            None => nowhere.push(form),
        }
    }
    assert!(nowhere.is_empty(), "no file shows: {nowhere:#?}");
    let path = root().join("docs/shown.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).is_ok_and(|is| is == page),
        "docs/shown.md is out of date: UPDATE=1 writes it anew"
    );
}

#[test]
fn words_of_the_language_are_not_taken_for_names() {
    // Words that the page also makes names of; all others count where they stand.
    let both = ["court", "final", "first", "low", "min", "negotiating", "next", "value"];
    let taken: Vec<&str> = MADE_UP
        .split_whitespace()
        .filter(|name| WORDS.contains(&format!("@{{ \"{name}\" ")) && !both.contains(name))
        .collect();
    assert!(taken.is_empty(), "these are words of the language: {taken:?}");
}

#[test]
fn a_form_that_stands_nowhere_is_found_out() {
    let text = tokens("stage a \"A\" { send x by letter tone firm  # on payment -> b\n after 3 days -> b }");
    let shows = |form: &str| parts(form).iter().all(|part| stands_in(part, &text));
    assert!(shows("send reminder by letter tone firm") && shows("after 14 days -> done"));
    assert!(!shows("on payment -> done") && !shows("send reminder by email") && !shows("letter by send"));
}

#[test]
fn files_that_the_reference_names_are_there() {
    const FOLDERS: [(&str, &str); 6] = [
        ("good/", "lang/tests/check_good/"),
        ("bad/", "lang/tests/check_bad/"),
        ("lower/", "lang/tests/lower/"),
        ("syntax/", "lang/tests/syntax/"),
        ("syntax_bad/", "lang/tests/syntax_bad/"),
        ("sessions/", "cli/tests/sessions/"),
    ];
    let page = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    let named: BTreeSet<String> = quoted
        .filter_map(|name| {
            let (short, long) =
                FOLDERS.iter().find(|(short, _)| name.starts_with(short) && name.len() > short.len())?;
            Some(name.replacen(short, long, 1))
        })
        .collect();
    let missing: Vec<&String> = named.iter().filter(|name| !root().join(name).exists()).collect();
    assert!(named.len() > 50, "the page names {} files", named.len());
    assert!(missing.is_empty(), "docs/language.md names what is not there: {missing:#?}");
}
