"""Markdown of people, as HTML that does nothing."""

from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

LONGEST = 12_000  # characters; what is longer could be made to take very long


def rendered(text: str) -> Markup:
    """HTML without scripts, foreign pictures or raw HTML of the writer; long texts as they are."""
    if len(text) > LONGEST:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(_markdown().render(text))


@cache
def _markdown() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    found.add_render_rule("link_open", _link)
    found.add_render_rule("image", _picture)
    for level in ("heading_open", "heading_close"):
        found.add_render_rule(level, _heading)
    return found


def _link(
    self: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    tokens[at].attrSet("rel", "nofollow noopener noreferrer ugc")
    return self.renderToken(tokens, at, options, _env)


def _heading(
    self: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    """Headings of people begin below those of the page."""
    tokens[at].tag = f"h{min(6, int(tokens[at].tag[1]) + 3)}" if len(tokens[at].tag) == 2 else "p"
    return self.renderToken(tokens, at, options, _env)


def _picture(
    _self: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    """A picture elsewhere would tell its owner who reads this; it becomes a link."""
    address = str(tokens[at].attrGet("src") or "")
    text = tokens[at].content or address
    if not address.startswith(("https://", "http://")):
        return str(escape(text))
    rel = "nofollow noopener noreferrer ugc"
    return str(Markup('<a href="{}" rel="{}">{}</a>').format(address, rel, text))
