using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

public sealed class RowWeightCheckTests : IDisposable
{
    private static readonly Schema Weighted = Schema.Load(OptionMap.Parse(
        "{delimiter: comma, fields: [{name: y, kind: label}, {name: a, kind: categorical}, {name: w, kind: weight}]}", "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1e300")]
    [InlineData("1e-40")]
    public void EncodeAndDescribe_AWeightThatIsNone_NameLineAndColumn(string weight)
    {
        var path = _folder.File("d.csv", $"1,a,1\n0,b,{weight}\n");
        var expected = $"{path}:2, column w: found \"{weight}\", expected the row's weight";
        Assert.StartsWith(expected, Assert.Throws<ConsortException>(() => _folder.Encode(Weighted, path)).Message, StringComparison.Ordinal);
        Assert.StartsWith(expected, Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(path, Weighted)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_NoRowThatCounts_IsRefused() => Assert.Contains("found weight 0 in all training rows",
        Assert.Throws<ConsortException>(() => _folder.Encode(Weighted, _folder.File("d.csv", "1,a,0\n0,b,0\n"))).Message, StringComparison.Ordinal);
}
