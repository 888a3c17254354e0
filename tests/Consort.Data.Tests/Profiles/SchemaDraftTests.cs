using System.Globalization;
using System.Text;
using Consort.Data.Profiles;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Profiles;

public sealed class SchemaDraftTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SchemaDraft Of(string text, string name = "d.csv") => SchemaDraft.Of(DataProfile.Of(
        new ProfileRequest([_folder.File(name, text)]), TestContext.Current.CancellationToken));

    private static string Clicks(int rows = 3000)
    {
        var random = new Random(3);
        var text = new StringBuilder("id,click,user_id,age,price,visits,city,same,paid,note\n");
        for (var row = 0; row < rows; row++)
        {
            var (age, click) = (random.Next(18, 80), random.Next(4) == 0 ? 1 : 0);
            text.Append(CultureInfo.InvariantCulture,
                $"r{row:D5},{click},{random.Next(500)},{(random.Next(9) == 0 ? "NA" : age)},{random.NextDouble() * 90:F2},{(int)(1 / (0.01 + random.NextDouble()))},{"abc"[random.Next(3)]}ville,x,{click * random.Next(1, 50)},\n");
        }

        return text.ToString();
    }

    [Fact]
    public void Of_Clicks_SaysWhatEachColumnIs()
    {
        var draft = Of(Clicks());
        Assert.Equal(
            [("id", "id"), ("click", "label"), ("user_id", "categorical"), ("age", "numeric"), ("price", "numeric"), ("visits", "numeric"),
                ("city", "categorical"), ("same", "ignored"), ("paid", "ignored"), ("note", "ignored")],
            draft.Columns.Select(c => (c.Name, c.Kind)));
        Assert.Contains("leak", draft.Columns[8].Why, StringComparison.Ordinal);
        Assert.Contains("empty", draft.Columns[9].Why, StringComparison.Ordinal);
        Assert.All(draft.Columns, c => Assert.NotEmpty(c.Why));
        Assert.Equal(["", "NA"], draft.Schema.Missing);
    }

    // What stands behind a colon of a clock is no weight, whether there is a history beside it or none.
    [Theory]
    [InlineData("yyyy-MM-dd HH:mm:ss", '|')]
    [InlineData("yyyy-MM-dd HH:mm:ss", ';')]
    [InlineData("yyyy-MM-dd HH:mm", '|')]
    [InlineData("yyyy-MM-dd HH:mm:ss.f", '|')]
    [InlineData("yyyy-MM-ddTHH:mm:ss", '|')]
    [InlineData("yyyy-MM-ddTHH:mm:ssZ", '|')]
    [InlineData("yyyy-MM-dd HH:mm:ss+00:00", '|')]
    public void Of_TimesWithAClock_AreTimesOfTheHistoryAndNeverWeights(string format, char splitter)
    {
        var random = new Random(5);
        string[] heads = ["click,at,item,seen,seen_history_at", "click,at,item,seen_history_at"]; // a name of lists, also with spaces
        StringBuilder[] texts = [.. heads.Select(h => new StringBuilder(h).Append('\n'))];
        for (var row = 0; row < 500; row++)
        {
            // Few minutes: what stands in front of the last colon comes again and again, as tokens do.
            var at = new DateTime(2026, 9, 26, 18, 0, 0).AddMinutes(random.Next(60));
            DateTime[] times = [.. Enumerable.Range(0, random.Next(9)).Select(_ => at.AddSeconds(-random.Next(9000))).Order()];
            var steps = string.Join(splitter, times.Select(_ => $"i{random.Next(40)}"));
            var start = $"{random.Next(2)},{Text(at)},i{random.Next(40)},";
            var ages = string.Join(splitter, times.Select(Text));
            texts[0].Append(start).Append(steps).Append(',').Append(ages).Append('\n');
            texts[1].Append(start).Append(ages).Append('\n');
        }
        var column = Of(texts[0].ToString()).Columns[4];
        Assert.Equal(("sequence", TimeFormat.Iso, null),
            (column.Kind, column.Field.Format, column.Field.List!.WeightSplitter?.Text));
        Assert.Equal(new SequenceAges("seen", "at") { Order = StepOrder.OldestFirst }, column.Field.Ages);
        Assert.Equal(splitter.ToString(), column.Field.List.Splitter.Text);
        Assert.Null(Of(texts[1].ToString(), "alone.csv").Columns[3].Field.List?.WeightSplitter);

        string Text(DateTime time) => time.ToString(format, CultureInfo.InvariantCulture);
    }

    // Lists of Parquet are known to be such.
    [Theory]
    [InlineData("2026-09-26 14:13:12", null)]
    [InlineData("2026-09-26 14:13:12.123456", null)]
    [InlineData("14:13:12.5", null)]
    [InlineData("shoes:12", ":")]
    [InlineData("a 26:12.5", ":")]
    public void Known_ListsOfTimes_HaveNoWeights(string token, string? weights) =>
        Assert.Equal(weights, ListGuess.Known([new TextCount($"{token}|{token}", 3, 0, 0, 0)], "|").WeightSplitter);

    [Theory]
    [InlineData("oldest_first", 0)]
    [InlineData("newest_first", 0)]
    [InlineData("none", 0)] // in no order
    [InlineData("oldest_first", 1)] // one more than there are steps, once
    [InlineData("oldest_first", 2)] // one later than the row, once
    public void Of_TimesBesideAHistory_AreTheTimesOfItsSteps(string order, int mistake)
    {
        var random = new Random(4);
        var text = new StringBuilder("click,at,item,seen,seen_at\n");
        for (var row = 0; row < 500; row++)
        {
            var at = 1_700_000_000 + random.Next(9_000_000);
            var times = Enumerable.Range(0, random.Next(9)).Select(_ => at - random.Next(9_000_000)).Order().ToArray();
            if (order == "newest_first") Array.Reverse(times);
            if (order == "none") random.Shuffle(times);
            var steps = string.Join('|', times.Select(_ => $"i{random.Next(40)}"));
            if (row == 77 && mistake > 0) times = mistake == 1 ? [.. times, at] : [.. times.SkipLast(1), at + 1];
            text.Append(CultureInfo.InvariantCulture, $"{random.Next(2)},{at},i{random.Next(40)},{steps},{string.Join('|', times)}\n");
        }
        var draft = Of(text.ToString());
        var field = draft.Columns[4].Field;
        if (order == "none" || mistake > 0)
        {
            Assert.Null(field.Ages);
            return;
        }
        Assert.Equal(("sequence", "seen", "at", order, TimeFormat.UnixS),
            (draft.Columns[4].Kind, field.Ages!.Of, field.Ages.Until, Words.Of(field.Ages.Order), field.Format));
        Assert.Equal(order == "newest_first" ? ListEnd.First : ListEnd.Last, draft.Columns[3].Field.List!.Keep);
        Assert.Equal("sequence", draft.Columns[3].Kind);
        var line = draft.ToYaml([]).Split('\n').Single(l => l.Contains("ages_of", StringComparison.Ordinal));
        Assert.DoesNotContain("max_len", line, StringComparison.Ordinal); // those of the history
        Assert.DoesNotContain("keep", line, StringComparison.Ordinal);
        Assert.Equal(draft.Schema, Schema.Load(OptionMap.Parse(draft.ToYaml([]), "again.yaml")));
    }

    [Fact]
    public void ToYaml_OfAnyDraft_ReadsBackAsItsSchema()
    {
        foreach (var text in new[]
        {
            Clicks(), "1 3:1 12:1 101:1\n0 4:1 17:1 120:1\n", "1 1:0.5 3:2\n0 2:1\n0 3:0.1\n", "click\u0001a\n1\u0001x\n0\u0001y\n",
            "a::click\nx::1\ny::0\n", "\"a # b: {c}, 'd' \\ e\",\"true\",yes,null,12x,click\n1,\"x, y\",p,u,z,yes\n2,w,q,v,t,no\n",
            "a,income\nx,<=50K\ny,>50K\nz,<=50K\n",
        })
        {
            var draft = Of(text);
            var yaml = draft.ToYaml(["head\nline"]);
            Assert.Equal(draft.Schema, Schema.Load(OptionMap.Parse(yaml, "again.yaml")));
            Assert.All(draft.Columns, c => Assert.Contains("# " + PrintableText.Of(c.Why), yaml, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(0, "campaign")]
    [InlineData(30, null)] // most tokens are in the column, but not nearly all
    public void Of_AListOfTheValuesOfAColumn_SharesItsVocabulary(int others, string? share)
    {
        var random = new Random(2);
        var draft = Of("click,campaign,shown\n" + string.Concat(Enumerable.Range(0, 3000).Select(i =>
            $"{random.Next(2)},{201 + random.Next(41)},{(others > 0 && i % 4 == 0 ? 900 + random.Next(others) : 201 + random.Next(41))}|{201 + random.Next(41)}\n")));
        Assert.Equal(("list", share), (draft.Columns[2].Kind, draft.Schema.Fields[2].Share));
        Assert.Equal(share is not null, draft.Columns[2].Why.Contains("of the same tokens as campaign", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("weight", true)]
    [InlineData("w", true)]
    [InlineData("parcel_weight", false)]
    public void Of_ANumberCalledWeight_SaysHowToMakeItOne(string name, bool isHinted)
    {
        var draft = Of($"click,city,{name}\n" + string.Concat(Enumerable.Range(0, 500).Select(i => FormattableString.Invariant(
            $"{i % 2},{"abc"[i % 3]},{i * 7 % 101 / 10.0}\n"))));
        Assert.Equal("numeric", draft.Columns[2].Kind);
        Assert.Equal(isHinted, draft.ToYaml([]).Contains("; if this is a row's weight: kind: weight\n", StringComparison.Ordinal));
    }

    // Six rows of a user, clicked or not: a group and a feature; of the wider of two the sessions are but parts.
    [Fact]
    public void Of_AUserWithSeveralRows_IsAGroupAndStaysAFeature()
    {
        var draft = Of(Clicks());
        Assert.Equal(["user_id"], draft.Schema.Fields.Where(f => f.MarksGroups).Select(f => f.Name));
        Assert.Contains("and a group: 6.0 rows each", draft.Columns[2].Why, StringComparison.Ordinal);
        Assert.Contains("user_id", draft.Schema.Fields.First(f => f.IsGroup).Columns);
        var random = new Random(1);
        var both = Of("click,session_id,user_id,city\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => $"{random.Next(2)},s{i / 4},u{random.Next(90)},c{random.Next(5)}\n")));
        Assert.Equal(["user_id"], both.Schema.Fields.Where(f => f.MarksGroups).Select(f => f.Name));
        // Nobody's rows differ: there is nothing to measure within one.
        Assert.DoesNotContain(Of("click,user_id,n\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => $"{(i / 4) % 2},u{i / 4},{random.Next(9)}\n"))).Schema.Fields, f => f.MarksGroups);
    }

    [Theory]
    [InlineData("", "+03:00", "rows are fewest from 23:00 to 4:00 UTC, which is most likely night")]
    [InlineData("iso", "+03:00", "rows are fewest from 23:00 to 4:00 UTC")]
    [InlineData("offset", "+05:30", "written as of +05:30")]
    [InlineData("local", "+00:00", "times (iso)")]
    [InlineData("even", "+00:00", "times (unix_s)")]
    public void Of_TimesOfPeople_FindsTheirZone(string way, string zone, string why)
    {
        var random = new Random(2);
        var text = string.Concat(Enumerable.Range(0, 4000).Select(i =>
        {
            // Awake from four to two, by a clock three hours before UTC's.
            var hour = way == "even" ? random.Next(24) : (random.Next(5) == 0 ? random.Next(24) : random.Next(4, 23));
            var at = new DateTimeOffset(2026, 3, 1, hour, random.Next(60), random.Next(60), TimeSpan.Zero).AddDays(random.Next(20));
            var written = way switch
            {
                "iso" => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                "offset" => at.ToString("yyyy-MM-ddTHH:mm:ss+05:30", CultureInfo.InvariantCulture),
                "local" => at.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                _ => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            };
            return $"{random.Next(2)},{written},c{random.Next(9)}\n";
        }));
        var draft = Of("click,time,city\n" + text);
        Assert.Contains(why, draft.Columns[1].Why, StringComparison.Ordinal);
        Assert.Equal(zone, TimeZones.Show(draft.Schema.Fields[1].Zone));
        Assert.Equal(draft.Schema, Schema.Load(OptionMap.Parse(draft.ToYaml([]), "again.yaml")));
    }

    [Theory]
    [InlineData("click\n1\n0\n1\n", "it is the only column")]
    [InlineData("click,a,b\n1,x,3\n0,x,3\n", "the same in all 2 rows")]
    [InlineData("click,a\n1,x\n1,y\n", "nothing but clicks in 2 rows")]
    [InlineData("click,a\n0,x\n0,y\n", "no click in 2 rows")]
    [InlineData("a,b\n1.5,x\n2.5,y\n3.5,z\n", "--label")]
    public void Of_RowsThatTeachNothing_SaysSo(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConsortException>(() => Of(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_TenThousandColumns_KnowsThemAll()
    {
        var random = new Random(1);
        var text = new StringBuilder("click,").AppendJoin(',', Enumerable.Range(0, 9_999).Select(i => $"v{i}")).Append('\n');
        for (var row = 0; row < 60; row++)
            text.Append(row % 2).Append(',').AppendJoin(',', Enumerable.Range(0, 9_999).Select(_ => random.Next(5))).Append('\n');
        Assert.Equal(9_999, Of(text.ToString()).Schema.Fields.Count(f => f.Kind == FieldKind.Categorical));
    }

    [Theory]
    [InlineData("criteo_8k/criteo_8k.tsv", "c1", 8_000)]
    [InlineData("avazu_9k/avazu_sample.csv", "click", 8_999)]
    [InlineData("census/train.csv", "c15", 32_561)]
    [InlineData("ml100k/train.tsv.gz", "click", 88_600)]
    [InlineData("frappe_x1/valid.csv", "label", 57_722)]
    public void Of_RealData_FindsTheLabelAndLeavesNoFeatureOut(string file, string label, long rows)
    {
        var profile = DataProfile.Of(new ProfileRequest([RealData.Find(file)]) { Threads = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal((label, rows), (profile.Label!.Column, profile.Rows));
        var draft = SchemaDraft.Of(profile);
        Assert.Equal(draft.Schema, Schema.Load(OptionMap.Parse(draft.ToYaml([]), "again.yaml")));
        string[] left = [.. draft.Columns.Where(c => c.Kind == "ignored").Select(c => c.Name)];
        Assert.Empty(left.Except(["id", "hour", "timestamp"]));
    }
}
