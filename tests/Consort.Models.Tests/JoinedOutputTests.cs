using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models.Tests;

/// <summary>Fusion by concatenation: the members' output layers are slices of one.</summary>
public sealed class JoinedOutputTests
{
    private const int Rows = 5, Dimension = 3;
    private const double Rate = 0.1;
    private static readonly int[] Widths = [6, 4];

    // One model by hand: hidden layers side by side, one output layer over both, one bias.
    [Fact]
    public void Step_OfTwoMembers_EqualsThatOfOneConcatenatedModel()
    {
        using var rig = new Rig<double>(Joined(Widths), Spaces.Categorical, Rows);
        rig.Randomise(3);
        rig.Draw(Rows, 4);
        var naive = new Concatenated(rig);
        rig.Logits(Rows);
        for (var row = 0; row < Rows; row++)
        {
            var fused = rig.Program.Logits(0)[row] + rig.Program.Logits(1)[row];
            Assert.Equal(naive.Logit(row), fused, 1e-12);
            var slope = (1 / (1 + Math.Exp(-fused)) - rig.Labels[row]) / Rows;
            (rig.Program.LogitGradients(0)[row], rig.Program.LogitGradients(1)[row]) = (slope, slope);
        }

        rig.Program.Backward();
        using var workers = new Workers(1);
        using var optimizer = new Optimizer<double>(rig.Store, new OptimizerOptions { Rule = new Sgd() }, workers);
        optimizer.Step(Rate);
        naive.Step(Rows, Rate);
        var after = new Concatenated(rig);
        Equal(naive.Output, after.Output);
        Equal([naive.Bias], [after.Bias]);
        Equal(naive.Hidden, after.Hidden);
        Equal(naive.HiddenBias, after.HiddenBias);
    }

    [Fact]
    public void Build_Joined_StartsByTheFanInOfAllAndHasOneBias()
    {
        using var rig = new Rig<double>(Joined([700, 300]), Spaces.Categorical, 1);
        double[] weights = [.. rig.Of("member0/output/weight"), .. rig.Of("member1/output/weight")];
        var deviation = Math.Sqrt(weights.Average(w => w * w));
        Assert.InRange(deviation / Math.Sqrt(2.0 / 1001), 0.9, 1.1);
        Assert.Equal(["member0/output/bias"], rig.Store.Slots.Select(s => s.Parameter.Name)
            .Where(n => n.EndsWith("output/bias", StringComparison.Ordinal)));
    }

    [Fact]
    public void Build_JoinedOfEveryModel_HasOneOutputBiasAtMost()
    {
        foreach (var entry in ModelCatalogue.Entries)
        {
            var model = entry.Create(Foundation.Options.OptionMap.Empty("test"));
            var family = new Family(new EmbeddingOptions { Dimension = 4 }, [model, model]) { Fusion = Fusion.Concat };
            using var rig = new Rig<double>(family, Spaces.For(entry.Name, "categorical"), 2);
            rig.Draw(2, 1);
            Assert.All(rig.Logits(2), z => Assert.True(double.IsFinite(z)));
            var biases = rig.Store.Slots.Select(s => s.Parameter.Name)
                .Count(n => n.StartsWith("member1/", StringComparison.Ordinal) && n.EndsWith("output/bias", StringComparison.Ordinal)
                    // FinalMLP's gates and the attention over a history do not end in the logit.
                    && !n.Contains("/gate", StringComparison.Ordinal) && !n.Contains("/attention/", StringComparison.Ordinal));
            // AFN's two towers end in logits of their own, which its output layer, "fusion", reads.
            Assert.True(entry.Name == "AFN" || biases == 0, $"{entry.Name}: {biases} biases in a second slice");
        }
    }

    [Fact]
    public void Build_OneMember_IsTheModelItself()
    {
        using var own = new Rig<double>(new Family(Embeddings, [Member(5)]), Spaces.Categorical, 2);
        using var joined = new Rig<double>(Joined([5]), Spaces.Categorical, 2);
        Assert.Equal(own.Numbers(), joined.Numbers());
    }

    private static EmbeddingOptions Embeddings { get; } = new() { Dimension = Dimension, InitialDeviation = 0.5 };

    private static Dnn Member(int width) => new(new MlpOptions { HiddenUnits = [width] });

    private static Family Joined(int[] widths) => new(Embeddings, [.. widths.Select(Member)]) { Fusion = Fusion.Concat };

    private static void Equal(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-12);
    }

    private sealed class Concatenated
    {
        private readonly double[][] _inputs; // [B, F·D]
        private readonly double[] _labels;
        private readonly int _width;

        public Concatenated(Rig<double> rig)
        {
            var table = rig.Of("shared/embedding").ToArray();
            var fields = Spaces.Categorical.Categorical.Count;
            _inputs = [.. Enumerable.Range(0, Rows).Select(row => Enumerable.Range(0, fields)
                .SelectMany(f => table.Skip(rig.Ids[(row * fields) + f] * Dimension).Take(Dimension)).ToArray())];
            _labels = rig.Labels;
            Hidden = [.. rig.Of("member0/mlp/0/weight"), .. rig.Of("member1/mlp/0/weight")];
            HiddenBias = [.. rig.Of("member0/mlp/0/bias"), .. rig.Of("member1/mlp/0/bias")];
            Output = [.. rig.Of("member0/output/weight"), .. rig.Of("member1/output/weight")];
            Bias = rig.Of("member0/output/bias")[0];
            _width = _inputs[0].Length;
        }

        public double[] Hidden { get; }

        public double[] HiddenBias { get; }

        public double[] Output { get; }

        public double Bias { get; private set; }

        public double Logit(int row) => Bias + Units(row).Select((h, unit) => h * Output[unit]).Sum();

        public void Step(int rows, double rate)
        {
            var (hidden, hiddenBias, output, bias) =
                (new double[Hidden.Length], new double[HiddenBias.Length], new double[Output.Length], 0.0);
            for (var row = 0; row < rows; row++)
            {
                var slope = (1 / (1 + Math.Exp(-Logit(row))) - _labels[row]) / rows;
                var units = Units(row);
                bias += slope;
                for (var unit = 0; unit < units.Length; unit++)
                {
                    output[unit] += slope * units[unit];
                    var back = units[unit] > 0 ? slope * Output[unit] : 0;
                    hiddenBias[unit] += back;
                    for (var i = 0; i < _width; i++)
                        hidden[(unit * _width) + i] += back * _inputs[row][i];
                }
            }

            Move(Hidden, hidden);
            Move(HiddenBias, hiddenBias);
            Move(Output, output);
            Bias -= rate * bias;

            void Move(double[] weights, double[] gradient)
            {
                for (var i = 0; i < weights.Length; i++)
                    weights[i] -= rate * gradient[i];
            }
        }

        private double[] Units(int row) =>
            [.. HiddenBias.Select((b, unit) => Math.Max(0, b + _inputs[row].Select((x, i) => x * Hidden[(unit * _width) + i]).Sum()))];
    }
}
