using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>
/// All native memory of a guarded build: each block between two red zones, and freed ones kept to see who writes into them.
/// </summary>
internal static class GuardedBlocks
{
    private const nuint Zone = 128; // as much as two cache lines: a whole vector, and what kernels may read behind the end
    private const long KeptBytes = 64L << 20; // of freed memory
    private const int KeptBlocks = 1 << 14;
    private const int MostOfASpan = 1 << 30;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<nint, Block> Live = [];
    private static readonly List<nint> Starts = []; // of the blocks in use, sorted
    private static readonly Queue<Block> Freed = new();
    private static long _freedBytes;

    static GuardedBlocks() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        try
        {
            MemoryGuard.CheckAll("the end of the process");
            MemoryGuard.CheckFreed();
        }
        catch (MemoryGuardException e)
        {
            Environment.FailFast(e.Message);
        }
    };

    /// <summary>Memory full of poison.</summary>
    public static nint Allocate(nuint bytes, nuint alignment, uint pattern, string what)
    {
        MemoryGuard.ThrowPending();
        var front = Math.Max(alignment, Zone);
        var start = NativeBlocks.Allocate(checked(front + bytes + Zone), Math.Max(alignment, 64));
        var block = new Block(start, start + (nint)front, bytes, pattern, what);
        block.FillZones();
        Fill(block.Data, bytes, pattern);
        lock (Gate)
        {
            Live.Add(block.Data, block);
            Starts.Insert(~Starts.BinarySearch(block.Data), block.Data);
        }

        return block.Data;
    }

    /// <summary>The bytes of a block.</summary>
    public static nuint SizeOf(nint data)
    {
        lock (Gate)
            return Live[data].Bytes;
    }

    /// <summary>Gives memory back, and looks at its red zones.</summary>
    public static void Free(nint data, bool isFinalizer)
    {
        if (data == 0)
            return;
        string? damage;
        lock (Gate)
        {
            if (!Live.Remove(data, out var block))
            {
                MemoryGuard.Fail($"memory at {data:x} was freed that is not in use", isFinalizer);
                return;
            }

            Starts.RemoveAt(Starts.BinarySearch(block.Data));
            damage = block.Damage();
            Fill(block.Data, block.Bytes, block.Pattern);
            Freed.Enqueue(block);
            _freedBytes += (long)block.Bytes;
            while (_freedBytes > KeptBytes || Freed.Count > KeptBlocks)
            {
                var oldest = Freed.Dequeue();
                damage ??= oldest.WrittenAfterFree();
                _freedBytes -= (long)oldest.Bytes;
                NativeBlocks.FreeAllocated(oldest.Start);
            }
        }

        if (damage is not null)
            MemoryGuard.Fail(damage, isFinalizer);
    }

    /// <summary>What is wrong anywhere, or null. It is said once.</summary>
    public static string? FirstDamage()
    {
        lock (Gate)
        {
            foreach (var block in Live.Values)
                if (block.Damage() is { } damage)
                    return damage;
        }

        return null;
    }

    /// <summary>What is wrong with freed memory that is still kept, or null: slower, for it looks at every byte.</summary>
    public static string? FirstWriteAfterFree()
    {
        lock (Gate)
        {
            foreach (var block in Freed)
                if (block.WrittenAfterFree() is { } damage)
                    return damage;
        }

        return null;
    }

    /// <summary>What is wrong with an access, or null: it begins in a block and ends beyond it. Other memory is not known here.</summary>
    public static string? FirstOutside(nint data, nuint bytes)
    {
        lock (Gate)
        {
            var place = Starts.BinarySearch(data);
            if (place < 0)
                place = ~place - 1;
            if (place < 0)
                return null;
            var block = Live[Starts[place]];
            var offset = (nuint)(data - block.Data);
            return offset < block.Bytes && bytes > block.Bytes - offset
                ? $"{MemoryGuard.Say((long)bytes)} bytes from byte {MemoryGuard.Say((long)offset)} of {block.Name}"
                : null;
        }
    }

    /// <summary>What is wrong with one block, or null.</summary>
    public static string? DamageOf(nint data)
    {
        lock (Gate)
            return Live.TryGetValue(data, out var block) ? block.Damage() : $"memory at {data:x} is not in use";
    }

    private static void Fill(nint data, nuint bytes, uint pattern)
    {
        for (long from = 0; from < (long)bytes; from += MostOfASpan)
        {
            var piece = Piece(data, bytes, from);
            var words = MemoryMarshal.Cast<byte, uint>(piece);
            words.Fill(pattern);
            piece[(words.Length * sizeof(uint))..].Fill(Poison.OtherByte);
        }
    }

    private static bool IsFilled(nint data, nuint bytes, uint pattern)
    {
        for (long from = 0; from < (long)bytes; from += MostOfASpan)
        {
            var piece = Piece(data, bytes, from);
            var words = MemoryMarshal.Cast<byte, uint>(piece);
            if (words.ContainsAnyExcept(pattern) || piece[(words.Length * sizeof(uint))..].ContainsAnyExcept(Poison.OtherByte))
                return false;
        }

        return true;
    }

    // The bytes from a place on, as many as a span holds: checks are made within steps, which allocate nothing.
    private static Span<byte> Piece(nint data, nuint bytes, long from) =>
        NativeBlocks.Span<byte>(data, (long)bytes).Slice(from, (int)Math.Min(MostOfASpan, (long)bytes - from));

    private sealed class Block(nint start, nint data, nuint bytes, uint pattern, string what)
    {
        private bool _isSaid;

        public nint Start => start;

        public nint Data => data;

        public nuint Bytes => bytes;

        public uint Pattern => pattern;

        public string Name => $"{what}, {MemoryGuard.Say((long)bytes)} bytes";

        public void FillZones()
        {
            Fill(data - (nint)Zone, Zone, pattern);
            Fill(data + (nint)bytes, Zone, pattern);
        }

        public string? Damage() =>
            _isSaid ? null
            : !IsFilled(data - (nint)Zone, Zone, pattern) ? Say("was written to before its first element")
            : !IsFilled(data + (nint)bytes, Zone, pattern) ? Say("was written to beyond its last element")
            : null;

        public string? WrittenAfterFree() => _isSaid || IsFilled(data, bytes, pattern) ? null : Say("was written to after it was freed");

        private string Say(string damage)
        {
            _isSaid = true;
            return $"{Name} {damage}";
        }
    }
}
