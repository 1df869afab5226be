"""A rule's page: the one source of its title, summary, explanation, examples and tests.

Invariant: what a page says of a rule is read from here by everyone (hover, `explain`, SARIF help, the tests), and no
part of it is written twice. The form is held by tests: `# name (ID)`, one paragraph of summary, then the sections of
`HEADINGS` in this order. Deliberately absent: how blocks are run as tests, which is `tests/rules`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from markdown_it import MarkdownIt

from routewarden.analysis.rule import Rule

HEADINGS = ("Why it matters", "Example", "How to fix", "Not reported", "Known limits", "Configuration")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ```` ```csharp bad file=Program.cs ```` has the language "csharp", the role "bad" and an option
    `file`.

    `line` is the 0-based line of its first line of text; `headings` are those above it, outermost first, without the
    title.
    """

    language: str
    role: str
    options: Mapping[str, str]
    text: str
    line: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    title: str  # "unauthorized-write (AP004)"
    summary: str  # the first paragraph, on one line
    sections: Mapping[str, str]  # Markdown by heading of the second level, in the page's order
    blocks: tuple[Block, ...]
    markdown: str

    @property
    def has_fix(self) -> bool:
        return any(block.role == "fixed" for block in self.blocks)

    @property
    def why(self) -> str:
        return self.sections.get(HEADINGS[0], "")

    @property
    def how_to_fix(self) -> str:
        return self.sections.get(HEADINGS[2], "")


def parse_page(markdown: str) -> Page:
    """The page of a Markdown text. Never fails: what a text lacks is empty."""
    lines = markdown.split("\n")
    title = summary = ""
    heading_lines: list[tuple[str, int, int]] = []  # text, first line, line after
    trail: list[tuple[int, str]] = []
    blocks: list[Block] = []
    tokens = MarkdownIt("commonmark").parse(markdown)
    for token, inner in zip(tokens, [*tokens[1:], None], strict=True):
        content = inner.content if inner is not None else ""
        start, end = token.map or (0, 0)
        if token.type == "heading_open":
            level = int(token.tag[1:])
            trail = [(above, text) for above, text in trail if above < level]
            if level == 1:
                title = title or content
            else:
                trail.append((level, content))
            if level == 2:
                heading_lines.append((content, start, end))
        elif token.type == "paragraph_open" and title and not summary and not heading_lines:
            summary = " ".join(content.split())
        elif token.type == "fence":
            language, role, options = _info(token.info)
            blocks.append(Block(language, role, options, token.content, start + 1, tuple(text for _, text in trail)))
    ends = [start for _, start, _ in heading_lines[1:]] + [len(lines)]
    sections = {
        text: "\n".join(lines[after:end]).strip() for (text, _, after), end in zip(heading_lines, ends, strict=True)
    }
    return Page(title, summary, sections, tuple(blocks), markdown)


def _info(info: str) -> tuple[str, str, Mapping[str, str]]:
    words = info.split()
    options = dict(word.split("=", 1) for word in words if "=" in word)
    plain = [word for word in words if "=" not in word]
    return plain[0] if plain else "", plain[1] if len(plain) > 1 else "", options


@functools.cache
def page(rule: Rule) -> Page:
    """The page that lies beside a rule's module, also in a frozen program."""
    package = rule.module.rpartition(".")[0]
    return parse_page(resources.files(package).joinpath("rule.md").read_text("utf-8"))


def has_fix(rule: Rule) -> bool:
    """Whether the page shows a fix, and so whether there is one: its fixed blocks are tests."""
    return page(rule).has_fix


def source_path(rule: Rule) -> str:
    """Where the page lies in the repository, for links: `rules/routewarden_rules/<folder>/rule.md`."""
    return f"rules/{rule.module.rpartition('.')[0].replace('.', '/')}/rule.md"
