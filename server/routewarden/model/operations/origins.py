"""Where an object comes from: loaded from a database, or made here.

Invariant: only what was loaded is overwritten when it is changed and saved; what was made by `new`, a factory or `AsNoTracking` is not.
"""

from __future__ import annotations

import re

from routewarden.facts import syntax_ir as ir
from routewarden.model.operations.environment import Env
from routewarden.model.operations.sinks import DBCONTEXT, QUERYABLE
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import NamedType
from routewarden.model.workspace_types import WorkspaceType

_LOADS = re.compile(r"^(?:Get|Find|Load|First|Single|Fetch|Retrieve|Read|Query|List|By|Last|Lookup|Require|Ensure|Search|ElementAt)")
_MAKES = re.compile(r"^(?:Create|Make|Build|New|Map|To|From|Clone|Parse|Generate|Deserialize|Adapt|Init)")
_SOURCES = re.compile(r"(?:Repository|Repo|Store|Service|Manager|Session|UnitOfWork|Context|Reader|Provider|Collection|Queries|Finder|Db)(?:Base)?$")
_DEEPEST = 12


def is_loaded(typing: Typing, expr: ir.Expr | None, env: Env, depth: int = 0) -> bool:
    """The object that an expression gives was read from a store, and changes of it are written back when they are saved."""
    if expr is None or depth > _DEEPEST:
        return False
    if isinstance(expr, ir.Name):
        binding = env.find(expr.name)
        if binding is None or binding.kind == "parameter":
            return False
        return is_loaded(typing, binding.value, binding.env or env, depth + 1)
    if isinstance(expr, ir.Unary):
        return is_loaded(typing, expr.operand, env, depth + 1)
    if isinstance(expr, ir.Cast):
        return is_loaded(typing, expr.value, env, depth + 1)
    if isinstance(expr, ir.Binary) and expr.operator == "??":
        return is_loaded(typing, expr.left, env, depth + 1)
    if isinstance(expr, ir.Conditional):
        return is_loaded(typing, expr.when_true, env, depth + 1) or is_loaded(typing, expr.when_false, env, depth + 1)
    if isinstance(expr, (ir.Member, ir.Index)):
        if isinstance(expr, ir.Member) and typing.is_a(typing.type_of(expr, env), QUERYABLE):
            return True
        return is_loaded(typing, expr.target, env, depth + 1)
    if isinstance(expr, ir.Call):
        return _call(typing, expr, env, depth)
    return False


def _call(typing: Typing, expr: ir.Call, env: Env, depth: int) -> bool:
    function = expr.function
    name = function.name if isinstance(function, (ir.Name, ir.Member)) else ""
    if name in ("AsNoTracking", "AsNoTrackingWithIdentityResolution", "Select", "ProjectTo", "SelectMany", "SqlQuery"):
        return False
    if _MAKES.match(name) and name not in ("ToList", "ToListAsync", "ToArray", "ToArrayAsync", "ToDictionary", "ToDictionaryAsync", "ToLookup"):
        return False
    if isinstance(function, ir.Member):
        of = typing.type_of(function.target, env)
        if typing.is_a(of, QUERYABLE) or typing.is_a(of, DBCONTEXT):
            return _source(typing, function.target, env, depth)
        if is_loaded(typing, function.target, env, depth + 1):
            return True
        return isinstance(of, NamedType) and _LOADS.match(name) is not None and _SOURCES.search(of.symbol.name) is not None
    owner = env.routine.owner
    return _LOADS.match(name) is not None and owner is not None and isinstance(owner.symbol, WorkspaceType) and env.find(name) is None


def _source(typing: Typing, target: ir.Expr, env: Env, depth: int) -> bool:
    """A query that no `AsNoTracking` or projection stands in."""
    at: ir.Expr = target
    while isinstance(at, (ir.Call, ir.Member)):
        if isinstance(at, ir.Call):
            name = at.function.name if isinstance(at.function, (ir.Name, ir.Member)) else ""
            if name in ("AsNoTracking", "AsNoTrackingWithIdentityResolution", "Select", "ProjectTo", "SelectMany"):
                return False
            at = at.function
        else:
            at = at.target
    if isinstance(at, ir.Name) and (binding := env.find(at.name)) is not None and binding.kind != "parameter" and binding.value is not None:
        return is_loaded(typing, binding.value, binding.env or env, depth + 1) or typing.is_a(binding.type, DBCONTEXT)
    return True
