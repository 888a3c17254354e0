using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Learning.Tests.Training;

/// <summary>
/// A few hundred clicks of three categorical fields and a numeric one, with an interaction to learn: encoded once, read by every training
/// test.
/// </summary>
public sealed class SmallData : IDisposable
{
    public const int TrainRows = 600;
    public const int TransferRows = 1300;
    public const int BatchSize = 64; // 10 steps an epoch, the last one short

    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;
    private int _runs;

    public SmallData()
    {
        Dataset = Encode("both", row => Clicks(row));
        OneClass = Encode("one-class", row => row >= TrainRows ? 0 : Clicks(row));
        WithTransfer = EncodedDataset.Open(Dataset.Folder);
        var more = Path.Combine(_folder, "more.csv");
        File.WriteAllLines(more, Enumerable.Range(2000, TransferRows).Select(row => string.Create(
            CultureInfo.InvariantCulture, $"{row * 7919 % 101},{row % 2},{row / 2 % 2},{row * 31 % 40}")));
        DatasetEncoder.Encode(EncodeRequest.Transfer(Dataset, [more], Path.Combine(_folder, "more"), 1));
        WithTransfer.Take(Path.Combine(_folder, "more"));
    }

    public EncodedDataset Dataset { get; }

    /// <summary>Validation and test rows without a click: AUC is not defined there.</summary>
    public EncodedDataset OneClass { get; }

    /// <summary>The first with more rows, which have no labels.</summary>
    public EncodedDataset WithTransfer { get; }

    /// <summary>A folder for a run of a test.</summary>
    public string NewFolder() => Path.Combine(
        _folder, string.Create(CultureInfo.InvariantCulture, $"run{Interlocked.Increment(ref _runs)}"));

    public void Dispose()
    {
        Dataset.Dispose();
        OneClass.Dispose();
        WithTransfer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private EncodedDataset Encode(string name, Func<int, int> label)
    {
        var schema = Schema.Load(OptionMap.Parse(
            """
            header: false
            delimiter: comma
            fields:
              - { name: label, kind: label }
              - { name: x, kind: numeric, transform: standardise }
              - { name: C1..C3, kind: categorical }
            """,
            "schema"));
        string[] files = [Write("train", 0, TrainRows), Write("valid", TrainRows, 200), Write("test", TrainRows + 200, 200)];
        var folder = Path.Combine(_folder, name);
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([files[0]], [files[1]], [files[2]]), folder, 1));
        return EncodedDataset.Open(folder);

        string Write(string split, int first, int rows)
        {
            var text = new StringBuilder();
            for (var row = first; row < first + rows; row++)
                text.Append(CultureInfo.InvariantCulture, $"{label(row)},{row * 7919 % 101},{row % 2},{row / 2 % 2},{row * 31 % 40}\n");
            var path = Path.Combine(_folder, $"{name}-{split}.csv");
            File.WriteAllText(path, text.ToString());
            return path;
        }
    }

    // C1 xor C2, with a fifth of the labels turned over.
    private static int Clicks(int row) => ((row % 2) ^ (row / 2 % 2)) ^ (row * 2654435761L % 1000 < 200 ? 1 : 0);
}

[CollectionDefinition(Name)]
public sealed class SmallDataCollection : ICollectionFixture<SmallData>
{
    public const string Name = "small data";
}

/// <summary>What counts allocations runs alone: other tests allocate too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection : ICollectionFixture<SmallData>
{
    public const string Name = "alone";
}
