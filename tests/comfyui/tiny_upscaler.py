"""Writes an upscaler of random weights: spandrel's "Compact" architecture, twice the size.

    tiny_upscaler.py OUT.safetensors

`UpscaleModelLoader` loads it as it loads a real one; the file has some 10 kB.
"""

import sys

import numpy
from safetensors.numpy import save_file

FEATURES = 8
BODY_BLOCKS = 2
SCALE = 2
# How Compact leaks below zero; one number a channel, as PReLU keeps them.
SLOPE = 0.25


def weights():
    random = numpy.random.default_rng(3)
    found = {}

    def convolution(index, outputs, inputs):
        weight = random.standard_normal((outputs, inputs, 3, 3)) * 0.1
        found[f"body.{index}.weight"] = weight.astype(numpy.float32)
        found[f"body.{index}.bias"] = numpy.zeros(outputs, numpy.float32)

    def slope(index):
        found[f"body.{index}.weight"] = numpy.full(FEATURES, SLOPE, numpy.float32)

    convolution(0, FEATURES, 3)
    slope(1)
    for block in range(BODY_BLOCKS):
        convolution(2 + 2 * block, FEATURES, FEATURES)
        slope(3 + 2 * block)
    convolution(2 + 2 * BODY_BLOCKS, 3 * SCALE * SCALE, FEATURES)
    return found


if __name__ == "__main__":
    save_file(weights(), sys.argv[1])
