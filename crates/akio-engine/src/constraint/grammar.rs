//! What texts a constraint allows: a graph of nodes over bytes, into which every kind of it compiles.
//!
//! [`Builder`] makes the nodes, equal ones once, and [`Builder::finish`] checks that there is a text at
//! all. The [automaton](super::automaton) runs them.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::ConstraintError;

/// A map whose order of buckets is the same in every run.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Index of a node.
pub(super) type NodeId = u32;

/// In place of a length: there is no such text.
pub(super) const NEVER: u32 = u32::MAX;
/// In place of the most repetitions: any number.
pub(super) const UNBOUNDED: u32 = u32::MAX;

/// Larger grammars, in nodes and references between them, are refused.
const MAX_SIZE: usize = 400_000;
/// Texts of a choice that begin alike more often are refused.
const MAX_FORKS: usize = 256;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    pub fn insert_range(&mut self, start: u8, end: u8) {
        (start..=end).for_each(|byte| self.insert(byte));
    }

    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    pub fn iter(&self) -> impl Iterator<Item = u8> {
        let set = *self;
        (0..=u8::MAX).filter(move |byte| set.contains(*byte))
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<T: IntoIterator<Item = u8>>(bytes: T) -> Self {
        let mut set = Self::default();
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }
}

/// A part of a grammar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// One byte of a set.
    Set(ByteSet),
    /// These bytes; there is one at least.
    Literal(Box<[u8]>),
    /// One after the other.
    Seq(Box<[NodeId]>),
    /// Any of them.
    Alt(Box<[NodeId]>),
    /// `min` to `max` times.
    Repeat { body: NodeId, min: u32, max: u32 },
    /// What another node says, which may be this one's parent.
    Rule(NodeId),
}

/// A grammar that can be matched.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    pub nodes: Vec<Node>,
    pub root: NodeId,
}

impl Grammar {
    /// The length in bytes of the shortest text of every node, written in `bytes` alone; [`NEVER`] for
    /// nodes that have no text.
    pub fn shortest(&self, bytes: impl Fn(u8) -> bool) -> Vec<u32> {
        let mut shortest = vec![NEVER; self.nodes.len()];
        loop {
            let mut changed = false;
            // Only rules are used before they are defined.
            for (id, node) in self.nodes.iter().enumerate() {
                let of = |id: &NodeId| shortest[*id as usize];
                let len = match node {
                    Node::Set(set) if set.iter().any(&bytes) => 1,
                    Node::Literal(text) if text.iter().all(|byte| bytes(*byte)) => {
                        text.len() as u32
                    }
                    Node::Set(_) | Node::Literal(_) => NEVER,
                    Node::Seq(items) => items
                        .iter()
                        .fold(0, |sum: u32, item| sum.saturating_add(of(item))),
                    Node::Alt(items) => items.iter().map(of).min().unwrap_or(NEVER),
                    Node::Repeat { min: 0, .. } => 0,
                    Node::Repeat { body, min, .. } => of(body).saturating_mul(*min),
                    Node::Rule(target) => of(target),
                };
                changed |= len != shortest[id];
                shortest[id] = len;
            }
            if !changed {
                return shortest;
            }
        }
    }

    /// A rule that can come again before any byte, if there is one: to match it would not end.
    pub fn left_recursive_rule(&self) -> Option<NodeId> {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            Open,
            Done,
        }
        let shortest = self.shortest(|_| true);
        let mut seen = vec![Seen::No; self.nodes.len()];
        // A node, and whether its children were visited; every node is where some way begins.
        let nodes = 0..self.nodes.len() as NodeId;
        let mut visits: Vec<(NodeId, bool)> = nodes.map(|id| (id, false)).collect();
        while let Some((id, done)) = visits.pop() {
            let at = id as usize;
            if done {
                seen[at] = Seen::Done;
                continue;
            }
            match seen[at] {
                Seen::Done => continue,
                Seen::Open => {
                    let mut open = visits.iter().rev().filter(|(_, open)| *open);
                    let is_rule = |id: NodeId| matches!(self.nodes[id as usize], Node::Rule(_));
                    let on_the_way = open.find(|(open, _)| is_rule(*open) || *open == id);
                    return on_the_way.map(|(id, _)| *id);
                }
                Seen::No => seen[at] = Seen::Open,
            }
            visits.push((id, true));
            let mut visit = |child: NodeId| {
                if shortest[child as usize] != NEVER && seen[child as usize] != Seen::Done {
                    visits.push((child, false));
                }
            };
            match &self.nodes[at] {
                Node::Set(_) | Node::Literal(_) => {}
                Node::Seq(items) => {
                    for item in items {
                        visit(*item);
                        if shortest[*item as usize] > 0 {
                            break;
                        }
                    }
                }
                Node::Alt(items) => items.iter().copied().for_each(visit),
                Node::Repeat { body, .. } | Node::Rule(body) => visit(*body),
            }
        }
        None
    }
}

/// Makes the nodes of a grammar. Beyond the largest size nothing is added, and
/// [`finish`](Builder::finish) says so.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    ids: Map<Node, NodeId>,
    size: usize,
    too_large: bool,
}

impl Builder {
    fn add(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let id = self.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.size += 1 + match &node {
            Node::Seq(items) | Node::Alt(items) => items.len(),
            Node::Literal(text) => text.len() / 4,
            _ => 0,
        };
        if self.size > MAX_SIZE {
            self.too_large = true;
            return 0;
        }
        self.nodes.push(node);
        self.nodes.len() as NodeId - 1
    }

    /// Whether nothing is added any more.
    pub fn is_full(&self) -> bool {
        self.too_large
    }

    /// No text.
    pub fn never(&mut self) -> NodeId {
        self.alt(Vec::new())
    }

    /// The empty text.
    pub fn empty(&mut self) -> NodeId {
        self.add(Node::Seq(Box::default()))
    }

    pub fn set(&mut self, set: ByteSet) -> NodeId {
        self.add(Node::Set(set))
    }

    pub fn literal(&mut self, text: impl AsRef<[u8]>) -> NodeId {
        match text.as_ref() {
            [] => self.empty(),
            text => self.add(Node::Literal(text.into())),
        }
    }

    pub fn seq(&mut self, items: Vec<NodeId>) -> NodeId {
        match *items {
            [item] => item,
            _ => self.add(Node::Seq(items.into())),
        }
    }

    pub fn alt(&mut self, mut items: Vec<NodeId>) -> NodeId {
        items.sort_unstable();
        items.dedup();
        match *items {
            [item] => item,
            _ => self.add(Node::Alt(items.into())),
        }
    }

    /// `min` to `max` times.
    pub fn repeat(&mut self, body: NodeId, min: u32, max: u32) -> NodeId {
        match (min, max) {
            (1, 1) => body,
            (_, 0) => self.empty(),
            _ => self.add(Node::Repeat { body, min, max }),
        }
    }

    pub fn optional(&mut self, body: NodeId) -> NodeId {
        self.repeat(body, 0, 1)
    }

    /// Any of these texts, as a tree of what they have in common.
    pub fn choice(&mut self, texts: &[&[u8]]) -> NodeId {
        let mut texts = texts.to_vec();
        texts.sort_unstable();
        texts.dedup();
        self.tree(&texts, MAX_FORKS)
    }

    /// The same for sorted texts without duplicates.
    fn tree(&mut self, texts: &[&[u8]], forks: usize) -> NodeId {
        let (Some(first), Some(last)) = (texts.first(), texts.last()) else {
            return self.never();
        };
        if forks == 0 {
            self.too_large = true;
            return 0;
        }
        let common = first.iter().zip(*last).take_while(|(a, b)| a == b).count();
        let (start, first) = first.split_at(common);
        let start = self.literal(start);
        if texts.len() == 1 {
            return start;
        }
        let mut rest: BTreeMap<u8, Vec<&[u8]>> = BTreeMap::new();
        for text in texts {
            let text = text.get(common..).unwrap_or_default();
            if let Some(byte) = text.first() {
                rest.entry(*byte).or_default().push(text);
            }
        }
        let mut ways: Vec<NodeId> = rest
            .values()
            .map(|texts| self.tree(texts, forks - 1))
            .collect();
        if first.is_empty() {
            ways.push(self.empty());
        }
        let rest = self.alt(ways);
        self.seq(vec![start, rest])
    }

    /// A node that [`define`](Builder::define) says the content of.
    pub fn rule(&mut self) -> NodeId {
        self.push(Node::Rule(0))
    }

    pub fn define(&mut self, rule: NodeId, body: NodeId) {
        if let Some(node) = self.nodes.get_mut(rule as usize)
            && !self.too_large
        {
            *node = Node::Rule(body);
        }
    }

    /// The grammar whose texts are those of `root`.
    ///
    /// # Errors
    /// [`ConstraintError::TooLarge`], [`ConstraintError::NothingFits`].
    pub fn finish(self, root: NodeId) -> Result<Grammar, ConstraintError> {
        if self.too_large {
            return Err(ConstraintError::TooLarge);
        }
        let nodes = self.nodes;
        let grammar = Grammar { nodes, root };
        match grammar.shortest(|_| true).get(root as usize) {
            None | Some(&NEVER) => Err(ConstraintError::NothingFits),
            Some(_) => Ok(grammar),
        }
    }
}
