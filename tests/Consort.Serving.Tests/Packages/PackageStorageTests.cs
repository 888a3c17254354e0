using System.Diagnostics;
using Consort.Serving.Packages;

namespace Consort.Serving.Tests.Packages;

/// <summary>What becomes of a scorer when its file is written over, cut short, or not yet whole.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class PackageStorageTests(ServingData data)
{
    [Fact]
    public void Score_AfterItsFileWasCutShort_IsTheSame()
    {
        var path = Pack(out _);
        using var scorer = Scorer.Load(path);
        var expected = Scores(scorer);
        File.WriteAllBytes(path, []);
        Assert.Equal(expected, Scores(scorer));
        Assert.Equal(data.Encoder.Space.Features, scorer.Encoder.Space.Features);
    }

    [Fact]
    public void Score_AfterItsFileWasWrittenOver_IsTheSame()
    {
        var path = Pack(out var bytes);
        using var live = LiveScorer.Load(path);
        var expected = Scores(live.Current);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.Write(Enumerable.Repeat((byte)0xA5, bytes.Length).ToArray());
        Assert.Equal(expected, Scores(live.Current));
        Assert.Throws<ConsortException>(() => live.Swap(path));
        Assert.Equal(expected, Scores(live.Current));
    }

    [Fact]
    public void Load_Mapped_GivesTheSame()
    {
        var path = Pack(out _);
        using Scorer read = Scorer.Load(path), mapped = Scorer.Load(path, PackageCheck.AllButTables, PackageStorage.Mapped);
        Assert.Equal(Scores(read), Scores(mapped));
    }

    [Fact]
    public void Load_AHalfCopiedFile_IsRefusedAtEveryLength()
    {
        var path = Pack(out var bytes);
        var random = new Random(4);
        foreach (var length in Enumerable.Range(0, 60).Select(_ => random.Next(bytes.Length)).Concat([0, 1, 127, 128, bytes.Length - 1]))
        {
            File.WriteAllBytes(path, bytes[..length]);
            foreach (var storage in Enum.GetValues<PackageStorage>())
                Assert.Throws<ConsortException>(() => Scorer.Load(path, storage: storage));
            // Of the right length and not yet filled.
            File.WriteAllBytes(path, [.. bytes[..length], .. new byte[bytes.Length - length]]);
            if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
                Assert.Throws<ConsortException>(() => Scorer.Load(path));
        }
    }

    [Fact]
    public async Task Load_WhileTheFileIsWritten_GivesOnePackageOrNone()
    {
        var path = Pack(out var bytes);
        float[] expected;
        using (var scorer = Scorer.Load(path))
            expected = Scores(scorer);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1);
                for (var at = 0; at < bytes.Length; at += 1024)
                    stream.Write(bytes, at, Math.Min(1024, bytes.Length - at));
            }
        });
        for (var i = 0; i < 200; i++)
        {
            try
            {
                using var scorer = Scorer.Load(path);
                Assert.Equal(expected, Scores(scorer));
            }
            catch (ConsortException)
            {
                // Not whole at that moment.
            }
        }

        await stop.CancelAsync();
        await writer;
        using var last = Scorer.Load(path);
        Assert.Equal(expected, Scores(last));
    }

    [Fact]
    public async Task Load_AThingThatIsNoFile_IsRefusedWithoutWaiting()
    {
        var path = data.NewFile("pipe.consort");
        if (OperatingSystem.IsWindows())
        {
            await File.WriteAllBytesAsync(path, []);
        }
        else
        {
            using var mkfifo = Process.Start("mkfifo", path)!;
            await mkfifo.WaitForExitAsync();
        }

        var mistake = await Assert.ThrowsAsync<ConsortException>(() => Task.Run(() => Scorer.Load(path))
            .WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("at least 128 bytes, found 0", mistake.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    private float[] Scores(Scorer scorer) => [.. Enumerable.Range(0, 20).Select(row => scorer.Score(data.Values(scorer, row)))];

    private string Pack(out byte[] bytes)
    {
        var path = data.NewFile("storage.consort");
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [8, 4] }"));
        PackageWriter.Write(path, family.Content());
        bytes = File.ReadAllBytes(path);
        return path;
    }
}
