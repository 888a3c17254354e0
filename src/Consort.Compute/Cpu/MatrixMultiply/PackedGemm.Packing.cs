namespace Consort.Compute.Cpu.MatrixMultiply;

// Where the operands of a chunk lie, and how they get there.
internal sealed unsafe partial class PackedGemm<TKernel>
{
    private const int LineFloats = 16;
    private const int PageFloats = 1024;

    private void TakeBuffers()
    {
        _panelB = RoundUp((nint)_plan.Depth * TKernel.Columns + LineFloats, LineFloats);
        _stepA = RoundUp(_plan.Depth, LineFloats);
        if (_stepA % (PageFloats / 4) == 0) _stepA += LineFloats; // else the rows of a tile share few sets of the cache
        var lastA = TKernel.Rows * _stepA; // as no other rows are packed
        _sharedLength = _plan.SharesB ? _plan.PanelsB * _panelB : lastA;
        _ownLength = _plan.SharesB ? lastA : _plan.PartPanels * _panelB;
        _shared = _sharedBuffer.Take(2 * _sharedLength);
        _own = _ownBuffer.Take(_workers.Threads * _ownLength);
    }

    private static nint RoundUp(nint value, nint unit) => (value + unit - 1) / unit * unit;

    private void PackSharedB(int piece, int from, int depth, float* to)
    {
        var first = piece * _plan.PackUnits;
        PackB(first, Math.Min(_plan.PanelsB, first + _plan.PackUnits), from, depth, to + first * _panelB);
    }

    private void PackB(int first, int end, int from, int depth, float* to)
    {
        for (var j = first; j < end; j++, to += _panelB)
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

    // A tile reads as many rows as it has; where A ends before, the last rows are copied so that others can follow them.
    private void CopyLastRows(int from, int depth, float* to)
    {
        int row = (_plan.PanelsA - 1) * TKernel.Rows, rows = _call.M - row;
        if (rows == TileWriter<TKernel>.Height(rows)) return;
        if (_call.TransA) Panels.Copy(_call.A + from * _call.Lda + row, _call.Lda, rows, depth, to, TKernel.Rows);
        else Panels.CopyRows(_call.A + row * _call.Lda + from, _call.Lda, rows, depth, to, _stepA);
    }

    // Where the A of a tile begins, and the elements from one row and from one step to the next.
    private void PlaceA(ref GemmTile tile, int panel, int from, int at, float* packed)
    {
        int row = panel * TKernel.Rows, rows = _call.M - row;
        var isWhole = rows >= TileWriter<TKernel>.Height(rows);
        if (_call.TransA) (tile.RowA, tile.StepA) = (1, isWhole ? _call.Lda : TKernel.Rows);
        else (tile.RowA, tile.StepA) = (isWhole ? _call.Lda : _stepA, 1);
        tile.A = (isWhole ? _call.A + row * (_call.TransA ? 1 : _call.Lda) + from * tile.StepA : packed) + at * tile.StepA;
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
