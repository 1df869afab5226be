using Microsoft.AspNetCore.Mvc; using Microsoft.AspNetCore.Authorization; using static Api.Contracts.ApiRoutes; using P = Api.Contracts.ApiRoutes.Posts;
namespace Api.Controllers;
public class PostsController : ControllerBase
{
    private const string Drafts = P.GetAll + "/drafts"; const string Action = "[action]";
    [HttpGet(P.GetAll)] public string A() => ""; [HttpGet(Posts.Get), Authorize(Policies.Read)] public string B() => ""; [HttpDelete(template: P.Tags), Authorize(Roles = Roles.Both)] public string C() => "";
    [HttpPut(Drafts), Authorize(Policy = nameof(Policies.Manage))] public string D() => ""; [HttpPost(Base + "/" + Action)] public string E() => ""; [HttpPatch((Base) + ("/x"))] public string F() => "";
    [HttpGet(P.GetAll + nameof(PostsController))] public string G() => ""; [HttpGet(nameof(Api.Contracts) + "/" + nameof(System.Collections.Generic.List<int>))] public string H() => ""; [HttpGet(true ? "t" : "f")] public string I() => "";
    [HttpGet("\u0061sc\x69i")] public string J() => "";
}
