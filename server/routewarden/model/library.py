"""What members of .NET's own types do to known values: strings, collections, LINQ, reflection, dates are unknown.

Invariant: None means "not mine", `Unknown` means "this cannot be known". Each function mirrors the documented behaviour of the
method of that name (https://learn.microsoft.com/dotnet/api); what is not needed to follow start-up code is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    DictValue,
    Frame,
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
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.invocation import CallSite, Passed

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


def concatenate(parts: Sequence[Value]) -> Value:
    """String concatenation; unknown where a part is."""
    out: list[str] = []
    for part in parts:
        text = to_text(part)
        if text is None:
            reason = part.reason if isinstance(part, Unknown) else ""
            return Unknown(TypeValue("System.String"), reason or "a part of the text is decided at run time")
        out.append(text)
    return Const("".join(out))


def to_text(value: Value) -> str | None:
    """`value.ToString()` in the invariant culture; None where not known."""
    if isinstance(value, Const):
        if value.value is None:
            return ""
        if isinstance(value.value, bool):
            return "True" if value.value else "False"
        return str(value.value)
    return None


def operate(operator: str, left: Value, right: Value) -> Value:
    """A binary operator on known values."""
    if operator in ("==", "!="):
        same = _same(left, right)
        return Const(same if operator == "==" else not same) if same is not None else Unknown()
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        if operator == "+" and (isinstance(a, str) or isinstance(b, str)):
            return concatenate([left, right])
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            try:
                result = _ARITHMETIC[operator](a, b) if operator in _ARITHMETIC else None
            except (ArithmeticError, ValueError):
                result = None
            if result is not None and not (isinstance(result, int) and abs(result) > 2**63):
                return Const(result)
        if isinstance(a, bool) and isinstance(b, bool) and operator in ("&", "|", "^"):
            return Const({"&": a and b, "|": a or b, "^": a != b}[operator])
        if isinstance(a, str) and isinstance(b, str) and operator == "|":  # enum flags
            return Const(f"{a}, {b}", left.type)
    if operator == "+" and "System.String" in (type_name(left), type_name(right)):
        return concatenate([left, right])
    return Unknown()


_ARITHMETIC: dict[str, Callable[[float, float], int | float | bool]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: int(a / b) if isinstance(a, int) and isinstance(b, int) else a / b,
    "%": lambda a, b: a - b * int(a / b), "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}


def _same(left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value == right.value and isinstance(left.value, bool) == isinstance(right.value, bool)
    if isinstance(left, TypeValue) and isinstance(right, TypeValue):
        return left.name == right.name
    null = [v for v in (left, right) if isinstance(v, Const) and v.value is None]
    if null:
        other = right if left is null[0] else left
        return None if isinstance(other, Unknown) else False
    if isinstance(left, Instance) and isinstance(right, Instance):
        return True if left is right else None
    return None


def awaited(ev: Evaluator, value: Value) -> Value:
    """`await value`: tasks are not modelled, only their types."""
    of = value_type(value)
    if isinstance(value, Unknown) and of is not None and of.name in ("System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask`1"):
        return Unknown(of.arguments[0] if of.arguments else None, value.reason)
    return value


def converted(ev: Evaluator, value: Value, of: TypeValue | None) -> Value:
    """A cast of a known value."""
    return value


def is_instance(ev: Evaluator, value: Value, of: TypeValue) -> bool | None:
    """`value is of`."""
    if isinstance(value, Const) and value.value is None:
        return False
    own = value_type(value)
    if own is None:
        name = type_name(value)
        own = TypeValue(name) if name else None
    if own is None:
        return None
    known = ev.world.is_assignable(own, of)
    return True if known else (None if isinstance(value, Unknown) or known is None else False)


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
    if of.name == "System.Uri" and passed:
        return passed[0].value
    if of.name == "System.String" and passed:
        return passed[0].value
    return None


# --- properties ----------------------------------------------------------------------------------------------------------


def property_value(ev: Evaluator, target: Value, name: str) -> Value | None:
    """`target.name` for values of .NET's types; framework objects get one object a property, the same each time."""
    if isinstance(target, Const):
        if isinstance(target.value, str) and name == "Length":
            return Const(len(target.value))
        if name == "HasValue":
            return Const(target.value is not None)
        if name == "Value":
            return target
    if isinstance(target, TypeValue):
        return type_property(ev, target, name)
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
    return target.items[int(name[4:]) - 1][1] if name[:4] == "Item" and name[4:].isdigit() and 0 < int(name[4:]) <= len(target.items) else None


def type_property(ev: Evaluator, of: TypeValue, name: str) -> Value | None:
    """Reflection on a type."""
    info = ev.world.type_info(of)
    simple = of.name.split("`")[0].rsplit(".", 1)[-1]
    if name == "Name":
        return Const(simple + ("`" + of.name.rsplit("`", 1)[1] if "`" in of.name.rsplit(".", 1)[-1] else ""))
    if name == "FullName":
        return Const(of.name)
    if name == "Namespace":
        return Const(info.namespace) if info is not None else None
    if name == "Assembly":
        return Instance(TypeValue("System.Reflection.Assembly"), {"<of>": of})
    if info is None:
        return None
    if name == "IsInterface":
        return Const(info.kind == "interface")
    if name == "IsAbstract":
        return Const(info.kind == "interface" or "abstract" in info.modifiers or "static" in info.modifiers)
    if name == "IsClass":
        return Const(info.kind in ("class", "record"))
    if name == "IsPublic":
        return Const("public" in info.modifiers)
    if name == "IsSealed":
        return Const("sealed" in info.modifiers or "static" in info.modifiers)
    if name in ("IsGenericType", "IsGenericTypeDefinition", "ContainsGenericParameters"):
        return Const(info.arity > 0)
    if name == "IsValueType":
        return Const(info.kind in ("struct", "record struct", "enum"))
    if name == "IsEnum":
        return Const(info.kind == "enum")
    if name in ("IsNested", "IsNestedPublic"):
        return Const(info.nested and (name == "IsNested" or "public" in info.modifiers))
    if name == "BaseType":
        return ev.world.base_of(of) or NULL
    return None


def element(ev: Evaluator, target: Value, keys: Sequence[Value]) -> Value:
    """`target[keys]`."""
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
    found = ev.world.hosting_element(ev, target, keys)
    return found if found is not None else Unknown(ev.world.element_type(target), "an element that is not known")


# --- calls ---------------------------------------------------------------------------------------------------------------


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Type.Name(...)` for .NET's types."""
    from routewarden.model import hosting, invocation

    name = where.name
    values = [p.value for p in passed]
    if of.name in ("System.String", "string") or of.name == "System.IO.Path":
        result = _string_static(ev, name, values)
        if result is not None:
            return result
    if of.name == "System.Array" and name == "Empty":
        return ListValue([])
    if of.name == "System.Linq.Enumerable":
        if name == "Empty":
            return ListValue([])
        if name == "Range" and len(values) == 2 and all(isinstance(v, Const) and isinstance(v.value, int) for v in values):
            start, count = (v.value for v in values if isinstance(v, Const))
            if isinstance(start, int) and isinstance(count, int) and 0 <= count <= 2000:
                return ListValue([Const(start + i) for i in range(count)])
    if of.name == "System.Activator" and name == "CreateInstance":
        made = where.type_arguments[0] if where.type_arguments else values[0] if values else None
        if isinstance(made, TypeValue):
            return invocation.construct(ev, made, passed[1:] if not where.type_arguments else passed)
        return Unknown(None, "a type that is not known is created")
    if of.name == "System.Reflection.Assembly":
        if name == "GetAssembly" and values and isinstance(values[0], TypeValue):
            return Instance(of, {"<of>": values[0]})
        if name in ("GetExecutingAssembly", "GetCallingAssembly"):
            owner = where.frame.owner
            return Instance(of, {"<of>": TypeValue(ev.world.full_name(owner), owner)} if owner is not None else {"<path>": Const(where.frame.path)})
        if name == "GetEntryAssembly":
            return Instance(of, {"<path>": Const(ev.app.entry_path)})
    if of.name == "System.Enum":
        enum = where.type_arguments[0] if where.type_arguments else values[0] if values else None
        if isinstance(enum, TypeValue) and name in ("GetNames", "GetValues"):
            members = ev.world.enum_members(enum)
            if members is not None:
                return ListValue([Const(m, None if name == "GetNames" else enum) for m in members])
    if ev.world.is_framework_extension(of, name) and values:
        return invocation.call_member(ev, values[0], passed[1:], where)
    return hosting.static_call(ev, of, passed, where)


def _string_static(ev: Evaluator, name: str, values: list[Value]) -> Value | None:
    from routewarden.model.expressions import items_of

    if name == "Concat":
        return concatenate(values)
    if name == "Format" and values and isinstance(values[0], Const) and isinstance(values[0].value, str):
        text = values[0].value
        for index, value in enumerate(values[1:]):
            inserted = to_text(value)
            if inserted is None:
                return Unknown(TypeValue("System.String"), "a part of the text is decided at run time")
            text = text.replace("{" + str(index) + "}", inserted)
        return Const(text)
    if name == "Join" and len(values) >= 2:
        separator = to_text(values[0])
        items = items_of(ev, values[1]) if len(values) == 2 and not isinstance(values[1], Const) else values[1:]
        if separator is None or items is None:
            return Unknown(TypeValue("System.String"), "a part of the text is decided at run time")
        texts = [to_text(i) for i in items]
        return Const(separator.join(t for t in texts if t is not None)) if None not in texts else Unknown(TypeValue("System.String"))
    if name in ("IsNullOrEmpty", "IsNullOrWhiteSpace") and values:
        value = values[0]
        if isinstance(value, Const):
            text = value.value
            return Const(text is None or (isinstance(text, str) and not (text.strip() if name.endswith("Space") else text)))
        return Unknown(TypeValue("System.Boolean"), "a text that is decided at run time")
    if name == "Equals" and len(values) >= 2:
        return operate("==", values[0], values[1])
    if name == "Combine":
        texts = [to_text(v) for v in values]
        return Const("/".join(t for t in texts if t)) if None not in texts else Unknown(TypeValue("System.String"))
    return None


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`target.Name(...)` for strings, types, collections."""
    values = [p.value for p in passed]
    name = where.name
    if isinstance(target, Const) and target.type is None and isinstance(target.value, str):
        found = _string_call(target.value, name, values)
        if found is not None:
            return found
    if isinstance(target, Const) and name == "ToString" and not values:
        text = to_text(target)
        return Const(text) if text is not None else None
    if isinstance(target, TypeValue):
        found = _type_call(ev, target, name, values, where)
        if found is not None:
            return found
    if name == "GetType" and not values:
        of = value_type(target)
        if isinstance(target, Instance) and of is not None:
            return of
    if isinstance(target, Instance) and target.type.name == "System.Reflection.Assembly" and name in ("GetTypes", "GetExportedTypes"):
        return assembly_types(ev, target, name == "GetExportedTypes")
    if isinstance(target, ListValue):
        found = _list_mutation(ev, target, name, values)
        if found is not None:
            return found
    if isinstance(target, DictValue):
        found = _dictionary_call(target, name, values)
        if found is not None:
            return found
    if name in LINQ:
        from routewarden.model.expressions import items_of

        items = items_of(ev, target)
        if items is not None:
            return LINQ[name](ev, items, values, where)
        if isinstance(target, ListValue) or ev.world.element_type(target) is not None:
            return _linq_type(ev, target, name, where)
    return None


def _linq_type(ev: Evaluator, target: Value, name: str, where: CallSite) -> Value:
    """The result of LINQ on an unknown sequence: its type, where the method keeps or names it."""
    if name in ("First", "FirstOrDefault", "Single", "SingleOrDefault", "Last", "LastOrDefault"):
        return Unknown(ev.world.element_type(target), "an element of a list that is not known")
    if name in ("OfType", "Cast") and where.type_arguments:
        return Unknown(TypeValue("System.Collections.Generic.IEnumerable`1", None, where.type_arguments), "a list that is not known")
    if name in ("Select", "SelectMany", "Any", "All", "Count", "Contains"):
        return Unknown(None, "computed from a list that is not known")
    return Unknown(value_type(target), "a list that is not known")


def assembly_types(ev: Evaluator, assembly: Instance, exported: bool) -> Value:
    """The types of the assembly that holds a type or file; only those the workspace declares are known."""
    of, path = assembly.fields.get("<of>"), assembly.fields.get("<path>")
    project = None
    if isinstance(of, TypeValue):
        project = ev.world.project_of_type(of)
    elif isinstance(path, Const) and isinstance(path.value, str):
        project = ev.world.project_of_path(path.value)
    if project is None:
        return ListValue([], False, TypeValue("System.Type[]"))
    types = ev.world.types_of_project(project)
    if exported:
        types = [t for t in types if ev.world.is_exported(t)]
    return ListValue(list(types))


def _string_call(text: str, name: str, values: list[Value]) -> Value | None:
    constants = [v.value if isinstance(v, Const) else None for v in values]
    first = constants[0] if constants else None
    if name in ("ToString", "Normalize") or name == "AsSpan":
        return Const(text)
    if name in ("ToLower", "ToLowerInvariant"):
        return Const(text.lower())
    if name in ("ToUpper", "ToUpperInvariant"):
        return Const(text.upper())
    if name in ("Trim", "TrimStart", "TrimEnd"):
        chars = "".join(c for c in constants if isinstance(c, str)) or None
        return Const({"Trim": text.strip, "TrimStart": text.lstrip, "TrimEnd": text.rstrip}[name](chars))
    if any(c is None for c in constants[:1]) and values:
        return None
    if name == "Replace" and len(constants) >= 2 and isinstance(first, str) and isinstance(constants[1], (str, type(None))):
        return Const(text.replace(first, constants[1] or "")) if first else None
    if name in ("StartsWith", "EndsWith", "Contains", "Equals") and isinstance(first, str):
        ignore = any(isinstance(c, str) and "IgnoreCase" in c for c in constants[1:])
        a, b = (text.lower(), first.lower()) if ignore else (text, first)
        return Const({"StartsWith": a.startswith(b), "EndsWith": a.endswith(b), "Contains": b in a, "Equals": a == b}[name])
    if name == "Split" and isinstance(first, str) and first:
        return ListValue([Const(p) for p in text.split(first)])
    if name == "Substring" and isinstance(first, int):
        length = constants[1] if len(constants) > 1 else None
        return Const(text[first : first + length] if isinstance(length, int) else text[first:])
    if name in ("IndexOf", "LastIndexOf") and isinstance(first, str):
        return Const(text.find(first) if name == "IndexOf" else text.rfind(first))
    if name == "Remove" and isinstance(first, int):
        length = constants[1] if len(constants) > 1 else None
        return Const(text[:first] + text[first + length :] if isinstance(length, int) else text[:first])
    if name == "Insert" and isinstance(first, int) and len(constants) > 1 and isinstance(constants[1], str):
        return Const(text[:first] + constants[1] + text[first:])
    return None


def _type_call(ev: Evaluator, of: TypeValue, name: str, values: list[Value], where: CallSite) -> Value | None:
    other = values[0] if values else (where.type_arguments[0] if where.type_arguments else None)
    if name in ("IsAssignableFrom", "IsAssignableTo", "IsSubclassOf", "IsInstanceOfType") and isinstance(other, TypeValue):
        low, high = (other, of) if name == "IsAssignableFrom" else (of, other)
        known = ev.world.is_assignable(low, high)
        if known is None:
            return Unknown(TypeValue("System.Boolean"), f"bases of {low.name} are not known")
        return Const(known and not (name == "IsSubclassOf" and low.name == high.name))
    if name == "GetInterfaces":
        return ListValue(list(ev.world.interfaces_of(of)))
    if name in ("GetTypeInfo", "AsType", "GetType"):
        return of
    if name in ("GetCustomAttribute", "GetCustomAttributes", "IsDefined"):
        found = ev.world.attributes_of_type(ev, of, other if isinstance(other, TypeValue) else None)
        if found is None:
            return None
        if name == "IsDefined":
            return Const(bool(found))
        if name == "GetCustomAttributes":
            return ListValue(found)
        return found[0] if found else NULL
    if name == "ToString":
        return Const(of.name)
    return None


def _list_mutation(ev: Evaluator, target: ListValue, name: str, values: list[Value]) -> Value | None:
    from routewarden.model.expressions import items_of

    if name in ("Add", "Push", "Enqueue", "AddLast") and values:
        target.items.append(values[0])
        return Const(True)
    if name == "AddRange" and values:
        items = items_of(ev, values[0])
        target.items.extend(items or ())
        target.exact = target.exact and items is not None
        return NULL
    if name == "Insert" and len(values) == 2:
        at = values[0].value if isinstance(values[0], Const) else None
        target.items.insert(at if isinstance(at, int) else len(target.items), values[1])
        return NULL
    if name == "Clear":
        target.items.clear()
        target.exact = True
        return NULL
    if name == "ForEach" and values:
        for item in list(target.items):
            _apply(ev, values[0], [item])
        return NULL
    if name in ("AsReadOnly", "AsEnumerable", "GetEnumerator"):
        return target
    return None


def _dictionary_call(target: DictValue, name: str, values: list[Value]) -> Value | None:
    if name in ("Add", "TryAdd") and len(values) == 2:
        target.entries.append((values[0], values[1]))
        return Const(True)
    if name in ("ContainsKey",) and values and isinstance(values[0], Const):
        return Const(any(isinstance(k, Const) and k.value == values[0].value for k, _ in target.entries))
    return None


# --- LINQ ----------------------------------------------------------------------------------------------------------------


def _apply(ev: Evaluator, function: Value, values: list[Value]) -> Value:
    from routewarden.model import invocation

    if isinstance(function, Closure):
        return invocation.invoke_closure(ev, function, values, [invocation.Passed(v) for v in values])
    if isinstance(function, MethodGroup):
        passed = [invocation.Passed(v) for v in values]
        chosen = invocation.choose(ev, function.methods, passed, skip=0)
        if chosen is not None:
            return invocation.invoke_method(ev, chosen, function.this, passed, function.type_arguments)
    return Unknown(None, "a function that is not known")


def _where(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept: list[Value] = []
    exact = True
    for item in items:
        hit = ev.truth(_apply(ev, values[0], [item])) if values else None
        if hit is None:
            exact = False
        elif hit:
            kept.append(item)
    return ListValue(kept, exact)


def _select(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    return ListValue([_apply(ev, values[0], [i]) for i in items] if values else items)


def _select_many(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    from routewarden.model.expressions import items_of

    out: list[Value] = []
    exact = True
    for item in items:
        inner = items_of(ev, _apply(ev, values[0], [item])) if values else None
        exact = exact and inner is not None
        out.extend(inner or ())
    return ListValue(out, exact)


def _same_items(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    return ListValue(list(items))


def _distinct(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    out: list[Value] = []
    for item in items:
        if not any(_same(item, o) for o in out):
            out.append(item)
    return ListValue(out)


def _order(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    keys = [to_text(_apply(ev, values[0], [i])) if values else to_text(i) for i in items]
    if any(k is None for k in keys):
        return ListValue(list(items))
    ordered = sorted(zip(keys, range(len(items)), strict=True), key=lambda p: (p[0] or "", p[1]), reverse=where.name.endswith("Descending"))
    return ListValue([items[i] for _, i in ordered])


def _of_type(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    if not where.type_arguments or where.name == "Cast":
        return ListValue(list(items))
    return ListValue([i for i in items if is_instance(ev, i, where.type_arguments[0])])


def _first(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept = _where(ev, items, values, where) if values else ListValue(items)
    assert isinstance(kept, ListValue)
    if kept.items:
        return kept.items[-1 if where.name.startswith("Last") else 0]
    return NULL if kept.exact else Unknown(None, "a list that is not fully known")


def _any(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    hits = [ev.truth(_apply(ev, values[0], [i])) for i in items] if values else [True] * len(items)
    if where.name == "All":
        return Const(False) if False in hits else Unknown() if None in hits else Const(True)
    return Const(True) if True in hits else Unknown() if None in hits else Const(False)


def _count(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept = _where(ev, items, values, where) if values else ListValue(items)
    return Const(len(kept.items)) if isinstance(kept, ListValue) and kept.exact else Unknown(TypeValue("System.Int32"))


def _contains(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    hits = [_same(i, values[0]) for i in items] if values else []
    return Const(True) if True in hits else Unknown() if None in hits else Const(False)


def _concat(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    from routewarden.model.expressions import items_of

    if where.name in ("Append", "Prepend"):
        return ListValue([*items, values[0]] if where.name == "Append" else [values[0], *items])
    more = items_of(ev, values[0]) if values else None
    return ListValue([*items, *(more or ())], more is not None)


def _zip(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    from routewarden.model.expressions import items_of

    other = items_of(ev, values[0]) if values else None
    if other is None:
        return ListValue([], False)
    return ListValue([TupleValue(((None, a), (None, b))) for a, b in zip(items, other, strict=False)])


def _take(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    count = values[0].value if values and isinstance(values[0], Const) else None
    if not isinstance(count, int):
        return ListValue([], False)
    return ListValue(items[:count] if where.name == "Take" else items[count:])


def _to_dictionary(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    pairs = []
    for item in items:
        key = _apply(ev, values[0], [item]) if values else Unknown()
        pairs.append((key, _apply(ev, values[1], [item]) if len(values) > 1 else item))
    return DictValue(pairs)


def _aggregate(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    if len(values) >= 2:
        total, function, rest = values[0], values[1], items
    elif values and items:
        total, function, rest = items[0], values[0], items[1:]
    else:
        return Unknown()
    for item in rest:
        total = _apply(ev, function, [total, item])
    return total


LINQ: dict[str, Callable[[Evaluator, list[Value], list[Value], CallSite], Value]] = {
    "Where": _where, "Select": _select, "SelectMany": _select_many, "ToList": _same_items, "ToArray": _same_items,
    "AsEnumerable": _same_items, "ToHashSet": _distinct, "Distinct": _distinct, "OrderBy": _order, "OrderByDescending": _order,
    "ThenBy": _same_items, "Order": _order, "Reverse": lambda ev, i, v, w: ListValue(i[::-1]), "OfType": _of_type, "Cast": _of_type,
    "First": _first, "FirstOrDefault": _first, "Single": _first, "SingleOrDefault": _first, "Last": _first, "LastOrDefault": _first,
    "Any": _any, "All": _any, "Count": _count, "Contains": _contains, "Concat": _concat, "Union": _concat, "Append": _concat,
    "Prepend": _concat, "Zip": _zip, "Take": _take, "Skip": _take, "ToDictionary": _to_dictionary, "Aggregate": _aggregate,
    "ToImmutableArray": _same_items, "ToImmutableList": _same_items, "ToFrozenSet": _distinct, "AsParallel": _same_items,
}


def query(ev: Evaluator, expr: ir.Query, frame: Frame) -> Value:
    """A LINQ query of `from`, `where` and `select` over known items."""
    from routewarden.model.expressions import evaluate, items_of

    rows: list[dict[str, Value]] = [{}]
    result: list[Value] = []
    exact = True
    for word, name, value in expr.clauses:
        scopes = [(row, Frame(frame.path, frame.body, dict(row), frame, frame.this, frame.owner, frame.type_arguments)) for row in rows]
        if word in ("from", "let"):
            new_rows = []
            for row, scope in scopes:
                of = evaluate(ev, value, scope)
                items = [of] if word == "let" else items_of(ev, of)
                exact = exact and items is not None
                new_rows.extend({**row, name: item} for item in items or ())
            rows = new_rows
        elif word == "where":
            hits = [(row, ev.truth(evaluate(ev, value, scope))) for row, scope in scopes]
            exact = exact and all(h is not None for _, h in hits)
            rows = [row for row, hit in hits if hit]
        elif word == "select":
            result = [evaluate(ev, value, scope) for _, scope in scopes]
        elif word not in ("orderby",):
            return Unknown(None, "a query that is not evaluated")
    return ListValue(result, exact)
