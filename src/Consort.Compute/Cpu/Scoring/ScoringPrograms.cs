using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Rewrites;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>
/// The programs that score with one set of weights: one row, a batch, and rows that agree in some columns. They share the weights; each is
/// for one thread, and tables stay where they lie.
/// </summary>
public sealed class ScoringPrograms : IDisposable
{
    private readonly Dictionary<Value, PackedWeights> _packed = [];
    private readonly List<IDisposable> _owned = [];
    private readonly Lock _gate = new();
    private readonly KernelCatalogue<float> _kernels;
    private readonly Func<Table, StoredRows> _rows;

    /// <summary>Makes the weights ready.</summary>
    /// <param name="inference">What is computed.</param>
    /// <param name="trained">The numbers of a parameter of the trained graph.</param>
    /// <param name="rows">The rows of a table, which stay there as long as this and are not freed with it.</param>
    public ScoringPrograms(InferenceGraph inference, ParameterNumbers trained, Func<Table, StoredRows> rows)
    {
        (Graph, _rows) = (ProcessorFusion.Of(inference.Graph), rows);
        Store = new ParameterStore<float>(Graph, table => rows(table).Floats);
        inference.Fill(Store, trained);
        _kernels = OperationKernels.Of<float>().With((value, binding) => PackedTable(value.Operation, binding));
        // Members that share a matrix read it packed once.
        foreach (var layer in Graph.Values.Where(v => v is { Operation: Linear, Shape.Rank: 1, At: null })
            .GroupBy(v => (((Linear)v.Operation!).Weight, ((Linear)v.Operation).Bias)))
        {
            var (weight, bias) = layer.Key;
            var packed = Own(new PackedWeights(
                Store.Values(weight), weight.Shape[1], bias is null ? [] : Store.Values(bias), weight.Shape[1], weight.Shape[0]));
            foreach (var value in layer)
                _packed.Add(value, packed);
        }
    }

    /// <summary>The graph that programs run.</summary>
    public Graph Graph { get; }

    /// <summary>Its weights; those of tables that are not held as floats are not in it.</summary>
    public ParameterStore<float> Store { get; }

    /// <summary>A program for one row at a time.</summary>
    public Program<float> OfRow() =>
        Compile(1, (value, binding) => value.Operation is Linear linear && _packed.TryGetValue(value, out var weights)
        ? new RowLinear(linear, weights, binding)
        : null);

    /// <summary>A program for batches.</summary>
    public Program<float> OfBatch(int capacity) => Compile(capacity, (_, _) => null);

    /// <summary>A program for rows that agree in all columns but those that vary.</summary>
    public Program<float> OfCandidates(int capacity, CandidateParts parts) => Compile(capacity, (value, binding) =>
    {
        if (parts.Columns.TryGetValue(value, out var columns))
            return new CandidateLinear((Linear)value.Operation!, _packed[value], columns, binding);
        if (parts.Once.TryGetValue(value, out var isCopied))
            return new ContextOnce(_kernels.Bind(value, binding), binding, isCopied || MemoryGuard.IsOn);
        return value.Inputs is [_, { } history] && parts.Once.ContainsKey(history) ? value.Operation switch
        {
            TargetLinear unit => new TargetLinearKernel<float>(unit, binding, isShared: true),
            WeightedPositions weighted => new WeightedPositionsKernel<float>(weighted.IsSoftmax, binding, isShared: true),
            TargetDot => new TargetDotKernel<float>(binding, isShared: true),
            _ => null,
        } : null;
    });

    /// <summary>
    /// Finds what is the same for all candidates: what a model makes of a history that they share, and parts of linear layers.
    /// </summary>
    /// <param name="categorical">Whether each categorical column differs between candidates.</param>
    /// <param name="numeric">Whether each numeric column does.</param>
    public CandidateParts Part(bool[] categorical, bool[] numeric)
    {
        var (variation, columns) = (new Variation(Graph, categorical, numeric), new Dictionary<Value, CandidateColumns>());
        foreach (var value in _packed.Keys)
        {
            var flags = value.Inputs.Select(i => variation.Of(i).ToArray()).ToArray();
            var linear = (Linear)value.Operation!;
            if (linear.Weight.Shape[0] > 1 && flags.Any(f => f.Contains(false)) && flags.Any(f => f.Contains(true)))
                columns.Add(value, Own(new CandidateColumns(Store.Values(linear.Weight), linear.Weight.Shape[0], flags)));
        }

        HashSet<Value> once = [.. Graph.Values.Where(v => v.Operation is { IsView: false }
            && (v.At is not null || v.Inputs.Any(i => i.At is not null)) && !variation.Of(v).Contains(true))];
        return new CandidateParts(columns, once.ToDictionary(v => v, v => v.At is null || Graph.Outputs.Contains(v)
            || Graph.Values.Any(r => r.Inputs.Contains(v) && !once.Contains(r) && !ReadsTheFirst(r, v))));
    }

    // Whether the operation finds a history that all candidates share with the first of them.
    private static bool ReadsTheFirst(Value reader, Value history) =>
        reader is { Operation: TargetLinear or WeightedPositions or TargetDot, Inputs: [var one, var other] }
        && one != history && other == history;

    /// <summary>Frees a program.</summary>
    public void Discard(Program<float> program)
    {
        lock (_gate)
            program.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        Store.Dispose();
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        lock (_gate)
            _owned.Add(owned);
        return owned;
    }

    // The store is shared; programs are made one at a time, and each has workers of its own, which are the caller alone.
    private Program<float> Compile(int capacity, Func<Value, Binding<float>, Kernel?> kernels)
    {
        lock (_gate)
            return new Program<float>(Graph, Store, _kernels.With(kernels), capacity, new Workers(1), withGradients: false);
    }

    private Kernel? PackedTable(Operation? operation, Binding<float> binding)
    {
        if (operation is EmbedPositions positions)
            return _rows(positions.Table) is { Floats: null } packed ? new PackedEmbedPositions(Graph, positions, packed, binding) : null;
        int[]? columns = operation switch
        {
            Embed embed => [.. Enumerable.Range(embed.FirstColumn, embed.Columns)],
            EmbedColumns embed => [.. embed.Columns],
            _ => null,
        };
        return columns is not null && _rows(operation!.Table!) is { Floats: null } rows
            ? new PackedEmbed(Graph, operation.Table!, columns, rows, binding) : null;
    }
}

/// <summary>What all candidates share, and what differs between them.</summary>
public sealed class CandidateParts
{
    internal CandidateParts(IReadOnlyDictionary<Value, CandidateColumns> columns, IReadOnlyDictionary<Value, bool> once) =>
        (Columns, Once) = (columns, once);

    /// <summary>Linear layers of which a part is the same for all.</summary>
    internal IReadOnlyDictionary<Value, CandidateColumns> Columns { get; }

    /// <summary>What is made of a history that all share, and whether something reads it for each of them.</summary>
    internal IReadOnlyDictionary<Value, bool> Once { get; }
}

/// <summary>The rows of an embedding table [V, D] as someone holds them: in one of three kinds of numbers.</summary>
public sealed record StoredRows
{
    /// <summary>Single precision, or null.</summary>
    public NativeBuffer<float>? Floats { get; init; }

    /// <summary>Half precision, or null.</summary>
    public NativeBuffer<Half>? Halves { get; init; }

    /// <summary>One byte a number, or null.</summary>
    public NativeBuffer<sbyte>? Bytes { get; init; }

    /// <summary>Of <see cref="Bytes"/>: a number a row, [V].</summary>
    public NativeBuffer<float>? Scales { get; init; }
}
