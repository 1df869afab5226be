"""What actions and handlers refuse in their own code.

Invariant: a refusal counts where it is certain (no undecided condition leads to it), or disappears when the authorization service grants
everything; others are not about who calls (a wrong password). A body is read only if it has a word that a refusal is made with.
https://learn.microsoft.com/aspnet/core/security/authorization/resourcebased
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.syntax_nodes import nodes
from routewarden.model import stand_ins
from routewarden.model.evaluator import Passed
from routewarden.model.guards import REFUSING, Guard, try_request
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
    """What an action refuses."""
    if not method.facts.may_refuse:
        return None

    def run(trial: Evaluator) -> None:
        this = Instance(TypeValue(controller.full_name, controller))
        types = trial.world.parameter_types(method)
        trial.invoke_method(method, this, [Passed(Unknown(t, "what the request carries")) for t in types])

    asks = _asks_service(ev, controller, method)
    return (_decided_by_service(ev, run, request) if asks else None) or _certain(ev, run, request)


def _asks_service(ev: Evaluator, controller: WorkspaceType, method: MethodRef) -> bool:
    """Whether the action asks the authorization service, as far as its constructor and calls tell."""
    comes_in = asks_service(method.facts.parameters) or any(
        asks_service(member.parameters)
        for link in ev.world.chain(TypeValue(controller.full_name, controller))
        for _, member in link.members_named(link.name)
        if member.kind == "constructor"
    ) or any(asks_service(part.parameters or ()) for _, part in controller.parts)
    return comes_in and _asks(ev, TypeValue(controller.full_name, controller), method, set())


def _asks(ev: Evaluator, of: TypeValue, method: MethodRef, seen: set[str]) -> bool:
    """Whether a method calls AuthorizeAsync, itself or through methods of its class."""
    if method.facts.body is None or method.facts.id in seen:
        return False
    seen.add(method.facts.id)
    for name in called_names(ev.body(method.path, method.facts.body) or ()):
        if name == "AuthorizeAsync" or any(_asks(ev, of, m, seen) for m in ev.world.methods(of, name)):
            return True
    return False


def called_names(code: Iterable[object]) -> Iterator[str]:
    """The names of everything that is called in statements or expressions; lambda bodies are elsewhere."""
    for node in nodes(code):
        if isinstance(node, ir.Call) and isinstance(node.function, (ir.Name, ir.Member)):
            yield node.function.name



def of_handler(ev: Evaluator, handler: Value | None, request: Request | None) -> Guard | None:
    """The same for the handler of a minimal endpoint."""
    if isinstance(handler, Closure):
        parameters, may_refuse = handler.code.parameters, handler.code.may_refuse
    elif isinstance(handler, MethodGroup) and handler.methods:
        parameters, may_refuse = handler.methods[0].facts.parameters, handler.methods[0].facts.may_refuse
    else:
        return None
    if not may_refuse:
        return None

    def run(trial: Evaluator) -> None:
        if isinstance(handler, Closure):
            outer = handler.frame
            types = [trial.world.resolve(p.type, outer) if p.type is not None else None for p in parameters]
        else:
            assert isinstance(handler, MethodGroup)
            types = trial.world.parameter_types(handler.methods[0])
        trial.apply(handler, [stand_ins.stand_in(trial, t) or Unknown(t, "what the request carries") for t in types])

    return (_decided_by_service(ev, run, request) if asks_service(parameters) else None) or _certain(ev, run, request)


def _certain(ev: Evaluator, run: Callable[[Evaluator], object], request: Request | None) -> Guard | None:
    """A refusal that no undecided condition leads to."""
    def refused(signed_in: bool) -> list[Refusal]:
        return [r for r in try_request(ev, run, request, (), signed_in, steps=_STEPS).refusals if r.kind in REFUSING and r.certain]

    anonymous = refused(signed_in=False)
    if not anonymous:
        return None
    signed_in = refused(signed_in=True)
    if signed_in and all(r.kind == "challenge" for r in (*anonymous, *signed_in)):
        return None  # whoever comes is sent to sign in somewhere: a login, not a guard
    first = (signed_in or anonymous)[0]
    return Guard(Access.GUARDED if signed_in else Access.AUTHENTICATED, first.why, first.site)


def _decided_by_service(ev: Evaluator, run: Callable[[Evaluator], object], request: Request | None) -> Guard | None:
    """Refusals that disappear when the service grants everything."""
    def refused(signed_in: bool) -> list[Refusal]:
        trial = try_request(ev, run, request, (), signed_in, steps=_STEPS)
        asked = trial.refusals
        # Where one way through the body answers without asking (another grant type, say), the others guard nothing.
        if not asked or any(not any(way[: len(at)] == at for at in trial.asked) for way in trial.answers):
            return []
        granted = {r.site for r in try_request(ev, run, request, (), signed_in, trusted=True, steps=_STEPS).refusals}
        return [r for r in asked if r.kind in REFUSING and r.site not in granted]

    anonymous = refused(signed_in=False)
    if not anonymous:
        return None
    signed_in = refused(signed_in=True)
    access = Access.GUARDED if signed_in else Access.AUTHENTICATED
    first = (signed_in or anonymous)[0]
    return Guard(access, f"{first.why} where the authorization service says no", first.site)
