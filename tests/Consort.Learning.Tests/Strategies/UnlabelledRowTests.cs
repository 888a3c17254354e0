using Consort.Learning.Strategies;

namespace Consort.Learning.Tests.Strategies;

/// <summary>Rows without labels in a batch of distillation: they have no label term, and all of the teachers'.</summary>
public sealed class UnlabelledRowTests
{
    [Theory]
    [InlineData(TeacherGate.None)]
    [InlineData(TeacherGate.Label)]
    public void Apply_RowsWithoutLabels_GradientsMatchFiniteDifferences(TeacherGate gate)
    {
        var batch = Batch(out var labels, out var teachers);
        var strategy = new Distillation(
            new() { Gate = gate, Distance = TeacherDistance.Logit, Weight = 0.7, LabelWeight = 0.4, GateRate = 0 });
        double Loss(double[] p)
        {
            double loss = 0;
            for (var b = 0; b < p.Length; b++)
            {
                if (b % 3 == 0)
                    loss -= 0.4 * (labels[b] == 1 ? Math.Log(p[b]) : Math.Log(1 - p[b]));
                // Without a label a gate by labels weighs all teachers alike.
                double[] gates = [.. teachers.Select(z => gate == TeacherGate.Label && b % 3 == 0
                    ? 1 / (1 + Math.Exp(labels[b] == 1 ? -z[b] : z[b])) : 1)];
                for (var t = 0; t < teachers.Length; t++)
                    loss += 0.7 * gates[t] / gates.Sum() * Math.Pow(Math.Log(p[b] / (1 - p[b])) - teachers[t][b], 2);
            }

            return loss / p.Length;
        }

        StrategyCases.CheckGradients(strategy, batch, (p, _) => p.Sum(Loss));
        var terms = StrategyCases.Apply(strategy, batch);
        Assert.Equal(Enumerable.Range(0, 2).Sum(m => Loss(batch.Probabilities(m).ToArray())), terms.Sum(), 12);
    }

    [Fact]
    public void Apply_EveryRowHasALabel_IsTheSameToTheLastBit()
    {
        var batch = Batch(out _, out _);
        batch.Labelled().Fill(true);
        var strategy = new Distillation();
        var terms = StrategyCases.Apply(strategy, batch);
        var gradients = batch.Gradients(1).ToArray();
        batch.MayLackLabels = false;
        Assert.Equal(terms, StrategyCases.Apply(strategy, batch));
        Assert.Equal(gradients, batch.Gradients(1).ToArray());
    }

    [Fact]
    public void Apply_LearnedGate_LearnsFromLabelledRowsAlone()
    {
        var batch = Batch(out _, out _);
        var options = new DistillationOptions { Gate = TeacherGate.Learned, GateRate = 1 };
        double[] Gate()
        {
            var strategy = new Distillation(options);
            StrategyCases.Apply(strategy, batch);
            return strategy.State.ToArray();
        }

        var learned = Gate();
        for (var b = 0; b < batch.Rows; b++)
            if (b % 3 != 0)
                batch.Labels()[b] = 1 - batch.Labels()[b];
        Assert.Equal(learned, Gate());
        Assert.NotEqual([1, 1, 0, 0], learned);
        batch.Labelled().Clear();
        Assert.Equal([1, 1, 0, 0], Gate());
    }

    [Fact]
    public void Apply_RowsWithoutLabels_AllocatesNothing() =>
        StrategyCases.CheckAllocations(new Distillation(new() { Gate = TeacherGate.Learned }), Batch(out _, out _));

    // Every third row has a label.
    private static BatchLogits Batch(out double[] labels, out double[][] teachers)
    {
        var batch = StrategyCases.Random(8, 2, 7, teachers: 2);
        var random = new Random(3);
        batch.MayLackLabels = true;
        for (var b = 0; b < batch.Rows; b++)
        {
            batch.Labelled()[b] = b % 3 == 0;
            for (var t = 0; t < batch.Teachers; t++)
                batch.TeacherLogits(t)[b] = 3 * random.NextDouble() - 1.5;
        }

        labels = batch.Labels().ToArray();
        teachers = [.. Enumerable.Range(0, 2).Select(t => batch.TeacherLogits(t).ToArray())];
        return batch;
    }
}
