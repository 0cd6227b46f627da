"""Writes pictures of many kinds with Pillow, reads them back, and says what it read."""

import json
import pathlib
import sys

from PIL import Image, ImageOps, ImageSequence

folder = pathlib.Path(sys.argv[1])


def gradient(mode):
    red = Image.linear_gradient("L").resize((60, 40))
    blue = Image.radial_gradient("L").resize((60, 40))
    return Image.merge("RGBA", (red, blue, red, blue)).convert(mode)


def exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


for mode in ("RGB", "RGBA", "L", "P", "1", "I;16"):
    picture = Image.new(mode, (60, 40)) if mode == "I;16" else gradient(mode)
    picture.save(folder / f"{mode.replace(';', '')}.png")
gradient("RGB").save(folder / "rgb.jpg")
gradient("L").save(folder / "gray.jpg", progressive=True)
gradient("CMYK").save(folder / "ink.jpg")
for orientation in (3, 6, 8):
    gradient("RGB").save(folder / f"turned{orientation}.jpg", exif=exif(orientation))
gradient("RGB").save(folder / "turned.webp", exif=exif(6))
gradient("RGB").save(folder / "turned.png", exif=exif(6))
gradient("RGB").save(folder / "turned.tif", exif=exif(6))
gradient("RGB").save(folder / "lossy.webp")
gradient("RGBA").save(folder / "lossless.webp", lossless=True)
gradient("RGB").save(folder / "a.bmp")
gradient("RGB").save(folder / "a.tif", compression="tiff_lzw")
gradient("RGBA").save(folder / "alpha.tif")
gradient("P").save(folder / "still.gif")
frames = [gradient("RGB").rotate(30 * n) for n in range(5)]
for name, duration in (("moving.gif", [100, 40, 250, 70, 90]), ("moving.webp", 80), ("moving.png", 125)):
    frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=duration, loop=0)

said = {}
for path in sorted(folder.iterdir()):
    with Image.open(path) as picture:
        n_frames = getattr(picture, "n_frames", 1)
        has_alpha = picture.mode in ("RGBA", "LA") or "transparency" in picture.info
        orientation = picture.getexif().get(0x0112, 1)
        width, height = ImageOps.exif_transpose(picture).size
        media_type = picture.get_format_mimetype()
        duration = 0
        if n_frames > 1:
            for frame in ImageSequence.Iterator(picture):
                frame.load()
                duration += frame.info.get("duration", 0)
        said[path.name] = {
            "width": width,
            "height": height,
            "mediaType": media_type,
            "hasAlpha": has_alpha,
            "orientation": orientation,
            "frames": n_frames,
            "durationMs": round(duration),
        }
print(json.dumps(said))
