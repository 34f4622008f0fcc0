"""plot - a picture of what groups are worth, from the rows of the bench shards.

Puts a second against the number of groups: what an agreement lets a group do
(left), and what the machine can do (right). The dotted line is that of one
group, as often as there are groups.
"""
import html

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 360, 300, 60, 50, 40
MOST = 4  # groups

PANELS = (
    ("2 ms a call, 4 operations a slot",
     {1: ("shards: 1 group, 64 clients / 32", "baseline"),
      2: ("shards: 2 groups / twice 1", "value"),
      4: ("shards: 4 groups / 4 times 1", "value")}),
    ("no delay, no limit: CPU-bound",
     {1: ("shards: CPU-bound, 2 groups / 1", "baseline"),
      2: ("shards: CPU-bound, 2 groups / 1", "value"),
      4: ("shards: CPU-bound, 4 groups / 1", "value")}),
)


def points_of(panel, rows):
    """[(groups, Puts a second)], as far as the rows have them."""
    by_name = {row["name"]: row for row in rows if row["mode"] == "free"}
    return [(groups, by_name[name][field])
            for groups, (name, field) in sorted(panel.items())
            if name in by_name]


def rounded_up(value):
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if factor * unit >= value:
                return factor * unit
        unit *= 10


class Panel:
    """One pair of axes, `left` of which is free."""

    def __init__(self, left, title, points):
        self.left, self.title, self.points = left + LEFT, title, points
        self.most = rounded_up(1.1 * max(rate for _, rate in points))
        self.width, self.height = WIDTH - LEFT - 20, HEIGHT - BELOW - ABOVE

    def place(self, groups, rate):
        return (self.left + self.width * groups / (MOST + 0.5),
                ABOVE + self.height * (1 - rate / self.most))

    def text(self, x, y, words, anchor="middle"):
        return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
                f"{html.escape(words)}</text>")

    def line(self, ends, style):
        (x, y), (to_x, to_y) = ends
        return (f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" '
                f'y2="{to_y:.1f}" {style}/>')

    def draw(self):
        bottom = ABOVE + self.height
        axis = 'stroke="black"'
        yield self.text(self.left + self.width / 2, ABOVE - 15, self.title)
        yield self.line(((self.left, ABOVE), (self.left, bottom)), axis)
        yield self.line(((self.left, bottom),
                         (self.left + self.width, bottom)), axis)
        for part in range(5):
            _, y = self.place(0, self.most * part / 4)
            yield self.text(self.left - 6, y + 4, f"{self.most * part / 4:g}",
                            "end")
        groups, rate = self.points[0]
        most = min(MOST, self.most * groups / rate)
        yield self.line((self.place(0, 0),
                         self.place(most, rate * most / groups)),
                        'stroke="gray" stroke-dasharray="3 4"')
        for (groups, rate), following in zip(self.points, self.points[1:]):
            yield self.line((self.place(groups, rate), self.place(*following)),
                            'stroke="steelblue" stroke-width="2"')
        for groups, rate in self.points:
            x, y = self.place(groups, rate)
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="steelblue"/>'
            yield self.text(x, y - 10, f"{rate:.0f}")
            yield self.text(x, bottom + 18, f"{groups}")
        yield self.text(self.left + self.width / 2, bottom + 38,
                        "groups, 32 clients each: Puts a second")


def draw(rows, path):
    """Writes the picture, if the rows have anything for it. Did it?"""
    panels = []
    for number, (title, panel) in enumerate(PANELS):
        points = points_of(panel, rows)
        if points:
            panels.append(Panel(number * WIDTH, title, points))
    if not panels:
        return False
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}"'
                  f' height="{HEIGHT}" font-family="sans-serif" '
                  'font-size="12">\n')
        out.write(f'<rect width="{2 * WIDTH}" height="{HEIGHT}" fill="white"/>')
        for panel in panels:
            out.write("\n".join(panel.draw()) + "\n")
        out.write("</svg>\n")
    return True
