"""The environment that every notebook is executed in, here and under nbval: quiet, and the same on every machine."""

import os
import sys
from pathlib import Path

IPYTHON = Path(sys.prefix) / "ipython"

VARIABLES = {
    "TF_CPP_MIN_LOG_LEVEL": "2",  # with the next line: TensorFlow's import writes nothing to stderr
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONHASHSEED": "0",
    "IPYTHONDIR": str(IPYTHON),  # a reader's own IPython configuration must not change what the book prints
}


def prepare():
    """Set the variables for this process and all kernels it starts, and silence the kernels' own greeting."""
    os.environ.update(VARIABLES)
    profile = IPYTHON / "profile_default"
    config = profile / "ipython_kernel_config.py"
    if not config.exists():
        profile.mkdir(parents=True, exist_ok=True)
        temporary = config.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text("get_config().Application.log_level = 40\n", encoding="utf-8")
        temporary.replace(config)
