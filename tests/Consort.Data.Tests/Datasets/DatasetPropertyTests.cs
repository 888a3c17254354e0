using System.Globalization;
using System.Text;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using FsCheck;
using FsCheck.Fluent;

namespace Consort.Data.Tests.Datasets;

/// <summary>Any rows, encoded by any number of threads.</summary>
public sealed class DatasetPropertyTests : IDisposable
{
    private const int BlockBytes = 1 << 20; // rows of several blocks, so that threads have something to share
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Encode_AnyRows_GivesThemBack() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(Clicks().NonEmptyListOf().ToArbitrary(), rows =>
        {
            using var dataset = _folder.Encode(Of("numeric"), Write(rows), threads: 1);
            Assert.Equal(rows, Row.Of(dataset.Train).Select(r => new Click(
                r.Label > 0, Raw(dataset.Encoder.Token(r.Ids[0])), Raw(dataset.Encoder.Token(r.Ids[1])), (int)r.Numeric[0])));
        }));

    [Fact]
    public void Encode_AnyNumberOfThreads_GivesTheSameBytes() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(6),
        Prop.ForAll(Clicks().NonEmptyListOf().ToArbitrary(), Gen.Choose(2, 7).ToArbitrary(), (rows, threads) =>
        {
            var path = Write(rows, atLeast: 2 * BlockBytes + 1000);
            var schema = Of("numeric, transform: standardise");
            Dictionary<string, byte[]> one = Bytes(schema, path, "one", 1), several = Bytes(schema, path, "several", threads);
            Assert.Contains(one.Keys, name => name.StartsWith("train", StringComparison.Ordinal)
                && name.EndsWith(".bin", StringComparison.Ordinal));
            Assert.Equal(one.Keys, several.Keys);
            Assert.All(one, file => Assert.True(file.Value.AsSpan().SequenceEqual(several[file.Key]),
                $"{file.Key} differs with {threads} threads"));
        }));

    private Dictionary<string, byte[]> Bytes(Schema schema, string path, string folder, int threads)
    {
        _folder.Encode(schema, path, folder, threads).Dispose();
        return Directory.EnumerateFiles(_folder.At(folder)).Order(StringComparer.Ordinal)
            .ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
    }

    private static Schema Of(string number) => Schema.Load(OptionMap.Parse(
        $"delimiter: tab\nfields: [{{ name: label, kind: label }}, {{ name: user, kind: categorical }}, {{ name: item, kind: categorical }}, {{ name: price, kind: {number} }}]", "schema"));

    private string Write(IReadOnlyList<Click> rows, int atLeast = 0)
    {
        var text = new StringBuilder();
        do
        {
            foreach (var row in rows)
                text.Append(CultureInfo.InvariantCulture, $"{(row.IsClick ? 1 : 0)}\t{row.User}\t{row.Item}\t{row.Price}\n");
        }
        while (text.Length < atLeast);
        return _folder.File("rows", text.ToString());
    }

    private static string Raw(string token) => token == "(missing)" ? "" : token;

    private static Gen<Click> Clicks() =>
        from isClick in Gen.Elements(true, false)
        from user in Gen.Elements("abü \"x'".ToCharArray()).ArrayOf().Resize(12)
        from item in Gen.Choose(0, 1000)
        from price in Gen.Choose(-10_000, 10_000)
        select new Click(isClick, new string(user), item % 7 == 0 ? "" : $"i{item}", price);

    private sealed record Click(bool IsClick, string User, string Item, int Price);
}
