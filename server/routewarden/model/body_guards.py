"""What actions and handlers refuse because of what the authorization service says of the caller.

Invariant: only refusals that disappear when the service grants everything count; others are not about who calls (a wrong password).
https://learn.microsoft.com/aspnet/core/security/authorization/resourcebased
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import stand_ins
from routewarden.model.evaluator import Passed
from routewarden.model.guards import Guard, try_request
from routewarden.model.probe import Refusal, Request
from routewarden.model.register import Access
from routewarden.model.values import Closure, Instance, MethodGroup, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.members import MethodRef
    from routewarden.model.workspace_types import WorkspaceType

_STEPS = 4_000  # of the evaluator, for one request to one body


def asks_service(parameters: Sequence[ir.Parameter]) -> bool:
    """Whether IAuthorizationService comes in."""
    return any(p.type is not None and p.type.name.rsplit(".", 1)[-1] == "IAuthorizationService" for p in parameters)


def of_action(ev: Evaluator, controller: WorkspaceType, method: MethodRef, request: Request | None) -> Guard | None:
    """What an action refuses because of what the authorization service says of the caller. Other refusals are not about who calls."""
    comes_in = asks_service(method.facts.parameters) or any(
        asks_service(member.parameters)
        for link in ev.world.chain(TypeValue(controller.full_name, controller))
        for _, member in link.members_named(link.name)
        if member.kind == "constructor"
    ) or any(asks_service(part.parameters or ()) for _, part in controller.parts)
    if not comes_in or not _asks(ev, TypeValue(controller.full_name, controller), method, set()):
        return None

    def run(trial: Evaluator) -> None:
        this = Instance(TypeValue(controller.full_name, controller))
        types = trial.world.parameter_types(method)
        trial.invoke_method(method, this, [Passed(Unknown(t, "what the request carries")) for t in types])

    return _decided_by_service(ev, run, request)


def _asks(ev: Evaluator, of: TypeValue, method: MethodRef, seen: set[str]) -> bool:
    """Whether a method calls AuthorizeAsync, itself or through methods of its class."""
    if method.facts.body is None or method.facts.id in seen:
        return False
    seen.add(method.facts.id)
    for name in called_names(ev.body(method.path, method.facts.body) or ()):
        if name == "AuthorizeAsync" or any(_asks(ev, of, m, seen) for m in ev.world.methods(of, name)):
            return True
    return False


def called_names(nodes: Iterable[object]) -> Iterator[str]:
    """The names of everything that is called in statements or expressions; lambda bodies are elsewhere."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif is_dataclass(node) and not isinstance(node, (type, ir.TypeRef)):
            if isinstance(node, ir.Call) and isinstance(node.function, (ir.Name, ir.Member)):
                yield node.function.name
            stack.extend(getattr(node, f.name) for f in fields(node))


def of_handler(ev: Evaluator, handler: Value | None, request: Request | None) -> Guard | None:
    """The same for the handler of a minimal endpoint."""
    if isinstance(handler, Closure):
        parameters = handler.code.parameters
    elif isinstance(handler, MethodGroup) and handler.methods:
        parameters = handler.methods[0].facts.parameters
    else:
        return None
    if not asks_service(parameters):
        return None

    def run(trial: Evaluator) -> None:
        if isinstance(handler, Closure):
            outer = handler.frame
            types = [trial.world.resolve(p.type, outer) if p.type is not None else None for p in parameters]
        else:
            assert isinstance(handler, MethodGroup)
            types = trial.world.parameter_types(handler.methods[0])
        trial.apply(handler, [stand_ins.stand_in(trial, t) or Unknown(t, "what the request carries") for t in types])

    return _decided_by_service(ev, run, request)


def _decided_by_service(ev: Evaluator, run: Callable[[Evaluator], object], request: Request | None) -> Guard | None:
    """Refusals that disappear when the service grants everything."""
    def refused(signed_in: bool) -> list[Refusal]:
        asked = try_request(ev, run, request, (), signed_in, steps=_STEPS).refusals
        if not asked:
            return []
        granted = {r.site for r in try_request(ev, run, request, (), signed_in, trusted=True, steps=_STEPS).refusals}
        return [r for r in asked if r.kind == "status" and r.site not in granted]

    anonymous = refused(signed_in=False)
    if not anonymous:
        return None
    signed_in = refused(signed_in=True)
    access = Access.GUARDED if signed_in else Access.AUTHENTICATED
    first = (signed_in or anonymous)[0]
    return Guard(access, f"{first.why} where the authorization service says no", first.site)
