"""What members of .NET's own types do to known values; one module a subject: strings, sequences, reflection.

Invariant: None means "not mine", `Unknown` means "this cannot be known". Each function mirrors the documented behaviour of the
method of that name (https://learn.microsoft.com/dotnet/api); what is not needed to follow start-up code is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from routewarden.model import operators, reflection, sequences, signatures, stand_ins, strings
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    DictValue,
    Instance,
    ListValue,
    MethodGroup,
    TupleValue,
    TypeValue,
    Unknown,
    Value,
    type_name,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed


_LISTS = frozenset({
    "System.Collections.Generic.List`1", "System.Collections.Generic.HashSet`1", "System.Collections.Generic.IList`1",
    "System.Collections.Generic.ICollection`1", "System.Collections.Generic.IEnumerable`1", "System.Collections.ArrayList",
    "System.Collections.Generic.SortedSet`1", "System.Collections.Generic.Queue`1", "System.Collections.Generic.Stack`1",
    "System.Collections.ObjectModel.Collection`1", "System.Collections.Generic.LinkedList`1",
    "System.Collections.Concurrent.ConcurrentBag`1", "System.Collections.Concurrent.ConcurrentQueue`1",
})


_DICTIONARIES = frozenset({
    "System.Collections.Generic.Dictionary`2", "System.Collections.Generic.IDictionary`2",
    "System.Collections.Generic.SortedDictionary`2", "System.Collections.Concurrent.ConcurrentDictionary`2",
})


def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed]) -> Value | None:
    """Collections are modelled by their content."""
    if of.name in _LISTS:
        if passed and isinstance(passed[0].value, ListValue):
            return ListValue(list(passed[0].value.items), passed[0].value.exact, of)
        if passed and isinstance(passed[0].value, Unknown) and type_name(passed[0].value) not in (None, "System.Int32"):
            return ListValue([], False, of)
        return ListValue([], True, of)
    if of.name in _DICTIONARIES:
        return DictValue([], of)
    if of.name.endswith("[]"):
        return ListValue([], True, of)
    if of.name == "System.Lazy`1" and passed and isinstance(passed[0].value, (Closure, MethodGroup)):
        return Instance(of, {"<factory>": passed[0].value})
    if of.name == "System.Uri" and passed:
        return passed[0].value
    if of.name == "System.String" and passed:
        return passed[0].value
    return None


def property_value(ev: Evaluator, target: Value, name: str) -> Value | None:
    """`target.name` for values of .NET's types; framework objects get one object a property, the same each time."""
    if isinstance(target, Const):
        if isinstance(target.value, str) and name == "Length":
            return Const(len(target.value))
        if name == "HasValue":
            return Const(target.value is not None)
        if name == "Value":
            return target
    if name in ("ExportedTypes", "DefinedTypes") and type_name(target) == "System.Reflection.Assembly" and isinstance(target, Instance):
        return reflection.assembly_types(ev, target, name == "ExportedTypes")
    if isinstance(target, Instance) and "<factory>" in target.fields and name == "Value":
        target.fields["Value"] = ev.apply(target.fields["<factory>"], [])
        return target.fields["Value"]
    if isinstance(target, TypeValue):
        return reflection.type_property(ev, target, name)
    if isinstance(target, ListValue) and name in ("Count", "Length"):
        return Const(len(target.items)) if target.exact else Unknown(TypeValue("System.Int32"), "the list is not fully known")
    if isinstance(target, DictValue):
        if name == "Count":
            return Const(len(target.entries))
        if name == "Keys":
            return ListValue([k for k, _ in target.entries])
        if name == "Values":
            return ListValue([v for _, v in target.entries])
    if isinstance(target, TupleValue):
        for index, (label, value) in enumerate(target.items):
            if name in (label, f"Item{index + 1}"):
                return value
        return _positional(target, name)
    return None


def _positional(target: TupleValue, name: str) -> Value | None:
    number = int(name[4:]) if name[:4] == "Item" and name[4:].isdigit() else 0
    return target.items[number - 1][1] if 0 < number <= len(target.items) else None


def element(ev: Evaluator, target: Value, keys: Sequence[Value]) -> Value:
    """`target[keys]`."""
    absent = stand_ins.element(target, keys)
    if absent is not None:
        return absent
    if keys and isinstance(keys[0], Const):
        key = keys[0].value
        if isinstance(target, ListValue) and isinstance(key, int) and 0 <= key < len(target.items):
            return target.items[key]
        if isinstance(target, DictValue):
            for k, v in reversed(target.entries):
                if isinstance(k, Const) and k.value == key:
                    return v
        if isinstance(target, Const) and isinstance(target.value, str) and isinstance(key, int) and 0 <= key < len(target.value):
            return Const(target.value[key])
    return Unknown(ev.world.element_type(target), "an element that is not known")


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Type.Name(...)` for .NET's types."""
    name = where.name
    values = [p.value for p in passed]
    if of.name in ("System.String", "string") or of.name == "System.IO.Path":
        result = strings.static_call(name, values)
        if result is not None:
            return result
    if of.name == "System.Uri" and name in ("EscapeDataString", "UnescapeDataString"):
        text = values[0].value if values and isinstance(values[0], Const) else None
        if isinstance(text, str):
            return Const(quote(text, "") if name == "EscapeDataString" else unquote(text))
    if of.name == "System.Array" and name == "Empty":
        return ListValue([])
    if of.name in ("System.Array", "System.Threading.Tasks.Parallel") and name == "ForEach" and len(values) == 2:
        listed = sequences.items_of(values[0])
        for item in listed or ():
            ev.apply(values[1], [item])
        return NULL if listed is not None else None
    if of.name == "System.Linq.Enumerable":
        if name == "Empty":
            return ListValue([])
        if name == "Repeat" and len(values) == 2 and isinstance(values[1], Const) and isinstance(values[1].value, int):
            return ListValue([values[0]] * min(max(values[1].value, 0), 2000))
        if name == "Range" and len(values) == 2 and all(isinstance(v, Const) and isinstance(v.value, int) for v in values):
            start, count = (v.value for v in values if isinstance(v, Const))
            if isinstance(start, int) and isinstance(count, int) and 0 <= count <= 2000:
                return ListValue([Const(start + i) for i in range(count)])
    if of.name == "System.Activator" and name == "CreateInstance":
        made = where.type_arguments[0] if where.type_arguments else values[0] if values else None
        if isinstance(made, TypeValue):
            return ev.construct(made, passed[1:] if not where.type_arguments else passed)
        return Unknown(None, "a type that is not known is created")
    if of.name == "System.Reflection.Assembly":
        if name == "GetAssembly" and values and isinstance(values[0], TypeValue):
            return Instance(of, {"<of>": values[0]})
        if name in ("GetExecutingAssembly", "GetCallingAssembly"):
            owner = where.frame.owner
            here = {"<of>": TypeValue(ev.world.full_name(owner), owner)} if owner is not None else {"<path>": Const(where.frame.path)}
            return Instance(of, dict(here))
        if name == "GetEntryAssembly":
            return Instance(of, {"<path>": Const(ev.app.entry_path)})
    if of.name == "System.Enum":
        enum = where.type_arguments[0] if where.type_arguments else values[0] if values else None
        if isinstance(enum, TypeValue) and name == "TryParse" and passed[-1].back is not None:
            members = reflection.enum_members(ev.world, enum)
            text = next((v.value for v in values if isinstance(v, Const)), None)
            if members and any(isinstance(v, Const) for v in values[:2]):
                hit = next((m for m in members if isinstance(text, str) and m.lower() == text.lower()), None)
                passed[-1].back(Const(hit or members[0], enum))
                return Const(hit is not None)
        if isinstance(enum, TypeValue) and name == "Parse":
            texts = [v.value.lower() for v in values if isinstance(v, Const) and isinstance(v.value, str)]
            return next((Const(m, enum) for m in reflection.enum_members(ev.world, enum) or () if m.lower() in texts), None)
        if isinstance(enum, TypeValue) and name in ("GetNames", "GetValues"):
            members = reflection.enum_members(ev.world, enum)
            if members is not None:
                return ListValue([Const(m, None if name == "GetNames" else enum) for m in members])
    if signatures.is_extension_of(ev.world, of, name) and values:
        return ev.call_member(values[0], passed[1:], where)
    return None


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`target.Name(...)` for strings, types, collections."""
    values = [p.value for p in passed]
    name = where.name
    if isinstance(target, Const) and target.type is None and isinstance(target.value, str):
        found = strings.call(target.value, name, values)
        if found is not None:
            return found
    if isinstance(target, Const) and name == "ToString":
        how = values[0].value if values and isinstance(values[0], Const) and isinstance(values[0].value, str) else ""
        text = operators.formatted(target, how)
        return Const(text) if text is not None else None
    if isinstance(target, TypeValue):
        found = reflection.type_call(ev, target, name, values, where)
        if found is not None:
            return found
    if name == "GetType" and not values:
        of = value_type(target)
        if isinstance(target, Instance) and of is not None:
            return of
    if isinstance(target, Instance) and name in ("Invoke", "GetValue"):
        found = reflection.member_call(ev, target, values, where)
        if found is not None:
            return found
    if isinstance(target, Instance) and target.type.name == "System.Reflection.Assembly" and name in ("GetTypes", "GetExportedTypes"):
        return reflection.assembly_types(ev, target, name == "GetExportedTypes")
    if isinstance(target, ListValue):
        found = sequences.mutate(ev, target, name, values, passed)
        if found is not None:
            return found
    if isinstance(target, DictValue):
        found = sequences.dictionary_call(target, name, values, passed)
        if found is not None:
            return found
    if name in sequences.LINQ:

        items = sequences.items_of(target)
        if items is not None:
            return sequences.LINQ[name](ev, items, values, where)
        if isinstance(target, ListValue) or ev.world.element_type(target) is not None:
            return sequences.result_type(ev, target, name, where)
    return None
