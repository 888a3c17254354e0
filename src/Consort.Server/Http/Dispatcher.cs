using System.Diagnostics;
using System.Text.Json;
using Consort.Server.Grpc;
using Consort.Server.Metrics;
using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>Brings each request to its endpoint, turns what goes wrong into an answer, and counts.</summary>
internal sealed class Dispatcher(Router router, GrpcEndpoint grpc, ApiKeys keys, ServerMetrics metrics, Connections connections, Action<string> log)
{
    private const int ClientGone = 499; // nobody sees it but the metrics

    public async Task Answer(HttpContext context)
    {
        connections.Touch(context);
        await (GrpcEndpoint.IsGrpc(context.Request.Path) ? AnswerGrpc(context) : AnswerHttp(context));
        connections.Touch(context);
    }

    private async Task AnswerHttp(HttpContext context)
    {
        var (start, name) = (Stopwatch.GetTimestamp(), "unknown");
        var status = 0;
        try
        {
            var route = router.Find(context.Request.Method, context.Request.Path, out var values);
            name = route.Name;
            keys.Check(context.Request.Headers, route.Access);
            await route.Handler(context, values);
        }
        catch (Exception e)
        {
            status = await Explain(context, e);
        }

        metrics.AddRequest("http", name, status == 0 ? context.Response.StatusCode : status, Stopwatch.GetElapsedTime(start));
    }

    private async Task AnswerGrpc(HttpContext context)
    {
        var (start, name) = (Stopwatch.GetTimestamp(), GrpcEndpoint.NameOf(context.Request.Path));
        try
        {
            if (!HttpProtocol.IsHttp2(context.Request.Protocol) || !HttpMethods.IsPost(context.Request.Method)
                || context.Request.ContentType?.StartsWith(GrpcEndpoint.ContentType, StringComparison.OrdinalIgnoreCase) != true)
                throw new RequestException(415, $"expected a call of gRPC: POST over HTTP/2 at a grpc:// address, with a body of type {GrpcEndpoint.ContentType}");
            var status = await grpc.Answer(context);
            metrics.AddRequest("grpc", name, (int)status, Stopwatch.GetElapsedTime(start));
        }
        catch (Exception e)
        {
            metrics.AddRequest("grpc", name, await Explain(context, e), Stopwatch.GetElapsedTime(start));
        }
    }

    private async Task<int> Explain(HttpContext context, Exception exception)
    {
        var mistake = exception switch
        {
            RequestException e => e,
            ConsortException e => new RequestException(400, e.Message, e),
            JsonException e => new RequestException(400, MalformedJson.Explain(e), e),
            BadHttpRequestException e => new RequestException(e.StatusCode, e.Message, e),
            _ => null,
        };
        if (mistake is null)
        {
            if (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
                return ClientGone;
            log($"{context.Request.Method} {context.Request.Path}: internal error: {exception}");
            mistake = new RequestException(500, "internal error; the server's log says more");
        }

        // Half an answer cannot be taken back; closing the connection is all that tells of it.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return mistake.Status;
        }

        try
        {
            await Answers.Send(context.Response, mistake);
            return mistake.Status;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return ClientGone;
        }
    }
}
