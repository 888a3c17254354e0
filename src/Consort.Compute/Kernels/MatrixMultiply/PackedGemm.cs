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

    public int MaxDepth { get; set; } = int.Parse(Environment.GetEnvironmentVariable("MD") ?? "640", System.Globalization.CultureInfo.InvariantCulture);

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        _plan = new GemmPlan(call.M, call.N, call.K, call.TransA, TKernel.Rows, TKernel.Columns, MaxDepth, _workers.Threads);
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

    // All tiles of the rows of panels a0 to a1 − 1 and the columns of panels b0 to b1 − 1, by chunk. A panel of B stays
    // in the first-level cache while A passes by.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(float* packedA, int a0, int a1, float* packedB, int b0, int b1, int chunk, int piece)
    {
        int from = chunk * _plan.Depth, tiles = (a1 - a0) * (b1 - b0), done = 0;
        bool last = chunk == _plan.Chunks - 1;
        bool add = chunk > 0 || _call.Accumulate;
        var tile = new GemmTile
        {
            Depth = Math.Min(_plan.Depth, _call.K - from),
            Floor = last && _call.Activation == Activation.Relu ? 0 : float.NegativeInfinity,
        };
        (Ahead operand, Ahead mask) = NextPart(chunk, piece, tiles);
        for (int j = b0; j < b1; j++)
        {
            int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
            bool narrow = IsNarrow(columns);
            tile.B = packedB + (j - b0) * _panelB;
            for (int i = a0; i < a1; i++, done++)
            {
                int row = i * TKernel.Rows, rows = Math.Min(TKernel.Rows, _call.M - row);
                bool @short = rows <= TKernel.ShortRows;
                float* c = _call.C + row * _call.Ldc + column;
                (tile.Lda, bool packed) = StepOfA(i);
                tile.A = packed ? packedA + (_call.TransA ? (i - a0) * TKernel.Rows * _stepA : 0) : _call.A + row * _call.Lda + from;
                tile.C = c;
                tile.Ldc = _call.Ldc;
                tile.Addend = add ? c : _row + column;
                tile.Ldaddend = add ? _call.Ldc : 0;
                bool lateHalf = done >= tiles / 2;
                tile.Ahead = lateHalf ? operand.Share(done - tiles / 2) : mask.Share(done);
                tile.AheadStep = lateHalf ? operand.PerStep : mask.PerStep;
                if (tile.Ahead == null)
                {
                    tile.Ahead = (byte*)tile.B; // nothing to ask for: a line that is in the cache
                    tile.AheadStep = 0;
                }
                if (chunk == 0 && _call.Accumulate && _call.Bias != null) AddBias(c, rows, column, columns);
                bool whole = rows == (@short ? TKernel.ShortRows : TKernel.Rows) && columns == (narrow ? TKernel.Columns / 2 : TKernel.Columns);
                if (last && _call.Mask != null && V.P >= 1) Near(_call.Mask + row * _call.Ldmask + column, _call.Ldmask, rows, columns);
                if (add && V.P >= 2) Near(c, _call.Ldc, rows, columns);
                bool masked = last && _call.Mask != null;
                tile.Mask = masked ? _call.Mask + row * _call.Ldmask + column : _ones;
                tile.Ldmask = masked ? _call.Ldmask : 0;
                if (whole) TKernel.Multiply(tile, @short, narrow);
                else Edge(tile, rows, columns, add, masked, @short, narrow);
            }
        }
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Near(float* from, nint stride, int rows, int columns)
    {
        if (!System.Runtime.Intrinsics.X86.Sse.IsSupported) return;
        for (int i = 0; i < rows; i++, from += stride)
        {
            for (int j = 0; j < columns; j += LineFloats) System.Runtime.Intrinsics.X86.Sse.Prefetch0(from + j);
        }
    }

    private void AddBias(float* c, int rows, int column, int columns)
    {
        for (int i = 0; i < rows; i++, c += _call.Ldc)
            for (int j = 0; j < columns; j++)
                c[j] += _call.Bias[column + j];
    }
}
internal static class V { public static int P = int.Parse(Environment.GetEnvironmentVariable("PF") ?? "0", System.Globalization.CultureInfo.InvariantCulture); }
