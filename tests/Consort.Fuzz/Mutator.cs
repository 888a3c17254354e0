using System.Text;

namespace Consort.Fuzz;

/// <summary>
/// Makes an input of others: bits and bytes, pieces cut, doubled, moved and taken from other inputs, and what breaks parsers of text:
/// numbers at their extremes, words of the language, lines and tokens in another order.
/// </summary>
internal sealed class Mutator(Random random, IReadOnlyList<string> words)
{
    private const int MostBytes = 1 << 16;

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "1e30", "-1e30", "1e308", "1e309", "-1e400", "1e-320", "NaN", "nan", "Infinity", "-inf", "0x10", "1_000",
        "+5", "05", "1.", ".5",
        "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "1e14", "99999999999999999999999999", "260.0", "1,5",
    ];

    private static readonly byte[][] Odd =
    [
        [0], [0xFF], [0xFE, 0xFF], [0xEF, 0xBB, 0xBF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0x1B, (byte)'[', (byte)'2', (byte)'J'], [(byte)'\r'], "\r\n"u8.ToArray(), "\n\n"u8.ToArray(),
        "\t"u8.ToArray(), "\""u8.ToArray(), "'"u8.ToArray(), "\\"u8.ToArray(), "\\ud800"u8.ToArray(), "\\u0000"u8.ToArray(),
        "\u2028"u8.ToArray(), "\u0085"u8.ToArray(), "#"u8.ToArray(), ":"u8.ToArray(), ": "u8.ToArray(), ","u8.ToArray(),
        "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "- "u8.ToArray(), "&a "u8.ToArray(), "*a"u8.ToArray(),
        "!!binary "u8.ToArray(), "? "u8.ToArray(), "<<: "u8.ToArray(), "---\n"u8.ToArray(), "%TAG ! a\n"u8.ToArray(),
        "null"u8.ToArray(), "true"u8.ToArray(), "~"u8.ToArray(), "|\n"u8.ToArray(), ">-\n"u8.ToArray(), "  "u8.ToArray(), "İ"u8.ToArray(),
        [0xF0, 0x9F, 0x92, 0xA9], [0x1F, 0x8B, 8], [(byte)'P', (byte)'K', 3, 4], [0x28, 0xB5, 0x2F, 0xFD],
    ];

    /// <summary>One to some eight changes of an input.</summary>
    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> corpus)
    {
        var bytes = input;
        do
            bytes = Once(bytes, corpus);
        while (random.Next(2) != 0);
        return bytes.Length <= MostBytes ? bytes : bytes[..MostBytes];
    }

    private byte[] Once(byte[] bytes, IReadOnlyList<byte[]> corpus)
    {
        switch (random.Next(16))
        {
            case 0 when bytes.Length > 0:
                var flipped = (byte[])bytes.Clone();
                flipped[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1 when bytes.Length > 0:
                var set = (byte[])bytes.Clone();
                set[random.Next(bytes.Length)] = (byte)random.Next(256);
                return set;
            case 2 when bytes.Length >= 8:
                return WithWord(bytes);
            case 3:
                return bytes[..random.Next(bytes.Length + 1)];
            case 4:
                var (from, to) = Range(bytes);
                return [.. bytes[..from], .. bytes[to..]];
            case 5:
                (from, to) = Range(bytes);
                return Put(bytes, to, bytes[from..to]);
            case 6:
                var other = corpus[random.Next(corpus.Count)];
                (from, to) = Range(other);
                return Put(bytes, random.Next(bytes.Length + 1), other[from..to]);
            case 7:
                other = corpus[random.Next(corpus.Count)];
                return [.. bytes[..random.Next(bytes.Length + 1)], .. other[random.Next(other.Length + 1)..]];
            case 8:
                return Put(bytes, random.Next(bytes.Length + 1), Odd[random.Next(Odd.Length)]);
            case 9 or 10:
                return WithNumber(bytes);
            case 11 or 12 when words.Count > 0:
                return WithToken(bytes, Encoding.UTF8.GetBytes(words[random.Next(words.Count)]));
            case 13:
                return WithLines(bytes);
            case 14:
                (from, to) = Range(bytes);
                var piece = bytes[from..Math.Min(to, from + 64)];
                var times = 1 << random.Next(12);
                return piece.Length == 0 ? bytes : Put(
                    bytes, to, [.. Enumerable.Repeat(piece, Math.Min(times, MostBytes / piece.Length)).SelectMany(p => p)]);
            default:
                return WithToken(bytes, Token(corpus[random.Next(corpus.Count)]) is var (a, b, text) ? text[a..b] : []);
        }
    }

    // A number of two, four or eight bytes becomes one at an end of its range.
    private byte[] WithWord(byte[] bytes)
    {
        var changed = (byte[])bytes.Clone();
        var size = 2 << random.Next(3);
        var value = random.Next(8) switch
        {
            0 => 0,
            1 => -1,
            2 => int.MaxValue,
            3 => int.MinValue,
            4 => long.MaxValue,
            5 => long.MinValue,
            6 => 1L << random.Next(63),
            _ => bytes.Length
        };
        BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(changed.AsSpan(random.Next(bytes.Length - size + 1)));
        return changed;
    }

    private byte[] WithNumber(byte[] bytes)
    {
        var number = Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]);
        var digits = Enumerable.Range(0, bytes.Length).Where(i => char.IsAsciiDigit((char)bytes[i])).ToArray();
        if (digits.Length == 0)
            return Put(bytes, random.Next(bytes.Length + 1), number);
        int from = digits[random.Next(digits.Length)], to = from;
        while (from > 0 && IsOfNumber(bytes[from - 1]))
            from--;
        while (to < bytes.Length && IsOfNumber(bytes[to]))
            to++;
        return [.. bytes[..from], .. number, .. bytes[to..]];

        static bool IsOfNumber(byte b) => char.IsAsciiDigit((char)b) || b is (byte)'.' or (byte)'-' or (byte)'+' or (byte)'e';
    }

    private byte[] WithToken(byte[] bytes, byte[] token)
    {
        if (random.Next(3) == 0)
            return Put(bytes, random.Next(bytes.Length + 1), token);
        var (from, to, _) = Token(bytes);
        return [.. bytes[..from], .. token, .. bytes[to..]];
    }

    // Letters, digits and underscores around a place.
    private (int From, int To, byte[] Text) Token(byte[] bytes)
    {
        if (bytes.Length == 0)
            return (0, 0, bytes);
        int from = random.Next(bytes.Length), to = from;
        while (from > 0 && IsOfWord(bytes[from - 1]))
            from--;
        while (to < bytes.Length && IsOfWord(bytes[to]))
            to++;
        return (from, to, bytes);

        static bool IsOfWord(byte b) => char.IsAsciiLetterOrDigit((char)b) || b == '_';
    }

    private byte[] WithLines(byte[] bytes)
    {
        var lines = new List<byte[]>();
        var start = 0;
        for (var i = 0; i < bytes.Length; i++)
            if (bytes[i] == '\n')
            {
                lines.Add(bytes[start..(i + 1)]);
                start = i + 1;
            }

        lines.Add(bytes[start..]);
        int a = random.Next(lines.Count), b = random.Next(lines.Count);
        switch (random.Next(4))
        {
            case 0: lines.RemoveAt(a); break;
            case 1: lines.Insert(b, lines[a]); break;
            case 2: lines[a] = [.. "  "u8, .. lines[a]]; break;
            default: (lines[a], lines[b]) = (lines[b], lines[a]); break;
        }

        return [.. lines.SelectMany(l => l)];
    }

    private (int From, int To) Range(byte[] bytes)
    {
        int a = random.Next(bytes.Length + 1), b = random.Next(3) == 0
            ? random.Next(bytes.Length + 1) : Math.Min(bytes.Length, a + random.Next(16));
        return (Math.Min(a, b), Math.Max(a, b));
    }

    private static byte[] Put(byte[] bytes, int at, byte[] piece) => [.. bytes[..at], .. piece, .. bytes[at..]];
}
