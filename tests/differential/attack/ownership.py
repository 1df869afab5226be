"""The bodies of operations: how an object is found by a client's id, and what does, or only seems to, tie it to the caller.

Invariant: an idiom says nothing of its own truth. Lines hold `@MISS`, `@FORBID`, `@DONE` and `@GIVE(x)` for the ways out, and `§caller` for the
caller's id; the place where they end up turns them into C#.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.differential.attack.domain import Domain, camel
from tests.differential.attack.hosts import Host


@dataclass
class Body:
    """One operation. `kind`: "parent" "child" "tenant" "catalogue" "profile"; `op`: get update flag delete bulk-delete bulk-update add list."""

    d: Domain
    random: Random
    host: Host
    kind: str
    op: str
    id: str = "id"
    parent_id: str = ""  # of a nested id
    text: str = "text"
    store: str = "db"  # "db" "generic" "specific"
    specific: list[str] = field(default_factory=list)  # methods that the specific repository must have: its C#
    in_endpoint: bool = False
    principal: str = "User"
    from_request: bool = False  # needs an owner's id from the request, in `ownerId`
    pass_caller: bool = False
    own_id: bool = False  # no id from the client
    record: list[str] = field(default_factory=list)
    record_before: list[str] = field(default_factory=list)
    on_miss: list[str] = field(default_factory=list)
    wrap: list[str] = field(default_factory=list)  # a catch block
    ct: str = ""

    @property
    def cls(self) -> str:
        d = self.d
        return {"parent": d.parent, "child": d.child, "tenant": d.tenant_doc, "catalogue": d.catalogue, "profile": d.profile}[self.kind]

    @property
    def id_type(self) -> str:
        return self.d.uid if self.kind == "profile" else self.d.key

    @property
    def set(self) -> str:
        d = self.d
        name = {"parent": d.parents, "child": d.children, "tenant": d.tenant_docs, "catalogue": d.catalogues, "profile": f"Set<{d.profile}>()"}[self.kind]
        return f"{self.db}.{name}"

    @property
    def db(self) -> str:
        return self.host.dep("db", self.d.db)

    @property
    def repo(self) -> str:
        return self.host.dep("repository", f"IRepository<{self.cls}>") if self.store == "generic" else self.host.dep("rows", f"I{self.cls}Rows")

    @property
    def var(self) -> str:
        return {"Order": "order1", "Unit": "unit"}.get(self.cls, camel(self.cls))

    @property
    def owner(self) -> str:
        """From the entity to the user's id."""
        d = self.d
        return {"parent": f".{d.owner}", "child": f".{d.parent}.{d.owner}", "tenant": ".TenantId", "profile": ".Id", "catalogue": ".Name"}[self.kind]

    @property
    def caller(self) -> str:
        if self.kind == "tenant":
            return self.host.dep("tenant", "ITenant") + ".Id"
        return "§caller"

    @property
    def payload(self) -> str:
        return {"catalogue": "Name", "profile": "Phone"}.get(self.kind, self.d.text)

    # --- access to rows ----------------------------------------------------------------------------------------------------

    def find(self, predicate: str, source: str = "", include: str = "") -> str:
        """An awaited expression for the first row that meets it; `x` is the row."""
        if self.store == "generic":
            return f"await {self.repo}.FirstOrDefaultAsync(x => {predicate})"
        r = self.random
        source = source or self.set
        tail = include + (".AsNoTracking()" if self.op == "get" and r.random() < 0.3 else "")
        first = r.choice(["FirstOrDefaultAsync", "SingleOrDefaultAsync", "FirstOrDefaultAsync"])
        name = r.choice(["x", "x", self.cls[0].lower(), "row", "e"])
        p = predicate.replace("x.", f"{name}.").replace("x =>", f"{name} =>") if name != "x" else predicate
        ct = self.ct
        return r.choice([
            f"await {source}{tail}.{first}({name} => {p}{', ' + ct if ct else ''})",
            f"await {source}{tail}.Where({name} => {p}).{first}({ct})",
            f"await (from {name} in {source}{tail} where {p} select {name}).{first}({ct})",
        ])

    def by_id(self, include: str = "", source: str = "") -> str:
        if self.store == "generic":
            return f"await {self.repo}.GetByIdAsync({self.id})"
        if self.store == "specific":
            self.specific.append(f"    public Task<{self.cls}?> GetAsync({self.d.key} id) => «db».{self.set.split('.', 1)[1]}.FirstOrDefaultAsync(x => x.Id == id);")
            return f"await {self.repo}.GetAsync({self.id})"
        if not include and not source and self.random.random() < 0.4:
            ct = self.ct
            return f"await {self.set}.FindAsync({f'[{self.id}], {ct}' if ct else self.id})"
        return self.find(f"x.Id == {self.id}", source, include)

    def by_owner(self) -> str:
        """The row with the id, of the caller."""
        if self.store == "specific":
            self.specific.append(
                f"    public async Task<{self.cls}?> GetOwnAsync({self.d.key} id, {self.d.uid} user) =>\n"
                f"        await «db».{self.set.split('.', 1)[1]}.Where(x => x{self.owner} == user).FirstOrDefaultAsync(x => x.Id == id);"
            )
            return f"await {self.repo}.GetOwnAsync({self.id}, {self.caller})"
        return self.find(f"x.Id == {self.id} && x{self.owner} == {self.caller}" if self.random.random() < 0.7 else f"x{self.owner} == {self.caller} && x.Id == {self.id}")

    def load(self, expression: str) -> list[str]:
        style = self.random.randrange(4)
        if style == 0 and not self.on_miss:
            return [f"if ({expression} is not {{ }} {self.var})", "{", "    @MISS", "}"]
        return [f"var {self.var} = {expression};", f"if ({self.var} {self.random.choice(['is null', '== null'])})", "{", *("    " + x for x in self.on_miss), "    @MISS", "}"]

    def save(self) -> str:
        return f"await {self.repo}.SaveChangesAsync();" if self.store != "db" else f"await {self.db}.SaveChangesAsync({self.ct});"

    def act(self) -> list[str]:
        """What the operation does with the row it found, up to the save, and what it records."""
        v = self.var
        if self.op == "update":
            lines = [f"{v}.{self.payload} = {self.text};"]
        elif self.op == "flag":
            lines = [f"{v}.IsDeleted = true;"]
        elif self.op == "delete":
            if self.store != "db":
                lines = [f"{self.repo}.Remove({v});"]
            else:
                lines = [self.random.choice([
                    f"{self.set}.Remove({v});", f"{self.db}.Remove({v});", f"{self.db}.Entry({v}).State = EntityState.Deleted;", f"{self.set}.RemoveRange({v});",
                ])]
        elif self.op == "add":
            d = self.d
            lines = [f"{self.db}.{d.children}.Add(new {d.child} {{ {d.parent}Id = {v}.Id, {d.text} = {self.text}, Amount = 1 }});"]
        else:
            return []
        return [*lines, *self.record_before, self.save(), *self.record]

    def end(self) -> list[str]:
        if self.op == "get":
            view = f"{self.cls}View" if self.kind in ("parent", "child") else ""
            return [f"@GIVE(new {view}({self.var}.Id, {self.var}.{self.payload}))" if view else f"@GIVE({self.var})"]
        return ["@DONE"]


def condition(b: Body, equal: bool) -> str:
    """The row's owner compared with the caller."""
    left, right = f"{b.var}{b.owner}", b.caller
    r = b.random
    if r.random() < 0.3:
        left, right = right, left
    style = r.random()
    if b.d.uid == "string" and style < 0.15 and b.kind != "profile":
        return f"{'' if equal else '!'}string.Equals({left}, {right}, StringComparison.Ordinal)"
    if style < 0.3 and not left.startswith("§"):
        return f"{'' if equal else '!'}{left}.Equals({right})"
    return f"{left} {'==' if equal else '!='} {right}"


def included(b: Body) -> str:
    return f".Include(x => x.{b.d.parent})" if b.kind == "child" else ""


# --- idioms: what ties the row to the caller ----------------------------------------------------------------------------------

Lines = list[str]


def nothing(b: Body) -> Lines:
    return [*b.load(b.by_id()), *b.act(), *b.end()]


def predicate(b: Body) -> Lines:
    return [*b.load(b.by_owner()), *b.act(), *b.end()]


def local_caller(b: Body) -> Lines:
    """The caller's id in a variable first."""
    name = b.random.choice(["userId", "me", "callerId"])
    lines = [f"var {name} = {b.caller};", *b.load(b.find(f"x.Id == {b.id} && x{b.owner} == {name}"))]
    return [*lines, *b.act(), *b.end()]


def chained(b: Body) -> Lines:
    query = f"var query = {b.set}.Where(x => x{b.owner} == {b.caller});"
    return [query, *b.load(f"await query.{b.random.choice(['FirstOrDefaultAsync', 'SingleOrDefaultAsync'])}(x => x.Id == {b.id})"), *b.act(), *b.end()]


def compared(b: Body) -> Lines:
    check = [f"if ({condition(b, False)})", "{", f"    {b.random.choice(['@FORBID', '@MISS'])}", "}"]
    return [*b.load(b.by_id(included(b))), *check, *b.act(), *b.end()]


def compared_together(b: Body) -> Lines:
    return [f"var {b.var} = {b.by_id(included(b))};", f"if ({b.var} is null || {condition(b, False)})", "{", "    @MISS", "}", *b.act(), *b.end()]


def compared_positively(b: Body) -> Lines:
    inner = [*b.act(), *b.end()]
    return [f"var {b.var} = {b.by_id(included(b))};", f"if ({b.var} is not null && {condition(b, True)})", "{", *("    " + x for x in inner), "}", "", "@MISS"]


def own_rows_first(b: Body) -> Lines:
    """All rows of the caller, then one of them."""
    rows = f"var mine = await {b.set}.Where(x => x{b.owner} == {b.caller}).ToListAsync();"
    return [rows, *b.load(f"mine.{b.random.choice(['FirstOrDefault', 'Find', 'SingleOrDefault'])}(x => x.Id == {b.id})"), *b.act(), *b.end()]


def asked_before(b: Body) -> Lines:
    any_ = f"await {b.set}.AnyAsync(x => x.Id == {b.id} && x{b.owner} == {b.caller})"
    style = b.random.randrange(2)
    check = [f"var owns = {any_};", "if (!owns)"] if style else [f"if (!{any_})"]
    return [*check, "{", "    @MISS", "}", *b.load(b.by_id()), *b.act(), *b.end()]


def throwing(b: Body) -> Lines:
    guard = [f"if ({condition(b, False)})", "{", '    throw new UnauthorizedAccessException("not yours");', "}"]
    return [*b.load(b.by_id(included(b))), *guard, *b.act(), *b.end()]


def guarded_by_helper(b: Body) -> Lines:
    """A static method that throws unless its arguments are equal."""
    return [*b.load(b.by_id(included(b))), f"Ownership.Require({b.var}{b.owner}, {b.caller});", *b.act(), *b.end()]


def asked_helper(b: Body) -> Lines:
    call = f"Ownership.Holds({b.var}{b.owner}, {b.caller})"
    return [*b.load(b.by_id(included(b))), f"if (!{call})", "{", "    @FORBID", "}", *b.act(), *b.end()]


def scoped_extension(b: Body) -> Lines:
    """An extension of IQueryable that narrows."""
    return [*b.load(f"await {b.set}.OwnedBy({b.caller}).FirstOrDefaultAsync(x => x.Id == {b.id})"), *b.act(), *b.end()]


def member_of(b: Body) -> Lines:
    d = b.d
    style = b.random.randrange(2)
    if style:
        found = b.find(f"x.Id == {b.id} && x.Members.Any(m => m.UserId == {b.caller})")
    else:
        found = b.find(f"x.Id == {b.id} && {b.db}.{d.parent}Members.Any(m => m.{d.parent}Id == x.Id && m.UserId == {b.caller})")
    return [*b.load(found), *b.act(), *b.end()]


def through_account(b: Body) -> Lines:
    d = b.d
    account = f"var account = await {b.db}.Accounts.Include(a => a.{d.parents}).FirstOrDefaultAsync(a => a.Id == {b.caller});"
    return [account, *b.load(f"account?.{d.parents}.FirstOrDefault(x => x.Id == {b.id})"), *b.act(), *b.end()]


def service_asked(b: Body) -> Lines:
    """IAuthorizationService with the row, and its answer used."""
    service = b.host.dep("authorization", "IAuthorizationService")
    call = f'await {service}.AuthorizeAsync({b.principal}, {b.var}, "{b.cls}Owner")'
    check = b.random.choice([
        [f"var allowed = {call};", "if (!allowed.Succeeded)"], [f"if (!({call}).Succeeded)"], [f"if ({call} is {{ Succeeded: false }})"],
    ])
    return [*b.load(b.by_id()), *check, "{", "    @FORBID", "}", *b.act(), *b.end()]


def service_ignored(b: Body) -> Lines:
    service = b.host.dep("authorization", "IAuthorizationService")
    call = f'await {service}.AuthorizeAsync({b.principal}, {b.var}, "{b.cls}Owner");'
    line = b.random.choice([call, f"_ = {call}", f"var allowed = {call}"])
    return [*b.load(b.by_id()), line, *b.act(), *b.end()]


def service_stub(b: Body) -> Lines:
    """The policy's handler grants everything."""
    return [x.replace(f'"{b.cls}Owner"', f'"{b.cls}Known"') for x in service_asked(b)]


def unused(b: Body) -> Lines:
    b.pass_caller = True
    lines = [f"var userId = {b.caller};"] if b.random.random() < 0.7 else []
    return [*lines, *b.load(b.by_id()), *b.act(), *b.end()]


def discarded_question(b: Body) -> Lines:
    any_ = f"await {b.set}.AnyAsync(x => x.Id == {b.id} && x{b.owner} == {b.caller});"
    return [b.random.choice([any_, f"var owns = {any_}", f"_ = {any_}"]), *b.load(b.by_id()), *b.act(), *b.end()]


def stamped(b: Body) -> Lines:
    """Who changed it, written into the row."""
    lines = b.act()
    return [*b.load(b.by_id()), f"{b.var}.UpdatedBy = {b.caller}{'' if b.d.uid == 'string' else '.ToString()'};", *lines, *b.end()]


def from_request(b: Body) -> Lines:
    """Another id of the client's, taken for the owner's."""
    b.from_request = True
    if b.random.random() < 0.5:
        return [*b.load(b.find(f"x.Id == {b.id} && x{b.owner} == ownerId")), *b.act(), *b.end()]
    check = [f"if ({b.var}{b.owner} != ownerId)", "{", "    @FORBID", "}"]
    return [*b.load(b.by_id(included(b))), *check, *b.act(), *b.end()]


def from_request_verified(b: Body) -> Lines:
    b.from_request = True
    check = [f"if (ownerId != {b.caller})", "{", "    @FORBID", "}"]
    return [*check, *b.load(b.find(f"x.Id == {b.id} && x{b.owner} == ownerId")), *b.act(), *b.end()]


def too_late(b: Body) -> Lines:
    check = [f"if ({condition(b, False)})", "{", "    @FORBID", "}"]
    return [*b.load(b.by_id(included(b))), *b.act(), *check, *b.end()]


def only_warned(b: Body) -> Lines:
    check = [f"if ({condition(b, False)})", "{", '    System.Diagnostics.Debug.WriteLine("foreign row");' if b.random.random() < 0.5 else "    _ = 0;", "}"]
    return [*b.load(b.by_id(included(b))), *check, *b.act(), *b.end()]


def either(b: Body) -> Lines:
    """`||` where `&&` was meant."""
    return [*b.load(b.find(f"x.Id == {b.id} || x{b.owner} == {b.caller} && x.Id == {b.id}")), *b.act(), *b.end()]


def caller_exists(b: Body) -> Lines:
    """Asks whether the caller owns anything at all."""
    check = [f"if (!await {b.set}.AnyAsync(x => x{b.owner} == {b.caller}))", "{", "    @FORBID", "}"]
    return [*check, *b.load(b.by_id()), *b.act(), *b.end()]


def ignoring_filters(b: Body) -> Lines:
    return [*b.load(b.by_id(source=f"{b.set}.IgnoreQueryFilters()")), *b.act(), *b.end()]


def ignoring_filters_but_asked(b: Body) -> Lines:
    return [*b.load(b.find(f"x.Id == {b.id} && x{b.owner} == {b.caller}", source=f"{b.set}.IgnoreQueryFilters()")), *b.act(), *b.end()]


def parent_only(b: Body) -> Lines:
    """The caller's parent, then any child."""
    d = b.d
    check = [f"if (!await {b.db}.{d.parents}.AnyAsync(p => p.Id == {b.parent_id} && p.{d.owner} == {b.caller}))", "{", "    @MISS", "}"]
    return [*check, *b.load(b.by_id()), *b.act(), *b.end()]


def parent_and_child(b: Body) -> Lines:
    d = b.d
    if b.random.random() < 0.5:
        check = [f"if (!await {b.db}.{d.parents}.AnyAsync(p => p.Id == {b.parent_id} && p.{d.owner} == {b.caller}))", "{", "    @MISS", "}"]
    else:
        check = [
            f"var parent = await {b.db}.{d.parents}.FirstOrDefaultAsync(p => p.Id == {b.parent_id});",
            f"if (parent is null || parent.{d.owner} != {b.caller})", "{", "    @MISS", "}",
        ]
    return [*check, *b.load(b.find(f"x.Id == {b.id} && x.{d.parent}Id == {b.parent_id}")), *b.act(), *b.end()]


def parent_of_child(b: Body) -> Lines:
    """The child, then its own parent's owner."""
    d = b.d
    parent = f"var parent = await {b.db}.{d.parents}.FirstAsync(p => p.Id == {b.var}.{d.parent}Id);"
    return [*b.load(b.by_id()), parent, f"if (parent.{d.owner} != {b.caller})", "{", "    @FORBID", "}", *b.act(), *b.end()]


def linked_only(b: Body) -> Lines:
    """The child must lie in the parent that the client names; nobody asks whose the parent is."""
    return [*b.load(b.find(f"x.Id == {b.id} && x.{b.d.parent}Id == {b.parent_id}")), *b.act(), *b.end()]


def own_profile(b: Body) -> Lines:
    b.own_id = True
    return [*b.load(f"await {b.set}.FindAsync({b.caller})"), *b.act(), *b.end()]


def any_profile(b: Body) -> Lines:
    return [*b.load(f"await {b.set}.FindAsync(userKey)"), *b.act(), *b.end()]


def verified_profile(b: Body) -> Lines:
    return [f"if (userKey != {b.caller})", "{", "    @FORBID", "}", *any_profile(b)]


# --- bulk -----------------------------------------------------------------------------------------------------------------------


def _bulk(b: Body, condition_: str) -> Lines:
    call = "ExecuteDeleteAsync()" if b.op == "bulk-delete" else f"ExecuteUpdateAsync(s => s.SetProperty(x => x.{b.payload}, {b.text}))"
    lines = [f"var count = await {b.set}.Where(x => {condition_}).{call};"]
    return [*lines, "if (count == 0)", "{", *("    " + x for x in b.on_miss), "    @MISS", "}", *b.record, "@DONE"]


def bulk_nothing(b: Body) -> Lines:
    return _bulk(b, f"x.Id == {b.id}")


def bulk_predicate(b: Body) -> Lines:
    return _bulk(b, f"x.Id == {b.id} && x{b.owner} == {b.caller}")


def bulk_asked(b: Body) -> Lines:
    check = [f"if (!await {b.set}.AnyAsync(x => x.Id == {b.id} && x{b.owner} == {b.caller}))", "{", "    @MISS", "}"]
    return [*check, *bulk_nothing(b)]


def bulk_unused(b: Body) -> Lines:
    b.pass_caller = True
    return [f"var userId = {b.caller};", *bulk_nothing(b)]


# --- lists by a parent's id ------------------------------------------------------------------------------------------------------


def list_nothing(b: Body) -> Lines:
    return [f"var rows = await {b.set}.Where(x => x.{b.d.parent}Id == {b.id}).Select(x => new {b.cls}View(x.Id, x.{b.payload})).ToListAsync();", "@GIVE(rows)"]


def list_predicate(b: Body) -> Lines:
    return [f"var rows = await {b.set}.Where(x => x.{b.d.parent}Id == {b.id} && x{b.owner} == {b.caller}).Select(x => new {b.cls}View(x.Id, x.{b.payload})).ToListAsync();", "@GIVE(rows)"]


def list_asked(b: Body) -> Lines:
    d = b.d
    check = [f"if (!await {b.db}.{d.parents}.AnyAsync(p => p.Id == {b.id} && p.{d.owner} == {b.caller}))", "{", "    @MISS", "}"]
    return [*check, *list_nothing(b)]


Idiom = Callable[[Body], Lines]

ROW: list[Idiom] = [
    nothing, nothing, nothing, predicate, predicate, predicate, local_caller, chained, compared, compared, compared_together, compared_positively,
    own_rows_first, asked_before, throwing, guarded_by_helper, asked_helper, unused, discarded_question, too_late, only_warned, either, caller_exists,
    from_request, from_request_verified,
]
PARENT: list[Idiom] = [*ROW, scoped_extension, ignoring_filters, ignoring_filters_but_asked, stamped]
IN_ENDPOINT: list[Idiom] = [service_asked, service_ignored, service_stub]
CHILD: list[Idiom] = [nothing, predicate, predicate, compared_together, local_caller, compared, parent_of_child, from_request]
NESTED: list[Idiom] = [parent_only, parent_only, parent_and_child, parent_and_child, linked_only]
GENERIC: list[Idiom] = [nothing, nothing, predicate, predicate, compared, compared_together, compared_positively, throwing, guarded_by_helper, unused, too_late, from_request]
SPECIFIC: list[Idiom] = [nothing, predicate, predicate, compared, compared_together, unused, throwing, too_late]
TENANT: list[Idiom] = [nothing, nothing, ignoring_filters, ignoring_filters_but_asked, predicate, compared]
CATALOGUE: list[Idiom] = [nothing]
BULK: list[Idiom] = [bulk_nothing, bulk_nothing, bulk_predicate, bulk_predicate, bulk_asked, bulk_unused]
LIST: list[Idiom] = [list_nothing, list_predicate, list_asked]
ADD: list[Idiom] = [nothing, predicate, compared, compared_together, too_late, unused]
