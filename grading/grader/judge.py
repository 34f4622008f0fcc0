"""judge - runs the tests of submissions, and says what the runs come to.

A run is one repetition of one test on one submission, with a seed drawn from
the course's key: the same for all, so all have the same luck. What it came to
is read from the row that run-tests writes, never from what anything prints. A
run that has ended is a file of its own, for good.
"""
import concurrent.futures
import hashlib
import hmac
import json
import os
import shutil
import sys
import tempfile

import intake
import suites
import trees
from intake import Bad

RUN_S = 600       # no test runs that long
RERUNS = 3        # of a failure that may be the machine's
RERUNS_COUNT = 2  # so many of them must fail
BLOCK_BYTES = 6000
FAILED = ("fail", "timeout", "error")


class Test:
    """One entry of the registry."""

    def __init__(self, about):
        self.__dict__.update(about)
        self.title = f"{about['suite']}: {about['name']}"


class Outcome:
    """What the runs of one test on one submission come to: pass, fail,
    not run, infrastructure. run: the one that decided; None: there is none."""

    def __init__(self, word, run=None, why=""):
        self.word, self.run, self.why = word, run, why


class Graded:
    """A submission and its outcomes, by title of the test."""

    def __init__(self, submission, tests):
        self.name, self.submission, self.tests = submission.name, submission, \
            tests
        self.outcomes, self.build_log = {}, ""
        self._runs = {}

    def add_run(self, row):
        """A run that is looked at twice is one run."""
        self._runs[row["test"], row["repetition"], row["attempt"]] = row

    @property
    def runs(self):
        return list(self._runs.values())

    @property
    def infrastructure(self):
        return [t for t, o in self.outcomes.items()
                if o.word == "infrastructure"]


def list_tests(programs, scratch):
    """The graded tests of programs that show what processes do."""
    listed = suites.tests_of([p for p in programs if not p.endswith("-sim")],
                             scratch)
    return [Test(dict(t.about, program=t.program)) for t in listed
            if t.points > 0]


def seed_of(key, lab, test, repetition):
    text = f"{lab.number}\0{test.title}\0{repetition}".encode()
    return int.from_bytes(hmac.new(key, text, hashlib.sha256).digest()[:4],
                          "big")


class Bench:
    """Where submissions are graded."""

    def __init__(self, out, lab, key, box, jobs):
        self.out, self.lab, self.key, self.box = out, lab, key, box
        self.jobs = jobs
        self.version = lab.version()
        self.place = os.path.join(out, "trees")
        self.work = os.path.join(out, "work")
        self._remove_old()
        self._prepare()
        here = os.getcwd()
        os.chdir(self.reference)
        try:
            with open(f"{suites.OUT}/suite-{lab.number}",
                      encoding="utf-8") as file:
                programs = file.read().split()
            self.tests = list_tests(programs, "list")
        finally:
            os.chdir(here)
        if not self.tests:
            raise Bad(f"no test of lab {lab.number} has points")

    def _remove_old(self):
        """What calls before ours have left that were killed."""
        shutil.rmtree(self.work, ignore_errors=True)
        for name in os.listdir(self.out):
            if name.startswith("trees."):
                path = os.path.join(self.out, name)
                if os.path.isdir(path):
                    shutil.rmtree(path, ignore_errors=True)

    def _prepare(self):
        """The reference's tree and the base, unless they are there."""
        self.reference = os.path.join(self.place, "reference")
        self.base = os.path.join(self.place, "base")
        stamp = os.path.join(self.place, "version")
        if os.path.exists(stamp):
            with open(stamp, encoding="utf-8") as file:
                if file.read() == self.version:
                    return
        print("building the course's tree, with and without solutions",
              flush=True)
        made = trees.new_folder(self.out, "trees")
        log = os.path.join(self.out, "trees.log")
        trees.make_reference(self.lab, f"{made}/reference", log, self.jobs)
        trees.make_base(self.lab, f"{made}/base", log, self.jobs)
        if self.lab.version() != self.version:
            raise Bad("the course's tree has changed meanwhile; call again")
        trees.write_whole(f"{made}/version", self.version.encode())
        shutil.rmtree(self.place, ignore_errors=True)
        os.rename(made, self.place)

    # --- one run -------------------------------------------------------------

    def _record_path(self, hash_, test, repetition, attempt):
        name = hashlib.sha256(
            f"{hash_}\0{self.version}\0{test.title}\0{repetition}\0{attempt}"
            .encode()).hexdigest()[:32]
        return os.path.join(self.out, "runs", name[:2], name + ".json")

    def run(self, who, hash_, tree, test, repetition, attempt):
        """The record of a run: read, if it has been, or made."""
        path = self._record_path(hash_, test, repetition, attempt)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        found = run_once(self.box, tree, test,
                         seed_of(self.key, self.lab, test, repetition))
        found.update(submission=who, hash=hash_, lab=self.lab.number,
                     version=self.version, test=test.title, part=test.part,
                     points=test.points, kind=test.kind, repetition=repetition,
                     attempt=attempt, sandbox=self.box.bwrap)
        trees.write_whole(path, json.dumps(found, indent=1).encode())
        return found

    def run_of(self, graded, tree, test, repetition, attempt):
        """The same of a submission, and it is noted there."""
        row = self.run(graded.name, graded.submission.hash, tree, test,
                       repetition, attempt)
        graded.add_run(row)
        return row

    # --- one test ------------------------------------------------------------

    def judge(self, graded, tree, test):
        """The outcome of all repetitions of a test."""
        last = None
        for repetition in range(1, test.repetitions + 1):
            last = self.run_of(graded, tree, test, repetition, "graded")
            if last["verdict"] == "pass":
                continue
            if last["verdict"] == "unsolved" or (
                    last["verdict"] == "fail" and test.kind == "safety"):
                return Outcome("fail", last)
            return None  # may be the machine's: judged alone, later
        return Outcome("pass", last)

    def judge_alone(self, graded, tree, test):
        """The outcome of a test that has failed and may do better."""
        for repetition in range(1, test.repetitions + 1):
            first = self.run_of(graded, tree, test, repetition, "graded")
            if first["verdict"] == "pass":
                continue
            control = self.run("(reference)", "reference", self.reference,
                               test, repetition, "control")
            if control["verdict"] != "pass":
                return Outcome("infrastructure", first, "the reference failed "
                               "on this machine, too")
            failures = 0
            for attempt in range(1, RERUNS + 1):
                again = self.run_of(graded, tree, test, repetition,
                                    f"again-{attempt}")
                failures += again["verdict"] in FAILED
                if failures == RERUNS_COUNT:
                    return Outcome("fail", first)
                if attempt - failures > RERUNS - RERUNS_COUNT:
                    break
        return Outcome("pass", first)

    # --- one submission ------------------------------------------------------

    def grade(self, submission):
        graded = Graded(submission, self.tests)
        why = submission.rejected
        tree = trees.new_folder(self.work, submission.name)
        if why is None and not self._all_recorded(submission):
            why = self._build(graded, tree)
        elif why is None:
            why = self._recorded_build(submission, graded)
        if why is not None:
            shutil.rmtree(tree, ignore_errors=True)
            for test in self.tests:
                graded.outcomes[test.title] = Outcome("not run", None, why)
            progress(graded, 0, len(self.tests), end=True)
            return graded
        self._run_all(graded, tree)
        shutil.rmtree(tree, ignore_errors=True)
        progress(graded, len(self.tests), len(self.tests), end=True)
        return graded

    def _build_record(self, submission):
        return os.path.join(self.out, "runs",
                            f"build-{submission.hash}-{self.version}.json")

    def _all_recorded(self, submission):
        """Is there nothing to build for? Then the build's record is enough."""
        if not os.path.exists(self._build_record(submission)):
            return False
        with open(self._build_record(submission), encoding="utf-8") as file:
            if not json.load(file)["built"]:
                return True
        return all(os.path.exists(self._record_path(
            submission.hash, t, r, "graded"))
            for t in self.tests for r in range(1, t.repetitions + 1)) and \
            os.path.exists(self._build_record(submission) + ".done")

    def _recorded_build(self, submission, graded):
        with open(self._build_record(submission), encoding="utf-8") as file:
            row = json.load(file)
        graded.build_log = row["log"]
        return None if row["built"] else "it does not compile"

    def _build(self, graded, tree):
        """None, or why it cannot be run."""
        progress(graded, 0, len(self.tests), "building")
        trees.copy_tree(self.base, tree)
        trees.lay_over(graded.submission, tree)
        log = tree + ".log"
        status = self.box.run(
            os.path.abspath(tree),
            ["make", "--no-print-directory", f"-j{self.jobs}", "suite",
             f"LAB={self.lab.number}", "WERROR="], log, trees.BUILD_S)
        graded.build_log = read_end(log)
        os.remove(log)
        if status != 0 and shutil.disk_usage(self.out).free < trees.ROOM_BYTES:
            raise Bad(f"{self.out}: the disk is full; make room and call again")
        trees.write_whole(self._build_record(graded.submission), json.dumps(
            {"built": status == 0, "log": graded.build_log}).encode())
        if status is None:
            return "it takes too long to compile"
        return None if status == 0 else "it does not compile"

    def _run_all(self, graded, tree):
        """All tests: `jobs` at a time, limits alone; then, alone, what has
        failed and may be the machine's fault."""
        done = 0
        together = [t for t in self.tests if t.kind != "limit"]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            going = {pool.submit(self.judge, graded, tree, t): t
                     for t in together}
            try:
                for future in concurrent.futures.as_completed(going):
                    graded.outcomes[going[future].title] = future.result()
                    done += 1
                    progress(graded, done, len(self.tests))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        for test in self.tests:
            if test.kind == "limit":
                graded.outcomes[test.title] = self.judge(graded, tree, test)
        for test in self.tests:
            if graded.outcomes[test.title] is None:
                progress(graded, done, len(self.tests), "again, alone")
                graded.outcomes[test.title] = self.judge_alone(graded, tree,
                                                               test)
        trees.write_whole(self._build_record(graded.submission) + ".done", b"")


def read_end(path):
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - BLOCK_BYTES))
        return file.read().decode(errors="replace")


def run_once(box, tree, test, seed):
    """One run: verdict, seconds, message, where, block, seed."""
    tree = os.path.abspath(tree)
    with tempfile.TemporaryDirectory(prefix="rows-", dir=tree) as scratch:
        rows, log = os.path.join(scratch, "rows"), os.path.join(scratch, "log")
        status = box.run(
            tree, [suites.RUN_TESTS, "-j", "1", "-o", rows, test.program],
            log, RUN_S, T=test.title, SEED=str(seed),
            UNIT_COMMAND="make test")
        found = {"verdict": "timeout" if status is None else "error",
                 "seconds": 0, "message": "", "where": "", "seed": seed}
        try:
            with open(rows, encoding="utf-8") as file:
                read = [json.loads(line) for line in file]
        except (OSError, ValueError):
            read = []
        mine = [r for r in read if f"{r['suite']}: {r['name']}" == test.title]
        # Repetitions are drawn by us: each call is the first of its seed.
        if mine:
            found.update({k: mine[0][k] for k in
                          ("verdict", "seconds", "message", "where",
                           "machine_factor")})
        if mine and found["verdict"] == "pass" and status != 0:
            found["verdict"] = "error"
        found["block"] = "" if found["verdict"] == "pass" else read_end(log)
    return found


def progress(graded, done, total, what="", end=False):
    """A line that is written over, on a terminal; in a log, one at the end."""
    if not sys.stdout.isatty() and not end:
        return
    bar = "#" * (20 * done // total) + "." * (20 - 20 * done // total)
    text = f"{graded.name:<24} {bar} {done:>3} of {total} {what}"
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text,
          end="\n" if end else "", flush=True)


# --- replay ------------------------------------------------------------------

def replay(out, who, title):
    """Repeats a run exactly as it was graded, and shows all that it prints."""
    with open(os.path.join(out, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    rows = [r for r in results["runs"] if r["submission"] == who and
            title in r["test"] and r["attempt"] == "graded"]
    names = sorted({r["test"] for r in rows})
    if len(names) != 1:
        raise Bad(f"{len(names)} tests of {who} have \"{title}\" in their "
                  "names" + "".join(f"\n    {n}" for n in names))
    row = next((r for r in rows if r["verdict"] != "pass"), rows[0])
    lab, box = trees.Lab(row["lab"]), trees.Sandbox()
    path = results["submissions"][who]["path"]
    submission = intake.Submission(who, path, lab)
    if submission.hash != row["hash"]:
        raise Bad(f"{path} is not what was graded")
    bench = Bench(out, lab, b"", box, 2)  # the seed is in the row
    test = next(t for t in bench.tests if t.title == row["test"])
    tree = trees.new_folder(bench.work, "replay")
    graded = Graded(submission, [test])
    why = bench._build(graded, tree)
    if why is not None:
        print(graded.build_log)
        raise Bad(f"{who}: {why}")
    found = run_once(box, tree, test, row["seed"])
    print(found["block"] or f"{row['test']}: passed")
    print(f"graded: {row['verdict']}; now: {found['verdict']}; seed "
          f"{row['seed']}")
    shutil.rmtree(tree, ignore_errors=True)
    return 0 if found["verdict"] == row["verdict"] else 1
