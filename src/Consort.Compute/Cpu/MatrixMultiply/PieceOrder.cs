namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Counts of what is done, by which pieces that workers begin in order wait for earlier ones.</summary>
internal static class PieceOrder
{
    /// <summary>So many counts, all 0.</summary>
    public static void Reset(ref int[] counts, int length)
    {
        if (counts.Length < length) counts = new int[length * 2];
        else Array.Clear(counts, 0, length);
    }

    /// <summary>Waits until so much is done. Pieces wait only for earlier ones, so whoever is awaited is at work.</summary>
    public static void Await(ref int count, int value)
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref count) < value) spin.SpinOnce(sleep1Threshold: -1);
    }
}
