using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Shards;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;

namespace Consort.Learning.Training;

/// <summary>Sums up gradients over ranks: dense ones slice by slice, those of tables row by row.</summary>
/// <param name="ranks">The ranks.</param>
/// <param name="store">Their gradients.</param>
/// <param name="shards">Where the rows of tables belong; null where all ranks have all.</param>
internal sealed class RankExchange(IRanks ranks, ParameterStore<float> store, TableShards<float>? shards) : IGradientExchange, IDisposable
{
    private readonly DenseExchange _dense = new(ranks, store.DenseGradients);

    public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
    {
        _dense.Run();
        if (shards is null)
            store.ExchangeRows();
        else
            shards.Return();
    }

    public void Dispose() => _dense.Dispose();
}
