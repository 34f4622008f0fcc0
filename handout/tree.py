"""tree - which files a handout has, and what is in them.

A Handout is made in memory from what git tracks (or would add) and labs.py;
files of earlier labs come as EARLIER says:

    solved    with the reference's solutions, which a student replaces by
              `make adopt`
    hidden    not at all
    archive   files with solutions are withheld; their objects are in
              LABFOLDER/prebuilt.a

A lab without solutions has nothing to hide and always comes as it is.
"""
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "grading"))
import labs
import record
import regions
import suites

EARLIER = ("solved", "hidden", "archive")
ARCHIVE = "prebuilt.a"
HIDDEN_TEST = re.compile(r"\.hidden\s*=\s*(true|1)\b|\bhidden\s*:\s*true\b")

# So that no text of an assertion is in an archive.
ASSERT_H = """#include <stdlib.h>
#undef assert
#define assert(condition) ((condition) ? (void)0 : abort())
#define static_assert _Static_assert
"""


class Unusable(Exception):
    """What cannot be gone on with."""


def matches(path, patterns):
    return any(path.startswith(p) if p.endswith("/") else
               fnmatch.fnmatchcase(path, p) for p in patterns)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def text_of(path):
    return read(path).decode()


def parts(number):
    return [part.name for part in labs.LABS[number].parts]


def lab_of(path):
    """The number of the lab in whose folder a path is; None: of none."""
    for number, lab in labs.LABS.items():
        if path.startswith(lab.folder + "/"):
            return number
    return None


def parts_at(path):
    """The parts that may be solved in a file: those of its lab, or any."""
    number = lab_of(path)
    numbers = labs.LABS if number is None else [number]
    return [part for n in numbers for part in parts(n)]


def lab_of_part(part):
    return next(n for n in labs.LABS if part in parts(n))


class Reference:
    """The whole tree, its marked files parsed."""

    def __init__(self):
        self.files = [p for p in record.sources()
                      if not os.path.islink(p) and not p.startswith("build/")]
        self.pieces = {p: regions.parse(p, text_of(p), parts_at(p))
                       for p in self.files if regions.has_marks(p)}

    def parts_in(self, path):
        """The parts that have a region in a file."""
        return regions.parts_of(self.pieces.get(path, ()))

    def with_regions(self, number):
        """The files with regions of a lab's parts."""
        return [p for p in self.pieces
                if self.parts_in(p) & set(parts(number))]


def ships(path, number):
    """Does it ship with a lab, as far as only its place is asked?"""
    wanted = list(labs.ALWAYS)
    shared = {s: n for n, lab in labs.LABS.items() for s in lab.shared}
    if matches(path, labs.STAFF) or any(
            matches(path, lab.staff) for lab in labs.LABS.values()):
        return False
    for n, lab in labs.LABS.items():
        if n <= number:
            wanted += [lab.folder + "/", *(t.format(n) for t in labs.TEXTS)]
    if any(matches(path, [s]) and n > number for s, n in shared.items()):
        return False
    wanted += [s for s, n in shared.items() if n <= number]
    return matches(path, wanted)


def has_solutions(reference, number):
    """Is there anything to solve in the folder of a lab?"""
    return any(lab_of(p) == number for p in reference.with_regions(number))


class Handout:
    """files: path -> bytes. owned: path -> the student's parts in it, or of
    an earlier lab."""

    def __init__(self, reference, number, earlier="solved"):
        if number not in labs.LABS or not any(
                lab_of(p) == number for p in reference.files):
            raise Unusable(f"there is no lab {number}")
        if earlier == "hidden" and labs.LABS[number].on:
            raise Unusable(f"lab {number} is linked with lab "
                           f"{labs.LABS[number].on[0]}: it cannot be hidden")
        self.reference, self.number, self.earlier = reference, number, earlier
        self.there = [n for n in labs.LABS if n <= number and not (
            earlier == "hidden" and n < number and has_solutions(reference, n))]
        self.files, self.owned = {}, {}
        self.withheld = set()
        solved = [p for n in labs.LABS if n < number for p in parts(n)]
        for path in reference.files:
            if ships(path, number) and lab_of(path) in (None, *self.there):
                self.files[path] = self._file(path, solved)
                self._note_owned(path)
        if earlier == "archive":
            for n in labs.LABS:
                if n < number and has_solutions(reference, n):
                    self._archive(n)
        self._refuse_hidden_tests()
        self.files["README.md"] = self._welcome()
        self.files["MANIFEST"] = self._manifest()

    def _file(self, path, solved):
        if path not in self.reference.pieces:
            return read(path)
        return regions.render(path, self.reference.pieces[path], solved,
                              self.there).encode()

    def _note_owned(self, path):
        found = [p for p in self.reference.parts_in(path)
                 if lab_of_part(p) <= self.number]
        if found:
            self.owned[path] = sorted(found)

    def _refuse_hidden_tests(self):
        for path, content in sorted(self.files.items()):
            match = HIDDEN_TEST.search(content.decode(errors="replace"))
            if match and "/tests/" in path:
                text = content[:match.start()].decode(errors="replace")
                raise regions.Bad(
                    path, text.count("\n") + 1, "a hidden test would ship: put "
                    "it between `// STAFF BEGIN` and `// STAFF END`, or name "
                    "the file under `staff` in handout/labs.py")

    # --- pages ---

    def _welcome(self):
        table = "".join(
            f"| `{path}` | {', '.join(found)} |\n"
            for path, found in self.owned.items()
            if any(lab_of_part(p) == self.number for p in found))
        folder = labs.LABS[self.number].folder
        page = text_of(labs.WELCOME)
        page = page.replace("@NUMBER@", str(self.number))
        page = page.replace("@FOLDER@", folder)
        page = page.replace("@YOURS@\n", table)
        page = re.sub(r"@YOURS BEGIN@\n(.*)@YOURS END@\n",
                      r"\1" if table else "", page, flags=re.DOTALL)
        text = f"handout/lab{self.number}.md"
        page = page.replace("@TEXT@", text if text in self.files
                            else folder + "/README.md")
        return page.encode()

    def _manifest(self):
        """What was handed out. adopt.sh reads it, and so may a grader."""
        lines = ["# What was handed out: `owned` files are the student's, all "
                 "others are not taken\n", f"lab {self.number}\n",
                 f"earlier {self.earlier}\n"]
        for path, content in sorted(self.files.items()):
            kind = "owned" if path in self.owned else "locked"
            digest = hashlib.sha256(content).hexdigest()
            lines.append(f"{kind} {digest} {path}\n")
        return "".join(lines).encode()

    # --- archives ---

    def _archive(self, number):
        """Files with solutions go, and what includes headers with solutions;
        their objects come."""
        folder = labs.LABS[number].folder
        withheld = [p for p in self.owned if lab_of(p) == number and
                    not p.endswith(".proto")]
        headers = [p for p in withheld if p.endswith(".h")]
        for path, content in self.files.items():
            if lab_of(path) == number and path.endswith(".c") and \
                    path not in withheld and any(
                        f'#include "{h}"' in content.decode() for h in headers):
                withheld.append(path)
        self.files[f"{folder}/{ARCHIVE}"] = self._build(
            folder, [p for p in withheld if p.endswith(".c")])
        for path in withheld:
            del self.files[path]
            self.owned.pop(path, None)
            self.withheld.add(path)

    def _build(self, folder, sources):
        """The objects of C files, in an archive that tells nothing but the
        names that others need."""
        with tempfile.TemporaryDirectory(prefix="handout-") as base:
            write_tree(self.files, {}, base)
            os.mkdir(f"{base}/shim")
            with open(f"{base}/shim/assert.h", "w", encoding="utf-8") as file:
                file.write(ASSERT_H)
            objects = [f"build/release/{p[:-2]}.o" for p in sources]
            ok = suites.make(
                [*objects, "VARIANT=release", "CC=gcc",
                 "CPPFLAGS=-D_GNU_SOURCE -Ishim -I. -Ibuild/gen",
                 "CFLAGS=-std=c17 -O2 -g0 -pthread -fno-omit-frame-pointer"],
                f"{base}/log", os.cpu_count(), base)
            if not ok:
                raise Unusable(f"the archive of {folder} cannot be built:\n"
                               + text_of(f"{base}/log"))
            run = [["ar", "rcsD", ARCHIVE, *objects],
                   ["strip", "--strip-unneeded", "-D", "-R", ".comment",
                    ARCHIVE]]
            for command in run:
                subprocess.run(command, cwd=base, check=True)
            return read(f"{base}/{ARCHIVE}")


# --- on disk -----------------------------------------------------------------

def mode_of(path):
    return 0o755 if os.path.exists(path) and os.access(path, os.X_OK) else 0o644


def write_tree(files, solved_files, base):
    """Writes a handout's files below `base`; solved_files come over them."""
    for path, content in {**files, **solved_files}.items():
        os.makedirs(os.path.dirname(f"{base}/{path}") or base, exist_ok=True)
        with open(f"{base}/{path}", "wb") as file:
            file.write(content)
        os.chmod(f"{base}/{path}", mode_of(path))


def solved_files(handout, solved):
    """The student's files of a handout with these parts solved."""
    earlier = [p for n in labs.LABS if n < handout.number for p in parts(n)]
    return {path: regions.render(path, handout.reference.pieces[path],
                                 [*earlier, *solved], handout.there).encode()
            for path in handout.owned}


def remove(path):
    subprocess.run(["chmod", "-R", "u+rwX", path], stderr=subprocess.DEVNULL,
                   check=False)
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        raise Unusable(f"cannot remove {path}")
