"""Configuration: what `IConfiguration` answers when the app starts in Production with nothing but its appsettings files.

Invariant: a key that neither `appsettings.json`, `appsettings.Production.json` nor start-up code sets is absent, as it is for the
running app without environment variables; where a source is added that cannot be read (a vault, another file), it is unknown.
https://learn.microsoft.com/aspnet/core/fundamentals/configuration
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import reflection, sequences
from routewarden.model.tracking import setting, settings_below
from routewarden.model.values import NULL, Const, DictValue, Instance, ListValue, TypeValue, Unknown, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

CONFIGURATION = "Microsoft.Extensions.Configuration.IConfiguration"
BUILDER = "Microsoft.Extensions.Configuration.IConfigurationBuilder"
_SECTION = "Microsoft.Extensions.Configuration.IConfigurationSection"
_PATH = "<section>"
_OPEN = "<another source>"
_NUMBERS = frozenset({"System.Int32", "System.Int64", "System.Int16", "System.Byte"})
# Sources that are there by default, or hold nothing in Production without being set outside of the workspace.
_EMPTY_SOURCES = frozenset({"AddEnvironmentVariables", "AddCommandLine", "AddUserSecrets", "SetBasePath", "Build"})


def is_configuration(ev: Evaluator, target: Value) -> bool:
    own = type_name(target)
    return own is not None and (own == CONFIGURATION or ev.world.is_assignable_name(own, CONFIGURATION))


def element(ev: Evaluator, target: Value, keys: Sequence[Value]) -> Value | None:
    """`configuration["a:b"]`; None where the target is none."""
    if not is_configuration(ev, target):
        return None
    path = _path(target, keys[0] if keys else None)
    return _text(ev, path) if path is not None else Unknown(TypeValue("System.String"), "a configuration key that is decided at run time")


def store(ev: Evaluator, target: Value, keys: Sequence[Value], value: Value) -> bool:
    """`configuration["a:b"] = value`; True where the target is one."""
    if not is_configuration(ev, target):
        return False
    path = _path(target, keys[0] if keys else None)
    if path is not None:
        ev.app.settings[path] = value
    return True


def property_value(ev: Evaluator, target: Value, name: str) -> Value | None:
    """`Value`, `Key` and `Path` of a section."""
    if not isinstance(target, Instance) or _PATH not in target.fields:
        return None
    path = _path(target, None)
    if path is None:
        return Unknown(TypeValue("System.String"), "a configuration key that is decided at run time")
    if name == "Value":
        return _text(ev, path)
    return {"Key": Const(path.rsplit(":", 1)[-1]), "Path": Const(path)}.get(name)


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on a configuration, section or configuration builder; None where it is none that is known."""
    name, values = where.name, [p.value for p in passed]
    if name == "AddInMemoryCollection":
        for key, value in _pairs(values[0] if values else None):
            path = _path(None, key)
            if path is not None:
                ev.app.settings[path] = value
        return target
    if name.startswith("Add") and name not in _EMPTY_SOURCES:
        file = values[0].value if values and isinstance(values[0], Const) and isinstance(values[0].value, str) else ""
        if not file.lower().startswith("appsettings"):
            ev.app.settings[_OPEN] = NULL
        return target
    if not is_configuration(ev, target):
        return None
    first = values[0] if values else None
    if name in ("GetSection", "GetRequiredSection"):
        path = _path(target, first)
        of = TypeValue(_SECTION, ev.world.symbol(_SECTION))
        return Instance(of, {_PATH: Const(path) if path is not None else Unknown(None, "a key that is decided at run time")})
    if name == "GetConnectionString":
        path = _path(None, first)
        return _text(ev, f"connectionstrings:{path}") if path is not None else None
    if name == "GetValue":
        return _get_value(ev, target, values, where)
    path = _path(target, None)
    if path is None:
        return None
    if name == "Exists":
        ev.world.types.tracker.touch(setting(path))
        known = _children(ev, path) or path in _all(ev)
        return Const(True) if known else Unknown(TypeValue("System.Boolean"), f"configuration {path}") if _is_open(ev) else Const(False)
    if name == "Get":
        wanted = where.type_arguments[0] if where.type_arguments else first if isinstance(first, TypeValue) else None
        return bound(ev, path, wanted) if wanted is not None else None
    if name == "Bind" and values:
        at = _path(target, first) if len(values) > 1 else path
        bind(ev, at or path, values[-1])
        return NULL
    if name == "GetChildren":
        of = TypeValue(_SECTION, ev.world.symbol(_SECTION))
        prefix = f"{path}:" if path else ""
        return ListValue([Instance(of, {_PATH: Const(prefix + c)}) for c in _children(ev, path)], not _is_open(ev))
    return None


def _get_value(ev: Evaluator, target: Value, values: list[Value], where: CallSite) -> Value | None:
    keys = [v for v in values if not isinstance(v, TypeValue)]
    path = _path(target, keys[0] if keys else None)
    default = keys[1] if len(keys) > 1 else None
    wanted = where.type_arguments[0] if where.type_arguments else next((v for v in values if isinstance(v, TypeValue)), None)
    if wanted is None and default is not None:
        name = type_name(default)
        wanted = TypeValue(name) if name else None
    if path is None:
        return Unknown(wanted, "a configuration key that is decided at run time")
    text = _text(ev, path)
    if isinstance(text, Unknown):
        return Unknown(wanted, text.reason)
    if isinstance(text, Const) and text.value is None:
        return default if default is not None else NULL if where.nullable else ev.world.default_of(wanted)
    return _converted(ev, text, wanted)


def section(ev: Evaluator, key: Value) -> Value:
    """The section of the app's configuration under a key."""
    return Instance(TypeValue(_SECTION, ev.world.symbol(_SECTION)), {_PATH: key})


def path_of(value: Value) -> str | None:
    """The key of a section, "" for the whole configuration."""
    return _path(value, None)


# --- keys ----------------------------------------------------------------------------------------------------------------


def _path(target: Value | None, key: Value | None) -> str | None:
    """The full key; None where a part of it is not known."""
    parts: list[str] = []
    base = target.fields.get(_PATH) if isinstance(target, Instance) else None
    for part in (base, key):
        if part is None:
            continue
        if not isinstance(part, Const) or not isinstance(part.value, str):
            return None
        parts.append(part.value.lower())
    return ":".join(parts)


def _all(ev: Evaluator) -> dict[str, Value]:
    if ev.app.unconfigured:
        return ev.app.settings
    files: dict[str, Value] = {k: NULL if v is None else Const(v) for k, v in ev.world.settings(ev.app.project, ev.app.entry_path).items()}
    return {**files, **ev.app.settings}


def _is_open(ev: Evaluator) -> bool:
    return _OPEN in ev.app.settings


def _text(ev: Evaluator, path: str) -> Value:
    ev.world.types.tracker.touch(setting(path))
    found = _all(ev).get(path)
    if found is not None:
        return found
    return Unknown(TypeValue("System.String"), f"configuration `{path}`") if _is_open(ev) else NULL


def _children(ev: Evaluator, path: str) -> list[str]:
    ev.world.types.tracker.touch(settings_below(path))
    prefix = f"{path}:" if path else ""
    return list(dict.fromkeys(k[len(prefix) :].split(":", 1)[0] for k in sorted(_all(ev)) if k.startswith(prefix) and k != _OPEN))


def _pairs(value: Value | None) -> list[tuple[Value, Value]]:
    if isinstance(value, DictValue):
        return value.entries
    pairs = []
    for item in sequences.items_of(value) or () if value is not None else ():
        if isinstance(item, Instance):
            key, held = item.fields.get("Key"), item.fields.get("Value")
            if key is not None and held is not None:
                pairs.append((key, held))
    return pairs


# --- binding -------------------------------------------------------------------------------------------------------------


def _converted(ev: Evaluator, value: Value, wanted: TypeValue | None) -> Value:
    text = value.value if isinstance(value, Const) else None
    if not isinstance(text, str) or wanted is None or wanted.name == "System.String":
        return value
    if wanted.name == "System.Boolean":
        return Const(text.strip().lower() == "true")
    if wanted.name in _NUMBERS:
        return Const(int(text)) if text.strip().lstrip("-").isdigit() else Unknown(wanted, "no number")
    member = next((m for m in reflection.enum_members(ev.world, wanted) or () if m.lower() == text.lower()), None)
    return Const(member, wanted) if member is not None else Unknown(wanted, "a configuration value")


def bound(ev: Evaluator, path: str, of: TypeValue) -> Value:
    """What `section.Get<T>()` gives; null for a section that is not there."""
    children = _children(ev, path)
    if not children:
        text = _text(ev, path)
        return _converted(ev, text, of)
    if of.name.endswith("[]") or of.name.startswith("System.Collections.Generic."):
        element_of = of.arguments[-1] if of.arguments else TypeValue("System.String")
        items = [(c, bound(ev, f"{path}:{c}", element_of)) for c in children]
        if "Dictionary" in of.name:
            return DictValue([(Const(c), v) for c, v in items], of)
        return ListValue([v for _, v in items], True, of)
    made = ev.construct(of, ())
    bind(ev, path, made)
    return made


def bind(ev: Evaluator, path: str, target: Value) -> None:
    """Sets the properties of an object that the section names."""
    if not isinstance(target, Instance):
        return
    for child in _children(ev, path):
        name = ev.world.property_named(target.type, child)
        if name is not None:
            target.fields[name[0]] = bound(ev, f"{path}:{child}", name[1]) if name[1] is not None else Unknown(None, "configuration")
