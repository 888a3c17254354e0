using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore;
using Consort.AspNetCore.Options;
using Consort.Serving.Packages;

namespace Consort.Benchmarks;

/// <summary>
/// What the server does in a process of its own, asked from this one over HTTP: requests per second at most, and latency at a fixed load.
/// </summary>
internal static class ServeSpeed
{
    private const int Bodies = 1024;
    private static readonly TimeSpan MostWarmUp = TimeSpan.FromSeconds(60);

    public static int Run(string[] args)
    {
        var arguments = new Arguments("serve", args, "model", "vocab", "connections", "rate", "seconds", "rows", "warm", "json", "package");
        if (arguments.Text("package") is { } served) return Host(served);
        var model = arguments.Text("model") ?? "DeepFM";
        var vocabulary = arguments.Integer("vocab", 1_000_000, ZipfSplit.LeastVocabulary, 100_000_000);
        var connections = arguments.Integer("connections", 8, 1, 1000);
        var rate = arguments.Integer("rate", 1000, 1, 1_000_000);
        var seconds = arguments.Integer("seconds", 10, 1, 3600);
        var rows = arguments.Integer("rows", 1, 1, 4096);
        var warm = arguments.Integer("warm", 40_000, 0, 100_000_000);
        Console.WriteLine(Machine.Describe());
        using var packed = new ScoreModel(model, vocabulary, PackageWeights.Fp32);
        var requests = Requests(packed, rows);
        using var server = Start(packed.Path);
        try
        {
            var address = new Uri(server.StandardOutput.ReadLine() ?? throw new ConsortException("serve: the server did not start"));
            var client = new ServeClient(address, requests, connections);
            // The server's code is watched before it is compiled for good, which takes so many requests and costs a third more meanwhile.
            var clock = Stopwatch.StartNew();
            for (long done = 0; (done < warm && clock.Elapsed < MostWarmUp) || clock.Elapsed.TotalSeconds < Math.Min(3, seconds);)
                done += client.Run(1, rate: null).Requests * rows;
            var before = server.TotalProcessorTime;
            var most = client.Run(seconds, rate: null);
            server.Refresh();
            var processor = (server.TotalProcessorTime - before).TotalMicroseconds / Math.Max(1, most.Requests);
            var paced = client.Run(seconds, rate);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model} [400, 400, 400], D = 16, {ZipfSplit.Columns} fields, {vocabulary:N0} features, {rows} rows a request, {connections} connections, client in a process of its own"));
            Console.WriteLine("| load | requests/s | p50 µs | p99 µs | failed |");
            Console.WriteLine("|---|---|---|---|---|");
            foreach ((var name, var result) in new[] { ("as fast as it answers", most),
                (string.Create(CultureInfo.InvariantCulture, $"{rate:N0} requests/s"), paced) })
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {result.PerSecond:N0} | {result.P50:N0} | {result.P99:N0} | {result.Failed} |"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{processor:F0} µs of the server's processor time a request; {Machine.Describe()}"));
            Machine.Write(arguments.Text("json"), new JsonObject
            {
                ["requests_per_second"] = Machine.Rounded(most.PerSecond, 1),
                ["processor_us_per_request"] = Machine.Rounded(processor, 1),
                ["rate"] = rate,
                ["p50_us"] = Machine.Rounded(paced.P50, 1),
                ["p99_us"] = Machine.Rounded(paced.P99, 1),
                ["achieved_per_second"] = Machine.Rounded(paced.PerSecond, 1),
                ["failed"] = most.Failed + paced.Failed,
                ["rows"] = rows,
                ["connections"] = connections,
                ["machine"] = Machine.Describe(),
            });
            return 0;
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(10_000)) server.Kill();
        }
    }

    // The server's process: it ends when its input does, so that it never outlives the benchmark.
    private static int Host(string package)
    {
        var options = new ServerOptions
        {
            Models = [new ModelSource("bench", package)],
            Urls = ["http://127.0.0.1:0"],
            MaxInFlight = 1000,
            MaxPerClient = 1000,
            MaxConnectionsPerClient = 1000
        };
        var server = InferenceServer.StartAsync(options, Console.Error).GetAwaiter().GetResult();
        Console.WriteLine(server.Addresses[0]);
        Console.In.ReadToEnd();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return 0;
    }

    private static Process Start(string package)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.TryAdd("DOTNET_TieredPGO", "1"); // as the launcher starts a server
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ServeSpeed).Assembly.Location);
        foreach (var word in new[] { "serve", "--package", package }) start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }

    /// <summary>Requests to score, heads and bodies, of so many rows each.</summary>
    public static byte[][] Requests(ScoreModel packed, int rows)
    {
        var impressions = packed.Impressions(Bodies, seed: 2);
        var requests = new byte[Bodies][];
        for (var r = 0; r < Bodies; r++)
        {
            using var body = new MemoryStream();
            using (var json = new Utf8JsonWriter(body))
            {
                json.WriteStartObject();
                json.WriteStartArray("rows");
                for (var row = 0; row < rows; row++)
                {
                    json.WriteStartObject();
                    for (var f = 0; f < ZipfSplit.Columns; f++)
                        json.WriteString(string.Create(CultureInfo.InvariantCulture, $"C{f + 1}"), impressions[(r + row) % Bodies][f].Span);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            requests[r] = [.. Encoding.ASCII.GetBytes(
                $"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"),
                .. body.ToArray()];
        }
        return requests;
    }
}
