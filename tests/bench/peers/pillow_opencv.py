"""Thumbnails by Pillow and measures by OpenCV of all pictures in a folder: how many a second.

    pillow_opencv.py FOLDER TIMES ROUNDS THUMBNAIL_PX THREADS

Both let go of Python's lock while they work, so that threads share the cores.
"""

import io
import json
import pathlib
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import imagehash
import numpy as np
from PIL import Image

folder = pathlib.Path(sys.argv[1])
times, rounds, side_px, n_threads = map(int, sys.argv[2:])
files = [path.read_bytes() for path in sorted(folder.glob("*.png"))]
cv2.setNumThreads(1)


def thumbnail(data):
    picture = Image.open(io.BytesIO(data))
    picture.thumbnail((side_px, side_px), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.tell()


def measure(data):
    """Sharpness, exposure, noise, six colors and a fingerprint, as we measure them."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    sharpness = cv2.Laplacian(gray, cv2.CV_64F, ksize=1).var()
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    mean = (counts * np.arange(256)).sum() / counts.sum()
    percentiles = np.searchsorted(counts.cumsum(), [gray.size * 0.01, gray.size * 0.99])
    floating = gray.astype(np.float32)
    noise = (floating - cv2.blur(floating, (5, 5))).var() / 100
    histogram = cv2.calcHist([picture], [0, 1, 2], None, [16, 16, 16], [0, 256] * 3)
    points = np.argwhere(histogram > 0).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0)
    _, _, colors = cv2.kmeans(points, min(6, len(points)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)
    small = cv2.resize(gray, (32, 32), interpolation=cv2.INTER_AREA)
    fingerprint = imagehash.phash(Image.fromarray(small))
    return sharpness, mean, percentiles, noise, colors, fingerprint


def per_second(work):
    rates = []
    with ThreadPoolExecutor(n_threads) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            list(pool.map(work, files * times))
            rates.append(len(files) * times / (time.perf_counter() - start))
    return statistics.median(rates)


print(json.dumps([per_second(thumbnail), per_second(measure)]))
