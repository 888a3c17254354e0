using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Where the rows of each impression lie among those of <see cref="Positions"/>, in the batch under way.</summary>
internal sealed unsafe class Segments : IDisposable
{
    private readonly NativeBuffer<int> _starts; // [B + 1]
    private readonly int _columns;

    public Segments(Positions of, IReadOnlyList<IdRange> columns, int capacity)
    {
        (Of, _columns) = (of, columns.Count);
        Most = of.RowsOf(columns[of.Column].Length);
        Capacity = checked(capacity * Most);
        _starts = new NativeBuffer<int>(capacity + 1);
    }

    /// <summary>Whose rows.</summary>
    public Positions Of { get; }

    /// <summary>The most rows of an impression.</summary>
    public int Most { get; }

    /// <summary>The most rows of a batch.</summary>
    public int Capacity { get; }

    /// <summary>Rows of the batch under way.</summary>
    public int Rows { get; private set; }

    /// <summary>Where they begin among those of the whole batch, of which other ranks have the rest.</summary>
    public long First { get; set; }

    /// <summary>Impressions of the batch under way.</summary>
    public int Batch { get; private set; }

    /// <summary>The first row of each impression, and behind the last one where a further one would begin, [B + 1].</summary>
    public int* Starts => _starts.Pointer;

    /// <summary>Looks over a batch.</summary>
    public void Find(int* ids, int* lists, int batch)
    {
        var row = 0;
        for (var b = 0; b < batch; b++)
        {
            Starts[b] = row;
            row += Of.RowsOf(lists[ids[((long)b * _columns) + Of.Column]]);
        }

        Starts[batch] = row;
        (Rows, Batch) = (row, batch);
    }

    /// <summary>Counts the first impressions alone, or all of them again.</summary>
    public void Take(int batch) => (Rows, Batch) = (Starts[batch], batch);

    public void Dispose() => _starts.Dispose();
}
