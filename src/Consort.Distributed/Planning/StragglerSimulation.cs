using Consort.Foundation.Numbers;

namespace Consort.Distributed.Planning;

/// <summary>How unequal ranks are.</summary>
/// <param name="Jitter">Standard deviation of the time of a piece of work, as a share of it.</param>
/// <param name="SlowShare">Share of pieces that a neighbour or a collection holds up.</param>
/// <param name="SlowFactor">How many times longer these take.</param>
internal sealed record Stragglers(double Jitter, double SlowShare, double SlowFactor);

/// <summary>
/// Steps of N ranks, piece by piece: the work between two exchanges takes each rank its own time, and at the exchange all wait for the
/// last.
/// </summary>
internal static class StragglerSimulation
{
    /// <summary>The mean seconds of a step.</summary>
    /// <param name="cost">What it costs where all ranks are equal.</param>
    /// <param name="stragglers">How they are not.</param>
    /// <param name="steps">Steps to simulate.</param>
    /// <param name="seed">Any number.</param>
    public static double Seconds(StepCost cost, Stragglers stragglers, int steps, ulong seed)
    {
        var pieces = Math.Max(1, cost.Exchanges);
        var piece = (cost.Compute + cost.Tables) / pieces;
        var random = new CounterRandom(seed, "stragglers");
        var (total, draw) = (0.0, 0UL);
        for (var i = 0; i < steps * pieces; i++)
        {
            var last = 0.0;
            for (var rank = 0; rank < cost.Ranks; rank++)
            {
                var time = Math.Max(0.5, 1 + (stragglers.Jitter * random.Normal(draw++)));
                last = Math.Max(last, random.Uniform(draw++) < stragglers.SlowShare ? time * stragglers.SlowFactor : time);
            }

            total += piece * last;
        }

        return (total / steps) + cost.Wire;
    }
}
