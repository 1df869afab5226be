"""What a generated app is about: names, ids, two users, the entities and the rows that are there before each call.

Invariant: the victim's rows carry the marker texts, and nobody else's do; ids of the victim are 1xx, of the attacker 2xx.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

THEMES = [
    ("Trip", "Expense"), ("Album", "Photo"), ("Board", "Card"), ("Invoice", "Line"), ("Recipe", "Step"), ("Device", "Reading"), ("Journal", "Entry"),
    ("Order", "Parcel"), ("Pet", "Vaccination"), ("Course", "Lesson"), ("Garden", "Plant"), ("Playlist", "Song"), ("Budget", "Posting"), ("Survey", "Answer"),
]
OWNERS = ["UserId", "OwnerId", "CreatedBy", "CreatedById", "AuthorId", "CustomerId", "AccountId", "HolderId", "MemberId", "EmployeeId", "ApplicationUserId"]
CATALOGUES = ["Country", "Genre", "Tariff", "Holiday", "Currency", "Unit"]


@dataclass
class Domain:
    """Spellings of one app. `uid`: the C# type of a user's id; `key`: that of a row's."""

    random: Random
    parent: str = ""
    child: str = ""
    catalogue: str = ""
    owner: str = ""
    uid: str = ""
    key: str = ""
    db: str = ""
    namespace: str = ""
    tenant_doc: str = "Contract"
    text: str = "Text"
    profile: str = "Profile"
    has_members: bool = False
    has_owner_relation: bool = False
    parent_filter: str = ""  # "" | "soft" | "owner": a query filter over the parent
    tenant_filter: bool = True
    users: dict[str, str] = field(default_factory=dict)

    @property
    def parents(self) -> str:
        return plural(self.parent)

    @property
    def children(self) -> str:
        return plural(self.child)

    @property
    def catalogues(self) -> str:
        return plural(self.catalogue)

    @property
    def tenant_docs(self) -> str:
        return plural(self.tenant_doc)

    def key_of(self, n: int) -> str:
        """As C# source."""
        return f'Guid.Parse("{self.key_text(n)}")' if self.key == "Guid" else f"{n}L" if self.key == "long" else str(n)

    def key_text(self, n: int) -> str:
        return f"00000000-0000-0000-0000-{n:012d}" if self.key == "Guid" else str(n)

    def user(self, name: str) -> str:
        """As C# source."""
        value = self.users[name]
        return f'Guid.Parse("{value}")' if self.uid == "Guid" else value if self.uid in ("int", "long") else f'"{value}"'

    @property
    def constraint(self) -> str:
        return {"int": ":int", "Guid": ":guid", "long": ":long"}[self.key] if self.random.random() < 0.6 else ""

    def parsed(self, claim: str) -> str:
        """A claim's text as a user's id."""
        return claim if self.uid == "string" else f"{self.uid}.Parse({claim})"


def plural(name: str) -> str:
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch")) else "s")


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def domain(random: Random) -> Domain:
    d = Domain(random)
    d.parent, d.child = random.choice(THEMES)
    d.catalogue = random.choice(CATALOGUES)
    d.owner = random.choice(OWNERS)
    d.uid = random.choice(["string", "string", "Guid", "int"])
    d.key = random.choice(["int", "int", "Guid", "long"])
    d.db = random.choice(["AppDb", "AppDbContext2", "DataContext", f"{d.parent}Db", "StoreContext"])
    d.namespace = random.choice(["Generated", "Acme.Api", f"{d.parent}Tracker", "Contoso.Web"])
    d.tenant_doc = random.choice(["Contract", "Ticket", "Asset", "Project"])
    d.text = random.choice(["Text", "Title", "Remark", "Summary"])
    d.profile = random.choice(["Profile", "Wallet", "Settings2"]).rstrip("2")
    d.has_members = random.random() < 0.4
    d.has_owner_relation = random.random() < 0.3
    d.parent_filter = random.choice(["", "", "", "soft", "soft", "owner"])
    d.tenant_filter = random.random() < 0.6
    d.users = {
        "int": {"alice": "11", "mallory": "22", "boss": "33"},
        "string": {"alice": "u-alice", "mallory": "u-mallory", "boss": "u-boss"},
        "Guid": {n: f"{c * 8}-{c * 4}-{c * 4}-{c * 4}-{c * 12}" for n, c in (("alice", "a"), ("mallory", "b"), ("boss", "c"))},
    }[d.uid]
    return d


MARKERS = ("secret-of-alice", "tenant-a-only", "phone-of-alice")


def entities(d: Domain) -> str:
    """Entity classes and DTOs."""
    string_id = "required string" if d.uid == "string" and d.random.random() < 0.5 else d.uid
    init = " = null!;" if string_id == "string" else ""
    account = "\n    public Account? Account { get; set; }" if d.has_owner_relation else ""
    owner_attribute = f'    [ForeignKey("{d.owner}")]' if d.has_owner_relation else ""
    members = f"    public List<{d.parent}Member> Members {{ get; set; }} = [];\n" if d.has_members else ""
    member_class = f"""
public class {d.parent}Member
{{
    public {d.key} Id {{ get; set; }}
    public {d.key} {d.parent}Id {{ get; set; }}
    public {d.uid} UserId {{ get; set; }}{" = null!;" if d.uid == "string" else ""}
}}
""" if d.has_members else ""
    account_class = f"""
public class Account
{{
    public {d.uid} Id {{ get; set; }}{" = null!;" if d.uid == "string" else ""}
    public string Name {{ get; set; }} = "";
    public List<{d.parent}> {d.parents} {{ get; set; }} = [];
}}
""" if d.has_owner_relation else ""
    tenant_interface = d.random.choice(["IMultiTenant", "ITenantOwned", "IHasTenant"])
    return f"""using System.ComponentModel.DataAnnotations.Schema;

namespace {d.namespace};

public class {d.parent}
{{
    public {d.key} Id {{ get; set; }}
    public {string_id} {d.owner} {{ get; set; }}{init}
    public string {d.text} {{ get; set; }} = "";
    public bool IsDeleted {{ get; set; }}
    public string? UpdatedBy {{ get; set; }}
{owner_attribute}{account}
    public List<{d.child}> {d.children} {{ get; set; }} = [];
{members}}}

public class {d.child}
{{
    public {d.key} Id {{ get; set; }}
    public {d.key} {d.parent}Id {{ get; set; }}
    public {d.parent} {d.parent} {{ get; set; }} = null!;
    public string {d.text} {{ get; set; }} = "";
    public decimal Amount {{ get; set; }}
}}
{member_class}{account_class}
public interface {tenant_interface}
{{
    string TenantId {{ get; }}
}}

public class {d.tenant_doc} : {tenant_interface}
{{
    public {d.key} Id {{ get; set; }}
    public string TenantId {{ get; set; }} = "";
    public string {d.text} {{ get; set; }} = "";
    public bool IsDeleted {{ get; set; }}
}}

public class {d.catalogue}
{{
    public {d.key} Id {{ get; set; }}
    public string Name {{ get; set; }} = "";
}}

public class {d.profile}
{{
    public {d.uid} Id {{ get; set; }}{" = null!;" if d.uid == "string" else ""}
    public string Phone {{ get; set; }} = "";
}}

public class AuditEntry
{{
    public int Id {{ get; set; }}
    public string Action {{ get; set; }} = "";
    public string? Subject {{ get; set; }}
    public string? By {{ get; set; }}
    public DateTimeOffset At {{ get; set; }}
}}

public record {d.parent}View({d.key} Id, string {d.text});

public record {d.child}View({d.key} Id, string {d.text});

public record TextInput(string Text);

public record KeyedInput({d.key} Id, string Text);

public record OwnedInput({d.uid} {d.owner}, string Text);
"""


def context(d: Domain, overrides: str, interceptors: str) -> str:
    """The DbContext; `overrides`: members, `interceptors`: statements of OnConfiguring."""
    sets = [(d.parent, d.parents), (d.child, d.children), (d.tenant_doc, d.tenant_docs), (d.catalogue, d.catalogues), (d.profile, plural(d.profile)), ("AuditEntry", "AuditEntries")]
    if d.has_members:
        sets.append((f"{d.parent}Member", f"{d.parent}Members"))
    if d.has_owner_relation:
        sets.append(("Account", "Accounts"))
    style = d.random.random() < 0.5
    members = "\n".join(f"    public DbSet<{t}> {n} => Set<{t}>();" if style else f"    public DbSet<{t}> {n} {{ get; set; }} = null!;" for t, n in sets)
    filters = []
    if d.tenant_filter:
        filters.append(f"modelBuilder.Entity<{d.tenant_doc}>().HasQueryFilter(x => x.TenantId == tenant.Id);")
    else:
        filters.append(f"modelBuilder.Entity<{d.tenant_doc}>().HasIndex(x => x.TenantId);")
    if d.parent_filter == "soft":
        filters.append(f"modelBuilder.Entity<{d.parent}>().HasQueryFilter(x => !x.IsDeleted);")
    elif d.parent_filter == "owner":
        # Equal ids of nobody, so that code outside of a request sees nothing.
        filters.append(f"modelBuilder.Entity<{d.parent}>().HasQueryFilter(x => x.{d.owner} == tenant.User);")
    lines = "\n        ".join(filters)
    configuring = f"\n\n    protected override void OnConfiguring(DbContextOptionsBuilder options)\n    {{\n        {interceptors}\n    }}" if interceptors else ""
    return f"""using Microsoft.EntityFrameworkCore;

namespace {d.namespace};

public class {d.db}(DbContextOptions<{d.db}> options, ITenant tenant) : DbContext(options)
{{
{members}

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {{
        {lines}
    }}{configuring}{overrides}
}}
"""


def tenant(d: Domain) -> str:
    claim = 'accessor.HttpContext?.User.FindFirstValue(ClaimTypes.NameIdentifier)'
    user = {
        "string": f"{claim} ?? \"\"", "Guid": f"Guid.TryParse({claim}, out var id) ? id : Guid.Empty", "int": f"int.TryParse({claim}, out var id) ? id : 0",
    }[d.uid]
    return f"""using System.Security.Claims;

namespace {d.namespace};

public interface ITenant
{{
    string Id {{ get; }}
    {d.uid} User {{ get; }}
}}

public sealed class ClaimTenant(IHttpContextAccessor accessor) : ITenant
{{
    public string Id => accessor.HttpContext?.User.FindFirstValue("tenant_id") ?? "";

    public {d.uid} User => {user};
}}
"""


def seeds(d: Domain) -> str:
    """The harness's rows; compiled into the app, never analysed."""
    rows = []
    for user, base, mark in (("alice", 100, MARKERS[0]), ("mallory", 200, "plain")):
        u, k = d.user(user), d.key_of
        rows.append(f'db.{d.parents}.Add(new {d.parent} {{ Id = {k(base + 1)}, {d.owner} = {u}, {d.text} = "{mark}" }});')
        rows.append(f'db.{d.children}.Add(new {d.child} {{ Id = {k(base + 11)}, {d.parent}Id = {k(base + 1)}, {d.text} = "{mark}", Amount = 5 }});')
        rows.append(f'db.{d.tenant_docs}.Add(new {d.tenant_doc} {{ Id = {k(base + 21)}, TenantId = "tenant-{user[0]}", {d.text} = "{MARKERS[1] if user == "alice" else "plain"}" }});')
        rows.append(f'db.{plural(d.profile)}.Add(new {d.profile} {{ Id = {u}, Phone = "{MARKERS[2] if user == "alice" else "plain"}" }});')
        if d.has_members:
            rows.append(f"db.{d.parent}Members.Add(new {d.parent}Member {{ Id = {k(base + 31)}, {d.parent}Id = {k(base + 1)}, UserId = {u} }});")
        if d.has_owner_relation:
            rows.append(f'db.Accounts.Add(new Account {{ Id = {u}, Name = "{user}" }});')
    rows.append(f'db.{d.catalogues}.Add(new {d.catalogue} {{ Id = {d.key_of(5)}, Name = "common" }});')
    body = "\n        ".join(rows)
    return f"""global using AppDbContext = {d.namespace}.{d.db};
using {d.namespace};
using Microsoft.EntityFrameworkCore;

namespace Attack;

public static class Seeds
{{
    public static void Plant(AppDbContext db)
    {{
        {body}
        db.SaveChanges();
    }}
}}
"""


def victim_rows(d: Domain) -> frozenset[str]:
    k = d.key_text
    return frozenset({
        f"{d.parent}:{k(101)}", f"{d.child}:{k(111)}", f"{d.tenant_doc}:{k(121)}", f"{d.profile}:{d.users['alice']}", f"{d.parent}Member:{k(131)}",
        f"Account:{d.users['alice']}",
    })
