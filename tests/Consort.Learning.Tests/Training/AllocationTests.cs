using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

[Collection(AloneCollection.Name)]
public sealed class AllocationTests(SmallData data)
{
    [Theory]
    [InlineData("supervised")]
    [InlineData("mutual")]
    [InlineData("kdef")]
    public void Run_AnyStrategy_StepsAllocateNothing(string name)
    {
        // Each step hashed the name of its random stream, and the evaluation that ended a phase was counted as steps.
        Strategy strategy = name switch
        {
            "mutual" => new MutualLearning(),
            "kdef" => new KnowledgeDrivenEnsemble(),
            _ => new Supervised(),
        };
        var rig = new TrainerRig(data.Dataset)
        {
            Phases = [new Phase { Strategy = strategy, Epochs = 400, Patience = 0 }],
            Options = new TrainingOptions
            {
                BatchSize = SmallData.BatchSize,
                Optimizer = new() { MaxGradientNorm = 10, EmbeddingL2 = 1e-3 }
            },
        };
        // The test host itself allocates now and then: up to 7 bytes a step over 4000 steps.
        var result = rig.Run(data.NewFolder()).Result;
        Assert.InRange(result.AllocatedBytesPerStep, 0, 30);
    }
}
