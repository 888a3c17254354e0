using Consort.Data.Datasets;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Bad input: exit code 2, and a message that says where, what was found and what was expected.</summary>
public sealed class MistakeTests
{
    [Fact]
    public void Train_MissingExperiment_NamesTheFile() => AssertMistake("nosuch.yaml: file not found", "train", "nosuch.yaml");

    // Before the experiment is read, let alone the machine measured.
    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("1e-300Gb")]
    [InlineData("25Gb/1e300us")]
    public void Plan_NetworkThatIsNone_IsRefusedAtOnce(string network) => AssertMistake(
        $"--network: found \"{network}\", expected a speed such as 25Gb", "plan", "nosuch.yaml", "--rows", "1e6", "--network", network);

    [Theory]
    [InlineData("--source: found an empty name, expected rows", "encode", "--schema", "avazu", "--source", "", "--out", "x")]
    [InlineData("--train: found an empty name, expected rows", "encode", "--schema", "avazu", "--train", "", "--out", "x")]
    [InlineData("--valid: found an empty name, expected rows", "encode", "--schema", "avazu", "--train", "a", "--valid", "", "--out", "x")]
    [InlineData("--out: found an empty name, expected that of a file", "encode", "--schema", "avazu", "--train", "a", "--out", "")]
    [InlineData("EXPERIMENT: found an empty name, expected that of a file", "train", "")]
    [InlineData("--data: found an empty name, expected rows", "evaluate", "run", "--data", "")]
    [InlineData("--data: found an empty name, expected rows", "predict", "run", "--data", " ", "--out", "x")]
    [InlineData("DATA: found an empty name, expected rows", "init", "")]
    [InlineData("ROWS|FOLDER: found an empty name, expected rows", "data", "describe", "")]
    public void Run_AnEmptyName_SaysWhichAndWhatIsExpected(string message, params string[] arguments) => AssertMistake(message, arguments);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("[null, train.csv]")]
    [InlineData("[\"\", train.csv]")]
    public void Train_AnEmptyNameInTheExperiment_NamesTheKey(string train)
    {
        using var clicks = new TinyClicks();
        Replace(clicks.Experiment, line: 4, _ => $"  train: {train}");
        AssertMistake("experiment.yaml:4, key train: found an empty name, expected rows", "train", clicks.Experiment);
    }

    [Fact]
    public void Train_MissingDataFile_NamesKeyAndFolder()
    {
        using var clicks = new TinyClicks();
        File.Delete(clicks.Train);
        AssertMistake($"experiment.yaml:4, key train: found no train.csv in {clicks.Path}", "train", clicks.Experiment);
    }

    [Fact]
    public void Train_WrongNumberOfColumns_NamesTheLine()
    {
        using var clicks = new TinyClicks();
        Replace(clicks.Train, line: 42, _ => "1,u1,i2");
        AssertMistake("train.csv:42: found 3 columns, expected 4", "train", clicks.Experiment, "--out", clicks.At("run"));
    }

    [Fact]
    public void Train_TextInANumericColumn_NamesLineAndColumn()
    {
        using var clicks = new TinyClicks();
        Replace(clicks.Train, line: 17, _ => "1,u1,i2,cheap");
        AssertMistake("train.csv:17, column price: found \"cheap\", expected a number", "train", clicks.Experiment, "--out",
            clicks.At("run"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("maybe")]
    public void Train_LabelOtherThanZeroOrOne_NamesLineAndLabel(string label)
    {
        using var clicks = new TinyClicks();
        Replace(clicks.Valid, line: 9, line => label + line[1..]);
        AssertMistake($"valid.csv:9, column label: found \"{label}\", expected 0 or 1", "train", clicks.Experiment, "--out",
            clicks.At("run"));
    }

    [Fact]
    public void Train_EmptyFile_SaysSo()
    {
        using var clicks = new TinyClicks();
        File.WriteAllText(clicks.Train, "");
        AssertMistake("train.csv: found an empty file", "train", clicks.Experiment, "--out", clicks.At("run"));
    }

    [Fact]
    public void Train_UnknownKey_NamesLineAndNearestKey()
    {
        using var clicks = new TinyClicks();
        var file = clicks.WriteExperiment("typo.yaml", "  bacth_size: 32");
        AssertMistake("unknown key \"bacth_size\"; did you mean \"batch_size\"?", "train", file);
        AssertMistake("typo.yaml:14: unknown key", "train", file);
    }

    [Fact]
    public void EvaluateAndResume_TruncatedCheckpoint_SayThatItIsDamaged()
    {
        using var clicks = new TinyClicks();
        var run = clicks.At("run");
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", run, "-q").ExitCode);
        Cut(Path.Combine(run, "checkpoints", "best-train.ckpt"));
        AssertMistake("best-train.ckpt: the file is damaged or cut short", "evaluate", run, "--data", clicks.Test);
        AssertMistake("best-train.ckpt: the file is damaged or cut short", "predict", run, "--data", clicks.Test, "--out",
            clicks.At("p.txt"));
        Assert.False(File.Exists(clicks.At("p.txt")));
        Cut(Path.Combine(run, "checkpoints", "last.ckpt"));
        AssertMistake("last.ckpt: the file is damaged or cut short", "train", clicks.Experiment, "--out", run, "--resume");
    }

    [Fact]
    public void Encode_SourceChangedAfterwards_EncodesAgainAndOpeningWithTheSourceSaysSo()
    {
        using var clicks = new TinyClicks();
        string[] encode = ["encode", "--schema", clicks.At("schema.yaml"), "--train", clicks.Train, "--valid", clicks.Valid, "--out",
            clicks.At("encoded")];
        Assert.Contains("encoded (", ConsoleRun.Of(encode).Output, StringComparison.Ordinal);
        Assert.Contains("reused:", ConsoleRun.Of(encode).Output, StringComparison.Ordinal);
        Replace(clicks.Train, line: 2, line => line[0] == '1' ? "0" + line[1..] : "1" + line[1..]);

        var stale = Assert.Throws<ConsortException>(() => EncodedDataset.Open(clicks.At("encoded"), [clicks.Train, clicks.Valid]));
        Assert.Contains("the data changed after they were encoded", stale.Message, StringComparison.Ordinal);
        Assert.Contains("train.csv", stale.Message, StringComparison.Ordinal);
        var again = ConsoleRun.Of(encode);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("encoded (", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_SourceChangedAfterEncoding_TrainsOnTheNewRows()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("before"), "-q").ExitCode);
        File.WriteAllText(clicks.Train, TinyClicks.Rows(300, 77));
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("after"), "-q").ExitCode);
        Assert.Contains("300 training rows", File.ReadAllText(clicks.At("after/report.md")), StringComparison.Ordinal);
        var resume = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("before"), "-q", "--resume");
        Assert.Equal(2, resume.ExitCode);
        Assert.Contains("was written by another experiment or other data", resume.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_DamagedDataset_SaysSo()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("encode", "--schema", clicks.At("schema.yaml"), "--train", clicks.Train, "--out",
            clicks.At("encoded")).ExitCode);
        var rows = Directory.EnumerateFiles(clicks.At("encoded")).OrderByDescending(f => new FileInfo(f).Length).First();
        Cut(rows);
        AssertMistake("the dataset is damaged, encode it again", "data", "describe", clicks.At("encoded"));
    }

    [Theory]
    [InlineData("unknown command or argument \"trian\"; did you mean train?", "trian")]
    [InlineData("unknown command or argument \"describe\"; did you mean data describe?", "describe", "clicks.csv")]
    [InlineData("unknown command or argument \"fuxictr\"; did you mean import fuxictr?", "fuxictr")]
    [InlineData("unknown command or argument \"help\"; did you mean train --help?", "help", "train")]
    [InlineData("unknown command or argument \"help\"; did you mean --help?", "help")]
    [InlineData("found twice, but its bytes come only once", "encode", "--schema", "criteo", "--train", "-", "--test", "-", "--out", "y")]
    [InlineData("nowhere/*.parquet: found no file that fits, expected at least one", "encode", "--schema", "criteo", "--source",
        "nowhere/*.parquet", "--out", "y")]
    [InlineData("DuckDB says: ", "encode", "--schema", "criteo", "--source", "sql:selekt 1", "--out", "y")]
    [InlineData("unknown command or argument \"--sede\"; did you mean --seed?", "train", "e.yaml", "--sede", "3")]
    [InlineData("unknown command or argument \"--sede\"; did you mean --seed?", "train", "--sede")]
    [InlineData("unknown command or argument \"--data\"", "drift", "--data", "new.csv", "model.consort")]
    [InlineData("unknown command or argument \"--jsn\"; did you mean --json?", "evaluate", "run", "--data", "a.csv", "--jsn")]
    [InlineData("found \"\", expected one of LR, FM", "models", "")]
    [InlineData("--threads: found \"0\", expected a number from 1 to 1024", "train", "e.yaml", "--threads", "0")]
    [InlineData("required argument \"EXPERIMENT\" missing", "train")]
    [InlineData("expected either --source or --train", "encode", "--schema", "criteo", "--out", "x")]
    [InlineData("did you mean the preset criteo?", "encode", "--schema", "criteoo", "--source", "x", "--out", "y")]
    [InlineData("found no run there", "evaluate", "nosuch", "--data", "x")]
    [InlineData("--shares: found 2 numbers, expected train,valid,test", "encode", "--schema", "criteo", "--source", "x", "--out", "y",
        "--shares", "0.9,0.1")]
    public void Run_WrongCommandLine_SaysWhatIsWrong(string message, params string[] arguments) => AssertMistake(message, arguments);

    [Fact]
    public void Run_AFileInThePlaceOfAFolder_SaysSo()
    {
        using var clicks = new TinyClicks();
        AssertMistake($"--data {clicks.Train}: found a file, expected a folder", "train", clicks.Experiment, "--data", clicks.Train);
        AssertMistake($"{clicks.Train}: found a file, expected the folder of a run", "train", clicks.Experiment, "--out", clicks.Train);
        AssertMistake($"cannot write {clicks.Train}/schema.yaml: found the file {clicks.Train}, expected a folder there",
            "init", clicks.Test, "--out", clicks.Train);
        AssertMistake($"api key file {clicks.Path}: found a folder, expected a file", "serve", "x.consort", "--api-key-file", clicks.Path);
    }

    [Fact]
    public void Pack_OverAFileThatIsNoPackage_LeavesIt()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        var rows = File.ReadAllText(clicks.Train);
        AssertMistake($"--out {clicks.Train}: found a file that is no package", "pack", clicks.At("run"), "-o", clicks.Train);
        Assert.Equal(rows, File.ReadAllText(clicks.Train));
        var package = clicks.File("m.consort", ""); // as mktemp makes it; the second time a package is written over
        for (var time = 0; time < 2; time++)
            Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "-o", package, "-q").ExitCode);
        AssertMistake("best-train.ckpt: found a file of weights (safetensors), expected rows as text", "evaluate", clicks.At("run"), "--data",
            clicks.At("run/checkpoints"));
    }

    private static void AssertMistake(string message, params string[] arguments)
    {
        var run = ConsoleRun.Of(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.StartsWith("consort: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private static void Replace(string file, int line, Func<string, string> change)
    {
        var lines = File.ReadAllLines(file);
        lines[line - 1] = change(lines[line - 1]);
        File.WriteAllLines(file, lines);
    }

    private static void Cut(string file)
    {
        using var stream = File.OpenWrite(file);
        stream.SetLength(stream.Length - 5);
    }

    [Fact]
    public void Encode_Help_ShowsSharesAsTheyAreTyped()
    {
        var help = ConsoleRun.Of("encode", "--help").Output;
        Assert.Contains("0.8,0.1,0.1", help, StringComparison.Ordinal);
        Assert.DoesNotContain("0.8|", help, StringComparison.Ordinal);
    }
}
