using System.Globalization;

namespace Consort.Data.Shards;

/// <summary>One of several shares of the rows of some sources, each of which is encoded by a process of its own.</summary>
/// <param name="Index">Which, from 0.</param>
/// <param name="Count">How many there are.</param>
internal sealed record Shard(int Index, int Count)
{
    private const int Most = 65_536;

    /// <summary>Reads <c>2/8</c>: the third of eight.</summary>
    /// <exception cref="ConsortException">It is no such text.</exception>
    public static Shard Parse(string text) =>
        text.Split('/') is [var left, var right] && int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        && int.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && index < count && count <= Most
            ? new Shard(index, count)
            : throw new ConsortException($"shard: found \"{text}\", expected I/N: shard I of N, from 0/N to N-1/N, N up to {Most}");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
