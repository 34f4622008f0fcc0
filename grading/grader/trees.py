"""trees - the trees that submissions are built in, and the box around them.

One tree is the reference, one the base: the same without solutions, built as
far as it goes. A submission's tree is a copy of the base, objects and all, with
its own files laid over it, so only these are compiled.
"""
import os
import re
import resource
import shutil
import subprocess
import tempfile

import labs
import record
import regions
import suites
from intake import Bad

BUILD_S = 300
ROOM_BYTES = 64 << 20  # with less on the disk a build's failure says nothing
DISK_BYTES = 1 << 30   # a file that a test writes
MEMORY_BYTES = 4 << 30  # a process's address space


def write_whole(path, data, mode=0o644):
    """The file is there, whole, or not at all."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode),
                  "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
    except OSError:
        if os.path.exists(draft):
            os.remove(draft)
        raise


class Lab:
    """What handout/labs.py says of a lab, as a grader needs it."""

    def __init__(self, number):
        known = [str(n) for n, lab in labs.LABS.items()
                 if lab.parts and os.path.isdir(lab.folder)]
        if number not in known:
            raise Bad(f"there is no lab {number} to grade: there is "
                      + ", ".join(known))
        self.number = number
        self.about = labs.LABS[int(number)]
        self.folder = self.about.folder
        self.parts = [part.name for part in self.about.parts]
        self.pieces = {}  # of the files that students write
        for path in record.sources():
            if path.startswith(self.folder + "/") and regions.has_marks(path):
                with open(path, encoding="utf-8") as file:
                    pieces = regions.parse(path, file.read(), self.parts)
                if regions.parts_of(pieces):
                    self.pieces[path] = pieces
        if not self.pieces:
            raise Bad(f"lab {number} has no solution regions")

    def find_root(self, paths):
        """What stands before the lab's files in a submission; None: nothing
        in it is the lab's."""
        owned = {os.path.basename(p) for p in self.pieces}
        for path in sorted(paths, key=lambda p: (p.count("/"), p)):
            folder, name = os.path.split(path)
            if name in owned and os.path.basename(folder) == self.folder:
                return folder
            if name in owned and "/tests" not in folder:
                return folder
        return None

    def inside(self, path, root):
        """The path in the tree of a submission's file; None: not the lab's."""
        if root and not path.startswith(root + "/"):
            return None
        return f"{self.folder}/{path[len(root) + 1 if root else 0:]}"

    def takes(self, path):
        """A file that students write, or a new one beside them."""
        if path in self.pieces:
            return True
        return re.fullmatch(re.escape(self.folder) + r"/[^/]+\.[ch]", path) \
            is not None and not os.path.exists(path)

    def version(self):
        return record.checksum(record.sources())


class Sandbox:
    """How a submission's programs are run."""

    def __init__(self):
        self.bwrap = shutil.which("bwrap") is not None and subprocess.run(
            self._box(".") + ["true"], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode == 0
        self.about = "in bubblewrap: no network, own processes, own /tmp" \
            if self.bwrap else "WITHOUT a sandbox: bubblewrap does not work here"

    @staticmethod
    def _box(place):
        place = os.path.abspath(place)
        return ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
                "/proc", "--tmpfs", "/tmp", "--tmpfs", "/root", "--bind", place,
                place, "--chdir", place, "--unshare-pid", "--unshare-net",
                "--unshare-ipc", "--die-with-parent", "--new-session"]

    @staticmethod
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_BYTES, DISK_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_NPROC, (2000, 2000))

    def command(self, place, words):
        """The command line that runs `words` in the folder `place`."""
        if self.bwrap:
            return self._box(place) + words
        return ["setpriv", "--pdeathsig", "KILL", "--"] + words

    def run(self, place, words, log, seconds, **settings):
        """Runs it to its end: its status, or None if it took too long."""
        with open(log, "wb") as out:
            process = subprocess.Popen(
                self.command(place, words), cwd=place, stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=clean_environment(**settings), preexec_fn=self.limit,
                start_new_session=True)
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()


def clean_environment(**settings):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
           "LC_ALL": "C.UTF-8"}
    env.update(settings)
    return env


# --- making trees ------------------------------------------------------------

def copy_sources(target):
    for path in record.sources():
        to = os.path.join(target, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy2(path, to)


def make_reference(lab, target, log, jobs):
    """The tree with all solutions, built."""
    copy_sources(target)
    build_here(lab, target, log, jobs)


def build_here(lab, target, log, jobs):
    if not suites.make(["suite", f"LAB={lab.number}"], log, jobs, target):
        with open(log, encoding="utf-8", errors="replace") as file:
            tail = "".join(file.readlines()[-5:])
        raise Bad(f"the course's own tree does not build (see {log}):\n{tail}")


def make_base(lab, target, log, jobs):
    """The tree without solutions, built."""
    copy_sources(target)
    for path, pieces in lab.pieces.items():
        text = regions.render(path, pieces, set(), int(lab.number))
        with open(os.path.join(target, path), "w", encoding="utf-8") as file:
            file.write(text)
    build_here(lab, target, log, jobs)


def new_folder(parent, name):
    """A folder that nobody else has: a call before ours may have been killed,
    and what it had started may be at work for a moment still."""
    os.makedirs(parent, exist_ok=True)
    return tempfile.mkdtemp(prefix=name + ".", dir=parent)


def copy_tree(source, target):
    """Into a folder that is there and empty."""
    subprocess.run(["setpriv", "--pdeathsig", "KILL", "--", "cp", "-aT",
                    "--reflink=auto", source, target], check=True)


def lay_over(submission, target):
    for path, data in submission.files.items():
        to = os.path.join(target, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as file:
            file.write(data)
