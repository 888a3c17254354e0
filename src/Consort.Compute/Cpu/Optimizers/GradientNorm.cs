using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Parameters;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The norm of the whole gradient, regularisers included, √Σ (g + λw)², summed in double precision. Where the regulariser counts all rows
/// of the tables, their Σ w² is kept from step to step, so that only dense parameters and touched rows need be read: Σ (g + λw)² = λ² Σ w²
/// + Σ g (g + 2λw), and g is zero in all other rows.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class GradientNorm<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly PassLayout<T> _layout;
    private readonly Traversal<T, Slopes> _slopes;
    private readonly Traversal<T, TableSquares>? _tableSquares;
    private readonly double _l2;
    private readonly IRanks? _sharers; // of the tables' rows
    private readonly double[] _own = new double[2]; // sums over this rank's rows
    private readonly double[] _all = [];
    private readonly int[] _lengths = [];
    private long _version = -1;
    private double _squares; // Σ w² of the tables, as far as their rows are known

    public GradientNorm(ParameterStore<T> store, PassLayout<T> layout)
    {
        (_layout, _l2) = (layout, double.CreateTruncating(T.CreateTruncating(layout.EmbeddingL2)));
        if (store.Sharers is { } sharers)
            (_sharers, _all, _lengths) = (sharers, new double[2 * sharers.Count], new int[sharers.Count]);
        _slopes = new Traversal<T, Slopes>(store, layout, wholeTables: false);
        if (layout.TracksSquares)
            _tableSquares = new Traversal<T, TableSquares>(store, layout, wholeTables: true);
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _slopes.Bytes + (_tableSquares?.Bytes ?? 0);

    /// <summary>
    /// The norm. Where rows are deferred and the regulariser counts them, those that are behind count as they were last known, unless this
    /// might hide that the norm exceeds <paramref name="limit"/>: then all are brought up to date.
    /// </summary>
    /// <param name="limit">The norm that gradients are clipped at.</param>
    /// <param name="deferral">What rows have missed, or null.</param>
    /// <param name="reach"><see cref="UpdateRule.Reach"/>.</param>
    public double Compute(double limit, Deferral<T>? deferral, double reach)
    {
        if (_tableSquares is null)
            return Math.Sqrt(OfAll(_slopes.Run(default)).Slopes);
        if (_version != Version())
        {
            deferral?.CatchUpAll();
            deferral?.TakeSquareChange();
            _squares = _tableSquares.Run(default);
            _version = Version();
        }

        // Cancellation may leave a sum of nothing just below zero.
        var own = _slopes.Run(new Slopes(addsToDecay: true));
        _squares += deferral?.TakeSquareChange() ?? 0;
        var (others, squares) = OfAll(own);
        var bound = Math.Max(0, limit - 2e-6); // the step adds 1e-6 to the norm before it compares
        if (deferral is { LargestRate: > 0 } && !(others + WeightDecay(squares, deferral.LargestRate * reach) < bound * bound))
        {
            deferral.CatchUpAll();
            _squares += deferral.TakeSquareChange();
            squares = OfAll(own).Squares;
        }

        return Root(others + WeightDecay(squares, 0));
    }

    /// <summary>Takes notice of what the step's update gave back.</summary>
    public void Updated(double squares) => _squares = _layout.WholeTables ? squares : _squares + squares;

    /// <inheritdoc/>
    public void Dispose()
    {
        _slopes.Dispose();
        _tableSquares?.Dispose();
    }

    // With what the rows of other ranks add, in the order of ranks: all come to the same.
    private (double Slopes, double Squares) OfAll(double slopes)
    {
        if (_sharers is null)
            return (slopes, _squares);
        (_own[0], _own[1]) = (slopes - _slopes.Dense, _squares);
        _sharers.GatherEqual<double>(_own, _all, _lengths);
        var (sum, squares) = (_slopes.Dense, 0.0);
        for (var i = 0; i < _all.Length; i += 2)
            (sum, squares) = (sum + _all[i], squares + _all[i + 1]);
        return (sum, squares);
    }

    private static double Root(double sum) => sum < 0 ? 0 : Math.Sqrt(sum);

    // λ² times the most that Σ w² can be if each of the N numbers is at most so much further from zero than is known:
    // ‖w + d‖ ≤ ‖w‖ + |d| √N. A thousandth more pays for rounding.
    private double WeightDecay(double squares, double further)
    {
        if (further == 0)
            return _l2 * _l2 * squares;
        var numbers = 0.0;
        foreach (var table in _layout.Tables)
            numbers += (double)table.Table.Rows * table.Dimension * (_sharers?.Count ?? 1);
        var norm = _l2 * (Root(squares) + (further * Math.Sqrt(numbers)));
        return 1.001 * norm * norm;
    }

    // Grows whenever someone may have written into a table.
    private long Version()
    {
        long version = 0;
        foreach (var table in _layout.Tables)
            version += table.Version;
        return version;
    }

    /// <summary>Σ (g + λw)², or for the rows of tables what their gradient adds to Σ (λw)².</summary>
    private readonly struct Slopes(bool addsToDecay) : IStretchPass<T>
    {
        private static int Run => 16 * Vector<T>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(in Region<T> region, int row, int dimension) =>
            Kernels.Prefetch.Row(region.Values + ((long)row * dimension), dimension);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length)
        {
            var values = region.Values + offset;
            var decay = region.L2;
            var isProduct = addsToDecay && region.IsTable;
            if (isProduct)
                decay += decay;
            var sums = Vector<double>.Zero;
            var i = 0;
            // A few squares are summed as they are before they are widened: the pass must keep up with memory.
            for (; i <= length - Run; i += Run)
            {
                var (even, odd) = (Vector<T>.Zero, Vector<T>.Zero);
                for (var j = i; j < i + Run; j += 2 * Vector<T>.Count)
                {
                    even += Term(gradient + j, values + j, decay, isProduct);
                    odd += Term(gradient + j + Vector<T>.Count, values + j + Vector<T>.Count, decay, isProduct);
                }

                sums += Squares.Widen(even + odd);
            }

            for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
                sums += Squares.Widen(Term(gradient + i, values + i, decay, isProduct));
            var sum = Vector.Sum(sums);
            for (; i < length; i++)
            {
                var slope = gradient[i] + (values[i] * decay);
                sum += double.CreateTruncating(slope * (isProduct ? gradient[i] : slope));
            }

            return sum;
        }

        public void Open(in Region<T> region, int row, int dimension) { }

        public void Done(in Region<T> region, int row) { }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<T> Term(T* gradient, T* values, T decay, bool isProduct)
        {
            var slope = Vector.Load(gradient) + (Vector.Load(values) * decay);
            return slope * (isProduct ? Vector.Load(gradient) : slope);
        }
    }

    /// <summary>Σ w² of tables.</summary>
    private readonly struct TableSquares : IStretchPass<T>
    {
        public void Prefetch(in Region<T> region, int row, int dimension) { }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length) =>
            region.IsTable ? Squares.Sum(region.Values + offset, length) : 0;

        public void Open(in Region<T> region, int row, int dimension) { }

        public void Done(in Region<T> region, int row) { }
    }
}
