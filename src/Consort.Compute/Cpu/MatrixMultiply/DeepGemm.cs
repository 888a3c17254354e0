using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Aᵀ·B with both operands packed: the weight gradient, whose depth is the batch. Read where they are (<see cref="InPlaceGemm{TKernel}"/>),
/// the rows of a wide operand lie pages apart, and tiles wait for them (docs/design/0048-packed-weight-gradient.md).
/// </summary>
/// <remarks>
/// How it is cut says <see cref="DeepPlan"/>. A is packed for all, a chunk of the depth ahead, by the parts of the chunk before, each
/// a share that it asked for while it multiplied; B is packed by each part for itself. Chunks follow each other without a barrier, and an
/// element of C is summed in their order whoever computes it.
/// </remarks>
internal sealed unsafe class DeepGemm<TKernel>(Workers workers, TileWriter<TKernel> writer) : IParallelJob, IDisposable
    where TKernel : struct, IGemmKernel
{
    private const int LineFloats = 16;
    private const int LeastDown = 16, LeastAcross = 6; // tiles; measured: with fewer, packing costs more than it saves

    private readonly NativeBuffer _sharedBuffer = new(), _ownBuffer = new();
    private int[] _progress = new int[64]; // per part of C: chunks added to it
    private int[] _packed = new int[64], _finished = new int[64]; // per turn: shares of A packed, parts finished
    private GemmCall<float> _call;
    private DeepPlan _plan;
    private float* _shared, _own;
    private nint _panelA, _panelB, _sharedLength;

    /// <summary>Whether the product is worth packing.</summary>
    public static bool Fits(in GemmCall<float> call) => call.M >= LeastDown * TKernel.Rows && call.N >= LeastAcross * TKernel.Columns;

    public void Run(in GemmCall<float> call)
    {
        _call = call;
        for (var row = 0; row < call.M; row += DeepPlan.MostRows)
        {
            var rows = Math.Min(DeepPlan.MostRows, call.M - row);
            _plan = new DeepPlan(row, rows, call.N, call.K, TKernel.Rows, TKernel.Columns, workers.Threads);
            // A panel of A has room for the whole vector that its last step stores.
            (_panelA, _panelB) = (TKernel.Rows * _plan.Depth + 2 * LineFloats, TKernel.Columns * _plan.Depth + LineFloats);
            _sharedLength = _plan.PanelsA * _panelA;
            _shared = _sharedBuffer.Take(2 * _sharedLength);
            _own = _ownBuffer.Take(workers.Threads * _panelB);
            PieceOrder.Reset(ref _progress, _plan.Parts);
            PieceOrder.Reset(ref _packed, _plan.Turns);
            PieceOrder.Reset(ref _finished, _plan.Turns);
            workers.Run(this, _plan.FirstPacks + _plan.Chunks * _plan.Parts);
        }
    }

    public void Dispose()
    {
        _sharedBuffer.Dispose();
        _ownBuffer.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        if (index < _plan.FirstPacks)
        {
            PackA(0, index, _plan.FirstPacks);
            return;
        }

        index -= _plan.FirstPacks;
        var place = _plan[index];
        var (turn, column, shares) = (place.Turn, place.Panel * TKernel.Columns, _plan.Shares(place.Turn));
        var (from, depth) = Steps(turn);
        var own = _own + worker * _panelB;
        var columns = Math.Min(TKernel.Columns, _call.N - column);
        var tile = new GemmTile { Depth = depth, RowA = 1, StepA = TKernel.Rows, B = own, StepB = TileWriter<TKernel>.Width(columns) };
        Panels.Copy(_call.B + from * _call.Ldb + column, _call.Ldb, columns, depth, own, (int)tile.StepB);
        var packs = place.Part < shares && turn + 1 < _plan.Turns;
        var (nextB, nextA) = (NextB(index + workers.Threads), packs ? NextA(turn + 1, place.Part, shares) : default);
        PieceOrder.Await(ref _packed[turn], turn == 0 ? _plan.FirstPacks : _plan.Shares(turn - 1));
        PieceOrder.Await(ref _progress[place.Number], place.Chunk);

        bool first = place.Chunk == 0, last = place.Chunk == _plan.Chunks - 1;
        tile.A = _shared + (turn & 1) * _sharedLength + place.First * _panelA;
        for (int i = place.First, done = 0; i < place.End; i++, done++, tile.A += _panelA)
        {
            if (done < nextB.Tiles) nextB.Ask(ref tile, done);
            else nextA.Ask(ref tile, done - nextB.Tiles);
            writer.Multiply(ref tile, _plan.Row + i * TKernel.Rows, column, first, last);
        }

        Volatile.Write(ref _progress[place.Number], place.Chunk + 1);
        Interlocked.Increment(ref _finished[turn]);
        if (!packs) return;
        if (turn > 0) PieceOrder.Await(ref _finished[turn - 1], _plan.PartsOf(turn - 1)); // who still read the buffer
        PackA(turn + 1, place.Part, shares);
    }

    // The chunk of a turn: its first step, and how many.
    private (int From, int Depth) Steps(int turn)
    {
        var from = turn % _plan.Chunks * _plan.Depth;
        return (from, Math.Min(_plan.Depth, _call.K - from));
    }

    // One of so many shares of A in the chunk of a turn, and of the row sums: these once, however often A is packed.
    private void PackA(int turn, int share, int shares)
    {
        var (first, end) = _plan.Share(share, shares);
        if (end > first)
        {
            var (from, depth) = Steps(turn);
            int row = _plan.Row + first * TKernel.Rows, columns = Math.Min(_call.M - row, (end - first) * TKernel.Rows);
            var a = _call.A + from * _call.Lda + row;
            if (_call.RowSums != null && turn < _plan.Chunks)
                Panels.SumColumns(a, _call.Lda, depth, columns, _call.RowSums + row, turn > 0 || _call.Accumulate);
            // Whole vectors are read, but not beyond the end of A.
            var beyond = Math.Max(0, row + (end - first - 1) * TKernel.Rows + Panels.VectorOf(TKernel.Rows) - _call.M);
            var whole = Math.Clamp(_call.K - (int)((beyond + _call.Lda - 1) / _call.Lda) - from, 0, depth);
            Panels.CopyPanels(
                a, _call.Lda, columns, depth, whole, _shared + (turn & 1) * _sharedLength + first * _panelA, TKernel.Rows, _panelA);
        }

        Interlocked.Increment(ref _packed[turn]);
    }

    // B of the part that this worker will probably compute next.
    private AheadRegion NextB(int index)
    {
        if (index >= _plan.Chunks * _plan.Parts) return default;
        var next = _plan[index];
        var column = next.Panel * TKernel.Columns;
        return AheadRegion.Steps(
            _call.B + Steps(next.Turn).From * _call.Ldb + column, _call.Ldb, Math.Min(TKernel.Columns, _call.N - column));
    }

    // The share of A that this part packs when it has multiplied.
    private AheadRegion NextA(int turn, int share, int shares)
    {
        var (first, end) = _plan.Share(share, shares);
        int row = _plan.Row + first * TKernel.Rows, columns = Math.Min(_call.M - row, (end - first) * TKernel.Rows);
        return end == first ? default : AheadRegion.Steps(_call.A + Steps(turn).From * _call.Lda + row, _call.Lda, columns);
    }
}
