"""Private keys that lie in the repository as files: PEM, PFX, the development keys of IdentityServer.

Invariant: only the bytes decide whether there is a private key, but for a PFX, which is encrypted: one that holds a certificate alone is a .cer.
"""

from __future__ import annotations

import re

from routewarden.facts.sites import Site
from routewarden_rules.ap201_hardcoded_secret.evidence import Evidence, FileSays, Grade, value_hash

_PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File", re.MULTILINE)
# The private exponent in the files that AddDeveloperSigningCredential writes: https://docs.duendesoftware.com/identityserver/fundamentals/key-management
_EXPONENT = re.compile(rb"\"(?:D|d)\"\s*:\s*\"[\w+/=-]{40,}")
# Data protection's key ring, not encrypted: https://learn.microsoft.com/aspnet/core/security/data-protection/implementation/key-storage-format
_MASTER_KEY = re.compile(rb"<masterKey\b[^>]*>\s*(?:<!--[^>]*-->)?\s*<value>[\w+/=]{20,}</value>")
_THROW_AWAY = re.compile(
    r"(?i)localhost|(?:^|[^a-z])(?:dev|development|tests?|testing|samples?|examples?|demo|aspnetapp|dummy|fake|snakeoil)(?:[^a-z]|$)"
)
_PFX_HEAD = b"\x30"  # an ASN.1 sequence


def read_key_file(path: str, data: bytes) -> FileSays | None:
    """What a file says; None where it holds no private key."""
    low = path.lower()
    if low.endswith((".pfx", ".p12")):
        found = data.startswith(_PFX_HEAD) and len(data) > 500
    elif low.endswith(".xml"):
        found = _MASTER_KEY.search(data) is not None
    elif low.endswith((".rsa", ".jwk")):
        found = _EXPONENT.search(data) is not None
    else:
        found = _PEM.search(data) is not None
    if not found:
        return None
    grade = Grade.KNOWN if _THROW_AWAY.search(path) else Grade.CODE
    name = path.rsplit("/", 1)[-1]
    return FileSays((Evidence(Site(path), "private key", name, value_hash(data.decode("latin-1"), ""), grade, key=name),))
