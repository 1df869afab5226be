"""Hover: who may reach the endpoint under the cursor, and the decisions that led there.

Invariant: text of the workspace (routes, attributes, file names) is shown, never interpreted: it is escaped or in code spans,
because a hostile repository could else put links into the editor. What a rule is about is not here: each diagnostic links to
its page.
"""

from collections.abc import Iterable

from lsprotocol import types

from routewarden.analysis.concealment import concealed, quoted_line
from routewarden.facts.sites import Site, Span
from routewarden.lsp.folders import Folder
from routewarden.lsp.positions import to_offset, to_range
from routewarden.lsp.session import RouteWardenServer
from routewarden.lsp.spots import PAGE, Spot, View, spots, view_of
from routewarden.model.register import Endpoint, TrailStep
from routewarden.report.markdown import code, escape, prose
from routewarden.report.wording import demands, meaning

MOST = 8  # endpoints of one place that are spelled out
QUOTED = 120  # characters of a line of code


def hover(ls: RouteWardenServer, params: types.HoverParams) -> types.Hover | None:
    view = view_of(ls, params.text_document.uri)
    if view is None:
        return None
    offset = to_offset(view.text, params.position, ls.documents.encoding)
    found = [(spot, name) for spot in spots(view.folder.project, view.path) if (name := _hit(view, spot, offset)) is not None]
    if not found:
        return None
    endpoints = [endpoint for spot, _ in found for endpoint in spot.endpoints]
    name = found[0][1]
    markdown = ls.client.hover_markdown
    value = describe(ls, view.folder, endpoints, markdown=markdown)
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, value), to_range(view.text, name.start, name.end, ls.documents.encoding))


def describe(ls: RouteWardenServer, folder: Folder, endpoints: list[Endpoint], *, markdown: bool) -> str:
    """The text for the endpoints of one place: label, access, what it asks for, and the trail."""
    parts: list[str] = []
    for endpoint in endpoints[:MOST]:
        parts.append("\n".join(_lines(ls, folder, endpoint, markdown)))
    if len(endpoints) > MOST:
        parts.append(f"… and {len(endpoints) - MOST} more endpoints")
    return ("\n\n---\n\n" if markdown else "\n\n").join(parts)


def _lines(ls: RouteWardenServer, folder: Folder, endpoint: Endpoint, markdown: bool) -> Iterable[str]:
    verdict = endpoint.verdict
    about = meaning(endpoint)
    if markdown:
        yield f"{code(endpoint.label)} · **{verdict.access}**"
        yield ""
    else:
        yield f"{endpoint.label} · {verdict.access}"
    yield prose(about) if markdown else about
    for title, names in demands(endpoint):
        if markdown:
            yield ""
        yield f"{title}: {', '.join(code(name) if markdown else name for name in names)}"
    if verdict.trail and markdown:
        yield ""
    for step in verdict.trail:
        yield f"- {_step(ls, folder, step, markdown)}"
        if (quoted := _quoted(folder, step)) and quoted not in step.why:
            yield f"  {code(quoted)}" if markdown else f"  {quoted}"


def _step(ls: RouteWardenServer, folder: Folder, step: TrailStep, markdown: bool) -> str:
    why = prose(step.why) if markdown else step.why
    site = step.site
    if site is None or not site.path:
        return why
    line = _line(folder, site)
    name = site.path.rsplit("/", 1)[-1]
    if not markdown:
        return f"{why} ({site.path}:{line})"
    key = folder.key_of(site.path)
    document = ls.documents.by_key(key)
    uri = document.uri if document is not None else folder.uri_of(site.path)
    return f"{why} — [{escape(name)}:{line}]({uri.replace('(', '%28').replace(')', '%29')}#L{line})"


def _line(folder: Folder, site: Site) -> int:
    """1-based."""
    span, text = folder.project.locate(site), folder.project.text(site.path)
    return 1 if text is None or span is None else text.line_of(span.start) + 1


def _quoted(folder: Folder, step: TrailStep) -> str:
    """The line of a decision, cut to what a hover has room for; "" where it has no place."""
    site = step.site
    span, text = (folder.project.locate(site), folder.project.text(site.path)) if site is not None and site.path else (None, None)
    if span is None or text is None:
        return ""
    project = folder.project
    hidden = concealed(project.findings(behind=False), project.locate, step.site.path) if step.site is not None else []
    line = quoted_line(text, text.line_of(span.start), hidden).data[: 4 * QUOTED].decode("utf-8", "ignore").strip()
    return line if len(line) <= QUOTED else line[: QUOTED - 1] + "…"


def _hit(view: View, spot: Spot, offset: int) -> Span | None:
    """The name of a spot, where `offset` is on its head: its attributes, and the line of its name or Map call."""
    site, text = spot.site, view.text
    name = view.name(spot)
    if name is None:
        return None
    whole = None if spot.inherited or view.path.endswith(PAGE) else name
    if whole is not None and site.part == "name":
        whole = view.folder.project.locate(Site(site.path, site.declaration, "whole"))
    head_start = text.line_starts[text.line_of(min(whole.start if whole is not None else name.start, name.start))]
    line = text.line_of(name.start)
    head_end = text.line_starts[line + 1] if line + 1 < len(text.line_starts) else len(text.data) + 1
    return name if head_start <= offset < head_end else None
