using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

/// <summary>Rows of very many columns.</summary>
public sealed class WideTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // What takes the square of the columns takes minutes here, and gigabytes where each has room for many rows.
    [Fact]
    public void Encode_AsManyColumnsAsMayBe_IsTheSameAsOfRowsReadTwice()
    {
        const int Columns = 65_535;
        var schema = Of(Columns);
        var path = _folder.File("wide.csv", Rows(Columns));
        var request = new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At("once"), 1);
        DatasetEncoder.Encode(request);
        DatasetEncoder.Encode(request with { Folder = _folder.At("twice"), ReadsTwice = true });
        Assert.Equal(EncodedDataset.ContentHashOf(_folder.At("twice")), EncodedDataset.ContentHashOf(_folder.At("once")));
        using var dataset = EncodedDataset.Open(_folder.At("once"));
        Assert.Equal(["x0", "x1"], Row.Of(dataset.Train).Select(r => dataset.Encoder.Token(r.Ids[Columns - 1])));
    }

    [Fact]
    public void Fit_OfColumnsThatWereCounted_StopsWhenAsked()
    {
        var schema = Of(2_000);
        var path = _folder.File("wide.csv", Rows(2_000));
        using var pass = new RowPass([path], schema);
        using var counts = new CountRows(schema, new SplitAssigner(SplitPlan.Given([path]), 0, schema));
        pass.Run([counts]);
        Assert.Throws<OperationCanceledException>(() => EncoderFit.Of(schema, [counts], cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Load_MoreColumnsThanMayBe_SaysHowMany() => Assert.Equal(
        "s.yaml: found 65537 fields, expected at most 65536: so many columns may a file have",
        Assert.Throws<ConsortException>(() => Of(65_536)).Message);

    private static Schema Of(int columns) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: \"c1..c{columns - 1}\", kind: categorical}}, {{name: last, kind: categorical}}]}}",
        "s.yaml"));

    private static string Rows(int columns) => string.Concat(Enumerable.Range(0, 2).Select(row =>
        $"{row}," + string.Join(',', Enumerable.Range(0, columns).Select(c => c + 1 == columns ? $"x{row}" : (c % 7).ToString(System.Globalization.CultureInfo.InvariantCulture))) + "\n"));
}
