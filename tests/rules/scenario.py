"""Reads a rule's page, or a file of its cases, as tests: the blocks under one heading are the files of one project.

Roles of a block: `bad` (reports what its labels say), `good` (silent), `todo-bad` and `todo-good` (a known miss, a
known noise: the test fails when it is gone), `fixed` (the text after the preferred fix of every finding, or after
`fix=ID`), `config` (JSON: disabled, severity). A label is a comment below a line of code: carets under the exact
range, the rule, a light bulb if there is a preferred fix, the message. Where no block is a Program.cs or has
top-level statements, the project gets one that maps controllers; it is always a web project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routewarden.analysis.finding import Severity
from routewarden.analysis.pages import Block, parse_page
from routewarden.analysis.rule import DEFAULT_CONFIG, RuleConfig
from routewarden.facts.file import extract
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules" / "routewarden_rules"
DEFAULT_FILE = "Example.cs"
SOURCE_ROLES = frozenset({"bad", "good", "todo-bad", "todo-good"})
ROLES = SOURCE_ROLES | {"fixed", "config"}

PROJECT_FILE = """\
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
</Project>
"""
HOST = """\
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.Run();
"""

_LABEL = re.compile(r"^(?P<head>\s*//\s*)(?P<carets>\^+)\s+(?P<rule>AP\d{3})(?P<fix>\s*💡)?\s*(?P<message>.*)$")


@dataclass(frozen=True, order=True)
class Label:
    """`line` is 0-based and counts the code without its labels; columns are 0-based code points."""

    path: str
    line: int
    start: int
    end: int
    rule: str
    message: str
    has_fix: bool

    def __str__(self) -> str:
        bulb = " 💡" if self.has_fix else ""
        return f"{self.path}:{self.line + 1}:{self.start + 1}-{self.end + 1} {self.rule}{bulb} {self.message}"


@dataclass(frozen=True)
class Scenario:
    page: Path
    headings: tuple[str, ...]
    rule_folder: str
    files: Mapping[str, str]  # without labels
    roles: Mapping[str, str]  # by path, for the files that blocks gave
    labels: tuple[Label, ...]
    fixed: Mapping[str, Mapping[str, str]]  # fix id ("" = the preferred ones) -> path -> text
    config: RuleConfig = DEFAULT_CONFIG
    blocks: tuple[Block, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """`ap004_unauthorized_write/rule.md: Not reported: A fallback policy`."""
        return ": ".join((self.page.relative_to(RULES).as_posix(), *self.headings))


def rule_folders() -> list[Path]:
    return sorted(p for p in RULES.iterdir() if p.is_dir() and not p.name.startswith("_") and p.name != "__pycache__")


def pages() -> list[Path]:
    """Every rule.md, and every file of cases."""
    return [page for folder in rule_folders() for page in (folder / "rule.md", *sorted((folder / "cases").glob("*.md")))]


def scenarios() -> list[Scenario]:
    return [scenario for page in pages() for scenario in read_scenarios(page)]


def read_scenarios(page: Path) -> list[Scenario]:
    by_heading: dict[tuple[str, ...], list[Block]] = {}
    for block in parse_page(page.read_text("utf-8")).blocks:
        if block.role:
            by_heading.setdefault(block.headings, []).append(block)
    return [_scenario(page, headings, tuple(blocks)) for headings, blocks in by_heading.items()]


def path_of(block: Block) -> str:
    return block.options.get("file", DEFAULT_FILE)


def _scenario(page: Path, headings: tuple[str, ...], blocks: tuple[Block, ...]) -> Scenario:
    files: dict[str, str] = {}
    roles: dict[str, str] = {}
    labels: list[Label] = []
    fixed: dict[str, dict[str, str]] = {}
    config = DEFAULT_CONFIG
    where = f"{page.name}, {' / '.join(headings)}"
    for block in blocks:
        assert block.role in ROLES, f"{where}: no such role: {block.role}"
        path = path_of(block)
        if block.role == "config":
            config = _config(block.text)
        elif block.role == "fixed":
            of_fix = fixed.setdefault(block.options.get("fix", ""), {})
            assert path not in of_fix, f"{where}: two fixed texts of {path}"
            of_fix[path] = block.text
        else:
            assert path not in files, f"{where}: two files {path}"
            files[path], found = split_labels(block.text, path)
            roles[path] = block.role
            labels.extend(found)
    files.setdefault("App.csproj", PROJECT_FILE)
    if "Program.cs" not in files and not any(_has_top_level(text) for path, text in files.items() if path.endswith(".cs")):
        files["Program.cs"] = HOST
    folder = page.relative_to(RULES).parts[0]
    return Scenario(page, headings, folder, files, roles, tuple(sorted(labels)), fixed, config, blocks)


def _has_top_level(text: str) -> bool:
    return extract(parse(SourceText.from_str(text))).facts.has_top_level


def _config(text: str) -> RuleConfig:
    data = json.loads(text)
    severity = {rule: Severity(value) for rule, value in data.pop("severity", {}).items()}
    disabled = frozenset(data.pop("disabled", []))
    assert not data, f"no such settings: {sorted(data)}"
    return RuleConfig(disabled, severity)


def split_labels(text: str, path: str) -> tuple[str, list[Label]]:
    """The code without its labels, and the labels."""
    code: list[str] = []
    labels: list[Label] = []
    for line in text.split("\n"):
        match = _LABEL.match(line)
        if match is None:
            code.append(line)
            continue
        start = match.start("carets")
        end = start + len(match["carets"])
        labels.append(Label(path, len(code) - 1, start, end, match["rule"], match["message"].strip(), bool(match["fix"])))
    return "\n".join(code), labels


def with_labels(text: str, labels: list[Label]) -> str:
    """The inverse of `split_labels`."""
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        lines.append(line)
        for label in sorted(label for label in labels if label.line == number):
            assert label.start >= 2, f"no room for a label below column {label.start} of {line!r}: indent the example"
            head = "//" + " " * (label.start - 2)
            lines.append(f"{head}{'^' * (label.end - label.start)} {label.rule}{' 💡' if label.has_fix else ''} {label.message}")
    return "\n".join(lines)
