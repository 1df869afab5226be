"""One file of an OpenAPI document (2.0, 3.0, 3.1) as facts: its paths and operations, where it is served, what it says of security.

Invariant: facts hold no offsets. A place is a JSON pointer, the `declaration` of its `Site`; `OpenApiFile.locate` turns it into bytes.
A file that is only a part of a document (a path item, a map of paths) is read the same way. Nothing is followed out of the file here:
references are kept as they are written, and a YAML alias is a value that is not known. Reading never raises.
https://spec.openapis.org/oas/v3.1.0, https://swagger.io/specification/v2/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from routewarden.facts.sites import Site, Span
from routewarden.syntax import json_sections
from routewarden.syntax.data_tree import DataNode, DataTree, Offsets, error_at
from routewarden.syntax.json_tree import parse_json
from routewarden.syntax.yaml_tree import parse_yaml
from routewarden.text.source import SourceText

VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MARK = re.compile(rb"""(?:^|[\xbf{,\s'"])(?:openapi|swagger)['"]?\s*:\s*['"]?[23]\.""")  # the bytes of a whole document have it somewhere
_WALKED = ("paths", "pathItems")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MOST_PATHS = 20_000

Security = tuple[tuple[str, ...], ...]  # alternatives, each the names of the schemes that it asks for together; () = nobody is asked


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """`security` and `servers` are None where the operation leaves them to its document."""

    method: str  # upper case
    pointer: str
    deprecated: bool = False
    security: Security | None = None
    servers: tuple[str, ...] | None = None
    summary: str = ""
    ref: str = ""  # `$ref`: the operation is described elsewhere


@dataclass(frozen=True, slots=True)
class PathFacts:
    """One path item. `ref`: where the rest of it is; `opaque`: some of its operations are not known (a YAML alias)."""

    path: str
    pointer: str
    operations: tuple[OperationFacts, ...] = ()
    ref: str = ""
    servers: tuple[str, ...] | None = None
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class OpenApiFacts:
    """`version`: "2.0", "3.0.3", "3.1.1"; "" for a file that is only a part. `servers`: base paths, "" for the root."""

    version: str = ""
    title: str = ""
    release: str = ""  # `info.version`
    servers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # host:port of the servers, lower case
    security: Security | None = None
    schemes: tuple[str, ...] = ()
    paths: tuple[PathFacts, ...] = ()
    paths_ref: str = ""
    items: tuple[PathFacts, ...] = ()  # path items that references may mean: of `components.pathItems`, and of a part by its root's keys
    item: PathFacts | None = None  # of a part: the root as one path item
    complete: bool = True  # False: the text is broken, or too large in itself; what could be read is there


@dataclass(frozen=True, slots=True)
class OpenApiFile:
    """A file as it is now. `error`: what is wrong with its text, "" if nothing is."""

    text: SourceText
    facts: OpenApiFacts
    places: Mapping[str, tuple[Span, Span]]  # pointer -> bytes of the key, bytes of key and value
    error: str = ""

    def locate(self, site: Site) -> Span | None:
        """The key that a pointer names (part "whole": with its value); the first byte for the file itself."""
        if not site.declaration:
            return Span(0, 0)
        found = self.places.get(site.declaration)
        return None if found is None else found[1] if site.part == "whole" else found[0]


def pointer(*keys: str) -> str:
    """A JSON pointer: https://www.rfc-editor.org/rfc/rfc6901"""
    return "#" + "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def keys_of(of: str) -> tuple[str, ...]:
    """The keys of a JSON pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in of.removeprefix("#").split("/")[1:])


def read_openapi(path: str, text: SourceText) -> OpenApiFile:
    """The file as its name says that it is to be read."""
    reading = _Reading()
    error = ""
    if path.lower().endswith((".yaml", ".yml")):
        error = _read_tree(parse_yaml(text), reading)
    else:
        try:
            _read_json(text, reading)
        except ValueError:
            reading = _Reading()
            error = _read_tree(parse_json(text), reading)
    if len(reading.paths) > _MOST_PATHS:
        error = error or error_at(text, 0, f"more than {_MOST_PATHS:,} paths")
    return OpenApiFile(text, _facts(reading, complete=not error), reading.places, error)


# --- raw: the document in Python values, with the places of paths and operations -------------------------------------------


@dataclass(slots=True)
class _Item:
    path: str
    pointer: str
    members: dict[str, Any] = field(default_factory=dict)
    text: str = ""  # where the value is a string, as in `paths: {$ref: "paths.yaml"}`


@dataclass(slots=True)
class _Reading:
    """State of one pass."""

    root: dict[str, Any] = field(default_factory=dict)
    paths: list[_Item] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)
    places: dict[str, tuple[Span, Span]] = field(default_factory=dict)


_ALIAS = object()  # a YAML alias, which is not followed


def _read_json(text: SourceText, reading: _Reading) -> None:
    source = str(text)
    offsets = Offsets(source)

    def noted(where: str, start: int, end: int, close: int) -> None:
        first = offsets.byte(start)
        reading.places.setdefault(where, (Span(first, offsets.byte(end)), Span(first, offsets.byte(close))))

    def walk_items(keys: tuple[str, ...], at: int, into: list[_Item]) -> int:
        def on_path(path: str, start: int, end: int, value: int) -> int:
            item = _Item(path, pointer(*keys, path))
            into.append(item)
            if source[value : value + 1] != "{":
                found, close = json_sections.value_at(source, value)
                item.text = _text(found)
            else:
                def on_verb(verb: str, key: int, key_end: int, inner: int) -> int:
                    item.members[verb], inner_end = json_sections.value_at(source, inner)
                    noted(pointer(*keys, path, verb), key, key_end, inner_end)
                    return inner_end

                close = json_sections.members(source, value, on_verb)
            noted(item.pointer, start, end, close)
            return close

        return json_sections.members(source, at, on_path)

    def walk_item(key: str, start: int, end: int, at: int) -> int:
        item = _Item(key, pointer(key))
        reading.items.append(item)

        def on_verb(verb: str, first: int, last: int, inner: int) -> int:
            item.members[verb], inner_end = json_sections.value_at(source, inner)
            noted(pointer(key, verb), first, last, inner_end)
            return inner_end

        close = json_sections.members(source, at, on_verb)
        noted(item.pointer, start, end, close)
        return close

    def on_section(key: str, start: int, end: int, at: int) -> int:
        if key.startswith("/") and source[at : at + 1] == "{":
            return walk_item(key, start, end, at)
        if key == "paths" and source[at : at + 1] == "{":
            close = walk_items(("paths",), at, reading.paths)
        elif key == "components" and source[at : at + 1] == "{" and '"pathItems"' in source:
            components: dict[str, Any] = {}

            def on_component(name: str, _start: int, _end: int, inner: int) -> int:
                if name == "pathItems" and source[inner : inner + 1] == "{":
                    return walk_items(("components", "pathItems"), inner, reading.items)
                components[name], inner_end = json_sections.value_at(source, inner)
                return inner_end

            close = json_sections.members(source, at, on_component)
            reading.root[key] = components
        else:
            reading.root[key], close = json_sections.value_at(source, at)
        noted(pointer(key), start, end, close)
        return close

    end = json_sections.members(source, json_sections.skip_space(source, 0), on_section)
    if json_sections.skip_space(source, end) != len(source):
        raise ValueError("more than one value")


def _read_tree(tree: DataTree, reading: _Reading) -> str:
    root = tree.root
    if root is None or root.kind != "object":
        return tree.error or "no object"

    def walk_items(keys: tuple[str, ...], node: DataNode, into: list[_Item]) -> None:
        for path, start, end, value in node.members:
            item = _Item(path, pointer(*keys, path), text=value.value or "" if value.kind == "string" else "")
            into.append(item)
            reading.places.setdefault(item.pointer, (Span(start, end), Span(start, value.end)))
            if value.kind == "alias":
                item.members["<<"] = _ALIAS
            for verb, key, key_end, inner in value.members:
                item.members[verb] = _plain(inner)
                reading.places.setdefault(pointer(*keys, path, verb), (Span(key, key_end), Span(key, inner.end)))

    for key, start, end, value in root.members:
        reading.places.setdefault(pointer(key), (Span(start, end), Span(start, value.end)))
        if key == "paths" and value.kind == "object":
            walk_items(("paths",), value, reading.paths)
        elif key == "components" and value.kind == "object":
            items = next((v for k, _, _, v in value.members if k == "pathItems"), None)
            if items is not None:
                walk_items(("components", "pathItems"), items, reading.items)
            reading.root[key] = {k: _plain(v) for k, _, _, v in value.members if k == "securitySchemes"}
        elif value.kind == "object" and any(name in VERBS for name, _, _, _ in value.members):
            item = _Item(key, pointer(key))
            reading.items.append(item)
            for verb, first, last, inner in value.members:
                item.members[verb] = _plain(inner)
                reading.places.setdefault(pointer(key, verb), (Span(first, last), Span(first, inner.end)))
        else:
            reading.root[key] = _plain(value)
    return tree.error


def _plain(node: DataNode) -> Any:
    """A node as Python has it. `MAX_DEPTH` of the tree bounds the recursion."""
    if node.kind == "object":
        return {key: _plain(value) for key, _, _, value in node.members}
    if node.kind == "array":
        return [_plain(item) for item in node.items]
    if node.kind == "alias":
        return _ALIAS
    if node.kind == "bool":
        return (node.value or "").lower() == "true"
    return node.value


# --- facts -------------------------------------------------------------------------------------------------------------------


def _facts(reading: _Reading, complete: bool) -> OpenApiFacts:
    root = reading.root
    version = root.get("openapi", root.get("swagger", ""))
    info = _object(root.get("info"))
    components = _object(root.get("components"))
    schemes = _object(components.get("securitySchemes")) or _object(root.get("securityDefinitions"))
    paths = [item for item in reading.paths if item.path.startswith("/")][:_MOST_PATHS]
    # `paths: {$ref: ...}` is not in the standard, but bundlers take it.
    ref = next((item.text for item in reading.paths if item.path == "$ref"), "")
    return OpenApiFacts(
        version if isinstance(version, str) else "", _text(info.get("title")), _text(info.get("version")), _servers(root), _hosts(root),
        _security(root.get("security")), tuple(schemes), tuple(_path(item) for item in paths), ref,
        tuple(_path(item) for item in reading.items), None if version else _part(root), complete,
    )


def _part(root: Mapping[str, Any]) -> PathFacts | None:
    """The root of a part as a path item, if it has operations."""
    item = _Item("", "#", dict(root))
    return _path(item) if any(verb in root for verb in VERBS) else None


def _path(item: _Item) -> PathFacts:
    members = item.members
    operations = tuple(
        _operation(verb, item.pointer + "/" + verb, members[verb]) for verb in VERBS if verb in members and (members[verb] or members[verb] == {})
    )
    opaque = "<<" in members or any(members.get(verb) is _ALIAS for verb in VERBS)
    return PathFacts(item.path, item.pointer, operations, _text(members.get("$ref")), _own_servers(members), opaque)


def _operation(verb: str, where: str, value: Any) -> OperationFacts:
    content = _object(value)
    return OperationFacts(
        verb.upper(), where, content.get("deprecated") is True, _security(content.get("security")), _own_servers(content),
        _text(content.get("summary")) or _text(content.get("operationId")), _text(content.get("$ref")),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _security(value: Any) -> Security | None:
    if not isinstance(value, list):
        return None
    return tuple(tuple(sorted(str(name) for name in alternative)) for alternative in value if isinstance(alternative, dict))


def _own_servers(members: Mapping[str, Any]) -> tuple[str, ...] | None:
    return _server_paths(members["servers"]) if isinstance(members.get("servers"), list) else None


def _servers(root: Mapping[str, Any]) -> tuple[str, ...]:
    if "swagger" in root:
        return (_base(_text(root.get("basePath"))),)
    return _server_paths(root.get("servers")) or ("",)


def _server_paths(servers: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_base(urlsplit(url).path if "://" in url else url) for url in _urls(servers)))


def _hosts(root: Mapping[str, Any]) -> tuple[str, ...]:
    if "swagger" in root:
        return (_text(root.get("host")).lower(),) if root.get("host") else ()
    return tuple(dict.fromkeys(host for url in _urls(root.get("servers")) if (host := _netloc(url))))


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _urls(servers: Any) -> list[str]:
    """The addresses, with their variables at the defaults."""
    found = []
    for server in servers if isinstance(servers, list) else ():
        url = _text(_object(server).get("url"))
        variables = _object(_object(server).get("variables"))
        filled = _VARIABLE.sub(lambda m, variables=variables: _text(_object(variables.get(m[1])).get("default")), url)  # type: ignore[misc]
        try:
            urlsplit(filled)
        except ValueError:
            continue
        if filled:
            found.append(filled)
    return found


def _base(path: str) -> str:
    """`/api/v2` of "/api/v2/", "" of "/" and of what is no path."""
    path = path.split("?", 1)[0].split("#", 1)[0].strip()
    path = path.removeprefix(".").strip("/")
    return f"/{path}" if path else ""
