"""The transposed convolution in every equivalent form, each on one screen.

They differ in what they go through, one after the other: input samples, output samples, kernel entries, phases. They
agree in every number. A form here is a function of one group of channels, ``form(x, kernel, axes)``, with `x` of shape
(batch, *input_size, in_channels), `kernel` of shape (*kernel_size, out_channels, in_channels) and one
`convolution.Axis` per spatial axis; `CONV_TRANSPOSE_FORMS` gives each the whole contract of `conv_transpose`.

Costs are in multiplications and in numbers held besides the arguments and the result, for one group, with
``input`` for the product of the input sizes, and ``output``, ``taps``, ``strides`` likewise.
"""

import functools
import itertools
import math
from types import MappingProxyType, SimpleNamespace

import numpy as np

from ._arguments import require_few_steps, require_reasonable
from .convolution import Axis, by_group, convolve, meeting, stamp, zeros_of_result
from .matrix import dense_matrix, require_dense, sparse_matrix
from .transpose import parse_conv_transpose


def scatter(x, kernel, axes):
    """Go through the input samples: each stamps its multiple of the kernel into the output.

    Multiplications: batch * input * taps * in_channels * out_channels. Memory: one stamp.
    """
    y = zeros_of_result(x, kernel, axes)
    for placement in np.ndindex(x.shape[1:-1]):
        multiple = np.tensordot(x[(slice(None), *placement)], kernel, axes=(-1, -1))
        taps, samples = stamp(placement, axes)
        y[samples] += multiple[taps]
    return y


def gather(x, kernel, axes):
    """Go through the output samples: each asks which input samples reached it, and with which kernel entry.

    Multiplications: as `scatter`, the same ones in another order. Memory: for each axis, the list of its meetings.
    """
    y = zeros_of_result(x, kernel, axes)
    reached_by = [[_who_reaches(sample, axis) for sample in range(axis.large)] for axis in axes]
    for sample in np.ndindex(y.shape[1:-1]):
        for pairs in itertools.product(*(reached_by[axis][n] for axis, n in enumerate(sample))):
            placement, tap = zip(*pairs)
            y[(slice(None), *sample)] += x[(slice(None), *placement)] @ kernel[tap].T
    return y


def _who_reaches(sample, axis):
    """List the pairs (placement, tap) with ``sample = placement * stride + tap * dilation - before``."""
    pairs = []
    for tap in range(axis.kernel_size):
        placement, rest = divmod(sample + axis.before - tap * axis.dilation, axis.stride)
        if rest == 0 and 0 <= placement < axis.small:
            pairs.append((placement, tap))
    return pairs


def zero_insertion(x, kernel, axes):
    """Put stride - 1 zeros between the samples, then convolve with stride 1 and the flipped kernel.

    Multiplications: batch * output * taps * in_channels * out_channels, about ``strides`` times those of
    `scatter`, most of them with a zero. Memory: the spread input, about batch * output * in_channels, and a product.
    Source: section 4.5 of V. Dumoulin and F. Visin, arXiv:1603.07285.
    """
    spread, present = insert_zeros(x, axes), insert_zeros(np.ones((1, *x.shape[1:-1], 1), bool), axes)
    plain = [
        Axis(large=n, small=a.large, kernel_size=a.kernel_size, stride=1, dilation=a.dilation, before=reach - a.before)
        for n, a, reach in zip(spread.shape[1:-1], axes, ((a.kernel_size - 1) * a.dilation for a in axes))
    ]
    return convolve(spread, flip(kernel), plain, present=present)


def insert_zeros(x, axes):
    """Spread an array (batch, *input_size, channels), so that neighbours are a stride apart, with zeros between."""
    size = [(axis.small - 1) * axis.stride + 1 for axis in axes]
    require_reasonable((len(x), *size, x.shape[-1]), "stride")
    spread = np.zeros((len(x), *size, x.shape[-1]), x.dtype)
    spread[(slice(None), *(slice(None, None, axis.stride) for axis in axes))] = x
    return spread


def flip(kernel):
    """Reverse a kernel (*kernel_size, out_channels, in_channels) on its spatial axes, and swap its channels for `conv`."""
    return np.flip(kernel, axis=range(kernel.ndim - 2)).swapaxes(-1, -2)


def matrix(x, kernel, axes):
    """Write down the matrix C of the convolution, and multiply by its transpose. To look at: C is nearly all zeros.

    Multiplications and memory: input * in_channels * output * out_channels, the square of the image. Above
    ``2**24`` numbers it is a ValueError. Source: section 4.1 of V. Dumoulin and F. Visin, arXiv:1603.07285.
    """
    y = zeros_of_result(x, kernel, axes)
    require_dense(math.prod(x.shape[1:]), math.prod(y.shape[1:]), "x")
    if not (np.isfinite(x).all() and np.isfinite(kernel).all()):
        return transposed_sparse_matrix(x, kernel, axes)  # the zeros of C must not meet these: 0 * inf is NaN
    C = dense_matrix(kernel, axes)
    return (x.reshape(len(x), len(C)) @ C).reshape(y.shape)  # the images are rows here, and y = C.T x becomes y = x C


def transposed_sparse_matrix(x, kernel, axes):
    """List the entries of C, and let each add its value times an input number to an output number.

    Multiplications: as `scatter`. Memory: input * taps * in_channels * out_channels for the values, as much for
    their rows and columns, and batch times as much for the products.
    """
    row, column, value = sparse_matrix(kernel, axes)
    y = zeros_of_result(x, kernel, axes)
    numbers = y.reshape(len(y), math.prod(y.shape[1:])).T  # a view: what is added here is in y
    np.add.at(numbers, column, value[:, None] * x.reshape(len(x), math.prod(x.shape[1:])).T[row])
    return y


def col2im(x, kernel, axes):
    """Multiply all samples by all kernel entries in one matrix product, then add each product where it belongs.

    Multiplications: as `scatter`. Memory: batch * input * taps * out_channels for the product.
    """
    y = zeros_of_result(x, kernel, axes)
    columns = np.tensordot(x, kernel, axes=(-1, -1))  # (batch, *input_size, *kernel_size, out_channels)
    for tap in np.ndindex(kernel.shape[:-2]):
        placements, samples = meeting(tap, axes)
        y[samples] += columns[(*placements, *tap)]
    return y


def phases(x, kernel, axes):
    """Compute each phase of the output, every stride-th sample, as a small convolution with stride 1, and interleave.

    A phase sees only every stride-th kernel entry: the sub-pixel form. Multiplications: as `scatter`, without what the
    padding cuts off. Memory: one phase, batch * output * out_channels / strides, and a product.
    Source: W. Shi and others, arXiv:1609.07009.
    """
    y = zeros_of_result(x, kernel, axes)
    for phase in np.ndindex(*(min(axis.stride, axis.large) for axis in axes)):
        taps, plain = zip(*(_phase_of_axis(first, axis) for first, axis in zip(phase, axes)))
        outputs = (slice(first, None, axis.stride) for first, axis in zip(phase, axes))
        y[(slice(None), *outputs)] = convolve(x, flip(kernel[taps]), plain)
    return y


def _phase_of_axis(first, axis):
    """Find the kernel entries that meet the samples first, first + stride, ...; and the convolution that these make."""
    common = math.gcd(axis.stride, axis.dilation)
    period, dilation = axis.stride // common, axis.dilation // common
    reach = first + axis.before
    tap = next(
        (t for t in range(min(period, axis.kernel_size)) if (reach - t * axis.dilation) % axis.stride == 0), None
    )
    taps = slice(0, 0) if tap is None else slice(tap, None, period)
    size = len(range(axis.kernel_size)[taps])
    before = 0 if tap is None else (size - 1) * dilation - (reach - tap * axis.dilation) // axis.stride
    outputs = len(range(first, axis.large, axis.stride))
    return taps, Axis(axis.small, outputs, kernel_size=size, stride=1, dilation=dilation, before=before)


def gradient(x, kernel, axes):
    """Differentiate the forward convolution: go through the steps of `convolve`, and send `x` back through each.

    The step ``small[placements] += large[samples] @ kernel[tap]`` is linear in ``large``. What comes back to the samples
    from the placements is the transposed product: ``large[samples] += small[placements] @ kernel[tap].T``. The steps
    only add, so that their order does not matter. Multiplications: as `scatter`. Memory: one product,
    batch * input * out_channels.
    """
    y = zeros_of_result(x, kernel, axes)
    for tap in np.ndindex(kernel.shape[:-2]):
        placements, samples = meeting(tap, axes)
        y[samples] += x[placements] @ kernel[tap].T
    return y


def _whole_contract(name, form):
    @functools.wraps(form)
    def operator(
        x, kernel, *, stride=1, padding="valid", output_size=None, output_padding=None, dilation=1, groups=1
    ):  # fmt: skip
        problem = parse_conv_transpose(x, kernel, stride, padding, output_size, output_padding, dilation, groups)
        _require_feasible(name, *problem)
        return by_group(form, *problem)

    del operator.__wrapped__  # the signature is conv_transpose's, not the form's
    operator.__name__, operator.__qualname__ = name, f"_operators.{name}"  # where pickle looks for it
    operator.__doc__ = (
        f"{form.__doc__.rstrip()}\n\n    Arguments, result and errors are those of `conv_transpose`.\n    "
    )
    return operator


def _require_feasible(name, x, kernel, groups, axes):
    """Refuse what the form called `name` would go through one by one for hours, or hold at once beyond any memory.

    The other forms hold one array as large as the result at most, and go through the kernel, which is limited before.
    """
    inputs, outputs = math.prod(a.small for a in axes), math.prod(a.large for a in axes)
    match name:
        case "scatter":
            require_few_steps(inputs, "x")
        case "gather":
            require_few_steps(inputs, "x")
            require_few_steps(outputs, "stride")
            meetings = inputs * math.prod(a.kernel_size for a in axes)
            require_few_steps(max(meetings, *(a.large * a.kernel_size for a in axes)), "kernel")
        case "phases":
            n_phases = math.prod(min(a.stride, a.large) for a in axes)
            require_few_steps(10 * n_phases, "stride")  # each takes about ten
        case "col2im":
            require_reasonable((*x.shape[:-1], *kernel.shape[:-1]), "kernel")
        case "matrix" | "sparse_matrix":  # the first goes on as the second where a number is not finite
            require_reasonable((*x.shape[:-1], x.shape[-1] // groups, *kernel.shape[:-1]), "kernel")


_FORMS = {
    "scatter": scatter,
    "gather": gather,
    "zero_insertion": zero_insertion,
    "matrix": matrix,
    "sparse_matrix": transposed_sparse_matrix,
    "gradient": gradient,
    "col2im": col2im,
    "phases": phases,
}
_operators = SimpleNamespace(**{name: _whole_contract(name, form) for name, form in _FORMS.items()})
CONV_TRANSPOSE_FORMS = MappingProxyType(vars(_operators))
"""Every form by its name, each called as `conv_transpose` is: ``CONV_TRANSPOSE_FORMS["scatter"](x, kernel, stride=2)``.

The names are those of the functions of ``transpose_conv.forms``; "sparse_matrix" is `transposed_sparse_matrix`.
"""
