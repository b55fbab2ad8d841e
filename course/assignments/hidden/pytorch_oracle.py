"""Stands at the top of assignment 3's hidden tests: what PyTorch's layer gives, from the book's package."""

import numpy as np

from transpose_conv import conv_transpose


def agrees(ported, x_shape, kernel_size, out, stride, padding, output_padding):
    """Compare a port with PyTorch's layer on whole numbers."""
    shape = (x_shape[3], out, *kernel_size)
    count, more = int(np.prod(shape)), int(np.prod(x_shape))
    weight = (np.arange(1, count + 1) * 7 % 29 - 11.0).reshape(shape)
    x = (np.arange(1, more + 1) * 5 % 17 - 6.0).reshape(x_shape)
    bias = np.arange(1.0, out + 1) * 100
    expected = bias + conv_transpose(
        x,
        np.moveaxis(weight, (2, 3, 1, 0), (0, 1, 2, 3)),
        stride=stride,
        padding=tuple((p, p) for p in padding),
        output_padding=output_padding,
    )
    arrays = [np.float32(array) for array in (x, weight, bias)]
    result = np.asarray(ported(*arrays, stride, padding, output_padding))
    call = (
        f"kernel {kernel_size}, stride {stride}, padding {padding}, "
        f"output_padding {output_padding}"
    )
    there, wanted = result.shape, expected.shape
    assert there == wanted, f"{call}: the shape is {there}, not {wanted}"
    same = np.round(result.astype(float), 2).tolist() == expected.tolist()
    assert same, f"{call}: the shape is right, the numbers are not"
