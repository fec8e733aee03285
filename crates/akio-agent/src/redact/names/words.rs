//! The words that tell names from other words: titles, labels, greetings, given names. In small letters
//! without accents.

use std::collections::HashSet;

use super::given;

/// Surnames of many countries. What is also a word of a place or a thing is left out.
const SURNAMES: &str = include_str!("../surnames.txt");

/// Ends that only surnames have.
pub(in crate::redact) const SURNAME_ENDS: &str = "owski ewski inski ynski owska ewska inska ynska wicz ovic evic enko chuk dottir sson ssen rsen \
    nsen lsen oglu escu opoulos idis akis shvili adze zadeh quist qvist strom stra nathan swamy murthy";

/// Words in front of a name that are not part of it.
const TITLES: &str = "mr mrs ms miss mx dr drs prof professor sir lady lord rev reverend fr sister brother captain capt \
    sgt sergeant judge nurse pc wpc dc insp inspector constable officer det detective cpl lt lieutenant col colonel major uncle aunt auntie grandma grandpa granny cousin councillor cllr pastor rabbi imam \
    herr herrn frau fraulein dipl-ing ing mag familie eheleute tante onkel oma opa doktor pfarrer pfarrerin \
    m mm mme mmes mlle monsieur madame mademoiselle maitre me docteur pr soeur pere \
    sr sra srta dra dras senor senora senorita don dona dna d sig signor signora signorina dott dottor dottoressa avv \
    dhr mevr mevrouw meneer heer mw pan pani panem pania panu hr maitres messrs dres mesdames kollege kollegin kollegen kollega collega colega collegue confrere barr engr chief alhaji hon adv arch officer principal coach ehepaar azubi pfleger phm phmin pokin khkin pomin grinsp revinsp chefinsp bezinsp phk pom pok kok khk pcso supt rechtsanwalt rechtsanwaltin notar notarin sn rn ds dci egr gent spett sen jun fru froken herrn/frau sra. fam";

/// Words that begin a letter.
const GREETINGS: &str = "dear hi hello hey hallo lieber liebe liebes geehrter geehrte moin servus cher chere chers cheres \
    bonjour bonsoir salut coucou querido querida queridos estimado estimada hola caro cara cari gentile gentili egregio \
    ciao buongiorno beste geachte hoi kaere hei hej kjaere basta kara ola prezado prezada szanowny szanowna drogi \
    droga witaj morning afternoon evening tag morgen abend guten good tere ahoj mila mily mein meine my dearest liebster liebste \
    verehrter verehrte werter werte stimata stimate draga";

/// Words of the line above a signature.
const CLOSINGS: &str = "regards wishes sincerely faithfully truly cheers love thanks thank best yours cordially respectfully \
    xx xxx thx ta tx cu grusse grussen gruss grusschen hochachtungsvoll herzlich herzlichst herzliche liebe lg vg mfg bg dank danke \
    cordialement salutations sincerement amities amicalement affectueusement bien bises bisous respectueusement merci \
    distingues devoues atentamente saludos saludo abrazo cordialmente afectuosamente gracias saluti saluto abbraccio \
    distinti cordiali ringraziando grazie groet groeten groetjes hilsen hilsener halsningar halsning vanliga atenciosamente \
    cumprimentos abraco pozdrawiam powazaniem wyrazami warmly kindly hugs kisses affectionately gratefully signed gezeichnet \
    gez terveisin ystavallisin ditt din deine dein euer eure ihr ihre votre ton ta tuo tua";

/// Labels of forms, lists and e-mails behind which a name stands.
const LABELS: &str = "name names surname forename forenames firstname lastname familyname nickname vorname vornamen nachname \
    familienname geburtsname nom noms prenom prenoms nombre nombres apellido apellidos nome cognome naam voornaam achternaam \
    apelido imie nazwisko fornavn etternavn efternavn fornamn efternamn navn namn sobrenome nimi etunimi sukunimi jmeno prijmeni contact kontakt contacts contacto contatto \
    ansprechpartner ansprechpartnerin interlocuteur signed signature unterschrift gez signe firmado firmato firma from to cc \
    bcc von an de a para da attn attention patient patientin paciente paziente tenant tenants landlord landlady mieter mieterin \
    vermieter vermieterin locataire bailleur proprietaire inquilino arrendador witness witnesses zeuge zeugin temoin testigo testimone parent \
    parents guardian mother father mutter vater mere pere madre padre child kind enfant hijo hija figlio figlia pupil schuler schulerin \
    student etudiant eleve alumno alunno teacher lehrer lehrerin klassenlehrer klassenlehrerin enseignant enseignante profesor \
    insegnante doctor arzt arztin hausarzt hausarztin medecin medico applicant antragsteller antragstellerin bewerber \
    bewerberin candidate employee mitarbeiter mitarbeiterin manager chair chairman chairwoman chairperson minutes protokoll \
    secretary treasurer kassenwart vorsitz vorsitzende vorsitzender vorstand present anwesend anwesende apologies entschuldigt \
    attendees attending teilnehmer teilnehmende participants presents excuses absent absents aan till od author autor auteur owner halter \
    halterin holder inhaber inhaberin kontoinhaber kontoinhaberin titulaire titular intestatario beneficiary beneficiario driver fahrer fahrerin \
    conducteur conductor insured versicherter versicherte versicherungsnehmer versicherungsnehmerin assure assuree spouse husband wife \
    ehepartner ehefrau ehemann conjoint conyuge coniuge caller caretaker hausmeister hausmeisterin plumber vet nurse guest gast \
    seller buyer verkaufer verkauferin kaufer kauferin vendeur acheteur vendedor comprador venditore acquirente sender absender \
    empfanger empfangerin recipient expediteur destinataire remitente destinatario mittente reporter trainer trainerin coach leader leitung \
    organiser organizer interpreter translator daughter son tochter sohn fille fils sister brother schwester bruder soeur \
    frere partner partnerin neighbour neighbor nachbar nachbarin voisin voisine cleaner babysitter sitter accompanied \
    begleitperson kontaktperson bezugsperson betreuer betreuerin sachbearbeiter sachbearbeiterin bearbeiter bearbeiterin engineer technician \
    consultant auditor inspector reviewer supervisor delegate member mitglied membre socio socia received delivered prepared \
    approved checked interviewer examiner prufer referent referentin speaker redner moderator clerk adviser advisor berater \
    beraterin conseiller conseillere gestionnaire dossier responsable responsabile encargado nachname/vorname contraente contratante souscripteur souscriptrice preneur tomador tomadora arrendatario arrendataria conduttore locatore \
    verzekerde verzekeringnemer huurder verhuurder koper verkoper bewoner occupant resident director leiter leiterin schulleiterin \
    schulleiter person personne persona passenger passagier passager pasajero traveller reisender gaste lodger midwife carer client customer kunde kundin klient klientin cliente klant guarantor policyholder \
    suspect victim complainant accused appellant respondent deceased claimant defendant plaintiff payee payer executor trustee asegurado asegurada fdo signatory team agent consignee buyer assigned passengers occupants";

/// Labels of fields that hold nothing but a part of a name.
pub(in crate::redact) const NAME_LABELS: &str = "surname forename forenames firstname lastname first last given family middle maiden vorname \
    vornamen nachname familienname geburtsname nom prenom prenoms apellido apellidos cognome voornaam achternaam imie nazwisko \
    fornavn etternavn fornamn efternamn apelido sobrenome";

/// Labels that somebody other than a person may stand behind.
const OPEN_LABELS: &str = "from to cc bcc von an aan till od de a para da contact kontakt contacts contacto contatto sender absender recipient empfanger \
    destinataire expediteur seller buyer verkaufer kaufer owner dossier member received delivered client customer kunde kundin cliente klant agent consignee assigned team";

/// People by what they are to somebody; a name follows: `my husband, …`, `unsere Nachbarin …`.
const ROLES: &str = "husband wife partner spouse son daughter brother sister mother father mum mom dad child nephew niece cousin \
    grandson granddaughter grandmother grandfather neighbour neighbor colleague friend boss manager landlord landlady tenant \
    caretaker plumber vet nurse doctor teacher lawyer solicitor assistant secretary treasurer chairman chairwoman chair client patient \
    pupil student babysitter cleaner gardener electrician coach trainer roommate flatmate housemate fiance fiancee girlfriend \
    boyfriend stepson stepdaughter guardian supervisor director driver witness dentist therapist midwife carer tutor headteacher \
    engineer technician surveyor receptionist warden conserje portera badante lodger subtenant visitor carer housekeeper handyman stepmother stepfather aunt uncle godmother godfather bandmate classmate mate twins kids children girls boys sons daughters parents sisters brothers \
    adviser advisor agent accountant predecessor successor deputy \
    mann frau ehemann ehefrau lebensgefahrte lebensgefahrtin sohn tochter bruder schwester mutter vater neffe nichte cousin cousine enkel enkelin \
    nachbar nachbarin kollege kollegin kollegen freund freundin chef chefin vermieter vermieterin mieter mieterin hausmeister \
    hausmeisterin hauswart hauswartin arzt arztin lehrer lehrerin anwalt anwaltin assistentin assistent vorsitzende vorsitzender \
    kassenwart kassenwartin schriftfuhrer schriftfuhrerin trainerin schuler schulerin patientin klassenlehrer klassenlehrerin schwager schwagerin \
    verlobter verlobte zeugin zeuge betreuer betreuerin untermieter untermieterin nachmieter nachmieterin vormieter \
    mari femme epouse epoux compagne compagnon fils fille frere soeur mere pere neveu niece voisin voisine collegue ami amie \
    patron patronne proprietaire locataire gardien gardienne medecin infirmiere avocat avocate secretaire president presidente \
    directeur directrice professeur institutrice instituteur eleve nounou plombier \
    marido mujer esposo esposa hijo hija hermano hermana madre padre sobrino sobrina vecino vecina colega companero companera \
    amigo amiga jefe jefa abogado abogada medico medica profesor profesora presidente presidenta \
    marito moglie figlio figlia fratello sorella nipote vicino vicina collega amico amica capo avvocato avvocata dottore \
    professore professoressa amministratore amministratrice portiere idraulico \
    man vrouw zoon dochter broer zus moeder vader buurman buurvrouw vriend vriendin huisarts";

/// Words between which and a name nothing else stands: `my name is …`, `signed by …`.
const LEADS: &[&[&str]] = &[
    &["name", "is"],
    &["names", "are"],
    &["i", "am"],
    &["i", "'m"],
    &["this", "is"],
    &["called"],
    &["named"],
    &["nee"],
    &["alias"],
    &["c", "/", "o"],
    &["signed", "by"],
    &["signed"],
    &["heisse"],
    &["heisst"],
    &["namens"],
    &["name", "ist"],
    &["appelle"],
    &["nom", "est"],
    &["nomme"],
    &["nommee"],
    &["llamo"],
    &["llama"],
    &["nombre", "es"],
    &["chiamo"],
    &["chiama"],
    &["nome", "e"],
    &["geborene"],
    &["geborener"],
    &["heet"],
    &["genannt"],
    &["dite"],
    &["z", ".", "hd", "."],
    &["ask", "for"],
    &["i.", "a."],
    &["i.", "v."],
    &["attn"],
    &["attn", ":"],
    &["attn", "."],
    &["gez", "."],
    &["chez", "les"],
    &["ich", "bin"],
    &["je", "suis"],
    &["i", "m"],
    &["im"],
    &["goes", "by"],
    &["known", "as"],
    &["aka"],
    &["soy"],
    &["sono"],
    &["geb", "."],
];

/// Small words inside names.
const PARTICLES: &str = "von van de der den di da del della dello dos das du la le el al bin ibn ten ter zu zur vom af av y e bint \
    ben abu st do des dal dalla vander op 't het ten ap i an lo ni nic ui";

/// Names of firms, clubs and authorities have one of these words.
const ORGANISATIONS: &str = "gmbh ag kg og ohg ug se ev eg mbh ltd limited inc llc llp plc corp corporation company co sa sas sarl \
    sasu eurl snc spa srl bv nv oy oyj aps as ab sl slu lda kft sro doo spzoo group holding bank sparkasse volksbank raiffeisenbank versicherung \
    versicherungen insurance assurance assurances mutuelle clinic klinik klinikum hospital krankenhaus praxis \
    pharmacy apotheke school schule grundschule realschule gymnasium university universitat college hotel restaurant cafe verein \
    club association society foundation stiftung church museum library bibliothek bucherei theatre theater studio studios \
    agency agentur partners brothers sons sohne gebruder fils freres team service services department council office amt \
    stadtwerke works logistics systems solutions media press verlag publishing energy energie water gas power telecom hosting \
    software consulting immobilien properties estate estates travel airlines freight transport transports motors autohaus garage bakery \
    backerei nursery ceramics bookbinders plumbing roofing construction bau dachbau elektro interiors designs store shop markt \
    supermarket centre center zentrum institute institut academy akademie committee trust union gewerkschaft federation \
    verband genossenschaft hausverwaltung verwaltung ministry ministerium authority agence societe entreprise mairie ecole \
    lycee collectif banque caisse clinique pharmacie boulangerie librairie editions cabinet syndicat prefecture commune empresa \
    ayuntamiento escuela colegio clinica farmacia banco asociacion fundacion comune scuola banca farmacia associazione fondazione \
    departamento dipartimento departement abteilung servicio servizio seguros assicurazioni siniestros direction direccion \
    ospedale studio comunidad inmobiliaria gemeente bedrijf stichting vereniging winkel bakkerij ziekenhuis e.v. e.k. & \
    handwerk handel werkstatt kindergarten kita krippe finanzamt jobcenter rathaus burgeramt gesellschaft reederei spedition gartnerei \
    farm winery brewery vineyard orchestra choir chor band festival league federation reisen tours ferries railways lines cargo \
    legal law research relief charity fund vets supplies supply products industries foods outfitters analytics labs laboratory laboratories pharma technologies \
    technology networks airways haulage removals scaffolding guttering joinery carpentry landscapes florists butchers bakers opticians dentists kennels \
    stables tyres cycles books records toys gifts jewellers cleaners laundry catering caterers weddings hausgerate malerbetrieb tischlerei holzbau \
    chambers associates surgery dental dentistry physiotherapie kanzlei steuerberatung optik optiker housing homes lettings rentals";

/// Other words with a capital letter that are no names: of places, forms, the calendar, and what begins
/// sentences.
const COMMON: &str = "the a an and or but if of for in on at to from by with without as is are was were be been has have had do does did \
    not no yes this that these those there here it its he she they we you i my your his her our their me him us them who what which \
    when where why how all any both each some such than then too very can could will would shall should may might must please \
    thank thanks sorry also because before after since until while during about above below between into over under again once only \
    just now today tomorrow yesterday tonight dear hi hello best kind regards yours sincerely faithfully subject re fwd date \
    one two three four five six seven eight nine ten first second third last next new old more most other another same so \
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october \
    november december spring summer autumn winter morning afternoon evening night easter christmas week month year day days \
    street road avenue lane close drive court square terrace place way walk gardens grove hill mews row yard park station town city \
    village hall house flat apartment room floor building block unit form page number code order invoice receipt ticket claim case \
    customer client member members patient passport licence license policy contract account card phone mobile email mail fax \
    address name surname birth born age sex male female title signature signed sign total price cost fee amount vat tax net gross bill \
    letter note memo report minutes agenda meeting notes present apologies action item items list table figure section chapter part \
    appendix annex version edition draft copy plan terms conditions sir madam everyone everybody team friends colleagues neighbours parents \
    north south east west northern southern eastern western central upper lower great little saint mount lake river bay port new old \
    english french german italian spanish dutch polish portuguese swedish danish norwegian finnish swiss austrian belgian british irish \
    scottish welsh american canadian australian european asian african turkish greek russian ukrainian chinese japanese korean indian arabic \
    england scotland wales ireland britain germany france italy spain portugal netherlands belgium switzerland austria sweden denmark norway \
    finland poland europe america canada australia london paris berlin madrid rome vienna zurich munich hamburg frankfurt brussels amsterdam \
    royal national international general public private human resources customer service support sales help desk information info reception \
    manager director head chief chair chairman secretary treasurer president officer engineer doctor nurse teacher lawyer assistant agent \
    president prasident clerk dr mr mrs ms miss prof monday/tuesday internet web online wifi gps pdf usb sms id ok tv uk usa us eu un \
    der die das den dem des ein eine einen einem einer eines und oder aber wenn weil dass damit denn doch nicht kein keine im in am an \
    auf aus bei mit nach von vom zu zum zur fur uber unter vor hinter durch gegen ohne um bis seit ab ich du er sie es wir ihr ihre ihren \
    ihrem ihrer ihnen mein meine meinen meiner unser unsere unseren unserem unserer dieser diese dieses diesen jeder jede jedes alle alles \
    bitte danke vielen herzlichen mit freundlichen grussen sehr geehrte geehrter damen herren wie was wer wo wann warum hier dort heute \
    morgen gestern montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz mai juni juli oktober dezember \
    e-mail iban bic strasse weg platz gasse stadt dorf haus wohnung zimmer nummer rechnung vertrag kunde kundin kunden mitglied patient adresse name \
    vorname dipl bises besos opa oma papi mami geburtsdatum telefon datum betreff seite blatt anlage anlagen termin sitzung protokoll tagesordnung brief antrag formular \
    unterschrift vorstand verein kasse schriftfuhrer kassenwart vorsitzender vorsitzende abteilung straße konto bank betrag summe euro \
    frist kundigung zahlung lieferung bestellung auftrag schlussel familie eltern kinder kind mann frau sohn tochter bruder schwester \
    nachbar nachbarin kollege kollegin arzt arztin lehrer lehrerin schule klasse schuler schulerin uhr tag woche monat jahr wir wenn falls \
    deutschland osterreich schweiz recursos humanos ressources humaines risorse umane personalabteilung \
    le la les l un une des du de d et ou mais donc car ni que qui quoi dont ou je tu il elle on nous vous ils elles mon ma mes ton ta tes \
    son sa ses notre nos votre vos leur leurs ce cet cette ces en dans sur sous avec sans pour par chez vers depuis pendant apres avant \
    si comme quand bonjour merci cordialement madame monsieur mademoiselle messieurs mesdames lundi mardi mercredi jeudi vendredi samedi \
    dimanche janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre objet numero rue ville facture contrat client \
    nom prenom adresse telephone courriel date naissance lieu signature fait veuillez suite concernant notre votre chere cher chers \
    el la los las un una unos unas y o pero que quien con sin para por de del al en desde hasta sobre su sus mi mis nuestro nuestra \
    lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre \
    diciembre estimado estimada senor senora asunto fecha gracias atentamente saludos calle plaza numero nombre apellidos direccion \
    il lo gli i un uno una e ed o ma che chi con senza per di del della dei delle da dal in nel nella su sul sulla suo sua suoi mio mia \
    nostro nostra lunedi martedi mercoledi giovedi venerdi sabato domenica gennaio febbraio marzo aprile maggio giugno luglio agosto \
    settembre ottobre novembre dicembre gentile egregio signora signor oggetto data grazie cordiali distinti saluti via piazza numero \
    nome cognome indirizzo het een de en of maar met zonder voor van op te bij naar uit over datum naam adres straat geachte beste meneer \
    mevrouw maandag dinsdag woensdag donderdag vrijdag zaterdag zondag maart mei juni juli augustus oktober \
    if as since when while although though however therefore unfortunately attached enclosed further following regarding concerning \
    nothing something everything nobody somebody anyone someone let make take give send tell call ask write read bring keep use see look \
    find get go come put turn leave start stop open close check feed water pay wait meet visit remember note cc pcc ps nb faq attn \
    home work office kitchen bathroom garden garage cellar attic roof door window key keys car bus train tram plane boat bike \
    grey green blue red black white brown yellow orange silver golden oak iron stone wood glass harbour harbor bridge mill barn \
    vitamin model type size colour color weight height pulse blood pressure pain left right knee back reason allergies medicines mum dad mama papa \
    mutti vati maman bank post police fire ambulance emergency love cheers bye xx mfg lg vg hallo liebe lieber moin servus viele herzliche \
    beste freundliche schone grusse gruss gute gutes guten nachricht anbei hiermit leider gerne sowie sonst dann nun noch schon auch nur \
    owner tenant landlord witness buyer seller guest driver applicant guardian parent mother father daughter son husband wife partner \
    contact recipient sender attendees absent author speaker host trainer coach treasurer chairperson caretaker neighbour neighbor";

/// Particles that join words of a sentence as well.
pub(in crate::redact) const JOINING: &str = "y e i an a al zu zur av af la le des do";

/// What houses, ships and places are called by a name.
pub(in crate::redact) const HOUSES: &str = "villa st saint sankt santa san haus camping schloss burg camp pension lake mount port lac lago \
    pizzeria casa trattoria bistro bar edificio residencial condominio immeuble palazzo gasthof gasthaus";

/// What stands between two names of a list.
pub(in crate::redact) const AND: &str = "and und et y e & , / en og och i + ; |";

/// Parts of degrees behind `Dr.`.
pub(in crate::redact) const DEGREES: &str = "med dent vet phil rer nat jur ing iur habil h c pol";

/// What a greeting may follow inside a line.
pub(in crate::redact) const BEFORE_GREETING: &str =
    ", > sehr - * \" „ “ • « and und good guten my mein meine ma mon";

/// What a name in a greeting ends with.
pub(in crate::redact) const AFTER_GREETING: &str = ", ! . : – - — & and und et y e / ; en ( *";

/// What a name ends with where it stands alone: in a line, a cell or a list.
pub(in crate::redact) const AFTER_NAME: &str = ", ( & and und et / - – | . y e * · + x xx ; < [ :";

/// Words of labels that make them labels of something else.
pub(in crate::redact) const OTHER_LABELS: &str = "number no nr nummer numero animal breed horse model article item hotel insurance date datum file product company firm firma address adresse project bank \
    course event user domain host email mail phone telefon class klasse brand street pet dog cat";

/// Who is called by a name.
pub(in crate::redact) const PERSONS: &str = "man woman boy girl person lady gentleman guy lad child friend colleague someone somebody \
    mann frau junge madchen homme femme fille garcon hombre mujer chico chica uomo donna ragazzo ragazza vrouw jongen meisje";

/// Animals and ships, which have names as persons do.
pub(in crate::redact) const ANIMALS: &str = "dog cat horse pony rabbit puppy kitten hund katze kater pferd hundin chien chat cheval perro gato caballo \
            cane gatto cavallo hond kat paard boat ship yacht boot schiff";

/// What a name behind is that of a product.
pub(in crate::redact) const SERIES: &str = "modul module model modell modele modelo modello serie series version versionshinweise release projekt project proyecto \
    progetto projet range product produkt assistant assistent plan tarif hurricane storm operation programm";

/// What makes a name in front of it one of a thing.
pub(in crate::redact) const THINGS: &str = "cup trophy prize award medal range series collection edition syndrome disease act rules procedure \
    regulations period theory method scale index test line festival tour tournament programme project museum suite wing cream cake \
    apple tent stage aid palace bay room class clinic park station awards games league";

/// What stands before a person rather than a thing.
pub(in crate::redact) const BEFORE_PERSONS: &str = "with by from to for and between met saw meet see ask asked tell told contact contacted visited \
    named avec par pour et chez mit von und an fur con por para y per da e met door voor en of";

/// Whose neighbour, or which.
pub(in crate::redact) const POSSESSIVES: &str = "my our your his her their mein meine meinem meiner meinen unser unsere unserem unserer unseren ihr \
    ihre ihrem ihrer ihren sein seine seiner seinem mon ma mes notre votre son sa mi mis su nuestro \
    nuestra mio mia nostro nostra sua suo mijn onze zijn haar the der die dem la le il el new neue neuer \
    dein deine ton ta";

/// What stands before a place.
pub(in crate::redact) const PLACE: &str = "in nach from to near aus a en at via";

/// Articles.
pub(in crate::redact) const ARTICLES: &str =
    "the a an der die das dem den des ein eine le la les el il een";

/// What an entry of a list begins with.
pub(in crate::redact) const BEFORE_ENTRY: &str = "- * • | ; : – ) ·";

/// What stands before things and places rather than persons.
pub(in crate::redact) const BEFORE_THINGS: &str = "in at near via of the a an this our your my en la le el il lo les los las du des al del della nella \
    dello alla un une una uno au aux het een te naar its their new on each every no as is called named \
    through into nel sur sous plan per than all";

/// What stands before a name with initials.
pub(in crate::redact) const BEFORE_INITIAL: &str =
    "by von par por da and und et with to from for an mit avec con signed gez door av af y e";

/// Ends of German nouns that no surname has.
pub(super) const NOUN_ENDS: [&str; 12] = [
    "ung", "ungen", "heit", "keit", "schaft", "nummer", "termin", "vertrag", "ion", "tat", "datum",
    "zeit",
];

/// What persons do, and things seldom.
pub(super) const PERSON_VERBS: &str = "said says asked asks called calls wrote writes told tells reported reports agreed agrees lives \
    lived works worked thinks wants wanted arrived arrives signed saw attended brings brought takes took knows knew \
    promised promises suggested suggests replied answered explained confirmed noted apologised joined resigned met noticed heard found opened sent gave paid left lost kept bought sold borrowed \
    returned helped invited claims claimed confirms complained complains owes collected collects teaches taught cooks sings \
    drove visited phoned rang emailed thanked dit demande appelle habite travaille ecrit pense veut arrive \
    dijo dice vive trabaja quiere llama disse vive lavora vuole chiama scrive zegt woont werkt belt";

/// The lists as sets.
pub(in crate::redact) struct NameWords {
    pub(in crate::redact) given: HashSet<String>,
    pub(in crate::redact) unsure: HashSet<String>,
    pub(in crate::redact) surnames: HashSet<&'static str>,
    pub(in crate::redact) titles: HashSet<&'static str>,
    pub(in crate::redact) greetings: HashSet<&'static str>,
    pub(in crate::redact) closings: HashSet<&'static str>,
    pub(in crate::redact) labels: HashSet<&'static str>,
    pub(in crate::redact) open_labels: HashSet<&'static str>,
    pub(in crate::redact) roles: HashSet<&'static str>,
    pub(in crate::redact) particles: HashSet<&'static str>,
    pub(in crate::redact) organisations: HashSet<&'static str>,
    pub(in crate::redact) common: HashSet<&'static str>,
    pub(in crate::redact) leads: &'static [&'static [&'static str]],
}

impl NameWords {
    pub(in crate::redact) fn new() -> Self {
        let set = |list: &'static str| list.split_whitespace().collect();
        let (mut given, mut unsure) = (HashSet::new(), HashSet::new());
        for mut name in given::names() {
            if name.ends_with('?') {
                name.pop();
                unsure.insert(name);
            } else {
                given.insert(name);
            }
        }
        Self {
            given,
            unsure,
            surnames: set(SURNAMES),
            titles: set(TITLES),
            greetings: set(GREETINGS),
            closings: set(CLOSINGS),
            labels: set(LABELS),
            open_labels: set(OPEN_LABELS),
            roles: set(ROLES),
            particles: set(PARTICLES),
            organisations: set(ORGANISATIONS),
            common: set(COMMON),
            leads: LEADS,
        }
    }
}
