"""Block specs in, encoded blocks out: sandboxed Jinja2, MJML, text part, mail lint; never sends."""

from briefings.render.lint import lint
from briefings.render.renderer import SLOTS, Renderer
from briefings.render.site import Site

__all__ = ["SLOTS", "Renderer", "Site", "lint"]
