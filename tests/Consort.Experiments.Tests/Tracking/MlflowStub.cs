using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Consort.Experiments.Tests.Tracking;

/// <summary>An MLflow server as far as a run needs one: it refuses what the protocol does, and keeps what it was told.</summary>
internal sealed class MlflowStub : IDisposable
{
    private static readonly System.Text.RegularExpressions.Regex Name = new(@"^[\w./ :-]{1,250}$");

    private readonly HttpListener _listener = new();
    private readonly Thread _thread;

    public MlflowStub()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://localhost:{Port}/");
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public int Port { get; }

    public Dictionary<string, string> Experiments { get; } = []; // id by name

    public List<(string Experiment, string Name)> Runs { get; } = [];

    public Dictionary<string, string> Parents { get; } = []; // of runs within others

    public Dictionary<string, string> Parameters { get; } = []; // of the first run; of others behind their id and a colon

    public List<(string Key, double Value, long Step)> Metrics { get; } = [];

    public Dictionary<string, byte[]> Artifacts { get; } = [];

    public List<string> Statuses { get; } = [];

    public Dictionary<string, (long Start, long End)> Times { get; } = []; // milliseconds, by run

    public List<string> Refused { get; } = [];

    /// <summary>Requests that are answered by 503 before the first is taken.</summary>
    public int Failing { get; set; }

    /// <summary>What is answered to everything, or null.</summary>
    public string? Lie { get; init; }

    public void Dispose()
    {
        _listener.Stop();
        _thread.Join();
    }

    private void Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = _listener.GetContext();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            var (status, answer) = (400, "{\"error_code\":\"INVALID_PARAMETER_VALUE\"}");
            try
            {
                (status, answer) = Failing-- > 0 ? (503, "not now") : Lie is { } lie ? (200, lie) : Answer(context.Request);
            }
            catch (Exception e)
            {
                Refused.Add($"{context.Request.RawUrl}: {e.Message}");
            }

            context.Response.StatusCode = status;
            context.Response.Close(System.Text.Encoding.UTF8.GetBytes(answer), willBlock: true);
        }
    }

    private (int, string) Answer(HttpListenerRequest request)
    {
        using var body = new MemoryStream();
        request.InputStream.CopyTo(body);
        var path = request.Url!.AbsolutePath;
        if (path.StartsWith("/api/2.0/mlflow-artifacts/artifacts/", StringComparison.Ordinal) && request.HttpMethod == "PUT")
        {
            Artifacts[path["/api/2.0/mlflow-artifacts/artifacts/".Length..]] = body.ToArray();
            return (200, "{}");
        }

        if (path == "/api/2.0/mlflow/experiments/get-by-name" && request.HttpMethod == "GET")
            return Experiments.TryGetValue(request.QueryString["experiment_name"]!, out var id)
                ? (200, $$$"""{"experiment":{"experiment_id":"{{{id}}}"}}""") : (404, """{"error_code":"RESOURCE_DOES_NOT_EXIST"}""");
        if (request.HttpMethod != "POST" || request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true)
            throw new InvalidOperationException($"{request.HttpMethod} {request.ContentType}");
        using var json = JsonDocument.Parse(body.ToArray());
        var root = json.RootElement;
        switch (path["/api/2.0/mlflow/".Length..])
        {
            case "experiments/create":
                Experiments.Add(root.GetProperty("name").GetString()!, "7");
                return (200, """{"experiment_id":"7"}""");
            case "runs/create":
                if (!Experiments.ContainsValue(root.GetProperty("experiment_id").GetString()!))
                    throw new InvalidOperationException("no such experiment");
                Runs.Add((root.GetProperty("experiment_id").GetString()!, root.GetProperty("run_name").GetString()!));
                Times[$"r{Runs.Count}"] = (root.GetProperty("start_time").GetInt64(), 0);
                foreach (var tag in root.GetProperty("tags").EnumerateArray().Where(t => t.GetProperty("key").GetString() == "mlflow.parentRunId"))
                    Parents[$"r{Runs.Count}"] = CheckedRun(tag.GetProperty("value").GetString()!);
                return (200, $$$$"""{"run":{"info":{"run_id":"r{{{{Runs.Count}}}}","artifact_uri":"mlflow-artifacts:/7/r{{{{Runs.Count}}}}/artifacts"}}}""");
            case "runs/log-batch":
                var of = Of(root);
                foreach (var parameter in Items(root, "params", 100))
                {
                    var (key, value) = (of + Checked(parameter), parameter.GetProperty("value").GetString()!);
                    if (value.Length > 500 || (Parameters.TryGetValue(key, out var known) && known != value))
                        throw new InvalidOperationException($"{key}: too long, or changed");
                    Parameters[key] = value;
                }

                foreach (var metric in Items(root, "metrics", 1000))
                {
                    if (metric.GetProperty("timestamp").GetInt64() < 1_500_000_000_000) // milliseconds
                        throw new InvalidOperationException("timestamp");
                    Metrics.Add((of + Checked(metric), metric.GetProperty("value").GetDouble(), metric.GetProperty("step").GetInt64()));
                }

                return (200, "{}");
            case "runs/update":
                if (root.TryGetProperty("end_time", out var end) && root.GetProperty("run_id").GetString()! is var ended)
                    Times[ended] = (Times[ended].Start, end.GetInt64());
                Statuses.Add(Of(root) + root.GetProperty("status").GetString()!);
                return (200, "{\"run_info\":{}}");
            default:
                throw new InvalidOperationException("no such call");
        }
    }

    private string Of(JsonElement root) => CheckedRun(root.GetProperty("run_id").GetString()!) is var id && id == "r1" ? "" : $"{id}:";

    private string CheckedRun(string id) => Enumerable.Range(1, Runs.Count).Any(r => id == $"r{r}") ? id
        : throw new InvalidOperationException("no such run");

    private static JsonElement.ArrayEnumerator Items(JsonElement root, string key, int most) =>
        !root.TryGetProperty(key, out var items) ? default
        : items.GetArrayLength() <= most ? items.EnumerateArray() : throw new InvalidOperationException($"too many {key}");

    private static string Checked(JsonElement item) => item.GetProperty("key").GetString() is { } key && Name.IsMatch(key) ? key
        : throw new InvalidOperationException($"a key: {item}");
}
