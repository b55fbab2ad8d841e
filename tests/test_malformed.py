"""No malformed call returns, hangs, takes memory out of proportion, or says anything but what is wrong with which argument.

The catalogue is in `malformed`, which runs in a process of its own, with limits. Below it stands what it has found.
"""

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import malformed
from helpers import exact
from transpose_conv import CONV_TRANSPOSE_FORMS, conv, conv_matrix, conv_transpose, coverage_count
from transpose_conv.doctor import describe, diagnose
from transpose_conv.exercises import check
from transpose_conv.frameworks import NotExpressible, finish, translate
from transpose_conv.keras import SizedConv1DTranspose, plan_decoder
from transpose_conv.upsampling import bilinear_kernel, psnr

ROOT = Path(__file__).resolve().parent.parent
NEEDS_KERAS = {
    "keras.SizedConv1DTranspose",
    "keras.SizedConv2DTranspose",
    "keras.SizedConv3DTranspose",
    "keras.plan_decoder",
}
DRAWS_WHAT_IT_IS_GIVEN = {  # and nothing in it is repeated as often as a number says
    *("plotting.draw_cells", "plotting.draw_cell", "plotting.draw_row", "plotting.draw_meetings", "plotting.frame_cells"),
    *("plotting_sizes.draw_map", "plotting_sizes.draw_steps", "plotting_sizes.draw_interval"),
    *("plotting_sizes.frame_intervals", "plotting_images.draw_picture", "plotting_images.draw_kernel"),
    *("plotting_images.draw_losses", "plotting_spectra.draw_products", "plotting_faults.draw_verdicts"),
}  # fmt: skip


def test_no_malformed_call_of_the_catalogue_is_taken_or_ends_otherwise():
    command = [sys.executable, ROOT / "tests" / "malformed.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"ended at {done.stdout.splitlines()[-1:]}: {done.stderr[-500:]}"
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["faults"] == []
    assert report["count"] > 14_000


def test_every_public_function_is_in_the_catalogue():
    """Of the API reference; without arguments nothing can be malformed, and the steps inside are called with checked ones."""
    import api_reference

    public = {name for group, names in api_reference.GROUPS.items() if group != "steps" for name in names}
    probed = {title.split()[-1 if title.startswith("form") else 0] for title in malformed.PROBES}
    names = {name.rpartition(".")[2]: name for name in public}
    names["sparse_matrix"] = names.pop("transposed_sparse_matrix")
    functions = {short for short, name in names.items() if short.islower() and name not in DRAWS_WHAT_IT_IS_GIVEN}
    assert functions - probed - {name.rpartition(".")[2] for name in NEEDS_KERAS} == {
        "photograph",
        "recorded",
        "operation",
    }
    assert probed - functions == set()


# What a call of the catalogue did before, each in its own words


def test_a_result_has_at_most_two_to_the_28_numbers_and_the_argument_that_makes_it_larger_is_named():
    x, kernel = np.ones((1, 2, 1)), np.ones((3, 1, 1))
    for operator in (conv_transpose, *CONV_TRANSPOSE_FORMS.values()):
        for name in ("stride", "dilation"):
            with pytest.raises(
                ValueError, match=rf"^`{name}` asks for an array of shape .*, more than 268435456 numbers$"
            ):
                operator(x, kernel, **{name: 10**9})
    wide = np.broadcast_to(1.0, (1, 2**14, 1)), np.broadcast_to(1.0, (1, 2**15, 1))
    with pytest.raises(ValueError, match=r"^`kernel` asks for an array of shape "):
        conv_transpose(*wide)
    with pytest.raises(ValueError, match=r"^`kernel` asks for an array of shape "):
        conv(wide[0], wide[1].swapaxes(1, 2))
    many = np.broadcast_to(1.0, (2**20, 2, 1))
    with pytest.raises(ValueError, match=r"^`x` asks for an array of shape "):
        conv_transpose(many, kernel, stride=500)
    with pytest.raises(ValueError, match=r"^`padding` asks for an array of shape "):
        conv(x, kernel, padding=2**27 + 1)


def test_a_view_of_more_numbers_than_its_memory_holds_is_refused_by_name():
    huge = np.broadcast_to(1.0, (1, 2**29, 1))
    text = "`x` asks for an array of shape (1, 536870912, 1), more than 268435456 numbers"
    with pytest.raises(ValueError, match=exact(text)):
        conv(huge, np.ones((3, 1, 1)))
    with pytest.raises(TypeError, match=r"^`x` must "):
        conv(range(2**40), np.ones((3, 1, 1)))


def test_a_kernel_of_millions_of_entries_is_refused():
    text = "`kernel` asks for 4194304 steps one after the other, more than 2097152"
    for operator in (conv_transpose, *CONV_TRANSPOSE_FORMS.values()):
        with pytest.raises(ValueError, match=exact(text)):
            operator(np.ones((1, 1, 1)), np.broadcast_to(1.0, (2**22, 1, 1)))


LARGE = {
    "input": {"x": np.broadcast_to(1.0, (1, 2**22, 1)), "kernel": np.ones((1, 1, 1)), "stride": 1},
    "stride": {"x": np.ones((1, 2, 1)), "kernel": np.ones((1, 1, 1)), "stride": 2**22 - 2},
    "meetings": {"x": np.ones((1, 2**11, 1)), "kernel": np.ones((2**11, 1, 1)), "stride": 1},
    "meetings of two axes": {"x": np.ones((1, 47, 49, 1)), "kernel": np.ones((30, 31, 1, 1)), "stride": 1},
    "zeros": {"x": np.ones((1, 2, 2**10), np.int8), "kernel": np.ones((1, 1, 2**10), np.int8), "stride": 2**18},
    "products": {"x": np.ones((2**9, 2**7, 2)), "kernel": np.ones((2**7, 2**6, 2)), "stride": 1, "groups": 2},
}
REFUSED = {
    ("scatter", "input"): "`x` asks for 4194304 steps one after the other, more than 2097152",
    ("gather", "input"): "`x` asks for 4194304 steps one after the other, more than 2097152",
    ("gather", "stride"): "`stride` asks for 4194303 steps one after the other, more than 2097152",
    ("phases", "stride"): "`stride` asks for 41943020 steps one after the other, more than 2097152",
    ("gather", "meetings"): "`kernel` asks for 8386560 steps one after the other, more than 2097152",
    ("gather", "meetings of two axes"): "`kernel` asks for 2141790 steps one after the other, more than 2097152",
    ("zero_insertion", "zeros"): "`stride` asks for an array of shape (1, 262145, 1024), more than 268435456 numbers",
    ("col2im", "products"): "`kernel` asks for an array of shape (512, 128, 128, 64), more than 268435456 numbers",
    (
        "sparse_matrix",
        "products",
    ): "`kernel` asks for an array of shape (512, 128, 1, 128, 64), more than 268435456 numbers",
    ("matrix", "products"): "`kernel` asks for an array of shape (512, 128, 1, 128, 64), more than 268435456 numbers",
}


@pytest.mark.parametrize(("name", "case"), REFUSED)
def test_a_form_refuses_what_it_would_go_through_one_by_one_or_write_down(name, case):
    with pytest.raises(ValueError, match=exact(REFUSED[name, case])):
        CONV_TRANSPOSE_FORMS[name](**LARGE[case])


@pytest.mark.parametrize("name", [name for name in CONV_TRANSPOSE_FORMS if (name, "stride") not in REFUSED])
def test_a_form_that_goes_through_something_else_answers(name):
    np.testing.assert_array_equal(CONV_TRANSPOSE_FORMS[name](**LARGE["stride"]), conv_transpose(**LARGE["stride"]))


@pytest.mark.parametrize(("small", "large"), [((3, 5), (5, 3)), ((1, 2**21), (2**21, 1))])
def test_coverage_goes_through_the_shorter_of_input_and_kernel(small, large):
    """Both are ones, so that they may change their roles together with stride and dilation: 2 million entries at once."""
    np.testing.assert_array_equal(
        coverage_count(*small, stride=2, dilation=3), coverage_count(*large, stride=3, dilation=2)
    )


def test_what_is_only_counted_is_limited_too():
    with pytest.raises(ValueError, match=r"^`kernel_size` asks for an array of shape "):
        coverage_count(2**20, 2**20)
    with pytest.raises(ValueError, match=r"^`factor` asks for an array of shape "):
        bilinear_kernel(10**9)
    with pytest.raises(ValueError, match=exact("`axes` has 32 spatial axes, more than 31")):
        bilinear_kernel(1, axes=32)


def test_products_that_the_padding_cuts_off_are_counted_too():
    x, kernel = np.broadcast_to(1.0, (1, 2**16, 1)), np.broadcast_to(1.0, (2**16, 1, 1))
    with pytest.raises(ValueError, match=r"^`kernel` asks for an array of shape "):
        conv_transpose(x, kernel, stride=2**16, padding=[(2**32 - 2**10, 0)])


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_a_stride_of_the_largest_int_makes_a_matrix_of_one_placement(kernel_size):
    row = conv_matrix(np.arange(1, kernel_size + 1).reshape(-1, 1, 1), 5, stride=2**63 - 1)
    assert row.tolist() == [[*range(1, kernel_size + 1), *[0] * (5 - kernel_size)]]


def test_sizes_that_a_framework_cannot_count_are_not_expressible():
    text = "tensorflow cannot say this: `input_size` makes more samples than its ints count"
    with pytest.raises(NotExpressible, match=exact(text)):
        translate("onnx", "tensorflow", 2**63 - 1, 3)


def test_the_doctor_computes_beyond_the_largest_int():
    assert diagnose(2**63 - 1, 3)["want"] == (2**63 + 1,)


def test_the_result_of_another_call_is_not_finished():
    told = translate("tensorflow", "pytorch", 2, 3, strides=2, padding="SAME", output_shape=4)
    assert finish(told, np.ones((1, 1, 5))).shape == (1, 1, 4)
    with pytest.raises(ValueError, match=exact("`y` must be the result of pytorch, which is larger, got size (3,)")):
        finish(told, np.ones((1, 1, 3)))


def test_what_is_wrong_with_an_exercise_is_said_and_a_callable_needs_no_name(capsys):
    class Doubling:
        def __call__(self, n):
            return n + 2

    check(Doubling(), [((3,), 6)])
    assert capsys.readouterr().out == "Not yet: it(3) gives 5, and should give 6.\n"
    with pytest.raises(
        TypeError, match=exact("`cases` must hold pairs (arguments, expected), arguments in a tuple, got (3, 6)")
    ):
        check(abs, [(3, 6)])


@pytest.mark.parametrize("peak", [10**400, 1e308, 1e-300])
def test_a_peak_of_any_size_is_a_number(peak):
    assert np.isfinite(psnr([0.0], [1.0], peak=peak))


def test_a_damaged_report_is_refused_with_its_cause():
    report = diagnose(2, 3) | {"legal": None}
    with pytest.raises(ValueError, match=r"^`report` must be what `diagnose` returns, got \{'legal': None") as refused:
        describe(report)
    assert isinstance(refused.value.__cause__, TypeError)


@pytest.mark.parametrize("name", CONV_TRANSPOSE_FORMS)
def test_a_form_can_be_sent_to_another_process(name):
    assert pickle.loads(pickle.dumps(CONV_TRANSPOSE_FORMS[name])) is CONV_TRANSPOSE_FORMS[name]


# Keras' layers, in this process: it has loaded TensorFlow, which no limit of memory likes


def test_no_malformed_size_is_taken_by_a_layer():
    layer, x = SizedConv1DTranspose(1, 3, strides=2), np.ones((1, 2, 1), "float32")
    encoder = [keras.layers.Conv1D(1, 3, strides=2)]
    for value in malformed.CHOICE.malformed:
        if getattr(value, "dtype", np.dtype(int)).kind not in "biufc":
            continue  # no tensor: Keras refuses it in its own words before it asks the layer
        if isinstance(value, int) and value.bit_length() > 10_000:
            continue  # Keras adds the arguments to an error, and Python does not write that many digits
        for call, name in (
            (lambda value=value: layer(x, output_size=value), "output_size"),
            (lambda value=value: plan_decoder(encoder, value), "input_size"),
        ):
            raised = malformed.outcome(call, {})
            assert isinstance(raised, ValueError | TypeError), malformed.shown(value)
            assert re.search(rf"`{name}\b", str(raised)), f"{malformed.shown(value)}: {raised}"
    for value in malformed.CHOICE.large:
        assert isinstance(malformed.outcome(lambda value=value: layer(x, output_size=value), {}), ValueError)
