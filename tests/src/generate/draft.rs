//! A strategy as a tree of lines, so that a difference can be made smaller by leaving lines out.

/// A line, with what stands in its braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    text: String,
    body: Option<Vec<Node>>,
}

impl Node {
    /// A line without braces.
    pub fn line(text: impl Into<String>) -> Self {
        Self { text: text.into(), body: None }
    }

    /// A line with braces.
    pub fn block(text: impl Into<String>, body: Vec<Node>) -> Self {
        Self { text: text.into(), body: Some(body) }
    }

    fn print(&self, depth: usize, out: &mut String) {
        out.push_str(&"    ".repeat(depth));
        out.push_str(&self.text);
        if let Some(body) = &self.body {
            out.push_str(" {\n");
            body.iter().for_each(|node| node.print(depth + 1, out));
            out.push_str(&"    ".repeat(depth));
            out.push('}');
        }
        out.push('\n');
    }

    /// What stands in it, and in its braces.
    pub(super) fn into_parts(self) -> (String, Option<Vec<Node>>) {
        (self.text, self.body)
    }

    fn count(&self) -> usize {
        1 + self.body.as_deref().map_or(0, count)
    }
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(Node::count).sum()
}

/// A strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft(pub Vec<Node>);

impl Draft {
    /// Its source text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.0.iter().for_each(|node| node.print(0, &mut out));
        out
    }

    /// How many lines it has, without closing braces.
    #[must_use]
    pub fn len(&self) -> usize {
        count(&self.0)
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without the n-th line and what stands in its braces.
    #[must_use]
    pub fn without(&self, n: usize) -> Self {
        Self(without(&self.0, n, &mut 0))
    }
}

fn without(nodes: &[Node], n: usize, seen: &mut usize) -> Vec<Node> {
    let mut kept = Vec::new();
    for node in nodes {
        let here = *seen;
        *seen += 1;
        if here != n {
            let body = node.body.as_deref().map(|body| without(body, n, seen));
            kept.push(Node { text: node.text.clone(), body });
        }
    }
    kept
}

impl Node {
    /// A block with a second one, such as `else`, after it.
    #[must_use]
    pub fn joined(self, word: &str, second: Vec<Node>) -> Self {
        let (mut first, mut other) = (String::new(), String::new());
        self.print(0, &mut first);
        Node::block(word, second).print(0, &mut other);
        Self { text: format!("{} {}", first.trim_end(), other.trim_end()), body: None }
    }
}
