//! Reads the repository: the arrows of `ARCHITECTURE.md` against the manifests, the words that the pure rooms do
//! without, the header of each file, and ratchets that only turn one way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails in the shortest way"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room and package, as the picture and the manifests name them.
const ROOMS: &[(&str, &str)] = &[
    ("machine", "dunlin-machine"),
    ("lang", "dunlin-lang"),
    ("emit", "dunlin-emit"),
    ("runtime", "dunlin-runtime"),
    ("stdlib", "dunlin-stdlib"),
    ("wasm", "dunlin-wasm"),
    ("simulate", "dunlin-simulate"),
    ("import", "dunlin-import"),
    ("bindings/rust", "dunlin"),
    ("cli", "dunlin-cli"),
];

/// Rooms without floats, clocks and unordered maps.
const PURE: &[&str] = &["machine/src", "lang/src", "emit/src", "runtime/src"];

/// Rooms that see others and that no room sees.
const ONLOOKERS: &[(&str, &str)] = &[("tests", "dunlin-tests"), ("benches", "dunlin-benches")];

/// Files that are longer than others may be: tables of declarations. Their bound may only fall.
const LONG_FILES: &[(&str, usize)] = &[("machine/src/ir.rs", 990)];
/// How long a file may be.
const LONGEST: usize = 900;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file; what is no text in it (fixtures are broken on purpose) is left out.
fn read(path: &str) -> String {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every file under a folder with one of the endings, without build output and hidden folders.
fn files(endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    let base = root();
    let name = |p: PathBuf| p.strip_prefix(&base).ok().and_then(|p| p.to_str().map(str::to_owned));
    let mut names: Vec<String> = found.into_iter().filter_map(name).collect();
    names.retain(|n| endings.iter().any(|e| n.ends_with(e)));
    names.sort();
    names
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap_or_else(|e| panic!("{e}")).path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        // What fuzzing found is meant to be broken.
        if name == "target" || name == "corpus" || name.starts_with('.') {
            continue;
        }
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

type Arrows = BTreeSet<(String, String)>;

/// The lines `a -> b, c` of the picture.
fn drawn() -> Arrows {
    let page = read("ARCHITECTURE.md");
    let picture = page.split("```text").nth(1).and_then(|p| p.split("```").next());
    let picture = picture.unwrap_or_else(|| panic!("ARCHITECTURE.md has no picture"));
    let mut arrows = Arrows::new();
    for line in picture.lines().filter(|l| l.contains("->")) {
        let (from, to) = line.split_once("->").unwrap_or_default();
        for to in to.split('(').next().unwrap_or_default().split(',') {
            arrows.insert((from.trim().to_owned(), to.trim().to_owned()));
        }
    }
    arrows
}

/// What the manifests say of each room, tests of the room left out.
fn built() -> Arrows {
    let mut arrows = Arrows::new();
    for (room, _) in ROOMS {
        let manifest: toml::Table =
            read(&format!("{room}/Cargo.toml")).parse().unwrap_or_else(|e| panic!("{room}: {e}"));
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        for name in dependencies.keys() {
            if let Some((other, _)) = ROOMS.iter().chain(ONLOOKERS).find(|(_, package)| package == name) {
                arrows.insert(((*room).to_owned(), (*other).to_owned()));
            }
        }
    }
    arrows
}

#[test]
fn the_picture_shows_what_is_built() {
    assert_eq!(drawn(), built(), "left: ARCHITECTURE.md, right: the manifests");
}

#[test]
fn every_room_has_its_paragraph_and_its_invariant() {
    let page = read("ARCHITECTURE.md");
    for (room, _) in ROOMS.iter().chain(&[("tests", ""), ("examples", "")]) {
        let heading = format!("## {room}/");
        let section = page.split(&heading).nth(1).unwrap_or_else(|| panic!("ARCHITECTURE.md says nothing of {room}/"));
        let section = section.split("\n## ").next().unwrap_or_default();
        assert!(section.contains("**Invariant.**"), "{room}/ has no invariant in ARCHITECTURE.md");
    }
}

#[test]
fn every_package_of_the_workspace_is_a_room() {
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap_or_else(|e| panic!("{e}"));
    let members = workspace["workspace"]["members"].as_array().cloned().unwrap_or_default();
    let members: BTreeSet<&str> = members.iter().filter_map(toml::Value::as_str).collect();
    let rooms: BTreeSet<&str> = ROOMS.iter().chain(ONLOOKERS).map(|(room, _)| *room).collect();
    assert_eq!(members, rooms);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let silent: Vec<String> =
        files(&[".rs"]).into_iter().filter(|name| !read(name).trim_start().starts_with("//!")).collect();
    assert_eq!(silent, Vec::<String>::new(), "these files do not begin with `//!`");
}

/// The text without its comments and without what stands under `#[cfg(test)]` at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

#[test]
fn pure_rooms_do_without_floats_clocks_and_unordered_maps() {
    let banned = ["f32", "f64", "HashMap", "HashSet", "SystemTime", "thread_rng", "Mutex"];
    for name in files(&[".rs"]).iter().filter(|n| in_room(n, PURE)) {
        let text = code(&read(name));
        let used: Vec<&str> = names(&text).into_iter().filter(|w| banned.contains(w)).collect();
        assert_eq!(used, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn pure_rooms_do_without_panics() {
    let banned = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!(", "unsafe "];
    for name in files(&[".rs"]).iter().filter(|n| in_room(n, PURE)) {
        let text = read(name);
        let of_tests = name.contains("/tests") || text.contains("use proptest::");
        if of_tests {
            continue;
        }
        let text = code(&text);
        let used: Vec<&&str> = banned.iter().filter(|w| text.contains(**w)).collect();
        assert!(used.is_empty(), "{name}: {used:?}");
    }
}

fn in_room(name: &str, rooms: &[&str]) -> bool {
    rooms.iter().any(|room| name.starts_with(room))
}

#[test]
fn machine_and_runtime_are_no_std() {
    for room in ["machine", "runtime"] {
        let lib = read(&format!("{room}/src/lib.rs"));
        assert!(lib.contains("#![no_std]"), "{room}/ uses the standard library");
        for name in files(&[".rs"]).iter().filter(|n| n.starts_with(&format!("{room}/src"))) {
            assert!(!code(&read(name)).contains("std::"), "{name} speaks of `std`");
        }
    }
}

#[test]
fn pest_stays_in_syntax_and_dates_of_others_stay_at_the_edges() {
    let rooms: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for name in files(&[".rs"]).into_iter().filter(|n| in_room(n, &rooms)) {
        let text = read(&name);
        let words = code(&text);
        let words = names(&words);
        assert!(!words.contains("pest") || name.starts_with("lang/src/syntax"), "{name} uses pest");
        for edge in ["chrono", "rust_decimal"] {
            let pure = in_room(&name, &["machine/src", "runtime/src", "simulate/src"]);
            assert!(!(pure && words.contains(edge)), "{name} uses {edge}");
        }
    }
}

#[test]
fn no_marks_and_no_places_of_one_machine() {
    let marks = ["FIXME", "TODO", "HACK"].map(str::to_owned);
    let places = ["work", "tmp", "home", "root"].map(|folder| format!("\"/{folder}/"));
    for name in files(&[".rs", ".md", ".toml", ".dun", ".pest"]) {
        if name == "tests/tests/house.rs" || name.contains("/insta/") {
            continue;
        }
        let text = read(&name);
        for word in marks.iter().chain(&places) {
            assert!(!text.contains(word.as_str()), "{name} says {word}");
        }
    }
}

#[test]
fn files_do_not_grow_beyond_their_bound() {
    let bounds: BTreeMap<&str, usize> = LONG_FILES.iter().copied().collect();
    let mut too_long = Vec::new();
    for name in files(&[".rs"]) {
        let lines = read(&name).lines().count();
        if lines > bounds.get(name.as_str()).copied().unwrap_or(LONGEST) {
            too_long.push(format!("{name}: {lines} lines"));
        }
    }
    assert_eq!(too_long, Vec::<String>::new(), "split these");
    for (name, bound) in LONG_FILES {
        let lines = read(name).lines().count();
        assert!(lines + 50 > *bound && lines > LONGEST, "{name} has {lines} lines now: lower its bound of {bound}");
    }
}
