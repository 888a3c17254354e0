using System.Text.Json;
using Consort.Data.Encoders;
using Consort.Foundation.Ranks;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>Rank 0 has the folder: it looks, decides and writes, and the others are told. A process alone is its own rank 0.</summary>
internal static class FirstRank
{
    private const char Found = '+', Refused = '-';

    /// <summary>Whether another rank has the folder.</summary>
    public static bool Follows(this IRanks? ranks) => ranks is { Rank: > 0 };

    /// <summary>What rank 0 finds, on all ranks: the others need not see where it looks.</summary>
    /// <exception cref="ConsortException">Rank 0 has refused: all ranks do, so that each ends for itself.</exception>
    public static T AsRank0<T>(this IRanks? ranks, Func<T> find)
    {
        if (ranks is { Rank: > 0 })
        {
            var told = ranks.BroadcastText("");
            return told[0] == Found ? JsonSerializer.Deserialize<T>(told.AsSpan(1), RunFolder.Json)!
                : throw new ConsortException(told[1..]) { IsOfAllRanks = true };
        }

        T found;
        try
        {
            found = find();
        }
        catch (ConsortException e) when (ranks is not null)
        {
            ranks.BroadcastText(Refused + e.Message);
            throw new ConsortException(e.Message, e) { Key = e.Key, IsOfAllRanks = true };
        }

        ranks?.BroadcastText(Found + JsonSerializer.Serialize(found, RunFolder.Json));
        return found;
    }

    /// <summary>The encoder of a file that rank 0 has.</summary>
    /// <exception cref="ConsortException">The file is missing or damaged.</exception>
    public static Encoder EncoderOfRank0(this IRanks? ranks, string path)
    {
        if (ranks is { Rank: > 0 })
            return Encoder.Read(new MemoryStream(ranks.BroadcastBytes([])), path);
        var encoder = Encoder.Load(path);
        if (ranks is null)
            return encoder;
        using var bytes = new MemoryStream();
        encoder.Write(bytes);
        ranks.BroadcastBytes(bytes.ToArray());
        return encoder;
    }
}
