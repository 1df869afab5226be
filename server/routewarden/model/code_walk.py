"""Code that start-up does not run, tried member by member for what it does to transport, certificates, cookies and origins.

Invariant: each method is run by the evaluator with arguments that are not known, as in Production; what it calls in the workspace runs too.
Lambdas that it makes and nobody runs are run afterwards, under the conditions that they were made under. Bodies that start-up ran are left
to it: it knows their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes
from routewarden.model import cors, observed, reflected_origin, transport, weaknesses
from routewarden.model.app_draft import DEFAULT_CORS
from routewarden.model.cors import Opening, Use
from routewarden.model.evaluator import BUDGET, MAX_CALLS, Passed
from routewarden.model.members import MethodRef
from routewarden.model.register import Weakness
from routewarden.model.values import Closure, Const, Instance, TypeValue, Unknown

if TYPE_CHECKING:
    from routewarden.model.controllers import Controller
    from routewarden.model.evaluator import Evaluator

_STEPS = 8_000  # of the evaluator, for one member
_LAMBDAS = 200  # of one member
_DEEP = 3  # calls into the workspace: what is called is tried for itself where it matters
_TEXTS = re.compile(rf"http://|{observed.ORIGIN_HEADER}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Walked:
    """What the code of one file does. `openings`: CORS policies that let every origin in, by name; `applied`: (place, text, name of a policy)."""

    weaknesses: tuple[Weakness, ...] = ()
    openings: tuple[tuple[str, Opening, str], ...] = ()  # name, what opens it, how an IConfiguration is called there
    applied: tuple[tuple[Site, str, str | None], ...] = ()


def of_file(ev: Evaluator, path: str) -> Walked:
    """What the members of a file do that did not run while the app started."""
    facts = ev.world.types.index.facts(path)
    trial = _trial(ev)
    for closure, conditions in ev.app.lambdas:
        if closure.frame.path == path and (path, closure.code.body) not in ev.app.executed and _mentions(trial, path, [closure.code.body], None):
            _run(trial, closure, conditions)
    for part in facts.types:
        symbol = ev.world.types.of_part(path, part)
        if symbol is None:
            continue
        this = Instance(TypeValue(symbol.full_name, symbol))
        for member in part.members:
            bodies = [b for b in (member.body, *(b for _, b in member.accessors)) if b is not None]
            if any((path, b) in ev.app.executed for b in bodies) or not _mentions(trial, path, bodies, member.initializer):
                continue
            trial.steps, trial.closures, trial.depth = BUDGET - _STEPS, [], MAX_CALLS - _DEEP
            if member.kind in ("method", "constructor") and member.body is not None:
                method = MethodRef(symbol, path, member)
                given = [Passed(Unknown(t, "what it is called with")) for t in trial.world.parameter_types(method)]
                trial.invoke_method(method, None if "static" in member.modifiers else this, given)
            else:
                trial.member(this, member.name)
            for closure, conditions in _unrun(trial):
                _run(trial, closure, conditions)
    ev.read.update(trial.read)
    openings = [(n, o, transport.configuration_at(trial, o.site)) for n, p in trial.app.cors.items() if (o := cors.opening(trial, p)) is not None]
    found = [*weaknesses.of_observations(trial, (o for o in trial.observed if o.site.path == path), ev.app.project)]
    found += reflected_origin.of_file(ev, path, ev.app.project)
    return Walked(tuple(dict.fromkeys(found)), tuple(openings), tuple(_names(cors.applied(trial, ()))))


def _mentions(trial: Evaluator, path: str, bodies: Iterable[str], initializer: ir.Expr | None) -> bool:
    """Whether code of a member, or of a lambda in it, names anything that is looked at; the rest need not be run."""
    todo: list[object] = [trial.body(path, body) for body in bodies]
    todo.append(initializer)
    while todo:
        for node in nodes([todo.pop()]):
            if isinstance(node, (ir.Member, ir.Name)) and node.name in observed.NAMES:
                return True
            if isinstance(node, (ir.New, ir.With)) and any(name in observed.NAMES for name, _ in node.initializer):
                return True
            if isinstance(node, ir.Literal) and isinstance(node.value, str) and _TEXTS.match(node.value):
                return True
            if isinstance(node, (ir.Lambda, ir.LocalFunction)):
                todo.append(trial.body(path, node.body))
    return False


def _trial(ev: Evaluator) -> Evaluator:
    draft = replace(ev.app, singletons=dict(ev.app.singletons), pipeline=[], endpoints=[], registered=[], cors={}, lambdas=[])
    trial = type(ev)(ev.world, draft, statics=dict(ev.statics), static_masks=dict(ev.static_masks))
    trial.closures = []
    return trial


def _unrun(trial: Evaluator) -> Iterator[tuple[Closure, tuple[str, ...]]]:
    """The lambdas that were made and not run, those that they make in turn as well."""
    made = trial.closures or []
    for index in range(_LAMBDAS):
        if index >= len(made):
            return
        closure, conditions = made[index]
        if (closure.frame.path, closure.code.body) not in trial.read:
            yield closure, conditions


def _run(trial: Evaluator, closure: Closure, conditions: tuple[str, ...]) -> None:
    if trial.closures is None:
        trial.closures = []
    trial.steps, trial.depth = max(trial.steps, BUDGET - _STEPS), MAX_CALLS - _DEEP
    before, trial.conditions = trial.conditions, list(conditions)
    types = [trial.world.resolve(p.type, closure.frame) if p.type is not None else None for p in closure.code.parameters]
    trial.invoke_closure(closure, [Unknown(t, "what it is called with") for t in types])
    trial.conditions = before


# --- CORS ----------------------------------------------------------------------------------------------------------------


def names_applied(ev: Evaluator, controllers: Sequence[Controller]) -> list[tuple[Site, str, str | None]]:
    """The policies that an app puts in force by name; None is the default one."""
    return list(_names(cors.applied(ev, controllers)))


def _names(applied: Iterable[tuple[Site, str, object]]) -> Iterator[tuple[Site, str, str | None]]:
    for site, text, given in applied:
        if given is None or (isinstance(given, Const) and given.value is None):
            yield site, text, None
        elif isinstance(given, Const) and isinstance(given.value, str):
            yield site, text, given.value


def openings_in_force(ev: Evaluator, walked: Walked, applied: Iterable[tuple[Site, str, str | None]]) -> Iterator[Weakness]:
    """The open policies of code outside of start-up that something names."""
    uses = {name if name is not None else DEFAULT_CORS: (site, text) for site, text, name in applied}
    for name, opening, configuration in walked.openings:
        if name in uses:
            site, text = uses[name]
            yield transport.open_weakness(opening, Use(cors.named(ev, name), site, text), ev.app.project, configuration)
