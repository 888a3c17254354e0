using System.Globalization;
using Consort.Data.Candidates;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Candidates;

public sealed class CandidateTests : IDisposable
{
    private static readonly Schema Plain = Schema.Load(OptionMap.Parse("""
        header: true
        delimiter: comma
        fields:
          - { name: click, kind: label }
          - { name: user, kind: categorical }
          - { name: item, kind: categorical }
          - { name: price, kind: categorical }
          - { name: hour, kind: categorical }
        """, "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 40 rows: five users, ten items of which the price tells, four hours; every fourth row is a click.
    private static IEnumerable<string[]> Log => Enumerable.Range(0, 40).Select(i => new[]
    {
        i % 4 == 0 ? "1" : "0", $"u{i % 5}", $"i{i * 7 % 10}", $"p{i * 7 % 10 % 3}", $"h{i / 3 % 4}",
    });

    private static CandidateRequest Unused(string file, int count = 3) => new(Plain, [file])
    {
        Unused = count,
        Items = ["item", "price"],
        Context = ["user"],
        Seed = 7,
    };

    [Fact]
    public void Write_UnusedItems_DoNotOccurInTheirContext()
    {
        var (summary, rows) = Write(Unused(File()));
        Assert.Equal((30, 10, 30, 0, 0, 10), (summary.Rows, summary.Of, summary.Unused, summary.Swapped, summary.Missed, summary.Items));
        var used = Log.Select(r => (r[1], r[2])).ToHashSet();
        var clicks = Log.Where(r => r[0] == "1").ToArray();
        var prices = Log.Select(r => (r[2], r[3])).ToHashSet();
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, of) = (rows[i], clicks[i / 3]);
            Assert.Equal((of[1], of[4]), (row[0], row[3]));
            Assert.DoesNotContain((row[0], row[1]), used);
            Assert.Contains((row[1], row[2]), prices); // the item's own price comes with it
        }

        Assert.All(rows.Chunk(3), three => Assert.Equal(3, three.DistinctBy(r => r[1]).Count()));
    }

    [Fact]
    public void Write_Swaps_TakeOneGroupOfAnotherRow()
    {
        var request = new CandidateRequest(Plain, [File()]) { Swaps = 4, Groups = [["user"], ["price", "hour"]], OfAll = true };
        var (summary, rows) = Write(request);
        Assert.Equal((160, 40, 160), (summary.Rows, summary.Of, summary.Swapped));
        var log = Log.ToArray();
        var groups = log.Select(r => (r[3], r[4])).ToHashSet();
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, of) = (rows[i], log[i / 4][1..]);
            Assert.Equal(of[1], row[1]);
            Assert.Equal(i % 2 == 0, row[0] != of[0]); // the groups take turns
            Assert.Equal(i % 2 == 1, (row[2], row[3]) != (of[2], of[3]));
            Assert.Contains((row[2], row[3]), groups);
        }
    }

    [Fact]
    public void Write_SameSeed_GivesTheSameBytes()
    {
        var request = Unused(File()) with { Swaps = 2, Groups = [["hour"]], Donors = 10, OfAll = true };
        string Bytes(CandidateRequest r)
        {
            CandidateWriter.Write(r, _folder.At("out.csv"));
            return System.IO.File.ReadAllText(_folder.At("out.csv"));
        }

        var first = Bytes(request);
        Assert.Equal(first, Bytes(request));
        Assert.NotEqual(first, Bytes(request with { Seed = 8 }));
        var some = Write(request with { Share = 0.5 }).Summary;
        Assert.InRange(some.Of, 10, 30);
    }

    [Fact]
    public void Write_DrawnByFrequency_TakesFrequentItemsMoreOften()
    {
        // Of 200 rows 100 have item a, 50 have b, and the others items of their own; one user has used none of them.
        var log = "click,user,item,price,hour\n" + string.Concat(Enumerable.Range(0, 200).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"0,u,{(i < 100 ? "a" : i < 150 ? "b" : $"c{i}")},p,h\n")))
            + string.Concat(Enumerable.Repeat("1,new,z,p,h\n", 400));
        var request = Unused(_folder.File("f.csv", log), 1);
        int Drawn(ItemDraw draw, string item) => Write(request with { Draw = draw }).Rows.Count(r => r[1] == item);
        Assert.InRange(Drawn(ItemDraw.Frequency, "a"), 160, 240);
        Assert.InRange(Drawn(ItemDraw.Frequency, "b"), 70, 130);
        Assert.InRange(Drawn(ItemDraw.Uniform, "a"), 0, 25);
    }

    [Fact]
    public void Write_QuotedCellsAndNoHeader_AreReadBackAsTheyWere()
    {
        var schema = Schema.Load(OptionMap.Parse("""
            delimiter: comma
            quoted: true
            fields: [{name: item, kind: categorical}, {name: y, kind: label}, {name: note, kind: ignored}, {name: user, kind: categorical}]
            """, "s.yaml"));
        var file = _folder.File("q.csv", "\"a, \"\"b\"\"\",1,x,u\nc,1,x,v\n\"d\ne\",0,x,w\n");
        using var dataset = _folder.Encode(schema, file);
        var request = new CandidateRequest(schema, [file]) { Unused = 2, Items = ["item"], Swaps = 1, Groups = [["user"]] };
        Assert.Equal(6, CandidateWriter.Write(request, _folder.At("more.csv")).Rows);
        DatasetEncoder.Encode(EncodeRequest.Transfer(dataset, [_folder.At("more.csv")], _folder.At("more")));
        dataset.Take(_folder.At("more"));
        var (item, user) = (dataset.Categorical[0].Offset, dataset.Categorical[1].Offset);
        Assert.All(Row.Of(dataset.Transfer!), r => Assert.True(r.Ids[0] > item + 1 && r.Ids[1] > user + 1)); // every token is known
    }

    [Fact]
    public void Write_NothingIsUnused_SaysHowManyAreMissing()
    {
        var file = _folder.File("two.csv", "click,user,item,price,hour\n1,u,a,p,h\n1,u,b,p,h\n1,v,a,p,h\n");
        var summary = Write(Unused(file, 1)).Summary;
        Assert.Equal((1, 2), (summary.Rows, summary.Missed)); // v has not used b
        var nothing = _folder.File("one.csv", "click,user,item,price,hour\n1,u,a,p,h\n0,u,b,p,h\n");
        System.IO.File.Delete(_folder.At("out.csv"));
        Assert.Contains("found no row of which a candidate could be made", Fails(Unused(nothing)), StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(_folder.At("out.csv")));
    }

    [Fact]
    public void Write_Mistakes_AreNamed()
    {
        var request = Unused(File());
        var swaps = request with { Swaps = 1 };
        Says("item: found no field \"itm\"; did you mean item", request with { Items = ["itm"] });
        Says("found item in the item and in its context", request with { Context = ["item"] });
        Says("groups: found hour twice", swaps with { Groups = [["hour"], ["hour"]] });
        Says("found no field \"click\"", swaps with { Groups = [["click"]] });
        Says("at least one a row", request with { Unused = 0 });
        Says("groups of fields together", swaps);
        Says("expected some that make up its context", request with { Items = ["user", "item", "price", "hour"], Context = [] });
        var pairs = Schema.Load(OptionMap.Parse("{format: libsvm, fields: [{name: a, kind: numeric}]}", "s.yaml"));
        Says("found format libsvm", request with { Schema = pairs });
        var bad = _folder.File("bad.csv", "click,user,item,price,hour\n1,u,a,p,h\nmaybe,u,a,p,h\n");
        Says("bad.csv:3, column click", request with { Sources = [bad] });

        void Says(string text, CandidateRequest mistaken) => Assert.Contains(text, Fails(mistaken), StringComparison.Ordinal);
    }

    private string Fails(CandidateRequest request) =>
        Assert.Throws<ConsortException>(() => CandidateWriter.Write(request, _folder.At("out.csv"))).Message;

    private string File() => _folder.File(
        "log.csv", "click,user,item,price,hour\n" + string.Concat(Log.Select(r => string.Join(',', r) + "\n")));

    private (CandidateSummary Summary, string[][] Rows) Write(CandidateRequest request)
    {
        var summary = CandidateWriter.Write(request, _folder.At("out.csv"));
        var lines = System.IO.File.ReadAllLines(_folder.At("out.csv"));
        Assert.Equal("user,item,price,hour", lines[0]);
        return (summary, [.. lines.Skip(1).Select(l => l.Split(','))]);
    }
}
