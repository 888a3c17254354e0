using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Data.Batches;

/// <summary>
/// Known tokens that are taken for unseen ones while a model trains, so that the row of unseen tokens learns what to say of them: each
/// token of each row with one chance, anew in each epoch.
/// </summary>
/// <param name="Rate">The chance, 0 to 1.</param>
/// <param name="Columns">The columns of ids that can meet unseen tokens, by their places.</param>
public sealed record MaskedTokens(double Rate, IReadOnlyList<int> Columns)
{
    private readonly ulong _below = (ulong)(Rate * 18446744073709551616.0);
    private readonly int[] _columns = [.. Columns];

    /// <summary>Masks the rows that a batch holds. What is masked follows from seed, epoch, place of the row and column alone.</summary>
    internal void Apply(Batch batch, FeatureSpace space, ulong seed, int epoch)
    {
        var places = batch.Places;
        var key = KeyedHash.Mix(seed ^ 0x6D61736BUL, (ulong)epoch);
        for (var row = 0; row < places.Length; row++)
        {
            var ids = batch.IdsOf(row);
            var ofRow = KeyedHash.Mix(key, (ulong)places[row]);
            foreach (var column in _columns)
            {
                var of = space.Categorical[column];
                var tokens = of.List is null ? ids.Slice(column, 1) : batch.Lists.Slice(ids[column] + 1, batch.Lists[ids[column]]);
                for (var i = 0; i < tokens.Length; i++)
                {
                    if (tokens[i] >= of.Offset + 2 && KeyedHash.Mix(ofRow, ((ulong)column << 32) | (uint)i) < _below)
                        tokens[i] = of.Offset + 1;
                }
            }
        }
    }
}
