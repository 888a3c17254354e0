using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class BooleanTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private EncodedDataset Encode(params string[] values) => _folder.Encode(
        Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: a, kind: boolean}]}", "s.yaml")),
        _folder.File("d.csv", string.Concat(values.Select(v => $"1,{v}\n"))));

    [Fact]
    public void Tokens_EveryWayToSayIt_AreTwoAndMissing()
    {
        using var dataset = Encode("true", "T", "YES", "y", "1", "1.0", "False", "f", "No", "N", "0", "");
        Assert.Equal([3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 0], Row.Of(dataset.Train).Select(r => r.Ids[0]));
        Assert.Equal(new Column("a", 0, 4), dataset.Categorical[0]);
        Assert.Equal([("true", 6L), ("false", 5L)], DatasetDescription.OfEncoded(dataset).Columns[0].Top.Select(t => (t.Token, t.Count)));
    }

    [Fact]
    public void Tokens_OnlyOneSeen_OtherHasItsIdAllTheSame()
    {
        using var dataset = Encode("true", "true");
        var ids = new int[1];
        dataset.Encoder.EncodeField(1, "no"u8, ids, []);
        Assert.Equal(2, ids[0]);
        Assert.Equal("false", dataset.Encoder.Token(2));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("maybe")]
    [InlineData("-1")]
    public void Cell_NoBoolean_NamesLineAndColumn(string text) =>
        Assert.EndsWith($"d.csv:2, column a: found \"{text}\", expected true or false (yes or no, 1 or 0, t or f, y or n) or empty",
            Assert.Throws<ConsortException>(() => Encode("1", text)).Message, StringComparison.Ordinal);
}
