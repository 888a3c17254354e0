using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>A token and how often it occurs.</summary>
/// <param name="Token">Its text.</param>
/// <param name="Count">Rows that have it.</param>
public sealed record TokenCount(string Token, long Count);

/// <summary>What the values of a numeric column are like.</summary>
/// <param name="Mean">Mean of the values present.</param>
/// <param name="Deviation">Standard deviation (divided by n).</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
public sealed record NumberSummary(double Mean, double Deviation, double Min, double Max);

/// <summary>One column of a description.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>categorical</c>, <c>numeric</c>, <c>piecewise</c>, or the field's kind.</param>
/// <param name="Distinct">Distinct tokens (of encoded data: ids of the vocabulary); 0 for a numeric column.</param>
/// <param name="MissingShare">Share of (training) rows without a value, 0 to 1; null where encoded numbers no longer tell.</param>
/// <param name="TrainOovShare">Share of training rows below min count; null where it does not apply.</param>
/// <param name="ValidOovShare">Share of validation rows whose token is out-of-vocabulary; null where it does not apply.</param>
/// <param name="TestOovShare">Share of test rows whose token is out-of-vocabulary; null where it does not apply.</param>
/// <param name="Top">The most frequent tokens in (training) rows.</param>
/// <param name="Numbers">What the raw values of a numeric column are like; null for a categorical one.</param>
public sealed record ColumnDescription(
    string Name, string Kind, long Distinct, double? MissingShare, double? TrainOovShare, double? ValidOovShare, double? TestOovShare,
    IReadOnlyList<TokenCount> Top, NumberSummary? Numbers)
{
    /// <summary>What else there is to say; null for nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>A summary of a raw file or an encoded dataset.</summary>
/// <param name="Source">The file or folder.</param>
/// <param name="Rows">All rows.</param>
/// <param name="LabelMean">The share of clicks, 0 to 1.</param>
/// <param name="Splits">The splits of an encoded dataset; empty for a raw file.</param>
/// <param name="Columns">Its columns.</param>
public sealed record DatasetDescription(
    string Source, long Rows, double LabelMean, IReadOnlyList<SplitSummary> Splits, IReadOnlyList<ColumnDescription> Columns)
{
    /// <summary>Reads a raw file once and describes its fields before any bucketing or min count.</summary>
    /// <inheritdoc cref="OfRaw(string, IReadOnlyList{string}, Schema, int, int, SourceCatalogue?, CancellationToken)"/>
    public static DatasetDescription OfRaw(string path, Schema schema, int top = 5, int threads = 0,
        CancellationToken cancellation = default) => OfRaw(path, [path], schema, top, threads, null, cancellation);

    /// <summary>Reads raw rows once and describes their fields before any bucketing or min count.</summary>
    /// <param name="name">What they are called.</param>
    /// <param name="paths">Where they are.</param>
    /// <param name="schema">What it looks like.</param>
    /// <param name="top">How many of the most frequent tokens to list.</param>
    /// <param name="threads">Threads; 0 takes one per processor.</param>
    /// <param name="sources">The kinds of sources that are read; null for texts.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ConsortException">A mistake in the rows.</exception>
    public static DatasetDescription OfRaw(string name, IReadOnlyList<string> paths, Schema schema, int top = 5, int threads = 0,
        SourceCatalogue? sources = null, CancellationToken cancellation = default)
    {
        schema.Validate("schema");
        var plain = schema with { MinCount = 1, Fields = [.. schema.Fields.Select(Plain)], Generated = [] };
        using var pass = new RowPass(paths, plain, catalogue: sources, cancellation: cancellation);
        var splits = new SplitAssigner(SplitPlan.Given(paths), 0, plain);
        CountRows[] counts =
            [.. Enumerable.Range(0, threads > 0 ? threads : Environment.ProcessorCount)
                .Select(_ => new CountRows(plain, splits, checkedBy: schema))];
        try
        {
            pass.Run(counts);
            var encoder = EncoderFit.Of(plain, counts, paths.Any(SourceStream.ComesOnce) ? null : Mixed, cancellation);
            var described = encoder.Columns.ToDictionary(c => c.Name, c => (c is NumberColumn number
                ? Describe(number, pass.Rows) : Describe(c, pass.Rows, top)) with
            { Kind = MarkOf(schema.Fields[c.Field]) ?? KindOf(c) });
            var columns = plain.Fields.SelectMany(f => f.Kind == FieldKind.Id ? [Unread(f, "not read: kept beside predictions")]
                : f.Columns.Select(c => described[c])).Concat(schema.Generated.Select(f => Unread(f, Formula(f))));
            return new DatasetDescription(name, pass.Rows, Share(counts.Sum(c => c.Clicks), pass.Rows), [], [.. columns]);
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }

        ConsortException? Mixed()
        {
            using var again = new RowPass(paths, plain, catalogue: sources, cancellation: cancellation);
            return MixedTimes.First(plain, again, cancellation);
        }
    }

    // Numbers are described as such, whatever becomes of them: any transform that leaves them numbers will do.
    private static Field Plain(Field field) => field with
    {
        MinCount = null,
        Share = null,
        // What no model sees is described like what one does.
        Kind = field.Kind switch { FieldKind.Weight => FieldKind.Numeric, FieldKind.Group => FieldKind.Categorical, _ => field.Kind },
        Transform = field.Transform.MakesTokens ? new Transform(TransformKind.Standardise)
            : field.Transform.Kind == TransformKind.Hash ? default : field.Transform,
    };

    private static string? MarkOf(Field field) => field.Kind is FieldKind.Weight or FieldKind.Group ? Words.Of(field.Kind) : null;

    // Rows are read once, and may come from a pipe: what is made of columns is described when it is encoded.
    private static ColumnDescription Unread(Field field, string note) =>
        new(field.Name, Words.Of(field.Kind), 0, null, null, null, null, [], null) { Note = note };

    private static string Formula(Field field) => field.Kind == FieldKind.Cross
        ? $"{string.Join(" × ", field.Of)}, made when encoded" : $"{field.Key} in {field.In}, made when encoded";

    /// <summary>Reads the rows of an encoded dataset once and describes its columns.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="top">How many of the most frequent tokens to list.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static DatasetDescription OfEncoded(EncodedDataset dataset, int top = 5, CancellationToken cancellation = default)
    {
        EncodedSplit?[] splits = [dataset.Train, dataset.Valid, dataset.Test];
        (long[] Missing, long[] Unknown, long?[] Tokens)?[] seen =
            [.. splits.Select(s => s is null ? ((long[], long[], long?[])?)null : CountSpecial(dataset.Space, s, cancellation))];
        var columns = new List<ColumnDescription>();
        foreach (var column in dataset.Encoder.Columns)
        {
            var f = columns.Count;
            double? Oov(int split) => seen[split] is { } s ? Share(s.Unknown[f], s.Tokens[f] ?? splits[split]!.Rows) : null;
            columns.Add(column is NumberColumn number ? Describe(number, dataset.Train.Rows) : new ColumnDescription(
                column.Name, KindOf(column), column.Size - 2, Share(seen[0]!.Value.Missing[f], dataset.Train.Rows), Oov(0), Oov(1), Oov(2),
                Top(column, top), null)
            { Note = column is PiecewiseColumn piecewise ? Range(piecewise.Knots) : null });
        }
        SplitSummary[] summaries = [.. splits.Where(s => s is not null).Select(s => new SplitSummary(s!.Name, s.Rows, s.Clicks))];
        return new DatasetDescription(dataset.Folder, summaries.Sum(s => s.Rows),
            Share(summaries.Sum(s => s.Clicks), summaries.Sum(s => s.Rows)), summaries, columns);
    }

    private static string? Range(IReadOnlyList<double> knots) => knots.Count == 0 ? null
        : string.Create(CultureInfo.InvariantCulture, $"knots from {knots[0]:G6} to {knots[^1]:G6}");

    // Of lists, tokens are counted, and rows without any are those that miss them.
    private static (long[] Missing, long[] Unknown, long?[] Tokens) CountSpecial(
        FeatureSpace space, EncodedSplit whole, CancellationToken cancellation)
    {
        var fields = space.Categorical.Count;
        var missing = new long[fields];
        var unknown = new long[fields];
        var tokens = space.Categorical.Select(c => c.List is null ? (long?)null : 0).ToArray();
        int[] offsets = [.. space.Categorical.Select(c => c.Offset)];
        foreach (var piece in whole.Pieces) CountPiece(piece);
        return (missing, unknown, tokens);

        void CountPiece(EncodedSplit split)
        {
            for (long row = 0; row < split.Rows; row++)
            {
                if (row % 65_536 == 0) cancellation.ThrowIfCancellationRequested();
                ReadOnlySpan<int> ids = MemoryMarshal.Cast<byte, int>(split.Data.Slice(row * split.RowBytes, fields * 4));
                for (var f = 0; f < fields; f++)
                {
                    if (tokens[f] is not null) CountList(split, row, f, ids[f]);
                    else if (ids[f] == offsets[f]) missing[f]++;
                    else if (ids[f] == offsets[f] + 1) unknown[f]++;
                }
            }
        }

        void CountList(EncodedSplit split, long row, int f, int start)
        {
            var place = 4 * (split.Layout.ListsOf(split.Data.Slice(row * split.RowBytes, split.RowBytes)) + start);
            var length = MemoryMarshal.Read<int>(split.Lists.Slice(place, 4));
            var list = MemoryMarshal.Cast<byte, int>(split.Lists.Slice(place + 4, 4 * length));
            tokens[f] += length;
            // The only token of a list without an order that is a missing one is a missing number's.
            var isMissing = length == 0 || (length == 1 && !space.Categorical[f].List!.IsOrdered && list[0] == offsets[f]);
            missing[f] += isMissing ? 1 : 0;
            unknown[f] += list.Count(offsets[f] + 1);
        }
    }

    private static ColumnDescription Describe(ColumnEncoder column, long rows, int top)
    {
        long present = 0;
        for (var i = 2; i < column.Size; i++) present += column.CountOf(i);
        var missing = (column as ListColumn)?.Empty ?? (column as SequenceAgeColumn)?.Empty ?? rows - present;
        return new ColumnDescription(column.Name, KindOf(column), column.Size - 2, Share(missing, rows), null, null, null,
            Top(column, top), null);
    }

    private static string KindOf(ColumnEncoder column) => column switch
    {
        CrossColumn or CrossHashColumn => "cross",
        LookupNumber or LookupToken => "lookup",
        PiecewiseColumn => "piecewise",
        NumberColumn => "numeric",
        { Shape: null } => "categorical",
        { Shape.IsOrdered: true } => "sequence",
        _ => "list",
    };

    // Ids are in descending order of count, but for those of a vocabulary that has grown.
    private static TokenCount[] Top(ColumnEncoder column, int top) =>
        [.. Enumerable.Range(2, column.Size - 2).Where(i => column.CountOf(i) >= 0).OrderByDescending(column.CountOf).Take(top)
            .Select(i => new TokenCount(column.Token(i), column.CountOf(i)))];

    private static ColumnDescription Describe(NumberColumn column, long rows)
    {
        var facts = column.Facts;
        var numbers = new NumberSummary(facts.Mean, facts.Deviation, facts.Min, facts.Max);
        return new ColumnDescription(column.Name, KindOf(column), 0, Share(rows - facts.Count, rows), null, null, null, [], numbers);
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
