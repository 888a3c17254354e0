using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Studies.Tracking;

/// <summary>
/// The part of MLflow's REST protocol (version 2.0) that records a run: experiment, run, parameters, metrics, artefacts. Source: MLflow's
/// REST API reference, and <c>mlflow-artifacts</c> for files.
/// </summary>
internal sealed partial class MlflowClient : IDisposable
{
    private const int MostParameters = 100, MostMetrics = 1000, LongestValue = 500; // of a request, as every version takes them

    private readonly HttpClient _http;

    /// <summary>Opens no connection yet.</summary>
    /// <param name="server">Such as <c>http://localhost:5000</c>.</param>
    /// <param name="timeout">Of each request.</param>
    public MlflowClient(Uri server, TimeSpan timeout)
    {
        Server = server;
        _http = new HttpClient { BaseAddress = new Uri(server.ToString().TrimEnd('/') + "/"), Timeout = timeout };
        if (Environment.GetEnvironmentVariable("MLFLOW_TRACKING_TOKEN") is { Length: > 0 } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        else if (Environment.GetEnvironmentVariable("MLFLOW_TRACKING_USERNAME") is { Length: > 0 } user)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{user}:{Environment.GetEnvironmentVariable("MLFLOW_TRACKING_PASSWORD")}")));
    }

    /// <summary>Its address.</summary>
    public Uri Server { get; }

    /// <summary>The id of an experiment, which is made where there is none of that name.</summary>
    public string Experiment(string name)
    {
        var found = Send(HttpMethod.Get, $"api/2.0/mlflow/experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", null, mayBeAbsent: true);
        return Text(Of(Of(found, "experiment"), "experiment_id")
            ?? Of(Post("experiments/create", new JsonObject { ["name"] = name }), "experiment_id"), "experiment_id");
    }

    /// <summary>Begins a run, which may be part of another.</summary>
    /// <returns>Its id, and where its artefacts go.</returns>
    public (string Id, string Artifacts) CreateRun(string experiment, string name, DateTime start, string? parent)
    {
        var tags = new JsonArray(Tag("mlflow.source.name", "consort train"));
        if (parent is not null)
            tags.Add((JsonNode)Tag("mlflow.parentRunId", parent));
        var run = Post("runs/create", new JsonObject
        {
            ["experiment_id"] = experiment,
            ["run_name"] = name,
            ["start_time"] = Milliseconds(start),
            ["tags"] = tags,
        });
        var info = Of(Of(run, "run"), "info");
        return (Text(Of(info, "run_id"), "run.info.run_id"), Of(info, "artifact_uri")?.ToString() ?? "");

        static JsonObject Tag(string key, string value) => new() { ["key"] = key, ["value"] = value };
    }

    /// <summary>Records parameters; characters that names may not have become underscores.</summary>
    public void Parameters(string run, IEnumerable<(string Key, string Value)> parameters)
    {
        foreach (var part in parameters.Chunk(MostParameters))
            Post("runs/log-batch", new JsonObject
            {
                ["run_id"] = run,
                ["params"] = new JsonArray([.. part.Select(p => new JsonObject
                {
                    ["key"] = Other().Replace(p.Key.Replace('[', '.').Replace("]", "", StringComparison.Ordinal), "_"),
                    ["value"] = p.Value.Length <= LongestValue ? p.Value : p.Value[..LongestValue],
                })]),
            });
    }

    /// <summary>Records finite numbers at steps.</summary>
    public void Metrics(string run, IEnumerable<Scalar> metrics)
    {
        foreach (var part in metrics.Where(m => double.IsFinite(m.Value)).Chunk(MostMetrics))
            Post("runs/log-batch", new JsonObject
            {
                ["run_id"] = run,
                ["metrics"] = new JsonArray([.. part.Select(m => new JsonObject
                {
                    ["key"] = Other().Replace(m.Tag, "_"),
                    ["value"] = m.Value,
                    ["timestamp"] = Milliseconds(m.Time),
                    ["step"] = m.Step,
                })]),
            });
    }

    /// <summary>Sends a file, where the server takes artefacts itself.</summary>
    /// <returns>Whether it does.</returns>
    public bool Artifact(string artifacts, string path)
    {
        if (!artifacts.StartsWith("mlflow-artifacts:", StringComparison.Ordinal))
            return false;
        var place = artifacts["mlflow-artifacts:".Length..].TrimStart('/');
        using var content = new ByteArrayContent(File.ReadAllBytes(path));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Send(HttpMethod.Put, $"api/2.0/mlflow-artifacts/artifacts/{place}/{Uri.EscapeDataString(Path.GetFileName(path))}", content);
        return true;
    }

    /// <summary>Says what has become of a run: FINISHED, FAILED or KILLED; or RUNNING again.</summary>
    public void Update(string run, string status, DateTime? end)
    {
        var body = new JsonObject { ["run_id"] = run, ["status"] = status };
        if (end is { } time)
            body["end_time"] = Milliseconds(time);
        Post("runs/update", body);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private JsonNode Post(string path, JsonObject body) =>
        Send(HttpMethod.Post, $"api/2.0/mlflow/{path}", new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"))!;

    // Null where what is asked for is not there.
    private JsonNode? Send(HttpMethod method, string path, HttpContent? content, bool mayBeAbsent = false)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = _http.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        var text = reader.ReadToEnd();
        if (mayBeAbsent && answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{path.Split('?')[0]}: the server answered {(int)answer.StatusCode}: {PrintableText.Short(text, 200)}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text) ?? new JsonObject();
    }

    // Whatever a server answers, a key that is not there is not there.
    private static JsonNode? Of(JsonNode? node, string key) => (node as JsonObject)?[key];

    private static string Text(JsonNode? node, string what) =>
        node?.ToString() ?? throw new JsonException($"found no {what} in the server's answer");

    private static long Milliseconds(DateTime time) => new DateTimeOffset(time.ToUniversalTime()).ToUnixTimeMilliseconds();

    [GeneratedRegex(@"[^\w./ :-]")]
    private static partial Regex Other();
}
