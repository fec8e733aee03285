//! Numbers that stand for a person at an authority or a firm, by their labels and their forms.

use std::collections::HashSet;

use super::{Kind, Page, in_list};
use crate::reading::{
    fields::Link,
    fold,
    words::{Gap, Kind as TokenKind, Token},
};

/// What an id belongs to, as beginnings of words: `customer number`, `numéro de client`.
const SUBJECTS: &str = "passport passeport reisepass pasaporte passaporto paspoort passaporte pass ausweis \
    personalausweis identity identification identifi licence license permis fuhrerschein carnet permiso patente \
    rijbewijs carta insurance insured versicher krankenversicher assurance assure seguro seguridad \
    assicura verzeker policy policen police poliza polizza polis apolice tax taxpayer steuer fiscal fiscale \
    customer client cliente kunden klant kund klienta contract contrat contrato contratto vertrag member \
    membership mitglied adherent membre socio socia miembro lid lidmaatschap medlem patient paciente paziente \
    pupil schuler eleve alumno alumna alunno leerling student studenten etudiant estudiante studente matrikel \
    matricul matricola staff employee personal personnel payroll mitarbeiter salarie empleado dipendente \
    personeel account konto compte cuenta conto subscriber subscription abonne abonnement abo library medicare \
    nhs social securite sociale health sante tessera carte card renten sozialversicher candidate applicant \
    bewerber participant teilnehmer tenant tenancy mieter locataire inquilino holder versicherten beneficiary \
    beneficiaire allocataire societaire afiliad afiliacion utente usuario visa residence resident service \
    national burger kranken gesundheits depot mandat mandate donor spender volunteer driver driving fahrer badge \
    hospital hosp clinic supporter clock soggiorno visitor ni assessment applicant permit ehic pension benefit voter electoral registrant inmate broker landlord huurder bewoner verhuur loyalty vehicle kfz fahrzeug kredyt umow dowod osobisty chassis fahrgestell vin index plate plates kennzeichen immatriculation matricula targa kenteken rejestracyjny umow klienta kierowcy payer beitrag vertragskonto debitor vat ust umsatzsteuer tva iva btw siret mwst vers kd mitgl pers vertr pat versnr historia seguridad segur sejour identite identita";

/// Of them, those that a long number may follow at once: `contract 5530918827`.
const LONG: &str = "contrat contract contrato contratto vertrag customer kunde kundin client cliente account konto compte cuenta conto \
    member mitglied adherent socio patient patientin police polizza poliza employee staff student matrikel versicherung subscriber permis licence \
    license applicant bewerber participant candidate abonnement abonne mandat membership insurance assurance seguro";

/// Of them, those that are enough without a word for number.
const ALONE: &str = "passport passeport reisepass pasaporte passaporto paspoort personalausweis licence license \
    fuhrerschein policy poliza polizza dni nie nif nuss ssn nino bsn pesel cpr personnummer fodselsnummer \
    matricule matricola nir ahv avs steuer-id steuer-idnr idnr steueridnr tin itin sin ausweis tessera \
    matricula cif certificate certificado certificato bescheinigung permit tag badge vertragskonto kundenkonto patente siret medicare medicaid acc acct dowod ine mrn nhs nhc cni gmc nmc upn pps ppsn tfn pan aadhaar abn nino utr rfc curp cuil rut cpf pesel nip regon vin bsn plate plates \
    kennzeichen immatriculation targa kenteken afm siren nif amka tarjeta gesundheitskarte versichertenkarte krankenversichertenkarte colegiada colegiado";

/// What somebody is who has a number with a firm, as beginnings of words.
const INSURED: [&str; 8] = [
    "insured",
    "versichert",
    "verzekerd",
    "assure",
    "asegurad",
    "passport",
    "reisepass",
    "passeport",
];

/// Words for number, without their dots.
const NUMBER_WORDS: [&str; 26] = [
    "number",
    "no",
    "nr",
    "num",
    "nummer",
    "numero",
    "id",
    "code",
    "#",
    "n",
    "nº",
    "n°",
    "№",
    "°",
    "º",
    "ref",
    "codice",
    "codigo",
    "numer",
    "numbers",
    "nos",
    "nummern",
    "numeros",
    "id-nr",
    "identifier",
    "key",
];

/// Ends of compounds: `Kundennummer`, `Kunden-Nr`, `klantnummer`.
const COMPOUND_ENDS: [&str; 9] = [
    "nummer",
    "-nr",
    "nr",
    "-id",
    "-no",
    "nummern",
    "nummeret",
    "-nummer",
    "kennziffer",
];

/// Parts of compounds that name something else: an order, a meter, a telephone.
const OTHER_PARTS: &str = "rechnung auftrag bestell zahler artikel vorgang ticket schaden buchung haus zimmer \
    telefon ruf serien lieferschein akten geschaft referenz sendung modell raum seiten factuur order \
    bestelling faktura ordre gerate chargen beleg kassen flug zug steuersatz konto-auszug handy fax mobil";

/// Words before a label that make it one of something else: `order ID`.
const OTHER_WORDS: &str = "sample specimen batch device asset order invoice ticket claim article item booking tracking parcel meter serial file \
    form job delivery note model flight house page phone receipt case meeting room train product part rechnung \
    commande facture pedido factura ordine fattura dossier vol chambre telephone telefono telefone fax mobile reference article";

pub(super) fn take(page: &mut Page<'_>) {
    take_forms(page);
    take_labelled(page);
    take_fields(page);
    take_alike(page);
}

/// The letters that an id begins with, and its form, where it has enough of both to be told from others.
fn form(text: &str) -> Option<String> {
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if letters < 2 && text.len() < 8 || letters == 0 || digits < 3 {
        return None;
    }
    let form = text.char_indices().map(|(at, char)| match char {
        '0'..='9' => '9',
        char if at >= letters && char.is_ascii_uppercase() => 'A',
        char => char,
    });
    Some(form.collect())
}

/// Codes of the same form as an id: `… was AT-77120, the new one is AT-90341`.
fn take_alike(page: &mut Page<'_>) {
    let ids = page.spans.iter().filter(|span| span.kind == Kind::Id);
    let forms: HashSet<String> = ids
        .filter_map(|span| form(page.part(span.start, span.end)))
        .collect();
    if forms.is_empty() {
        return;
    }
    let codes = (0..page.tokens.len()).filter_map(|at| {
        let start = page
            .tokens
            .get(at)
            .filter(|token| token.is_capital())?
            .start;
        let end = value(page, at)?;
        let is_alike = form(page.part(start, end)).is_some_and(|form| forms.contains(&form));
        (is_alike && page.is_free(start, end)).then_some((start, end))
    });
    for (start, end) in codes.collect::<Vec<_>>() {
        page.take(Kind::Id, start, end);
    }
}

fn is_subject(folded: &str) -> bool {
    SUBJECTS.split_whitespace().any(|known| {
        folded == known
            || (known.len() >= 4 && folded.starts_with(known) && folded.len() <= known.len() + 8)
    })
}

/// How sure a label is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    /// It says that a number comes.
    Number,
    /// It names what has a number; the number must follow at once.
    Subject,
}

/// The label that begins at a token, and the token behind it.
fn label(tokens: &[Token<'_>], at: usize) -> Option<(Label, usize)> {
    let token = tokens.get(at)?;
    let folded = fold(token.text);
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    if before
        .is_some_and(|before| before.line == token.line && in_list(OTHER_WORDS, &fold(before.text)))
    {
        return None;
    }
    if !token.is_word() && !matches!(token.text, "#" | "№") {
        return None;
    }
    if let Some(subject) = COMPOUND_ENDS
        .iter()
        .find_map(|end| folded.strip_suffix(end))
    {
        let is_other = OTHER_PARTS
            .split_whitespace()
            .any(|part| subject.contains(part));
        let is_personal = !is_other
            && (SUBJECTS
                .split_whitespace()
                .any(|known| known.len() >= 4 && subject.contains(known))
                || matches!(
                    subject,
                    "id" | "sv"
                        | "ahv"
                        | "kv"
                        | "lid"
                        | "bsn"
                        | "burgerservice"
                        | "person"
                        | "fodsels"
                        | "steuerident"
                ));
        if is_personal {
            return Some((Label::Number, after_number_words(tokens, at + 1)));
        }
        if is_other {
            return None;
        }
    }
    let near = |index: usize| {
        tokens.get(index).filter(|token| {
            token.gap != Gap::Line
                || token.line == tokens.get(index - 1).map_or(0, |before| before.line + 1)
        })
    };
    // `customer number`, `driving licence no.`
    if is_subject(&folded) {
        let mut others = 0;
        for distance in 1..=4 {
            let Some(next) = near(at + distance) else {
                break;
            };
            let next_folded = fold(next.text);
            let is_reference = matches!(
                next_folded.as_str(),
                "reference" | "referenz" | "referencia"
            );
            // `Police ref 0312` is a case.
            if folded == "police" && (is_reference || next_folded == "ref") {
                break;
            }
            if is_number_word(&next_folded) || is_reference {
                return Some((
                    Label::Number,
                    after_number_words(tokens, at + distance + usize::from(is_reference)),
                ));
            }
            if !is_subject(&next_folded)
                && !matches!(
                    next_folded.as_str(),
                    "-" | "/"
                        | "'"
                        | "_"
                        | ","
                        | "s"
                        | "de"
                        | "d"
                        | "of"
                        | "."
                        | "reg"
                        | "registration"
                        | "conduire"
                        | "conducir"
                        | "guida"
                        | "sejour"
                        | "di"
                        | "sanitaria"
                        | "vitale"
                        | "identidade"
                        | "identita"
                        | "familia"
                )
            {
                // `contrat habitation, n° …`, but not `customer order no. …`
                others += 1;
                let is_plain_word =
                    next.is_word() && !next.is_capital() && next.text.chars().count() > 3;
                let ends = tokens
                    .get(at + distance + 1)
                    .is_some_and(|mark| mark.is(","));
                if others > 1 || !is_plain_word || !ends || in_list(OTHER_WORDS, &next_folded) {
                    break;
                }
                continue;
            }
        }
    }
    // `insured with Harbour under number`
    let is_insured = || {
        let words = tokens.get(at.saturating_sub(9)..at).unwrap_or_default();
        words.iter().any(|word| {
            let word = fold(word.text);
            INSURED.iter().any(|known| word.starts_with(known))
        })
    };
    if is_number_word(&folded)
        && (token.text.chars().count() > 2 || tokens.get(at + 1).is_some_and(|next| next.is(".")))
        && is_insured()
    {
        return Some((Label::Number, after_number_words(tokens, at + 1)));
    }
    // `A/C`
    let is_account = folded == "a"
        && tokens.get(at + 1).is_some_and(|token| token.is("/"))
        && tokens
            .get(at + 2)
            .is_some_and(|token| token.text.eq_ignore_ascii_case("c"));
    if is_account {
        return Some((Label::Subject, after_number_words(tokens, at + 3)));
    }
    // `numéro de client`, `number of my passport`, `Nr. des Ausweises`
    if is_number_word(&folded) && folded != "key" {
        for index in at + 1..at + 6 {
            let Some(next) = near(index) else { break };
            let next_folded = fold(next.text);
            if is_subject(&next_folded) || in_list(ALONE, &next_folded) {
                let mut end = index + 1;
                while near(end).is_some_and(|token| {
                    is_subject(&fold(token.text))
                        || matches!(
                            token.text,
                            "de" | "d"
                                | "'"
                                | "’"
                                | "di"
                                | "e"
                                | "conducir"
                                | "conduire"
                                | "identite"
                                | "identité"
                                | "vitale"
                                | "identità"
                                | "sanitaria"
                        )
                }) {
                    end += 1;
                }
                return Some((Label::Number, after_number_words(tokens, end)));
            }
            let is_between = matches!(
                next_folded.as_str(),
                "of" | "de"
                    | "d"
                    | "du"
                    | "des"
                    | "der"
                    | "del"
                    | "della"
                    | "di"
                    | "da"
                    | "do"
                    | "l"
                    | "la"
                    | "le"
                    | "the"
                    | "my"
                    | "your"
                    | "his"
                    | "her"
                    | "their"
                    | "our"
                    | "ihres"
                    | "ihrer"
                    | "meines"
                    | "meiner"
                    | "seines"
                    | "mon"
                    | "ma"
                    | "votre"
                    | "su"
                    | "mi"
                    | "."
                    | "'"
                    | "’"
                    | "°"
                    | "º"
                    | "on"
                    | "for"
                    | "van"
                    | "dell"
                    | "tu"
            );
            if !is_between {
                break;
            }
        }
    }
    // `Boise, ID 83799` is a state.
    let is_state = before.is_some_and(|before| before.is(","))
        && tokens
            .get(at + 1)
            .is_some_and(|next| next.kind == TokenKind::Number && next.text.len() == 5);
    let is_id = token.text == "ID" && !is_state || token.text == "ID-Nr" || folded == "id-nummer";
    if is_id
        || in_list(ALONE, &folded)
        || (folded == "codice" && near(at + 1).is_some_and(|next| fold(next.text) == "fiscale"))
    {
        let end = if folded == "codice" { at + 2 } else { at + 1 };
        let mut end = end;
        while near(end).is_some_and(|token| {
            matches!(
                fold(token.text).as_str(),
                "card"
                    | "document"
                    | "dokument"
                    | "sanitaria"
                    | "vitale"
                    | "de"
                    | "di"
                    | "conduire"
                    | "conducir"
                    | "guida"
                    | "osobisty"
            )
        }) {
            end += 1;
        }
        let after = after_number_words(tokens, end);
        let kind = if after > end {
            Label::Number
        } else {
            Label::Subject
        };
        return Some((kind, after));
    }
    if in_list(LONG, &folded)
        && near(at + 1).is_some_and(|next| {
            next.text.len() >= 5 && next.kind == TokenKind::Number
                || next.is_word() && next.text.contains(|char: char| char.is_ascii_digit())
                || (next.is_capital() || next.kind == TokenKind::Number)
                    && near(at + 2)
                        .is_some_and(|mark| mark.gap == Gap::None && matches!(mark.text, "-" | "/"))
        })
    {
        return Some((Label::Subject, at + 1));
    }
    // `identity card XY12345`
    if is_subject(&folded)
        && near(at + 1).is_some_and(|next| {
            matches!(
                fold(next.text).as_str(),
                "card" | "id" | "policy" | "licence" | "license"
            )
        })
    {
        return Some((Label::Subject, at + 2));
    }
    None
}

fn is_number_word(folded: &str) -> bool {
    NUMBER_WORDS.contains(&folded)
}

/// Behind further words for number and their marks.
fn after_number_words(tokens: &[Token<'_>], from: usize) -> usize {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        let is_mark =
            token.gap != Gap::Line && matches!(token.text, "." | "#" | "°" | "º" | "(" | ")" | "s");
        if !is_number_word(&fold(token.text)) && !is_mark {
            break;
        }
        at += 1;
    }
    at
}

/// The end of a value that begins at a token: groups of digits and capital letters. `None` if it is none.
fn value(page: &Page<'_>, at: usize) -> Option<usize> {
    let first = page.tokens.get(at)?;
    let is_group = |token: &Token<'_>| match token.kind {
        TokenKind::Number => true,
        TokenKind::Word => {
            let has_digit = token.text.contains(|char: char| char.is_ascii_digit());
            let is_upper = !token.text.contains(char::is_lowercase);
            (has_digit && token.text.is_ascii()) || (is_upper && token.text.len() <= 6)
        }
        TokenKind::Mark => false,
    };
    if !is_group(first) {
        return None;
    }
    // A date is none, nor is an amount.
    if page
        .date_at(first.start)
        .is_some_and(|date| date.year.is_some())
    {
        return None;
    }
    let mut end = first.end();
    let mut index = at + 1;
    let has_digits = |text: &str| text.contains(|char: char| char.is_ascii_digit());
    while let Some(token) = page.tokens.get(index) {
        if matches!(token.gap, Gap::Wide | Gap::Line) {
            break;
        }
        if is_group(token) {
            let is_letters = !has_digits(token.text);
            let next = page.tokens.get(index + 1);
            // Capital letters behind a space belong to it if a digit follows, or nothing does.
            let ends_here = next.is_none_or(|next| {
                next.gap == Gap::Line
                    || next.gap == Gap::Wide
                    || (next.kind == TokenKind::Mark && next.gap == Gap::None)
            });
            let digits_follow =
                next.is_some_and(|next| next.gap != Gap::Line && next.kind == TokenKind::Number);
            if is_letters
                && token.gap == Gap::Space
                && !(token.text.len() <= 4 && (ends_here || digits_follow) && !is_unit(token.text))
            {
                break;
            }
            end = token.end();
        } else {
            let joins = token.gap == Gap::None
                && matches!(
                    token.text,
                    "-" | "/" | "." | "_" | "–" | ":" | "\u{2011}" | "*"
                )
                && page
                    .tokens
                    .get(index + 1)
                    .is_some_and(|next| next.gap == Gap::None && is_group(next));
            if !joins {
                break;
            }
        }
        index += 1;
    }
    let text = page.part(first.start, end);
    let count = text.chars().filter(|char| char.is_alphanumeric()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if count < 4 || digits < 2 || count > 40 {
        return None;
    }
    let behind = page.tokens.get(page.token_at(end));
    let is_amount = behind.is_some_and(|token| {
        matches!(token.gap, Gap::None | Gap::Space)
            && (matches!(token.text, "€" | "%" | "$" | "£") || is_unit(token.text))
    });
    (!is_amount).then_some(end)
}

fn is_unit(text: &str) -> bool {
    matches!(
        text,
        "EUR"
            | "CHF"
            | "USD"
            | "GBP"
            | "SEK"
            | "NOK"
            | "DKK"
            | "PLN"
            | "Euro"
            | "euros"
            | "euro"
            | "kWh"
            | "km"
            | "kg"
            | "IU"
            | "MB"
            | "GB"
            | "AM"
            | "PM"
            | "UTC"
            | "CET"
    )
}

/// A year or a small number, which a label without a word for number does not make an id.
fn is_plain(text: &str) -> bool {
    text.len() <= 4 && text.chars().all(|char| char.is_ascii_digit())
}

fn take_labelled(page: &mut Page<'_>) {
    let mut found = Vec::new();
    for at in 0..page.tokens.len() {
        let Some((kind, behind)) = label(&page.tokens, at) else {
            continue;
        };
        let Some(last) = behind.checked_sub(1).and_then(|at| page.tokens.get(at)) else {
            continue;
        };
        let reach = match kind {
            Label::Number => 9,
            Label::Subject => 3,
        };
        let mut index = behind;
        let mut breaks = 0;
        // `Licence of the witness: …`
        let colon =
            (behind..behind + 5).find(|at| page.tokens.get(*at).is_some_and(|token| token.is(":")));
        let colon = colon.filter(|colon| {
            (behind..=*colon).all(|at| {
                page.tokens
                    .get(at)
                    .is_some_and(|token| token.gap != Gap::Line)
            })
        });
        let reach = reach + colon.map_or(0, |colon| colon - behind);
        while let Some(token) = page.tokens.get(index).filter(|_| index < behind + reach) {
            if token.gap == Gap::Line {
                breaks += token.line - page.tokens.get(index - 1).map_or(0, |before| before.line);
            }
            if breaks > 1 || token.line > last.line + 1 {
                break;
            }
            if let Some(end) = value(page, index) {
                if kind == Label::Number || !is_plain(page.part(token.start, end)) {
                    found.push((token.start, end));
                    index = page.token_at(end);
                    // `and 4711-2`
                    let joins = page.tokens.get(index).is_some_and(|token| {
                        matches!(
                            fold(token.text).as_str(),
                            "and" | "und" | "et" | "y" | "e" | "or" | "oder" | "ou" | "&" | "en"
                        )
                    });
                    if joins
                        && let Some(second) = page.tokens.get(index + 1)
                        && let Some(end) = value(page, index + 1)
                        && !is_plain(page.part(second.start, end))
                    {
                        found.push((second.start, end));
                    }
                }
                break;
            }
            let is_end = match token.kind {
                TokenKind::Mark => {
                    matches!(token.text, ";" | "!" | "?")
                        || (token.text == "."
                            && page.tokens.get(index + 1).is_some_and(|next| {
                                next.gap != Gap::None
                                    && next.is_capital()
                                    && kind == Label::Number
                                    && index > behind
                            }))
                }
                TokenKind::Number => true,
                // Another label comes first.
                TokenKind::Word => {
                    index > behind
                        && label(&page.tokens, index).is_some_and(|(kind, _)| kind == Label::Number)
                }
            };
            let is_near = kind == Label::Number
                || colon.is_some_and(|colon| index < colon && !token.is_capital())
                || matches!(token.text, ":" | "." | "=" | "(" | "#" | "-" | "–")
                || matches!(
                    fold(token.text).as_str(),
                    "is" | "ist" | "lautet" | "est" | "es" | "e" | "with" | "mit" | "no" | "nr"
                );
            // `Passport Astrid C4471X8ZT`
            let is_owner = kind == Label::Subject
                && token.is_capital()
                && index < behind + 2
                && page.tokens.get(index + 1).is_some_and(|next| {
                    let digits = next.text.chars().filter(char::is_ascii_digit).count();
                    next.is_word() && digits >= 3 || digits >= 7
                });
            if is_end || !(is_near || is_owner) {
                break;
            }
            index += 1;
        }
    }
    for (start, end) in found {
        if page.is_free(start, end) {
            page.take(Kind::Id, start, end);
        }
    }
}

/// Values of forms and tables whose label is one of an id.
fn take_fields(page: &mut Page<'_>) {
    let mut found = Vec::new();
    for field in &page.fields {
        if field.link == Link::Below && field.value.len() > 32 {
            continue;
        }
        let from = page.token_at(field.label.start);
        let to = page.token_at(field.label.end);
        let Some(tokens) = page.tokens.get(from..to).filter(|tokens| tokens.len() <= 8) else {
            continue;
        };
        let first = page.token_at(field.value.start);
        let is_label = (0..tokens.len()).any(|at| {
            label(tokens, at).is_some_and(|(kind, _)| kind == Label::Number || tokens.len() <= 3)
        });
        if !is_label {
            continue;
        }
        let text = page.part(field.value.start, field.value.end);
        let is_whole = text.len() <= 32 && !is_plain(text);
        if let Some(end) = value(page, first)
            && (is_whole || field.link != Link::Below)
        {
            found.push((field.value.start, end));
        }
    }
    for (start, end) in found {
        if page.is_free(start, end) {
            page.take(Kind::Id, start, end);
        }
    }
}

/// Ids whose form alone tells them: social security numbers and the like.
fn take_forms(page: &mut Page<'_>) {
    // The number of a constable.
    const CONSTABLE: &str = r"\b(?:PC|WPC|DC|PS|DS) (\d{2,5}) [A-Z][a-z]+";
    const FORMS: [&str; 16] = [
        // United States
        r"\b\d{3}-\d{2}-\d{4}\b",
        // United Kingdom, national insurance
        r"\b[A-CEGHJ-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        // France
        r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d{2})?\b",
        // Italy
        r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b",
        // Switzerland
        r"\b756\.\d{4}\.\d{4}\.\d{2}\b",
        // Spain
        r"\b(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]\b",
        // Germany, pension insurance
        r"\b\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}\b",
        // Spain, social security
        r"\b\d{2}[/ ]\d{8}[/ ]\d{2}\b",
        // India, tax
        r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b",
        // Brazil
        r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b",
        // Scandinavia
        r"\b(?:\d{2})?\d{2}[01]\d[0-3]\d[-+]\d{3}[\dA-Y]\b",
        // Value added tax
        r"\b(?:ATU\d{8}|BE ?0?\d{9}|DE\d{9}|NL\d{9}B\d{2}|GB ?\d{3} ?\d{4} ?\d{2}|IT\d{11})\b",
        // Number plates of the United Kingdom
        r"\b[A-Z]{2}\d{2} [A-Z]{3}\b",
        // of Germany
        r"\b[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} \d{1,4}[EH]?\b",
        // and of Ireland
        r"\b\d{2,3}-(?:[CDGLMTW]|[A-Z]{2})-\d{1,6}\b",
        // Network cards
        r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b",
    ];
    for form in FORMS {
        let Ok(form) = regex_lite::Regex::new(form) else {
            continue;
        };
        let found: Vec<(usize, usize)> = form
            .find_iter(page.text)
            .map(|found| (found.start(), found.end()))
            .collect();
        for (start, end) in found {
            if page.is_free(start, end) {
                page.take(Kind::Id, start, end);
            }
        }
    }
    let constables = regex_lite::Regex::new(CONSTABLE)
        .into_iter()
        .flat_map(|form| {
            let numbers = form
                .captures_iter(page.text)
                .filter_map(|found| found.get(1));
            numbers
                .map(|number| (number.start(), number.end()))
                .collect::<Vec<_>>()
        });
    for (start, end) in constables.collect::<Vec<_>>() {
        page.take(Kind::Id, start, end);
    }
}
