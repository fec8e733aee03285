//! Names of firms, clubs, houses and streets, which are none of persons.

use super::{
    Names,
    words::{ANIMALS, HOUSES, THINGS},
};
use crate::reading::words::{Gap, Token};
use crate::redact::in_list;

impl Names<'_, '_> {
    pub(super) fn is_organisation(&self, at: usize) -> bool {
        let word = self.word(at);
        // `OG` is a firm, `Óg` a person.
        let is_lower = self
            .token(at)
            .is_some_and(|token| token.text.contains(char::is_lowercase));
        if is_lower && in_list("og se as ag kg ug sa", word) {
            return false;
        }
        self.words.organisations.contains(word)
            || [
                "gmbh",
                "verein",
                "bank",
                "schule",
                "kasse",
                "amt",
                "werke",
                "verwaltung",
                "versicherung",
                "klinik",
                "verband",
                "zentrum",
                "apotheke",
                "stichting",
                "vereniging",
                "vets",
                "makerij",
                "bedrijf",
                "winkel",
                "handel",
                "betrieb",
                "werkstatt",
            ]
            .iter()
            .any(|end| word.len() > end.len() && word.ends_with(end))
    }

    /// Whether a run is or begins one of the firms and places that are called like a person.
    fn is_namesake(&self, from: usize) -> bool {
        const NAMESAKES: &str = "john-lewis thomas-cook jack-daniel aston-martin wells-fargo calvin-klein tommy-hilfiger ralph-lauren \
            louis-vuitton harley-davidson morgan-stanley charles-schwab jp-morgan martin-luther santa-fe santa-monica santa-barbara \
            san-jose mercedes-benz alfa-romeo rolls-royce johnnie-walker captain-morgan earl-grey granny-smith jim-beam \
            albert-heijn leroy-merlin \
            hugo-boss paul-smith ted-baker laura-ashley kate-spade jimmy-choo";
        let behind = self.word(from + 1);
        let before = from.checked_sub(1).map_or("", |before| self.word(before));
        in_list(NAMESAKES, &format!("{}-{behind}", self.word(from)))
            || in_list(NAMESAKES, &format!("{before}-{}", self.word(from)))
            || before == "&"
                && from.checked_sub(2).is_some_and(|first| {
                    matches!(
                        (self.word(first), self.word(from)),
                        ("marks", "spencer")
                            | ("ben", "jerry")
                            | ("johnson", "johnson")
                            | ("ernst", "young")
                    )
                })
    }

    /// Whether a run is the name of a firm, a club, a street or a house: one of its neighbours says so.
    pub(super) fn is_firm(&self, from: usize, to: usize) -> bool {
        if self.is_namesake(from) {
            return true;
        }
        let behind = self
            .token(to)
            .filter(|token| matches!(token.gap, Gap::None | Gap::Space));
        if let Some(token) = behind {
            if token.is_capital() && self.is_organisation(to)
                || to > from && self.is_inside_firm(to - 1)
            {
                return true;
            }
            // `Grace Period`, `Percy the Penguin`
            let is_thing = |at: usize| {
                self.token(at).is_some_and(Token::is_capital) && in_list(THINGS, self.word(at))
            };
            let is_creature = to == from + 1
                && matches!(token.text, "the" | "der" | "die" | "le" | "la" | "el")
                && self.token(to + 1).is_some_and(Token::is_capital);
            // `a Granny Smith apple`
            let is_kind = in_list("apple apples syndrome disease cake", self.word(to));
            // `Energia Chiara S.p.A.`
            let is_legal_form = token.text == "S"
                && self.is(to + 1, ".")
                && self.token(to + 2).is_some_and(|next| {
                    next.gap == Gap::None && next.is_word() && next.text.len() == 1
                });
            if is_legal_form {
                return true;
            }
            // `Minoes (kat, 6 jaar)`
            let is_animal = matches!(token.text, "(" | ",") && in_list(ANIMALS, self.word(to + 1));
            if is_thing(to)
                || is_kind
                || is_animal
                || is_creature
                || to > from + 1 && is_thing(to - 1)
            {
                return true;
            }
            // `Perlman & Daughters Bookbinders`, `Meier & Co`
            let joined = token.is("&") || token.is("+");
            if joined
                && (self.is_organisation(to + 1)
                    || self.is_organisation(to + 2)
                    || (self.words.common.contains(self.word(to + 1))
                        && !self.words.unsure.contains(self.word(to + 1))
                        && !self.words.titles.contains(self.word(to + 1))
                        && self.token(to + 1).is_some_and(Token::is_capital)))
            {
                return true;
            }
            if joined
                && self.run(to + 1, true).is_some_and(|end| {
                    self.follows(end)
                        && self.is_organisation(end)
                        && self.token(end).is_some_and(Token::is_capital)
                })
            {
                return true;
            }
            if token.gap == Gap::Space
                && token.is_capital()
                && self
                    .token(to + 1)
                    .is_some_and(|token| token.is_capital() && token.gap == Gap::Space)
                && self.is_organisation(to + 1)
                && !self.is_candidate(to)
            {
                return true;
            }
        }
        let Some(before) = from.checked_sub(1) else {
            return false;
        };
        if !self.follows(from) {
            return false;
        }
        // `Café Anna`, `Hotel Astoria`, `St. Martin`, `Oak & Iron`
        let word = self.word(before);
        let is_place = self.token(before).is_some_and(Token::is_capital)
            && (self.is_organisation(before)
                && !matches!(word, "co" | "team" | "ab" | "as" | "ag" | "sa" | "se")
                || in_list(HOUSES, word));
        let is_saint = self.is(before, ".")
            && before
                .checked_sub(1)
                .is_some_and(|at| matches!(self.word(at), "st" | "ste"));
        is_place || is_saint
    }

    /// Whether a capital word further on in the same sequence makes it a firm: `Rasmussen Marine Services`.
    pub(super) fn is_inside_firm(&self, at: usize) -> bool {
        let mut rest = (at + 1..at + 5).take_while(|index| {
            let goes_on = |token: &Token<'_>| token.is_capital() || token.is("&");
            self.follows(*index) && self.token(*index).is_some_and(goes_on)
        });
        rest.any(|index| {
            self.is_organisation(index) && self.token(index).is_some_and(Token::is_capital)
        })
    }
}
