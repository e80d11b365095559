//! Reads the files that commands are given: strategies with their modules, machines, cases, events.

use crate::output;
use crate::problem::{Done, Problem};
use dunlin::{Checked, Sources, Strategy};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The text of a file.
pub fn text(path: &Path) -> Done<String> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::input(format!("{}, line {line}: this is not UTF-8 text; save the file as UTF-8", path.display()))
    })
}

/// The bytes of a file.
pub fn bytes(path: &Path) -> Done<Vec<u8>> {
    fs::read(path).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &io::Error) -> Problem {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Problem::input(format!("{path} does not exist")),
        io::ErrorKind::PermissionDenied => Problem::input(format!("{path} may not be read by this user")),
        io::ErrorKind::IsADirectory => Problem::input(format!("{path} is a folder; a file is expected")),
        _ => Problem::input(format!("{path} cannot be read: {error}")),
    }
}

/// The names of the files in a folder, in order; none where there is no such folder.
pub fn names_in(folder: &Path) -> Done<Option<Vec<String>>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot_read(folder, &error)),
        Ok(entries) => entries,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(Some(names))
}

/// Writes a file.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Done {
    fs::write(path, bytes).map_err(|error| Problem::failed(format!("{} cannot be written: {error}", path.display())))
}

/// Makes a folder with those above it.
pub fn make_folder(path: &Path) -> Done {
    fs::create_dir_all(path)
        .map_err(|error| Problem::failed(format!("the folder {} cannot be made: {error}", path.display())))
}

/// Prints a result on standard output. A reader who has gone, as `head` does, is no failure.
pub fn print(text: &str) -> Done {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A strategy from its source or its machine. Its errors go to standard error.
pub fn strategy(path: &Path) -> Done<Strategy> {
    if is_machine(path) {
        let loaded = dunlin::load(&bytes(path)?);
        return loaded.map_err(|error| Problem::input(format!("{}: {error}", path.display())));
    }
    let text = text(path)?;
    dunlin::compile(&sources(path, text)).map_err(|diagnostics| {
        eprint!("{}", diagnostics.render(output::colour_on_stderr()));
        Problem::said()
    })
}

/// A strategy with the later rows of a file of figures, where there is one. What is wrong in it goes to standard error.
pub fn strategy_with(path: &Path, figures: Option<&Path>) -> Done<Strategy> {
    with_figures(strategy(path)?, figures)
}

/// A strategy that was compiled, with the later rows of a file of figures.
pub fn with_figures(strategy: Strategy, figures: Option<&Path>) -> Done<Strategy> {
    let Some(path) = figures else { return Ok(strategy) };
    let (strategy, warnings) =
        strategy.with_figures(&path.display().to_string(), &text(path)?).map_err(|diagnostics| {
            eprint!("{}", diagnostics.render(output::colour_on_stderr()));
            Problem::said()
        })?;
    eprint!("{}", warnings.render(output::colour_on_stderr()));
    Ok(strategy)
}

/// Whether the ending of a file says that it is a machine.
pub fn is_machine(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "dunm")
}

/// A strategy or library with everything that there is to say about it.
pub fn checked(path: &Path) -> Done<Checked> {
    let text = text(path)?;
    Ok(dunlin::check(&sources(path, text)))
}

/// The text of a strategy, which looks for its modules and for rows of tables in the folder that it stands in.
pub fn sources(path: &Path, text: String) -> Sources<'static> {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let rows_folder = folder.clone();
    let sources = Sources::new(path.display().to_string(), text);
    let sources = sources.with_modules(move |module| beside(&folder, module));
    sources.with_rows(move |rows| fs::read_to_string(rows_folder.join(rows)).ok())
}

/// `de.consumer` as `de/consumer.dun` in a folder: the name, as citations give it, and the text.
fn beside(folder: &Path, module: &str) -> Option<(String, String)> {
    let name = format!("{}.dun", module.replace('.', "/"));
    let text = fs::read_to_string(folder.join(PathBuf::from(&name))).ok()?;
    Some((name, text))
}
