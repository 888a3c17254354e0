using System.Globalization;

namespace Consort.Serving.Tests.Generators;

/// <summary>Rows whose reader was generated when this file was compiled, beside rows of the same values that are read by reflection.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class GeneratedRowTests : IDisposable
{
    private readonly ServingData _data;
    private readonly TrainedFamily _family;
    private readonly Scorer _scorer;

    public GeneratedRowTests(ServingData data)
    {
        _data = data;
        _family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }"));
        _scorer = _family.Scorer(_family.Content());
    }

    public void Dispose()
    {
        _scorer.Dispose();
        _family.Dispose();
    }

    [Fact]
    public void Score_AGeneratedRow_EqualsReflectionToTheLastBit()
    {
        Assert.False(ImpressionWriter<GeneratedOffer>.Find() is ReflectedWriter<GeneratedOffer>);
        Assert.IsType<ReflectedWriter<ReflectedOffer>>(ImpressionWriter<ReflectedOffer>.Find());
        var (generated, reflected) = (_scorer.For<GeneratedOffer>(), _scorer.For<ReflectedOffer>());
        Assert.Equal(reflected.Fields, generated.Fields);
        Assert.Equal(_scorer.Fields, generated.Fields);
        var (rows, all, different) = (new List<GeneratedOffer>(), new List<float>(), new HashSet<float>());
        foreach (var raw in _data.Raw)
        {
            var one = Fill(new GeneratedOffer(), raw);
            var expected = reflected.Score(Fill(new ReflectedOffer(), raw));
            Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(generated.Score(one)));
            rows.Add(one);
            all.Add(expected);
            different.Add(expected);
        }

        Assert.True(different.Count > 200, "rows that all score alike compare nothing");
        var probabilities = new float[rows.Count];
        generated.Score(rows.ToArray(), probabilities);
        Assert.Equal(reflected.Score(Fill(new ReflectedOffer(), _data.Raw[7])), all[7]);
        for (var row = 0; row < rows.Count; row++)
            Assert.Equal(all[row], probabilities[row], 1e-6f);
    }

    [Fact]
    public void Score_AStructAndAnInheritedRow_SetsWhatTheyHold()
    {
        var impression = _scorer.NewImpression();
        impression.Set("site", "s3");
        impression.Set("visits", 7);
        var expected = _scorer.Score(impression);
        Assert.Equal(expected, _scorer.For<GeneratedPair>().Score(new GeneratedPair { Site = "s3", Visits = 7, RequestId = new object() }));
        Assert.Equal(expected, _scorer.For<GeneratedHeir>().Score(new GeneratedHeir("s3", 7, Label: 1)));
        impression.Row.SetMissing(_scorer.FieldIndex("visits"));
        Assert.Equal(_scorer.Score(impression), _scorer.For<GeneratedPair>().Score(new GeneratedPair { Site = "s3" }));
    }

    [Fact]
    public void For_AFieldThatThisPackageLacks_IsRefusedAsByReflection()
    {
        Assert.Contains("GeneratedStray.Prize: is not one that the model reads; did you mean price?",
            Assert.Throws<ConsortException>(() => _scorer.For<GeneratedStray>()).Message, StringComparison.Ordinal);
        Assert.Contains("field price is no list", Assert.Throws<ConsortException>(() => _scorer.For<GeneratedSeveral>()).Message,
            StringComparison.Ordinal);
    }

    private static TOffer Fill<TOffer>(TOffer offer, IReadOnlyDictionary<string, string> raw)
        where TOffer : IOffer
    {
        offer.Price = Number(raw["price"]);
        offer.Share = raw["share"] is { Length: > 0 } share ? decimal.Parse(share, NumberStyles.Float, CultureInfo.InvariantCulture) : null;
        offer.Site = raw["site"];
        offer.Device = System.Text.Encoding.UTF8.GetBytes(raw["device"]);
        offer.Visits = raw["visits"] is { Length: > 0 } visits ? int.Parse(visits, CultureInfo.InvariantCulture) : null;
        offer.Age = (float?)Number(raw["age"]);
        offer.Hour = System.Text.Encoding.UTF8.GetBytes(raw["time"]);
        offer.App = raw["app"] == "none" ? null : raw["app"];
        offer.Seen = raw["seen"].Length > 0 ? raw["seen"].Split(';') : null;
        offer.Tags = raw["tags"].Length > 0 ? [.. raw["tags"].Split(';')] : [];
        offer.Likes = raw["likes"].Length > 0 ? raw["likes"].Split(';').Skip(1) : [];
        offer.Best = raw["best"];
        offer.Depth = Number(raw["depth"]);
        offer.Moment = raw["moment"] is { Length: > 0 } moment ? long.Parse(moment, CultureInfo.InvariantCulture) : null;
        offer.SeenTimes = raw["seen_times"].Length > 0 ? raw["seen_times"].Split(';') : null;
        return offer;

        static double? Number(string text) => text.Length > 0 ? double.Parse(text, CultureInfo.InvariantCulture) : null;
    }
}

internal interface IOffer
{
    double? Price { get; set; }
    decimal? Share { get; set; }
    string? Site { get; set; }
    byte[]? Device { get; set; }
    int? Visits { get; set; }
    float? Age { get; set; }
    ReadOnlyMemory<byte> Hour { get; set; }
    string? App { get; set; }
    string?[]? Seen { get; set; }
    List<string> Tags { get; set; }
    IEnumerable<string> Likes { get; set; }
    string? Best { get; set; }
    double? Depth { get; set; }
    long? Moment { get; set; }
    string[]? SeenTimes { get; set; }
}

[ImpressionRow]
internal sealed class GeneratedOffer : IOffer
{
    public double? Price { get; set; }
    public decimal? Share { get; set; }
    public string? Site { get; set; }
    public byte[]? Device { get; set; }
    public int? Visits { get; set; }
    public float? Age { get; set; }
    [ImpressionField("time")]
    public ReadOnlyMemory<byte> Hour { get; set; }
    public string? App { get; set; }
    public string?[]? Seen { get; set; }
    public List<string> Tags { get; set; } = [];
    public IEnumerable<string> Likes { get; set; } = [];
    public string? Best { get; set; }
    public double? Depth { get; set; }
    public long? Moment { get; set; }
    [ImpressionField("seen_times")]
    public string[]? SeenTimes { get; set; }
}

internal sealed class ReflectedOffer : IOffer
{
    public double? Price { get; set; }
    public decimal? Share { get; set; }
    public string? Site { get; set; }
    public byte[]? Device { get; set; }
    public int? Visits { get; set; }
    public float? Age { get; set; }
    [ImpressionField("time")]
    public ReadOnlyMemory<byte> Hour { get; set; }
    public string? App { get; set; }
    public string?[]? Seen { get; set; }
    public List<string> Tags { get; set; } = [];
    public IEnumerable<string> Likes { get; set; } = [];
    public string? Best { get; set; }
    public double? Depth { get; set; }
    public long? Moment { get; set; }
    [ImpressionField("seen_times")]
    public string[]? SeenTimes { get; set; }
}

[ImpressionRow]
internal struct GeneratedPair
{
    public string S_ite => Site!;

    [ImpressionIgnore]
    public string? Site { get; set; }

    public int? Visits { get; set; }

    [ImpressionIgnore]
    public object? RequestId { get; set; }

    public readonly string this[int index] => $"{index}";
}

internal abstract record GeneratedBase([property: ImpressionField("site")] string Where);

[ImpressionRow]
internal sealed record GeneratedHeir(string Place, int Visits, int Label) : GeneratedBase(Place)
{
    [ImpressionIgnore]
    public string Place { get; init; } = Place;
}

[ImpressionRow]
internal sealed record GeneratedStray(string Site, double Prize);

[ImpressionRow]
internal sealed record GeneratedSeveral(float[] Price);
