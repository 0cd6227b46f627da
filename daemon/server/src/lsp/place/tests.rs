//! Places against a reference that counts over the whole text, with every line end and astral
//! letters.

use super::*;

const TEXT: &str = "Title: A\r\n\r\nINT. RŮM 🌊 - DAY\r\rMaya 👩‍🚀 waits.\n\nJONAS\nÜber 𝄞!\r\n\r\nEXT. B - NIGHT\n\nend";

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// The position of a byte, counted from the text's start.
fn reference(byte: usize, encoding: Encoding) -> Position {
    let (mut line, mut column) = (0, 0);
    let mut letters = TEXT[..byte].chars().peekable();
    while let Some(letter) = letters.next() {
        let goes_on = letter == '\r' && letters.peek() == Some(&'\n');
        if matches!(letter, '\n' | '\r') && !goes_on {
            (line, column) = (line + 1, 0);
        } else if !goes_on {
            column += encoding.len(letter);
        }
    }
    Position::new(line, short(column))
}

#[test]
fn every_place_leads_back_to_its_byte() {
    let script = Script::parse(TEXT);
    for encoding in ENCODINGS {
        for (byte, _) in TEXT.char_indices().chain([(TEXT.len(), ' ')]) {
            if TEXT[..byte].ends_with('\r') && TEXT[byte..].starts_with('\n') {
                continue;
            }
            let position = position_at(&script, byte, encoding);
            assert_eq!(position, reference(byte, encoding), "{encoding:?} {byte}");
            assert_eq!(byte_at(&script, position, encoding), byte, "{position:?}");
        }
    }
}

#[test]
fn what_is_beyond_is_the_end_of_its_line_or_of_the_text() {
    let script = Script::parse(TEXT);
    let at = |line, column| byte_at(&script, Position::new(line, column), Encoding::Utf16);
    assert_eq!(at(0, 99), "Title: A".len());
    assert_eq!(at(99, 0), TEXT.len());
    // Between the halves of a surrogate pair is where the letter starts.
    let wave = TEXT.find('🌊').unwrap();
    let column = reference(wave, Encoding::Utf16).character;
    assert_eq!(at(2, column + 1), wave);
    assert_eq!(
        byte_at(&Script::parse(""), Position::new(3, 3), Encoding::Utf8),
        0
    );
}

#[test]
fn the_encoding_is_one_that_both_know() {
    let agreed = |offered: &[PositionEncodingKind]| Encoding::agreed(Some(offered));
    assert_eq!(Encoding::agreed(None), Encoding::Utf16);
    assert_eq!(agreed(&[]), Encoding::Utf16);
    assert_eq!(agreed(&[PositionEncodingKind::UTF32]), Encoding::Utf32);
    let both = [PositionEncodingKind::UTF16, PositionEncodingKind::UTF8];
    assert_eq!(agreed(&both), Encoding::Utf8);
}
