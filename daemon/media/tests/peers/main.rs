//! What we read and measure, beside what others read and measure of the same files: ffprobe,
//! Pillow, OpenCV, scikit-image, ImageHash. The files are made by ffmpeg and Pillow as they run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod breaking;
mod describing;
mod embedding;
mod measuring;
mod showing;
mod support;
