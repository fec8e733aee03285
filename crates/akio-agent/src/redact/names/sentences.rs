//! Names in sentences: behind a role, with a given name or an initial in front, two capital words.

use super::{
    Names,
    words::{
        ANIMALS, ARTICLES, BEFORE_ENTRY, BEFORE_INITIAL, BEFORE_PERSONS, BEFORE_THINGS, NOUN_ENDS,
        PERSON_VERBS, PERSONS, PLACE, POSSESSIVES, SERIES,
    },
};
use crate::reading::words::{Gap, Kind as TokenKind, Token};
use crate::redact::{Kind, in_list};

/// Whether `the` stands in front of a word.
fn follows_article_the(names: &Names<'_, '_>, at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| names.follows(at) && in_list("the an", names.word(before)))
}

impl Names<'_, '_> {
    /// A given name and nothing else that is written in small letters, as people type: `my mate dave`.
    fn is_small_given(&self, at: usize) -> bool {
        let word = self.word(at);
        self.follows(at)
            && self
                .token(at)
                .is_some_and(|token| token.is_word() && !token.is_capital())
            && self.blocked.get(at) == Some(&false)
            && self.words.given.contains(word)
            && word.len() >= 3
            && !self.words.common.contains(word)
            && !self.words.roles.contains(word)
            && !self.words.particles.contains(word)
    }

    /// `03.07.1988 in Oran`
    fn follows_birth(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else {
            return false;
        };
        let spans = &self.page.spans;
        let next = spans.partition_point(|span| span.start < token.start);
        let before = next.checked_sub(1).and_then(|at| spans.get(at));
        before.is_some_and(|span| span.kind == Kind::DateOfBirth && token.start < span.end + 8)
    }

    /// `our dog Bruno`, `Modul Emilia`
    fn is_animal(&self, at: usize) -> bool {
        self.follows(at)
            && at.checked_sub(1).is_some_and(|before| {
                in_list(ANIMALS, self.word(before)) || in_list(SERIES, self.word(before))
            })
    }

    /// `my husband, Anders Rasmussen`, `unsere Nachbarin Frau Eze`, `my name is …`.
    pub(super) fn by_roles(&mut self) {
        for at in 0..self.tokens.len() {
            let is_role = self.words.roles.contains(self.word(at))
                && self.token(at).is_some_and(Token::is_word);
            if is_role {
                let mut from = at + 1;
                let comma = self.is(from, ",") || self.is(from, "(") || self.is(from, ":");
                from += usize::from(comma);
                // `Your line manager will be Xu Wei`
                let copula = (from..from + 2)
                    .take_while(|at| {
                        in_list(
                            "is was will be are ist wird war est sera es sera e wordt",
                            self.word(*at),
                        )
                    })
                    .count();
                if !comma && self.token(from + copula).is_some_and(Token::is_capital) {
                    from += copula;
                }
                let near = self.token(from).is_some_and(|token| {
                    token.gap != Gap::Wide
                        && self
                            .token(at)
                            .is_some_and(|role| token.line <= role.line + 1)
                });
                if !near {
                    continue;
                }
                let from = self.skip_titles(from);
                if self.is_small_given(from) {
                    self.mark(from, from + 1);
                }
                let Some(end) = self.run(from, true) else {
                    continue;
                };
                let given =
                    self.is_given(from) || self.is_unsure_given(from) || self.is_surname(end - 1);
                let words = (from..end).filter(|at| self.is_candidate(*at)).count();
                let possessed = (at.saturating_sub(3)..at).any(|at| {
                    self.folded.get(at).is_some_and(|word| word.ends_with("'s"))
                        || in_list(POSSESSIVES, self.word(at))
                });
                // A noun behind a German role is no name unless something else says so.
                let ends = self.token(end).is_none_or(|token| !token.is_capital());
                let pronoun = (at.saturating_sub(2)..at).any(|at| {
                    let word = self.word(at);
                    ["mein", "unser", "ihr", "sein", "dein", "eur"]
                        .iter()
                        .any(|pronoun| word.starts_with(pronoun))
                });
                let noun = NOUN_ENDS.iter().any(|end| self.word(from).ends_with(end))
                    || self.small.contains(self.word(from));
                let free = !self.is_german || comma || words >= 2 || (pronoun && !noun);
                // `electrician Davo, …`
                let is_plain = !self.is_german
                    && self.token(at).is_some_and(|role| !role.is_capital())
                    && !comma
                    && !in_list(
                        "client partner agent driver patient pupil director guardian guide",
                        self.word(at),
                    )
                    && !self.small.contains(self.word(from));
                // `NEW PATIENT INTAKE`
                let is_heading = self.token(at).is_some_and(|role| {
                    role.is_capital() && !role.text.contains(char::is_lowercase)
                });
                if given || ((possessed || is_plain) && ends && free && !is_heading) {
                    self.mark(from, end);
                    // `the twins (Leyla & Can)`
                    if in_list("and und et y e & i en", self.word(end))
                        && let Some(last) = self.run(end + 1, true)
                        && self.token(last).is_none_or(|token| !token.is_capital())
                    {
                        self.mark(end + 1, last);
                    } else if in_list("and und & et y", self.word(end))
                        && self.is_unsure_given(end + 1)
                        && self.is_any_name(end + 1)
                    {
                        self.mark(end + 1, end + 2);
                    }
                }
            }
            // `the Hynes family`
            let is_family = matches!(self.word(at), "family" | "household")
                && at >= 2
                && self.word(at - 2) == "the"
                && self.follows(at)
                && self.is_candidate(at - 1);
            if is_family {
                self.mark(at - 1, at);
            }
            for lead in self.words.leads {
                let matches = lead.iter().enumerate().all(|(offset, word)| {
                    self.folded
                        .get(at + offset)
                        .is_some_and(|folded| folded == word)
                });
                if !matches {
                    continue;
                }
                let mut from = at + lead.len();
                if self.is(from, ":") {
                    from += 1;
                }
                if self.token(from).is_some_and(|token| token.gap == Gap::Wide) {
                    continue;
                }
                let from = self.skip_titles(from);
                if self.is_small_given(from) {
                    self.mark(from, from + 1);
                }
                if let Some(end) = self.run(from, true) {
                    let is_person = at
                        .checked_sub(1)
                        .is_some_and(|before| in_list(PERSONS, self.word(before)));
                    let given = (from..end).any(|at| self.is_given(at))
                        || is_person && self.token(end).is_none_or(|token| !token.is_capital());
                    let words = (from..end).filter(|at| self.is_candidate(*at)).count();
                    let ends = self.token(end).is_none_or(|token| !token.is_capital());
                    let strong = lead.len() > 1
                        || matches!(
                            lead.first(),
                            Some(
                                &("namens"
                                    | "heisse"
                                    | "appelle"
                                    | "llamo"
                                    | "chiamo"
                                    | "nee"
                                    | "geborene"
                                    | "geborener")
                            )
                        );
                    // `this is Ambleforth Water` and `called Harbour` are of things as often.
                    let things = matches!(
                        lead.first(),
                        Some(
                            &("this"
                                | "called"
                                | "named"
                                | "heisst"
                                | "llama"
                                | "chiama"
                                | "signed"
                                | "alias"
                                | "genannt"
                                | "i")
                        )
                    );
                    if given
                        || (ends && strong && !things)
                        || (things && words >= 2 && ends && !self.is_german)
                    {
                        self.mark(from, end);
                    }
                }
            }
        }
    }

    /// Sequences that begin with a given name, and given names alone that are nothing else.
    pub(super) fn by_given_names(&mut self) {
        let has_persons = self.marked.contains(&true)
            || self.page.spans.iter().any(|span| span.kind != Kind::Url);
        let mut at = 0;
        while at < self.tokens.len() {
            let is_small = self.is_informal && self.is_small_given(at);
            if is_small {
                self.mark(at, at + 1);
            }
            let sure = self.is_given(at);
            let unsure = !sure && self.is_unsure_given(at);
            let usable = self.is_candidate(at)
                || unsure
                    && self.token(at).is_some_and(Token::is_capital)
                    && self.blocked.get(at) == Some(&false);
            if !(sure || unsure) || !usable {
                at += 1;
                continue;
            }
            let Some(end) = self.run(at, false) else {
                at += 1;
                continue;
            };
            let words = (at..end).filter(|at| self.is_candidate(*at)).count();
            let has_initial = (at..end).any(|at| self.is(at, "."));
            let follows_preposition = at
                .checked_sub(1)
                .is_some_and(|before| self.follows(at) && in_list(PLACE, self.word(before)));
            let article = at
                .checked_sub(1)
                .is_some_and(|before| self.follows(at) && in_list(ARTICLES, self.word(before)));
            let two_givens = words >= 2 && (at + 1..end).any(|at| self.is_given(at));
            let in_capitals = self
                .token(at)
                .is_some_and(|token| !token.text.contains(char::is_lowercase));
            // `"Emma"` is a book, `the Harley` a thing, and of `Aguas de Valdemar` the town is in an address.
            let quoted = at.checked_sub(1).is_some_and(|before| {
                in_list(
                    "\" “ „ « '",
                    self.token(before).map_or("", |token| token.text),
                )
            }) && self
                .token(end)
                .is_some_and(|token| matches!(token.text, "\"" | "”" | "“" | "»" | "'"));
            let alone = end == at + 1;
            // `Franklin 300`
            let is_model = self.token(end).is_some_and(|next| {
                next.kind == TokenKind::Number
                    && next.gap == Gap::Space
                    && self.blocked.get(end) == Some(&false)
            }) && !self
                .token(end + 1)
                .is_some_and(|next| in_list("years Jahre ans anni jaar ( ", next.text));
            // `Chair Charlotte`, in a text without anybody
            let is_noun = |at: usize| {
                self.token(at).is_some_and(|token| {
                    token.is_capital() && token.text.contains(char::is_lowercase)
                })
            };
            let is_born_in = alone && follows_preposition && self.follows_birth(at);
            let is_product = !has_persons
                && (at
                    .checked_sub(1)
                    .is_some_and(|before| self.follows(at) && is_noun(before))
                    || self.follows(end) && is_noun(end));
            let is_town = alone && self.places.contains(self.word(at));
            let is_thing = is_model
                || alone
                    && (quoted
                        || is_born_in
                        || is_product
                        || is_town
                        || follows_article_the(self, at)
                        || self
                            .token(at)
                            .is_some_and(|token| self.page.is_of_thing(token.start))
                        || self.is_animal(at));
            let is_code = in_capitals && alone && self.word(at).len() <= 4 && !self.is_in_capitals;
            let accepted = if unsure && in_capitals || is_thing || is_code {
                false
            } else if sure {
                words >= 2
                    || has_initial
                    || !(article && self.is_german && self.small.contains(self.word(at)))
            } else {
                let thing = follows_preposition || article;
                (words >= 2 || has_initial)
                    && (two_givens || !thing)
                    && !self.is_german_noun_pair(at, end)
            };
            if accepted {
                self.mark(at, end);
            }
            at = end;
        }
        // `LINDGREN/ASTRID MRS` on tickets.
        for at in 0..self.tokens.len() {
            if self.is_candidate(at)
                && self.is(at + 1, "/")
                && self.is_candidate(at + 2)
                && self.words.titles.contains(self.word(at + 3))
                && self.follows(at + 3)
            {
                self.mark(at, at + 3);
            }
        }
        // `Okoro, Flanagan, Szabo`: a list of which one is known.
        let mut at = 0;
        while at < self.tokens.len() {
            let mut end = at;
            let mut words = Vec::new();
            while self.is_candidate(end) && (words.is_empty() || self.follows(end)) {
                words.push(end);
                let goes_on =
                    self.is(end + 1, ",") && self.follows(end + 2) && self.is_candidate(end + 2);
                if !goes_on {
                    break;
                }
                end += 2;
            }
            let known = words
                .iter()
                .filter(|at| self.is_surname(**at) || self.is_given(**at))
                .count();
            let ends = words.last().is_some_and(|last| {
                self.token(last + 1)
                    .is_none_or(|next| !next.is_capital() || next.gap == Gap::Line)
            });
            if words.len() >= 3 && known * 2 >= words.len() && ends && !self.is_german {
                for at in &words {
                    self.mark(*at, at + 1);
                }
            }
            at = end.max(at) + 1;
        }
        // `ACHTELIK, Torben` in lists.
        for at in 0..self.tokens.len() {
            let begins = self
                .token(at)
                .is_some_and(|token| matches!(token.gap, Gap::Line | Gap::Wide))
                || at
                    .checked_sub(1)
                    .is_some_and(|before| in_list(BEFORE_ENTRY, self.word(before)));
            if begins
                && self.is_candidate(at)
                && self.is(at + 1, ",")
                && self
                    .token(at + 2)
                    .is_some_and(|token| token.gap == Gap::Space)
                && let first = self.skip_titles(at + 2)
                && self.is_candidate(first)
                && (self.is_given(first) || self.is_unsure_given(first) || first > at + 2)
                && self.token(first + 1).is_none_or(|token| {
                    matches!(token.gap, Gap::Line | Gap::Wide) || token.kind == TokenKind::Mark
                })
            {
                self.mark(at, at + 1);
                self.mark(first, first + 1);
            }
        }
        // `Leopold` at the end of a full line, and the surname in the next.
        for at in 1..self.tokens.len() {
            let long = self
                .token(at - 1)
                .is_some_and(|before| self.page.line_before(before.end()).chars().count() >= 50);
            let next_line =
                self.token(at)
                    .zip(self.token(at - 1))
                    .is_some_and(|(token, before)| {
                        token.gap == Gap::Line && token.line == before.line + 1
                    });
            if long
                && next_line
                && self.marked.get(at - 1) == Some(&true)
                && self.is_given(at - 1)
                && self.is_candidate(at)
                && (!self.is_german
                    || self
                        .token(at + 1)
                        .is_some_and(|token| token.kind == TokenKind::Mark))
            {
                let before_is_alone = at
                    .checked_sub(2)
                    .is_none_or(|before| self.marked.get(before) != Some(&true));
                if before_is_alone && let Some(end) = self.run(at, true) {
                    self.mark(at, end);
                }
            }
        }
    }

    /// Two or three unknown capital words inside a sentence, where nouns have small letters.
    pub(super) fn by_pairs(&mut self) {
        if self.is_german {
            return;
        }
        let mut at = 1;
        while at < self.tokens.len() {
            let Some(end) = self
                .run(at, false)
                .filter(|_| self.marked.get(at) == Some(&false))
            else {
                at += 1;
                continue;
            };
            let words = (at..end).filter(|at| self.is_candidate(*at)).count();
            let before = self.word(at - 1);
            let is_small = self
                .token(at - 1)
                .is_some_and(|token| token.is_word() && !token.is_capital());
            let is_mark = matches!(before, "," | "(" | "&" | ";");
            let of_place = in_list(BEFORE_THINGS, before);
            let is_acronym = self.token(at).is_some_and(|token| {
                token.text.chars().count() > 1 && !token.text.contains(char::is_lowercase)
            }) && self
                .token(end - 1)
                .is_some_and(|token| token.text.contains(char::is_lowercase));
            let unlike_words =
                !is_acronym && (at..end).all(|at| !self.small.contains(self.word(at)));
            let verb = self.token(end).is_some_and(|token| token.gap == Gap::Space)
                && PERSON_VERBS
                    .split_whitespace()
                    .any(|verb| verb == self.word(end));
            let ends = self
                .token(end)
                .is_none_or(|token| !token.is_capital() && !token.is("&"));
            let in_sentence = self.follows(at)
                && is_small
                && !of_place
                && (in_list(BEFORE_PERSONS, before)
                    || PERSON_VERBS.split_whitespace().any(|verb| verb == before)
                    || (at..end).any(|at| self.is_surname(at)));
            let begins = self.starts_sentence(at)
                || self.token(at).is_some_and(|token| token.gap == Gap::Line)
                || is_mark
                || of_place;
            if (2..=3).contains(&words) && unlike_words && ends && (in_sentence || (begins && verb))
            {
                self.mark(at, end);
            }
            at = end;
        }
    }

    /// In German `Rose Wagen` may be two nouns: both must not stand behind an article.
    pub(super) fn is_german_noun_pair(&self, at: usize, end: usize) -> bool {
        self.is_german && (at..end).all(|at| self.small.contains(self.word(at)))
    }

    /// `P. Rasmussen`, where nothing makes the letter a class or an option.
    pub(super) fn by_initials(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let Some(end) = self.initial(at).and_then(|_| self.run(at, true)) else {
                at += 1;
                continue;
            };
            let before = at.checked_sub(1);
            let free = self
                .token(at)
                .is_some_and(|token| matches!(token.gap, Gap::Line | Gap::Wide))
                || before.is_some_and(|before| {
                    self.token(before)
                        .is_some_and(|token| token.kind == TokenKind::Mark)
                        || in_list(BEFORE_INITIAL, self.word(before))
                        || self.words.titles.contains(self.word(before))
                });
            let is_name = (at..end).any(|at| {
                self.token(at)
                    .is_some_and(|token| token.is_capital() && token.text.chars().count() > 2)
            });
            let abbreviates = self.token(at).is_some_and(|token| {
                matches!(token.text, "V" | "E") && before.is_some_and(|before| self.is(before, "."))
            });
            if free && is_name && !abbreviates {
                self.mark(at, end);
            }
            at = end;
        }
    }
}
