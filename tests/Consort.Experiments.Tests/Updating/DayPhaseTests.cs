using Consort.Experiments.Updating;

namespace Consort.Experiments.Tests.Updating;

/// <summary>What days are called.</summary>
public sealed class DayPhaseTests
{
    [Theory]
    [InlineData("/logs/2026-11-02.csv", "2026-11-02")]
    [InlineData("/logs/2026-11-02.csv.gz", "2026-11-02")]
    [InlineData("/logs/2026.11.02.tsv.zst", "2026.11.02")]
    [InlineData("/logs/2026.11.02", "2026.11.02")]
    [InlineData("/logs/day", "day")]
    [InlineData("/logs/.csv", "update")]
    [InlineData("sql:select 1", "update")]
    public void NameOf_APlace_IsTheFileWithoutItsKind(string place, string name) => Assert.Equal(name, DayPhase.NameOf(place));
}
