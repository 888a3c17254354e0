using System.Text;
using System.Text.Json;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Requests over HTTP. An input is a line with method and path, lines of headers, an empty line, and the body. Answers are JSON, of a
/// status below 500, with probabilities between 0 and 1.
/// </summary>
internal sealed class HttpTarget : FuzzTarget
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];
    private readonly ServedRun _run = new();
    private HttpClient? _client;

    public override string Name => "http";

    public override string What => "requests over HTTP to every endpoint";

    public override IReadOnlyList<string> Words { get; } =
    [
        "rows", "context", "candidates", "row", "inputs", "outputs", "name", "shape", "datatype", "data", "parameters", "id", "BYTES",
        "FP32", "FP64", "INT64", "INT32", "BOOL", "UINT8", "probability", "binary_data_size", "binary_data", "version", "price", "share",
        "site", "device",
        "visits", "age", "time", "app", "seen", "tags", "likes", "s1;s2", "clicks", "POST", "GET", "/v1/score", "/v1/explain", "/v2/models/clicks/infer",
        "Inference-Header-Content-Length: 10", "null", "true", "[]", "{}", "1e30", "\\ud800", "14102105",
    ];

    public override void Prepare(string folder)
    {
        _run.Start(folder);
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = _run.Http,
            Timeout = TimeSpan.FromMinutes(2)
        };
    }

    public override bool Try(byte[] input)
    {
        using var request = Request(input);
        using var response = ServedRun.Wait(Send(request));
        var body = ServedRun.Wait(response.Content.ReadAsByteArrayAsync());
        var status = (int)response.StatusCode;
        if (status >= 500 && !(status == 503 && request.RequestUri!.OriginalString.Contains("ready", StringComparison.Ordinal)))
            throw new FindingException($"status {status}: {Encoding.UTF8.GetString(body)}\n{_run.LastLog()}");
        if (response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json" && body.Length > 0)
            Check(body);
        return status < 400 ? true : throw new RefusedException($"{status} {Encoding.UTF8.GetString(body)}");
    }

    public override void Dispose()
    {
        _client?.Dispose();
        _run.Dispose();
        base.Dispose();
    }

    private async Task<HttpResponseMessage> Send(HttpRequestMessage request)
    {
        try
        {
            return await _client!.SendAsync(request);
        }
        catch (HttpRequestException e) when (e.InnerException is IOException or System.Net.Sockets.SocketException)
        {
            // A request that is none is answered by closing; the server must be there for the next.
            using var alive = await _client!.GetAsync("/v2/health/live");
            throw alive.IsSuccessStatusCode ? new RefusedException("closed") : new FindingException($"closed, and then {alive.StatusCode}");
        }
    }

    private static HttpRequestMessage Request(byte[] input)
    {
        var end = input.AsSpan().IndexOf("\n\n"u8);
        var lines = Encoding.UTF8.GetString(input, 0, end < 0 ? input.Length : end).Split('\n');
        var words = lines[0].Split(' ', 2);
        var path = words.Length > 1 && words[1].StartsWith('/') && !words[1].StartsWith("//", StringComparison.Ordinal)
            && words[1].All(c => c is > ' ' and < (char)127) ? words[1] : "/v1/score";
        var request = new HttpRequestMessage(new HttpMethod(Methods.Contains(words[0]) ? words[0] : "POST"), path);
        if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
        {
            request.Content = new ByteArrayContent(end < 0 ? [] : input[(end + 2)..]);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        foreach (var line in lines.Skip(1).Where(l => l.All(c => c is >= ' ' and < (char)127)))
            if (line.Split(':', 2) is [var name, var value] && name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                && !IsOfTheClient(name))
                if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
                    request.Content?.Headers.TryAddWithoutValidation(name, value.Trim());
                else
                    request.Headers.TryAddWithoutValidation(name, value.Trim());
        return request;

        // These it writes by itself.
        static bool IsOfTheClient(string name) =>
            name.ToUpperInvariant() is "CONTENT-LENGTH" or "TRANSFER-ENCODING" or "CONNECTION" or "HOST" or "EXPECT" or "UPGRADE" or "ACCEPT-ENCODING";
    }

    private static void Check(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("probabilities", out var probabilities))
                foreach (var probability in probabilities.EnumerateArray())
                    if (probability.ValueKind != JsonValueKind.Number || probability.GetDouble() is not (>= 0 and <= 1))
                        throw new FindingException($"a probability of {probability}");
        }
        catch (JsonException e)
        {
            throw new FindingException($"an answer that is no JSON: {e.Message}\n{Encoding.UTF8.GetString(body)}");
        }
    }
}
