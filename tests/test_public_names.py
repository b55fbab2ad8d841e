"""What the package promises to others by name."""

import inspect
import subprocess
import sys

import transpose_conv
from transpose_conv import doctor, errors, models

PUBLIC = [getattr(transpose_conv, name) for name in transpose_conv.__all__ if name != "CONV_TRANSPOSE_FORMS"]
FUNCTIONS = [*PUBLIC, *transpose_conv.CONV_TRANSPOSE_FORMS.values()]
DEFAULTS = {"stride": 1, "padding": "valid", "dilation": 1, "groups": 1, "output_size": None, "output_padding": None}


def test_the_public_names_are_these():
    assert transpose_conv.__all__ == [
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
    assert all(function.__doc__ for function in FUNCTIONS)


def test_what_is_not_said_is_the_plain_convolution_everywhere():
    for function in FUNCTIONS:
        optional = {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.default is not parameter.empty
        }
        assert optional == {name: DEFAULTS[name] for name in optional}, function.__name__
        assert all(type(value) is type(DEFAULTS[name]) for name, value in optional.items())


def test_what_reads_a_report_keeps_its_name_and_its_docstring():
    for module, name in ((doctor, "describe"), (errors, "describe_error"), (models, "describe_model")):
        function = getattr(module, name)
        assert function.__name__ == name
        assert function.__doc__.startswith("Write a report of `")


def test_importing_the_package_imports_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys, transpose_conv; print(sorted({'tensorflow', 'keras', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
