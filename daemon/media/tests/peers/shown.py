"""Writes pictures as they should look small, and says what Pillow reads in ours.

    shown.py make FOLDER          writes large.png, turned.jpg, clear.png and what is expected
    shown.py read FILE...         says format and size of each
    shown.py frame VIDEO N FILE   writes frame N, as OpenCV decodes it
"""

import json
import pathlib
import sys

import cv2
import numpy as np
from PIL import Image, ImageOps

task, *arguments = sys.argv[1:]
if task == "make":
    folder = pathlib.Path(arguments[0])
    y, x = np.mgrid[0:768, 0:1024]
    waves = [np.sin(x / 40 + y / 90), np.sin(y / 30), np.cos((x + y) / 70)]
    pixels = np.stack([128 + 100 * wave for wave in waves], axis=2).astype(np.uint8)
    pixels = cv2.putText(pixels, "SCENE 12", (90, 300), cv2.FONT_HERSHEY_SIMPLEX, 6, (9, 9, 40), 20)
    large = Image.fromarray(pixels)
    large.save(folder / "large.png")
    large.resize((256, 192), Image.Resampling.BILINEAR).save(folder / "large.expected.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    large.save(folder / "turned.jpg", quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(folder / "turned.jpg"))
    upright.resize((192, 256), Image.Resampling.BILINEAR).save(folder / "turned.expected.png")
    alpha = Image.fromarray((x * 255 // 1023).astype(np.uint8))
    clear = large.copy()
    clear.putalpha(alpha)
    clear.save(folder / "clear.png")
    ground = Image.new("RGB", large.size, (20, 200, 90))
    ground.paste(clear, mask=alpha)
    ground.resize((256, 192), Image.Resampling.BILINEAR).save(folder / "clear.expected.png")
    said = None
elif task == "read":
    said = []
    for name in arguments:
        with Image.open(name) as picture:
            picture.load()
            said.append([picture.format, *picture.size])
else:
    video, number, name = arguments
    capture = cv2.VideoCapture(video)
    for _ in range(int(number) + 1):
        ok, frame = capture.read()
        assert ok, "OpenCV reads no such frame"
    cv2.imwrite(name, frame)
    said = None
print(json.dumps(said))
