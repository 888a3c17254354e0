using Consort.Serving;
using Consort.Serving.Packages;
using Consort.Serving.Tests;

namespace Consort.AspNetCore.Tests;

/// <summary>Two different packages over the same rows, and their scorers, made once.</summary>
public sealed class ServerFixture : IDisposable
{
    private readonly ServingData _data = new();

    public ServerFixture()
    {
        (First, Second) = (Pack("first.consort", seed: 3), Pack("second.consort", seed: 4));
        (FirstScorer, SecondScorer) = (Scorer.Load(First), Scorer.Load(Second));
    }

    /// <summary>A package, and another one of other numbers.</summary>
    public string First { get; }

    public string Second { get; }

    public Scorer FirstScorer { get; }

    public Scorer SecondScorer { get; }

    /// <summary>Raw rows with unseen and missing values.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Raw => _data.Raw;

    public string NewFile(string name) => _data.NewFile(name);

    public string NewFolder() => Directory.CreateDirectory(_data.NewFile("models")).FullName;

    /// <summary>What the scorer in process says of a row.</summary>
    public float Score(int row, Scorer? scorer = null) => (scorer ?? FirstScorer).Score(_data.Values(scorer ?? FirstScorer, row));

    /// <summary>The values of a row that the model reads.</summary>
    public Dictionary<string, string> Row(int row) => FirstScorer.Fields.ToDictionary(f => f, f => Raw[row][f]);

    public void Dispose()
    {
        FirstScorer.Dispose();
        SecondScorer.Dispose();
        _data.Dispose();
    }

    /// <summary>A package as a test wants it.</summary>
    public string Pack(string name, Func<PackageContent, PackageContent> with) => Pack(name, seed: 3, with);

    private string Pack(string name, ulong seed, Func<PackageContent, PackageContent>? with = null)
    {
        using var family = new TrainedFamily(_data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }", count: 2), seed,
            deviation: 0.15);
        var path = _data.NewFile(name);
        PackageWriter.Write(path, with is null ? family.Content() : with(family.Content()));
        return path;
    }
}

[CollectionDefinition(Name)]
public sealed class ServerCollection : ICollectionFixture<ServerFixture>
{
    public const string Name = "server";
}
