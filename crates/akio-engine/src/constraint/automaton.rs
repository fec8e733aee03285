//! Runs a grammar over bytes: a pushdown automaton that is in all of its possible states at once.
//!
//! What is left to match is a stack of [`Frame`]s, innermost first. Equal stacks are one, so a stack is a
//! number, and a [`State`] a sorted list of them. States are remembered with the ways between them, so
//! that walking over a whole vocabulary is mostly looking up numbers. Every stack knows the length of the
//! shortest text that completes it; stacks that nothing completes are never made.

use std::rc::Rc;

use super::{
    ConstraintError,
    grammar::{Grammar, Map, NEVER, Node, NodeId, UNBOUNDED},
};

/// Index of a stack.
type StackId = u32;
/// Index of a state.
pub(super) type StateId = u32;

/// The stack on which nothing is left: the text is complete.
const DONE: StackId = u32::MAX;
/// A way that nobody went yet.
const UNKNOWN: StateId = u32::MAX;
/// There is no way.
pub(super) const DEAD: StateId = u32::MAX - 1;

/// With more states than these, those that are not in use are forgotten before the next walk.
const MANY_STATES: usize = 16_384;
/// A grammar that needs more at once is refused.
const MAX_STATES: usize = 131_072;
/// Most steps of work between two [`rest`](Automaton::rest)s.
const MAX_WORK: usize = 8_000_000;

/// What is left of a node, in front of what is left behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Frame {
    node: NodeId,
    /// Bytes of a literal, items of a sequence or repetitions that were matched.
    at: u32,
    below: StackId,
}

struct State {
    stacks: Box<[StackId]>,
    /// Bytes of the shortest text that completes one of them.
    shortest: u32,
}

/// Something to do when a state is made.
enum Task {
    /// Match a node, then the stack.
    Enter(NodeId, StackId),
    /// Go on with a stack.
    Resume(StackId),
}

pub(super) struct Automaton {
    grammar: Rc<Grammar>,
    /// Of every node, in bytes that the vocabulary has.
    shortest: Vec<u32>,
    /// Bytes that no node tells apart are of one class.
    classes: [u8; 256],
    /// A byte of each class.
    examples: Vec<u8>,
    frames: Vec<Frame>,
    /// Of every stack: bytes of the shortest text that completes it.
    lengths: Vec<u32>,
    stack_ids: Map<Frame, StackId>,
    states: Vec<State>,
    state_ids: Map<Box<[StackId]>, StateId>,
    /// Of every state: where each class leads.
    ways: Vec<StateId>,
    work: usize,
}

impl Automaton {
    /// The automaton of a grammar, and its first state. `has_byte` says which bytes can be written by
    /// themselves.
    ///
    /// # Errors
    /// [`ConstraintError::NothingFits`], [`ConstraintError::TooComplex`].
    pub fn new(
        grammar: Rc<Grammar>,
        has_byte: impl Fn(u8) -> bool,
    ) -> Result<(Self, StateId), ConstraintError> {
        let shortest = grammar.shortest(has_byte);
        if shortest[grammar.root as usize] == NEVER {
            return Err(ConstraintError::NothingFits);
        }
        let (classes, examples) = classes(&grammar.nodes);
        let mut automaton = Self {
            shortest,
            classes,
            examples,
            frames: Vec::new(),
            lengths: Vec::new(),
            stack_ids: Map::default(),
            states: Vec::new(),
            state_ids: Map::default(),
            ways: Vec::new(),
            work: 0,
            grammar,
        };
        let root = automaton.grammar.root;
        let start = automaton.make(vec![Task::Enter(root, DONE)])?;
        Ok((automaton, start))
    }

    /// Where a byte leads, or [`DEAD`].
    ///
    /// # Errors
    /// [`ConstraintError::TooComplex`].
    pub fn step(&mut self, state: StateId, byte: u8) -> Result<StateId, ConstraintError> {
        let class = usize::from(self.classes[usize::from(byte)]);
        let way = state as usize * self.examples.len() + class;
        if self.ways[way] == UNKNOWN {
            self.ways[way] = self.find(state, self.examples[class])?;
        }
        Ok(self.ways[way])
    }

    /// Bytes of the shortest text that completes a state.
    pub fn shortest(&self, state: StateId) -> usize {
        self.states[state as usize].shortest as usize
    }

    /// Whether the text so far is complete.
    pub fn is_complete(&self, state: StateId) -> bool {
        self.shortest(state) == 0
    }

    /// Whether nothing can follow.
    pub fn is_final(&self, state: StateId) -> bool {
        *self.states[state as usize].stacks == [DONE]
    }

    /// The byte that has to come next, if there is only one and the text cannot end here.
    pub fn forced(&self, state: StateId) -> Option<u8> {
        let mut forced = None;
        for stack in &self.states[state as usize].stacks {
            let Frame { node, at, .. } = self.frames.get(*stack as usize)?;
            let byte = match &self.grammar.nodes[*node as usize] {
                Node::Literal(text) => text.get(*at as usize).copied()?,
                Node::Set(set) => {
                    let mut bytes = set.iter();
                    bytes.next().filter(|_| bytes.next().is_none())?
                }
                _ => return None,
            };
            if forced.replace(byte).is_some_and(|other| other != byte) {
                return None;
            }
        }
        forced
    }

    /// Between two walks: forgets what is not in use where that has become much. The state may have
    /// another number afterwards.
    pub fn rest(&mut self, state: StateId) -> Result<StateId, ConstraintError> {
        self.work = 0;
        if self.states.len() < MANY_STATES {
            return Ok(state);
        }
        let stacks = std::mem::take(&mut self.states[state as usize].stacks);
        let frames = std::mem::take(&mut self.frames);
        self.lengths.clear();
        self.stack_ids.clear();
        self.states.clear();
        self.state_ids.clear();
        self.ways.clear();
        let mut kept = Vec::new();
        let mut new_ids: Map<StackId, StackId> = Map::default();
        for stack in stacks {
            let mut path = Vec::new();
            let mut at = stack;
            while at != DONE && !new_ids.contains_key(&at) {
                path.push(at);
                at = frames[at as usize].below;
            }
            let mut below = new_ids.get(&at).copied().unwrap_or(DONE);
            for old in path.into_iter().rev() {
                below = self.push(Frame {
                    below,
                    ..frames[old as usize]
                });
                new_ids.insert(old, below);
            }
            kept.push(below);
        }
        self.intern(kept)
    }

    fn find(&mut self, state: StateId, byte: u8) -> Result<StateId, ConstraintError> {
        let grammar = self.grammar.clone();
        let stacks = self.states[state as usize].stacks.clone();
        let mut tasks = Vec::new();
        for stack in stacks {
            let Some(Frame { node, at, below }) = self.frames.get(stack as usize).copied() else {
                continue;
            };
            self.work += 1;
            match &grammar.nodes[node as usize] {
                Node::Set(set) if set.contains(byte) => tasks.push(Task::Resume(below)),
                Node::Literal(text) if text.get(at as usize) == Some(&byte) => {
                    tasks.push(if at as usize + 1 < text.len() {
                        let at = at + 1;
                        Task::Resume(self.push(Frame { node, at, below }))
                    } else {
                        Task::Resume(below)
                    });
                }
                _ => {}
            }
        }
        if tasks.is_empty() {
            return Ok(DEAD);
        }
        self.make(tasks)
    }

    /// The state after some tasks: every stack whose innermost frame wants a byte.
    fn make(&mut self, mut tasks: Vec<Task>) -> Result<StateId, ConstraintError> {
        let grammar = self.grammar.clone();
        let mut stacks = Vec::new();
        // A repetition whose body can be empty, where it lies, and how often it was matched at least:
        // once more allows nothing more.
        let mut begun: Map<(NodeId, StackId), u32> = Map::default();
        while let Some(task) = tasks.pop() {
            self.work += 1;
            if self.work > MAX_WORK {
                return Err(ConstraintError::TooComplex);
            }
            let (node, at, below) = match task {
                Task::Enter(node, below) => (node, 0, below),
                Task::Resume(DONE) => {
                    stacks.push(DONE);
                    continue;
                }
                Task::Resume(stack) => {
                    let Frame { node, at, below } = self.frames[stack as usize];
                    (node, at, below)
                }
            };
            if self.left(node, at) == NEVER {
                continue;
            }
            match &grammar.nodes[node as usize] {
                Node::Set(_) | Node::Literal(_) => {
                    stacks.push(self.push(Frame { node, at, below }))
                }
                Node::Alt(items) => {
                    tasks.extend(items.iter().rev().map(|item| Task::Enter(*item, below)));
                }
                Node::Rule(target) => tasks.push(Task::Enter(*target, below)),
                Node::Seq(items) => match items.get(at as usize..) {
                    None | Some([]) => tasks.push(Task::Resume(below)),
                    Some([last]) => tasks.push(Task::Enter(*last, below)),
                    Some([first, ..]) => {
                        let at = at + 1;
                        let below = self.push(Frame { node, at, below });
                        tasks.push(Task::Enter(*first, below));
                    }
                },
                Node::Repeat { body, min, max } => {
                    let can_be_empty = self.shortest[*body as usize] == 0;
                    if can_be_empty {
                        let least = begun.entry((node, below)).or_insert(NEVER);
                        if *least <= at {
                            continue;
                        }
                        *least = at;
                    }
                    if at >= *min || can_be_empty {
                        tasks.push(Task::Resume(below));
                    }
                    let next = if *max == UNBOUNDED {
                        (at + 1).min(*min)
                    } else {
                        at + 1
                    };
                    if next < *max {
                        let below = self.push(Frame {
                            node,
                            at: next,
                            below,
                        });
                        tasks.push(Task::Enter(*body, below));
                    } else if at < *max {
                        tasks.push(Task::Enter(*body, below));
                    }
                }
            }
        }
        if stacks.is_empty() {
            return Ok(DEAD);
        }
        stacks.sort_unstable();
        stacks.dedup();
        self.intern(stacks)
    }

    fn intern(&mut self, stacks: Vec<StackId>) -> Result<StateId, ConstraintError> {
        let stacks = stacks.into_boxed_slice();
        if let Some(id) = self.state_ids.get(&stacks) {
            return Ok(*id);
        }
        if self.states.len() >= MAX_STATES {
            return Err(ConstraintError::TooComplex);
        }
        let lengths = stacks.iter().map(|stack| self.length(*stack));
        let shortest = lengths.min().unwrap_or(NEVER);
        let id = self.states.len() as StateId;
        self.states.push(State {
            stacks: stacks.clone(),
            shortest,
        });
        self.state_ids.insert(stacks, id);
        self.ways
            .resize(self.states.len() * self.examples.len(), UNKNOWN);
        Ok(id)
    }

    fn push(&mut self, frame: Frame) -> StackId {
        if let Some(id) = self.stack_ids.get(&frame) {
            return *id;
        }
        let length = self
            .left(frame.node, frame.at)
            .saturating_add(self.length(frame.below));
        let id = self.frames.len() as StackId;
        self.frames.push(frame);
        self.lengths.push(length);
        self.stack_ids.insert(frame, id);
        id
    }

    fn length(&self, stack: StackId) -> u32 {
        self.lengths.get(stack as usize).copied().unwrap_or(0)
    }

    /// Bytes of the shortest text that completes a node of which some is matched.
    fn left(&self, node: NodeId, at: u32) -> u32 {
        let shortest = |id: &NodeId| self.shortest[*id as usize];
        match &self.grammar.nodes[node as usize] {
            Node::Seq(items) => items
                .get(at as usize..)
                .unwrap_or_default()
                .iter()
                .fold(0, |sum: u32, item| sum.saturating_add(shortest(item))),
            Node::Repeat { body, min, .. } => shortest(body).saturating_mul(min.saturating_sub(at)),
            Node::Literal(text) if self.shortest[node as usize] != NEVER => text.len() as u32 - at,
            _ => self.shortest[node as usize],
        }
    }
}

/// For every byte its class, and for every class a byte.
fn classes(nodes: &[Node]) -> ([u8; 256], Vec<u8>) {
    let mut classes = [0; 256];
    let mut examples = vec![0];
    let mut split = |contains: &dyn Fn(u8) -> bool| {
        // The class that the bytes of the set leave their old one for.
        let mut new: Map<u8, u8> = Map::default();
        let mut stays = [false; 256];
        for byte in (0..=u8::MAX).filter(|byte| !contains(*byte)) {
            stays[usize::from(classes[usize::from(byte)])] = true;
        }
        for byte in (0..=u8::MAX).filter(|byte| contains(*byte)) {
            let old = classes[usize::from(byte)];
            if !stays[usize::from(old)] {
                continue;
            }
            let class = *new.entry(old).or_insert_with(|| {
                examples.push(byte);
                (examples.len() - 1) as u8
            });
            classes[usize::from(byte)] = class;
        }
    };
    let mut literal = [false; 256];
    for node in nodes {
        match node {
            Node::Set(set) => split(&|byte| set.contains(byte)),
            Node::Literal(text) => text
                .iter()
                .for_each(|byte| literal[usize::from(*byte)] = true),
            _ => {}
        }
    }
    for byte in (0..=u8::MAX).filter(|byte| literal[usize::from(*byte)]) {
        split(&|other| other == byte);
    }
    let mut examples = vec![0; examples.len()];
    for byte in (0..=u8::MAX).rev() {
        examples[usize::from(classes[usize::from(byte)])] = byte;
    }
    (classes, examples)
}
