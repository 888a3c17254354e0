using System.Buffers.Binary;

namespace Consort.Data.Encoders;

/// <summary>Takes a token and how often it was seen; the bytes are valid during the call.</summary>
internal delegate void TokenTaker(ReadOnlySpan<byte> token, long count);

/// <summary>
/// What counters have seen, on its way to a file or from one. A counter names its numbers and tokens once, in an order, and both ways
/// follow from that; what is read is added to what is there, so that reading the files of several processes merges them.
/// </summary>
internal abstract class CounterState
{
    /// <summary>A number that is summed.</summary>
    public abstract void Sum(ref long number);

    /// <summary>The least of some numbers.</summary>
    public abstract void Least(ref double number);

    /// <summary>The greatest of some numbers.</summary>
    public abstract void Greatest(ref double number);

    /// <summary>Whether any was so.</summary>
    public abstract void Any(ref bool flag);

    /// <summary>Numbers that are summed, most of which are 0.</summary>
    public abstract void Sum(Span<Int128> numbers);

    /// <inheritdoc cref="Sum(Span{Int128})"/>
    public abstract void Sum(Span<long> numbers);

    /// <summary>Tokens with their counts.</summary>
    /// <param name="give">Gives those that are there.</param>
    /// <param name="add">Adds another's.</param>
    public abstract void Tokens(Action<TokenTaker> give, TokenTaker add);
}

/// <summary>Writes what counters have seen.</summary>
internal sealed class CounterWriter(BinaryWriter writer) : CounterState
{
    public override void Sum(ref long number) => writer.Write(number);

    public override void Least(ref double number) => writer.Write(number);

    public override void Greatest(ref double number) => writer.Write(number);

    public override void Any(ref bool flag) => writer.Write(flag);

    public override void Sum(Span<Int128> numbers)
    {
        Span<byte> bytes = stackalloc byte[16];
        writer.Write(numbers.Length - numbers.Count(Int128.Zero));
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] == 0) continue;
            writer.Write(i);
            BinaryPrimitives.WriteInt128LittleEndian(bytes, numbers[i]);
            writer.Write(bytes);
        }
    }

    public override void Sum(Span<long> numbers)
    {
        writer.Write(numbers.Length - numbers.Count(0));
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] == 0) continue;
            writer.Write(i);
            writer.Write(numbers[i]);
        }
    }

    public override void Tokens(Action<TokenTaker> give, TokenTaker add)
    {
        give((token, count) =>
        {
            writer.Write7BitEncodedInt64(token.Length + 1L);
            writer.Write(token);
            writer.Write7BitEncodedInt64(count);
        });
        writer.Write7BitEncodedInt64(0);
    }
}

/// <summary>
/// Reads what <see cref="CounterWriter"/> wrote and adds it. What is read is not trusted: see <see cref="EncoderFile.IsDamage"/>.
/// </summary>
/// <param name="reader">The bytes.</param>
/// <param name="longest">No token has more bytes.</param>
internal sealed class CounterReader(BinaryReader reader, long longest) : CounterState
{
    private byte[] _token = new byte[256];

    public override void Sum(ref long number) => number = checked(number + reader.ReadInt64());

    public override void Least(ref double number) => number = Math.Min(number, Number());

    public override void Greatest(ref double number) => number = Math.Max(number, Number());

    public override void Any(ref bool flag) => flag |= reader.ReadBoolean();

    public override void Sum(Span<Int128> numbers)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var n = reader.ReadInt32(); n > 0; n--)
        {
            ref var number = ref numbers[Place(numbers.Length)];
            reader.BaseStream.ReadExactly(bytes);
            number += BinaryPrimitives.ReadInt128LittleEndian(bytes);
        }
    }

    public override void Sum(Span<long> numbers)
    {
        for (var n = reader.ReadInt32(); n > 0; n--)
        {
            ref var number = ref numbers[Place(numbers.Length)];
            number = checked(number + reader.ReadInt64());
        }
    }

    public override void Tokens(Action<TokenTaker> give, TokenTaker add)
    {
        while (reader.Read7BitEncodedInt64() is var length and > 0)
        {
            // Before anything of that length is allocated.
            if (--length > Math.Min(longest, Array.MaxLength)) throw new InvalidDataException("a token longer than the file");
            if (_token.Length < length) _token = new byte[length];
            var token = _token.AsSpan(0, (int)length);
            reader.BaseStream.ReadExactly(token);
            add(token, reader.Read7BitEncodedInt64() is > 0 and var count ? count : throw new InvalidDataException("a count below 1"));
        }
    }

    private double Number() => reader.ReadDouble() is var number && !double.IsNaN(number)
        ? number : throw new InvalidDataException("not a number");

    private int Place(int length) => reader.ReadInt32() is var place && (uint)place < (uint)length
        ? place : throw new InvalidDataException("a place outside");
}
