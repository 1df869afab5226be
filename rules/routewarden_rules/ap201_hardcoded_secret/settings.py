"""Secrets in one settings or compose file.

Invariant: a pure function of the file and its name. The name says for which environment it is:
https://learn.microsoft.com/aspnet/core/fundamentals/configuration#default-application-configuration-sources
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from routewarden.analysis.rule import SettingsFile
from routewarden.facts.settings import Entry
from routewarden.facts.sites import Site
from routewarden_rules.ap201_hardcoded_secret import names, providers, values
from routewarden_rules.ap201_hardcoded_secret.evidence import Evidence, FileSays, Grade, value_hash

_PRODUCTION = frozenset({"", "production", "prod", "live", "release", "staging", "stage", "preproduction", "preprod", "uat"})
_DEVELOPMENT = re.compile(r"dev|local|docker|test|debug|e2e|ci$|integration|sample|demo|example|template|tye|aspire|container")
_KEY_SECTION = frozenset({
    "jwt", "token", "tokens", "auth", "authentication", "authorization", "signing", "encryption", "crypto", "cryptography", "security", "hmac",
    "aes", "identity", "bearer", "jwtsettings", "jwtoptions", "jwtconfig", "tokenoptions", "tokensettings", "apikey", "apikeys", "secrets", "cipher",
    "webhook", "webhooks", "hashing",
})  # fmt: skip
_NO_SECRET = (values.is_placeholder, values.is_address, values.is_public)
_DURATION = re.compile(r"-?\d+(?:\.\d+)*(?:[smhd]|ms)?|(?:\d+\.)?\d+:\d+(?::\d+(?:\.\d+)?)?|(?i:true|false)")


def read_settings(file: SettingsFile) -> FileSays | None:
    """What a file says; None where it says nothing."""
    evidence = tuple(e for entry in file.entries for e in _of_entry(file.path, entry))
    return FileSays(evidence) if evidence else None


def environment(path: str) -> str:
    """`development` of appsettings.Development.json; "" of appsettings.json."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.removeprefix("appsettings").removesuffix(".json").strip(".-_") if name.startswith("appsettings") else "development"


def _of_entry(path: str, entry: Entry) -> Iterator[Evidence]:
    value = entry.value
    if entry.kind not in ("string", "number") or not value:
        return
    name, value = _named(path, entry, value)
    if not name or not value:
        return
    site = Site(path, entry.id, "value")
    grade: Grade | None
    key = ":".join(entry.path)
    found = providers.provider_key(value)
    if found is not None:
        what, secret = found
        if not values.is_placeholder(secret) and not values.is_emulator_key(secret):
            grade = Grade.PRODUCTION if environment(path) in _PRODUCTION else Grade.CODE
            is_id = "access key id" in what
            yield Evidence(
                site, providers.in_a_sentence(what), name, value_hash(secret, ""), grade, key=key, is_provider_key=True, is_key_id=is_id
            )
        return
    password = values.connection_password(value)
    if password is not None:
        if not values.is_placeholder(password.value) and not values.is_emulator_key(password.value):
            grade = _grade(path, password.value, password.is_loopback, password.is_container)
            what = "password in a connection string" if password.what == "password" else "key in a connection string"
            if grade is not None:
                yield Evidence(site, what, name, value_hash(password.value, what), grade, key=key)
        return
    kind = _kind(name, value)
    if kind is not None:
        grade = _grade(path, value, False, False)
        if grade is not None:
            yield Evidence(site, kind, name, value_hash(value, _section(name, kind)), grade, names.secret_kind(name) == "password", key=key)
    elif len(value) >= 8 and not any(c.isspace() for c in value) and not any(t(value) for t in _NO_SECRET):
        grade = _grade(path, value, False, False)
        if grade is not None:
            yield Evidence(site, "", name, value_hash(value, ""), grade, held=("setting", key.lower()), key=key)


def _named(path: str, entry: Entry, value: str) -> tuple[str, str]:
    """The name of a value as configuration has it, and the value: an environment variable's `A__B` is `A:B`, a list has `A__B=value`."""
    low = path.lower()
    if low.endswith(("launchsettings.json",)):
        return (entry.path[-1].replace("__", ":"), value) if "environmentvariables" in map(str.lower, entry.path[:-1]) else ("", "")
    if low.endswith((".yml", ".yaml")):
        if "environment" not in entry.path[:-1]:
            return "", ""
        if entry.path[-1].isdigit():
            name, equals, rest = value.partition("=")
            return (name.strip().replace("__", ":"), rest.strip()) if equals else ("", "")
        return entry.path[-1].replace("__", ":"), value
    parts = [part for part in entry.path if not part.isdigit()]
    return ":".join(parts), value


def _section(name: str, kind: str) -> str:
    """What tells apart two settings that have the same weak value: `RabbitMQ:Password` and `Smtp:Password`."""
    return f"{kind} {':'.join(name.lower().split(':')[-2:])}"


def _kind(name: str, value: str) -> str | None:
    """What a setting is by its name, where its value can be that."""
    if values.is_placeholder(value) or values.is_public(value) or _DURATION.fullmatch(value) or names.mentions_digest(name.rsplit(":", 1)[-1]):
        return None
    parts = name.split(":")
    kind = names.secret_kind(parts[-1])
    if kind is None and parts[-1].lower() in ("key", "value") and len(parts) > 1:
        section = set(names.words_of(parts[-2])) | {parts[-2].lower()}
        kind = "key" if section & _KEY_SECTION or names.secret_kind(parts[-2]) else None
    if kind is None or values.is_address(value):
        return None
    if kind == "password":
        return kind if value.count(" ") < 2 else None
    if kind == "secret":
        is_word = not any(c.isspace() for c in value) and "." not in value[:-1].rstrip("=")
        return kind if is_word or values.looks_random(value) else None
    is_good = values.could_be_secret(value, parts[-1]) and len(value) >= 12
    return kind if is_good and (not names.is_weak_name(name) or values.looks_random(value)) else None


def _grade(path: str, value: str, is_loopback: bool, is_container: bool) -> Grade | None:
    """How bad; None where it is a throw-away value of a developer's machine."""
    known = values.is_well_known(value)
    low = path.rsplit("/", 1)[-1].lower()
    if low.endswith((".yml", ".yaml")):
        return Grade.LOCAL if re.search(r"prod|live|release", low) and not known else Grade.KNOWN
    of = environment(path)
    if of in _PRODUCTION:
        if known:
            return Grade.KNOWN
        return Grade.LOCAL if is_loopback else Grade.PRODUCTION
    is_development = bool(_DEVELOPMENT.search(of))
    if is_loopback or values.is_self_declared(value) or known:
        return None
    if is_container:
        return Grade.KNOWN
    if not is_development:
        return Grade.PRODUCTION
    return Grade.DEVELOPMENT if values.could_be_secret(value, "") and len(value) >= 10 else None

