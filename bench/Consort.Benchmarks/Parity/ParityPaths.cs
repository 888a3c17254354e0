using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore;
using Consort.AspNetCore.Options;
using Consort.Benchmarks.Peers;
using Consort.Experiments.Running;
using Consort.Onnx;
using Consort.Serving;

namespace Consort.Benchmarks.Parity;

/// <summary>The probabilities of the same raw rows by each path.</summary>
internal static class ParityPaths
{
    /// <summary>The trainer's evaluation pass.</summary>
    public static double[] Trainer(FinishedRun run, string rows)
    {
        var all = new List<double>();
        run.Predict(rows, batch => all.AddRange(batch.EnsembleProbabilities()), null, CancellationToken.None);
        return [.. all];
    }

    /// <summary>The scorer, a row at a time.</summary>
    public static float[] OneByOne(Scorer scorer, ReadOnlyMemory<byte>[][] rows) => Array.ConvertAll(rows, row => scorer.Score(row));

    /// <summary>The scorer, all rows as a batch.</summary>
    public static float[] Batch(Scorer scorer, ReadOnlyMemory<byte>[][] rows)
    {
        var batch = scorer.NewBatch(rows.Length);
        foreach (var row in rows) Fill(batch.Add(), row);
        var probabilities = new float[rows.Length];
        scorer.Score(batch, probabilities);
        return probabilities;
    }

    /// <summary>The scorer, rows as candidates of the first row of their group.</summary>
    public static float[] Candidates(Scorer scorer, ReadOnlyMemory<byte>[][] rows, string[] fields, int group)
    {
        var candidates = scorer.ForCandidates(fields);
        var places = Array.ConvertAll(fields, scorer.FieldIndex);
        var batch = scorer.NewBatch(group);
        var context = scorer.NewImpression();
        var probabilities = new float[rows.Length];
        for (var start = 0; start < rows.Length; start += group)
        {
            var count = Math.Min(group, rows.Length - start);
            Fill(context.Row, rows[start]);
            batch.Clear();
            for (var i = 0; i < count; i++)
            {
                var row = batch.Add();
                foreach (var place in places) row.Set(place, rows[start + i][place].Span);
            }
            candidates.Score(context, batch, probabilities.AsSpan(start, count));
        }
        return probabilities;
    }

    /// <summary>The server, over HTTP.</summary>
    public static async Task<float[]> Server(string package, IReadOnlyList<byte[]> requests)
    {
        var options = new ServerOptions
        {
            Models = [new ModelSource("parity", package)],
            Urls = ["http://127.0.0.1:0"],
            MaxBodyBytes = 64 << 20,
            Timeout = TimeSpan.FromMinutes(5),
        };
        await using var server = await InferenceServer.StartAsync(options, TextWriter.Null);
        using var client = new HttpClient { BaseAddress = server.Addresses[0], Timeout = options.Timeout };
        var probabilities = new List<float>();
        foreach (var request in requests)
        {
            using var content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await client.PostAsync(new Uri("/v1/score", UriKind.Relative), content);
            var body = await answer.Content.ReadAsByteArrayAsync();
            if (!answer.IsSuccessStatusCode)
                throw new ConsortException($"parity: the server answered {(int)answer.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
            using var json = JsonDocument.Parse(body);
            probabilities.AddRange(json.RootElement.GetProperty("probabilities").EnumerateArray().Select(p => p.GetSingle()));
        }
        return [.. probabilities];
    }

    /// <summary>ONNX Runtime, fed raw values and ids.</summary>
    public static (double[] Raw, double[] Ids) Onnx(string modules, string package, ParityData data, string folder)
    {
        var jobs = new List<(string Model, JsonNode Feeds)>();
        foreach (var input in new[] { OnnxInput.Raw, OnnxInput.Ids })
        {
            var model = Path.Combine(folder, $"{input}.onnx");
            var summary = OnnxFile.Write(model, package, members => [.. Enumerable.Range(0, members.Count)],
                new OnnxOptions { Input = input });
            jobs.Add((model, data.Feeds(summary, input)));
        }
        var results = OnnxRuntime.Run(modules, folder, jobs);
        return (Probabilities(results[0]!), Probabilities(results[1]!));

        static double[] Probabilities(JsonNode result) => result["error"] is { } error
            ? throw new ConsortException($"parity: ONNX Runtime says {error}")
            : [.. result["probability"]!.AsArray().Select(p => p?.GetValue<double>() ?? double.NaN)];
    }

    private static void Fill(ImpressionRow row, ReadOnlyMemory<byte>[] values)
    {
        for (var f = 0; f < values.Length; f++) row.Set(f, values[f].Span);
    }
}
