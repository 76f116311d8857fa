//! What describes a file: its size, its type, and how it looks or sounds.

use crate::failure::Failure;
use aside_client::{Misuse, driver::Client};
use aside_content::{Attachment, AttachmentSealer, MediaKind};
use aside_wire::limits::{ATTACHMENT_PIECE_BYTES, THUMBNAIL_BYTES, TITLE_BYTES, WAVEFORM_LEVELS};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

/// How much of a file tells what it is.
const BEGINNING: u64 = 64 * 1024;

/// A picture, a video or any other file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Medium {
    pub(super) kind: MediaKind,
    pub(super) media_type: String,
    /// Width and height; 0 where they are not known.
    pub(super) pixels: (u32, u32),
}

/// A recording.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) media_type: String,
    /// Milliseconds; 0 where it is not known.
    pub(super) duration_ms: u32,
    pub(super) waveform: Vec<u8>,
}

/// What a file is, by its beginning and not by its name.
pub(super) fn medium(path: &Path) -> Result<Medium, Failure> {
    let beginning = beginning(path)?;
    let media_type = media_type(&beginning);
    let pixels = imagesize::blob_size(&beginning).ok();
    // Some old kinds of picture are known by their size alone.
    let kind = match media_type.split_once('/') {
        Some(("image", _)) => MediaKind::Image,
        Some(("video", _)) => MediaKind::Video,
        _ => MediaKind::File,
    };
    let pixels = pixels.filter(|_| kind == MediaKind::Image).and_then(|size| {
        let (width, height) = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
        (width != 0 && height != 0).then_some((width, height))
    });
    Ok(Medium { kind, media_type, pixels: pixels.unwrap_or_default() })
}

/// What a recording is; of a WAV how long it is and how loud.
pub(super) fn voice(path: &Path) -> Result<Voice, Failure> {
    let media_type = media_type(&beginning(path)?);
    // What browsers and phones record is audio in the containers of videos, too.
    if !media_type.starts_with("audio/") && !matches!(media_type.as_str(), "video/webm" | "video/mp4") {
        return Err(Failure::Cannot(format!(
            "{} is no recording ({media_type}); to send it as a file: --file",
            path.display()
        )));
    }
    let (duration_ms, waveform) = open(path).map(BufReader::new).map(heard)?.unwrap_or_default();
    Ok(Voice { media_type, duration_ms, waveform })
}

/// The length of a WAV in milliseconds, and its loudness over time; the loudest level is 255.
fn heard(file: impl Read) -> Option<(u32, Vec<u8>)> {
    let mut reader = hound::WavReader::new(file).ok()?;
    let spec = reader.spec();
    let frames = u64::from(reader.duration());
    let duration_ms = frames.checked_mul(1000)?.checked_div(spec.sample_rate.into())?;
    let samples = frames.checked_mul(spec.channels.into())?;
    let mut peaks = [0u64; WAVEFORM_LEVELS];
    let mut hear = |place: u64, loudness: u64| {
        let level =
            place.saturating_mul(64).checked_div(samples).and_then(|level| usize::try_from(level).ok());
        if let Some(peak) = level.and_then(|level| peaks.get_mut(level)) {
            *peak = loudness.max(*peak);
        }
    };
    match spec.sample_format {
        hound::SampleFormat::Int => {
            for (place, sample) in (0..).zip(reader.samples::<i32>()) {
                hear(place, sample.ok()?.unsigned_abs().into());
            }
        }
        hound::SampleFormat::Float => return Some((u32::try_from(duration_ms).ok()?, Vec::new())),
    }
    let loudest = peaks.iter().copied().max().unwrap_or_default();
    let level = |peak: &u64| {
        let scaled = peak.saturating_mul(255).checked_div(loudest).unwrap_or_default();
        u8::try_from(scaled).unwrap_or(u8::MAX)
    };
    Some((u32::try_from(duration_ms).ok()?, peaks.iter().map(level).collect()))
}

/// Encrypts a file to know what stands for it (CON-31). Neither the file nor what it was encrypted to is kept.
pub(super) fn attachment(client: &mut Client, path: &Path, media_type: &str) -> Result<Attachment, Failure> {
    let mut file = open(path)?;
    let size = file.metadata().map_err(|error| failed(path, &error))?.len();
    if size == 0 {
        return Err(Failure::Cannot(format!("{} is empty", path.display())));
    }
    let changed = |_| Failure::Cannot(format!("{} changes while it is read", path.display()));
    let mut sealer = client.step(|_, step| Ok(AttachmentSealer::new(step.entropy, size)?))?;
    for _ in 0..sealer.pieces() {
        sealer.seal(&mut piece(&mut file, path)?).map_err(changed)?;
    }
    sealer.finish(media_type).map_err(changed)
}

/// The name of a file, without where it is.
pub(super) fn name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::Cannot(format!("{} has no name that is text", path.display())))?;
    Misuse::within("the name of the file", name, TITLE_BYTES)?;
    Ok(name.to_owned())
}

/// A small picture that goes into the message itself.
pub(super) fn small_picture(path: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let mut picture = Vec::new();
    let file = open(path)?;
    let bytes = file.metadata().ok().and_then(|data| usize::try_from(data.len()).ok()).unwrap_or(usize::MAX);
    if bytes > THUMBNAIL_BYTES {
        return Err(Misuse::TooLong { what: "the thumbnail", bytes, most: THUMBNAIL_BYTES }.into());
    }
    file.take(BEGINNING).read_to_end(&mut picture).map_err(|error| failed(path, &error))?;
    Ok(picture)
}

/// The type of a file by its first bytes.
fn media_type(beginning: &[u8]) -> String {
    if let Some(kind) = infer::get(beginning) {
        return kind.mime_type().to_owned();
    }
    match imagesize::image_type(beginning) {
        Ok(imagesize::ImageType::Pnm) => "image/x-portable-anymap".to_owned(),
        _ if core::str::from_utf8(beginning).is_ok() => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

fn beginning(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut beginning = Vec::new();
    open(path)?.take(BEGINNING).read_to_end(&mut beginning).map_err(|error| failed(path, &error))?;
    Ok(beginning)
}

fn piece(file: &mut File, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut piece = Vec::with_capacity(ATTACHMENT_PIECE_BYTES);
    let most = u64::try_from(ATTACHMENT_PIECE_BYTES).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut piece).map_err(|error| failed(path, &error))?;
    Ok(piece)
}

/// Opens a file that has an end.
fn open(path: &Path) -> Result<File, Failure> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    match file.metadata() {
        Ok(data) if data.is_file() => Ok(file),
        _ => Err(Failure::Cannot(format!("{} is no file", path.display()))),
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Cannot(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The beginning of a PNG of 640 by 480.
    const PNG: [u8; 24] = *b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";

    fn file(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.jpg");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn f15_a_file_is_what_its_bytes_say_whatever_its_name() {
        let of = |content: &[u8]| {
            let (_folder, path) = file(content);
            let Medium { kind, media_type, pixels } = medium(&path).unwrap();
            (kind, media_type, pixels)
        };
        assert_eq!(of(&PNG), (MediaKind::Image, "image/png".to_owned(), (640, 480)));
        assert_eq!(of(b"P1\n3 2\n010101"), (MediaKind::Image, "image/x-portable-anymap".to_owned(), (3, 2)));
        assert_eq!(of(b"hello"), (MediaKind::File, "text/plain".to_owned(), (0, 0)));
        assert_eq!(of(b"\xff\x00\x01"), (MediaKind::File, "application/octet-stream".to_owned(), (0, 0)));
        let video = of(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
        assert_eq!(video, (MediaKind::Video, "video/mp4".to_owned(), (0, 0)));
    }

    #[test]
    fn f16_a_wav_says_how_long_and_how_loud_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for frame in 0..12_000 {
            let loud = if frame < 6_000 { 1_000 } else { -30_000 };
            writer.write_sample(loud).unwrap();
            writer.write_sample(0).unwrap();
        }
        writer.finalize().unwrap();
        let voice = voice(&path).unwrap();
        assert_eq!((voice.media_type.as_str(), voice.duration_ms), ("audio/x-wav", 1_500));
        assert_eq!(voice.waveform, [[8; 32], [255; 32]].concat());
    }

    #[test]
    fn f16_what_is_no_recording_is_refused_and_what_cannot_be_read_has_no_length() {
        let (_folder, path) = file(&PNG);
        assert!(voice(&path).unwrap_err().to_string().contains("no recording (image/png)"));
        let (_folder, path) = file(b"OggS but not really");
        let expected = Voice { media_type: "audio/ogg".to_owned(), duration_ms: 0, waveform: Vec::new() };
        assert_eq!(voice(&path).unwrap(), expected);
        // Cut off where its samples should be.
        let (_folder, path) =
            file(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x01\0\x08\0data");
        assert_eq!(voice(&path).unwrap().waveform, [0; 0]);
    }

    #[test]
    fn what_has_no_end_or_no_name_is_no_file() {
        for path in ["/dev/zero", "/", "/there/is/none"] {
            assert!(medium(Path::new(path)).is_err(), "{path}");
        }
        assert!(name(Path::new("/")).is_err());
        assert!(name(Path::new(&"x".repeat(257))).is_err());
        assert_eq!(name(Path::new("/home/alice/beach.jpg")).unwrap(), "beach.jpg");
        let (_folder, path) = file(&[0; THUMBNAIL_BYTES + 1]);
        assert!(small_picture(Some(&path)).unwrap_err().to_string().contains("8,193 bytes"));
    }
}
