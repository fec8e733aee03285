//! Words that people use for each other when they ask about their papers, in three languages.
//!
//! Each group has one meaning; the weaker half of a match is worth less than the same word. The words are
//! compared without endings, so one form of each is enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::terms::{fold, stem, words};

/// How much a word with the same meaning is worth beside the word itself.
const LIKENESS: f32 = 0.8;

const GROUPS: &str = "
cost price fee charge rate pay paid tariff amount kosten kostet preis gebühr betrag zahlen bezahlen entgelt honorar prix coût coûte tarif montant payer frais
total sum altogether overall entire whole complete insgesamt summe gesamt gesamtbetrag rechnungsbetrag ensemble totalité somme
cancel terminate quit withdraw resign revoke notice kündigen kündigung stornieren stornierung widerrufen absagen résilier résiliation annuler annulation préavis
end finish expire stop run until enden endet ende ablaufen auslaufen schluss gültig fin finir expirer terminer jusqu
begin start commence anfang beginn beginnen starten ab début commencer débuter dès
first initial original minimum erste anfangs mindestens premier initiale minimum
buy purchase order acquire kaufen kauf bestellen erwerben acheter achat commander
repair fix mend broken defect fault damage reparieren reparatur schaden defekt kaputt réparer réparation panne dommage
replace exchange swap change ersetzen tauschen wechseln austausch erneuern remplacer échanger changer
rubbish garbage trash waste litter refuse bin skip müll abfall tonne déchets ordures poubelle
burn fire bonfire flame brennen feuer verbrennen brûler feu
garden allotment yard lawn garten jardin
pet animal dog tier haustier hund chien
pet animal cat tier haustier katze chat
hen chicken poultry cockerel rooster huhn hühner hahn poule
child kid pupil minor kind kinder schüler enfant élève
adult grown erwachsene adulte
doctor physician medic vet surgeon arzt ärztin tierarzt médecin vétérinaire
dentist dental tooth teeth zahn zahnarzt dent dentiste
medicine drug tablet pill medication remedy antibiotic prescribe medikament arznei tablette mittel médicament comprimé remède
allergy allergic react intolerance avoid allergie unverträglich allergique
sick ill disease illness krank krankheit malade maladie
hospital clinic krankenhaus klinik praxis hôpital clinique
car vehicle automobile auto wagen fahrzeug pkw voiture véhicule
garage parking park lot space stellplatz parkplatz parken stationnement
bike bicycle cycle fahrrad rad vélo bicyclette
flat apartment home house premises dwelling wohnung haus appartement logement maison
landlord owner lessor vermieter eigentümer propriétaire bailleur
tenant renter lessee occupant mieter locataire
rent lease hire miete mieten loyer location louer
deposit security bond kaution anzahlung caution acompte dépôt
guarantee warranty garantie gewährleistung
insurance insurer cover policy insured versicherung versichert police assurance assureur
permission consent allow approval permit may erlaubnis zustimmung genehmigung erlaubt permission autorisation accord autorisé
forbid ban prohibit forbidden verboten untersagt interdit défendu
limescale descale scale lime entkalken kalk détartrer calcaire
clean wash wipe cleaning rinse reinigen putzen waschen säubern reinigung nettoyer laver lavage
hot warm temperature heat degrees heiß warm temperatur grad chaud température degrés
cold cool freeze frost kalt kühl frost froid geler
big large size area measure groß größe fläche grand taille surface
high tall height hoch höhe haut hauteur
heavy weigh weight kg kilo schwer gewicht wiegen lourd poids peser
wide width broad breit breite largeur
long length duration term period lang länge dauer laufzeit frist long durée délai
longest most maximum upper limit höchstens maximal längste maximum plafond
often every frequency interval oft häufig souvent chaque fréquence
pause suspend hold freeze interrupt break unterbrechen aussetzen ruhen suspendre interrompre
lose lost missing find verlieren verloren perdre perdu
steal theft stolen thief diebstahl gestohlen vol volé
key lock schlüssel schloss clé clef serrure
phone telephone mobile ring tel telefon handy anrufen rufnummer téléphone appeler portable
mail letter post write brief schreiben post lettre courrier écrire
email mailbox mail courriel
address street live lives adresse anschrift straße wohnen adresse rue habiter
born birth birthday geboren geburt geburtstag né naissance anniversaire
boss manager head director leader chair chef leiter leitung geschäftsführer directeur responsable
work job employ employer employment arbeit arbeiten beschäftigung travail emploi travailler
salary wage income earn gehalt lohn verdienen einkommen salaire revenu gagner
holiday vacation urlaub ferien vacances congé
trip travel journey tour excursion ride reise fahrt ausflug voyage trajet
bus coach
train rail bahn zug
hotel inn guesthouse lodging unterkunft pension hébergement
stay night booking reservation reserve room aufenthalt übernachtung buchung buchen reservierung séjour nuit réservation réserver chambre
arrive arrival ankunft ankommen anreise arrivée arriver
depart departure leave abfahrt abreise départ partir
tourist visitor guest gast besucher visiteur touriste hôte
tax levy duty steuer abgabe taxe impôt
extra additional further more another second zusätzlich extra weitere supplémentaire autre
bank public feiertag férié
teacher instructor trainer coach tutor lehrer trainer kursleiter professeur entraîneur
lesson class course training unterricht kurs stunde cours leçon
school kindergarten nursery schule kita école crèche
student pupil schüler student étudiant
discount reduction reduced concession rebate cheaper rabatt ermäßigung ermäßigt nachlass remise réduction réduit
free gratis nothing none kostenlos frei gratuit libre
return refund back reimburse repay rückgabe erstattung zurück erstatten retour remboursement rembourser
fine penalty late surcharge mahnung mahngebühr strafe verspätung amende pénalité retard
instalment instalments rate raten ratenzahlung mensualité versement échelonné
due deadline latest fällig spätestens frist échéance dû
meeting assembly gathering versammlung sitzung treffen réunion assemblée
appointment visit termin rendez
vote elect election wählen wahl voter élection
sign signature signed unterschreiben unterschrift unterzeichnet signer signature
receive get obtain bekommen erhalten recevoir obtenir
send deliver delivery ship transmit feed fed senden liefern lieferung verschicken envoyer livrer livraison
power electricity energy current kwh strom energie électricité énergie courant
use consume consumption used usage verbrauch verbrauchen consommation
water wasser eau
heating boiler radiator heizung heizen chauffage chaudière
garment clothes wear dress clothing kleidung tragen vêtement porter
shoes boots schuhe stiefel chaussures bottes
food eat meal dish diet essen mahlzeit futter nourriture manger repas régime
breakfast frühstück petit-déjeuner
drink beverage trinken getränk boire boisson
cook bake oven cooking kochen backen ofen cuire cuisson four
sugar zucker sucre
butter beurre
flour mehl farine
egg eggs eier oeuf œufs
rest wait ruhen warten repose reposer attendre
error fault problem wrong mean meaning code störung fehler bedeutet panne erreur signifie
noise loud quiet sound db lärm laut ruhe bruit calme
member membership club mitglied verein mitgliedschaft membre adhésion association
ticket pass admission entry karte eintritt billet entrée
responsible contact zuständig ansprechpartner verantwortlich responsable contact
speak talk ask discuss arrange sprechen besprechen fragen parler demander
control inspect inspection review examination kontrolle prüfung untersuchung contrôle inspection vérification
bring take along mitbringen apporter
borrow lend loan leihen ausleihen verleih emprunter prêter prêt
make manufacturer maker brand produce hersteller marke fabricant marque
store keep put stow aufbewahren abstellen garder ranger conserver laisser
child-minder care look after betreuung garde
absent skip miss missing fail fehlen versäumen absent manquer
tied bound commit binding gebunden bindung engagé
grid network netz réseau
solar sun photovoltaic solaire soleil
technician engineer fitter mechanic plumber techniker monteur handwerker technicien plombier
luggage baggage suitcase bag case gepäck koffer bagage valise
passenger traveller rider fahrgast reisende passager voyageur
delay late delayed punctual verspätung verspätet retard
seat place sitz platz siège place
flight plane airline aircraft flug flugzeug vol avion
ferry boat ship fähre schiff boot bateau navire
driver driving licence fahrer führerschein conducteur permis
petrol gas fuel diesel gasoline benzin kraftstoff essence carburant
tyre tire wheel reifen rad pneu roue
oil öl huile
speed fast mph tempo geschwindigkeit schnell vitesse vite
mileage kilometres distance odometer kilometerstand strecke entfernung kilométrage distance
loan credit mortgage borrow kredit darlehen prêt crédit emprunt
interest percent yield zins zinsen intérêt
account konto compte
cash bar barzahlung espèces liquide
card karte carte
transfer überweisen überweisung virement virer
invoice bill statement rechnung abrechnung facture relevé
receipt voucher beleg quittung reçu ticket justificatif
debt owe owing outstanding balance schulden offen schuldig dette dû solde
donation donate gift present spende geschenk don cadeau
winner prize award win gewinner preis gewinnen gagnant prix gagner
contract agreement deal vertrag vereinbarung contrat accord
party parties side partei partie
clause section paragraph klausel absatz clause paragraphe
renew renewal extend prolong extension verlängern verlängerung renouveler prolonger prolongation
move removal relocate umzug umziehen auszug déménager déménagement
neighbour neighbor nachbar voisin
caretaker janitor concierge superintendent hausmeister concierge gardien
cellar basement keller cave sous-sol
attic loft dachboden speicher grenier
roof dach toit
floor storey story etage stock stockwerk étage
stairs staircase stairwell treppe treppenhaus escalier
lift elevator aufzug fahrstuhl ascenseur
window fenster fenêtre
door tür porte
wall wand mauer mur
kitchen küche cuisine
bathroom bath shower bad badezimmer dusche bain douche
bedroom schlafzimmer chambre
living wohnzimmer salon
furniture möbel meuble
fridge refrigerator freezer kühlschrank gefrierschrank frigo réfrigérateur congélateur
washing laundry wäsche waschmaschine linge lave
dishwasher dishes spülmaschine geschirr vaisselle
lamp light bulb lighting lampe licht leuchte lumière ampoule
plug socket outlet stecker steckdose prise
battery cell akku batterie pile
charger charging laden ladegerät aufladen chargeur recharger
button switch knob knopf schalter taste bouton interrupteur
screen display monitor bildschirm anzeige écran affichage
device machine appliance unit equipment gerät maschine appareil machine
tool tools equipment werkzeug outil
spare replacement part ersatzteil rechange pièce
filter sieve strainer sieb filtre tamis
pipe hose tube rohr schlauch tuyau
leak leaking drip leck undicht fuite
drain drainage outflow abfluss ablauf écoulement vidange
dirt dirty stain soiled schmutz fleck sale tache
paint painting colour coat streichen farbe anstrich peindre peinture
wood timber holz bois
metal iron steel metall eisen stahl métal fer acier
glass glas verre
paper papier
plastic plastik kunststoff plastique
fabric cloth textile stoff tissu
wool cotton wolle baumwolle laine coton
colour color shade tint farbe couleur
size dimension größe taille
thick thickness dick dicke épais épaisseur
depth deep tief tiefe profond profondeur
strong strength power watt stark stärke leistung fort puissance
volume capacity hold litre inhalt fassungsvermögen volumen capacité contenance
age old years alter alt âge ans
young jung jeune
wife husband spouse married partner frau mann ehe verheiratet épouse mari conjoint
mother mum mom mutter mère maman
father dad vater père papa
parents parent eltern
grandmother grandma gran oma großmutter grand-mère mamie
grandfather grandpa opa großvater papi
sister brother sibling schwester bruder sœur frère
son daughter sohn tochter fils fille
friend freund ami
colleague coworker kollege collègue
customer client kunde client
seller vendor dealer shop store verkäufer händler laden geschäft vendeur magasin boutique
staff personnel crew team mitarbeiter personal personnel équipe
treasurer cashier kassenwart kassierer trésorier
secretary clerk schriftführer sekretär secrétaire
chairman president chairperson vorsitzende präsident président
deputy substitute vice stand-in vertretung stellvertreter remplaçant adjoint
author writer wrote written by autor verfasser geschrieben auteur écrit
conductor leader dirigent chef
captain skipper kapitän capitaine
volunteer helper helpers freiwillige helfer bénévole
witness zeuge témoin
lawyer solicitor attorney anwalt avocat
police polizei
court gericht tribunal
law legal rule regulation gesetz regel vorschrift loi règle règlement
right entitled entitlement anspruch recht droit
duty obligation obliged must required pflicht verpflichtet obligation obligé
liable liability responsible haftung haften responsabilité
accident crash collision unfall accident
injury injured hurt verletzung blessure
emergency urgent notfall urgence
alarm alert warning alarm warnung alarme alerte
danger dangerous hazard risk gefahr risiko danger risque
safe safety secure sicher sicherheit sûr sécurité
fever temperature fieber fièvre
pain ache hurt schmerz douleur mal
blood blut sang
weight weigh kg gewicht poids
diet food feed futter nahrung
dose dosage tablets drops dosis tropfen dose gouttes
injection jab shot vaccination vaccine impfung spritze vaccin vaccination piqûre
operation surgery procedure eingriff opération chirurgie intervention
treatment therapy behandlung therapie traitement thérapie
prescription rezept ordonnance
glasses spectacles lens brille lunettes
examination exam test prüfung klausur examen épreuve
mark grade score result note ergebnis note résultat
pass passed succeed bestehen réussir
homework assignment hausaufgabe devoir
timetable schedule plan stundenplan fahrplan horaire emploi
term semester halbjahr trimestre semestre
excursion outing field trip ausflug sortie
lunch midday mittagessen déjeuner
dinner supper evening abendessen dîner souper
snack sandwich imbiss goûter
meat beef pork chicken fleisch viande
fish fisch poisson
vegetable vegetables gemüse légume
fruit fruits obst früchte fruit
milk milch lait
cream sahne crème
cheese käse fromage
bread loaf brot pain
cake pie tart kuchen torte gâteau tarte
salt salz sel
pepper pfeffer poivre
onion zwiebel oignon
potato potatoes kartoffel pomme-de-terre
rice reis riz
pasta noodles nudeln pâtes
wine wein vin
beer bier bière
coffee kaffee café
tea tee thé
portion serving servings people portion personen personne
mix stir whisk blend mischen rühren mélanger remuer
cut chop slice schneiden couper
boil simmer kochen bouillir mijoter
freeze frozen einfrieren congeler
keep storage shelf-life haltbar lagern conserver garde
plant planting sow seed pflanze pflanzen säen plante planter semer
tree hedge shrub bush baum hecke busch arbre haie
grass lawn mow rasen mähen pelouse tondre
flower blossom blume blüte fleur
soil earth ground erde boden terre sol
fertilizer fertiliser manure compost dünger kompost engrais compost
harvest crop pick ernte récolte
bee bees hive biene abeille
shed hut cabin schuppen hütte cabane abri
fence gate zaun tor clôture portail
pond pool teich étang
swim swimming pool bath schwimmen schwimmbad bad nager piscine
run running race lauf rennen course courir
ball game match spiel match jeu
music instrument play musik instrument musique
choir singing song chor lied chorale chant
concert performance show konzert auftritt aufführung concert spectacle
rehearsal practice rehearse probe répétition
stage hall venue room saal bühne halle salle scène
audience spectators guests publikum gäste public
invite invitation einladen einladung inviter invitation
wedding marry hochzeit mariage
party celebration celebrate feier fest fête
gift voucher gutschein bon
book volume buch livre
library bücherei bibliothek bibliothèque
newspaper magazine zeitung zeitschrift journal magazine
photo picture image foto bild photo image
film movie film
computer laptop pc rechner ordinateur
internet wifi wlan network broadband netz réseau
password code pin passwort kennwort mot-de-passe
signal reception empfang réception
data megabyte gigabyte daten données
message text sms nachricht message
call minutes anruf appel
subscription subscribe plan abo abonnement
print printer printing drucken drucker imprimer imprimante
parcel package packet shipment paket sendung päckchen colis paquet
stamp postage porto briefmarke timbre affranchissement
complaint complain claim beschwerde reklamation plainte réclamation
question query inquiry frage question
answer reply respond antwort réponse
help support assist hilfe aide
information info details auskunft information renseignement
confirm confirmation bestätigung bestätigen confirmer confirmation
refuse decline reject ablehnen refuser rejeter
decide decision decided beschluss entscheiden décision décider
agree agreed zustimmen einverstanden accepter d'accord
propose suggest proposal vorschlag proposer proposition
postpone delay shift verschieben reporter repousser
shut closed geschlossen zu fermé fermeture fermer
open opened opening öffnen geöffnet öffnung ouvrir ouvert ouverture
enter entry access eintreten zutritt zugang entrer accès
exit way out ausgang sortie
left links gauche
right rechts droite
front vorn vorne avant
behind rear back hinten hinter arrière derrière
above upstairs over oben über dessus haut
below downstairs under unten dessous bas
near nearby close nähe proche près
inside indoors drinnen innen dedans intérieur
outside outdoors draußen außen dehors extérieur
weekday weekdays werktag wochentag semaine
weekend saturday sunday wochenende samstag sonntag week-end samedi dimanche
monthly month monatlich monat mensuel mois
yearly annual annually year jährlich jahr annuel année an
weekly week wöchentlich woche hebdomadaire semaine
daily day täglich tag quotidien jour
hourly hour stunde heure
half halb moitié demi
double twice zweimal doppelt double deux-fois
morning morgens vormittag matin
evening night abends nacht soir nuit
afternoon nachmittag après-midi
noon midday mittag midi
spring frühling frühjahr printemps
summer sommer été
autumn fall herbst automne
winter winter hiver
rain wet regen pluie
snow schnee neige
wind storm wind sturm vent tempête
sun sunny sonne soleil
weather wetter météo temps
shelter cover roof unterstand abri
guide leader instructions manual handbook anleitung handbuch mode-d'emploi guide manuel notice
chain tie collar leash leine laisse
tax-free vat mehrwertsteuer mwst tva
net netto
gross brutto brut
profit gain surplus gewinn überschuss bénéfice
shortfall loss deficit verlust perte déficit
budget etat haushalt budget
quota share portion part anteil part
rate percent percentage prozent satz taux pourcentage
count number quantity many anzahl menge nombre quantité
limit cap ceiling maximum grenze obergrenze limite plafond
minimum least lowest mindest mindestens minimum
copy duplicate spare second kopie zweitschrift copie double
original originals urschrift original
certificate document proof bescheinigung nachweis urkunde certificat preuve attestation
passport identity id ausweis pass passeport identité
form application apply formular antrag beantragen formulaire demande
register registration enrol enroll sign anmelden anmeldung inscrire inscription
deregister withdraw abmelden abmeldung désinscrire
bell ring doorbell klingel sonnette
locker cupboard wardrobe cabinet spind schrank casier armoire placard
towel handtuch serviette
blanket duvet bedding decke couverture
breakage broken smashed bruch kaputt casse
unsubscribe opt-out abbestellen désabonner
smoke smoking cigarette rauchen fumer
alcohol alkohol alcool
quiet silence silent ruhe still silence calme
noise noisy music lärm bruit
";

static MEANINGS: LazyLock<BTreeMap<String, BTreeSet<usize>>> = LazyLock::new(|| {
    let mut meanings: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (group, line) in GROUPS.lines().enumerate() {
        for (_, word) in words(line) {
            meanings.entry(stem(&fold(word))).or_default().insert(group);
        }
    }
    meanings
});

/// How much two stems mean the same, from 0 to 1, as far as is known.
pub(super) fn likeness(a: &str, b: &str) -> f32 {
    let shared = match (MEANINGS.get(a), MEANINGS.get(b)) {
        (Some(a), Some(b)) => !a.is_disjoint(b),
        _ => false,
    };
    if shared { LIKENESS } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_meaning_are_alike_in_three_languages() {
        let like = |a: &str, b: &str| likeness(&stem(&fold(a)), &stem(&fold(b)));
        for (a, b) in [
            ("price", "costs"),
            ("kündigen", "Kündigung"),
            ("kündigen", "terminate"),
            ("loyer", "rent"),
            ("repaired", "fix"),
        ] {
            assert!(like(a, b) > 0.5, "{a} {b}");
        }
        for (a, b) in [
            ("price", "garden"),
            ("dog", "cat"),
            ("", ""),
            ("xyz", "xyz"),
        ] {
            assert_eq!(like(a, b), 0.0, "{a} {b}");
        }
    }
}
