"""regions - solution regions in the reference, and skeletons without them.

In .c, .h and .proto files, each mark alone in its line:

    // SOLUTION BEGIN II; stub: not_implemented("II job_request");
    // SOLUTION END        what a student writes; the stub stands for it
    // STAFF BEGIN         what never ships: a hidden test, say
    // STAFF END
    // LAB 1 BEGIN         what ships if lab 1 does: where shared code names a
    // LAB 1 END           lab

A skeleton has `// Your code here (II).` and the stub, if there is one.
"""
import collections
import re

SUFFIXES = (".c", ".h", ".proto")
INCLUDE = '#include "common/runtime/unsolved.h"'

BEGIN = re.compile(r"( *)// SOLUTION BEGIN (\S+?)(?:; stub: (.*))?")
ANY_MARK = re.compile(r"//\s*(?:SOLUTION|STAFF|LAB)\b|SOLUTION (?:BEGIN|END)|"
                      r"STAFF (?:BEGIN|END)|LAB \d+ (?:BEGIN|END)")
UNSOLVED = re.compile(r'not_implemented\("([^"]*)"\);')
FUNCTION = re.compile(r"(?:[A-Za-z]\w* .*?)?\b(\w+)\(")
QUOTED = re.compile(r'#include "([^"]+)"')

# kind: text, solution, staff or lab. lines: as they stand, the marks included.
# Of a solution: part, stub (None: none), indent; of a lab: part is its number.
Piece = collections.namedtuple("Piece", "kind lines line part stub indent",
                               defaults=(None, None, ""))


class Bad(Exception):
    """What is wrong where: file:line: sentence."""

    def __init__(self, path, line, text):
        super().__init__(f"{path}:{line}: {text}")


def has_marks(path):
    return path.endswith(SUFFIXES)


# --- reading -----------------------------------------------------------------

def check_stub(path, line, part, stub, before):
    """A stub is one statement; not_implemented names the part and the function
    that it stands in."""
    bare = re.sub(r'"(\\.|[^"\\])*"', "", stub)
    if not stub.endswith(";") or '"' in bare or \
            any(bare.count(a) != bare.count(b) for a, b in ("()", "{}", "[]")):
        raise Bad(path, line, f"the stub `{stub}` is not one statement")
    if "not_implemented" not in stub:
        return
    match = UNSOLVED.fullmatch(stub)
    functions = [m[1] for m in map(FUNCTION.match, before) if m]
    wanted = f"{part} {functions[-1]}" if functions else part
    if match is None or match[1] != wanted:
        raise Bad(path, line, "the stub does not say "
                  f'not_implemented("{wanted}");')


def read_mark(path, number, line, parts, before):
    """(kind, is it a begin, what a piece needs); None: no mark."""
    match = BEGIN.fullmatch(line)
    if match:
        indent, part, stub = match.groups()
        if part not in parts:
            raise Bad(path, number, f"no part {part} here; there are: "
                      + (", ".join(parts) or "none"))
        if stub is not None:
            check_stub(path, number, part, stub, before)
        return "solution", True, {"part": part, "stub": stub, "indent": indent}
    match = re.fullmatch(r" *// LAB (\d+) (BEGIN|END)", line)
    if match:
        return "lab", match[2] == "BEGIN", {"part": int(match[1])}
    match = re.fullmatch(r" *// (SOLUTION|STAFF) (BEGIN|END)", line)
    if match and (match[1], match[2]) != ("SOLUTION", "BEGIN"):
        return match[1].lower(), match[2] == "BEGIN", {}
    if ANY_MARK.search(line):
        raise Bad(path, number, f"no mark that makes sense: {line.strip()}")
    return None


def parse(path, text, parts):
    """The pieces of a file, in order. parts: those that may stand in it."""
    lines = text.splitlines(keepends=True)
    pieces, start, opened = [], 0, None
    for i, line in enumerate(lines):
        mark = read_mark(path, i + 1, line.rstrip("\n"), parts, lines[:i])
        if mark is None:
            continue
        kind, begins, more = mark
        if begins and opened:
            raise Bad(path, i + 1, f"begins in the region of line "
                      f"{opened[1] + 1}, which has not ended")
        if not begins and (not opened or opened[0] != kind or
                           more.get("part") not in (None, opened[2].get("part"))):
            raise Bad(path, i + 1, "ends what has not begun")
        if begins:
            pieces.append(Piece("text", lines[start:i], start + 1))
            start, opened = i, (kind, i, more)
        else:
            pieces.append(Piece(kind, lines[start:i + 1], start + 1,
                                **opened[2]))
            start, opened = i + 1, None
    if opened:
        raise Bad(path, opened[1] + 1, "begins and does not end")
    return pieces + [Piece("text", lines[start:], start + 1)]


def parts_of(pieces):
    return {p.part for p in pieces if p.kind == "solution"}


# --- writing -----------------------------------------------------------------

def placeholder(piece):
    """What stands for a region in a skeleton: its lines."""
    lines = [f"{piece.indent}// Your code here ({piece.part}).\n"]
    if piece.stub is not None:
        lines.append(f"{piece.indent}{piece.stub}\n")
    return lines


def place_of_include(path, lines):
    """Where the line INCLUDE goes: sorted, behind the file's own header."""
    own = re.sub(r"\.c$", ".h", path)
    last = 0
    for i, line in enumerate(lines):
        match = QUOTED.match(line)
        if match and match[1] != own and match[1] > QUOTED.match(INCLUDE)[1]:
            return i
        if line.startswith("#include"):
            last = i + 1
    return last


def render(path, pieces, solved, there):
    """The file as students get it. solved: the parts that are; there: the
    labs."""
    lines, stubbed = [], False
    for piece in pieces:
        if piece.kind == "text":
            lines += piece.lines
        elif piece.kind == "solution" and piece.part not in solved:
            lines += placeholder(piece)
            stubbed = stubbed or "not_implemented" in (piece.stub or "")
        elif piece.kind == "solution" or \
                (piece.kind == "lab" and piece.part in there):
            lines += piece.lines[1:-1]
    if stubbed and INCLUDE + "\n" not in lines:
        lines.insert(place_of_include(path, lines), INCLUDE + "\n")
    text = "".join(lines)
    match = ANY_MARK.search(text)
    if match:
        raise Bad(path, text.count("\n", 0, match.start()) + 1,
                  f"is left in what ships: {match.group()}")
    return text


def lay_back(skeleton, reference, there):
    """The reference's pieces put into a skeleton as it was handed out, with
    these labs; None if the skeleton is not the reference with nothing but its
    regions gone."""
    rest = skeleton
    if not any(INCLUDE + "\n" in p.lines for p in reference):
        rest = rest.replace(INCLUDE + "\n", "", 1)
    for piece in reference:
        ships = piece.lines
        if piece.kind == "solution":
            ships = placeholder(piece)
        elif piece.kind == "staff" or \
                (piece.kind == "lab" and piece.part not in there):
            ships = []
        elif piece.kind == "lab":
            ships = piece.lines[1:-1]
        if not rest.startswith("".join(ships)):
            return None
        rest = rest[len("".join(ships)):]
    return "".join("".join(p.lines) for p in reference) if rest == "" else None
