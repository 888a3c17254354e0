namespace Consort.EndToEnd.Tests.House;

/// <summary>
/// How many lines of source each room may have: what it has today, rounded up, and a little. Whoever needs more raises the number here, so
/// that growth is seen in review.
/// </summary>
public sealed class LineBudgetTests
{
    private static readonly Dictionary<string, int> Budgets = new(StringComparer.Ordinal)
    {
        ["Consort.AspNetCore"] = 6_300,
        ["Consort.Boosting"] = 600,
        ["Consort.Cli"] = 5_600,
        ["Consort.Compute"] = 19_900,
        ["Consort.Compute.Bf16"] = 800,
        ["Consort.Data"] = 19_000,
        ["Consort.Data.DuckDb"] = 850,
        ["Consort.Data.Parquet"] = 900,
        ["Consort.Distributed"] = 950,
        ["Consort.Experiments"] = 5_650,
        ["Consort.Foundation"] = 4_450,
        ["Consort.Import"] = 2_000,
        ["Consort.Learning"] = 7_050,
        ["Consort.ML"] = 550,
        ["Consort.Models"] = 3_450,
        ["Consort.Onnx"] = 1_450,
        ["Consort.Serving"] = 3_850,
        ["Consort.Serving.Generators"] = 500,
        ["Consort.Studies"] = 14_100,
        ["Consort.Synthetic"] = 1_750,
        ["Consort.Yaml"] = 450,
    };

    private static readonly Dictionary<string, int> Lines = Repository.Sources().GroupBy(f => f.Split('/')[1])
        .ToDictionary(g => g.Key, g => g.Sum(f => File.ReadLines(Repository.At(f)).Count()), StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_OfTheSource_KeepsToItsLines(string room)
    {
        var budget = Budgets.GetValueOrDefault(room);
        Assert.True(Lines[room] <= budget,
            $"{room}: found {Lines[room]} lines, {Lines[room] - budget} more than its budget of {budget} in {nameof(LineBudgetTests)}");
    }

    [Fact]
    public void Budgets_OfTheTable_AreOfRoomsThatThereAre() => Assert.Empty(Budgets.Keys.Except(Lines.Keys));

    public static TheoryData<string> Rooms => [.. Lines.Keys];
}
