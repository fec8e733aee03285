//! Regular expressions: the syntax of Rust's `regex` crate, as far as it describes what is written.
//!
//! `\d`, `\w` and `\s` are ASCII, as in JSON Schema's patterns. Lazy repetitions allow the same texts as
//! greedy ones. What looks at the text around it (word boundaries, anchors other than at the ends) and
//! Unicode's classes are refused.

use regex_syntax::ast::{
    AssertionKind, Ast, ClassAsciiKind, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet,
    ClassSetItem, Flag, FlagsItemKind, GroupKind, RepetitionKind, RepetitionRange, parse,
};

use super::{
    ConstraintError,
    characters::{CharSet, Spelling, spell},
    grammar::{Builder, NodeId, UNBOUNDED},
};

/// Longer expressions, in bytes, are refused.
const MAX_LENGTH: usize = 16 * 1024;
/// Deeper nesting is refused.
const MAX_DEPTH: u32 = 48;

/// The texts that an expression matches as a whole; `^` and `$` at its ends say nothing more.
pub(super) fn whole(pattern: &str, to: &mut Builder) -> Result<NodeId, ConstraintError> {
    let pattern = Pattern::parse(pattern)?;
    Ok(pattern.node(Spelling::Plain, UNBOUNDED, to))
}

/// A part of an expression, reduced to what it matches.
#[derive(Clone, Debug)]
enum Part {
    Char(char),
    Class(CharSet),
    Seq(Vec<Part>),
    Alt(Vec<Part>),
    Repeat {
        body: Box<Part>,
        min: u32,
        max: Option<u32>,
    },
}

/// An expression that was read.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    /// Reads an expression that has to match the whole text.
    ///
    /// # Errors
    /// [`ConstraintError::Regex`].
    pub fn parse(pattern: &str) -> Result<Self, ConstraintError> {
        Ok(Self(Reader { pattern }.read()?.0))
    }

    /// Reads an expression that has to match somewhere in the text, as JSON Schema means it.
    ///
    /// # Errors
    /// [`ConstraintError::Regex`].
    pub fn parse_anywhere(pattern: &str) -> Result<Self, ConstraintError> {
        let (mut parts, ends) = Reader { pattern }.read()?;
        let anything = || Part::Repeat {
            body: Box::new(Part::Class(CharSet::all())),
            min: 0,
            max: None,
        };
        if !ends.start {
            parts.insert(0, anything());
        }
        if !ends.end {
            parts.push(anything());
        }
        Ok(Self(parts))
    }

    /// Changes the expression so that what it matches has `min` to `max` characters: repetitions without
    /// an end get one, and a single repeated class gets a beginning. What cannot be reached that way is
    /// said.
    pub fn limit(&mut self, min: u32, max: u32) -> Result<(), &'static str> {
        let (shortest, _) = length(&self.0, 0);
        if shortest < u64::from(min) {
            match self.0.as_mut_slice() {
                [
                    Part::Repeat {
                        body,
                        min: least,
                        max: most,
                    },
                ] if matches!(**body, Part::Char(_) | Part::Class(_))
                    && most.is_none_or(|most| most >= min) =>
                {
                    *least = min;
                }
                _ => return Err("the pattern also matches shorter texts: say the length in it"),
            }
        }
        // The most repetitions, for all that have no end, that keep within the length.
        let fits = |most: u32| length(&self.0, most).1 <= u64::from(max);
        if !fits(0) {
            return Err("the pattern also matches longer texts: say the length in it");
        }
        let (mut low, mut high) = (0, max.saturating_add(1));
        while high - low > 1 {
            let half = low + (high - low) / 2;
            if fits(half) {
                low = half;
            } else {
                high = half;
            }
        }
        self.0.iter_mut().for_each(|part| part.end(low));
        Ok(())
    }

    /// The grammar; repetitions without an end have `most`.
    pub fn node(&self, spelling: Spelling, most: u32, to: &mut Builder) -> NodeId {
        let items = self.0.iter().map(|part| part.node(spelling, most, to));
        let items = items.collect();
        to.seq(items)
    }
}

/// The least and the most characters of parts after one another, if repetitions without an end have
/// `most`.
fn length(parts: &[Part], most: u32) -> (u64, u64) {
    parts.iter().fold((0, 0), |sum: (u64, u64), part| {
        let (least, longest) = part.length(most);
        (sum.0.saturating_add(least), sum.1.saturating_add(longest))
    })
}

impl Part {
    /// The least and the most characters, if repetitions without an end have `most`.
    fn length(&self, most: u32) -> (u64, u64) {
        match self {
            Self::Char(_) | Self::Class(_) => (1, 1),
            Self::Seq(parts) => length(parts, most),
            Self::Alt(parts) => {
                let lengths: Vec<_> = parts.iter().map(|part| part.length(most)).collect();
                let least = lengths.iter().map(|(least, _)| *least).min();
                let longest = lengths.iter().map(|(_, longest)| *longest).max();
                (least.unwrap_or_default(), longest.unwrap_or_default())
            }
            Self::Repeat { body, min, max } => {
                let (least, longest) = body.length(most);
                let max = max.unwrap_or(most.max(*min));
                (
                    least.saturating_mul((*min).into()),
                    longest.saturating_mul(max.into()),
                )
            }
        }
    }

    /// Gives an end to repetitions that have none.
    fn end(&mut self, most: u32) {
        match self {
            Self::Char(_) | Self::Class(_) => {}
            Self::Seq(parts) | Self::Alt(parts) => {
                parts.iter_mut().for_each(|part| part.end(most));
            }
            Self::Repeat { body, min, max } => {
                max.get_or_insert(most.max(*min));
                body.end(most);
            }
        }
    }

    fn node(&self, spelling: Spelling, most: u32, to: &mut Builder) -> NodeId {
        match self {
            Self::Char(char) => to.literal(spell(char.encode_utf8(&mut [0; 4]), spelling)),
            Self::Class(set) => set.clone().node(spelling, to),
            Self::Seq(parts) => {
                let items = parts.iter().map(|part| part.node(spelling, most, to));
                let items = items.collect();
                to.seq(items)
            }
            Self::Alt(parts) => {
                let ways = parts.iter().map(|part| part.node(spelling, most, to));
                let ways = ways.collect();
                to.alt(ways)
            }
            Self::Repeat { body, min, max } => {
                let body = body.node(spelling, most, to);
                to.repeat(body, *min, max.unwrap_or(most.max(*min)))
            }
        }
    }
}

/// Whether an expression is tied to the ends of the text.
#[derive(Clone, Copy, Default)]
struct Ends {
    start: bool,
    end: bool,
}

struct Reader<'p> {
    pattern: &'p str,
}

impl Reader<'_> {
    /// What follows one another, without the anchors at its ends.
    fn read(&self) -> Result<(Vec<Part>, Ends), ConstraintError> {
        if self.pattern.len() > MAX_LENGTH {
            return Err(self.refuse(0, "it is longer than 16 KiB"));
        }
        let ast = parse::ParserBuilder::new()
            .nest_limit(MAX_DEPTH)
            .build()
            .parse(self.pattern)
            .map_err(|error| self.refuse(error.span().start.offset, &error.kind().to_string()))?;
        let mut asts = match &ast {
            Ast::Concat(concat) => concat.asts.as_slice(),
            ast => std::slice::from_ref(ast),
        };
        let mut ends = Ends::default();
        let anchors = |ast: &Ast, kinds: [AssertionKind; 2]| matches!(ast, Ast::Assertion(assertion) if kinds.contains(&assertion.kind));
        if let [first, rest @ ..] = asts
            && anchors(first, [AssertionKind::StartLine, AssertionKind::StartText])
        {
            asts = rest;
            ends.start = true;
        }
        if let [rest @ .., last] = asts
            && anchors(last, [AssertionKind::EndLine, AssertionKind::EndText])
        {
            asts = rest;
            ends.end = true;
        }
        Ok((self.parts(asts)?, ends))
    }

    fn parts(&self, asts: &[Ast]) -> Result<Vec<Part>, ConstraintError> {
        asts.iter().map(|ast| self.part(ast)).collect()
    }

    fn part(&self, ast: &Ast) -> Result<Part, ConstraintError> {
        let start = ast.span().start.offset;
        Ok(match ast {
            Ast::Empty(_) => Part::Seq(Vec::new()),
            Ast::Literal(literal) => Part::Char(literal.c),
            Ast::Dot(_) => Part::Class([('\n', '\n')].into_iter().collect::<CharSet>().inverted()),
            Ast::ClassPerl(class) => Part::Class(perl(class)),
            Ast::ClassBracketed(class) => Part::Class(self.class(class)?),
            Ast::Repetition(repetition) => {
                let (min, max) = match &repetition.op.kind {
                    RepetitionKind::ZeroOrOne => (0, Some(1)),
                    RepetitionKind::ZeroOrMore => (0, None),
                    RepetitionKind::OneOrMore => (1, None),
                    RepetitionKind::Range(RepetitionRange::Exactly(n)) => (*n, Some(*n)),
                    RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (*n, None),
                    RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (*min, Some(*max)),
                };
                Part::Repeat {
                    body: Box::new(self.part(&repetition.ast)?),
                    min,
                    max,
                }
            }
            Ast::Group(group) => {
                if let GroupKind::NonCapturing(flags) = &group.kind
                    && !flags.items.iter().all(|item| {
                        matches!(
                            item.kind,
                            FlagsItemKind::Flag(Flag::SwapGreed | Flag::Unicode)
                        )
                    })
                {
                    return Err(self.refuse(start, "flags are not supported"));
                }
                self.part(&group.ast)?
            }
            Ast::Alternation(alternation) => Part::Alt(self.parts(&alternation.asts)?),
            Ast::Concat(concat) => Part::Seq(self.parts(&concat.asts)?),
            Ast::Flags(_) => return Err(self.refuse(start, "flags are not supported")),
            Ast::Assertion(_) => {
                let why =
                    "'^' is supported at the beginning, '$' at the end, and no other assertion";
                return Err(self.refuse(start, why));
            }
            Ast::ClassUnicode(_) => return Err(self.refuse(start, NO_UNICODE)),
        })
    }

    fn class(&self, class: &ClassBracketed) -> Result<CharSet, ConstraintError> {
        let set = match &class.kind {
            ClassSet::Item(item) => self.item(item)?,
            ClassSet::BinaryOp(op) => {
                let why = "operations on classes are not supported";
                return Err(self.refuse(op.span.start.offset, why));
            }
        };
        Ok(if class.negated { set.inverted() } else { set })
    }

    fn item(&self, item: &ClassSetItem) -> Result<CharSet, ConstraintError> {
        Ok(match item {
            ClassSetItem::Empty(_) => CharSet::default(),
            ClassSetItem::Literal(literal) => [(literal.c, literal.c)].into_iter().collect(),
            ClassSetItem::Range(range) => [(range.start.c, range.end.c)].into_iter().collect(),
            ClassSetItem::Perl(class) => perl(class),
            ClassSetItem::Bracketed(class) => self.class(class)?,
            ClassSetItem::Union(union) => {
                let mut set = CharSet::default();
                for item in &union.items {
                    set.extend(self.item(item)?);
                }
                set
            }
            ClassSetItem::Ascii(class) => {
                let set: CharSet = ascii(&class.kind).iter().copied().collect();
                if class.negated { set.inverted() } else { set }
            }
            ClassSetItem::Unicode(class) => {
                return Err(self.refuse(class.span.start.offset, NO_UNICODE));
            }
        })
    }

    /// The offset of the parser is in bytes, that of the error in characters.
    fn refuse(&self, offset: usize, message: &str) -> ConstraintError {
        let before = self.pattern.get(..offset).unwrap_or(self.pattern);
        ConstraintError::Regex {
            at: before.chars().count() + 1,
            message: message.into(),
        }
    }
}

const NO_UNICODE: &str = "Unicode's classes are not supported; write the ranges of characters";

fn perl(class: &ClassPerl) -> CharSet {
    let set: CharSet = match class.kind {
        ClassPerlKind::Digit => ascii(&ClassAsciiKind::Digit),
        ClassPerlKind::Space => ascii(&ClassAsciiKind::Space),
        ClassPerlKind::Word => ascii(&ClassAsciiKind::Word),
    }
    .iter()
    .copied()
    .collect();
    if class.negated { set.inverted() } else { set }
}

fn ascii(kind: &ClassAsciiKind) -> &'static [(char, char)] {
    match kind {
        ClassAsciiKind::Alnum => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Alpha => &[('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Ascii => &[('\0', '\x7f')],
        ClassAsciiKind::Blank => &[('\t', '\t'), (' ', ' ')],
        ClassAsciiKind::Cntrl => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        ClassAsciiKind::Digit => &[('0', '9')],
        ClassAsciiKind::Graph => &[('!', '~')],
        ClassAsciiKind::Lower => &[('a', 'z')],
        ClassAsciiKind::Print => &[(' ', '~')],
        ClassAsciiKind::Punct => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        ClassAsciiKind::Space => &[('\t', '\r'), (' ', ' ')],
        ClassAsciiKind::Upper => &[('A', 'Z')],
        ClassAsciiKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        ClassAsciiKind::Xdigit => &[('0', '9'), ('A', 'F'), ('a', 'f')],
    }
}
