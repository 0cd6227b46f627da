"""Nodes that do on purpose what real ones do by accident: take long, run out of memory.

    StorycoreSleep        passes an image on after some seconds, with progress; can be interrupted
    StorycoreOutOfMemory  raises torch's own error the first N times that it runs under a name
    StorycoreFace         loads a picture from the input folder, as face-reference nodes do
    StorycoreAnimation    writes an animated WebP and says so as video nodes do
    StorycoreLie          names an output that was never written
"""

import os
import time

import comfy.model_management
import comfy.utils
import folder_paths
import numpy
import torch
from PIL import Image

TICK_S = 0.02


class Sleep:
    CATEGORY = "storycore/test"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE",)

    @classmethod
    def INPUT_TYPES(cls):
        seconds = ("FLOAT", {"default": 1.0, "min": 0.0, "max": 600.0, "step": 0.01})
        seed = ("INT", {"default": 0, "min": 0, "max": 2**53 - 1, "control_after_generate": True})
        # How often it tells of its progress; 0 for a node that says nothing at all.
        steps = ("INT", {"default": 10, "min": 0, "max": 1000})
        return {"required": {"image": ("IMAGE",), "seconds": seconds, "steps": steps, "seed": seed}}

    def run(self, image, seconds, steps, seed):
        bar = comfy.utils.ProgressBar(steps) if steps else None
        started, told = time.monotonic(), 0
        while (passed := time.monotonic() - started) < seconds:
            comfy.model_management.throw_exception_if_processing_interrupted()
            due = int(steps * passed / seconds)
            if bar and due > told:
                told = due
                bar.update_absolute(told, steps)
            time.sleep(min(TICK_S, seconds))
        return (image,)


class OutOfMemory:
    CATEGORY = "storycore/test"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE",)

    @classmethod
    def INPUT_TYPES(cls):
        times = ("INT", {"default": 1, "min": 0, "max": 100})
        name = ("STRING", {"default": "once"})
        return {"required": {"image": ("IMAGE",), "times": times, "name": name}}

    def run(self, image, times, name):
        # What it counts has to outlive the prompt, and the cache that is emptied after it.
        path = os.path.join(folder_paths.get_temp_directory(), f"out-of-memory-{name}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab") as file:
            file.write(b".")
            runs = file.tell()
        if runs <= times:
            raise torch.OutOfMemoryError("Allocation on device 0 would exceed allowed memory.")
        return (image,)


class Face:
    CATEGORY = "storycore/test"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE",)

    @classmethod
    def INPUT_TYPES(cls):
        folder = folder_paths.get_input_directory()
        files = sorted(it.name for it in os.scandir(folder) if it.is_file())
        strength = ("FLOAT", {"default": 1.0, "min": 0.0, "max": 2.0, "step": 0.05})
        return {"required": {"face": (files, {"image_upload": True}), "strength": strength}}

    def run(self, face, strength):
        path = folder_paths.get_annotated_filepath(face)
        pixels = numpy.array(Image.open(path).convert("RGB")).astype(numpy.float32) / 255.0
        return (torch.from_numpy(pixels)[None,] * min(strength, 1.0),)

    @classmethod
    def IS_CHANGED(cls, face, strength):
        return os.path.getmtime(folder_paths.get_annotated_filepath(face))

    @classmethod
    def VALIDATE_INPUTS(cls, face):
        return folder_paths.exists_annotated_filepath(face) or f"no picture {face}"


class Animation:
    CATEGORY = "storycore/test"
    FUNCTION = "run"
    OUTPUT_NODE = True
    RETURN_TYPES = ()

    @classmethod
    def INPUT_TYPES(cls):
        fps = ("INT", {"default": 12, "min": 1, "max": 60})
        prefix = ("STRING", {"default": "animation"})
        return {"required": {"images": ("IMAGE",), "fps": fps, "filename_prefix": prefix}}

    def run(self, images, fps, filename_prefix):
        height, width = images[0].shape[:2]
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory(), width, height
        )
        pixels = (images.cpu().numpy() * 255).clip(0, 255).astype(numpy.uint8)
        frames = [Image.fromarray(it) for it in pixels]
        file = f"{name}_{counter:05}_.webp"
        frames[0].save(
            os.path.join(folder, file),
            save_all=True,
            append_images=frames[1:],
            duration=round(1000 / fps),
        )
        saved = {"filename": file, "subfolder": subfolder, "type": "output"}
        return {"ui": {"gifs": [saved], "animated": (True,)}}


class Lie:
    CATEGORY = "storycore/test"
    FUNCTION = "run"
    OUTPUT_NODE = True
    RETURN_TYPES = ()

    @classmethod
    def INPUT_TYPES(cls):
        filename = ("STRING", {"default": "never-written.png"})
        return {"required": {"images": ("IMAGE",), "filename": filename}}

    def run(self, images, filename):
        return {"ui": {"images": [{"filename": filename, "subfolder": "", "type": "output"}]}}


NODE_CLASS_MAPPINGS = {
    "StorycoreSleep": Sleep,
    "StorycoreOutOfMemory": OutOfMemory,
    "StorycoreFace": Face,
    "StorycoreAnimation": Animation,
    "StorycoreLie": Lie,
}
NODE_DISPLAY_NAME_MAPPINGS = {}
