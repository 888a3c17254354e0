using System.Globalization;
using System.Text;
using Consort.Compute.Cpu.Parameters;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Serving.Packages;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Benchmarks;

/// <summary>
/// A packed model over 39 categorical fields whose vocabularies sum to a given size, and raw impressions for it, whose tokens are those of
/// <see cref="ZipfSplit"/>: ranks in proportion to r^-1.1.
/// </summary>
internal sealed unsafe class ScoreModel : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly int[] _sizes;

    public ScoreModel(string model, int vocabulary, PackageWeights weights)
    {
        _sizes = ZipfSplit.Sizes(vocabulary);
        var encoder = Fit();
        var options = OptionMap.Parse($"embedding: {{ dimension: 16 }}\nmembers: [{{ model: {model}, hidden_units: [400, 400, 400] }}]",
            "bench");
        var graph = Family.From(options).Build(encoder.Space);
        using var store = new ParameterStore<float>(graph);
        store.Initialize(1);
        // Embeddings as large as trained ones; weights are Xavier's, so that half of a layer's units are at rest.
        foreach (var table in store.Embeddings)
            for (long i = 0; i < table.Values.Length; i++) table.Values.Pointer[i] *= 1000;
        Path = _folder.At("model.consort");
        PackageWriter.Write(Path, new PackageContent
        {
            Name = model,
            Model = options.Resolved(),
            Graph = graph,
            Store = store,
            Encoder = encoder,
            Members = [0],
            Weights = weights,
            TrainingData = "synthetic",
        });
    }

    public string Path { get; }

    /// <summary>Raw values of impressions, in the order of the scorer's fields.</summary>
    public ReadOnlyMemory<byte>[][] Impressions(int count, int seed, bool uniform = false)
    {
        var random = new Random(seed);
        var rows = new ReadOnlyMemory<byte>[count][];
        for (var r = 0; r < count; r++)
            rows[r] = [.. Enumerable.Range(0, ZipfSplit.Columns).Select(f =>
                (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
                    Token(f, uniform ? random.Next(_sizes[f] - 2) : ZipfSplit.Rank(random, _sizes[f] - 2))))];
        return rows;
    }

    public void Dispose() => _folder.Dispose();

    // Eight hexadecimal digits, as Criteo's are.
    private static string Token(int field, int rank) =>
        ((uint)((rank * 0x9E3779B1L) + (field * 0x85EBCA77L))).ToString("x8", CultureInfo.InvariantCulture);

    private Encoder Fit()
    {
        var raw = _folder.At("raw.csv");
        using (var writer = new StreamWriter(raw))
        {
            for (var row = 0; row < _sizes.Max() - 2; row++)
            {
                writer.Write(row % 4 == 0 ? '1' : '0');
                for (var f = 0; f < ZipfSplit.Columns; f++)
                {
                    writer.Write(',');
                    if (row < _sizes[f] - 2) writer.Write(Token(f, row));
                }
                writer.Write('\n');
            }
        }
        var schema = Schema.Load(OptionMap.Parse(
            "header: false\ndelimiter: comma\nfields:\n  - { name: label, kind: label }\n  - { name: C1..C39, kind: categorical }\n",
            "bench"));
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([raw], [], []), _folder.At("encoded"), Environment.ProcessorCount));
        using var dataset = EncodedDataset.Open(_folder.At("encoded"));
        return dataset.Encoder;
    }
}
