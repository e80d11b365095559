//! Modules: which file declares what, and what a name means across files.
//!
//! A module is read when a `use` names it or a dotted name leads to it. What it declares is checked when it is first
//! used, so that a library costs a machine only what its strategy needs.

use std::rc::Rc;

use dunlin_machine::ir::{self, CalendarId, DatedId, ScaleId, TableId};

use super::context::{Checker, Progress, SourceFile};
use super::{calendars, dated, scales, tables};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::tree::{self, DottedName, Item, ItemKind, Name, Span};

/// A declaration, as the position of its file in [`Checker::files`] and of its item in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// The file.
    pub file: usize,
    /// The item.
    pub item: usize,
}

/// A declaration itself, held without a copy of what stands in it.
#[derive(Clone, Debug)]
pub struct DeclaredItem {
    tree: Rc<tree::File>,
    item: usize,
}

impl DeclaredItem {
    /// What it declares.
    pub fn kind(&self) -> &ItemKind {
        const NOTHING: &ItemKind = &ItemKind::Broken(tree::Broken { names: Vec::new() });
        self.tree.items.get(self.item).map_or(NOTHING, |item| &item.kind)
    }

    /// `law "…"` at its end.
    pub fn law(&self) -> &[tree::Text] {
        self.tree.items.get(self.item).map_or(&[], |item| &item.law)
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.tree.items.get(self.item).map_or(Span::default(), |item| item.span)
    }
}

/// What can be declared in one file and used in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Tables, scales and dated values.
    Value,
    /// Calendars.
    Calendar,
    /// Contact rules with a name.
    Contact,
    /// Limitation rules with a name.
    Limitation,
    /// Plans of instalments.
    Plan,
    /// Procedures.
    Procedure,
}

impl Family {
    fn noun(self) -> &'static str {
        match self {
            Family::Value => "value",
            Family::Calendar => "calendar",
            Family::Contact => "set of contact rules",
            Family::Limitation => "set of limitation rules",
            Family::Plan => "plan",
            Family::Procedure => "procedure",
        }
    }
}

/// The name of a declaration that other files may use, with its family.
pub fn declared_name(kind: &ItemKind) -> Option<(Family, &DottedName)> {
    match kind {
        ItemKind::Table(table) => Some((Family::Value, &table.name)),
        ItemKind::Steps(steps) => Some((Family::Value, &steps.name)),
        ItemKind::Value(value) => Some((Family::Value, &value.name)),
        ItemKind::Calendar(calendar) => Some((Family::Calendar, &calendar.name)),
        ItemKind::Contact(contact) => contact.name.as_ref().map(|name| (Family::Contact, name)),
        ItemKind::Limitation(limitation) => limitation.name.as_ref().map(|name| (Family::Limitation, name)),
        ItemKind::Plan(plan) => Some((Family::Plan, &plan.name)),
        ItemKind::Procedure(procedure) => Some((Family::Procedure, &procedure.name)),
        _ => None,
    }
}

impl Checker<'_> {
    /// Reads a file and the modules that it uses; gives its position in [`Checker::files`].
    pub fn read_file(&mut self, name: &str, text: &str, module: Option<String>) -> usize {
        let id = self.texts.add(name, text);
        self.model.files.push(name.to_owned());
        let parsed = crate::syntax::parse(text);
        for found in parsed.diagnostics {
            self.note_words_beside(&found, text);
            self.diagnostics.push(in_that_file(found, id));
        }
        self.note_broken(&parsed.file);
        let tree = Rc::new(parsed.file);
        self.files.push(SourceFile { id, module, tree: Rc::clone(&tree), uses: Vec::new() });
        let file = self.files.len() - 1;
        self.in_file(file, |checker| checker.read_uses(&tree));
        file
    }

    /// The words of a line that could not be read: what it would have declared is not missed elsewhere.
    fn note_words_beside(&mut self, found: &Diagnostic, text: &str) {
        let Some(at) = found.place().map(|label| label.span.start as usize) else { return };
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        self.names.broken.extend(words.map(str::to_owned));
    }

    fn note_broken(&mut self, tree: &tree::File) {
        for item in &tree.items {
            if let ItemKind::Broken(broken) = &item.kind {
                self.names.broken.extend(broken.names.iter().map(|name| name.text.clone()));
            }
        }
    }

    fn read_uses(&mut self, tree: &tree::File) {
        for item in &tree.items {
            let ItemKind::Use(modules) = &item.kind else { continue };
            for module in modules {
                self.use_module(module);
            }
        }
    }

    /// Takes up `use MODULE` for the file that is being looked at.
    pub fn use_module(&mut self, name: &DottedName) {
        let Some(module) = self.module(&name.text()) else {
            let message = format!("There is no module `{}`", name.text());
            let path = name.text().replace('.', "/");
            let help = format!("a module is a file: `{path}.dun` beside the strategy, or one of the standard library");
            let error = self.error(codes::UNKNOWN_MODULE, name.span, message).help(help);
            self.report(error);
            return;
        };
        let current = self.file;
        if let Some(file) = self.files.get_mut(current)
            && !file.uses.contains(&module)
            && module != current
        {
            file.uses.push(module);
        }
    }

    /// The file of a module, read if it was not yet; none where there is no such module.
    pub fn module(&mut self, name: &str) -> Option<usize> {
        if let Some(known) = self.modules.get(name) {
            return *known;
        }
        let Some((file_name, text)) = (self.find)(name) else {
            self.modules.insert(name.to_owned(), None);
            return None;
        };
        // Known before it is read, so that modules may use each other.
        self.modules.insert(name.to_owned(), Some(self.files.len()));
        Some(self.read_file(&file_name, &text, Some(name.to_owned())))
    }

    /// What a name declares: in this file, in those that it uses, or by its dotted name anywhere.
    /// One that several used modules offer is reported, and counts as found by none.
    pub fn declared(&mut self, family: Family, name: &DottedName) -> Result<Option<Declared>, Reported> {
        let text = name.text();
        if let Some(item) = self.declared_in(self.file, family, &text) {
            return Ok(Some(Declared { file: self.file, item }));
        }
        let found: Vec<Declared> = self
            .used_files()
            .into_iter()
            .filter_map(|file| self.declared_in(file, family, &text).map(|item| Declared { file, item }))
            .collect();
        match found.as_slice() {
            [] => Ok(self.declared_dotted(family, name)),
            [one] => Ok(Some(*one)),
            [one, other, ..] => {
                self.report_ambiguous(family, name, *one, *other);
                Err(Reported)
            }
        }
    }

    /// Whether a name declares something here, without a report where it is ambiguous.
    pub fn is_declared(&self, family: Family, name: &DottedName) -> bool {
        let text = name.text();
        let mut files = std::iter::once(self.file).chain(self.used_files());
        files.any(|file| self.declared_in(file, family, &text).is_some())
    }

    /// The files that this one uses, and those that they use: a module hands on what it uses itself.
    fn used_files(&self) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut next = vec![self.file];
        while let Some(file) = next.pop() {
            for used in self.files.get(file).map_or(&[][..], |file| file.uses.as_slice()) {
                if *used != self.file && !found.contains(used) {
                    found.push(*used);
                    next.push(*used);
                }
            }
        }
        found
    }

    fn declared_dotted(&mut self, family: Family, name: &DottedName) -> Option<Declared> {
        let parts: Vec<&str> = name.parts.iter().map(|part| part.text.as_str()).collect();
        for split in (1..=parts.len()).rev() {
            let (module, rest) = parts.split_at(split);
            if parts.len() == 1 {
                break;
            }
            let Some(file) = self.module(&module.join(".")) else { continue };
            let plain = self.declared_in(file, family, &rest.join("."));
            let full = plain.or_else(|| self.declared_in(file, family, &parts.join(".")));
            if let Some(item) = full {
                return Some(Declared { file, item });
            }
        }
        None
    }

    fn declared_in(&self, file: usize, family: Family, name: &str) -> Option<usize> {
        let file = self.files.get(file)?;
        let declares = |item: &Item| {
            declared_name(&item.kind).is_some_and(|(of, declared)| of == family && same_name(declared, name))
        };
        file.tree.items.iter().position(declares)
    }

    fn report_ambiguous(&mut self, family: Family, name: &DottedName, one: Declared, other: Declared) {
        let plain = name.text();
        let message = format!("Two modules in `use` offer a {} `{plain}`", family.noun());
        let dotted = self.module_name(one).map_or_else(|| plain.clone(), |module| format!("{module}.{plain}"));
        let help = format!("write which one is meant by its dotted name: `{dotted}`");
        let mut error = self.error_saying(codes::AMBIGUOUS_NAME, name.span, message, "which one?").help(help);
        for declared in [one, other] {
            if let Some(place) = self.declared_place(declared) {
                error = error.also(place.file, place.span, "offered here");
            }
        }
        self.report(error);
    }

    fn module_name(&self, declared: Declared) -> Option<String> {
        self.files.get(declared.file)?.module.clone()
    }

    /// What the file and the modules in its `use` declare of a family.
    pub fn offered(&self, family: Family) -> Vec<Declared> {
        let mut found = Vec::new();
        for file in std::iter::once(self.file).chain(self.used_files()) {
            let items = self.files.get(file).map_or(&[][..], |file| file.tree.items.as_slice());
            let of = |item: &Item| declared_name(&item.kind).is_some_and(|(of, _)| of == family);
            let items = items.iter().enumerate().filter(|(_, item)| of(item));
            found.extend(items.map(|(item, _)| Declared { file, item }));
        }
        found
    }

    /// The item of a declaration.
    pub fn item(&self, declared: Declared) -> Option<DeclaredItem> {
        let tree = Rc::clone(&self.files.get(declared.file)?.tree);
        tree.items.get(declared.item)?;
        Some(DeclaredItem { tree, item: declared.item })
    }

    /// Where the name of a declaration stands.
    pub fn declared_place(&self, declared: Declared) -> Option<super::context::Place> {
        let file = self.files.get(declared.file)?;
        let item = file.tree.items.get(declared.item)?;
        let span = declared_name(&item.kind).map_or(item.span, |(_, name)| name.span);
        Some(super::context::Place { file: file.id, span })
    }

    /// Every name of a family that can be written here without dots before it, for suggestions.
    pub fn names_of_family(&self, family: Family) -> Vec<String> {
        let Some(here) = self.files.get(self.file) else { return Vec::new() };
        let used = self.used_files();
        let files = std::iter::once(here).chain(used.iter().filter_map(|file| self.files.get(*file)));
        let items = files.flat_map(|file| file.tree.items.iter());
        items
            .filter_map(|item| declared_name(&item.kind))
            .filter(|(of, _)| *of == family)
            .map(|(_, n)| n.text())
            .collect()
    }

    /// The calendar of that name, checked if it was not yet; unknown ones are reported.
    pub fn calendar_named(&mut self, name: &DottedName) -> Option<CalendarId> {
        match self.declared(Family::Calendar, name) {
            Ok(Some(declared)) => self.calendar_of(declared, name.span),
            Ok(None) => {
                self.report_unknown_of(Family::Calendar, name);
                None
            }
            Err(Reported) => None,
        }
    }

    /// The calendar of a declaration, checked if it was not yet; `span` is where it is used.
    pub fn calendar_of(&mut self, declared: Declared, span: Span) -> Option<CalendarId> {
        match self.calendars.get(&declared) {
            Some(Progress::Done(done)) => return *done,
            Some(Progress::Begun) => {
                self.report_own_use(declared, span, "calendar");
                return None;
            }
            None => {}
        }
        self.calendars.insert(declared, Progress::Begun);
        let item = self.item(declared)?;
        let ItemKind::Calendar(calendar) = item.kind() else { return None };
        let checked = self.in_file(declared.file, |checker| calendars::calendar(checker, calendar));
        let id = checked.map(|calendar| {
            self.model.calendars.push(calendar);
            CalendarId(self.number(self.model.calendars.len() - 1, "calendars"))
        });
        self.calendars.insert(declared, Progress::Done(id));
        id
    }

    /// The table of a declaration, checked if it was not yet; `span` is where it is used.
    pub fn table_of(&mut self, declared: Declared, span: Span) -> Option<TableId> {
        match self.tables.get(&declared) {
            Some(Progress::Done(done)) => return *done,
            Some(Progress::Begun) => {
                self.report_own_use(declared, span, "table");
                return None;
            }
            None => {}
        }
        self.tables.insert(declared, Progress::Begun);
        let item = self.item(declared)?;
        let ItemKind::Table(table) = item.kind() else { return None };
        let checked = self.in_file(declared.file, |checker| tables::table(checker, table, item.span()));
        let id = checked.map(|checked| {
            self.model.tables.push(checked);
            TableId(self.number(self.model.tables.len() - 1, "tables"))
        });
        if tables::is_dated(table) {
            self.dated_tables.extend(id);
        }
        self.tables.insert(declared, Progress::Done(id));
        id
    }

    /// The fee scale of a declaration, or those for each currency, checked if they were not yet; `span` is where it is used.
    pub fn scale_of(&mut self, declared: Declared, span: Span) -> Option<Vec<ScaleId>> {
        match self.scales.get(&declared) {
            Some(Progress::Done(done)) => return done.clone(),
            Some(Progress::Begun) => {
                self.report_own_use(declared, span, "fee scale");
                return None;
            }
            None => {}
        }
        self.scales.insert(declared, Progress::Begun);
        let item = self.item(declared)?;
        let ItemKind::Steps(steps) = item.kind() else { return None };
        let checked = self.in_file(declared.file, |checker| scales::scale(checker, steps, item.span()));
        let ids = checked.map(|scales| scales.into_iter().map(|scale| self.add_scale(scale)).collect::<Vec<_>>());
        self.scales.insert(declared, Progress::Done(ids.clone()));
        ids
    }

    fn add_scale(&mut self, scale: ir::Scale) -> ScaleId {
        self.model.scales.push(scale);
        ScaleId(self.number(self.model.scales.len() - 1, "fee scales"))
    }

    /// The dated value of a declaration, or those for each currency, checked if they were not yet.
    pub fn dated_of(&mut self, declared: Declared, span: Span) -> Option<Vec<DatedId>> {
        match self.dated.get(&declared) {
            Some(Progress::Done(done)) => return done.clone(),
            Some(Progress::Begun) => {
                self.report_own_use(declared, span, "value");
                return None;
            }
            None => {}
        }
        self.dated.insert(declared, Progress::Begun);
        let item = self.item(declared)?;
        let ItemKind::Value(value) = item.kind() else { return None };
        let checked = self.in_file(declared.file, |checker| dated::dated(checker, value, item.span()));
        let ids = checked.map(|values| values.into_iter().map(|value| self.add_dated(value)).collect::<Vec<_>>());
        self.dated.insert(declared, Progress::Done(ids.clone()));
        ids
    }

    fn add_dated(&mut self, value: ir::Dated) -> DatedId {
        self.model.dated.push(value);
        DatedId(self.number(self.model.dated.len() - 1, "dated values"))
    }

    pub(super) fn report_own_use(&mut self, declared: Declared, span: Span, what: &str) {
        let name = self.item(declared).and_then(|item| declared_name(item.kind()).map(|(_, name)| name.text()));
        let name = name.unwrap_or_default();
        let message = format!("The {what} `{name}` uses itself");
        let mut error = self.error_saying(codes::USES_ITSELF, span, message, "which is being worked out here");
        if let Some(place) = self.declared_place(declared) {
            error = error.also(place.file, place.span, "declared here");
        }
        let error = error.help("break the circle: one of them must stand by itself");
        self.report(error);
    }

    /// Says that there is no such declaration, with the nearest name.
    pub fn report_unknown_of(&mut self, family: Family, name: &DottedName) {
        let known = self.names_of_family(family);
        let whole = Name { text: name.text(), span: name.span };
        let message = format!("There is no {} `{}`", family.noun(), name.text());
        let help = match family {
            Family::Calendar => {
                "calendars stand in modules: `use` the module that declares it, or write its dotted name"
            }
            _ => "it is declared in this file, in a module in `use`, or written with its module: `de.consumer.NAME`",
        };
        self.report_unknown(codes::UNKNOWN_DECLARED, &whole, message, &known, help);
    }

    /// Two declarations of one name in one family and file: both places.
    pub fn report_twice(&mut self, span: Span, before: super::context::Place, what: &str, name: &str) {
        let message = format!("`{name}` is declared twice: {what}");
        let error: Diagnostic = self
            .error_saying(codes::DECLARED_TWICE, span, message, "declared again here")
            .also(before.file, before.span, "first declared here")
            .help("give one of them another name, or remove it");
        self.report(error);
    }
}

/// A diagnostic of the parser, which does not know the numbers of files.
pub fn in_that_file(mut found: Diagnostic, file: crate::diagnostic::FileId) -> Diagnostic {
    found.labels.iter_mut().for_each(|label| label.file = file);
    found
}

/// Already told to the author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

fn same_name(declared: &DottedName, name: &str) -> bool {
    match declared.single() {
        Some(single) => single.text == name,
        None => declared.text() == name,
    }
}
