using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Tests.Operations;
using Consort.Data.Schemas;
using Consort.Onnx;
using Schema = Consort.Onnx.Schema;

namespace Consort.Serving.Tests.Onnx;

/// <summary>The ONNX form of every operation against its kernel.</summary>
public sealed class OnnxOperationTests
{
    private const int Rows = 5;

    public static TheoryData<string> Names => [.. OperationGraphs.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void ToOnnx_Operation_GivesWhatItsKernelGives(string name)
    {
        foreach (var (fields, dimension) in ((int, int)[])[(2, 3), (5, 4)])
        {
            var graph = OperationGraphs.All[name](fields, dimension);
            using var single = new ParameterStore<float>(graph);
            using var store = new ParameterStore<double>(graph);
            single.Initialize(7);
            foreach (var slot in store.Slots)
                for (var i = 0; i < slot.Length; i++)
                    store.Values(slot.Parameter)[i] = single.Values(slot.Parameter)[i];
            foreach (var table in graph.Tables)
                for (var i = 0; i < store.Embedding(table).Values.Length; i++)
                    store.Embedding(table).Values.Span[i] = single.Embedding(table).Values.Span[i];

            var random = new Random(2);
            var ids = Enumerable.Range(0, Rows * fields)
                .Select(i => graph.Columns[i % fields].Offset + random.Next(graph.Columns[i % fields].Size)).ToArray();
            var numeric = Enumerable.Range(0, Rows * 3).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray();
            using var workers = new Workers(1);
            using var program = new Program<double>(graph, store, OperationKernels.Of<double>(), Rows, workers, withGradients: false);
            program.Forward(ids, numeric, new Step(Rows, isTraining: false));

            var result = Run(graph, single, ids, numeric);
            Assert.Equal([Rows, 1], result.Shape[..1].Append(result.Size / Rows));
            for (var row = 0; row < Rows; row++)
                Assert.InRange(Math.Abs(result.Numbers[row] - program.Logits(0)[row]), 0,
                    2e-6 * Math.Max(1, Math.Abs(program.Logits(0)[row])));
        }
    }

    // An operation that no graph here has would go unchecked.
    [Fact]
    public void Graphs_OfTheCheck_HaveEveryOperation()
    {
        var used = OperationGraphs.All.Values.SelectMany(make => make(3, 4).Values).Select(v => v.Operation?.GetType()).ToHashSet();
        var all = typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract);
        Assert.NotEmpty(all);
        Assert.Empty(all.Where(t => !used.Contains(t)).Select(t => t.Name));
    }

    private static OnnxTensor Run(Graph graph, ParameterStore<float> store, int[] ids, float[] numeric)
    {
        var writer = new GraphWriter(store);
        var space = FeatureSpace.Of([.. graph.Columns.Select(c => c.Size)], 3);
        var inputs = IdInputs.Add(writer, space);
        writer.SetIds(inputs.Ids!.Value, graph.Columns.Count);
        writer.SetRows(inputs.Ids!.Value);
        var logit = OnnxModel.AddValues(graph, [0], writer, inputs.Numeric).Single();
        foreach (var (tensor, numbers) in writer.Tables)
            tensor.RawData = Google.Protobuf.ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(numbers.Span));
        writer.Graph.Output.Add(writer.Graph.ValueInfo.Single(v => v.Name == logit.Name));
        return OnnxInterpreter.Run(
            new Schema.Model { Graph = writer.Graph },
            new Dictionary<string, OnnxTensor>
            {
                ["ids"] = OnnxTensor.Of(ElementType.Int64, [Rows, graph.Columns.Count], ids.Select(i => (double)i)),
                ["numeric"] = OnnxTensor.Of(ElementType.Float, [Rows, 3], numeric.Select(v => (double)v)),
            })[logit.Name];
    }
}
