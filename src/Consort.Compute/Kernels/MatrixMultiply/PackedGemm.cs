using System.Runtime.CompilerServices;
using Consort.Compute.Parallel;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// The blocked matrix multiply. B is packed into panels, a transposed A is transposed once, and an A that is stored by
/// rows is read where it is; see <see cref="GemmPlan"/> for who packs what and when.
/// </summary>
internal sealed unsafe partial class PackedGemm<TKernel> : FloatGemm, IParallelJob
    where TKernel : struct, IGemmKernel
{
    private readonly Workers _workers;
    private readonly NativeBuffer _sharedBuffer = new(), _ownBuffer = new(), _rowBuffer = new();
    private int[] _finishedParts = new int[16]; // per chunk
    private int[] _finishedPacks = new int[16]; // per chunk
    private int[] _progress = new int[64]; // per part: chunks added to C

    private GemmCall<float> _call;
    private GemmPlan _plan;
    private float* _shared, _own;
    private float* _ones; // as many as a tile has columns
    private float* _row; // [N] the bias or zeros, to the end of the last panel
    private nint _sharedLength, _ownLength;
    private nint _panelB; // elements from one panel of B to the next
    private nint _stepA; // elements from one row of a packed A to the next

    public PackedGemm(Workers workers) => _workers = workers;

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        _plan = new GemmPlan(call.M, call.N, call.K, call.TransA, TKernel.Rows, TKernel.Columns, _workers.Threads);
        TakeBuffers();
        Reset(ref _finishedParts, _plan.Chunks);
        Reset(ref _finishedPacks, _plan.Chunks);
        Reset(ref _progress, _plan.Parts);
        _workers.Run(this, _plan.Total);
    }

    public override void Dispose()
    {
        _sharedBuffer.Dispose();
        _ownBuffer.Dispose();
        _rowBuffer.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        (bool pack, int chunk, int piece) = _plan[index];
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.Depth, _call.K - from);
        float* shared = _shared + (chunk & 1) * _sharedLength;
        if (pack)
        {
            if (chunk > 1) Await(ref _finishedParts[chunk - 2], _plan.Parts); // who still read this buffer
            if (_plan.SharesB) PackSharedB(piece, from, depth, shared);
            else PackSharedA(piece, from, depth, shared);
            Interlocked.Increment(ref _finishedPacks[chunk]);
            return;
        }

        float* own = _own + worker * _ownLength;
        int first = piece * _plan.PartPanels;
        if (_plan.SharesB)
        {
            int end = Math.Min(_plan.PanelsA, first + _plan.PartPanels);
            PackOwnA(first, end, from, depth, own);
            Await(ref _finishedPacks[chunk], _plan.Packs);
            Await(ref _progress[piece], chunk);
            if (_call.RowSums != null) SumRows(first * TKernel.Rows, Math.Min(_call.M, end * TKernel.Rows), first, own, from, depth);
            Multiply(own, first, end, shared, 0, _plan.PanelsB, chunk, piece);
        }
        else
        {
            int end = Math.Min(_plan.PanelsB, first + _plan.PartPanels);
            PackB(first, end, from, depth, own);
            Await(ref _finishedPacks[chunk], _plan.Packs);
            Await(ref _progress[piece], chunk);
            if (_call.RowSums != null) SumRows((int)((long)_call.M * piece / _plan.Parts), (int)((long)_call.M * (piece + 1) / _plan.Parts), 0, shared, from, depth);
            Multiply(shared, 0, _plan.PanelsA, own, first, end, chunk, piece);
        }
        Volatile.Write(ref _progress[piece], chunk + 1);
        Interlocked.Increment(ref _finishedParts[chunk]);
    }

    // Pieces are begun in order and wait only for earlier ones, so whoever is awaited is at work.
    private static void Await(ref int counter, int value)
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref counter) < value) spin.SpinOnce(sleep1Threshold: -1);
    }

    private static void Reset(ref int[] counters, int count)
    {
        if (counters.Length < count) counters = new int[count * 2];
        else Array.Clear(counters, 0, count);
    }

    // All tiles of the rows of panels a0 to a1 − 1 and the columns of panels b0 to b1 − 1, by a chunk of the depth.
    private void Multiply(float* packedA, int a0, int a1, float* packedB, int b0, int b1, int chunk, int piece)
    {
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.Depth, _call.K - from);
        int blocks = Math.Max(1, (depth + _plan.BlockDepth - 1) / Math.Max(1, _plan.BlockDepth));
        int tiles = (a1 - a0) * (b1 - b0) * blocks;
        (AheadRegion early, AheadRegion late) = LookAhead(chunk, piece, tiles);
        var tile = new GemmTile { Ldc = _call.Ldc };
        for (int block = 0, done = 0; block < blocks; block++)
        {
            int at = block * _plan.BlockDepth;
            bool last = chunk == _plan.Chunks - 1 && block == blocks - 1;
            bool add = chunk + block > 0 || _call.Accumulate;
            bool masked = last && _call.Mask != null;
            tile.Depth = Math.Min(_plan.BlockDepth, depth - at);
            tile.Floor = last && _call.Activation == Activation.Relu ? 0 : float.NegativeInfinity;
            for (int j = b0; j < b1; j++)
            {
                int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
                bool narrow = IsNarrow(columns);
                int tileColumns = narrow ? TKernel.Columns / 2 : TKernel.Columns;
                tile.B = packedB + (j - b0) * _panelB + at * tileColumns; // stays in the first-level cache while A passes by
                for (int i = a0; i < a1; i++, done++)
                {
                    int row = i * TKernel.Rows, rows = Math.Min(TKernel.Rows, _call.M - row);
                    bool @short = rows <= TKernel.ShortRows;
                    (tile.Lda, bool packed) = StepOfA(i);
                    tile.A = at + (packed ? packedA + (_call.TransA ? (i - a0) * TKernel.Rows * _stepA : 0) : _call.A + row * _call.Lda + from);
                    tile.C = _call.C + row * _call.Ldc + column;
                    tile.Addend = add ? tile.C : _row + column;
                    tile.Ldaddend = add ? _call.Ldc : 0;
                    tile.Mask = masked ? _call.Mask + row * _call.Ldmask + column : _ones;
                    tile.Ldmask = masked ? _call.Ldmask : 0;
                    AskAhead(ref tile, done < tiles / 2 ? early : late, done < tiles / 2 ? done : done - tiles / 2);
                    if (chunk + block == 0 && _call.Accumulate && _call.Bias != null) AddBias(tile.C, rows, column, columns);
                    bool whole = rows == (@short ? TKernel.ShortRows : TKernel.Rows) && columns == tileColumns;
                    if (whole) TKernel.Multiply(tile, @short, narrow);
                    else Edge(tile, rows, columns, add, masked, @short, narrow);
                }
            }
        }
    }

    private static void AskAhead(ref GemmTile tile, in AheadRegion region, int share)
    {
        byte* start = region.Share(share);
        tile.Ahead = start == null ? (byte*)tile.B : start; // if there is nothing to ask for, a line that is at hand
        tile.AheadStep = start == null ? 0 : region.PerStep;
    }

    // The last rows or columns: a whole tile is computed aside and the part that exists is copied.
    private static void Edge(GemmTile tile, int rows, int columns, bool add, bool masked, bool @short, bool narrow)
    {
        int width = TKernel.Columns, size = TKernel.Rows * width;
        float* aside = stackalloc float[2 * size];
        float* c = tile.C;
        nint ldc = tile.Ldc;
        if (add)
        {
            Panels.CopyRows(c, ldc, rows, columns, aside, width);
            tile.Addend = aside;
            tile.Ldaddend = width;
        }
        if (masked)
        {
            Panels.CopyRows(tile.Mask, tile.Ldmask, rows, columns, aside + size, width);
            tile.Mask = aside + size;
            tile.Ldmask = width;
        }
        tile.C = aside;
        tile.Ldc = width;
        TKernel.Multiply(tile, @short, narrow);
        Panels.CopyRows(aside, width, rows, columns, c, ldc);
    }

    private void AddBias(float* c, int rows, int column, int columns)
    {
        for (int i = 0; i < rows; i++, c += _call.Ldc)
            for (int j = 0; j < columns; j++)
                c[j] += _call.Bias[column + j];
    }
}
