"""What the package promises to others by name."""

import subprocess
import sys

import transpose_conv


def test_the_public_names_are_these():
    assert transpose_conv.__all__ == [
        "conv",
        "conv_output_size",
        "conv_transpose",
        "conv_transpose_output_sizes",
        "output_padding_for",
        "same_padding",
    ]
    assert all(getattr(transpose_conv, name).__doc__ for name in transpose_conv.__all__)


def test_importing_the_package_imports_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys, transpose_conv; print(sorted({'tensorflow', 'keras', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
