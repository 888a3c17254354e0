using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

public sealed class DistillationTests
{
    private static readonly DistillationOptions Hinton = new() { Distance = TeacherDistance.SoftLabel, Weight = 1, LabelWeight = 1 };

    [Fact]
    public void Apply_OneRowTwoTeachers_MatchesHandComputed()
    {
        // y = 1, z = 0 (p = .5); teachers z = ln 4 (.8) and ln 2/3 (.4). CE(.8, .5) = CE(.4, .5) = ln 2.
        var batch = Row(0, Math.Log(4), Math.Log(2.0 / 3));
        var terms = StrategyCases.Apply(new Distillation(Hinton), batch);
        Assert.Equal([Math.Log(2), Math.Log(2)], terms, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(-0.5 + ((0.5 - 0.8 + 0.5 - 0.4) / 2), batch.Gradients(0)[0], 12);

        StrategyCases.Apply(new Distillation(new() { Distance = TeacherDistance.Probability, Weight = 2, LabelWeight = 0 }), batch);
        // 2 · ½ Σ 2 (p − p_t) p (1 − p) = 2 · (−.3 + .1) · .25
        Assert.Equal(-0.1, batch.Gradients(0)[0], 12);

        // The gate by labels: softmax(ln .8, ln .4) = 2/3, 1/3.
        terms = StrategyCases.Apply(new Distillation(new() { Gate = TeacherGate.Label, LabelWeight = 0, Weight = 1 }), batch);
        Assert.Equal(2 * ((2 * -Math.Log(4) / 3) - (Math.Log(2.0 / 3) / 3)), batch.Gradients(0)[0], 12);
        Assert.Equal((2 * Math.Log(4) * Math.Log(4) / 3) + (Math.Log(1.5) * Math.Log(1.5) / 3), terms[1], 12);
    }

    [Fact]
    public void Apply_AuxiliaryHead_LabelsTeachWhatIsServedAndTeachersTheHead()
    {
        var batch = new BatchLogits(1, 2, 1, Fusion.First);
        (batch.Labels()[0], batch.Logits(0)[0], batch.Logits(1)[0], batch.TeacherLogits(0)[0]) = (1, 0, 0.5, 2);
        var terms = StrategyCases.Apply(new Distillation(new() { Weight = 3, LabelWeight = 2 }), batch);
        Assert.Equal([2 * Math.Log(2), 3 * 1.5 * 1.5], terms, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(2 * (0.5 - 1), batch.Gradients(0)[0], 12);
        Assert.Equal(3 * 2 * (0.5 - 2), batch.Gradients(1)[0], 12);
        Assert.Equal(0, batch.EnsembleLogits()[0]);
    }

    [Theory]
    [InlineData(TeacherDistance.SoftLabel, TeacherGate.None, 1.0)]
    [InlineData(TeacherDistance.SoftLabel, TeacherGate.Label, 3.0)]
    [InlineData(TeacherDistance.Probability, TeacherGate.Label, 1.0)]
    [InlineData(TeacherDistance.Logit, TeacherGate.None, 1.0)]
    [InlineData(TeacherDistance.Logit, TeacherGate.Learned, 1.0)]
    public void Apply_AnyDistance_GradientsMatchFiniteDifferences(TeacherDistance distance, TeacherGate gate, double temperature)
    {
        var options = new DistillationOptions
        {
            Distance = distance,
            Gate = gate,
            Temperature = temperature,
            Weight = 0.7,
            LabelWeight = 0.4,
            GateRate = 0
        };
        var batch = WithTeachers(6, 2, 3);
        var labels = batch.Labels().ToArray();
        double[][] teachers = [.. Enumerable.Range(0, 3).Select(t => batch.TeacherLogits(t).ToArray())];
        StrategyCases.CheckGradients(new Distillation(options), batch, (p, _) => p.Sum(student =>
        {
            var loss = 0.4 * StrategyCases.CrossEntropy(student, labels);
            for (var b = 0; b < student.Length; b++)
            {
                double[] gates = [.. teachers.Select(z => gate switch
                {
                    TeacherGate.Label => Math.Log(labels[b] == 1 ? Sigmoid(z[b]) : 1 - Sigmoid(z[b])),
                    TeacherGate.Learned => z[b],
                    _ => 0,
                })];
                var total = gates.Sum(Math.Exp);
                var z = Math.Log(student[b] / (1 - student[b]));
                for (var t = 0; t < teachers.Length; t++)
                {
                    double q = Sigmoid(teachers[t][b] / temperature), own = Sigmoid(z / temperature);
                    var d = distance switch
                    {
                        TeacherDistance.SoftLabel => -temperature * temperature * ((q * Math.Log(own)) + ((1 - q) * Math.Log(1 - own))),
                        TeacherDistance.Probability => Math.Pow(student[b] - Sigmoid(teachers[t][b]), 2),
                        _ => Math.Pow(z - teachers[t][b], 2),
                    };
                    loss += 0.7 * Math.Exp(gates[t]) / total * d / student.Length;
                }
            }
            return loss;
        }));
    }

    [Fact]
    public void Apply_LearnedGate_ComesToTrustTheBetterTeacher()
    {
        // The first teacher knows the labels, the second says the opposite.
        var batch = WithTeachers(50, 1, 2);
        for (var b = 0; b < 50; b++)
        {
            batch.TeacherLogits(0)[b] = batch.Labels()[b] == 1 ? 2 : -2;
            batch.TeacherLogits(1)[b] = batch.Labels()[b] == 1 ? -1 : 1;
        }
        var strategy = new Distillation(
            new() { Gate = TeacherGate.Learned, GateRate = 0.5, Distance = TeacherDistance.Logit, LabelWeight = 0, Weight = 1 });
        var before = StrategyCases.Apply(strategy, batch)[1];
        for (var i = 0; i < 300; i++)
            StrategyCases.Apply(strategy, batch);
        var learned = strategy.State.ToArray();
        Assert.True(learned[2] > learned[3] + 1, $"offsets {learned[2]} and {learned[3]}");
        Assert.NotEqual(before, StrategyCases.Apply(strategy, batch)[1]);
        strategy.Open(2);
        Assert.Equal([1, 1, 0, 0], strategy.State.ToArray());
    }

    [Fact]
    public void Apply_Defaults_MatchLogitsOfTheTeachersMean()
    {
        var several = WithTeachers(6, 1, 3);
        var mean = WithTeachers(6, 1, 1);
        for (var b = 0; b < 6; b++)
            mean.TeacherLogits(0)[b] = Enumerable.Range(0, 3).Average(t => several.TeacherLogits(t)[b]);
        var terms = StrategyCases.Apply(new Distillation(), several);
        StrategyCases.Apply(new Distillation(), mean);
        for (var b = 0; b < 6; b++)
        {
            Assert.Equal(mean.Gradients(0)[b], several.Gradients(0)[b], 12);
            var (p, z) = (several.Probabilities(0)[b], several.Logits(0)[b]);
            Assert.Equal(((0.1 * (p - several.Labels()[b])) + (20 * 2 * (z - mean.TeacherLogits(0)[b]))) / 6, several.Gradients(0)[b], 12);
        }

        Assert.Equal(0.1 * StrategyCases.CrossEntropy([.. several.Probabilities(0)], [.. several.Labels()]), terms[0], 12);
    }

    [Fact]
    public void Apply_NoTeachersWeight_IsSupervised()
    {
        var batch = WithTeachers(6, 2, 2);
        var terms = StrategyCases.Apply(new Distillation(Hinton with { Weight = 0 }), batch);
        var gradient = batch.Gradients(1).ToArray();
        Assert.Equal(0, terms[1]);
        Assert.Equal(terms[0], StrategyCases.Apply(new Supervised(), batch)[0], 12);
        Assert.Equal(gradient, batch.Gradients(1).ToArray());
    }

    [Theory]
    [InlineData(TeacherGate.None)]
    [InlineData(TeacherGate.Learned)]
    public void Apply_Repeated_AllocatesNothing(TeacherGate gate) =>
        StrategyCases.CheckAllocations(new Distillation(new() { Gate = gate }), WithTeachers(64, 4, 3));

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static BatchLogits Row(double z, params double[] teachers)
    {
        var batch = new BatchLogits(1, 1, teachers.Length);
        batch.Labels()[0] = 1;
        batch.Logits(0)[0] = z;
        for (var t = 0; t < teachers.Length; t++)
            batch.TeacherLogits(t)[0] = teachers[t];
        return batch;
    }

    private static BatchLogits WithTeachers(int rows, int members, int teachers)
    {
        var batch = StrategyCases.Random(rows, members, 7, teachers: teachers);
        var random = new Random(3);
        for (var t = 0; t < teachers; t++)
        {
            for (var b = 0; b < rows; b++)
                batch.TeacherLogits(t)[b] = 4 * random.NextDouble() - 2;
        }
        return batch;
    }
}
