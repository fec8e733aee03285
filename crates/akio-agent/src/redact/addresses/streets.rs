//! Streets with the number of a house.

use super::{PARTICLES, flats, follows, is_name, towns};
use crate::{
    reading::{
        fold,
        words::{Gap, Kind as TokenKind, Token},
    },
    redact::{Page, in_list},
};

/// Words that end the name of a street in English, with its number in front.
const ENGLISH: &str = "street st road rd avenue ave lane ln close drive dr court ct crescent cres square sq terrace \
    ter place pl way walk gardens gdns grove hill mews row yard steps rise park parade pde green boulevard blvd highway \
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
    pol poligono avinguda strada bulevardul ulice utca ter korut piata urbanizacion rue chemin route avenue impasse boulevard";

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
        // `15 m. 8` is house and flat.
        let is_flat = tokens.get(index + 1).is_some_and(|dot| dot.is("."))
            && tokens
                .get(index + 2)
                .is_some_and(|number| number.kind == TokenKind::Number);
        if follows(token) && !is_flat && (is_letter && is_short || is_again) {
            index += 1;
        } else if matches!(token.text, "-" | "/" | "–" | "+")
            && token.gap == Gap::None
            && tokens.get(index + 1).is_some_and(|next| {
                next.gap == Gap::None
                    && (next.kind == TokenKind::Number && next.text.len() <= 4
                        || next.text.chars().count() == 1 && next.is_word()
                        || matches!(next.text, "II" | "III" | "IV" | "hs"))
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

/// Whether a word ends the name of an English street.
pub(super) fn is_english(word: &str) -> bool {
    in_list(ENGLISH, &fold(word))
}

pub(super) fn find(page: &Page<'_>, found: &mut Vec<(usize, usize)>) {
    let tokens = &page.tokens;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let street = match token.kind {
            TokenKind::Number => number_first(tokens, at),
            TokenKind::Word => compound(tokens, at)
                .or_else(|| prefixed(tokens, at))
                .or_else(|| flats::line(tokens, at)),
            TokenKind::Mark => None,
        };
        let Some((start, end)) = street.filter(|(start, end)| start < end) else {
            at += 1;
            continue;
        };
        let end = towns::named_behind(tokens, flats::behind(tokens, end));
        let start = flats::before(tokens, start);
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
    if let Some(end) = in_small_letters(tokens, index) {
        return Some((at, end));
    }
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
        // `4410 W. Sycamore Blvd`
        let is_side = tokens
            .get(index + offset - 1)
            .is_some_and(|token| matches!(token.text, "N" | "S" | "E" | "W" | "St"));
        if token.is(".") && count == 1 && is_side {
            continue;
        }
        if !is_name(token) {
            break;
        }
        let folded = fold(token.text);
        let bare = folded.strip_suffix("'s").unwrap_or(&folded);
        let is_alone = matches!(bare, "broadway" | "strand");
        let is_kind = (in_list(ENGLISH, bare) || in_list(OPEN, bare)) && (count > 0 || is_alone);
        let is_side = end == Some(index + offset)
            && in_list("North South East West N S E W NE NW SE SW", token.text);
        if is_kind || is_side {
            end = Some(index + offset + 1);
        } else if end.is_some()
            && !tokens.get(index + offset + 1).is_some_and(|next| {
                follows(next) && is_name(next) && in_list(ENGLISH, &fold(next.text))
            })
        {
            break;
        }
    }
    end.map(|end| (at, end))
}

/// `41 harbour st`, as people type: one or two words and a street, none of them with a capital letter.
fn in_small_letters(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    const STREETS: &str = "road rd street st avenue ave lane crescent terrace";
    const OTHER: &str = "in of on at to the a an and or by per from this that mile miles km m metres meters yards min mins minutes \
        hours days weeks months years per cent long busy main other same more new old whole single different people cars houses";
    for length in 1..=2 {
        let words = tokens.get(at..at + length)?;
        let is_name = words.iter().all(|word| {
            follows(word) && word.is_word() && !word.is_capital() && !in_list(OTHER, word.text)
        });
        let street = tokens.get(at + length).filter(|token| follows(token))?;
        if is_name && in_list(STREETS, street.text) {
            return Some(at + length + 1);
        }
    }
    None
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
    let is_other = in_list(
        "rundweg wanderweg radweg fernweg feldweg umweg ausweg bahnhof parkplatz sportplatz spielplatz flughafen bauhof innenhof",
        &folded,
    );
    if !is_open && !is_compound
        || is_other
            && tokens
                .get(at)
                .is_some_and(|token| token.gap == Gap::Line && folded.ends_with("weg"))
    {
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
    // `P.zza`, `V.le`, `C.so`
    let is_cut = next.is(".")
        && tokens.get(at + 2).is_some_and(|end| {
            end.gap == Gap::None
                && in_list(
                    "P.zza P.za V.le C.so L.go C.da S.da V.lo",
                    &format!("{}.{}", token.text, end.text),
                )
        });
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let begins_line = token.gap == Gap::Line
        || token.gap == Gap::Wide
        || before.is_some_and(|before| matches!(before.text, "·" | "|" | "•"));
    let is_german = begins_line
        && in_list(
            "Am Im An In Zum Zur Auf Unter Hinter Vor Beim Bei",
            token.text,
        );
    if !is_prefix && !is_german && !is_cut {
        return None;
    }
    let mut index = at + 1 + 2 * usize::from(is_cut);
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
                | "nave"
                | "parcela"
                | "km"
                | "ind"
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
    let ends_line = tokens.get(end).is_none_or(|token| {
        token.gap == Gap::Line
            || token.gap == Gap::Wide
            || matches!(token.text, "," | "·" | "|" | "•")
    });
    if is_german && (!ends_line || names > 2) {
        return None;
    }
    Some((at, end))
}
