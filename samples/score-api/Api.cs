using Consort.AspNetCore;
using Consort.AspNetCore.Registry;

namespace ScoreApi;

/// <summary>Who looks, and what could be shown.</summary>
public sealed record RankRequest(string? City, string? Device, string? Time, IReadOnlyList<Candidate> Offers);

/// <summary>One of several offers.</summary>
public sealed record Candidate(string Campaign, double? Price);

/// <summary>An offer with the probability that it is clicked.</summary>
public sealed record Ranked(string Campaign, double Probability);

/// <summary>A minimal API with Consort's endpoints and one of its own.</summary>
public static class Api
{
    /// <summary>Makes the app.</summary>
    /// <param name="package">A package, or a folder of packages.</param>
    /// <param name="args">What the host reads, such as <c>--urls</c>.</param>
    public static WebApplication Build(string package, string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddConsort(o => o.Model("clicks", package));
        var app = builder.Build();
        app.MapPost("/rank", Rank);
        app.MapConsort(); // /v1, /v2, gRPC, /metrics, and the page at /
        return app;
    }

    // What all offers have in common is encoded once.
    private static IResult Rank(RankRequest request, ModelRegistry models)
    {
        using var lease = models.Lease("clicks");
        var (context, offers) = (lease.Scorer.NewImpression(), lease.Scorer.NewBatch(Math.Max(1, request.Offers.Count)));
        foreach (var (field, value) in new[] { ("city", request.City), ("device", request.Device), ("time", request.Time) })
            if (value is not null)
                context.Set(field, value);
        foreach (var offer in request.Offers)
            lease.Scorer.For<Candidate>().Fill(offer, offers.Add());
        var probabilities = new float[offers.Count];
        lease.Scorer.ForCandidates("campaign", "price").Score(context, offers, probabilities);
        return Results.Ok(request.Offers.Select((o, i) => new Ranked(o.Campaign, probabilities[i])).OrderByDescending(r => r.Probability));
    }
}
