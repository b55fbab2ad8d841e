"""The operator put through the test suites that frameworks publish for theirs, as far as their packages carry them."""

import unittest
import warnings

import numpy as np
import pytest

from transpose_conv import conv_transpose


@pytest.mark.pinned  # not every version carries its tests
def test_keras_suite(monkeypatch):
    """Keras' layers, compared with NumPy by Keras' own tests, with our operator in the place of the backend's."""
    from keras.src import backend
    from keras.src.backend.common.backend_utils import compute_conv_transpose_output_shape
    from keras.src.layers.convolutional import conv_transpose_test

    calls = []

    def ours(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
        assert data_format == "channels_last"
        strides, output_padding, dilation_rate = (
            one if one is None or np.ndim(one) else (one,) * (len(inputs.shape) - 2)
            for one in (strides, output_padding, dilation_rate)
        )
        shape = compute_conv_transpose_output_shape(
            inputs.shape,
            kernel.shape[:-2],
            kernel.shape[-2],
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
        )
        calls.append(shape)
        options = {"stride": strides, "padding": padding, "dilation": dilation_rate}
        return conv_transpose(inputs, np.asarray(kernel), output_size=shape[1:-1], **options)

    monkeypatch.setattr(backend.nn, "conv_transpose", ours)
    run, illegal = 0, 0
    for case in unittest.defaultTestLoader.loadTestsFromTestCase(conv_transpose_test.ConvTransposeCorrectnessTest):
        if "shape_inference" in case.id():
            continue  # about symbolic shapes, which never reach the operator
        case.setUp()
        try:
            getattr(case, case._testMethodName)()
            run += 1
        except pytest.skip.Exception:
            illegal += 1  # Keras' suite leaves out an output_padding that is not below the stride
        finally:
            case.tearDown()
    assert run == len(calls)
    assert (run, illegal) == (90, 80)


def test_onnx_suite():
    """The node tests of ONNX's standard, with the outputs that the standard gives."""
    pytest.importorskip("onnx", reason="python3 tasks.py frameworks installs it")
    from onnx import helper
    from onnx.backend.test.case.node import _NodeTestCases, convtranspose

    assert convtranspose.ConvTranspose  # importing it is what lists its cases
    names = []
    for case in [case for case in _NodeTestCases if case.model.graph.node[0].op_type == "ConvTranspose"]:
        (node,) = case.model.graph.node
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        for (x, weights), (expected,) in case.data_sets:
            ours = conv_transpose(np.moveaxis(x, 1, -1), from_onnx(weights), **onnx_options(attributes, x.ndim - 2))
            np.testing.assert_allclose(np.moveaxis(ours, -1, 1), expected, rtol=1e-6)  # theirs are float32
            names.append(case.name)
    assert len(names) == 11


def from_onnx(weights):
    """(in, out / groups, *kernel_size) to (*kernel_size, out / groups, in)."""
    return np.moveaxis(np.asarray(weights), (1, 0), (-2, -1))


def onnx_options(attributes, n_axes):
    names = {"strides": "stride", "dilations": "dilation", "group": "groups"}
    options = {ours: attributes[theirs] for theirs, ours in names.items() if theirs in attributes}
    if attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        assert attributes["auto_pad"] == b"SAME_UPPER"
        options["padding"] = "same"
    if "pads" in attributes:
        options["padding"] = list(zip(attributes["pads"][:n_axes], attributes["pads"][n_axes:], strict=True))
    if "output_shape" in attributes:
        return {**options, "output_size": attributes["output_shape"]}  # output_padding is then already in it
    return options | ({"output_padding": attributes["output_padding"]} if "output_padding" in attributes else {})


def test_pytorch_suite():
    """The samples that PyTorch draws for conv_transpose1d, 2d and 3d in its own tests."""
    torch = pytest.importorskip("torch", reason="python3 tasks.py frameworks installs it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    compared = 0
    for op in op_db:
        if not op.name.startswith("nn.functional.conv_transpose"):
            continue
        n_axes = int(op.name[-2])
        for dtype in (torch.float64, torch.complex128):
            for one in op.sample_inputs("cpu", dtype):
                weights, bias = one.args
                theirs = op.op(one.input, weights, bias, **one.kwargs).numpy()
                x = one.input.numpy().reshape(-1, *one.input.shape[-n_axes - 1 :])  # a single image becomes a batch
                options = dict(one.kwargs)
                if isinstance(options.get("padding"), tuple):  # PyTorch's is one number for both sides of an axis
                    options["padding"] = [(p, p) for p in options["padding"]]
                ours = conv_transpose(np.moveaxis(x, 1, -1), from_onnx(weights.numpy()), **options)
                ours = np.moveaxis(ours + (0 if bias is None else bias.numpy()), -1, 1).reshape(theirs.shape)
                np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)  # they add in another order
                compared += 1
    assert compared == 64
