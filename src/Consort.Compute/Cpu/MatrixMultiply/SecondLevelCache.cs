using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The second-level cache of one core, by which blocks are cut. No result depends on its size.</summary>
internal static class SecondLevelCache
{
    private const int Usual = 1 << 20;
    private const int IntelLeaf = 4, AmdLeaf = unchecked((int)0x8000001D); // both describe one cache in each subleaf
    private const int MaxSubleaves = 8;

    /// <summary>Its bytes as the processor reports them, from 256 KiB to 4 MiB; 1 MiB where it reports none.</summary>
    public static int Bytes { get; } = Math.Clamp(Find(), 256 << 10, 4 << 20);

    private static int Find()
    {
        if (!X86Base.IsSupported) return Usual;
        var leaf = X86Base.CpuId(0, 0).Eax >= IntelLeaf && Describes(IntelLeaf) ? IntelLeaf
            : X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= AmdLeaf && Describes(AmdLeaf) ? AmdLeaf : 0;
        if (leaf == 0) return Usual;
        for (var i = 0; i < MaxSubleaves; i++)
        {
            (var eax, var ebx, var ecx, _) = X86Base.CpuId(leaf, i);
            if ((eax >> 5 & 7) != 2) continue;
            int ways = (ebx >> 22 & 0x3FF) + 1, partitions = (ebx >> 12 & 0x3FF) + 1, line = (ebx & 0xFFF) + 1;
            return ways * partitions * line * (ecx + 1);
        }
        return Usual;
    }

    private static bool Describes(int leaf) => (X86Base.CpuId(leaf, 0).Eax & 31) != 0;
}
