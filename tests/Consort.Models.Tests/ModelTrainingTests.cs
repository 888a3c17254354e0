using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Learning.Checkpoints;

namespace Consort.Models.Tests;

/// <summary>What every model of the catalogue must hold while it learns.</summary>
public sealed class ModelTrainingTests
{
    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_Xor_IsLearntByInteractionsAlone(string name)
    {
        // Two columns of two tokens (ids 2 and 3 of each), label = a xor b, all four rows in the batch; b is the history of a where a
        // model needs one.
        const int Rows = 4;
        var model = ModelCase.Of(name);
        var space = Spaces.For(name, model.OfHistory is null ? FeatureSpace.Of([4, 4]) : FeatureSpace.Of([4]));
        using var rig = new Rig<float>(model.Family(dimension: 4, deviation: 0.3), space, Rows, seed: 3);
        for (var row = 0; row < Rows; row++)
        {
            var (a, b) = (row & 1, row >> 1);
            rig.Put(row, 0, 2 + a);
            rig.Put(row, 1, space.Categorical[1].Offset + 2 + b);
            rig.Labels[row] = a ^ b;
        }

        var loss = 0.0;
        for (ulong step = 0; step < 600; step++)
            loss = rig.Train(Rows, step);
        var logits = rig.Logits(Rows);
        var right = logits.Zip(rig.Labels, (z, y) => (z > 0) == (y > 0)).Count(r => r);
        if (model.HasInteractions)
        {
            Assert.Equal(Rows, right);
            Assert.InRange(loss, 0, 0.01);
        }
        else
        {
            // The best that a sum of single effects can do is p = ½ everywhere: ln 2.
            Assert.InRange(loss, Math.Log(2) - 1e-4, Math.Log(2) + 1e-2);
            Assert.InRange(right, 0, Rows - 1);
        }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_SameSeed_SameBits(string name)
    {
        var model = ModelCase.Of(name);
        var first = After(seed: 1);
        Assert.Equal(first, After(seed: 1));
        var other = After(seed: 2);
        Assert.NotEqual(first, other);
        Assert.All(first, number => Assert.True(float.IsFinite(number)));

        float[] After(ulong seed) => Trained(model, seed, threads: 2);
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_AnyNumberOfThreads_SameBits(string name)
    {
        var model = ModelCase.Of(name);
        var alone = Trained(model, seed: 1, threads: 1);
        Assert.Equal(alone, Trained(model, seed: 1, threads: 2));
        Assert.Equal(alone, Trained(model, seed: 1, threads: 3));
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_OneRow_StaysFinite(string name)
    {
        using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised: true), Spaces.For(name, "mixed"), 8);
        rig.Draw(8, 1);
        for (ulong step = 0; step < 20; step++)
            Assert.True(double.IsFinite(rig.Train(1, step)));
        Assert.All(rig.Numbers(), number => Assert.True(float.IsFinite(number)));
        Assert.All(rig.Logits(1), z => Assert.True(float.IsFinite(z)));
        // One row has no spread: its batch norm gives β, moves the running mean, and leaves the running variance. What
        // follows the first layer then sees β = 0 alone. Norms over a row's many positions have other names.
        foreach (var slot in rig.Store.Slots.Where(s => s.Parameter.Name.EndsWith("/norm/variance", StringComparison.Ordinal)))
            Assert.All(rig.Of(slot.Parameter.Name).ToArray(), v => Assert.Equal(1f, v));
        foreach (var slot in rig.Store.Slots.Where(s => s.Parameter.Name.EndsWith("/0/norm/mean", StringComparison.Ordinal)))
            Assert.Contains(rig.Of(slot.Parameter.Name).ToArray(), v => v != 0);
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void SaveThenLoad_GivesTheSameLogits(string name)
    {
        var folder = Directory.CreateTempSubdirectory("consort-test-").FullName;
        try
        {
            foreach (var shared in new[] { true, false })
            {
                var family = ModelCase.Of(name).Family(regularised: true, members: 2, shared);
                using var saved = new Rig<float>(family, Spaces.For(name, "mixed"), 40, seed: 1);
                saved.Draw(40, 1);
                for (ulong step = 0; step < 5; step++)
                    saved.Train(40, step);
                var path = Path.Combine(folder, "weights.ckpt");
                Checkpoint.Save(path, saved.Store, null, "{}");

                using var loaded = new Rig<float>(family, Spaces.For(name, "mixed"), 40, seed: 2);
                loaded.Draw(40, 1);
                Assert.NotEqual(saved.Logits(40), loaded.Logits(40));
                Checkpoint.Load(path, loaded.Store);
                for (var member = 0; member < 2; member++)
                    Assert.Equal(saved.Logits(40, member: member), loaded.Logits(40, member: member));
                Assert.Equal(saved.Numbers(), loaded.Numbers());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_Members_StartApartAndStayApart(string name)
    {
        // Alike members differ by their names, which seed their weights; on shared embeddings too.
        foreach (var shared in new[] { true, false })
        {
            using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised: true, members: 2, shared), Spaces.For(name, "mixed"), 40);
            rig.Draw(40, 1);
            Assert.NotEqual(rig.Logits(40), rig.Logits(40, member: 1));
            for (ulong step = 0; step < 5; step++)
                rig.Train(40, step);
            Assert.NotEqual(rig.Logits(40), rig.Logits(40, member: 1));
        }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Forward_FrozenMember_RunsAsInScoring(string name)
    {
        // Running statistics of frozen members moved while their peers trained, and their dropout made them noisy teachers.
        const int Rows = 40;
        using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised: true, members: 2), Spaces.For(name, "mixed"), Rows);
        rig.Draw(Rows, 1);
        rig.Randomise(2);
        var scoring = (rig.Logits(Rows), rig.Logits(Rows, member: 1));
        var before = Statistics(0);
        rig.Program.FrozenMembers = new HashSet<int> { 0 };
        Assert.Equal(scoring.Item1, rig.Logits(Rows, isTraining: true));
        Assert.Equal(before, Statistics(0));
        var training = rig.Program.Logits(1).ToArray();
        if (rig.Graph.Values.Any(v => v.Operation is Dropout or BatchNorm))
            Assert.NotEqual(scoring.Item2, training);
        else
            Assert.Equal(scoring.Item2, training);

        float[] Statistics(int member) =>
            [.. rig.Graph.Parameters.Where(p => !p.IsTrained && p.Member == member).SelectMany(p => rig.Of(p.Name).ToArray())];
    }

    private static float[] Trained(ModelCase model, ulong seed, int threads)
    {
        const int Rows = 300; // several chunks, so that threads have something to share
        using var rig = new Rig<float>(
            model.Family(regularised: true, members: 2, shared: false), Spaces.For(model.Name, "mixed"), Rows, seed, threads);
        rig.Draw(Rows, 9);
        for (ulong step = 0; step < 8; step++)
            rig.Train(Rows, step + (seed * 1000));
        return [.. rig.Logits(Rows), .. rig.Numbers()];
    }
}
