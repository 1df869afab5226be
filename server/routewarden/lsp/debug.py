"""What the tests and benchmarks ask a running server; offered only where `initializationOptions.debug` is true.

Invariant: it compares the server's state with one made from scratch, after what a pause in typing would do. Deliberately absent:
anything a product feature could depend on.
"""

from typing import Any

from routewarden.analysis.project import Project
from routewarden.lsp.session import RouteWardenServer
from routewarden.syntax.tree import parse

STATE = "routewarden/debug/state"


def register(ls: RouteWardenServer) -> None:
    ls.feature(STATE)(state)


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
