"""MSBuild's `$(Property)` and `Condition="..."`, as far as they can be known without running MSBuild.

Invariant: three values. What a build would ask its machine for (property functions, item lists, files) is None, never a guess;
the caller says what None means. https://learn.microsoft.com/visualstudio/msbuild/msbuild-conditions
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LONGEST = 64 * 1024  # characters; a property that doubles itself stops there
_METHOD = re.compile(r"(?P<name>[\w.-]+)\.(?P<method>Contains|StartsWith|EndsWith)\(\s*['\"`](?P<text>[^'\"`]*)['\"`]\s*\)")
_OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_WORD = re.compile(r"[\w.+-]+")
_DEEPEST = 50  # levels of parentheses and negations


def expand(text: str, properties: Mapping[str, str]) -> str | None:
    """`text` with each `$(Name)` replaced; None if that cannot be known. `properties` is keyed by name in lower case."""
    parts: list[str] = []
    length = 0
    at = 0
    while (start := text.find("$(", at)) >= 0:
        end = _closing(text, start + 1)
        if end < 0:
            break
        value = _property(text[start + 2 : end], properties)
        if value is None:
            return None
        parts += (text[at:start], value)
        length += start - at + len(value)
        if length > _LONGEST:
            return None
        at = end + 1
    parts.append(text[at:])
    whole = "".join(parts)
    return None if "@(" in whole or "%(" in whole else whole


def _property(inner: str, properties: Mapping[str, str]) -> str | None:
    inner = inner.strip()
    if re.fullmatch(r"[\w.-]+", inner):
        return properties.get(inner.lower(), "")
    if found := _METHOD.fullmatch(inner):
        value = properties.get(found["name"].lower(), "")
        text = found["text"]
        holds = {"Contains": text in value, "StartsWith": value.startswith(text), "EndsWith": value.endswith(text)}
        return str(holds[found["method"]])
    return None


def _closing(text: str, opening: int) -> int:
    """The index of the parenthesis that closes the one at `opening`; -1 without one."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return -1


def holds(condition: str, properties: Mapping[str, str]) -> bool | None:
    """Whether a condition holds; None where that cannot be known, or where it is malformed."""
    parser = _Parser(condition, properties)
    try:
        value = parser.disjunction(0)
    except ValueError:
        return None
    return value if parser.at_end() else None


class _Parser:
    """Recursive descent over one condition; raises ValueError on what it cannot read."""

    def __init__(self, text: str, properties: Mapping[str, str]) -> None:
        self.text = text
        self.at = 0
        self.properties = properties

    def at_end(self) -> bool:
        return not self.text[self.at :].strip()

    def _take(self, token: str) -> bool:
        rest = self.text[self.at :].lstrip()
        if not rest.lower().startswith(token) or (token.isalpha() and _WORD.match(rest[len(token) :])):
            return False
        self.at = len(self.text) - len(rest) + len(token)
        return True

    def disjunction(self, depth: int) -> bool | None:
        value = self._conjunction(depth)
        while self._take("or"):
            other = self._conjunction(depth)
            value = True if value or other else (None if value is None or other is None else False)
        return value

    def _conjunction(self, depth: int) -> bool | None:
        value = self._negation(depth)
        while self._take("and"):
            other = self._negation(depth)
            value = False if value is False or other is False else (None if value is None or other is None else True)
        return value

    def _negation(self, depth: int) -> bool | None:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if not self.text[self.at :].lstrip().startswith("!=") and self._take("!"):
            value = self._negation(depth + 1)
            return None if value is None else not value
        if self._take("("):
            value = self.disjunction(depth + 1)
            if not self._take(")"):
                raise ValueError("no closing parenthesis")
            return value
        return self._comparison()

    def _comparison(self) -> bool | None:
        left = self._operand()
        operator = next((o for o in _OPERATORS if self._take(o)), None)
        if operator is None:
            truth = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False, "": False}
            return None if left is None else truth.get(left.strip().lower())
        right = self._operand()
        if left is None or right is None:
            return None
        if operator in ("==", "!="):
            return (left.strip().lower() == right.strip().lower()) is (operator == "==")
        try:
            low, high = float(left), float(right)
        except ValueError:
            return None
        return {"<": low < high, ">": low > high, "<=": low <= high, ">=": low >= high}[operator]

    def _operand(self) -> str | None:
        """A quoted text, a property, a word, or a call such as `Exists('x')`, which is unknown."""
        rest = self.text[self.at :].lstrip()
        start = len(self.text) - len(rest)
        if rest.startswith("'"):
            end = self._quote(start + 1)
            self.at = end + 1
            return expand(self.text[start + 1 : end], self.properties)
        if rest.startswith(("$(", "@(")):
            end = _closing(self.text, start + 1)
            if end < 0:
                raise ValueError("no closing parenthesis")
            self.at = end + 1
            return expand(self.text[start : end + 1], self.properties)
        word = _WORD.match(rest)
        if word is None:
            raise ValueError("no operand")
        self.at = start + word.end()
        if self.text[self.at : self.at + 1] == "(":
            end = _closing(self.text, self.at)
            if end < 0:
                raise ValueError("no closing parenthesis")
            self.at = end + 1
            return None
        return word[0]

    def _quote(self, at: int) -> int:
        """The index of the quote that ends a text; quotes inside `$(...)` belong to the expression."""
        while at < len(self.text) and self.text[at] != "'":
            if self.text.startswith("$(", at):
                end = _closing(self.text, at + 1)
                at = len(self.text) if end < 0 else end
            at += 1
        if at >= len(self.text):
            raise ValueError("no closing quote")
        return at
