//! Grammars in GBNF, llama.cpp's notation: rules `name ::= ...` of literals, classes, groups and
//! repetitions; the text is that of the rule `root`.

use std::collections::BTreeMap;

use super::{
    ConstraintError,
    characters::CharSet,
    characters::Spelling,
    grammar::{Builder, Grammar, NodeId, UNBOUNDED},
};

/// Longer grammars, in bytes, are refused.
const MAX_LENGTH: usize = 64 * 1024;
/// Deeper nesting of groups is refused.
const MAX_DEPTH: usize = 48;

/// Reads a grammar.
///
/// # Errors
/// [`ConstraintError::Grammar`], and as [`Builder::finish`].
pub(super) fn compile(text: &str) -> Result<Grammar, ConstraintError> {
    let mut reader = Reader {
        text,
        at: 0,
        to: Builder::default(),
        rules: BTreeMap::new(),
    };
    if text.len() > MAX_LENGTH {
        return Err(reader.refuse(0, "the grammar is longer than 64 KiB"));
    }
    reader.skip(true);
    while !reader.rest().is_empty() {
        reader.rule()?;
    }
    let undefined = reader.rules.iter().find(|(_, rule)| !rule.defined);
    if let Some((name, rule)) = undefined {
        return Err(reader.refuse(rule.at, &format!("there is no rule {name}")));
    }
    let Some(root) = reader.rules.get("root").map(|rule| rule.node) else {
        return Err(reader.refuse(0, "there is no rule root"));
    };
    let grammar = std::mem::take(&mut reader.to).finish(root)?;
    if let Some(node) = grammar.left_recursive_rule() {
        let named = reader.rules.iter().find(|(_, rule)| rule.node == node);
        let (name, at) = named.map_or(("root", 0), |(name, rule)| (name, rule.at));
        let why = format!("the rule {name} can begin with itself; put something before it");
        return Err(reader.refuse(at, &why));
    }
    Ok(grammar)
}

struct Rule {
    node: NodeId,
    /// Where it is defined, else where it is first used.
    at: usize,
    defined: bool,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    to: Builder,
    rules: BTreeMap<&'t str, Rule>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn refuse(&self, at: usize, message: &str) -> ConstraintError {
        let before = self.text.get(..at).unwrap_or(self.text);
        ConstraintError::Grammar {
            line: before.matches('\n').count() + 1,
            message: message.into(),
        }
    }

    /// Skips blanks and comments, and ends of lines where the rule may go on.
    fn skip(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let blank = |c: char| c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'));
            let after = rest.trim_start_matches(blank);
            let after = if after.starts_with('#') {
                after.trim_start_matches(|c| c != '\n')
            } else {
                after
            };
            if after.len() == rest.len() {
                return;
            }
            self.at = self.text.len() - after.len();
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        let name = rest.get(..end.unwrap_or(rest.len()))?;
        self.at += name.len();
        Some(name).filter(|name| !name.is_empty())
    }

    /// The node of a rule, which may be defined later.
    fn refer(&mut self, name: &'t str, at: usize) -> &mut Rule {
        let to = &mut self.to;
        self.rules.entry(name).or_insert_with(|| Rule {
            node: to.rule(),
            at,
            defined: false,
        })
    }

    fn rule(&mut self) -> Result<(), ConstraintError> {
        let start = self.at;
        let Some(name) = self.name() else {
            return Err(self.refuse(start, "a rule must begin with its name"));
        };
        self.skip(false);
        if !self.take("::=") {
            return Err(self.refuse(start, &format!("'::=' must follow the name {name}")));
        }
        self.skip(true);
        let body = self.alternatives(0)?;
        if !self.rest().is_empty() && !self.take("\r\n") && !self.take("\n") {
            let next = self.rest().chars().next().unwrap_or_default();
            return Err(self.refuse(self.at, &format!("{next:?} is not expected here")));
        }
        self.skip(true);
        let rule = self.refer(name, start);
        let (node, twice) = (rule.node, rule.defined);
        rule.defined = true;
        rule.at = start;
        if twice {
            return Err(self.refuse(start, &format!("the rule {name} is there twice")));
        }
        self.to.define(node, body);
        Ok(())
    }

    fn alternatives(&mut self, depth: usize) -> Result<NodeId, ConstraintError> {
        if depth > MAX_DEPTH {
            return Err(self.refuse(self.at, "groups are nested too deeply"));
        }
        let mut ways = vec![self.sequence(depth)?];
        loop {
            // An alternative may stand in the next line.
            let here = self.at;
            self.skip(true);
            if !self.take("|") {
                self.at = if depth > 0 { self.at } else { here };
                return Ok(self.to.alt(ways));
            }
            self.skip(true);
            ways.push(self.sequence(depth)?);
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<NodeId, ConstraintError> {
        let mut items = Vec::new();
        loop {
            self.skip(depth > 0);
            let start = self.at;
            let item = match self.rest().chars().next() {
                Some('"') => self.literal()?,
                Some('[') => self.class()?,
                Some('.') => {
                    self.at += 1;
                    CharSet::all().node(Spelling::Plain, &mut self.to)
                }
                Some('(') => {
                    self.at += 1;
                    self.skip(true);
                    let group = self.alternatives(depth + 1)?;
                    if !self.take(")") {
                        return Err(self.refuse(start, "the group is not closed"));
                    }
                    group
                }
                Some('<' | '!') => {
                    return Err(self.refuse(start, "tokens cannot be named; write their text"));
                }
                Some(c) if c.is_ascii_alphanumeric() || c == '-' || c == '_' => {
                    let Some(name) = self.name() else {
                        return Err(self.refuse(start, "a name is missing"));
                    };
                    self.refer(name, start).node
                }
                _ => return Ok(self.to.seq(items)),
            };
            items.push(self.repeated(item)?);
        }
    }

    /// An item with the repetition behind it, if there is one.
    fn repeated(&mut self, item: NodeId) -> Result<NodeId, ConstraintError> {
        self.skip(false);
        let start = self.at;
        let (min, max) = match self.rest().chars().next() {
            Some('*') => (0, UNBOUNDED),
            Some('+') => (1, UNBOUNDED),
            Some('?') => (0, 1),
            Some('{') => {
                let end = self.rest().find('}');
                let Some(inside) = end.and_then(|end| self.rest().get(1..end)) else {
                    return Err(self.refuse(start, "'{' is not closed"));
                };
                let number = |text: &str| text.trim().parse::<u32>().ok();
                let range = match inside.split_once(',') {
                    None => number(inside).map(|n| (n, n)),
                    Some((min, max)) if max.trim().is_empty() => {
                        number(min).map(|min| (min, UNBOUNDED))
                    }
                    Some((min, max)) if min.trim().is_empty() => number(max).map(|max| (0, max)),
                    Some((min, max)) => number(min).zip(number(max)),
                };
                self.at += inside.len() + 1;
                range.filter(|(min, max)| min <= max).ok_or_else(|| {
                    self.refuse(start, "a repetition is {n}, {min,}, {,max} or {min,max}")
                })?
            }
            _ => return Ok(item),
        };
        self.at += 1;
        Ok(self.to.repeat(item, min, max))
    }

    fn literal(&mut self) -> Result<NodeId, ConstraintError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.char(start)? {
                Some('"') => return Ok(self.to.literal(text)),
                Some(char) => text.push(char),
                None => text.push(self.escape(start)?),
            }
        }
    }

    fn class(&mut self) -> Result<NodeId, ConstraintError> {
        let start = self.at;
        self.at += 1;
        let inverted = self.take("^");
        let mut set = CharSet::default();
        while !self.take("]") {
            let first = self.class_char(start)?;
            let mut last = first;
            if self.rest().starts_with('-') && !self.rest().starts_with("-]") {
                self.at += 1;
                last = self.class_char(start)?;
            }
            if last < first {
                return Err(
                    self.refuse(start, &format!("the range {first:?} to {last:?} is empty"))
                );
            }
            set.insert(first, last);
        }
        let set = if inverted { set.inverted() } else { set };
        Ok(set.node(Spelling::Plain, &mut self.to))
    }

    fn class_char(&mut self, start: usize) -> Result<char, ConstraintError> {
        match self.char(start)? {
            Some(char) => Ok(char),
            None => self.escape(start),
        }
    }

    /// The next character of a literal or class, or `None` if an escape has begun.
    fn char(&mut self, start: usize) -> Result<Option<char>, ConstraintError> {
        match self.rest().chars().next() {
            None | Some('\n') => Err(self.refuse(start, "what begins here is not closed")),
            Some(char) => {
                self.at += char.len_utf8();
                Ok(Some(char).filter(|char| *char != '\\'))
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, start: usize) -> Result<char, ConstraintError> {
        let next = self.rest().chars().next();
        self.at += next.map_or(0, char::len_utf8);
        let digits = match next {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some(char @ ('"' | '\\' | '[' | ']' | '-' | '^')) => return Ok(char),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                return Err(self.refuse(
                    start,
                    "a backslash stands before n, r, t, x, u, U, \", \\, [ or ]",
                ));
            }
        };
        let code = self.rest().get(..digits);
        self.at += digits;
        code.and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| self.refuse(start, &format!("{digits} hexadecimal digits of a character must follow the backslash and its letter")))
    }
}
