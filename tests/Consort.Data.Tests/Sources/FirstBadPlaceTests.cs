using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

/// <summary>Describing, encoding and scoring read by the same rules: all say the same of a file, whatever the number of threads.</summary>
public sealed class FirstBadPlaceTests : IDisposable
{
    private const string Fields = "fields: [{name: click, kind: label}, {name: user, kind: categorical}, {name: price, kind: numeric, transform: standardise}, "
        + "{name: visits, kind: numeric, transform: log2_buckets}, {name: note, kind: ignored}]";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Of(string options, string fields = Fields) => Schema.Load(OptionMap.Parse($"{{{options}, {fields}}}", "s.yaml"));

    /// <summary>What each way of reading says: the message, or that it took the file.</summary>
    private string[] Verdicts(Schema schema, string path, Encoder encoder)
    {
        var verdicts = new List<string>();
        foreach (var threads in new[] { 1, 2, 4 })
        {
            verdicts.Add(Message(() => DatasetDescription.OfRaw(path, schema, threads: threads)));
            foreach (var split in new[] { SplitPlan.Given([path]), SplitPlan.BySeed([path], 1, 0.5, 0.25, 0.25),
                SplitPlan.InOrder([path], 0.5, 0.25, 0.25) })
                verdicts.Add(Message(() => DatasetEncoder.Encode(new EncodeRequest(schema, split, _folder.At("out"), threads))));
        }
        foreach (var labelled in new[] { true, false })
        {
            verdicts.Add(Message(() =>
            {
                using var reader = new RawBatchReader(path, encoder, 7, labelled);
                while (reader.Next() is not null) { }
            }));
        }
        return [.. verdicts];

        static string Message(Action read)
        {
            try
            {
                read();
                return "taken";
            }
            catch (ConsortException e)
            {
                return e.Message;
            }
        }
    }

    private void AllSay(string options, string text, string message, string good = "1,u,1.5,7,n\n0,v,2,3,m\n") =>
        AllSay(options, System.Text.Encoding.Latin1.GetBytes(text), message, good);

    private void AllSay(string options, byte[] text, string message, string good)
    {
        var schema = Of(options);
        var header = schema.Header ? "click,user,price,visits,note\n" : "";
        using var dataset = _folder.Encode(schema, _folder.File("good.csv", header + good), "fitted");
        var path = _folder.File("d.csv", text);
        var verdicts = Verdicts(schema, path, dataset.Encoder);
        // Scoring, by the last two, has a schema that cannot be changed: what is wrong is the same, what mends it is the file.
        Assert.Single(verdicts[..^2].Distinct());
        Assert.Single(verdicts[^2..].Distinct());
        Assert.Equal(verdicts[0].Split("; ")[0], verdicts[^1].Split("; ")[0]);
        Assert.StartsWith(path + message, verdicts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("set ", verdicts[^1].Replace(path, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delimiter: comma", "maybe,u,1,1,\n", "write labels as they were in training")]
    [InlineData("delimiter: comma", "\"1\",\"u\",1,1,\n", "write the cells without quotes (quoted: false)")]
    [InlineData("delimiter: comma", " 1,u,1,1,\n", "write cells without spaces around them (trim: false)")]
    [InlineData("delimiter: comma", "click,user,price,visits,note\n1,u,1,1,\n", "leave out the row of names (header: false)")]
    [InlineData("delimiter: comma", "1,u,NA,1,\n", "where it means a missing value, leave the cell empty")]
    [InlineData("delimiter: comma, missing: [\"-1\"]", "1,u,NA,1,\n", "where it means a missing value, write \"-1\"")]
    [InlineData("delimiter: comma", "1;u;1;1;\n", "write the file with delimiter: comma, it looks like semicolon")]
    [InlineData("delimiter: comma", "1 1:0.5 2:1\n", "the rows look like libsvm, write them with delimiter: comma")]
    [InlineData("delimiter: comma, header: true", "click;user;price;visits;note\n1;u;1;1;\n",
        "write the file with delimiter: comma, it looks like semicolon")]
    [InlineData("delimiter: comma, header: true", "1,u,1,1,\n0,u,1,1,\n",
        "the first row must name the columns (header: true): click,user,price,visits")]
    [InlineData("delimiter: comma, header: true", "click, user,price,visits,note\n1,u,1,1,\n",
        "write names and cells without spaces around them (trim: false)")]
    [InlineData("format: libsvm", "1 3:1\n", "count from 0 (first_index: 0)", "1 0:a\n0 1:2\n")]
    public void Read_MistakesAtAFittedSchema_SayWhatTheFileShouldBe(string options, string text, string mend, string? good = null)
    {
        var schema = Of(options, good is null
            ? Fields : "fields: [{name: click, kind: label}, {name: user, kind: categorical}, {name: price, kind: numeric}, {name: visits, kind: numeric}]");
        var header = schema.Header ? "click,user,price,visits,note\n" : "";
        using var dataset = _folder.Encode(schema, _folder.File("good.csv", header + (good ?? "1,u,1.5,7,n\n0,v,2,3,m\n")), "fitted");
        using var reader = new RawBatchReader(_folder.File("d.csv", text), dataset.Encoder, 7, labelRequired: true, UnknownColumns.Refuse);
        var message = Assert.Throws<ConsortException>(() => reader.Next()).Message;
        Assert.EndsWith("; the run keeps the schema it was trained with: " + mend, message, StringComparison.Ordinal);
    }

    private static string Rows(int count, params (int Line, string Row)[] others)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 1; i <= count; i++)
        {
            var other = others.FirstOrDefault(o => o.Line == i).Row;
            text.Append(other ?? $"{i % 2},user{i % 7},{i % 11}.5,{i % 5},\n");
        }
        return text.ToString();
    }

    [Fact]
    public void Read_MistakesInOneGroup_TheFirstIsNamed()
    {
        AllSay("delimiter: comma", Rows(100, (40, "1,u\n"), (30, "7,u,1,1,\n"), (12, "1,u,1,x,\n")),
            ":12, column visits: found \"x\", expected an integer or empty");
        AllSay("delimiter: comma", Rows(100, (12, "1,u,abc,1,\n"), (13, "2,u,1,1,\n")), ":12, column price: found \"abc\"");
        AllSay("delimiter: comma", Rows(100, (12, "1,u\n"), (13, "2,u,1,1,\n")), ":12: found 2 columns, expected 5");
        AllSay("delimiter: comma", Rows(100, (50, "5,u,x,y,\n")), ":50, column click: found \"5\"");
    }

    [Fact]
    public void Read_MistakesInManyBlocks_TheFirstIsNamed() => AllSay(
        "delimiter: comma", Rows(200_000, (60_000, "1,u,1,1.5,\n"), (60_001, "1,u\n"), (199_000, "3,u,1,1,\n")),
        ":60000, column visits: found \"1.5\"");

    [Fact]
    public void Read_QuoteNeverClosed_ComesAfterTheRowsBefore()
    {
        AllSay("delimiter: comma, quoted: true", Rows(10, (4, "1,u,x,1,\n"), (8, "1,\"u,1,1,\n")), ":4, column price: found \"x\"");
        AllSay("delimiter: comma, quoted: true", Rows(10, (8, "1,\"u,1,1,\n")), ": found a quote that is never closed, after line 8");
    }

    [Fact]
    public void Read_HeaderMistake_IsTheSameForAnyThreads()
    {
        AllSay("delimiter: comma, header: true", "click,User,price,visits,note\n1,u,1,1,\n",
            ":1: column \"User\" is not in the schema; did you mean user?");
        AllSay("delimiter: comma, header: true", "click,user,price,visits,user\n1,u,1,1,u\n", ":1: found two columns named user");
        AllSay("delimiter: comma, header: true", "click,user,price,visits,note\n", ": found a header but no rows");
        AllSay("delimiter: comma, header: true", "\nclick,user,price,visits,note\n1,u,1,1,\n",
            ":1: found an empty line, expected the names of columns");
        AllSay("delimiter: comma", "", ": found an empty file, expected rows");
        AllSay("delimiter: comma", "\n\n", ": found an empty file, expected rows");
    }

    [Fact]
    public void Read_BytesThatAreNotUtf8_AreNamedByPlace()
    {
        AllSay("delimiter: comma", Rows(100, (70, "1,caf\u00e9,1,1,\n")), ":70, column user: found bytes that are not UTF-8 in \"caf");
        AllSay("delimiter: comma", Rows(100, (70, "1,caf\u00e9,1,1,\n"), (69, "1,u,x,1,\n")), ":69, column price");
        AllSay("delimiter: comma", Rows(100, (70, "1,caf\u00e9,1,1,\n"), (71, "1,u,x,1,\n")), ":70, column user");
        AllSay("delimiter: comma, quoted: true", Rows(100, (70, "1,\"a\nb\u00ff\",1,1,\n")),
            ":70, column user: found bytes that are not UTF-8");
        AllSay("delimiter: comma, header: true", "click,user,price,visits,not\u00e9\n1,u,1,1,\n",
            ":1, header: found bytes that are not UTF-8");
        AllSay("delimiter: comma", Rows(100, (70, "1,a\0b,1,1,\n")), ":70, column user: found a NUL byte in \"a\\u0000b\"");
    }

    // What a file system leaves of a file that was not written to its end, and a cell that was overwritten.
    [Fact]
    public void Read_NulBytesInsteadOfColumns_AreNamedAsSuch()
    {
        AllSay("delimiter: comma", Rows(100) + "\0\0\0\0",
            ":101: found 4 NUL bytes from byte 1 of the line on, in column 1, and 1 column in all, expected text of 5 columns; was the file not written to its end?");
        AllSay("delimiter: comma", Rows(100, (70, "1,u,\0\0\n")),
            ":70: found 2 NUL bytes from byte 5 of the line on, in column 3, and 3 columns in all, expected text of 5 columns; was the file not written to its end?");
        AllSay("delimiter: \"::\"", Rows(100, (70, "1,\0,1,1,,\n")).Replace(",", "::", StringComparison.Ordinal),
            ":70: found 1 NUL byte from byte 4 of the line on, in column 2, and 6 columns in all, expected text of 5 columns",
            "1::u::1.5::7::n\n0::v::2::3::m\n");
    }

    [Fact]
    public void Read_OtherBytesInIgnoredColumns_DoNotMatter() =>
        AllTake("delimiter: comma", System.Text.Encoding.Latin1.GetBytes(Rows(100, (70, "1,u,1,1,caf\u00e9\0\n"))));

    private void AllTake(string options, byte[] text)
    {
        var schema = Of(options);
        using var dataset = _folder.Encode(schema, _folder.File("good.csv", "1,u,1.5,7,n\n0,v,2,3,m\n"), "fitted");
        Assert.All(Verdicts(schema, _folder.File("d.csv", text), dataset.Encoder), v => Assert.Equal("taken", v));
    }

    [Theory]
    [InlineData("1,u,260.0,260.0,\n0,v,1e2,-3.0,\n")]
    [InlineData("1,u,,,\n0.0,v,1,5.,\n")]
    [InlineData("True,u,TRUE,yes,\nfalse,v,no,F,\n")]
    [InlineData("1,u,1,2.6e2,\nn,v,t,0.0,")]
    [InlineData("1,u,1e30,999999999999999999,\r\n0,v,1,1,\r\n")]
    public void Read_NumbersAsPeopleHaveThem_AreTaken(string text) =>
        AllTake("delimiter: comma", System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text.TrimEnd('\n') + "\n", 50))
            .TrimEnd('\n') + (text[^1] == '\n' ? "\n" : "")));

    [Theory]
    [InlineData("2,u,1,1,\n1,u,1,1,\n",
        ":1, column click: found \"2\", expected 0 or 1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"1\", \"2\")")]
    [InlineData("noclick,u,1,1,\nclick,u,1,1,\n",
        ":1, column click: found \"noclick\", expected 0 or 1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"click\", \"noclick\")")]
    [InlineData("3,u,1,1,\n5,u,1,1,\n2,u,1,1,\n4,u,1,1,\n1,u,1,1,\n",
        ":1, column click: found \"3\", expected 0 or 1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"1\", \"2\", \"3\", \"4\", …)")]
    [InlineData("maybe,u,1,1,\n", ":1, column click: found \"maybe\", expected 0 or 1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"maybe\")")]
    [InlineData("\"1\",\"u\",1,1,\n", ":1, column click: found \"\"1\"\", expected 0 or 1; where cells stand in quotes, set quoted: true")]
    [InlineData(" 1,u,1,1,\n", ":1, column click: found \" 1\", expected 0 or 1; set trim: true")]
    [InlineData("click,user,price,visits,note\n1,u,1,1,\n",
        ":1, column click: found \"click\", expected 0 or 1; where the first row names the columns, set header: true")]
    [InlineData("1,u,NA,1,\n", ":1, column price: found \"NA\", expected a number or empty; where it means a missing value, set missing: [\"\", \"NA\"]")]
    [InlineData("1;u;1;1;\n", ":1: found 1 column, expected 5; the schema says delimiter: comma, should it be delimiter: semicolon?")]
    [InlineData("1\tu\t1\t1\t\n", ":1: found 1 column, expected 5; the schema says delimiter: comma, should it be delimiter: tab?")]
    [InlineData("1 1:0.5 2:1\n", ":1: found 1 column, expected 5; the rows look like libsvm: set format: libsvm")]
    [InlineData("{\"click\": 1}\n", ":1: found 1 column, expected 5; the rows look like JSON: write them as CSV first, or have them read by \"sql:select * from 'FILE'\"")]
    [InlineData("1,\"a,b\",1,1,\n", ":1: found 6 columns, expected 5; where cells stand in quotes, set quoted: true")]
    [InlineData("1,u,1,1,\r0,u,1,1,\r", ":1: found lines that end with CR alone (old Mac), expected LF or CRLF")]
    [InlineData("1,u,1,1,\n\n0,u,1,1,\n", ":2: found an empty line, expected 5 columns")]
    [InlineData("1,u,1,1,\n0,u,1,1,,\n", ":2: found 6 columns, expected 5")]
    [InlineData("1,u,1,1e30,\n", ":1, column visits: found \"1e30\", expected a whole number of at most 18 digits")]
    [InlineData("1,u,1e151,1,\n", ":1, column price: found \"1e151\", expected a number of at most 1e150")]
    [InlineData("1,u,-1e400,1,\n", ":1, column price: found \"-1e400\", expected a number of at most 1e150")]
    public void Read_CommonMistakes_NameTheKeyThatMendsThem(string text, string message) => AllSay("delimiter: comma", text, message);

    [Fact]
    public void Read_AnotherTextForMissing_KeepsThoseThatAreThere() => AllSay("delimiter: comma, missing: [\"\", \"-1\"]", "1,u,NA,1,\n",
        ":1, column price: found \"NA\", expected a number or empty; where it means a missing value, set missing: [\"\", \"-1\", \"NA\"]");

    [Theory]
    [InlineData("click;user;price;visits;note\n1;u;1;1;\n",
        ":1: column \"click;user;price;visits;note\" is not in the schema; the schema says delimiter: comma, should it be delimiter: semicolon?")]
    [InlineData("click, user,price,visits,note\n1,u,1,1,\n",
        ":1: column \" user\" is not in the schema; set trim: true to drop spaces around cells")]
    [InlineData("\"click\",\"user\",\"price\",\"visits\",\"note\"\n1,u,1,1,\n",
        ":1: column \"\"click\"\" is not in the schema; where cells stand in quotes, set quoted: true")]
    [InlineData("1,u,1,1,\n0,u,1,1,\n",
        ":1: column \"1\" is not in the schema; no name of the first row is: where it is a row of data, set header: false")]
    public void Read_CommonHeaderMistakes_NameTheKeyThatMendsThem(string text, string message) =>
        AllSay("delimiter: comma, header: true", text, message);

    [Theory]
    [InlineData("2026-11-01 13:00:00", "26110113")]
    [InlineData("2026-11-01T13:59:59.5Z", "26110113")]
    [InlineData("2026-11-01", "26110100")]
    public void Read_AnIsoTime_SaysHowItIsWritten(string time, string written)
    {
        var schema = Of("delimiter: comma", "fields: [{name: click, kind: label}, {name: time, kind: categorical, derive: [hour]}]");
        var e = Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(_folder.File("t.csv", $"1,{time}\n"), schema, threads: 1));
        Assert.EndsWith($"found \"{time}\", expected a time as YYMMDDHH or empty; write it as {written}", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Mark_IsPassedOver() =>
        AllTake("delimiter: comma", [0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(Rows(50))]);

    [Fact]
    public void RowPass_AfterItThrew_ThrowsTheSameAgain()
    {
        var path = _folder.File("d.csv", "click,user\n");
        using var pass = new RowPass([path], Of("delimiter: comma, header: true"));
        using var rows = new RowCursor(5);
        var first = Assert.Throws<ConsortException>(() => pass.Read(rows)).Message;
        Assert.Equal(first, Assert.Throws<ConsortException>(() => pass.Read(rows)).Message);
    }

    [Fact]
    public void RawBatchReader_AfterItThrew_IsOfNoUse()
    {
        var schema = Of("delimiter: comma");
        using var dataset = _folder.Encode(schema, _folder.File("good.csv", "1,u,1.5,7,n\n"), "fitted");
        using var reader = new RawBatchReader(_folder.File("d.csv", Rows(200, (3, "1,u,x,1,\n"))), dataset.Encoder, 7, labelRequired: true);
        Assert.Throws<ConsortException>(() => reader.Next());
        Assert.Throws<InvalidOperationException>(() => reader.Next());
    }
}
