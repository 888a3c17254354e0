using System.Globalization;
using System.Text;
using Consort.Data.Batches;
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
        var schema = Schema.Load(OptionMap.Parse(
            $"{{delimiter: comma, header: true, quoted: {(quoted ? "true" : "false")}, fields: [{{name: y, kind: label}}, {{name: a, kind: categorical}}, {{name: n, kind: numeric}}]}}", "s.yaml"));
        // Enough rows for several groups, batches and blocks; each row's number tells its line.
        var text = new StringBuilder("y,a,n\n");
        var line = 2;
        for (var row = 0; row < 90_000; row++)
        {
            var spans = quoted && row % 7 == 3;
            text.Append(CultureInfo.InvariantCulture, $"1,{(spans ? "\"two\nlines\"" : "word")},{line}\n");
            line += spans ? 2 : 1;
        }
        using var dataset = _folder.Encode(schema, _folder.File("train.csv", text.ToString()));
        using var reader = new RawBatchReader(_folder.At("train.csv"), dataset.Encoder, 1000, labelRequired: true);
        var rows = 0;
        while (reader.Next() is { } batch)
        {
            foreach ((var row, var index) in Row.Of(batch).Select((r, i) => (r, i))) Assert.Equal((long)row.Numeric[0],
                reader.LineOf(index));
            rows += batch.Rows;
        }
        Assert.Equal(90_000, rows);
    }
}
