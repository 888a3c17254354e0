using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Tests;
using Consort.Foundation.Options;
using Consort.Models.Tests;
using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>An index that a libsvm row does not name is 0: in training, for the encoder, and for ONNX, where it is NaN.</summary>
public sealed class AbsentNumberTests
{
    private static readonly string[] Fields = ["a", "b", "c", "d", "e"];

    [Fact]
    public void Write_ModelOfLibsvmRows_TakesWhatIsNotGivenFor0()
    {
        using var folder = new TempFolder();
        var schema = Schema.Load(OptionMap.Parse(
            """
            format: libsvm
            first_index: 1
            fields:
              - {name: y, kind: label}
              - {name: a, kind: numeric, transform: standardise}
              - {name: b, kind: numeric, transform: min_max}
              - {name: c, kind: numeric, transform: log2_buckets}
              - {name: d, kind: numeric, transform: "quantile_buckets: 3"}
              - {name: e, kind: numeric, transform: standardise, missing: ["", "0"]}
            """, "schema.yaml"));
        var random = new Random(7);
        var rows = string.Concat(Enumerable.Range(0, 200)
            .Select(i => $"{i % 2}{string.Concat(Enumerable.Range(1, 5).Where(_ => random.Next(2) == 0).Select(f => $" {f}:{random.Next(1, 9)}"))}\n"));
        using var dataset = folder.Encode(schema, folder.File("rows.svm", rows));
        var encoder = dataset.Encoder;
        string[][] given = [["", "", "", "", ""], ["3", "", "5", "", "2"], ["", "4", "", "7", ""], ["0", "0", "0", "0", "0"]];
        var (f, n) = (encoder.Space.Categorical.Count, encoder.Space.Numeric.Count);
        using var rig = new Rig<float>(OnnxZoo.Of("FM"), encoder.Space, given.Length);
        rig.Randomise(5, 0.3);
        for (var row = 0; row < given.Length; row++)
        {
            var ids = rig.Ids.AsSpan(row * f, f);
            var numeric = rig.Numeric.AsSpan(row * n, n);
            encoder.Clear(ids, numeric);
            for (var i = 0; i < Fields.Length; i++)
                if (given[row][i].Length > 0)
                    encoder.EncodeField(encoder.FieldIndex(Fields[i]), System.Text.Encoding.UTF8.GetBytes(given[row][i]), ids, numeric);
        }

        rig.Logits(given.Length);
        double[] expected = [.. Enumerable.Range(0, given.Length).Select(row => (double)rig.Program.Logits(0)[row])];
        Assert.Equal(expected[3], expected[0]); // nothing given is all zeros
        Assert.NotEqual(expected[1], expected[0]);

        OnnxFile.Write(folder.At("model.onnx"), new OnnxContent
        {
            Name = "absent",
            Graph = rig.Graph,
            Store = rig.Store,
            Encoder = encoder,
            Members = [0],
            Options = new OnnxOptions { Input = OnnxInput.Raw },
        });
        var outputs = OnnxInterpreter.Run(OnnxChecker.Load(folder.At("model.onnx")), Fields.Select((name, i) => (name, OnnxTensor.Of(
            ElementType.Double, [given.Length, 1],
            given.Select(r => r[i].Length == 0 ? double.NaN : double.Parse(r[i], CultureInfo.InvariantCulture)))))
            .ToDictionary(p => p.name, p => p.Item2));
        for (var row = 0; row < given.Length; row++)
            Assert.Equal(expected[row], outputs["logit"].Numbers[row], 1e-5);
    }
}
