using Consort.AspNetCore;
using Consort.AspNetCore.Options;
using Consort.Experiments.Files;
using Consort.Onnx;
using Consort.Serving;
using Consort.Studies;
using Consort.Studies.Diagnostics;
using Consort.Studies.Distilling;
using Consort.Studies.Recipes;
using Consort.Studies.Reports;
using OwnModel;

namespace Consort.EndToEnd.Tests;

/// <summary>The sample with a model and a strategy of its own goes the whole way, and only by its own catalogues.</summary>
public sealed class OwnModelTests
{
    [Fact]
    public async Task Run_AModelAndAStrategyOfOnesOwn_TrainsPacksAndScores()
    {
        using var folder = new TempFolder();
        var result = Walk.Run(folder.Path, CancellationToken.None);
        Assert.InRange(result.Auc, 0.55, result.Ceiling); // better than chance: it has learned
        Assert.InRange(result.Probability, 1e-6, 1 - 1e-6);

        var experiment = Path.Combine(folder.Path, "own.yaml");
        Assert.Contains("found \"PooledTower\"", Assert.Throws<ConsortException>(() => Experiment.Load(experiment)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ConsortException>(() => Scorer.Load(Path.Combine(folder.Path, "own.consort")));
        await EveryOtherRoom(folder, folder.At("run"), folder.At("own.consort"));
    }

    private static async Task EveryOtherRoom(TempFolder folder, string run, string package)
    {
        // Each of these reads the names of a file, and refuses them by the catalogues that come along.
        Assert.Throws<ConsortException>(() => Diagnoser.Run(new DiagnosisRequest(run), null, default));
        var diagnosis = Diagnoser.Run(new DiagnosisRequest(run, Rows: 64) { Catalogues = Walk.Names }, null, default);
        Assert.Equal(["bold"], diagnosis.Strategies);
        Assert.Throws<ConsortException>(() => StudyReport.Write(new StudyRequest([run], folder.At("r.html"))));
        Assert.Equal(1, StudyReport.Write(new StudyRequest([run], folder.At("r.html")) { Catalogues = Walk.Names }).Runs);
        Assert.Throws<ConsortException>(() => OnnxFile.Write(folder.At("m.onnx"), package, n => n, new OnnxOptions()));
        Assert.True(OnnxFile.Write(folder.At("m.onnx"), package, n => n, new OnnxOptions(), Walk.Names).Nodes > 0);
        var student = new DistilRequest([run], "pooledtower", folder.At("student"), Threads: 1) { Epochs = 1 };
        Assert.Throws<ConsortException>(() => DistilRun.Run(student, default));
        Assert.InRange(DistilRun.Run(student with { Catalogues = Walk.Names }, default).Student.Auc, 0.5, 1);

        var server = new ServerOptions { Models = [new ModelSource("own", package)], Urls = ["http://127.0.0.1:0"] };
        await Assert.ThrowsAsync<ConsortException>(async () => await InferenceServer.StartAsync(server, TextWriter.Null));
        await using var served = await InferenceServer.StartAsync(server with { Catalogues = Walk.Names }, TextWriter.Null);
        Assert.Single(served.Addresses);

        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "kdef/scaling");
        var request = new RecipeRequest(folder.At("own.yaml"), Seeds: 1, Only: null, folder.At("recipe"))
        { Members = [2], Methods = ["mean"], Epochs = 1 };
        Assert.Throws<ConsortException>(() => recipe.Plan(request));
        var plan = recipe.Plan(request with { Catalogues = Walk.Names });
        Assert.Contains(plan, r => r.Options.TextAt("members[0].model") == "PooledTower");
    }
}
