using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>Ids of what is looked up: tokens, words for true and false, and buckets of numbers.</summary>
internal sealed class TokenIds(GraphWriter writer) : ColumnNodes(writer)
{
    // What stands for a missing number among whole ones: no value of up to 18 digits is as small.
    private const long Missing = -(1L << 62);

    /// <summary>The id of a token, [B, 1].</summary>
    /// <param name="column">Its vocabulary.</param>
    /// <param name="text">The text, [B, 1].</param>
    public FormValue Id(FittedTokens column, FormValue text) =>
        Id(column, text, column.Missing.Contains("") ? column.Offset : null, column.Offset);

    /// <summary>
    /// The ids of a list, −1 behind them, [B, L]. An empty text before the last that is not is a missing token of a sequence.
    /// </summary>
    /// <param name="column">Its vocabulary.</param>
    /// <param name="texts">The texts, [B, L].</param>
    /// <param name="shape">What a row has of them.</param>
    public FormValue Ids(FittedTokens column, FormValue texts, ListShape shape)
    {
        var ids = Id(column, texts, -1, shape.IsOrdered ? column.Offset : -1); // int64 [B, L]
        if (!shape.IsOrdered)
            return ids;
        var places = Writer.Constant([.. Enumerable.Range(1, shape.MaxLength).Select(i => (long)i)], [1, shape.MaxLength]);
        var isThere = Writer.Add("GreaterOrEqual", [ids, Whole(0)], []);
        var last = Writer.Add("ReduceMax", [Writer.Add("Where", [isThere, places, Whole(0)], [])],
            [new FormAttribute("axes", [1L]), new FormAttribute("keepdims", 1)]); // [B, 1]
        var either = Writer.Add("Or", [isThere, Writer.Add("Greater", [places, last], [])], []);
        return Writer.Add("Where", [either, ids, Whole(column.Offset)], []);
    }

    /// <summary>
    /// The id of true or false, [B, 1]: every word in every way to write it; the encoder would refuse all else, here it is unknown.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <param name="text">The text, [B, 1].</param>
    public FormValue Id(FittedBoolean column, FormValue text)
    {
        var keys = column.Missing.Distinct(StringComparer.Ordinal).Select(missing => (Text: missing, Id: (long)column.Offset))
            .Concat(Ways(column.Offset + 2, "false", "no", "f", "n", "0", "0.0"))
            .Concat(Ways(column.Offset + 3, "true", "yes", "t", "y", "1", "1.0"))
            .DistinctBy(k => k.Text, StringComparer.Ordinal).ToArray();
        return Lookup(text, keys.Select(k => ByteString.CopyFromUtf8(k.Text)), [.. keys.Select(k => k.Id)], column.Offset + 1L);

        static IEnumerable<(string Text, long Id)> Ways(long id, params string[] words) => words.SelectMany(word =>
            Enumerable.Range(0, 1 << word.Length).Select(way => (string.Concat(word.Select((c, i) =>
                (way >> i & 1) == 1 ? char.ToUpperInvariant(c) : c)), id)));
    }

    /// <summary>Ids of buckets: x > 2 becomes floor(ln(x)²), for all columns at once; then each looks its bucket up.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="x">Their numbers, double [B, k].</param>
    /// <param name="isMissing">Which are missing, [B, k].</param>
    /// <param name="put">Takes the id of each, [B, 1].</param>
    public void Buckets(FittedTokens[] columns, FormValue x, FormValue isMissing, Action<FittedTokens, FormValue> put)
    {
        var logarithm = Writer.Add("Log", [Writer.Add("Max", [x, Number(3)], [])], []);
        var bucket = Writer.Add("Floor", [Writer.Add("Mul", [logarithm, logarithm], [])], []);
        var either = Writer.Add("Where", [Writer.Add("Greater", [x, Number(2)], []), bucket, x], []);
        var known = Writer.Add("Where", [isMissing, Number(Missing), either], []);
        var whole = Cast(known, ElementType.Int64); // [B, k]
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            Writer.Scope = $"encode/{column.Name}";
            var own = columns.Length == 1 ? whole : Column(whole, i);
            var keys = Enumerable.Range(0, column.Count).Select(t => BucketOf(column, t)).Prepend(Missing).ToArray();
            var values = Enumerable.Range(0, column.Count).Select(t => column.Offset + 2L + t).Prepend(column.Offset).ToArray();
            put(column, Lookup(own, keys, values, column.Offset + 1L));
        }
    }

    // What id the empty text has, where it is no token, and what id other texts that mean a missing value.
    private FormValue Id(FittedTokens column, FormValue text, long? emptyId, long missingId)
    {
        var keys = new List<ByteString>(column.Count + column.Missing.Count);
        var values = new List<long>(keys.Capacity);
        foreach (var nothing in column.Missing.Concat(emptyId is null ? [] : [""]).Distinct(StringComparer.Ordinal))
        {
            keys.Add(ByteString.CopyFromUtf8(nothing));
            values.Add(nothing.Length == 0 ? emptyId!.Value : missingId);
        }

        var missing = column.Missing.Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
        for (var i = 0; i < column.Count; i++)
        {
            var token = column.Token(i);
            if (IsAny(missing, token))
                continue;
            keys.Add(ByteString.CopyFrom(token));
            values.Add(column.Offset + 2 + i);
        }

        return Lookup(text, keys, values, column.Offset + 1L);
    }

    private static bool IsAny(byte[][] texts, ReadOnlySpan<byte> token)
    {
        foreach (var text in texts)
            if (token.SequenceEqual(text))
                return true;
        return false;
    }

    // A forged package may have any text there.
    private static long BucketOf(FittedTokens column, int token) =>
        long.TryParse(System.Text.Encoding.ASCII.GetString(column.Token(token)), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var bucket)
            ? bucket
            : throw new ConsortException($"column {column.Name}: found a bucket that is no whole number, expected one; the vocabulary is damaged, pack the run again");
}
