"""A bar chart as SVG text, readable on light and dark pages."""
from html import escape

WIDTH, LABELS, NUMBERS, BAR, GAP = 820, 270, 70, 20, 6
STYLE = """<style>
text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:16px;font-weight:600}.group{font-weight:600}.note{fill:#666;font-size:12px}
.other{fill:#9aa5b1}.ours{fill:#2e6db4}
@media(prefers-color-scheme:dark){text{fill:#ddd}.note{fill:#999}.other{fill:#697480}.ours{fill:#5b9be0}}
</style>"""


def bars(title, note, groups):
    """groups: [(heading, [(label, value, whether it is ours)])]; each has its own scale."""
    out, y = [f'<text class="title" x="10" y="26">{escape(title)}</text>', f'<text class="note" x="10" y="46">{escape(note)}</text>'], 60
    for heading, rows in groups:
        y += 24
        out.append(f'<text class="group" x="10" y="{y}">{escape(heading)}</text>')
        y += 10
        longest = max((value for _, value, _ in rows), default=1) or 1
        for label, value, ours in rows:
            length = max(1, (WIDTH - LABELS - NUMBERS) * value / longest)
            out.append(f'<text x="{LABELS - 8}" y="{y + 15}" text-anchor="end">{escape(label)}</text>'
                       f'<rect class="{"ours" if ours else "other"}" x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
                       f'<text x="{LABELS + length + 6:.1f}" y="{y + 15}">{value:.3g}</text>')
            y += BAR + GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" width="{WIDTH}" height="{y + 10}" role="img" '
            f'aria-label="{escape(title)}">{STYLE}{"".join(out)}</svg>\n')
