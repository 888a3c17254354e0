using System.Globalization;
using System.Text;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Batches;

public sealed class RawBatchReaderLineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LineOf_EveryRow_IsWhereItBegins(bool quoted)
    {
        Schema schema = Schema.Load(OptionMap.Parse(
            $"{{delimiter: comma, header: true, quoted: {(quoted ? "true" : "false")}, fields: [{{name: y, kind: label}}, {{name: a, kind: categorical}}, {{name: n, kind: numeric}}]}}", "s.yaml"));
        // Enough rows for several groups, batches and blocks; each row's number tells its line.
        var text = new StringBuilder("y,a,n\n");
        int line = 2;
        for (int row = 0; row < 90_000; row++)
        {
            bool spans = quoted && row % 7 == 3;
            text.Append(CultureInfo.InvariantCulture, $"1,{(spans ? "\"two\nlines\"" : "word")},{line}\n");
            line += spans ? 2 : 1;
        }
        using EncodedDataset dataset = _folder.Encode(schema, _folder.File("train.csv", text.ToString()));
        using var reader = new RawBatchReader(_folder.At("train.csv"), dataset.Encoder, 1000, labelRequired: true);
        int rows = 0;
        while (reader.Next() is { } batch)
        {
            foreach ((Row row, int index) in Row.Of(batch).Select((r, i) => (r, i))) Assert.Equal((long)row.Numeric[0], reader.LineOf(index));
            rows += batch.Rows;
        }
        Assert.Equal(90_000, rows);
    }
}
