//! Names where forms and lists have them: behind labels, in columns, before numbers to call.

use std::collections::HashMap;

use super::{
    Names,
    words::{AFTER_NAME, AND, BEFORE_ENTRY, NAME_LABELS, OTHER_LABELS},
};
use crate::{
    reading::{
        fields::{Field, Link},
        fold,
        words::{Gap, Token},
    },
    redact::{Kind, in_list},
};

impl Names<'_, '_> {
    /// `Name: …`, columns of forms and tables, heads of e-mails, lists of those present.
    pub(super) fn by_labels(&mut self) {
        let page = self.page;
        for field in &page.fields {
            let label = fold(page.part(field.label.start, field.label.end));
            let words: Vec<&str> = label
                .split(|char: char| !char.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            if words.is_empty() || words.len() > 7 {
                continue;
            }
            let is_label = |word: &&str| {
                self.words.labels.contains(word)
                    || word
                        .strip_suffix('s')
                        .is_some_and(|one| self.words.labels.contains(one))
                    || [
                        "name",
                        "nehmer",
                        "nehmerin",
                        "inhaber",
                        "inhaberin",
                        "halter",
                        "halterin",
                        "geber",
                        "geberin",
                        "lehrer",
                        "lehrerin",
                        "berechtigte",
                        "berechtigter",
                        "partner",
                        "partnerin",
                        "leiter",
                        "leiterin",
                    ]
                    .iter()
                    .any(|end| word.len() > end.len() + 2 && word.ends_with(end))
            };
            // The word that counts is the last of a label, or the first: `Name of the pupil`, `Mother's name`.
            let names_person = words
                .iter()
                .take(1)
                .chain(words.iter().rev().take(2))
                .any(is_label);
            let is_other = words.iter().any(|word| in_list(OTHER_LABELS, word));
            if !names_person || is_other {
                continue;
            }
            // `first_name,surname`: whatever stands there is one, though it may be a word or a month.
            let is_part = words
                .iter()
                .all(|word| in_list(NAME_LABELS, word) || in_list("name names", word))
                && words.iter().any(|word| in_list(NAME_LABELS, word));
            let header =
                page.line_after(field.label.start - page.line_before(field.label.start).len());
            let is_sure = match field.link {
                Link::Column => header.contains([',', ';', '\t', '|']),
                Link::Below => false,
                _ => true,
            };
            if is_part && is_sure && self.mark_part(field) {
                continue;
            }
            let sure = !words
                .iter()
                .any(|word| self.words.open_labels.contains(word));
            let from = page.token_at(field.value.start);
            let to = page.token_at(field.value.end);
            let loose = matches!(field.link, Link::Below | Link::Beside | Link::Column);
            // What ends with a colon is a label itself.
            let is_label_itself = self.is(to, ":") || to > from && self.is(to - 1, ":");
            if loose && (words.len() > 3 || is_label_itself) {
                continue;
            }
            // The line below a title is seldom its value.
            let is_last = words.last().is_some_and(is_label);
            if field.link == Link::Below && (!is_last || self.is_name_line(from, to).is_none()) {
                continue;
            }
            self.mark_value(from, to, sure);
        }
    }

    /// Marks the value of a label such as `surname`, if it is a few words, in small letters too.
    fn mark_part(&mut self, field: &Field) -> bool {
        let from = self.page.token_at(field.value.start);
        let to = self.page.token_at(field.value.end);
        let is_short = from < to && to - from <= 4 && self.token(from).is_some_and(Token::is_word);
        let is_name = (from..to).all(|at| {
            self.is_any_name(at) || self.words.particles.contains(self.word(at)) || self.is(at, ".")
        });
        let is_small = field.link == Link::Colon
            && to - from <= 2
            && (from..to).all(|at| {
                self.blocked.get(at) == Some(&false)
                    && self.token(at).is_some_and(Token::is_word)
                    && !self.words.labels.contains(self.word(at))
            });
        if !is_short || !(is_name || is_small) {
            return false;
        }
        self.mark(from, to);
        true
    }

    /// Names in a value: all parts that commas, semicolons or brackets separate.
    pub(super) fn mark_value(&mut self, from: usize, to: usize, sure: bool) {
        let mut at = from;
        let mut is_first = true;
        while at < to {
            let begins = is_first || in_list(AND, self.word(at.saturating_sub(1)));
            if begins {
                let first = self.skip_titles(self.first_of_line(at, to));
                if let Some(end) = self.run(first, true).filter(|end| *end <= to) {
                    let given =
                        (first..end).any(|at| self.is_given(at) || self.is_unsure_given(at));
                    let words = (first..end).filter(|at| self.is_candidate(*at)).count();
                    let whole = self.token(end).is_none_or(|token| {
                        end >= to || in_list(AFTER_NAME, token.text) || token.gap == Gap::Wide
                    });
                    let titled = first > at;
                    // Behind an open label a firm or a department may stand, and behind the first comma a town.
                    let listed = at > from && self.is(at - 1, ";");
                    // `Aksoy, Defne`: the given name ends the value.
                    let is_given_behind = sure
                        && end == to
                        && words <= 2
                        && at > from
                        && self.is(at - 1, ",")
                        && self.marked.get(at.saturating_sub(2)) == Some(&true);
                    let accepted = titled
                        || given
                        || (whole && words >= 2 && listed)
                        || is_given_behind
                        || (whole
                            && if is_first {
                                sure || words >= 2
                            } else {
                                sure && words >= 2
                            });
                    if accepted {
                        self.mark(first, end);
                    }
                    at = end.max(at + 1);
                    is_first = false;
                    continue;
                }
            }
            is_first = false;
            at += 1;
        }
    }

    /// `Giles Thornbury, 07700 900 562`: words before a telephone number or an e-mail address of a list.
    pub(super) fn by_contact_lines(&mut self) {
        let lines = self.lines();
        for &(from, to) in &lines {
            let reachable = (from..to).any(|at| {
                self.blocked.get(at) == Some(&true)
                    && self.token(at).is_some_and(|token| {
                        self.span_at(token.start).is_some_and(|span| {
                            matches!(span.kind, Kind::Phone | Kind::Email | Kind::Address)
                        })
                    })
            });
            if !reachable {
                continue;
            }
            for at in from..to {
                let begins = at == from
                    || self.token(at).is_some_and(|token| token.gap == Gap::Wide)
                    || in_list(BEFORE_ENTRY, self.word(at - 1));
                let of_thing =
                    at >= 2 && self.is(at - 1, ":") && in_list(OTHER_LABELS, self.word(at - 2));
                if !begins || of_thing || self.marked.get(at) == Some(&true) {
                    continue;
                }
                let first = self.skip_titles(at);
                let Some(end) = self.run(first, true) else {
                    continue;
                };
                let words = (first..end).filter(|at| self.is_candidate(*at)).count();
                let separated = self.token(end).is_some_and(|token| {
                    end < to
                        && (token.gap == Gap::Wide
                            || in_list(AFTER_NAME, token.text)
                            || self.blocked.get(end) == Some(&true))
                });
                // `Iqbal, 33 Cumberland Ave`
                let at_home = self.is(end, ",")
                    && self.token(end + 1).is_some_and(|token| {
                        self.span_at(token.start)
                            .is_some_and(|span| span.kind == Kind::Address)
                    })
                    && (first..end).all(|at| !self.small.contains(self.word(at)));
                let is_heading = self
                    .token(first)
                    .is_some_and(|token| !token.text.contains(char::is_lowercase))
                    && !self.is_in_capitals
                    && !(first..end).any(|at| self.is_given(at) || self.is_surname(at));
                if (words >= 2 || at_home && words == 1)
                    && !is_heading
                    && separated
                    && !self.is_german
                    && !self.is(end, ":")
                {
                    self.mark(first, end);
                }
            }
        }
    }

    /// `[14/06/2025, 18:02] Marta: …`: who speaks in a chat, behind the time.
    pub(super) fn by_speakers(&mut self) {
        let lines = self.lines();
        let mut lines_of: HashMap<String, usize> = HashMap::new();
        for (from, _) in &lines {
            if self.is(from + 1, ":") {
                *lines_of.entry(self.word(*from).to_owned()).or_default() += 1;
            }
        }
        for (from, to) in lines {
            let Some(colon) = (from..to).find(|at| {
                self.is(*at, ":") && self.token(at + 1).is_some_and(|next| next.gap != Gap::None)
            }) else {
                continue;
            };
            let head = (from..colon).rev().take_while(|at| {
                self.token(*at)
                    .is_some_and(|token| token.is_word() || token.is("'"))
            });
            let Some(first) = head.last() else { continue };
            let is_timed = first > from
                && self
                    .token(from)
                    .is_some_and(|token| token.is("[") || self.page.date_at(token.start).is_some());
            let begins = self.is(first.saturating_sub(1), "]")
                || self.is(first.saturating_sub(1), "-")
                || self.is(first.saturating_sub(1), ",")
                || self
                    .token(first.saturating_sub(1))
                    .is_some_and(|token| !token.is_word() && !token.is("."));
            let is_speaker = is_timed && begins
                || first == from
                    && colon == first + 1
                    && self.is_unsure_given(first)
                    && lines_of
                        .get(self.word(first))
                        .is_some_and(|lines| *lines > 1);
            if is_speaker && colon - first <= 4 && self.is_any_name(first) {
                self.mark(first, colon);
            }
        }
    }

    /// Columns and lists that hold names, by those of their cells that are known to be some.
    pub(super) fn by_columns(&mut self) {
        let lines = self.lines();
        let mut from = 0;
        while from < lines.len() {
            let cells = |line: usize| {
                lines
                    .get(line)
                    .map_or_else(Vec::new, |line| self.cells(*line))
            };
            let width = cells(from).len();
            let to = (from + 1..lines.len())
                .find(|line| cells(*line).len() != width || !self.is_next_line(&lines, *line))
                .unwrap_or(lines.len());
            let block: Vec<Vec<(usize, usize)>> = (from..to).map(cells).collect();
            for column in 0..width {
                let shaped: Vec<(usize, usize)> = block
                    .iter()
                    .filter_map(|row| row.get(column))
                    .filter_map(|(from, to)| self.is_name_cell(*from, *to))
                    .collect();
                let known = shaped
                    .iter()
                    .filter(|(from, _)| self.marked.get(*from) == Some(&true));
                let known = known.count();
                if width >= 2 && known >= 2 && known * 2 > block.len() {
                    for (from, to) in shaped {
                        self.mark(from, to);
                    }
                }
            }
            from = to.max(from + 1);
        }
    }

    fn is_next_line(&self, lines: &[(usize, usize)], line: usize) -> bool {
        let number = |line: usize| {
            let (from, _) = lines.get(line)?;
            self.token(*from).map(|token| token.line)
        };
        let before = line.checked_sub(1).and_then(number);
        number(line)
            .zip(before)
            .is_some_and(|(line, before)| line == before + 1)
    }

    /// The cells of a line, which wide gaps or bars separate.
    fn cells(&self, (from, to): (usize, usize)) -> Vec<(usize, usize)> {
        let mut cells = Vec::new();
        let mut first = from;
        for at in from + 1..=to {
            let ends = at == to
                || self
                    .token(at)
                    .is_some_and(|token| token.gap == Gap::Wide || token.is("|"));
            if ends {
                cells.push((first, at));
                first = at;
            }
        }
        cells
    }

    /// A cell that is a name and nothing else: `Harriet Vane`, `Fitzroy, A.`.
    fn is_name_cell(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let first = self.skip_titles(self.first_of_line(from, to));
        let end = self.run(first, true)?;
        let given = if self.is(end, ",") && end + 1 < to {
            self.initial(end + 1).or_else(|| self.run(end + 1, false))
        } else {
            None
        };
        let end = given.unwrap_or(end);
        (end >= to && end > first).then_some((first, to))
    }
}
