namespace Consort.Data.Batches;

/// <summary>The order of a split's rows in an epoch; a pure function of (rows, seed, epoch), in constant memory.</summary>
internal readonly struct RowOrder
{
    /// <summary>Rows of a block and blocks of a window, where a split is too large to be shuffled row by row.</summary>
    public const int BlockRows = 4096;
    public const int WindowBlocks = 256;

    private readonly bool _shuffle;
    private readonly bool _exact;
    private readonly ulong _key;
    private readonly long _wholeRows;
    private readonly long _tailRows;
    private readonly KeyedPermutation _rows;

    public RowOrder(long rows, bool shuffle, bool exact, ulong seed, int epoch)
    {
        _shuffle = shuffle;
        _exact = exact;
        _key = KeyedPermutation.Key(seed, (ulong)epoch);
        _wholeRows = rows / BlockRows * BlockRows;
        _tailRows = rows - _wholeRows;
        // Exact: over rows. Windowed: over whole blocks.
        _rows = new KeyedPermutation(exact ? rows : _wholeRows / BlockRows, _key);
    }

    /// <summary>Fills in the rows at the given places of the epoch.</summary>
    public void Fill(long first, Span<long> rows)
    {
        if (!_shuffle)
        {
            for (var i = 0; i < rows.Length; i++) rows[i] = first + i;
        }
        else if (_exact)
        {
            for (var i = 0; i < rows.Length; i++) rows[i] = _rows[first + i];
        }
        else
        {
            FillWindowed(first, rows);
        }
    }

    private void FillWindowed(long first, Span<long> rows)
    {
        const long WindowRows = (long)BlockRows * WindowBlocks;
        long window = -1;
        KeyedPermutation inside = default;
        for (var i = 0; i < rows.Length; i++)
        {
            var place = first + i;
            var tail = place >= _wholeRows;
            var of = tail ? long.MaxValue : place / WindowRows;
            var start = tail ? _wholeRows : of * WindowRows;
            if (of != window)
            {
                window = of;
                inside = new KeyedPermutation(tail ? _tailRows : Math.Min(WindowRows, _wholeRows - start),
                    KeyedPermutation.Key(_key, (ulong)of));
            }
            var at = start + inside[place - start];
            rows[i] = tail ? at : _rows[at / BlockRows] * BlockRows + at % BlockRows;
        }
    }
}
