namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Where the operands of a chunk lie, and how they get there: B is packed into panels, A is read where it is, but for its last rows.
/// </summary>
internal sealed unsafe class PackedOperands<TKernel> : IDisposable
    where TKernel : struct, IGemmKernel
{
    private const int LineFloats = 16;
    private const int PageFloats = 1024;

    private readonly NativeBuffer _sharedBuffer = new(), _ownBuffer = new();
    private GemmCall<float> _call;
    private GemmPlan _plan;
    private float* _shared, _own;
    private nint _sharedLength, _ownLength;
    private nint _stepA; // elements from one row of a packed A to the next

    /// <summary>Elements from one panel of B to the next.</summary>
    public nint PanelB { get; private set; }

    /// <summary>Takes memory for a product.</summary>
    public void Begin(in GemmCall<float> call, in GemmPlan plan, int threads)
    {
        (_call, _plan) = (call, plan);
        PanelB = RoundUp((nint)plan.Depth * TKernel.Columns + LineFloats, LineFloats);
        _stepA = RoundUp(plan.Depth, LineFloats);
        if (_stepA % (PageFloats / 4) == 0) _stepA += LineFloats; // else the rows of a tile share few sets of the cache
        var lastA = TKernel.Rows * _stepA; // as no other rows are packed
        _sharedLength = plan.SharesB ? plan.PanelsB * PanelB : lastA;
        _ownLength = plan.SharesB ? lastA : plan.PartPanels * PanelB;
        _shared = _sharedBuffer.Take(2 * _sharedLength);
        _own = _ownBuffer.Take(threads * _ownLength);
    }

    /// <summary>Where what is packed for all lies: two chunks side by side, one of which is read while the other is packed.</summary>
    public float* Shared(int chunk) => _shared + (chunk & 1) * _sharedLength;

    /// <summary>Where what a worker packs for itself lies.</summary>
    public float* Own(int worker) => _own + worker * _ownLength;

    /// <summary>Packs a piece of what is for all.</summary>
    public void PackShared(int piece, int from, int depth, float* to)
    {
        if (!_plan.SharesB)
        {
            CopyLastRows(from, depth, to);
            return;
        }
        var first = piece * _plan.PackUnits;
        PackB(first, Math.Min(_plan.PanelsB, first + _plan.PackUnits), from, depth, to + first * PanelB);
    }

    /// <summary>Packs panels of B, [first, end).</summary>
    public void PackB(int first, int end, int from, int depth, float* to)
    {
        for (var j = first; j < end; j++, to += PanelB)
        {
            int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
            var width = TileWriter<TKernel>.Width(columns);
            if (!_call.TransB)
            {
                Panels.Copy(_call.B + from * _call.Ldb + column, _call.Ldb, columns, depth, to, width);
                continue;
            }
            if (columns < width) new Span<float>(to, depth * width).Clear();
            TKernel.Transpose(_call.B + column * _call.Ldb + from, _call.Ldb, columns, depth, to, width);
        }
    }

    /// <summary>
    /// A tile reads as many rows as it has; where A ends before, the last rows are copied so that others can follow them.
    /// </summary>
    public void CopyLastRows(int from, int depth, float* to)
    {
        int row = (_plan.PanelsA - 1) * TKernel.Rows, rows = _call.M - row;
        if (rows == TileWriter<TKernel>.Height(rows)) return;
        if (_call.TransA) Panels.Copy(_call.A + from * _call.Lda + row, _call.Lda, rows, depth, to, TKernel.Rows);
        else Panels.CopyRows(_call.A + row * _call.Lda + from, _call.Lda, rows, depth, to, _stepA);
    }

    /// <summary>Says where the A of a tile begins, and the elements from one row and from one step to the next.</summary>
    public void PlaceA(ref GemmTile tile, int panel, int from, int at, float* packed)
    {
        int row = panel * TKernel.Rows, rows = _call.M - row;
        var isWhole = rows >= TileWriter<TKernel>.Height(rows);
        if (_call.TransA) (tile.RowA, tile.StepA) = (1, isWhole ? _call.Lda : TKernel.Rows);
        else (tile.RowA, tile.StepA) = (isWhole ? _call.Lda : _stepA, 1);
        tile.A = (isWhole ? _call.A + row * (_call.TransA ? 1 : _call.Lda) + from * tile.StepA : packed) + at * tile.StepA;
    }

    public void Dispose()
    {
        _sharedBuffer.Dispose();
        _ownBuffer.Dispose();
    }

    private static nint RoundUp(nint value, nint unit) => (value + unit - 1) / unit * unit;
}
