//! Figures of pictures, as OpenCV, scikit-image, NumPy and ImageHash have them: to 1%, and where
//! both count in whole numbers, to rounding.

use std::{fs, path::Path};

use serde_json::Value;
use storycore_media::{
    Fingerprint, Limits, Measures, Picture, WHITE, histogram_correlation, measure, psnr, ssim,
};
use storycore_quality::color_difference;

use crate::support::python;

/// What was agreed.
const ONE_PERCENT: f64 = 0.01;
/// Both count in whole numbers, and only the last division may differ.
const EXACT: f64 = 1e-9;

fn opened(folder: &Path, name: &str) -> Picture {
    let bytes = fs::read(folder.join(format!("{name}.png"))).unwrap();
    Picture::open(&bytes, WHITE, &Limits::default()).unwrap()
}

#[track_caller]
fn near(what: &str, ours: f64, theirs: &Value, within: f64) {
    let theirs = theirs
        .as_f64()
        .unwrap_or_else(|| panic!("{what}: {theirs}"));
    let apart = (ours - theirs).abs();
    assert!(
        apart <= within * theirs.abs().max(1e-6),
        "{what}: {ours}, the peer {theirs}"
    );
}

#[test]
fn all_figures_agree() {
    let folder = tempfile::tempdir().unwrap();
    let said = python("measures.py", [folder.path()]);
    for (name, theirs) in said["alone"].as_object().unwrap() {
        alone(name, &measure(&opened(folder.path(), name)), theirs);
    }
    for theirs in said["together"].as_array().unwrap() {
        let name = |key: &str| theirs[key].as_str().unwrap();
        let (a, b) = (
            opened(folder.path(), name("a")),
            opened(folder.path(), name("b")),
        );
        let what = format!("{} and {}", name("a"), name("b"));
        let ours = psnr(&a, &b).unwrap();
        match theirs["psnr"].is_null() {
            true => assert!(ours.is_infinite(), "{what}: {ours}"),
            false => near(&format!("PSNR of {what}"), ours, &theirs["psnr"], EXACT),
        }
        near(
            &format!("SSIM of {what}"),
            ssim(&a, &b).unwrap(),
            &theirs["ssim"],
            EXACT,
        );
        let ours = histogram_correlation(&a, &b).unwrap();
        near(
            &format!("colors of {what}"),
            ours,
            &theirs["correlation"],
            1e-6,
        );
    }
    let colors = said["colors"].as_array().unwrap();
    assert_eq!(colors.len(), 400);
    for pair in colors {
        let [a, b]: [[u8; 3]; 2] = serde_json::from_value(pair[0].clone()).unwrap();
        // Their matrix from sRGB to XYZ has another last digit.
        near(
            &format!("{a:?} and {b:?}"),
            color_difference(a, b),
            &pair[1],
            0.001,
        );
    }
}

fn alone(name: &str, ours: &Measures, theirs: &Value) {
    let what = |key: &str| format!("{key} of {name}");
    let sharpness = *ours.sharpness.as_ref().unwrap();
    near(&what("sharpness"), sharpness, &theirs["sharpness"], EXACT);
    near(
        &what("sharpness of OpenCV's luma"),
        sharpness,
        &theirs["opencvSharpness"],
        ONE_PERCENT,
    );
    let noise = *ours.noise.as_ref().unwrap();
    near(&what("noise"), noise, &theirs["noise"], 1e-6);
    let exposure = &ours.exposure;
    near(&what("mean"), exposure.mean, &theirs["mean"], EXACT);
    near(
        &what("mean of OpenCV's luma"),
        exposure.mean,
        &theirs["opencvMean"],
        ONE_PERCENT,
    );
    near(
        &what("contrast"),
        exposure.contrast,
        &theirs["contrast"],
        EXACT,
    );
    assert_eq!(
        Some(u64::from(exposure.p1)),
        theirs["p1"].as_u64(),
        "{name}"
    );
    assert_eq!(
        Some(u64::from(exposure.p99)),
        theirs["p99"].as_u64(),
        "{name}"
    );
    near(
        &what("black"),
        exposure.clipped_black,
        &theirs["clippedBlack"],
        EXACT,
    );
    near(
        &what("white"),
        exposure.clipped_white,
        &theirs["clippedWhite"],
        EXACT,
    );
    near(&what("dark"), exposure.dark, &theirs["dark"], EXACT);
    let Ok(ours) = ours.fingerprint else {
        assert_eq!(name, "small", "only 5 × 5 px are too few");
        return;
    };
    if matches!(name, "flat" | "black" | "checker") {
        // Where all is equal, bits are those of rounding.
        return;
    }
    let bits = |key: &str| u64::from_str_radix(theirs[key].as_str().unwrap(), 16).unwrap();
    let theirs = Fingerprint {
        frequency: bits("frequency"),
        gradient: bits("gradient"),
    };
    // Ours and theirs resize with the same filter, and round in other places.
    let (frequency, gradient) = (ours.distance(&theirs), ours.gradient_distance(&theirs));
    assert!(
        frequency <= 2 && gradient <= 2,
        "{name}: {frequency} and {gradient} bits differ"
    );
}

#[test]
fn what_looks_alike_has_near_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    python("measures.py", [folder.path()]);
    let of = |name: &str| measure(&opened(folder.path(), name)).fingerprint.unwrap();
    let scene = of("scene");
    assert!(scene.distance(&of("noisy")) <= 6);
    assert!(scene.distance(&of("blurred")) <= 6);
    assert!(scene.distance(&of("random")) >= 16);
    assert_eq!(scene.distance(&scene), 0);
}
