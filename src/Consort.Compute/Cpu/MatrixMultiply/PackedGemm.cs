using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// The blocked matrix multiply. B is packed into panels and A is read where it is; see <see cref="GemmPlan"/> for who packs what and when.
/// The weight gradient is <see cref="DeepGemm{TKernel}"/>'s, a small one <see cref="InPlaceGemm{TKernel}"/>'s.
/// </summary>
internal sealed unsafe class PackedGemm<TKernel> : FloatGemm, IParallelJob
    where TKernel : struct, IGemmKernel
{
    private readonly Workers _workers;
    private readonly PackedOperands<TKernel> _operands = new();
    private readonly TileWriter<TKernel> _writer = new();
    private readonly InPlaceGemm<TKernel> _inPlace;
    private readonly DeepGemm<TKernel> _deep;
    private readonly FasterWay _ways = new(); // packed or in place
    private int[] _finishedParts = new int[16]; // per chunk
    private int[] _finishedPacks = new int[16]; // per chunk
    private int[] _progress = new int[64]; // per part: chunks added to C

    private IRowSource? _source;
    private GemmCall<float> _call;
    private GemmPlan _plan;

    public PackedGemm(Workers workers)
    {
        _workers = workers;
        _inPlace = new InPlaceGemm<TKernel>(workers, _writer);
        _deep = new DeepGemm<TKernel>(workers, _writer);
    }

    public override void Run(in GemmCall<float> call) => Run(call, null);

    /// <summary>As above; where C is cut by rows (<see cref="GemmPlan.CutsRows"/>), a source makes those of A.</summary>
    public void Run(in GemmCall<float> call, IRowSource? source)
    {
        _source = source;
        _writer.Begin(call);
        if (call.TransA && !call.TransB)
        {
            RunDeep(call);
            return;
        }
        _call = call;
        _plan = new GemmPlan(call.M, call.N, call.K, TKernel.Rows, TKernel.Columns, _workers.Threads);
        _operands.Begin(call, _plan, _workers.Threads);
        PieceOrder.Reset(ref _finishedParts, _plan.Chunks);
        PieceOrder.Reset(ref _finishedPacks, _plan.Chunks);
        PieceOrder.Reset(ref _progress, _plan.Parts);
        _workers.Run(this, _plan.Total);
    }

    // The weight gradient: which way is faster depends on the processor, and the bits do not depend on the way.
    private void RunDeep(in GemmCall<float> call)
    {
        if (!DeepGemm<TKernel>.Fits(call))
        {
            _inPlace.Run(call);
            return;
        }

        var (place, isInPlace) = call.M <= DeepPlan.MostRows ? _ways.Begin(call.M, call.N, call.K) : (-1, false);
        if (isInPlace) _inPlace.Run(call);
        else _deep.Run(call);
        _ways.End(place, isInPlace);
    }

    public override void Dispose()
    {
        _operands.Dispose();
        _deep.Dispose();
        _writer.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        (var pack, var chunk, var piece) = _plan[index];
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.Depth, _call.K - from);
        var shared = _operands.Shared(chunk);
        if (pack)
        {
            if (chunk > 1) PieceOrder.Await(ref _finishedParts[chunk - 2], _plan.Parts); // who still read this buffer
            _operands.PackShared(piece, from, depth, shared);
            Interlocked.Increment(ref _finishedPacks[chunk]);
            return;
        }

        var own = _operands.Own(worker);
        var first = piece * _plan.PartPanels;
        if (_plan.SharesB)
        {
            var end = Math.Min(_plan.PanelsA, first + _plan.PartPanels);
            if (chunk == 0) _source?.Make(first * TKernel.Rows, Math.Min(_call.M, end * TKernel.Rows));
            if (end == _plan.PanelsA) _operands.CopyLastRows(from, depth, own);
            PieceOrder.Await(ref _finishedPacks[chunk], _plan.Packs);
            PieceOrder.Await(ref _progress[piece], chunk);
            if (_call.RowSums != null) SumRows(first * TKernel.Rows, Math.Min(_call.M, end * TKernel.Rows), from, depth);
            Multiply(own, first, end, shared, 0, _plan.PanelsB, chunk, piece);
        }
        else
        {
            var end = Math.Min(_plan.PanelsB, first + _plan.PartPanels);
            _operands.PackB(first, end, from, depth, own);
            PieceOrder.Await(ref _finishedPacks[chunk], _plan.Packs);
            PieceOrder.Await(ref _progress[piece], chunk);
            if (_call.RowSums != null)
                SumRows((int)((long)_call.M * piece / _plan.Parts), (int)((long)_call.M * (piece + 1) / _plan.Parts), from, depth);
            Multiply(shared, 0, _plan.PanelsA, own, first, end, chunk, piece);
        }
        Volatile.Write(ref _progress[piece], chunk + 1);
        Interlocked.Increment(ref _finishedParts[chunk]);
    }

    // All tiles of the rows of panels a0 to a1 − 1 and the columns of panels b0 to b1 − 1, by a chunk of the depth.
    private void Multiply(float* packedA, int a0, int a1, float* packedB, int b0, int b1, int chunk, int piece)
    {
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.Depth, _call.K - from);
        var blocks = Math.Max(1, (depth + _plan.BlockDepth - 1) / Math.Max(1, _plan.BlockDepth));
        int down = a1 - a0, across = b1 - b0, tiles = down * across * blocks;
        var repeatsB = across * TKernel.Columns <= down * TKernel.Rows; // the smaller operand is passed over again and again
        (var early, var late) = LookAhead(chunk, piece, tiles);
        var tile = new GemmTile();
        for (int block = 0, done = 0; block < blocks; block++)
        {
            var at = block * _plan.BlockDepth;
            bool first = chunk + block == 0, last = chunk == _plan.Chunks - 1 && block == blocks - 1;
            tile.Depth = Math.Min(_plan.BlockDepth, depth - at);
            for (var step = 0; step < down * across; step++, done++)
            {
                (var outer, var inner) = Math.DivRem(step, repeatsB ? across : down);
                (var i, var j) = repeatsB ? (a0 + outer, b0 + inner) : (a0 + inner, b0 + outer);
                var column = j * TKernel.Columns;
                tile.StepB = TileWriter<TKernel>.Width(_call.N - column);
                tile.B = packedB + (j - b0) * _operands.PanelB + at * tile.StepB;
                _operands.PlaceA(ref tile, i, from, at, packedA);
                (done < tiles / 2 ? early : late).Ask(ref tile, done < tiles / 2 ? done : done - tiles / 2);
                _writer.Multiply(ref tile, i * TKernel.Rows, column, first, last);
            }
        }
    }

    // Adds this chunk's part of the row sums.
    private void SumRows(int row, int end, int from, int depth)
    {
        var add = from > 0 || _call.Accumulate;
        if (_call.TransA)
        {
            Panels.SumColumns(_call.A + from * _call.Lda + row, _call.Lda, depth, end - row, _call.RowSums + row, add);
            return;
        }
        for (; row < end; row++)
        {
            var sum = Panels.Sum(_call.A + row * _call.Lda + from, depth);
            _call.RowSums[row] = add ? _call.RowSums[row] + sum : sum;
        }
    }

    // What will soon be read from far away: in the early half of a part's tiles the mask of the part that this worker
    // will probably compute next, in the late half the operand that part has to pack or reads where it is.
    private (AheadRegion Early, AheadRegion Late) LookAhead(int chunk, int piece, int tiles)
    {
        piece += _workers.Threads;
        if (piece >= _plan.Parts)
        {
            piece -= _plan.Parts;
            chunk++;
        }
        if (piece >= _plan.Parts || chunk >= _plan.Chunks) return default;
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.BlockDepth, _call.K - from), late = tiles - tiles / 2;
        if (!_plan.SharesB)
        {
            int column = piece * _plan.PartPanels * TKernel.Columns, columns =
                Math.Min(_call.N - column, _plan.PartPanels * TKernel.Columns);
            return (default, _call.TransB
                ? AheadRegion.Rows(_call.B + column * _call.Ldb + from, _call.Ldb, columns)
                : AheadRegion.Steps(_call.B + from * _call.Ldb + column, _call.Ldb, columns));
        }
        int row = piece * _plan.PartPanels * TKernel.Rows, rows = Math.Min(_call.M - row, _plan.PartPanels * TKernel.Rows);
        var mask = _call.Mask != null && chunk == _plan.Chunks - 1
            ? AheadRegion.Stretch(_call.Mask + row * _call.Ldmask, rows * _call.Ldmask, tiles / 2, depth)
            : default;
        if (_call.TransA) return (mask, AheadRegion.Steps(_call.A + from * _call.Lda + row, _call.Lda, rows));
        if (_source is { } source)
            return (mask, chunk == 0 ? AheadRegion.Stretch(source.From + row * source.Stride, rows * source.Stride, late, depth) : default);
        return (mask, _plan.Chunks == 1
            ? AheadRegion.Stretch(_call.A + row * _call.Lda, rows * _call.Lda, late, depth)
            : AheadRegion.Rows(_call.A + row * _call.Lda + from, _call.Lda, rows));
    }
}
