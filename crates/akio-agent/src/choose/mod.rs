//! Which tool a request calls for, if any.
//!
//! Every tool comes with requests that it is right for, and a list has those that need none. A
//! [`Chooser`] learns from them which words and signs speak for what, by ridge regression over how like
//! two requests are. That takes no model and a fraction of a second.

mod features;
mod ridge;
mod talk;
mod words;

use std::collections::HashMap;

use features::Features;

use crate::tools::{BUILT_IN, ToolSpec, built_in};

/// Chooses among the tools of a session.
pub struct Chooser {
    /// The tools, in the order in which they were granted; what comes after them is no tool.
    tools: Vec<String>,
    examples: Vec<Example>,
    /// How much a feature tells: the more examples have it, the less.
    telling: HashMap<u64, f64>,
    /// For each tool, for none, and for each built-in tool that is not among them: what the likeness with
    /// each example counts.
    weights: Vec<Vec<f64>>,
}

struct Example {
    /// Index of its weights.
    label: usize,
    features: Features,
}

/// How much speaks for a tool, or for none.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank<'c> {
    /// The tool's name; `None` for an answer without a tool.
    pub tool: Option<&'c str>,
    /// Near 1 if the request is like those of the tool, near 0 if not.
    pub score: f64,
}

impl Chooser {
    /// Learns from the examples of these tools. Those of built-in tools that are not among them show what
    /// else people ask for, and then no tool is chosen.
    pub fn new<'s>(specs: impl IntoIterator<Item = &'s ToolSpec>) -> Self {
        let mut tools = Vec::new();
        let mut examples: Vec<(String, usize)> = Vec::new();
        let mut learn = |spec: &ToolSpec, label: usize| {
            examples.push((spec.description.clone(), label));
            examples.extend(spec.examples.iter().map(|text| (text.clone(), label)));
        };
        for spec in specs {
            learn(spec, tools.len());
            tools.push(spec.name.clone());
        }
        let none = tools.len();
        let mut labels = none + 1;
        for name in BUILT_IN {
            if let Some(tool) = built_in(name).filter(|_| tools.iter().all(|tool| tool != name)) {
                learn(tool.spec(), labels);
                labels += 1;
            }
        }
        examples.extend(talk::TALK.iter().map(|text| ((*text).into(), none)));
        let mut examples: Vec<Example> = examples
            .into_iter()
            .map(|(text, label)| Example {
                features: Features::of(&text),
                label,
            })
            .collect();
        let mut telling: HashMap<u64, f64> = HashMap::new();
        for (key, _) in examples.iter().flat_map(|example| &example.features.0) {
            *telling.entry(*key).or_default() += 1.0;
        }
        for count in telling.values_mut() {
            *count = 1.0 / (1.0 + *count).sqrt().sqrt();
        }
        for example in &mut examples {
            weigh(&mut example.features, &telling);
        }
        let likeness: Vec<Vec<f64>> = examples
            .iter()
            .map(|a| {
                examples
                    .iter()
                    .map(|b| a.features.dot(&b.features))
                    .collect()
            })
            .collect();
        let label_of: Vec<usize> = examples.iter().map(|example| example.label).collect();
        let weights = ridge::fit(&likeness, &label_of, labels);
        Self {
            tools,
            examples,
            telling,
            weights,
        }
    }

    /// All that could be chosen, the best first.
    pub fn rank(&self, request: &str) -> Vec<Rank<'_>> {
        let mut features = Features::of(request);
        weigh(&mut features, &self.telling);
        let likeness: Vec<f64> = self
            .examples
            .iter()
            .map(|example| features.dot(&example.features))
            .collect();
        let mut ranks: Vec<Rank<'_>> = Vec::new();
        for (label, weights) in self.weights.iter().enumerate() {
            let own = self
                .examples
                .iter()
                .filter(|example| example.label == label);
            let mean = own.count() as f64 / self.examples.len() as f64;
            let dot = weights.iter().zip(&likeness).map(|(w, l)| w * l);
            let score = mean + dot.sum::<f64>();
            match (self.tools.get(label), ranks.get_mut(self.tools.len())) {
                // A tool that is not among them speaks for none.
                (None, Some(none)) => none.score = none.score.max(score),
                (tool, _) => ranks.push(Rank {
                    tool: tool.map(String::as_str),
                    score,
                }),
            }
        }
        ranks.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranks
    }
}

/// Leaves out what no example has, weighs the rest, and makes all requests as long as each other.
fn weigh(features: &mut Features, telling: &HashMap<u64, f64>) {
    features.0.retain_mut(|(key, weight)| {
        let factor = telling.get(key).copied().unwrap_or(0.0);
        *weight *= factor;
        factor > 0.0
    });
    features.normalize();
}
