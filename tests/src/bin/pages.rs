//! Writes a page for each diagnostic into `docs/diagnostics`, from the table of codes and the failing fixtures that show
//! them; `--check` writes nothing and fails where a page is missing or stale, or a number has no fixture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this crate is test code")]

use dunlin_lang::check::{Sources, check, figures};
use dunlin_lang::diagnostic::codes::{Entry, TABLE};
use dunlin_lang::diagnostic::{Code, Diagnostic, Sources as Texts, render};
use dunlin_lang::lower::lower;
use dunlin_lang::syntax::parse_bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What remakes the pages; they say so.
const COMMAND: &str = "cargo run -p dunlin-tests --bin pages";
/// A page shows this many messages of its fixture, and this many ways to mend it.
const MOST_SHOWN: usize = 3;
/// What the code blocks call the file.
const NAME: &str = "example.dun";

/// A file that cannot be kept as a fixture.
struct Made {
    number: u16,
    words: &'static str,
    text: fn() -> Vec<u8>,
}

/// Each shows the diagnostic of its number.
const MADE: [Made; 4] = [
    Made { number: 1, words: "A file of 9 MB.", text: || vec![b'\n'; 9 * 1024 * 1024] },
    Made {
        number: 2,
        words: "A file saved as Latin-1, in which the `ü` of `strategy müller` is one byte.",
        text: || b"strategy m\xfcller\n".to_vec(),
    },
    Made { number: 26, words: "A table of 70,000 rows in one declaration.", text: endless },
    Made {
        number: 511,
        words: "A table of 20 columns for 19 values, with a row for each value and each two columns that both hold it.",
        text: || tangled(20).into_bytes(),
    },
];

fn endless() -> Vec<u8> {
    format!("fee = table(days : number) : money {{\n{}}}\n", "1 => 1 EUR\n".repeat(70_000)).into_bytes()
}

/// What advises where no message does: number, sentence.
const ADVICE: [(u16, &str); 6] = [
    (
        6,
        "write the name between two backquotes on one line, or, where it has only letters, digits and `_`, without any",
    ),
    (8, "write the bracket that closes it"),
    (121, "write the name alone, without quotes: `sent(demand)`, `reachable(email)`"),
    (216, "write the rate with fewer decimals"),
    (226, "leave out what the strategy does not need, or split it into two strategies"),
    (227, "write a whole number from 1: `version 3`"),
];

/// As many columns of numbers as said, of which there are one fewer: two columns always hold the same, and to see that
/// every combination has a row, one would have to try them all.
fn tangled(columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|column| format!("c{column} : number 1..{}", columns - 1)).collect();
    let mut text = format!("same = table({}) : bool {{\n", names.join(", "));
    for value in 1..columns {
        for (a, b) in (0..columns).flat_map(|b| (0..b).map(move |a| (a, b))) {
            let cell = |column| if column == a || column == b { value.to_string() } else { "_".to_owned() };
            text += &format!("{} => true\n", (0..columns).map(cell).collect::<Vec<_>>().join(", "));
        }
    }
    text + "}\n"
}

/// A file with something wrong, and what is said about it.
struct Fixture {
    example: String,
    size: usize,
    found: Vec<Diagnostic>,
    texts: Texts,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project");
    let fixtures = fixtures(root);
    let pages = pages(&fixtures);
    let folder = root.join("docs/diagnostics");
    let mut faults: Vec<String> = without_fixture(&fixtures);
    if std::env::args().any(|arg| arg == "--check") {
        faults.extend(stale(&folder, &pages));
    } else {
        write(&folder, &pages);
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn without_fixture(fixtures: &[Fixture]) -> Vec<String> {
    let seen: BTreeSet<Code> = fixtures.iter().flat_map(|fixture| &fixture.found).map(|found| found.code).collect();
    let missing = TABLE.iter().filter(|entry| !seen.contains(&entry.code));
    missing
        .map(|entry| format!("{} ({}): no fixture in lang/tests/*_bad brings it about", entry.code, entry.title))
        .collect()
}

fn stale(folder: &Path, pages: &BTreeMap<String, String>) -> Vec<String> {
    let differs =
        |(name, text): &(&String, &String)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(*text);
    let changed =
        pages.iter().filter(differs).map(|(name, _)| format!("docs/diagnostics/{name} is stale: `{COMMAND}`"));
    let extra = files(folder).into_iter().filter(|path| !pages.contains_key(&file_name(path)));
    changed.chain(extra.map(|path| format!("{} is the page of no number: `{COMMAND}`", path.display()))).collect()
}

fn write(folder: &Path, pages: &BTreeMap<String, String>) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("docs/ can be written");
    for (name, text) in pages {
        fs::write(folder.join(name), text).expect("docs/diagnostics can be written");
    }
}

/// Every file in the folders of failing files, and those that are made, with what is said about them.
fn fixtures(root: &Path) -> Vec<Fixture> {
    let folders = files(&root.join("lang/tests"));
    let bad = folders.iter().filter(|folder| file_name(folder).ends_with("_bad"));
    let (figures, others): (Vec<&PathBuf>, Vec<&PathBuf>) = bad.partition(|folder| file_name(folder) == "figures_bad");
    let mut fixtures: Vec<Fixture> = texts_in(&others).iter().map(|text| kept(text, root)).collect();
    fixtures.extend(texts_in(&figures).iter().map(|text| figures_for(text, root)));
    fixtures.extend(MADE.iter().map(|file| made(file, root)));
    fixtures
}

fn texts_in(folders: &[&PathBuf]) -> Vec<String> {
    let paths = folders.iter().flat_map(|folder| files(folder));
    let paths = paths.filter(|path| path.extension().is_some_and(|ending| ending == "dun"));
    paths.map(|path| fs::read_to_string(path).expect("a fixture")).collect()
}

fn kept(text: &str, root: &Path) -> Fixture {
    let example = if text.is_empty() { "An empty file.\n".to_owned() } else { block(text) };
    Fixture { example, ..judged(text, root) }
}

fn block(text: &str) -> String {
    format!("```dunlin\n{}\n```\n", text.trim_end())
}

/// A file of figures, for the one strategy of these tests.
fn figures_for(text: &str, root: &Path) -> Fixture {
    let strategy = fs::read_to_string(root.join("lang/tests/figures/strategy.dun")).expect("the strategy");
    let find = |module: &str| module_of_the_tests(module, root);
    let checked = check(&Sources { main: ("strategy.dun", &strategy), find: &find, rows: &|_| None });
    let machine = lower(&checked.model.expect("a strategy without errors")).expect("a machine");
    let found = figures(NAME, text, &machine);
    let example = format!("A file of figures\n\n{}\nfor this strategy:\n\n{}", block(text), block(&strategy));
    Fixture { example, size: text.len(), found: found.diagnostics, texts: found.texts }
}

fn made(file: &Made, root: &Path) -> Fixture {
    let bytes = (file.text)();
    let mut fixture = match std::str::from_utf8(&bytes) {
        Ok(text) => judged(text, root),
        Err(_) => unreadable(&bytes),
    };
    fixture.found.retain(|found| found.code.number() == file.number);
    Fixture { example: format!("{}\n", file.words), ..fixture }
}

fn unreadable(bytes: &[u8]) -> Fixture {
    let texts = Texts::single(NAME, String::from_utf8_lossy(bytes));
    Fixture { example: String::new(), size: bytes.len(), found: parse_bytes(bytes).diagnostics, texts }
}

fn judged(text: &str, root: &Path) -> Fixture {
    let find = |module: &str| module_of_the_tests(module, root);
    let rows = |name: &str| fs::read_to_string(root.join("lang/tests/check_bad").join(name)).ok();
    let checked = check(&Sources { main: (NAME, text), find: &find, rows: &rows });
    Fixture { example: String::new(), size: text.len(), found: checked.diagnostics, texts: checked.texts }
}

/// A module beside the fixtures, else of the standard library.
fn module_of_the_tests(module: &str, root: &Path) -> Option<(String, String)> {
    let file = format!("{}.dun", module.replace('.', "/"));
    let own = fs::read_to_string(root.join("lang/tests/modules").join(&file)).ok();
    own.map(|text| (file, text))
        .or_else(|| dunlin_stdlib::source(module).map(|(file, text)| (file.into(), text.into())))
}

/// The files or folders in a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// All pages by file name: one for each number that has a fixture, and the index.
fn pages(fixtures: &[Fixture]) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::from([("README.md".to_owned(), index())]);
    for entry in TABLE {
        if let Some(page) = page(entry, fixtures) {
            pages.insert(format!("{}.md", entry.code), page);
        }
    }
    pages
}

fn page(entry: &Entry, fixtures: &[Fixture]) -> Option<String> {
    let fixture = clearest(entry.code, fixtures)?;
    let shown: Vec<Diagnostic> = of(entry.code, fixture).take(MOST_SHOWN).cloned().collect();
    let printed = render(&shown, &fixture.texts, false);
    let mut page = format!("# {}: {}\n\n{}\n\n", entry.code, entry.title, entry.explanation);
    page += &format!("## Example\n\n{}\n", fixture.example);
    page += &format!("## What is printed\n\n```text\n{}\n```\n", plain(&printed));
    let helps = helps(entry.code, fixture, fixtures);
    if !helps.is_empty() {
        page += "\n## How to mend it\n\n";
        page.extend(helps.iter().map(|help| format!("- {}\n", sentence(help))));
    }
    Some(page)
}

/// The file that shows it with the least around it.
fn clearest(code: Code, fixtures: &[Fixture]) -> Option<&Fixture> {
    let showing = fixtures.iter().filter(|fixture| of(code, fixture).next().is_some());
    showing.min_by_key(|fixture| (fixture.found.iter().any(|found| found.code != code), fixture.size))
}

fn of(code: Code, fixture: &Fixture) -> impl Iterator<Item = &Diagnostic> {
    fixture.found.iter().filter(move |found| found.code == code)
}

/// What the messages advise: those of the example first.
fn helps(code: Code, example: &Fixture, fixtures: &[Fixture]) -> Vec<String> {
    let all = of(code, example).chain(fixtures.iter().flat_map(|fixture| of(code, fixture)));
    let mut helps: Vec<String> = Vec::new();
    for help in all.filter_map(|found| found.help.as_deref()).map(advice) {
        if helps.len() < MOST_SHOWN && !helps.contains(&help) {
            helps.push(help);
        }
    }
    if helps.is_empty() {
        helps.extend(
            ADVICE.iter().filter(|(number, _)| *number == code.number()).map(|(_, advice)| (*advice).to_owned()),
        );
    }
    helps
}

/// What a help advises when nobody has the file before them.
fn advice(help: &str) -> String {
    let near = help.starts_with("did you mean");
    if near {
        "take the nearest word, which the message proposes, or declare the one that you meant".to_owned()
    } else {
        help.to_owned()
    }
}

fn sentence(help: &str) -> String {
    let mut letters = help.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if help.ends_with(['.', '?', '!', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Without spaces at the ends of lines.
fn plain(printed: &str) -> String {
    let lines: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn index() -> String {
    let mut page =
        "# Diagnostics\n\nEvery message of the compiler has a number, which is never used again for another. \
                    [How errors speak](../errors.md) says how they are written.\n\n"
            .to_owned();
    page += &format!("These pages are made by `{COMMAND}`.\n\n| number | about |\n|---|---|\n");
    page.extend(TABLE.iter().map(|entry| format!("| [{0}]({0}.md) | {1} |\n", entry.code, entry.title)));
    page
}
