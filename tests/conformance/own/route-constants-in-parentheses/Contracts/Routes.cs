namespace Api.Contracts;
public static class ApiRoutes
{
    private const string Root = "api"; private const string Version = "v" + One; internal const string One = "1";
    public const string Base = $"{Root}/{Version}";
    public static class Posts { private const string Seg = nameof(Posts); public const string GetAll = Base + "/" + Seg; public const string Get = $"{GetAll}/{{postId:guid}}"; public const string Tags = Get + """/tags""" + @"/{tag}"; }
    public static class Roles { public const string Owner = nameof(Owner); public const string Both = Owner + "," + "Editor"; }
    public abstract class Policies { public const string Read = Base + ".read"; public const string Manage = "m"; }
    public const int Major = 2; public const char Sep = '/';
}
