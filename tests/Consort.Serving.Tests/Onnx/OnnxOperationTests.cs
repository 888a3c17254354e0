using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Tests;
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

    // Nothing of these scores; models with them are checked whole.
    private static readonly Type[] ForTraining = [typeof(NextItemLoss), typeof(NextPosition), typeof(SampledPosition)];

    public static TheoryData<string> ListNames => [.. ListGraphs.Kinds.Keys, .. PositionGraphs.All
        .Where(g => !g.Value(4).Values.Any(v => ForTraining.Contains(v.Operation?.GetType()))).Select(g => g.Key)];

    [Theory]
    [MemberData(nameof(ListNames))]
    public void ToOnnx_OperationOnLists_GivesWhatItsKernelGives(string name)
    {
        var graph = ListGraphs.Kinds.TryGetValue(name, out var kind) ? ListGraphs.Make(kind, 4) : PositionGraphs.All[name](4);
        using var workers = new Workers(1);
        using var trial = new Trial<double>(graph, 24, workers);
        using var single = new ParameterStore<float>(graph);
        single.Initialize(7);
        foreach (var slot in trial.Store.Slots)
            for (var i = 0; i < slot.Length; i++)
                trial.Store.Values(slot.Parameter)[i] = single.Values(slot.Parameter)[i];
        foreach (var table in graph.Tables)
            for (var i = 0; i < single.Embedding(table).Values.Length; i++)
                trial.Store.Embedding(table).Values.Span[i] = single.Embedding(table).Values.Span[i];
        trial.Draw(24, 5);
        trial.Forward(24, isTraining: false);

        var writer = new GraphWriter(single);
        var columns = graph.Columns.Select((c, i) => new Column($"c{i}", c.Offset, c.Size,
            c.List is { } list ? new ListShape(list.MaxLength, (ListPooling)list.Pooling, false, list.IsWeighted) : null)).ToArray();
        var inputs = IdInputs.Add(writer, new FeatureSpace(columns, [.. Enumerable.Range(0, graph.Numeric!.Shape[0]).Select(i => $"n{i}")]));
        writer.SetIds(inputs.Ids!.Value, columns.Length);
        writer.SetRows(inputs.Ids!.Value);
        var logit = OnnxModel.AddValues(graph, [0], writer, inputs.Numeric).Single();
        foreach (var (tensor, numbers) in writer.Tables)
            tensor.RawData = Google.Protobuf.ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(numbers.Span));
        writer.Graph.Output.Add(writer.Graph.ValueInfo.Single(v => v.Name == logit.Name));
        var feeds = new Dictionary<string, OnnxTensor>
        {
            ["ids"] = OnnxTensor.Of(ElementType.Int64, [24, columns.Length],
                trial.Ids[..(24 * columns.Length)].ToArray().Select((id, i) => columns[i % columns.Length].List is null ? (double)id : 0)),
            ["numeric"] = OnnxTensor.Of(ElementType.Float, [24, inputs.Numeric is null ? 0 : graph.Numeric.Shape[0]],
                trial.Numeric[..(24 * graph.Numeric.Shape[0])].ToArray().Select(v => (double)v)),
        };
        var lists = trial.Lists.ToArray();
        for (var c = 0; c < columns.Length; c++)
        {
            if (columns[c].List is not { } list)
                continue;
            var places = Enumerable.Range(0, 24).Select(r => trial.Ids[(r * columns.Length) + c]).ToArray();
            feeds[$"ids_c{c}"] = OnnxTensor.Of(ElementType.Int64, [24, list.MaxLength],
                places.SelectMany(p => lists.Skip(p + 1).Take(lists[p]).Select(i => (double)i).Concat(Enumerable.Repeat(-1.0, list.MaxLength - lists[p]))));
            if (list.IsWeighted)
                feeds[$"weights_c{c}"] = OnnxTensor.Of(ElementType.Float, [24, list.MaxLength], places.SelectMany(p =>
                    lists.Skip(p + 1 + lists[p]).Take(lists[p]).Select(i => (double)BitConverter.Int32BitsToSingle(i))
                        .Concat(Enumerable.Repeat(9.0, list.MaxLength - lists[p]))));
        }

        var result = OnnxInterpreter.Run(new Schema.Model { Graph = writer.Graph }, feeds)[logit.Name];
        for (var row = 0; row < 24; row++)
            Assert.InRange(Math.Abs(result.Numbers[row] - trial.Program.Logits(0)[row]), 0, 3e-6 * Math.Max(1, Math.Abs(trial.Program.Logits(0)[row])));
    }

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
        var used = OperationGraphs.All.Values.Select(make => make(3, 4)).Concat(PositionGraphs.All.Values.Select(make => make(4)))
            .SelectMany(graph => graph.Values).Select(v => v.Operation?.GetType()).ToHashSet();
        var all = typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract);
        Assert.NotEmpty(all);
        Assert.Empty(all.Where(t => !used.Contains(t)).Except(ForTraining).Select(t => t.Name));
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
