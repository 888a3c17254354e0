using Consort.Learning.Strategies;

namespace Consort.Learning.Tests.Strategies;

public sealed class MutualLearningTests
{
    private static MutualLearningOptions Paper => MutualLearningOptions.OfThePaper;

    [Fact]
    public void Options_Defaults_AreWhatWorksAndNotThePaper()
    {
        var options = new MutualLearningOptions();
        Assert.Equal((5, PeerDivergence.BernoulliKl, 1, PeerReading.Evaluation, null),
            (options.Weight, options.Divergence, options.LabelWeight, options.Peers, options.WarmEpochs));
        Assert.Equal((1, PeerDivergence.SquaredError, 1, PeerReading.Training, 0),
            (Paper.Weight, Paper.Divergence, Paper.LabelWeight, Paper.Peers, Paper.WarmEpochs));
    }

    [Theory]
    [InlineData(PeerDivergence.SquaredError, 2, 20, 0.1)]
    [InlineData(PeerDivergence.SquaredError, 4, 1, 0)]
    [InlineData(PeerDivergence.BernoulliKl, 3, 5, 1)]
    [InlineData(PeerDivergence.BernoulliKl, 2, 5, 0.5)]
    public void Apply_PeersAndLabelWeight_EqualANaiveReference(PeerDivergence divergence, int members, double weight, double label)
    {
        // What peers say is another number than what the member itself says in the pass that trains it.
        var options = new MutualLearningOptions { Divergence = divergence, Weight = weight, LabelWeight = label };
        var (batch, random) = (StrategyCases.Random(7, members, members, hasPeers: true), new Random(9));
        for (var m = 0; m < members; m++)
            for (var b = 0; b < batch.Rows; b++)
                batch.PeerLogits(m)[b] = (4 * random.NextDouble()) - 2;
        var peers = Enumerable.Range(0, members).Select(m => StrategyCases.Sigmoids(batch.PeerLogits(m).ToArray())).ToArray();
        var labels = batch.Labels().ToArray();
        StrategyCases.CheckGradients(new MutualLearning(options), batch, (p, _) => Total(p));
        var terms = StrategyCases.Apply(new MutualLearning(options), batch);
        var naive = Enumerable.Range(0, members).Select(m => StrategyCases.Sigmoids(batch.Logits(m).ToArray())).ToArray();
        Assert.Equal(Total(naive), terms.Sum(), 12);
        Assert.Equal(label * naive.Sum(p => StrategyCases.CrossEntropy(p, labels)), terms[0], 12);

        double Total(double[][] p) => Loss(p, peers, labels, weight,
            divergence == PeerDivergence.SquaredError ? StrategyCases.SquaredError : Kl, label);
    }

    [Fact]
    public void WarmEpochs_LeftOut_AreOneOfFreshWeights()
    {
        var strategy = new MutualLearning();
        Assert.Equal((1, 0), (strategy.WarmEpochs(isFresh: true), strategy.WarmEpochs(isFresh: false)));
        Assert.Equal(0, new MutualLearning(new() { WarmEpochs = 0 }).WarmEpochs(isFresh: true));
        Assert.Equal(3, new MutualLearning(new() { WarmEpochs = 3 }).WarmEpochs(isFresh: false));
    }

    [Fact]
    public void Apply_InWarmEpochs_LearnsFromLabelsAlone()
    {
        var batch = StrategyCases.Random(6, 3, 3);
        var alone = StrategyCases.Apply(new Supervised(), batch)[0];
        var gradient = batch.Gradients(1).ToArray();
        var strategy = new MutualLearning();
        strategy.Open(0);
        Assert.True(strategy.ReadsPeersAsScored);
        strategy.BeginEpoch(0, isFresh: true);
        Assert.False(strategy.ReadsPeersAsScored);
        Assert.Equal([alone, 0], StrategyCases.Apply(strategy, batch));
        Assert.Equal(gradient, batch.Gradients(1).ToArray());
        strategy.BeginEpoch(1, isFresh: true);
        Assert.True(strategy.ReadsPeersAsScored);
        Assert.True(StrategyCases.Apply(strategy, batch)[1] > 0);
        strategy.BeginEpoch(0, isFresh: true);
        strategy.Open(0);
        Assert.True(StrategyCases.Apply(strategy, batch)[1] > 0);
    }

    [Fact]
    public void Apply_TwoByTwo_MatchesHandComputed()
    {
        var batch = StrategyCases.TwoByTwo();
        var terms = StrategyCases.Apply(new MutualLearning(Paper), batch);
        Assert.Equal(0.36698458754010 + 0.30809306971191, terms[0], 10);
        // MSE = (0.2² + 0.3²)/2 = 0.065 for each of the two directions
        Assert.Equal(0.13, terms[1], 14);
        // (p − y)/2 + (p − peer) p (1 − p): −0.1 + 0.2·0.16; 0.2 + 0.3·0.24; −0.2 − 0.2·0.24; 0.05 − 0.3·0.09
        Assert.Equal(-0.068, batch.Gradients(0)[0], 14);
        Assert.Equal(0.272, batch.Gradients(0)[1], 14);
        Assert.Equal(-0.248, batch.Gradients(1)[0], 14);
        Assert.Equal(0.023, batch.Gradients(1)[1], 14);
    }

    [Fact]
    public void Apply_KlTwoByTwo_MatchesHandComputed()
    {
        var batch = StrategyCases.TwoByTwo();
        var terms = StrategyCases.Apply(new MutualLearning(Paper with { Divergence = PeerDivergence.BernoulliKl }), batch);
        // KL(.6‖.8) = .6 ln .75 + .4 ln 2 = 0.1046496287, KL(.1‖.4) = .1 ln .25 + .9 ln 1.5 = 0.2262891611,
        // KL(.8‖.6) = .8 ln 4/3 + .2 ln .5 = 0.0915162219, KL(.4‖.1) = .4 ln 4 + .6 ln 2/3 = 0.3112386796
        Assert.Equal((0.1046496287 + 0.2262891611 + 0.0915162219 + 0.3112386796) / 2, terms[1], 9);
        // (p − y)/2 + (p − peer)/2
        Assert.Equal(-0.1 + 0.1, batch.Gradients(0)[0], 14);
        Assert.Equal(0.2 + 0.15, batch.Gradients(0)[1], 14);
        Assert.Equal(-0.2 - 0.1, batch.Gradients(1)[0], 14);
        Assert.Equal(0.05 - 0.15, batch.Gradients(1)[1], 14);
    }

    [Theory]
    [InlineData(2, 1.0)]
    [InlineData(3, 0.7)]
    [InlineData(5, 2.0)]
    public void Apply_SquaredError_GradientsMatchFiniteDifferences(int members, double weight)
    {
        var batch = StrategyCases.Random(5, members, members);
        var labels = batch.Labels().ToArray();
        StrategyCases.CheckGradients(new MutualLearning(Paper with { Weight = weight }), batch,
            (p, constant) => Loss(p, constant, labels, weight, StrategyCases.SquaredError));
    }

    [Fact]
    public void Apply_Kl_GradientsMatchFiniteDifferences()
    {
        var batch = StrategyCases.Random(5, 3, 11);
        var labels = batch.Labels().ToArray();
        StrategyCases.CheckGradients(new MutualLearning(Paper with { Divergence = PeerDivergence.BernoulliKl }), batch,
            (p, constant) => Loss(p, constant, labels, 1, Kl));
    }

    [Fact]
    public void Apply_PeerIsAConstant_GradientIsNotThatOfTheFullLoss()
    {
        // Were the peer's copy not held constant, each member's gradient would have a second part of the same size.
        var batch = StrategyCases.TwoByTwo();
        StrategyCases.Apply(new MutualLearning(Paper), batch);
        var peerPart = batch.Gradients(0)[0] - -0.1;
        Assert.Equal(0.2 * 0.16, peerPart, 14); // and not 2 · 0.032
    }

    [Fact]
    public void Apply_LabelsOfTheTeacherMove_LearnerKeepsItsGradient()
    {
        // Member 2's own loss does not reach member 1: a third member that changes nothing for member 1 but p_2's distance to it.
        var batch = StrategyCases.Random(4, 3, 8);
        StrategyCases.Apply(new MutualLearning(Paper), batch);
        var before = batch.Gradients(0).ToArray();
        var old = batch.Logits(2)[1];
        batch.Logits(2)[1] = old + 1e-3;
        StrategyCases.Apply(new MutualLearning(Paper), batch);
        var moved = (batch.Gradients(0)[1] - before[1]) / 1e-3;
        double p = batch.Probabilities(0)[1], q = batch.Probabilities(2)[1];
        // Only through the target in d(p_2, p_1): −2/(M−1)/B p(1−p) q(1−q); rows other than 1 are untouched.
        Assert.Equal(-2.0 / 2 / 4 * p * (1 - p) * q * (1 - q), moved, 5);
        Assert.Equal(before[0], batch.Gradients(0)[0], 15);
    }

    [Fact]
    public void Apply_OneMemberOrNoWeight_IsSupervised()
    {
        var one = StrategyCases.Random(6, 1, 3);
        Assert.Equal(StrategyCases.Apply(new Supervised(), one)[0], StrategyCases.Apply(new MutualLearning(Paper), one)[0], 15);
        var three = StrategyCases.Random(6, 3, 3);
        var terms = StrategyCases.Apply(new MutualLearning(Paper with { Weight = 0 }), three);
        var gradient = three.Gradients(2).ToArray();
        Assert.Equal(0, terms[1]);
        Assert.Equal(terms[0], StrategyCases.Apply(new Supervised(), three)[0], 15);
        Assert.Equal(gradient, three.Gradients(2).ToArray());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(1e9)]
    public void Options_WeightOutOfRange_Throws(double weight) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MutualLearningOptions { Weight = weight });

    [Theory]
    [InlineData(PeerDivergence.SquaredError)]
    [InlineData(PeerDivergence.BernoulliKl)]
    public void Apply_Repeated_AllocatesNothing(PeerDivergence divergence) =>
        StrategyCases.CheckAllocations(new MutualLearning(new() { Divergence = divergence }));

    private static double Kl(double[] own, double[] peer) =>
        own.Zip(peer, (a, q) => (q * Math.Log(q / a)) + ((1 - q) * Math.Log((1 - q) / (1 - a)))).Average();

    private static double Loss(double[][] p, double[][] constant, double[] labels, double weight,
        Func<double[], double[], double> divergence, double label = 1)
    {
        double loss = 0;
        for (var n = 0; n < p.Length; n++)
        {
            loss += label * StrategyCases.CrossEntropy(p[n], labels);
            loss += weight / (p.Length - 1) * Enumerable.Range(0, p.Length).Where(i => i != n).Sum(i => divergence(p[n], constant[i]));
        }
        return loss;
    }
}
