//! The shape of a name: which words can be one, where it begins and where it ends.

use super::{
    Names,
    words::{AFTER_NAME, AND, DEGREES, JOINING, NOUN_ENDS, SURNAME_ENDS},
};
use crate::reading::{
    dates,
    words::{Gap, Kind as TokenKind, Token},
};
use crate::redact::in_list;

/// Most capital words of one name.
const MAX_WORDS: usize = 5;

/// `Bessie-style`: of a person, and no name.
fn is_compound(word: &str) -> bool {
    ["-style", "-like", "-based", "-free"]
        .iter()
        .any(|end| word.ends_with(end))
}

impl Names<'_, '_> {
    pub(super) fn is_given(&self, at: usize) -> bool {
        self.is_known_given(self.word(at))
    }

    /// Whether a word, or the first part of a word with a hyphen, is a given name.
    pub(super) fn is_known_given(&self, word: &str) -> bool {
        let is_either =
            |part: &str| self.words.given.contains(part) || self.words.unsure.contains(part);
        self.words.given.contains(word)
            || word
                .split_once('-')
                .is_some_and(|(first, last)| is_either(first) && is_either(last))
    }

    pub(super) fn is_unsure_given(&self, at: usize) -> bool {
        self.words.unsure.contains(self.word(at))
    }

    /// A word with a capital letter that can be part of a name.
    pub(super) fn is_candidate(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else {
            return false;
        };
        let word = self.word(at);
        token.is_capital()
            && self.blocked.get(at) == Some(&false)
            && token.text.chars().count() > 1
            && token.text.chars().all(|char| !char.is_ascii_digit())
            && !is_compound(word)
            && (self.is_known_given(word) || !self.words.common.contains(word))
            && !self.words.titles.contains(word)
            && (!self.words.labels.contains(word)
                || self.is_known_given(word)
                || self.words.unsure.contains(word))
            && (self.is_known_given(word) || dates::month(token.text).is_none())
            && !self.is_organisation(at)
    }

    /// A word that is known to be a surname, by a list or by its end.
    pub(super) fn is_surname(&self, at: usize) -> bool {
        let word = self.word(at);
        let is_known = |word: &str| {
            self.words.surnames.contains(word)
                || SURNAME_ENDS
                    .split_whitespace()
                    .any(|end| word.len() >= end.len() + 3 && word.ends_with(end))
        };
        is_known(word)
            || word
                .split_once('-')
                .is_some_and(|(first, last)| is_known(first) || is_known(last))
            || word.strip_prefix("mc").is_some_and(|rest| rest.len() >= 3)
            || word.strip_prefix("o'").is_some_and(|rest| rest.len() >= 3)
    }

    /// A capital word that is a name where only a name can stand, whatever else it means: `Mrs Winter`.
    pub(super) fn is_any_name(&self, at: usize) -> bool {
        let word = self.word(at);
        self.token(at).is_some_and(|token| {
            token.is_capital()
                && token.text.chars().count() > 1
                && token.text.chars().all(|char| !char.is_ascii_digit())
                && !is_compound(word)
        }) && self.blocked.get(at) == Some(&false)
            && !self.words.titles.contains(word)
            && !self.words.labels.contains(word)
            && !self.words.roles.contains(word)
            && !self.is_organisation(at)
    }

    /// `P J Murphy`: a single capital letter in front of a name.
    fn bare_initial(&self, at: usize) -> bool {
        let is_letter = self
            .token(at)
            .is_some_and(|token| token.is_capital() && token.text.chars().count() == 1)
            && self.blocked.get(at) == Some(&false);
        is_letter
            && self.follows(at + 1)
            && (self.is_candidate(at + 1) || self.bare_initial(at + 1))
    }

    /// `P.` or `J.-P.`: the token behind it.
    pub(super) fn initial(&self, at: usize) -> Option<usize> {
        self.token(at)
            .filter(|token| token.is_capital() && token.text.chars().count() == 1)?;
        if self.blocked.get(at) == Some(&true) {
            return None;
        }
        let dotted = self.is(at + 1, ".")
            && self
                .token(at + 1)
                .is_some_and(|token| token.gap == Gap::None);
        if !dotted {
            return None;
        }
        let mut next = at + 2;
        if self.is(next, "-") {
            next += 1;
        }
        Some(next)
    }

    /// The end of the name that begins at a token; `None` if none does. With `surname` its first word is a
    /// surname, or may be.
    pub(super) fn run(&self, at: usize, surname: bool) -> Option<usize> {
        let mut index = at;
        let mut words = 0;
        let mut givens = 0;
        let mut end = None;
        while words < MAX_WORDS {
            if index > at && !self.follows(index) {
                break;
            }
            // A name does not go on behind a possessive.
            let possessive = index
                .checked_sub(1)
                .and_then(|before| self.folded.get(before))
                .is_some_and(|word| word.ends_with("'s"));
            if possessive && index > at {
                break;
            }
            if let Some(next) = self.initial(index) {
                if next < self.tokens.len()
                    && self.follows(next)
                    && (self.is_candidate(next)
                        || self.initial(next).is_some()
                        || self.is(next + 1, ".")
                            && self
                                .token(next)
                                .is_some_and(|token| matches!(token.text, "v" | "d" | "z"))
                        || self.particle_leads(next, true))
                {
                    index = next;
                    continue;
                }
                // `Maria K.`
                if words > 0
                    && end == Some(index)
                    && self
                        .token(index)
                        .is_some_and(|token| token.gap == Gap::Space)
                    && self
                        .token(next)
                        .is_none_or(|next| next.gap != Gap::None || next.kind == TokenKind::Mark)
                {
                    end = Some(next);
                }
                break;
            }
            // `E. v. Wedelstädt`
            let is_short_particle = index > at
                && self
                    .token(index)
                    .is_some_and(|token| matches!(token.text, "v" | "d" | "z"))
                && self.is(index + 1, ".")
                && self.is_candidate(index + 2);
            if is_short_particle {
                index += 2;
                continue;
            }
            // `Tyler B`
            let is_last_letter = words == 1
                && givens == 1
                && self
                    .token(index)
                    .is_some_and(|token| token.is_capital() && token.text.chars().count() == 1)
                && self.token(index + 1).is_none_or(|next| {
                    next.gap == Gap::Line || next.kind == TokenKind::Mark && !next.is(".")
                });
            if is_last_letter {
                end = Some(index + 1);
                break;
            }
            if (words > 0 || surname) && self.bare_initial(index) {
                index += 1;
                continue;
            }
            // `Emma Brown`, `June Wetherall`
            let is_common_surname =
                words > 0 && givens == words && self.is_surname(index) && self.is_any_name(index);
            let is_common_given = words == 0
                && surname
                && self.is_unsure_given(index)
                && self.is_any_name(index)
                && self.follows(index + 1)
                && self.is_candidate(index + 1);
            // `Thi Mai Nguyen`
            let is_month = words > 0
                && self.is_candidate(index + 1)
                && self.follows(index + 1)
                && self
                    .token(index)
                    .is_some_and(|token| token.is_capital() && dates::month(token.text).is_some())
                && self.blocked.get(index) == Some(&false);
            if self.is_candidate(index) || is_month || is_common_surname || is_common_given {
                let is_given = self.is_given(index) || self.is_unsure_given(index);
                let surnames = words - givens;
                // German nouns have capital letters too: what looks like one, or is followed by one, ends a
                // name there.
                let most = if self.is_german && !surname { 2 } else { 3 };
                let is_noun = self.is_german
                    && (NOUN_ENDS.iter().any(|end| self.word(index).ends_with(end))
                        || (surnames > 0
                            && self.follows(index + 1)
                            && self.token(index + 1).is_some_and(Token::is_capital)
                            && !surname));
                if (surnames >= most || (is_noun && words > 0)) && !(is_given && words < 2) {
                    break;
                }
                words += 1;
                givens += usize::from(is_given && surnames == 0);
                index += 1;
                end = Some(index);
                // `Müller-Lüdenscheidt` across a hyphen that stands apart is rare; `Anna & Bo` is two names.
                continue;
            }
            let is_particle =
                words > 0 || surname || self.token(index).is_some_and(|token| !token.is_capital());
            if is_particle
                && self.words.particles.contains(self.word(index))
                && self.particle_leads(index, words > 0 || surname)
            {
                index += 1;
                continue;
            }
            if (self.is(index, "'")
                || self.is(index, "’")
                || self.is(index, "\"")
                || self.is(index, "„")
                || self.is(index, "“"))
                && words > 0
                && self.is_nickname(index)
            {
                index += 3;
                continue;
            }
            // `Mac an tSaoir`
            let is_lenited = words > 0
                && self.word(index.saturating_sub(1)) == "an"
                && self.token(index).is_some_and(|token| {
                    token.is_word() && token.text.chars().nth(1).is_some_and(char::is_uppercase)
                });
            if is_lenited {
                index += 1;
                end = Some(index);
                continue;
            }
            break;
        }
        end.filter(|_| words > 0)
    }

    /// Whether particles from here on lead to a capital word.
    pub(super) fn particle_leads(&self, at: usize, inside: bool) -> bool {
        for index in at..at + 3 {
            if index > at && !self.follows(index) {
                return false;
            }
            let is_lenited = self.token(index).is_some_and(|token| {
                token.is_word() && token.text.chars().nth(1).is_some_and(char::is_uppercase)
            });
            if index > at && (self.is_candidate(index) || is_lenited) {
                return true;
            }
            let word = self.word(index);
            let is_particle = self.words.particles.contains(word);
            let joins_sentence = in_list(JOINING, word) && !inside;
            if joins_sentence || !(is_particle || self.is(index, "'") || self.is(index, "’")) {
                return false;
            }
        }
        false
    }

    /// `Robert "Bob" Smith`.
    pub(super) fn is_nickname(&self, at: usize) -> bool {
        self.is_candidate(at + 1)
            && self.follows(at + 1)
            && self.token(at + 2).is_some_and(|token| {
                matches!(token.text, "'" | "’" | "\"" | "“" | "”") && token.gap == Gap::None
            })
            && self.is_candidate(at + 3)
    }

    /// Marks names that `and`, `&` or commas join, from a token on; the token behind the last.
    pub(super) fn mark_list(&mut self, at: usize, surname: bool) -> usize {
        let mut index = at;
        let mut end = at;
        while let Some(next) = self
            .run_after_titles(index)
            .or_else(|| self.run(index, surname))
        {
            let from = self.skip_titles(index);
            self.mark(from, next);
            end = next;
            let joins = in_list(AND, self.word(next));
            if !joins || !self.follows(next) {
                break;
            }
            index = next + 1;
            // `, and`
            if in_list(AND, self.word(index)) {
                index += 1;
            }
            if !self.follows(index) {
                break;
            }
        }
        end
    }

    pub(super) fn skip_titles(&self, at: usize) -> usize {
        let mut index = at;
        while self
            .token(index)
            .is_some_and(|token| token.is_word() && (index == at || self.follows(index)))
            && self.words.titles.contains(self.word(index))
        {
            index += 1;
            if self.is(index, ".")
                && self
                    .token(index)
                    .is_some_and(|token| token.gap == Gap::None)
            {
                index += 1;
                // `Sig.ra`, `dott.ssa`
                let is_end = self.token(index).is_some_and(|token| {
                    token.gap == Gap::None && in_list("ra na ri ssa re ma mo", token.text)
                });
                index += usize::from(is_end);
            }
            // `Dr. med. dent.`
            while in_list(DEGREES, self.word(index))
                && self.is(index + 1, ".")
                && self.follows(index)
            {
                index += 2;
            }
        }
        if index < self.tokens.len() && index > at && !self.follows(index) {
            return at;
        }
        index
    }

    pub(super) fn run_after_titles(&self, at: usize) -> Option<usize> {
        let from = self.skip_titles(at);
        if from == at {
            return None;
        }
        self.run(from, true)
    }

    /// Whether a line is a name and nothing else, but for a role behind a comma or in brackets.
    pub(super) fn is_name_line(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let first = self.skip_titles(self.first_of_line(from, to));
        let end = self.run(first, true)?;
        let behind = self.token(end);
        let ends = end >= to
            || behind
                .is_some_and(|token| token.gap == Gap::Wide || in_list(AFTER_NAME, token.text));
        ends.then_some((first, end))
    }
}
