"""Writes pictures, and says what OpenCV, scikit-image, NumPy and ImageHash measure of them."""

import json
import math
import pathlib
import sys

import cv2
import imagehash
import numpy as np
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(7)


def scene(width, height, shift=0):
    """A drawing with a sky, hills, edges and letters, as shots have them."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    sky = np.stack([90 + 80 * y / height, 130 + 60 * y / height, 220 - 90 * y / height], axis=2)
    picture = np.clip(sky + 12 * np.sin(x / 9 + shift)[..., None], 0, 255).astype(np.uint8).copy()
    cv2.circle(picture, (width // 3 + shift, height // 3), height // 6, (250, 240, 190), -1)
    cv2.rectangle(picture, (width // 2, height // 2), (width - 9, height - 5), (60, 40, 30), -1)
    cv2.line(picture, (0, height - 1), (width - 1, height // 2), (20, 90, 40), 3)
    cv2.putText(picture, "SCENE 12", (5, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    return picture


def noisy(picture, sigma):
    noise = rng.normal(0, sigma, picture.shape)
    return np.clip(picture.astype(np.float64) + noise, 0, 255).astype(np.uint8)


base = scene(320, 180)
pictures = {
    "scene": base,
    "noisy": noisy(base, 12),
    "blurred": cv2.GaussianBlur(base, (9, 9), 3),
    "dark": (base * 0.05).astype(np.uint8),
    "bright": np.clip(base.astype(np.int32) + 120, 0, 255).astype(np.uint8),
    "shifted": scene(320, 180, 14),
    "random": rng.integers(0, 256, (67, 101, 3), dtype=np.uint8),
    "checker": np.repeat((np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, 2),
    "flat": np.full((40, 60, 3), (17, 180, 93), dtype=np.uint8),
    "black": np.zeros((48, 48, 3), dtype=np.uint8),
    "small": rng.integers(0, 256, (5, 5, 3), dtype=np.uint8),
    "narrow": rng.integers(0, 256, (300, 9, 3), dtype=np.uint8),
    "large": noisy(scene(1031, 777), 5),
}

alone = {}
for name, rgb in pictures.items():
    image = Image.fromarray(rgb)
    image.save(folder / f"{name}.png")
    gray = np.asarray(image.convert("L"))
    opencv_gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    floating = gray.astype(np.float64)
    alone[name] = {
        "sharpness": cv2.Laplacian(gray, cv2.CV_64F, ksize=1).var(),
        "opencvSharpness": cv2.Laplacian(opencv_gray, cv2.CV_64F, ksize=1).var(),
        "noise": (floating - cv2.blur(floating, (5, 5))).var() / 100,
        "mean": floating.mean(),
        "opencvMean": opencv_gray.mean(),
        "contrast": floating.std(),
        "p1": int(np.percentile(gray, 1, method="inverted_cdf")),
        "p99": int(np.percentile(gray, 99, method="inverted_cdf")),
        "clippedBlack": (gray <= 2).mean(),
        "clippedWhite": (gray >= 253).mean(),
        "dark": (gray < 32).mean(),
        "frequency": str(imagehash.phash(image)),
        "gradient": str(imagehash.dhash(image)),
    }

together = []
for a, b in [("scene", "noisy"), ("scene", "blurred"), ("scene", "bright"), ("scene", "shifted"),
             ("scene", "dark"), ("noisy", "blurred"), ("scene", "scene")]:
    left, right = pictures[a], pictures[b]
    grays = [np.asarray(Image.fromarray(it).convert("L")) for it in (left, right)]
    # Flat: of three dimensions OpenCV 5.0 takes another mean than that of all parts (its own result
    # for the same numbers in a row, and NumPy's corrcoef, differ from it).
    histograms = [cv2.calcHist([it], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3).ravel()
                  for it in (left, right)]
    with np.errstate(divide="ignore"):
        psnr = peak_signal_noise_ratio(left, right, data_range=255)
    together.append({
        "a": a,
        "b": b,
        "psnr": None if math.isinf(psnr) else psnr,
        "ssim": structural_similarity(*grays, data_range=255),
        "correlation": cv2.compareHist(*histograms, cv2.HISTCMP_CORREL),
    })

colors = rng.integers(0, 256, (400, 2, 3), dtype=np.uint8)
differences = deltaE_ciede2000(rgb2lab(colors[:, 0] / 255.0), rgb2lab(colors[:, 1] / 255.0))
print(json.dumps({
    "alone": alone,
    "together": together,
    "colors": [[pair.tolist(), difference] for pair, difference in zip(colors, differences)],
}))
