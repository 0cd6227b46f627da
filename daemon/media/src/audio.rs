//! WAV, FLAC, MP3 and Ogg, read by `lofty`.
//!
//! Its tags of ID3 are not asked for: it unpacks packed ones without an end, so that a small file
//! could fill the memory. `id3` and `flac` read the texts.

use std::io::{Seek, SeekFrom};

use lofty::{
    config::{GlobalOptions, ParseOptions, ParsingMode, apply_global_options},
    file::AudioFile,
    flac::FlacFile,
    iff::wav::{WavFile, WavFormat},
    mpeg::{Layer, MpegFile},
    ogg::{OpusFile, SpeexFile, VorbisFile, tag::VorbisComments},
};

use crate::{
    Error,
    media::{Kind, Media},
    sniff::Format,
    source::Source,
    text,
};

mod flac;
mod id3;

/// Describes a file of sound.
pub(crate) fn audio(source: &mut Source<'_>, format: Format) -> Result<Media, Error> {
    let max = usize::try_from(source.limits().text_bytes_max).unwrap_or(usize::MAX);
    // Of this thread only: what one tag may take.
    apply_global_options(GlobalOptions::new().allocation_limit(max));
    let mut options = ParseOptions::new();
    options
        .read_cover_art(false)
        .parsing_mode(ParsingMode::BestAttempt);
    options.read_tags(format == Format::Ogg);
    source.seek(SeekFrom::Start(0))?;
    match format {
        Format::Wav => wav(source, options),
        Format::Flac => flac(source, options),
        Format::Ogg => ogg(source, options),
        _ => mp3(source, options),
    }
}

fn new(source: &Source<'_>, media_type: &'static str, codec: &str) -> Media {
    let mut media = Media::new(Kind::Audio, media_type, source.len());
    media.add_codec(codec);
    media
}

/// A zero stands for unknown.
fn tell(media: &mut Media, channels: u8, sample_rate_hz: u32, duration: std::time::Duration) {
    media.channels = Some(channels.into()).filter(|it| *it > 0);
    media.sample_rate_hz = Some(sample_rate_hz).filter(|it| *it > 0);
    media.duration_ms = u64::try_from(duration.as_millis())
        .ok()
        .filter(|it| *it > 0);
    if media.duration_ms.is_none() {
        media
            .notes
            .push("it does not say how long it plays".to_owned());
    }
}

fn wav(source: &mut Source<'_>, options: ParseOptions) -> Result<Media, Error> {
    let said = *WavFile::read_from(source, options)
        .map_err(|it| of_lofty(&it))?
        .properties();
    let codec = match (said.format(), said.bit_depth()) {
        (WavFormat::PCM, 8) => "pcm_u8".to_owned(),
        (WavFormat::PCM, bits) => format!("pcm_s{bits}le"),
        (WavFormat::IEEE_FLOAT, bits) => format!("pcm_f{bits}le"),
        (WavFormat::Other(tag), _) => format!("WAV format {tag}"),
    };
    let mut media = new(source, "audio/wav", &codec);
    media.bits = Some(said.bit_depth()).filter(|it| *it > 0);
    tell(
        &mut media,
        said.channels(),
        said.sample_rate(),
        said.duration(),
    );
    Ok(media)
}

fn flac(source: &mut Source<'_>, options: ParseOptions) -> Result<Media, Error> {
    let said = *FlacFile::read_from(source, options)
        .map_err(|it| of_lofty(&it))?
        .properties();
    let mut media = new(source, "audio/flac", "flac");
    media.bits = Some(said.bit_depth()).filter(|it| *it > 0);
    tell(
        &mut media,
        said.channels(),
        said.sample_rate(),
        said.duration(),
    );
    let read = flac::comments(source, &mut media);
    text::keep_reading(read, &mut media)?;
    Ok(media)
}

fn mp3(source: &mut Source<'_>, options: ParseOptions) -> Result<Media, Error> {
    let said = *MpegFile::read_from(source, options)
        .map_err(|it| of_lofty(&it))?
        .properties();
    let codec = match said.layer() {
        Layer::Layer1 => "mp1",
        Layer::Layer2 => "mp2",
        Layer::Layer3 => "mp3",
    };
    let mut media = new(source, "audio/mpeg", codec);
    tell(
        &mut media,
        said.channels(),
        said.sample_rate(),
        said.duration(),
    );
    let read = id3::texts(source, &mut media);
    text::keep_reading(read, &mut media)?;
    Ok(media)
}

/// The first page of an Ogg file says what it carries.
fn ogg(source: &mut Source<'_>, options: ParseOptions) -> Result<Media, Error> {
    let head = source.bytes_at(0, source.len().min(64))?;
    let carries = |magic: &[u8]| head.windows(magic.len()).any(|it| it == magic);
    let is_opus = carries(b"OpusHead");
    let is_vorbis = carries(b"\x01vorbis");
    let is_speex = carries(b"Speex   ");
    source.seek(SeekFrom::Start(0))?;
    if is_opus {
        let file = OpusFile::read_from(source, options).map_err(|it| of_lofty(&it))?;
        let (said, mut media) = (file.properties(), new(source, "audio/ogg", "opus"));
        // Opus is always decoded at 48,000 Hz, whatever it was recorded at (RFC 7845 §5.1).
        tell(&mut media, said.channels(), 48_000, said.duration());
        vorbis(&mut media, file.vorbis_comments(), source);
        return Ok(media);
    }
    if is_vorbis {
        let file = VorbisFile::read_from(source, options).map_err(|it| of_lofty(&it))?;
        let (said, mut media) = (file.properties(), new(source, "audio/ogg", "vorbis"));
        tell(
            &mut media,
            said.channels(),
            said.sample_rate(),
            said.duration(),
        );
        vorbis(&mut media, file.vorbis_comments(), source);
        return Ok(media);
    }
    if is_speex {
        let file = SpeexFile::read_from(source, options).map_err(|it| of_lofty(&it))?;
        let (said, mut media) = (file.properties(), new(source, "audio/ogg", "speex"));
        tell(
            &mut media,
            said.channels(),
            said.sample_rate(),
            said.duration(),
        );
        vorbis(&mut media, file.vorbis_comments(), source);
        return Ok(media);
    }
    let mut media = Media::new(Kind::Other, "application/ogg", source.len());
    media
        .notes
        .push("it is an Ogg file with neither Opus, Vorbis nor Speex in it".to_owned());
    Ok(media)
}

fn vorbis(media: &mut Media, comments: &VorbisComments, source: &Source<'_>) {
    for (key, text) in comments.items() {
        media.add_text(key, "Vorbis comment", Ok(text.to_owned()), source.limits());
    }
}

/// What `lofty` complains of; a limit of ours that it ran into is told as ours.
fn of_lofty(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut inner = Some(error);
    // The outermost only says that a file could not be parsed.
    let mut innermost = error;
    while let Some(it) = inner {
        innermost = it;
        if let Some(io) = it.downcast_ref::<std::io::Error>() {
            if io.kind() == std::io::ErrorKind::UnexpectedEof {
                return Error::truncated("its sound ends early");
            }
            if let Some(Error::TooLarge {
                what,
                value,
                limit,
                max,
                unit,
            }) = io.get_ref().and_then(|it| it.downcast_ref::<Error>())
            {
                return Error::TooLarge {
                    what: what.clone(),
                    value: *value,
                    limit,
                    max: *max,
                    unit,
                };
            }
        }
        inner = it.source();
    }
    Error::damaged(format!("its sound: {innermost}"))
}
