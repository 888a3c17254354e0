using Consort.Compute.Cpu.Parameters;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;

namespace Consort.Learning.Training;

/// <summary>Sums up gradients over ranks: dense ones slice by slice, those of tables row by row.</summary>
/// <param name="ranks">The ranks.</param>
/// <param name="store">Their gradients.</param>
internal sealed class RankExchange(IRanks ranks, ParameterStore<float> store) : IGradientExchange, IDisposable
{
    private readonly DenseExchange _dense = new(ranks, store.DenseGradients);

    public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
    {
        _dense.Run();
        store.ExchangeRows();
    }

    public void Dispose() => _dense.Dispose();
}
