//! Streets with numbers, boxes, and postcodes with towns, as a dozen countries write them.

use regex_lite::Regex;

use super::{Kind, Page};
use crate::reading::{
    dates,
    fields::Link,
    fold,
    words::{Gap, Kind as TokenKind, Token},
};

/// Words that end the name of a street in English, with its number in front.
const ENGLISH: &str = "street st road rd avenue ave lane ln close drive dr court ct crescent cres square sq terrace \
    ter place pl way walk gardens gdns grove hill mews row yard steps rise park parade green boulevard blvd highway \
    hwy parkway pkwy wharf quay circle cir trail trl view path alley gate embankment esplanade promenade fields \
    field meadow meadows bank bridge end croft wynd vale heights mount cottages villas loop pike turnpike broadway \
    brae strand common circus approach drove fold garth passage plaza ridge side track wood woods orchard \
    spinney copse chase downs dene dell glade glebe gap ford hollow point landing crossing run bend cove";

/// Ends of street names with the number behind, in German, Dutch and the north.
const COMPOUND: &str = "strasse str gasse weg platz allee ring ufer damm steig stieg pfad hof graben chaussee markt \
    berg bogen kamp rain zeile twiete stiege promenade wall tor grund feld hohe winkel garten brucke anger hang \
    stadt redder koppel wiese wiesen acker busch holz kai hafen leite lohe brink deich moor muhle heide eck ecke \
    siedlung halde bruch terrasse terrassen blick see bach tal park passage burg dorf kehre rampe straat laan \
    plein kade dijk gracht singel pad steeg dreef hof kant weide markt lei baan gatan vagen vag gata vej veien gade \
    gaten alle stien torv torget plads plass katu tie kuja polku backen stigen grand veg";

/// Of them, those that are streets of their own: `Berliner Straße 5`.
const OPEN: &str = "strasse str gasse weg platz allee ring ufer damm steig stieg pfad graben chaussee markt zeile \
    promenade wall straat laan plein kade dijk gracht singel gatan vagen vej gade iela gatve utca tanav tee puiestee";

/// Words that begin a street with its number in front.
const FRENCH: &str = "rue avenue av boulevard bd bld chemin impasse allee place quai route square cours passage \
    sentier faubourg villa residence ruelle montee voie lotissement hameau esplanade promenade venelle cite clos \
    chaussee traverse rond-point ch all pl rte imp sente mail";

/// Words that begin a street with its number behind.
const PREFIX: &str = "via viale piazza piazzale corso vicolo largo strada lungomare contrada borgo salita calle \
    avenida avda av plaza plza paseo pso camino carrer carretera ctra ronda travesia pasaje glorieta rua travessa \
    praca estrada alameda ul ulica al aleja aleje os osiedle pl plac nabrezi trida namesti c rambla passeig \
    avinguda strada bulevardul ulice utca ter korut piata urbanizacion rue chemin route avenue impasse boulevard";

/// Small words inside the names of streets and towns.
const PARTICLES: &str = "de du des la le les l d en sur sous aux au a et del dell all nell della dello dei degli delle di da do \
    dos das el los las y der den dem die zum zur am an im in auf unter van von vor bei ob the of and 't ten";

/// Labels of forms whose value is an address if it has a digit.
const LABELS: &str = "address adresse anschrift street strasse town city ort plz plz/ort wohnort postcode zip \
    residence wohnadresse postanschrift domicile adressse direccion domicilio indirizzo residenza adres woonplaats \
    straat rue ville calle via morada endereco adresa ulica lieferadresse rechnungsadresse lieferanschrift \
    postal postleitzahl cap cp localidad localita woonadres postadres bostad adressen gata besoksadress";

/// Countries that a letter in front of a postcode stands for.
const COUNTRIES: &str = "D A CH F B L NL DK S N FIN I E P PL CZ SK H SLO HR FL LI DE AT FR BE LU SE NO FI IT ES PT LV LT EE RO BG";

pub(super) fn take(page: &mut Page<'_>) {
    let mut found = Vec::new();
    streets(page, &mut found);
    boxes(page, &mut found);
    coded_towns(page, &mut found);
    number_towns(page, &mut found);
    labelled(page, &mut found);
    found.sort_unstable();
    // Street and town of one line are one address.
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in found {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            Some((_, last))
                if page
                    .part(*last, start)
                    .chars()
                    .all(|char| matches!(char, ' ' | ',' | '·')) =>
            {
                *last = end;
            }
            _ => merged.push((start, end)),
        }
    }
    for (start, end) in merged {
        page.take(Kind::Address, start, end);
    }
}

fn in_list(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// Whether a token follows the one before it on the same line.
fn follows(token: &Token<'_>) -> bool {
    matches!(token.gap, Gap::None | Gap::Space)
}

/// A capital word that can be part of the name of a street or town.
fn is_name(token: &Token<'_>) -> bool {
    token.is_capital() && dates::month(token.text).is_none()
}

/// The token behind a house number that begins at `at`: `11b`, `11 b`, `12-14`, `5/2/14`, `7 bis`.
fn house_number(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let first = tokens.get(at)?;
    if first.number().is_none() || first.text.len() > 4 {
        return None;
    }
    let mut index = at + 1;
    while let Some(token) = tokens.get(index) {
        let is_letter = token.is_word() && token.text.chars().count() == 1 && token.text.is_ascii();
        let is_short = token.gap == Gap::None
            || tokens.get(index + 1).is_none_or(|next| {
                next.gap == Gap::Line
                    || next.gap == Gap::Wide
                    || matches!(next.text, "," | "." | ";" | ")")
            });
        let is_again = token.is_word() && matches!(token.text, "bis" | "ter" | "quater");
        if follows(token) && (is_letter && is_short || is_again) {
            index += 1;
        } else if matches!(token.text, "-" | "/" | "–" | "+")
            && token.gap == Gap::None
            && tokens.get(index + 1).is_some_and(|next| {
                next.gap == Gap::None
                    && (next.kind == TokenKind::Number && next.text.len() <= 4
                        || next.text.chars().count() == 1 && next.is_word())
            })
        {
            index += 2;
        } else {
            break;
        }
    }
    // A decimal or a longer number is no house number.
    let goes_on = tokens.get(index).is_some_and(|token| {
        token.gap == Gap::None
            && (token.kind == TokenKind::Word
                || matches!(token.text, "%" | "€" | "°")
                || (matches!(token.text, "." | "," | ":" | "'")
                    && tokens.get(index + 1).is_some_and(|next| {
                        next.gap == Gap::None && next.kind == TokenKind::Number
                    })))
    });
    (!goes_on).then_some(index)
}

fn streets(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let street = match token.kind {
            TokenKind::Number => number_first(tokens, at),
            TokenKind::Word => compound(tokens, at)
                .or_else(|| prefixed(tokens, at))
                .or_else(|| flat_line(tokens, at)),
            TokenKind::Mark => None,
        };
        let Some((start, end)) = street.filter(|(start, end)| start < end) else {
            at += 1;
            continue;
        };
        let end = apartment(tokens, end);
        let start = apartment_before(tokens, start);
        if let (Some(first), Some(last)) = (tokens.get(start), tokens.get(end - 1)) {
            found.push((first.start, last.end()));
        }
        at = end;
    }
}

/// `14 Larkspur Close`, `12 bis, rue des Lilas`, `3 The Green`.
fn number_first(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let first = tokens.get(at)?;
    let touches = before.is_some_and(|before| {
        first.gap == Gap::None && !matches!(before.text, "(" | "," | ":" | "\"" | "*" | "„" | "«")
    });
    if touches {
        return None;
    }
    let mut index = if first.text.len() == 5 {
        at + 1
    } else {
        house_number(tokens, at)?
    };
    let number_end = index;
    if tokens.get(index).is_some_and(|token| token.is(",")) {
        index += 1;
    }
    let word = tokens
        .get(index)
        .filter(|token| follows(token) && token.is_word())?;
    if in_list(FRENCH, &fold(word.text)) {
        return french(tokens, index).map(|end| (at, end));
    }
    if number_end != index {
        return None;
    }
    let mut end = None;
    for (count, offset) in (0..6).enumerate() {
        let Some(token) = tokens.get(index + offset).filter(|token| follows(token)) else {
            break;
        };
        if token.is_word() && in_list("of the on by and upon", token.text) && count > 0 {
            continue;
        }
        if token.is(".") && end == Some(index + offset) {
            end = Some(index + offset + 1);
            continue;
        }
        if !is_name(token) {
            break;
        }
        let folded = fold(token.text);
        let bare = folded.strip_suffix("'s").unwrap_or(&folded);
        let is_alone = matches!(bare, "broadway" | "strand");
        let is_kind = in_list(ENGLISH, bare) && (count > 0 || is_alone);
        let is_side = end == Some(index + offset)
            && in_list("North South East West N S E W NE NW SE SW", token.text);
        if is_kind || is_side {
            end = Some(index + offset + 1);
        } else if end.is_some() {
            break;
        }
    }
    end.map(|end| (at, end))
}

/// `Flat 21, Beacon House` on a line of its own.
fn flat_line(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let first = tokens.get(at)?;
    let is_flat = first.gap == Gap::Line && in_list("Flat Apartment Apt", first.text);
    let number = tokens
        .get(at + 1)
        .filter(|number| number.kind == TokenKind::Number)?;
    let rest = tokens.get(at + 2..)?;
    let length = rest.iter().take_while(|token| follows(token)).count();
    let is_name = rest.iter().take(length).all(|token| {
        is_name(token) || token.is(",") || token.gap == Gap::None && token.text.len() == 1
    });
    (is_flat && follows(number) && is_name && length <= 7).then_some((at, at + 2 + length))
}

/// The end of a French street name that begins with its kind.
fn french(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut index = at + 1;
    if tokens
        .get(index)
        .is_some_and(|token| token.is(".") && token.gap == Gap::None)
    {
        index += 1;
    }
    let mut end = None;
    let mut before_is_particle = true;
    for _ in 0..9 {
        let Some(token) = tokens.get(index).filter(|token| follows(token)) else {
            break;
        };
        let is_particle = token.is_word() && in_list(PARTICLES, &fold(token.text));
        let is_apostrophe = token.is("'") || token.is("’");
        if is_apostrophe || (is_particle && !token.is_capital()) {
            before_is_particle = true;
        } else if is_name(token) || (before_is_particle && token.is_word()) {
            end = Some(index + 1);
            before_is_particle = false;
        } else {
            break;
        }
        index += 1;
    }
    end
}

/// `Fährgasse 11b`, `Alte Poststr. 5`, `Kurt-Weill-Allee 2`, `Berliner Straße 5`.
fn compound(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let token = tokens.get(at).filter(|token| is_name(token))?;
    let folded = fold(token.text);
    let is_open = in_list(OPEN, &folded);
    let is_compound = COMPOUND
        .split_whitespace()
        .any(|end| folded.strip_suffix(end).is_some_and(|stem| stem.len() >= 3));
    if !is_open && !is_compound {
        return None;
    }
    let mut index = at + 1;
    if tokens
        .get(index)
        .is_some_and(|token| token.is(".") && token.gap == Gap::None)
    {
        index += 1;
    }
    if tokens.get(index).is_some_and(|token| token.is(",")) {
        index += 1;
    }
    tokens.get(index).filter(|token| follows(token))?;
    let end = house_number(tokens, index)?;
    let digits = tokens.get(index).map_or(0, |token| token.text.len());
    // `Bootshaus 2` is no street; a year or an amount behind a word is no house number.
    let is_amount = tokens.get(end).is_some_and(|token| {
        follows(token)
            && in_list(
                "EUR Euro € % Uhr kg km m cm Personen Stück Monate Tage Wochen Jahre",
                token.text,
            )
    });
    if digits > 3 && !is_open && !folded.ends_with("strasse") || is_amount {
        return None;
    }
    let mut start = at;
    if is_open {
        while let Some(before) = start.checked_sub(1).and_then(|at| tokens.get(at)) {
            let here = tokens.get(start)?;
            let is_part = follows(here)
                && (is_name(before)
                    || (before.is(".") && before.gap == Gap::None)
                    || in_list("der den dem zur zum", before.text))
                && at - start < 3
                && !in_list(
                    "Tel Telefon Adresse Anschrift Wohnung Herr Frau Die Der Das In",
                    before.text,
                );
            if !is_part {
                break;
            }
            start -= 1;
        }
        if start == at
            && tokens
                .get(at)
                .is_some_and(|token| token.text.chars().count() < 3)
        {
            return None;
        }
    } else if let Some(before) = at.checked_sub(1).and_then(|at| tokens.get(at)) {
        // `Alte Poststraße`, `Obere Mühlgasse`
        if follows(token)
            && is_name(before)
            && in_list(
                "alte alter altes neue neuer neues obere oberer untere unterer hintere vordere grosse grosser kleine kleiner lange langer am im zum zur hohe hoher innere aussere",
                &fold(before.text),
            )
        {
            start -= 1;
        }
    }
    Some((start, end))
}

/// `Via dei Tigli 52`, `Calle de la Luna, 14`, `ul. Długa 7`, `Am Alten Markt 3` on a line of its own.
fn prefixed(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let token = tokens.get(at)?;
    let folded = fold(token.text);
    let next = tokens.get(at + 1)?;
    let is_short = folded.len() <= 2;
    let is_prefix = in_list(PREFIX, &folded)
        && (!is_short || matches!(next.text, "." | "/"))
        && (token.is_capital()
            || matches!(next.text, ".")
            || in_list(
                "calle via rua viale piazza plaza avenida ulica rue avenue",
                token.text,
            ));
    let begins_line = token.gap == Gap::Line || token.gap == Gap::Wide;
    let is_german = begins_line
        && in_list(
            "Am Im An In Zum Zur Auf Unter Hinter Vor Beim Bei",
            token.text,
        );
    if !is_prefix && !is_german {
        return None;
    }
    let mut index = at + 1;
    let mut names = 0;
    for _ in 0..9 {
        let token = tokens.get(index).filter(|token| follows(token))?;
        if token.kind == TokenKind::Number && names > 0 {
            break;
        }
        let lower = fold(token.text);
        let is_sign = matches!(
            lower.as_str(),
            "." | "/"
                | "'"
                | "’"
                | ","
                | "n"
                | "no"
                | "n°"
                | "nº"
                | "num"
                | "°"
                | "º"
                | "numero"
                | "nr"
        );
        if is_name(token) {
            names += 1;
        } else if !(is_sign
            || token.is_word() && in_list(PARTICLES, &lower)
            || token.kind == TokenKind::Number && !is_german)
        {
            return None;
        }
        index += 1;
    }
    if names == 0 || names > 5 {
        return None;
    }
    let end = house_number(tokens, index)?;
    let ends_line = tokens
        .get(end)
        .is_none_or(|token| token.gap == Gap::Line || token.gap == Gap::Wide || token.is(","));
    if is_german && (!ends_line || names > 2) {
        return None;
    }
    Some((at, end))
}

/// Words before the number of a flat.
const FLATS: &str = "flat apt apartment unit suite appt app top wohnung whg etage floor stock studio piso interno int \
    scala bte boite puerta esc escalera bus no tur room bat batiment bldg building block 2nd 1st ground";

/// The token behind `, Apt 5` or `, 3.º B`.
fn apartment(tokens: &[Token<'_>], end: usize) -> usize {
    let mut end = end;
    for _ in 0..2 {
        let mut index = end;
        if tokens
            .get(index)
            .is_some_and(|token| token.is(",") || token.is("#"))
        {
            index += 1;
        } else if !tokens
            .get(index)
            .is_some_and(|token| token.is_word() && in_list(FLATS, &fold(token.text)))
        {
            break;
        }
        let Some(word) = tokens.get(index).filter(|token| follows(token)) else {
            break;
        };
        let next = tokens.get(index + 1).filter(|token| follows(token));
        if word.is_word() && in_list(FLATS, &fold(word.text)) {
            let dot = usize::from(next.is_some_and(|next| next.is(".")));
            let Some(number) = tokens.get(index + 1 + dot).filter(|token| follows(token)) else {
                break;
            };
            if number.text.len() <= 4
                && (number.kind == TokenKind::Number || number.text.len() <= 2)
            {
                let letter = tokens.get(index + 2 + dot).is_some_and(|token| {
                    token.gap == Gap::None && token.is_word() && token.text.len() == 1
                });
                end = index + 2 + dot + usize::from(letter);
                continue;
            }
        }
        // `3.º B`, `2º izq`, `4. Stock`
        if word.number().is_some_and(|number| number < 60) {
            let mut at = index + 1;
            let mut ordinal = false;
            while let Some(token) = tokens.get(at).filter(|token| {
                token.gap == Gap::None
                    && matches!(
                        token.text,
                        "." | "º"
                            | "ª"
                            | "o"
                            | "a"
                            | "°"
                            | "er"
                            | "e"
                            | "eme"
                            | "nd"
                            | "rd"
                            | "th"
                            | "st"
                    )
            }) {
                ordinal |= token.text != ".";
                at += 1;
            }
            let part = tokens
                .get(at)
                .filter(|token| follows(token) && token.is_word());
            let is_part = part.is_some_and(|part| {
                part.text.chars().count() == 1 && part.is_capital()
                    || in_list(
                        "stock og etage izq dcha izquierda derecha piano floor piso sal",
                        &fold(part.text),
                    )
            });
            if ordinal || (is_part && at > index + 1) {
                end = at + usize::from(is_part);
                continue;
            }
        }
        break;
    }
    end
}

/// The first token of `Flat 3, ` in front of a street.
fn apartment_before(tokens: &[Token<'_>], start: usize) -> usize {
    let word = |back: usize| start.checked_sub(back).and_then(|at| tokens.get(at));
    let comma = usize::from(word(1).is_some_and(|token| token.is(",")));
    for back in [2, 3] {
        let is_flat = word(back + comma).is_some_and(|token| {
            token.is_word()
                && in_list(
                    "flat apt apartment unit suite studio room",
                    &fold(token.text),
                )
        });
        let one_line = (0..back + comma).all(|step| tokens.get(start - step).is_some_and(follows));
        if is_flat && one_line {
            return start - back - comma;
        }
    }
    start
}

fn boxes(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    const BOXES: [&str; 3] = [
        r"\b(?:P\.? ?O\.? ?Box|PO BOX|Post Office Box|Private Bag|Locked Bag|GPO Box|Postfach|Bo[iî]te postale|Apartado(?: de [Cc]orreos| [Pp]ostal)?|Casella [Pp]ostale|Postbus|Postboks|Caixa [Pp]ostal|Skrytka pocztowa|Case postale)\s?(?:n[o°º]?\.?\s?|[Nn]r\.?\s?)?\d[\d ]{0,8}\d?\b",
        r"\b(?:BP|B\.P\.|CS|TSA|C\.P\.|CP) ?\d{1,6}\b",
        r"(?m)^[ \t]*Box \d{1,6}\b",
    ];
    for form in BOXES {
        let Ok(form) = Regex::new(form) else { continue };
        for place in form.find_iter(page.text) {
            // Case separators are not part of the number: `Postfach 12 34 56` is.
            found.push((place.start(), place.end()));
        }
    }
}

/// Postcodes whose form alone tells them, and the town beside them.
fn coded_towns(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    // The town is in front, behind, or on either side.
    const FORMS: [(&str, bool, bool); 7] = [
        // United Kingdom
        (r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", true, false),
        // Canada
        (r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b", true, false),
        // Ireland
        (
            r"\b(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[0-9AC-FHKNPRTV-Y]{4}\b",
            true,
            false,
        ),
        // United States, Australia
        (
            r"\b(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?\b",
            true,
            false,
        ),
        (r"\b(?:NSW|VIC|QLD|TAS|ACT|WA|SA|NT),? \d{4}\b", true, false),
        // Netherlands
        (r"\b[1-9]\d{3} ?[A-Z]{2}\b", false, true),
        // Poland, Portugal
        (r"\b(?:\d{2}-\d{3}|\d{4}-\d{3})\b", false, true),
    ];
    for (form, is_front, is_behind) in FORMS {
        let Ok(form) = Regex::new(form) else { continue };
        for place in form.find_iter(page.text) {
            let (mut start, mut end) = (place.start(), place.end());
            if !page.is_free(start, end) || page.date_at(start).is_some() {
                continue;
            }
            let touches = page
                .part(0, start)
                .chars()
                .next_back()
                .is_some_and(|char| matches!(char, '-' | '/' | '.' | '#' | '_'))
                || page.part(end, page.text.len()).starts_with(['-', '/', '_']);
            if touches {
                continue;
            }
            let before = page.token_at(start);
            let front = if is_front {
                town_before(page, before)
            } else {
                None
            };
            let behind = if is_behind {
                town_behind(page, page.token_at(end))
            } else {
                None
            };
            let has_digits_only = !page
                .part(start, end)
                .contains(|char: char| char.is_ascii_alphabetic());
            let has_space = page.part(start, end).contains(' ');
            // Codes of other things look like this too; they stand beside no town.
            let alone =
                page.line_before(start).trim().is_empty() && page.line_after(end).trim().is_empty();
            if front.is_none() && behind.is_none() && (has_digits_only || !has_space || !alone) {
                continue;
            }
            start = front.unwrap_or(start);
            end = behind.unwrap_or(end);
            found.push((start, end));
        }
    }
}

/// Where a town begins that ends before a token.
fn town_before(page: &Page<'_>, at: usize) -> Option<usize> {
    let tokens = &page.tokens;
    let mut index = at;
    let mut start = None;
    let mut commas = 0;
    for _ in 0..6 {
        let here = tokens.get(index)?;
        if !follows(here) {
            break;
        }
        let Some(token) = index.checked_sub(1).and_then(|at| tokens.get(at)) else {
            break;
        };
        if is_name(token)
            && !in_list("The In At To From Is And Code Form Room Ref", token.text)
            && page.is_free(token.start, token.end())
        {
            start = Some(token.start);
        } else if token.is(",") && commas == 0 {
            commas += 1;
        } else if !(token.is_word()
            && start.is_some()
            && in_list("upon on the of le by de la", token.text))
        {
            break;
        }
        index -= 1;
    }
    start
}

/// Where a town ends that begins at a token.
fn town_behind(page: &Page<'_>, at: usize) -> Option<usize> {
    let tokens = &page.tokens;
    let mut end = None;
    let mut words = 0;
    let mut index = at;
    while let Some(token) = tokens
        .get(index)
        .filter(|token| follows(token) && words < 4)
    {
        if is_name(token) && page.is_free(token.start, token.end()) {
            end = Some(token.end());
            words += 1;
        } else {
            let joins = if words == 0 {
                matches!(token.text, "s" | "l")
            } else {
                matches!(token.text, "/" | "'" | "’")
                    || token.is_word() && in_list(PARTICLES, &fold(token.text))
            };
            if !joins {
                break;
            }
        }
        index += 1;
    }
    // `Barañáin (Navarra)`
    let bracketed = tokens
        .get(index)
        .is_some_and(|token| token.is("(") && follows(token))
        && tokens.get(index + 1).is_some_and(is_name)
        && tokens
            .get(index + 2)
            .filter(|token| token.is(")"))
            .is_some()
        && tokens
            .get(index + 3)
            .is_none_or(|token| token.gap == Gap::Line);
    if bracketed && end.is_some() {
        return tokens.get(index + 2).map(Token::end);
    }
    // `Paris CEDEX 08`
    let cedex = tokens.get(index).filter(|token| {
        token.text.eq_ignore_ascii_case("cedex")
            || (token.kind == TokenKind::Number
                && follows(token)
                && index > 0
                && tokens
                    .get(index - 1)
                    .is_some_and(|before| before.text.eq_ignore_ascii_case("cedex")))
    });
    if let Some(token) = cedex {
        end = Some(token.end());
    }
    end
}

/// Postcodes of four and five digits, which need a street, a line of their own or a word before them.
fn number_towns(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    let mut streets = found.clone();
    streets.sort_unstable_by_key(|(_, end)| *end);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Number || !page.is_free(token.start, token.end()) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        // `123 45 Town`
        let is_split = token.text.len() == 3
            && tokens.get(at + 1).is_some_and(|next| {
                next.gap == Gap::Space && next.kind == TokenKind::Number && next.text.len() == 2
            });
        if !matches!(token.text.len(), 4 | 5) && !is_split {
            continue;
        }
        let country = before
            .filter(|before| before.is("-") && token.gap == Gap::None)
            .and_then(|_| {
                let word = at.checked_sub(2).and_then(|at| tokens.get(at))?;
                in_list(COUNTRIES, word.text).then_some(word.start)
            });
        let touches = token.gap == Gap::None
            && before.is_some_and(|before| !matches!(before.text, "," | "(" | "|" | ":" | "*"));
        if touches && country.is_none() {
            continue;
        }
        let start = country.unwrap_or(token.start);
        let line = page.line_before(start);
        let head = line.trim();
        let is_near = |position: usize| {
            let next = streets.partition_point(|(_, end)| *end <= position);
            let street = next.checked_sub(1).and_then(|at| streets.get(at));
            street.is_some_and(|(_, end)| {
                position - end <= 24
                    && page
                        .part(*end, position)
                        .chars()
                        .all(|char| !char.is_alphanumeric())
            })
        };
        let after_street = is_near(start);
        let year = token.text.len() == 4
            && token
                .number()
                .is_some_and(|year| (1900..2100).contains(&year));
        let Some(end) = town_behind(page, at + 1 + usize::from(is_split)) else {
            // `Port Seldon 40319` below or behind a street.
            let ends_line = page
                .line_after(token.end())
                .trim_matches(|char: char| !char.is_alphanumeric())
                .is_empty();
            if let Some(town) = town_before(page, at)
                && ends_line
                && !year
                && (is_near(town) || is_near(token.start))
            {
                found.push((town, token.end()));
            }
            continue;
        };
        let rest = page.line_after(end).trim();
        let last = head
            .rsplit(|char: char| !char.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let lead = head.rsplit(char::is_whitespace).next().unwrap_or_default();
        let is_led = matches!(
            fold(last).as_str(),
            "in" | "nach"
                | "aus"
                | "a"
                | "en"
                | "te"
                | "plz"
                | "i"
                | "cap"
                | "bei"
                | "to"
                | "town"
                | "ort"
        ) && head.ends_with(|char: char| char.is_alphanumeric() || char == ':');
        let is_alone = head.trim_matches(['*', '|', '-', '>', ' ']).is_empty()
            && (rest.is_empty()
                || rest.starts_with([',', '|', '(', '·', '*'])
                || page.line_after(end).starts_with("  "))
            && !is_counted(page, at + 1);
        let follows_house = lead.ends_with(',') && house_before(page, at, found);
        let strict = token.text.len() == 4 || is_split;
        let accepted = country.is_some()
            || after_street
            || follows_house
            || (is_alone && !year && (!strict || above_is_short(page, start)))
            || (is_led && !(strict && year) && !is_counted(page, at + 1));
        if accepted {
            found.push((start, end));
            if is_alone {
                line_above(page, start, found);
            }
        }
    }
}

/// Whether the word behind a number is something that is counted.
fn is_counted(page: &Page<'_>, at: usize) -> bool {
    page.tokens.get(at).is_some_and(|token| {
        in_list(
            "Euro EUR CHF USD Uhr Personen Besucher Stück Einwohner Mitglieder Kilometer Meter Liter Jahre Tage IU kWh Exemplare Franken Dollar Punkte Teile Bücher Schritte",
            token.text,
        )
    })
}

/// Whether the line above is as short as those of an address are.
fn above_is_short(page: &Page<'_>, start: usize) -> bool {
    let line = page.line_before(start);
    let end = start.saturating_sub(line.len() + 1);
    let above = page.line_before(end).trim();
    !above.is_empty() && above.chars().count() <= 40
}

/// `Birkenrain 22, ` before a postcode: any capital words with a number are a street then.
fn house_before(page: &Page<'_>, at: usize, found: &mut Vec<(usize, usize)>) -> bool {
    let tokens = &page.tokens;
    let Some(comma) = at
        .checked_sub(1)
        .filter(|at| tokens.get(*at).is_some_and(|token| token.is(",")))
    else {
        return false;
    };
    let Some((start, end)) = house_line(tokens, comma) else {
        return false;
    };
    found.push((start, end));
    true
}

/// Capital words and a house number that end before a token, on one line.
fn house_line(tokens: &[Token<'_>], behind: usize) -> Option<(usize, usize)> {
    let mut index = behind;
    let mut numbers = 0;
    let mut names = 0;
    let mut start = None;
    let end = tokens.get(behind.checked_sub(1)?)?.end();
    for _ in 0..7 {
        let Some(token) = index.checked_sub(1).and_then(|at| tokens.get(at)) else {
            break;
        };
        let is_letter = token.is_word() && token.text.chars().count() == 1 && numbers == 0;
        let is_inside = names == 0 && (is_letter || matches!(token.text, "-" | "/"));
        if is_inside {
            // `11 b`, `12-14`
        } else if token.kind == TokenKind::Number && names == 0 && token.text.len() <= 4 {
            numbers += 1;
        } else if numbers > 0 && is_name(token) {
            names += 1;
            start = Some(token.start);
        } else if !(names > 0
            && (token.is(".") || token.is_word() && in_list(PARTICLES, token.text)))
        {
            break;
        }
        index -= 1;
        if !follows(token) {
            break;
        }
    }
    start.filter(|_| names <= 4).map(|start| (start, end))
}

/// The line above a postcode with its town: a street, if it is capital words and a number.
fn line_above(page: &Page<'_>, start: usize, found: &mut Vec<(usize, usize)>) {
    let line = page.token_at(start);
    let Some(number) = page.tokens.get(line).map(|token| token.line) else {
        return;
    };
    let mut behind = line;
    while behind > 0
        && page
            .tokens
            .get(behind - 1)
            .is_some_and(|token| token.line == number)
    {
        behind -= 1;
    }
    if behind == 0
        || page
            .tokens
            .get(behind - 1)
            .is_none_or(|token| token.line + 1 != number)
    {
        return;
    }
    if let Some((from, to)) = house_line(&page.tokens, behind) {
        let first = page.tokens.get(page.token_at(from));
        if first.is_some_and(|token| matches!(token.gap, Gap::Line | Gap::Wide)) {
            found.push((from, to));
        }
    }
}

/// Values of forms whose label is one of an address.
fn labelled(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    for field in &page.fields {
        let label = fold(page.part(field.label.start, field.label.end));
        let words: Vec<&str> = label
            .split(|char: char| !char.is_alphanumeric() && char != '/')
            .collect();
        let is_other = words
            .iter()
            .any(|word| matches!(*word, "email" | "mail" | "ip" | "web" | "e"));
        let is_label =
            words.len() <= 4 && words.iter().any(|word| in_list(LABELS, word)) && !is_other;
        if !is_label || (field.link == Link::Below && words.len() > 2) {
            continue;
        }
        let value = page.part(field.value.start, field.value.end);
        let has_digit = value.contains(|char: char| char.is_ascii_digit());
        let begins = value.starts_with(|char: char| char.is_uppercase() || char.is_ascii_digit())
            || value.starts_with("c/o")
            || value.starts_with("ul.");
        let length = value.chars().count();
        let has_date = page
            .dates_in(field.value.start, field.value.end)
            .iter()
            .any(|date| date.year.is_some());
        let has_letter = value.contains(char::is_alphabetic);
        let is_address = begins && length <= 80 && !has_date && has_letter;
        let is_code = length <= 10
            && words
                .iter()
                .any(|word| in_list("postcode zip plz cap cp postleitzahl postal", word));
        if has_digit && (is_address || is_code) {
            found.push((field.value.start, field.value.end));
        }
    }
}
