"""What says who calls, and what the client sent, as types and members tell it.

Invariant: framework members by their full names; types of the workspace or of packages by what they are called only where their code does not
tell (an interface without an implementation in sight, a property that middleware sets).
"""

from __future__ import annotations

import re

_PRINCIPALS = frozenset({
    "System.Security.Claims.ClaimsPrincipal", "System.Security.Principal.IPrincipal", "System.Security.Principal.IIdentity",
    "System.Security.Claims.ClaimsIdentity", "System.Security.Claims.Claim",
    "Microsoft.AspNetCore.Authorization.AuthorizationHandlerContext",
})
_REQUESTS = frozenset({
    "Microsoft.AspNetCore.Http.HttpRequest", "Microsoft.AspNetCore.Routing.RouteValueDictionary", "Microsoft.AspNetCore.Routing.RouteData",
    "Microsoft.AspNetCore.Http.IQueryCollection", "Microsoft.AspNetCore.Http.IFormCollection", "Microsoft.AspNetCore.Http.IHeaderDictionary",
    "Microsoft.AspNetCore.Http.IRequestCookieCollection",
})
_CONTEXTS = frozenset({"Microsoft.AspNetCore.Http.HttpContext", "Microsoft.AspNetCore.SignalR.HubCallerContext"})
# Names of services that know the caller: ICurrentUser, IUserContext, IWorkContext, ITenantProvider, IIdentityService, ISessionContext ...
_KNOWS_CALLER = re.compile(
    r"(Current|Logged|LoggedIn|Session|Authenticated|Active|Request|Work|Execution|Caller|Identity|Principal|Tenant|User|Member|Auth|Security)"
    r"(User|Tenant|Member|Customer|Account|Context|Accessor|Provider|Info|Identity|Session|Principal|Id|Company|Organization|Service|Resolver)"
)
_ALONE = re.compile(r"^I?(Tenant|CurrentUser|CurrentTenant|Caller|UserSession|LoggedInUser|Me)$")
_ID = re.compile(r"(Id|Key|Guid|Uid|Sub|Subject|Name|Email|Upn|Tenant|User|Account|Member|Customer|Company|Organization|Code)s?$", re.IGNORECASE)
_FLAGS = frozenset({"IsAuthenticated"})


def is_principal(full_name: str) -> bool:
    return full_name in _PRINCIPALS


def is_request(full_name: str) -> bool:
    """An object that holds what the client sent."""
    return full_name in _REQUESTS


def is_context(full_name: str) -> bool:
    return full_name in _CONTEXTS


def knows_caller(type_name: str) -> bool:
    """The simple name of a service that tells who calls."""
    return _ALONE.match(type_name) is not None or _KNOWS_CALLER.search(type_name) is not None


def names_caller(member: str) -> bool:
    """A member of such a service that is the caller's id, or the caller."""
    return _ID.search(member.removeprefix("Get").removesuffix("Async")) is not None


def is_flag(member: str) -> bool:
    return member in _FLAGS
