"""texts - what of a lab's text is made from its tests, and is it still so.

In handout/labN.md, each mark alone in its line:

    <!-- BEGIN points -->           each graded test, by part
    <!-- END points -->
    <!-- BEGIN output skeleton -->  what the suite says of the skeleton,
    <!-- END output skeleton -->    shortened
    <!-- BEGIN output solved -->    and of a finished solution
    <!-- END output solved -->

`make texts` writes what is between; `make handout-check` says what is missing
or no longer so. Seconds, and which function a test came to first, differ from
run to run and are not compared.
"""
import re

BLOCK = re.compile(r"(?ms)^<!-- BEGIN ([a-z ]+) -->\n(.*?)^<!-- END \1 -->\n")
MARK = re.compile(r"(?m)^.*<!--\s*(?:BEGIN|END)\b.*$")
HEADING = re.compile(r"(?m)^#+ (\d+(?:\.\d+)*)[. ]")
FEW = 2  # tests of each part that are shown of a skeleton
KINDS = ("safety", "progress", "limit")


def path_of(number):
    return f"handout/lab{number}.md"


# --- making ------------------------------------------------------------------

def in_order(rows):
    """The same in each run, whatever has ended first."""
    return sorted(rows, key=lambda r: (
        [int(n) for n in re.findall(r"\d+", r["section"])], r["suite"],
        r["name"]))


def shown(rows):
    """The graded tests; of a lab that has none, those in processes."""
    graded = [r for r in rows if r["points"] > 0]
    return in_order(graded or
                    [r for r in rows if not r["suite"].endswith(" sim")])


def points(rows, order):
    """A table for each part, in the order of their sections."""
    graded = in_order(r for r in rows if r["points"] > 0)
    lines = []
    for part in order:
        mine = [r for r in graded if r["part"] == part]
        total = sum(r["points"] for r in mine)
        kinds = ", ".join(
            f"{sum(r['points'] for r in mine if r['kind'] == kind)} {kind}"
            for kind in KINDS if any(r["kind"] == kind for r in mine))
        lines += ["", f"**Part {part}: {total} points** ({kinds})", "",
                  "| section | test | kind | points |", "|---|---|---|--:|"]
        lines += [f"| {r['section']} | {r['name']} | {r['kind']} | "
                  f"{r['points']} |" for r in mine]
    lines += ["", f"All parts: {sum(r['points'] for r in graded)} points.", ""]
    return "\n".join(lines)


def line_of(row, log):
    """What run-tests has printed about a test, without needless dots."""
    head = re.compile(re.escape(row["suite"]) + r" +" + re.escape(row["part"])
                      + r" +" + re.escape(row["name"])
                      + r" \.+ ((?:ok|to do|FAILED)(?: x\d+)?) +([\d.]+) s")
    for line in log.splitlines():
        match = head.match(line)
        if match:
            return (row["suite"], row["part"], row["name"], match[1], match[2])
    return None


def closing(log):
    """The lines at the end of a run."""
    lines = log.splitlines()
    ends = [i for i, line in enumerate(lines)
            if re.match(r"\d+ passed, \d+ failed$", line)]
    begin = ends[-1] if ends else len(lines)
    while begin > 0 and re.match(r"(to do|points|  ) ", lines[begin - 1]):
        begin -= 1
    return [line.rstrip() for line in lines[begin:ends[-1] + 1]] if ends else []


def output(rows, log, folder, few):
    """The lines of the tests that count, and what the run ends with."""
    parts = sorted({r["part"] for r in rows})
    tests = [row for part in parts
             for row in [r for r in shown(rows) if r["part"] == part]
             [:FEW if few else None]]
    found = [line for line in (line_of(row, log) for row in tests) if line]
    widths = [max((len(line[i]) for line in found), default=0) for i in (0, 1)]
    name = max((len(line[2]) for line in found), default=0) + 4
    lines = [f"$ make -C {folder} test"]
    lines += ["{:<{}}  {:<{}}  {:.<{}} {:<6} {:>5} s".format(
        line[0], widths[0], line[1], widths[1], line[2] + " ", name,
        line[3], line[4]) for line in found]
    lines += ["..."] if len(found) < len(rows) else []
    return "\n".join(["```"] + lines + closing(log) + ["```", ""])


# --- looking -----------------------------------------------------------------

def plain(block):
    """What has to be the same in each run."""
    block = re.sub(r"\s+\d+\.\d s$", " s", block, flags=re.M)
    block = re.sub(r"(?m)^to do +(\S+).*(?:\n   .*)*", r"to do \1", block)
    return [line for line in block.splitlines() if line.strip()]


def replace(text, blocks):
    """The text with these contents in its blocks."""
    return BLOCK.sub(lambda m: m[0] if m[1] not in blocks else
                     f"<!-- BEGIN {m[1]} -->\n{blocks[m[1]]}"
                     f"<!-- END {m[1]} -->\n", text)


def stale(text, blocks):
    """Sentences about blocks that are missing or no longer so."""
    marks = len(MARK.findall(text))
    found = {m[1]: m[2] for m in BLOCK.finditer(text)}
    if marks != 2 * len(found):
        yield ("has a BEGIN or END mark that belongs to no block, or a block "
               "twice")
    for name, made in blocks.items():
        if name not in found:
            yield f"has no block \"{name}\""
        elif plain(found[name]) != plain(made):
            yield (f"what stands in its block \"{name}\" is no longer so: "
                   "`make texts` writes it anew")


def uncited(text, rows):
    """Sections that tests cite, and that the text does not have."""
    there = set(HEADING.findall(text))
    cited = {r["section"]: r["name"] for r in rows if r["section"]}
    for section in sorted(set(cited) - there):
        yield f"has no section {section}, which \"{cited[section]}\" cites"
