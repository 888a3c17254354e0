using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Onnx;
using Consort.Serving;
using Consort.Serving.Packages;
using Google.Protobuf;
using Schema = Consort.Onnx.Schema;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// A package's model in ONNX Runtime, fed ids and fed raw values, and a model of one node that does nothing, which shows what a call costs
/// Node.js: each in a process of its own, whose rounds take turns with other measurements.
/// </summary>
internal sealed class OnnxLatency : IDisposable
{
    private const int Calls = 2000;
    private readonly TempFolder _folder = new();
    private readonly List<OnnxRounds> _rounds = [];

    private OnnxLatency(string modules, Scorer scorer, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        try
        {
            foreach (var input in new[] { OnnxInput.Ids, OnnxInput.Raw })
            {
                string model = _folder.At($"{input}.onnx"), feeds = _folder.At($"{input}.json");
                var summary = OnnxFile.Write(model, scorer.Path, members => [.. Enumerable.Range(0, members.Count)],
                    new OnnxOptions { Input = input });
                Write(feeds, scorer, summary, input, rows);
                _rounds.Add(new OnnxRounds(input == OnnxInput.Ids ? "ids" : "raw values", modules, model, feeds, Calls));
                if (input == OnnxInput.Ids) _rounds.Add(Nothing(modules, scorer, summary, rows));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Fed ids, as the encoder makes them.</summary>
    public OnnxRounds Ids => _rounds[0];

    /// <summary>The model of one node.</summary>
    public OnnxRounds Call => _rounds[1];

    /// <summary>Fed raw values.</summary>
    public OnnxRounds Raw => _rounds[2];

    /// <summary>Starts the processes, or says why it cannot.</summary>
    public static (OnnxLatency? Latency, string? Absent) Start(Scorer scorer, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        if (scorer.Package.Weights != PackageWeights.Fp32)
            return (null, "ONNX Runtime is left out: its operators look up fp32 tables only");
        (var modules, var absent) = OnnxRuntime.Find();
        try
        {
            return modules is null ? (null, absent) : (new OnnxLatency(modules, scorer, rows), null);
        }
        catch (ConsortException e)
        {
            return (null, e.Message.Trim());
        }
    }

    public void Measure()
    {
        foreach (var rounds in _rounds) rounds.Measure();
    }

    public void Dispose()
    {
        foreach (var rounds in _rounds) rounds.Dispose();
        _folder.Dispose();
    }

    // Feeds of one row each.
    private static void Write(string path, Scorer scorer, OnnxSummary summary, OnnxInput input, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file);
        json.WriteStartArray();
        for (var row = 0; row < rows.Length; row++) OnnxFeeds.Write(json, scorer.Encoder, summary, input, rows.Slice(row, 1));
        json.WriteEndArray();
    }

    // The ids go in and come out.
    private OnnxRounds Nothing(string modules, Scorer scorer, OnnxSummary ids, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        var graph = new Schema.Graph
        {
            Name = "nothing",
            Node =
            { new Schema.Node { OpType = "Identity", Input = { "ids" }, Output = { "same" } } },
            Input = { Port("ids") },
            Output = { Port("same") }
        };
        var model = new Schema.Model
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport =
            { new Schema.OperatorSet { Domain = "", Version = 17 } }
        };
        string path = _folder.At("nothing.onnx"), feeds = _folder.At("nothing.json");
        SafeFile.Write(path, model.WriteTo);
        Write(feeds, scorer, ids with { Inputs = [.. ids.Inputs.Where(i => i.Name == "ids")] }, OnnxInput.Ids, rows);
        return new OnnxRounds("one node", modules, path, feeds, Calls);

        static Schema.ValueInfo Port(string name) => new()
        {
            Name = name,
            Type = new Schema.Type
            {
                TensorType = new Schema.Type.Types.Tensor
                {
                    ElemType = (int)ElementType.Int64,
                    Shape = new Schema.Dimensions
                    {
                        Dim = { new Schema.Dimensions.Types.Dimension { DimParam = "B" },
                        new Schema.Dimensions.Types.Dimension { DimParam = "F" } }
                    },
                },
            },
        };
    }
}
