using Consort.Compute.Graphs;

namespace Consort.Models.Tests;

/// <summary>Layers can be looked at by name in every model that has any.</summary>
public sealed class TapTests
{
    // First and second order alone: no layer between embeddings and logit.
    private static readonly string[] Shallow = ["LR", "FM", "FwFM", "AFM", "FFM"];

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Taps_OfEveryModel_AreAlikeForEachMemberAndItsOwn(string name)
    {
        var graph = ModelCase.Of(name).Family(regularised: true, members: 2, shared: true).Build(Spaces.For(name, "mixed"));
        var (first, second) = (Of(0), Of(1));
        Assert.Equal(first.Select(t => t.Name), second.Select(t => t.Name));
        Assert.Equal(Shallow.Contains(name), first.Length == 0);
        Assert.Empty(first.Select(t => t.Value).Intersect(second.Select(t => t.Value)));
        Assert.All(first, tap => Assert.True(Reaches(graph.Outputs[0], tap.Value), $"{tap.Name} is not read by the member's logit"));

        Tap[] Of(int member) => [.. graph.Taps.Where(t => t.Member == member)];
        static bool Reaches(Value value, Value target) => ReferenceEquals(value, target) || value.Inputs.Any(i => Reaches(i, target));
    }

    [Theory]
    [InlineData("DNN", "mlp/0 mlp/1", "mlp/1")]
    [InlineData("DCN", "cross mlp/0 mlp/1", "cross mlp/1")]
    [InlineData("FinalMLP", "mlp1/0 mlp1/1 mlp2/0 mlp2/1", "mlp1/1 mlp2/1")]
    public void Taps_OfATower_EndInItsLastLayers(string name, string all, string last)
    {
        var taps = ModelCase.Of(name).Family(regularised: false, members: 1, shared: true).Build(Spaces.Named("mixed")).Taps;
        Assert.Equal(all, string.Join(' ', taps.Select(t => t.Name)));
        Assert.Equal(last, string.Join(' ', taps.Where(t => !taps.Any(u => u.DependsOn(t))).Select(t => t.Name)));
    }
}
