"""Keras' transposed layers, told the size that is wanted; the plan of a decoder is in `keras_decoder`.

Keras fixes a layer's size when the layer is made, by `output_padding`. A decoder knows it when the layer is called: it
is the size of the encoder's own tensor. So these layers take it there, ``layer(x, output_size=skip)``, on each of Keras'
backends. Keras' operation computes every legal size; only its layer has no word for some, as an `output_padding` that
equals the stride. A model that was saved with these layers is loaded after this module is imported.

Inside stand the letters of `shapes`.
"""

import keras
from keras.src.backend.common.symbolic_scope import in_symbolic_scope  # Keras has no public name for it

from . import shapes
from ._arguments import as_int, at, per_axis
from .convolution import parse_geometry
from .keras_decoder import Step, added_to_least, plan_decoder

_BACKEND = keras.config.backend()
tf = None
if _BACKEND == "tensorflow":  # it alone runs graphs that learn their sizes when they run
    import tensorflow as tf
if _BACKEND == "torch" and tuple(map(int, keras.__version__.split(".")[:2])) < (3, 15):
    raise ImportError(
        "transpose_conv.keras needs Keras 3.15 on PyTorch, where earlier ones shift the values of padding='same' "
        f"by one sample, got {keras.__version__}"
    )

__all__ = ["SizedConv1DTranspose", "SizedConv2DTranspose", "SizedConv3DTranspose", "Step", "plan_decoder"]


class _Sized:
    """What the three layers do besides what Keras' own do."""

    def call(self, inputs, output_size=None):
        """Compute what Keras' layer does, or, with `output_size`, the transposed convolution of that size."""
        if output_size is None:
            return super().call(inputs)
        given, wanted = self._spatial(keras.ops.shape(inputs)), self._wanted(output_size)
        if tf is None and in_symbolic_scope():  # Keras infers the shape of a layer around this one, from invented sizes
            return keras.ops.zeros(self._shape(inputs.shape[0], wanted), self.compute_dtype)
        geometry = self._geometry()
        sizes = [_reachable(n, i, axis, *one) for axis, (n, i, one) in enumerate(zip(wanted, given, geometry))]
        y = keras.ops.conv_transpose(
            inputs,
            self.kernel,
            strides=list(self.strides),
            padding=self.padding,
            output_padding=tuple(added_to_least(n, i, *one) for n, i, one in zip(sizes, given, geometry)),
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        if tf is not None:  # computing with sizes in a graph hides those that are known
            y.set_shape(self._shape(inputs.shape[0], _known(wanted)))
        if self.use_bias:
            y = keras.ops.add(y, keras.ops.reshape(self.bias, self._shape(1, (1,) * self.rank)))
        return y if self.activation is None else self.activation(y)

    def compute_output_shape(self, input_shape, output_size=None):
        """Return the shape of the result, with None where it is not known yet."""
        if output_size is None:
            return super().compute_output_shape(input_shape)
        wanted = _known(self._wanted(output_size))
        for axis, (n, i, one) in enumerate(zip(wanted, self._spatial(input_shape), self._geometry())):
            if n is not None and i is not None:
                _require_reachable(n, i, axis, *one)
        return self._shape(input_shape[0], wanted)

    def compute_output_spec(self, inputs, output_size=None):
        """Return what a functional model has to know of the result."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape, output_size), dtype=self.compute_dtype)

    def _geometry(self):
        return parse_geometry(self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _spatial(self, shape):
        return tuple(shape[1:-1] if self.data_format == "channels_last" else shape[2:])

    def _shape(self, batch, sizes):
        return (batch, *sizes, self.filters) if self.data_format == "channels_last" else (batch, self.filters, *sizes)

    def _wanted(self, output_size):
        """Return for each axis an int, a scalar tensor that will hold one, or None."""
        if self.output_padding is not None:
            raise ValueError("`output_size` and the layer's `output_padding` both choose the size: give one of them")
        if hasattr(output_size, "as_list"):  # x.shape[1:-1] in TensorFlow
            output_size = output_size.as_list()
        if hasattr(output_size, "shape"):
            shape = keras.ops.shape(output_size)
            if len(shape) == self.rank + 2:
                return self._spatial(shape)
            if len(shape) > 1:
                rule = f"`output_size` must be sizes, or a tensor of rank {self.rank + 2} to be like"
                raise ValueError(f"{rule}, got one of shape {tuple(shape)}")
            output_size = _entries(output_size, shape, self.rank)
        if not isinstance(output_size, list | tuple) or len(output_size) != self.rank:
            return per_axis("output_size", output_size, self.rank, minimum=1)
        return tuple(_size(item, axis) for axis, item in enumerate(output_size))


@keras.saving.register_keras_serializable(package="transpose_conv")
class SizedConv1DTranspose(_Sized, keras.layers.Conv1DTranspose):
    """`keras.layers.Conv1DTranspose` that may be told its size, as `SizedConv2DTranspose`.

    Examples
    --------
    >>> layer = SizedConv1DTranspose(3, 4, strides=3, padding="same")
    >>> x = keras.ops.ones((1, 2, 5))
    >>> [layer(x, output_size=n).shape[1] for n in (4, 5, 6)]
    [4, 5, 6]
    """


@keras.saving.register_keras_serializable(package="transpose_conv")
class SizedConv2DTranspose(_Sized, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` that may be told its size: ``layer(x, output_size=...)``.

    It is made, saved and loaded as Keras' own layer, and its weights are the same arrays. Called without `output_size`,
    it computes the same. With it, the result is that of `tf.nn.conv2d_transpose`, on all backends of Keras.

    Parameters
    ----------
    filters, kernel_size, strides, padding, ...
        As in `keras.layers.Conv2DTranspose`. A layer that is told its size takes no `output_padding`.
    output_size : int, sequence of int, or tensor, in the call
        The spatial sizes, one for all axes or one per axis, as ints or as an integer tensor of rank 0 or 1; or a tensor of
        the input's rank, to be like in its spatial sizes. Each has to be one of `conv_transpose_output_sizes`.

    Raises
    ------
    ValueError
        If a size is not legal, which the text lists. In a graph of TensorFlow that learns its sizes when it runs, it is
        `tf.errors.InvalidArgumentError`; compiled by XLA, TensorFlow's own, without the list.
    TypeError
        If `output_size` is of the wrong kind; or not known when JAX compiles, or either of JAX and PyTorch exports.

    Examples
    --------
    >>> layer = SizedConv2DTranspose(1, 3, strides=2)
    >>> x = keras.ops.ones((1, 2, 2, 1))
    >>> layer(x).shape[1:3] == (5, 5), layer(x, output_size=(6, 5)).shape[1:3] == (6, 5)
    (True, True)
    """


@keras.saving.register_keras_serializable(package="transpose_conv")
class SizedConv3DTranspose(_Sized, keras.layers.Conv3DTranspose):
    """`keras.layers.Conv3DTranspose` that may be told its size, as `SizedConv2DTranspose`.

    Examples
    --------
    >>> layer = SizedConv3DTranspose(1, 2, strides=2)
    >>> skip, x = keras.ops.ones((1, 5, 4, 5, 7)), keras.ops.ones((1, 2, 2, 2, 3))
    >>> layer(x, output_size=skip).shape[1:4] == (5, 4, 5)
    True
    """


def _entries(sizes, shape, n_axes):
    """Return the entries of a tensor of sizes: of rank 1, or of rank 0 and then for all axes."""
    if not shape:
        return (sizes,) * n_axes
    return keras.ops.unstack(sizes, num=shape[0] if isinstance(shape[0], int) else n_axes)


def _size(item, axis):
    """Return one of the sizes asked for: an int, the scalar tensor that will hold it, or None for that of a model's input."""
    if item is None:
        raise TypeError(f"`output_size`{at(axis)} is not known yet, None: give the tensor itself, as output_size=skip")
    if getattr(item, "shape", None) == () and "int" in keras.backend.standardize_dtype(item.dtype):
        if isinstance(item, keras.KerasTensor):
            return None
        if tf is not None:
            known = tf.get_static_value(item)
            if known is None:
                return tf.cast(item, "int32")  # what TensorFlow counts shapes in
            item = known
        else:
            try:
                item = keras.ops.convert_to_numpy(item)
            except Exception:  # each backend has its own
                raise _unknown(axis) from None
    return as_int("output_size", item, minimum=1, axis=axis)


def _unknown(axis):
    rule = f"`output_size`{at(axis)} has to be known when {_BACKEND} compiles, and so has the size of the input"
    return TypeError(f"{rule}: give ints, or a tensor to be like")


def _known(sizes):
    return tuple(n if isinstance(n, int) else None for n in sizes)


def _reachable(n, i, axis, *geometry):
    """Return `n` if the convolution takes it to `i`; else raise an error, now or when the graph runs."""
    if isinstance(n, int) and isinstance(i, int):
        _require_reachable(n, i, axis, *geometry)
        return n
    if tf is None:
        raise _unknown(axis)
    least = shapes.smallest_size(i, *geometry)
    most = least + geometry[1] - 1
    rule = f"{at(axis)[1:]} is not reachable: a convolution with {shapes.describe(*geometry)} takes"
    answer = ["`output_size`", n, rule, least, "to", most, "to input_size", i]
    check = tf.debugging.Assert(tf.reduce_all([i >= 1, least <= n, n <= most]), answer)
    with tf.control_dependencies([check]):  # so that TensorFlow's own error does not come first
        return tf.identity(n)


def _require_reachable(n, i, axis, *geometry):
    as_int("input_size", i, minimum=1, axis=axis)
    shapes.require_reachable(n, i, *geometry, axis=axis)
