"""What TensorFlow answers here and now, with oneDNN or without: run as a program, it prints all answers as JSON."""

import itertools
import json

import numpy as np
import tensorflow as tf

from helpers import conv3d_misreads
from transpose_conv import conv, conv_transpose, conv_transpose_output_sizes


def one_sample():
    """Ask for sizes smaller than the kernel, from one sample under VALID."""
    answers = []
    for k, s, n in [(4, 2, 3), (5, 3, 3), (5, 3, 4), (5, 3, 2), (4, 2, 2)]:
        try:
            y = tf.nn.conv1d_transpose(tf.ones((1, 1, 1)), tf.range(1.0, k + 1)[:, None, None], (1, n, 1), s, "VALID")
            answers.append([int(v) for v in y[0, :, 0]])
        except tf.errors.OpError:
            answers.append("refused")
    return answers


def dilated(dtype="float32"):
    """Compare transposed convolutions with dilation; small integers are exact in float32, too."""
    rng, verdicts = np.random.default_rng(0), []
    for s, d, k, pad, i in itertools.product((1, 2, 3), (2, 3), (1, 2, 3), ("VALID", "SAME"), (2, 3)):
        x, kernel = (rng.integers(-9, 10, shape).astype(dtype) for shape in ((2, i, i, 2), (k, k, 3, 2)))
        for n in conv_transpose_output_sizes(i, k, stride=s, padding=pad, dilation=d):
            try:
                theirs = tf.nn.conv2d_transpose(x, kernel, (2, n, n, 3), s, pad, dilations=d)
            except tf.errors.InvalidArgumentError:
                verdicts.append("refused")
                continue
            ours = conv_transpose(x, kernel, stride=s, padding=pad, dilation=d, output_size=n)
            verdicts.append("equal" if np.array_equal(ours, theirs) else "different")
    return [len(verdicts), sorted(set(verdicts))]


def three_axes(dtype):
    """Compare `tf.nn.conv3d` under SAME with the package: how many are equal where it should be right, and elsewhere."""
    verdicts = {True: [], False: []}
    for k, s, n in itertools.product(range(1, 5), range(1, 6), range(1, 9)):
        v, kernel = (
            np.arange(1, m + 1, dtype=dtype).reshape(shape) for m, shape in ((n, (1, n, 1, 1, 1)), (k, (k, 1, 1, 1, 1)))
        )
        theirs = tf.nn.conv3d(v, kernel, (1, s, 1, 1, 1), "SAME")
        misread = conv3d_misreads("same", (n, 1, 1), (k, 1, 1), (s, 1, 1))
        verdicts[misread].append(np.array_equal(theirs, conv(v, kernel, stride=(s, 1, 1), padding="same")))
    return [sorted(set(verdicts[misread])) for misread in (False, True)]


def answers():
    """Collect all answers."""
    three = {dtype: three_axes(dtype) for dtype in ("float32", "float64")}
    return {"one_sample": one_sample(), "dilated": dilated(), "dilated64": dilated("float64"), "three_axes": three}


if __name__ == "__main__":
    print(json.dumps(answers()))
