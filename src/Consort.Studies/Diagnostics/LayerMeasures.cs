using Consort.Compute.Graphs;
using Consort.Data.Schemas;
using Consort.Experiments.Running;

namespace Consort.Studies.Diagnostics;

/// <summary>A member's last representation: what no further layer of it reads, side by side.</summary>
/// <param name="Names">Of the layers.</param>
/// <param name="Values">[N, units].</param>
/// <param name="Spectrum">As it is.</param>
/// <param name="Centred">Without its mean row.</param>
internal sealed record LastRepresentation(IReadOnlyList<string> Names, Representation Values, Spectrum Spectrum, Spectrum Centred);

/// <summary>The spectra of all layers and embedding tables of a run.</summary>
internal sealed class LayerMeasures
{
    /// <summary>Wider layers are left out: their spectra cost the cube of the width.</summary>
    public const int MaxUnits = 2048;

    private LayerMeasures(IReadOnlyList<LayerSpectrum>[] members, LayerSpectrum[] shared, LastRepresentation?[] last) =>
        (Members, Shared, Last) = (members, shared, last);

    /// <summary>Own layers and embeddings, member by member.</summary>
    public IReadOnlyList<LayerSpectrum>[] Members { get; }

    /// <summary>Embeddings that members share.</summary>
    public LayerSpectrum[] Shared { get; }

    /// <summary>Last representations, or null for members without layers.</summary>
    public LastRepresentation?[] Last { get; }

    /// <summary>Measures all layers.</summary>
    /// <param name="run">The run.</param>
    /// <param name="sample">Rows for the representations.</param>
    /// <param name="train">How often values occur, or null.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops between layers.</param>
    public static LayerMeasures Of(FinishedRun run, RowSample sample, TrainedRows? train, int threads, CancellationToken cancellation)
    {
        var graph = run.Program.Graph;
        var taps = graph.Taps.Where(t => t.Value.Shape.Size is > 1 and <= MaxUnits).ToArray();
        var representations = sample.Represent(run.Program, taps);
        var tables = graph.Tables.Where(t => t.Dimension is > 1 and <= MaxUnits)
            .SelectMany(t => ColumnsOf(t, graph)
                .Select(c => (Table: t, Column: run.Encoder.Space.Categorical[c], FirstRow: graph.FirstRow(t, c)))).ToArray();
        var layers = new LayerSpectrum?[taps.Length + tables.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        // Before the threads begin: asking for a table's rows brings them up to date.
        var rows = tables.Select(t => t.Table).Distinct().ToDictionary(t => t, t => run.Store.Embedding(t).Values);
        Parallel.For(0, layers.Length, options, i => layers[i] = i < taps.Length
            ? OfLayer(taps[i].Name, representations[i])
            : OfField(tables[i - taps.Length].Table, tables[i - taps.Length].Column, tables[i - taps.Length].FirstRow,
                rows[tables[i - taps.Length].Table], train));

        var members = Enumerable.Range(0, graph.Outputs.Count).Select(m => Where(m)).ToArray();
        var last = new LastRepresentation?[members.Length];
        Parallel.For(0, last.Length, options, m => last[m] = LastOf(m, taps, representations, layers));
        return new LayerMeasures(members, Where(-1), last);

        LayerSpectrum[] Where(int member) =>
            [.. Enumerable.Range(0, layers.Length)
                .Where(i => (i < taps.Length ? taps[i].Member : tables[i - taps.Length].Table.Member) == member)
                .OrderBy(i => i < taps.Length ? 0 : 1).Select(i => layers[i]).OfType<LayerSpectrum>()];
    }

    private static LastRepresentation? LastOf(int member, Tap[] taps, Representation[] representations, LayerSpectrum?[] layers)
    {
        var own = Enumerable.Range(0, taps.Length).Where(i => taps[i].Member == member).ToArray();
        int[] ends = [.. own.Where(i => !own.Any(j => taps[j].DependsOn(taps[i])))];
        if (ends.Length == 0)
            return null;
        var values = Representation.Concat([.. ends.Select(i => representations[i])]);
        if (values.Units > MaxUnits)
            return null;
        string[] names = [.. ends.Select(i => taps[i].Name)];
        // A single last layer has been measured already.
        if (ends.Length == 1)
            return new LastRepresentation(names, values, layers[ends[0]]!.Spectrum, layers[ends[0]]!.Centred);
        var (raw, centred) = Factor(values).Spectra();
        return new LastRepresentation(names, values, raw, centred);
    }

    private static LayerSpectrum OfLayer(string name, Representation values) =>
        Judged(name, LayerKind.Representation, null, Factor(values));

    // A table may have rows for columns that nobody looks up: these stay as they began.
    private static IEnumerable<int> ColumnsOf(Table table, Graph graph)
    {
        var ranges = graph.Values.Where(v => ReferenceEquals(v.Operation?.Table, table))
            .Select(v => v.Operation!.ColumnRange(graph.Columns.Count)).ToArray();
        return Enumerable.Range(0, graph.Columns.Count).Where(c => ranges.Any(r => c >= r.First && c < r.End)
            && table.Columns?.Contains(c) != false);
    }

    // The first two ids of a column, missing and not seen in training, stand for no value of the field.
    private static LayerSpectrum? OfField(Table table, Column column, int first, NativeBuffer<float> rows, TrainedRows? train)
    {
        if (column.Size - 2 < 2)
            return null;
        var factor = new RowFactor(table.Dimension);
        for (var row = first + 2; row < first + column.Size; row++)
            factor.Add(rows.Slice((long)row * table.Dimension, table.Dimension));
        var counts = train is null ? [] : train.CountsOf(column);
        var weighted = new RowFactor(table.Dimension);
        for (var id = 2; id < counts.Length; id++)
            if (counts[id] > 0)
                weighted.Add(rows.Slice((long)(first + id) * table.Dimension, table.Dimension), counts[id]);
        var slash = table.Name.IndexOf('/', StringComparison.Ordinal);
        return Judged(table.Name[(slash + 1)..], LayerKind.Embedding, column.Name, factor) with
        {
            Weighted = weighted.Rows > 0 ? weighted.Spectra().Raw : null,
        };
    }

    private static RowFactor Factor(Representation values)
    {
        var factor = new RowFactor(values.Units);
        for (var row = 0; row < values.Rows; row++)
            factor.Add(values.Values.AsSpan(row * values.Units, values.Units));
        return factor;
    }

    private static LayerSpectrum Judged(string name, LayerKind kind, string? field, RowFactor factor)
    {
        var (raw, centred) = factor.Spectra();
        var (verdict, explanation) = CollapseRule.Judge(factor.Rows, factor.Columns, centred.EffectiveRank);
        return new LayerSpectrum(name, kind, field, factor.Rows, factor.Columns, factor.ConstantColumns, raw, centred,
            verdict, explanation);
    }
}
