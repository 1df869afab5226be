"""AP201: passwords, keys and tokens in C#, appsettings*.json, launchSettings.json and compose files."""

from __future__ import annotations

import re

from routewarden.analysis.finding import Confidence, Severity
from routewarden.analysis.rule import Criteria, FileCheck, Rule
from routewarden_rules.ap201_hardcoded_secret import providers
from routewarden_rules.ap201_hardcoded_secret.code import read_code
from routewarden_rules.ap201_hardcoded_secret.evidence import FileSays
from routewarden_rules.ap201_hardcoded_secret.judge import judge
from routewarden_rules.ap201_hardcoded_secret.key_files import read_key_file
from routewarden_rules.ap201_hardcoded_secret.settings import read_settings

_WORDS = (
    b"password", b"passwd", b"pwd", b"passphrase", b"secret", b"apikey", b"api_key", b"api-key", b"token", b"accesskey", b"access_key",
    b"credential", b"key", b"hmac", b"aes", b"://", b"createasync(", b"authenticat", b"authorization",
)  # fmt: skip
# Such a word in a name, with a text right behind it: `Password = "`, `Secret("`, `key != "`, `["Jwt:Key"] = "`, `Password=` within a text.
_NEAR = re.compile(
    rb"(?:password|passwd|pwd|passphrase|secret|apikey|api_key|token|accesskey|access_key|credentials?|[_a-z]key|value|encrypt\w*|certificate2?|account)\w*"
    rb"[\"'\])>}]*\s*(?:=>?|==|!=|\(|,|:)\s*(?:new[^;\"]{0,60}|[\w.]{0,40}\(\s*|\w+\s*\?\?\s*)?(?:\"[^\"\r\n]*\"\s*,\s*)?[$@]{0,2}\"[^\"\r\n]{3}"
    rb"|(?:password|pwd|accountkey|sharedaccesskey)\s*=\s*[^;\s\"]"
    rb"|\bkey\s*[=!]=|x-api-key|symmetricsecuritykey|hmac\w*\W|aes\.|aesgcm|\.key\s*=|sha256\(\)"
    rb"|createasync\(|authenticate(?:async)?\(|authenticationheadervalue|passwordhash\s*=|\"(?:basic|bearer) \w|://[^/\s\"@:]{1,64}:[^/\s\"@]{1,64}@"
    rb"|(?:byte\[\]|\bkey)[^;]{0,80}(?:\{|\[)\s*(?:0x|\d)"
)


def may_matter(data: bytes, is_test: bool) -> bool:
    lower = data.lower()
    if any(word in lower for word in providers.words()):
        return True
    if is_test:
        return False
    return any(word in lower for word in _WORDS) and _NEAR.search(lower) is not None


def wants(says: FileSays) -> set[str]:
    """The types whose constants reach a place for secrets."""
    return {wanted.held[1] for wanted in says.wanted if wanted.held[0] == "member"}


RULE = Rule(
    id="AP201",
    name="hardcoded-secret",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1",), ("API8:2023",), (798, 321), ("5.17", "8.24")),
    since="0.2.0",
    module=__name__,
    on_files=FileCheck(judge, read_code, read_settings, read_key_file, may_matter, wants),
)
