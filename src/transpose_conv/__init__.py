"""Transposed convolution from first principles: the package that the book teaches with."""

from .convolution import conv
from .shapes import conv_output_size, conv_transpose_output_sizes, output_padding_for, same_padding
from .transpose import conv_transpose

__version__ = "0.1.0"

__all__ = [
    "conv",
    "conv_output_size",
    "conv_transpose",
    "conv_transpose_output_sizes",
    "output_padding_for",
    "same_padding",
]
