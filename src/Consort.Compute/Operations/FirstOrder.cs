using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The first-order term of the categorical columns: the sum of one weight a feature, ids [B, F] → [B, 1], z = Σ_f w[id_f].
/// </summary>
/// <param name="Weights">[V, 1].</param>
public sealed class FirstOrder(Table Weights) : Operation
{
    /// <inheritdoc/>
    public override string Name => "first_order";

    /// <inheritdoc/>
    public override Table Table { get; } = Weights;

    /// <inheritdoc/>
    public override (int First, int End) ColumnRange(int columns) => (0, columns);

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 0 && Table is { Dimension: 1, Columns: null }
            ? new Shape(1)
            : throw Mismatch(inputs, $"none and a table of dimension 1 (found {Table.Dimension})");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Sum(form.LookUp(Table, 0, form.Columns), 1);
}

internal sealed unsafe class FirstOrderKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Ahead = 2; // batch rows between a prefetch and its use
    private readonly T* _weights; // [V, 1]
    private readonly T* _output; // [B, 1]
    private readonly int _columns;

    public FirstOrderKernel(FirstOrder operation, Binding<T> binding) : base(binding.Workers)
    {
        var table = binding.Rows(operation.Table);
        _weights = table.Values.Pointer;
        _output = binding.Output;
        _columns = binding.Columns;
        // Every column of a row has the same gradient, so the column stride is 0.
        if (binding.OutputGradient != null)
            table.Sources.Add(binding.Reader, binding.OutputGradient, 1, 0, 0, _columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var weights = _weights;
        var output = _output;
        var columns = _columns;
        var ids = Step.Ids + ((long)start * columns);
        for (var row = start; row < end; row++, ids += columns)
        {
            if (row + Ahead < end)
                for (var column = 0; column < columns; column++)
                    Prefetch.Row(weights + ids[(Ahead * columns) + column], 1);
            output[row] = Sum(weights, ids, columns);
        }
    }

    // Two sums, so that an addition need not wait for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum(T* weights, int* ids, int columns)
    {
        var (even, odd) = (T.Zero, T.Zero);
        var column = 0;
        for (; column <= columns - 2; column += 2)
        {
            even += weights[ids[column]];
            odd += weights[ids[column + 1]];
        }

        if (column < columns)
            even += weights[ids[column]];
        return even + odd;
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}

/// <summary>The same where some columns are lists: of such a column the pooled weights of its ids count.</summary>
internal sealed unsafe class PooledFirstOrderKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _weights; // [V, 1]
    private readonly T* _output; // [B, 1]
    private readonly IdList?[] _lists; // of each column, null of a token

    public PooledFirstOrderKernel(FirstOrder operation, Binding<T> binding) : base(binding.Workers)
    {
        var table = binding.Rows(operation.Table);
        _weights = table.Values.Pointer;
        _output = binding.Output;
        _lists = [.. Enumerable.Range(0, binding.Columns).Select(binding.ListOf)];
        if (binding.OutputGradient != null)
            table.Sources.Add(binding.Reader, binding.OutputGradient, 1, 0, 0, _lists.Length);
    }

    protected override void ForwardRows(int start, int end)
    {
        var ids = Step.Ids + ((long)start * _lists.Length);
        for (var row = start; row < end; row++, ids += _lists.Length)
        {
            if (row + 1 < end)
                Ask(ids + _lists.Length);
            // In the same order as without lists: a list of one id is a token to the last bit.
            var (even, odd) = (T.Zero, T.Zero);
            for (var column = 0; column < _lists.Length; column++)
            {
                var weight = _lists[column] is { } list ? Pooled(Step.Lists + ids[column], list) : _weights[ids[column]];
                if (column % 2 == 0)
                    even += weight;
                else
                    odd += weight;
            }

            _output[row] = even + odd;
        }
    }

    // Of one number an id a sum needs no vectors.
    private T Pooled(int* list, IdList kind)
    {
        var sum = T.Zero;
        if (kind is { IsWeighted: false, Pooling: not Pooling.Max })
        {
            for (var i = 1; i <= *list; i++)
                sum += _weights[list[i]];
            return kind.Pooling == Pooling.Mean && *list > 1 ? sum * (T.One / T.CreateTruncating(*list)) : sum;
        }

        ListPool.Forward(&sum, _weights, list, kind, 1);
        return sum;
    }

    // Weights lie anywhere: those of the next row are asked for a row ahead.
    private void Ask(int* ids)
    {
        for (var column = 0; column < _lists.Length; column++)
        {
            var list = Step.Lists + ids[column];
            if (_lists[column] is null)
                Prefetch.Row(_weights + ids[column], 1);
            else
                for (var i = 1; i <= *list; i++)
                    Prefetch.Row(_weights + list[i], 1);
        }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}
