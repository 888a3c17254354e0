using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Consort.Server.Inference;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Consort.Server.Http;

/// <summary>Answers as they are sent.</summary>
internal static class Answers
{
    // Messages hold quotes and letters of all alphabets; they are never put into a page as markup.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sends what was written into the buffers as JSON.</summary>
    public static ValueTask Send(HttpResponse response, RequestBuffers buffers)
    {
        buffers.Json.Flush();
        if (buffers.JsonLength is not { } length)
            return Send(response, "application/json", buffers.Answer.WrittenMemory, buffers.Clock);
        response.Headers[InferRequest.HeaderLength] = length.ToString(CultureInfo.InvariantCulture);
        return Send(response, "application/octet-stream", buffers.Answer.WrittenMemory, buffers.Clock);
    }

    /// <summary>Sends JSON that is small and seldom asked for.</summary>
    public static ValueTask Send(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
            write(json);
        return Send(response, "application/json", stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }

    /// <summary>Sends bytes.</summary>
    public static async ValueTask Send(HttpResponse response, string type, ReadOnlyMemory<byte> body, CancellationToken clock = default)
    {
        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
            await response.BodyWriter.WriteAsync(body, clock);
    }

    /// <summary>Sends a mistake as RFC 9457 describes; <c>error</c> is where clients of the inference protocol look.</summary>
    public static ValueTask Send(HttpResponse response, RequestException mistake)
    {
        response.Clear();
        response.StatusCode = mistake.Status;
        if (mistake.RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (mistake.Allow is { } allow)
            response.Headers.Allow = allow;
        if (mistake.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(mistake.Status));
            json.WriteNumber("status", mistake.Status);
            json.WriteString("detail", mistake.Message);
            json.WriteString("error", mistake.Message);
            json.WriteEndObject();
        }

        return Send(response, "application/problem+json", stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }
}
