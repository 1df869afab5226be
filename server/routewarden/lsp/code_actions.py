"""Fixes as code actions: offered by name, and worked out when one is chosen.

Invariant: an action carries only what finds its fix again (`Offer`), so an offer costs nothing and holds no state; the edit
is made from the text as it is when it is asked for, and names the version that it is for, so that a client refuses it once it
is stale.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocument_codeAction
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from routewarden.analysis.finding import AddComment, Finding, FixPlan, Waiver
from routewarden.analysis.fix_all import Edits, merged, safe_plan
from routewarden.analysis.waiver_comments import as_comment
from routewarden.lsp.diagnostics import SOURCE, visible
from routewarden.lsp.documents import Document
from routewarden.lsp.folders import Folder, Home
from routewarden.lsp.positions import to_offsets, to_range
from routewarden.lsp.session import RouteWardenServer

ACCEPTED_FOR = timedelta(days=90)  # a quarter, after which a waiver is looked at again
FIX_ALL = "source.fixAll.routewarden"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL)
FIX_ALL_TITLE = "Apply all safe RouteWarden fixes in this file"


@dataclass(frozen=True, slots=True)
class Offer:
    """The `data` of a code action. `fingerprint` is empty for all safe fixes of the document."""

    uri: str
    fingerprint: str
    fix: str
    version: int


def code_action(ls: RouteWardenServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = ls.documents.find(params.text_document.uri)
    home = _ready_home(document)
    if document is None or home is None or not ls.client.code_action_literals:
        return []
    folder, path = home
    findings = visible(folder.project.findings(behind=False).get(path, ()), folder.settings)
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix.value, params.context):
        actions += _quick_fixes(ls, document, home, params, findings)
    if _is_wanted(FIX_ALL, params.context) and any(safe_plan(finding) for finding in findings):
        offer = Offer(document.uri, "", "all", document.version)
        action = types.CodeAction(title=FIX_ALL_TITLE, kind=FIX_ALL, data=asdict(offer))
        actions += _now_or_later(ls, action, offer)
    return actions


def resolve_code_action(ls: RouteWardenServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit. Raises JsonRpcContentModified where the finding is gone by now."""
    offer = _read_offer(action.data)
    edit = _edit_of(ls, offer)
    if edit is None:
        document = ls.documents.find(offer.uri)
        changed = document is None or document.version != offer.version
        raise JsonRpcContentModified(
            "The code has changed and no longer needs this fix." if changed else "This fix cannot be applied here."
        )
    action.edit = edit
    return action


def _quick_fixes(
    ls: RouteWardenServer, document: Document, home: Home, params: types.CodeActionParams, findings: Iterable[Finding]
) -> list[types.CodeAction]:
    by_plan: dict[tuple[object, ...], types.CodeAction] = {}
    offers: list[tuple[types.CodeAction, Offer]] = []
    for finding, place in _at(ls, document, home, params.range, findings):
        shown = [d for d in params.context.diagnostics if d.source == SOURCE and d.code == finding.rule and d.range == place]
        for plan in _plans(finding):
            same = by_plan.get(plan.steps)
            if same is not None:  # one fix for several findings is one action
                same.diagnostics = [*(same.diagnostics or ()), *(d for d in shown if d not in (same.diagnostics or ()))] or None
                continue
            offer = Offer(document.uri, finding.fingerprint, plan.id, document.version)
            action = types.CodeAction(
                title=plan.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=shown or None,
                is_preferred=True if plan.preferred and ls.client.code_action_preferred else None,
                data=asdict(offer),
            )
            by_plan[plan.steps] = action
            offers.append((action, offer))
    return [done for action, offer in offers for done in _now_or_later(ls, action, offer)]


def _at(
    ls: RouteWardenServer, document: Document, home: Home, span: types.Range, findings: Iterable[Finding]
) -> list[tuple[Finding, types.Range]]:
    """The findings that a range touches; where it touches none, those on its lines."""
    folder, _ = home
    text, encoding = document.text, ls.documents.encoding
    start, end = to_offsets(text, span, encoding)
    first, last = text.line_of(start), text.line_of(end)
    touched: list[tuple[Finding, types.Range]] = []
    on_lines: list[tuple[Finding, types.Range]] = []
    for finding in findings:
        where = folder.project.locate(finding.site)
        if where is None:
            continue
        place = to_range(text, where.start, where.end, encoding)
        if where.start <= end and start <= where.end:
            touched.append((finding, place))
        elif place.start.line <= last and first <= place.end.line:
            on_lines.append((finding, place))
    return touched or on_lines


def _now_or_later(ls: RouteWardenServer, action: types.CodeAction, offer: Offer) -> list[types.CodeAction]:
    """The action as this client needs it: with its edit at once where it cannot ask for it."""
    if ls.client.code_action_resolve:
        return [action]
    action.data = None
    action.edit = _edit_of(ls, offer)
    return [action] if action.edit is not None else []


def _edit_of(ls: RouteWardenServer, offer: Offer) -> types.WorkspaceEdit | None:
    """The edit of an offer as the code is now; None where there is nothing left to fix."""
    home = _ready_home(ls.documents.find(offer.uri))
    if home is None:
        return None
    folder, path = home
    findings = visible(folder.project.findings().get(path, ()), folder.settings)
    if not offer.fingerprint:
        fixes = [folder.project.edits(plan) for finding in findings if (plan := safe_plan(finding))]
        together = merged(fixes, lambda touched: touched == path)
        return _workspace_edit(ls, folder, together) if together else None
    for finding in findings:
        if finding.fingerprint == offer.fingerprint:
            for plan in _plans(finding):
                if plan.id == offer.fix and (edits := folder.project.edits(plan)):
                    return _workspace_edit(ls, folder, edits)
    return None


def _plans(finding: Finding) -> tuple[FixPlan, ...]:
    """The rule's fixes, and last to accept the gap; what a person has to decide is left for them to write."""
    site = finding.site
    if not site.path.endswith(".cs") or site.part.startswith("comment:"):
        return finding.fixes
    waiver = Waiver((finding.rule,), "TODO: why this is accepted", "TODO: who answers for it", date.today() + ACCEPTED_FOR)
    title = f"Accept this gap until {waiver.until}: write a waiver for {finding.rule}"
    return (*finding.fixes, FixPlan("waive", title, (AddComment(site, as_comment(waiver)),)))


def _workspace_edit(ls: RouteWardenServer, folder: Folder, edits: Edits) -> types.WorkspaceEdit | None:
    by_uri: list[tuple[str, int | None, list[types.TextEdit]]] = []
    for path, changes in edits.items():
        text = folder.project.text(path)
        if text is None:
            return None
        document = ls.documents.by_key(folder.key_of(path))
        lsp_edits = [
            types.TextEdit(to_range(text, change.start, change.end, ls.documents.encoding), change.new) for change in changes
        ]
        uri, version = (document.uri, document.version) if document is not None else (folder.uri_of(path), None)
        by_uri.append((uri, version, lsp_edits))
    if not ls.client.document_changes:
        return types.WorkspaceEdit(changes={uri: changes for uri, _, changes in by_uri})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), changes)
            for uri, version, changes in by_uri
        ]
    )


def _ready_home(document: Document | None) -> Home | None:
    """The folder that speaks about a document, once it knows everything."""
    if document is None or not document.homes or not document.homes[0][0].loaded:
        return None
    return document.homes[0]


def _is_wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Kinds are hierarchical: a client that asks for `source.fixAll` wants `source.fixAll.routewarden`."""
    return context.only is None or any(kind == str(asked) or kind.startswith(f"{asked}.") for asked in map(_kind, context.only))


def _kind(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _read_offer(data: object) -> Offer:
    if isinstance(data, Mapping):
        values = (data.get("uri"), data.get("fingerprint"), data.get("fix"), data.get("version"))
        match values:
            case (str(uri), str(fingerprint), str(fix), int(version)):
                return Offer(uri, fingerprint, fix, version)
    raise JsonRpcInvalidParams("This code action is not one of RouteWarden's.")
