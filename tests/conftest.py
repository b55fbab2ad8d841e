"""What every test shares: one hypothesis profile, the same examples every time; Axes; a browser, and the site for it.

`--hypothesis-profile many` draws more than anybody waits for, and others each time.
"""

import os

import matplotlib.pyplot as plt
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import sync_playwright

import chromium
import local_server
import pages

# JAX compiles anew for every size. Compiled with less care, it computes the same integers in half the time; the record
# that the tests compare with (`tasks.py record`) is made as users have it.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

# Several tests run at a time, and OpenMP's threads wait for each other by counting: of PyTorch, each test has one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "book", deadline=None, derandomize=True, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("many", settings.get_profile("book"), derandomize=False, max_examples=10_000)
settings.load_profile("book")


@pytest.fixture
def ax():
    """Draw into Axes in the style of the book."""
    with plt.style.context("transpose_conv.book"):
        fig, ax = plt.subplots()
        yield ax
        plt.close(fig)


@pytest.fixture(scope="module")
def browser():
    """Start the Chromium that is there; where there is none, say so."""
    path = chromium.find()
    if path is None:
        pytest.skip(f"no page was looked at, since {chromium.ADVICE}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address():
    """Serve the site that is built, and say where."""
    if not (pages.SITE / "index.html").exists():
        pytest.fail("there is no site to look at: run `python3 tasks.py book` first, or `python3 tasks.py test`")
    with local_server.serving(pages.SITE, pages.Quiet) as address:
        yield address
