using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Compute.Rewrites;
using Consort.Models;
using Consort.Serving.Calibrations;

namespace Consort.Onnx;

/// <summary>A graph with its numbers as the message of an ONNX model, but for the bytes of its tables.</summary>
internal sealed class OnnxModel
{
    /// <summary>The version of the default operators; of the text operators it is <see cref="MachineLearningVersion"/>.</summary>
    public const int OperatorVersion = 17;

    public const int MachineLearningVersion = 3;

    private const int FormatVersion = 8; // the one that came with these operators
    private const string Probability = "probability";
    private const string Logit = "logit";
    private const string MemberLogits = "member_logits";

    private OnnxModel(GraphWriter writer, IReadOnlyList<string> notes, Schema.Model message) =>
        (Writer, Notes, Message) = (writer, notes, message);

    public GraphWriter Writer { get; }

    public IReadOnlyList<string> Notes { get; }

    public Schema.Model Message { get; }

    public static OnnxModel Of(OnnxContent content)
    {
        // Batch norm is folded and dropout gone, as a scorer has it; tables stay where they are.
        var inference = InferenceGraph.Of(content.Graph, content.Members);
        using var store = new ParameterStore<float>(inference.Graph, table => content.Store.Embedding(table).Values);
        inference.Fill(store, parameter => content.Store.Values(parameter));
        var writer = new GraphWriter(store);
        foreach (var name in (string[])[Probability, Logit, MemberLogits])
            writer.Claim(name);
        var notes = new List<string>();
        var space = content.Encoder.Space;
        var inputs = content.Options.Input == OnnxInput.Ids
            ? IdInputs.Add(writer, space)
            : RawInputs.Add(writer, content.Encoder, notes);
        writer.Scope = "model";
        if (inputs.Ids is { } ids)
            writer.SetIds(ids, space.Categorical.Count);
        writer.SetRows(inputs.Ids ?? inputs.Numeric!.Value);
        AddOutputs(content, writer, AddValues(inference.Graph, [.. Enumerable.Range(0, content.Members.Count)], writer, inputs.Numeric));
        writer.Graph.Name = content.Name;
        return new OnnxModel(writer, notes, Model(content, writer, notes));
    }

    /// <summary>Writes what members' logits are computed from, and nothing else.</summary>
    /// <returns>The logits, each of one number a row.</returns>
    public static FormValue[] AddValues(Graph graph, IReadOnlyList<int> members, GraphWriter writer, FormValue? numeric)
    {
        var written = new FormValue[graph.Values.Count];
        foreach (var value in GraphReach.Of(graph, members).Values)
        {
            if (value.Operation is not { } operation)
            {
                written[value.Index] = numeric!.Value;
                continue;
            }

            writer.Scope = value.Name;
            var before = writer.Graph.Node.Count;
            var result = operation.ToStandard(
                new StandardForm(writer, value, [.. value.Inputs.Select(i => written[i.Index])], graph.Columns));
            written[value.Index] = result;
            // At positions the rows are those of padded histories, B · L.
            if (writer.Graph.Node.Count > before && value.At is null)
                writer.Describe(result, value.Shape);
        }

        return [.. members.Select(m => written[graph.Outputs[m].Index])];
    }

    private static void AddOutputs(OnnxContent content, GraphWriter writer, FormValue[] members)
    {
        writer.Scope = "output";
        if (content.Encoder.Schema.LogitShift is not 0 and var shift)
        {
            // Of rows without a click only some were trained on.
            var each = writer.Constant([(float)(content.Fusion == Fusion.Mean ? shift : shift / members.Length)], []);
            members = [.. members.Select(m => writer.Add("Add", [m, each], []))];
        }

        var columns = members.Select(m => writer.Add("Reshape", [m, writer.Constant([0L, 1], [2])], [])).ToArray(); // [B, 1] each
        var all = columns.Length == 1 ? columns[0] : writer.Add("Concat", columns, [new FormAttribute("axis", 1)]); // [B, M]
        var sum = writer.Add("ReduceSum", [all, writer.Constant([1L], [1])], [new FormAttribute("keepdims", 0)]); // [B]
        var isMean = content.Fusion == Fusion.Mean;
        var logit = members.Length > 1 && isMean
            ? writer.Add("Mul", [sum, writer.Constant([1f / members.Length], [])], [])
            : sum;
        writer.AddOutput(
            CalibrationForm.Add(writer, content.Calibration, logit), Probability, [],
            content.Calibration.Kind == CalibrationKind.None ? "of a click" : "of a click, calibrated");
        writer.AddOutput(logit, Logit, [], members.Length == 1
            ? "before the sigmoid" : $"{(isMean ? "mean" : "sum")} of the members' logits");
        if (content.Options.WithMembers)
            writer.AddOutput(all, MemberLogits, [members.Length], "the members' own logits");
    }

    private static Schema.Model Model(OnnxContent content, GraphWriter writer, List<string> notes)
    {
        var version = typeof(OnnxModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var model = new Schema.Model
        {
            IrVersion = FormatVersion,
            ProducerName = "consort",
            ProducerVersion = version,
            DocString = $"{content.Name}: probability of a click from {(content.Options.Input == OnnxInput.Raw ? "raw values" : "ids")}. {string.Join(". ", notes)}".TrimEnd(),
            Graph = writer.Graph,
        };
        model.OpsetImport.Add(new Schema.OperatorSet { Domain = "", Version = OperatorVersion });
        if (writer.Graph.Node.Any(n => n.Domain == GraphWriter.MachineLearning))
            model.OpsetImport.Add(new Schema.OperatorSet { Domain = GraphWriter.MachineLearning, Version = MachineLearningVersion });
        Add("consort.input", content.Options.Input == OnnxInput.Raw ? "raw" : "ids");
        Add("consort.members", string.Join(' ', content.Members.Select(m => m.ToString(CultureInfo.InvariantCulture))));
        Add("consort.fusion", content.Fusion == Fusion.Mean ? "mean" : "sum");
        Add("consort.calibration", content.Calibration.Kind.ToString().ToLowerInvariant());
        Add("consort.columns", JsonSerializer.Serialize(
            content.Encoder.Space.Categorical.Select(c => new { name = c.Name, offset = c.Offset, size = c.Size })));
        Add("consort.numeric", JsonSerializer.Serialize(content.Encoder.Space.Numeric));
        Add("consort.schema", content.Encoder.Schema.ToYaml());
        Add("consort.notes", string.Join('\n', notes));
        return model;

        void Add(string key, string value) => model.MetadataProps.Add(new Schema.Entry { Key = key, Value = value });
    }
}
