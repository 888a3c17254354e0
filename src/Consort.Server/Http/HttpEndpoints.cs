using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Consort.Server.Inference;
using Consort.Server.Metrics;
using Consort.Server.Registry;
using Consort.Server.Scoring;
using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>What the server answers over HTTP.</summary>
internal sealed class HttpEndpoints
{
    private static readonly byte[] Page = Resource("index.html"), OpenApi = Resource("openapi.json");
    private readonly ModelRegistry _registry;
    private readonly RequestGate _gate;
    private readonly ServerMetrics _metrics;
    private readonly Limits _limits;
    private readonly Func<bool> _isReady;

    public HttpEndpoints(ModelRegistry registry, RequestGate gate, ServerMetrics metrics, Limits limits, Func<bool> isReady, ModelEndpoints models)
    {
        (_registry, _gate, _metrics, _limits, _isReady) = (registry, gate, metrics, limits, isReady);
        Router = new Router(
        [
            // What is asked most stands first.
            new("POST", "/v1/score", "score", Access.Score, Score),
            new("POST", "/v2/models/{model}/infer", "infer", Access.Score, Infer),
            new("POST", "/v2/models/{model}/versions/{version}/infer", "infer", Access.Score, Infer),
            new("POST", "/v1/models/{model}:score", "score", Access.Score, Score),
            new("POST", "/v1/models/{model}/versions/{version}:score", "score", Access.Score, Score),
            new("POST", "/v1/models/{model}/labels/{label}:score", "score", Access.Score, Score),
            new("POST", "/v1/explain", "explain", Access.Score, Explain),
            new("POST", "/v1/models/{model}:explain", "explain", Access.Score, Explain),
            new("POST", "/v1/models/{model}/versions/{version}:explain", "explain", Access.Score, Explain),
            new("POST", "/v1/models/{model}/labels/{label}:explain", "explain", Access.Score, Explain),
            new("GET", "/v2/health/live", "live", Access.Open, (c, _) => Answers.Send(c.Response, j => Flag(j, "live", true))),
            new("GET", "/v2/health/ready", "ready", Access.Open, Ready),
            new("GET", "/metrics", "metrics", Access.Score, (c, _) => Answers.Send(c.Response, MetricsText.ContentType, _metrics.Write(_registry, _gate))),
            new("GET", "/v2", "metadata", Access.Score, (c, _) => Answers.Send(c.Response, models.WriteServer)),
            new("GET", "/v2/models/{model}", "metadata", Access.Score, models.Metadata),
            new("GET", "/v2/models/{model}/versions/{version}", "metadata", Access.Score, models.Metadata),
            new("GET", "/v2/models/{model}/ready", "ready", Access.Score, models.Ready),
            new("GET", "/v2/models/{model}/versions/{version}/ready", "ready", Access.Score, models.Ready),
            new("GET", "/v1/models", "models", Access.Score, models.List),
            new("GET", "/v1/models/{model}", "models", Access.Score, models.Describe),
            new("POST", "/v1/models/{model}/versions", "reload", Access.Admin, models.Reload),
            new("PUT", "/v1/models/{model}/labels/{label}", "labels", Access.Admin, models.SetLabel),
            new("DELETE", "/v1/models/{model}/labels/{label}", "labels", Access.Admin, models.DeleteLabel),
            new("GET", "/openapi.json", "openapi", Access.Open, (c, _) => Answers.Send(c.Response, "application/json", OpenApi)),
            new("GET", "/", "page", Access.Open, SendPage),
        ]);
    }

    public Router Router { get; }

    /// <summary>Refuses bodies that are not JSON; a browser sends JSON to another origin only if that allows it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isBinary">Whether tensors may follow the JSON, as the header of that extension says.</param>
    /// <exception cref="RequestException">415.</exception>
    public static void CheckType(HttpRequest request, bool isBinary)
    {
        var type = request.ContentType;
        if (type is not null && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            && !(isBinary && type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase)))
            throw new RequestException(415, $"found a body of type {RequestException.Show(type)}, expected application/json, or, to infer, JSON and binary tensors as application/octet-stream with a header {InferRequest.HeaderLength}");
        if (request.Headers.ContentEncoding.Count > 0)
            throw new RequestException(415, $"found a body encoded as {RequestException.Show(request.Headers.ContentEncoding.ToString())}, expected none");
    }

    /// <summary>Reads a body within its time.</summary>
    /// <exception cref="RequestException">408: it did not arrive. 413: it is too long.</exception>
    public static async ValueTask Read(HttpRequest request, RequestBuffers buffers, Limits limits, bool isBinary = false)
    {
        CheckType(request, isBinary);
        buffers.Start(limits.Timeout);
        try
        {
            await buffers.ReadBody(request, limits.Body);
        }
        catch (OperationCanceledException) when (buffers.Clock.IsCancellationRequested)
        {
            throw RequestException.TooSlow(limits.Timeout);
        }
    }

    private ValueTask Score(HttpContext context, RouteValues values) => Answer(context, values, (lease, buffers) =>
    {
        var rows = new ScoreRun(lease, buffers, _limits).Run();
        var json = buffers.Json;
        json.WriteStartObject();
        json.WriteString("model"u8, lease.Version.Model);
        json.WriteString("version"u8, lease.Version.Name);
        json.WriteStartArray("probabilities"u8);
        foreach (var probability in buffers.Probabilities.AsSpan(0, rows))
            json.WriteNumberValue(probability);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private ValueTask Infer(HttpContext context, RouteValues values)
    {
        var header = JsonLength(context.Request);
        return Answer(
            context, values, (lease, buffers) =>
            {
                var request = InferRequest.Read(buffers.Body, header, lease.Version.Fields, _limits);
                var rows = InferRun.Run(request, lease, buffers, _limits);
                InferRun.Write(buffers, request, lease, buffers.Probabilities.AsSpan(0, rows));
            },
            header.HasValue);
    }

    // Of the JSON that a body with binary tensors begins with.
    private static int? JsonLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(InferRequest.HeaderLength, out var text))
            return null;
        return int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new RequestException(400, $"{InferRequest.HeaderLength}: found {RequestException.Show(text.ToString())}, expected the length of the JSON in bytes");
    }

    private ValueTask Explain(HttpContext context, RouteValues values) =>
        Answer(context, values, (lease, buffers) => Explanation.Write(buffers.Json, lease, buffers, _limits));

    private async ValueTask Answer(HttpContext context, RouteValues values, Action<VersionLease, RequestBuffers> write, bool isBinary = false)
    {
        var buffers = _gate.Rent();
        try
        {
            await Read(context.Request, buffers, _limits, isBinary);
            // Neither before, where a slow body would keep others out, nor while the answer is sent, where a slow reader would.
            using (_gate.Enter(context))
            using (var lease = _registry.Find(values.Model).Lease(values.Version))
                write(lease, buffers);
            await Answers.Send(context.Response, buffers);
        }
        catch (OperationCanceledException) when (buffers.Clock.IsCancellationRequested)
        {
            throw RequestException.TooLate(_limits.Timeout);
        }
        finally
        {
            _gate.Return(buffers);
        }
    }

    private ValueTask Ready(HttpContext context, RouteValues values)
    {
        var isReady = _isReady();
        context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Answers.Send(context.Response, j => Flag(j, "ready", isReady));
    }

    private static ValueTask SendPage(HttpContext context, RouteValues values)
    {
        // The page is whole in itself; nothing it shows can load or run anything else.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Answers.Send(context.Response, "text/html; charset=utf-8", Page);
    }

    private static void Flag(Utf8JsonWriter json, string name, bool value)
    {
        json.WriteStartObject();
        json.WriteBoolean(name, value);
        json.WriteEndObject();
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
