using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

/// <summary>What no model sees is described as well.</summary>
public sealed class DescriptionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Marked { get; } = Schema.Load(OptionMap.Parse(
        "{delimiter: comma, fields: [{name: row, kind: id}, {name: y, kind: label}, {name: w, kind: weight}, {name: user, kind: group}, "
        + "{name: a, kind: categorical}, {name: n, kind: numeric, transform: \"piecewise: 4\"}, {name: off, kind: ignored}]}", "s.yaml"));

    [Fact]
    public void OfRaw_WeightsGroupsAndIds_HaveTheirRows()
    {
        var path = _folder.File("d.csv", "r1,1,2,u,x,1,-\nr2,0,0.5,u,x,2,-\nr3,0,1,,y,,-\n");
        var columns = DatasetDescription.OfRaw(path, Marked).Columns;
        Assert.Equal([("row", "id"), ("w", "weight"), ("user", "group"), ("a", "categorical"), ("n", "numeric")], columns.Select(c => (c.Name, c.Kind)));
        Assert.Equal("not read: kept beside predictions", columns[0].Note);
        Assert.Equal((0.5, 2.0), (columns[1].Numbers!.Min, columns[1].Numbers!.Max));
        Assert.Equal((1L, 1.0 / 3), (columns[2].Distinct, columns[2].MissingShare));
        Assert.Equal(new TokenCount("u", 2), columns[2].Top[0]);
    }

    // Ids are not read, whatever they are; of a weight the message is that of training.
    [Fact]
    public void OfRaw_ABadWeight_IsRefusedAsByTraining()
    {
        var path = _folder.File("d.csv", "r1,1,2,u,x,1,-\nr\0,0,heavy,u,x,2,-\n");
        Assert.EndsWith("d.csv:2, column w: found \"heavy\", expected the row's weight, a finite number of at least 0 (0, or 1e-9 to 1e9)",
            Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(path, Marked)).Message, StringComparison.Ordinal);
    }
}
