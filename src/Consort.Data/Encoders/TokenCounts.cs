using System.Globalization;
using System.Runtime.CompilerServices;

namespace Consort.Data.Encoders;

/// <summary>
/// How often tokens were seen. Each has a code from 1 on, in the order in which they came; once a vocabulary is fitted, codes become
/// places in it, also those of counts that were added to others.
/// </summary>
internal sealed class TokenCounts : IDisposable
{
    private readonly TokenTable _table = new();
    private int[] _counts = new int[64]; // by code
    private int[] _ids = []; // by code, once fitted
    private (TokenCounts Counts, int[] Codes)? _addedTo; // and what each code is there

    /// <summary>Asks the processor for what a token will touch first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in TokenProbe probe) => _table.Prefetch(probe);

    /// <summary>Asks the processor for a code's count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int code) => NativeBlocks.Prefetch(in _counts[code]);

    /// <summary>The code of a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CodeOf(scoped in TokenProbe probe, ReadOnlySpan<byte> data)
    {
        ref var code = ref _table.At(probe, data);
        return code != 0 ? code : Begin(ref code);
    }

    /// <summary>Adds to the count of a code, held at the greatest int.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int code, long times)
    {
        ref var count = ref _counts[code];
        count = (int)Math.Min(int.MaxValue, count + times);
    }

    /// <summary>Adds to a token's count; gives its code.</summary>
    public int Add(scoped in TokenProbe probe, ReadOnlySpan<byte> data, long times)
    {
        var code = CodeOf(probe, data);
        Add(code, times);
        return code;
    }

    /// <summary>Adds to the count of a number's text.</summary>
    public int AddNumber(long number, long times)
    {
        Span<byte> text = stackalloc byte[24];
        number.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        text = text[..length];
        return Add(TokenProbe.Of(text), text, times);
    }

    /// <summary>Takes over the counts of others, which keep no more than what their codes have become.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(TokenCounts others)
    {
        var codes = new int[others._table.Count + 1];
        for (var i = others._table.Next(0); i >= 0; i = others._table.Next(i + 1))
        {
            var token = others._table.TokenAt(i);
            var code = others._table.ValueAt(i);
            var probe = new TokenProbe(others._table.KeyAt(i), new Sources.Cell { Length = token.Length });
            codes[code] = Add(probe, token, others._counts[code]);
        }
        others._addedTo = (this, codes);
        others._counts = [];
    }

    /// <summary>Writes the tokens that were seen, or adds those that another process has written.</summary>
    public void Keep(CounterState state) => state.Tokens(
        take =>
        {
            foreach (var place in _table.Scattered())
            {
                if (_counts[_table.ValueAt(place)] is > 0 and var count) take(_table.TokenAt(place), count);
            }
        },
        (token, times) => Add(TokenProbe.Of(token), token, times));

    /// <summary>The vocabulary of the tokens that were seen often enough.</summary>
    public Vocabulary Fit(int minCount)
    {
        _ids = new int[_table.Count + 1];
        return HeldVocabulary.Of(_table, _counts, minCount, _ids);
    }

    /// <summary>
    /// What is added to the first id of the fitted column, by the codes: 0 for the code 0 of a missing token, 1 for a token that is not in
    /// the vocabulary, 2 and more for the others.
    /// </summary>
    public int[] Ids()
    {
        if (_addedTo is not { } there) return _ids;
        var ids = there.Counts._ids;
        return Array.ConvertAll(there.Codes, code => ids[code]);
    }

    public void Dispose() => _table.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Begin(ref int code)
    {
        if (_table.Count == _counts.Length) Array.Resize(ref _counts, 2 * _counts.Length);
        return code = _table.Count;
    }
}
