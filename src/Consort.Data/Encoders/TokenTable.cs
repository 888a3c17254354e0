using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Open addressing from a token's bytes to a number, in native memory. Tokens of up to 8 bytes lie in their slot, so that a look-up touches
/// one cache line; longer ones are found by a 64-bit hash and compared in an arena. A package holds slots and arena as they are, and the
/// table is then used where the file is mapped: whatever these bytes are, a look-up ends and reads nothing outside them.
/// </summary>
internal sealed class TokenTable : IDisposable
{
    /// <summary>The fewest slots, as a power of two.</summary>
    public const int LeastBits = 6;

    /// <summary>The most slots, as a power of two.</summary>
    public const int MostBits = 30;

    private const uint LongToken = 16;
    private readonly GrowingBuffer<byte> _grown = new(); // the arena of a table that can be changed
    private readonly NativeBuffer<byte>? _mapped; // that of one that was built elsewhere
    private NativeBuffer<Slot> _slots;
    private nint _address; // of the slots: a look-up has one load less
    private int _shift;
    private nuint _mask;
    private long _arenaUsed;

    public TokenTable(int expected = 64)
    {
        var bits = LeastBits;
        while (1L << bits < expected * 8L / 5) bits++;
        Allocate(bits);
    }

    /// <summary>A table that was built elsewhere, used in place; it can be read, not changed.</summary>
    /// <param name="slots">As many as a power of two.</param>
    /// <param name="arena">The longer tokens.</param>
    /// <exception cref="InvalidDataException">Every slot is taken: a look-up would not end.</exception>
    public TokenTable(NativeBuffer<Slot> slots, NativeBuffer<byte> arena)
    {
        (_slots, _address, _mapped, _arenaUsed) = (slots, slots.Address, arena, arena.Length);
        SetSize((int)long.Log2(slots.Length));
        nuint i = 0;
        while (i <= _mask && At(i).Meta != 0) i++;
        if (i > _mask) throw new InvalidDataException("vocabulary without a free slot");
    }

    /// <summary>The slots as a power of two.</summary>
    public int Bits => 64 - _shift;

    /// <summary>The bytes of longer tokens.</summary>
    public long ArenaBytes => _arenaUsed;

    /// <summary>The tokens held.</summary>
    public int Count { get; private set; }

    private NativeSpan<byte> Arena => (_mapped is null ? _grown.All : _mapped.All).Part(0, _arenaUsed);

    /// <summary>Asks the processor for the slot that a look-up will touch first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in TokenProbe probe) => NativeBlocks.Prefetch(in At(Home(probe.Hash)));

    /// <summary>The token's number, or <paramref name="absent"/>.</summary>
    /// <param name="probe">The token.</param>
    /// <param name="data">The block that it is in.</param>
    /// <param name="absent">What to give for a token that is not there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(scoped in TokenProbe probe, ReadOnlySpan<byte> data, int absent)
    {
        for (var i = Home(probe.Hash); ; i = (i + 1) & _mask)
        {
            ref var slot = ref At(i);
            if (slot.Meta == 0) return absent;
            if (slot.Key == probe.Key && Same(slot.Meta, probe.Cell, data)) return slot.Value;
        }
    }

    /// <summary>The token's number, 0 when new, to be changed by the caller before the next call.</summary>
    /// <param name="probe">The token.</param>
    /// <param name="data">The block that it is in.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref int At(scoped in TokenProbe probe, ReadOnlySpan<byte> data)
    {
        // Most tokens are short and stand where they belong.
        ref var slot = ref At(Home(probe.Hash));
        if (slot.Key == probe.Key && slot.Meta == (uint)probe.Cell.Length + 1 && slot.Meta - 1 < LongToken - 1) return ref slot.Value;
        return ref Search(probe, data);
    }

    /// <inheritdoc cref="At(in TokenProbe, ReadOnlySpan{byte})"/>
    public ref int At(ReadOnlySpan<byte> token) => ref At(TokenProbe.Of(token), token);

    /// <summary>Adds the numbers of another table to this one's, held at the greatest int.</summary>
    public void Add(TokenTable other)
    {
        for (var i = other.Next(0); i >= 0; i = other.Next(i + 1))
        {
            var token = other.TokenAt(i);
            ref var value = ref At(new TokenProbe(other.KeyAt(i), new Cell { Length = token.Length }), token);
            value = (int)Math.Min(int.MaxValue, (long)value + other.ValueAt(i));
        }
    }

    /// <summary>The first slot from a place on that holds a token, in no particular order; −1 where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int place)
    {
        for (var i = (nuint)place; i <= _mask; i++)
        {
            if (At(i).Meta != 0) return (int)i;
        }
        return -1;
    }

    /// <summary>
    /// The slots that hold tokens, from all over the table alike: put into another one in the order of their slots, which is that of
    /// their hashes, they would crowd its beginning.
    /// </summary>
    public IEnumerable<int> Scattered()
    {
        const int Stride = 1 << LeastBits;
        for (var from = 0; from < Stride; from++)
        {
            for (var place = (long)from; place <= (long)_mask; place += Stride)
            {
                if (At((nuint)place).Meta != 0) yield return (int)place;
            }
        }
    }

    /// <summary>The key of the token in a slot: the bytes of one that has 8.</summary>
    public ulong KeyAt(int place) => At((nuint)place).Key;

    /// <summary>The first 8 bytes of the token in a slot, most significant first.</summary>
    public ulong HeadAt(int place) => At((nuint)place).Meta < LongToken
        ? BinaryPrimitives.ReverseEndianness(KeyAt(place))
        : BinaryPrimitives.ReadUInt64BigEndian(TokenAt(place));

    /// <summary>The bytes of the token in a slot.</summary>
    public int LengthAt(int place) => At((nuint)place).Meta is var meta && meta < LongToken ? (int)meta - 1 : TokenAt(place).Length;

    /// <summary>The number of the token in a slot.</summary>
    public int ValueAt(int place) => At((nuint)place).Value;

    /// <summary>The token in a slot, valid while the table is used and not changed; an empty one where there is none.</summary>
    public ReadOnlySpan<byte> TokenAt(int place)
    {
        if ((uint)place > _mask) return [];
        ref var slot = ref At((nuint)place);
        if (slot.Meta < LongToken) // least byte first
            return MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in slot.Key))[..Math.Clamp((int)slot.Meta - 1, 0, 8)];
        var at = (slot.Meta - LongToken) * 8L;
        var length = at + 4 <= _arenaUsed ? MemoryMarshal.Read<int>(Arena.Slice(at, 4)) : -1;
        return length >= 0 && at + 4 + length <= _arenaUsed ? Arena.Slice(at + 4, length) : [];
    }

    /// <summary>Gives the bytes of the slots, then those of longer tokens.</summary>
    public void Give(BytesTaker take)
    {
        const int Piece = 1 << 26;
        for (long done = 0; done < _slots.Length; done += Piece)
            take(MemoryMarshal.AsBytes(_slots.Slice(done, (int)Math.Min(Piece, _slots.Length - done))));
        for (long done = 0; done < _arenaUsed; done += Piece) take(Arena.Slice(done, (int)Math.Min(Piece, _arenaUsed - done)));
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _grown.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot At(nuint slot) => ref NativeBlocks.At<Slot>(_address, slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint Home(ulong hash) => (nuint)(hash >> _shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Same(uint meta, Cell cell, ReadOnlySpan<byte> data) =>
        meta < LongToken ? meta == (uint)Math.Max(0, cell.Length) + 1 : cell.Length > 8 && SameLong(meta, cell.Of(data));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ref int Search(scoped in TokenProbe probe, ReadOnlySpan<byte> data)
    {
        for (var i = Home(probe.Hash); ; i = (i + 1) & _mask)
        {
            ref var slot = ref At(i);
            if (slot.Meta == 0) return ref Insert(probe, data);
            if (slot.Key == probe.Key && Same(slot.Meta, probe.Cell, data)) return ref slot.Value;
        }
    }

    private bool SameLong(uint meta, ReadOnlySpan<byte> token)
    {
        var at = (meta - LongToken) * 8L;
        if (at + 4 + token.Length > _arenaUsed) return false; // of a damaged file alone
        var entry = Arena.Slice(at, 4 + token.Length);
        return MemoryMarshal.Read<int>(entry) == token.Length && entry[4..].SequenceEqual(token);
    }

    private ref int Insert(scoped in TokenProbe probe, ReadOnlySpan<byte> data)
    {
        if (_mapped is not null) throw new InvalidOperationException("a table in a file cannot be changed");
        if ((ulong)Count * 8 >= ((ulong)_mask + 1) * 5) Grow();
        Count++;
        var token = probe.Cell.Of(data);
        ref var slot = ref At(Free(probe.Hash));
        slot.Key = probe.Key;
        slot.Meta = token.Length <= 8 ? (uint)token.Length + 1 : Store(token);
        return ref slot.Value;
    }

    private uint Store(ReadOnlySpan<byte> token)
    {
        var size = (token.Length + 4L + 7) & ~7L;
        if (_arenaUsed + size > _grown.Capacity) _grown.Grow(Math.Max(_grown.Capacity * 2, Math.Max(_arenaUsed + size, 1 << 16)));
        var unit = _arenaUsed / 8;
        if (unit > uint.MaxValue - LongToken)
            throw new ConsortException("found more than 32 GiB of distinct tokens in one column, expected at most that; set transform hash for it");
        var entry = _grown.Slice(_arenaUsed, (int)size);
        entry[(4 + token.Length)..].Clear();
        MemoryMarshal.Write(entry, token.Length);
        token.CopyTo(entry[4..]);
        _arenaUsed += size;
        return LongToken + (uint)unit;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Grow()
    {
        using var old = _slots;
        var (from, end) = (_address, _mask);
        Allocate(Bits + 1);
        for (nuint i = 0; i <= end; i++)
        {
            ref var slot = ref NativeBlocks.At<Slot>(from, i);
            if (slot.Meta != 0) At(Free(new TokenProbe(slot.Key, default).Hash)) = slot;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint Free(ulong hash)
    {
        var i = Home(hash);
        while (At(i).Meta != 0) i = (i + 1) & _mask;
        return i;
    }

    [MemberNotNull(nameof(_slots))]
    private void Allocate(int bits)
    {
        if (bits > MostBits)
            throw new ConsortException("found more than 671 million distinct tokens in one column, expected at most that; set transform hash for it");
        SetSize(bits);
        _slots = new NativeBuffer<Slot>(1L << bits);
        _address = _slots.Address;
    }

    private void SetSize(int bits) => (_shift, _mask) = (64 - bits, ((nuint)1 << bits) - 1);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Slot
    {
        /// <summary>The bytes, zero-padded, or the hash of a longer token.</summary>
        public ulong Key;

        /// <summary>0 free; 1 + length of a short token; <see cref="LongToken"/> + arena place / 8 of a longer one.</summary>
        public uint Meta;

        public int Value;
    }
}
