using System.Globalization;
using Consort.Experiments.Files;
using Consort.Experiments.Running;

namespace Consort.Experiments.Tests.Running;

/// <summary>Histories that are not what a model expects of them.</summary>
public sealed class HistoryInputTests : IDisposable
{
    private const string Sequences = "{name: seen, kind: sequence, share: item, max_len: 3}, {name: seen_kind, kind: sequence, share: kind, max_len: 3}";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("DIEN, auxiliary: 1")]
    [InlineData("BST")]
    [InlineData("SIM, top_k: 2")]
    public void Train_HistoriesAllEmpty_GivesWhatTheOtherColumnsSay(string model)
    {
        var metrics = Train(model, Sequences, _ => ("", "")).Training.Valid.Metrics.Ensemble;
        Assert.InRange(metrics.Auc, 0.8, 1); // clicks depend on the item
        Assert.True(double.IsFinite(metrics.LogLoss));
    }

    // Tokens that no target has, more than there may be, and two histories that do not keep step.
    [Theory]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("DIEN, auxiliary: 1")]
    [InlineData("BST")]
    [InlineData("SIM, top_k: 2")]
    [InlineData("DNN")]
    public void Train_HistoriesUnlikeTheTarget_IsFinite(string model)
    {
        var metrics = Train(model, Sequences, i => ($"x{i % 3}|x4|x5|i1|x6", i % 2 == 0 ? "" : "k1")).Training.Valid.Metrics.Ensemble;
        Assert.InRange(metrics.Auc, 0.8, 1);
        Assert.True(double.IsFinite(metrics.LogLoss));
    }

    // Of five tokens three are kept, the newest: what stands before them changes nothing.
    [Theory]
    [InlineData("DIN", "last", true)]
    [InlineData("DIN", "first", false)]
    [InlineData("BST", "last", true)]
    public void Predict_LongerThanThereMayBe_IsCutAtTheOldEnd(string model, string keep, bool isSame)
    {
        var result = Train(model, Sequences.Replace("max_len: 3", $"max_len: 3, keep: {keep}", StringComparison.Ordinal),
            i => ($"i{i % 5}|i{i % 4}|i{i % 3}|i{i % 2}|i1", "k0|k1|k0|k1|k0"));
        using var run = new FinishedRun(result.Folder, 1);
        var probabilities = new List<double>();
        var rows = _folder.File("new.csv", "y,item,kind,seen,seen_kind\n1,i1,k1,i4|i3|i2|i1|i0,k0|k0|k1|k1|k0\n1,i1,k1,i0|i0|i2|i1|i0,k1|k1|k1|k1|k0\n");
        run.Predict(rows, batch => probabilities.AddRange([.. batch.EnsembleProbabilities()]), null, default);
        Assert.Equal(isSame, probabilities[0] == probabilities[1]);
    }

    [Theory]
    [InlineData("{name: seen, kind: categorical, share: item}, {name: seen_kind, kind: ignored}", "histories.yaml:7, DIN: found no sequence that shares the vocabulary of a column")]
    [InlineData("{name: seen, kind: list, share: item}, {name: seen_kind, kind: ignored}", "histories.yaml:7, DIN: found no sequence that shares the vocabulary of a column")]
    [InlineData("{name: seen, kind: sequence}, {name: seen_kind, kind: ignored}", "histories.yaml:7, DIN: found no sequence that shares the vocabulary of a column")]
    public void Train_NoSequenceOfTheTarget_SaysWhatIsMissing(string fields, string expected)
    {
        var mistake = Assert.Throws<ConsortException>(() => Train("DIN", fields, i => ($"i{i % 5}", "")));
        Assert.StartsWith(expected, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_HistoryThatIsNone_SaysWhichThereAre()
    {
        var mistake = Assert.Throws<ConsortException>(() =>
            Train("DIN, target: [item], history: [kind]", Sequences, i => ($"i{i % 5}", "")));
        Assert.StartsWith(
            "histories.yaml:7, DIN, history: found no list or sequence kind, expected one of seen, seen_kind", mistake.Message, StringComparison.Ordinal);
    }

    private RunResult Train(string model, string fields, Func<int, (string Items, string Kinds)> history)
    {
        foreach (var name in new[] { "train.csv", "valid.csv" })
            _folder.File(name, "y,item,kind,seen,seen_kind\n" + string.Concat(Enumerable.Range(0, 300).Select(i =>
                string.Create(CultureInfo.InvariantCulture, $"{(i % 5 < 2 ? 1 : 0)},i{i % 5},k{i % 2},{history(i).Items},{history(i).Kinds}\n"))));
        return ExperimentRunner.Run(new RunRequest(Experiment.Parse($$"""
            data:
              schema: { delimiter: comma, header: true, fields: [{name: y, kind: label}, {name: item, kind: categorical}, {name: kind, kind: categorical}, {{fields}}] }
              train: train.csv
              valid: valid.csv
              cache: {{_folder.At("cache").Replace('\\', '/')}}
            embedding: { dimension: 4, initial_deviation: 0.1 }
            members: [{ model: {{model}}, hidden_units: [8] }]
            training: { epochs: 3, batch_size: 64, learning_rate: 0.02 }
            """, "histories.yaml", _folder.Path), _folder.At("run"), 1), default);
    }
}
