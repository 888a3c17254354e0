using Consort.Foundation.Options;

namespace Consort.Models.Tests;

/// <summary>A second head over what a member's output layers read.</summary>
public sealed class AuxiliaryHeadTests
{
    private const int Rows = 4;

    [Theory]
    [InlineData("DeepFM, hidden_units: [6, 4]", 4 + 1)]
    [InlineData("DCN, hidden_units: [6, 4], cross_layers: 2", 9 + 4 + 1)] // three columns of three numbers, and the tower
    public void Build_OneMember_HasOneLayerMoreOverWhatItsOutputReads(string model, int more)
    {
        using var alone = new Rig<double>(Read(model), Spaces.Categorical, Rows);
        using var both = new Rig<double>(Read($"{model}, auxiliary_head: true"), Spaces.Categorical, Rows);
        Assert.Equal(2, both.Program.Members);
        Assert.Equal(Dense(alone) + more, Dense(both));

        // The head's layer is the member's own where it has the same weights, but for what else a model adds to its logit.
        both.Randomise(5);
        both.Draw(Rows, 6);
        both.Logits(Rows);
        var served = both.Program.Logits(0).ToArray();
        Assert.NotEqual(served, both.Program.Logits(1).ToArray());
        both.Of("member1/output/bias")[0] += 1;
        both.Logits(Rows);
        Assert.Equal(served, both.Program.Logits(0).ToArray());

        // What the head is taught reaches the tower.
        for (var row = 0; row < Rows; row++)
            (both.Program.LogitGradients(0)[row], both.Program.LogitGradients(1)[row]) = (0, 1);
        both.Program.Backward();
        Assert.Contains(both.Store.Slots.Where(s => s.Parameter.Name == "member0/mlp/0/weight")
            .SelectMany(s => both.Store.DenseGradients.Span.Slice((int)s.Offset, s.Parameter.Shape.Size).ToArray()), g => g != 0);
    }

    [Theory]
    [InlineData("[{ model: FM, auxiliary_head: true }]", "found with FM, which has no layer that ends in its logit")]
    [InlineData("[{ model: DNN, auxiliary_head: true, count: 2 }]", "found auxiliary_head in a family of 2, expected one member")]
    [InlineData("[{ model: DNN, auxiliary_head: true }, { model: FM }]", "found auxiliary_head in a family of 2, expected one member")]
    public void Build_WhatHasNoHead_IsRefused(string members, string message) => Assert.Contains(message,
        Assert.Throws<ConsortException>(() => Family.From(OptionMap.Parse($"members: {members}", "exp.yaml")).Build(Spaces.Categorical)).Message,
        StringComparison.Ordinal);

    private static int Dense(Rig<double> rig) => rig.Store.Slots.Sum(s => s.Parameter.Shape.Size);

    private static Family Read(string model) =>
        Family.From(OptionMap.Parse($"embedding: {{ dimension: 3 }}\nmembers: [{{ model: {model} }}]", "exp.yaml"));
}
