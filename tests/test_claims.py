"""What the chapters say of frameworks that they do not run themselves."""

import numpy as np
import pytest

from transpose_conv import conv_transpose, conv_transpose_output_sizes, same_padding


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="python3 tasks.py frameworks installs it")


def test_chapter_6_quotes_pytorchs_note(torch):
    words = " ".join(torch.nn.ConvTranspose2d.__doc__.replace(":attr:", "").replace("`", "").split())
    assert (
        "Note that output_padding is only used to find output shape, but does not actually add zero-padding to output."
        in words
    )


@pytest.mark.parametrize(
    ("padding", "output_padding", "expected"),
    [(0, 0, [1, 2, 13, 20, 30]), (0, 1, [1, 2, 13, 20, 30, 0]), (1, 0, [2, 13, 20]), (1, 1, [2, 13, 20, 30])],
)
def test_chapter_6_says_what_pytorch_gives(torch, padding, output_padding, expected):
    x, weights = torch.tensor([[[1.0, 10]]]), torch.tensor([[[1.0, 2, 3]]])
    options = {"stride": 2, "padding": padding, "output_padding": output_padding}
    assert torch.nn.functional.conv_transpose1d(x, weights, **options).ravel().tolist() == expected


def test_chapter_6_exercise_1_kernel_4_with_stride_2_ports_well(torch):
    import tensorflow as tf

    x, kernel = np.arange(1.0, 4), np.arange(1.0, 5)
    theirs = torch.nn.functional.conv_transpose1d(
        torch.tensor(x)[None, None], torch.tensor(kernel)[None, None], stride=2, padding=1
    )
    same = tf.nn.conv1d_transpose(x[None, :, None], kernel[:, None, None], (1, 6, 1), 2, "SAME")
    np.testing.assert_array_equal(theirs.numpy().ravel(), same.numpy().ravel())


def test_chapter_6_windows_that_start_alike_are_alike_in_pytorch_and_tensorflow(torch):
    """PyTorch's window starts at `padding`, that of SAME at `same_padding`; with k >= s no sample is zero by itself."""
    import tensorflow as tf

    verdicts = set()
    for k, s, p, a, i in np.ndindex(7, 4, 4, 4, 3):
        k, s, i = k + 1, s + 1, i + 2
        n = (i - 1) * s + k - 2 * p + a
        if a >= s or k < s or n not in conv_transpose_output_sizes(i, k, stride=s, padding="same"):
            continue
        x, kernel = np.arange(1.0, i + 1), np.arange(1.0, k + 1)
        theirs = torch.nn.functional.conv_transpose1d(
            torch.tensor(x)[None, None], torch.tensor(kernel)[None, None], stride=s, padding=p, output_padding=a
        )
        same = tf.nn.conv1d_transpose(x[None, :, None], kernel[:, None, None], (1, n, 1), s, "SAME")
        alike = np.array_equal(theirs.numpy().ravel(), same.numpy().ravel())
        assert alike == (p == same_padding(n, k, stride=s)[0]), (k, s, p, a, i)
        verdicts.add(alike)
    assert verdicts == {True, False}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pytorchs_output_padding_beyond_the_stride_is_ours(torch, dtype):
    """Where the dilation is larger than the stride, PyTorch accepts what no convolution takes back."""
    rng = np.random.default_rng(1)
    for k, s, d, p in np.ndindex(3, 3, 4, 2):
        k, s, d = k + 2, s + 1, d + 1
        x, kernel = (rng.integers(-9, 10, shape).astype(dtype) for shape in ((1, 4, 2), (k, 3, 2)))
        for a in range(max(s, d)):
            theirs = torch.nn.functional.conv_transpose1d(
                torch.tensor(x).movedim(1, -1),
                torch.tensor(kernel).movedim(0, -1).movedim(0, 1),
                stride=s, padding=p, output_padding=a, dilation=d,
            )  # fmt: skip
            ours = conv_transpose(x, kernel, stride=s, padding=p, output_padding=a, dilation=d)
            np.testing.assert_array_equal(ours, theirs.numpy().transpose(0, 2, 1))
            legal = conv_transpose_output_sizes(4, k, stride=s, padding=p, dilation=d)
            assert (ours.shape[1] in legal) == (a < s)


def test_chapter_4_says_what_tensorflow_says_of_the_name():
    import tensorflow as tf

    words = " ".join(tf.nn.conv2d_transpose.__doc__.split())
    assert 'sometimes called "deconvolution" after (Zeiler et al., 2010), but is really the transpose' in words


def test_page_of_questions_says_what_onnx_calls_output_padding():
    onnx = pytest.importorskip("onnx", reason="python3 tasks.py frameworks installs it")
    first, now = (
        onnx.defs.get_schema("ConvTranspose", *version).attributes["output_padding"].description
        for version in ((1,), ())
    )
    assert "The zero-padding added to one side of the output" in first
    assert "Additional elements" in now
    assert "zero-padding" not in now
