"""What calls of libraries do to data: EF Core, Dapper and ADO.NET, MongoDB, ASP.NET Core Identity, blobs and files.

Invariant: a call counts by the declared type of its method or receiver; a bare `.Remove(` of something unknown is nothing. Caches,
headers, cookies, collections and sessions hold no records that an auditor asks for. One function a library, in `_LIBRARIES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.member_lookup import FrameworkMember
from routewarden.model.operations import sql
from routewarden.model.operations.effects import CHANGE, DELETE, INSERT, OVERWRITE, SAVE, SEND, Operation, Record, Step
from routewarden.model.operations.environment import Env
from routewarden.model.operations.invocations import Invocation
from routewarden.model.operations.records import is_audit_name, is_audit_table
from routewarden.model.operations.static_types import Typing
from routewarden.model.operations.texts import text_of
from routewarden.model.symbols import NamedType, Type

DBCONTEXT = "Microsoft.EntityFrameworkCore.DbContext"
DBSET = "Microsoft.EntityFrameworkCore.DbSet`1"
QUERYABLE = "System.Linq.IQueryable`1"
_COMMAND = "System.Data.IDbCommand"
_DATABASE = "Microsoft.EntityFrameworkCore.Infrastructure.DatabaseFacade"
_CONNECTION = "System.Data.IDbConnection"
_BULK_DELETE = re.compile(r"^(?:ExecuteDelete|BatchDelete|BulkDelete|DeleteFromQuery|DeleteByKey|DeleteRangeByKey)(?:Async)?$")
_BULK_UPDATE = re.compile(r"^(?:ExecuteUpdate|BatchUpdate|BulkUpdate|UpdateFromQuery|BulkInsertOrUpdate|BulkMerge)(?:Async)?$")
_RAW = re.compile(r"^ExecuteSql(?:Raw|Interpolated|Command)?(?:Async)?$")
_DAPPER = re.compile(r"^(?:Execute|Query)\w*$")
_IDENTITY_WRITES = re.compile(
    r"^(?:Update|AddPassword|RemovePassword|ResetPassword|ChangePassword|SetLockout|SetUserName|SetEmail|SetPhoneNumber|SetTwoFactor|"
    r"SetAuthenticationToken|RemoveFromRole|RemoveClaim|ReplaceClaim|RemoveLogin|RemoveAuthenticationToken|ResetAuthenticatorKey|ResetAccessFailed|"
    r"GenerateNewTwoFactorRecoveryCodes|RedeemTwoFactor|ChangeEmail|ChangePhoneNumber|ConfirmEmail|SetRoleName|SetSecurity|UpdateSecurityStamp)"
)
_REPOSITORY = re.compile(r"(?:Repository|Repo|Store|UnitOfWork|DataAccess|Dao|Session|DataService)(?:Base)?(?:Async)?$")
_DELETES = re.compile(r"^(?:Delete|Remove|Purge|HardDelete|SoftDelete|Erase|Destroy|Wipe)")
_UPDATES = re.compile(r"^(?:Update|Upsert|Replace|Save(?:Settings|Entity)|AddOrUpdate|InsertOrUpdate|Patch)")
_SAVES = re.compile(r"^(?:SaveChanges|SaveEntities|Commit|Complete|SaveChange)(?:Async)?$")


def operations(typing: Typing, call: ir.Call, found: Invocation, env: Env, site: Site) -> list[Step] | None:
    """What a call does to data; None where no library knows it, [] where one does and it is harmless."""
    for library in _LIBRARIES:
        steps = library(typing, call, found, env, site)
        if steps is not None:
            return steps
    return None


# --- EF Core -------------------------------------------------------------------------------------------------------------


def _ef(typing: Typing, call: ir.Call, found: Invocation, env: Env, site: Site) -> list[Step] | None:
    name, of = found.name, found.receiver
    if of is None and found.on_this:
        of = env.routine.owner
    if name in ("Remove", "RemoveRange", "Update", "UpdateRange", "Add", "AddAsync", "AddRange", "AddRangeAsync"):
        on_set = typing.is_a(of, DBSET)
        if not on_set and not (typing.is_a(of, DBCONTEXT) and isinstance(found.method, FrameworkMember)):
            return None
        entity = _argument_of(of) if on_set else _entity_of(typing, call, env)
        return _tracked(name, entity, context_of(typing, call, env), site)
    if _BULK_DELETE.match(name) and (typing.is_a(of, QUERYABLE) or typing.is_a(of, DBCONTEXT)):
        entity = _argument_of(of) or _entity_of(typing, call, env)
        return [Operation(DELETE, _shown(name, entity), site, entity, context_of(typing, call, env))]
    if _BULK_UPDATE.match(name) and (typing.is_a(of, QUERYABLE) or typing.is_a(of, DBCONTEXT)):
        entity = _argument_of(of) or _entity_of(typing, call, env)
        return [Operation(OVERWRITE, _shown(name, entity), site, entity, context_of(typing, call, env))]
    if name in ("SaveChanges", "SaveChangesAsync") and typing.is_a(of, DBCONTEXT):
        return [Operation(SAVE, name, site, None, of if isinstance(of, NamedType) else None, True)]
    if name == "SetValues" and isinstance(found.method, FrameworkMember) and found.method.declaring.full_name.endswith(".PropertyValues"):
        return [Operation(CHANGE, "SetValues", site, _entry_entity(typing, call, env), context_of(typing, call, env), True)]
    if _RAW.match(name) and typing.is_a(of, _DATABASE):
        text = text_of(typing, call.arguments[0].value, env) if call.arguments else None
        return list(_sql(text, False, name, site, context_of(typing, call, env)))
    return None


def _tracked(name: str, entity: Type | None, context: NamedType | None, site: Site) -> list[Step]:
    if name.startswith("Remove"):
        return [Operation(DELETE, _shown(name, entity), site, entity, context, True)]
    if name.startswith("Update"):
        return [Operation(CHANGE, _shown(name, entity), site, entity, context, True)]
    if is_audit_name(entity):
        return [Record(_shown(name, entity), site, "audit")]
    return [Operation(INSERT, _shown(name, entity), site, entity, context, True)]


def _shown(name: str, entity: Type | None) -> str:
    return f"{name} of {entity}" if entity is not None else name


def _argument_of(of: Type | None) -> Type | None:
    return of.arguments[0] if isinstance(of, NamedType) and len(of.arguments) == 1 else None


def _entity_of(typing: Typing, call: ir.Call, env: Env) -> Type | None:
    """The type of the object, or of the elements of the list, that goes in first."""
    of = typing.type_of(call.arguments[0].value, env) if call.arguments else None
    return typing.element(of) or of


def _entry_entity(typing: Typing, call: ir.Call, env: Env) -> Type | None:
    """`db.Entry(order).CurrentValues.SetValues(...)`: the type of `order`."""
    at: ir.Expr | None = call.function
    while isinstance(at, (ir.Member, ir.Call)):
        if isinstance(at, ir.Call) and isinstance(at.function, ir.Member) and at.function.name == "Entry" and at.arguments:
            return typing.type_of(at.arguments[0].value, env)
        at = at.target if isinstance(at, ir.Member) else at.function
    if isinstance(at, ir.Name) and (binding := env.find(at.name)) is not None:
        return _argument_of(binding.type)
    return None


def context_of(typing: Typing, expr: ir.Expr | None, env: Env, depth: int = 0) -> NamedType | None:
    """The DbContext that a fluent chain begins at; through locals that hold a part of it."""
    at = expr
    while isinstance(at, (ir.Member, ir.Call, ir.Index, ir.Unary)):
        at = at.target if isinstance(at, (ir.Member, ir.Index)) else at.operand if isinstance(at, ir.Unary) else at.function
        if isinstance(at, (ir.Name, ir.Member, ir.Call)):
            of = typing.type_of(at, env)
            if isinstance(of, NamedType) and typing.is_a(of, DBCONTEXT):
                return of
    if isinstance(at, ir.Name) and depth < 4:
        binding = env.find(at.name)
        if binding is not None and binding.value is not None:
            return context_of(typing, binding.value, binding.env or env, depth + 1)
        owner = env.routine.owner
        if binding is None and owner is not None and typing.is_a(owner, DBCONTEXT):
            return owner
    return None


# --- SQL -----------------------------------------------------------------------------------------------------------------


def _sql(text: str | None, is_procedure: bool, name: str, site: Site, context: NamedType | None = None) -> Iterator[Step]:
    if text is None:
        return
    found = sql.statements(text) or (sql.procedure(text) if is_procedure or " " not in text.strip() else ())
    if not found and text.strip().upper().startswith(("EXEC", "CALL")):
        found = sql.procedure(text)
    for statement in found:
        shown = f"{statement.verb.upper()} {statement.table} by {name}"
        if statement.verb == "insert" and is_audit_table(statement.table):
            yield Record(shown, site, "audit")
        else:
            kind = {"delete": DELETE, "update": OVERWRITE, "insert": INSERT}[statement.verb]
            yield Operation(kind, shown, site, None, context)


def _dapper(typing: Typing, call: ir.Call, found: Invocation, env: Env, site: Site) -> list[Step] | None:
    if not _DAPPER.match(found.name) or not typing.is_a(found.receiver, _CONNECTION) or not call.arguments:
        return None
    text = text_of(typing, call.arguments[0].value, env)
    procedures = any("StoredProcedure" in str(a.value) for a in call.arguments)
    return list(_sql(text, procedures, found.name, site))


def _ado(typing: Typing, call: ir.Call, found: Invocation, env: Env, site: Site) -> list[Step] | None:
    name = found.name
    if not name.startswith(("ExecuteNonQuery", "ExecuteScalar", "ExecuteReader")) or not typing.is_a(found.receiver, _COMMAND):
        return None
    target = call.function.target if isinstance(call.function, ir.Member) else None
    text: str | None = None
    if isinstance(target, ir.Name):
        binding = env.find(f"{target.name}.CommandText")
        if binding is not None:
            text = text_of(typing, binding.value, binding.env or env)
        else:
            made = env.find(target.name)
            text = _command_text(typing, made.value, made.env or env) if made is not None and made.value is not None else None
    elif target is not None:
        text = _command_text(typing, target, env)
    return list(_sql(text, False, name, site))


def _command_text(typing: Typing, made: ir.Expr, env: Env) -> str | None:
    """`new SqlCommand("...", connection)`, `source.CreateCommand("...")`, `new SqlCommand { CommandText = "..." }`."""
    if isinstance(made, ir.Unary):
        made = made.operand
    if isinstance(made, ir.New):
        given = next((v for name, v in made.initializer if name == "CommandText"), None)
        return text_of(typing, given or (made.arguments[0].value if made.arguments else None), env)
    if isinstance(made, ir.Call) and made.arguments:
        return text_of(typing, made.arguments[0].value, env)
    return None


# --- others --------------------------------------------------------------------------------------------------------------


def _by_declaring(typing: Typing, call: ir.Call, found: Invocation, env: Env, site: Site) -> list[Step] | None:
    if not isinstance(found.method, FrameworkMember):
        return None
    owner, name = found.method.declaring.full_name, found.name
    for prefix, deletes, overwrites, inserts in _TABLE:
        if owner.startswith(prefix):
            entity = _argument_of(found.receiver)
            shown = f"{found.method.declaring.symbol.name}.{name}"
            for pattern, kind in ((deletes, DELETE), (overwrites, OVERWRITE), (inserts, INSERT)):
                if pattern and re.match(pattern, name):
                    if kind == INSERT and is_audit_name(entity):
                        return [Record(shown, site, "audit")]
                    return [Operation(kind, shown, site, entity)]
            return []
    if (owner == "System.Net.Http.HttpClient" and name.startswith(("Post", "Put", "Patch", "Send"))) or "HttpClientJsonExtensions" in owner:
        return [Operation(SEND, f"HttpClient.{name}", site)]
    return None


_TABLE: tuple[tuple[str, str, str, str], ...] = (  # declaring type or namespace; names that delete, overwrite, insert
    ("MongoDB.Driver.", r"(?:DeleteOne|DeleteMany|FindOneAndDelete|DropCollection|DropDatabase)",
     r"(?:ReplaceOne|UpdateOne|UpdateMany|FindOneAndUpdate|FindOneAndReplace|BulkWrite)", r"Insert(?:One|Many)"),
    ("Microsoft.AspNetCore.Identity.UserManager`1", r"Delete", _IDENTITY_WRITES.pattern, r"Create|AddTo|AddLogin|AddClaim"),
    ("Microsoft.AspNetCore.Identity.RoleManager`1", r"Delete", _IDENTITY_WRITES.pattern, r"Create|AddClaim"),
    ("System.IO.File", r"Delete$", "$^", r"Append|WriteAll"),  # File, FileInfo, FileSystemInfo
    ("System.IO.Directory", r"Delete$", "$^", "$^"),
    ("Azure.Storage.", r"Delete(?!Message)", "$^", r"Upload|SendMessage"),
    ("Azure.Data.Tables.", r"Delete", r"UpdateEntity|UpsertEntity", r"AddEntity"),
    ("Microsoft.Azure.Cosmos.", r"Delete", r"ReplaceItem|UpsertItem|PatchItem", r"CreateItem"),
    ("Amazon.S3.", r"Delete", "$^", r"PutObject"),
    ("Amazon.DynamoDBv2.", r"Delete", r"UpdateItem", r"PutItem|SaveAsync"),
    ("LiteDB.", r"Delete", r"Update|Upsert", r"Insert"),
    ("OpenIddict.Abstractions.IOpenIddict", r"Delete|Prune", r"Update|Populate|TryRevoke|Revoke", r"Create"),
    ("StackExchange.Redis.", "$^", "$^", "$^"),
    ("Confluent.Kafka.", "$^", "$^", r"Produce"),
    ("RabbitMQ.Client.", "$^", "$^", r"BasicPublish"),
)


def by_name(found: Invocation, site: Site, of: Type | None) -> Operation | None:
    """The operation of a repository whose code is not in the workspace: by the names of its type and method."""
    if not isinstance(of, NamedType) or not _REPOSITORY.search(of.symbol.name) or of.full_name.startswith(("System.", "Microsoft.")):
        return None
    shown = f"{of}.{found.name}"
    entity = of.arguments[0] if len(of.arguments) >= 1 else None
    if _DELETES.match(found.name):
        return Operation(DELETE, shown, site, entity)
    if _SAVES.match(found.name):
        return Operation(SAVE, shown, site, None)
    return Operation(OVERWRITE, shown, site, entity) if _UPDATES.match(found.name) else None


_LIBRARIES: tuple[Callable[[Typing, ir.Call, Invocation, Env, Site], list[Step] | None], ...] = (_ef, _dapper, _ado, _by_declaring)
