using System.Reflection;
using System.Text;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Two ranks that are about to do different things: each ends with 2, and one says what differs.</summary>
public sealed class RankAgreementTests
{
    private const string Slow = "  optimizer: { name: sgd }\n  learning_rate: 0.1\n  epochs: 3\n  patience: 0";
    private static readonly string[] Files = ["schema.yaml", "train.csv", "valid.csv", "test.csv"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("training, learning_rate 0.2, expected 0.1", "0.1", "0.2")]
    [InlineData("training, epochs 4, expected 3", "epochs: 3", "epochs: 4")]
    [InlineData("training, patience 2, expected 0", "patience: 0", "patience: 2")]
    public Task Train_RanksOfOtherExperiments_EachEndsWith2(string difference, string from, string to) =>
        EachEndsWith2(
            difference, clicks => [clicks.WriteExperiment("other.yaml", Slow.Replace(from, to, StringComparison.Ordinal)), "--seed", "7"]);

    [Theory]
    [InlineData("training, seed 8, expected 7", "--seed", "8")]
    [InlineData("--shard-tables True, expected False", "--seed", "7", "--shard-tables")]
    [InlineData("--wire bf16, expected float", "--seed", "7", "--wire", "bf16")]
    [InlineData("--resume True, expected False", "--seed", "7", "--resume")]
    public Task Train_RanksOfOtherCommands_EachEndsWith2(string difference, params string[] more) =>
        EachEndsWith2(difference, clicks => [clicks.At("one.yaml"), .. more]);

    [Fact]
    public Task Train_RanksOfOtherRows_EachEndsWith2() => EachEndsWith2("validation rows 199, expected 200", clicks =>
    {
        Directory.CreateDirectory(clicks.At("elsewhere"));
        foreach (var name in Files)
            File.Copy(clicks.At(name), clicks.At("elsewhere/" + name));
        File.WriteAllLines(clicks.At("elsewhere/valid.csv"), File.ReadAllLines(clicks.Valid).SkipLast(1));
        return [clicks.At("one.yaml"), "--seed", "7", "--data", clicks.At("elsewhere")];
    });

    [Fact]
    public Task Train_RanksOfOtherBuilds_EachEndsWith2()
    {
        var version = typeof(Experiments.Files.Experiment).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var other = version[..^1] + (version[^1] == '0' ? '1' : '0');
        return EachEndsWith2($"version {other}, expected {version}", clicks => [clicks.At("one.yaml"), "--seed", "7"], clicks =>
        {
            // The same program but for the last letter of its version.
            var build = Path.GetDirectoryName(typeof(CommandLine).Assembly.Location)!;
            Directory.CreateDirectory(clicks.At("build"));
            foreach (var file in Directory.EnumerateFiles(build, "*.*").Where(f => Path.GetExtension(f) is ".dll" or ".json"))
                File.Copy(file, clicks.At("build/" + Path.GetFileName(file)));
            var program = clicks.At("build/Consort.Experiments.dll");
            var bytes = File.ReadAllBytes(program);
            var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(version));
            Assert.True(at > 0, "no version in the program");
            bytes[at + version.Length - 1] = (byte)other[^1];
            File.WriteAllBytes(program, bytes);
            return clicks.At("build/consort.dll");
        });
    }

    // Rank 0 has one.yaml and seed 7; rank 1 what it is given.
    private static async Task EachEndsWith2(
        string difference, Func<TinyClicks, string[]> other, Func<TinyClicks, string>? otherProgram = null)
    {
        Assert.SkipUnless(RankTests.HasMpirun, RankTests.NoMpirun);
        using var clicks = new TinyClicks();
        var one = clicks.WriteExperiment("one.yaml", Slow);
        var consort = typeof(CommandLine).Assembly.Location;
        using var process = RankTests.Start(
        [
            .. Rank(0, consort, [one, "--seed", "7"]), ":", .. Rank(1, otherProgram?.Invoke(clicks) ?? consort, other(clicks)),
        ]);
        var stop = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        Assert.True(process.WaitForExit(Longest), "mpirun does not end");
        var said = await output + await error;
        Assert.True(process.ExitCode == CommandLine.Mistake, said);
        for (var rank = 0; rank < 2; rank++)
            Assert.Equal("2", File.ReadAllText(clicks.At($"exit.{rank}")).Trim());
        var host = Environment.MachineName;
        var line = Assert.Single(said.Split('\n'), l => l.Contains("consort: ", StringComparison.Ordinal));
        Assert.Contains($"consort: rank 1 on {host}: found ", line, StringComparison.Ordinal);
        Assert.Contains(difference, line, StringComparison.Ordinal);
        Assert.EndsWith($" as on rank 0 on {host}", line.TrimEnd(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(clicks.At("run")), "the run's folder is there");

        // mpirun ends the others when one has failed; who ends by itself is in time to say so.
        string[] Rank(int rank, string program, string[] args) =>
        [
            "-np", "1", "sh", "-c", "trap '' TERM; file=$1; shift; \"$@\"; code=$?; echo $code > $file; exit $code", "sh",
            clicks.At($"exit.{rank}"), "dotnet", program, "train", .. args, "--out", clicks.At("run"), "--threads", "1", "-q",
        ];
    }
}
