using Consort.Data.Datasets;

namespace Consort.Studies.Baselines;

/// <summary>Another way to learn clicks, such as boosted trees, that models are set beside on the same encoded rows.</summary>
public interface IBaseline
{
    /// <summary>What tables call it.</summary>
    string Name { get; }

    /// <summary>Learns from the training rows, chooses by the validation rows, and scores these and the test rows.</summary>
    /// <exception cref="ConsortException">It is not to be had on this machine, or refuses the rows.</exception>
    BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation);
}

/// <summary>What a baseline says of rows.</summary>
/// <param name="Valid">Logits of the validation rows.</param>
/// <param name="Test">Logits of the test rows; null where there are none.</param>
/// <param name="Setting">How it was made, in a few words.</param>
/// <param name="Seconds">Of learning.</param>
/// <param name="MicrosecondsPerRow">Of scoring, one thread, many rows at once.</param>
public sealed record BaselineScores(float[] Valid, float[]? Test, string Setting, double Seconds, double MicrosecondsPerRow);
