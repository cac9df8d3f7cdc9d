"""How Sphinx builds the site; it runs in an environment without mlpc, and takes from it the colours of `.mlp` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpc_cli.highlight import MlpLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "mlpc"
author = ""
copyright = ""
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns: list[str] = []
language = "en"
highlight_language = "none"
nitpicky = True
# Some examples of settings are wrong on purpose: they lack colours, no more.
suppress_warnings = ["misc.highlighting_failure"]
smartquotes = False

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]

html_theme = "pydata_sphinx_theme"
html_title = "mlpc"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
html_use_index = False
html_domain_indices = False
html_permalinks_icon = "#"
html_theme_options = {
    "logo": {"text": "mlpc"},
    "show_prev_next": True,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "navigation_depth": 3,
    "collapse_navigation": True,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "pygments_light_style": "github-light",
    "pygments_dark_style": "github-dark",
    "footer_start": [],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "back_to_top_button": False,
}
html_sidebars: dict[str, list[str]] = {"index": []}


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the colours of `.mlp` known."""
    app.add_lexer("mlp", MlpLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
