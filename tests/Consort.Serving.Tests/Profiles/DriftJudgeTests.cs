using System.Text.Json;
using Consort.Serving.Profiles;

namespace Consort.Serving.Tests.Profiles;

public sealed class DriftJudgeTests
{
    private static readonly ColumnProfile Before = new("tags", [100, 0, 9_000]) { Top = [2] };

    // What packages of earlier versions hold counts tokens: it says nothing of rows.
    [Fact]
    public void Column_OfAProfileWithoutRows_IsNotKnownAndRaisesNoAlarm()
    {
        var old = JsonSerializer.Deserialize<ColumnProfile>(JsonSerializer.Serialize(Before))!;
        Assert.Null(old.Empty);
        Assert.DoesNotContain("Empty", JsonSerializer.Serialize(Before), StringComparison.Ordinal);
        var (drift, alarms) = Judge(old.Empty);
        Assert.Equal((null, null), (drift.MissingBefore, drift.Missing));
        Assert.DoesNotContain(alarms, a => a.Kind == "missing");
    }

    [Fact]
    public void Column_WithRows_ComparesSharesOfRows()
    {
        var (drift, alarms) = Judge(100);
        Assert.Equal((0.1, 0.5), (drift.MissingBefore!.Value, drift.Missing!.Value));
        Assert.Equal("10.00% missing in training, 50.00% now", alarms.Single(a => a.Kind == "missing").Text.Replace(" %", "%", StringComparison.Ordinal));
    }

    // 500 of 1,000 rows without a token, 100 of 1,000 before.
    private static (ColumnDrift Drift, IReadOnlyList<DriftAlarm> Alarms) Judge(long? before)
    {
        var bins = new ColumnBins(0, new("tags", 0, 3, new(10)), [2]);
        var tally = new ColumnTally(3);
        int[] empty = [0], full = [9, .. Enumerable.Repeat(2, 9)];
        for (var row = 0; row < 1_000; row++)
            tally.Add(bins, [0], [], row % 2 == 0 ? empty : full);
        var judge = new DriftJudge(new DriftOptions(), 5);
        return (judge.Column(Before, before, 1_000, tally, 1_000, _ => ""), judge.Alarms);
    }
}
