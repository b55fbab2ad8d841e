"""The environment that every notebook is executed in, here and under nbval: quiet, and the same on every machine.

As an IPython extension, which each kernel loads when it starts, it also puts beside each picture what its figure shows.
Nothing but the standard library is imported before a notebook does so, since some set up what they import.
"""

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
# Other values, as `NAME=1 OTHER=2`: `python3 tasks.py settings` compares what comes of them.
VARIABLES |= dict(word.split("=") for word in os.environ.get("KERNEL_SETTINGS", "").split())

CONFIGURATION = f"""import sys
sys.path.append({str(Path(__file__).parent)!r})
get_config().Application.log_level = 40
get_config().InteractiveShellApp.extensions = ["kernel_environment"]
"""


def prepare():
    """Set the variables for this process and all kernels it starts, silence their greeting, and have them load this module."""
    os.environ.update(VARIABLES)
    profile = IPYTHON / "profile_default"
    config = profile / "ipython_kernel_config.py"
    if not config.exists() or config.read_text(encoding="utf-8") != CONFIGURATION:
        profile.mkdir(parents=True, exist_ok=True)
        temporary = config.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(CONFIGURATION, encoding="utf-8")
        temporary.replace(config)


def load_ipython_extension(shell):
    """Look before and after each cell whether it brought matplotlib; pictures are sent later, at the end of the cell."""
    for event in ("pre_execute", "post_execute"):
        shell.events.register(event, attach_numbers)


def attach_numbers():
    """Let the inline backend put the numbers of a figure where it puts the rest of the picture's metadata."""
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None and not hasattr(backend, "metadata_without_numbers"):
        import figure_numbers

        plain = backend.metadata_without_numbers = backend._fetch_figure_metadata
        backend._fetch_figure_metadata = lambda figure: {
            **(plain(figure) or {}),
            figure_numbers.KEY: figure_numbers.numbers(figure),
        }
