using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Consort.AspNetCore.Http;

/// <summary>Answers as they are sent.</summary>
internal static class Answers
{
    // Messages hold quotes and letters of all alphabets; they are never put into a page as markup.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sends what was written into the buffers as JSON.</summary>
    public static Task Send(HttpResponse response, RequestBuffers buffers)
    {
        buffers.Json.Flush();
        if (buffers.JsonLength is not { } length)
            return Send(response, "application/json", buffers.Answer.WrittenMemory, buffers.Clock);
        response.Headers[InferRequest.HeaderLength] = length.ToString(CultureInfo.InvariantCulture);
        return Send(response, "application/octet-stream", buffers.Answer.WrittenMemory, buffers.Clock);
    }

    /// <summary>Sends JSON that is small and seldom asked for.</summary>
    public static Task Send(HttpResponse response, JsonObject answer, string type = "application/json")
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
            answer.WriteTo(json);
        return Send(response, type, stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }

    /// <summary>Sends bytes.</summary>
    public static async Task Send(HttpResponse response, string type, ReadOnlyMemory<byte> body, CancellationToken clock = default)
    {
        response.ContentType = type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
            await response.BodyWriter.WriteAsync(body, clock);
    }

    /// <summary>Sends a mistake as RFC 9457 describes; <c>error</c> is where clients of the inference protocol look.</summary>
    public static Task Send(HttpResponse response, RequestException mistake)
    {
        response.Clear();
        response.StatusCode = mistake.Status;
        if (mistake.RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (mistake.Allow is { } allow)
            response.Headers.Allow = allow;
        if (mistake.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        var problem = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(mistake.Status),
            ["status"] = mistake.Status,
            ["detail"] = mistake.Message,
            ["error"] = mistake.Message,
        };
        return Send(response, problem, "application/problem+json");
    }
}
