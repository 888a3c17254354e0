using System.Text;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;

namespace Consort.Data.DuckDb.Tests;

public sealed class DuckDbTableContractTests : RowSourceContract
{
    protected override SourceCatalogue Catalogue => SourceCatalogue.BuiltIn.With(DuckDbRows.Kind);

    protected override string Write(string name, string[] columns, IReadOnlyList<string?[]> rows)
    {
        var path = Folder.At(name + ".duckdb");
        File.Delete(path);
        using var database = new OwnDatabase(path);
        database.Run($"create table rows as select * from read_csv('{Csv(Folder, name, columns, rows)}', header = true, all_varchar = true, nullstr = '\\N')");
        return $"duckdb:{path}#rows";
    }

    internal static string Csv(TempFolder folder, string name, string[] columns, IReadOnlyList<string?[]> rows)
    {
        var text = new StringBuilder(string.Join(',', columns)).Append('\n');
        foreach (var row in rows) text.AppendJoin(',', row.Select(c => c ?? "\\N")).Append('\n');
        return folder.File(name + ".csv", text.ToString());
    }
}

public sealed class DuckDbQueryContractTests : RowSourceContract
{
    protected override SourceCatalogue Catalogue => SourceCatalogue.BuiltIn.With(DuckDbRows.Kind);

    protected override string Write(string name, string[] columns, IReadOnlyList<string?[]> rows) =>
        $"sql:select * from read_csv('{DuckDbTableContractTests.Csv(Folder, name, columns, rows)}', header = true, all_varchar = true, nullstr = '\\N')";
}
