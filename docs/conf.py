"""How Sphinx builds the site: `sphinx-build -W docs site`."""

from importlib.metadata import version as installed

project = "Aliquot"
copyright = "The Aliquot developers"  # noqa: A001 (Sphinx's name)
author = "The Aliquot developers"
release = version = installed("aliquot")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings give the types, with shapes and units
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"Aliquot {release}"
