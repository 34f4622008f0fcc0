"""patches - reads seeded bugs: grading/bugs/LAB/ID-words.patch.

A patch is what `git diff` prints, with a header in front of it that `patch`
passes over:

    Bug: one line: what is wrong
    Part: rpc
    Rule: the rule that it breaks
    Tests: a test that must fail: "suite: name", or the name alone
    Tests: another one
    Realistic: why somebody would write this
    Simulation: why no seed can find it there; most patches have none

A line that begins with blanks continues the one before it. A name alone is not
that of a test in simulation: for one, say "rpc contract sim: name".
"""
import glob
import hashlib
import os
import re

FIELDS = ("Bug", "Part", "Rule", "Realistic", "Tests")
OPTIONAL = ("Simulation",)  # once
BUG_MAX = 60
# What the bugs of a lab may be planted in.
PLACES = {"rpc": r"common/(rpc|runtime)/(?!tests/)",
          "linear": r"grading/linear/(?!tests/)"}


class BadPatch(Exception):
    """What is wrong, with file and line."""

    def __init__(self, path, line, text):
        super().__init__(f"{path}:{line}: {text}")


class Patch:
    """A seeded bug: lab, id, path, checksum, bug, part, rule, realistic,
    simulation (may be ""), touched (files); wanted: (line, test's name) pairs."""

    def __init__(self, lab, path):
        self.lab, self.path = lab, path
        name = os.path.basename(path)
        match = re.fullmatch(r"([A-Z]+[0-9]+)-[a-z0-9-]+\.patch", name)
        if match is None:
            raise BadPatch(path, 1, "its name is not ID-words.patch, as in "
                           "R1-short-write.patch")
        self.id = match[1]
        with open(path, "rb") as file:
            data = file.read()
        self.checksum = hashlib.sha256(data).hexdigest()[:16]
        try:
            lines = data.decode().split("\n")
        except UnicodeDecodeError:
            raise BadPatch(path, 1, "is not UTF-8") from None
        start = next((i for i, line in enumerate(lines)
                      if line.startswith("diff --git ")), None)
        if start is None:
            raise BadPatch(path, len(lines), "has no line `diff --git ...`")
        self._take_header(lines[:start])
        self._take_diff(lines, start)

    def _take_header(self, lines):
        fields = []  # [line, field, value]
        for number, line in enumerate(lines, 1):
            match = re.match(r"([A-Za-z]+): *(.*)$", line)
            if match and match[1] not in FIELDS + OPTIONAL:
                raise BadPatch(self.path, number, f"`{match[1]}:` is none of "
                               + ", ".join(FIELDS + OPTIONAL))
            if match:
                fields.append([number, match[1], match[2].strip()])
            elif line.startswith(" ") and line.strip() and fields:
                fields[-1][2] += " " + line.strip()
            elif line.strip():
                raise BadPatch(self.path, number, "neither `Field: text` nor, "
                               "indented, more of its text")
        self.wanted = [(n, text) for n, field, text in fields
                       if field == "Tests"]
        for number, field, text in fields:
            if not text:
                raise BadPatch(self.path, number, f"`{field}:` says nothing")
        for field in FIELDS + OPTIONAL:
            found = [f for f in fields if f[1] == field]
            if not found and field in FIELDS:
                raise BadPatch(self.path, 1, f"lacks the field `{field}:`")
            if len(found) > 1 and field != "Tests":
                raise BadPatch(self.path, found[1][0],
                               f"a second `{field}:`")
        texts = [text for _, text in self.wanted]
        for number, text in self.wanted:
            if texts.count(text) > 1:
                raise BadPatch(self.path, number, "names a test twice")
        values = {field: text for _, field, text in fields}
        if len(values["Bug"]) > BUG_MAX:
            raise BadPatch(self.path, 1, f"`Bug:` has {len(values['Bug'])} "
                           f"characters: {BUG_MAX} are a line")
        self.bug, self.part = values["Bug"], values["Part"]
        self.rule, self.realistic = values["Rule"], values["Realistic"]
        self.simulation = values.get("Simulation", "")

    def _take_diff(self, lines, start):
        place = PLACES.get(self.lab, rf"({self.lab}-[a-z]+|common/kv)/(?!tests/)")
        self.touched = []
        for number, line in enumerate(lines[start:], start + 1):
            if not line.startswith("diff --git "):
                continue
            match = re.fullmatch(r"diff --git a/(\S+) b/(\S+)", line)
            if match is None or match[1] != match[2]:
                raise BadPatch(self.path, number, "does not change a file in "
                               "its place")
            if not re.match(place, match[1]):
                raise BadPatch(self.path, number, f"changes {match[1]}, which "
                               f"is none of the code that {self.lab} tests")
            if not os.path.isfile(match[1]):
                raise BadPatch(self.path, number, f"there is no {match[1]}")
            self.touched.append(match[1])
        if not any(line.startswith("@@ ") for line in lines[start:]):
            raise BadPatch(self.path, start + 1, "changes nothing")

    def designated(self, tests):
        """The tests that must fail, out of all of the lab's."""
        chosen = []
        for number, text in self.wanted:
            found = [t for t in tests if text == t.title
                     or (text == t.name and not t.simulated)]
            if len(found) != 1:
                raise BadPatch(self.path, number, f"{len(found)} tests are "
                               f"called \"{text}\", not one"
                               + "".join(f"\n    {t.title} ({t.program})"
                                         for t in found))
            test = found[0]
            others = [t.title for t in tests if t.program == test.program
                      and test.title in t.title and t.title != test.title]
            if others:
                raise BadPatch(self.path, number, f"T='{test.title}' picks "
                               f"\"{others[0]}\" as well")
            chosen.append(test)
        return chosen


def labs():
    """The labs that have seeded bugs: "rpc", "linear", "lab1", ..."""
    names = (os.path.basename(path) for path in glob.glob("grading/bugs/*"))
    return sorted((n for n in names if re.fullmatch(r"rpc|linear|lab\d", n)),
                  key=lambda n: (n != "rpc", n))


def read(lab):
    """A lab's patches by number, and what is wrong with those that are bad."""
    good, bad = [], []
    for path in sorted(glob.glob(f"grading/bugs/{lab}/*")):
        try:
            good.append(Patch(lab, path))
        except BadPatch as problem:
            bad.append(problem)
    ids = {}
    for patch in good:
        if patch.id in ids:
            bad.append(BadPatch(patch.path, 1, f"{ids[patch.id]} has the "
                                f"number {patch.id} as well"))
        ids[patch.id] = patch.path
    good.sort(key=lambda p: (re.sub(r"\d", "", p.id),
                             int(re.sub(r"\D", "", p.id))))
    return good, bad
