using System.Text.Json;
using Consort.Data.Encoders;
using Consort.Foundation.Ranks;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>Rank 0 has the folder: it looks, decides and writes, and the others are told. A process alone is its own rank 0.</summary>
internal static class FirstRank
{
    /// <summary>Whether another rank has the folder.</summary>
    public static bool Follows(this IRanks? ranks) => ranks is { Rank: > 0 };

    /// <summary>What rank 0 finds, on all ranks: the others need not see where it looks.</summary>
    public static T AsRank0<T>(this IRanks? ranks, Func<T> find)
    {
        if (ranks is { Rank: > 0 })
            return JsonSerializer.Deserialize<T>(ranks.BroadcastText(""), RunFolder.Json)!;
        var found = find();
        ranks?.BroadcastText(JsonSerializer.Serialize(found, RunFolder.Json));
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
