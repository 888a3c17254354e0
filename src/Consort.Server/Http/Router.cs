using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>Finds the route of a request among few.</summary>
internal sealed class Router(IReadOnlyList<Route> routes)
{
    public IReadOnlyList<Route> Routes => routes;

    /// <summary>The route of a method and a path.</summary>
    /// <exception cref="RequestException">404: no such path. 405: it takes other methods.</exception>
    public Route Find(string method, PathString path, out RouteValues values)
    {
        var text = path.HasValue ? path.Value : "/";
        string? others = null;
        foreach (var route in routes)
        {
            if (!route.Matches(text, out values))
                continue;
            if (HttpMethods.Equals(route.Method, method) || (HttpMethods.IsHead(method) && HttpMethods.IsGet(route.Method)))
                return route;
            others = others is null ? route.Method : $"{others}, {route.Method}";
        }

        throw others is null
            ? new RequestException(404, $"found no path {RequestException.Show(text)}; /openapi.json lists all")
            : new RequestException(405, $"found method {RequestException.Show(method)}, expected {others}") { Allow = others };
    }
}
