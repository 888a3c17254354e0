using Consort.Learning.Strategies;

namespace Consort.Learning.Tests.Strategies;

public sealed class KnowledgeDrivenEnsembleTests
{
    [Fact]
    public void Apply_TwoByTwoDetached_MatchesHandComputed()
    {
        // Exam: |y − p_1| = (.2, .4), s_1 = .7; |y − p_2| = (.4, .1), s_2 = .75.
        // softmin: a_1 = 1/(1 + e^(−.05)) = 0.5124973964842103, a_2 = 0.4875026035157897.
        // p_ens = (√6/(1+√6), r/(1+r)) with r = √(2/27): (0.7101020514433644, 0.21394045472768).
        // T_1 = ((.0898979485566356)² + (.18605954527232)²)/2 = 0.0213499, T_2 = ((−.1101020514)² + (−.1139404547)²)/2 = 0.0125524447.
        // One peer each, so w = 1 whatever the exam: D_12 = D_21 = .065, peer = .065.
        var batch = StrategyCases.TwoByTwo();
        var terms = StrategyCases.Apply(new KnowledgeDrivenEnsemble(new() { DetachExam = true }), batch);
        double r = Math.Sqrt(2.0 / 27), e1 = 0.7101020514433644, e2 = r / (1 + r);
        var t1 = ((0.8 - e1) * (0.8 - e1) + (0.4 - e2) * (0.4 - e2)) / 2;
        var t2 = ((0.6 - e1) * (0.6 - e1) + (0.1 - e2) * (0.1 - e2)) / 2;
        Assert.Equal((0.36698458754010 + 0.30809306971191) / 2, terms[0], 10);
        Assert.Equal(0.5124973964842103 * t1 + 0.4875026035157897 * t2, terms[1], 12);
        Assert.Equal(0.0170611, terms[1], 6);
        Assert.Equal(0.065, terms[2], 14);
        // member 1, row 1: label (.8 − 1)/4; teach a_1 (.8 − e1) · .16; peer ½ · .2 · .16
        Assert.Equal(-0.05 + 0.5124973964842103 * (0.8 - e1) * 0.16 + 0.016, batch.Gradients(0)[0], 12);
        Assert.Equal(0.1 + 0.5124973964842103 * (0.4 - e2) * 0.24 + 0.036, batch.Gradients(0)[1], 12);
        Assert.Equal(-0.1 + 0.4875026035157897 * (0.6 - e1) * 0.24 - 0.024, batch.Gradients(1)[0], 12);
        Assert.Equal(0.025 + 0.4875026035157897 * (0.1 - e2) * 0.09 - 0.0135, batch.Gradients(1)[1], 12);
    }

    [Fact]
    public void Apply_TwoByTwo_ExamGradientIsHandComputed()
    {
        // ∂teach/∂s_1 = −a_1 (T_1 − teach) = −a_1 a_2 (T_1 − T_2), ∂s_1/∂z = ±p(1 − p)/2; peers: w = 1, no gradient.
        var batch = StrategyCases.TwoByTwo();
        StrategyCases.Apply(new KnowledgeDrivenEnsemble(new() { DetachExam = true }), batch);
        double[] detached = [batch.Gradients(0)[0], batch.Gradients(0)[1], batch.Gradients(1)[0], batch.Gradients(1)[1]];
        StrategyCases.Apply(new KnowledgeDrivenEnsemble(), batch);
        double r = Math.Sqrt(2.0 / 27), e1 = 0.7101020514433644, e2 = r / (1 + r);
        var t1 = ((0.8 - e1) * (0.8 - e1) + (0.4 - e2) * (0.4 - e2)) / 2;
        var t2 = ((0.6 - e1) * (0.6 - e1) + (0.1 - e2) * (0.1 - e2)) / 2;
        var slope = 0.5124973964842103 * 0.4875026035157897 * (t1 - t2); // 0.0022
        Assert.Equal(detached[0] - slope * 0.16 / 2, batch.Gradients(0)[0], 12);
        Assert.Equal(detached[1] + slope * 0.24 / 2, batch.Gradients(0)[1], 12);
        Assert.Equal(detached[2] + slope * 0.24 / 2, batch.Gradients(1)[0], 12);
        Assert.Equal(detached[3] - slope * 0.09 / 2, batch.Gradients(1)[1], 12);
    }

    [Theory]
    [InlineData(2, 1, 1, true, false)]
    [InlineData(3, 1, 1, true, false)]
    [InlineData(5, 0.5, 3, true, false)]
    [InlineData(3, 1, 1, true, true)]
    [InlineData(4, 2, 0, true, false)]
    [InlineData(4, 0, 2, true, false)]
    [InlineData(4, 1, 1, false, false)]
    public void Apply_AnyOptions_ValueAndGradientsMatchNaive(int members, double teach, double peer, bool exam, bool detach)
    {
        var batch = StrategyCases.Random(6, members, 40 + members);
        var labels = batch.Labels().ToArray();
        var strategy = new KnowledgeDrivenEnsemble(new() { Teach = teach, Peer = peer, Exam = exam, DetachExam = detach });
        double Naive(double[][] p, double[][] constant) => NaiveLoss(p, constant, labels, teach, peer, exam, detach);
        StrategyCases.CheckGradients(strategy, batch, Naive);
        var probabilities = Enumerable.Range(0, members).Select(m => batch.Probabilities(m).ToArray()).ToArray();
        Assert.Equal(Naive(probabilities, probabilities), StrategyCases.Apply(strategy, batch).Sum(), 13);
    }

    [Fact]
    public void Apply_ExamDetached_DiffersFromNotDetached()
    {
        var batch = StrategyCases.Random(6, 3, 1);
        StrategyCases.Apply(new KnowledgeDrivenEnsemble(), batch);
        var attached = batch.Gradients(0)[0];
        StrategyCases.Apply(new KnowledgeDrivenEnsemble(new() { DetachExam = true }), batch);
        Assert.NotEqual(attached, batch.Gradients(0)[0]);
    }

    [Fact]
    public void Apply_TeacherAndPeersAreConstants_GradientIsNotThatOfTheFullLoss()
    {
        // The loss with moving targets, differenced by hand, must not match: the stop-gradient stops something.
        var batch = StrategyCases.Random(4, 3, 9);
        var labels = batch.Labels().ToArray();
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => StrategyCases.CheckGradients(
            new KnowledgeDrivenEnsemble(), batch, (p, _) => NaiveLoss(p, p, labels, 1, 1, true, false)));
    }

    [Fact]
    public void Apply_EnsembleCopyPerturbed_OnlyTheTargetMoves()
    {
        // Perturb the teacher's copy alone: the gradient changes as for another constant, not through the students.
        var batch = StrategyCases.Random(4, 3, 9);
        var strategy = new KnowledgeDrivenEnsemble(new() { Peer = 0, DetachExam = true });
        var terms = new double[3];
        batch.Prepare();
        strategy.Apply(batch, terms);
        var before = Enumerable.Range(0, 3).Select(m => batch.Gradients(m).ToArray()).ToArray();
        batch.Prepare();
        batch.EnsembleProbabilities()[2] += 0.01;
        strategy.Apply(batch, terms);
        for (var m = 0; m < 3; m++)
        {
            Assert.Equal(before[m][0], batch.Gradients(m)[0], 15);
            Assert.NotEqual(before[m][2], batch.Gradients(m)[2]);
        }
    }

    [Fact]
    public void Apply_OneMember_IsSupervised()
    {
        var batch = StrategyCases.Random(6, 1, 3);
        var label = StrategyCases.Apply(new Supervised(), batch)[0];
        var gradient = batch.Gradients(0).ToArray();
        Assert.Equal([label, 0, 0], StrategyCases.Apply(new KnowledgeDrivenEnsemble(), batch));
        Assert.Equal(gradient, batch.Gradients(0).ToArray());
    }

    [Fact]
    public void Apply_ZeroWeights_IsMeanOfMembers()
    {
        var batch = StrategyCases.Random(6, 4, 3);
        var label = StrategyCases.Apply(new Supervised(new() { Reduction = MemberReduction.Mean }), batch)[0];
        var gradient = batch.Gradients(3).ToArray();
        Assert.Equal([label, 0, 0], StrategyCases.Apply(new KnowledgeDrivenEnsemble(new() { Teach = 0, Peer = 0 }), batch));
        Assert.Equal(gradient, batch.Gradients(3).ToArray());
    }

    [Fact]
    public void Apply_Repeated_AllocatesNothing() => StrategyCases.CheckAllocations(new KnowledgeDrivenEnsemble());

    [Fact]
    public void Apply_NotANumber_DoesNotThrow()
    {
        var batch = StrategyCases.Random(4, 2, 3);
        batch.Logits(0)[0] = double.NaN;
        Assert.True(double.IsNaN(StrategyCases.Apply(new KnowledgeDrivenEnsemble(), batch).Sum()));
    }

    private static double NaiveLoss(
        double[][] p, double[][] constant, double[] labels, double teachWeight, double peerWeight, bool exam, bool detach)
    {
        var members = p.Length;
        var examined = detach ? constant : p;
        var s = examined.Select(q => q.Zip(labels, (a, y) => 1 - Math.Abs(y - a)).Average()).ToArray();
        var ensemble = StrategyCases.EnsembleProbabilities(constant);
        double Soft(double x) => exam ? Math.Exp(x) : 1;
        var softmin = s.Sum(x => Soft(-x));
        double label = 0, teach = 0, peer = 0;
        for (var i = 0; i < members; i++)
        {
            label += StrategyCases.CrossEntropy(p[i], labels) / members;
            teach += Soft(-s[i]) / softmin * StrategyCases.SquaredError(p[i], ensemble);
            var peers = Enumerable.Range(0, members).Where(j => j != i).ToArray();
            var softmax = peers.Sum(j => Soft(s[j] - s[i]));
            peer += peers.Sum(j => Soft(s[j] - s[i]) / softmax * StrategyCases.SquaredError(p[i], constant[j])) / members;
        }
        return label + teachWeight * teach + peerWeight * peer;
    }
}
