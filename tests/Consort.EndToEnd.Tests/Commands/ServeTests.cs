using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Consort.Cli.Commands;
using Consort.Cli.Terminals;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A run, packed and served as a user would.</summary>
public sealed class ServeTests
{
    [Fact]
    public async Task Serve_APackedRun_AnswersWhatPredictWritesAndStopsWhenTold()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("predict", clicks.At("run"), "--data", clicks.Test, "--out", clicks.At("p.txt"), "--quiet").ExitCode);
        var packed = ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("tiny.consort"), "--quiet");
        Assert.True(packed.ExitCode == 0, packed.Error);

        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = Task.Run(() => CommandLine.Run(["serve", clicks.At("tiny.consort"), "--port", "0"],
            new Terminal(output, error, stop.Token)));
        Assert.True(await Task.WhenAny(output.Address, serving) == output.Address, error.ToString());
        using (var client = new HttpClient { BaseAddress = await output.Address })
        {
            var lines = File.ReadAllLines(clicks.Test);
            var rows = lines.Skip(1).Select(l => l.Split(','));
            var response = await client.PostAsJsonAsync("/v1/models/tiny:score", new { fields = lines[0].Split(','), rows });
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
            var expected = File.ReadAllLines(clicks.At("p.txt"))
                .Select(l => double.Parse(l, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            var found = answer["probabilities"]!.AsArray();
            Assert.Equal(expected.Length, found.Count);
            for (var row = 0; row < expected.Length; row++)
                Assert.Equal(expected[row], (double)found[row]!, 1e-6);
        }

        await stop.CancelAsync();
        Assert.Equal(0, await serving);
    }

    [Fact]
    public async Task Serve_WithACollector_SendsMetricsTracesAndLogOverGrpc()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Directory.CreateDirectory(clicks.At("tiny"));
        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("tiny/1.consort"), "--quiet").ExitCode);
        File.WriteAllText(clicks.At("keys.txt"), "0123456789abcdef0123456789abcdef\n");
        await using var collector = await StubCollector.Start(HttpProtocols.Http2);
        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = Task.Run(() => CommandLine.Run(
            ["serve", clicks.At("tiny"), "--port", "0", "--otlp", collector.Url, "--admin-key-file", clicks.At("keys.txt")],
            new Terminal(output, error, stop.Token)));
        Assert.True(await Task.WhenAny(output.Address, serving) == output.Address, error.ToString());
        var lines = File.ReadAllLines(clicks.Test);
        using (var client = new HttpClient { BaseAddress = await output.Address })
        {
            Assert.True((await client.PostAsJsonAsync("/v1/score", new { fields = lines[0].Split(','), rows = new[] { lines[1].Split(',') } }))
                .IsSuccessStatusCode);
            File.WriteAllText(clicks.At("tiny/2.consort"), "no package");
            client.DefaultRequestHeaders.Add("X-Api-Key", "0123456789abcdef0123456789abcdef");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsJsonAsync("/v1/models/tiny/versions", new { })).StatusCode);
        }

        // What is left is sent when the server ends.
        await stop.CancelAsync();
        Assert.Equal(0, await serving);
        var metrics = collector.At(Collected("metrics"));
        foreach (var name in new[] { "consort.request.duration", "consort.score.duration", "consort.batch.rows", "consort.probability",
            "consort.oov.rate", "dotnet.gc.collections", "service.name" })
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.Contains("consort.score", collector.At(Collected("trace")), StringComparison.Ordinal);
        var log = collector.At(Collected("logs"));
        Assert.Contains("model tiny: version 1 loaded", log, StringComparison.Ordinal);
        Assert.DoesNotContain("version 1 loaded", error.ToString(), StringComparison.Ordinal); // standard output has said it
        const string Said = "model tiny: version 2 refused: ";
        foreach (var part in new[] { Said, "Mistake", "Warning", "Consort.AspNetCore.Registry.ModelRegistry", "service.name" })
            Assert.Contains(part, log, StringComparison.Ordinal);
        Assert.DoesNotContain("Microsoft", log, StringComparison.Ordinal); // what libraries say stays with them
        Assert.Contains(Said, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--otlp", error.ToString(), StringComparison.Ordinal);

        static string Collected(string kind) => kind == "trace" ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            : $"/opentelemetry.proto.collector.{kind}.v1.{char.ToUpperInvariant(kind[0])}{kind[1..]}Service/Export";
    }

    [Fact]
    public async Task Serve_WithTheEnvironmentsCollector_SendsOverHttpAsItSays()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Directory.CreateDirectory(clicks.At("tiny"));
        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("tiny/1.consort"), "--quiet").ExitCode);
        await using var collector = await StubCollector.Start(HttpProtocols.Http1);
        using var process = ConsoleProcess.Shell($"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf "
            + $"OTEL_METRIC_EXPORT_INTERVAL=200 OTEL_BLRP_SCHEDULE_DELAY=200 OTEL_SERVICE_NAME=ads consort serve {clicks.At("tiny")} --port 0");
        await collector.Receive("/v1/metrics");
        File.WriteAllText(clicks.At("tiny/2.consort"), "no package");
        process.Signal("HUP");
        await collector.Receive("/v1/logs", "refused"); // while it serves
        process.Signal("TERM");
        var run = process.End();
        Assert.DoesNotContain("otlp", run.Error, StringComparison.Ordinal);
        Assert.Contains("ads", collector.At("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("consort.requests.in_flight", collector.At("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("model tiny: version 2 refused: ", collector.At("/v1/logs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_WithACollectorThatIsNotThere_ServesAndSaysSo()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("tiny.consort"), "--quiet").ExitCode);
        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = Task.Run(() => CommandLine.Run(["serve", clicks.At("tiny.consort"), "--port", "0", "--otlp", "http://127.0.0.1:1"],
            new Terminal(output, error, stop.Token)));
        Assert.True(await Task.WhenAny(output.Address, serving) == output.Address, error.ToString());
        using (var client = new HttpClient { BaseAddress = await output.Address })
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/health/ready")).StatusCode);
        await stop.CancelAsync();
        Assert.Equal(0, await serving);
        Assert.Contains("--otlp: found no collector that can be reached; serving goes on", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("does not take", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_WithACollectorOfHttpAtAnotherPort_SaysWhatToSet()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("tiny.consort"), "--quiet").ExitCode);
        await using var collector = await StubCollector.Start(HttpProtocols.Http1);
        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = Task.Run(() => CommandLine.Run(["serve", clicks.At("tiny.consort"), "--port", "0", "--otlp", collector.Url],
            new Terminal(output, error, stop.Token)));
        Assert.True(await Task.WhenAny(output.Address, serving) == output.Address, error.ToString());
        await stop.CancelAsync();
        Assert.Equal(0, await serving);
        Assert.Contains("--otlp: found a collector that does not take what it is sent (one that speaks HTTP at a port other than 4318 needs "
            + "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf); serving goes on", error.ToString(), StringComparison.Ordinal);
    }

    // The unit's line and the container's, on this machine's paths and any ports.
    [Theory]
    [InlineData("ExecStart=/opt/consort/consort ")]
    [InlineData("ENTRYPOINT [\"/app/consort\", ")]
    public async Task Serve_AsTheDeploymentPageStartsIt_IsReady(string start)
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        Directory.CreateDirectory(clicks.At("models"));
        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("run"), "--out", clicks.At("models/1.consort"), "--quiet").ExitCode);
        File.WriteAllText(clicks.At("keys.txt"), "0123456789abcdef0123456789abcdef\n");
        var line = File.ReadLines(Repository.At("docs/deployment.md")).Single(l => l.StartsWith(start, StringComparison.Ordinal));
        string[] words = [.. line[start.Length..].Split(' ').Select(w => w.Trim('"', ',', ']')).Select(
            w => w.EndsWith("/models/clicks", StringComparison.Ordinal) ? clicks.At("models")
                : w == "%d/keys" ? clicks.At("keys.txt")
                : w.Contains("://", StringComparison.Ordinal) ? $"{w.Split(':')[0]}://127.0.0.1:0" : w)];
        words[Array.IndexOf(words, "--drain") + 1] = "0";

        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = Task.Run(() => CommandLine.Run(words, new Terminal(output, error, stop.Token)));
        Assert.True(await Task.WhenAny(output.Address, serving) == output.Address, error.ToString());
        using (var client = new HttpClient { BaseAddress = await output.Address })
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/health/ready")).StatusCode);
        await stop.CancelAsync();
        Assert.Equal(0, await serving);
    }

    [Theory]
    [InlineData("--canary-share 0.1", "--canary-share 0.1: found no version of label canary, expected --label canary=VERSION")]
    [InlineData("--canary-field user", "--canary-field user: found no --canary-share, expected the share")]
    public void Serve_CanaryOptionsWithoutEffect_AreRefused(string options, string words)
    {
        var served = ConsoleRun.Of(["serve", "nowhere.consort", .. options.Split(' ')]);
        Assert.Equal(2, served.ExitCode);
        Assert.Contains(words, served.Error, StringComparison.Ordinal);
        Assert.Contains("nowhere.consort", ConsoleRun.Of("serve", "nowhere.consort", "--label", "canary=1", "--canary-field", "user", "--canary-share", "0.1").Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Unit_OfTheDeploymentPage_IsOneThatSystemdTakes()
    {
        const string Program = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Program), "no systemd-analyze here");
        using var folder = new TinyClicks();
        var unit = File.ReadLines(Repository.At("docs/deployment.md")).SkipWhile(l => l != "```ini").Skip(1).TakeWhile(l => l != "```")
            .Select(l => l.Replace("/opt/consort/consort", "/bin/true", StringComparison.Ordinal));
        File.WriteAllLines(folder.At("consort.service"), unit);
        using var verify = Process.Start(
            new ProcessStartInfo(Program, ["verify", folder.At("consort.service")]) { RedirectStandardError = true })!;
        var said = verify.StandardError.ReadToEnd();
        verify.WaitForExit();
        Assert.True(verify.ExitCode == 0 && said.Length == 0, said);
    }

    [Theory]
    [InlineData("found no package, expected PACKAGE or --model NAME=PATH", "serve")]
    [InlineData("nosuch.consort: found no file, expected a package", "serve", "nosuch.consort")]
    [InlineData("--model: found \"a\", expected NAME=PATH", "serve", "--model", "a")]
    [InlineData("--label: found \"stable\", expected LABEL=VERSION", "serve", "x.consort", "--label", "stable")]
    [InlineData("found no model y, expected one of x", "serve", "x.consort", "--label", "y:stable=1")]
    [InlineData("--label x:shadow=3: found a label that stands for version 2 already", "serve", "x.consort", "--label", "shadow=2", "--label", "x:shadow=3")]
    [InlineData("label \"latest=1\": found latest, which is always the newest version", "serve", "x.consort", "--label", "latest=1")]
    [InlineData("found --port and --urls, expected one of them", "serve", "x.consort", "--port", "1", "--urls", "http://*:2")]
    [InlineData("--otlp: found \"http://h:14318/v1/metrics/\", expected no /v1/metrics behind the collector's address",
        "serve", "x.consort", "--otlp", "http://h:14318/v1/metrics/")]
    [InlineData("--otlp: found \"collector:4317\", expected a collector as http://HOST:4317 (gRPC) or http://HOST:4318 (HTTP)", "serve", "x.consort", "--otlp", "collector:4317")]
    [InlineData("--max-rows: found \"0\", expected a number from 1 to 1000000", "serve", "x.consort", "--max-rows", "0")]
    [InlineData("api key file nosuch: cannot be read", "serve", "x.consort", "--api-key-file", "nosuch")]
    public void Serve_WrongCommandLine_SaysWhatIsWrong(string message, params string[] arguments)
    {
        var run = ConsoleRun.Of(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    // Tells where the server listens as soon as it says so.
    private sealed class AddressWriter : StringWriter
    {
        private const string Line = "listening at http://";
        private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Uri> Address => _address.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(Line, StringComparison.Ordinal) == true)
                _address.TrySetResult(new Uri(value["listening at ".Length..]));
        }
    }
}
