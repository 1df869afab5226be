"""appsettings*.json as .NET's configuration reads them: flat keys, comments and trailing commas allowed.

Invariant: keys are lower case and joined by ":" (they are compared without case); array elements are numbered. A file that is no JSON
object gives nothing. https://learn.microsoft.com/dotnet/core/extensions/configuration-providers#json-configuration-provider
"""

from __future__ import annotations

import json
import re

_DEEPEST = 64  # JsonDocumentOptions.MaxDepth of the provider
# Each alternative runs to the end of the text where it is not closed, so that a match is never tried twice.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|,(?=\s*[}\]])', re.DOTALL)


def read_settings(data: bytes) -> dict[str, str | None]:
    """Key → text, as IConfiguration gives it: "True" and "False" for booleans, None for null."""
    text = data.decode("utf-8-sig", "replace")
    for noise in (_STRING_OR_COMMENT, _STRING_OR_LAST_COMMA):
        text = noise.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)
    try:
        document = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str | None] = {}
    stack: list[tuple[str, object, int]] = [("", document, 0)] if isinstance(document, dict) else []
    while stack:
        prefix, value, depth = stack.pop()
        items: list[tuple[str, object]]
        if isinstance(value, dict):
            items = list(value.items())
        elif isinstance(value, list):
            items = [(str(i), v) for i, v in enumerate(value)]
        else:
            found[prefix] = None if value is None else str(value)
            continue
        if depth < _DEEPEST:
            stack.extend((f"{prefix}:{key.lower()}" if prefix else key.lower(), inner, depth + 1) for key, inner in items)
    return found
