using System.Text.Json;
using Consort.Benchmarks.Peers;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Onnx;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Settings;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Benchmarks.Parity;

/// <summary>A part of some data, encoded to train on, and the raw rows that every path is given, in the form that each wants.</summary>
internal sealed class ParityData
{
    private const int TrainRows = 20_000;
    private const int ValidRows = 4_000;
    private const int RequestRows = 1000;

    /// <summary>Rows that share a context.</summary>
    private const int GroupRows = 100;

    private readonly string _folder;
    private readonly ParityRows _rows;
    private readonly Dictionary<string, string> _feeds = [];
    private IReadOnlyList<byte[]>? _requests;

    /// <summary>Reads, disturbs and encodes.</summary>
    /// <param name="path">A folder with splits, a folder with one raw file, or a raw file.</param>
    /// <param name="rows">Rows to compare.</param>
    /// <param name="threads">To encode with.</param>
    /// <param name="folder">An empty folder for all that is made.</param>
    /// <exception cref="ConsortException">There are no such data, or their format is another one.</exception>
    public ParityData(string path, int rows, int threads, string folder)
    {
        _folder = folder;
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        (var schema, var train, var valid, var test) = Split(path, rows);
        train.Write(At("train"));
        valid.Write(At("valid"));
        _rows = test.Disturbed(rows, seed: 1);
        _rows.Write(Rows);
        TestRows = Math.Min((rows + 1) / 2, test.Cells.Count);
        // Every third field differs between candidates of one context.
        CandidateFields = [.. _rows.Fields.Where((_, i) => i % 3 == 1).Select(f => f.Field.Name)];
        Candidates = _rows.Grouped(GroupRows, CandidateFields);
        Candidates.Write(CandidateRows);
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([At("train")], [At("valid")]), Encoded, threads));
        using var dataset = EncodedDataset.Open(Encoded);
        Encoder = dataset.Encoder;
        Values = Bytes(_rows);
        CandidateValues = Bytes(Candidates);
        (Missing, Unseen) = Count();
    }

    /// <summary>The last part of the path.</summary>
    public string Name { get; }

    /// <summary>How many of the rows are rows of the data as they are.</summary>
    public int TestRows { get; }

    /// <summary>The share of categorical columns' values that are missing.</summary>
    public double Missing { get; }

    /// <summary>The share of those that training has not seen, or not often enough.</summary>
    public double Unseen { get; }

    public Encoder Encoder { get; }

    /// <summary>Whether a column is a sequence.</summary>
    public bool HasHistory => Encoder.Space.Categorical.Any(c => c.List is { IsOrdered: true });

    public string Encoded => At("encoded");

    /// <summary>The file of all rows.</summary>
    public string Rows => At("rows");

    /// <summary>The file of the same rows in groups of one context.</summary>
    public string CandidateRows => At("candidates");

    /// <summary>Raw values of each row, in the order of the scorer's fields.</summary>
    public ReadOnlyMemory<byte>[][] Values { get; }

    public ReadOnlyMemory<byte>[][] CandidateValues { get; }

    public string[] CandidateFields { get; }

    public int GroupSize => GroupRows;

    private ParityRows Candidates { get; }

    /// <summary>
    /// The rows as bodies of <c>POST /v1/score</c>: numbers as numbers, and what is missing as text, as null, and left out, in turn.
    /// </summary>
    public IReadOnlyList<byte[]> Requests =>
        _requests ??= [.. Enumerable.Range(0, (_rows.Cells.Count + RequestRows - 1) / RequestRows).Select(Request)];

    /// <summary>The file of the rows as inputs of an ONNX model.</summary>
    /// <param name="summary">The model.</param>
    /// <param name="input">Its form.</param>
    public string Feeds(OnnxSummary summary, OnnxInput input)
    {
        var key = $"{input}:{string.Join(',', summary.Inputs.Select(i => i.Name))}";
        if (_feeds.TryGetValue(key, out var known)) return known;
        var path = _feeds[key] = At($"feeds-{_feeds.Count}.json");
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file);
        OnnxFeeds.Write(json, Encoder, summary, input, Values);
        return path;
    }

    private static (Schema Schema, ParityRows Train, ParityRows Valid, ParityRows Test) Split(string path, int rows)
    {
        // A folder that is no dataset but holds one file stands for it.
        if (Directory.Exists(path) && Directory.GetFiles(path) is [string only]) path = only;
        var section = RecipeData.Find(new RecipeRequest(path, 1, null, path)).Section ?? throw NotRaw();
        var folder = Path.GetFullPath(Directory.Exists(path) ? path : ".");
        var source = DataSource.From(OptionMap.Of(section), folder, folder);
        if (source.Schema is not { } schema || source.Split is not { } split) throw NotRaw();
        // Short training data: a token that is seen twice has a row of its own.
        schema = schema with { MinCount = Math.Min(schema.MinCount, 2) };
        if (split.Kind == SplitKind.Given)
            return (schema, Of(0, TrainRows), Of(1, ValidRows), Of(2, rows));
        var all = ParityRows.Read(schema, split.Files, TrainRows + ValidRows + rows);
        int train = all.Cells.Count * 6 / 10, valid = all.Cells.Count / 10;
        return (schema, all.Slice(0, train), all.Slice(train, valid), all.Slice(train + valid, rows));

        ParityRows Of(int part, int limit) => ParityRows.Read(schema, split.Files.Where((_, i) => split.FileSplits[i] == part), limit);

        ConsortException NotRaw() => new($"parity, --data {path}: found encoded data or an experiment, expected raw rows");
    }

    // A column's first id is that of a missing value, its second that of an unseen one.
    private (double Missing, double Unseen) Count()
    {
        var (ids, _) = OnnxFeeds.Encode(Encoder, Values);
        int[] offsets = [.. Encoder.Space.Categorical.Select(c => c.Offset)];
        double all = Math.Max(1, ids.Length);
        return (ids.Index().Count(i => i.Item == offsets[i.Index % offsets.Length]) / all, ids.Index()
            .Count(i => i.Item == offsets[i.Index % offsets.Length] + 1) / all);
    }

    private byte[] Request(int number)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteStartArray("rows");
            foreach ((var row, var cells) in _rows.Cells.Index().Skip(number * RequestRows).Take(RequestRows))
            {
                json.WriteStartObject();
                foreach ((var field, var place) in _rows.Fields) Value(json, field, cells[place], row % 3);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return body.ToArray();
    }

    private void Value(Utf8JsonWriter json, Field field, string value, int way)
    {
        if (way > 0 && _rows.IsMissing(field, value))
        {
            if (way == 1) json.WriteNull(field.Name);
            return;
        }
        json.WritePropertyName(field.Name);
        if (field.Kind == FieldKind.Numeric && !_rows.IsMissing(field, value)) json.WriteRawValue(value);
        else json.WriteStringValue(value);
    }

    private ReadOnlyMemory<byte>[][] Bytes(ParityRows rows)
    {
        int[] places = [.. Encoder.Schema.Fields.Where(f => f.Columns.Count > 0)
            .Select(f => rows.Fields.Single(c => c.Field.Name == f.Name).Place)];
        return [.. rows.Cells.Select(cells =>
            Array.ConvertAll(places, place => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(cells[place])))];
    }

    private string At(string name) => Path.Combine(_folder, name);
}
