"""report - what people get to see: table, gradebook, pages.

All of it is made anew from the records, so that a run that was interrupted
leaves no trace. Whatever comes from a submission is text: it is escaped.
"""
import csv
import html
import io
import json
import os
import re

from intake import Bad
from trees import write_whole

STYLE = """
:root{--ink:#1c1c1a;--dim:#6b6b66;--line:#d9d9d2;--paper:#fdfdfb}
body{font:15px/1.5 Georgia,serif;color:var(--ink);background:var(--paper);
max-width:62em;margin:3em auto;padding:0 1.5em}
h1{font-size:1.6em;font-weight:normal;margin:0}h2{font-size:1.15em;
font-weight:normal;margin:2.2em 0 .4em;border-bottom:1px solid var(--line)}
.dim{color:var(--dim)}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.28em .8em .28em 0;vertical-align:top;
border-bottom:1px solid var(--line);font-weight:normal}
th{color:var(--dim);font-size:.87em}.n{text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap}
.fail td:first-child::before{content:"\\2717\\00a0"}
.pass td:first-child::before{content:"\\2713\\00a0"}
.blank td:first-child::before{content:"?\\00a0"}
.fail{font-weight:bold}.fail .dim{font-weight:normal}
pre{font:12.5px/1.45 ui-monospace,Menlo,Consolas,monospace;background:#f4f4ef;
padding:.9em 1.1em;overflow-x:auto;border-left:3px solid var(--ink);
white-space:pre-wrap}a{color:inherit}
.bar{display:inline-block;width:9em;height:.55em;background:var(--line);
margin-right:.7em}.bar span{display:block;height:100%;background:var(--ink)}
@media(prefers-color-scheme:dark){:root{--ink:#e4e4dc;--dim:#9a9a92;
--line:#3b3b38;--paper:#191918}pre{background:#232321}}
@media print{body{margin:0;max-width:none}pre{page-break-inside:avoid}}
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head><body>{body}</body></html>
"""


def clean(text):
    """Text that no terminal, page or reader trips over."""
    # Nor one that turns the direction of a line.
    return re.sub(r"[^\n\t\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]|"
                  r"[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]",
                  lambda m: f"\\x{ord(m[0]):02x}", text)


def escaped(text):
    return html.escape(clean(str(text)))


# --- points ------------------------------------------------------------------

def read_overrides(path):
    """(student, test) -> row of overrides.csv."""
    if not os.path.exists(path):
        return {}
    wanted = ["student", "test", "points", "reason", "by", "date"]
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != wanted:
            raise Bad(f"{path}:1: the first line must be " + ",".join(wanted))
        found = {}
        for row in rows:
            line = rows.line_num
            if None in row or None in row.values():
                raise Bad(f"{path}:{line}: needs {len(wanted)} fields")
            if not re.fullmatch(r"\d+(\.\d+)?", row["points"]):
                raise Bad(f"{path}:{line}: points \"{row['points']}\": a "
                          "number is needed")
            if not row["reason"].strip():
                raise Bad(f"{path}:{line}: a reason is needed")
            found[row["student"], row["test"]] = row
    return found


def points_of(graded, test, overrides):
    """Points for a test; None: nobody can tell."""
    row = overrides.get((graded.name, test.title))
    if row is not None:
        return float(row["points"])
    word = graded.outcomes[test.title].word
    if word == "infrastructure":
        return None
    return test.points if word == "pass" else 0


def number(points):
    return f"{points:g}"


def sums(lab, graded, overrides):
    """part -> points, or None; "" stands for all."""
    found = {}
    for part in lab.parts + [""]:
        each = [points_of(graded, t, overrides) for t in graded.tests
                if part in ("", t.part)]
        found[part] = None if None in each else sum(each)
    return found


def most(lab, tests):
    found = {part: sum(t.points for t in tests if t.part == part)
             for part in lab.parts}
    found[""] = sum(t.points for t in tests)
    return found


def note_of(graded):
    """What the line of a submission says besides."""
    why = {o.why for o in graded.outcomes.values() if o.why}
    return "; ".join(sorted(clean(w) for w in why))


def table(lab, all_graded, overrides):
    """For a terminal."""
    limit = most(lab, all_graded[0].tests)
    lines = ["", f"{'':<24}" + "".join(f"{p:>8}" for p in lab.parts) +
             f"{'all':>8}"]
    for g in all_graded:
        s = sums(lab, g, overrides)
        cells = "".join(f"{'' if s[p] is None else number(s[p]):>8}"
                        for p in lab.parts + [""])
        lines.append(f"{g.name:<24}{cells}  {note_of(g)}".rstrip())
    lines.append(f"{'of':<24}" + "".join(f"{number(limit[p]):>8}"
                                         for p in lab.parts + [""]))
    for g in all_graded:
        lines += [f"infrastructure: {g.name}: {t}" for t in g.infrastructure]
    return "\n".join(lines)


# --- files -------------------------------------------------------------------

def cell(text):
    """A spreadsheet must not take it for a formula."""
    text = clean(str(text)).replace("\n", " ")
    risky = text[:1] in tuple("=+-@\t") and \
        not re.fullmatch(r"[+-]?\d+(\.\d+)?", text)
    return "'" + text if risky else text


def gradebook(lab, all_graded, overrides):
    out = io.StringIO()
    book = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    limit = most(lab, all_graded[0].tests)
    book.writerow(["submission"] + [f"part {p} ({number(limit[p])})"
                                    for p in lab.parts] +
                  [f"all ({number(limit[''])})", "note"])
    for g in all_graded:
        s = sums(lab, g, overrides)
        book.writerow([cell(g.name)] +
                      ["" if s[p] is None else number(s[p])
                       for p in lab.parts + [""]] + [cell(note_of(g))])
    return out.getvalue().encode()


def results(lab, all_graded, box):
    runs = sorted((r for g in all_graded for r in g.runs),
                  key=lambda r: (r["submission"], r["test"], r["repetition"],
                                 r["attempt"]))
    return json.dumps({
        "lab": lab.number, "sandbox": box.about,
        "submissions": {g.name: {
            "path": g.submission.path, "hash": g.submission.hash,
            "rejected": g.submission.rejected,
            "taken": sorted(g.submission.files),
            "ignored": sorted(g.submission.ignored)[:200],
            "outcomes": {t: o.word for t, o in sorted(g.outcomes.items())},
        } for g in all_graded},
        "runs": runs}, indent=1).encode()


def anchor(graded, test):
    return f"t{graded.tests.index(test) + 1}"


def runs_of(graded, test):
    """Of a test that was run more than once: how its runs ended."""
    mine = [r for r in graded.runs if r["test"] == test.title]
    if len(mine) < 2:
        return ""
    passed = sum(r["verdict"] == "pass" for r in mine)
    return f"{passed} of {len(mine)} runs passed"


def test_rows(graded, overrides):
    for test in graded.tests:
        outcome = graded.outcomes[test.title]
        points = points_of(graded, test, overrides)
        css = {"pass": "pass", "fail": "fail"}.get(outcome.word, "blank")
        over = overrides.get((graded.name, test.title))
        claim = escaped(test.claim) + \
            f' <span class="dim">(section {escaped(test.section)})</span>'
        if over is not None:
            claim += f'<br><span class="dim">set by {escaped(over["by"])}: ' \
                     f'{escaped(over["reason"])}</span>'
        name = escaped(test.name)
        if has_block(outcome):
            name = f'<a href="#{anchor(graded, test)}">{name}</a>'
        word = escaped(outcome.word)
        if runs_of(graded, test):
            word += f'<br><span class="dim">{runs_of(graded, test)}</span>'
        yield (f'<tr class="{css}"><td>{escaped(test.part)}</td><td>'
               f'{name}<br><span class="dim">{claim}</span></td>'
               f'<td>{word}</td><td class="n">'
               f'{"" if points is None else number(points)} of '
               f'{test.points}</td></tr>')


def has_block(outcome):
    return outcome.word in ("fail", "infrastructure") and outcome.run


def failures(graded):
    """Each failure's block, once."""
    for test in graded.tests:
        outcome = graded.outcomes[test.title]
        if has_block(outcome):
            run = outcome.run
            text = run["block"].strip() or run["message"]
            yield (f'<h2 id="{anchor(graded, test)}">{escaped(test.part)}: {escaped(test.name)}</h2>'
                   f'<p>{escaped(test.claim)} <span class="dim">Seed '
                   f'{run["seed"]}.</span></p><pre>{escaped(text)}</pre>')


def bar(points, of):
    share = 100 * points / of if points and of else 0
    return f'<span class="bar"><span style="width:{share:.0f}%"></span></span>'


def page(lab, graded, overrides):
    s, limit = sums(lab, graded, overrides), most(lab, graded.tests)
    got = "not known" if s[""] is None else number(s[""])
    body = [f'<p class="dim"><a href="../index.html">Lab '
            f"{escaped(lab.number)}, all submissions</a></p>"
            f"<h1>{escaped(graded.name)}</h1><p>"
            f"{got} of {number(limit[''])} points. "
            f'<span class="dim">{escaped(note_of(graded))}</span></p>']
    body.append("<table>" + "".join(
        f'<tr><td>part {escaped(p)}</td><td>{bar(s[p], limit[p])}</td>'
        f'<td class="n">{"not known" if s[p] is None else number(s[p])} of '
        f"{number(limit[p])}</td></tr>" for p in lab.parts) + "</table>")
    body.append("<h2>Tests</h2>")
    body.append("<table><tr><th>part</th><th>test</th><th>outcome</th>"
                '<th class="n">points</th></tr>')
    body += test_rows(graded, overrides)
    body.append("</table>")
    body += failures(graded)
    if graded.build_log.strip() and graded.outcomes and all(
            o.word == "not run" for o in graded.outcomes.values()):
        body.append(f"<h2>The build</h2><pre>{escaped(graded.build_log)}</pre>")
    body.append("<h2>What was taken</h2><p class=\"dim\">" + (", ".join(
        escaped(n) for n in sorted(graded.submission.files)) or "nothing")
        + "</p>")
    ignored = sorted(graded.submission.ignored)[:200]
    if ignored:
        body.append("<h2>Not looked at</h2><p class=\"dim\">Files that are "
                    "not a student's to write: " +
                    ", ".join(escaped(n) for n in ignored) + "</p>")
    return PAGE.format(title=escaped(graded.name), style=STYLE,
                       body="".join(body)).encode()


def index(lab, all_graded, overrides, box):
    limit = most(lab, all_graded[0].tests)
    body = [f"<h1>Lab {escaped(lab.number)}</h1><p class=\"dim\">"
            f"{len(all_graded)} submissions, {escaped(box.about)}.</p><table>"
            "<tr><th>submission</th>" +
            "".join(f'<th class="n">part {escaped(p)}</th>'
                    for p in lab.parts) +
            '<th class="n">all</th><th>note</th></tr>']
    for g in all_graded:
        s = sums(lab, g, overrides)
        body.append(
            f'<tr><td><a href="pages/{escaped(g.name)}.html">'
            f'{escaped(g.name)}</a></td>' + "".join(
                f'<td class="n">{"" if s[p] is None else number(s[p])}</td>'
                for p in lab.parts + [""]) +
            f'<td class="dim">{escaped(note_of(g))}</td></tr>')
    body.append('<tr><td class="dim">of</td>' + "".join(
        f'<td class="n dim">{number(limit[p])}</td>'
        for p in lab.parts + [""]) + "<td></td></tr></table>")
    return PAGE.format(title=f"Lab {escaped(lab.number)}", style=STYLE,
                       body="".join(body)).encode()


def remove_others(folder, names):
    """Pages of an earlier call that nothing leads to any more."""
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.endswith(".html") and name[:-5] not in names:
            os.remove(os.path.join(folder, name))


def write(out, lab, all_graded, overrides, box):
    remove_others(os.path.join(out, "pages"), {g.name for g in all_graded})
    for g in all_graded:
        write_whole(os.path.join(out, "pages", f"{g.name}.html"),
                    page(lab, g, overrides))
    write_whole(os.path.join(out, "index.html"),
                index(lab, all_graded, overrides, box))
    write_whole(os.path.join(out, "results.json"),
                results(lab, all_graded, box))
    write_whole(os.path.join(out, "gradebook.csv"),
                gradebook(lab, all_graded, overrides))
