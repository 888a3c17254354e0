using System.Diagnostics;
using System.Text.Json;
using Consort.AspNetCore.Logs;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Http;

/// <summary>Stands around each endpoint: asks for keys, turns what goes wrong into an answer, and counts.</summary>
internal sealed class HttpGuard(ApiKeys keys, RequestMetrics metrics, ILogger<HttpGuard> log)
{
    private const int ClientGone = 499; // nobody sees it but the metrics

    /// <param name="name">What metrics call the endpoint.</param>
    /// <param name="access">What a request must show.</param>
    /// <param name="handler">Answers it.</param>
    public RequestDelegate Around(string name, Access access, RequestDelegate handler) => async context =>
    {
        var start = Stopwatch.GetTimestamp();
        var status = 0;
        try
        {
            keys.Check(context.Request.Headers, access);
            await handler(context);
        }
        catch (Exception e)
        {
            status = await Explain(context, e);
        }

        metrics.AddRequest("http", name, status == 0 ? context.Response.StatusCode : status, Stopwatch.GetElapsedTime(start));
    };

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
            ServerLog.RequestFailed(log, context.Request.Method, context.Request.Path, exception);
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
