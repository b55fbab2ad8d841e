"""What several test files say in the same words."""

import functools
import importlib
import re

import numpy as np


def exact(text):
    """Match an error message from its first letter to its last."""
    return f"^{re.escape(text)}$"


def conv3d_misreads(padding, large, kernel_size, stride):
    """Say where `tf.nn.conv3d` departs from SAME: three axes, and padding below -1 instead of 0 on one (see test_claims)."""
    missing = [(-(-n // s) - 1) * s + k - n for n, k, s in zip(large, kernel_size, stride, strict=True)]
    return len(large) == 3 and padding.upper() == "SAME" and min(missing) < -1


def strewn(integers, seed):
    """Put a NaN or an infinity in about every fourth place."""
    rng = np.random.default_rng(seed)
    odd = rng.choice([np.nan, np.inf, -np.inf], integers.shape)
    return np.where(rng.random(integers.shape) < 0.25, odd, integers)


def computed(expression):
    """Say whether what a page claims in a comment `holds` comes out true."""
    result = eval(expression, dict(names_in_scope()))
    assert isinstance(result, bool | np.bool_), f"neither true nor false: {expression}"
    return bool(result)


@functools.cache
def names_in_scope():
    """Import what such a comment may name: the package with its modules, NumPy, TensorFlow and Keras."""
    import keras
    import tensorflow as tf

    import transpose_conv

    for module in ("departures", "doctor", "frameworks", "gradients", "keras"):  # then they are its attributes
        importlib.import_module(f"transpose_conv.{module}")
    public = {name: getattr(transpose_conv, name) for name in transpose_conv.__all__}
    return {**public, "transpose_conv": transpose_conv, "np": np, "tf": tf, "keras": keras}


def texts(ax):
    """Return the texts of an Axes by their places."""
    return {tuple(map(float, text.get_position())): text.get_text() for text in ax.texts}
