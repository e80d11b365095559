//! The documents are test inputs: their strategies compile, and their commands run and print what stands below them.
//! (The README has a test of its own beside the command, `cli/tests/readme.rs`.)
//!
//! In a document, a block `dunlin` that holds a whole strategy is checked and lies, for the commands after it, in a file of
//! the strategy's name; any block with a file's name behind its kind (`dunlin figures.dun`) lies in that file. A block `sh`
//! whose lines begin with `dunlin` runs in a folder with these files and the examples; a block `text` right after it is what
//! it prints, `…` alone on a line standing for any lines. Commands with a word in capitals (`FILE`, `DIR`) are patterns, and
//! are left out. To write what is printed anew after a change that is meant, but for blocks with `…`: `UPDATE=1 cargo test`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails in the shortest way")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Block {
    kind: String,
    text: String,
    line: usize,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap_or_else(|e| panic!("{e}"))
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (n, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(kind), None) => open = Some(Block { kind: kind.trim().to_owned(), text: String::new(), line: n + 1 }),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The pages in docs/, examples/ and stdlib/; the pages of the diagnostics are generated and tested by `pages.rs`.
fn documents() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["docs", "examples", "stdlib"] {
        walk(&root().join(folder), &mut pages);
    }
    pages.retain(|p| p.extension().is_some_and(|e| e == "md") && !p.ancestors().any(|a| a.ends_with("diagnostics")));
    pages.sort();
    pages
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap_or_else(|e| panic!("{e}")).path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// The command, built by cargo if it is not there yet.
fn dunlin() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|e| panic!("{e}"));
    let folder = test.ancestors().nth(2).unwrap_or_else(|| panic!("no target folder")).to_owned();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo).current_dir(root()).args(["build", "--quiet", "-p", "dunlin-cli"]).status();
    assert!(built.is_ok_and(|s| s.success()), "the command does not build");
    let program = folder.join(format!("dunlin{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing", program.display());
    program
}

/// A folder for one document, with the examples in it.
fn folder_for(page: &Path) -> PathBuf {
    let name = page.strip_prefix(root()).unwrap_or(page).display().to_string().replace(['/', '\\', '.'], "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("documents-{name}"));
    let _ = fs::remove_dir_all(&folder);
    copy(&root().join("examples"), &folder.join("examples"));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.unwrap_or_else(|e| panic!("{e}")).path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
}

/// The name of the strategy that a block holds.
fn strategy_name(text: &str) -> Option<&str> {
    let line = text.lines().find(|l| l.starts_with("strategy "))?;
    line.split_whitespace().nth(1)
}

/// Whether what was printed is what the page shows; `…` stands for any lines.
fn shows(page: &[&str], printed: &[&str]) -> bool {
    match (page.split_first(), printed.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((&"…", after)), _) => (0..=printed.len()).any(|n| shows(after, &printed[n..])),
        (Some((line, after)), Some((said, rest))) => line.trim_end() == said.trim_end() && shows(after, rest),
        (Some(_), None) => false,
    }
}

struct Reader {
    page: String,
    folder: PathBuf,
    program: PathBuf,
    wrong: Vec<String>,
    /// What blocks ought to show: the line of each, and its text.
    anew: Vec<(usize, String)>,
}

impl Reader {
    fn read(&mut self, blocks: &[Block]) {
        for (n, block) in blocks.iter().enumerate() {
            match block.kind.as_str() {
                "dunlin" => self.strategy(block),
                "sh" => self.commands(block, blocks.get(n + 1).filter(|next| next.kind == "text")),
                kind => {
                    if let Some((_, file)) = kind.split_once(' ') {
                        fs::write(self.folder.join(file), &block.text).unwrap_or_else(|e| panic!("{file}: {e}"));
                    }
                }
            }
        }
    }

    fn strategy(&mut self, block: &Block) {
        let Some(name) = strategy_name(&block.text) else { return };
        let file = format!("{name}.dun");
        fs::write(self.folder.join(&file), &block.text).unwrap_or_else(|e| panic!("{e}"));
        let (sound, printed) = self.run(&["check".to_owned(), file]);
        if !sound {
            self.wrong.push(format!("{}:{}: does not compile\n{printed}", self.page, block.line));
        }
    }

    fn commands(&mut self, block: &Block, output: Option<&Block>) {
        let lines: Vec<&str> = block.text.lines().map(|l| l.strip_prefix("$ ").unwrap_or(l)).collect();
        let pattern = |l: &&str| l.split_whitespace().any(|w| w.len() > 2 && w.chars().all(|c| c.is_ascii_uppercase()));
        if lines.iter().any(pattern) {
            return;
        }
        let mut all = String::new();
        for line in lines.iter().filter(|l| l.starts_with("dunlin ")) {
            let (sound, printed) = self.run(&words(line));
            let shown = output.is_some_and(|o| !o.text.is_empty());
            if !sound && !shown {
                self.wrong.push(format!("{}:{}: `{line}` fails\n{printed}", self.page, block.line));
            }
            all.push_str(&printed);
        }
        if let Some(output) = output {
            // Empty lines at the end are left out of a page.
            let (page, printed) = (output.text.trim_end().lines().collect(), all.trim_end().lines().collect());
            let (page, printed): (Vec<&str>, Vec<&str>) = (page, printed);
            if shows(&page, &printed) {
                return;
            }
            if std::env::var_os("UPDATE").is_some() && !page.contains(&"…") {
                self.anew.push((output.line, all.trim_end().to_owned()));
            } else {
                self.wrong.push(format!("{}:{}: prints something else:\n{all}", self.page, output.line));
            }
        }
    }

    /// Whether the command succeeded, and what it printed.
    fn run(&self, args: &[String]) -> (bool, String) {
        let out = Command::new(&self.program)
            .args(args)
            .current_dir(&self.folder)
            .env("NO_COLOR", "1")
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.success(), text(&out.stdout) + &text(&out.stderr))
    }
}

/// The arguments of a command line; quoted ones may hold blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.trim_start_matches("dunlin ").chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => words.last_mut().unwrap_or_else(|| unreachable!()).push(c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ' ' => words.push(String::new()),
            None => words.last_mut().unwrap_or_else(|| unreachable!()).push(c),
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// The page with other texts in the blocks that begin on these lines.
fn with_blocks(page: &str, anew: &[(usize, String)]) -> String {
    let (mut text, mut inside) = (String::new(), false);
    for (n, line) in page.lines().enumerate() {
        inside = inside && !line.starts_with("```");
        if !inside {
            text.push_str(&format!("{line}\n"));
        }
        if let Some((_, block)) = anew.iter().find(|(at, _)| *at == n + 1) {
            text.push_str(&format!("{block}\n"));
            inside = true;
        }
    }
    text
}

/// What is wrong with a page.
fn faults(path: &Path, program: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let page = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let (program, folder) = (program.to_owned(), folder_for(path));
    let mut reader = Reader { page, folder, program, wrong: Vec::new(), anew: Vec::new() };
    reader.read(&blocks(&text));
    if !reader.anew.is_empty() {
        fs::write(path, with_blocks(&text, &reader.anew)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    reader.wrong
}

#[test]
fn documents_compile_and_run() {
    let program = dunlin();
    let pages = documents();
    // Each page has a folder of its own, so they can be read side by side.
    let of_every_second = |first: usize| -> Vec<String> {
        pages.iter().skip(first).step_by(2).flat_map(|path| faults(path, &program)).collect()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let other = scope.spawn(|| of_every_second(1));
        let own = of_every_second(0);
        own.into_iter().chain(other.join().unwrap_or_else(|_| panic!("a page cannot be read"))).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_block_is_written_anew_and_the_rest_of_its_page_stays() {
    let page = "one\n```text\nold\nold\n```\ntwo\n```text\nkept\n```\n";
    assert_eq!(with_blocks(page, &[(2, "new".into())]), "one\n```text\nnew\n```\ntwo\n```text\nkept\n```\n");
}
