"""How Sphinx builds the documentation."""

import html
import os
import re
import sys
from pathlib import Path

# Keras chatters where a gallery example imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from sphinx.errors import ExtensionError

from skhcr import __version__

sys.path.append(str(Path(__file__).parent / "_extensions"))

project = "skhcr"
author = "The skhcr developers"
copyright = "The skhcr developers"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "sphinx_design",
    "link_names",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
# What is inherited from scikit-learn speaks of its glossary.
suppress_warnings = ["ref.term"]

# Every reference leads somewhere, except those to other libraries and to attributes.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(functools|keras|matplotlib|numpy|optuna|sklearn|tensorflow)\..*"),
    (r"py:(meth|obj)", r"[a-z_]+"),  # attributes and inherited methods
]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
    "min_reported_time": 0,
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    # Of those that are not run.
    "default_thumb_file": str(Path(__file__).parent / "_static" / "letters.png"),
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skhcr"
html_static_path = ["_static"]
html_css_files = ["skhcr.css"]
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "friendly",
}
html_sidebars = {"get-started": [], "comparison": [], "citing": []}
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True


def check_titles(app, exception):
    """Raise an error where a page is not that of its source: Sphinx writes search.html itself."""
    if exception or app.builder.name != "html":
        return
    for name, title in app.env.titles.items():
        page = Path(app.builder.get_outfilename(name)).read_text(encoding="utf-8")
        headings = re.findall(r"<h1>(.*?)</h1>", page, flags=re.DOTALL)
        texts = [html.unescape(re.sub(r"<[^>]*>", "", heading)) for heading in headings]
        if not any(text.startswith(title.astext()) for text in texts):
            raise ExtensionError(f"The page of {name!r} lacks its title, {title.astext()!r}.")


def setup(app):
    """Let Sphinx call what is above."""
    app.connect("build-finished", check_titles)
