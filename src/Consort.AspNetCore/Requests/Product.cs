using System.Reflection;

namespace Consort.AspNetCore.Requests;

/// <summary>What the server calls itself.</summary>
internal static class Product
{
    public const string Name = "consort", Platform = "consort_package";

    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
