//! Classes of words in English, German, French and Spanish. What was said with one word of a class in an
//! example is then known of the others.

/// Name and words of each class; `*` stands for any ending or beginning.
const CLASSES: [(&str, &str); 24] = [
    (
        "change",
        "change* replace* fix fixes correct correction alter* edit edits editing modify* adjust* \
         update* swap* substitut* amend* rewrite reword rename* delete* remove* strike* cut erase* \
         insert* append* cross exchang* tweak* typo* misspel* spelling instead drop änder* ersetz* \
         verbesser* korrigier* streich* lösch* entfern* tausch* tippfehler* statt ergänz* füg* \
         berichtig* remplac* corrig* supprim* modifi* efface* ajout* enlève* faute cambia* sustitu* \
         corrige borra* quita* elimina* reemplaz* añad* errata modific*",
    ),
    (
        "create",
        "create* make makes making write save saves saved store stored generate* draft compose \
         produce export new called named containing put overwrite schreib* erstell* speicher* leg* \
         anleg* neue neuen sichere namens crée* créer écri* enregistr* sauvegard* nouveau crea crear \
         escrib* guarda* nuevo nueva llamado llamada haz",
    ),
    (
        "show",
        "show* open* read* display* print cat load view see bring look* contents content inside \
         summar* zeig* öffne* lies vorlesen vor inhalt fass* affich* ouvr* montre* lis lire contenu \
         résum* muestra* muéstra* abre* lee léeme contenido resum* ver",
    ),
    (
        "find",
        "find* search* look* locate* list* seek hunt grep such* finde* durchsuch* cherch* trouv* \
         recherch* liste* busca* encuentra* encontrar lista*",
    ),
    (
        "line",
        "line lines row rows entry entries occur* mention* contain* appear* phrase string word words \
         spot spots place places passage zeile* wort erwähn* vorkomm* kommt stelle* eintr* ligne* mot \
         mots contien* apparaî* occurrence* línea* palabra* contenga* aparec* mencion*",
    ),
    (
        "file",
        "file files filename* datei* fichier* archivo* fichero*",
    ),
    (
        "folder",
        "folder* director* subfolder* ordner* verzeichnis* dossier* répertoire* carpeta* directorio*",
    ),
    (
        "kind",
        "pdf* photo* picture* image* spreadsheet* presentation* mp3* video* archive* zip* ending \
         extension suffix begin* start* foto* bild* bilder tabelle* endung beginn* photos images \
         commenc* imagen* fotos termin* empiec* empiez*",
    ),
    (
        "paper",
        "bill* fees survey* *vertrag* *rechnung* tax school letters manuals rules landlord contract* \
         letter* invoice* bill bills policy policies report* agreement* lease* statement* warrant* \
         guarantee* manual offer offers quote* receipt* certificate* minutes paper papers document* \
         brochure* insurer insurance tenancy prescription* payslip* handbook* instruction* according \
         vertrag* *vertrag rechnung* *rechnung brief *brief schreiben police* *police bericht* \
         *bericht angebot* unterlagen garantie* laut beleg* bescheid* quittung* mietvertrag* contrat* \
         facture* lettre* courrier* rapport* assurance* devis reçu bail selon mutuelle attestation* \
         contrato* factura* carta* póliza* informe* garantía* recibo* presupuesto* según seguro*",
    ),
    (
        "memory",
        "remember* forget* memor* recall* remind* told mention* kept keep mind note bear know knew \
         stored said future later erinner* merk* vergiss* vergessen gemerkt behalt* weißt wissen \
         denk* erzählt gesagt genannt souvien* oubli* reten* retiens rappel* dit sais recuerd* \
         recorda* acuérd* acuerd* olvid* dije dicho conté sabes record*",
    ),
    (
        "told",
        "told said mentioned gave asked already again earlier before previously gesagt erzählt \
         genannt nochmal mal neulich dit demandé déjà dije conté dicho",
    ),
    (
        "my",
        "my mine i i'm am me mein* ich mir mich mon ma mes je j moi mi mis yo soy tengo",
    ),
    ("you", "you your du dir dich tu te t toi ti"),
    (
        "clock",
        "time date day today now month year week weekday hour clock o'clock late noon midnight \
         morning evening weekend calendar current* monday tuesday wednesday thursday friday saturday \
         sunday uhr spät datum heute tag wochentag monat jahr jetzt woche montag dienstag mittwoch \
         donnerstag freitag samstag sonntag heure jour aujourd mois année semaine hora fecha día hoy \
         mes año semana ahora lunes martes miércoles jueves viernes sábado domingo",
    ),
    (
        "math",
        "plus minus times divide* multipl* subtract* add sum total average mean percent* per cent \
         root square* convert* conversion discount* off vat tip tax net gross share split each every \
         interest rate altogether together half double calculat* comput* work mal geteilt durch \
         prozent* summe rechne* wurzel umrechn* rabatt mehrwertsteuer mwst jeder zusammen fois divis* \
         pour moins somme pourcent* chacun remise moyenne más menos dividid* por ciento suma \
         convierte* cada",
    ),
    (
        "unit",
        "euro* dollar* pound* franc* km kilomet* mile* met* cm centimet* mm inch* foot feet ft yard* \
         kg kilogram* gram* g oz ounce* litre* liter* l ml gallon* pint* celsius fahrenheit degrees \
         minute* hour* second* stunde* meile* meter* pfund zoll heure* livre* mille* mètre* pouce* \
         euros hora* milla* metro* pulgada* libra* litro*",
    ),
    (
        "world",
        "capital why explain does do mean means meaning difference general who invent* wrote people \
         history warum erklär* bedeut* unterschied hauptstadt pourquoi expliqu* capitale différence \
         signifi* explica* diferencia significa",
    ),
    (
        "talk",
        "hello hi hey thanks thank bye goodbye morning good welcome nice funny great sorry ok okay \
         please joke story poem poet* riddle limerick haiku song idea* suggest* recommend* advice \
         translate* rephrase hallo danke guten witz gedicht geschichte idee* empfiehl* bonjour merci \
         salut poème histoire blague idée* hola gracias poema cuento chiste buenos",
    ),
    (
        "definite",
        "the this that these those our my his her their der die das dem den des unser* mein* dieser \
         diese le la les l ce cette mon ma notre el los las esta este mi nuestro",
    ),
    (
        "indefinite",
        "a an any some ein eine einen einem einer un une des una unos",
    ),
    (
        "name",
        "name* named called title* namens heißt heißen benannt nom noms nommé* appel* nombre* llama*",
    ),
    ("away", "out off away from weg heraus hervor aus hors fuera"),
    ("person", "who whose whom wer wem qui quien quién"),
    (
        "future",
        "later future next always für später künftig avenir futuro luego",
    ),
];

/// The names of the classes that a word in small letters belongs to.
pub(super) fn classes(word: &str) -> impl Iterator<Item = &'static str> {
    CLASSES
        .iter()
        .filter(move |(_, words)| words.split(' ').any(|pattern| matches(pattern, word)))
        .map(|(name, _)| *name)
}

fn matches(pattern: &str, word: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(beginning), _) => word.starts_with(beginning),
        (_, Some(end)) => word.ends_with(end),
        _ => word == pattern,
    }
}
