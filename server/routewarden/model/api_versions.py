"""API versions that endpoints say they serve, with Asp.Versioning's attributes and conventions.

Invariant: a version is listed if and only if it is written where it can be read; versions that a set, a namespace convention or another
object brings are not known, and then nothing is listed. `[MapToApiVersion]` and versions of the action itself replace its controller's.
https://github.com/dotnet/aspnet-api-versioning/wiki/How-to-Version-Your-Service
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model.values import Const, Convention, Instance, ListValue, Value

if TYPE_CHECKING:
    from routewarden.model.attributes import Use
    from routewarden.model.evaluator import Evaluator

_BASE = "Asp.Versioning.ApiVersionsBaseAttribute"
_ADVERTISED = "Asp.Versioning.AdvertiseApiVersionsAttribute"  # served by another app
_VERSION = "Asp.Versioning.ApiVersion"
MAPS = ("HasApiVersion", "HasDeprecatedApiVersion", "MapToApiVersion")


def of_action(ev: Evaluator, controller: Iterable[Use], action: Iterable[Use]) -> tuple[str, ...]:
    """The versions that an action serves: its own, else its controller's."""
    return _written(ev, action) or _written(ev, controller)


def of_conventions(levels: Sequence[Sequence[Convention]]) -> tuple[str, ...]:
    """The versions of a minimal endpoint: of its own conventions, else of the nearest group that has any. `levels`: outermost first."""
    for conventions in reversed(levels):
        found = tuple(v for c in conventions if c.kind == "api-version" for v in _of_arguments(c.values))
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _written(ev: Evaluator, uses: Iterable[Use]) -> tuple[str, ...]:
    found: list[str] = []
    for use in uses:
        if use.value is not None and at.is_a(ev, use, _BASE) and not at.is_a(ev, use, _ADVERTISED):
            for value in use.value.arguments:
                found.extend(_of_value(value))
    return tuple(dict.fromkeys(found))


def _of_arguments(values: Sequence[Value]) -> list[str]:
    """`HasApiVersion(2)`, `(2, 0)`, `(2.0)`, `("2.0")`, `(new ApiVersion(2, 0))`, each with a status perhaps."""
    numbers = [v.value for v in values if isinstance(v, Const) and isinstance(v.value, int) and not isinstance(v.value, bool)]
    if len(numbers) == 2:
        return [f"{numbers[0]}.{numbers[1]}"]
    return _of_value(values[0]) if values else []


def _of_value(value: Value) -> list[str]:
    if isinstance(value, ListValue):
        return [version for item in value.items for version in _of_value(item)]
    if isinstance(value, Instance) and value.type.name == _VERSION:
        return _of_arguments(value.arguments)
    if isinstance(value, Const) and isinstance(value.value, (int, float, str)) and not isinstance(value.value, bool):
        return [str(value.value)] if str(value.value)[:1].isdigit() else []
    return []
