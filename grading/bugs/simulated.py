"""simulated - how many seeds of the simulation find a bug: make bugs SIM=1.

Each bug is planted as in `run`. Then its lab's simulated tests are hunted
through (grading/sim/): HUNTS times, from another seed each time, up to SEEDS
seeds. A bug is found if more than half of the hunts find it; what is printed
is the median number of seeds that they took. What a hunt has found runs again
REPLAYS times, 100 if that is not set; so does the first failure when it has
been made smaller: all must be the same run, and fail by the same. T='lab2
random' hunts with the tests alone that have this in their name.
"""
import json
import os
import re
import shutil
import statistics
import subprocess

import suites

HUNTS = 3
SEEDS = 1000
TIMES = int(os.environ.get("REPLAYS") or 100)
FIRST = 1  # seed of the first hunt
APART = 1000000
HUNT_S = 1800


def build(lab, log, jobs, base):
    """The lab's simulated tests; None if they do not compile."""
    if not suites.make(["suite", f"LAB={lab}", "SIM=1"], log, jobs, base):
        return None
    with open(f"{base}/{suites.OUT}/suite-{lab}", encoding="utf-8") as file:
        return [p for p in file.read().split()
                if p.endswith("cluster_test-sim")]


def call_sim(base, log, words, **settings):
    """Its exit status; what it prints is in the file `log`."""
    with open(log, "wb") as out:
        return subprocess.run(
            suites.dying_with_us([f"{suites.OUT}/bin/sim", *words]), cwd=base,
            env=suites.environment(**settings), stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, timeout=HUNT_S,
            check=False).returncode


def hunt(base, log, programs, first, jobs, shrink, only):
    """What sim says of it: seeds, number, test, folder, replays, same, ..."""
    out = os.path.abspath(f"{log}.hunt")
    if os.path.exists(out):
        os.remove(out)
    words = ["-j", str(jobs), "-n", str(SEEDS), "--hunt", "-o", out,
             "--times", str(TIMES)]
    words += ["-k", "build/failed"] if shrink else []
    call_sim(base, log, [*words, *programs], SEED=str(first), T=only)
    with open(out, encoding="utf-8") as file:
        return json.loads(file.readline())


def replays(base, log, trace):
    """(how many of TIMES were the trace's failure, events of the trace)."""
    call_sim(base, log, ["--replay", trace, "--times", str(TIMES)])
    with open(log, encoding="utf-8", errors="replace") as file:
        said = re.search(r"^(\d+) of (\d+) runs are the same failure, "
                         "that of the trace",
                         file.read(), re.MULTILINE)
    with open(f"{base}/{trace}", encoding="utf-8") as file:
        events = file.read().split("\nevents:\n")[1].count("\n")
    return (int(said[1]) if said else 0), events


def try_bug(patch, base, programs, log, jobs, keep, only):
    """A row: found, seeds (of each hunt that found it), median, replays, same
    (of these), events, test."""
    numbers, row = [], {"replays": 0, "same": 0, "events": 0, "test": "",
                        "trace": ""}
    for k in range(HUNTS):
        result = hunt(base, log, programs, FIRST + k * APART, jobs,
                      not row["test"], only)
        if result["number"] == 0:
            continue
        numbers.append(result["number"])
        row["replays"] += result["replays"]
        row["same"] += result["same"]
        if row["test"] or not result["folder"]:
            continue
        row["test"], row["message"] = result["test"], result["message"]
        trace = f"{result['folder']}/run.trace"
        same, row["events"] = replays(base, log, trace)
        row["replays"] += TIMES
        row["same"] += same
        os.makedirs(keep, exist_ok=True)
        row["trace"] = f"{keep}/{patch.id}.trace"
        shutil.copyfile(f"{base}/{trace}", row["trace"])
    row["seeds"] = numbers
    row["found"] = 2 * len(numbers) > HUNTS
    row["median"] = statistics.median(
        numbers + [SEEDS] * (HUNTS - len(numbers)))
    return row


def tell(patch, row, known):
    head = f"{patch.lab:<5} {patch.id:<4} {patch.bug} "
    if not row["found"]:
        verdict = f"NOT FOUND ({len(row['seeds'])} of {HUNTS} hunts)"
    else:
        verdict = (f"found, median {row['median']:.0f} seeds, "
                   f"{row['events']} events, {row['same']} of {row['replays']} "
                   "replays the same")
    about = row["test"] if row["found"] else patch.simulation
    print(f"{head:.<68} {verdict}{'  (recorded)' if known else ''}\n"
          f"           {about}", flush=True)
