"""leaks - what of a solution can be read in what ships.

Three searches. What they look for comes from the solution regions alone; what
stands in given code, too, is no secret.

  lines        a line of a solution of more than 20 characters, comments and
               blanks aside, anywhere in a shipped text
  names        an identifier with `_` in it that occurs in solutions and in no
               given code, in any shipped text, comments included
  strings      a string with more than 8 letters, likewise; of a format,
               what it says of itself; names of files that are included aside

Objects that ship (archives) are searched by nm and strings: for names of all
labs, and for strings of this lab and later ones. Strings of earlier labs are
in their objects, and have to be.
"""
import re
import subprocess

LINE_LONGER_THAN = 20
STRING_LETTERS = 8

TOKEN = re.compile(
    r"""//(?:\\\n|[^\n])*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*")
FORMAT = re.compile(r"%[-0-9.*]*[a-z]+|\\.")
INCLUDE = re.compile(r"(?m)^\s*(?:#\s*include|import)\b.*$")
# What protobuf-c makes of a message: who has the .proto has the name.
GENERATED = re.compile(r"\w+__(?:init|pack|unpack|get_packed_size|"
                       r"free_unpacked|descriptor)")
OBJECTS = (".a", ".o", ".so")


def without_comments(text):
    return TOKEN.sub(
        lambda m: " " if m.group().startswith("/") else m.group(), text)


def names_in(text):
    """The identifiers of code, those in strings aside."""
    bare = TOKEN.sub(" ", text)
    return set(NAME.findall(bare))


def strings_in(text):
    return {m.group()[1:-1] for m in TOKEN.finditer(INCLUDE.sub("", text))
            if m.group().startswith('"')}


def packed(text):
    """Any blanks are one blank: so an indent or a break hides nothing."""
    return re.sub(r"\s+", " ", text)


class Secrets:
    """What the regions of a reference say and its given code does not.
    regions: texts of solutions; given: texts of all other code."""

    def __init__(self, solutions, given):
        self.lines, names, strings = set(), set(), set()
        for text in solutions:
            for line in without_comments(text).splitlines():
                line = packed(line).strip()
                if len(line) > LINE_LONGER_THAN:
                    self.lines.add(line)
            names |= names_in(text)
            strings |= strings_in(without_comments(text))
        known = set().union(*(names_in(text) for text in given))
        said = set().union(*(strings_in(without_comments(text))
                             for text in given))
        given = packed("\n".join(map(without_comments, given)))
        self.lines = {line for line in self.lines if line not in given}
        self.names = {n for n in names - known if "_" in n.strip("_")}
        self.strings = {s for s in strings - said
                        if sum(map(str.isalpha, FORMAT.sub("", s)))
                        > STRING_LETTERS}


def line_of(text, what):
    """Where it stands in a text, for people."""
    first = what.split()[0]
    at = text.find(what)
    at = text.find(first) if at < 0 else at
    return text.count("\n", 0, max(at, 0)) + 1


def in_text(path, text, secrets):
    """Sentences about the secrets in one shipped text."""
    flat = packed(text)
    for line in sorted(secrets.lines):
        if line in flat:
            yield f"{path}:{line_of(text, line)}: a line of a solution: {line}"
    words = set(NAME.findall(text))
    for name in sorted(secrets.names & words):
        yield f"{path}:{line_of(text, name)}: a name of a solution: {name}"
    for string in sorted(secrets.strings):
        if string in text:
            yield (f"{path}:{line_of(text, string)}: a string of a solution: "
                   f"\"{string}\"")


def in_object(path, file, all_names, strings):
    """Sentences about secrets in an object or archive, at `file` on disk."""
    names = subprocess.run(["nm", file], capture_output=True, text=True,
                           check=True).stdout
    said = subprocess.run(["strings", "-n", "4", file], capture_output=True,
                          text=True, check=True, errors="replace").stdout
    words = {w for w in NAME.findall(names + said)
             if not GENERATED.fullmatch(w)}
    for name in sorted(all_names & words):
        yield f"{path}: a name of a solution: {name}"
    for string in sorted(strings):
        # A literal ends where an escape begins, for who looks so.
        if max(re.split(r"\\.|%", string), key=len) in said:
            yield f"{path}: a string of a solution: \"{string}\""
