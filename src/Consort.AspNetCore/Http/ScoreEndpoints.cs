using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Consort.AspNetCore.Watching;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Consort.AspNetCore.Http;

/// <summary>What is asked for most: probabilities, by rows, candidates or tensors, and what each field contributes.</summary>
internal sealed class ScoreEndpoints(
    ModelRegistry registry, RequestGate gate, Limits limits, ConsortOptions options, AnsweredRows answered)
{
    public Task Score(HttpContext context) => Answer(context, (lease, buffers) =>
    {
        var rows = new ScoreRun(lease, buffers, limits, answered).Run();
        var json = buffers.Json;
        json.WriteStartObject();
        json.WriteString("model"u8, lease.Version.Model);
        json.WriteString("version"u8, lease.Version.Name);
        json.WriteStartArray("probabilities"u8);
        foreach (var probability in buffers.Probabilities.AsSpan(0, rows))
            json.WriteNumberValue(probability);
        json.WriteEndArray();
        json.WriteEndObject();
        return rows;
    }, isRows: true);

    public Task Infer(HttpContext context)
    {
        var header = JsonLength(context.Request);
        return Answer(
            context, (lease, buffers) =>
            {
                var request = InferRequest.Read(buffers.Body, header, lease.Version.Fields, limits);
                var rows = InferRun.Run(request, lease, buffers, limits);
                InferRun.Write(buffers, request, lease, buffers.Probabilities.AsSpan(0, rows));
                return rows;
            },
            header.HasValue);
    }

    public Task Explain(HttpContext context) =>
        Answer(context, (lease, buffers) =>
        {
            Explanation.Write(buffers.Json, lease, buffers, limits);
            return 0;
        });

    /// <summary>What a path says of a model: its name, and a version or a label; null where it says nothing.</summary>
    public static (string? Model, string? Version) Named(HttpContext context) =>
        (context.GetRouteValue("model") as string, (context.GetRouteValue("version") ?? context.GetRouteValue("label")) as string);

    /// <param name="context">The request.</param>
    /// <param name="write">Writes the answer, and says how many rows were scored.</param>
    /// <param name="isBinary">Whether tensors may follow the JSON.</param>
    /// <param name="isRows">Whether the body is one of <see cref="ScoreBody"/>, of which a shadow may score the rows too.</param>
    private async Task Answer(
        HttpContext context, Func<VersionLease, RequestBuffers, int> write, bool isBinary = false, bool isRows = false)
    {
        var (model, version) = Named(context);
        var (buffers, isHandedOn) = (gate.Rent(), false);
        try
        {
            await JsonBody.Read(context.Request, buffers, limits, isBinary);
            var (rows, by) = (0, "");
            // Neither before, where a slow body would keep others out, nor while the answer is sent, where a slow reader would.
            using (gate.Enter(context))
            using (var lease = registry.Take(model, version, version is null && isRows ? Lot(buffers) : null))
            using (var scoring = lease.Version.Metrics.Begin("http"))
            {
                try
                {
                    (rows, by) = (write(lease, buffers), lease.Version.Name);
                }
                catch (Exception e) when (scoring.Fails(e))
                {
                    throw;
                }
            }

            await Answers.Send(context.Response, buffers);
            if (isRows && version is null && IsShadowed(model))
            {
                isHandedOn = true;
                Follow(context, model, by, buffers, rows);
            }
        }
        catch (OperationCanceledException) when (buffers.Clock.IsCancellationRequested)
        {
            throw RequestException.TooLate(limits.Timeout);
        }
        finally
        {
            if (!isHandedOn)
                gate.Return(buffers);
        }
    }

    // Who says no value of the field is told by nobody else: then it is never the canary.
    private double? Lot(RequestBuffers buffers) => options is { CanaryField: { } field, CanaryShare: > 0 }
        ? StickyLot.Draw(buffers.Body.Span, field, buffers.Values, limits) ?? 1 : null;

    // A method of its own, for what it captures is allocated. Nobody waits for a shadow but the next request of the connection.
    private void Follow(HttpContext context, string? model, string by, RequestBuffers buffers, int rows) =>
        context.Response.OnCompleted(() =>
        {
            Shadow(context, model, by, buffers, rows);
            return Task.CompletedTask;
        });

    private bool IsShadowed(string? model)
    {
        if (!(options.ShadowShare > 0) || Random.Shared.NextDouble() >= options.ShadowShare)
            return false;
        foreach (var served in registry.Models)
            if (model is null || served.Name == model)
                return served.State.Labels.ContainsKey(ServedModel.Shadow);
        return false;
    }

    // The answer has been sent; what fails here is counted, and nobody is told.
    private void Shadow(HttpContext context, string? model, string by, RequestBuffers buffers, int rows)
    {
        var said = ArrayPool<float>.Shared.Rent(rows);
        buffers.Probabilities.AsSpan(0, rows).CopyTo(said);
        try
        {
            using var place = gate.Enter(context);
            using var lease = registry.Take(model, ServedModel.Shadow);
            if (lease.Version.Name == by)
                return;
            try
            {
                new ScoreRun(lease, buffers, limits, answered, isShadow: true).Run();
                lease.Version.Shadow.Add(said.AsSpan(0, rows), buffers.Probabilities.AsSpan(0, rows));
            }
            catch (Exception e) when (e is RequestException or ConsortException or JsonException or OperationCanceledException)
            {
                lease.Version.Shadow.AddFailure(e is OperationCanceledException ? "it took too long" : e.Message);
            }
        }
        catch (RequestException)
        {
            // No place is free, or the label was taken away: then this request has no shadow.
        }
        finally
        {
            ArrayPool<float>.Shared.Return(said);
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
