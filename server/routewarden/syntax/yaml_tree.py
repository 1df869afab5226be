"""YAML, each key and value with its place: PyYAML's events, which carry marks, made a tree.

Invariant: no tag is applied and no alias is followed, so a text of a few lines cannot grow into gigabytes; an alias is a node of its
own. Of several documents the first counts. libyaml bounds nesting itself; its events come without recursion.
https://pyyaml.org/wiki/PyYAMLDocumentation (events and marks)
"""

from __future__ import annotations

import re

import yaml

from routewarden.syntax.data_tree import MAX_DEPTH, MAX_NODES, TOO_DEEP, TOO_MANY, Builder, DataTree, Offsets, error_at
from routewarden.text.source import SourceText

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The core schema, https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)


def parse_yaml(text: SourceText) -> DataTree:
    """The tree of the first document of a text. Never raises."""
    source = str(text)
    offsets = Offsets(source)
    builder = Builder(offsets)
    error = ""
    try:
        _read(source, builder)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        error = error_at(text, offsets.byte(mark.index if mark is not None else 0), problem.problem or "not valid YAML")
    except yaml.reader.ReaderError as problem:
        error = error_at(text, offsets.byte(problem.position), "a character that YAML does not allow")
    except yaml.YAMLError:
        error = "not valid YAML"
    except _TooMuchError as problem:
        error = str(problem)
    while builder.depth:
        builder.close(len(source))
    return DataTree(text, builder.root, error)


class _TooMuchError(Exception):
    """Ends a reading that has become too large."""


def _read(source: str, builder: Builder) -> None:
    for event in yaml.parse(source, Loader=_LOADER):
        if isinstance(event, yaml.DocumentEndEvent):
            return
        if event.start_mark is None or event.end_mark is None:
            continue
        start, end = event.start_mark.index, event.end_mark.index
        is_key = builder.inside == "object" and not builder.has_key
        if isinstance(event, yaml.ScalarEvent):
            if is_key:
                builder.key(event.value, start, end)
            else:
                kind = _kind(event.value) if event.implicit[0] else "string"
                builder.scalar(kind, None if kind == "null" else event.value, start, end)
        elif isinstance(event, yaml.AliasEvent):
            if is_key:
                builder.key(f"*{event.anchor}", start, end)
            else:
                builder.scalar("alias", event.anchor, start, end)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if is_key:
                raise _TooMuchError("a key that is no scalar")
            if builder.depth >= MAX_DEPTH:
                raise _TooMuchError(TOO_DEEP)
            builder.open("object" if isinstance(event, yaml.MappingStartEvent) else "array", start)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            builder.close(end)
        if builder.nodes > MAX_NODES:
            raise _TooMuchError(TOO_MANY)


def _kind(plain: str) -> str:
    if _NULL.fullmatch(plain):
        return "null"
    if _BOOL.fullmatch(plain):
        return "bool"
    return "number" if _NUMBER.fullmatch(plain) else "string"
