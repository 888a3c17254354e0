using Consort.Data.Batches;

namespace Consort.Learning.Teachers;

/// <summary>
/// What the teachers of a phase say of each of its rows, [rows, teachers], 4 bytes each: made once, in the order in which the rows are
/// stored, and read by the rows' places in every epoch.
/// </summary>
public sealed class TeacherLogits : IDisposable
{
    private readonly NativeBuffer<float> _logits;

    /// <summary>Room for them, zeroed.</summary>
    /// <param name="rows">Rows that a loader walks.</param>
    /// <param name="teachers">At least 0.</param>
    public TeacherLogits(long rows, int teachers)
    {
        (Rows, Teachers) = (rows, teachers);
        _logits = new NativeBuffer<float>(checked(rows * teachers));
    }

    /// <summary>Rows.</summary>
    public long Rows { get; }

    /// <summary>Teachers.</summary>
    public int Teachers { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => sizeof(float) * _logits.Length;

    /// <summary>A teacher's logit of the row at a place.</summary>
    public ref float this[long place, int teacher] => ref _logits[(place * Teachers) + teacher];

    /// <summary>Gives what a teacher says of the rows of a batch.</summary>
    /// <param name="batch">As a loader over the same rows hands it out.</param>
    /// <param name="teacher">0 ≤ t &lt; Teachers.</param>
    /// <param name="logits">Receives one a row, [B].</param>
    public void Give(Batch batch, int teacher, Span<double> logits)
    {
        ReadOnlySpan<long> places = batch.Places;
        var all = _logits.All;
        for (var row = 0; row < places.Length; row++)
            logits[row] = all[(places[row] * Teachers) + teacher];
    }

    /// <summary>
    /// Has each of the first rows taught by the one teacher that has not seen it: all say what the k-th of K says of rows of part k.
    /// </summary>
    /// <param name="rows">How many; those behind them are taught by all.</param>
    public void OutOfFold(long rows)
    {
        for (long row = 0; row < rows; row++)
        {
            var own = this[row, LeftOut.PartOf(row, Teachers) - 1];
            for (var teacher = 0; teacher < Teachers; teacher++)
                this[row, teacher] = own;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _logits.Dispose();
}
