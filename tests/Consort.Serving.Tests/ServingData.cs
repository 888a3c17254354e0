using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Serving.Tests;

/// <summary>
/// Rows with every kind of column, and further rows with tokens that were never seen and values that are missing: encoded once, read by
/// every test.
/// </summary>
public sealed class ServingData : IDisposable
{
    public const int NewRows = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("consort-serving-").FullName;
    private int _files;

    public ServingData()
    {
        var schema = Schema.Load(OptionMap.Parse(
            """
            header: true
            delimiter: comma
            min_count: 2
            fields:
              - { name: label, kind: label }
              - { name: price, kind: numeric, transform: standardise, outside: keep }
              - { name: share, kind: numeric, transform: min_max }
              - { name: site, kind: categorical }
              - { name: device, kind: categorical, transform: "hash: 50" }
              - { name: visits, kind: numeric, transform: log2_buckets }
              - { name: age, kind: numeric, transform: "quantile_buckets: 6" }
              - { name: time, kind: categorical, derive: [hour, weekday, weekend] }
              - { name: id, kind: ignored }
              - { name: app, kind: categorical, missing: ["", "none"] }
              - { name: seen, kind: sequence, splitter: ";", max_len: 5, share: site }
              - { name: tags, kind: list, splitter: ";", max_len: 3, pooling: max, min_count: 3 }
              - { name: likes, kind: list, splitter: ";", weight_splitter: ":", pooling: sum, share: best }
              - { name: best, kind: categorical }
              - { name: depth, kind: numeric, transform: "piecewise: 6" }
              - { name: moment, kind: time }
              - { name: seen_times, kind: sequence, splitter: ";", ages_of: seen, until: moment, unit: hour }
              - { name: site_app, kind: cross, of: [site, app] }
              - { name: device_hour, kind: cross, of: [device, hour], transform: "hash: 90" }
              - { name: was_seen, kind: lookup, key: site, in: seen, result: token }
              - { name: fondness, kind: lookup, key: best, in: likes, transform: standardise }
            """,
            "schema"));
        var train = Write("train", 600, seed: 1);
        RawFile = Write("new", NewRows, seed: 2, isNew: true);
        var folder = Path.Combine(_folder, "encoded");
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([train], [train], []), folder, 1));
        using var dataset = EncodedDataset.Open(folder);
        Encoder = dataset.Encoder;
    }

    public Encoder Encoder { get; }

    /// <summary>Rows that training has not seen, with a header.</summary>
    public string RawFile { get; }

    /// <summary>The raw values of the new rows, by the names of the header.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Raw
    {
        get
        {
            if (field is not null)
                return field;
            var lines = File.ReadAllLines(RawFile);
            var names = lines[0].Split(',');
            return field = [.. lines.Skip(1).Select(l => l.Split(',').Zip(names).ToDictionary(p => p.Second, p => p.First))];
        }
    }

    /// <summary>A place for a file of a test.</summary>
    public string NewFile(string name) =>
        Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _files)}-{name}"));

    /// <summary>A row's raw values in the order of a scorer's fields.</summary>
    public ReadOnlyMemory<byte>[] Values(Scorer scorer, int row) =>
        [.. scorer.Fields.Select(f => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Raw[row][f]))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, int rows, int seed, bool isNew = false)
    {
        var random = new Random(seed);
        var text = new StringBuilder("label,price,share,site,device,visits,age,time,id,app,seen,tags,likes,best,depth,moment,seen_times\n");
        for (var row = 0; row < rows; row++)
        {
            var site = random.Next(isNew ? 40 : 25);
            text.Append(CultureInfo.InvariantCulture,
                $"{random.Next(2)},{Missing($"{random.NextDouble() * 100:F3}")},{Missing($"{random.NextDouble()}")},");
            text.Append(CultureInfo.InvariantCulture,
                $"{Missing(site % 3 == 0 ? $"s{site}" : $"a-rather-long-site-name-{site}.example")},d{random.Next(200)},");
            text.Append(CultureInfo.InvariantCulture, $"{Missing($"{random.Next(-3, 5000)}")},{Missing($"{random.Next(90)}")},");
            text.Append(CultureInfo.InvariantCulture,
                $"{Missing($"1410{21 + random.Next(9)}{random.Next(24):00}")},{row},{(random.Next(5) == 0 ? "none" : $"äpp{random.Next(isNew ? 12 : 8)}")},");
            var seen = List(9, () => $"s{3 * random.Next(isNew ? 14 : 9)}");
            text.Append(CultureInfo.InvariantCulture,
                $"{seen},{List(5, () => $"tag{random.Next(isNew ? 9 : 6)}")},{List(4, () => $"l{random.Next(7)}:{random.Next(5) / 4.0}")},{Missing($"l{random.Next(7)}")},{Missing($"{random.NextDouble() * (isNew ? 14 : 9):F2}")},");
            // Steps up to some 60 days before; now and then one without a time, or no time at all.
            var moment = 1_700_000_000 + random.Next(9_000_000);
            var ages = seen.Length == 0 ? [] : seen.Split(';').Select(_ => (int)Math.Exp(random.NextDouble() * 15.5)).OrderDescending().ToArray();
            var times = string.Join(';', ages.Select(a => ages.Length > 1 ? Missing($"{moment - a}") : $"{moment - a}"));
            text.Append(CultureInfo.InvariantCulture, $"{Missing($"{moment}")},{Missing(times)}\n");
        }

        var path = Path.Combine(_folder, $"{name}.csv");
        File.WriteAllText(path, text.ToString());
        return path;

        string List(int most, Func<string> token) => string.Join(';', Enumerable.Range(0, random.Next(most)).Select(_ => token()));
        string Missing(string value) => random.Next(8) == 0 ? "" : value;
    }
}

[CollectionDefinition(Name)]
public sealed class ServingDataCollection : ICollectionFixture<ServingData>
{
    public const string Name = "serving data";
}

/// <summary>What counts allocations runs alone: other tests allocate too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection : ICollectionFixture<ServingData>
{
    public const string Name = "alone";
}
