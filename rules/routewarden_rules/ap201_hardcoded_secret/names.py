"""Which names say that their value is a secret.

Invariant: a name counts by its last words, as English has it: `ServicePassword` is a password, `PasswordRequired` is not.
"""

from __future__ import annotations

import re

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passwort", "pw", "pass", "passcode"})
_PASS_OF = frozenset({"db", "database", "user", "smtp", "mail", "email", "admin", "root", "sa", "login", "proxy", "sql", "redis"})
_SECRETS = frozenset({"secret", "secrets"})
_KEY_OF = frozenset({
    "api", "access", "secret", "private", "signing", "sign", "encryption", "encrypt", "decryption", "security", "master", "shared", "jwt", "hmac",
    "aes", "des", "crypto",
    "cipher", "symmetric", "auth", "authentication", "authorization", "account", "storage", "subscription", "client", "admin", "function", "host",
    "service", "token", "webhook",
    "issuer", "verification", "salt", "license", "maps", "app", "sas", "rsa", "hash", "pepper", "validation", "machine",
})  # fmt: skip
_DIGESTS = frozenset({
    "hash", "hashed", "sha", "md", "digest", "checksum", "thumbprint", "fingerprint", "etag", "stamp", "public", "publishable", "example", "sample",
})  # fmt: skip
_WEAK_KEYS = frozenset({
    "host", "service", "app", "account", "client", "maps", "hash", "function", "license", "validation", "verification", "storage", "salt",
})  # fmt: skip
_TOKENS = frozenset({
    "access", "api", "auth", "bearer", "bot", "personal", "refresh", "security", "secret", "oauth", "admin", "service", "deploy", "github",
    "session", "jwt",
})  # fmt: skip
_AFTER = frozenset({
    "value", "string", "text", "default", "const", "literal", "base", "64", "b", "1", "2", "3", "prod", "production", "live", "plain", "bytes",
    "key",
})  # fmt: skip


def words_of(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name))


def secret_kind(name: str) -> str | None:
    """Say "password", "secret", "key" or "token" for a name whose value is one."""
    words = list(words_of(name.rsplit(":", 1)[-1].rsplit(".", 1)[-1]))
    while len(words) > 1 and words[-1] in _AFTER and words[-1] != "key":
        words.pop()
    if not words:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _PASSWORDS and (last not in ("pass", "pw") or before in _PASS_OF):
        return "password"
    if last in _SECRETS:
        return "secret"
    if last in ("apikey", "apitoken", "accesskey", "secretkey", "privatekey", "authkey", "signingkey"):
        return "key"
    if last == "key":
        if before in _KEY_OF:
            return "key" if before != "api" else "API key"
        return None
    if last == "token":
        return "token" if before in _TOKENS or len(words) == 1 else None
    if last in ("credential", "credentials"):
        return "secret"
    return None


def is_weak_name(name: str) -> bool:
    """Keys that often are no secret: only what looks random counts."""
    words = words_of(name.rsplit(":", 1)[-1])
    return bool(words) and words[-1] in ("key", "token") and (len(words) < 2 or words[-2] in _WEAK_KEYS)


def mentions_digest(name: str) -> bool:
    return bool(_DIGESTS & set(words_of(name)))
