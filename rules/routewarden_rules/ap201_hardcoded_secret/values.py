"""What a text looks like: a placeholder, a name, a sentence, a password; and the password within a connection string.

Invariant: pure functions of one text. None says that something is a secret; that takes the place that the text goes to.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from dataclasses import dataclass

from routewarden.facts.literals import HOLE

_PLACEHOLDER = re.compile(
    r"""(?xi)
    ^\s*$ | ^(.)\1*$ | ^[x*.\-_#?]+$                                     # empty, one character repeated, masks
    | ^<.*>$ | ^\[[^\]]*\]$ | ^\(.*\)$ | ^%.+%$ | ^__.+__$ | ^\$\(.+\)$ | ^@.+@$ | ^!.+!$
    | \$\{[^}]*\} | \#\{[^}]*\} | \{\{.*\}\} | <[^<>]{3,}> | ^\{[^}]*\}$ | ^\$\w+$ | ^@Microsoft\.KeyVault\(
    | change[\s_-]*(?:me|it|this|in|on) | replace[\s_-]*(?:me|this|with|in|by)? | placeholder | \byour(?![a-z]*ify)[\s_-]? | ^your
    | example | sample(?![a-z]) | dummy | \btodo\b | insert[\s_-]
    | goes[\s_-]here | [\s_-]here$ | \benter[\s_-] | put[\s_-] | set[\s_-]*(?:your|me|in|via|by|the)
    | not[\s_-]*(?:set|a[\s_-]*real|configured|used) | redacted | ^(?:none|null|n/a|undefined|empty|value|string|todo|tbd|fixme|xxx+|foo|bar)$
    | ^(?-i:[A-Z_-]{4,})$ | 1234567890 | 0123456789 | abcdefgh
    | ^(?:my|the|some|a)[\s_-]?(?:super[\s_-]?)?(?:secret|api|access|client|private)[\s_-]?(?:key|secret|token)?[\s_-]?(?:value|goes|here)?$
    | ^(?:user[\s_-]?)?secrets?\.json$ | keyvault\b | key[\s_-]?vault: | ^(?:vault|secret|env|file|arn|urn):
    """
)
_SELF_DECLARED = re.compile(
    r"(?i)(?:^|[^a-z])(?:dev|development|local|localhost|test|testing|debug|demo|fake|mock|insecure|notsecret|not-secret|unsafe)(?:[^a-z]|only|key|$)"
    r"|only.?for.?(?:dev|test)"
)
_WELL_KNOWN = frozenset({
    "guest", "admin", "password", "passw0rd", "p@ssw0rd", "p@ssword", "pass", "root", "sa", "postgres", "mysql", "test", "1234", "12345",
    "123456", "12345678",
    "1q2w3e*", "1q2w3e4r", "qwerty", "secret", "dev", "user", "minioadmin", "rabbitmq", "redis", "elastic", "changeit", "passw0rd!", "password1",
    "password123",
    "pass@word1", "pass@word", "yourstrong(!)password", "yourstrong!passw0rd", "my-secret-pw", "sqlserver", "mongo", "default", "letmein",
    "password!", "p@55w0rd", "demo",
})  # fmt: skip
# Published by Microsoft for the emulators of Azure Storage and Cosmos DB:
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite, https://learn.microsoft.com/azure/cosmos-db/emulator
_EMULATOR = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw",
)
_GUID = re.compile(r"(?i)\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z]*(?:[._:/ -][A-Za-z_]+)*")  # words, joined: header, resource key, permission, claim
_HEADER = re.compile(r"(?i)X(?:-[a-z]+)+")
_ADDRESS = re.compile(
    r"(?i)^(?:[a-z][a-z0-9+.-]*://|/|~/|\.{1,2}[\\/]|[a-z]:\\|\\\\|data:|mailto:"
    r"|[\w.-]+\.(?:json|xml|pem|pfx|key|crt|cs|html?|txt|md|js|css|dll|exe|png|svg)$)"
)
_CODE = re.compile(r"[<>{}();]|\\[dws]|^\^|\$$|\s=\s")
# The fixed head of a DER-encoded public key or certificate in base64: MFkw, MIIBIjAN, MCowBQ, MIIB..C/D.
_PUBLIC = re.compile(
    r"^(?:MFkwEwYH|MFYwEAYH|MHYwEAYH|MIGbMBAG|MIIBIjAN|MIICIjAN|MIGfMA0G|MCowBQYDK2V|MII[A-Za-z0-9+/]{1,8}(?:CCA|DCCA)|ssh-|AAAAB3|AAAAC3"
    r"|-----BEGIN (?:RSA )?(?:PUBLIC|CERT))"
)


def is_weak(value: str) -> bool:
    """Short or a word: two places may have it by chance."""
    return len(value) < 12 or not looks_random(value)


def is_placeholder(value: str) -> bool:
    return bool(_PLACEHOLDER.search(value))


def is_self_declared(value: str) -> bool:
    """It says of itself that it is for development or tests."""
    return bool(_SELF_DECLARED.search(value))


def is_well_known(value: str) -> bool:
    """The default of a product or of many a sample, or a key that is published for an emulator."""
    return value.lower() in _WELL_KNOWN or any(key in value for key in _EMULATOR)


def is_emulator_key(value: str) -> bool:
    return any(key in value for key in _EMULATOR)


def is_public(value: str) -> bool:
    """A public key, a certificate, a GUID: for everyone to know."""
    return bool(_PUBLIC.match(value.strip()) or _GUID.fullmatch(value))


def is_address(value: str) -> bool:
    return bool(_ADDRESS.search(value))


def entropy(value: str) -> float:
    """Bits a character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) if value else 0.0


def could_be_secret(value: str, name: str) -> bool:
    """Whether a text that is named like a secret could be one: nobody would give such a text another sense."""
    if not 6 <= len(value) <= 4096 or HOLE in value or any(c.isspace() for c in value) or is_placeholder(value):
        return False
    if is_address(value) or is_public(value) or _NAME.fullmatch(value) or _HEADER.fullmatch(value) or _CODE.search(value):
        return False
    plain, own = _letters(value), _letters(name)
    if own and (plain in own or (own in plain and len(plain) <= len(own) + 8)):
        return False
    kinds = sum(any(test(c) for c in value) for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()))
    has_letters_and_more = any(c.isalpha() for c in value) and any(not c.isalpha() and c not in "._:-/ " for c in value)
    return kinds >= 2 and has_letters_and_more and len(set(value)) >= 5


def looks_random(value: str) -> bool:
    """Nobody typed it: long, no words, digits mixed in."""
    return len(value) >= 16 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and entropy(value) >= 3.0


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


# --- connection strings --------------------------------------------------------------------------------------------------

_PAIR = re.compile(
    r"(?i)(?:^|[;,])\s*(password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|sslpassword|secretkey|clientsecret|sharedsecret)\s*="
    r"\s*(\"[^\"]*\"|'[^']*'|[^;,]*(?:,[^;=]*(?=;|$))?)"
)
_COMPANION = re.compile(
    r"(?i)(?:^|[;,])\s*(?:server|host|hostname|data\s*source|datasource|addr(?:ess)?|network\s*address|user\s*id|uid|user(?:name)?|initial\s*catalog"
    r"|database|endpoint|accountname|sharedaccesskeyname|port|abortconnect|ssl|defaultdatabase|blobendpoint|filename|provider|authority|clientid)\s*="
    r"|^[\w.-]+:\d+,"
)
_SERVER = re.compile(
    r"(?i)(?:^|[;,])\s*(?:server|host|hostname|data\s*source|datasource|addr(?:ess)?|endpoint|accountendpoint|blobendpoint|filename)\s*=\s*([^;]*)"
)
_USERINFO = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://([^\s:/@\"'<>]*):([^\s/@\"'<>]+)@([\w.\-\[\]:%\0]+)")
_LOOPBACK = re.compile(
    r"(?i)^(?:tcp:|https?://|np:|lpc:)?(?:localhost|127(?:\.\d+){3}|\[?::1\]?|\(local\)|\(localdb\)[^;]*|\.|0\.0\.0\.0|host\.docker\.internal)"
    r"(?:[\\,:/;].*|$)"
)
_CONTAINER = re.compile(r"^(?:tcp:|https?://)?[A-Za-z][\w-]*(?:[,:]\d+)?/?$")


@dataclass(frozen=True, slots=True)
class Password:
    """The secret part of a connection string; `hole` is its number where it is not literal, else -1."""

    value: str
    what: str
    server: str
    hole: int = -1

    @property
    def is_loopback(self) -> bool:
        return bool(_LOOPBACK.match(self.server)) or not self.server

    @property
    def is_container(self) -> bool:
        """A host without a domain: a name of a container, or of a machine in a small network."""
        return bool(_CONTAINER.match(self.server))


def connection_password(text: str) -> Password | None:
    """The password or key in a connection string or in the user part of an address; None for a text that is neither."""
    if "://" in text and (found := _USERINFO.search(text)) is not None:
        return Password(found[2], "password", found[3], _hole(text, found.start(2), found[2]))
    if "=" not in text or len(text) > 4096:
        return None
    pair = _PAIR.search(text)
    if pair is None or not _COMPANION.search(text):
        return None
    server = _SERVER.search(text)
    value = pair[2].strip().strip("\"'")
    what = "password" if pair[1].lower() in ("password", "pwd", "sslpassword") else "key"
    host = server[1].strip() if server else re.split(r"[,;]", text, maxsplit=1)[0]
    return Password(value, what, host, _hole(text, pair.start(2), pair[2]))


def _hole(text: str, start: int, value: str) -> int:
    return text[:start].count(HOLE) if HOLE in value else -1


def basic_credentials(value: str) -> str | None:
    """The password in the value of a Basic header, base64 of `user:password`; None where it is none (RFC 7617)."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return password if colon and password and user.isprintable() and password.isprintable() else None
