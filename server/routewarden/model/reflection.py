"""Reflection: what `typeof(T)`, assemblies and attributes tell of workspace types.

Invariant: the types of an assembly are those that its project declares; one that the workspace does not hold has none that are known.
https://learn.microsoft.com/dotnet/api/system.type
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.framework.table import FrameworkType
from routewarden.model import overloads
from routewarden.model.attributes import instantiate
from routewarden.model.evaluator import Passed
from routewarden.model.values import NULL, Const, Frame, Instance, ListValue, TypeValue, Unknown, Value
from routewarden.model.workspace_types import WorkspaceType
from routewarden.model.world import World, part_in

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator


_DECLARING = "<declaring type>"  # field of a MethodInfo or PropertyInfo


@dataclass(frozen=True, slots=True)
class TypeInfo:
    namespace: str
    kind: str
    modifiers: frozenset[str]
    arity: int
    nested: bool


def type_info(world: World, of: TypeValue) -> TypeInfo | None:
    symbol = of.symbol
    if isinstance(symbol, WorkspaceType):
        return TypeInfo(symbol.namespace, symbol.kind, symbol.modifiers, symbol.arity, symbol.containing is not None)
    if isinstance(symbol, FrameworkType):
        words = frozenset({"public", *symbol.kind.split()[:-1]})
        return TypeInfo(symbol.namespace, symbol.kind.split()[-1], words, symbol.arity, symbol.containing is not None)
    return None


def types_of_project(world: World, project: str) -> list[TypeValue]:
    found: dict[str, TypeValue] = {}
    for path, part in world.declared_in(project):
        symbol = world.types.of_part(path, part)
        if symbol is not None:
            found.setdefault(symbol.full_name, TypeValue(symbol.full_name, symbol))
    return [found[name] for name in sorted(found)]


def is_exported(world: World, of: TypeValue) -> bool:
    """Public, and so are the types around it."""
    symbol = of.symbol
    while isinstance(symbol, WorkspaceType):
        if "public" not in symbol.modifiers:
            return False
        symbol = world.types.containing(symbol)
    return True


def interfaces_of(world: World, of: TypeValue) -> list[TypeValue]:
    named = world.named_type(of)
    if named is None:
        return []
    return [v for i in world.resolver.supertypes(named).interfaces if (v := world.to_value(i)) is not None]


def enum_members(world: World, of: TypeValue) -> list[str] | None:
    if isinstance(of.symbol, WorkspaceType):
        return [m.name for _, m in of.symbol.members if m.kind == "enum-member"]
    return list(of.symbol.values) if isinstance(of.symbol, FrameworkType) and of.symbol.values else None


def converted(ev: Evaluator, value: Const, to: TypeValue) -> Value:
    """A cast between a number and an enum; other values stay as they are."""
    held = value.value
    if isinstance(held, int) and not isinstance(held, bool):
        return next((Const(name, to) for name, number in _numbers(ev, to).items() if number == held), value)
    if isinstance(held, str) and value.type is not None and to.name.startswith("System.Int"):
        number = _numbers(ev, value.type).get(held)
        return Const(number) if number is not None else Unknown(to, "the number of an enum member")
    return value


def _numbers(ev: Evaluator, of: TypeValue) -> dict[str, int]:
    """The members of an enum with their values."""
    if isinstance(of.symbol, FrameworkType):
        return {k: v for k, v in of.symbol.values.items() if isinstance(v, int)}
    if not isinstance(of.symbol, WorkspaceType) or of.symbol.kind != "enum":
        return {}
    found: dict[str, int] = {}
    following = 0
    for path, member in of.symbol.members:
        if member.kind != "enum-member":
            continue
        if member.initializer is not None:
            given = ev.evaluate(member.initializer, Frame(path, f"{member.id}:init", {}, None, None, of.symbol))
            following = given.value if isinstance(given, Const) and isinstance(given.value, int) else following
        found[member.name] = following
        following += 1
    return found


def attributes_of_type(ev: Evaluator, of: TypeValue, wanted: TypeValue | None) -> list[Value] | None:
    """Instances of a workspace type's attributes, of the wanted class if one is given."""
    if not isinstance(of.symbol, WorkspaceType):
        return None
    found: list[Value] = []
    for site, attribute in of.symbol.attributes:
        part = part_in(of.symbol, site.path)
        scope = ev.world.resolver.header_scope(site.path, part) if part is not None else ev.world.resolver.scope(site.path)
        made = instantiate(ev, attribute, scope, site)
        if made is not None and (wanted is None or ev.world.is_assignable(made.type, wanted)):
            found.append(made)
    return found


def type_property(ev: Evaluator, of: TypeValue, name: str) -> Value | None:
    """Reflection on a type."""
    info = type_info(ev.world, of)
    simple = of.name.split("`")[0].rsplit(".", 1)[-1]
    if name == "Name":
        return Const(simple + ("`" + of.name.rsplit("`", 1)[1] if "`" in of.name.rsplit(".", 1)[-1] else ""))
    if name == "FullName":
        return Const(of.name)
    if name == "Namespace":
        return Const(info.namespace) if info is not None else None
    if name == "Assembly":
        of_entry = of.symbol is None and of.name == "Program"
        return Instance(TypeValue("System.Reflection.Assembly"), {"<path>": Const(ev.app.entry_path)} if of_entry else {"<of>": of})
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


def type_call(ev: Evaluator, of: TypeValue, name: str, values: list[Value], where: CallSite) -> Value | None:
    other = values[0] if values else (where.type_arguments[0] if where.type_arguments else None)
    if name in ("IsAssignableFrom", "IsAssignableTo", "IsSubclassOf", "IsInstanceOfType") and isinstance(other, TypeValue):
        low, high = (other, of) if name == "IsAssignableFrom" else (of, other)
        known = ev.world.is_assignable(low, high)
        if known is None:
            return Unknown(TypeValue("System.Boolean"), f"bases of {low.name} are not known")
        return Const(known and not (name == "IsSubclassOf" and low.name == high.name))
    if name == "GetInterfaces":
        return ListValue(list(interfaces_of(ev.world, of)))
    if name in ("GetTypeInfo", "AsType", "GetType"):
        return of
    if name in ("GetCustomAttribute", "GetCustomAttributes", "IsDefined"):
        found = attributes_of_type(ev, of, other if isinstance(other, TypeValue) else None)
        if found is None:
            return None
        if name == "IsDefined":
            return Const(bool(found))
        if name == "GetCustomAttributes":
            return ListValue(found)
        return found[0] if found else NULL
    if name == "GetMethods" and isinstance(of.symbol, WorkspaceType):
        return _methods(ev, of, values)
    if name == "ToString":
        return Const(of.name)
    if name in ("GetMethod", "GetProperty", "GetField") and values:
        return _member(ev, of, name, values[0])
    if name == "InvokeMember" and values and isinstance(values[0], Const):  # (name, flags, binder, target, arguments)
        return _invoked(ev, of, str(values[0].value), values[3] if len(values) > 3 else NULL, values[4] if len(values) > 4 else NULL, where)
    if name == "GetGenericTypeDefinition":
        return TypeValue(of.name, of.symbol)
    if name == "GetGenericArguments" and of.arguments:
        return ListValue(list(of.arguments))
    if name == "MakeGenericType" and values:
        given = values[0].items if isinstance(values[0], ListValue) else values
        return TypeValue(of.name, of.symbol, tuple(v if isinstance(v, TypeValue) else TypeValue("?") for v in given))
    return None


def _member(ev: Evaluator, of: TypeValue, kind: str, name: Value) -> Value | None:
    """`type.GetMethod("Map")` and its kin; null where the workspace class has no such member."""
    if not isinstance(name, Const) or not isinstance(name.value, str) or not ev.world.is_workspace(of):
        return None
    if kind == "GetMethod":
        own = "System.Reflection.MethodInfo"
        there = bool(ev.world.methods(of, name.value))
    else:
        own = "System.Reflection.PropertyInfo" if kind == "GetProperty" else "System.Reflection.FieldInfo"
        data = ev.world.data_member(of, name.value)
        there = data is not None and data.type.kind != "interface"  # an interface's members are no members of the class
    if not there:
        return NULL
    return Instance(TypeValue(own, ev.world.symbol(own)), {_DECLARING: of, "Name": name, "DeclaringType": of})


def member_call(ev: Evaluator, member: Instance, values: list[Value], where: CallSite) -> Value | None:
    """`method.Invoke(target, arguments)`, `property.GetValue(target)`; None for other objects and calls."""
    of, name = member.fields.get(_DECLARING), member.fields.get("Name")
    if not isinstance(of, TypeValue) or not isinstance(name, Const) or not values:
        return None
    if where.name == "GetValue":
        return ev.member(of if _is_null(values[0]) else values[0], str(name.value))
    if where.name == "Invoke":
        return _invoked(ev, of, str(name.value), values[0], values[1] if len(values) > 1 else NULL, where)
    return None


def _invoked(ev: Evaluator, of: TypeValue, name: str, target: Value, given: Value, where: CallSite) -> Value | None:
    """A method called through reflection."""
    passed = [Passed(v) for v in given.items] if isinstance(given, ListValue) else []
    chosen = overloads.choose(ev.world, ev.world.methods(of, name), passed)
    if chosen is None:
        return None
    return ev.invoke_method(chosen, None if _is_null(target) else target, passed, where.type_arguments)


def _is_null(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _methods(ev: Evaluator, of: TypeValue, values: list[Value]) -> Value:
    """`type.GetMethods()`: the public ones; with `BindingFlags.NonPublic` all."""
    assert isinstance(of.symbol, WorkspaceType)
    hidden = any(isinstance(v, Const) and isinstance(v.value, str) and "NonPublic" in v.value for v in values)
    found: list[Value] = []
    for _, member in of.symbol.members:
        made = _member(ev, of, "GetMethod", Const(member.name)) if member.kind == "method" else None
        if isinstance(made, Instance) and (hidden or "public" in member.modifiers):
            made.fields |= {"IsStatic": Const("static" in member.modifiers), "IsPublic": Const("public" in member.modifiers)}
            found.append(made)
    return ListValue(found)


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
    types = types_of_project(ev.world, project)
    if exported:
        types = [t for t in types if is_exported(ev.world, t)]
    return ListValue(list(types))
