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

    // Clicks depend on how long ago the last step was, which no place tells.
    [Theory]
    [InlineData("BST, num_heads: 1", "kind: ignored", 0.4, 0.65)]
    [InlineData("BST, num_heads: 1, positions: time", Ages, 0.95, 1)]
    [InlineData("SIM, num_heads: 1, positions: time", Ages, 0.95, 1)]
    [InlineData("DMIN, num_heads: 1, positions: time", Ages, 0.8, 1)] // there an age only weighs steps against each other
    public void Train_ClicksByTheAgeOfAStep_AreLearnedByTime(string model, string times, double least, double most)
    {
        Dated("train.csv", 1000, 1);
        Dated("valid.csv", 400, 2);
        Assert.InRange(TrainDated(model, times).Training.Valid.Metrics.Ensemble.Auc, least, most);
    }

    [Theory]
    [InlineData("1,i1,1000,i1|i2,900", "seen_times: found \"900\", expected as many times as seen has steps: 2, not 1")]
    [InlineData("1,i1,1000,i1|i2,900|800", "seen_times: found \"900|800\", expected times in order (oldest_first): that of step 2 is before the one in front of it")]
    [InlineData("1,i1,1000,i1|i2,900|1001", "seen_times: found \"900|1001\", expected no time later than the row's own (now): that of step 2 is")]
    [InlineData("1,i1,1000,i1|i2,900|soon", "seen_times: found \"900|soon\", expected a time as seconds since 1970 or empty: of step 2 it is \"soon\"")]
    public void Train_TimesThatCannotBe_NamesRowColumnAndStep(string row, string expected)
    {
        Dated("train.csv", 40, 1);
        Dated("valid.csv", 40, 2);
        var path = _folder.At("valid.csv");
        File.AppendAllText(path, $"{row}\n");
        var mistake = Assert.Throws<ConsortException>(() => TrainDated("BST, num_heads: 1, positions: time", Ages));
        Assert.StartsWith($"{path}:42, column {expected}", mistake.Message, StringComparison.Ordinal);
    }

    private const string Ages = "kind: sequence, ages_of: seen, until: now, format: unix_s";

    private void Dated(string name, int rows, int seed)
    {
        var random = new Random(seed);
        _folder.File(name, "y,item,now,seen,seen_times\n" + string.Concat(Enumerable.Range(0, rows).Select(_ =>
        {
            var (now, steps, isNew) = (1_700_000_000 + random.Next(9_000_000), 1 + random.Next(4), random.Next(2) == 0);
            var age = isNew ? 1 + random.Next(2_000) : 9_000 + random.Next(90_000);
            long[] times = [.. Enumerable.Range(0, steps).Select(i => now - age - (long)((steps - 1 - i) * 100))];
            return string.Create(CultureInfo.InvariantCulture,
                $"{(isNew ? 1 : 0)},i{random.Next(5)},{now},{string.Join('|', times.Select(_ => $"i{random.Next(5)}"))},{string.Join('|', times)}\n");
        })));
    }

    private RunResult TrainDated(string model, string times) => ExperimentRunner.Run(new RunRequest(Experiment.Parse($$"""
        data:
          schema: { delimiter: comma, header: true, fields: [{name: y, kind: label}, {name: item, kind: categorical}, {name: now, kind: time, format: unix_s},
            {name: seen, kind: sequence, share: item, max_len: 3}, {name: seen_times, {{times}}}] }
          train: train.csv
          valid: valid.csv
          cache: {{_folder.At("cache").Replace('\\', '/')}}
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members: [{ model: {{model}}, hidden_units: [8] }]
        training: { epochs: 8, batch_size: 50, learning_rate: 0.02 }
        """, "histories.yaml", _folder.Path), _folder.At("run"), 1), default);

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
