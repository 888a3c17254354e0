using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Benchmarks.Parity;

/// <summary>
/// Raw rows, as they stand in a file and field by field: rows of the data as they are, then rows of the data with tokens that were never
/// seen, values that are missing, and numbers out of the common range.
/// </summary>
internal sealed class ParityRows
{
    private static readonly string[] Integers =
        ["0", "1", "2", "3", "4", "-1", "-2", "-3", "-70", "4095", "4096", "999999999999", "123456789012345678"];
    private static readonly string[] Numbers = ["0", "-1", "1e-3", "-12.5", "3.0000001", "987654321.25", "1e12"];
    private static readonly string[] Tokens = ["NaN", "0", "-1", "None", "ünsèen 漢字", "a\\b\"c", new string('x', 300)];
    private readonly Schema _schema;
    private readonly string? _header;
    private readonly string _delimiter;
    private readonly Field[] _columns; // by place in the raw row

    private ParityRows(Schema schema, string? header, string delimiter, List<string[]> cells)
    {
        (_schema, _header, _delimiter, Cells) = (schema, header, delimiter, cells);
        var names = header?.Split(delimiter) ?? [.. schema.Fields.Select(f => f.Name)];
        _columns = [.. names.Select(n => schema.Fields.FirstOrDefault(f => f.Name == n) ?? new Field(n, FieldKind.Ignored))];
    }

    /// <summary>Each row's cells, by place in the raw row.</summary>
    public List<string[]> Cells { get; }

    /// <summary>The fields that models read, with their places in the raw row.</summary>
    public IEnumerable<(Field Field, int Place)> Fields =>
        _columns.Select((column, place) => (column, place)).Where(c => c.column.Columns.Count > 0);

    /// <summary>Reads the first rows of files.</summary>
    /// <exception cref="ConsortException">They are not plain delimited text.</exception>
    public static ParityRows Read(Schema schema, IEnumerable<string> files, int limit)
    {
        if (schema.Format != DataFormat.Delimited || schema.Quoted)
            throw new ConsortException("parity, --data: found another format, expected delimited rows without quotes");
        var delimiter = schema.Delimiter.Text;
        string? header = null;
        var cells = new List<string[]>();
        foreach (var file in files)
        {
            foreach (var line in File.ReadLines(file).Take(limit - cells.Count + (schema.Header ? 1 : 0)).ToArray())
            {
                if (schema.Header && header is null) header = line;
                else if (line != header) cells.Add(line.Split(delimiter));
            }
        }
        return new ParityRows(schema, header, delimiter, cells);
    }

    /// <summary>Some of these rows.</summary>
    public ParityRows Slice(int start, int count) =>
        new(_schema, _header, _delimiter, Cells.GetRange(start, Math.Min(count, Cells.Count - start)));

    /// <summary>So many rows: half of them these (all of them, where there are fewer), the others made of them and disturbed.</summary>
    public ParityRows Disturbed(int count, int seed)
    {
        var random = new Random(seed);
        var rows = Cells.GetRange(0, Math.Min((count + 1) / 2, Cells.Count));
        while (rows.Count < count)
        {
            string[] row = [.. Cells[random.Next(Cells.Count)]], other = Cells[random.Next(Cells.Count)];
            foreach ((var field, var place) in Fields)
            {
                row[place] = random.Next(10) switch
                {
                    0 => Pick(field.Missing ?? _schema.Missing) ?? row[place],
                    1 or 2 => Odd(field) ?? row[place],
                    3 or 4 => other[place],
                    _ => row[place],
                };
            }
            rows.Add(row);
        }
        return new ParityRows(_schema, _header, _delimiter, rows);

        string? Pick(IReadOnlyList<string> texts) => texts.Count == 0 ? null : texts[random.Next(texts.Count)];

        string? Odd(Field field) => field.Derive.Count > 0 ? null
            : field.Kind == FieldKind.Numeric ? Pick(field.Transform.Kind == TransformKind.Log2Buckets ? Integers : Numbers)
            : random.Next(2) == 0 ? Pick(Tokens)
            : string.Create(CultureInfo.InvariantCulture, $"unseen-{random.Next(1000)}");
    }

    /// <summary>These rows in groups of which each has the values of its first row, but for the fields that are named.</summary>
    public ParityRows Grouped(int size, IReadOnlyCollection<string> differing) =>
        new(_schema, _header, _delimiter, [.. Cells.Select((row, i) =>
            row.Select((cell, place) => differing.Contains(_columns[place].Name) ? cell : Cells[i - (i % size)][place]).ToArray())]);

    /// <summary>Whether a value is one that means nothing is known.</summary>
    public bool IsMissing(Field field, string value) => (field.Missing ?? _schema.Missing).Contains(value);

    public void Write(string path) =>
        File.WriteAllLines(path, Cells.Select(row => string.Join(_delimiter, row)).Prepend(_header).OfType<string>());
}
