using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Profiles;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Profiles;

/// <summary>What a first look makes of cells that are not like the others, and says of them.</summary>
public sealed class OddCellTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A file of one column beside the label; what it says of row i.
    private string File(Func<int, string> cell, int rows = 2_000)
    {
        var random = new Random(4);
        return _folder.File("d.csv", "click,x\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{random.Next(2)},{cell(i)}\n")));
    }

    private static SchemaDraft Of(string path) =>
        SchemaDraft.Of(DataProfile.Of(new ProfileRequest([path]), TestContext.Current.CancellationToken));

    private static string N(int i) => (i * 7 % 1000 / 10.0).ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("1e400", "1 of 2,000 cells is no number, the first \"1e400\" (d.csv:1502): taken for missing")]
    [InlineData("abc", "1 of 2,000 cells is no number, the first \"abc\" (d.csv:1502): taken for missing")]
    public void Of_ABadCellAmongNumbers_StaysNumericAndSaysWhere(string bad, string why)
    {
        var path = File(i => i == 1_500 ? bad : N(i));
        var draft = Of(path);
        Assert.Equal("numeric", draft.Columns[1].Kind);
        Assert.Contains(why, draft.Columns[1].Why, StringComparison.Ordinal);
        Assert.Contains(bad, draft.Schema.Fields[1].Missing!);
        var yaml = draft.ToYaml([]);
        Assert.Contains($"# {draft.Columns[1].Why}", yaml, StringComparison.Ordinal);
        Assert.Equal(draft.Schema, Schema.Load(OptionMap.Parse(yaml, "again.yaml")));
        // What was drafted reads all rows.
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));
    }

    [Fact]
    public void Of_ManyCellsThatAreNoNumbers_AreWordsAndSaySo()
    {
        var draft = Of(File(i => i % 20 == 3 ? $"n{i}" : N(i)));
        Assert.Equal("categorical", draft.Columns[1].Kind);
        Assert.Contains("100 of 2,000 cells are no number, the first \"n3\" (d.csv:5): so that all are taken for words", draft.Columns[1].Why,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_UsualTextsInAnyCaseAmongNumbers_AreMissingAndSaid()
    {
        var path = File(i => (i % 40) switch { 3 => "n/a", 7 => "N/a", 11 => "-", _ => N(i) });
        var draft = Of(path);
        Assert.Equal("numeric", draft.Columns[1].Kind);
        Assert.Contains("7.5 % missing (\"n/a\", \"N/a\", \"-\")", draft.Columns[1].Why, StringComparison.Ordinal);
        Assert.Equal(["-", "N/a", "n/a"], (draft.Schema.Fields[1].Missing ?? draft.Schema.Missing).Where(t => t.Length > 0).Order(StringComparer.Ordinal));
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));

        // Words as others where there are words.
        Assert.DoesNotContain(Of(File(i => i % 4 == 0 ? "n/a" : $"w{i % 5}")).Schema.Missing, t => t.Length > 0);
        var time = Of(File(i => i % 9 == 0 ? "n/a" : $"2026-03-{(i % 28) + 1:00} {i % 24:00}:05"));
        Assert.Equal("time", time.Columns[1].Kind);
        Assert.Contains("(\"n/a\")", time.Columns[1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SeveralKindsOfCellsThatAreNoNumbers_CountsThemAll()
    {
        var draft = Of(File(i => (i % 40) switch { 3 => "bad", 2 => "-", 7 => "n/a", _ => N(i) }));
        Assert.Equal("categorical", draft.Columns[1].Kind);
        Assert.Contains("150 of 2,000 cells are no number, the first \"-\" (d.csv:4): so that all are taken for words", draft.Columns[1].Why,
            StringComparison.Ordinal);
    }

    // Of several files of one name the folder tells which.
    [Fact]
    public void Of_ABadCellInAFolderOfAPartition_NamesItsPath()
    {
        for (var day = 1; day <= 2; day++)
            _folder.File($"log/day={day}/part-0.csv", "click,x\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"{i % 2},{(day == 2 && i == 7 ? "bad" : N(i))}\n")));
        var draft = SchemaDraft.Of(DataProfile.Of(new ProfileRequest([_folder.At("log/day=1/part-0.csv"), _folder.At("log/day=2/part-0.csv")]),
            TestContext.Current.CancellationToken));
        Assert.Contains("the first \"bad\" (day=2/part-0.csv:9)", draft.Columns[1].Why.Replace('\\', '/'), StringComparison.Ordinal);
    }

    // Of codes a word is a code as the others.
    [Fact]
    public void Of_ABadCellAmongCodes_IsAToken()
    {
        var draft = Of(File(i => i == 9 ? "x7" : (i % 8).ToString(CultureInfo.InvariantCulture)));
        Assert.Equal("categorical", draft.Columns[1].Kind);
        Assert.Contains("the first \"x7\" (d.csv:11): a token as the others", draft.Columns[1].Why, StringComparison.Ordinal);
        Assert.DoesNotContain("x7", draft.Schema.Fields[1].Missing ?? draft.Schema.Missing);
    }

    [Theory]
    [InlineData("9999-12-31", 3, "time", "of 0001-01-02 to 9999-12-30, the first \"9999-12-31\" (d.csv:5): taken for missing")]
    [InlineData("0001-01-01", 3, "time", "of 0001-01-02 to 9999-12-30, the first \"0001-01-01\" (d.csv:5): taken for missing")]
    [InlineData("9999-12-31", 2, "categorical", "of 0001-01-02 to 9999-12-30, the first \"9999-12-31\" (d.csv:2): so that all are taken for words")]
    [InlineData("soon", 999, "time", "2 of 2,000 cells are no time, the first \"soon\" (d.csv:1000): taken for missing")]
    public void Of_TimesThatAreNone_AreSaid(string bad, int every, string kind, string why)
    {
        var path = File(i => every == 2 ? i % 3 > 0 ? Date(i) : bad : i % every == every - 1 ? bad : Date(i));
        if (every == 2) path = File(i => i % 5 < 3 ? bad : Date(i));
        var draft = Of(path);
        Assert.Equal(kind, draft.Columns[1].Kind);
        Assert.Contains(why.Replace("d.csv:5", $"d.csv:{every + 1}", StringComparison.Ordinal), draft.Columns[1].Why, StringComparison.Ordinal);
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));

        static string Date(int i) => new DateTime(2026, 3, 1, i % 24, 5, 0).AddDays(i % 40).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("isi", "500 of 2,000 cells are times of another form: Unix time in seconds, the first \"1793538410\" (d.csv:5), where others are ISO 8601, the first \"2026-11-01 13:05:07\" (d.csv:2): left out")]
    [InlineData("sms", "500 of 2,000 cells are times of another form: Unix time in milliseconds, the first \"1793538410000\" (d.csv:5), where others are Unix time in seconds, the first \"1793538307\" (d.csv:2): left out")]
    public void Of_TimesOfTwoForms_IsLeftOutAndSaysWhere(string forms, string why)
    {
        var path = TimesFile(i => i % 4 == 3 ? forms == "isi" ? Seconds(i) : Seconds(i) + "000" : forms == "isi" ? Iso(i) : Seconds(i));
        var draft = Of(path);
        Assert.Equal("ignored", draft.Columns[1].Kind);
        Assert.Contains(why, draft.Columns[1].Why, StringComparison.Ordinal);
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));
    }

    [Theory]
    [InlineData(false, "10 of 2,000 cells are times of another form: Unix time in seconds, the first \"1793606630\" (d.csv:1992), where others are ISO 8601, the first")]
    [InlineData(true, "10 of 2,000 cells are times of another form: ISO 8601, the first \"2026-11-02 08:03:50\" (d.csv:1992), where others are Unix time in seconds, the first")]
    public void Of_FewTimesOfAnotherForm_SaysWhatTheyAre(bool areNumbers, string why)
    {
        var path = TimesFile(i => i >= 1_990 != areNumbers ? Seconds(i) : Iso(i));
        var draft = Of(path);
        Assert.Equal("time", draft.Columns[1].Kind);
        Assert.Contains(why, draft.Columns[1].Why, StringComparison.Ordinal);
        Assert.EndsWith("better write all of the column alike", draft.Columns[1].Why.Split("; about")[0], StringComparison.Ordinal);
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));
    }

    private static string Seconds(int i) => (1_793_538_307 + i * 34L + i / 3).ToString(CultureInfo.InvariantCulture);

    private static string Iso(int i) => DateTime.UnixEpoch.AddSeconds(long.Parse(Seconds(i), CultureInfo.InvariantCulture))
        .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private string TimesFile(Func<int, string> cell) => _folder.File("d.csv", "click,time,site\n"
        + string.Concat(Enumerable.Range(0, 2_000).Select(i => $"{i * 7 % 5 % 2},{cell(i)},s{i % 7}\n")));

    [Fact]
    public void Of_ABadCellAmongWeights_SaysThatItsRowWillBeRefused()
    {
        var draft = Of(_folder.File("w.csv", "click,sample_weight,city\n" + string.Concat(Enumerable.Range(0, 500)
            .Select(i => $"{i % 2},{(i == 7 ? "x" : N(i))},{"abc"[i % 3]}\n"))));
        Assert.Equal("weight", draft.Columns[1].Kind);
        Assert.EndsWith("the first \"x\" (w.csv:9): rows that will be refused", draft.Columns[1].Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yyyy-MM-dd")]
    [InlineData("yyyy-MM-ddT00:00:00+02:00")]
    public void Of_DatesWithoutHours_DerivesNone(string format)
    {
        var draft = Of(File(i => new DateTime(2026, 3, 1).AddDays(i % 40).ToString(format, CultureInfo.InvariantCulture)));
        Assert.Equal([TimePart.Weekday, TimePart.Weekend], draft.Schema.Fields[1].Derive);
        Assert.Contains("dates without hours (iso)", draft.Columns[1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TokensWithWeights_AreAWeightedList()
    {
        var random = new Random(1);
        var path = File(i => string.Join('|', Enumerable.Range(0, 1 + i % 3).Select(_ =>
            string.Create(CultureInfo.InvariantCulture, $"{"abcde"[random.Next(5)]}:{random.NextDouble():F3}"))));
        var draft = Of(path);
        Assert.Equal("list", draft.Columns[1].Kind);
        Assert.Equal(":", draft.Schema.Fields[1].List!.WeightSplitter!.Value.Text);
        Assert.Contains("5 different tokens with \"|\" between, each with a weight behind \":\"", draft.Columns[1].Why, StringComparison.Ordinal);
        DatasetEncoder.Encode(new EncodeRequest(draft.Schema, SplitPlan.Given([path]), _folder.At("e"), 1));
        Assert.Null(Of(File(i => $"{i % 24:00}:{i % 60:00}|{i % 12:00}:{i % 30:00}")).Schema.Fields[1].List?.WeightSplitter);
    }
}
