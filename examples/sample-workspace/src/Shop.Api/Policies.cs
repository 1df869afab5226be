namespace Shop.Api;

/// <summary>The authorization policies that Program.cs registers.</summary>
public static class Policies
{
    public const string Manager = "Manager";
}
