using System.Globalization;
using System.Text;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Growth;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Data.Tests.Encoders;

/// <summary>Times of a history's steps, which become buckets of their ages.</summary>
public sealed class SequenceAgeTests : IDisposable
{
    private const string Times = "name: t, kind: sequence, ages_of: h, until: now";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9_999_999, 0)]
    [InlineData(10_000_000, 1)]
    [InlineData(20_000_000, 2)]
    [InlineData(39_999_999, 2)]
    [InlineData(40_000_000, 3)]
    [InlineData(long.MaxValue, 31)]
    public void BucketOf_AnAge_IsTheLogarithmOfItsUnits(long ticks, int bucket)
    {
        var ages = new SequenceAges("h", "now");
        Assert.Equal(bucket, ages.BucketOf(ticks));
        Assert.Equal(Math.Min(bucket, 3), (ages with { Buckets = 4 }).BucketOf(ticks));
        if (bucket < 31)
            Assert.InRange(ticks / TimeSpan.TicksPerSecond, SequenceAges.LeastOf(bucket), SequenceAges.LeastOf(bucket + 1) - 1);
    }

    [Theory]
    [InlineData("second", 32, "100", "36|92|99|100", "7 4 1 0")]
    [InlineData("second", 3, "100", "36|92|99|100", "2 2 1 0")]
    [InlineData("minute", 32, "7201", "0|1|3601|7141|7142", "7 7 6 1 0")]
    [InlineData("hour", 32, "1970-01-02T00:00:00Z", "1970-01-01T00:00:00Z|1970-01-01T12:00:00Z|1970-01-01T23:00:01Z", "5 4 0")]
    [InlineData("day", 4, "1970-01-11", "1970-01-01|1970-01-07|1970-01-10|1970-01-11", "3 3 1 0")]
    [InlineData("second", 32, "", "1|2", "- -")]
    [InlineData("second", 32, "100", "1||99|", "7 - 1 -")]
    [InlineData("second", 32, "100", "", "")]
    public void Encode_Times_AreBucketsOfAges(string unit, int buckets, string now, string times, string expected)
    {
        var history = string.Join('|', Enumerable.Repeat("a", times.Split('|').Length));
        using var dataset = Encode(Fields($"{Times}, unit: {unit}, buckets: {buckets}"), $"{now},{history},{times}");
        Assert.Equal([expected], Buckets(dataset));
        var column = dataset.Categorical[1];
        Assert.Equal((buckets + 2, new ListShape(50, IsOrdered: true) { AgesOf = "h" }), (column.Size, column.List!));
    }

    // Both lose the same steps.
    [Theory]
    [InlineData("last", "b c", "2 1")]
    [InlineData("first", "a b", "7 2")]
    public void Encode_MoreStepsThanThereMayBe_CutsBothAlike(string keep, string steps, string ages)
    {
        using var dataset = Encode(Fields(Times, $", max_len: 2, keep: {keep}"), "100,a|b|c,10|97|99");
        Assert.Equal([steps], Texts(dataset, 0));
        Assert.Equal([ages], Buckets(dataset));
        Assert.Equal(2, dataset.Categorical[1].Length);
    }

    [Theory]
    [InlineData("100,a|b,1", "\"1\", expected as many times as h has steps: 2, not 1")]
    [InlineData("100,,1|2", "\"1|2\", expected as many times as h has steps: 0, not 2")]
    [InlineData("100,a|b|c|d,1|2|3|4|5", "\"1|2|3|4|5\", expected as many times as h has steps: 4, not 5")]
    [InlineData("100,a|b|c,1|101|3", "\"1|101|3\", expected times in order (oldest_first): that of step 3 is before the one in front of it; sort history and times, or let the field say order: any")]
    [InlineData("100,a|b|c,1|2|101", "\"1|2|101\", expected no time later than the row's own (now): that of step 3 is, and would tell a model what came after")]
    [InlineData("100,a|b|c,1|1790022248000|3", "\"1|1790022248000|3\", expected a time as seconds since 1970 or empty (looks like milliseconds since 1970, which format: unix_ms reads): of step 2 it is \"1790022248000\"")]
    [InlineData("100,a|b|c,1|x|3", "\"1|x|3\", expected a time as seconds since 1970 or empty: of step 2 it is \"x\"")]
    public void Encode_TimesThatCannotBe_NamesLineColumnAndStep(string row, string expected)
    {
        // Two steps are kept: also what is cut away is looked at.
        var schema = Fields($"{Times}, format: unix_s", ", max_len: 2");
        var e = Assert.Throws<ConsortException>(() => Encode(schema, "100,a,1", row));
        Assert.Equal($"{_folder.At("d.csv")}:2, column t: found {expected}", e.Message);
    }

    // The encoder is there, and reads no other order.
    [Fact]
    public void Read_TimesOutOfOrderByAnEncoderThatIsThere_AdvisesWhatAFinishedRunCanTake()
    {
        using var dataset = Encode(Fields(Times), "100,a|b,1|2");
        var path = _folder.File("later.csv", "1,100,a|b,2|1\n");
        using var reader = new RawBatchReader(path, dataset.Encoder, 7, labelRequired: true, UnknownColumns.Refuse);
        var e = Assert.Throws<ConsortException>(() => reader.Next());
        Assert.Equal($"{path}:1, column t: found \"2|1\", expected times in order (oldest_first): that of step 2 is before the one in front of it; the run keeps the schema it was trained with: sort history and times", e.Message);
    }

    [Fact]
    public void Encode_AnOwnTimeThatIsNone_IsAMistakeOfThatColumn()
    {
        var e = Assert.Throws<ConsortException>(() => Encode(Fields(Times), "100,a,1", "x,a,1"));
        Assert.StartsWith($"{_folder.At("d.csv")}:2, column now: found \"x\", expected a time as", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("any", "100,a|b|c,5|99|5", "7 1 7")]
    [InlineData("newest_first", "100,a|b|c,99|97|97", "1 2 2")]
    public void Encode_AnotherOrder_IsTaken(string order, string row, string expected)
    {
        using var dataset = Encode(Fields($"{Times}, order: {order}"), row);
        Assert.Equal([expected], Buckets(dataset));
    }

    [Fact]
    public void Encode_NewestFirstAndAnOlderOneInFront_IsAMistake() => Assert.Contains("that of step 2 is after the one in front of it",
        Assert.Throws<ConsortException>(() => Encode(Fields($"{Times}, order: newest_first"), "100,a|b,5|99")).Message, StringComparison.Ordinal);

    [Fact]
    public void Encode_FormatsThatNobodyNames_AreThoseOfTheTrainingRows()
    {
        using var dataset = Encode(Fields(Times), "1700000000000,a|b,2023-11-14T22:13:19Z|2023-11-14 22:13:20", "1700000000000,a,2023-11-14");
        Assert.Equal(["1 0", "17"], Buckets(dataset));
        Assert.Equal([TimeFormat.UnixMs, TimeFormat.Iso], dataset.Encoder.Schema.Fields.Where(f => f.Name is "now" or "t").Select(f => f.Format));
        var (e, file) = (Assert.Throws<ConsortException>(() => Encode(Fields(Times), "100,a,1", "100,a|b|c,2||1970-01-01")), _folder.At("d.csv"));
        Assert.StartsWith($"{file}:2, column t: found \"1970-01-01\" as step 3, ISO 8601, expected Unix time in seconds as \"1\" of {file}:1; write all of a column alike",
            e.Message, StringComparison.Ordinal);
    }

    // Rows in many blocks, read by any threads, scored from the file, field by field in any order, and token by token.
    [Fact]
    public void Encode_ManyRows_IsTheSameForAnyThreadsAndWhenScored()
    {
        var random = new Random(1);
        var schema = Fields($"{Times}, format: unix_s", ", max_len: 7");
        var rows = Enumerable.Range(0, 5_000).Select(_ =>
        {
            var n = random.Next(12);
            var steps = Enumerable.Range(0, n).Select(_ => random.Next(900_000)).Order().Select(t => random.Next(9) == 0 ? "" : $"{t}").ToArray();
            return $"{(random.Next(9) == 0 ? "" : $"{900_000 + random.Next(99)}")},{string.Join('|', steps.Select(_ => $"i{random.Next(30)}"))},{(random.Next(9) == 0 ? "" : string.Join('|', steps))}";
        }).ToArray();
        rows = [.. rows.Select(r => r.Split(',') is [var now, var h, ""] && !h.Contains('|', StringComparison.Ordinal) ? $"{now},{h}," : r)];
        using var one = Encode(schema, rows);
        var path = _folder.At("d.csv");
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At("four"), 4));
        using var four = EncodedDataset.Open(_folder.At("four"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(one.Folder, "train-lists.bin")), File.ReadAllBytes(Path.Combine(four.Folder, "train-lists.bin")));
        var expected = Buckets(one);
        using var raw = new RawBatchReader(path, one.Encoder, 777, labelRequired: true);
        var scored = new List<string>();
        while (raw.Next() is { } batch) scored.AddRange(Buckets(batch, one.Encoder));
        Assert.Equal(expected, scored);
        using var stream = new MemoryStream();
        one.Encoder.Write(stream);
        var encoder = Encoder.Read(new MemoryStream(stream.ToArray()), "copy");
        Assert.Equal(one.Encoder.Checksum(), encoder.Checksum());
        var (ids, lists, times) = (new int[2], new int[encoder.Space.ListRoom], new long[encoder.TimesPerRow]);
        string[] names = ["now", "h", "t"];
        encoder.Clear(ids, [], lists, 0, times);
        for (var row = 0; row < rows.Length; row++)
        {
            var cells = rows[row].Split(',');
            foreach (var field in (int[])[row % 3, (row + 1 + (row % 2)) % 3, (row + 2 - (row % 2)) % 3])
                Set(names[field], cells[field], oneByOne: row % 5 < 2 && field > 0);
            encoder.SettleTimes(lists, times);
            Assert.Equal(expected[row], Bucket(encoder, lists.AsSpan(ids[1] + 1, lists[ids[1]])));
        }

        void Set(string name, string cell, bool oneByOne)
        {
            var field = encoder.FieldIndex(name);
            if (!oneByOne)
            {
                encoder.EncodeField(field, Encoding.UTF8.GetBytes(cell), ids, [], lists, times);
                return;
            }
            encoder.Clear(field, ids, [], lists, times);
            foreach (var token in cell.Length == 0 ? [] : cell.Split('|'))
                encoder.AddToken(field, Encoding.UTF8.GetBytes(token), lists, null, times);
        }
    }

    // Of all short histories with all short times, those that do not go together too.
    [Theory]
    [InlineData("")]
    [InlineData(", max_len: 1")]
    public void AddToken_OfStepsAndTimes_GivesWhatTheirTextsGive(string more)
    {
        using var dataset = Encode(Fields($"{Times}, format: unix_s", more), "100,a|b,1|2");
        var encoder = dataset.Encoder;
        var (ids, lists, times) = (new int[2], new int[encoder.Space.ListRoom], new long[encoder.TimesPerRow]);
        encoder.Clear(ids, [], lists, 0, times);
        encoder.EncodeField(encoder.FieldIndex("now"), "100"u8, ids, [], lists, times);
        string[][] histories = [[], [""], ["a"], ["", ""], ["", "a"], ["a", ""], ["", "", "a"]];
        string[][] steps = [[], [""], ["7"], ["", ""], ["", "7"], ["7", ""], ["", "", "7"]];
        foreach (var history in histories)
            foreach (var time in steps)
                Assert.Equal(Came(history, time, oneByOne: false), Came(history, time, oneByOne: true));

        string Came(string[] history, string[] time, bool oneByOne)
        {
            Set("h", history, oneByOne);
            Set("t", time, oneByOne);
            try
            {
                encoder.SettleTimes(lists, times);
            }
            catch (ConsortException e)
            {
                return e.Message;
            }
            return string.Join(' ', lists[ids[0]..(ids[0] + 1 + lists[ids[0]])]) + " and "
                + Bucket(encoder, lists.AsSpan(ids[1] + 1, lists[ids[1]]));
        }

        void Set(string name, string[] tokens, bool oneByOne)
        {
            var field = encoder.FieldIndex(name);
            encoder.Clear(field, ids, [], lists, times);
            if (!oneByOne) encoder.EncodeField(field, Encoding.UTF8.GetBytes(string.Join('|', tokens)), ids, [], lists, times);
            foreach (var token in oneByOne ? tokens : [])
                encoder.AddToken(field, Encoding.UTF8.GetBytes(token), lists, null, times);
        }
    }

    [Fact]
    public void SettleTimes_OfARowThatDoesNotFit_SaysWhatIsWrongAndIsWholeAgain()
    {
        using var dataset = Encode(Fields(Times), "100,a|b,1|2");
        var encoder = dataset.Encoder;
        var (ids, lists, times) = (new int[2], new int[encoder.Space.ListRoom], new long[encoder.TimesPerRow]);
        encoder.Clear(ids, [], lists, 0, times);
        Put("now", "100");
        Put("t", "1|2");
        Assert.Equal("column t: found 2 times beside 0 steps, expected as many times as h has steps: 0, not 2",
            Assert.Throws<ConsortException>(() => encoder.SettleTimes(lists, times)).Message);
        Put("h", "a");
        Assert.Equal("column t: found 2 times beside 1 step, expected as many times as h has steps: 1, not 2",
            Assert.Throws<ConsortException>(() => encoder.SettleTimes(lists, times)).Message);
        Put("h", "a|b");
        Put("now", "1");
        Assert.StartsWith("column t: found 2 times beside 2 steps, expected no time later than the row's own (now): that of step 2 is",
            Assert.Throws<ConsortException>(() => encoder.SettleTimes(lists, times)).Message, StringComparison.Ordinal);
        Put("now", "2");
        encoder.SettleTimes(lists, times);
        Assert.Equal("1 0", Bucket(encoder, lists.AsSpan(ids[1] + 1, lists[ids[1]])));
        const string OutOfOrder = "expected times in order (oldest_first): that of step ";
        const string Mend = " is before the one in front of it; the run keeps the schema it was trained with: sort history and times";
        Assert.Equal($"column t: found \"1\", {OutOfOrder}3{Mend}", Assert.Throws<ConsortException>(() =>
            encoder.AddToken(encoder.FieldIndex("t"), "1"u8, lists, null, times)).Message);
        Assert.Equal($"column t: found \"2|1\", {OutOfOrder}2{Mend}", Assert.Throws<ConsortException>(() => Put("t", "2|1")).Message);
        encoder.Clear(encoder.FieldIndex("t"), ids, [], lists, times);
        encoder.SettleTimes(lists, times);
        Assert.Equal(0, lists[ids[1]]);

        void Put(string name, string cell) =>
            encoder.EncodeField(encoder.FieldIndex(name), Encoding.UTF8.GetBytes(cell), ids, [], lists, times);
    }

    [Fact]
    public void Grow_RowsWithTimes_KeepsTheBuckets()
    {
        using var dataset = Encode(Fields(Times), "100,a|b,1|2", "100,a,99");
        var path = _folder.File("next.csv", "1,200,c|a,1|199\n1,200,c,5\n");
        var grown = EncoderGrowth.Of(dataset.Encoder, [], SplitPlan.Given([path]), new GrowthOptions(), 1, SourceCatalogue.BuiltIn).Encoder;
        Assert.Equal(dataset.Categorical[1].Size, grown.Space.Categorical[1].Size);
        Assert.Equal(dataset.Categorical[0].Size + 1, grown.Space.Categorical[0].Size);
        Assert.Equal("from 0 seconds", grown.Token(grown.Space.Categorical[1].Offset + 2));
        Assert.Equal("from 1 second", grown.Token(grown.Space.Categorical[1].Offset + 3));
    }

    [Theory]
    [InlineData("name: t, kind: sequence, ages_of: h", "key until: found nothing, expected both")]
    [InlineData("name: t, kind: sequence, until: now", "key ages_of: found nothing, expected both")]
    [InlineData("name: t, kind: list, ages_of: h, until: now", "belong to kind sequence, found kind list")]
    [InlineData("name: t, kind: sequence, ages_of: hh, until: now", "ages_of: found no field named hh, expected the sequence whose steps these are the times of; did you mean h?")]
    [InlineData("name: t, kind: sequence, ages_of: t, until: now", "ages_of: found t of kind sequence, times themselves, expected the sequence")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: h", "until: found h of kind sequence, expected the row's own time, a field of kind time")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, max_len: 9", "found max_len 9 and keep last beside 50 and last of h, expected the same")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, keep: first", "found max_len 50 and keep first beside 50 and last of h, expected the same")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, buckets: 1", "key buckets: found 1, expected 2 to 64")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, unit: week", "expected one of second, minute, hour, day")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, order: up", "expected one of oldest_first, newest_first, any")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, transform: {hash: 9}", "transform hash does not fit kind sequence")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, min_count: 2", "the buckets of ages are fixed")]
    [InlineData("name: t, kind: sequence, ages_of: h, until: now, share: h", "has no vocabulary")]
    public void Schema_TimesThatCannotBe_SaysWhy(string field, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Fields(field)).Message, StringComparison.Ordinal);

    [Fact]
    public void Schema_OfTimes_IsReadBackAsItWas()
    {
        var schema = Fields($"{Times}, unit: hour, buckets: 9, order: any, format: unix_ms, splitter: \"^\"", ", max_len: 9, keep: first");
        var times = schema.Fields.Single(f => f.Name == "t");
        Assert.Equal((9, ListEnd.First), (times.List!.MaxLength, times.List.Keep));
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
        Assert.Equal(new SequenceAges("h", "now") { Unit = AgeUnit.Hour, Buckets = 9, Order = StepOrder.Any }, times.Ages);
    }

    [Fact]
    public void Describe_RowsAndDataset_CountsRowsWithoutTimes()
    {
        using var dataset = Encode(Fields(Times), "100,a|b,1|2", "100,a,", "100,,", "100,a,100");
        var column = DatasetDescription.OfEncoded(dataset).Columns[1];
        Assert.Equal(("t", "sequence", 32L, 0.5), (column.Name, column.Kind, column.Distinct, column.MissingShare));
    }

    private static Schema Fields(string times, string ofHistory = "") => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: now, kind: time}}, {{name: h, kind: sequence{ofHistory}}}, {{{times}}}]}}", "s.yaml"));

    private EncodedDataset Encode(Schema schema, params string[] rows) =>
        _folder.Encode(schema, _folder.File("d.csv", string.Concat(rows.Select(r => $"1,{r}\n"))));

    private static List<string> Buckets(EncodedDataset dataset)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(333));
        loader.Start(0);
        var all = new List<string>();
        while (loader.Next() is { } batch) all.AddRange(Buckets(batch, dataset.Encoder));
        return all;
    }

    private static IEnumerable<string> Buckets(Batch batch, Encoder encoder) =>
        Enumerable.Range(0, batch.Rows).Select(row => Bucket(encoder, batch.IdsOf(row, 1)));

    // Of each step the bucket, or - without an age.
    private static string Bucket(Encoder encoder, ReadOnlySpan<int> ids) => string.Join(' ', ids.ToArray().Select(id =>
        id == encoder.Space.Categorical[1].Offset ? "-" : (id - encoder.Space.Categorical[1].Offset - 2).ToString(CultureInfo.InvariantCulture)));

    private static string[] Texts(EncodedDataset dataset, int column)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(333));
        loader.Start(0);
        var batch = loader.Next()!;
        return [.. Enumerable.Range(0, batch.Rows).Select(r => string.Join(' ', batch.IdsOf(r, column).ToArray().Select(dataset.Encoder.Token)))];
    }
}
