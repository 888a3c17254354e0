using Consort.Benchmarks.Peers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Experiments.Running;
using Consort.Models;

namespace Consort.Benchmarks.Parity;

/// <summary>
/// The trainer's pass in double precision with the weights that it has in single: how far rounding alone takes the trainer's own
/// probabilities, which no other path can be nearer to than by chance.
/// </summary>
internal static class ParityExact
{
    private const int BatchRows = 1024;

    public static double[] Of(FinishedRun run, ReadOnlyMemory<byte>[][] rows)
    {
        using var store = new ParameterStore<double>(run.Graph);
        foreach (var slot in run.Store.Slots)
            for (var i = 0; i < slot.Length; i++) store.Values(slot.Parameter)[i] = run.Store.Values(slot.Parameter)[i];
        foreach (var table in run.Store.Embeddings)
            for (long i = 0; i < table.Values.Length; i++) store.Embedding(table.Table).Values[i] = table.Values[i];
        using var workers = new Workers(1);
        using var program = new Program<double>(run.Graph, store, OperationKernels.Of<double>(), BatchRows, workers, withGradients: false);
        (var ids, var numbers) = OnnxFeeds.Encode(run.Encoder, rows);
        int width = run.Encoder.Space.Categorical.Count, numerics = run.Encoder.Space.Numeric.Count;
        var share = run.Fusion.Share(program.Members);
        var probabilities = new double[rows.Length];
        for (var start = 0; start < rows.Length; start += BatchRows)
        {
            var count = Math.Min(BatchRows, rows.Length - start);
            program.Forward(ids.AsSpan(start * width), numbers.AsSpan(start * numerics), new Step(count, isTraining: false));
            for (var row = 0; row < count; row++)
            {
                double logit = 0;
                for (var member = 0; member < program.Members; member++) logit += program.Logits(member)[row];
                probabilities[start + row] = 1 / (1 + Math.Exp(-logit * share));
            }
        }
        return probabilities;
    }
}
