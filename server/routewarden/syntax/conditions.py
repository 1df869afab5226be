"""What the condition of an `#if` or `#elif` comes to.

https://learn.microsoft.com/dotnet/csharp/language-reference/preprocessor-directives#conditional-compilation
A condition that is no C# (dotnet-new templates write `#if (Framework == 'net9.0')`) holds never, as an undefined symbol would.
Operators and operands are kept on explicit stacks: nesting is bounded by the line and by nothing else.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\s*+(?:(&&|\|\||==|!=|!|\(|\))|(@?\w++)|(//.*)|(\S))", re.DOTALL)
_BINDS = {"||": 1, "&&": 2, "==": 3, "!=": 3, "!": 4}


def holds(condition: bytes, symbols: frozenset[str]) -> bool:
    """Whether the condition is true where exactly `symbols` are defined."""
    operands: list[bool] = []
    operators: list[str] = []
    operand_next = True
    for match in _TOKEN.finditer(condition.decode("utf-8", "replace")):
        operator, word, comment, other = match.groups()
        if comment is not None:
            break
        if other is not None or operand_next != (word is not None or operator in ("!", "(")):
            return False
        if word is not None:
            operands.append(word == "true" or (word != "false" and word in symbols))
            operand_next = False
        elif operator in ("!", "("):
            operators.append(operator)
        elif operator == ")":
            while operators and operators[-1] != "(":
                _apply(operators.pop(), operands)
            if not operators:
                return False
            operators.pop()
        else:
            while operators and operators[-1] != "(" and _BINDS[operators[-1]] >= _BINDS[operator]:
                _apply(operators.pop(), operands)
            operators.append(operator)
            operand_next = True
    if operand_next or "(" in operators:
        return False
    while operators:
        _apply(operators.pop(), operands)
    return operands == [True]


def _apply(operator: str, operands: list[bool]) -> None:
    right = operands.pop()
    if operator == "!":
        operands.append(not right)
        return
    left = operands.pop()
    if operator == "&&":
        operands.append(left and right)
    elif operator == "||":
        operands.append(left or right)
    else:
        operands.append((left == right) == (operator == "=="))
