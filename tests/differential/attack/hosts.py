"""Where code of a generated app stands, and how it gets what it needs: classes with injected members, lambdas with parameters.

Invariant: code is written with `«name»` for a dependency; the place where it ends up decides whether that is a field, a primary constructor's
parameter or a lambda's parameter, and asks for it.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from tests.differential.attack.domain import Domain

_TOKEN = re.compile("«(\\w+)»")


@dataclass
class Class:
    """A class that is being written. `deps`: name → type."""

    name: str
    random: Random
    bases: str = ""
    head: str = ""  # attributes
    modifiers: str = "public class"
    usings: set[str] = field(default_factory=set)
    deps: dict[str, str] = field(default_factory=dict)
    base_deps: tuple[str, ...] = ()  # passed on to the base class
    members: list[str] = field(default_factory=list)
    caller: str = ""  # how code in it says who calls, tokens allowed
    static_deps: bool = False  # dependencies are parameters of the method (static classes)
    style: str = ""

    def __post_init__(self) -> None:
        self.style = self.random.choice(["primary", "fields", "underscore"])

    def dep(self, name: str, type_: str) -> str:
        self.deps.setdefault(name, type_)
        return f"«{name}»"

    def logger(self) -> str:
        return self.dep("baseLogger" if "abstract" in self.modifiers else "logger", f"ILogger<{self.name}>")

    def text(self, namespace: str) -> str:
        body = "\n\n".join(self.members)
        prefix = "_" if self.style == "underscore" else ""
        primary = ", ".join(f"{t} {n}" for n, t in self.deps.items())
        passed = f"({', '.join(self.base_deps)})" if self.base_deps else ""
        bases = f" : {self.bases}" if self.bases else ""
        if self.style == "primary" or not self.deps:
            header = f"{self.modifiers} {self.name}{f'({primary})' if self.deps else ''}{bases}{passed if self.bases else ''}"
            constructor = ""
        else:
            header = f"{self.modifiers} {self.name}{bases}"
            fields = "\n".join(f"    private readonly {t} {prefix}{n};" for n, t in self.deps.items())
            sets = "\n".join(f"        {prefix}{n} = {n};" if prefix else f"        this.{n} = {n};" for n in self.deps)
            to_base = f" : base{passed}" if passed else ""
            constructor = f"{fields}\n\n    public {self.name.split('<')[0]}({primary}){to_base}\n    {{\n{sets}\n    }}\n\n"
        body = _TOKEN.sub(lambda m: prefix + m[1], body)
        usings = "".join(f"using {u};\n" for u in sorted(self.usings | BASIC))
        head = self.head + "\n" if self.head else ""
        return f"{usings}\nnamespace {namespace};\n\n{head}{header}\n{{\n{constructor}{body}\n}}\n"


BASIC = {"System.Security.Claims", "Microsoft.AspNetCore.Authorization", "Microsoft.AspNetCore.Mvc", "Microsoft.EntityFrameworkCore"}


@dataclass
class Lambda:
    """A minimal endpoint's handler, or a method that stands for one."""

    random: Random
    deps: dict[str, str] = field(default_factory=dict)
    caller: str = ""
    static_deps: bool = True
    category: str = "Program"

    def dep(self, name: str, type_: str) -> str:
        self.deps.setdefault(name, type_)
        return f"«{name}»"

    def logger(self) -> str:
        return self.dep("logger", f"ILogger<{self.category}>")


Host = Class | Lambda


def plain(code: str) -> str:
    """Dependencies by their bare names: where they are parameters."""
    return _TOKEN.sub(lambda m: m[1], code)


@dataclass
class Identity:
    """How this app says who calls."""

    current: tuple[str, str, str]  # interface, implementation, member of the current-user service
    extension: str  # of ClaimsPrincipal
    claim: str
    base_property: str
    helper_files: dict[str, str] = field(default_factory=dict)

    def of_user(self, random: Random, d: Domain, user: str) -> str:
        """From a ClaimsPrincipal expression."""
        style = random.randrange(4)
        name = 'ClaimTypes.NameIdentifier' if self.claim == "name" else '"sub"'
        if style == 0:
            return f"{user}.{self.extension}()"
        if style == 1:
            return d.parsed(f"{user}.FindFirst({name})!.Value")
        if style == 2 and self.claim != "name":
            return d.parsed(f'{user}.Claims.First(c => c.Type == "sub").Value')
        return d.parsed(f"{user}.FindFirstValue({name})!")


def identity(random: Random, d: Domain) -> Identity:
    interface, member = random.choice([
        ("ICurrentUser", "Id"), ("IUserContext", "UserId"), ("ICurrentUserService", "GetUserId()"), ("IIdentityAccessor", "UserId"), ("IRequestContext", "User"),
    ])
    implementation = interface[1:]
    extension = random.choice(["GetUserId", "UserId", "GetId", "Subject"])
    claim = random.choice(["name", "name", "sub"])
    found = Identity((interface, implementation, member), extension, claim, random.choice(["CallerId", "UserId", "CurrentUserId"]))
    name = "ClaimTypes.NameIdentifier" if claim == "name" else '"sub"'
    call = member.endswith("()")
    declared = f"{d.uid} {member};" if call else f"{d.uid} {member} {{ get; }}"
    body = d.parsed(f"accessor.HttpContext!.User.FindFirstValue({name})!")
    user = random.choice(["", "\n    private ClaimsPrincipal Caller => accessor.HttpContext!.User;\n"])
    if user:
        body = d.parsed(f"Caller.FindFirst({name})!.Value")
    found.helper_files["Identity.cs"] = f"""using System.Security.Claims;

namespace {d.namespace};

public interface {interface}
{{
    {declared}
}}

public sealed class {implementation}(IHttpContextAccessor accessor) : {interface}
{{{user}
    public {d.uid} {member} => {body};
}}

public static class PrincipalExtensions
{{
    public static {d.uid} {extension}(this ClaimsPrincipal principal)
    {{
        var value = principal.FindFirst({name})?.Value;
        return value is null ? throw new UnauthorizedAccessException() : {d.parsed("value")};
    }}
}}
"""
    return found
