using Consort.Serving.Packages;

namespace Consort.Serving.Tests;

/// <summary>The sample in docs/serving.md is this file's, and runs.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class ServingSampleTests(ServingData data)
{
    [Fact]
    public void Page_Sample_IsTheCodeBelow()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Consort.slnx")))
            folder = folder.Parent;
        var source = File.ReadAllLines(Path.Combine(folder.FullName, "tests/Consort.Serving.Tests/ServingSampleTests.cs"));
        var sample = string.Join('\n', Between("sample begins", "sample ends", 8).Append("").Concat(Between("row begins", "row ends", 4)));
        Assert.True(sample.Split('\n').Length <= 24, "the sample has grown");
        Assert.Contains(sample, File.ReadAllText(Path.Combine(folder.FullName, "docs/serving.md")).ReplaceLineEndings("\n"),
            StringComparison.Ordinal);

        IEnumerable<string> Between(string begin, string end, int indent) => source.SkipWhile(l => l.Trim() != $"// {begin}").Skip(1)
            .TakeWhile(l => l.Trim() != $"// {end}").Select(l => l.Length > indent ? l[indent..] : "");
    }

    [Fact]
    public void Page_Sample_Runs()
    {
        using var first = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }"), seed: 3);
        using var second = new TrainedFamily(data, TrainedFamily.Of("DCN", "{ hidden_units: [20, 8] }"), seed: 4);
        var (path, next) = (data.NewFile("model.consort"), data.NewFile("next.consort"));
        PackageWriter.Write(path, first.Content());
        PackageWriter.Write(next, second.Content());
        var output = new StringWriter();
        Sample(path, next, output);
        Assert.Equal(4, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static void Sample(string path, string next, TextWriter output)
    {
        // sample begins
        // using Consort.Serving;
        using var live = LiveScorer.Load(path);             // once, when the service starts

        var offer = new Offer("s3", 19.90, "d7", "14102114");
        output.WriteLine(live.ScoreRow(offer));             // from any thread: the probability of a click

        using (var lease = live.Lease())                    // several calls of one package
        {
            var context = lease.Scorer.NewImpression();     // what all candidates have in common
            context.Set("device", offer.Device);
            context.Set("time", offer.Time);
            var ranking = lease.Scorer.ForCandidates("site", "price");
            var candidates = lease.Scorer.NewBatch(capacity: 200);
            foreach (var (site, price) in new[] { ("s3", 19.90), ("s6", 5.0) })
                lease.Scorer.For<Candidate>().Fill(new(site, price), candidates.Add());
            var probabilities = new float[candidates.Count];
            ranking.Score(context, candidates, probabilities);
            output.WriteLine(string.Join('\n', probabilities));
        }

        live.Swap(next);                                    // a new package; no call fails
        // sample ends
        output.WriteLine(live.ScoreRow(offer));
    }

    // row begins
    private sealed record Offer(string Site, double Price, string Device, [property: ImpressionField("time")] string Time);
    private sealed record Candidate(string Site, double Price);
    // row ends
}
