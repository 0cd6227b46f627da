//! Who wears what: one stable look for every name, changed by what the bible says.

use storycore_schema::recipe::IntentEntry;

use crate::chance::{Chance, hash_name};
use crate::creature::Creature;
use crate::palette::Rgb;
use crate::words;

/// How the hair is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HairStyle {
    Short,
    Messy,
    Long,
    Bob,
    Bun,
    Curly,
    Tail,
    Bald,
}

/// What is worn above the legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Garment {
    Coat,
    Jacket,
    Shirt,
    Sweater,
    Dress,
}

/// How one subject looks in every panel of the film.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) creature: Option<Creature>,
    pub(crate) hair: HairStyle,
    pub(crate) hair_color: Rgb,
    pub(crate) garment: Garment,
    pub(crate) color: Rgb,
    pub(crate) legs_tone: u8,
    pub(crate) skin: u8,
    pub(crate) skin_tone: u8,
    /// 1 is a grown person of middle height.
    pub(crate) height: f32,
    /// 1 is of middle breadth.
    pub(crate) breadth: f32,
    pub(crate) feminine: bool,
    pub(crate) child: bool,
    pub(crate) old: bool,
    pub(crate) hat: bool,
    pub(crate) beard: bool,
    pub(crate) glasses: bool,
    pub(crate) scarf: bool,
    /// Which way this one likes to look when nobody else decides: -1 left, 1 right.
    pub(crate) side: f32,
    pub(crate) brow: f32,
    pub(crate) jaw: f32,
}

const CLOTHES_COLORS: [Rgb; 12] = [
    [176, 76, 62],
    [84, 112, 150],
    [98, 128, 92],
    [192, 148, 70],
    [124, 90, 132],
    [78, 128, 128],
    [190, 116, 74],
    [108, 106, 128],
    [154, 74, 92],
    [120, 132, 74],
    [150, 118, 92],
    [70, 84, 110],
];

const HAIR_COLORS: [Rgb; 6] = [
    [70, 56, 50],
    [104, 74, 54],
    [56, 54, 62],
    [196, 160, 98],
    [136, 80, 52],
    [92, 84, 80],
];

const HAIR_STYLES_HER: [HairStyle; 6] = [
    HairStyle::Long,
    HairStyle::Bob,
    HairStyle::Bun,
    HairStyle::Curly,
    HairStyle::Tail,
    HairStyle::Long,
];

const HAIR_STYLES_HIM: [HairStyle; 5] = [
    HairStyle::Short,
    HairStyle::Messy,
    HairStyle::Short,
    HairStyle::Curly,
    HairStyle::Bald,
];

/// How many details of one entry are read.
pub(crate) const DETAILS_MAX: usize = 32;

impl Look {
    pub(crate) fn of(entry: &IntentEntry) -> Look {
        let mut look = Look::from_name(&entry.name);
        let mut colored = false;
        for (key, value) in entry.details.iter().take(DETAILS_MAX) {
            let keys = words::words(key);
            let values = words::words(value);
            colored |= look.apply(&keys, &values, colored);
        }
        let name = words::words(&entry.name);
        look.creature = look
            .creature
            .or_else(|| words::first(words::CREATURES, &name));
        look.apply_people(&name);
        look.finish()
    }

    fn from_name(name: &str) -> Look {
        let mut chance = Chance::new(hash_name(name));
        let feminine = guess_feminine(name, &mut chance);
        let hair = if feminine {
            HAIR_STYLES_HER[chance.below(6) as usize]
        } else {
            HAIR_STYLES_HIM[chance.below(5) as usize]
        };
        let garment = match chance.below(5) {
            0 => Garment::Coat,
            1 => Garment::Jacket,
            2 => Garment::Sweater,
            3 if feminine => Garment::Dress,
            3 => Garment::Jacket,
            _ => Garment::Shirt,
        };
        Look {
            creature: None,
            hair,
            hair_color: HAIR_COLORS[chance.below(6) as usize],
            garment,
            color: CLOTHES_COLORS[chance.below(12) as usize],
            legs_tone: 70 + chance.below(70) as u8,
            skin: chance.below(4).saturating_sub(2) as u8,
            skin_tone: 190 + chance.below(26) as u8,
            height: chance.between(0.95, 1.05) * if feminine { 0.96 } else { 1.02 },
            breadth: chance.between(0.90, 1.12),
            feminine,
            child: false,
            old: false,
            hat: chance.below(9) == 0,
            beard: !feminine && chance.below(4) == 0,
            glasses: chance.below(6) == 0,
            scarf: chance.below(7) == 0,
            side: if chance.below(2) == 0 { -1.0 } else { 1.0 },
            brow: chance.signed(),
            jaw: chance.signed(),
        }
    }

    /// Takes in one detail; true when it set the color of the clothes.
    fn apply(&mut self, keys: &[String], values: &[String], colored: bool) -> bool {
        let about = |stem: &str| keys.iter().any(|it| it.starts_with(stem));
        let color = words::first(words::COLORS, values);
        let is_hair = about("hair") || about("cheveu") || about("coiffure");
        self.apply_features(values);
        self.apply_people(values);
        if is_hair {
            self.hair = words::first(words::HAIR_STYLES, values).unwrap_or(self.hair);
            self.hair_color = color.unwrap_or(self.hair_color);
            return false;
        }
        if about("height") || about("taille") || about("build") || about("carrure") {
            return false;
        }
        if about("age") {
            self.apply_age(values);
            return false;
        }
        if about("skin") || about("peau") || about("eye") || about("yeux") || about("voice") {
            return false;
        }
        let garment =
            words::first(words::GARMENTS, keys).or_else(|| words::first(words::GARMENTS, values));
        self.garment = garment.unwrap_or(self.garment);
        let is_color = about("colo")
            || about("couleur")
            || about("cloth")
            || about("vetement")
            || about("wardrobe")
            || about("tenue");
        match color {
            Some(color) if !colored && (garment.is_some() || is_color) => {
                self.color = color;
                true
            }
            _ => false,
        }
    }

    fn apply_features(&mut self, values: &[String]) {
        let mut negated = false;
        for word in values {
            match word.as_str() {
                "no" | "without" | "sans" | "pas" => negated = true,
                "hat" | "cap" | "chapeau" | "casquette" | "fedora" | "beanie" | "bonnet" => {
                    self.hat = !negated;
                }
                "beard" | "bearded" | "barbe" | "barbu" => self.beard = !negated,
                "glasses" | "spectacles" | "lunettes" => self.glasses = !negated,
                "scarf" | "echarpe" | "foulard" => self.scarf = !negated,
                "bald" | "chauve" => self.hair = HairStyle::Bald,
                "clean" | "shaven" => self.beard = false,
                "tall" | "grand" | "grande" | "towering" => self.height = 1.08,
                "small" | "petite" | "petit" | "tiny" => self.height = 0.90,
                "thin" | "slim" | "slender" | "mince" | "maigre" | "wiry" => self.breadth = 0.84,
                "fat" | "heavy" | "stout" | "gros" | "grosse" | "broad" | "large" | "burly"
                | "stocky" | "massive" => self.breadth = 1.28,
                _ => {}
            }
        }
    }

    fn apply_people(&mut self, values: &[String]) {
        for word in values {
            match word.as_str() {
                "child" | "kid" | "boy" | "girl" | "enfant" | "garcon" | "fille" | "fillette"
                | "toddler" => self.child = true,
                "old" | "elderly" | "aged" | "vieux" | "vieille" | "grandmother"
                | "grandfather" | "mamie" | "papy" => self.old = true,
                "woman" | "female" | "she" | "her" | "femme" | "mother" | "mere" | "elle"
                | "waitress" | "nurse" | "mrs" | "madame" | "sister" => self.set_feminine(true),
                "man" | "male" | "he" | "his" | "homme" | "father" | "pere" | "mr" | "monsieur"
                | "brother" => self.set_feminine(false),
                _ => {}
            }
        }
    }

    fn set_feminine(&mut self, feminine: bool) {
        if self.feminine == feminine {
            return;
        }
        self.feminine = feminine;
        self.beard &= !feminine;
        if !feminine && self.garment == Garment::Dress {
            self.garment = Garment::Jacket;
        }
        let long = matches!(self.hair, HairStyle::Long | HairStyle::Bob | HairStyle::Bun);
        if feminine == long {
            return;
        }
        self.hair = if feminine {
            HairStyle::Bob
        } else {
            HairStyle::Short
        };
    }

    fn apply_age(&mut self, values: &[String]) {
        let years = values
            .iter()
            .find_map(|it| it.trim_end_matches('s').parse::<u32>().ok());
        match years {
            Some(..13) => self.child = true,
            Some(62..) => self.old = true,
            _ => {}
        }
    }

    fn finish(mut self) -> Look {
        if self.child {
            self.height *= 0.68;
            self.beard = false;
        }
        if self.old {
            self.height *= 0.97;
            self.hair_color = [186, 184, 182];
        }
        self
    }
}

/// A guess that only has to be stable: names in -a, -e and the like lean to one silhouette.
fn guess_feminine(name: &str, chance: &mut Chance) -> bool {
    let coin = chance.below(2) == 0;
    match name.trim().to_lowercase().chars().last() {
        Some('a') => true,
        Some('e' | 'y' | 'h') => coin || chance.below(2) == 0,
        Some('o' | 'k' | 's' | 'r' | 'd' | 'm') => false,
        _ => coin,
    }
}
