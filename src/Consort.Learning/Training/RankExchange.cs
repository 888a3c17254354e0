using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Shards;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;

namespace Consort.Learning.Training;

/// <summary>
/// Sums up gradients over ranks: dense ones part by part, as far as can be during the backward pass, those of tables row by row.
/// </summary>
/// <param name="ranks">The ranks.</param>
/// <param name="store">Their gradients.</param>
/// <param name="shards">Where the rows of tables belong; null where all ranks have all.</param>
internal sealed class RankExchange(IRanks ranks, ParameterStore<float> store, TableShards<float>? shards) : IGradientExchange, IDisposable
{
    private readonly DenseExchange _dense = new(ranks, store);

    /// <summary>The backward pass has left a value.</summary>
    public void Passed(int value) => _dense.Passed(value);

    public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
    {
        if (shards is null)
            store.ExchangeRows();
        else
            shards.Return();
        _dense.Finish();
    }

    public void Dispose() => _dense.Dispose();
}
