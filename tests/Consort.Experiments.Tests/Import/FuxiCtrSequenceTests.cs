using System.IO.Compression;
using Consort.Data.Tests;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Import;

namespace Consort.Experiments.Tests.Import;

/// <summary>A real experiment of FuxiCTR with histories, of which the first rows are taken.</summary>
public sealed class FuxiCtrSequenceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_HistoriesOfMovieLens_TrainsAsItIs()
    {
        foreach (var split in (string[])["train", "valid", "test"])
        {
            using var packed = File.OpenRead(RealData.Find($"ml100k/fuxictr/{split}.csv.gz"));
            using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
            var lines = Enumerable.Range(0, split == "train" ? 6001 : 1001).Select(_ => reader.ReadLine() + "\n");
            _folder.File($"data/csv/{split}.csv", string.Concat(lines));
        }

        foreach (var file in (string[])["dataset_config.yaml", "model_config.yaml"])
            _folder.File($"config/{file}", File.ReadAllText(RealData.Find($"ml100k/peer/config/{file}"))
                .Replace("epochs: 30", "epochs: 1", StringComparison.Ordinal));
        var import = FuxiCtrImport.Read(_folder.At("config"), "DeepFM", _folder.At("deepfm.yaml"));
        Assert.True(import.IsDataFound);
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost && n.Key.StartsWith("feature_cols", StringComparison.Ordinal));
        Assert.Contains("  - {name: \"item_history\", kind: sequence, splitter: \"^\", max_len: 50, keep: last, pooling: mean, share: \"item_id\"}\n",
            import.SchemaText, StringComparison.Ordinal);
        import.Write(isForced: false);
        var result = ExperimentRunner.Run(new RunRequest(Experiment.Load(import.ExperimentPath), _folder.At("run"), Threads: 1), default);
        Assert.Equal((6000, 1000), (result.Encoding!.Splits[0].Rows, result.Training.Test!.Metrics.Ensemble.Rows));
        Assert.InRange(result.Training.Test.Metrics.Ensemble.Auc, 0.5, 1);
    }
}
