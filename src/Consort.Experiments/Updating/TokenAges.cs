using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Updating;

/// <summary>For how many updates in a row the token of each id has not been seen: <c>ages.bin</c>, XxHash128 and two bytes an id.</summary>
internal static class TokenAges
{
    private const int HashBytes = 16;

    public static void Write(RunFolder run, IReadOnlyList<ushort> ages) => SafeFile.Write(run.Ages, stream =>
    {
        var bytes = MemoryMarshal.AsBytes<ushort>(ages.ToArray());
        stream.Write(XxHash128.Hash(bytes));
        stream.Write(bytes);
    });

    /// <summary>Reads them; none of a run that is no update.</summary>
    /// <exception cref="ConsortException">The file is damaged.</exception>
    public static IReadOnlyList<ushort> Read(RunFolder run, int ids)
    {
        if (!File.Exists(run.Ages))
            return [];
        var bytes = File.ReadAllBytes(run.Ages);
        return bytes.Length == HashBytes + (2 * ids)
            && XxHash128.Hash(bytes.AsSpan(HashBytes)).AsSpan().SequenceEqual(bytes.AsSpan(0, HashBytes))
            ? MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan(HashBytes)).ToArray()
            : throw new ConsortException($"{run.Ages}: the file is damaged, expected the ages of {ids} ids and their checksum");
    }
}
