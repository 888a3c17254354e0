using Consort.Foundation.Options;

namespace Consort.AspNetCore.Options;

/// <summary>Which models an app serves, to whom, and within which limits.</summary>
public record ConsortOptions
{
    /// <summary>The section of the configuration that <c>AddConsort</c> reads unless it is given another.</summary>
    public const string Section = "Consort";

    /// <summary>The models, at least one; the first answers where a request names none.</summary>
    public IReadOnlyList<ModelSource> Models { get; set; } = [];

    /// <summary>A file with the keys that may score, one a line; null lets everyone.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>A file with the keys that may also reload models and move labels; null lets nobody do so over the wire.</summary>
    public string? AdminKeyFile { get; set; }

    /// <summary>Bytes of a request's body at most, 1 KiB to 1 GiB.</summary>
    public int MaxBodyBytes { get; set; } = 2 << 20;

    /// <summary>Impressions of a request at most, 1 to 1,000,000.</summary>
    public int MaxRows { get; set; } = 4096;

    /// <summary>Bytes of a value at most, 1 to 1,048,576.</summary>
    public int MaxValueBytes { get; set; } = 1024;

    /// <summary>Depth of JSON at most, 4 to 64.</summary>
    public int MaxDepth { get; set; } = 16;

    /// <summary>Requests that are scored at a time at most, 1 to 100,000; those beyond are answered 503.</summary>
    public int MaxInFlight { get; set; } = 128;

    /// <summary>
    /// Requests of one client (its key, or else its address) that are scored at a time at most, 1 to 100,000; those beyond are answered
    /// 429.
    /// </summary>
    public int MaxPerClient { get; set; } = 64;

    /// <summary>
    /// Bytes that the bodies of requests under way hold together at most, 1 MiB to 1 TiB; at least four bodies fit in any case.
    /// </summary>
    public long MaxBufferedBytes { get; set; } = 256L << 20;

    /// <summary>
    /// Whether packages are mapped rather than read into memory; their files must then never be written to, only replaced.
    /// </summary>
    public bool MapPackages { get; set; }

    /// <summary>Time for a request, from its head to its answer; 10 ms to an hour.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an app that was told to stop goes on taking requests while it says that it is not ready; 0 to an hour.</summary>
    public TimeSpan Drain { get; set; }

    /// <summary>How often packages are looked at for changes; 0 never, up to a day.</summary>
    public TimeSpan Watch { get; set; }

    /// <summary>The share of requests without a version that the label <c>canary</c> gets, where there is one; 0 to 1.</summary>
    public double CanaryShare { get; set; }

    /// <summary>
    /// The field by whose value stable or canary is chosen, so that whoever has the same value gets the same version; null chooses by
    /// chance. Of requests below <c>/v1</c>.
    /// </summary>
    public string? CanaryField { get; set; }

    /// <summary>The share of requests without a version that the version of label <c>shadow</c> also scores, unseen; 0 to 1.</summary>
    public double ShadowShare { get; set; } = 1;

    /// <summary>Rows of a window of traffic that is compared with the training rows; 0 compares none, up to 100,000,000.</summary>
    public int DriftRows { get; set; } = 10_000;

    /// <summary>Answers that are kept until their label comes, at most; 0 keeps none, up to 100,000,000.</summary>
    public int FeedbackIds { get; set; }

    /// <summary>How many tokens of each vocabulary the page may offer, 0 to 1000; they are training data.</summary>
    public int Examples { get; set; }

    /// <summary>By which names in packages are resolved, set in code; null for those that come along.</summary>
    public Catalogues? Catalogues { get; set; }

    /// <summary>Adds a model.</summary>
    /// <param name="name">The name that requests use.</param>
    /// <param name="path">A package, or a folder of packages <c>VERSION.consort</c>.</param>
    public ConsortOptions Model(string name, string path)
    {
        Models = [.. Models, new ModelSource(name, path)];
        return this;
    }

    /// <summary>Checks ranges, names and labels.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public virtual void Validate()
    {
        if (Models.Count == 0)
            throw new ConsortException("models: found none, expected at least one");
        if (Models.Select(m => m.Name).Distinct(StringComparer.Ordinal).Count() != Models.Count)
            throw new ConsortException("models: found one name twice, expected different names");
        foreach (var model in Models)
            model.Validate();
        Check(MaxBodyBytes, 1 << 10, 1 << 30, "body");
        Check(MaxRows, 1, 1_000_000, "rows");
        Check(MaxValueBytes, 1, 1 << 20, "value length");
        Check(MaxDepth, 4, 64, "depth");
        Check(MaxInFlight, 1, 100_000, "requests in flight");
        Check(MaxPerClient, 1, 100_000, "requests of a client");
        Check(MaxBufferedBytes, 1 << 20, 1L << 40, "bytes of bodies");
        Check(Timeout.TotalSeconds, 0.01, 3600, "timeout");
        Check(Drain.TotalSeconds, 0, 3600, "drain");
        Check(Watch.TotalSeconds, 0, 86_400, "watch");
        Check(CanaryShare, 0, 1, "canary share");
        Check(ShadowShare, 0, 1, "shadow share");
        Check(DriftRows, 0, 100_000_000, "drift rows");
        Check(FeedbackIds, 0, 100_000_000, "feedback ids");
        if (CanaryField is { Length: 0 })
            throw new ConsortException("canary field: found an empty name, expected a field");
        Check(Examples, 0, 1000, "examples");
    }

    /// <summary>Checks a range.</summary>
    /// <exception cref="ConsortException">The value is out of it.</exception>
    protected static void Check(double value, double min, double max, string what)
    {
        if (!(value >= min && value <= max))
            throw new ConsortException(FormattableString.Invariant($"{what}: found {value}, expected {min} to {max}"));
    }
}
