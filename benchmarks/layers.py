"""Layers to time: real ones by name, and awkward ones. Sizes are those of inference or of a small training batch."""

from typing import NamedTuple


class Layer(NamedTuple):
    """One transposed convolution: kernel and stride are the same on every axis."""

    batch: int
    size: tuple
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    padding: str


LAYERS = {
    "DCGAN 4": Layer(16, (4, 4), 1024, 512, 5, 2, "same"),
    "DCGAN 8": Layer(16, (8, 8), 512, 256, 5, 2, "same"),
    "DCGAN 16": Layer(16, (16, 16), 256, 128, 5, 2, "same"),
    "DCGAN image": Layer(16, (32, 32), 128, 3, 5, 2, "same"),
    "pix2pix 1": Layer(1, (1, 1), 512, 512, 4, 2, "same"),
    "pix2pix 16": Layer(1, (16, 16), 1024, 256, 4, 2, "same"),
    "pix2pix 64": Layer(1, (64, 64), 256, 64, 4, 2, "same"),
    "pix2pix image": Layer(1, (128, 128), 128, 3, 4, 2, "same"),
    "U-Net 28": Layer(1, (28, 28), 1024, 512, 2, 2, "valid"),
    "U-Net 112": Layer(1, (112, 112), 256, 128, 2, 2, "valid"),
    "FCN-8s": Layer(1, (28, 28), 21, 21, 16, 8, "same"),
    "SegNet": Layer(1, (32, 32), 256, 128, 3, 2, "same"),
    "FSRCNN": Layer(1, (64, 64), 56, 1, 9, 3, "same"),
    "WaveGAN": Layer(4, (256,), 256, 128, 25, 4, "same"),
    "vocoder": Layer(1, (64,), 512, 256, 16, 8, "valid"),
    "3-D U-Net": Layer(1, (8, 16, 16), 128, 64, 2, 2, "valid"),
    "VAE": Layer(32, (7, 7), 64, 32, 3, 2, "same"),
    "odd sizes": Layer(2, (17, 23), 48, 40, 3, 2, "valid"),
    "one channel": Layer(1, (128, 128), 1, 1, 3, 2, "same"),
    "stride over kernel": Layer(4, (32, 32), 64, 32, 2, 3, "valid"),
}


def tiny(layer):
    """Return the same kind of layer, small enough for a check of the numbers."""
    few = {"in_channels": min(layer.in_channels, 5), "out_channels": min(layer.out_channels, 6)}
    return layer._replace(batch=min(layer.batch, 2), size=tuple(min(n, 4 + a) for a, n in enumerate(layer.size)), **few)


BASE = Layer(4, (32, 32), 64, 64, 4, 2, "same")
GROWTH = {  # what grows: {its value: the layer}
    "image": {n: BASE._replace(size=(n, n)) for n in (16, 32, 64, 128)},
    "channels": {n: BASE._replace(in_channels=n, out_channels=n) for n in (32, 64, 128, 256)},
    "kernel": {n: BASE._replace(kernel_size=n) for n in (2, 4, 8, 16)},
    "batch": {n: BASE._replace(batch=n) for n in (1, 2, 4, 8, 16)},
}
