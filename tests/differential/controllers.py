"""Controllers of a generated app: bases, overrides, routes of every spelling, conventional routing, filters, areas."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from tests.differential.authorization import attribute
from tests.differential.minimal import Writer, conventions

_HTTP = ["HttpGet", "HttpPost", "HttpPut", "HttpDelete", "HttpPatch"]
_USINGS = "using Microsoft.AspNetCore.Authorization;\nusing Microsoft.AspNetCore.Mvc;\n\nnamespace Generated.Controllers;\n\n"


def _said(w: Writer, likely: float) -> str:
    return attribute(w.random, w.policies) + "\n    " if w.random.random() < likely else ""


def _verb(w: Writer) -> str:
    random = w.random
    n = w.next()
    verb = random.choice(_HTTP)
    return random.choice([
        f'[{verb}("a{n}")]', f'[{verb}("a{n}/{{id:int}}")]', f'[{verb}, Route("b{n}")]', f'[{verb}("~/abs{n}")]', f'[{verb}("/root{n}/[controller]")]',
        f'[{verb}("[action]/{n}")]', f'[AcceptVerbs("GET", "POST", Route = "v{n}")]', f'[HttpGet("x{n}"), HttpPost("y{n}")]', f'[{verb}(Routes.Item + "{n}")]',
        f'[{verb}($"{{Routes.Item}}{n}")]', f'[Route("any{n}")]', f'[{verb}("{{id}}/c{n}", Order = {n})]',
    ])


def _action(w: Writer, modifiers: str = "public") -> str:
    n = w.next()
    name = w.random.choice([f"Do{n}", f"Do{n}Async", f"List{n}"])
    said = _said(w, 0.45)
    return f'    {said}{_verb(w)}\n    {modifiers} {w.random.choice(["string", "IActionResult", "object"])} {name}() => ' + "{0};\n"


def _finished(action: str) -> str:
    return action.replace("{0};", "Ok();" if "IActionResult" in action else '"ok";')


def api_controller(w: Writer) -> None:
    """An attribute-routed controller, perhaps with a base class."""
    random = w.random
    n = w.next()
    route = random.choice(['"api/[controller]"', f'"c{n}"', f'"/c{n}/[controller]"', 'Routes.Api + "/[controller]"', f'"{{culture}}/c{n}"'])
    base, extra = "ControllerBase", ""
    route_on_base = False
    kind = random.randrange(5)
    if kind == 0:
        base = f"SecuredBase{n}"
        route_on_base = random.random() < 0.5
        on_base = f'[Route("based{n}/[controller]")]\n' if route_on_base else ""
        extra = f"{attribute(random, w.policies)}\n{on_base}public abstract class {base} : ControllerBase\n{{\n{_finished(_action(w))}}}\n"
    elif kind == 1:
        base = f"CrudBase{n}<Item{n}>"
        extra = (
            f"public record Item{n}(int Id);\n\n{_said(w, 0.4).strip()}\npublic abstract class CrudBase{n}<T> : ControllerBase\n{{\n"
            f'    {_said(w, 0.4)}[HttpGet("all")]\n    public virtual string All() => typeof(T).Name;\n\n'
            f'    {_said(w, 0.4)}[HttpDelete("{{id:int}}")]\n    public virtual string Remove(int id) => "gone";\n}}\n'
        )
    members = [_finished(_action(w)) for _ in range(random.randint(1, 3))]
    if kind == 1 and random.random() < 0.5:
        members.append(f'    {_said(w, 0.5)}public override string All() => "mine";\n')
    if random.random() < 0.3:
        members.append(f'    [NonAction]\n    public string Hidden{n}() => "no";\n')
    if random.random() < 0.3:
        members.append(f'    private string Secret{n}() => "no";\n')
    api = "[ApiController]\n" if random.random() < 0.7 else ""
    own_route = f"[Route({route})]\n" if not (route_on_base and random.random() < 0.7) else ""
    said = _said(w, 0.35).strip()
    said = said + "\n" if said else ""
    w.files[f"Controllers/C{n}Controller.cs"] = (
        _USINGS + extra + f"\n{api}{own_route}{said}public class C{n}Controller : {base}\n{{\n" + "\n".join(members) + "}\n"
    )


def site_controller(w: Writer, area: str | None) -> None:
    """A conventionally routed controller."""
    random = w.random
    n = w.next()
    in_area = f'[Area("{area}")]\n' if area else ""
    said = _said(w, 0.35).strip()
    said = said + "\n" if said else ""
    actions = [
        f"    {_said(w, 0.4)}{random.choice(['', '', '[HttpPost]' + chr(10) + '    ', '[HttpGet]' + chr(10) + '    '])}public string {name}() => \"x\";\n"
        for name in random.sample(["Index", "Details", "Save", "ListAsync"], random.randint(1, 3))
    ]
    if random.random() < 0.3:
        actions.append(f'    {_said(w, 0.4)}[ActionName("Renamed{n}")]\n    public string Original() => "x";\n')
    w.files[f"Controllers/Site{n}Controller.cs"] = (
        _USINGS + f"{in_area}{said}public class {area or ''}Site{n}Controller : Controller\n{{\n" + "\n".join(actions) + "}\n"
    )


def write_controllers(w: Writer) -> None:
    """Controllers, how they are added and mapped."""
    random = w.random
    w.files["Controllers/Routes.cs"] = (
        'namespace Generated.Controllers;\n\npublic static class Routes\n{\n    public const string Api = "v1";\n    public const string Item = "item";\n}\n'
    )
    for _ in range(random.randint(1, 3)):
        api_controller(w)
    conventional = random.random() < 0.4
    area = random.choice([None, "Back"]) if conventional else None
    if conventional:
        site_controller(w, None)
        if area:
            site_controller(w, area)
    filters = random.choice([
        "", "", "", "options => options.Filters.Add(new AuthorizeFilter())", "options => options.Filters.Add(new AllowAnonymousFilter())",
        'options => options.Filters.Add(new AuthorizeFilter(new AuthorizationPolicyBuilder().RequireRole("Admin").Build()))',
    ])
    w.services.append(f"builder.Services.{'AddControllersWithViews' if conventional else 'AddControllers'}({filters});")
    roll = random.random()
    if roll < 0.15:
        w.program.append(f'app.MapGroup("/mvc"){conventions(w, 0.4, False)}.MapControllers();')
    elif not conventional or roll < 0.7:
        w.program.append(f"app.MapControllers(){conventions(w, 0.3, False)};")
    if conventional:
        if area:
            w.program.append(random.choice([
                'app.MapControllerRoute("areas", "{area:exists}/{controller=Home}/{action=Index}/{id?}");',
                'app.MapAreaControllerRoute("back", "Back", "back/{controller}/{action=Index}");',
            ]))
        w.program.append(random.choice([
            "app.MapDefaultControllerRoute();", 'app.MapControllerRoute("default", "{controller=Home}/{action=Index}/{id?}");',
            'app.MapControllerRoute(name: "site", pattern: "site/{controller}/{action}").RequireAuthorization();',
        ]))
