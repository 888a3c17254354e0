namespace Consort.Boosting;

/// <summary>Trees that grow one by one over rows.</summary>
internal sealed class GrownTrees : IDisposable
{
    private const float LargestLogit = 15.9f; // of the least probability that is told, 1.2e-7

    private readonly nint[] _rows;
    private readonly nint _booster;

    /// <summary>None yet.</summary>
    /// <param name="train">What they learn from.</param>
    /// <param name="valid">What they are measured on; null for nothing.</param>
    /// <param name="settings">As LightGBM writes them.</param>
    public GrownTrees(RowTable train, RowTable? valid, string settings)
    {
        var rows = LightGbm.Rows(train.Values, train.Labels, train.Columns, settings, 0, train.Weights);
        var others = valid is null ? 0 : LightGbm.Rows(valid.Values, valid.Labels, valid.Columns, settings, rows, valid.Weights);
        _rows = others == 0 ? [rows] : [others, rows];
        _booster = LightGbm.Booster(rows, others, settings);
    }

    /// <summary>Grows a tree more and gives the AUC on what they are measured on; NaN on nothing.</summary>
    public double Grow() => LightGbm.Grow(_booster, _rows.Length > 1);

    /// <summary>The logits of rows by the first trees.</summary>
    public float[] Logits(RowTable table, int trees) => Array.ConvertAll(
        LightGbm.Predict(_booster, table.Values, table.Labels.Length, table.Columns, trees),
        p => Math.Clamp((float)Math.Log(p / (1 - p)), -LargestLogit, LargestLogit));

    /// <inheritdoc/>
    public void Dispose() => LightGbm.Free(_booster, _rows);
}
