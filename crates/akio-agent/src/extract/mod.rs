//! Values for a JSON Schema out of a document: spans that stand in it, normalised by code.
//!
//! Nothing is generated. Candidates are what a document offers for a property, ranked by how near they
//! stand to the words of its name and description; where two of them are about as good, a model may
//! decide ([`Judge`]). What is found validates against the schema.

mod candidates;
mod judge;
mod lexicon;
mod page;
mod rank;
mod wanted;

use std::{borrow::Borrow, fmt, ops::Range};

use serde_json::{Map, Value};

use crate::tools::schema;
use candidates::Candidate;
use lexicon::Lexicon;
use page::Page;
use rank::Scored;
use wanted::Wanted;

pub use judge::ModelJudge;

/// Longest document, in bytes.
pub const MAX_BYTES: usize = 256 << 10;

/// Why nothing can be extracted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtractError {
    /// The schema is not one that values can be extracted for.
    Schema {
        /// JSON pointer to what is wrong.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
    /// The document is longer than [`MAX_BYTES`].
    TooLong,
    /// A property must be there and cannot be null, and the document has nothing for it.
    Missing {
        /// The property.
        name: String,
    },
}

impl fmt::Display for ExtractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema { pointer, message } => write!(f, "the schema's {pointer} {message}"),
            Self::TooLong => write!(
                f,
                "it is longer than {} KiB of text; pass a part of it",
                MAX_BYTES >> 10
            ),
            Self::Missing { name } => write!(
                f,
                "it has nothing for {name:?}, which is required; let its type be null as well, or do not require it"
            ),
        }
    }
}

impl std::error::Error for ExtractError {}

/// What decides between values that fit about as well.
pub trait Judge {
    /// Reads a part of what it needs for a question, and says whether to go on with that before it is asked.
    fn read_ahead(&mut self, _question: &Question<'_>) -> bool {
        false
    }

    /// How likely each of the candidates is the value of the property, as logarithms of probabilities
    /// for an average token; `None` if it cannot say.
    fn judge(&mut self, question: &Question<'_>) -> Option<Vec<f32>>;
}

/// A choice to be made.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The document, or the part of it around the candidates.
    pub document: &'q str,
    /// The property's name.
    pub name: &'q str,
    /// Its description.
    pub description: &'q str,
    /// Candidates as they stand in the document.
    pub candidates: &'q [&'q str],
}

/// A value and the place that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The property.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Where it stands in the text, in bytes; one place for each item of an array.
    pub spans: Vec<Range<usize>>,
}

/// A schema that values can be extracted for.
pub struct Extractor {
    lexicon: Lexicon,
    schema: Value,
    wanted: Vec<Wanted>,
}

impl Extractor {
    /// Reads a schema: an object with properties of strings, numbers, booleans, choices, and arrays of them.
    ///
    /// # Errors
    /// [`ExtractError::Schema`].
    pub fn new(schema: &Value) -> Result<Self, ExtractError> {
        let lexicon = Lexicon::new();
        let wanted = wanted::read(schema, &lexicon)?;
        Ok(Self {
            lexicon,
            schema: schema.clone(),
            wanted,
        })
    }

    /// The values of a document: [`Extracting`] to its end.
    ///
    /// # Errors
    /// [`ExtractError::TooLong`], [`ExtractError::Missing`].
    pub fn extract(
        &self,
        text: &str,
        judge: Option<&mut dyn Judge>,
    ) -> Result<Vec<Found>, ExtractError> {
        let mut extracting = Extracting::new(self, text)?;
        if let Some(judge) = judge {
            while extracting.progress().is_some() {
                extracting.next(judge);
            }
        }
        extracting.finish()
    }
}

/// A document whose values are being decided, property by property.
pub struct Extracting<E> {
    extractor: E,
    text: String,
    /// The candidates of each property.
    scored: Vec<Vec<Scored>>,
    /// How many properties are decided.
    decided: usize,
}

impl<E: Borrow<Extractor>> Extracting<E> {
    /// Finds what the document offers for each property.
    ///
    /// # Errors
    /// [`ExtractError::TooLong`].
    pub fn new(extractor: E, text: &str) -> Result<Self, ExtractError> {
        if text.len() > MAX_BYTES {
            return Err(ExtractError::TooLong);
        }
        let Extractor {
            lexicon, wanted, ..
        } = extractor.borrow();
        let scored = rank::score_all(&Page::new(text, lexicon), wanted);
        Ok(Self {
            extractor,
            text: text.into(),
            scored,
            decided: 0,
        })
    }

    /// How many properties are decided, and of how many; `None` when all are.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let (done, total) = (self.decided, self.scored.len());
        (done < total).then_some((done, total))
    }

    /// Lets the judge read a part of the document, or decide the next property if it is a close call.
    pub fn next(&mut self, judge: &mut dyn Judge) {
        let Extractor { wanted, .. } = self.extractor.borrow();
        let next = wanted
            .get(self.decided)
            .zip(self.scored.get_mut(self.decided));
        if let Some((wanted, scored)) = next
            && let Some(close) = rank::close(wanted, scored)
        {
            let candidates = close.iter().filter_map(|at| scored.get(*at));
            let spans = candidates.map(|scored| scored.candidate.span.clone());
            let texts: Vec<&str> = spans
                .map(|span| self.text.get(span).unwrap_or_default())
                .collect();
            let question = Question {
                document: &self.text,
                name: &wanted.name,
                description: &wanted.description,
                candidates: &texts,
            };
            if judge.read_ahead(&question) {
                return;
            }
            if let Some(likely) = judge.judge(&question) {
                rank::judged(scored, &close, &likely);
            }
        }
        self.decided += 1;
    }

    /// The values. A property without one is null where it may be, and is left out where it is not required.
    ///
    /// # Errors
    /// [`ExtractError::Missing`].
    pub fn finish(self) -> Result<Vec<Found>, ExtractError> {
        let Extractor {
            lexicon,
            schema,
            wanted,
        } = self.extractor.borrow();
        let page = Page::new(&self.text, lexicon);
        let chosen = rank::choose(&page, wanted, &self.scored);
        let mut found = Vec::new();
        for (wanted, chosen) in wanted.iter().zip(chosen) {
            let spans: Vec<Range<usize>> = chosen
                .iter()
                .map(|candidate| candidate.span.clone())
                .collect();
            let value = match value(wanted, &chosen) {
                Some(value) => value,
                None if wanted.nullable => Value::Null,
                None if !wanted.required => continue,
                None => {
                    return Err(ExtractError::Missing {
                        name: wanted.name.clone(),
                    });
                }
            };
            found.push(Found {
                name: wanted.name.clone(),
                spans: if value.is_null() { Vec::new() } else { spans },
                value,
            });
        }
        debug_assert!(schema::validate(schema, &object(&found)).is_ok());
        Ok(found)
    }
}

/// The value of what was chosen, if the property's own schema allows it.
fn value(wanted: &Wanted, chosen: &[Candidate]) -> Option<Value> {
    let value = if wanted.is_list {
        Value::Array(
            chosen
                .iter()
                .map(|candidate| candidate.value.clone())
                .collect(),
        )
    } else {
        chosen.first()?.value.clone()
    };
    let allowed = Value::Object(Map::from_iter([
        ("type".to_owned(), "object".into()),
        (
            "properties".to_owned(),
            Value::Object(Map::from_iter([(
                wanted.name.clone(),
                wanted.schema.clone(),
            )])),
        ),
    ]));
    let object = Value::Object(Map::from_iter([(wanted.name.clone(), value.clone())]));
    schema::validate(&allowed, &object).is_ok().then_some(value)
}

/// The values as one JSON object.
pub fn object(found: &[Found]) -> Value {
    found
        .iter()
        .map(|found| (found.name.clone(), found.value.clone()))
        .collect::<Map<String, Value>>()
        .into()
}
