using System.Globalization;

namespace Consort.Studies.Diagnostics;

/// <summary>Whether what members say of the rows they were trained on can teach anyone.</summary>
public enum TeachingChance
{
    /// <summary>They have not learned the rows by heart.</summary>
    OnTheseRows,

    /// <summary>In between.</summary>
    Open,

    /// <summary>They know the rows by heart: they say little more of them than the labels do.</summary>
    OnOtherRows,
}

/// <summary>Log-loss on rows trained on beside rows held out.</summary>
/// <param name="Rows">Training rows that were scored, drawn from all.</param>
/// <param name="MemberLogLoss">On these, one a member.</param>
/// <param name="EnsembleLogLoss">On these, of the fused logit.</param>
/// <param name="TrainLogLoss">Mean of the members'.</param>
/// <param name="HeldOutLogLoss">Mean of the members' on the diagnosed rows.</param>
/// <param name="Ratio">The first mean over the second.</param>
/// <param name="Teaching">Whether teaching can pay on these rows.</param>
/// <param name="Explanation">In one sentence.</param>
public sealed record TrainFit(
    long Rows, IReadOnlyList<double> MemberLogLoss, double EnsembleLogLoss, double TrainLogLoss, double HeldOutLogLoss, double Ratio,
    TeachingChance Teaching, string Explanation)
{
    /// <summary>From this ratio on members' predictions of training rows count as nearly out of sample.</summary>
    public const double NearRatio = 0.85;

    /// <summary>Up to this ratio they count as known by heart.</summary>
    public const double FarRatio = 0.7;

    internal static TrainFit Of(long rows, IReadOnlyList<double> members, double ensemble, double heldOut)
    {
        var mean = members.Average();
        var ratio = mean / heldOut;
        var teaching = ratio >= NearRatio ? TeachingChance.OnTheseRows
            : ratio > FarRatio ? TeachingChance.Open
            : TeachingChance.OnOtherRows;
        var found = string.Create(CultureInfo.InvariantCulture, $"log-loss {mean:F4} on rows trained on, {heldOut:F4} on others ({ratio:P0}): ");
        return new TrainFit(rows, members, ensemble, mean, heldOut, ratio, teaching, found + teaching switch
        {
            TeachingChance.OnTheseRows => "the rows are not known by heart, predictions of them are nearly out of sample, and teaching on these rows can pay",
            TeachingChance.OnOtherRows => "the rows are known by heart, predictions of them say little more than the labels; teach on rows without labels, or by teachers that were not trained on the rows they teach",
            _ => "in between; whether teaching on these rows pays, only a comparison with the same training by labels alone can tell",
        });
    }
}
