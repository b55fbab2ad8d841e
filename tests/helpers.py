"""What several test files say in the same words."""

import re

import numpy as np


def exact(text):
    """Match an error message from its first letter to its last."""
    return f"^{re.escape(text)}$"


def strewn(integers, seed):
    """Put a NaN or an infinity in about every fourth place."""
    rng = np.random.default_rng(seed)
    odd = rng.choice([np.nan, np.inf, -np.inf], integers.shape)
    return np.where(rng.random(integers.shape) < 0.25, odd, integers)
