"""What the tests and benchmarks ask a running server; offered only where `initializationOptions.debug` is true.

Invariant: it compares the server's state with one made from scratch, after what a pause in typing would do. Deliberately absent:
anything a product feature could depend on.
"""

from pathlib import Path
from typing import Any

from routewarden.analysis.project import Project
from routewarden.lsp.session import RouteWardenServer
from routewarden.syntax.tree import parse

STATE = "routewarden/debug/state"
DIFFERENCES = "routewarden/debug/differences"


def register(ls: RouteWardenServer) -> None:
    ls.feature(STATE)(state)
    ls.feature(DIFFERENCES)(differences)


def state(ls: RouteWardenServer, params: Any) -> dict[str, Any]:
    """Of `params.uri`: text and version, and whether line table, tree and facts equal those of a fresh parse.

    `pending` says that something is still to be published.
    """
    document = ls.documents.find(params.uri)
    pending = ls.outbox.scheduled is not None
    if document is None:
        return {"text": None, "pending": pending}
    answer: dict[str, Any] = {"text": str(document.text), "version": document.version, "pending": pending}
    fresh = type(document.text).from_str(str(document.text))
    answer["linesEqual"] = list(document.text.line_starts) == list(fresh.line_starts)
    if document.homes:
        folder, path = document.homes[0]
        folder.project.settle()  # as when the typing pauses
        unit = folder.project.unit(path)
        text = folder.project.text(path)
        answer["engineTextEqual"] = text is not None and text.data == fresh.data
        if unit is not None:
            tree = parse(fresh, unit.tree.symbols)
            scratch = Project.in_memory({path: fresh.data})
            for _ in scratch.load():
                pass
            other = scratch.unit(path)
            answer["treeEqual"] = _shape(unit.tree.root) == _shape(tree.root) and unit.tree.masked == tree.masked
            answer["factsEqual"] = other is not None and other.facts == unit.facts
    return answer


def differences(ls: RouteWardenServer, params: Any) -> dict[str, Any]:
    """The paths whose findings are not those of an engine that starts with the disk and the open documents of this moment."""
    paths: list[str] = []
    for folder in ls.folders.by_root.values():
        folder.project.settle()
        fresh = ls.folders.open_folder(Path(folder.root)).project
        for document in ls.documents:
            for home, path in document.homes:
                if home is folder:
                    fresh.open(path, document.text)
        ours, theirs = folder.project.findings(), fresh.findings()
        paths += [path for path in sorted({*ours, *theirs}) if ours.get(path, ()) != theirs.get(path, ())]
        if folder.project.register.not_analysed != fresh.register.not_analysed:
            paths.append("(not analysed)")
    return {"paths": paths}


def _shape(root: Any) -> list[tuple[str, int, int, bool, bool]]:
    """Every node in order: what two equal trees have in common."""
    shape: list[tuple[str, int, int, bool, bool]] = []
    cursor = root.walk()
    while True:
        node = cursor.node
        shape.append((node.type, node.start_byte, node.end_byte, node.is_missing, node.is_named))
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return shape
