"""Writes a checkpoint of random weights in the shape of Stable Diffusion 3.

    tiny_sd3.py OUT.safetensors

`CheckpointLoaderSimple` loads it as it loads a real one: a transformer of two blocks, no text
encoder (ComfyUI then answers zeros for every text), and a tiny autoencoder. 10 MB; what it samples
is noise, but every node on the way does its work.
"""

import sys

import numpy
from safetensors.numpy import save_file

DEPTH = 2
HIDDEN = 64 * DEPTH
LATENT_CHANNELS = 16
MODEL = "model.diffusion_model."
DECODER = "first_stage_model.taesd_decoder."
ENCODER = "first_stage_model.taesd_encoder."

random = numpy.random.default_rng(7)
found = {}


def noise(shape, scale):
    return (random.standard_normal(shape) * scale).astype(numpy.float16)


def linear(name, outputs, inputs):
    found[f"{name}.weight"] = noise((outputs, inputs), 1 / numpy.sqrt(inputs))
    found[f"{name}.bias"] = numpy.zeros(outputs, numpy.float16)


def convolution(name, outputs, inputs, size=3, bias=True):
    scale = 1.2 / numpy.sqrt(inputs * size * size)
    found[f"{name}.weight"] = noise((outputs, inputs, size, size), scale)
    if bias:
        found[f"{name}.bias"] = noise(outputs, 0.05)


def transformer():
    found[f"{MODEL}pos_embed"] = noise((1, 64 * 64, HIDDEN), 0.02)
    convolution(f"{MODEL}x_embedder.proj", HIDDEN, LATENT_CHANNELS, 2)
    for embedder, inputs in (("t_embedder", 256), ("y_embedder", 2048)):
        linear(f"{MODEL}{embedder}.mlp.0", HIDDEN, inputs)
        linear(f"{MODEL}{embedder}.mlp.2", HIDDEN, HIDDEN)
    linear(f"{MODEL}context_embedder", HIDDEN, 4096)
    for index in range(DEPTH):
        for side in ("context_block", "x_block"):
            block = f"{MODEL}joint_blocks.{index}.{side}."
            # The last block has no use for its text any more.
            is_last = side == "context_block" and index == DEPTH - 1
            linear(f"{block}attn.qkv", 3 * HIDDEN, HIDDEN)
            if not is_last:
                linear(f"{block}attn.proj", HIDDEN, HIDDEN)
                linear(f"{block}mlp.fc1", 4 * HIDDEN, HIDDEN)
                linear(f"{block}mlp.fc2", HIDDEN, 4 * HIDDEN)
            linear(f"{block}adaLN_modulation.1", (2 if is_last else 6) * HIDDEN, HIDDEN)
    linear(f"{MODEL}final_layer.linear", 2 * 2 * LATENT_CHANNELS, HIDDEN)
    linear(f"{MODEL}final_layer.adaLN_modulation.1", 2 * HIDDEN, HIDDEN)


def autoencoder():
    def block(name):
        for part in (0, 2, 4):
            convolution(f"{name}conv.{part}", 64, 64)

    convolution(f"{DECODER}1", 64, LATENT_CHANNELS)
    for index in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18):
        block(f"{DECODER}{index}.")
    for index in (7, 12, 17):
        convolution(f"{DECODER}{index}", 64, 64, bias=False)
    convolution(f"{DECODER}19", 3, 64)
    convolution(f"{ENCODER}0", 64, 3)
    for index in (1, 3, 4, 5, 7, 8, 9, 11, 12, 13):
        block(f"{ENCODER}{index}.")
    for index in (2, 6, 10):
        convolution(f"{ENCODER}{index}", 64, 64, bias=False)
    convolution(f"{ENCODER}14", LATENT_CHANNELS, 64)
    found["first_stage_model.vae_scale"] = numpy.array(1.5305, numpy.float32)
    found["first_stage_model.vae_shift"] = numpy.array(0.0609, numpy.float32)


if __name__ == "__main__":
    transformer()
    # Not empty, so that ComfyUI makes a text encoder for SD3 with no encoder inside.
    found["text_encoders.none"] = numpy.zeros(1, numpy.float16)
    autoencoder()
    save_file(found, sys.argv[1])
