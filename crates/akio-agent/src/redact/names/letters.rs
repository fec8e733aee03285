//! Names where letters have them: behind titles and greetings, above addresses, below the closing.

use super::{
    Names,
    words::{AFTER_GREETING, AFTER_NAME, AND, BEFORE_GREETING},
};
use crate::{
    reading::words::{Gap, Kind as TokenKind, Token},
    redact::{Kind, in_list},
};

impl Names<'_, '_> {
    /// `Mrs Lindqvist`, `Herrn Dr. Achtelik`.
    pub(super) fn by_titles(&mut self) {
        for at in 0..self.tokens.len() {
            if !self.words.titles.contains(self.word(at)) {
                continue;
            }
            let Some(token) = self.token(at) else {
                continue;
            };
            let short = token.text.chars().count() <= 2;
            // `m. Dupont` and `pr 5` are no titles, `the miss` is none; `de heer` and `dhr.` are.
            let long = token.text.chars().count() >= 4
                && !matches!(self.word(at), "miss" | "prof" | "familie");
            let is_dotted = self.is(at + 1, ".")
                && in_list(
                    "sig dott dr sra sr srta mevr mw prof ing avv mme",
                    self.word(at),
                );
            let is_small_title =
                long || is_dotted || in_list("dhr pan don hr fru juf", self.word(at));
            if !token.is_capital() && !is_small_title {
                continue;
            }
            let begins_name = at
                .checked_sub(1)
                .is_some_and(|before| self.initial(before).is_some());
            // `M.` and `D.` may be initials of a name.
            if short
                && matches!(self.word(at), "d" | "m" | "me" | "pr" | "mm")
                && (begins_name || !self.is(at + 1, ".") && !matches!(self.word(at), "me" | "pr"))
            {
                continue;
            }
            // `HR Business Partner`
            let is_department = token.text.len() == 2
                && token.text == token.text.to_uppercase()
                && self
                    .token(at + 1)
                    .is_some_and(|next| next.text.contains(char::is_lowercase));
            if is_department
                && !matches!(
                    self.word(at),
                    "mr" | "ms" | "dr" | "pc" | "dc" | "ps" | "ds" | "sn" | "rn"
                )
            {
                continue;
            }
            let mut from = self.skip_titles(at);
            if from == at {
                continue;
            }
            // `PC 4482 Hollis`
            let has_number = matches!(self.word(at), "pc" | "wpc" | "dc" | "sgt" | "constable");
            if has_number
                && self
                    .token(from)
                    .is_some_and(|token| token.kind == TokenKind::Number)
            {
                from += 1;
            }
            if let Some(end) = self.run(from, true) {
                self.mark(from, end);
                // `Maîtres Vaillancourt et Sicard`
                let is_plural = in_list(
                    "maitres messrs dres mesdames mmes mm eheleute",
                    self.word(at),
                );
                if is_plural
                    && in_list(AND, self.word(end))
                    && let Some(last) = self.run(end + 1, true)
                {
                    self.mark(end + 1, last);
                }
            } else if !short && self.is_any_name(from) && self.follows(from)
                || matches!(self.word(at), "mr" | "ms" | "dr")
                    && self.is_any_name(from)
                    && self.follows(from)
            {
                self.mark(from, from + 1);
            }
        }
    }

    /// `Dear Saoirse,`, `Liebe Anna, lieber Bo!`.
    pub(super) fn by_greetings(&mut self) {
        for at in 0..self.tokens.len() {
            if !self.words.greetings.contains(self.word(at)) {
                continue;
            }
            let Some(token) = self.token(at) else {
                continue;
            };
            // `Thanks Gav!`
            let begins = token.gap == Gap::Line
                || at
                    .checked_sub(1)
                    .is_some_and(|before| in_list(BEFORE_GREETING, self.word(before)));
            if !begins {
                continue;
            }
            let mut from = at + 1;
            while self.words.greetings.contains(self.word(from)) && self.follows(from) {
                from += 1;
            }
            if !self.follows(from) {
                continue;
            }
            let Some(end) = self.run_after_titles(from).or_else(|| self.run(from, true)) else {
                continue;
            };
            let behind = self.token(end);
            let ends = behind.is_none_or(|token| {
                matches!(token.gap, Gap::Line | Gap::Wide) || in_list(AFTER_GREETING, token.text)
            });
            if ends {
                self.mark_list(from, true);
            }
        }
    }

    /// The lines below `Kind regards,`, and what follows on its line.
    pub(super) fn by_signatures(&mut self) {
        let lines = self.lines();
        for (index, &(from, to)) in lines.iter().enumerate() {
            let first = self.first_of_line(from, to);
            let words: Vec<usize> = (first..to)
                .filter(|at| self.token(*at).is_some_and(Token::is_word))
                .collect();
            let is_closing = |at: &usize| self.words.closings.contains(self.word(*at));
            let comma =
                (first..to).find(|at| self.is(*at, ",") || self.is(*at, "!") || self.is(*at, ":"));
            let head = comma.unwrap_or(to);
            let in_head = words.iter().filter(|at| **at < head).count();
            // `Ihre Anna` closes, a sentence with `Ihre` does not.
            let pronouns = [
                "ihr", "ihre", "dein", "deine", "euer", "eure", "votre", "ton", "ta", "tuo", "tua",
                "ditt", "din", "deine", "bien", "signed",
            ];
            let closes = in_head <= 10
                && words
                    .iter()
                    .take_while(|at| **at < head)
                    .enumerate()
                    .any(|(place, at)| {
                        is_closing(at)
                            && (!pronouns.contains(&self.word(*at)) || (place == 0 && in_head <= 3))
                    });
            if !closes {
                continue;
            }
            // `Love, Marguerite and Fitz`; in a sentence something else follows.
            if let Some(comma) = comma.filter(|comma| comma + 1 < to && in_head <= 5) {
                if let Some(end) = self
                    .run_after_titles(comma + 1)
                    .or_else(|| self.run(comma + 1, true))
                {
                    let joins = self.token(end).is_none_or(|token| {
                        token.gap == Gap::Line || in_list(AFTER_NAME, token.text)
                    });
                    if joins {
                        self.mark_list(comma + 1, true);
                    }
                }
                continue;
            }
            let ends_as_closing = comma.is_none_or(|comma| comma + 1 == to) && in_head <= 10;
            if !ends_as_closing {
                continue;
            }
            let mut found = 0;
            for &(from, to) in lines.iter().skip(index + 1).take(4) {
                if to - from > 12 {
                    break;
                }
                let is_firm = (from..to).any(|at| {
                    self.is_organisation(at) && self.token(at).is_some_and(Token::is_capital)
                });
                // `P.`
                let is_letter = self
                    .token(from)
                    .is_some_and(|token| token.is_capital() && token.text.chars().count() == 1)
                    && (to == from + 1 || to == from + 2 && self.is(from + 1, "."));
                if is_letter && found == 0 {
                    if let Some(marked) = self.marked.get_mut(from) {
                        *marked = true;
                    }
                    break;
                }
                let Some((first, _)) = self.is_name_line(from, to).filter(|_| !is_firm) else {
                    if found > 0 {
                        break;
                    }
                    continue;
                };
                // Below the name stands what the person is: a name again only if it is surely one.
                if found > 0 && !self.is_given(first) {
                    break;
                }
                self.mark_list(first, true);
                found += 1;
            }
        }
    }

    /// `T.` on the last line, if the text has a name that begins with it.
    pub(super) fn by_last_letter(&mut self) {
        let lines = self.lines();
        let Some(&(from, to)) = lines.last().filter(|_| lines.len() > 3) else {
            return;
        };
        let letter = self.token(from).filter(|token| {
            token.is_capital() && token.text.chars().count() == 1 && token.gap == Gap::Line
        });
        let is_alone = to == from + 1 || to == from + 2 && self.is(from + 1, ".");
        let Some(letter) = letter.filter(|_| is_alone) else {
            return;
        };
        let letter = letter.text.to_lowercase();
        if self.known.iter().any(|name| name.starts_with(&letter))
            && let Some(marked) = self.marked.get_mut(from)
        {
            *marked = true;
        }
    }

    /// A name alone on the line above an address, and at the top or the end of a letter.
    pub(super) fn by_letterheads(&mut self) {
        let lines = self.lines();
        for (index, &(from, to)) in lines.iter().enumerate() {
            let Some((first, end)) = self.is_name_line(from, to).filter(|(_, end)| *end >= to)
            else {
                continue;
            };
            let words = (first..end).filter(|at| self.is_candidate(*at)).count();
            let given = (first..end).any(|at| self.is_given(at) || self.is_unsure_given(at));
            let starts_address = |line: Option<&(usize, usize)>| {
                line.is_some_and(|(from, _)| {
                    self.token(*from).is_some_and(|token| {
                        let span = self.span_at(token.start);
                        span.is_some_and(|span| span.kind == Kind::Address)
                            && self
                                .token(end - 1)
                                .is_some_and(|last| token.line == last.line + 1)
                    })
                })
            };
            let above_address = words >= 2 && starts_address(lines.get(index + 1));
            let is_end = index + 2 >= lines.len() && index > 2 && words >= 2 && !self.is_german;
            if above_address || (is_end && given) {
                self.mark(first, end);
            }
        }
    }
}
