"""The layers of ARCHITECTURE.md, held over the imports of every module.

text → syntax → facts → framework → model → analysis → report → lsp, cli. Each imports only from layers before it; `TYPE_CHECKING`
imports count too, because they are dependencies in the reader's head.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("text", "syntax", "facts", "framework", "model", "analysis", "report", "lsp", "cli")
RULES = "routewarden_rules"
OWNERS = {  # who alone may import a library
    "tree_sitter": {"syntax"},
    "tree_sitter_c_sharp": {"syntax"},
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "click": {"cli"},
    "rich": {"report", "cli"},
    "pathspec": {"analysis"},
    "defusedxml": {"facts"},
    "yaml": {"syntax"},
}
# What a rule sees: findings, the rule API, the register, the names of places, and facts of files.
RULE_API = {
    "routewarden.analysis.finding",
    "routewarden.analysis.rule",
    "routewarden.model.ownership.endpoint_objects",
    "routewarden.model.register",
    "routewarden.model.operations.endpoint_operations",
    "routewarden.facts.sites",
    # what a file says, for rules that read files
    "routewarden.facts.declarations",
    "routewarden.facts.literals",
    "routewarden.facts.settings",
    "routewarden.facts.syntax_ir",
}
# Discovery of rules: the one place where the engine reaches for them.
REGISTRY = "routewarden.analysis.registry"


def _modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for source in (ROOT / "server", ROOT / "rules"):
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imports(module: str, *, at_start: bool = False) -> set[str]:
    """The modules that a module imports; with `at_start`, only those that are imported when it is."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    found: set[str] = set()
    for node in _nodes(tree, at_start=at_start):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module is not None
            # `from package import module` depends on the module, `from module import name` on the module that has the name.
            found |= {m if (m := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names}
    return found


def _nodes(tree: ast.AST, *, at_start: bool) -> list[ast.AST]:
    """All nodes; with `at_start`, without those in functions and below `if TYPE_CHECKING`."""
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        is_late = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        if not (at_start and is_late):
            found += [node, *_nodes(node, at_start=at_start)]
    return found


def _layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "routewarden" and len(parts) > 1 else None


def test_every_module_is_in_a_layer() -> None:
    # `__main__` is the command line's second door, and the package itself has nothing but the version.
    assert {_layer(module) for module in MODULES if module.startswith("routewarden.")} == {*LAYERS, "__main__"}


@pytest.mark.parametrize("module", [m for m in MODULES if _layer(m) in LAYERS])
def test_a_module_imports_from_its_own_layer_and_those_before(module: str) -> None:
    layer = _layer(module)
    assert layer is not None
    allowed = set(LAYERS[: LAYERS.index(layer) + 1])
    if layer == "cli":
        allowed.discard("lsp")  # two doors of one house
    for name in _imports(module):
        if name.startswith("routewarden."):
            # `routewarden lsp` starts the server, in a function of its own so that no other command pays for it.
            if (module, name) == ("routewarden.cli.lsp", "routewarden.lsp.server"):
                continue
            assert _layer(name) in allowed, f"{module} imports {name}"
        if name.partition(".")[0] == RULES:
            assert module == REGISTRY, f"{module} imports {name}"


@pytest.mark.parametrize("module", list(MODULES))
def test_a_library_has_one_owner(module: str) -> None:
    for name in _imports(module):
        owners = OWNERS.get(name.partition(".")[0])
        assert owners is None or _layer(module) in owners, f"{module} imports {name}"


@pytest.mark.parametrize("module", [m for m in MODULES if m.partition(".")[0] == RULES])
def test_a_rule_sees_the_rule_api_only(module: str) -> None:
    ours = {name for name in _imports(module) if name.startswith("routewarden")}
    own = ".".join(module.split(".")[:2])
    assert {name for name in ours if not name.startswith((f"{RULES}._shared", own))} <= RULE_API


def test_no_module_imports_itself_in_a_circle() -> None:
    """The parts of an interpreter call each other; what they may not do is need each other to be imported."""
    graph = {module: {name for name in _imports(module, at_start=True) if name in MODULES} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize(("door", "libraries"), [("routewarden.cli.main", set()), ("routewarden.cli.commands", {"click"})])
def test_the_command_line_starts_without_the_engine(door: str, libraries: set[str]) -> None:
    """What an import of the module pulls in, followed through our own modules."""
    pending, seen, found = [door], set(), set()
    while pending:
        module = pending.pop()
        if module not in seen:
            seen.add(module)
            names = _imports(module, at_start=True)
            pending += [name for name in names if name in MODULES]
            found |= {name.partition(".")[0] for name in names}
    assert {_layer(module) for module in seen} <= {"cli", None}
    assert found & set(OWNERS) == libraries
