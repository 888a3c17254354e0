using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Http;

/// <summary>Bodies of JSON, as they arrive.</summary>
internal static class JsonBody
{
    /// <summary>
    /// Reads a body within its time; what is not JSON is refused: a browser sends JSON to another origin only if that allows it.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="buffers">Where it is put.</param>
    /// <param name="limits">Its length and time.</param>
    /// <param name="isBinary">Whether tensors may follow the JSON, as the header of that extension says.</param>
    /// <exception cref="RequestException">408: it did not arrive. 413: it is too long. 415: it is something else.</exception>
    public static async ValueTask Read(HttpRequest request, RequestBuffers buffers, Limits limits, bool isBinary = false)
    {
        var type = request.ContentType;
        if (type is not null && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            && !(isBinary && type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase)))
            throw new RequestException(415,
                $"found a body of type {RequestException.Show(type)}, expected application/json, or, to infer, JSON and binary tensors as application/octet-stream with a header {InferRequest.HeaderLength}");
        if (request.Headers.ContentEncoding.Count > 0)
            throw new RequestException(415,
                $"found a body encoded as {RequestException.Show(request.Headers.ContentEncoding.ToString())}, expected none");
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
}
