//! The parts that JSON is made of: strings, arrays, objects, and values that may be anything.

use serde_json::{Map, Value};

use super::{
    characters::{CharSet, Spelling},
    grammar::{Builder, NodeId},
    json_number::Bounds,
};

/// Longest string of a schema that says nothing else, in characters.
pub const MAX_STRING: u32 = 512;
/// Longest array of a schema that says nothing else, and most members whose names are free.
pub const MAX_ITEMS: u32 = 64;
/// Longest name that is free, in characters.
const MAX_NAME: u32 = 64;
/// How deep values are that may be anything.
pub(super) const ANY_DEPTH: usize = 4;

/// Makes the nodes of compact JSON.
#[derive(Default)]
pub(super) struct Json {
    pub to: Builder,
    /// Any value, by how deep it may be.
    any: [Option<NodeId>; ANY_DEPTH + 1],
}

impl Json {
    pub fn quoted(&mut self, content: NodeId) -> NodeId {
        let quote = self.to.literal("\"");
        self.to.seq(vec![quote, content, quote])
    }

    /// A character of a string: no control characters but line ends and tabs.
    pub fn string_char(&mut self) -> NodeId {
        let set: CharSet = [
            ('\t', '\n'),
            ('\r', '\r'),
            (' ', '~'),
            ('\u{80}', char::MAX),
        ]
        .into_iter()
        .collect();
        set.node(Spelling::Json, &mut self.to)
    }

    /// An array that begins with `first`, all of which may be left out from the end as far as `min` allows,
    /// and goes on with `item`.
    pub fn array(&mut self, first: &[NodeId], item: Option<NodeId>, min: u32, max: u32) -> NodeId {
        let tuple = first.len() as u32;
        let comma = self.to.literal(",");
        // From the end: what may follow each item.
        let mut rest = match item {
            Some(item) if max > tuple => {
                let least = min.saturating_sub(tuple);
                let next = self.to.seq(vec![comma, item]);
                if tuple > 0 {
                    self.to.repeat(next, least, max - tuple)
                } else {
                    let others = self.to.repeat(next, least.saturating_sub(1), max - 1);
                    let all = self.to.seq(vec![item, others]);
                    self.to.repeat(all, least.min(1), 1)
                }
            }
            _ => self.to.empty(),
        };
        for index in (0..tuple.min(max)).rev() {
            let mut all = if index == 0 { vec![] } else { vec![comma] };
            all.extend([first[index as usize], rest]);
            let all = self.to.seq(all);
            rest = self.to.repeat(all, u32::from(index < min), 1);
        }
        let (open, close) = (self.to.literal("["), self.to.literal("]"));
        self.to.seq(vec![open, rest, close])
    }

    /// An object of these members in this order, some of them required, and free ones behind them.
    pub fn members(&mut self, members: &[(&str, NodeId, bool)], free: Option<NodeId>) -> NodeId {
        // What may follow if no member was written yet, and if one was.
        let (mut first, mut more) = (self.to.empty(), self.to.empty());
        if let Some(free) = free {
            let comma = self.to.literal(",");
            let next = self.to.seq(vec![comma, free]);
            more = self.to.repeat(next, 0, MAX_ITEMS);
            let others = self.to.repeat(next, 0, MAX_ITEMS - 1);
            let all = self.to.seq(vec![free, others]);
            first = self.to.optional(all);
        }
        for (name, value, required) in members.iter().rev() {
            let name = Value::from(*name);
            let start = self.to.literal(format!("{name}:"));
            let next = self.to.literal(format!(",{name}:"));
            let as_first = self.to.seq(vec![start, *value, more]);
            let as_next = self.to.seq(vec![next, *value, more]);
            (first, more) = if *required {
                (as_first, as_next)
            } else {
                (
                    self.to.alt(vec![as_first, first]),
                    self.to.alt(vec![as_next, more]),
                )
            };
        }
        let (open, close) = (self.to.literal("{"), self.to.literal("}"));
        self.to.seq(vec![open, first, close])
    }

    /// A member whose name is none of `names`.
    pub fn free_member(&mut self, mut names: Vec<Vec<char>>, value: NodeId) -> NodeId {
        names.sort_unstable();
        let names: Vec<&[char]> = names.iter().map(Vec::as_slice).collect();
        let name = self.other_name(&names, 0);
        let name = self.quoted(name);
        let colon = self.to.literal(":");
        self.to.seq(vec![name, colon, value])
    }

    /// What completes a name, some of which is written, to none of `names` (what is left of them).
    fn other_name(&mut self, names: &[&[char]], written: u32) -> NodeId {
        let mut ways = Vec::new();
        if written > 0 && !names.iter().any(|name| name.is_empty()) {
            ways.push(self.to.empty());
        }
        if written < MAX_NAME {
            let mut others: CharSet = [('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')]
                .into_iter()
                .collect();
            let is_free = |char: char| char >= ' ' && char != '\u{7f}';
            let mut rest = names;
            while let Some(char) = rest.iter().find_map(|name| name.first()).copied() {
                let start = rest.partition_point(|name| name.first() < Some(&char));
                let end = rest.partition_point(|name| name.first() <= Some(&char));
                let same: Vec<&[char]> = rest[start..end].iter().map(|name| &name[1..]).collect();
                others.insert(char, char);
                if is_free(char) {
                    let only: CharSet = [(char, char)].into_iter().collect();
                    let char = only.node(Spelling::Json, &mut self.to);
                    let after = self.other_name(&same, written + 1);
                    ways.push(self.to.seq(vec![char, after]));
                }
                rest = &rest[end..];
            }
            let other = others.inverted().node(Spelling::Json, &mut self.to);
            let any: CharSet = [(' ', '~'), ('\u{80}', char::MAX)].into_iter().collect();
            let any = any.node(Spelling::Json, &mut self.to);
            let after = self.to.repeat(any, 0, MAX_NAME - written - 1);
            ways.push(self.to.seq(vec![other, after]));
        }
        self.to.alt(ways)
    }

    /// Any value, at most so deep.
    pub fn any(&mut self, depth: usize) -> NodeId {
        if let Some(Some(node)) = self.any.get(depth) {
            return *node;
        }
        let number = Bounds::read(&Map::new()).ok();
        let number = number.and_then(|bounds| bounds.number(&mut self.to));
        let char = self.string_char();
        let string = self.to.repeat(char, 0, MAX_STRING);
        let mut ways = vec![
            self.quoted(string),
            self.to.choice(&[b"null", b"true", b"false"]),
        ];
        ways.extend(number);
        if depth > 0 {
            ways.push(self.any_object(depth));
            let item = self.any(depth - 1);
            ways.push(self.array(&[], Some(item), 0, MAX_ITEMS));
        }
        let node = self.to.alt(ways);
        if let Some(known) = self.any.get_mut(depth) {
            *known = Some(node);
        }
        node
    }

    /// Any object, at most so deep.
    pub fn any_object(&mut self, depth: usize) -> NodeId {
        let value = self.any(depth.saturating_sub(1));
        let member = self.free_member(Vec::new(), value);
        self.members(&[], Some(member))
    }
}
