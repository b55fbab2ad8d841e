"""Stands at the top of assignment 2's hidden tests: the right answers, and a watch over who computes."""

import sys

import numpy as np

OTHERS = {"transpose_conv", "tensorflow", "keras", "torch", "jax", "scipy"}
PARTS = ("convolution", "shapes", "_arguments")
CONV = {f"transpose_conv.{part}" for part in PARTS}


def own(f, *args, conv=False):
    """Call a student's function; refuse if another library computes in it."""
    seen = set()

    def note(frame, event, arg):
        module = str(frame.f_globals.get("__name__"))
        if not (conv and module in CONV):
            seen.add(module.split(".")[0])

    sys.setprofile(note)
    try:
        result = f(*args)
    finally:
        sys.setprofile(None)
    assert not seen & OTHERS, "write it yourself, with NumPy alone"
    return result


def stamps(x, kernel, stride):
    """Return the whole sheet of a batch of images, from the definition."""
    (b, h, w, _), (kh, kw, out, _) = x.shape, kernel.shape
    (sh, sw) = stride
    size = (h - 1) * sh + kh, (w - 1) * sw + kw
    sheet = np.zeros((b, *size, out), np.result_type(x, kernel))
    for n, i, j, t, u in np.ndindex(b, h, w, kh, kw):
        sheet[n, i * sh + t, j * sw + u] += kernel[t, u] @ x[n, i, j]
    return sheet


def window(x, kernel, stride, padding, size):
    """Return what a transposed convolution shows of the sheet."""
    sheet = stamps(x, kernel, stride)
    full = sheet.shape[1:3]
    same = padding == "same"
    cut = [max(f - n, 0) // 2 * same for f, n in zip(full, size)]
    longer = np.pad(sheet, ((0, 0), (0, size[0]), (0, size[1]), (0, 0)))
    return longer[:, cut[0] : cut[0] + size[0], cut[1] : cut[1] + size[1]]


def numbers(*shape):
    """Return whole numbers that are all different, without symmetry."""
    count = int(np.prod(shape))
    return (np.arange(1, count + 1) * 7 % 29 - 11).reshape(shape)


def agree(result, expected, call):
    """Compare a result with the right one, exactly."""
    result = np.asarray(result)
    there, wanted = result.shape, expected.shape
    assert there == wanted, f"{call}: the shape is {there}, not {wanted}"
    same = expected.tolist() == result.tolist()
    assert same, f"{call}: the shape is right, the numbers are not"
