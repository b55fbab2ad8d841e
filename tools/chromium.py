"""Finds the Chromium that is there: nothing is downloaded for the sake of a page of paper."""

import os
import shutil
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"]
PLACES = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
ADVICE = "there is no Chromium: install the package `chromium`, or Google Chrome"


def find():
    """Return the path of a Chromium, or None where there is none."""
    found = [
        os.environ.get("CHROMIUM"),
        *map(shutil.which, NAMES),
        *(place for place in PLACES if Path(place).exists()),
    ]
    return next(filter(None, found), None)
