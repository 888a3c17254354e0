using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A run stands by itself: what it needs is in its folder, and its rows are known by their content wherever they lie.</summary>
public sealed class MovedRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public MovedRunTests()
    {
        using var clicks = new TinyClicks();
        Directory.CreateDirectory(At("project/experiments"));
        Directory.CreateDirectory(At("project/rows"));
        File.Copy(clicks.At("schema.yaml"), At("project/experiments/schema.yaml"));
        foreach (var name in new[] { "train.csv", "valid.csv", "test.csv" })
            File.Copy(clicks.At(name), At($"project/rows/{name}"));
        _folder.File("project/experiments/x.yaml", $$"""
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv, cache: {{At("project/cache")}} }
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: 1, learning_rate: 1e-2, patience: 0 }
            """);
        // The schema lies beside the experiment, the rows elsewhere.
        Succeed("train", At("project/experiments/x.yaml"), "--data", At("project/rows"), "--out", At("project/run"), "-q");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Commands_SchemaEditedAndEncodedRowsGone_Work()
    {
        File.WriteAllText(At("project/experiments/schema.yaml"), "fields: []");
        Directory.Delete(At("project/cache"), recursive: true);
        EveryCommandWorks("project/run", "project/rows/test.csv");
    }

    [Fact]
    public void Commands_RunAndRowsMovedTogether_Work()
    {
        File.Delete(At("project/experiments/schema.yaml"));
        Directory.Delete(At("project/cache"), recursive: true);
        Directory.Move(At("project"), At("moved"));
        EveryCommandWorks("moved/run", "moved/rows/test.csv");
    }

    [Fact]
    public void Commands_RunMovedAlone_FindTheRowsWhereTheyWere()
    {
        Directory.Move(At("project/run"), At("run"));
        EveryCommandWorks("run", "project/rows/test.csv");
        Directory.Delete(At("project/rows"), recursive: true); // the encoded rows are enough
        Succeed("pack", At("run"), "--calibration", "platt", "-o", At("again.consort"), "-q");
        Succeed("distil", At("run"), "--model", "LR", "--epochs", "1", "--out", At("student"), "-q");
    }

    [Fact]
    public void Commands_RowsGone_SayWhichFileAndWhatWasExpected()
    {
        Directory.Delete(At("project/cache"), recursive: true);
        Directory.Move(At("project/rows"), At("elsewhere"));
        var bytes = new FileInfo(At("elsewhere/train.csv")).Length;
        foreach (var command in Commands("project/run"))
        {
            if (Directory.Exists(At("project/cache")))
                Directory.Delete(At("project/cache"), recursive: true);
            var run = ConsoleRun.Of(command);
            Assert.Equal(CommandLine.Mistake, run.ExitCode);
            Assert.Contains($"{At("project/rows/train.csv")}: file not found; expected train.csv of {bytes} bytes with XxHash128 ",
                run.Error, StringComparison.Ordinal);
            Assert.Contains("--data DIR", run.Error, StringComparison.Ordinal);
            var found = ConsoleRun.Of([.. command, "--data", At("elsewhere")]);
            Assert.True(found.ExitCode == 0, found.Error);
        }

        // They have been encoded again where they were, which is then enough.
        Succeed("pack", At("project/run"), "--calibration", "platt", "-o", At("model.consort"), "-q");
        Directory.Delete(At("project/cache"), recursive: true);

        // Without a calibration to fit, the package is written, and says what could not be measured.
        var pack = Succeed("pack", At("project/run"), "-o", At("plain.consort"), "-q");
        Assert.Contains("what it costs was not measured: the rows that", pack.Output, StringComparison.Ordinal);
        File.AppendAllText(At("elsewhere/valid.csv"), "1,u1,i1,2\n");
        Fail($"{At("elsewhere/valid.csv")}: found ", "pack", At("project/run"), "-o", At("p.consort"), "--data", At("elsewhere"), "-q");
        Fail("found neither a folder nor a file", "pack", At("project/run"), "-o", At("p.consort"), "--data", At("nowhere"), "-q");
    }

    [Fact]
    public void Pack_AnEncodedDatasetOfTheRows_IsTakenByItsKey()
    {
        Directory.Delete(At("project/rows"), recursive: true);
        Directory.Move(At("project/cache"), At("kept"));
        Succeed("pack", At("project/run"), "--calibration", "platt", "-o", At("p.consort"), "--data", At("kept"), "-q");
        _folder.File("s.yaml", "delimiter: comma\nheader: true\nfields: [{name: label, kind: label}, {name: user, kind: categorical}]");
        _folder.File("other.csv", "label,user\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"{i % 2},u{i % 5}\n")));
        Succeed("encode", "--schema", At("s.yaml"), "--source", At("other.csv"), "--out", At("other"), "-q");
        Fail("holds other rows than", "pack", At("project/run"), "-o", At("p.consort"), "--data", At("other"), "-q");
    }

    [Fact]
    public void Train_ByTheExperimentOfARun_GoesOn()
    {
        File.Delete(At("project/experiments/schema.yaml"));
        var file = At("project/run/experiment.yaml");
        File.WriteAllText(file, File.ReadAllText(file).Replace("epochs: 1", "epochs: 2", StringComparison.Ordinal));
        File.Copy(file, At("two.yaml"));
        Succeed("train", At("two.yaml"), "--out", At("project/run"), "--resume", "-q");
        Assert.Contains("\"epochs\": 2", File.ReadAllText(At("project/run/metrics.json")), StringComparison.Ordinal);
    }

    private string[][] Commands(string run) =>
        [
            ["pack", At(run), "--calibration", "platt", "-o", At("model.consort"), "-q"],
            ["diagnose", At(run), "-q"],
            ["distil", At(run), "--model", "LR", "--epochs", "1", "--out", At("student"), "-q"],
        ];

    private void EveryCommandWorks(string run, string rows)
    {
        foreach (var command in Commands(run))
            Succeed(command);
        Assert.DoesNotContain("not measured", Succeed("pack", At(run), "-o", At("plain.consort"), "-q").Output, StringComparison.Ordinal);
        Succeed("evaluate", At(run), "--data", At(rows), "-q");
        Succeed("predict", At(run), "--data", At(rows), "--out", At("p.txt"), "-q");
        Succeed("export", At(run), "--onnx", "-o", At("model.onnx"));
        Succeed("report", At(run), "-o", At("report.html"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp-*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.lock", SearchOption.AllDirectories));
    }

    private string At(string name) => _folder.At(name);

    private static ConsoleRun Succeed(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        return run;
    }

    private static void Fail(string message, params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
