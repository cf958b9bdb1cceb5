"""How `make docs` builds the pages: Sphinx, with Markdown by MyST, tutorials run by myst-nb, docstrings by autodoc."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

import synthmix

DOCS = Path(__file__).parent
_HANDS = 8  # runs of pages that are dealt; two processes take fewer, longer ones by turns

project = "synthmix"
author = "the synthmix developers"
copyright = author
release = synthmix.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
smartquotes = False  # 1'Y = 1'X is a formula, --rows an option
default_role = "literal"  # `name` in a docstring is a name

# Headings down to ### can be linked to by their text, as on the sites that show repositories.
myst_heading_anchors = 3

# A tutorial runs on every build, in a folder of its own that is thrown away. An error, a cell that takes too long and
# anything written to stderr fail the build. The limit leaves room for compiling the kernels, which is done once.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 180  # seconds, for each cell
nb_execution_show_tb = True  # what failed; that it failed is a warning, so that the other tutorials are run too
nb_output_stderr = "warn"
nb_merge_streams = True

# Members are what `__all__` and public docstrings say. Types are in the docstrings, so signatures leave them out.
autodoc_default_options = {"members": True}
autodoc_member_order = "groupwise"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"synthmix {release}"
html_static_path = ["_static"]
html_css_files = ["synthmix.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

# Files above docs that have a page here, which includes them. Links are written to the file, so that they work in the
# repository, and lead to the page in the build.
PAGES = {
    "../README.md": "project/readme.md",
    "../CHANGELOG.md": "project/changelog.md",
    "../CONTRIBUTING.md": "project/contributing.md",
    "../benchmarks/README.md": "project/benchmarks.md",
}


def lead_links_to_pages(_: Sphinx, docname: str, source: list[str]) -> None:
    """Change links of one page, in place."""
    folder = (DOCS / docname).parent

    def page(match: re.Match[str]) -> str:
        name = PAGES.get(os.path.relpath(folder / match[1], DOCS))
        return match[0] if name is None else f"]({os.path.relpath(DOCS / name, folder)}"

    source[0] = re.sub(r"\]\((\.\./[^)#]+)", page, source[0])


def lead_links_of_included(_: Sphinx, path: Path, _page: str, content: list[str]) -> None:
    """Change links of an included file that lead out of docs: to the page that a file has, or to the file itself."""
    folder = (DOCS / path).parent

    def from_project(match: re.Match[str]) -> str:
        target = os.path.relpath(folder / match[1], DOCS)
        if not target.startswith("..") or not (DOCS / target).is_file():
            return match[0]
        return f"]({os.path.relpath(DOCS / PAGES.get(target, target), DOCS / 'project')}"

    content[0] = re.sub(r"\]\(([^)#:\s]+)", from_project, content[0])


def skip_fields_without_text(_app: Sphinx, _kind: str, _name: str, member: object, *_: object) -> bool | None:
    """Leave out fields of named tuples that Python alone describes; None leaves the decision to autodoc."""
    return True if (getattr(member, "__doc__", None) or "").startswith("Alias for field number") else None


def deal_pages(_app: Sphinx, _env: object, docnames: list[str]) -> None:
    """Deal pages, in place, the last ones first: a process takes neighbours, and tutorials are that, and slow."""
    last_first = docnames[::-1]
    docnames[:] = [name for first in range(_HANDS) for name in last_first[first::_HANDS]]


def setup(app: Sphinx) -> None:
    """Tell Sphinx about the functions above."""
    app.connect("env-before-read-docs", deal_pages)
    app.connect("autodoc-skip-member", skip_fields_without_text)
    app.connect("source-read", lead_links_to_pages)
    app.connect("include-read", lead_links_of_included)
