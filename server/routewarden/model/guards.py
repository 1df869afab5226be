"""What own code refuses: filters, endpoint filters and middleware, tried with a caller who is not signed in and one who is.

Invariant: code guards because of what it does to these callers, never because of its name. Refusing only those who are not signed in
makes an endpoint `authenticated`; refusing both, or refusing under a condition that cannot be decided, makes it `guarded`.
https://learn.microsoft.com/aspnet/core/mvc/controllers/filters, https://learn.microsoft.com/aspnet/core/fundamentals/middleware/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import overloads, services, stand_ins
from routewarden.model.evaluator import BUDGET, Passed
from routewarden.model.probe import HTTP, MVC, NEXT, Probe, Request, typed
from routewarden.model.register import Access
from routewarden.model.values import NULL, Closure, Const, Instance, ListValue, MethodGroup, TypeValue, Unknown, Value, value_type

if TYPE_CHECKING:
    from routewarden.model.app_draft import PipelineStep
    from routewarden.model.evaluator import Evaluator

REFUSING = ("status", "challenge")
_MAX_SERVICES = 8  # within one another
_STEPS = 20_000  # of the evaluator, for one request to one filter or middleware
_FACTORY = MVC + "Filters.IFilterFactory"
_TYPE_FILTER = MVC + "TypeFilterAttribute"
_SERVICE_FILTER = MVC + "ServiceFilterAttribute"
_FILTER_METHODS = (  # (method, type of its context, gets `next`); the asynchronous one of an interface wins
    ("OnAuthorizationAsync", "AuthorizationFilterContext", False), ("OnAuthorization", "AuthorizationFilterContext", False),
    ("OnResourceExecutionAsync", "ResourceExecutingContext", True), ("OnResourceExecuting", "ResourceExecutingContext", False),
    ("OnActionExecutionAsync", "ActionExecutingContext", True), ("OnActionExecuting", "ActionExecutingContext", False),
    ("OnPageHandlerExecutionAsync", "PageHandlerExecutingContext", True), ("OnPageHandlerExecuting", "PageHandlerExecutingContext", False),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """`access`: AUTHENTICATED where a signed-in caller passes, else GUARDED."""

    access: Access
    why: str
    site: Site | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`looked_at_endpoint`: it may be another one for another endpoint."""

    guard: Guard | None
    looked_at_endpoint: bool


def tried(ev: Evaluator, run: Callable[[Evaluator], object], request: Request | None, metadata: Sequence[Value]) -> Outcome:
    """What the code that `run` runs refuses; nothing where it lets everyone pass, as far as can be read."""
    first = try_request(ev, run, request, metadata, signed_in=False)
    anonymous = first.refusals
    if not anonymous:
        return Outcome(None, first.looked_at_endpoint)
    second = try_request(ev, run, request, metadata, signed_in=True)
    looked = first.looked_at_endpoint or second.looked_at_endpoint
    refused = [r for r in anonymous if r.kind in REFUSING]
    if refused:
        still = [r for r in second.refusals if r.kind in REFUSING]
        access = Access.GUARDED if still else Access.AUTHENTICATED
        return Outcome(Guard(access, (still or refused)[0].why, refused[0].site), looked)
    # Sent elsewhere: a guard only if that depends on who calls (HTTPS and canonical hosts redirect everyone).
    if any(r.kind == "redirect" for r in second.refusals):
        return Outcome(None, looked)
    return Outcome(Guard(Access.AUTHENTICATED, anonymous[0].why, anonymous[0].site), looked)


def try_request(
    ev: Evaluator, run: Callable[[Evaluator], object], request: Request | None, metadata: Sequence[Value], signed_in: bool,
    trusted: bool = False, steps: int = _STEPS,
) -> Probe:
    # What a request does to the app's objects must not outlive it.
    draft = replace(ev.app, singletons=dict(ev.app.singletons), pipeline=[], endpoints=[], registered=[])
    trial = type(ev)(ev.world, draft, steps=BUDGET - steps, read=ev.read, statics=dict(ev.statics), static_masks=dict(ev.static_masks))
    probing = trial.probe = Probe(signed_in, request, metadata, trusted)
    run(trial)
    return probing


# --- MVC filters ---------------------------------------------------------------------------------------------------------


def of_filter(ev: Evaluator, value: Value, request: Request | None, metadata: Sequence[Value]) -> Guard | None:
    """An MVC filter: an attribute, an object in `Filters`, or what a filter factory makes."""
    def run(trial: Evaluator) -> None:
        for instance in _filters(trial, value, 0):
            _run_filter(trial, instance)

    key = _written(value)
    if key is None:
        return tried(ev, run, request, metadata).guard
    # Filters of one class with the same arguments refuse alike, unless they look at the endpoint.
    anywhere: Outcome = ev.memo("filters").of(key, lambda: tried(ev, run, None, ()))
    if not anywhere.looked_at_endpoint:
        return anywhere.guard
    return tried(ev, run, request, metadata).guard


def _written(value: Value) -> tuple[object, ...] | None:
    """What an object is made of, where that is types and constants alone."""
    if isinstance(value, TypeValue):
        return ("type", value.symbol or value.name, *(a.symbol or a.name for a in value.arguments))
    if isinstance(value, Const):
        return (type(value.value), value.value)
    if isinstance(value, ListValue):
        items = [_written(v) for v in value.items]
        return ("list", *items) if value.exact and None not in items else None
    if isinstance(value, Instance):
        of = _written(value.type)
        parts = [(name, _written(v)) for name, v in sorted(value.fields.items())]
        parts += [("", _written(v)) for v in value.arguments]
        return ("object", of, *parts) if all(p is not None for _, p in parts) else None
    return None


def _filters(ev: Evaluator, value: Value, depth: int) -> list[Instance]:
    if isinstance(value, TypeValue):
        value = injected(ev, value)
    if not isinstance(value, Instance) or depth > 3:
        return []
    for base, key in ((_TYPE_FILTER, "ImplementationType"), (_SERVICE_FILTER, "ServiceType")):
        if ev.world.is_assignable(value.type, TypeValue(base)):
            inner = value.fields.get(key) or value.fields.get("Type") or (value.arguments[0] if value.arguments else None)
            inner = inner if isinstance(inner, TypeValue) else _generic_argument(ev, value.type)
            given = value.fields.get("Arguments")
            if isinstance(inner, TypeValue):
                return _filters(ev, injected(ev, inner, given.items if isinstance(given, ListValue) else ()), depth + 1)
            return []
    if ev.world.is_workspace(value.type) and ev.world.is_assignable(value.type, TypeValue(_FACTORY)):
        chosen = overloads.choose(ev.world, ev.world.methods(value.type, "CreateInstance"), [Passed(_services(ev))])
        if chosen is not None:
            return _filters(ev, ev.invoke_method(chosen, value, [Passed(_services(ev))]), depth + 1)
    return [value] if ev.world.is_workspace(value.type) else []


def _generic_argument(ev: Evaluator, of: TypeValue) -> TypeValue | None:
    """The filter of `[ServiceFilter<T>]`, `[TypeFilter<T>]` and attributes that derive from them."""
    above: TypeValue | None = of
    while above is not None and above.name not in (f"{_TYPE_FILTER}`1", f"{_SERVICE_FILTER}`1"):
        above = ev.world.base_of(above)
    return above.arguments[0] if above is not None and above.arguments else None


def _services(ev: Evaluator) -> Value:
    return Unknown(typed(ev, "System.IServiceProvider"), "the services")


def injected(ev: Evaluator, of: TypeValue, given: Sequence[Value] = ()) -> Value:
    """An object with services for its constructor's parameters, and `given` values where their types fit (ActivatorUtilities)."""
    if not ev.world.is_workspace(of):
        return ev.construct(of, ())
    primary = ev.world.primary_parameters(of)
    if primary is not None:
        types = [ev.world.resolve_in(p.type, primary[0], of.symbol) for p in primary[1]]
    else:
        constructors = ev.world.constructors(of)
        widest = max(constructors, key=lambda c: len(c.facts.parameters), default=None)
        types = ev.world.parameter_types(widest) if widest is not None else []
    left = list(given)
    passed = []
    for declared in types:
        fitting = next((v for v in left if declared is not None and _fits(ev, v, declared)), None)
        if fitting is not None:
            left.remove(fitting)
        passed.append(Passed(fitting if fitting is not None else _service(ev, declared)))
    return ev.construct(of, passed)


def _fits(ev: Evaluator, value: Value, declared: TypeValue) -> bool:
    return overloads.fits(ev.world, value, declared, False, strict=True) is not None


def _service(ev: Evaluator, of: TypeValue | None) -> Value:
    if of is not None and of.name == HTTP + "RequestDelegate":
        return _next(ev)
    made = services.implementation(ev, of) if of is not None else None
    if made is not None and ev.depth < _MAX_SERVICES:
        ev.depth += 1
        try:
            return injected(ev, made)  # a new one: what a request does to it must not outlive the request
        finally:
            ev.depth -= 1
    return Unknown(of, "a service")


def _next(ev: Evaluator) -> Instance:
    return Instance(typed(ev, HTTP + "RequestDelegate"), {NEXT: Const(True)})


def _run_filter(ev: Evaluator, instance: Instance) -> None:
    done: set[str] = set()
    for name, context, takes_next in _FILTER_METHODS:
        stem = name.removesuffix("Async").replace("Execution", "Executing")
        methods = ev.world.methods(instance.type, name)
        if stem in done or not methods:
            continue
        done.add(stem)
        arguments = [Passed(_filter_context(ev, context)), *([Passed(_next(ev))] if takes_next else [])]
        chosen = next((m for m in methods if len(m.facts.parameters) == len(arguments)), None)
        if chosen is not None:
            ev.invoke_method(chosen, instance, arguments)


def _filter_context(ev: Evaluator, name: str) -> Instance:
    return Instance(typed(ev, f"{MVC}Filters.{name}"), {"Result": NULL})


# --- filters of minimal endpoints ----------------------------------------------------------------------------------------


def of_endpoint_filter(ev: Evaluator, values: Sequence[Value], request: Request | None, metadata: Sequence[Value]) -> Guard | None:
    """`AddEndpointFilter<T>()`, `AddEndpointFilter(async (context, next) => ...)` and the factory form."""
    def run(trial: Evaluator) -> None:
        context = Instance(typed(trial, HTTP + "EndpointFilterInvocationContext"))
        for value in values:
            if isinstance(value, (Closure, MethodGroup)):
                made = trial.apply(value, [context, _next(trial)])
                if isinstance(made, (Closure, MethodGroup)):  # a factory: (factoryContext, next) => invocationContext => ...
                    trial.apply(made, [context])
                continue
            instance = injected(trial, value) if isinstance(value, TypeValue) else value
            of = value_type(instance)
            if of is not None:
                for method in trial.world.methods(of, "InvokeAsync")[:1]:
                    trial.invoke_method(method, instance, [Passed(context), Passed(_next(trial))])

    return tried(ev, run, request, metadata).guard


# --- middleware ----------------------------------------------------------------------------------------------------------


def of_middleware(ev: Evaluator, step: PipelineStep, request: Request | None, metadata: Sequence[Value]) -> Outcome:
    """`app.Use(...)` or `app.UseMiddleware<T>()`, under the `UseWhen` predicates around it."""
    def run(trial: Evaluator) -> None:
        context = stand_ins.stand_in(trial, TypeValue(HTTP + "HttpContext")) or NULL
        for gate in step.gates:
            passes = trial.truth(trial.apply(gate, [context]))
            if passes is False:
                return
            if passes is None:
                trial.conditions.append("the condition of UseWhen")
        if step.name == "Use":
            for value in step.values:
                made = trial.apply(value, [context, _next(trial)]) if _takes_two(value) else trial.apply(value, [_next(trial)])
                if isinstance(made, (Closure, MethodGroup)):
                    trial.apply(made, [context])
            return
        of = step.type or next((v for v in step.values if isinstance(v, TypeValue)), None)
        if of is None or not trial.world.is_workspace(of):
            return
        instance = injected(trial, of, [v for v in step.values if not isinstance(v, TypeValue)])
        for name in ("InvokeAsync", "Invoke"):
            for method in trial.world.methods(of, name)[:1]:
                types = trial.world.parameter_types(method)
                trial.invoke_method(method, instance, [Passed(context), *(Passed(_service(trial, t)) for t in types[1:])])
                return

    return tried(ev, run, request, metadata)


def _takes_two(value: Value) -> bool:
    if isinstance(value, Closure):
        return len(value.code.parameters) == 2
    return isinstance(value, MethodGroup) and bool(value.methods) and len(value.methods[0].facts.parameters) == 2
