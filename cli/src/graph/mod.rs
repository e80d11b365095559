//! The state chart of a strategy, ready to be drawn: boxes with what is done in them, and the moves between them.

pub mod dot;
pub mod mermaid;
pub mod svg;

use std::collections::BTreeMap;

use dunlin::Strategy;
use dunlin::machine::ir::{Block, Does, Leaving, Machine, On, ScopeId, Span, Target, Trigger};
use dunlin::machine::text::Words;

/// A box.
#[derive(Debug)]
pub struct Node {
    /// Its name, unique in the chart.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// What stands in it, in the order of the source.
    pub lines: Vec<Line>,
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stage; the first is where cases open.
    Stage,
    /// An outcome.
    Outcome,
    /// The common triggers of a group.
    Group,
    /// `whenever` rules and watches: from any stage.
    Anywhere,
}

/// A line in a box: what sets it off and does, and where it leads.
#[derive(Debug)]
pub struct Line {
    /// In the words of the language.
    pub words: String,
    /// Stages that it may move the case to, as positions in [`Chart::nodes`].
    pub to: Vec<usize>,
    /// Whether it is done on entry.
    pub entry: bool,
}

/// A group of boxes.
#[derive(Debug)]
pub struct Cluster {
    /// Its title.
    pub title: String,
    /// The boxes in it.
    pub nodes: Vec<usize>,
}

/// A state chart.
#[derive(Debug)]
pub struct Chart {
    /// The strategy's title and version.
    pub title: String,
    /// The boxes: first what holds anywhere, then stages in the order of the source, then outcomes.
    pub nodes: Vec<Node>,
    /// The groups.
    pub clusters: Vec<Cluster>,
}

impl Chart {
    /// The chart of a strategy.
    pub fn of(strategy: &Strategy) -> Self {
        let drawer = Drawer { strategy, machine: strategy.machine(), words: Words::new(strategy.machine()) };
        drawer.chart()
    }
}

struct Drawer<'s> {
    strategy: &'s Strategy,
    machine: &'s Machine,
    words: Words<'s>,
}

impl Drawer<'_> {
    fn chart(&self) -> Chart {
        let order = self.order();
        let mut nodes: Vec<Node> = Vec::new();
        let anywhere = self.anywhere();
        let shift = usize::from(!anywhere.lines.is_empty());
        if shift > 0 {
            nodes.push(anywhere);
        }
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut places = vec![0; self.machine.stages.len()];
        let mut drawn: BTreeMap<ScopeId, usize> = BTreeMap::new();
        for stage in order {
            let Some(found) = self.machine.stages.get(stage) else { continue };
            if let Some(scope) = found.scope {
                for around in self.chain(scope).into_iter().rev() {
                    drawn.entry(around).or_insert_with(|| {
                        clusters.push(self.cluster(around, &mut nodes));
                        clusters.len() - 1
                    });
                }
                if let Some(cluster) = drawn.get(&scope).and_then(|at| clusters.get_mut(*at)) {
                    cluster.nodes.push(nodes.len());
                }
            }
            if let Some(place) = places.get_mut(stage) {
                *place = nodes.len();
            }
            nodes.push(self.stage(found));
        }
        for line in nodes.iter_mut().flat_map(|node| &mut node.lines) {
            line.to = line.to.iter().filter_map(|stage| places.get(*stage).copied()).collect();
        }
        clusters.retain(|cluster| !cluster.nodes.is_empty());
        let title = format!("{}, version {}", self.strategy.title(), self.strategy.version());
        Chart { title, nodes, clusters }
    }

    /// Stages in the order of the source, outcomes last.
    fn order(&self) -> Vec<usize> {
        let outcome = |at: &usize| self.machine.stages.get(*at).is_some_and(|stage| stage.outcome);
        let (outcomes, stages): (Vec<usize>, Vec<usize>) = (0..self.machine.stages.len()).partition(outcome);
        stages.into_iter().chain(outcomes).collect()
    }

    /// The cluster of a group or procedure, titled with all that it stands in; what is common to its stages is a box.
    fn cluster(&self, id: ScopeId, nodes: &mut Vec<Node>) -> Cluster {
        let titles: Vec<&str> = self.chain(id).into_iter().rev().map(|id| self.title(id)).collect();
        let mut cluster = Cluster { title: titles.join(": "), nodes: Vec::new() };
        if let Some(scope) = self.machine.scopes.get(id.index()) {
            let mut lines = self.triggers(scope.triggers);
            lines.extend(self.leaving(&scope.leaving));
            if !lines.is_empty() {
                cluster.nodes.push(nodes.len());
                let title = "in each of these stages".to_owned();
                let name = format!("group {}", self.words.text(scope.name));
                nodes.push(Node { name, title, kind: Kind::Group, lines });
            }
        }
        cluster
    }

    /// A scope with all around it, the innermost first.
    fn chain(&self, innermost: ScopeId) -> Vec<ScopeId> {
        let around = |id: &ScopeId| self.machine.scopes.get(id.index()).and_then(|scope| scope.parent);
        std::iter::successors(Some(innermost), around).collect()
    }

    fn title(&self, id: ScopeId) -> &str {
        let Some(scope) = self.machine.scopes.get(id.index()) else { return "" };
        let (name, title) = (self.words.text(scope.name), self.words.text(scope.title));
        if title.is_empty() { name } else { title }
    }

    fn leaving(&self, leaving: &[Leaving]) -> Vec<Line> {
        leaving.iter().map(|leaving| self.line("leaving".to_owned(), leaving.body)).collect()
    }

    fn stage(&self, stage: &dunlin::machine::ir::Stage) -> Node {
        let (name, title) = (self.words.text(stage.name), self.words.text(stage.title));
        let mut lines = self.entry(stage.entry);
        lines.extend(self.triggers(stage.triggers));
        lines.extend(self.leaving(&stage.leaving));
        let kind = if stage.outcome { Kind::Outcome } else { Kind::Stage };
        Node { name: name.to_owned(), title: title.to_owned(), kind, lines }
    }

    /// `whenever` rules with what waits in them, and watches.
    fn anywhere(&self) -> Node {
        let mut lines = Vec::new();
        for whenever in &self.machine.whenevers {
            let head = format!("whenever {}{}", self.words.event(&whenever.event), self.when(whenever.when));
            lines.push(self.line(head, whenever.body));
            lines.extend(
                self.triggers(whenever.triggers)
                    .into_iter()
                    .map(|line| Line { words: format!("   {}", line.words), ..line }),
            );
        }
        for watch in &self.machine.watches {
            let name = self.words.text(watch.name);
            let triggers = self.triggers(watch.triggers).into_iter();
            lines.extend(triggers.map(|line| Line { words: format!("watch {name}: {}", line.words), ..line }));
        }
        Node { name: "anywhere".into(), title: "in any stage".into(), kind: Kind::Anywhere, lines }
    }

    fn when(&self, when: Option<dunlin::machine::ir::ExprId>) -> String {
        when.map_or_else(String::new, |when| format!(" when {}", self.words.expression(when)))
    }

    fn entry(&self, block: Block) -> Vec<Line> {
        let actions = self.machine.actions.get(block.range()).unwrap_or_default();
        let line = |action: &dunlin::machine::ir::Action| {
            let mut found = Found::default();
            self.look(std::slice::from_ref(action), &mut found);
            Line { words: found.words(), to: found.to, entry: true }
        };
        actions.iter().map(line).collect()
    }

    fn triggers(&self, span: Span) -> Vec<Line> {
        let triggers = self.machine.triggers.get(span.range()).unwrap_or_default();
        triggers.iter().map(|trigger| self.line(self.head(trigger), trigger.body)).collect()
    }

    fn head(&self, trigger: &Trigger) -> String {
        match &trigger.on {
            // How long an answer usually takes is for the timeline, not for the chart.
            On::Event { event, .. } => format!("on {}{}", self.words.event(event), self.when(trigger.when)),
            _ => self.words.trigger(trigger),
        }
    }

    fn line(&self, head: String, body: Block) -> Line {
        let mut found = Found::default();
        self.look(self.machine.actions.get(body.range()).unwrap_or_default(), &mut found);
        let does = found.words();
        let words = match does.as_str() {
            "" => head,
            _ if does.starts_with("->") => format!("{head} {does}"),
            _ => format!("{head}: {does}"),
        };
        Line { words, to: found.to, entry: false }
    }

    fn look(&self, actions: &[dunlin::machine::ir::Action], found: &mut Found) {
        for action in actions {
            match &action.does {
                Does::Move(Target::Stage(stage)) => found.moves_to(stage.index(), self.words.stage(*stage)),
                Does::Move(Target::LastStage) => found.did.push("-> last_stage".into()),
                Does::Move(Target::Itself) => found.did.push("-> self".into()),
                Does::If { condition, .. } => {
                    found.did.push(format!("if {} …", self.words.expression(*condition)));
                    self.inside(&action.does, found);
                }
                Does::Approval(approval) => {
                    let mut asked = Found::default();
                    self.look(self.machine.actions.get(approval.body.range()).unwrap_or_default(), &mut asked);
                    found.did.push(format!("{} with approval by {}", asked.words(), self.words.text(approval.role)));
                    self.inside(&action.does, found);
                }
                other => {
                    found.did.push(short(&self.words.action(other)));
                    self.inside(other, found);
                }
            }
        }
    }

    /// Where the blocks inside an action lead.
    fn inside(&self, does: &Does, found: &mut Found) {
        for block in does.blocks() {
            let mut inner = Found::default();
            self.look(self.machine.actions.get(block.range()).unwrap_or_default(), &mut inner);
            let more: Vec<usize> = inner.to.into_iter().filter(|to| !found.to.contains(to)).collect();
            found.to.extend(more);
        }
    }
}

#[derive(Default)]
struct Found {
    did: Vec<String>,
    to: Vec<usize>,
}

impl Found {
    fn moves_to(&mut self, stage: usize, name: &str) {
        if !self.to.contains(&stage) {
            self.to.push(stage);
        }
        self.did.push(format!("-> {name}"));
    }

    fn words(&self) -> String {
        self.did.join(", ")
    }
}

/// An action without its clauses: a chart shows what, the source shows how.
fn short(action: &str) -> String {
    let end =
        [" tone ", " payable ", " with ", " results ", " up to "].iter().filter_map(|clause| action.find(clause)).min();
    action[..end.unwrap_or(action.len())].to_owned()
}
