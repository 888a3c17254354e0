using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Consort.AspNetCore.Options;

namespace Consort.AspNetCore.Tests;

/// <summary>What people and programs do to the files of packages that are served.</summary>
[Collection(ServerCollection.Name)]
public sealed class OverwriteTests(ServerFixture fixture)
{
    private const int Looks = 25; // milliseconds between two

    [Fact]
    public async Task Watch_OfAFileWrittenOverInPlace_FailsNoCallAndLoadsIt()
    {
        var file = fixture.NewFile("model.consort");
        File.Copy(fixture.First, file);
        await using var server = await TestServer.Start(file, Watching);
        using var stop = new CancellationTokenSource();
        var rows = Enumerable.Range(0, 20).ToArray();
        float[] first = [.. rows.Select(r => fixture.Score(r))], second = [.. rows.Select(r => fixture.Score(r, fixture.SecondScorer))];
        var body = JsonSerializer.Serialize(new { rows = rows.Select(fixture.Row) });
        var calls = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Each answer is of one package or of the other, whatever the file is at the moment.
                var found = TestServer.Probabilities(await server.Post("/v1/score", body));
                Assert.True(Near(first, found) || Near(second, found));
            }
        })).ToArray();
        for (var swap = 0; swap < 6; swap++)
        {
            var isSecond = swap % 2 == 0;
            await Copy(isSecond ? fixture.Second : fixture.First, file, pause: 10);
            await Until(async () => Near(isSecond ? second : first, TestServer.Probabilities(await server.Post("/v1/score", body))));
        }

        await stop.CancelAsync();
        await Task.WhenAll(calls);

        static bool Near(float[] expected, float[] found) => expected.Zip(found).All(p => Math.Abs(p.First - p.Second) < 1e-6f);
    }

    [Fact]
    public async Task Watch_OfAFileCutShort_GoesOnSaysSoOnceAndLoadsTheWholeOne()
    {
        var file = fixture.NewFile("model.consort");
        File.Copy(fixture.First, file);
        await using var server = await TestServer.Start(file, Watching);
        var whole = File.ReadAllBytes(fixture.Second);
        await File.WriteAllBytesAsync(file, []);
        await Until(() => Task.FromResult(Refusals(server) == 1));
        await Expect(server, fixture.Score(0));

        // A copy that grows, ever longer and never whole: one line, however often it is looked at.
        await File.AppendAllBytesAsync(file, whole[..5000]);
        for (var length = 5000; length < 12_000; length += 1000)
        {
            await Task.Delay(3 * Looks);
            await File.AppendAllBytesAsync(file, whole[length..(length + 1000)]);
        }

        await Until(() => Task.FromResult(Refusals(server) == 2));
        await Expect(server, fixture.Score(0));
        Assert.Contains("damaged or cut short", server.Log.ToString(), StringComparison.Ordinal);
        await File.AppendAllBytesAsync(file, whole[12_000..]);
        await Until(async () => (string)(await server.Post("/v1/score", Row())).Body["version"]! == "2");
        await Expect(server, fixture.Score(0, fixture.SecondScorer));
        Assert.Equal(2, Refusals(server));
    }

    [Fact]
    public async Task Watch_OfDamageOfTheSameLength_SaysSoOnceForEachContent()
    {
        var file = fixture.NewFile("model.consort");
        File.Copy(fixture.First, file);
        await using var server = await TestServer.Start(file, Watching);
        var damaged = File.ReadAllBytes(fixture.Second);
        damaged[^100] ^= 1;
        Put(damaged);
        await Until(() => Task.FromResult(Refusals(server) == 1));
        for (var touch = 0; touch < 5; touch++)
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(touch));
            await Task.Delay(2 * Looks);
        }

        Assert.Equal(1, Refusals(server));
        Put(new byte[1000]);
        await Until(() => Task.FromResult(Refusals(server) == 2));
        await Expect(server, fixture.Score(0));

        // At once: a look between the two steps of a write would count one content more.
        void Put(byte[] content)
        {
            File.WriteAllBytes($"{file}.new", content);
            File.Move($"{file}.new", file, overwrite: true);
        }
    }

    [Fact]
    public async Task Reload_OfAnotherPackageOfTheSameLengthAndTime_LoadsIt()
    {
        var file = fixture.NewFile("model.consort");
        File.Copy(fixture.First, file);
        var time = File.GetLastWriteTimeUtc(file);
        await using var server = await TestServer.Start(file);
        await Copy(fixture.Second, file, pause: 0);
        File.SetLastWriteTimeUtc(file, time);
        Assert.Equal(new FileInfo(fixture.First).Length, new FileInfo(file).Length);
        Assert.Equal(["2"], server.Server.Reload().Single().Loaded);
        await Expect(server, fixture.Score(0, fixture.SecondScorer));
    }

    [Fact]
    public async Task Watch_OfAFolderFullOfOtherThings_GoesOnAndSaysEachOnce()
    {
        var folder = fixture.NewFolder();
        File.Copy(fixture.First, At("1"));
        await using var server = await TestServer.Start(folder, Watching);
        File.CreateSymbolicLink(At("2"), Path.Combine(folder, "nowhere"));
        File.CreateSymbolicLink(At("3"), "3.consort"); // to itself
        Directory.CreateDirectory(At("4"));
        await File.WriteAllTextAsync(At("5"), "");
        await File.WriteAllTextAsync(At("6"), "no package");
        if (!OperatingSystem.IsWindows())
        {
            // A pipe: who opened it would wait for ever.
            using var mkfifo = Process.Start("mkfifo", At("7"))!;
            await mkfifo.WaitForExitAsync();
            Assert.Equal(0, mkfifo.ExitCode);
        }

        for (var i = 0; i < 20; i++)
        {
            File.Move(At("6"), At("8"));
            await Task.Delay(Looks / 2);
            File.Move(At("8"), At("6"));
            await Task.Delay(Looks / 2);
        }

        File.Copy(fixture.Second, At("9"));
        await Until(async () => (string)(await server.Post("/v1/score", Row())).Body["version"]! == "9");
        await Expect(server, fixture.Score(0, fixture.SecondScorer));
        var log = server.Log.ToString();
        foreach (var version in OperatingSystem.IsWindows() ? ["2", "5"] : new[] { "2", "3", "5", "7" })
            Assert.True(log.Split('\n').Count(l => l.Contains($"version {version} refused", StringComparison.Ordinal)) == 1,
                $"{version}: {log}");
        Assert.DoesNotContain("could not be looked at", log, StringComparison.Ordinal);

        string At(string version) => Path.Combine(folder, version + ModelSource.Extension);
    }

    [Fact]
    public async Task Watch_OfAFolderThatGoesAndComesBack_GoesOn()
    {
        var folder = fixture.NewFolder();
        File.Copy(fixture.First, Path.Combine(folder, "1.consort"));
        await using var server = await TestServer.Start(folder, Watching);
        Directory.Move(folder, folder + ".away");
        await Until(() => Task.FromResult(server.Log.ToString().Contains("folder cannot be looked at", StringComparison.Ordinal)));
        await Expect(server, fixture.Score(0));
        await Task.Delay(10 * Looks);
        Assert.Single(server.Log.ToString().Split('\n'), l => l.Contains("folder cannot be looked at", StringComparison.Ordinal));

        // Another folder under the name: its package is the one that counts.
        Directory.CreateDirectory(folder);
        File.Copy(fixture.Second, Path.Combine(folder, "2.consort"));
        await Until(async () => (string)(await server.Post("/v1/score", Row())).Body["version"]! == "2");
        await Expect(server, fixture.Score(0, fixture.SecondScorer));
        Directory.Delete(folder, recursive: true);
        await File.WriteAllTextAsync(folder, "a file now");
        await Task.Delay(5 * Looks);
        await Expect(server, fixture.Score(0, fixture.SecondScorer));
        File.Delete(folder);
        Directory.Move(folder + ".away", folder);
        await Until(async () => (string)(await server.Post("/v1/score", Row())).Body["version"]! == "1");
    }

    [Fact]
    public async Task Reload_AWaveOfWishes_IsAnsweredOneByOne()
    {
        var file = fixture.NewFile("model.consort");
        File.Copy(fixture.First, file);
        var keys = fixture.NewFile("keys");
        await File.WriteAllTextAsync(keys, "admin-key-of-the-tests");
        await using var server = await TestServer.Start(file, o => o with { AdminKeyFile = keys });
        var wave = Enumerable.Range(0, 200)
            .Select(_ => server.Send(HttpMethod.Post, "/v1/models/clicks/versions", "{}", "admin-key-of-the-tests")).ToArray();
        await Expect(server, fixture.Score(0));
        Assert.All(await Task.WhenAll(wave), a => Assert.Equal(HttpStatusCode.OK, a.Status));
    }

    private static ServerOptions Watching(ServerOptions options) => options with { Watch = TimeSpan.FromMilliseconds(Looks) };

    private static int Refusals(TestServer server) =>
        server.Log.ToString().Split('\n').Count(l => l.Contains("refused", StringComparison.Ordinal));

    // As `cp` does: the file is cut to nothing and then written, here in small parts.
    private static async Task Copy(string source, string target, int pause)
    {
        var bytes = await File.ReadAllBytesAsync(source);
        await using var stream = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1);
        for (var at = 0; at < bytes.Length; at += 4096)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(4096, bytes.Length - at)));
            if (pause > 0 && at % 16_384 == 0)
                await Task.Delay(pause);
        }
    }

    private async Task Expect(TestServer server, float expected) =>
        Assert.Equal(expected, TestServer.Probabilities(await server.Post("/v1/score", Row())).Single(), 1e-6f);

    private string Row() => JsonSerializer.Serialize(new { rows = new[] { fixture.Row(0) } });

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        Assert.Fail("it did not happen");
    }
}
