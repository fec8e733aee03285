//! What words mean to a form: terms that English, German, French, Spanish, Italian and Dutch share.

use std::collections::HashMap;

use crate::reading::fold;

/// A term and the words for it, folded. A star stands for any ending.
const TERMS: &[(&str, &str)] = &[
    (
        "shop",
        "shop* store* laden geschaft boutique magasin tienda negozio winkel bought retailer handler",
    ),
    ("street", "street strasse rue calle via straat"),
    (
        "invoice",
        "invoice* bill rechnung* facture factura fattura factuur honorarnote",
    ),
    (
        "number",
        "number* no nr num nummer* numero* code reference ref id identifier kennung aktenzeichen referenz referencia riferimento n",
    ),
    (
        "date",
        "date dated datum fecha data day tag jour dia giorno dag",
    ),
    (
        "issue",
        "issue* issued written ausgestellt ausstellung* rechnungsdatum emission emise emitid* emess* drawn made",
    ),
    (
        "due",
        "due payable fallig* zahlbar echeance vencimiento scadenza vervaldatum deadline close* anmeldeschluss* cloture frist zahlungsziel latest spatestens",
    ),
    (
        "pay",
        "pay pays paid payment* paying payable zahl* bezahl* payer paye paiement* payez reglement regler pago pagar pagado pagamento pagare betal* begleichen owed owing",
    ),
    (
        "customer",
        "customer* client* kunde* kundin buyer* bill-to cliente kunden* besteller* auftraggeber* klant* purchaser* titulaire* titular intestatario abonne kaufer* acheteur* comprador* acquirente",
    ),
    (
        "recipient",
        "recipient* to empfanger* an destinataire destinatario addressee aan consignee a",
    ),
    (
        "sender",
        "sender* from absender* von expediteur remitente mittente de consignor shipper da",
    ),
    (
        "seller",
        "seller* vendor* verkaufer* vendeur* vendedor* venditore verkoper supplier* lieferant* fournisseur proveedor fornitore dealer",
    ),
    (
        "contractor",
        "contractor* firm company firma auftragnehmer* prestataire contratista provider anbieter dienstleister unternehmen entreprise societe empresa ditta",
    ),
    (
        "total",
        "total* sum summe gesamt* endbetrag endsumme betrag amount montant importe importo totaal final altogether insgesamt ttc brutto gross rechnungsbetrag zahlbetrag overall",
    ),
    (
        "net",
        "net netto ht subtotal zwischensumme imponibile nettobetrag without ohne hors excluding",
    ),
    ("tax", "tax vat mwst ust tva iva btw steuer* taxe* gst"),
    (
        "price",
        "price* preis* prix precio* prezzo prijs cost* kosten kostet fee* gebuhr* frais charge* honorar tarif* kostenbeitrag coute cuesta costo coste",
    ),
    (
        "deposit",
        "deposit* kaution* caution fianza cauzione borgsom anzahlung* acompte anticipo down arrhes prepayment",
    ),
    (
        "refund",
        "refund* erstattung* ruckzahlung remboursement reembolso rimborso",
    ),
    (
        "discount",
        "discount* rabatt* remise descuento sconto korting voucher nachlass reduction",
    ),
    (
        "shipping",
        "shipping versand* livraison envio spedizione porto postage verzend* freight frachtkosten",
    ),
    (
        "delivery",
        "deliver* geliefert* liefer* livre* livraison* entreg* consegn* zustell* levering",
    ),
    (
        "rent",
        "rent* miete* loyer* alquiler affitto huur* kaltmiete",
    ),
    (
        "month",
        "month* monat* mois mes mensual* mensile* mensuel* maand*",
    ),
    (
        "year",
        "year* jahr* annual* an annee* ano anual anno annuo jaar",
    ),
    ("week", "week* woche* semaine* semana* settimana*"),
    (
        "start",
        "from von dal desde start* begin* beginn* debut commence* inicio inizi* ab effective anfang takes",
    ),
    (
        "end",
        "to bis al end ends ended ending endet ende fin termine expir* last until bis scadenza ablauf* laufzeit* jusqu* hasta vence",
    ),
    (
        "notice",
        "notice kundigung* preavis preaviso preavviso opzegtermijn",
    ),
    (
        "birth",
        "birth* born geboren geburt* ne nee naissance nacimiento nacid* nato nata nascita geboorte* dob geb",
    ),
    ("death", "died death gestorben deces"),
    (
        "phone",
        "phone* tel telephone telefon* mobil* handy portable movil cellulare telefono call telefoon*",
    ),
    ("email", "email* e-mail* mail courriel correo mailadresse"),
    (
        "address",
        "address* adresse* anschrift direccion indirizzo adres street strasse rue wohnhaft",
    ),
    (
        "city",
        "city town ort stadt ville ciudad citta stad place wohnort lieu village",
    ),
    ("country", "country land pays pais paese"),
    ("name", "name* nom nombre nome naam full fullname heisst"),
    ("time", "time* uhr* heure* hora* ora* tijd o'clock h"),
    (
        "duration",
        "duration length dauer* duree duracion durata lasts takes long runs",
    ),
    ("minute", "minute* minuten min minuto* minuti"),
    (
        "hour",
        "hour* stunde* heure* hora* ore uren std arbeitsstunden",
    ),
    (
        "night",
        "night* nacht* nachte ubernachtung* nuit* noche* notte notti nuitee*",
    ),
    (
        "weight",
        "weight* weigh* gewicht* poids peso wiegt kilogram* kilo* kg",
    ),
    (
        "quantity",
        "quantity quantities pieces piece pcs anzahl stuck* menge quantite cantidad quantita aantal units many qty count pairs",
    ),
    ("litre", "litre* liter* l"),
    (
        "kilometre",
        "kilometre* kilometer* km mileage kilometerstand laufleistung kilometrage",
    ),
    (
        "energy",
        "kwh kilowatt* consumption verbrauch* consommation consumo used energy",
    ),
    (
        "meter",
        "meter* zahler* compteur* contador contatore zahlerstand reading ablesung releve lectura",
    ),
    (
        "area",
        "area flache wohnflache surface superficie m2 qm m² square",
    ),
    ("currency", "currency wahrung* devise moneda valuta"),
    (
        "order",
        "order* bestell* auftrag* commande* pedido* ordine* bestelling",
    ),
    (
        "transfer",
        "transfer uberweisung* virement bonifico transferencia",
    ),
    (
        "cash",
        "cash bar barzahlung especes contanti efectivo contant",
    ),
    ("days", "days tage tagen jours dias giorni dagen"),
    (
        "damage",
        "damage* schaden* dommage* dano* danni beschadig* defect*",
    ),
    ("condition", "condition* zustand* etat estado stato staat"),
    (
        "insurance",
        "insurance versicherung* assurance* seguro* assicura* verzeker*",
    ),
    (
        "insurer",
        "insurer* versicherer* assureur* aseguradora assicuratore verzekeraar underwritten",
    ),
    (
        "insured",
        "insured versicherte* versicherungsnehmer* assure asegurado assicurato verzekerde policyholder*",
    ),
    (
        "holder",
        "holder* policyholder* versicherungsnehmer* souscripteur titulaire titular inhaber* halter* kontoinhaber* intestatario",
    ),
    (
        "new",
        "new neu neue* neuer nouveau nouvelle* nuevo nueva nuovo nuova nieuw* current aktuell*",
    ),
    (
        "old",
        "old alt alte* alter previous ancien* vorher* precedent* vorig*",
    ),
    (
        "credit",
        "credit guthaben* avoir* gutschrift* haben credito",
    ),
    (
        "meeting",
        "meeting* sitzung* reunion* versammlung* riunione besprechung* seance",
    ),
    (
        "next",
        "next nachste* nachster prochain* proximo proxima prossimo prossima volgende following",
    ),
    ("chair", "chair* vorsitz* president* presidente presidenza"),
    (
        "speaker",
        "speaker* referent* redner* intervenant* orador relatore",
    ),
    (
        "repair",
        "repair* reparatur* reparation* reparacion riparazione",
    ),
    (
        "driver",
        "driver* driven fahrer* conducteur* conductor conducente",
    ),
    ("author", "author* autor* auteur* autore by"),
    ("bonus", "bonus* pramie gratifikation prime"),
    (
        "holiday",
        "holiday* urlaub* conges vacaciones ferie vakantie vacation leave",
    ),
    ("work", "work* arbeit* travail* trabajo lavoro werk"),
    (
        "policy",
        "policy police polizza poliza polis policennummer versicherungsschein*",
    ),
    (
        "contract",
        "contract* vertrag* contrat* contrato contratto agreement* vereinbarung lease mietvertrag overeenkomst",
    ),
    (
        "premium",
        "premium* pramie* beitrag* prime* prima premio jahresbeitrag contribution cotisation*",
    ),
    (
        "excess",
        "excess selbstbehalt* selbstbeteiligung franchise franquicia franchigia deductible",
    ),
    (
        "landlord",
        "landlord* vermieter* bailleur* arrendador* locatore proprietaire verhuurder lessor owner",
    ),
    (
        "tenant",
        "tenant* mieter* locataire* inquilino* arrendatario conduttore huurder lessee renter",
    ),
    (
        "guest",
        "guest* gast* gaste huesped ospite booked coperti couverts cubiertos gedecke covers",
    ),
    (
        "arrival",
        "arriv* anreise ankunft llegada arrivo check-in checkin arrivee",
    ),
    (
        "departure",
        "depart* abreise abfahrt salida partenza check-out checkout leave leaves abflug departs vertrek",
    ),
    (
        "room",
        "room* zimmer* chambre* habitacion camera kamer salle raum",
    ),
    (
        "doctor",
        "doctor* dr arzt* arztin medecin* medico medica docteur physician dentist zahnarzt* tierarzt* vet praxis",
    ),
    ("patient", "patient* paciente paziente"),
    (
        "appointment",
        "appointment* termin* rendez-vous cita appuntamento afspraak seen examination* untersuchung consultation booked session",
    ),
    (
        "employer",
        "employer* arbeitgeber* employeur empleador datore werkgever",
    ),
    (
        "employee",
        "employee* arbeitnehmer* mitarbeiter* employe salarie empleado dipendente werknemer worker",
    ),
    (
        "present",
        "present current* today since seit heute depuis actuel* now actual derzeit aktuell* desde",
    ),
    (
        "salary",
        "salary gehalt* lohn salaire* salario sueldo stipendio wage* pay bruttogehalt",
    ),
    (
        "position",
        "position* role job title post stelle beruf* poste puesto als tatigkeit* profession function funktion",
    ),
    (
        "participant",
        "participant* teilnehmer* attendee* partecipant* deelnemer* places platze people personen persons",
    ),
    (
        "course",
        "course* kurs* cours curso corso lehrgang seminar workshop class",
    ),
    (
        "organiser",
        "organis* organiz* veranstalter* organisateur hosted host",
    ),
    ("flight", "flight* flug* vol vuelo volo"),
    ("train", "train* zug* tren treno"),
    (
        "seat",
        "seat* sitz* sitzplatz place siege asiento posto platz",
    ),
    (
        "vehicle",
        "vehicle* fahrzeug* vehicule* vehiculo veicolo car auto wagen voertuig",
    ),
    (
        "plate",
        "plate* kennzeichen immatriculation* matricula targa kenteken registration",
    ),
    (
        "serial",
        "serial seriennummer* serie* chassis frame rahmennummer* fahrgestell*",
    ),
    (
        "model",
        "model* modell* modele* modelo modello typ type make",
    ),
    (
        "warranty",
        "warranty garantie* guarantee* gewahrleistung garanzia garantia",
    ),
    ("title", "title titel titre titulo titolo"),
    (
        "subject",
        "subject betreff objet asunto oggetto concerning re betrifft",
    ),
    (
        "reason",
        "reason* grund motif motivo purpose zweck because wegen",
    ),
    (
        "signature",
        "signed signature unterschrift* unterschrieben signe firmado firmato ondertekend sign",
    ),
    (
        "purchase",
        "purchase* kauf* achat* compra acquisto bought gekauft einkauf",
    ),
    (
        "product",
        "product* produkt* artikel* article* produit* item* goods ware* articulo articolo",
    ),
    ("material", "material* stoff matiere"),
    ("card", "card* karte* carte* tarjeta carta kaart"),
    (
        "account",
        "account* konto* compte* cuenta conto rekening* iban",
    ),
    (
        "member",
        "member* mitglied* membre* socio socia lid adherent*",
    ),
    (
        "child",
        "child* kind* enfant* daughter son tochter sohn fille fils pupil* schuler* hijo hija",
    ),
    (
        "teacher",
        "teacher* lehrer* enseignant* professeur* insegnante profesor*",
    ),
    (
        "pet",
        "kater pet dog cat hund katze chien chat tier animal* perro gato breed",
    ),
    ("winner", "winner* sieger* gewinner* gagnant*"),
    ("witness", "witness* zeuge* zeugin temoin*"),
    (
        "accident",
        "accident* unfall* incident* vorfall happened sinistre schadenstag",
    ),
    (
        "hand",
        "handover handing handed ubergabe* remise ubergeben hand",
    ),
    ("lost", "lost loss verloren verlust perdu"),
    (
        "book",
        "book* booking* buchung* reservation* reserva* prenotazion* reservierung* boeking",
    ),
    ("expiry", "expir* ablauf* valid* gultig* validite caducidad"),
    (
        "percent",
        "percent* prozent* rate satz taux interest zins* zinssatz",
    ),
    ("loan", "loan* kredit* darlehen* pret prestamo prestito"),
    (
        "instalment",
        "instalment* installment* rate raten ratenzahlung mensualite*",
    ),
    (
        "balance",
        "balance saldo solde restbetrag rest remaining reste remainder nachzahlung",
    ),
    (
        "nationality",
        "nationality nationalitat staatsangehorigkeit nationalite nacionalidad nazionalita",
    ),
    ("language", "language* sprache* langue* idioma* lingua"),
    ("website", "website* web homepage url internet site"),
];

/// Words of names and descriptions that say nothing about where the value stands.
const STOP: &str = "the a an of in on at by for from to with and or as is it its was were be been has have had which who whom whose \
    that this these those when where what how if null not none there no any all per each one other than only also into out \
    stated given noted document value field string written exact shown such must do does did will would it's person people \
    without der die das des dem den und oder von im zum zur le la les du de et ou un une el los las y il lo e di del whether \
    up more less about";

/// The stem of a word that no term has: without the usual endings, and of long words the beginning.
fn stem(word: &str) -> &str {
    const ENDS: [&str; 13] = [
        "ations", "ation", "ings", "ing", "ment", "ies", "ed", "es", "en", "er", "s", "e", "n",
    ];
    let stem = ENDS
        .iter()
        .find_map(|end| {
            word.strip_suffix(end)
                .filter(|stem| stem.chars().count() >= 4)
        })
        .unwrap_or(word);
    let end = stem.char_indices().nth(6).map_or(stem.len(), |(at, _)| at);
    stem.get(..end).unwrap_or(stem)
}

/// The terms by their words.
pub(super) struct Lexicon {
    words: HashMap<&'static str, Vec<&'static str>>,
    beginnings: Vec<(&'static str, &'static str)>,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let mut words: HashMap<_, Vec<_>> = HashMap::new();
        let mut beginnings = Vec::new();
        for (term, list) in TERMS {
            for word in list.split_whitespace() {
                match word.strip_suffix('*') {
                    Some(beginning) => beginnings.push((beginning, *term)),
                    None => words.entry(word).or_default().push(*term),
                }
            }
        }
        Self { words, beginnings }
    }

    /// What a word stands for: its terms, or else its stem. Of a long compound also what its parts do.
    pub(super) fn terms(&self, word: &str) -> Vec<String> {
        let folded = fold(word);
        let folded = folded.strip_suffix("'s").unwrap_or(&folded);
        let mut terms: Vec<String> = Vec::new();
        let mut add = |term: &str| {
            if !terms.iter().any(|known| known == term) {
                terms.push(term.to_owned());
            }
        };
        for term in self.words.get(folded).into_iter().flatten() {
            add(term);
        }
        let is_long = folded.len() >= 9;
        for (beginning, term) in &self.beginnings {
            if folded.starts_with(beginning)
                || (is_long && beginning.len() >= 5 && folded.contains(beginning))
            {
                add(term);
            }
        }
        if is_long {
            for (word, of) in &self.words {
                if word.len() >= 5 && (folded.starts_with(word) || folded.ends_with(word)) {
                    of.iter().for_each(|term| add(term));
                }
            }
        }
        // The stem too: `blueberry`, `handover`.
        let stem = stem(folded);
        if stem.chars().count() != 2 {
            add(stem);
        }
        terms.sort_unstable();
        terms
    }

    /// Whether a word of a description says nothing about the place of the value.
    pub(super) fn is_stop(word: &str) -> bool {
        STOP.split_whitespace().any(|stop| stop == word)
    }
}

/// Whether a term is one of the list, and no stem.
pub(super) fn is_listed(term: &str) -> bool {
    TERMS.iter().any(|(listed, _)| *listed == term)
}

/// Terms that name a type of value rather than one value.
pub(super) fn is_general(term: &str) -> bool {
    const GENERAL: &str = "number date name price total address time city quantity contractor month year duration minute hour \
        currency country litre weight percent week night";
    GENERAL.split_whitespace().any(|general| general == term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_languages_share_a_term() {
        let lexicon = Lexicon::new();
        for (word, term) in [
            ("Rechnungsnummer", "invoice"),
            ("Rechnungsnummer", "number"),
            ("fällig", "due"),
            ("échéance", "due"),
            ("Gesamtbetrag", "total"),
            ("deliveries", "delivery"),
            ("landlord's", "landlord"),
            ("Kündigungsfrist", "notice"),
        ] {
            let terms = lexicon.terms(word);
            assert!(terms.iter().any(|known| known == term), "{word}: {terms:?}");
        }
        assert_eq!(lexicon.terms("bushes"), ["bush"]);
    }
}
