"""The own filters that run around an endpoint: MVC filters, endpoint filters, as classes or functions.

Invariant: what the statements about the endpoint name, whether or not it guards anything (that is `guards`' subject).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model.register import Filter
from routewarden.model.said import Said
from routewarden.model.values import Closure, Instance, MethodGroup, TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_MADE_BY = (
    ("Microsoft.AspNetCore.Mvc.TypeFilterAttribute", "ImplementationType"), ("Microsoft.AspNetCore.Mvc.ServiceFilterAttribute", "ServiceType"),
)


def filters_of(ev: Evaluator, said: Iterable[Said], mvc: bool) -> tuple[Filter, ...]:
    """The filters that the statements about an endpoint bring, in their order; those under undecided conditions left out."""
    found: dict[Filter, None] = {}
    for statement in said:
        if statement.conditions:
            continue
        convention = statement.convention
        if convention is not None and convention.kind == "filter":
            found.update(dict.fromkeys(f for v in convention.values for f in _filter(ev, v)))
        elif mvc:
            values = [statement.value] if convention is None else convention.values if convention.kind == "metadata" else ()
            for value in values:
                if isinstance(value, Instance) and at.is_a(ev, value, at.FILTER):
                    found.update(dict.fromkeys(_filter(ev, value)))
    return tuple(found)


def _filter(ev: Evaluator, value: Value) -> Iterator[Filter]:
    if isinstance(value, Closure):
        yield Filter("", Site(value.frame.path, value.code.body, "whole"))
    elif isinstance(value, MethodGroup) and value.methods:
        yield Filter("", value.methods[0].site)
    elif isinstance(value, TypeValue):
        if ev.world.is_workspace(value):
            yield Filter(value.name, None)
    elif isinstance(value, Instance):
        for base, key in _MADE_BY:
            if at.is_a(ev, value, base):
                inner = value.fields.get(key) or value.fields.get("Type") or (value.arguments[0] if value.arguments else None)
                if isinstance(inner, TypeValue):
                    yield from _filter(ev, inner)
                return
        if ev.world.is_workspace(value.type):
            yield Filter(value.type.name, None)
