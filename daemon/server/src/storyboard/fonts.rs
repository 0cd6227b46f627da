//! The fonts of the storyboard: which file holds which letters, and which files a film needs.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

/// The characters of a text beyond ASCII, which every text has. Written to as a file is.
#[derive(Debug, Default)]
pub(super) struct Letters(BTreeSet<char>);

impl Write for Letters {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_ascii() {
            let text = String::from_utf8_lossy(bytes);
            self.0.extend(text.chars().filter(|it| !it.is_ascii()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One font file.
#[derive(Debug)]
pub(super) struct FontFile {
    family: &'static str,
    italic: bool,
    weight: &'static str,
    /// What it holds, as CSS says it.
    range: &'static str,
    woff2: &'static [u8],
    /// Its name, for tests.
    pub(super) name: &'static str,
}

impl FontFile {
    fn holds(&self, letter: char) -> bool {
        let letter = u32::from(letter);
        self.range.split(',').any(|part| {
            let part = part.trim_start_matches("U+");
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |it| u32::from_str_radix(it, 16).ok();
            number(first)
                .zip(number(last))
                .is_some_and(|(first, last)| (first..=last).contains(&letter))
        })
    }
}

const INTER: &str = "Inter Variable";
const COURIER_PRIME: &str = "Courier Prime";
const COUSINE: &str = "Cousine";

/// The fonts for the script's words, the best first. Courier Prime has no Vietnamese letters, and
/// a word must not be set in two fonts.
fn typed_families(letters: &Letters) -> [&'static str; 2] {
    let is_vietnamese = |it: &char| matches!(it, 'Ơ' | 'ơ' | 'Ư' | 'ư' | 'Ạ'..='ỹ');
    if letters.0.iter().any(is_vietnamese) {
        [COUSINE, COURIER_PRIME]
    } else {
        [COURIER_PRIME, COUSINE]
    }
}

/// The files that a text needs: for each of its letters the first that holds it, for reading and
/// for the script's words, upright and italic.
pub(super) fn needed(letters: &Letters) -> Vec<&'static FontFile> {
    let typed = typed_families(letters);
    let stacks = [
        (&[INTER][..], false),
        (&typed[..], false),
        (&typed[..], true),
    ];
    let mut names = BTreeSet::new();
    for (families, italic) in stacks {
        let files: Vec<&FontFile> = families
            .iter()
            .flat_map(|family| {
                FILES
                    .iter()
                    .filter(move |it| it.family == *family && it.italic == italic)
            })
            .collect();
        for letter in std::iter::once(&' ').chain(&letters.0) {
            names.extend(files.iter().find(|it| it.holds(*letter)).map(|it| it.name));
        }
    }
    FILES.iter().filter(|it| names.contains(it.name)).collect()
}

/// Writes the fonts that a text needs as CSS.
pub(super) fn write_css(letters: &Letters, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "/* Inter, Courier Prime, Cousine: SIL Open Font License 1.1 */"
    )?;
    for file in needed(letters) {
        let FontFile {
            family,
            weight,
            range,
            ..
        } = file;
        let style = if file.italic { "italic" } else { "normal" };
        let data = Base64Display::new(file.woff2, &STANDARD);
        writeln!(
            out,
            "@font-face {{ font-family: \"{family}\"; font-style: {style}; font-weight: {weight}; \
             unicode-range: {range}; src: url(\"data:font/woff2;base64,{data}\") format(\"woff2\"); }}"
        )?;
    }
    let [first, second] = typed_families(letters);
    writeln!(out, ":root {{ --courier: \"{first}\", \"{second}\"; }}")
}

const LATIN: &str = "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,\
                     U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD";
const LATIN_EXT: &str = "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,\
                         U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,\
                         U+2113,U+2C60-2C7F,U+A720-A7FF";
const CYRILLIC: &str = "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116";
const CYRILLIC_EXT: &str = "U+0460-052F,U+1C80-1C8A,U+20B4,U+2DE0-2DFF,U+A640-A69F,U+FE2E-FE2F";
const GREEK: &str = "U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF";
const GREEK_EXT: &str = "U+1F00-1FFF";
const HEBREW: &str = "U+0307-0308,U+0590-05FF,U+200C-2010,U+20AA,U+25CC,U+FB1D-FB4F";
const VIETNAMESE: &str = "U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,U+01AF-01B0,\
                          U+0300-0301,U+0303-0304,U+0308-0309,U+0323,U+0329,U+1EA0-1EF9,U+20AB";

macro_rules! font_files {
    ($($family:ident $weight:literal italic: $italic:literal { $($range:ident = $name:literal,)+ })+) => {
        &[$($(FontFile {
            family: $family,
            italic: $italic,
            weight: $weight,
            range: $range,
            woff2: include_bytes!(concat!("fonts/", $name, ".woff2")),
            name: $name,
        },)+)+]
    };
}

/// Every file. Where two of a family hold a letter, the first is taken.
const FILES: &[FontFile] = font_files! {
    INTER "100 900" italic: false {
        LATIN = "inter-latin-wght-normal",
        VIETNAMESE = "inter-vietnamese-wght-normal",
        LATIN_EXT = "inter-latin-ext-wght-normal",
        CYRILLIC = "inter-cyrillic-wght-normal",
        CYRILLIC_EXT = "inter-cyrillic-ext-wght-normal",
        GREEK = "inter-greek-wght-normal",
        GREEK_EXT = "inter-greek-ext-wght-normal",
    }
    COURIER_PRIME "400" italic: false {
        LATIN = "courier-prime-latin-400-normal",
        LATIN_EXT = "courier-prime-latin-ext-400-normal",
    }
    COUSINE "400" italic: false {
        LATIN = "cousine-latin-400-normal",
        VIETNAMESE = "cousine-vietnamese-400-normal",
        CYRILLIC = "cousine-cyrillic-400-normal",
        CYRILLIC_EXT = "cousine-cyrillic-ext-400-normal",
        GREEK = "cousine-greek-400-normal",
        GREEK_EXT = "cousine-greek-ext-400-normal",
        HEBREW = "cousine-hebrew-400-normal",
    }
    COURIER_PRIME "400" italic: true {
        LATIN = "courier-prime-latin-400-italic",
        LATIN_EXT = "courier-prime-latin-ext-400-italic",
    }
    COUSINE "400" italic: true {
        LATIN = "cousine-latin-400-italic",
        VIETNAMESE = "cousine-vietnamese-400-italic",
        CYRILLIC = "cousine-cyrillic-400-italic",
        CYRILLIC_EXT = "cousine-cyrillic-ext-400-italic",
        GREEK = "cousine-greek-400-italic",
        GREEK_EXT = "cousine-greek-ext-400-italic",
        HEBREW = "cousine-hebrew-400-italic",
    }
};
