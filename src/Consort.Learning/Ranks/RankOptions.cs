using Consort.Foundation.Ranks;

namespace Consort.Learning.Ranks;

/// <summary>How several ranks share a training.</summary>
/// <param name="ShardsTables">Whether each holds a part of the tables; else all have all rows.</param>
/// <param name="Overlaps">Whether dense gradients travel while the backward pass goes on; the weights are the same.</param>
/// <param name="Wire">What gradients are rounded to as they travel.</param>
internal sealed record RankOptions(bool ShardsTables = false, bool Overlaps = true, WirePrecision Wire = WirePrecision.Float);
