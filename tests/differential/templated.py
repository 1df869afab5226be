"""Idioms as text: each a few files and statements with places for random names, routes and access statements.

A template file holds idioms, `=== name flags`, each with sections: `--- services`, `--- program`, `--- early` (middleware before
authorization), `--- tail` (after the last statement), `--- settings` (JSON) or `--- PATH`, a file. `§` marks a place: `§n` the idiom's
number; drawn anew at each place: `§a` an access attribute or nothing, `§A` an access attribute, `§c` conventions of an endpoint, `§g` of a
group, `§p` a policy's name, `§v` a verb (`Get`), `§b` true or false, `§w` a word, `§(x|y§)` one of the texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.differential.authorization import attribute
from tests.differential.minimal import Writer, conventions, unnamed

FOLDER = Path(__file__).parent / "templates"
_PLACE = re.compile(r"§(?:\(([^§]*)§\)|(\w))")
_USINGS = "using Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.Mvc;\n"


@dataclass(frozen=True, slots=True)
class Template:
    """`flags`: "mvc" (controllers are added and mapped), "views" (with views and pages), "once" (at most one in an app)."""

    name: str
    flags: frozenset[str]
    sections: tuple[tuple[str, str], ...]


def templates() -> tuple[Template, ...]:
    """All idioms, by name."""
    found: list[Template] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, rest = part.partition("\n")
            name, *flags = head.split()
            sections = [s.partition("\n") for s in re.split(r"^--- ", rest, flags=re.MULTILINE)[1:]]
            found.append(Template(name, frozenset(flags), tuple((title.strip(), text) for title, _, text in sections)))
    return tuple(sorted(found, key=lambda t: t.name))


def expanded(w: Writer, text: str, number: int) -> str:
    """The text with its places filled; alternatives may hold places themselves, not alternatives."""
    random = w.random

    def place(match: re.Match[str]) -> str:
        if match[1] is not None:
            return random.choice(match[1].split("|"))
        kind = match[2]
        if kind == "n":
            return str(number)
        if kind in "aA":
            return attribute(random, w.policies) if kind == "A" or random.random() < 0.45 else ""
        if kind == "c":
            return unnamed(conventions(w))
        if kind == "g":
            return conventions(w, 0.4, False)
        if kind == "p":
            return random.choice(w.policies.spellings[random.choice(w.policies.names)])
        if kind == "v":
            return random.choice(["Get", "Post", "Put", "Delete", "Patch"])
        if kind == "b":
            return random.choice(["true", "false"])
        if kind == "w":
            return random.choice(["alpha", "beta", "gamma", "delta", "Omega"]) + str(w.next())
        raise ValueError(f"§{kind}")

    while "§" in text:
        filled = _PLACE.sub(place, text)
        if filled == text:
            raise ValueError(f"a place that cannot be filled: {text[text.index('§'):][:60]}")
        text = filled
    return text


def write_template(w: Writer, template: Template) -> None:
    """Adds one idiom to the app."""
    number = w.next()
    for title, text in template.sections:
        filled = expanded(w, text, number).rstrip("\n")
        if title == "services":
            w.services.append(filled)
        elif title == "program":
            w.program.append(filled)
        elif title == "early":
            w.early.append(filled)
        elif title == "tail":
            w.tail.append(filled)
        elif title == "settings":
            _merge(w.settings, json.loads(filled))
        else:
            path = expanded(w, title, number)
            w.files[path] = filled + "\n"
            if path.endswith(".cs") and not filled.startswith("global using"):
                w.templated.add(path)


def _merge(into: dict[str, object], other: Mapping[str, object]) -> None:
    for key, value in other.items():
        held = into.get(key)
        if isinstance(held, dict) and isinstance(value, dict):
            _merge(held, value)
        else:
            into[key] = value


def with_usings(files: Mapping[str, str], paths: set[str], global_usings: bool) -> dict[str, str]:
    """The templated files with the namespaces that they use, in each or in one file of global usings."""
    spaces = sorted({space for text in files.values() for space in re.findall(r"^namespace (Generated[\w.]*)", text, re.MULTILINE)} | {"Generated"})
    wanted = _USINGS + "".join(f"using {space};\n" for space in spaces)
    found = dict(files)
    if global_usings and paths:
        found["Usings.cs"] = wanted.replace("using ", "global using ")
        return found
    for path in paths:
        head = re.match(r"(?:#define \w+\n|using [^;]+;\n)*", files[path])
        at = head.end() if head is not None else 0
        own = {line for line in files[path][:at].splitlines() if line.startswith("using ")}
        lead = "".join(line + "\n" for line in files[path][:at].splitlines() if line.startswith("#"))
        rest = "".join(line + "\n" for line in files[path][:at].splitlines() if not line.startswith("#"))
        found[path] = lead + "".join(line + "\n" for line in wanted.splitlines() if line not in own) + rest + files[path][at:]
    return found
