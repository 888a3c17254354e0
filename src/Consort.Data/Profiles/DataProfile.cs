using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Profiles;

/// <summary>What to look at, and what the user says of it.</summary>
/// <param name="Sources">Raw rows, alike, as the user names them: files, folders, patterns, queries; at least one.</param>
public sealed record ProfileRequest(IReadOnlyList<string> Sources)
{
    /// <summary>About how many rows to look at, spread over all; 0 for all of them, as far as memory goes.</summary>
    public long Rows { get; init; } = 200_000;

    /// <summary>The column that says what was clicked; null to find it.</summary>
    public string? Label { get; init; }

    /// <summary>The label's texts that mean a click; empty to tell.</summary>
    public IReadOnlyList<string> Clicks { get; init; } = [];

    /// <summary>How many of the most frequent values to list.</summary>
    public int Top { get; init; } = 10;

    /// <summary>The kinds of sources that are known.</summary>
    public SourceCatalogue Catalogue { get; init; } = SourceCatalogue.BuiltIn;

    /// <summary>At least 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Told the bytes read, or null.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>A raw file as it looks: how it is written, which column is what. Nothing need be known of it before.</summary>
/// <param name="Sources">The files.</param>
/// <param name="Rows">All rows; an estimate where <paramref name="IsCounted"/> is false.</param>
/// <param name="RowsLookedAt">Rows that the columns were described by, spread over all.</param>
/// <param name="IsCounted">Whether all rows were counted.</param>
/// <param name="Label">What says what was clicked; null where that cannot be told.</param>
/// <param name="LabelProblem">Why there is no label; empty where there is one.</param>
/// <param name="Columns">What each column looks like.</param>
public sealed record DataProfile(
    IReadOnlyList<string> Sources, long Rows, long RowsLookedAt, bool IsCounted, LabelProfile? Label, string LabelProblem,
    IReadOnlyList<ColumnProfile> Columns)
{
    private const ulong HalfSeed = 0x5EED;
    private const double MostTokens = 0.5;

    /// <summary>How the rows are written; its fields have names, but are texts as yet.</summary>
    public required Schema Dialect { get; init; }

    /// <summary>The kind of the first source: <c>parquet</c>, <c>duckdb</c>, or a format of text.</summary>
    public required string Kind { get; init; }

    /// <summary>The sources as an experiment elsewhere names them: a query says which folder its files start from.</summary>
    public required IReadOnlyList<string> Resolved { get; init; }

    /// <summary>Whether columns have names by themselves, whatever a schema says of the text.</summary>
    internal bool HasNames { get; init; }

    /// <summary>Rows of each source.</summary>
    public required IReadOnlyList<long> RowsOfSources { get; init; }

    /// <summary>How the rows are written, in words: <c>comma-separated, names in the first row, cells in quotes</c>.</summary>
    public string Written => string.Join(", ", new[]
    {
        HasNames ? Kind : Dialect.IsPairs ? Words.Of(Dialect.Format) : $"delimiter {PrintableText.Of(Dialect.Delimiter.Name)}",
        Dialect.IsPairs || HasNames ? "" : Dialect.Header ? "names in the first row" : "no row of names",
        Dialect.Quoted ? "cells in quotes" : "",
        Dialect.Trim ? "spaces around cells" : "",
    }.Where(w => w.Length > 0));

    /// <summary>Looks at raw files.</summary>
    /// <exception cref="ConsortException">A file is empty or no text of rows, or a row is not like the others, or the user names a column
    /// that is not there.</exception>
    public static DataProfile Of(ProfileRequest request, CancellationToken cancellation)
    {
        var (dialect, sample) = Read(request, cancellation);
        var label = LabelGuess.Of(sample, dialect, request.Label, request.Clicks, out var problem);
        var isFit = new bool[sample.Rows];
        for (var row = 0; row < isFit.Length; row++) isFit[row] = (KeyedHash.Mix(HalfSeed, (ulong)row) & 1) == 0;
        var context = new SampleContext(label is null ? [] : LabelGuess.Clicked(sample.Columns[label.Index], label), isFit, sample.AllRows,
            request.Top, sample.PlaceOf);
        var columns = new ColumnProfile[sample.Columns.Count];
        Parallel.For(0, columns.Length, new ParallelOptions { MaxDegreeOfParallelism = request.Threads, CancellationToken = cancellation },
            c => columns[c] = ColumnProfiler.Of(sample.Columns[c], context));
        for (var c = 0; c < columns.Length; c++)
        {
            if (columns[c].List is not { WeightSplitter: null } list) continue;
            var same = Enumerable.Range(0, columns.Length)
                .Where(o => columns[o].Type is "text" or "whole" && o != c && columns[o].Distinct > 2)
                .Select(o => (Column: o, Share: ListGuess.ShareIn(sample.Columns[c], list.Splitter, sample.Columns[o])))
                .Where(o => o.Share >= MostTokens).OrderByDescending(o => o.Share).Select(o => (int?)o.Column).FirstOrDefault();
            if (same is { } other)
                columns[c] = columns[c] with
                {
                    List = list with
                    {
                        SameAs = columns[other].Name,
                        AreValues = ListGuess.AreValues(sample.Columns[c], list.Splitter, sample.Columns[other]),
                    },
                };
        }
        for (var c = 0; c < columns.Length && !dialect.IsPairs; c++)
            columns[c] = columns[c] with { StepTimes = StepTimeGuess.Of(c, columns, sample.Columns) };
        var first = request.Catalogue.Places(request.Sources[0])[0];
        return new DataProfile(request.Sources, sample.AllRows, sample.Rows, sample.IsCounted, label, problem, columns)
        {
            Dialect = dialect,
            Kind = request.Catalogue.KindOf(first, dialect),
            HasNames = request.Catalogue.ColumnsOf(first) is not null,
            Resolved = [.. request.Sources.Select(s => SourcePlace.IsFile(s) ? s : request.Catalogue.Places(s)[0])],
            RowsOfSources = sample.RowsOfSources,
        };
    }

    // A quote may come first after the rows by which the dialect was told.
    private static (Schema Dialect, RowSample Sample) Read(ProfileRequest request, CancellationToken cancellation)
    {
        IReadOnlyList<string>[] places = [.. request.Sources.Select(s => request.Catalogue.Places(s))];
        string[] all = [.. places.SelectMany(p => p)];
        var dialect = DialectGuess.Of(all[0], request.Catalogue, cancellation);
        if (dialect.IsPairs || dialect.Quoted || dialect.Delimiter.Text.Length > 1) return (dialect, Sample(dialect));
        try
        {
            return (dialect, Sample(dialect));
        }
        catch (ConsortException mistake)
        {
            try
            {
                return (dialect with { Quoted = true }, Sample(dialect with { Quoted = true }));
            }
            catch (ConsortException)
            {
                throw mistake;
            }
        }

        RowSample Sample(Schema texts)
        {
            var sample = RowSample.Read(all, texts, request.Catalogue, request.Rows, request.Progress, cancellation);
            // Of a folder the rows of all its files.
            var (rows, at) = (sample.RowsOfSources, 0);
            sample.RowsOfSources = [.. places.Select(p => rows.Skip((at += p.Count) - p.Count).Take(p.Count).Sum())];
            return sample;
        }
    }
}
