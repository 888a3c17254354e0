using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Onnx;
using Consort.Serving;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Schema = Consort.Onnx.Schema;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// A package's model in ONNX Runtime, fed ids and fed raw values, and a model of one node that does nothing, which shows what a call
/// costs by itself: all in this process, where their rounds take turns with other measurements.
/// </summary>
internal sealed class OnnxLatency : IDisposable
{
    private const int Calls = 2000;
    private readonly TempFolder _folder = new();
    private readonly List<OnnxCall> _calls = [];
    private readonly List<Latency> _rounds = [];

    private OnnxLatency(Scorer scorer, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        try
        {
            foreach (var input in new[] { OnnxInput.Ids, OnnxInput.Raw })
            {
                var model = _folder.At($"{input}.onnx");
                var summary = OnnxFile.Write(model, scorer.Path, members => [.. Enumerable.Range(0, members.Count)],
                    new OnnxOptions { Input = input });
                Add(input == OnnxInput.Ids ? "ids (no encoding) to probability" : "raw values to probability", model,
                    Feeds(scorer, summary, input, rows));
                if (input == OnnxInput.Ids)
                {
                    var ids = summary with { Inputs = [.. summary.Inputs.Where(i => i.Name == "ids")] };
                    Add("a model of one node", Nothing(), Feeds(scorer, ids, input, rows));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Fed ids, as the encoder makes them.</summary>
    public Latency Ids => _rounds[0];

    /// <summary>The model of one node.</summary>
    public Latency Call => _rounds[1];

    /// <summary>Fed raw values.</summary>
    public Latency Raw => _rounds[2];

    /// <summary>All of them.</summary>
    public IReadOnlyList<Latency> All => _rounds;

    /// <summary>Loads the models.</summary>
    /// <param name="scorer">Of a package with fp32 tables: operators of ONNX look up no others.</param>
    /// <param name="rows">What each call is fed.</param>
    /// <exception cref="ConsortException">The runtime does not load here.</exception>
    public static OnnxLatency Start(Scorer scorer, ReadOnlyMemory<ReadOnlyMemory<byte>[]> rows) =>
        Loaded(() => new OnnxLatency(scorer, rows.Span));

    /// <summary>What the runtime gives; the package brings native libraries for some processors and systems only.</summary>
    /// <exception cref="ConsortException">It does not load here.</exception>
    internal static T Loaded<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is OnnxRuntimeException or TypeInitializationException or DllNotFoundException
            or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new ConsortException(
                $"score: ONNX Runtime does not load here: {(e.InnerException ?? e).Message}; --no-onnxruntime measures without it", e);
        }
    }

    public void Measure()
    {
        foreach (var rounds in _rounds) rounds.Measure();
    }

    public void Dispose()
    {
        foreach (var call in _calls) call.Dispose();
        _folder.Dispose();
    }

    private void Add(string name, string model, JsonElement feeds)
    {
        _calls.Add(new OnnxCall(model, feeds));
        _rounds.Add(new Latency($"ONNX Runtime, {name}", _calls[^1].Run, Calls));
    }

    // Feeds of one row each.
    private static JsonElement Feeds(Scorer scorer, OnnxSummary summary, OnnxInput input, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartArray();
            for (var row = 0; row < rows.Length; row++) OnnxFeeds.Write(json, scorer.Encoder, summary, input, rows.Slice(row, 1));
            json.WriteEndArray();
        }

        return JsonElement.Parse(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    // The ids go in and come out.
    private string Nothing()
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
        var path = _folder.At("nothing.onnx");
        SafeFile.Write(path, model.WriteTo);
        return path;

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
