"""Stands at the top of the hidden test that marks a test: transposed convolutions with one fault each."""

import sys

import numpy as np

FAULTS = {
    "zeros": "gives zeros everywhere",
    "twice": "gives twice the right numbers",
    "flipped": "turns the kernel around",
    "strides": "takes the strides of the two axes for each other",
    "channels": "takes the kernel's two channel axes for each other",
    "batch": "gives every image the first one's result",
    "overlap": "lets a later stamp replace an earlier one",
    "side": "cuts more off the front than off the end under SAME",
    "size": "makes the smallest legal size, and fills up with zeros",
    "last": "forgets the last column of the input",
}


def made(fault):
    """Return an implementation with a fault, or with none."""

    def f(y, kernel, stride, padding, size):
        (kh, kw, out, _), (sh, sw) = kernel.shape, stride
        if fault == "strides":
            sh, sw = sw, sh
        if fault == "flipped":
            kernel = kernel[::-1, ::-1]
        if fault == "batch":
            y = np.repeat(y[:1], len(y), axis=0)
        b, h, w, _ = y.shape
        full = (h - 1) * sh + kh, (w - 1) * sw + kw
        room = max(full[0], size[0]) + sh, max(full[1], size[1]) + sw
        sheet = np.zeros((b, *room, out), np.result_type(y, kernel))
        for i, j in np.ndindex(h, w - (fault == "last")):
            place = np.s_[:, i * sh : i * sh + kh, j * sw : j * sw + kw]
            entries = kernel.swapaxes(2, 3) if fault == "channels" else kernel
            stamp = np.einsum("tuoc,bc->btuo", entries, y[:, i, j])
            sheet[place] = stamp + (0 if fault == "overlap" else sheet[place])
        start, shown = [0, 0], list(size)
        if fault == "size":
            least = (1, 1) if padding == "same" else (kh, kw)
            shown = [(h - 1) * sh + least[0], (w - 1) * sw + least[1]]
        if padding == "same":
            over = [max(a - n, 0) for a, n in zip(full, shown)]
            start = [o - o // 2 if fault == "side" else o // 2 for o in over]
        ends = start[0] + shown[0], start[1] + shown[1]
        result = sheet[:, start[0] : ends[0], start[1] : ends[1]]
        rest = [max(n - m, 0) for n, m in zip(size, result.shape[1:3])]
        result = np.pad(result, ((0, 0), (0, rest[0]), (0, rest[1]), (0, 0)))
        return result * {"zeros": 0, "twice": 2}.get(fault, 1)

    return f


def another_right(y, kernel, stride, padding, size):
    """Gather instead of scatter, so that it shares no step with the others."""
    (b, h, w, _), (kh, kw, out, _), (sh, sw) = y.shape, kernel.shape, stride
    full = (h - 1) * sh + kh, (w - 1) * sw + kw
    same = padding == "same"
    before = [max(f - n, 0) // 2 * same for f, n in zip(full, size)]
    result = np.zeros((b, *size, out), np.result_type(y, kernel))
    for m, n, i, j in np.ndindex(*size, h, w):
        t, u = m + before[0] - i * sh, n + before[1] - j * sw
        if 0 <= t < kh and 0 <= u < kw:
            result[:, m, n] += y[:, i, j] @ kernel[t, u].T
    return result


def accepts(test, f):
    """Ask a student's test about f; a crash of either is no acceptance."""
    seen = set()

    def note(frame, event, arg):
        seen.add(str(frame.f_globals.get("__name__")))

    sys.setprofile(note)
    try:
        verdict = bool(test(f))
    except Exception:
        verdict = False
    finally:
        sys.setprofile(None)
    answers = {"transpose", "forms", "gradients", "keras"}
    foreign = seen & {f"transpose_conv.{name}" for name in answers}
    assert not foreign, "compare with `conv`, not with the package's answer"
    return verdict
