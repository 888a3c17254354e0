using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>What a path's variable parts were.</summary>
internal readonly record struct RouteValues(string? Model, string? Version);

/// <summary>Answers a request.</summary>
internal delegate ValueTask RouteHandler(HttpContext context, RouteValues values);

/// <summary>
/// A path that the server answers. Parts in braces vary: <c>{model}</c>, and <c>{version}</c> or <c>{label}</c>; the last part may
/// have an end, as in <c>{model}:score</c>.
/// </summary>
internal sealed class Route(string method, string template, string name, Access access, RouteHandler handler)
{
    private readonly string[] _parts = template.Split('/')[1..];

    public string Method => method;

    public string Template => template;

    /// <summary>What metrics call it.</summary>
    public string Name => name;

    public Access Access => access;

    public RouteHandler Handler => handler;

    /// <summary>Whether a path is this one's; texts are made for its variable parts only.</summary>
    public bool Matches(ReadOnlySpan<char> path, out RouteValues values)
    {
        values = default;
        string? model = null, version = null;
        foreach (var part in _parts)
        {
            if (path.IsEmpty || path[0] != '/')
                return false;
            path = path[1..];
            var end = path.IndexOf('/');
            var given = end < 0 ? path : path[..end];
            path = end < 0 ? [] : path[end..];
            if (part.Length == 0 || part[0] != '{')
            {
                if (!given.SequenceEqual(part))
                    return false;
                continue;
            }

            var close = part.IndexOf('}', StringComparison.Ordinal);
            var suffix = part.AsSpan(close + 1);
            if (given.Length <= suffix.Length || !given.EndsWith(suffix))
                return false;
            given = given[..^suffix.Length];
            // Names have no colon: what has is another action.
            if (given.Contains(':'))
                return false;
            if (part.AsSpan(1, close - 1).SequenceEqual("model"))
                model = given.ToString();
            else
                version = given.ToString();
        }

        values = new RouteValues(model, version);
        return path.IsEmpty;
    }
}
