"""Geometries to try: small, lopsided, and of every kind the package promises."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import oracles


@dataclass(frozen=True)
class Case:
    """A transposed convolution to compute; `large` is the size on its large side, where the convolution reads."""

    batch: int
    large: tuple
    small: tuple
    kernel_size: tuple
    stride: tuple
    dilation: tuple
    pads: tuple
    padding: object
    groups: int
    out_per_group: int
    in_per_group: int
    seed: int

    @property
    def options(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    def draw(self, *shape):
        """Integers from -9 to 9, from the seed of the case and the shape."""
        return np.random.default_rng((self.seed, *shape)).integers(-9, 10, shape)

    @property
    def kernel(self):
        return self.draw(*self.kernel_size, self.out_per_group, self.in_per_group * self.groups)

    @property
    def x_small(self):
        return self.draw(self.batch, *self.small, self.in_per_group * self.groups)

    @property
    def x_large(self):
        return self.draw(self.batch, *self.large, self.out_per_group * self.groups)


@st.composite
def cases(
    draw, *, axes=(1, 2, 3), paddings=("valid", "same", "int", "pairs"), max_dilation=3, max_groups=3, min_batch=0
):
    """Draw a `Case`: start from the large size, so that every legal output size comes up."""
    n_axes = draw(st.sampled_from(axes))
    biggest = {1: 11, 2: 7, 3: 4}[n_axes]
    kind = draw(st.sampled_from(paddings))
    common = draw(st.integers(0, 2))
    axes = []
    for _ in range(n_axes):
        k = draw(st.integers(1, 4 if n_axes < 3 else 3))
        s = draw(st.integers(1, 5 if n_axes < 3 else 3))
        d = draw(st.integers(1, min(max_dilation, 3 if n_axes < 3 else 2)))
        before, after = {
            "valid": (0, 0),
            "same": (0, 0),
            "int": (common, common),
            "pairs": (draw(st.integers(0, 3)), draw(st.integers(0, 3))),
        }[kind]
        reach = (k - 1) * d + 1
        least = 1 if kind == "same" else max(1, reach - before - after)
        n = draw(st.integers(least, max(least, biggest)))
        if kind == "same":
            before, after = oracles.search_same_padding(n, k, s, d)
        axes.append((n, oracles.count_placements(n, k, s, d, before, after), k, s, d, (before, after)))
    large, small, kernel_size, stride, dilation, pads = zip(*axes)
    padding = {"valid": "valid", "same": "SAME", "int": common, "pairs": pads}[kind]
    channels = [
        (1, 1, 1),
        (1, 2, 3),
        (1, 5, 2),
        (2, 1, 2),
        (2, 5, 1),
        (3, 2, 1),
    ]  # few output channels, and more than few
    groups, out_per_group, in_per_group = draw(st.sampled_from([c for c in channels if c[0] <= max_groups]))
    return Case(
        draw(st.integers(min_batch, 2)),
        large, small, kernel_size, stride, dilation, pads, padding,
        groups, out_per_group, in_per_group, draw(st.integers(0, 999)),
    )  # fmt: skip


# How the same numbers may lie in memory, and in which dtype

DTYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "F", "D", "G", ">i4", ">f8"]
LAYOUTS = {  # array -> array of the same shape and dtype; of the broadcast one the numbers are others
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "reversed": lambda a: np.ascontiguousarray(a[(slice(None, None, -1),) * a.ndim])[(slice(None, None, -1),) * a.ndim],
    "every second": lambda a: np.repeat(np.repeat(a, 2, axis=-1), 2, axis=1)[:, ::2, ..., ::2],
    "transposed": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 0, -1)), -1, 0),
    "unaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "broadcast": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "inside a larger one": lambda a: np.pad(a, 1, constant_values=77)[(slice(1, -1),) * a.ndim],
}


@dataclass(frozen=True)
class Look:
    """A dtype and a layout, to give to an array of integers."""

    dtype: str
    layout: str

    def __call__(self, integers):
        kind = np.dtype(self.dtype).kind
        array = np.abs(integers) if kind == "u" else integers * (1 + 2j) if kind == "c" else integers
        array = LAYOUTS[self.layout](array.astype(self.dtype))
        array.flags.writeable = False
        return array


def looks():
    """Draw a `Look`."""
    return st.builds(Look, st.sampled_from(DTYPES), st.sampled_from(list(LAYOUTS)))
