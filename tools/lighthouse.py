"""Measures pages of the built site with Lighthouse, as on a phone: `python tools/lighthouse.py [further words for it]`.

Lighthouse comes from npm the first time, so Node has to be there. What it says of accessibility, best practices and
search engines does not depend on the machine, and has to be 95 or more. The performance does: it is reported, with the
processor slowed as much as this machine is faster than the phone that Lighthouse stands for.
"""

import json
import os
import shutil
import subprocess
import sys

import chromium
import weight

LIGHTHOUSE = "lighthouse@13.5.0"
PAGES = ["chapters/index", "chapters/03-formula-backwards", "chapters/05-every-form"]
WANTED = {"accessibility": 95, "best-practices": 95, "seo": 95}
REPORTED = ["performance", *WANTED]
PHONE = 264  # Lighthouse's benchmark on a Moto G Power of 2022, as Chrome's own calibration has it
TIMES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest",
    "total-blocking-time": "blocked",
}


class Fault(Exception):
    """Why nothing could be measured."""


def measured(url, words):
    """Run Lighthouse on a page and return its report."""
    npx, browser = shutil.which("npx"), chromium.find()
    if npx is None:
        raise Fault("there is no Node, with which Lighthouse runs: install `nodejs` and `npm`, version 22 or newer")
    if browser is None:
        raise Fault(chromium.ADVICE)
    flags = " ".join(["--headless=new", *chromium.ARGUMENTS])
    command = [npx, "--yes", LIGHTHOUSE, url, "--output=json", "--quiet", f"--chrome-flags={flags}", *words]
    run = subprocess.run(command, env={**os.environ, "CHROME_PATH": browser}, capture_output=True, text=True)
    if run.returncode:
        raise Fault(f"Lighthouse could not measure {url}:\n{run.stderr.strip()[-800:]}")
    return json.loads(run.stdout)


def scores(report):
    """Return the four scores of a report, out of 100."""
    return {name: round(100 * report["categories"][name]["score"]) for name in REPORTED}


def slowing(report):
    """Return by how much the processor has to be slowed to be that of the phone."""
    return max(1, round(report["environment"]["benchmarkIndex"] / PHONE, 1))


def row(page, report):
    """Write what a report says as a line of a table."""
    audits = report["audits"]
    times = [f"{audits[name]['numericValue'] / 1000:.1f} s" for name in TIMES]
    shift = f"{audits['cumulative-layout-shift']['numericValue']:.3f}"
    kilobytes = f"{audits['total-byte-weight']['numericValue'] / 1000:.0f} kB"
    return " | ".join([page, *map(str, scores(report).values()), kilobytes, *times, shift])


def missed(report):
    """Say what is below what is wanted, with the audits that are to blame."""
    found = []
    for name, least in WANTED.items():
        if scores(report)[name] < least:
            parts = [part["id"] for part in report["categories"][name]["auditRefs"] if part["weight"]]
            bad = [part for part in parts if report["audits"][part]["score"] not in (None, 1)]
            found.append(f"{name} is {scores(report)[name]}, below {least}: {', '.join(bad)}")
    return found


def main(words):
    """Measure the pages, print a table, and return what is below what is wanted."""
    if not (weight.SITE / "index.html").exists():
        return "lighthouse.py: there is no site to measure: run `python3 tasks.py book` first"
    problems = []
    try:
        with weight.served() as address:
            factor = slowing(measured(f"{address}/{PAGES[0]}.html", words))
            print(f"The processor is slowed {factor} times, and the network to 1.6 Mbit/s.")
            print(" | ".join(["page", *REPORTED, "bytes", *TIMES.values(), "shift"]), flush=True)
            for page in PAGES:
                report = measured(f"{address}/{page}.html", [f"--throttling.cpuSlowdownMultiplier={factor}", *words])
                print(row(page, report), flush=True)
                problems += [f"{page}: {problem}" for problem in missed(report)]
    except Fault as fault:
        return f"lighthouse.py: {fault}"
    return "\n".join(problems) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
