using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Consort.AspNetCore;

/// <summary>
/// Where an app has an endpoint of its own at a path of ours, the app's answers: without this routing would answer neither. The page gives
/// way to whatever else the app has for <c>/</c>, by a pattern or as its fallback, too.
/// </summary>
internal sealed class AppFirst : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>Marks the endpoints that are ours.</summary>
    public static object Mark { get; } = new Ours();

    public override int Order => int.MaxValue; // of what methods, hosts and the like have left

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(o => endpoints.Any(e => GivesWay(o, e)));

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
            for (var other = 0; other < candidates.Count && candidates.IsValidCandidate(i); other++)
                if (candidates.IsValidCandidate(other) && GivesWay(candidates[i].Endpoint, candidates[other].Endpoint))
                    candidates.SetValidity(i, false);
        return Task.CompletedTask;
    }

    private static bool GivesWay(Endpoint ours, Endpoint other) => IsOurs(ours) && !IsOurs(other)
        && (PathOf(ours).Length == 0 || PathOf(ours).Equals(PathOf(other), StringComparison.OrdinalIgnoreCase));

    private static bool IsOurs(Endpoint endpoint) => endpoint.Metadata.GetMetadata<Ours>() is not null;

    private static string PathOf(Endpoint endpoint) => endpoint is RouteEndpoint route ? route.RoutePattern.RawText?.Trim('/') ?? "" : "";

    private sealed class Ours;
}
