//! The standard library: strategy packs written in the language itself, carried inside the program.
//!
//! Stays free of logic: a pack is a file in `packs/`, and what it says is for the compiler to read.

/// Every module: its name, its file under `packs/`, its text.
const MODULES: &[(&str, &str, &str)] = &[
    ("at", "at.dun", include_str!("../packs/at.dun")),
    ("ch", "ch.dun", include_str!("../packs/ch.dun")),
    ("de", "de.dun", include_str!("../packs/de.dun")),
    ("de.business", "de/business.dun", include_str!("../packs/de/business.dun")),
    ("de.consumer", "de/consumer.dun", include_str!("../packs/de/consumer.dun")),
    ("eu", "eu.dun", include_str!("../packs/eu.dun")),
    ("us", "us.dun", include_str!("../packs/us.dun")),
];

/// The file name (`de/consumer.dun`) and the text of a module (`de.consumer`); `None` if there is no such module.
#[must_use]
pub fn source(module: &str) -> Option<(&'static str, &'static str)> {
    let (_, file, text) = MODULES.iter().find(|(name, _, _)| *name == module)?;
    Some((file, text))
}

/// The names of all modules, in order.
pub fn modules() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::{MODULES, source};
    use std::path::{Path, PathBuf};

    fn packs(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                packs(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_file_in_packs_is_a_module_of_its_own_name() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
        let mut files = Vec::new();
        packs(&root, &mut files);
        assert_eq!(files.len(), MODULES.len());
        for file in files {
            let relative = file.strip_prefix(&root).unwrap().with_extension("");
            let module = relative.to_str().unwrap().replace(std::path::MAIN_SEPARATOR, ".");
            let (_, text) = source(&module).unwrap_or_else(|| panic!("no module {module}"));
            assert_eq!(text, std::fs::read_to_string(&file).unwrap());
        }
    }

    #[test]
    fn an_unknown_module_is_none() {
        assert_eq!(source("de.nowhere"), None);
    }
}
