"""The public API of .NET, ASP.NET Core and common libraries as a read-only symbol table.

Invariant: the answer is what the reference assemblies say, and None where they say nothing; no name is completed or guessed.
A full name is the identity that `facts` uses too: "System.Collections.Generic.Dictionary`2.KeyCollection". Types in signatures
stay the text of the metadata ("System.Threading.Tasks.Task<TResult>"; `framework.type_names` parses it).
The file is mapped, not read: opening it costs about a millisecond, a type one block of about 32 KB to inflate.
Deliberately absent: documentation, private members, events, indexers, operators, and everything about overload resolution.
"""

from __future__ import annotations

import json
import mmap
import zlib
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from sys import intern
from types import MappingProxyType
from typing import Any

from routewarden.framework import layout
from routewarden.framework.type_names import identity_of, split_arguments

Constant = str | int | float | bool | None
SHIPPED = Path(__file__).with_name("data") / "api.bin"
_BLOCKS_KEPT = 32  # about 1 MB of inflated text


@dataclass(frozen=True, slots=True)
class FrameworkParameter:
    """`modifier`: "" "params" "out" "ref" (metadata tells no `in` from `ref`)."""

    name: str
    type: str
    modifier: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FrameworkMethod:
    name: str
    returns: str
    parameters: tuple[FrameworkParameter, ...]
    generic: tuple[str, ...] = ()  # names of its type parameters
    constraints: tuple[tuple[str, str], ...] = ()  # (type parameter, type), one pair a constraint
    is_static: bool = False
    is_extension: bool = False
    is_virtual: bool = False
    is_protected: bool = False


@dataclass(frozen=True, slots=True)
class AttributeUsage:
    multiple: bool
    inherited: bool


@dataclass(frozen=True, slots=True, eq=False)
class FrameworkType:
    """One type. `kind`: class, abstract class, sealed class, static class, interface, struct, enum, delegate.

    `base` is None for interfaces and System.Object only; `interfaces` has the inherited ones too. A delegate has `Invoke`.
    `generic` are all type parameters, those of enclosing types first; `arity` counts the own ones.
    """

    full_name: str
    namespace: str
    name: str
    arity: int
    containing: str | None
    assembly: str
    origin: str  # "netcore" "aspnetcore" "package"
    kind: str
    generic: tuple[str, ...]
    constraints: tuple[tuple[str, str], ...]
    base: str | None
    interfaces: tuple[str, ...]
    attribute_usage: AttributeUsage | None
    obsolete: bool
    constants: Mapping[str, Constant]
    values: Mapping[str, int]  # of an enum
    constructors: tuple[tuple[FrameworkParameter, ...], ...]
    properties: Mapping[str, str]  # name → type; public fields too
    _methods: list[Any] = field(repr=False)  # records; classes like Enumerable have hundreds, so each is decoded when asked for
    _by_name: dict[str, tuple[FrameworkMethod, ...]] = field(default_factory=dict, repr=False)

    @property
    def methods(self) -> tuple[FrameworkMethod, ...]:
        """All methods, by name."""
        names = dict.fromkeys(record[0] for record in self._methods)
        return tuple(method for name in names for method in self.methods_named(name))

    def methods_named(self, name: str) -> tuple[FrameworkMethod, ...]:
        """The overloads of a name that this type itself declares."""
        known = self._by_name.get(name)
        if known is None:
            known = tuple(_method(record) for record in self._methods if record[0] == name)
            self._by_name[name] = known
        return known


@cache
def load(path: Path | None = None) -> FrameworkTable:
    """The table that is shipped with the package, or the one at `path`. Raises OSError; ValueError where it is not one."""
    return FrameworkTable(path or SHIPPED)


class FrameworkTable:
    """Read access to one table file; decoded types are kept, so equal questions give the same object."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, *places = layout.HEADER.unpack_from(self._map)
        if magic != layout.MAGIC or version != layout.VERSION:
            raise ValueError(f"{path} is not a symbol table of version {layout.VERSION}")
        self._sections = {
            name: (places[2 * i], places[2 * i] + places[2 * i + 1]) for i, name in enumerate(layout.SECTIONS)
        }
        numbers = {
            name: layout.u32(memoryview(self._map)[slice(*self._sections[name])])
            for name in layout.SECTIONS
            if name not in ("names", "namespaces", "dictionary", "blocks")
        }
        self._name_ends = numbers["name_ends"]
        self._type_namespace = numbers["type_namespace"]
        self._type_block = numbers["type_block"]
        self._type_offset = numbers["type_offset"]
        self._namespace_starts = numbers["namespace_starts"]
        self._keys = numbers["key_hashes"], numbers["key_types"]
        self._simple = numbers["simple_hashes"], numbers["simple_types"]
        self._methods = numbers["method_hashes"], numbers["method_types"]
        self._block_ends = numbers["block_ends"]
        self._dictionary = self._bytes("dictionary")
        self._namespaces = tuple(self._bytes("namespaces").decode().split("\n"))
        self._enclosing: frozenset[str] | None = None
        self._inflated: OrderedDict[int, bytes] = OrderedDict()
        self._decoded: dict[int, FrameworkType] = {}
        self._known: dict[tuple[str, int], FrameworkType] = {}  # as asked for
        self._extensions: dict[str, tuple[tuple[FrameworkType, FrameworkMethod], ...]] = {}

    def __len__(self) -> int:
        """The number of types."""
        return len(self._name_ends)

    # --- types ---

    def type(self, full_name: str, arity: int = 0) -> FrameworkType | None:
        """By identity ("System.Collections.Generic.List`1"), or by dotted name and the number of all type parameters."""
        key = (full_name, arity)
        found = self._known.get(key)
        if found is None:
            number = self._find(full_name, arity)
            if number is None:
                return None
            found = self._known[key] = self._decode(number)
        return found

    def has_type(self, full_name: str, arity: int = 0) -> bool:
        """Like `type`, without decoding it."""
        return self._find(full_name, arity) is not None

    def types_named(self, simple_name: str) -> tuple[str, ...]:
        """The full names of all types whose last name is this one, whatever their arity; sorted."""
        names = (self._full_name(number) for number in _equal(self._simple, layout.name_key(simple_name)))
        return tuple(n for n in names if n.rpartition(".")[2].partition("`")[0] == simple_name)

    # --- namespaces ---

    def has_namespace(self, namespace: str) -> bool:
        """It declares a type, or encloses a namespace that does."""
        if self._enclosing is None:
            self._enclosing = frozenset(_prefixes(self._namespaces))
        return namespace in self._enclosing

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those that declare types, sorted."""
        return self._namespaces

    def types_in(self, namespace: str) -> tuple[str, ...]:
        """The full names of the types declared directly in a namespace, nested ones too; sorted."""
        number = bisect_left(self._namespaces, namespace)
        if number == len(self._namespaces) or self._namespaces[number] != namespace:
            return ()
        return tuple(map(self._full_name, range(self._namespace_starts[number], self._namespace_starts[number + 1])))

    # --- extension methods ---

    def extension_types(self, method_name: str) -> tuple[tuple[str, str], ...]:
        """(namespace, full name) of the static classes that declare an extension method of this name; decodes nothing."""
        numbers = _equal(self._methods, layout.name_key(method_name))
        return tuple((self._namespaces[self._type_namespace[n]], self._full_name(n)) for n in numbers)

    def extension_methods(self, name: str) -> tuple[tuple[FrameworkType, FrameworkMethod], ...]:
        """Every extension method of this name, by full name of its class."""
        known = self._extensions.get(name)
        if known is None:
            types = map(self._decode, _equal(self._methods, layout.name_key(name)))
            known = tuple((t, m) for t in types for m in t.methods_named(name) if m.is_extension)
            self._extensions[name] = known
        return known

    # --- inheritance ---

    def is_subtype(self, full_name: str, of: str) -> bool:
        """`full_name` is, derives from or implements `of`; type arguments are not looked at. Both are identities."""
        wanted = layout.without_arity(of)
        current = self.type(full_name)
        while current is not None:
            known = (current.full_name, *map(identity_of, current.interfaces))
            if any(layout.without_arity(name) == wanted for name in known):
                return True
            current = None if current.base is None else self.type(identity_of(current.base))
        return False

    # --- reading ---

    def _bytes(self, section: str) -> bytes:
        start, end = self._sections[section]
        return self._map[start:end]

    def _find(self, full_name: str, arity: int) -> int | None:
        if "`" in full_name:
            dotted, arity = layout.without_arity(full_name)
        else:
            dotted = full_name
        for number in _equal(self._keys, layout.type_key(dotted, arity)):
            if layout.without_arity(self._full_name(number)) == (dotted, arity):
                return number
        return None

    def _local_name(self, number: int) -> str:
        base = self._sections["names"][0]
        start = self._name_ends[number - 1] if number else 0
        return self._map[base + start : base + self._name_ends[number]].decode()

    def _full_name(self, number: int) -> str:
        namespace = self._namespaces[self._type_namespace[number]]
        name = self._local_name(number)
        return f"{namespace}.{name}" if namespace else name

    def _block(self, number: int) -> bytes:
        block = self._inflated.get(number)
        if block is None:
            base = self._sections["blocks"][0]
            start = self._block_ends[number - 1] if number else 0
            inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=self._dictionary)
            block = inflate.decompress(self._map[base + start : base + self._block_ends[number]])
            self._inflated[number] = block
            if len(self._inflated) > _BLOCKS_KEPT:
                self._inflated.popitem(last=False)
        else:
            self._inflated.move_to_end(number)
        return block

    def _decode(self, number: int) -> FrameworkType:
        known = self._decoded.get(number)
        if known is None:
            block = self._block(self._type_block[number])
            start = self._type_offset[number]
            record = json.loads(block[start : block.index(b"\n", start)])
            namespace = self._namespaces[self._type_namespace[number]]
            known = _type(namespace, self._local_name(number), record)
            self._decoded[number] = known
        return known


def _type(namespace: str, local: str, record: list[Any]) -> FrameworkType:
    assembly, origin, kind, generic, base, interfaces, usage, obsolete, *members = record
    constants, values, constructors, properties, methods = members
    outer, _, last = local.rpartition(".")
    name, _, arity = last.partition("`")
    names, constraints = _type_parameters(generic)
    return FrameworkType(
        full_name=f"{namespace}.{local}" if namespace else local,
        namespace=namespace,
        name=name,
        arity=int(arity or 0),
        containing=(f"{namespace}.{outer}" if namespace else outer) if outer else None,
        assembly=intern(assembly),
        origin=layout.ORIGINS[origin],
        kind=intern(kind),
        generic=names,
        constraints=constraints,
        base=base,
        interfaces=tuple(interfaces),
        attribute_usage=AttributeUsage(*usage) if usage else None,
        obsolete=bool(obsolete),
        constants=MappingProxyType(constants),
        values=MappingProxyType(values),
        constructors=tuple(tuple(map(_parameter, c)) for c in constructors),
        properties=MappingProxyType({n: intern(t) for n, t in properties.items()}),
        _methods=methods,
    )


def _method(record: list[Any]) -> FrameworkMethod:
    name, returns, flags, parameters, *rest = record
    generic, constraints = _type_parameters(rest[0]) if rest else ((), ())
    return FrameworkMethod(
        intern(name),
        intern(returns),
        tuple(map(_parameter, parameters)),
        generic,
        constraints,
        bool(flags & layout.STATIC),
        bool(flags & layout.EXTENSION),
        bool(flags & layout.VIRTUAL),
        bool(flags & layout.PROTECTED),
    )


def _parameter(text: str) -> FrameworkParameter:
    """`params System.String[] values`, `System.Int32 count?`."""
    type_, _, name = text.rpartition(" ")
    modifier = ""
    for candidate in ("params ", "out ", "ref "):
        if type_.startswith(candidate):
            modifier, type_ = candidate[:-1], type_[len(candidate) :]
            break
    optional = name.endswith("?")
    return FrameworkParameter(intern(name.removesuffix("?")), intern(type_), modifier, optional)


def _type_parameters(written: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Names, and (name, type) pairs, of ["T: System.IDisposable, System.IEquatable<T>"]."""
    names: list[str] = []
    constraints: list[tuple[str, str]] = []
    for text in written:
        name, _, types = text.partition(": ")
        names.append(name)
        constraints += [(name, t) for t in split_arguments(types)]
    return tuple(names), tuple(constraints)


def _equal(index: tuple[Any, Any], key: int) -> Iterator[int]:
    hashes, numbers = index
    at = bisect_left(hashes, key)
    while at < len(hashes) and hashes[at] == key:
        yield numbers[at]
        at += 1


def _prefixes(namespaces: tuple[str, ...]) -> Iterator[str]:
    previous = ""
    for namespace in namespaces:
        yield namespace
        enclosing = namespace.rpartition(".")[0]
        while enclosing and not f"{previous}.".startswith(f"{enclosing}."):  # sorted: what the one before had is known already
            yield enclosing
            enclosing = enclosing.rpartition(".")[0]
        previous = namespace
