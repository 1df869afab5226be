"""Which calls leave a record: log calls at Information or above, and audit services.

Invariant: what a method is, by its declaration, comes before what it is called. Levels below Information are not shipped by default
(https://learn.microsoft.com/aspnet/core/fundamentals/logging/#log-level), so they are no record; neither is what only writes to the
console. A call is no record because of where it stands: that is `solve`'s business.
"""

from __future__ import annotations

import re

from routewarden.facts import syntax_ir as ir
from routewarden.model.member_lookup import FrameworkMember, WorkspaceMember
from routewarden.model.operations.environment import Env
from routewarden.model.operations.invocations import Invocation
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import NamedType, Type

LOGGER = "Microsoft.Extensions.Logging.ILogger"
_SHIPPED = re.compile(r"^(?:Log|Write)?(?:Information|Info|Notice|Warning|Warn|Error|Critical|Fatal)(?:Async|Format)?$")
_SILENT = re.compile(r"^(?:Log|Write)?(?:Debug|Trace|Verbose)(?:Async|Format)?$")
_BY_LEVEL = frozenset({"Log", "Write", "LogAsync", "WriteLog", "AddLog", "InsertLog", "InsertLogAsync"})
_SILENT_LEVELS = frozenset({"Debug", "Trace", "Verbose", "None", "Off"})
_LOGGER_NAME = re.compile(r"(?:Logger|LogManager|LogService|Logging|LogWriter|Log)$")
# What says that a type keeps a trail: audit services and the rows that they write.
_AUDIT_NAME = re.compile(
    r"Audit|Trail|ActivityLog|EventLog|ChangeLog|AccessLog|SecurityLog|OperationLog|UserActivity|CustomerActivity|Journal|HistoryEntry|"
    r"HistoryRecord|(?:Change|Deletion|Action|Edit)History|LogEntry|SecurityEvent|Tombstone|DeletionRecord"
)
_AUDIT_METHOD = re.compile(r"^(?:Log|Audit|Record|Track)\w*(?:Event|Activity|Action|Audit|Deletion|Change|History)s?(?:Async)?$")
_NOT_WRITING = re.compile(r"^(?:Get|Find|List|Query|Search|Read|Load|Count|Exists|Delete|Remove|Clear|Purge|Update|Is|Has|Can|CreateScope)")


def is_audit_name(of: Type | None) -> bool:
    """A type whose name says that it keeps a trail."""
    return isinstance(of, NamedType) and _AUDIT_NAME.search(of.symbol.name) is not None


def is_audit_table(table: str) -> bool:
    return _AUDIT_NAME.search("".join(w[:1].upper() + w[1:] for w in re.split(r"[_.]", table))) is not None


def log_record(typing: Typing, call: ir.Call, found: Invocation, env: Env) -> str | None:
    """What a log call is, as shown; None where the call leaves no record."""
    name = found.name
    method = found.method
    if isinstance(method, WorkspaceMember) and method.facts is not None:
        declared = _declared_level(typing, method, call, env)
        if declared is not None:
            return name if declared else None
        if _LOGGER_NAME.search(method.declaring.symbol.name) and not _is_plain(method):
            return _by_name(typing, name, call, env)
        return None
    if isinstance(method, FrameworkMember):
        owner = method.declaring.full_name
        if owner.startswith(("Microsoft.Extensions.Logging.", "Serilog.", "NLog.", "log4net.")):
            return _by_name(typing, name, call, env)
        return None
    if found.receiver is not None and name in ("Invoke", found.name) and _logs_by_delegate(typing, call, found, env):
        return _name_of(call.function)
    if method is None and ((name.startswith("Log") and _SHIPPED.match(name)) or (_SHIPPED.match(name) and _names_logger(call.function))):
        return name  # the logger's type is not known, its method's name is that of ILogger's extensions
    return None


def _is_plain(method: WorkspaceMember) -> bool:
    """`Log` that gives a value (a mathematical one, a getter) is no logger's."""
    of = method.facts.type if method.facts is not None else None
    return of is not None and of.name in ("double", "float", "decimal", "string", "int", "bool")


def _by_name(typing: Typing, name: str, call: ir.Call, env: Env) -> str | None:
    if _SILENT.match(name):
        return None
    if _SHIPPED.match(name):
        return name
    if name in _BY_LEVEL:
        level = next((w for a in call.arguments if (w := _level(a.value))), None)
        return None if level in _SILENT_LEVELS else name
    return None


def _level(expr: ir.Expr) -> str | None:
    """`LogLevel.Warning` gives Warning."""
    if isinstance(expr, ir.Member) and isinstance(expr.target, (ir.Name, ir.Member)) and expr.target.name in ("LogLevel", "LogEventLevel", "Level"):
        return expr.name
    return None


def _declared_level(typing: Typing, method: WorkspaceMember, call: ir.Call, env: Env) -> bool | None:
    """For a `[LoggerMessage]` method: whether its level is shipped. None for all others."""
    assert method.facts is not None
    for attribute in method.facts.attributes:
        name = attribute.type.name.rpartition(".")[2].removesuffix("Attribute")
        if name != "LoggerMessage":
            continue
        values = [v for key, v in attribute.properties if key == "Level"] + [a.value for a in attribute.arguments if a.name in (None, "level")]
        level = next((w for v in values if (w := _level(v) or _number(v))), None)
        if level is None:
            level = next((w for a in call.arguments if (w := _level(a.value))), None)
        return level not in _SILENT_LEVELS
    return None


def _number(expr: ir.Expr) -> str | None:
    """`(LogLevel)1`."""
    if isinstance(expr, ir.Cast) and isinstance(expr.value, ir.Literal) and isinstance(expr.value.value, int):
        return ("Trace", "Debug", "Information", "Warning", "Error", "Critical", "None")[min(expr.value.value, 6)]
    return None


def _logs_by_delegate(typing: Typing, call: ir.Call, found: Invocation, env: Env) -> bool:
    """A field that `LoggerMessage.Define` made: `Action<ILogger, int, Exception?>`."""
    of = found.receiver
    if not isinstance(of, NamedType) or not of.full_name.startswith("System.Action`") or not of.arguments or not typing.is_a(of.arguments[0], LOGGER):
        return False
    target: ir.Expr = call.function
    if isinstance(target, ir.Member) and target.name == "Invoke":
        target = target.target
    for member in typing.meaning(target, env).members[:1]:
        facts = member.facts if isinstance(member, WorkspaceMember) else None
        if facts is not None and isinstance(facts.initializer, ir.Call):
            level = next((w for a in facts.initializer.arguments if (w := _level(a.value))), None)
            return level not in _SILENT_LEVELS
    return True


def _names_logger(function: ir.Expr) -> bool:
    target = function.target if isinstance(function, ir.Member) else None
    return isinstance(target, (ir.Name, ir.Member)) and re.search(r"(?:^|_)(?:log|logger)$|Log(?:ger)?$", target.name) is not None


def _name_of(function: ir.Expr) -> str:
    if isinstance(function, ir.Member) and function.name == "Invoke" and isinstance(function.target, (ir.Name, ir.Member)):
        return function.target.name
    return function.name if isinstance(function, (ir.Name, ir.Member)) else "a log delegate"


def audits(found: Invocation) -> bool:
    """The call is one of an audit service: by the name of its type, or of its method."""
    if _NOT_WRITING.match(found.name):
        return False
    owner = found.receiver
    if owner is None and isinstance(found.method, WorkspaceMember):
        owner = found.method.declaring
    if isinstance(found.method, FrameworkMember) or found.on_this:
        return False
    if is_audit_name(owner):
        return True
    return found.method is not None and _AUDIT_METHOD.match(found.name) is not None
