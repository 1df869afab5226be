"""Characters, StringBuilder, Regex and naming policies: what parameter transformers are written with.

Invariant: None means "not mine". A character is a string of length one. https://learn.microsoft.com/dotnet/api/system.text
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import operators, regular_expressions
from routewarden.model.values import Const, Instance, ListValue, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

BUILDER = "System.Text.StringBuilder"
REGEX = "System.Text.RegularExpressions.Regex"
_POLICY = "System.Text.Json.JsonNamingPolicy"
_TASKS = ("System.Threading.Tasks.Task", "System.Threading.Tasks.ValueTask")
_TEXT = "<text>"
# JsonNamingPolicy's separator policies split where a lower-case letter or digit meets an upper-case one, and before the last of a run.
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s_-]+")
_CHARACTERS = {
    "IsUpper": str.isupper, "IsLower": str.islower, "IsLetter": str.isalpha, "IsDigit": str.isdigit, "IsNumber": str.isnumeric,
    "IsLetterOrDigit": str.isalnum, "IsWhiteSpace": str.isspace,
}


def new_object(of: TypeValue, passed: Sequence[Passed]) -> Value | None:
    if of.name == BUILDER:
        text = passed[0].value if passed and isinstance(passed[0].value, Const) and isinstance(passed[0].value.value, str) else Const("")
        return Instance(of, {_TEXT: text, "Length": Const(len(str(text.value)))})
    if of.name == REGEX and passed:
        return Instance(of, {_TEXT: passed[0].value, "<ignore case>": Const(_ignores_case(passed[1:]))})
    return None


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    name = where.name
    values = [p.value for p in passed]
    if of.name in _TASKS and name == "FromResult" and values:
        return values[0]  # tasks are not modelled, only their results
    if of.name in ("System.Char", "System.String", "System.Int32", "System.Guid") and name == "Parse" and values and not isinstance(values[0], Const):
        return values[0]
    if name in ("Parse", "TryParse") and of.name in ("System.Int32", "System.Int64", "System.Boolean") and passed:
        return _parsed(of, passed)
    texts = [v.value if isinstance(v, Const) and isinstance(v.value, str) else None for v in values]
    first = texts[0] if texts else None
    if of.name == "System.Char" and first is not None:
        if name in _CHARACTERS:
            if len(texts) > 1:  # (string, index)
                index = values[1].value if isinstance(values[1], Const) else None
                first = first[index] if isinstance(index, int) and 0 <= index < len(first) else None
            return Const(_CHARACTERS[name](first)) if first else None
        if name in ("ToLower", "ToLowerInvariant"):
            return Const(first.lower())
        if name in ("ToUpper", "ToUpperInvariant"):
            return Const(first.upper())
    if of.name == REGEX and len(texts) >= 2 and first is not None and texts[1] is not None:
        return _matched(ev, name, texts[1], first, values[2:], _ignores_case(passed[2:]))
    if of.name == REGEX and name == "Escape" and first is not None:
        return Const(re.escape(first))
    return None


def _parsed(of: TypeValue, passed: Sequence[Passed]) -> Value | None:
    """`int.Parse("3")`, `bool.TryParse("true", out var on)`."""
    given = passed[0].value.value if isinstance(passed[0].value, Const) else None
    known = isinstance(passed[0].value, Const) and isinstance(given, (str, type(None)))
    if not known:
        return None
    text = str(given).strip().lower() if given is not None else ""
    found: bool | int | None = None
    if of.name == "System.Boolean":
        found = {"true": True, "false": False}.get(text)
    elif text.lstrip("+-").isdigit() and len(text) < 20:
        found = int(text)
    if passed[-1].back is None:
        return Const(found) if found is not None else None
    passed[-1].back(Const(found if found is not None else False if of.name == "System.Boolean" else 0))
    return Const(found is not None)


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    if not isinstance(target, Instance):
        return None
    name = where.name
    values = [p.value for p in passed]
    if target.type.name == BUILDER:
        return _build(ev, target, name, values)
    if target.type.name == REGEX and values:
        pattern, text = target.fields.get(_TEXT), values[0]
        ignores = target.fields.get("<ignore case>")
        if isinstance(pattern, Const) and isinstance(pattern.value, str) and isinstance(text, Const) and isinstance(text.value, str):
            return _matched(ev, name, pattern.value, text.value, values[1:], isinstance(ignores, Const) and ignores.value is True)
        return Unknown(None, "a text that is decided at run time")
    policy = target.fields.get(_TEXT)
    if target.type.name == _POLICY and name == "ConvertName" and values and isinstance(policy, Const):
        text = values[0]
        if isinstance(text, Const) and isinstance(text.value, str):
            return Const(_named(str(policy.value), text.value))
    return None


def static_property(of: TypeValue, name: str) -> Value | None:
    """`JsonNamingPolicy.KebabCaseLower`."""
    return Instance(of, {_TEXT: Const(name)}) if of.name == _POLICY else None


def _named(policy: str, text: str) -> str:
    if policy == "CamelCase":
        head = len(text) - len(text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return text[: max(head - 1, 1)].lower() + text[max(head - 1, 1) :] if head < len(text) else text.lower()
    joined = ("-" if policy.startswith("Kebab") else "_").join(w for w in _WORDS.split(text) if w)
    return joined.upper() if policy.endswith("Upper") else joined.lower()


def _ignores_case(passed: Sequence[Passed]) -> bool:
    return any(isinstance(p.value, Const) and isinstance(p.value.value, str) and "IgnoreCase" in p.value.value for p in passed)


def _matched(ev: Evaluator, name: str, pattern: str, text: str, more: Sequence[Value], ignores: bool) -> Value | None:
    if name == "IsMatch":
        matched = regular_expressions.is_match(pattern, text, ignores)
        return Const(matched) if matched is not None else Unknown(TypeValue("System.Boolean"), "a regular expression that is not run")
    if name != "Replace" or not more:
        return None
    replacement = more[0]
    if isinstance(replacement, Const) and isinstance(replacement.value, str):
        replaced = regular_expressions.replace(pattern, text, replacement.value, ignores)
        return Const(replaced) if replaced is not None else Unknown(TypeValue("System.String"), "a regular expression that is not run")
    found = regular_expressions.compiled(pattern, ignores)
    if found is None or len(text) > 200:
        return Unknown(TypeValue("System.String"), "a regular expression that is not run")
    parts: list[Value] = []  # a MatchEvaluator: m => "-" + m.Value
    at = 0
    for match in found.finditer(text):
        groups = [Instance(TypeValue("System.Text.RegularExpressions.Group"), {"Value": Const(g or "")}) for g in (match[0], *match.groups())]
        stand_in = Instance(TypeValue("System.Text.RegularExpressions.Match"), {
            "Value": Const(match[0]), "Index": Const(match.start()), "Length": Const(len(match[0])), "Groups": ListValue(list(groups)),
        })
        parts += [Const(text[at : match.start()]), ev.apply(replacement, [stand_in])]
        at = match.end()
    return operators.concatenate([*parts, Const(text[at:])])


def _build(ev: Evaluator, builder: Instance, name: str, values: list[Value]) -> Value | None:
    held = builder.fields.get(_TEXT, Const(""))
    if name == "ToString":
        return held
    if name in ("Append", "AppendLine", "Insert", "Clear", "Replace", "Remove"):
        made: Value
        if name in ("Append", "AppendLine"):
            made = operators.concatenate([held, *values[:1], *([Const("\n")] if name == "AppendLine" else [])])
        elif name == "Clear":
            made = Const("")
        elif name == "Insert" and len(values) == 2 and isinstance(held, Const) and isinstance(values[0], Const) and isinstance(values[0].value, int):
            text, at = str(held.value), values[0].value
            made = operators.concatenate([Const(text[:at]), values[1], Const(text[at:])])
        else:
            made = Unknown(TypeValue("System.String"), "a text that is built at run time")
        if ev.conditions:
            made = Unknown(TypeValue("System.String"), f"depends on `{ev.conditions[-1]}`")
        builder.fields[_TEXT] = made
        length = len(made.value) if isinstance(made, Const) and isinstance(made.value, str) else None
        builder.fields["Length"] = Const(length) if length is not None else Unknown(TypeValue("System.Int32"))
        return builder
    return None
