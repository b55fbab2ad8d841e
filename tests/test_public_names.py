"""What the package promises to others by name."""

import subprocess
import sys

import transpose_conv


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
    public = [getattr(transpose_conv, name) for name in transpose_conv.__all__]
    assert all(one.__doc__ for one in [*filter(callable, public), *transpose_conv.CONV_TRANSPOSE_FORMS.values()])


def test_importing_the_package_imports_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys, transpose_conv; print(sorted({'tensorflow', 'keras', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
