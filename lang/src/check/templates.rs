//! `templates "letters" in de, en require creditor.name`: where the texts of the messages are, and in which languages.

use super::context::{Checker, Place};
use crate::diagnostic::codes;
use crate::model::TemplateFiles;
use crate::syntax::tree::{self, ItemKind, Name, Span};

/// Whether a path leads to something beside the file that names it: nothing above it, and no place of one computer.
pub(super) fn is_beside(path: &str) -> bool {
    let relative = !path.is_empty() && !path.starts_with('/') && !path.contains(['\\', ':']);
    relative && path.split('/').all(|part| part != "..")
}

impl Checker<'_> {
    /// Takes up the `templates` line of the file.
    pub fn template_files(&mut self, file: &tree::File) {
        let mut first: Option<Place> = None;
        for item in &file.items {
            let ItemKind::Templates(line) = &item.kind else { continue };
            if let Some(first) = first {
                self.report_second_folder(item.span, first);
                continue;
            }
            first = Some(self.here(item.span));
            let rule = self.rule_at(item.span, &item.law);
            if let (Some(directory), Some(languages)) = (self.folder(&line.directory), self.languages(&line.languages))
            {
                let require = line.require.iter().map(tree::DottedName::text).collect();
                self.model.template_files = Some(TemplateFiles { rule, directory, languages, require });
            }
        }
    }

    fn report_second_folder(&mut self, span: Span, first: Place) {
        let error = self
            .error_saying(codes::HEADER_TWICE, span, "A strategy has one `templates` line", "the second")
            .also(first.file, first.span, "the first")
            .help("name every language in one line: `templates \"letters\" in de, en`");
        self.report(error);
    }

    /// A folder beside the strategy: nothing above it, and no place of one computer.
    fn folder(&mut self, directory: &tree::Text) -> Option<String> {
        let path = directory.value.as_str();
        if is_beside(path) {
            return Some(path.to_owned());
        }
        let message = format!("\"{path}\" is no folder beside the strategy");
        let error = self.error(codes::TEMPLATE_FOLDER, directory.span, message);
        self.report(error.help("write it as seen from the strategy's file, with `/` between its parts: `\"letters\"`"));
        None
    }

    /// Languages as a debtor's is given: two or three small letters, each once.
    fn languages(&mut self, names: &[Name]) -> Option<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for name in names {
            let code = (2..=3).contains(&name.text.len()) && name.text.bytes().all(|b| b.is_ascii_lowercase());
            let message = match code {
                true if found.contains(&name.text) => format!("The language `{}` is named twice", name.text),
                true => {
                    found.push(name.text.clone());
                    continue;
                }
                false => format!("`{}` is not the code of a language", name.text),
            };
            let error = self.error(codes::TEMPLATE_LANGUAGE, name.span, message);
            self.report(error.help("languages are written by their codes, each once: `in de, en, tr`"));
            return None;
        }
        Some(found)
    }
}
