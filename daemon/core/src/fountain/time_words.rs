//! The words that headings use for the light, in the languages scripts come in.

use storycore_schema::craft::TimeOfDay;

/// What a word in a heading's last part means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A time of day.
    Time(TimeOfDay),
    /// Time that passes, or another time: it has no light of its own.
    Relative,
    /// A word that goes with the others but says nothing alone.
    Filler,
}

/// Words without accents, in capitals, by language: English, French, Spanish, German, Italian.
const TIMES: &[(TimeOfDay, &[&str])] = &[
    (
        TimeOfDay::Dawn,
        &["DAWN", "SUNRISE", "DAYBREAK", "FIRST-LIGHT"],
    ),
    (TimeOfDay::Dawn, &["AUBE", "AURORE", "LEVER"]),
    (TimeOfDay::Dawn, &["AMANECER", "ALBA", "MADRUGADA"]),
    (
        TimeOfDay::Dawn,
        &["MORGENDAMMERUNG", "MORGENGRAUEN", "SONNENAUFGANG"],
    ),
    (
        TimeOfDay::Morning,
        &["MORNING", "MATIN", "MATINEE", "MANANA"],
    ),
    (
        TimeOfDay::Morning,
        &["MORGEN", "MORGENS", "VORMITTAG", "MATTINA", "MATTINO"],
    ),
    (TimeOfDay::Day, &["DAY", "DAYTIME", "NOON", "MIDDAY"]),
    (
        TimeOfDay::Day,
        &["JOUR", "JOURNEE", "MIDI", "DIA", "MEDIODIA"],
    ),
    (
        TimeOfDay::Day,
        &["TAG", "TAGS", "MITTAG", "MITTAGS", "GIORNO", "MEZZOGIORNO"],
    ),
    (TimeOfDay::Afternoon, &["AFTERNOON", "APRES-MIDI", "TARDE"]),
    (
        TimeOfDay::Afternoon,
        &["NACHMITTAG", "NACHMITTAGS", "POMERIGGIO"],
    ),
    (
        TimeOfDay::Evening,
        &["EVENING", "SOIR", "SOIREE", "ABEND", "ABENDS", "SERA"],
    ),
    (
        TimeOfDay::Dusk,
        &[
            "DUSK",
            "SUNSET",
            "TWILIGHT",
            "SUNDOWN",
            "NIGHTFALL",
            "MAGIC",
        ],
    ),
    (TimeOfDay::Dusk, &["CREPUSCULE", "COUCHER", "TOMBEE"]),
    (
        TimeOfDay::Dusk,
        &["ATARDECER", "ANOCHECER", "OCASO", "CREPUSCULO"],
    ),
    (
        TimeOfDay::Dusk,
        &["DAMMERUNG", "ABENDDAMMERUNG", "SONNENUNTERGANG"],
    ),
    (TimeOfDay::Dusk, &["TRAMONTO", "CREPUSCOLO"]),
    (
        TimeOfDay::Night,
        &["NIGHT", "NIGHTTIME", "MIDNIGHT", "NUIT", "MINUIT"],
    ),
    (
        TimeOfDay::Night,
        &["NOCHE", "MEDIANOCHE", "NACHT", "NACHTS", "MITTERNACHT"],
    ),
    (TimeOfDay::Night, &["NOTTE", "MEZZANOTTE"]),
];

const RELATIVE: &[&str] = &[
    "LATER",
    "CONTINUOUS",
    "CONT",
    "CONTINUED",
    "SAME",
    "MEANWHILE",
    "SIMULTANEOUS",
    "FLASHBACK",
    "FLASH-BACK",
    "FLASHFORWARD",
    "FLASH-FORWARD",
    "DREAM",
    "PRESENT",
    "INTERCUT", // English
    "PLUS-TARD",
    "TARD",
    "SUITE",
    "CONTINU",
    "MEME",
    "REVE",
    "SIMULTANE", // French
    "CONTINUO",
    "CONTINUA",
    "MISMO",
    "DESPUES", // Spanish
    "SPATER",
    "FORTLAUFEND",
    "GLEICH",
    "GLEICHZEITIG",
    "RUCKBLENDE", // German
    "DOPO",
    "STESSO",
    "CONTEMPORANEAMENTE", // Italian
];

const FILLERS: &[&str] = &[
    "A",
    "AN",
    "THE",
    "THAT",
    "FEW",
    "MOMENTS",
    "MOMENT",
    "MINUTES",
    "MINUTE",
    "HOURS",
    "HOUR",
    "SECONDS",
    "DAYS",
    "WEEKS",
    "LATE",
    "EARLY",
    "NEXT",
    "FOLLOWING",
    "BEFORE",
    "AFTER",
    "PRE",
    "TIME",
    "ACTION",
    "ESTABLISHING",
    "SEQUENCE",
    "MUCH",
    "BACK",
    "TO",
    "D",
    "S", // English
    "DE",
    "DU",
    "LA",
    "LE",
    "L",
    "FIN",
    "DEBUT",
    "PLUS",
    "UN",
    "UNE",
    "PEU",
    "INSTANTS",
    "QUELQUES",
    "HEURES",
    "SOLEIL",
    "TEMPS",
    "LENDEMAIN",
    "TOT",
    "MILIEU",
    "EN",
    "PLEIN",
    "PLEINE",
    "AU",
    "A-L",
    "TOMBANTE", // French
    "EL",
    "LOS",
    "DEL",
    "MAS",
    "POCO",
    "MOMENTOS",
    "MINUTOS",
    "HORAS",
    "SIGUIENTE",
    "FINAL", // Spanish
    "AM",
    "DER",
    "DIE",
    "DAS",
    "FRUHER",
    "SPATES",
    "SPATE",
    "NACHSTER",
    "KURZ", // German
    "IL",
    "LO",
    "PIU",
    "PRIMO",
    "TARDO",
    "SUCCESSIVO",
    "ORE",
    "MINUTI", // Italian
];

/// Whether a heading's part speaks of time and of nothing else, and the light it asks for if any.
pub(super) fn read(part: &str) -> Option<Option<TimeOfDay>> {
    let (mut time, mut is_relative) = (None, false);
    for word in part.split(is_separator).filter(|it| !it.is_empty()) {
        match meaning(word)? {
            Meaning::Time(it) => time = time.or(Some(it)),
            Meaning::Relative => is_relative = true,
            Meaning::Filler => {}
        }
    }
    // `MAÑANA TARDE` has two times and `PLUS TARD` none: only what was found counts.
    (time.is_some() || is_relative).then_some(time)
}

fn is_separator(it: char) -> bool {
    it.is_whitespace()
        || matches!(
            it,
            '(' | ')' | '\'' | '’' | '.' | ',' | '/' | ':' | '[' | ']'
        )
}

fn meaning(word: &str) -> Option<Meaning> {
    let word = fold(word)?;
    if word.bytes().all(|it| it.is_ascii_digit()) {
        return Some(Meaning::Filler);
    }
    if let Some((time, _)) = TIMES
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()))
    {
        return Some(Meaning::Time(*time));
    }
    if RELATIVE.contains(&word.as_str()) {
        return Some(Meaning::Relative);
    }
    FILLERS.contains(&word.as_str()).then_some(Meaning::Filler)
}

/// The longest word of the tables, with room for accents; a longer one cannot be in them.
const WORD_BYTES_MAX: usize = 64;

/// A word in capitals and without the accents of the languages above.
pub(crate) fn fold(word: &str) -> Option<String> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    if word.is_ascii() {
        return Some(word.to_ascii_uppercase());
    }
    let plain = |it| match it {
        'À' | 'Â' | 'Ä' | 'Á' => 'A',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'Í' | 'Î' | 'Ï' => 'I',
        'Ó' | 'Ô' | 'Ö' => 'O',
        'Ú' | 'Ù' | 'Û' | 'Ü' => 'U',
        'Ñ' => 'N',
        'Ç' => 'C',
        it => it,
    };
    // An accent may also be written as a mark of its own after its letter.
    let is_mark = |it: &char| ('\u{300}'..='\u{36f}').contains(it);
    Some(
        word.to_uppercase()
            .chars()
            .filter(|it| !is_mark(it))
            .map(plain)
            .collect(),
    )
}
