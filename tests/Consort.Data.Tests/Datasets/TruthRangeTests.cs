using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

public sealed class TruthRangeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-0.5f)]
    [InlineData(1.5f)]
    public void Encode_TruthThatIsNoProbability_NamesTheRow(float truth)
    {
        var schema = Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: a, kind: categorical}]}",
            "s.yaml"));
        var source = _folder.File("d.csv", "1,a\n0,b\n1,c\n");
        File.WriteAllBytes(source + ".truth", [.. new[] { 0.25f, 0.5f, truth }.SelectMany(BitConverter.GetBytes)]);
        var e = Assert.Throws<ConsortException>(() => _folder.Encode(schema, source).Dispose());
        Assert.EndsWith(FormattableString.Invariant($"d.csv.truth: found {truth} for row 3, expected a probability from 0 to 1"), e.Message,
            StringComparison.Ordinal);
    }
}
