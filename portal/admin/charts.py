"""A chart as a picture: SVG out of pygal, without the scripts that it brings, served under a policy of its own.

A page shows it by <img>, and what it shows beside it as a table. Never a chart whose labels a stranger chose.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final

import pygal
from flask import Response, g, request
from pygal.style import Style

# pygal puts a finder of its map plugins among Python's, of a shape that Python has given up: whoever walks the list stumbles
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, pygal.PluginImportFixer)]

STYLE: Final = Style(  # greys and greens that are read on light and on dark
    background="transparent",
    plot_background="transparent",
    colors=("#3d8f84", "#b0752a", "#5a7fc0", "#a8554a", "#7d6bb0", "#6f8f3d"),
    font_family="system-ui, sans-serif",
    foreground="#6b7b76",
    foreground_strong="#6b7b76",
    foreground_subtle="#9aa8a3",
    label_font_size=11,
    major_label_font_size=11,
    guide_stroke_color="#9aa8a3",
    major_guide_stroke_color="#9aa8a3",
)
PLAIN: Final = {
    "js": [],
    "style": STYLE,
    "explicit_size": True,
    "disable_xml_declaration": True,
    "margin": 4,
    "margin_bottom": 20,
    "margin_right": 16,  # half of the last number below bars
    "max_scale": 8,
    "no_data_text": "–",
}
NARROW: Final = (360, 210)
_SCRIPT: Final = re.compile(r"<script\b.*?</script>", re.DOTALL)  # pygal's own, with or without js=[]: nothing else brings one


def size(width: int, height: int) -> dict[str, int]:
    """Of a picture; `narrow` asks for a phone's: drawn as small as it is shown there, so that its words are not."""
    return dict(zip(("width", "height"), NARROW if "narrow" in request.args else (width, height), strict=True))


def every(labels: int, width: int) -> int:
    """Of so many labels side by side every so-manieth is written: as many as are read."""
    return max(1, -(-labels * 68 // width))


def picture(chart: Any, seconds: int) -> Response:
    """The answer with it; good for so many seconds in one person's browser."""
    answer = Response(drawn(chart), mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"  # the picture's own: no page has it
    g.cache = f"private, max-age={seconds}"
    return answer


def drawn(chart: Any) -> str:
    """The picture itself."""
    return _SCRIPT.sub("", chart.render(is_unicode=True))
