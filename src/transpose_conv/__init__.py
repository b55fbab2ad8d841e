"""Transposed convolution from first principles: the package that the book teaches with."""

from .convolution import conv
from .forms import CONV_TRANSPOSE_FORMS
from .gradients import conv_gradients, conv_transpose_gradients
from .matrix import conv_matrix
from .shapes import conv_output_size, conv_transpose_output_sizes, output_padding_for, same_padding
from .transpose import conv_transpose, coverage_count

__version__ = "0.1.0"

__all__ = [
    "CONV_TRANSPOSE_FORMS",
    "conv",
    "conv_gradients",
    "conv_matrix",
    "conv_output_size",
    "conv_transpose",
    "conv_transpose_gradients",
    "conv_transpose_output_sizes",
    "coverage_count",
    "output_padding_for",
    "same_padding",
]
