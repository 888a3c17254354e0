namespace Consort.Compute.Kernels.MatrixMultiply;

// Where the operands of a chunk lie, and how they get there.
internal sealed unsafe partial class PackedGemm<TKernel>
{
    private const int LineFloats = 16;
    private const int PageFloats = 1024;

    private static bool IsNarrow(int columns) => columns <= TKernel.Columns / 2;

    private void TakeBuffers()
    {
        _panelB = RoundUp((nint)_plan.Depth * TKernel.Columns + LineFloats, LineFloats);
        _stepA = RoundUp(_plan.Depth, LineFloats);
        if (_stepA % (PageFloats / 4) == 0) _stepA += LineFloats; // else the rows of a tile share few sets of the cache
        nint panelA = TKernel.Rows * _stepA;
        _sharedLength = _plan.SharesB ? _plan.PanelsB * _panelB : (_call.TransA ? _plan.PanelsA : 1) * panelA;
        _ownLength = !_plan.SharesB ? _plan.PartPanels * _panelB : (_call.TransA ? _plan.PartPanels : 1) * panelA;
        _shared = _sharedBuffer.Take(2 * _sharedLength);
        _own = _ownBuffer.Take(_workers.Threads * _ownLength);
        int width = _plan.PanelsB * TKernel.Columns;
        _ones = _rowBuffer.Take(TKernel.Columns + width);
        _row = _ones + TKernel.Columns;
        new Span<float>(_ones, TKernel.Columns).Fill(1);
        new Span<float>(_row, width).Clear();
        if (_call.Bias != null) new ReadOnlySpan<float>(_call.Bias, _call.N).CopyTo(new Span<float>(_row, width));
    }

    private static nint RoundUp(nint value, nint unit) => (value + unit - 1) / unit * unit;

    private void PackSharedB(int piece, int from, int depth, float* to)
    {
        int first = piece * _plan.PackUnits;
        PackB(first, Math.Min(_plan.PanelsB, first + _plan.PackUnits), from, depth, to + first * _panelB);
    }

    private void PackB(int first, int end, int from, int depth, float* to)
    {
        for (int j = first; j < end; j++, to += _panelB)
        {
            int column = j * TKernel.Columns, columns = Math.Min(TKernel.Columns, _call.N - column);
            int width = IsNarrow(columns) ? TKernel.Columns / 2 : TKernel.Columns;
            if (!_call.TransB)
            {
                Panels.Copy(_call.B + from * _call.Ldb + column, _call.Ldb, columns, depth, to, width);
                continue;
            }
            if (columns < width) new Span<float>(to, depth * width).Clear();
            TKernel.Transpose(_call.B + column * _call.Ldb + from, _call.Ldb, columns, depth, to, width);
        }
    }

    // A piece is some steps of the depth, so that a transposed A is read along its rows.
    private void PackSharedA(int piece, int from, int depth, float* to)
    {
        if (!_call.TransA)
        {
            CopyLastRows(from, depth, to);
            return;
        }
        int first = piece * _plan.PackUnits, count = Math.Min(_plan.PackUnits, depth - first);
        if (count > 0) TKernel.Transpose(_call.A + (from + first) * _call.Lda, _call.Lda, count, _call.M, to + first, _stepA);
    }

    private void PackOwnA(int first, int end, int from, int depth, float* to)
    {
        int row = first * TKernel.Rows, rows = Math.Min(_call.M, end * TKernel.Rows) - row;
        if (_call.TransA) TKernel.Transpose(_call.A + from * _call.Lda + row, _call.Lda, depth, rows, to, _stepA);
        else if (end == _plan.PanelsA) CopyLastRows(from, depth, to);
    }

    // A tile reads as many rows as it has; where A ends before, the last rows are copied so that others can follow them.
    private void CopyLastRows(int from, int depth, float* to)
    {
        int row = (_plan.PanelsA - 1) * TKernel.Rows;
        Panels.CopyRows(_call.A + row * _call.Lda + from, _call.Lda, _call.M - row, depth, to, _stepA);
    }

    // The step from row to row of a tile's A, and whether they are packed.
    private (nint Step, bool Packed) StepOfA(int panel)
    {
        if (_call.TransA) return (_stepA, true);
        int rows = _call.M - panel * TKernel.Rows;
        return rows < TKernel.Rows && rows != TKernel.ShortRows ? (_stepA, true) : (_call.Lda, false);
    }

    // Adds this chunk's part of the row sums; packed holds the rows from that of the first panel on, if A is transposed.
    private void SumRows(int row, int end, int firstPanel, float* packed, int from, int depth)
    {
        for (; row < end; row++)
        {
            float* a = _call.TransA ? packed + (row - firstPanel * TKernel.Rows) * _stepA : _call.A + row * _call.Lda + from;
            float sum = Panels.Sum(a, depth);
            _call.RowSums[row] = from > 0 || _call.Accumulate ? _call.RowSums[row] + sum : sum;
        }
    }

    // What will soon be read from far away: in the early half of a part's tiles the mask of the part that this worker
    // will probably compute next, or A of the next chunk; in the late half the operand that part has to pack.
    private (AheadRegion Early, AheadRegion Late) LookAhead(int chunk, int piece, int tiles)
    {
        AheadRegion nextA = _plan.SharesB ? default : NextSharedA(chunk, piece, tiles / 2);
        piece += _workers.Threads;
        if (piece >= _plan.Parts)
        {
            piece -= _plan.Parts;
            chunk++;
        }
        if (piece >= _plan.Parts || chunk >= _plan.Chunks) return (nextA, default);
        int from = chunk * _plan.Depth, depth = Math.Min(_plan.BlockDepth, _call.K - from), late = tiles - tiles / 2;
        if (!_plan.SharesB)
        {
            int column = piece * _plan.PartPanels * TKernel.Columns, columns = Math.Min(_call.N - column, _plan.PartPanels * TKernel.Columns);
            return (nextA, _call.TransB
                ? AheadRegion.Rows(_call.B + column * _call.Ldb + from, _call.Ldb, columns)
                : AheadRegion.Steps(_call.B + from * _call.Ldb + column, _call.Ldb, columns));
        }
        int row = piece * _plan.PartPanels * TKernel.Rows, rows = Math.Min(_call.M - row, _plan.PartPanels * TKernel.Rows);
        AheadRegion mask = _call.Mask != null && chunk == _plan.Chunks - 1
            ? AheadRegion.Stretch(_call.Mask + row * _call.Ldmask, rows * _call.Ldmask, tiles / 2, depth)
            : default;
        if (_call.TransA) return (mask, AheadRegion.Steps(_call.A + from * _call.Lda + row, _call.Lda, rows));
        return (mask, _plan.Chunks == 1
            ? AheadRegion.Stretch(_call.A + row * _call.Lda, rows * _call.Lda, late, depth)
            : AheadRegion.Rows(_call.A + row * _call.Lda + from, _call.Lda, rows));
    }

    // The parts of the first half of a chunk share out the A of the next, which is packed after them.
    private AheadRegion NextSharedA(int chunk, int piece, int tiles)
    {
        int half = _plan.Parts / 2;
        if (!_call.TransA || chunk + 1 >= _plan.Chunks || piece >= half) return default;
        nint share = _plan.Depth * _call.Lda / half;
        return AheadRegion.Stretch(_call.A + (chunk + 1) * _plan.Depth * _call.Lda + piece * share, share, tiles, _plan.BlockDepth);
    }
}
