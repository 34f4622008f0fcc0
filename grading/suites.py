"""suites - a lab's test programs: built, asked for their tests, run.

For soak and bugs/run. LAB is what `make test` takes, or `rpc` for the tests of
common/rpc and common/runtime. How a test ended is read from the rows that
run-tests writes (common/check/row.h), never from what anything prints.
"""
import collections
import json
import os
import re
import signal
import subprocess
import time

OUT = "build/debug"
RUN_TESTS = OUT + "/bin/run-tests"
POLL_S = 0.01
GRACE_S = 10  # run-tests ends what it has started within it

# What picks tests or shapes runs is said here and nowhere else.
UNSET = re.compile(r"T|PART|SEED|SIM|SIM_.*|N|KEEP|LAB|LAB_SEED|LAB_LOG|J|VARIANT|"
                   r"BUILD|CC|MAKE.*|MFLAGS|UNIT_.*|CK_.*|TMPDIR")

# about: all that the registry says (common/check/row.h).
Test = collections.namedtuple(
    "Test", "title name program simulated kind points about", defaults=(None,))


def environment(**settings):
    env = {k: v for k, v in os.environ.items() if not UNSET.fullmatch(k)}
    env.update(settings)
    return env


def dying_with_us(command):
    """The command, and it is asked to end when we are gone, however we went."""
    return ["setpriv", "--pdeathsig", "TERM", "--", *command]


def make(goals, log, jobs, base="."):
    """True, or what make has said is in the file `log`."""
    command = ["make", "--no-print-directory", f"-j{jobs}", *goals]
    with open(log, "wb") as out, \
            subprocess.Popen(dying_with_us(command), cwd=base,
                             env=environment(), stdin=subprocess.DEVNULL,
                             stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            return process.wait() == 0
        finally:  # asked to end, it removes what is half made
            if process.poll() is None:
                process.terminate()


def build(lab, log, jobs, base="."):
    """Builds a lab's tests: the paths of their programs, None if it fails."""
    if not make(["suite", f"LAB={lab}"], log, jobs, base):
        return None
    with open(f"{base}/{OUT}/suite-{lab}", encoding="utf-8") as file:
        return file.read().split()


def tests_of(programs, scratch):
    """All tests of the programs, by what each lists (common/check/listing.h).
    ValueError if one makes no sense."""
    tests = []
    for program in programs:
        status = subprocess.run([program], env=environment(UNIT_LIST=scratch),
                                stdin=subprocess.DEVNULL, check=False,
                                stdout=subprocess.DEVNULL).returncode
        with open(scratch, encoding="utf-8") as file:
            lines = file.read().splitlines()
        os.remove(scratch)
        if status != 0 or not lines:
            raise ValueError(f"{program} has no list of tests")
        for line in lines:
            about = json.loads("{" + line.split("\t")[-1] + "}")
            tests.append(Test(f"{about['suite']}: {about['name']}",
                              about["name"], program,
                              program.endswith("-sim"), about["kind"],
                              about["points"], about))
    return tests


# --- runs of run-tests -------------------------------------------------------

class Run:
    """One call of run-tests. Given: programs, title (of one test, or None for
    all), rows (a file, overwritten), and whatever else the caller wants to
    find in it again. In the end: status, seconds, cut (its limit has passed).
    """

    def __init__(self, programs, rows, title=None, base=".", limit_s=None,
                 parallel=1, output=os.devnull, seed=None, kept="", **more):
        self.programs, self.rows, self.title = programs, rows, title
        self.base, self.limit_s, self.parallel = base, limit_s, parallel
        self.output, self.seed, self.kept = output, seed, kept
        self.__dict__.update(more)
        self.process, self.cut = None, False

    def start(self):
        settings = {"UNIT_FAILED": self.kept}  # where failures are kept
        if self.title:
            settings["T"] = self.title
        if self.seed is not None:
            settings["SEED"] = str(self.seed)
        if os.path.exists(self.rows):
            os.remove(self.rows)
        command = [RUN_TESTS, "-j", str(self.parallel), "-o",
                   os.path.abspath(self.rows), *self.programs]
        self.begun = time.monotonic()
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                dying_with_us(command), cwd=self.base,
                env=environment(**settings), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT)

    def has_ended(self):
        self.status = self.process.poll()
        self.seconds = time.monotonic() - self.begun
        if self.status is not None:
            return True
        if self.limit_s is not None and self.seconds > self.limit_s:
            self.cut = True
            self.stop()
        return self.cut

    def stop(self):
        """Ends it and all that it has started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def read_rows(self):
        if not os.path.exists(self.rows):
            return []
        with open(self.rows, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def verdict(self):
        """Of the one test that was run, over all its repetitions: pass, fail,
        timeout, unsolved or error."""
        verdicts = [row["verdict"] for row in self.read_rows()
                    if f"{row['suite']}: {row['name']}" == self.title]
        for verdict in ("fail", "timeout", "unsolved", "error"):
            if verdict in verdicts:
                return verdict
        if self.cut:
            return "timeout"
        return "pass" if verdicts and self.status == 0 else "error"


def run_all(runs, parallel):
    """Starts runs as they are drawn from an iterator, `parallel` at a time,
    and yields each when it has ended. Leaves none, whatever happens."""
    runs = iter(runs)
    going = []
    more = True
    try:
        while more or going:
            while more and len(going) < parallel:
                run = next(runs, None)
                more = run is not None
                if more:
                    going.append(run)
                    run.start()
            ended = [run for run in going if run.has_ended()]
            going = [run for run in going if run not in ended]
            yield from ended
            if not ended:
                time.sleep(POLL_S)
    finally:
        for run in going:
            run.stop()


class Ended(Exception):
    """A signal says that we are to end; its argument is the number."""


def end_on_signals():
    def end(number, _frame):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)  # once is enough
        raise Ended(number)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, end)
