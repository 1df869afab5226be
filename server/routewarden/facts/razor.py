"""What a Razor file says about its endpoint: `@page`, `@model`, `@attribute`, and the usings around them.

Invariant: a pure function of the bytes of the file and of the `_ViewImports.cshtml` or `_Imports.razor` files above it. The directives
become the C# that the Razor compiler would write (a class with the attributes and a `Model` property), so that names resolve like everywhere else.
Markup and code blocks are not read. https://learn.microsoft.com/aspnet/core/mvc/views/razor#directives
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from routewarden.facts.declarations import EMPTY_FACTS, FileFacts
from routewarden.facts.file import extract
from routewarden.facts.sites import Span
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText

PAGE_CLASS = "RazorFile"
MODEL = "Model"
_LONGEST = 2_000  # characters of one directive
_DIRECTIVE = re.compile(r"^[ \t]*@(page|model|attribute|using|namespace|inherits|layout|inject)\b[ \t]*([^\r\n]{0,2000})", re.MULTILINE)
_PAGE_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?[ \t]*(@page\b[^\r\n]{0,2000})", re.MULTILINE)
_COMMENT = re.compile(r"@\*.*?\*@|<!--.*?-->", re.DOTALL)
_TEMPLATE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
# The imports that the SDK puts before all others: https://github.com/dotnet/razor (MvcImportProjectFeature).
_IMPLIED = (
    "System", "System.Collections.Generic", "System.Linq", "System.Threading.Tasks", "Microsoft.AspNetCore.Mvc",
    "Microsoft.AspNetCore.Mvc.Rendering", "Microsoft.AspNetCore.Mvc.ViewFeatures",
)
_IMPLIED_IN_COMPONENTS = (*_IMPLIED[:4], "Microsoft.AspNetCore.Components")  # ComponentImportProjectFeature


@dataclass(frozen=True, slots=True)
class RazorDirectives:
    """`page`: the templates of `@page` ("" without one; a component may have several), empty where it is none."""

    pages: tuple[str, ...] = ()
    model: str = ""
    inherits: str = ""
    namespace: str = ""
    usings: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


def page_directive(data: bytes) -> Span:
    """The bytes of `@page` with its template; those of the first line where there is none."""
    found = _PAGE_LINE.search(data)
    if found is not None:
        return Span(found.start(1), found.end(1))
    end = data.find(b"\n")
    return Span(0, end if end >= 0 else len(data))


def read_directives(data: bytes) -> RazorDirectives:
    """The directives of one file, each at the start of a line."""
    text = _COMMENT.sub(" ", data.decode("utf-8-sig", "replace"))
    if "@" not in text:
        return RazorDirectives()
    pages: list[str] = []
    usings: list[str] = []
    attributes: list[str] = []
    single = {"model": "", "inherits": "", "namespace": ""}
    for match in _DIRECTIVE.finditer(text):
        word, rest = match.group(1), match.group(2).strip()
        if word == "page":
            template = _TEMPLATE.match(rest)
            pages.append(template.group(1).replace('\\"', '"').replace("\\\\", "\\") if template is not None else "")
        elif word == "using":
            usings.append(rest.rstrip(";").strip())
        elif word == "attribute":
            attributes.append(rest)
        elif word in single:
            single[word] = rest.rstrip(";").strip()
    return RazorDirectives(tuple(pages), single["model"], single["inherits"], single["namespace"], tuple(usings), tuple(attributes))


def razor_facts(own: RazorDirectives, imports: Sequence[RazorDirectives], is_component: bool = False) -> FileFacts:
    """The file as C#: `imports` are those of the folders above, outermost first."""
    usings = [*(_IMPLIED_IN_COMPONENTS if is_component else _IMPLIED), *(u for i in imports for u in i.usings), *own.usings]
    namespace = next((d.namespace for d in (own, *reversed(imports)) if d.namespace), "AspNetCoreGeneratedDocument")
    attributes = [a for d in (*imports, own) for a in d.attributes]
    model = own.model or next((d.model for d in reversed(imports) if d.model), "")
    base = own.inherits or next((d.inherits for d in reversed(imports) if d.inherits), "")
    lines = [f"using {u};" for u in dict.fromkeys(usings) if u]
    lines += [f"namespace {namespace} {{", *attributes, f"public class {PAGE_CLASS}{' : ' + base if base else ''} {{"]
    if model:
        lines.append(f"public {model} {MODEL} {{ get; }}")
    lines.append("} }")
    found = extract(parse(SourceText.from_str("\n".join(lines)))).facts
    return found if any(t.name == PAGE_CLASS for t in found.types) else EMPTY_FACTS
