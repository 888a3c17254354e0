using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>The formats that can be read, one line each.</summary>
internal static class ReaderCatalogue
{
    public static RowParser Create(Layout layout) => layout.Schema switch
    {
        { Format: DataFormat.Delimited, Quoted: true } => new QuotedParser(layout),
        { Format: DataFormat.Delimited, Delimiter.Bytes.Length: 1 } => new DelimitedParser(layout),
        { Format: DataFormat.Delimited } => new LongDelimitedParser(layout),
        { Format: DataFormat.Libsvm or DataFormat.Libffm } => new PairParser(layout),
        var schema => throw new ArgumentOutOfRangeException(nameof(layout), schema.Format, "no reader for this format"),
    };
}
