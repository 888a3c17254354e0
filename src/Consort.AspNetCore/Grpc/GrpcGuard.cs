using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Requests;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Consort.AspNetCore.Grpc;

/// <summary>
/// Stands around each call: asks for keys, reads the message within the limits that bodies over HTTP have, hands it to the library as one
/// that has arrived, and counts. The library alone would hold what slow clients send in memory that nobody counts.
/// </summary>
internal sealed class GrpcGuard(ApiKeys keys, RequestGate gate, Limits limits, RequestMetrics metrics)
{
    private const string ContentType = "application/grpc";
    private const int Prefix = 5; // of a frame: whether it is compressed, and its length

    /// <summary>Takes an endpoint of the library's under guard.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="access">What a call must show, unless the method says otherwise.</param>
    public void Around(EndpointBuilder endpoint, Access access)
    {
        var (call, method) = (endpoint.RequestDelegate!, endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method);
        var name = method is null ? "unknown" : method.ServiceName.EndsWith(".Health", StringComparison.Ordinal)
            ? $"Health{method.Name}" : method.Name;
        var takesOneMessage = method?.Type is MethodType.Unary or MethodType.ServerStreaming;
        access = endpoint.Metadata.OfType<Access>().FirstOrDefault(access);
        endpoint.RequestDelegate = context =>
            Answer(context, call, name, access, takesOneMessage, isUnary: method?.Type == MethodType.Unary);
    }

    /// <summary>Whether a request is a call of gRPC.</summary>
    public static bool IsCall(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol) && request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Answers a call of a method that there is not.</summary>
    public Task Unknown(HttpContext context)
    {
        var mistake = new Status(StatusCode.Unimplemented,
            $"found no method {RequestException.Show(context.Request.Path.Value ?? "")}, expected one of {InferenceService.Name}'s");
        context.Response.StatusCode = StatusCodes.Status200OK;
        return Answer(context, _ => throw new RpcException(mistake), "unknown", Access.Open, takesOneMessage: false, isUnary: true);
    }

    private async Task Answer(HttpContext context, RequestDelegate call, string name, Access access, bool takesOneMessage, bool isUnary)
    {
        var (start, request, response) = (Stopwatch.GetTimestamp(), context.Request, context.Response);
        RequestBuffers? buffers = null;
        Status? refused = null;
        try
        {
            // What is no call the library refuses.
            if (IsCall(request))
            {
                keys.Check(request.Headers, access);
                // Of a stream the library keeps the time; whatever the client says, it ends.
                if (!isUnary)
                    request.Headers["grpc-timeout"] =
                        string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(limits.Timeout.TotalMilliseconds)}m");
                if (takesOneMessage)
                    await Read(context, buffers = gate.Rent());
            }

            await call(context);
        }
        catch (Exception e) when (GrpcStatuses.Of(e, context) is { } status)
        {
            refused = status;
            response.ContentType = ContentType;
            response.AppendTrailer("grpc-status", ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
            response.AppendTrailer("grpc-message", Uri.EscapeDataString(status.Detail));
        }
        finally
        {
            if (buffers is not null)
                gate.Return(buffers);
        }

        metrics.AddRequest("grpc", name, refused is { } s ? (int)s.StatusCode : Code(context), Stopwatch.GetElapsedTime(start));
    }

    private async ValueTask Read(HttpContext context, RequestBuffers buffers)
    {
        buffers.Start(limits.Timeout);
        await buffers.ReadBody(context.Request, limits.Body + Prefix);
        var frame = buffers.Body.Span;
        if (frame.Length < Prefix || BinaryPrimitives.ReadUInt32BigEndian(frame[1..]) != frame.Length - Prefix)
            throw new RequestException(400,
                $"found a body of {frame.Length} bytes, expected one message with its prefix of {Prefix} bytes");
        if (frame[0] != 0)
            Decompress(context, buffers);
        context.Features.Set(buffers);
        context.Features.Set<IRequestBodyPipeFeature>(new Arrived(buffers.Body));
    }

    // The library would do so into memory without a bound.
    private void Decompress(HttpContext context, RequestBuffers buffers)
    {
        var encoding = context.Request.Headers["grpc-encoding"].ToString();
        context.Response.Headers["grpc-accept-encoding"] = "identity,gzip,deflate";
        Func<Stream, Stream> open = encoding switch
        {
            "gzip" => s => new GZipStream(s, CompressionMode.Decompress),
            "deflate" => s => new ZLibStream(s, CompressionMode.Decompress),
            _ => throw new RpcException(new Status(StatusCode.Unimplemented,
                $"grpc-encoding: found {RequestException.Show(encoding)} of a compressed message, expected gzip or deflate")),
        };
        // A small message may take long to unfold, so it takes a place.
        using (gate.Enter(context))
            buffers.Decompress(Prefix, open, limits.Body + Prefix);
    }

    // Of an answer that the library has made: its status is a trailer, or HTTP's where there was no call.
    private static int Code(HttpContext context) =>
        context.Features.Get<IHttpResponseTrailersFeature>() is { } trailers
        && int.TryParse(trailers.Trailers["grpc-status"], CultureInfo.InvariantCulture, out var code) ? code : context.Response.StatusCode;

    private sealed class Arrived(ReadOnlyMemory<byte> body) : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; } = PipeReader.Create(new ReadOnlySequence<byte>(body));
    }
}
