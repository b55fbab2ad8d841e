"""What TensorFlow does with oneDNN and not without, or the other way round; the chapters say so."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import onednn

HAS_ONEDNN = platform.machine().lower() in ("x86_64", "amd64")


@pytest.fixture(scope="module", params=[False, True], ids=["without", "with"])
def says(request):
    """TensorFlow's answers, and whether oneDNN was at work. The tests themselves run without it."""
    if not request.param:
        return onednn.answers(), False
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"}
    program = Path(__file__).parent / "onednn.py"
    result = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=True)
    return json.loads(result.stdout), HAS_ONEDNN


def test_chapter_3_one_sample_may_become_fewer_than_the_kernel(says):
    """From size 1 under VALID, sizes k - s + 1 to k - 1 are accepted with oneDNN."""
    answers, with_onednn = says
    cut_off = [[1, 2, 3], [1, 2, 3], [1, 2, 3, 4]] if with_onednn else ["refused"] * 3
    assert answers["one_sample"] == [*cut_off, "refused", "refused"]


def test_chapter_8_dilation_is_computed_with_onednn_in_float32_and_refused_otherwise(says):
    answers, with_onednn = says
    assert answers["dilated"] == [144, ["equal"] if with_onednn else ["refused"]]
    assert answers["dilated64"] == [144, ["refused"]]


def test_chapter_8_conv3d_departs_from_same_where_the_padding_would_be_negative(says):
    """Everywhere there, but in float32 with oneDNN; nowhere else."""
    answers, with_onednn = says
    assert answers["three_axes"]["float32"] == [[True], [with_onednn]]
    assert answers["three_axes"]["float64"] == [[True], [False]]
