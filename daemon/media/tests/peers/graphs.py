"""Writes pictures as ComfyUI 0.3.75 and AUTOMATIC1111 do: the calls are those of their savers
(`nodes.py` SaveImage; `comfy_extras/nodes_images.py` SaveAnimatedPNG and SaveAnimatedWEBP)."""

import json
import pathlib
import sys

from PIL import Image
from PIL.PngImagePlugin import PngInfo

folder = pathlib.Path(sys.argv[1])
prompt = json.loads(sys.argv[2])
extra_pnginfo = {"workflow": json.loads(sys.argv[3])}
parameters = sys.argv[4]

picture = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
frames = [picture.rotate(90 * n) for n in range(3)]

metadata = PngInfo()
metadata.add_text("prompt", json.dumps(prompt))
for x in extra_pnginfo:
    metadata.add_text(x, json.dumps(extra_pnginfo[x]))
picture.save(folder / "save_image.png", pnginfo=metadata, compress_level=4)

metadata = PngInfo()
metadata.add_text("prompt", json.dumps(prompt), zip=True)
for x in extra_pnginfo:
    metadata.add_itxt(x, json.dumps(extra_pnginfo[x], ensure_ascii=False), zip=True)
picture.save(folder / "packed.png", pnginfo=metadata)

metadata = PngInfo()
for key, value in {"prompt": prompt, **extra_pnginfo}.items():
    chunk = key.encode("latin-1") + b"\0" + json.dumps(value).encode("latin-1", "strict")
    metadata.add(b"comf", chunk, after_idat=True)
frames[0].save(folder / "animated.png", pnginfo=metadata, save_all=True, duration=100,
               append_images=frames[1:])

metadata = frames[0].getexif()
metadata[0x0110] = f"prompt:{json.dumps(prompt)}"
inital_exif = 0x010F
for x in extra_pnginfo:
    metadata[inital_exif] = f"{x}:{json.dumps(extra_pnginfo[x])}"
    inital_exif -= 1
frames[0].save(folder / "animated.webp", save_all=True, duration=100, append_images=frames[1:],
               exif=metadata, lossless=True)
picture.save(folder / "still.webp", exif=metadata)
picture.save(folder / "still.jpg", exif=metadata)

metadata = PngInfo()
metadata.add_text("parameters", parameters)
picture.save(folder / "parameters.png", pnginfo=metadata)
comment = Image.Exif()
comment.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + parameters.encode("utf-16-be")
picture.save(folder / "parameters.jpg", exif=comment)
comment = Image.Exif()
comment.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + parameters.encode("utf-16-le")
picture.save(folder / "parameters.webp", exif=comment)
print(json.dumps(sorted(path.name for path in folder.iterdir())))
