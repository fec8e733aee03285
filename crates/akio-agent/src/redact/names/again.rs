//! Names that are known from elsewhere in the text: from an e-mail address, or from where they stood before.

use std::collections::HashSet;

use super::Names;
use crate::{
    reading::{
        dates, fold,
        words::{Kind as TokenKind, Token},
    },
    redact::{Kind, in_list},
};

impl Names<'_, '_> {
    /// Words of the text that are in the local part of an e-mail address: `t.achtelik@…`.
    pub(super) fn by_email_addresses(&mut self) {
        const OFFICES: &str = "info support help service contact kontakt office mail post team sales admin hello webmaster \
            noreply reply newsletter billing booking bookings reservation reservations secretary orders shop bewerbung jobs \
            personal buchhaltung rechnung verwaltung sekretariat accueil compta direction secretariat informazioni prenotazioni \
            hola contacto reception praxis empfang board vorstand kasse club verein garden house home family familie customer care desk finance legal hr marketing accounts payroll admissions enquiries \
            privacy data news jobs careers security noc abuse leitung eltern rates lettings rentals income events atencion ventas vendite assistenza klantenservice biuro";
        let mut parts: HashSet<String> = HashSet::new();
        let mut users: HashSet<String> = HashSet::new();
        for span in self
            .page
            .spans
            .iter()
            .filter(|span| span.kind == Kind::Email)
        {
            let email = fold(self.page.part(span.start, span.end));
            let local = email.split(['@', '(', '[']).next().unwrap_or_default();
            let is_office = local
                .split(|char: char| !char.is_alphabetic())
                .any(|part| OFFICES.split_whitespace().any(|office| office == part));
            if !is_office {
                users.insert(local.replace('.', ""));
            }
            parts.extend(
                local
                    .split(|char: char| !char.is_alphabetic())
                    .filter(|part| {
                        part.chars().count() >= 3
                            && !OFFICES.split_whitespace().any(|office| office == *part)
                    })
                    .map(str::to_owned),
            );
        }
        // Only with a name of the text at its end: `mhalvorsen`.
        users.retain(|user| {
            self.known
                .iter()
                .any(|name| name.len() >= 4 && user.ends_with(name.as_str()))
        });
        if parts.is_empty() {
            return;
        }
        for at in 0..self.tokens.len() {
            // The name of a user: the whole of it.
            let is_user = self.word(at).len() >= 5
                && users.contains(self.word(at))
                && self.blocked.get(at) == Some(&false);
            if is_user {
                if let Some(marked) = self.marked.get_mut(at) {
                    *marked = true;
                }
                continue;
            }
            if !self.is_candidate(at) {
                continue;
            }
            let word = self.word(at);
            let spelled = word.to_owned();
            let umlauts = self
                .token(at)
                .map(|token| {
                    fold(
                        &token
                            .text
                            .to_lowercase()
                            .replace('ä', "ae")
                            .replace('ö', "oe")
                            .replace('ü', "ue"),
                    )
                })
                .unwrap_or_default();
            let named = parts.contains(&spelled) || parts.contains(&umlauts);
            // `lvantongeren`, `adarasmussen`
            let joined = word.chars().count() >= 5
                && parts.iter().any(|part| {
                    part.len() > word.len() && part.len() <= word.len() + 8 && part.ends_with(word)
                });
            if (named || joined) && !self.small.contains(word) {
                self.mark(at, at + 1);
                // The word before or behind it is the other part of the name.
                let before = at.checked_sub(1).filter(|before| {
                    self.is_candidate(*before) && self.follows(at) && !self.is_german
                });
                if let Some(before) = before {
                    let begins = before
                        .checked_sub(1)
                        .is_none_or(|first| !self.is_candidate(first) || !self.follows(before));
                    if begins && !self.small.contains(self.word(before)) {
                        self.mark(before, at + 1);
                    }
                }
            }
        }
    }

    /// Whatever was found to be a name, wherever it stands with a capital letter, and the words that stand
    /// with it.
    pub(super) fn everywhere(&mut self) {
        for at in 0..self.tokens.len() {
            if self.marked.get(at) == Some(&true)
                || self.blocked.get(at) == Some(&true)
                || !self.token(at).is_some_and(Token::is_capital)
            {
                continue;
            }
            if !self.is_known(at) {
                continue;
            }
            if !self.is_firm(at, at + 1) && !self.is(at + 1, "&") {
                if let Some(marked) = self.marked.get_mut(at) {
                    *marked = true;
                }
                // The given name or initial in front of a known surname.
                let mut from = at;
                while let Some(before) = from.checked_sub(1) {
                    let joins = self.follows(from)
                        && (self.is_given(before) && self.is_candidate(before)
                            || self.is(before, ".")
                                && before.checked_sub(1).and_then(|at| self.initial(at))
                                    == Some(from)
                            || before.checked_sub(1).is_some()
                                && self.token(before).is_some_and(|token| {
                                    token.is_capital() && token.text.chars().count() == 1
                                }));
                    if !joins {
                        break;
                    }
                    from = before;
                }
                for at in from..at {
                    if let Some(marked) = self.marked.get_mut(at) {
                        *marked = true;
                    }
                }
            }
        }
        // Initials and given names in front of marked ones are part of them: `P. Rasmussen`, `Le Bihan`.
        for at in (1..self.tokens.len()).rev() {
            if self.marked.get(at) != Some(&true)
                || self.marked.get(at - 1) == Some(&true)
                || !self.follows(at)
            {
                continue;
            }
            let led = (self.word(at - 1).to_owned(), self.word(at).to_owned());
            if self.led.contains(&led)
                && let Some(marked) = self.marked.get_mut(at - 1)
            {
                *marked = true;
            }
            if self.is(at - 1, ".") && at >= 2 && self.initial(at - 2) == Some(at) {
                for before in [at - 1, at - 2] {
                    if let Some(marked) = self.marked.get_mut(before) {
                        *marked = true;
                    }
                }
            }
        }
    }

    /// Whether a word is one of a name that was found, also with the ending of a genitive.
    pub(super) fn is_known(&self, at: usize) -> bool {
        let word = self.word(at);
        let is_common = |word: &str| {
            self.words.common.contains(word)
                && !self.words.given.contains(word)
                && !self.words.unsure.contains(word)
        };
        let bare = word
            .strip_suffix('s')
            .or_else(|| word.strip_suffix('\''))
            .unwrap_or(word);
        if is_common(word) || word.chars().count() < 3 {
            return false;
        }
        // `in June`, `3 June`; but `June will write`.
        let is_month = dates::month(word).is_some();
        let before = at.checked_sub(1).map_or("", |before| self.word(before));
        let is_time = in_list(
            "in on by until since of from to end mid early late this next last per every",
            before,
        ) || before.starts_with(|char: char| char.is_ascii_digit())
            || self
                .token(at + 1)
                .is_some_and(|next| next.kind == TokenKind::Number);
        if is_month && is_time {
            return false;
        }
        if self.small.contains(word) && !self.words.given.contains(word) && self.starts_sentence(at)
        {
            return false;
        }
        self.known.contains(word)
            || (bare.chars().count() >= 3 && self.known.contains(bare))
            || word.split_once('-').is_some_and(|(first, last)| {
                self.known.contains(first)
                    && (self.known.contains(last) || self.words.given.contains(first))
            })
    }
}
