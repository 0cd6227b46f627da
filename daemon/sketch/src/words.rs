//! The words that a drawing listens to, in English and French: tables of stems and what each
//! stands for. Accents and case are folded before a word is looked up.

use crate::costume::{Garment, HairStyle};
use crate::palette::Rgb;
use crate::pose::Pose;
use crate::props::Object;
use crate::creature::Creature;
use crate::set::{Place, Weather};

/// How many bytes of one text are read; the rest cannot change the drawing.
pub(crate) const TEXT_BYTES_MAX: usize = 2_000;
/// How many words of one text are read.
pub(crate) const WORDS_MAX: usize = 240;

/// Lower case words without accents.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let folded: String = text[..end].chars().flat_map(char::to_lowercase).map(fold).collect();
    folded
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .take(WORDS_MAX)
        .map(str::to_owned)
        .collect()
}

fn fold(letter: char) -> char {
    match letter {
        'à' | 'â' | 'ä' | 'á' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' | 'œ' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

/// A stem and what it stands for. A stem that ends in `*` matches any ending.
pub(crate) type Table<T> = &'static [(&'static str, T)];

/// What one word stands for.
pub(crate) fn look_up<T: Copy>(table: Table<T>, word: &str) -> Option<T> {
    table.iter().find(|(stem, _)| matches(stem, word)).map(|(_, meaning)| *meaning)
}

/// What the first known word of a text stands for.
pub(crate) fn first<T: Copy>(table: Table<T>, words: &[String]) -> Option<T> {
    words.iter().find_map(|word| look_up(table, word))
}

fn matches(stem: &str, word: &str) -> bool {
    match stem.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == stem || word.strip_suffix('s') == Some(stem),
    }
}

pub(crate) const PLACES: Table<Place> = &[
    ("kitchen*", Place::Kitchen), ("cuisine*", Place::Kitchen),
    ("bed*", Place::Bedroom), ("chambre*", Place::Bedroom), ("dorm*", Place::Bedroom),
    ("motel*", Place::Bedroom), ("hotel", Place::Bedroom),
    ("living*", Place::Living), ("salon*", Place::Living), ("lounge*", Place::Living),
    ("apartment*", Place::Living), ("appartement*", Place::Living), ("flat", Place::Living),
    ("sejour", Place::Living),
    ("office*", Place::Office), ("bureau*", Place::Office), ("study", Place::Office),
    ("newsroom", Place::Office), ("studio*", Place::Office), ("commissariat", Place::Office),
    ("car", Place::Car), ("voiture*", Place::Car), ("taxi*", Place::Car), ("truck*", Place::Car),
    ("van", Place::Car), ("camion*", Place::Car), ("bar", Place::Bar), ("cafe*", Place::Bar),
    ("pub", Place::Bar), ("restaurant*", Place::Bar), ("diner", Place::Bar), ("club*", Place::Bar),
    ("bistro*", Place::Bar), ("brasserie", Place::Bar),
    ("corridor*", Place::Corridor), ("couloir*", Place::Corridor), ("hallway*", Place::Corridor),
    ("hall", Place::Corridor), ("tunnel*", Place::Corridor), ("entrance", Place::Corridor),
    ("hospital*", Place::Hospital), ("hopital*", Place::Hospital), ("clinic*", Place::Hospital),
    ("clinique*", Place::Hospital), ("ward", Place::Hospital), ("morgue", Place::Hospital),
    ("church*", Place::Church), ("eglise*", Place::Church), ("chapel*", Place::Church),
    ("chapelle", Place::Church), ("cathedral*", Place::Church), ("temple", Place::Church),
    ("class*", Place::Classroom), ("school*", Place::Classroom), ("ecole*", Place::Classroom),
    ("stair*", Place::Stairs), ("escalier*", Place::Stairs), ("stairwell", Place::Stairs),
    ("train*", Place::Train), ("metro", Place::Train), ("subway*", Place::Train),
    ("wagon*", Place::Train), ("compartment*", Place::Train), ("tram*", Place::Train),
    ("bath*", Place::Bathroom), ("salle de bain", Place::Bathroom), ("toilet*", Place::Bathroom),
    ("bain*", Place::Bathroom), ("shower*", Place::Bathroom),
    ("shop*", Place::Shop), ("store*", Place::Shop), ("library*", Place::Shop),
    ("librairie", Place::Shop), ("bibliotheque*", Place::Shop), ("magasin*", Place::Shop),
    ("boutique*", Place::Shop), ("archive*", Place::Shop), ("market*", Place::Shop),
    ("warehouse*", Place::Warehouse), ("cellar*", Place::Warehouse), ("cave*", Place::Warehouse),
    ("entrepot*", Place::Warehouse), ("garage*", Place::Warehouse), ("basement*", Place::Warehouse),
    ("attic*", Place::Warehouse), ("grenier", Place::Warehouse), ("barn", Place::Warehouse),
    ("factory", Place::Warehouse), ("usine", Place::Warehouse), ("workshop", Place::Warehouse),
    ("atelier", Place::Warehouse),
    ("forest*", Place::Forest), ("foret*", Place::Forest), ("wood", Place::Forest),
    ("bois", Place::Forest), ("jungle", Place::Forest),
    ("mountain*", Place::Mountain), ("montagne*", Place::Mountain), ("hill*", Place::Mountain),
    ("colline*", Place::Mountain), ("cliff*", Place::Mountain), ("falaise*", Place::Mountain),
    ("valley", Place::Mountain), ("canyon", Place::Mountain), ("volcano", Place::Mountain),
    ("sea*", Place::Sea), ("mer", Place::Sea), ("ocean*", Place::Sea), ("beach*", Place::Sea),
    ("plage*", Place::Sea), ("coast*", Place::Sea), ("island*", Place::Sea), ("lake*", Place::Sea),
    ("lac", Place::Sea), ("shore*", Place::Sea), ("cote", Place::Sea),
    ("desert*", Place::Desert), ("dune*", Place::Desert), ("sand*", Place::Desert),
    ("field*", Place::Field), ("champ*", Place::Field), ("meadow*", Place::Field),
    ("farm*", Place::Field), ("ferme", Place::Field), ("prairie*", Place::Field),
    ("cemetery", Place::Field), ("cimetiere", Place::Field), ("pre", Place::Field),
    ("station*", Place::Station), ("gare*", Place::Station), ("platform*", Place::Station),
    ("quai*", Place::Station), ("airport", Place::Station), ("aeroport", Place::Station),
    ("roof*", Place::Roof), ("toit*", Place::Roof), ("terrace*", Place::Roof),
    ("terrasse*", Place::Roof), ("balcony", Place::Roof), ("balcon", Place::Roof),
    ("harbor*", Place::Harbor), ("harbour*", Place::Harbor), ("port", Place::Harbor),
    ("dock*", Place::Harbor), ("pier*", Place::Harbor), ("wharf", Place::Harbor),
    ("marina", Place::Harbor), ("jetty", Place::Harbor), ("jetee", Place::Harbor),
    ("boat*", Place::Harbor), ("bateau*", Place::Harbor),
    ("park*", Place::Park), ("parc*", Place::Park), ("garden*", Place::Park),
    ("jardin*", Place::Park), ("playground", Place::Park), ("yard", Place::Park),
    ("house*", Place::House), ("maison*", Place::House), ("village*", Place::House),
    ("cottage", Place::House), ("villa*", Place::House), ("cabin*", Place::House),
    ("street*", Place::Street), ("rue*", Place::Street), ("alley*", Place::Street),
    ("ruelle*", Place::Street), ("avenue*", Place::Street), ("boulevard*", Place::Street),
    ("sidewalk", Place::Street), ("trottoir", Place::Street), ("square", Place::Street),
    ("place", Place::Street), ("corner", Place::Street),
    ("road*", Place::Road), ("route*", Place::Road), ("highway*", Place::Road),
    ("autoroute*", Place::Road), ("bridge*", Place::Road), ("pont", Place::Road),
    ("city*", Place::City), ("ville*", Place::City), ("skyline", Place::City),
    ("town*", Place::City), ("downtown", Place::City),
    ("paris", Place::City), ("london", Place::City), ("tokyo", Place::City),
    ("room*", Place::Room), ("piece", Place::Room),
];

pub(crate) const WEATHERS: Table<Weather> = &[
    ("rain*", Weather::Rain), ("pluie*", Weather::Rain), ("pleut", Weather::Rain),
    ("storm*", Weather::Rain), ("orage*", Weather::Rain), ("downpour", Weather::Rain),
    ("averse*", Weather::Rain), ("tempete*", Weather::Rain), ("drizzle*", Weather::Rain),
    ("snow*", Weather::Snow), ("neige*", Weather::Snow), ("blizzard*", Weather::Snow),
    ("fog*", Weather::Fog), ("mist*", Weather::Fog), ("brume*", Weather::Fog),
    ("brouillard*", Weather::Fog), ("haze", Weather::Fog), ("smoke", Weather::Fog),
];

pub(crate) const POSES: Table<Pose> = &[
    ("sit", Pose::Sit), ("sitting", Pose::Sit), ("sat", Pose::Sit), ("seated", Pose::Sit),
    ("assis*", Pose::Sit), ("assied*", Pose::Sit), ("assoit", Pose::Sit),
    ("walk*", Pose::Walk), ("march*", Pose::Walk), ("stroll*", Pose::Walk),
    ("enter*", Pose::Walk), ("entre", Pose::Walk), ("cross*", Pose::Walk), ("pace*", Pose::Walk),
    ("steps", Pose::Walk), ("wander*", Pose::Walk), ("leaves", Pose::Walk),
    ("arrive*", Pose::Walk), ("avance*", Pose::Walk), ("traverse*", Pose::Walk),
    ("run", Pose::Run), ("running", Pose::Run), ("ran", Pose::Run), ("court", Pose::Run),
    ("courent", Pose::Run), ("rush*", Pose::Run), ("flee*", Pose::Run), ("sprint*", Pose::Run),
    ("chase*", Pose::Run), ("fuit", Pose::Run), ("precipite*", Pose::Run), ("bolt*", Pose::Run),
    ("lie", Pose::Lie), ("lies", Pose::Lie), ("lying", Pose::Lie), ("sleep*", Pose::Lie),
    ("asleep", Pose::Lie), ("allonge*", Pose::Lie), ("dort", Pose::Lie), ("couche*", Pose::Lie),
    ("dorment", Pose::Lie), ("dead", Pose::Lie), ("unconscious", Pose::Lie),
    ("kneel*", Pose::Kneel), ("knelt", Pose::Kneel), ("crouch*", Pose::Kneel),
    ("genou*", Pose::Kneel), ("agenouill*", Pose::Kneel), ("accroupi*", Pose::Kneel),
    ("point", Pose::Point), ("pointing", Pose::Point), ("pointe", Pose::Point),
    ("montre", Pose::Point), ("aim*", Pose::Point), ("vise", Pose::Point),
    ("reach*", Pose::Point), ("hands", Pose::Point), ("tend", Pose::Point),
    ("wave", Pose::Wave), ("waving", Pose::Wave), ("salue*", Pose::Wave), ("greet*", Pose::Wave),
    ("cheer*", Pose::Wave), ("dance*", Pose::Wave), ("danse*", Pose::Wave),
    ("hug*", Pose::Hug), ("embrace*", Pose::Hug), ("embrasse*", Pose::Hug),
    ("kiss*", Pose::Hug), ("etreint*", Pose::Hug), ("serre", Pose::Hug),
    ("fall", Pose::Fall), ("falling", Pose::Fall), ("fell", Pose::Fall), ("tombe*", Pose::Fall),
    ("collapse*", Pose::Fall), ("trip", Pose::Fall), ("stumble*", Pose::Fall),
    ("chute", Pose::Fall), ("ecroule*", Pose::Fall), ("jump*", Pose::Fall), ("saute*", Pose::Fall),
    ("drive", Pose::Drive), ("driving", Pose::Drive), ("drove", Pose::Drive),
    ("conduit*", Pose::Drive), ("roule*", Pose::Drive), ("steering", Pose::Drive),
    ("phone*", Pose::Phone), ("telephon*", Pose::Phone), ("dial*", Pose::Phone),
    ("receiver", Pose::Phone), ("decroche", Pose::Phone), ("combine", Pose::Phone),
    ("hold", Pose::Hold), ("holding", Pose::Hold), ("carrie*", Pose::Hold), ("carry*", Pose::Hold),
    ("porte", Pose::Hold), ("tient", Pose::Hold), ("read*", Pose::Hold), ("lit", Pose::Hold),
    ("clutch*", Pose::Hold), ("type", Pose::Hold), ("write*", Pose::Hold), ("ecrit", Pose::Hold),
    ("stand*", Pose::Stand), ("stood", Pose::Stand), ("debout", Pose::Stand),
    ("leve", Pose::Stand), ("rises", Pose::Stand),
];

pub(crate) const OBJECTS: Table<Object> = &[
    ("phone*", Object::Phone), ("telephone*", Object::Phone), ("mobile", Object::Phone),
    ("cell", Object::Phone), ("portable", Object::Phone), ("screen", Object::Phone),
    ("letter*", Object::Letter), ("lettre*", Object::Letter), ("note", Object::Letter),
    ("envelope*", Object::Letter), ("enveloppe*", Object::Letter), ("paper*", Object::Letter),
    ("papier*", Object::Letter), ("ticket*", Object::Letter), ("map", Object::Letter),
    ("carte", Object::Letter), ("telegram*", Object::Letter), ("message", Object::Letter),
    ("key*", Object::Key), ("cle", Object::Key), ("clef", Object::Key), ("lock", Object::Key),
    ("gun*", Object::Gun), ("pistol*", Object::Gun), ("revolver*", Object::Gun),
    ("arme", Object::Gun), ("weapon", Object::Gun), ("rifle", Object::Gun),
    ("knife*", Object::Knife), ("knives", Object::Knife), ("couteau*", Object::Knife),
    ("blade", Object::Knife), ("lame", Object::Knife), ("dagger", Object::Knife),
    ("cup*", Object::Cup), ("tasse*", Object::Cup), ("mug*", Object::Cup),
    ("coffee", Object::Cup), ("tea", Object::Cup), ("glass", Object::Cup), ("verre*", Object::Cup),
    ("book*", Object::Book), ("livre*", Object::Book), ("diary", Object::Book),
    ("journal", Object::Book), ("carnet*", Object::Book), ("notebook*", Object::Book),
    ("watch", Object::Watch), ("montre*", Object::Watch), ("clock*", Object::Watch),
    ("horloge*", Object::Watch), ("pendule", Object::Watch), ("compass", Object::Watch),
    ("photo*", Object::Photo), ("picture*", Object::Photo), ("portrait*", Object::Photo),
    ("polaroid*", Object::Photo), ("image", Object::Photo),
    ("candle*", Object::Candle), ("bougie*", Object::Candle), ("lamp*", Object::Candle),
    ("lantern*", Object::Candle), ("match", Object::Candle),
    ("bottle*", Object::Bottle), ("bouteille*", Object::Bottle), ("vial", Object::Bottle),
    ("suitcase*", Object::Case), ("valise*", Object::Case), ("briefcase*", Object::Case),
    ("bag*", Object::Case), ("sac", Object::Case), ("box*", Object::Case), ("boite*", Object::Case),
    ("ring", Object::Ring), ("bague*", Object::Ring), ("necklace", Object::Ring),
    ("hand*", Object::Hand), ("main", Object::Hand), ("finger*", Object::Hand),
    ("doigt*", Object::Hand),
];

pub(crate) const CREATURES: Table<Creature> = &[
    ("dog*", Creature::Dog), ("chien*", Creature::Dog), ("puppy", Creature::Dog),
    ("wolf", Creature::Dog), ("loup", Creature::Dog), ("fox", Creature::Dog),
    ("cat", Creature::Cat), ("chat", Creature::Cat), ("kitten", Creature::Cat),
    ("horse*", Creature::Horse), ("cheval*", Creature::Horse), ("mare", Creature::Horse),
    ("pony", Creature::Horse), ("cow", Creature::Horse), ("deer", Creature::Horse),
    ("bird*", Creature::Bird), ("oiseau*", Creature::Bird), ("crow", Creature::Bird),
    ("gull*", Creature::Bird), ("mouette*", Creature::Bird), ("raven", Creature::Bird),
    ("owl", Creature::Bird), ("pigeon*", Creature::Bird),
    ("car", Creature::Car), ("voiture*", Creature::Car), ("taxi*", Creature::Car),
    ("truck*", Creature::Car), ("van", Creature::Car), ("limousine", Creature::Car),
    ("robot*", Creature::Robot), ("android*", Creature::Robot), ("droid*", Creature::Robot),
    ("boat*", Creature::Boat), ("bateau*", Creature::Boat), ("ship*", Creature::Boat),
    ("train", Creature::Train), ("locomotive", Creature::Train),
];

pub(crate) const COLORS: Table<Rgb> = &[
    ("red*", [188, 62, 54]), ("rouge*", [188, 62, 54]), ("crimson", [170, 40, 50]),
    ("blue*", [70, 104, 156]), ("bleu*", [70, 104, 156]), ("navy", [52, 66, 104]),
    ("marine", [52, 66, 104]), ("green*", [86, 128, 88]), ("vert*", [86, 128, 88]),
    ("olive", [120, 120, 70]), ("khaki", [150, 140, 100]), ("kaki", [150, 140, 100]),
    ("yellow*", [218, 182, 72]), ("jaune*", [218, 182, 72]), ("mustard", [196, 154, 58]),
    ("orange*", [212, 124, 62]), ("purple*", [122, 88, 142]), ("violet*", [122, 88, 142]),
    ("mauve", [150, 120, 160]), ("pink*", [208, 134, 146]), ("rose*", [208, 134, 146]),
    ("brown*", [128, 94, 68]), ("brun*", [128, 94, 68]), ("marron*", [128, 94, 68]),
    ("chestnut", [118, 76, 52]), ("tan", [188, 158, 118]), ("beige", [198, 178, 146]),
    ("cream", [216, 202, 170]), ("black*", [66, 64, 70]), ("noir*", [66, 64, 70]),
    ("dark*", [84, 78, 80]), ("white*", [214, 212, 206]), ("blanc*", [214, 212, 206]),
    ("grey*", [132, 134, 140]), ("gray*", [132, 134, 140]), ("gris*", [132, 134, 140]),
    ("silver*", [176, 178, 184]), ("blond*", [212, 178, 112]), ("gold*", [206, 168, 84]),
    ("ginger", [190, 104, 58]), ("roux", [190, 104, 58]), ("rousse*", [190, 104, 58]),
    ("auburn", [150, 80, 54]), ("teal", [72, 130, 132]), ("turquoise", [82, 150, 152]),
    ("fair", [212, 178, 112]), ("bordeaux", [124, 48, 62]), ("burgundy", [124, 48, 62]),
];

pub(crate) const HAIR_STYLES: Table<HairStyle> = &[
    ("bald*", HairStyle::Bald), ("chauve*", HairStyle::Bald), ("shaved", HairStyle::Bald),
    ("rase*", HairStyle::Bald), ("long*", HairStyle::Long), ("bob", HairStyle::Bob),
    ("carre", HairStyle::Bob), ("bun", HairStyle::Bun), ("chignon*", HairStyle::Bun),
    ("curl*", HairStyle::Curly), ("boucle*", HairStyle::Curly), ("afro", HairStyle::Curly),
    ("frise*", HairStyle::Curly), ("ponytail*", HairStyle::Tail), ("queue", HairStyle::Tail),
    ("braid*", HairStyle::Tail), ("tresse*", HairStyle::Tail), ("natte*", HairStyle::Tail),
    ("short*", HairStyle::Short), ("court*", HairStyle::Short), ("crop*", HairStyle::Short),
    ("cheveux", HairStyle::Short), ("messy", HairStyle::Messy), ("wild", HairStyle::Messy),
    ("ebouriffe*", HairStyle::Messy), ("spiky", HairStyle::Messy),
];

pub(crate) const GARMENTS: Table<Garment> = &[
    ("coat*", Garment::Coat), ("manteau*", Garment::Coat), ("trench*", Garment::Coat),
    ("raincoat*", Garment::Coat), ("overcoat", Garment::Coat), ("impermeable", Garment::Coat),
    ("robe", Garment::Dress), ("dress*", Garment::Dress), ("skirt*", Garment::Dress),
    ("jupe*", Garment::Dress), ("gown", Garment::Dress), ("cassock", Garment::Dress),
    ("jacket*", Garment::Jacket), ("veste*", Garment::Jacket), ("blouson*", Garment::Jacket),
    ("suit*", Garment::Jacket), ("costume*", Garment::Jacket), ("blazer", Garment::Jacket),
    ("uniform*", Garment::Jacket), ("shirt*", Garment::Shirt), ("chemise*", Garment::Shirt),
    ("blouse", Garment::Shirt), ("apron", Garment::Shirt), ("tshirt", Garment::Shirt),
    ("sweater*", Garment::Sweater), ("pull*", Garment::Sweater), ("jumper", Garment::Sweater),
    ("hoodie*", Garment::Sweater), ("cardigan", Garment::Sweater), ("overalls", Garment::Sweater),
];
