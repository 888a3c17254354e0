using Consort.Serving;
using Microsoft.ML;

namespace Consort.ML;

/// <summary>Scores the row at which a view's row stands.</summary>
internal sealed class ViewRow
{
    private readonly ImpressionBatch _batch;
    private readonly (int Field, Func<object?> Read)[] _fields;
    private readonly float[] _result = new float[1];

    public ViewRow(Scorer scorer, DataViewRow row)
    {
        _batch = scorer.NewBatch(1);
        _fields = [.. FieldsOf(scorer, row.Schema).Select((c, field) => (field, c.Open!(row)))];
    }

    /// <summary>The column of each field.</summary>
    /// <exception cref="ConsortException">One is missing or cannot be read.</exception>
    public static IReadOnlyList<ViewColumn> FieldsOf(Scorer scorer, DataViewSchema schema)
    {
        var columns = ViewColumn.All(schema).ToDictionary(c => c.Facts.Name, StringComparer.Ordinal);
        return [.. scorer.Fields.Select(field => !columns.TryGetValue(field, out var column)
            ? throw new ConsortException($"{scorer.Path}: found no column {field} in the view, expected one for each field of the model; it has {string.Join(", ", columns.Keys)}")
            : column.Open is null
                ? throw new ConsortException($"{scorer.Path}: found a column {field} with {column.Facts.Type}, expected numbers, texts, flags, times, keys or vectors of these")
                : column)];
    }

    public float Score()
    {
        Fill();
        _batch.Scorer.FusedLogits(_batch, _result);
        return _result[0];
    }

    public float Probability()
    {
        Fill();
        _batch.Scorer.Score(_batch, _result);
        return _result[0];
    }

    private void Fill()
    {
        _batch.Clear();
        var row = _batch.Add();
        foreach (var (field, read) in _fields)
        {
            var value = read();
            if (value is object?[] tokens)
                SetList(row, field, tokens);
            else
                Set(row, field, value);
        }
    }

    private static void SetList(ImpressionRow row, int field, object?[] tokens)
    {
        row.SetMissing(field);
        foreach (var token in tokens)
        {
            if (token is not null)
                row.AddToken(field, Text(token));
        }
    }

    private static void Set(ImpressionRow row, int field, object? value)
    {
        if (value is null)
            row.SetMissing(field);
        else if (value is bool flag && row.IsBoolean(field))
            row.Set(field, flag);
        else
            row.Set(field, Text(value));
    }

    // As the same value stands in every source.
    private static string Text(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "1" : "0",
        DateTime time => time.ToString(time.Kind == DateTimeKind.Utc ? "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ" : "yyyy-MM-ddTHH:mm:ss.FFFFFFF",
            System.Globalization.CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", System.Globalization.CultureInfo.InvariantCulture),
        _ => ((IFormattable)value).ToString(null, System.Globalization.CultureInfo.InvariantCulture),
    };
}
