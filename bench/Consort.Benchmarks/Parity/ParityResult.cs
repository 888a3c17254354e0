using System.Text.Json.Nodes;

namespace Consort.Benchmarks.Parity;

/// <summary>The largest difference in probability from the trainer's, by path; null where a path was not gone.</summary>
/// <param name="Model">The model.</param>
/// <param name="Least">The trainer's least probability.</param>
/// <param name="Most">And its greatest.</param>
/// <param name="Rounding">How far the trainer's probabilities are from those of the same pass in double precision.</param>
/// <param name="Differences">By the names of <see cref="Paths"/>.</param>
internal sealed record ParityResult(string Model, double Least, double Most, double Rounding, IReadOnlyList<double?> Differences)
{
    /// <summary>The most that is tolerated, unless rounding alone takes the trainer further.</summary>
    public const double Limit = 1e-5;

    public static IReadOnlyList<string> Paths { get; } =
        ["scorer, one by one", "batch", "candidates", "server", "ONNX Runtime, raw", "ONNX Runtime, ids"];

    private static IReadOnlyList<string> Keys { get; } = ["one", "batch", "candidates", "server", "onnx_raw", "onnx_ids"];

    // Models that amplify rounding, such as AFN's powers of embeddings near zero, are held to a few times what rounding does to them.
    private const double RoundingShare = 4;
    private const double MostRounding = 1e-3;

    /// <summary>What this model is held to.</summary>
    public double Tolerance => Math.Max(Limit, Math.Min(RoundingShare * Rounding, MostRounding));

    /// <summary>Whether every path that was gone stays within <see cref="Limit"/>.</summary>
    public bool IsWithinLimit => Differences.All(d => d is null or <= Limit);

    /// <summary>Whether every path that was gone stays within <see cref="Tolerance"/>; no number is never within.</summary>
    public bool IsWithin => Differences.All(d => d is null || d <= Tolerance);

    /// <summary>The largest difference; infinite where one is no number or rows are missing.</summary>
    public static double Largest(double[] expected, ReadOnlySpan<double> found)
    {
        if (expected.Length != found.Length) return double.PositiveInfinity;
        double most = 0;
        for (var row = 0; row < expected.Length; row++)
        {
            var difference = Math.Abs(expected[row] - found[row]);
            most = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(most, difference);
        }
        return most;
    }

    public static double Largest(double[] expected, float[] found) => Largest(expected, Array.ConvertAll(found, p => (double)p));

    public JsonObject Json(string data)
    {
        var json = new JsonObject
        {
            ["data"] = data,
            ["model"] = Model,
            ["least"] = Least,
            ["most"] = Most,
            ["rounding"] = Rounding,
            ["tolerance"] = Tolerance,
            ["within_limit"] = IsWithinLimit,
            ["within"] = IsWithin
        };
        // JSON knows no infinity
        for (var i = 0; i < Keys.Count; i++) json[Keys[i]] = Differences[i] is { } d ? double.IsFinite(d) ? d : 1 : null;
        return json;
    }
}
