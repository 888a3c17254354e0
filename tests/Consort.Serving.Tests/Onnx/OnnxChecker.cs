using Consort.Onnx;
using Schema = Consort.Onnx.Schema;

namespace Consort.Serving.Tests.Onnx;

/// <summary>What every written model must hold to, whatever it computes.</summary>
internal static class OnnxChecker
{
    public static Schema.Model Load(string path)
    {
        var model = Schema.Model.Parser.ParseFrom(File.ReadAllBytes(path));
        Check(model);
        return model;
    }

    public static void Check(Schema.Model model)
    {
        var graph = model.Graph;
        Assert.Equal(8, model.IrVersion);
        var domains = model.OpsetImport.ToDictionary(o => o.Domain, o => o.Version);
        Assert.InRange(domains[""], 17, 22);
        Assert.NotEmpty(graph.Name);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in graph.Input)
        {
            Assert.True(known.Add(input.Name), $"two values are named {input.Name}");
            Assert.True(input.Type.TensorType.Shape.Dim[0].HasDimParam, $"{input.Name} has a fixed batch");
        }

        foreach (var tensor in graph.Initializer)
        {
            Assert.True(known.Add(tensor.Name), $"two values are named {tensor.Name}");
            var size = tensor.Dims.Aggregate(1L, (product, n) => product * n) * (tensor.DataType == (int)ElementType.Float ? 4 : 8);
            if (tensor.DataType == (int)ElementType.String)
                Assert.Equal(tensor.Dims.Single(), tensor.StringData.Count);
            else if (tensor.DataLocation == Schema.Tensor.Types.Location.External)
                Assert.Equal(size, long.Parse(tensor.ExternalData.Single(e => e.Key == "length").Value));
            else
                Assert.Equal(size, tensor.RawData.Length);
        }

        var nodes = new HashSet<string>(StringComparer.Ordinal);
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            Assert.True(nodes.Add(node.Name), $"two nodes are named {node.Name}");
            Assert.True(domains.ContainsKey(node.Domain), $"{node.Name} is of the domain {node.Domain}, which the model does not import");
            Assert.All(node.Input, name => Assert.True(known.Contains(name), $"{node.Name} reads {name}, which does not stand before it"));
            Assert.All(node.Output, name => Assert.True(known.Add(name), $"two values are named {name}"));
            Assert.All(node.Attribute, a => Assert.NotEqual(Schema.Attribute.Types.Kind.Undefined, a.Type));
            read.UnionWith(node.Input);
        }

        Assert.All(graph.ValueInfo.Concat(graph.Output), info => Assert.Contains(info.Name, known));
        Assert.Empty(graph.Initializer.Select(t => t.Name).Except(read)); // nothing is carried along unread
    }
}
