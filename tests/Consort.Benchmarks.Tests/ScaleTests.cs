namespace Consort.Benchmarks.Tests;

public sealed class ScaleTests
{
    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "1 2")]
    [InlineData(6, "1 2 4 6")]
    [InlineData(64, "1 2 4 8 16 32 64")]
    public void ThreadsUpTo_TheMost_DoublesAndEndsThere(int most, string expected) =>
        Assert.Equal(expected, string.Join(' ', ScaleSpeed.ThreadsUpTo(most)));

    [Fact]
    public void Json_OfTwoRuns_HasTheKeysThatOthersRead()
    {
        var rows = ScaleSpeed.Json(Results());
        Assert.Equal(2, rows.Count);
        string[] keys = ["threads", "rows_per_second", "floor_fraction", "serial_ms"];
        foreach (var row in rows)
            Assert.Empty(keys.Except(row!.AsObject().Select(p => p.Key)));
        Assert.Equal([1, 4], rows.Select(r => (int)r!["threads"]!));
        Assert.Equal(4096 / 0.02, (double)rows[1]!["rows_per_second"]!, 0.1);
    }

    [Fact]
    public void Table_OfOneThread_CountsFurther()
    {
        var text = ScaleSpeed.Table(Results());
        Assert.Contains("| 4 | 20.00 | 204800 | 2.00 |", text, StringComparison.Ordinal);
        Assert.Contains("| 16 | 5.00 | 8.0 | 10.0 % |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_OfOneThread_TellsSerialTimeByKind()
    {
        var text = ScaleSpeed.Table(Results());
        Assert.Contains("| serial, by kind | matmul | interaction | embedding | elementwise | optimizer | loss |", text, StringComparison.Ordinal);
        Assert.Contains("| ms a step | 0.300 | 0.000 | 0.000 | 0.000 | 0.050 | 0.150 |", text, StringComparison.Ordinal);
        Assert.Contains("| of a step of 16 threads | 6.0 % | 0.0 % | 0.0 % | 0.0 % | 1.0 % | 3.0 % |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_OfSeveralThreads_TellsHowBusyTheyAre()
    {
        var text = ScaleSpeed.Table(Results());
        Assert.Contains("| 1 | 40.00 | 100.0 % | 100.0 % | 1.000 |", text, StringComparison.Ordinal);
        Assert.Contains("| 4 | 20.00 | 50.0 % | 100.0 % | 1.500 |", text, StringComparison.Ordinal);
    }

    private static StepResult[] Results() => [Of(1, 40), Of(4, 20)];

    private static StepResult Of(int threads, double ms) => StepTableTests.Result("DNN", ms) with
    {
        Options = new StepOptions { Model = "DNN", Threads = threads },
        SerialMs = 0.5,
        Shared = new SharedWork(ms, threads == 1 ? ms : ms / 2, ms, threads == 1 ? ms : 60),
        SerialKindMs = [0.3, 0, 0, 0, 0.05, 0.15, 0],
        EvaluationSerialMs = 0.1,
        CountedMs = [20, 10, 7, 5, 4, 3],
        EvaluationCountedMs = [9, 8, 7, 6, 5, 4],
    };
}
