//! Which candidate is the value of which property.

use std::ops::Range;

use super::{
    candidates::{self, Candidate},
    lexicon::is_general,
    page::Page,
    wanted::{Shape, Topic, Wanted},
};
use crate::reading::{fields::Link, fold, words::Gap};

/// What a property that may be null needs at least from words that are its own.
const EVIDENCE: f32 = 0.28;

/// How much worse a candidate is that another property has taken.
const TAKEN: f32 = 0.5;

/// Candidates nearer to the best than this are for the judge. A small model judges worse than the rules
/// where these see a difference.
const CLOSE: f32 = 0.92;

/// Most candidates that a judge is asked about.
const MAX_JUDGED: usize = 4;

/// Terms of which a value has one or the other.
const OPPOSITES: [(&str, &str); 11] = [
    ("start", "end"),
    ("arrival", "departure"),
    ("net", "total"),
    ("seller", "customer"),
    ("sender", "recipient"),
    ("landlord", "tenant"),
    ("employer", "employee"),
    ("issue", "due"),
    ("order", "delivery"),
    ("new", "old"),
    ("doctor", "patient"),
];

/// Terms of those whom letters and invoices are addressed to.
const ADDRESSED: [&str; 9] = [
    "customer",
    "recipient",
    "guest",
    "tenant",
    "patient",
    "employee",
    "insured",
    "holder",
    "member",
];

/// Terms of those whom a document is from.
const ISSUERS: [&str; 7] = [
    "seller",
    "contractor",
    "sender",
    "insurer",
    "organiser",
    "shop",
    "employer",
];

/// A candidate with its score.
#[derive(Clone)]
pub(super) struct Scored {
    pub(super) candidate: Candidate,
    score: f32,
    /// The part of the score that words of the property's own gave.
    evidence: f32,
}

/// All candidates of each property.
pub(super) fn score_all(page: &Page<'_>, wanted: &[Wanted]) -> Vec<Vec<Scored>> {
    wanted.iter().map(|wanted| score(page, wanted)).collect()
}

/// The candidates chosen for each property; none where there is no value.
pub(super) fn choose(
    page: &Page<'_>,
    wanted: &[Wanted],
    scored: &[Vec<Scored>],
) -> Vec<Vec<Candidate>> {
    let mut chosen: Vec<Vec<Candidate>> = vec![Vec::new(); wanted.len()];
    let mut taken: Vec<Range<usize>> = Vec::new();
    // The surest properties choose first.
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let lead = |index: &usize| {
        let list = scored.get(*index).map_or(&[][..], Vec::as_slice);
        let best = list.first().map_or(0.0, |scored| scored.score);
        let next = list.get(1).map_or(0.0, |scored| scored.score);
        best + (best - next)
    };
    order.sort_by(|a, b| lead(b).total_cmp(&lead(a)));
    for index in order {
        let (Some(wanted), Some(list), Some(slot)) =
            (wanted.get(index), scored.get(index), chosen.get_mut(index))
        else {
            continue;
        };
        if wanted.is_list {
            *slot = items(list);
            continue;
        }
        let rank = |scored: &Scored| {
            let other = taken.iter().any(|taken| {
                taken.start < scored.candidate.span.end && scored.candidate.span.start < taken.end
            });
            scored.score * if other { TAKEN } else { 1.0 }
        };
        let best = list.iter().max_by(|a, b| {
            rank(a)
                .total_cmp(&rank(b))
                .then(b.candidate.span.start.cmp(&a.candidate.span.start))
        });
        let Some(best) = best else { continue };
        if wanted.nullable && (best.evidence < EVIDENCE || is_denied(page, wanted, best)) {
            continue;
        }
        taken.push(best.candidate.span.clone());
        slot.push(best.candidate.clone());
    }
    chosen
}

/// The items of a list: all candidates about as good as the best.
fn items(list: &[Scored]) -> Vec<Candidate> {
    let best = list.first().map_or(0.0, |scored| scored.score);
    let mut items: Vec<Candidate> = Vec::new();
    for scored in list
        .iter()
        .filter(|scored| scored.evidence >= EVIDENCE / 2.0 && scored.score > 0.35 * best)
    {
        let span = &scored.candidate.span;
        let overlaps = items
            .iter()
            .any(|item| item.span.start < span.end && span.start < item.span.end);
        if !overlaps {
            items.push(scored.candidate.clone());
        }
    }
    items.sort_by_key(|item| item.span.start);
    items
}

/// All candidates of a property, the best first.
fn score(page: &Page<'_>, wanted: &Wanted) -> Vec<Scored> {
    let candidates = candidates::find(page, wanted);
    let places: Vec<Range<usize>> = match wanted.shape {
        // The items of a list share their words.
        _ if wanted.is_list => Vec::new(),
        // Cells hold each other.
        Shape::Text(Topic::Any | Topic::Place | Topic::Address) => Vec::new(),
        _ => candidates
            .iter()
            .map(|candidate| candidate.tokens.clone())
            .collect(),
    };
    let mut scored: Vec<Scored> = candidates
        .into_iter()
        .map(|candidate| {
            let (sum, evidence) = affinity(page, wanted, &candidate, &places);
            let mut score = (sum + prior(page, wanted, &candidate)) * candidate.fit;
            if wanted.is_full && candidate.tokens.len() < 2 {
                score *= 0.5;
            }
            Scored {
                candidate,
                score,
                evidence,
            }
        })
        .collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    scored
}

/// How the words around a candidate are those of the property: in all, and by words of its own.
fn affinity(
    page: &Page<'_>,
    wanted: &Wanted,
    candidate: &Candidate,
    places: &[Range<usize>],
) -> (f32, f32) {
    let all: f32 = wanted.terms.iter().map(|(_, weight)| weight).sum();
    let mut near: Vec<f32> = wanted
        .terms
        .iter()
        .map(|(term, _)| page.nearness(term, &candidate.tokens, places))
        .collect();
    let mut bonus: f32 = 0.0;
    for field in page.fields_at(candidate.span.start) {
        // The first candidate of a value is it; in a table's row the label is the cell in front.
        let offset = page.part(&(field.value.start..candidate.span.start));
        let first = offset.chars().filter(|char| char.is_alphanumeric()).count();
        let place = if first == 0 {
            1.0
        } else {
            0.75 / (1.0 + first as f32 / 16.0)
        };
        let factor = place
            * match field.link {
                Link::Colon => 1.15,
                Link::BelowColon => 1.0,
                Link::Beside | Link::Column => 0.95,
                Link::Below => 0.5,
            };
        let mut matched = 0.0;
        for ((term, weight), near) in wanted.terms.iter().zip(&mut near) {
            if field.terms.iter().any(|terms| terms.contains(term)) {
                *near = near.max(factor);
                matched += weight;
            }
        }
        if matched > 0.0 && field.label.end <= candidate.span.start {
            let words = field.terms.len().max(1) as f32;
            let own = field
                .terms
                .iter()
                .filter(|terms| terms.iter().any(|term| wanted.has(term)))
                .count() as f32;
            let recall = (matched / all.max(0.1)).min(1.0);
            bonus = bonus.max(0.5 * (own / words) * recall.sqrt() * factor);
        }
    }
    let mut sum = bonus;
    let mut evidence: f32 = 0.0;
    for ((term, weight), near) in wanted.terms.iter().zip(&near) {
        sum += weight * near;
        let own = if is_general(term) {
            weight.min(0.35)
        } else {
            weight.min(1.0)
        };
        evidence = evidence.max(own * near);
    }
    // What is of the other side is not of this one.
    for (one, other) in OPPOSITES {
        for (own, other) in [(one, other), (other, one)] {
            if wanted.has(own) && !wanted.has(other) {
                let against = page.nearness(other, &candidate.tokens, places);
                let by = page.nearness(own, &candidate.tokens, places);
                sum -= 0.6 * (against - by).max(0.0);
            }
        }
    }
    // Where all words are general they have to do.
    if wanted.terms.iter().all(|(term, _)| is_general(term)) {
        evidence *= 3.0;
    }
    (sum.max(0.0), evidence + bonus)
}

/// What speaks for a candidate without any word: its place in the document.
fn prior(page: &Page<'_>, wanted: &Wanted, candidate: &Candidate) -> f32 {
    let line = page
        .tokens
        .get(candidate.tokens.start)
        .map_or(0, |token| token.line);
    let begins = page
        .tokens
        .get(candidate.tokens.start)
        .is_some_and(|token| token.gap == Gap::Line);
    let mut prior = 0.05;
    match wanted.shape {
        // A document is headed by whom it is of.
        Shape::Text(Topic::Person | Topic::Party)
            if wanted.terms.iter().all(|(term, _)| is_general(term)) =>
        {
            prior += if line <= 1 && begins {
                0.5
            } else {
                0.1 / (1.0 + line as f32)
            };
        }
        // `Dear Ms Thorvaldsen`, `Herrn Kowalczyk`
        Shape::Text(Topic::Person | Topic::Party | Topic::Organisation)
            if !(wanted.is_full && candidate.tokens.len() < 2)
                && ADDRESSED.iter().any(|term| wanted.has(term))
                && is_addressed(page, candidate) =>
        {
            prior += 0.3;
        }
        // A letterhead is of whom it is from.
        Shape::Text(Topic::Organisation | Topic::Party)
            if line == 0 && begins && ISSUERS.iter().any(|term| wanted.has(term)) =>
        {
            prior += 0.2;
        }
        // `in Cornmarket`
        Shape::Text(Topic::Place) => {
            let before = candidate.tokens.start.checked_sub(1);
            let leads = before
                .and_then(|at| page.tokens.get(at))
                .is_some_and(|before| {
                    matches!(
                        before.text,
                        "in" | "at" | "à" | "en" | "bei" | "a" | "im" | "the"
                    )
                });
            prior += if leads { 0.2 } else { 0.02 };
        }
        Shape::Text(_) => prior += 0.05 / (1.0 + line as f32),
        Shape::Date => {
            // Days of the week and times stand beside appointments, the date of a letter alone.
            let before = candidate
                .tokens
                .start
                .checked_sub(2)
                .and_then(|at| page.tokens.get(at));
            let has_weekday = before.is_some_and(|word| {
                let word = fold(word.text);
                word.ends_with("day")
                    || word.ends_with("tag")
                    || word.ends_with("woch")
                    || word.ends_with("di") && word.len() > 4
            });
            if has_weekday && !wanted.has("issue") && !wanted.has("birth") {
                prior += 0.15;
            }
            for other in ["issue", "birth"] {
                if !wanted.has(other) && page.nearness(other, &candidate.tokens, &[]) > 0.6 {
                    prior -= 0.15;
                }
            }
        }
        _ => {}
    }
    prior
}

/// Whether a name stands in a greeting, or behind the title of somebody addressed.
fn is_addressed(page: &Page<'_>, candidate: &Candidate) -> bool {
    const GREETINGS: &str = "dear hello hi geehrter geehrte sehr lieber liebe herrn madame monsieur cher chere bonjour estimado estimada gentile geachte beste";
    let Some(line) = page
        .tokens
        .get(candidate.tokens.start)
        .map(|token| token.line)
    else {
        return false;
    };
    let before = candidate.tokens.start.saturating_sub(5)..candidate.tokens.start;
    before.filter_map(|at| page.tokens.get(at)).any(|token| {
        let word = fold(token.text);
        token.line == line && GREETINGS.split(' ').any(|greeting| greeting == word)
    })
}

/// Whether the document says that there is no such value: `No deposit is asked for`.
fn is_denied(page: &Page<'_>, wanted: &Wanted, best: &Scored) -> bool {
    const NONE: &str = "none no keine keiner kein keins nil nichts aucun aucune neant rien ninguno ninguna nessuno nessuna n/a geen unknown unbekannt";
    let is_none = |text: &str| NONE.split(' ').any(|word| word == text);
    let text = fold(page.part(&best.candidate.span));
    if is_none(text.trim()) || text.chars().all(|char| !char.is_alphanumeric()) {
        return true;
    }
    // The word before one of its own words denies it, and the candidate is not beside it.
    let own = |at: usize| {
        wanted
            .terms
            .iter()
            .any(|(term, _)| !is_general(term) && page.is_term_at(term, at))
    };
    page.tokens.iter().enumerate().any(|(at, token)| {
        let denied = is_none(&fold(token.text)) && own(at + 1);
        let apart = best.candidate.tokens.start.abs_diff(at) > 6;
        let line = page
            .tokens
            .get(best.candidate.tokens.start)
            .map(|token| token.line);
        denied && (apart || line != Some(token.line))
    })
}

/// The candidates that are about as good as the best, if a judge is to choose among them.
pub(super) fn close(wanted: &Wanted, scored: &[Scored]) -> Option<Vec<usize>> {
    let best = scored.first().map_or(0.0, |scored| scored.score);
    let mut close: Vec<usize> = Vec::new();
    for (index, other) in scored.iter().enumerate() {
        if other.score < CLOSE * best || close.len() == MAX_JUDGED {
            break;
        }
        let value = &other.candidate.value;
        let known = close.iter().any(|at| {
            scored
                .get(*at)
                .is_some_and(|known| known.candidate.value == *value)
        });
        if !known {
            close.push(index);
        }
    }
    (close.len() > 1 && !wanted.is_list).then_some(close)
}

/// Counts what a judge finds likely.
pub(super) fn judged(scored: &mut [Scored], close: &[usize], likely: &[f32]) {
    let most = likely.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (at, likely) in close.iter().zip(likely) {
        if let Some(scored) = scored.get_mut(*at) {
            scored.score *= (0.35 * (likely - most)).exp().max(CLOSE * CLOSE);
        }
    }
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
}
