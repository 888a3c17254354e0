using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet.Tests;

public sealed class ParquetContractTests : RowSourceContract
{
    protected override SourceCatalogue Catalogue => SourceCatalogue.BuiltIn.With(ParquetRows.Kind);

    // Row groups of odd sizes, the first one empty.
    protected override string Write(string name, string[] columns, IReadOnlyList<string?[]> rows)
    {
        var path = Folder.At(name + ".parquet");
        using var writer = new ParquetFileWriter(path, [.. columns.Select(c => new Column<string?>(c))]);
        int[] sizes = [0, 1, 4099, 7001];
        for (int done = 0, g = 0; done < rows.Count; g++)
        {
            var size = Math.Min(sizes[Math.Min(g, sizes.Length - 1)], rows.Count - done);
            using var group = writer.AppendRowGroup();
            for (var c = 0; c < columns.Length; c++)
            {
                using var column = group.NextColumn().LogicalWriter<string?>();
                column.WriteBatch([.. rows.Skip(done).Take(size).Select(r => r[c])]);
            }
            done += size;
        }
        writer.Close();
        return path;
    }
}
