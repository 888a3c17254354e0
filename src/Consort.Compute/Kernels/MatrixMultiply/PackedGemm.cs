using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Consort.Compute.Parallel;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>A way to multiply in single precision, with the buffers it needs.</summary>
internal abstract class FloatGemm : IDisposable
{
    public abstract void Run(in GemmCall<float> call);

    public abstract void Dispose();
}

/// <summary>
/// The packed matrix multiply: both operands are copied into panels that the micro-kernel reads from end to end,
/// see <see cref="GemmPlan"/> for who packs what and when.
/// </summary>
internal sealed unsafe class PackedGemm<TKernel> : FloatGemm, IParallelJob
    where TKernel : struct, IGemmKernel
{
    private const int Slack = 16; // elements that packing may overwrite after a panel
    private const int LineFloats = 16;

    private readonly Workers _workers;
    private readonly NativeBuffer _sharedBuffer = new(), _ownBuffer = new(), _rowBuffer = new();
    private int[] _finishedParts = new int[16]; // per chunk
    private int[] _finishedPacks = new int[16]; // per chunk
    private int[] _progress = new int[64]; // per part: chunks added to C

    private GemmCall<float> _call;
    private GemmPlan _plan;
    private float* _shared, _own, _row;
    private nint _panelA, _panelB; // elements from one panel to the next

    public PackedGemm(Workers workers) => _workers = workers;

    public int MaxDepth { get; set; } = 640;

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        _plan = new GemmPlan(call.M, call.N, call.K, TKernel.Rows, TKernel.Columns, MaxDepth, _workers.Threads);
        _panelA = PanelLength(TKernel.Rows);
        _panelB = PanelLength(TKernel.Columns);
        _shared = _sharedBuffer.Take(2 * SharedLength);
        _own = _ownBuffer.Take(_workers.Threads * OwnLength);
        _row = _rowBuffer.Take((nint)_plan.PanelsB * TKernel.Columns);
        var row = new Span<float>(_row, _plan.PanelsB * TKernel.Columns);
        row.Clear();
        if (call.Bias != null) new ReadOnlySpan<float>(call.Bias, call.N).CopyTo(row);
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

    private nint SharedLength => _plan.SharesB ? _plan.PanelsB * _panelB : _plan.PanelsA * _panelA;

    private nint OwnLength => _plan.PartPanels * (_plan.SharesB ? _panelA : _panelB);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        (bool pack, int chunk, int piece) = _plan[index];
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.Depth, _call.K - from);
        float* shared = _shared + (chunk & 1) * SharedLength;
        if (pack)
        {
            // The buffer was last read two chunks ago; row sums are added in the order of the chunks.
            if (chunk > 1) Await(ref _finishedParts[chunk - 2], _plan.Parts);
            if (chunk > 0) Await(ref _finishedPacks[chunk - 1], _plan.Packs);
            int first = piece * _plan.PackPanels;
            if (_plan.SharesB) PackB(first, Math.Min(_plan.PanelsB, first + _plan.PackPanels), from, depth, shared + first * _panelB);
            else PackA(first, Math.Min(_plan.PanelsA, first + _plan.PackPanels), from, depth, shared + first * _panelA, chunk);
            Interlocked.Increment(ref _finishedPacks[chunk]);
            return;
        }

        float* own = _own + worker * OwnLength;
        int start = piece * _plan.PartPanels;
        if (_plan.SharesB)
        {
            int end = Math.Min(_plan.PanelsA, start + _plan.PartPanels);
            Await(ref _progress[piece], chunk);
            PackA(start, end, from, depth, own, chunk);
            Await(ref _finishedPacks[chunk], _plan.Packs);
            Multiply(own, start, end, shared, 0, _plan.PanelsB, depth, chunk);
        }
        else
        {
            int end = Math.Min(_plan.PanelsB, start + _plan.PartPanels);
            PackB(start, end, from, depth, own);
            Await(ref _finishedPacks[chunk], _plan.Packs);
            Await(ref _progress[piece], chunk);
            Multiply(shared, 0, _plan.PanelsA, own, start, end, depth, chunk);
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

    private nint PanelLength(int width) => ((nint)_plan.Depth * width + Slack + LineFloats - 1) / LineFloats * LineFloats;

    private static void Reset(ref int[] counters, int count)
    {
        if (counters.Length < count) counters = new int[count * 2];
        else Array.Clear(counters, 0, count);
    }

    private static bool IsShort(int rows) => rows <= TKernel.ShortRows;

    private static bool IsNarrow(int columns) => columns <= TKernel.Columns / 2;

    private void PackA(int first, int end, int from, int depth, float* to, int chunk)
    {
        for (int i = first; i < end; i++, to += _panelA)
        {
            int row = i * TKernel.Rows, rows = Math.Min(TKernel.Rows, _call.M - row);
            int width = IsShort(rows) ? TKernel.ShortRows : TKernel.Rows;
            if (_call.TransA) Panels.Copy(_call.A + from * _call.Lda + row, _call.Lda, rows, depth, to, width);
            else TKernel.Transpose(_call.A + row * _call.Lda + from, _call.Lda, rows, depth, to, width);
            if (_call.RowSums != null) Panels.Sum(to, depth, width, _call.RowSums + row, rows, chunk > 0 || _call.Accumulate);
        }
    }

    private void PackB(int first, int end, int from, int depth, float* to)
    {
        for (int j = first; j < end; j++, to += _panelB)
        {
            int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
            int width = IsNarrow(columns) ? TKernel.Columns / 2 : TKernel.Columns;
            if (_call.TransB) TKernel.Transpose(_call.B + column * _call.Ldb + from, _call.Ldb, columns, depth, to, width);
            else Panels.Copy(_call.B + from * _call.Ldb + column, _call.Ldb, columns, depth, to, width);
        }
    }

    // All tiles of panels a0 to a1 − 1 by b0 to b1 − 1; a panel of B stays in the first-level cache meanwhile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(float* a, int a0, int a1, float* b, int b0, int b1, int depth, int chunk)
    {
        bool last = chunk == _plan.Chunks - 1;
        bool add = chunk > 0 || _call.Accumulate;
        var tile = new GemmTile
        {
            Depth = depth,
            Floor = last && _call.Activation == Activation.Relu ? 0 : float.NegativeInfinity,
        };
        for (int j = b0; j < b1; j++)
        {
            int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
            bool narrow = IsNarrow(columns);
            int tileColumns = narrow ? TKernel.Columns / 2 : TKernel.Columns;
            tile.B = b + (j - b0) * _panelB;
            for (int i = a0; i < a1; i++)
            {
                int row = i * TKernel.Rows, rows = Math.Min(TKernel.Rows, _call.M - row);
                bool @short = IsShort(rows);
                int tileRows = @short ? TKernel.ShortRows : TKernel.Rows;
                float* c = _call.C + row * _call.Ldc + column;
                if (add) Prefetch(c, rows, columns);
                if (chunk == 0 && _call.Accumulate && _call.Bias != null) AddBias(c, rows, column, columns);
                tile.A = a + (i - a0) * _panelA;
                tile.C = c;
                tile.Ldc = _call.Ldc;
                tile.Addend = add ? c : _row + column;
                tile.Ldaddend = add ? _call.Ldc : 0;
                if (rows == tileRows && columns == tileColumns) TKernel.Multiply(tile, @short, narrow);
                else Edge(tile, rows, columns, add, @short, narrow);
                if (last && _call.Mask != null)
                    Panels.Mask(c, _call.Ldc, _call.Mask + row * _call.Ldmask + column, _call.Ldmask, rows, columns);
            }
        }
    }

    // The last rows or columns: a whole tile is computed aside and the part that exists is copied.
    private void Edge(GemmTile tile, int rows, int columns, bool add, bool @short, bool narrow)
    {
        int width = TKernel.Columns;
        float* aside = stackalloc float[TKernel.Rows * TKernel.Columns];
        float* c = tile.C;
        if (add)
        {
            for (int i = 0; i < rows; i++) new ReadOnlySpan<float>(c + i * _call.Ldc, columns).CopyTo(new Span<float>(aside + i * width, columns));
            tile.Addend = aside;
            tile.Ldaddend = width;
        }
        tile.C = aside;
        tile.Ldc = width;
        TKernel.Multiply(tile, @short, narrow);
        for (int i = 0; i < rows; i++) new ReadOnlySpan<float>(aside + i * width, columns).CopyTo(new Span<float>(c + i * _call.Ldc, columns));
    }

    private void Prefetch(float* c, int rows, int columns)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < rows; i++, c += _call.Ldc)
        {
            for (int j = 0; j < columns; j += LineFloats) Sse.Prefetch0(c + j);
            Sse.Prefetch0(c + columns - 1);
        }
    }

    private void AddBias(float* c, int rows, int column, int columns)
    {
        for (int i = 0; i < rows; i++, c += _call.Ldc)
            for (int j = 0; j < columns; j++)
                c[j] += _call.Bias[column + j];
    }
}
