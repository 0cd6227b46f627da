//! What a JPEG's markers say: decoders fill what is missing at the end with gray, and say nothing.

/// What was found between the start of a JPEG and its end.
pub(super) struct JpegParts {
    /// Channels of a pixel; four are inks.
    pub(super) components: u8,
    /// Whether the picture goes on to its end.
    pub(super) has_end: bool,
}

impl JpegParts {
    /// Walks over the markers (ITU-T T.81 §B.1).
    pub(super) fn of(bytes: &[u8]) -> JpegParts {
        let mut parts = JpegParts {
            components: 0,
            has_end: false,
        };
        let mut at = 2;
        while let Some(&[0xFF, marker]) = bytes.get(at..at + 2) {
            match marker {
                // Fill bytes may come before a marker.
                0xFF => at += 1,
                0x01 | 0xD0..=0xD8 => at += 2,
                0xD9 => {
                    parts.has_end = true;
                    break;
                }
                _ => {
                    let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                        break;
                    };
                    if is_frame(marker) {
                        parts.components = bytes.get(at + 9).copied().unwrap_or(0);
                    }
                    at += 2 + usize::from(u16::from_be_bytes([high, low]));
                    if marker == 0xDA {
                        at += scan_len(bytes.get(at..).unwrap_or_default());
                    }
                }
            }
        }
        parts
    }
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// How far the data of a scan goes: up to a marker that is neither a stuffed byte nor a restart.
fn scan_len(data: &[u8]) -> usize {
    let is_end = |at: &usize| {
        let next = data.get(at + 1);
        next.is_some_and(|it| !matches!(it, 0x00 | 0xFF | 0xD0..=0xD7))
    };
    let mut markers = memchr::memchr_iter(0xFF, data);
    markers.find(is_end).unwrap_or(data.len())
}
