using System.Globalization;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Synthetic;
using DuckDB.NET.Data;
using ParquetSharp;
using ZstdSharp;

namespace Consort.Benchmarks.Sources;

/// <summary>The same synthetic rows as text, packed text, Parquet, Parquet in folders by day, and a table of DuckDB.</summary>
/// <param name="folder">Where they go.</param>
/// <param name="rows">How many.</param>
/// <param name="fields">Columns beside label and day, half of them numbers: 2 to 26 by twos, or 39.</param>
internal sealed class SourceForms(TempFolder folder, int rows, int fields)
{
    /// <summary>What can be asked for, in the order of the table.</summary>
    public static readonly string[] All = ["tsv", "tsv.zst", "parquet", "partitioned", "duckdb", "sql"];

    private const int Days = 8, RowGroup = 131_072, Numbers = 13, Tokens = 26;

    private readonly string[] _names =
    [
        "day", "label", .. Enumerable.Range(1, fields == 39 ? Numbers : fields / 2).Select(i => $"I{i}"),
        .. Enumerable.Range(1, fields == 39 ? Tokens : fields / 2).Select(i => $"C{i}"),
    ];

    /// <summary>The schema, which is the same for all forms.</summary>
    public string SchemaFile => folder.At("schema.yaml");

    /// <summary>Writes the text, and the schema.</summary>
    public void WriteText(int threads)
    {
        File.WriteAllText(SchemaFile, "header: true\nmin_count: 10\nfields:\n" + string.Concat(_names.Select(n => $"  - {{name: {n}, kind: {Kind(n)}}}\n")));
        Schema.Load(OptionMap.Load(SchemaFile));
        var plain = folder.At("plain.tsv");
        SyntheticClicks.Write(plain, rows, new SyntheticOptions { CardinalityScale = 1 }, threads);
        int[] taken = [0, .. Enumerable.Range(1, _names.Count(n => n[0] == 'I')), .. Enumerable.Range(Numbers + 1, _names.Count(n => n[0] == 'C'))];
        using (var writer = new StreamWriter(folder.At("clicks.tsv")))
        {
            writer.Write(string.Join('\t', _names) + "\n");
            foreach (var (i, line) in File.ReadLines(plain).Index())
            {
                var cells = line.Split('\t');
                writer.Write(DayOf(i));
                foreach (var c in taken)
                {
                    writer.Write('\t');
                    writer.Write(cells[c]);
                }
                writer.Write('\n');
            }
        }
        File.Delete(plain);
        File.Delete(plain + SyntheticClicks.TruthSuffix);
    }

    /// <summary>Writes a form of the text, where that has not been done, and gives its place.</summary>
    public string Write(string form)
    {
        switch (form)
        {
            case "tsv":
                return folder.At("clicks.tsv");
            case "tsv.zst":
                using (var from = File.OpenRead(folder.At("clicks.tsv")))
                using (var to = new CompressionStream(File.Create(folder.At("clicks.tsv.zst")), leaveOpen: false)) from.CopyTo(to);
                return folder.At("clicks.tsv.zst");
            case "parquet":
                WriteParquet(_ => folder.At("clicks.parquet"), _names);
                return folder.At("clicks.parquet");
            case "partitioned":
                WriteParquet(day => folder.At($"days/day={day}/part-0.parquet"), _names[1..]);
                return folder.At("days");
            case "duckdb":
                MakeTable();
                return $"duckdb:{folder.At("clicks.duckdb")}#clicks";
            default:
                if (!Directory.Exists(folder.At("days"))) Write("partitioned");
                return $"sql:select * from read_parquet('{folder.At("days")}/*/*.parquet', hive_partitioning = true)";
        }
    }

    private static string Kind(string name) => name switch
    {
        "label" => "label",
        "day" => "categorical",
        _ => name[0] == 'I' ? "numeric, transform: log2_buckets" : "categorical",
    };

    private string DayOf(long row) => string.Create(CultureInfo.InvariantCulture, $"2026-11-0{1 + row * Days / rows}");

    private void MakeTable()
    {
        using var connection = new DuckDBConnection($"Data Source={folder.At("clicks.duckdb")}");
        connection.Open();
        using var command = connection.CreateCommand();
        var types = string.Join(", ", _names.Select(n => $"'{n}': '{(n == "label" ? "boolean" : n[0] == 'I' ? "bigint" : "varchar")}'"));
        command.CommandText = $"create table clicks as select * from read_csv('{folder.At("clicks.tsv")}', delim = '\t', header = true, columns = {{{types}}})";
        command.ExecuteNonQuery();
    }

    private void WriteParquet(Func<string, string> pathOf, string[] names)
    {
        ParquetFileWriter? writer = null;
        var (open, held) = ("", new List<string[]>());
        foreach (var (row, line) in File.ReadLines(folder.At("clicks.tsv")).Skip(1).Index())
        {
            var path = pathOf(DayOf(row));
            if (held.Count == RowGroup || path != open) Flush();
            if (path != open)
            {
                Close();
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                writer = new ParquetFileWriter(path, Array.ConvertAll(names, ColumnOf));
                open = path;
            }
            held.Add(line.Split('\t'));
        }
        Flush();
        Close();

        void Flush()
        {
            if (held.Count == 0) return;
            using var group = writer!.AppendRowGroup();
            foreach (var name in names)
            {
                var at = Array.IndexOf(_names, name);
                if (name == "label") Put(group, held.ConvertAll(r => r[at] == "1"));
                else if (name[0] == 'I') Put(group, held.ConvertAll(r => r[at].Length == 0 ? (long?)null : long.Parse(r[at], CultureInfo.InvariantCulture)));
                else Put(group, held.ConvertAll(r => r[at].Length == 0 ? null : r[at]));
            }
            held.Clear();
        }

        void Close()
        {
            writer?.Close();
            writer?.Dispose();
        }
    }

    private static ParquetSharp.Column ColumnOf(string name) =>
        name == "label" ? new Column<bool>(name) : name[0] == 'I' ? new Column<long?>(name) : new Column<string?>(name);

    private static void Put<T>(RowGroupWriter group, List<T> values)
    {
        using var column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch(values.ToArray());
    }
}
