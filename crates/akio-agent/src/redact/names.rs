//! Names of persons.
//!
//! No list has all names, so most are known by what stands around them: a title, a greeting, a signature,
//! a label, a role, a given name in front, the person's own e-mail address. What was found once for
//! a good reason is then a name wherever it stands.

use std::collections::HashSet;

use super::{
    Kind, Page, Span,
    name_words::{
        AFTER_GREETING, AFTER_NAME, AND, ARTICLES, BEFORE_ENTRY, BEFORE_GREETING, BEFORE_INITIAL,
        BEFORE_THINGS, DEGREES, HOUSES, JOINING, NameWords, OTHER_LABELS, PLACE, POSSESSIVES,
        in_list,
    },
};
use crate::reading::{
    dates,
    fields::Link,
    fold,
    words::{Gap, Kind as TokenKind, Token},
};

/// Ends of German nouns that no surname has.
const NOUN_ENDS: [&str; 12] = [
    "ung", "ungen", "heit", "keit", "schaft", "nummer", "termin", "vertrag", "ion", "tat", "datum",
    "zeit",
];

/// What persons do, and things seldom.
const PERSON_VERBS: &str = "said says asked asks called calls wrote writes told tells reported reports agreed agrees lives \
    lived works worked thinks wants wanted arrived arrives signed saw attended brings brought takes took knows knew \
    promised promises suggested suggests replied answered explained confirmed noted apologised joined resigned met noticed heard found opened sent gave paid left lost kept bought sold borrowed \
    returned helped invited claims claimed confirms complained complains owes collected collects teaches taught cooks sings \
    drove visited phoned rang emailed thanked dit demande appelle habite travaille ecrit pense veut arrive \
    dijo dice vive trabaja quiere llama disse vive lavora vuole chiama scrive zegt woont werkt belt";

/// Most capital words of one name.
const MAX_WORDS: usize = 5;

pub(super) fn take(page: &mut Page<'_>) {
    page.spans.sort_unstable_by_key(|span| span.start);
    let mut names = Names::new(page);
    names.by_titles();
    names.by_greetings();
    names.by_signatures();
    names.by_labels();
    names.by_roles();
    names.by_given_names();
    names.by_pairs();
    names.by_initials();
    names.by_letterheads();
    names.by_contact_lines();
    names.by_email_addresses();
    names.everywhere();
    let spans = names.spans();
    for (start, end) in spans {
        page.take(Kind::Name, start, end);
    }
}

struct Names<'p, 't> {
    page: &'p Page<'t>,
    tokens: &'p [Token<'t>],
    folded: Vec<String>,
    words: NameWords,
    /// Tokens that other spans have taken.
    blocked: Vec<bool>,
    /// Tokens that are part of a name.
    marked: Vec<bool>,
    /// Words of names, as lists have them.
    known: HashSet<String>,
    /// Small words and the words of names behind them: `Le` and `Bihan`.
    led: HashSet<(String, String)>,
    /// Words that also stand in small letters.
    small: HashSet<String>,
    /// Nouns have capital letters.
    is_german: bool,
}

impl<'p, 't> Names<'p, 't> {
    fn new(page: &'p Page<'t>) -> Self {
        let tokens = &page.tokens;
        let folded: Vec<String> = tokens.iter().map(|token| fold(token.text)).collect();
        let count = |words: &str| {
            folded
                .iter()
                .filter(|word| words.split(' ').any(|known| known == word.as_str()))
                .count()
        };
        let german = count(
            "der die das und ist nicht den mit fur von zu sie ich auf im wir ein eine ihr ihre am bei",
        );
        let other = count(
            "the and of to is in for le la les et est que el los una il che per con het een en your you des du",
        );
        let small = tokens
            .iter()
            .zip(&folded)
            .filter(|(token, _)| token.is_word() && !token.is_capital())
            .map(|(_, folded)| folded.clone())
            .collect();
        Self {
            blocked: tokens
                .iter()
                .map(|token| !page.is_free(token.start, token.end()))
                .collect(),
            marked: vec![false; tokens.len()],
            page,
            tokens,
            folded,
            words: NameWords::new(),
            known: HashSet::new(),
            led: HashSet::new(),
            small,
            is_german: german > other,
        }
    }

    fn token(&self, at: usize) -> Option<&'p Token<'t>> {
        self.tokens.get(at)
    }

    /// The word at a token as lists have it, without the end of the possessive.
    fn word(&self, at: usize) -> &str {
        let word = self.folded.get(at).map_or("", String::as_str);
        word.strip_suffix("'s").unwrap_or(word)
    }

    fn is(&self, at: usize, mark: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(mark))
    }

    /// Whether a token stands directly behind the one before it, on the same line.
    fn follows(&self, at: usize) -> bool {
        self.token(at)
            .is_some_and(|token| matches!(token.gap, Gap::None | Gap::Space))
    }

    fn is_given(&self, at: usize) -> bool {
        self.is_known_given(self.word(at))
    }

    /// Whether a word, or the first part of a word with a hyphen, is a given name.
    fn is_known_given(&self, word: &str) -> bool {
        let is_either =
            |part: &str| self.words.given.contains(part) || self.words.unsure.contains(part);
        self.words.given.contains(word)
            || word
                .split_once('-')
                .is_some_and(|(first, last)| is_either(first) && is_either(last))
    }

    fn is_unsure_given(&self, at: usize) -> bool {
        self.words.unsure.contains(self.word(at))
    }

    fn is_organisation(&self, at: usize) -> bool {
        let word = self.word(at);
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
            ]
            .iter()
            .any(|end| word.len() > end.len() && word.ends_with(end))
    }

    /// A word with a capital letter that can be part of a name.
    fn is_candidate(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else {
            return false;
        };
        let word = self.word(at);
        token.is_capital()
            && self.blocked.get(at) == Some(&false)
            && token.text.chars().count() > 1
            && token.text.chars().all(|char| !char.is_ascii_digit())
            && (self.is_known_given(word) || !self.words.common.contains(word))
            && !self.words.titles.contains(word)
            && (!self.words.labels.contains(word)
                || self.is_known_given(word)
                || self.words.unsure.contains(word))
            && (self.is_known_given(word) || dates::month(token.text).is_none())
            && !self.is_organisation(at)
    }

    /// `P.` or `J.-P.`: the token behind it.
    fn initial(&self, at: usize) -> Option<usize> {
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
    fn run(&self, at: usize, surname: bool) -> Option<usize> {
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
                {
                    end = Some(next);
                }
                break;
            }
            // `Thi Mai Nguyen`
            let is_month = words > 0
                && self.is_candidate(index + 1)
                && self.follows(index + 1)
                && self
                    .token(index)
                    .is_some_and(|token| token.is_capital() && dates::month(token.text).is_some())
                && self.blocked.get(index) == Some(&false);
            if self.is_candidate(index) || is_month {
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
            break;
        }
        end.filter(|_| words > 0)
    }

    /// Whether particles from here on lead to a capital word.
    fn particle_leads(&self, at: usize, inside: bool) -> bool {
        for index in at..at + 3 {
            if index > at && !self.follows(index) {
                return false;
            }
            if index > at && self.is_candidate(index) {
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
    fn is_nickname(&self, at: usize) -> bool {
        self.is_candidate(at + 1)
            && self.follows(at + 1)
            && self.token(at + 2).is_some_and(|token| {
                matches!(token.text, "'" | "’" | "\"" | "“" | "”") && token.gap == Gap::None
            })
            && self.is_candidate(at + 3)
    }

    /// Whether a run is the name of a firm, a club, a street or a house: one of its neighbours says so.
    fn is_firm(&self, from: usize, to: usize) -> bool {
        let behind = self
            .token(to)
            .filter(|token| matches!(token.gap, Gap::None | Gap::Space));
        if let Some(token) = behind {
            if token.is_capital() && self.is_organisation(to) {
                return true;
            }
            // `Perlman & Daughters Bookbinders`, `Meier & Co`
            let joined = token.is("&") || token.is("+");
            if joined
                && (self.is_organisation(to + 1)
                    || self.is_organisation(to + 2)
                    || (self.words.common.contains(self.word(to + 1))
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

    /// Marks a run, if it is none of a firm.
    fn mark(&mut self, from: usize, to: usize) {
        if self.is_firm(from, to) {
            return;
        }
        for at in from..to {
            if let Some(marked) = self.marked.get_mut(at) {
                *marked = true;
            }
            if at > from && self.words.particles.contains(self.word(at - 1)) {
                let led = (self.word(at - 1).to_owned(), self.word(at).to_owned());
                self.led.insert(led);
            }
            if self.is_candidate(at) {
                let word = self.word(at).to_owned();
                for part in word.split('-').filter(|part| part.chars().count() >= 4) {
                    self.known.insert(part.to_owned());
                }
                self.known.insert(word);
            }
        }
    }

    /// Marks names that `and`, `&` or commas join, from a token on; the token behind the last.
    fn mark_list(&mut self, at: usize, surname: bool) -> usize {
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

    fn skip_titles(&self, at: usize) -> usize {
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

    fn run_after_titles(&self, at: usize) -> Option<usize> {
        let from = self.skip_titles(at);
        if from == at {
            return None;
        }
        self.run(from, true)
    }

    /// `Mrs Lindqvist`, `Herrn Dr. Achtelik`.
    fn by_titles(&mut self) {
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
            if !token.is_capital()
                && !long
                && !matches!(self.word(at), "dhr" | "pan" | "don" | "hr" | "fru")
            {
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
            let from = self.skip_titles(at);
            if from == at {
                continue;
            }
            if let Some(end) = self.run(from, true) {
                self.mark(from, end);
                // `Herr und Frau Müller`, `Mr Smith and Jones`
            }
        }
    }

    /// `Dear Saoirse,`, `Liebe Anna, lieber Bo!`.
    fn by_greetings(&mut self) {
        for at in 0..self.tokens.len() {
            if !self.words.greetings.contains(self.word(at)) {
                continue;
            }
            let Some(token) = self.token(at) else {
                continue;
            };
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

    /// The span of another kind that a position is in.
    fn span_at(&self, position: usize) -> Option<&Span> {
        let next = self
            .page
            .spans
            .partition_point(|span| span.start <= position);
        let span = self.page.spans.get(next.checked_sub(1)?)?;
        (position < span.end).then_some(span)
    }

    /// The lines of the text as ranges of tokens.
    fn lines(&self) -> Vec<(usize, usize)> {
        let mut lines = Vec::new();
        let mut from = 0;
        for at in 1..=self.tokens.len() {
            if self.token(at).is_none_or(|token| token.gap == Gap::Line) {
                lines.push((from, at));
                from = at;
            }
        }
        lines
    }

    /// The token behind marks at the beginning of a line: bullets, quotes, dashes.
    fn first_of_line(&self, from: usize, to: usize) -> usize {
        (from..to)
            .find(|at| {
                self.token(*at)
                    .is_some_and(|token| token.kind != TokenKind::Mark)
            })
            .unwrap_or(to)
    }

    /// Whether a line is a name and nothing else, but for a role behind a comma or in brackets.
    fn is_name_line(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let first = self.skip_titles(self.first_of_line(from, to));
        let end = self.run(first, true)?;
        let behind = self.token(end);
        let ends = end >= to
            || behind
                .is_some_and(|token| token.gap == Gap::Wide || in_list(AFTER_NAME, token.text));
        ends.then_some((first, end))
    }

    /// The lines below `Kind regards,`, and what follows on its line.
    fn by_signatures(&mut self) {
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

    /// `Name: …`, columns of forms and tables, heads of e-mails, lists of those present.
    fn by_labels(&mut self) {
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
            let sure = !words
                .iter()
                .any(|word| self.words.open_labels.contains(word));
            let from = page.token_at(field.value.start);
            let to = page.token_at(field.value.end);
            let loose = matches!(field.link, Link::Below | Link::Beside | Link::Column);
            if loose && words.len() > 3 {
                continue;
            }
            if field.link == Link::Below && self.is_name_line(from, to).is_none() {
                continue;
            }
            self.mark_value(from, to, sure);
        }
    }

    /// Names in a value: all parts that commas, semicolons or brackets separate.
    fn mark_value(&mut self, from: usize, to: usize, sure: bool) {
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
                    let accepted = titled
                        || given
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

    /// `my husband, Anders Rasmussen`, `unsere Nachbarin Frau Eze`, `my name is …`.
    fn by_roles(&mut self) {
        for at in 0..self.tokens.len() {
            let is_role = self.words.roles.contains(self.word(at))
                && self.token(at).is_some_and(Token::is_word);
            if is_role {
                let mut from = at + 1;
                let comma = self.is(from, ",") || self.is(from, "(") || self.is(from, ":");
                from += usize::from(comma);
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
                let Some(end) = self.run(from, true) else {
                    continue;
                };
                let given = self.is_given(from) || self.is_unsure_given(from);
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
                if given || (possessed && ends && free) {
                    self.mark(from, end);
                }
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
                if let Some(end) = self.run(from, true) {
                    let given = (from..end).any(|at| self.is_given(at));
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
    fn by_given_names(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
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
            let accepted = if unsure && in_capitals {
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
                && self.is_candidate(at + 2)
                && (self.is_given(at + 2) || self.is_unsure_given(at + 2))
                && self.token(at + 3).is_none_or(|token| {
                    matches!(token.gap, Gap::Line | Gap::Wide) || token.kind == TokenKind::Mark
                })
            {
                self.mark(at, at + 1);
                self.mark(at + 2, at + 3);
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
    fn by_pairs(&mut self) {
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
            let unlike_words = (at..end).all(|at| !self.small.contains(self.word(at)));
            let verb = self.token(end).is_some_and(|token| token.gap == Gap::Space)
                && PERSON_VERBS
                    .split_whitespace()
                    .any(|verb| verb == self.word(end));
            let ends = self
                .token(end)
                .is_none_or(|token| !token.is_capital() && !token.is("&"));
            let in_sentence = self.follows(at) && is_small && !of_place;
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
    fn is_german_noun_pair(&self, at: usize, end: usize) -> bool {
        self.is_german && (at..end).all(|at| self.small.contains(self.word(at)))
    }

    /// `P. Rasmussen`, where nothing makes the letter a class or an option.
    fn by_initials(&mut self) {
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

    /// A name alone on the line above an address, and at the top or the end of a letter.
    fn by_letterheads(&mut self) {
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

    /// `Giles Thornbury, 07700 900 562`: words before a telephone number or an e-mail address of a list.
    fn by_contact_lines(&mut self) {
        let lines = self.lines();
        for &(from, to) in &lines {
            let reachable = (from..to).any(|at| {
                self.blocked.get(at) == Some(&true)
                    && self.token(at).is_some_and(|token| {
                        self.span_at(token.start)
                            .is_some_and(|span| matches!(span.kind, Kind::Phone | Kind::Email))
                    })
            });
            if !reachable {
                continue;
            }
            for at in from..to {
                let begins = at == from
                    || self.token(at).is_some_and(|token| token.gap == Gap::Wide)
                    || in_list(BEFORE_ENTRY, self.word(at - 1));
                if !begins || self.marked.get(at) == Some(&true) {
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
                if words >= 2 && separated && !self.is_german && !self.is(end, ":") {
                    self.mark(first, end);
                }
            }
        }
    }

    /// Words of the text that are in the local part of an e-mail address: `t.achtelik@…`.
    fn by_email_addresses(&mut self) {
        const OFFICES: &str = "info support help service contact kontakt office mail post team sales admin hello webmaster \
            noreply reply newsletter billing booking bookings reservation reservations secretary orders shop bewerbung jobs \
            personal buchhaltung rechnung verwaltung sekretariat accueil compta direction secretariat informazioni prenotazioni \
            hola contacto reception praxis empfang board vorstand kasse club verein garden house home family familie customer care desk";
        let mut parts: HashSet<String> = HashSet::new();
        for span in self
            .page
            .spans
            .iter()
            .filter(|span| span.kind == Kind::Email)
        {
            let email = fold(self.page.part(span.start, span.end));
            let local = email.split(['@', '(', '[']).next().unwrap_or_default();
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
        if parts.is_empty() {
            return;
        }
        for at in 0..self.tokens.len() {
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
    fn everywhere(&mut self) {
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
            if !self.is_firm(at, at + 1) && !self.is_inside_firm(at) {
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
    fn is_known(&self, at: usize) -> bool {
        let word = self.word(at);
        let is_common =
            |word: &str| self.words.common.contains(word) && !self.words.given.contains(word);
        let bare = word
            .strip_suffix('s')
            .or_else(|| word.strip_suffix('\''))
            .unwrap_or(word);
        if is_common(word) || word.chars().count() < 3 {
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

    fn starts_sentence(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| {
            self.token(at).is_some_and(|token| token.gap == Gap::Line) && self.is(before, ".")
                || matches!(self.word(before), "." | "!" | "?" | ":")
        })
    }

    /// Whether a capital word further on in the same sequence makes it a firm: `Rasmussen Marine Services`.
    fn is_inside_firm(&self, at: usize) -> bool {
        let mut rest = (at + 1..at + 4).take_while(|index| {
            let goes_on = |token: &Token<'_>| token.is_capital() || token.is("&");
            self.follows(*index) && self.token(*index).is_some_and(goes_on)
        });
        rest.any(|index| self.is_organisation(index))
    }

    /// The marked tokens as stretches of one line.
    fn spans(&self) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        let mut last = None;
        for (at, token) in self.tokens.iter().enumerate() {
            if self.marked.get(at) != Some(&true) {
                continue;
            }
            let possessive = ["'s", "’s"]
                .iter()
                .find_map(|end| token.text.strip_suffix(end))
                .map_or(token.text, |bare| bare);
            let end = token.start + possessive.len();
            match spans.last_mut() {
                Some(span)
                    if last == at.checked_sub(1)
                        && last.is_some()
                        && matches!(token.gap, Gap::None | Gap::Space) =>
                {
                    span.1 = end
                }
                _ => spans.push((token.start, end)),
            }
            last = Some(at);
        }
        spans
    }
}
