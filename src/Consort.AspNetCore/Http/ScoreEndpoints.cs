using System.Globalization;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Consort.AspNetCore.Http;

/// <summary>What is asked for most: probabilities, by rows, candidates or tensors, and what each field contributes.</summary>
internal sealed class ScoreEndpoints(ModelRegistry registry, RequestGate gate, Limits limits)
{
    public Task Score(HttpContext context) => Answer(context, (lease, buffers) =>
    {
        var rows = new ScoreRun(lease, buffers, limits).Run();
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

    public Task Infer(HttpContext context)
    {
        var header = JsonLength(context.Request);
        return Answer(
            context, (lease, buffers) =>
            {
                var request = InferRequest.Read(buffers.Body, header, lease.Version.Fields, limits);
                var rows = InferRun.Run(request, lease, buffers, limits);
                InferRun.Write(buffers, request, lease, buffers.Probabilities.AsSpan(0, rows));
            },
            header.HasValue);
    }

    public Task Explain(HttpContext context) =>
        Answer(context, (lease, buffers) => Explanation.Write(buffers.Json, lease, buffers, limits));

    /// <summary>What a path says of a model: its name, and a version or a label; null where it says nothing.</summary>
    public static (string? Model, string? Version) Named(HttpContext context) =>
        (context.GetRouteValue("model") as string, (context.GetRouteValue("version") ?? context.GetRouteValue("label")) as string);

    private async Task Answer(HttpContext context, Action<VersionLease, RequestBuffers> write, bool isBinary = false)
    {
        var (model, version) = Named(context);
        var buffers = gate.Rent();
        try
        {
            await JsonBody.Read(context.Request, buffers, limits, isBinary);
            // Neither before, where a slow body would keep others out, nor while the answer is sent, where a slow reader would.
            using (gate.Enter(context))
            using (var lease = registry.Take(model, version))
            using (var scoring = lease.Version.Metrics.Begin("http"))
            {
                try
                {
                    write(lease, buffers);
                }
                catch (Exception e) when (scoring.Fails(e))
                {
                    throw;
                }
            }

            await Answers.Send(context.Response, buffers);
        }
        catch (OperationCanceledException) when (buffers.Clock.IsCancellationRequested)
        {
            throw RequestException.TooLate(limits.Timeout);
        }
        finally
        {
            gate.Return(buffers);
        }
    }

    // Of the JSON that a body with binary tensors begins with.
    private static int? JsonLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(InferRequest.HeaderLength, out var text))
            return null;
        return int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new RequestException(400,
                $"{InferRequest.HeaderLength}: found {RequestException.Show(text.ToString())}, expected the length of the JSON in bytes");
    }
}
