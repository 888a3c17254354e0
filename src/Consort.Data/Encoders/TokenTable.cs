using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Open addressing from a token's bytes to a number, in native memory. Tokens of up to 8 bytes lie in their slot,
/// so that a look-up touches one cache line; longer ones are found by a 64-bit hash and compared in an arena.
/// A package holds slots and arena as they are, and the table is then used where the file is mapped: whatever these
/// bytes are, a look-up ends and reads nothing outside them.
/// </summary>
internal sealed unsafe class TokenTable : IDisposable
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        /// <summary>The bytes, zero-padded, or the hash of a longer token.</summary>
        public ulong Key;

        /// <summary>0 free; 1 + length of a short token; <see cref="LongToken"/> + arena place / 8 of a longer one.</summary>
        public uint Meta;

        public int Value;
    }

    private const uint LongToken = 16;

    /// <summary>The fewest slots, as a power of two.</summary>
    public const int LeastBits = 6;

    /// <summary>The most slots, as a power of two.</summary>
    public const int MostBits = 30;

    private Slot* _slots;
    private int _shift;
    private nuint _mask;
    private byte* _arena;
    private nuint _arenaUsed;
    private nuint _arenaSize;
    private readonly HeldBytes? _owner; // whose memory it is, which stays mapped as long as this refers to it

    public TokenTable(int expected = 64)
    {
        int bits = LeastBits;
        while (1L << bits < expected * 8L / 5) bits++;
        Allocate(bits);
    }

    /// <summary>A table that was built elsewhere, used in place; it can be read, not changed.</summary>
    /// <param name="slots">2^<paramref name="bits"/> slots of <see cref="SlotBytes"/>.</param>
    /// <param name="bits">From <see cref="LeastBits"/> to <see cref="MostBits"/>.</param>
    /// <param name="arena">The longer tokens.</param>
    /// <param name="arenaBytes">Their bytes.</param>
    /// <param name="owner">Whose memory that is.</param>
    /// <exception cref="InvalidDataException">Every slot is taken: a look-up would not end.</exception>
    public TokenTable(byte* slots, int bits, byte* arena, long arenaBytes, HeldBytes owner)
    {
        _slots = (Slot*)slots;
        _shift = 64 - bits;
        _mask = ((nuint)1 << bits) - 1;
        _arena = arena;
        _arenaUsed = _arenaSize = (nuint)arenaBytes;
        _owner = owner;
        GC.SuppressFinalize(this);
        nuint i = 0;
        while (i <= _mask && _slots[i].Meta != 0) i++;
        if (i > _mask) throw new InvalidDataException("vocabulary without a free slot");
    }

    /// <summary>Bytes of a slot.</summary>
    public static int SlotBytes => sizeof(Slot);

    /// <summary>The slots as a power of two.</summary>
    public int Bits => 64 - _shift;

    /// <summary>The bytes of the slots; valid as long as the table is.</summary>
    public ReadOnlyMemoryBlock Slots => new(_slots, (long)(_mask + 1) * sizeof(Slot));

    /// <summary>The bytes of longer tokens; valid as long as the table is.</summary>
    public ReadOnlyMemoryBlock Arena => new(_arena, (long)_arenaUsed);

    /// <summary>The tokens held.</summary>
    public int Count { get; private set; }

    /// <summary>The key of a cell of a block; 8 bytes from its first on must be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(ReadOnlySpan<byte> data, Cell cell)
    {
        int length = Math.Max(0, cell.Length);
        if (length > 8) return XxHash3.HashToUInt64(data.Slice(cell.Start, length));
        ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(data[cell.Start..]);
        if (Bmi2.X64.IsSupported) return Bmi2.X64.ZeroHighBits(bytes, (ulong)length * 8);
        return length == 0 ? 0 : bytes & (ulong.MaxValue >> (64 - 8 * length));
    }

    /// <summary>The key of a token of any length.</summary>
    public static ulong Key(ReadOnlySpan<byte> token)
    {
        if (token.Length >= 8) return Key(token, new Cell { Length = token.Length });
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        token.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded);
    }

    /// <summary>Asks the processor for the slot that a look-up will touch first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong key)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_slots + Home(key));
    }

    /// <summary>The token's number, or <paramref name="absent"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong key, ReadOnlySpan<byte> token, int absent)
    {
        for (nuint i = Home(key); ; i = (i + 1) & _mask)
        {
            Slot* slot = _slots + i;
            if (slot->Meta == 0) return absent;
            if (slot->Key == key && Same(slot, token)) return slot->Value;
        }
    }

    /// <summary>The token's number, 0 when new, to be changed by the caller before the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref int At(ulong key, ReadOnlySpan<byte> token)
    {
        for (nuint i = Home(key); ; i = (i + 1) & _mask)
        {
            Slot* slot = _slots + i;
            if (slot->Meta == 0) return ref Insert(key, token);
            if (slot->Key == key && Same(slot, token)) return ref slot->Value;
        }
    }

    /// <summary>Adds the numbers of another table to this one's, held at the greatest int.</summary>
    public void Add(TokenTable other)
    {
        Slot* end = other._slots + other._mask + 1;
        for (Slot* slot = other._slots; slot < end; slot++)
        {
            if (slot->Meta == 0) continue;
            ulong bytes = slot->Key;
            (nint token, int length) = other.Bytes(slot);
            ref int value = ref At(slot->Key, new ReadOnlySpan<byte>(token == 0 ? &bytes : (void*)token, length));
            value = (int)Math.Min(int.MaxValue, (long)value + slot->Value);
        }
    }

    /// <summary>Visits every token with its number, in no particular order; the bytes are valid during the visit.</summary>
    public void Visit(Action<nint, int, int> visit)
    {
        Slot* end = _slots + _mask + 1;
        for (Slot* slot = _slots; slot < end; slot++)
        {
            if (slot->Meta == 0) continue;
            (nint token, int length) = Bytes(slot);
            // Short tokens lie in the slot itself, least byte first.
            visit(token == 0 ? (nint)(&slot->Key) : token, length, slot->Value);
        }
    }

    /// <summary>Visits the key of every token with its number: the bytes of one that has 8.</summary>
    public void VisitKeys(Action<ulong, int> visit)
    {
        for (nuint i = 0; i <= _mask; i++)
        {
            if (_slots[i].Meta != 0) visit(_slots[i].Key, _slots[i].Value);
        }
    }

    /// <summary>Visits the number of every token with the place of its slot.</summary>
    public void VisitPlaces(Action<int, int> visit)
    {
        for (nuint i = 0; i <= _mask; i++)
        {
            if (_slots[i].Meta != 0) visit(_slots[i].Value, (int)i);
        }
    }

    /// <summary>A copy of the token at a place; an empty one where there is none.</summary>
    public byte[] TokenAt(int place)
    {
        if ((nuint)(uint)place > _mask) return [];
        Slot* slot = _slots + place;
        byte[] token;
        if (slot->Meta < LongToken) token = new ReadOnlySpan<byte>(&slot->Key, Math.Clamp((int)slot->Meta - 1, 0, 8)).ToArray();
        else
        {
            nuint at = (nuint)(slot->Meta - LongToken) * 8;
            bool fits = at + 4 <= _arenaUsed && *(int*)(_arena + at) >= 0 && at + 4 + (nuint)(*(int*)(_arena + at)) <= _arenaUsed;
            token = fits ? new ReadOnlySpan<byte>(_arena + at + 4, *(int*)(_arena + at)).ToArray() : [];
        }
        GC.KeepAlive(this);
        return token;
    }

    public void Dispose()
    {
        Free(isFinalizer: false);
        GC.SuppressFinalize(this);
    }

    ~TokenTable() => Free(isFinalizer: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint Home(ulong key)
    {
        ulong high = Math.BigMul(key ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, out ulong low);
        return (nuint)((high ^ low) >> _shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Same(Slot* slot, ReadOnlySpan<byte> token)
        => slot->Meta < LongToken ? slot->Meta == (uint)token.Length + 1 : token.Length > 8 && SameLong(slot, token);

    private bool SameLong(Slot* slot, ReadOnlySpan<byte> token)
    {
        int length = token.Length;
        nuint at = (nuint)(slot->Meta - LongToken) * 8;
        if (at + 4 + (nuint)length > _arenaUsed) return false; // of a damaged file alone
        byte* entry = _arena + at;
        return *(int*)entry == length
            && new ReadOnlySpan<byte>(entry + 4, length).SequenceEqual(token);
    }

    private (nint Token, int Length) Bytes(Slot* slot)
    {
        if (slot->Meta < LongToken) return (0, (int)slot->Meta - 1);
        byte* entry = _arena + (nuint)(slot->Meta - LongToken) * 8;
        return ((nint)(entry + 4), *(int*)entry);
    }

    private ref int Insert(ulong key, ReadOnlySpan<byte> token)
    {
        int length = token.Length;
        if (_owner is not null) throw new InvalidOperationException("a table in a file cannot be changed");
        if ((ulong)Count * 8 >= ((ulong)_mask + 1) * 5) Grow();
        Count++;
        nuint i = Home(key);
        while (_slots[i].Meta != 0) i = (i + 1) & _mask;
        _slots[i].Key = key;
        _slots[i].Meta = length <= 8 ? (uint)length + 1 : Store(token);
        return ref _slots[i].Value;
    }

    private uint Store(ReadOnlySpan<byte> token)
    {
        int length = token.Length;
        nuint size = ((nuint)length + 4 + 7) & ~(nuint)7;
        if (_arenaUsed + size > _arenaSize)
        {
            _arenaSize = Math.Max(_arenaSize * 2, Math.Max(size, 1 << 16));
            _arena = NativeBlocks.Grow(_arena, (long)_arenaSize);
        }
        nuint unit = _arenaUsed / 8;
        if (unit > uint.MaxValue - LongToken) throw new ConsortException("found more than 32 GiB of distinct tokens in one column; set transform hash for it");
        *(int*)(_arena + _arenaUsed) = length;
        token.CopyTo(new Span<byte>(_arena + _arenaUsed + 4, length));
        _arenaUsed += size;
        return LongToken + (uint)unit;
    }

    private void Grow()
    {
        Slot* old = _slots;
        Slot* end = old + _mask + 1;
        Allocate(64 - _shift + 1);
        for (Slot* slot = old; slot < end; slot++)
        {
            if (slot->Meta == 0) continue;
            nuint i = Home(slot->Key);
            while (_slots[i].Meta != 0) i = (i + 1) & _mask;
            _slots[i] = *slot;
        }
        NativeBlocks.Free(old);
    }

    private void Allocate(int bits)
    {
        if (bits > MostBits) throw new ConsortException("found more than 671 million distinct tokens in one column; set transform hash for it");
        _slots = (Slot*)NativeBlocks.Zeros<Slot>(1L << bits);
        _shift = 64 - bits;
        _mask = ((nuint)1 << bits) - 1;
    }

    private void Free(bool isFinalizer)
    {
        if (_owner is not null) return;
        NativeBlocks.Free(_slots, isFinalizer);
        NativeBlocks.FreeGrown(_arena, isFinalizer);
        _slots = null;
        _arena = null;
    }
}
