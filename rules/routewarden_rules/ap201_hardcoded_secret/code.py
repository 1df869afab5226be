"""Secrets in one C# file: literals that reach a place for secrets, have a name for secrets, or the format of one.

Invariant: a pure function of the file. What a constant is used for in another file is left to `judge`: the constant is held, the use is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from routewarden.analysis.rule import CodeFile
from routewarden.facts.literals import HOLE, Place, Reference, Text
from routewarden.facts.sites import Site
from routewarden_rules.ap201_hardcoded_secret import names, providers, values
from routewarden_rules.ap201_hardcoded_secret.evidence import Evidence, FileSays, Grade, Wanted, value_hash

# Called method or created type → (positions of the secret, what it is). Sources: the constructors' documentation at learn.microsoft.com, the
# AWS SDK's BasicAWSCredentials, Duende's Secret, MailKit's AuthenticateAsync, SSH.NET, Stripe.
_SINKS: dict[str, tuple[tuple[int, ...], str]] = {
    "SymmetricSecurityKey": ((0,), "signing key"),
    **dict.fromkeys(("HMACMD5", "HMACSHA1", "HMACSHA256", "HMACSHA384", "HMACSHA512", "HMACSHA3_256", "KeyedHashAlgorithm"), ((0,), "HMAC key")),
    **dict.fromkeys(("AesGcm", "AesCcm", "ChaCha20Poly1305", "AesCng"), ((0,), "encryption key")),
    **dict.fromkeys(("CreateEncryptor", "CreateDecryptor"), ((0,), "encryption key")),
    "Rfc2898DeriveBytes": ((0,), "password that a key is made from"),
    "NetworkCredential": ((1,), "password"),
    "BasicAWSCredentials": ((1,), "AWS secret access key"),
    "SessionAWSCredentials": ((1,), "AWS secret access key"),
    "AzureKeyCredential": ((0,), "API key"),
    "ApiKeyCredential": ((0,), "API key"),
    "StorageSharedKeyCredential": ((1,), "storage account key"),
    "AzureNamedKeyCredential": ((1,), "access key"),
    "ClientSecretCredential": ((2,), "client secret"),
    "UsernamePasswordCredential": ((1,), "password"),
    "PasswordAuthenticationMethod": ((1,), "password"),
    "X509Certificate2": ((1,), "certificate password"),
    "LoadPkcs12": ((1,), "certificate password"),
    "LoadPkcs12FromFile": ((1,), "certificate password"),
    "UseHttps": ((1,), "certificate password"),
    "Authenticate": ((1,), "password"),
    "AuthenticateAsync": ((1,), "password"),
    "StripeClient": ((0,), "API key"),
    "SendGridClient": ((0,), "API key"),
}
_USERS: dict[str, tuple[int, str]] = {
    "CreateAsync": (1, "password of a seeded account"),
    "AddPasswordAsync": (1, "password of a seeded account"),
    "ResetPasswordAsync": (2, "password of an account"),
    "HashPassword": (1, "password of a seeded account"),
}
_SETTER = re.compile(r"(?:With|Set|Use|OAuth)?(?:\w*?)(Password|ClientSecret|ApiKey|AccessToken|AccessKey|SigningKey|SecretKey|SharedSecret)")
_NO_SETTER = re.compile(
    r"^(?:Get|Find|Has|Check|Verify|Validate|Is|Try|Read|Require|Reset|Forgot|Change|Generate|Create|Encrypt|Decrypt|Load|On|Map|Invalid|Add|Hash"
    r"|Update|Confirm)"
)
_ADDS_HEADER = frozenset({
    "Add", "TryAddWithoutValidation", "Append", "AddHeader", "WithHeader", "SetHeader", "AddDefaultHeader", "SetRequestHeader", "UseSetting",
})  # fmt: skip
_CIPHER = re.compile(r"(?i)aes|rijndael|tripledes|\bdes\b|crypt|cipher|algorithm|hmac")
_DEVELOPMENT = re.compile(
    r"IsDevelopment\(|IsEnvironment\(\"(?:Dev|Local|Test)|EnvironmentName\s*==\s*(?:Environments\.Development|\"Development\")"
)
_DESIGN_TIME = "IDesignTimeDbContextFactory"
_GENERATED_BASES = frozenset({"Migration", "ModelSnapshot"})
_EXAMPLES = re.compile(r"(?i)^OpenApi|example|sample|Swagger|Description|^Log(?:Information|Warning|Error|Debug|Trace|Critical)$|Exception$")
_FLOW_NAMES = frozenset({*_SINKS, *_USERS, "HashData", "TryHashData", "AuthenticationHeaderValue", "Key", "Secret", "UseSqlServer"})
_SENSITIVE_HEADER = re.compile(
    r"(?i)^(?:authorization|proxy-authorization|.*api-?key|.*(?:auth|access|secret|private)-?(?:key|token)|.*-token|.*secret|.*subscription-key)$"
)
# Version 3 of the format: https://github.com/dotnet/aspnetcore/blob/main/src/Identity/Extensions.Core/src/PasswordHasher.cs
_IDENTITY_HASH = re.compile(r"AQAAAA[A-Za-z0-9+/]{60,}={0,2}$")
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_HOSTS = frozenset({("host",), ("server",), ("hostname",), ("address",), ("name",)})
_SMALL_WORDS = frozenset({"of", "a", "the", "in", "an", "that", "is", "for", "from", "must"})
_STORED = ("field", "property", "local")


def read_code(file: CodeFile) -> FileSays | None:
    """What a file says; None where it says nothing."""
    reader = _Reader(file)
    texts = file.texts()
    # An account at localhost is a template's; a password beside a host of the own machine is the default of the product that listens there.
    seeds_localhost = {
        t.declaration
        for t in texts
        if t.value.endswith("@localhost") or (t.value in _OWN_MACHINE and names.words_of(t.place.name)[-1:] in _HOSTS)
    }
    evidence = tuple(e for text in texts for e in reader.evidence(text, text.declaration in seeds_localhost))
    wanted = tuple(dict.fromkeys((*reader.wanted, *reader.flows())))
    return FileSays(evidence, wanted) if evidence or wanted else None


class _Reader:
    def __init__(self, file: CodeFile) -> None:
        self.file = file
        self.wanted: list[Wanted] = []
        self._types: dict[str, str] | None = None
        bases = {t.id: {b.name.rsplit(".", 1)[-1] for b in t.bases} for t in file.facts.types}
        self._design_time = tuple(i for i, found in bases.items() if _DESIGN_TIME in found)
        self._generated = tuple(i for i, found in bases.items() if found & _GENERATED_BASES)

    # --- literals ---

    def evidence(self, text: Text, seeds_localhost: bool) -> Iterator[Evidence]:
        """At most one for a text."""
        value, place = text.value, text.place
        if not value or (place.kind == "attribute" and len(value) < 20):
            return
        found = providers.provider_key(value) if not text.is_bytes else None
        if found is not None:
            what, key = found
            if not values.is_placeholder(key) and not values.is_emulator_key(key) and not _EXAMPLES.search(place.callee + " " + place.name):
                grade = Grade.KNOWN if values.is_self_declared(value) and what == "Signed JWT" else Grade.CODE
                yield self._made(text, providers.in_a_sentence(what), key, grade, True, is_provider_key=True)
            return
        if place.kind == "attribute" or text.declaration.startswith(self._generated):
            return
        if not text.is_bytes and (password := values.connection_password(value)) is not None:
            if password.hole >= 0:
                source = text.holes[password.hole] if password.hole < len(text.holes) else None
                if source is not None and password.value == HOLE:
                    self._want(source, "database password", text.declaration)
            elif not (values.is_placeholder(password.value) or values.is_emulator_key(password.value) or _EXAMPLES.search(place.callee)):
                what = "password in a connection string" if password.what == "password" else "key in a connection string"
                known = values.is_well_known(password.value) and (password.is_loopback or password.is_container)
                yield self._made(text, what, password.value, self._grade(text, known or seeds_localhost), True, name=place.name)
            return
        used = self.sink(place)
        if used is not None:
            if self._is_used_as(used, text):
                secret = values.basic_credentials(value) or value
                yield self._made(text, used, secret, self._grade(text, seeds_localhost), True)
            return
        if place.name == "PasswordHash" and _IDENTITY_HASH.match(value):
            yield self._made(text, "hash of an account password", value, Grade.LOCAL, False)
            return
        named = self._named(text)
        if named is not None:
            yield self._made(text, named, value, self._grade(text, seeds_localhost or values.is_self_declared(value)), False)
            return
        is_word = HOLE not in value and 4 <= len(value) <= 4096 and value.count(" ") < 3 and not values.is_placeholder(value)
        if place.kind in _STORED and is_word:
            kind = "local" if place.kind == "local" else "member"
            held = (kind, text.declaration if kind == "local" else _own_type(text.declaration), place.name)
            yield self._made(text, "", value, self._grade(text, seeds_localhost), True, held=held)
        elif not values.is_weak(value) and values.could_be_secret(value, ""):
            yield self._made(text, "", value, self._grade(text, seeds_localhost), True, held=("value",))

    def _is_used_as(self, what: str, text: Text) -> bool:
        value = text.value
        if HOLE in value or values.is_placeholder(value) or values.is_emulator_key(value):
            return False
        if what == "credential for a header":
            scheme = text.place.origin.lower()
            if scheme == "basic":
                password = values.basic_credentials(value)
                return password is not None and not values.is_placeholder(password)
            return len(value) >= 12 and values.could_be_secret(value, scheme)
        if what in ("certificate password", "password") and values.is_address(value):
            return False
        return text.is_bytes or not any(c in "\r\n" for c in value)

    def _named(self, text: Text) -> str | None:
        value, place = text.value, text.place
        if text.is_bytes:
            kind = names.secret_kind(place.name)
            return f"{kind} as bytes" if kind and 16 <= len(value) // 2 <= 128 and len(set(value)) > 8 else None
        if value.startswith(("Basic ", "Bearer ")):
            scheme, _, rest = value.partition(" ")
            password = values.basic_credentials(rest) if scheme == "Basic" else rest
            is_real = password is not None and HOLE not in value and not values.is_placeholder(password)
            return "credential for a header" if is_real and (scheme == "Basic" or (len(rest) >= 20 and values.looks_random(rest))) else None
        name = place.name
        if place.kind == "argument":
            if place.callee in _ADDS_HEADER and place.position == 1:
                is_sensitive = _SENSITIVE_HEADER.match(place.origin) or names.secret_kind(place.origin)
                is_secret = is_sensitive and values.could_be_secret(value, place.origin) and values.looks_random(value)
                return "key in a header" if is_secret else None
            if _SETTER.fullmatch(place.callee) and not _NO_SETTER.match(place.callee) and place.position == 0 and not place.name:
                return self._setter(place.callee, value)
            if not name or _EXAMPLES.search(place.callee):
                return None
        elif place.kind == "compared":
            origin = place.origin if _SENSITIVE_HEADER.match(place.origin) else ""
            if (origin or names.secret_kind(name)) and values.could_be_secret(value, name) and len(value) >= 8:
                return "key that a caller must present"
            return None
        elif place.kind not in (*_STORED, "assigned", "element", "returned"):
            return None
        kind = names.secret_kind(name)
        if kind is None or names.mentions_digest(name) or _EXAMPLES.search(place.callee) or not values.could_be_secret(value, name):
            return None
        if kind in ("key", "token", "API key") and (len(value) < 12 or (names.is_weak_name(name) and not values.looks_random(value))):
            return None
        if kind == "secret" and len(value) < 8:
            return None
        return kind

    def _setter(self, callee: str, value: str) -> str | None:
        kind = names.secret_kind(callee)
        is_word = HOLE not in value and " " not in value and len(value) >= 3 and "-" not in value[:2]
        return kind if is_word and not values.is_placeholder(value) and not values.is_address(value) else None

    # --- places ---

    def sink(self, place: Place) -> str | None:
        """What a value is used as at a place; None where it is not known to be used as a secret."""
        if place.kind == "assigned":
            is_key = place.name == "Key" and _CIPHER.search(f"{place.callee} {place.receiver}")
            return "encryption key" if is_key else None
        if place.kind != "argument":
            return None
        callee = place.callee
        known = _SINKS.get(callee)
        if known is not None:
            named = place.name.lower() in ("password", "key", "securitykey", "apikey", "secret", "clientsecret")
            return known[1] if (named if place.name else place.position in known[0]) else None
        if callee in _USERS:
            position, what = _USERS[callee]
            of = self.types.get(place.receiver, place.receiver)
            is_users = "usermanager" in of.lower() or ("passwordhasher" in of.lower() and callee == "HashPassword")
            return what if is_users and (place.position == position or place.name == "password") else None
        if callee in ("HashData", "TryHashData"):
            return "HMAC key" if place.receiver.startswith("HMAC") and place.position == 0 else None
        if callee == "AuthenticationHeaderValue":
            return "credential for a header" if place.position == 1 else None
        if callee == "Secret" and place.position == 0 and {"Sha256", "ToSha256", "Sha512", "ToSha512"} & set(place.through):
            return "client secret"
        return None

    @property
    def types(self) -> dict[str, str]:
        if self._types is None:
            self._types = dict(self.file.declared_types())
        return self._types

    def flows(self) -> Iterator[Wanted]:
        before = len(self.wanted)
        for flow in self.file.flows(_FLOW_NAMES):
            what = self.sink(flow.place)
            if what is None and flow.place.kind == "assigned" and flow.place.name == "Key" and flow.source.kind == "member":
                what = "encryption key" if _CIPHER.search(flow.declaration) else None
            if what is not None:
                self._want(flow.source, what, flow.declaration)
        yield from self.wanted[before:]

    def _want(self, source: Reference, what: str, declaration: str) -> None:
        if source.kind == "setting":
            held: tuple[str, ...] = ("setting", source.name.lower())
        elif source.kind == "local":
            held = ("local", declaration, source.name)
        else:
            held = ("member", source.owner or _own_type(declaration), source.name)
        self.wanted.append(Wanted(held, what))

    # --- results ---

    def _grade(self, text: Text, known: bool) -> Grade:
        if known or text.declaration.startswith(self._design_time) or any(map(_is_development, self.file.conditions(text))):
            return Grade.KNOWN
        return Grade.CODE

    def _made(
        self, text: Text, what: str, secret: str, grade: Grade, sure: bool, *, name: str = "", held: tuple[str, ...] | None = None,
        is_provider_key: bool = False,
    ) -> Evidence:
        place = text.place
        shown = name or (place.name if place.kind not in ("argument", "compared", "element") else "")
        owner = _own_type(text.declaration)
        site = Site(self.file.path, text.declaration, f"literal:{text.number}")
        label = f"{owner}.{shown}" if place.kind in ("field", "property") else shown or place.callee or place.name or owner
        return Evidence(
            site, what, label or owner, value_hash(secret, what), grade, sure, held, _key(owner, what, place, shown), is_provider_key,
            "access key id" in what, self.file.can_look_up(text),
        )


def _is_development(condition: str) -> bool:
    negations = len(condition) - len(condition.lstrip("!"))
    rest = condition.lstrip("!")
    found = _DEVELOPMENT.search(rest)
    if found is None:
        return False
    head = rest[: found.start()]
    inner = re.sub(r"[\w.]+$", "", head).endswith("!")
    return (negations + inner) % 2 == 0


def _own_type(declaration: str) -> str:
    """The simple name of the type that a member belongs to."""
    if declaration == "<main>":
        return "Program"
    head = declaration.split("(", 1)[0].split("~", 1)[0]
    parts = head.split(".")
    return parts[-2].split("|")[0].split("`")[0] if len(parts) > 1 else parts[0]


def _key(owner: str, what: str, place: Place, shown: str) -> str:
    """A configuration key for the value: a section for the type, a name for the value."""
    if "connection string" in what:
        name = shown if place.kind in ("field", "property") and shown else re.sub(r"(?:Db)?(?:Context|Repository|Factory)$", "", owner) or "Default"
        return f"ConnectionStrings:{name}"
    if shown and names.secret_kind(shown):
        return f"{owner}:{shown}"
    words = [word.capitalize() for word in re.findall(r"[A-Za-z]+", what) if word not in _SMALL_WORDS]
    return f"{owner}:{''.join(words)}"
