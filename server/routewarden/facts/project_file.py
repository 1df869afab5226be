"""One MSBuild file (.csproj, .props, .targets) as a list of statements; nothing is expanded, evaluated or imported here.

Invariant: never fails and never runs anything. XML that defusedxml refuses (malformed, entities, a DTD) gives a file without
statements and with `error`. Deliberately absent: `<Target>` bodies, which only act during a build, and item definitions.
https://learn.microsoft.com/visualstudio/msbuild/msbuild-project-file-schema-reference
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

_DEEPEST = 10  # levels of <Choose>


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    value: str
    conditions: tuple[str, ...] = ()  # all must hold


@dataclass(frozen=True, slots=True)
class Item:
    kind: str  # "ProjectReference", "Using", "Compile" ...
    include: str = ""
    remove: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    project: str
    sdk: str = ""
    conditions: tuple[str, ...] = ()


Statement = Property | Item | Import


@dataclass(frozen=True, slots=True)
class BuildFile:
    """`sdk`: names without versions, joined by ";" ("" for files of the old style and for imported ones)."""

    path: str
    sdk: str = ""
    statements: tuple[Statement, ...] = ()
    error: str = ""


def parse_build_file(path: str, data: bytes) -> BuildFile:
    """The statements of a project file in source order."""
    root = parse_xml(data)
    if isinstance(root, str):
        return BuildFile(path, error=root)
    if _tag(root) != "Project":
        return BuildFile(path, error=f"not an MSBuild file: its root element is <{_tag(root)}>")
    sdks = [root.get("Sdk", "")]
    sdks += [child.get("Name", "") for child in root if _tag(child) == "Sdk"]
    statements = tuple(_statements(root, (), 0))
    sdks += [s.sdk for s in statements if isinstance(s, Import)]
    names = dict.fromkeys(name.partition("/")[0].strip() for sdk in sdks for name in sdk.split(";"))
    return BuildFile(path, ";".join(name for name in names if name), statements)


def parse_xml(data: bytes) -> Element | str:
    """The root element, or what is wrong with the document."""
    try:
        root: Element = ElementTree.fromstring(data)
    except ParseError as error:
        return f"malformed XML: {error}"
    except DefusedXmlException:
        return "refused XML: it declares entities or refers to other files"
    except (LookupError, ValueError) as error:  # encodings that expat does not know
        return f"unreadable XML: {error}"
    return root


def _statements(parent: Element, conditions: tuple[str, ...], depth: int) -> Iterator[Statement]:
    for child in parent:
        within = _with_condition(conditions, child)
        match _tag(child):
            case "PropertyGroup":
                for element in child:
                    yield Property(_tag(element), (element.text or "").strip(), _with_condition(within, element))
            case "ItemGroup":
                for element in child:
                    metadata = [*element.attrib.items(), *((_tag(m), (m.text or "").strip()) for m in element)]
                    yield Item(
                        _tag(element),
                        element.get("Include", ""),
                        element.get("Remove", ""),
                        tuple((k, v) for k, v in metadata if k not in ("Include", "Remove", "Condition")),
                        _with_condition(within, element),
                    )
            case "ImportGroup" if depth < _DEEPEST:
                yield from _statements(child, within, depth + 1)
            case "Import":
                yield Import(child.get("Project", ""), child.get("Sdk", ""), within)
            case "Choose" if depth < _DEEPEST:
                yield from _choice(child, within, depth + 1)
            case _:
                continue


def _choice(choose: Element, conditions: tuple[str, ...], depth: int) -> Iterator[Statement]:
    """`<Choose>`: the first `<When>` that holds, else `<Otherwise>`; written out as conditions that exclude each other."""
    earlier: tuple[str, ...] = ()
    for branch in choose:
        condition = branch.get("Condition", "") if _tag(branch) == "When" else ""
        within = (*conditions, *earlier, *([condition] if condition else []))
        yield from _statements(branch, within, depth)
        if condition:
            earlier = (*earlier, f"!({condition})")


def _with_condition(conditions: tuple[str, ...], element: Element) -> tuple[str, ...]:
    condition = element.get("Condition", "").strip()
    return (*conditions, condition) if condition else conditions


def _tag(element: Element) -> str:
    """The element's name without a namespace; "" for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
