using System.Globalization;
using System.Text;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;

namespace Consort.Serving.Tests;

/// <summary>Times, ages, booleans, and columns that no model sees, from training to every way to score.</summary>
public sealed class TimeScoringTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-times-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed record Offer(DateTimeOffset At, DateTime? Joined, bool Paid, string Item);

    private sealed record UnixOffer(long At, string Joined, string Paid, string Item, double W = 1, string Session = "s");

    [Fact]
    public void Score_TextsTypedRowsAndCandidates_AreWhatTheRunSays()
    {
        var run = Train();
        var package = Path.Combine(_folder, "model.consort");
        RunPacker.Pack(new PackRequest(run, package, 1), CancellationToken.None);
        using var scorer = Scorer.Load(package);
        Assert.Equal(["at", "joined", "paid", "item"], scorer.Fields);
        var rows = File.ReadLines(Path.Combine(_folder, "new.csv")).Skip(1).Select(l => l.Split(',')).ToArray();
        var expected = new List<double>();
        using (var family = new FinishedRun(run, threads: 1))
            family.Predict(Path.Combine(_folder, "new.csv"), b => expected.AddRange(b.EnsembleProbabilities()[..b.Rows]), null, CancellationToken.None);
        Assert.True(expected.Max() - expected.Min() > 0.05);
        var batch = scorer.NewBatch(rows.Length);
        var context = scorer.NewImpression();
        for (var i = 0; i < rows.Length; i++)
        {
            var (at, joined, paid, item) = (rows[i][1], rows[i][2], rows[i][3], rows[i][4]);
            Same(i, scorer.Score([Bytes(at), Bytes(joined), Bytes(paid), Bytes(item)]));
            var row = batch.Add();
            // Whichever of two times comes last, and whatever was there before.
            row.Set("joined", "1999-01-01");
            row.Set("item", item);
            row.Set("paid", paid);
            row.Set("at", at);
            row.Set("joined", joined);
            Same(i, scorer.For<UnixOffer>().Score(new UnixOffer(long.Parse(at, CultureInfo.InvariantCulture), joined, paid, item)));
            if (paid.Length == 0)
                continue;
            var moment = DateTimeOffset.FromUnixTimeSeconds(long.Parse(at, CultureInfo.InvariantCulture)).ToOffset(TimeSpan.FromHours(3));
            var since = joined.Length == 0 ? (DateTime?)null : DateTime.Parse(joined, CultureInfo.InvariantCulture);
            Same(i, scorer.For<Offer>().Score(new Offer(moment, since, paid is "yes" or "True", item)));
        }

        var probabilities = new float[rows.Length];
        scorer.Score(batch, probabilities);
        for (var i = 0; i < rows.Length; i++)
            Same(i, probabilities[i]);

        // An age between a time of the context and one of each candidate.
        context.Set("at", rows[0][1]);
        context.Set("paid", rows[0][3]);
        scorer.ForCandidates("joined", "item").Score(context, batch, probabilities);
        for (var i = 0; i < rows.Length; i++)
            Assert.Equal(scorer.Score([Bytes(rows[0][1]), Bytes(rows[i][2]), Bytes(rows[0][3]), Bytes(rows[i][4])]), probabilities[i], 1e-6);

        void Same(int row, float found) => Assert.Equal(expected[row], found, 1e-6);
    }

    [Fact]
    public void Score_NoBoolean_NamesTheColumn()
    {
        var package = Path.Combine(_folder, "model.consort");
        RunPacker.Pack(new PackRequest(Train(), package, 1), CancellationToken.None);
        using var scorer = Scorer.Load(package);
        var impression = scorer.NewImpression();
        Assert.Equal("column paid: found \"maybe\", expected true or false (yes or no, 1 or 0, t or f, y or n) or empty",
            Assert.Throws<ConsortException>(() => impression.Set("paid", "maybe")).Message);
        Assert.Equal("column joined: found \"soon\", expected a time as ISO 8601 (2026-11-01T13:05:00Z) or empty",
            Assert.Throws<ConsortException>(() => impression.Set("joined", "soon")).Message);
        Assert.Contains("\"w\" is not one that the model reads", Assert.Throws<ConsortException>(() => impression.Set("w", "1")).Message,
            StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private string Train()
    {
        Write("clicks.csv", 3000, 1);
        Write("new.csv", 40, 2);
        File.WriteAllText(Path.Combine(_folder, "experiment.yaml"), $$"""
            data:
              schema:
                delimiter: comma
                header: true
                fields:
                  - {name: clicked, kind: label}
                  - {name: at, kind: time, derive: [hour, weekday, age], since: joined, transform: standardise}
                  - {name: joined, kind: time}
                  - {name: paid, kind: boolean}
                  - {name: item, kind: categorical}
                  - {name: w, kind: weight}
                  - {name: session, kind: group}
                  - {name: row_id, kind: id}
              source: clicks.csv
              by: time
              column: at
              valid_from: 2026-10-01
              test_from: 2026-11-01
              cache: {{Path.Combine(_folder, "cache")}}
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { epochs: 2, batch_size: 64, learning_rate: 0.01, monitor: gauc }
            """);
        var run = Path.Combine(_folder, "run");
        var result = ExperimentRunner.Run(new RunRequest(Experiment.Load(Path.Combine(_folder, "experiment.yaml")), run, Threads: 1),
            CancellationToken.None);
        Assert.NotNull(result.Training.Test!.Metrics.Ensemble.GroupAuc);
        return run;
    }

    private void Write(string name, int rows, int seed)
    {
        var random = new Random(seed);
        var start = new DateTime(2026, 7, 1);
        File.WriteAllLines(Path.Combine(_folder, name), Enumerable.Range(0, rows).Select(i =>
        {
            var at = start.AddSeconds(random.Next(12_000_000));
            var joined = random.Next(8) == 0 ? "" : at.AddDays(-random.Next(800)).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            var paid = random.Next(8) == 0 ? "" : random.Next(2) == 0 ? (i % 2 == 0 ? "yes" : "True") : "n";
            var click = random.NextDouble() < 0.2 + (at.Hour / 60.0) + (paid is "" or "n" ? 0 : 0.2) ? 1 : 0;
            return string.Create(CultureInfo.InvariantCulture,
                $"{click},{new DateTimeOffset(at, TimeSpan.Zero).ToUnixTimeSeconds()},{joined},{paid},item{random.Next(9)},{random.Next(1, 4) / 2.0},s{random.Next(90)},r{i}");
        }).Prepend("clicked,at,joined,paid,item,w,session,row_id"));
    }
}
