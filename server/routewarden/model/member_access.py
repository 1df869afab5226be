"""Reading and writing fields and properties.

Invariant: a property's getter or setter runs if it has one; a static field is initialized once, when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import attributes, hosting, library, observed, overloads, reflection, stand_ins
from routewarden.model.binding import awaited, bind_parameters, iterates, labelled, receiver_arguments, run_body
from routewarden.model.evaluator import MAX_CALLS, Passed
from routewarden.model.members import DataRef, MethodRef
from routewarden.model.values import Const, Frame, Instance, MethodGroup, TypeValue, Unknown, Value, value_type
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator


_FIELD = "<field>"  # the C# 14 backing field of a property
_UNSET = Const(None)


def _backing(this: Value | None, name: str) -> Value:
    """What `field` is inside an accessor. https://learn.microsoft.com/dotnet/csharp/language-reference/keywords/field"""
    return this.fields.get(_FIELD + name, _UNSET) if isinstance(this, Instance) else _UNSET


def member_of_enclosing(ev: Evaluator, name: str, frame: Frame) -> Value | None:
    """A field, property or method of the type whose member runs, of its bases, or of the types around it."""
    for index, symbol in enumerate(ev.world.enclosing(frame)):
        of = frame.this.type if index == 0 and isinstance(frame.this, Instance) else TypeValue(ev.world.full_name(symbol), symbol)
        this = frame.this if index == 0 else None
        if _extends(ev, of, name):
            continue
        value = read_member(ev, of, this, name, frame)
        if value is not None:
            return value
    return None


def _extends(ev: Evaluator, of: TypeValue, name: str) -> bool:
    """The name is a property of a C# 14 extension block, which no simple name means."""
    ref = ev.world.data_member(of, name)
    return ref is not None and ref.facts is not None and bool(ref.facts.parameters) and "this" in ref.facts.parameters[0].modifiers


def member_value(ev: Evaluator, target: Value, name: str, frame: Frame | None = None) -> Value:
    """`target.name`, where it is not called."""
    if isinstance(target, TypeValue):
        found = read_member(ev, target, None, name, frame)
        if found is not None:
            return found
        nested = ev.world.nested_type(target, name)
        if nested is not None:
            return nested
        own = reflection.type_property(ev, target, name)
        return own or Unknown(None, f"`{target.name}.{name}` is not known")
    if isinstance(target, Instance):
        if name in target.fields:
            return target.fields[name]
        found = read_member(ev, target.type, target, name, frame)
        if found is not None:
            return found
    value = hosting.property_value(ev, target, name) or library.property_value(ev, target, name)
    if value is not None:
        return value
    of = value_type(target)
    if of is not None:
        found = read_member(ev, of, target, name, frame)
        if found is not None:
            return found
        extended = _extension_property(ev, target, name, frame) if frame is not None else None
        if extended is not None:
            return extended
        declared = ev.world.property_type(of, name)
        standing = stand_ins.property_value(ev, target, name, declared)
        if standing is not None:
            return standing
        if declared is not None:
            return Unknown(declared, f"`{name}` is decided at run time")
    return Unknown(None, f"`{name}` is not known")


def _extension_property(ev: Evaluator, target: Value, name: str, frame: Frame) -> Value | None:
    """A property of a C# 14 extension block."""
    passed = [Passed(target)]
    chosen = overloads.choose(ev.world, ev.world.extension_methods(name, frame, "property"), passed, receiver=True)
    getter = next((b for w, b in chosen.facts.accessors if w == "get" and b is not None), None) if chosen is not None else None
    if chosen is None or getter is None or ev.depth >= MAX_CALLS:
        return None
    inner = Frame(chosen.path, getter, {}, None, None, chosen.type)
    bind_parameters(ev, chosen.facts.parameters, passed, inner)
    return run_body(ev, chosen.path, getter, inner)


def read_member(ev: Evaluator, of: TypeValue, this: Value | None, name: str, frame: Frame | None = None) -> Value | None:
    """A field, constant, property or method group `name` of a type, looked up along its bases; None where it has none."""
    ref = ev.world.data_member(of, name)
    if ref is not None:
        return read(ev, ref, of, this)
    methods = ev.world.methods(of, name)
    if methods:
        return MethodGroup(name, methods, this, of)
    if of.name == "System.String" and name == "Empty":
        return Const("")
    if of.name == "System.Net.Http.HttpClientHandler" and name == observed.ACCEPTS_ANYTHING:
        return Const(name)
    if of.name == "Microsoft.AspNetCore.Http.HttpMethods":  # static readonly, so not in the metadata: HttpMethods.Get is "GET"
        return Const(name.upper())
    if of.name == "System.String" and name == "Empty":
        return Const("")
    if of.name == "Microsoft.Extensions.Hosting.Environments":
        return Const(name)
    return ev.world.framework_constant(of, name)


def read(ev: Evaluator, ref: DataRef, of: TypeValue, this: Value | None) -> Value:
    """The value of a field, property or enum member."""
    facts = ref.facts
    if facts is None:
        declared = ev.world.resolve_in(ref.parameter.type if ref.parameter else None, ref.path, ref.type)
        if isinstance(this, Instance):
            return this.fields.get(ref.name, Unknown(declared, f"`{ref.name}` is given at run time"))
        return Unknown(declared, f"`{ref.name}` is given at run time")
    if facts.kind == "enum-member":
        return Const(facts.name, TypeValue(ref.type_name, ref.type))
    declared = ev.world.resolve_in(facts.type, ref.path, ref.type)
    if "partial" in facts.modifiers:
        generated = attributes.generated_regex(ev, facts.attributes, ev.world.resolver.scope(ref.path), Site(ref.path, facts.id))
        if generated is not None:
            return generated
    static = bool(facts.modifiers & {"static", "const"})
    key = (ref.type_name, facts.name)
    if static:
        if key in ev.statics:
            ev.world.types.tracker.current |= ev.static_masks.get(key, 0)
            return ev.statics[key]
        if key in ev.active:
            return Unknown(declared, f"`{facts.name}` is defined by itself")
    elif isinstance(this, Instance) and facts.name in this.fields:
        return this.fields[facts.name]
    getter = next((b for w, b in facts.accessors if w == "get" and b is not None), None)
    generics = receiver_arguments(ev, this, ref.type)
    frame = Frame(ref.path, getter or f"{facts.id}:init", {}, None, this if not static else None, ref.type, generics)
    if getter is not None:
        if ev.depth >= MAX_CALLS:
            return Unknown(declared, "calls are nested too deeply to follow")
        frame.locals["field"] = _backing(this, facts.name)
        frame.yields = [] if iterates(facts.type) else None
        frame.returns = awaited(declared)
        value = labelled(run_body(ev, ref.path, getter, frame), facts.type)
        return Unknown(declared, value.reason) if isinstance(value, Unknown) and value.type is None else value
    if isinstance(this, Instance) and _FIELD + facts.name in this.fields:
        return this.fields[_FIELD + facts.name]
    if facts.initializer is not None:
        ev.active.add(key)
        try:
            initializer = facts.initializer
            value, mask = ev.world.types.tracker.measured(lambda: labelled(ev.evaluate(initializer, frame, declared), facts.type))
        finally:
            ev.active.discard(key)
        if static:
            ev.statics[key] = value
            ev.static_masks[key] = mask | ev.world.types.tracker.mask((ref.type.name,))
        elif isinstance(this, Instance):
            this.fields[facts.name] = value
        return value
    if not static and not isinstance(this, Instance):
        return Unknown(declared, f"`{facts.name}` is set at run time")
    if static and _run_static_constructor(ev, ref.type):
        return ev.statics.get(key, Unknown(declared, f"`{facts.name}` is set at run time"))
    if isinstance(this, Instance) and this.complete and facts.kind in ("field", "property"):
        return ev.world.default_of(declared)
    return Unknown(declared, f"`{facts.name}` is set at run time")


def write_enclosing(ev: Evaluator, name: str, value: Value, frame: Frame) -> None:
    """`name = value` inside a member."""
    if isinstance(frame.this, Instance) and ev.world.data_member(frame.this.type, name) is not None:
        write(ev, frame.this, name, value, frame, -1)
        return
    for symbol in ev.world.enclosing(frame):
        of = TypeValue(ev.world.full_name(symbol), symbol)
        ref = ev.world.data_member(of, name)
        if ref is not None:
            if isinstance(frame.this, Instance) and not (ref.facts is not None and "static" in ref.facts.modifiers):
                frame.this.fields[name] = value
            else:
                ev.statics[(ref.type_name, name)] = value
            return
    if isinstance(frame.this, Instance):
        write(ev, frame.this, name, value, frame, -1)


def write(ev: Evaluator, owner: Value, name: str, value: Value, frame: Frame, node: int) -> None:
    """`owner.name = value`."""
    observed.written(ev, owner, name, value, Site(frame.path, frame.body, f"node:{node}"))
    if isinstance(owner, TypeValue):
        ref = ev.world.data_member(owner, name)
        if ref is not None:
            ev.statics[(ref.type_name, name)] = value
        return
    if isinstance(owner, Instance):
        ref = ev.world.data_member(owner.type, name) if ev.world.is_workspace(owner.type) else None
        setter = next((b for w, b in ref.facts.accessors if w in ("set", "init") and b), None) if ref and ref.facts else None
        if ref is not None and setter is not None and ev.depth < MAX_CALLS:
            generics = receiver_arguments(ev, owner, ref.type)
            inner = Frame(ref.path, setter, {"value": value, "field": _backing(owner, name)}, None, owner, ref.type, generics)
            run_body(ev, ref.path, setter, inner)
            if inner.locals["field"] is not _UNSET:
                owner.fields[_FIELD + name] = inner.locals["field"]
            return
        if hosting.assign(ev, owner, name, value, Site(frame.path, frame.body, f"node:{node}")):
            return
        old = owner.fields.get(name)
        if ev.conditions and old is not None and not (isinstance(old, Const) and isinstance(value, Const) and old.value == value.value):
            value = Unknown(value_type(value), f"depends on `{ev.conditions[-1]}`")
        owner.fields[name] = value


def _run_static_constructor(ev: Evaluator, of: WorkspaceType) -> bool:
    """Runs the static constructor once; True if there is one."""
    key = (of.full_name, "<static constructor>")
    static = next(((p, m) for p, m in of.members_named(of.name) if m.kind == "constructor" and "static" in m.modifiers), None)
    if static is None or static[1].body is None:
        return False
    if key not in ev.active:
        ev.active.add(key)
        path, member = static
        ev.invoke_method(MethodRef(of, path, member), None, ())
    return True
