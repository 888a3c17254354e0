using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Foundation.Numbers;
using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Serving.Calibrations;
using Consort.Serving.Packages;

namespace Consort.Serving.Tests;

/// <summary>
/// A family with numbers of a size at which all matter, as if it had been trained, and what the trainer's pass makes of it.
/// </summary>
internal sealed unsafe class TrainedFamily : IDisposable
{
    private readonly ServingData _data;
    private readonly string _model;

    public TrainedFamily(ServingData data, string model, ulong seed = 3, double deviation = 0.3)
    {
        _data = data;
        var options = OptionMap.Parse(model, "model");
        Graph = Family.From(options).Build(data.Encoder.Space);
        options.Close();
        _model = options.Resolved();
        Store = new ParameterStore<float>(Graph);
        foreach (var slot in Store.Slots)
            Fill(slot.Parameter.Name, Store.Values(slot.Parameter));
        foreach (var table in Store.Embeddings)
            Fill(table.Table.Name, table.Values.Span);

        void Fill(string name, Span<float> values)
        {
            var random = new CounterRandom(seed, name);
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(name.EndsWith("/variance", StringComparison.Ordinal) ? 0.5
                    + random.Uniform((ulong)i) : random.Normal((ulong)i) * deviation);
        }
    }

    public Graph Graph { get; }

    public ParameterStore<float> Store { get; }

    /// <summary>A model section of one member, or of several alike.</summary>
    public static string Of(string name, string options, int count = 1, bool shared = true, int dimension = 5) =>
        $"embedding: {{ dimension: {dimension}, shared: {(shared ? "true" : "false")} }}\nmembers:\n  - {{ model: {name}, count: {count}{(options == "{}" ? " }" : ", " + options.TrimStart('{', ' '))}\n";

    public PackageContent Content(PackageWeights weights = PackageWeights.Fp32, IReadOnlyList<int>? members = null,
        Fusion fusion = Fusion.Mean, Calibration? calibration = null) => new()
        {
            Name = "test",
            Model = _model,
            Graph = Graph,
            Store = Store,
            Encoder = _data.Encoder,
            Members = members ?? [.. Enumerable.Range(0, Graph.Outputs.Count)],
            Fusion = fusion,
            Weights = weights,
            Calibration = calibration ?? Calibration.None,
            TrainingData = "key",
        };

    /// <summary>Packs it, and loads the package.</summary>
    public Scorer Scorer(PackageContent content)
    {
        var path = _data.NewFile("model.consort");
        PackageWriter.Write(path, content);
        return Serving.Scorer.Load(path);
    }

    /// <summary>The probabilities of the new rows as the trainer's evaluation gives them: of the fused logit, or of a member's.</summary>
    public double[] Probabilities(Fusion fusion = Fusion.Mean, int? member = null)
    {
        using var workers = new Workers(1);
        using var program = new Program<float>(Graph, Store, OperationKernels.Of<float>(), 128, workers, withGradients: false);
        var pass = new LogitPass(program, fusion);
        using var reader = new RawBatchReader(_data.RawFile, _data.Encoder, 128, labelRequired: true);
        var all = new List<double>();
        while (reader.Next() is { } batch)
        {
            pass.Run(batch, isTraining: false, seed: 0);
            all.AddRange(member is { } m ? pass.Logits.Probabilities(m)[..batch.Rows] : pass.Logits.EnsembleProbabilities()[..batch.Rows]);
        }

        return [.. all];
    }

    public void Dispose() => Store.Dispose();
}
