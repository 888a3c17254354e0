using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Watching;
using Consort.Serving.Profiles;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Http;

/// <summary>Labels that come back, and what is known of traffic, answers and shadows.</summary>
internal sealed class WatchEndpoints(ModelRegistry registry, RequestGate gate, Limits limits, AnsweredRows answered)
{
    private static readonly string[] Keys = ["ids", "labels"];

    /// <summary>Takes labels: <c>{"ids": ["r-1", "r-2"], "labels": [1, 0]}</c>.</summary>
    public async Task Feedback(HttpContext context)
    {
        var buffers = gate.Rent();
        try
        {
            await JsonBody.Read(context.Request, buffers, limits);
            JsonObject answer;
            using (gate.Enter(context))
                answer = Take(buffers);
            await Answers.Send(context.Response, answer);
        }
        finally
        {
            gate.Return(buffers);
        }
    }

    /// <summary>What is known of each version of a model.</summary>
    public Task Watch(HttpContext context)
    {
        var model = registry.Find(ScoreEndpoints.Named(context).Model);
        var versions = new JsonArray();
        foreach (var version in model.State.Versions)
            versions.Add((JsonNode)new JsonObject
            {
                ["version"] = version.Name,
                ["drift"] = version.Window.Last is { } drift ? Describe(drift) : null,
                ["feedback"] = Describe(version.Labelled.Measure()),
                ["shadow"] = version.Shadow.Measure() is { } shadow ? Describe(shadow) : null,
            });
        return Answers.Send(context.Response,
            new JsonObject { ["model"] = model.Name, ["waiting"] = answered.Count, ["versions"] = versions });
    }

    private JsonObject Take(RequestBuffers buffers)
    {
        if (!answered.IsOn)
            throw new RequestException(404, "no answers are kept here to take labels for; start the server with --feedback-ids");
        var json = buffers.Body.Span;
        Span<JsonPlace> places = stackalloc JsonPlace[2];
        places.Clear();
        JsonParts.FindAll(json, Keys, places, "an object with ids and labels", limits);
        if (!places[0].IsThere || !places[1].IsThere)
            throw new RequestException(400, "expected ids and labels");
        var labels = Labels(places[1].Of(json));
        // Counted before the first is taken: a request is taken as a whole or not at all.
        var count = RowIds.Count(places[0].Of(json), limits);
        if (count != labels.Count)
            throw new RequestException(400, $"found {count} ids and {labels.Count} labels, expected as many");
        RowIds.CheckOnce(places[0].Of(json), buffers.Values, limits);
        var (row, known) = (0, 0);
        RowIds.Each(places[0].Of(json), buffers.Values, limits, id => known += answered.Take(id, labels[row++]) ? 1 : 0);
        return new JsonObject { ["matched"] = known, ["unknown"] = count - known };
    }

    private static RequestException NoLabel(int place, string found) => new(400, $"labels[{place}]: found {found}, expected 0 or 1");

    private List<bool> Labels(ReadOnlySpan<byte> array)
    {
        var reader = JsonParts.Open(array, JsonTokenType.StartArray, "labels", limits);
        var labels = new List<bool>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            limits.CheckRows(labels.Count + 1);
            labels.Add(reader.TokenType switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False => false,
                JsonTokenType.Number when reader.TryGetInt32(out var number) && number is 0 or 1 => number == 1,
                JsonTokenType.Number => throw NoLabel(labels.Count, RequestException.Show(reader.ValueSpan).Trim('"')),
                _ => throw NoLabel(labels.Count, JsonParts.Kind(reader.TokenType)),
            });
        }

        return labels;
    }

    private static JsonObject Describe(FeedbackMeasures found) => new()
    {
        ["labels"] = found.Labels,
        ["rows"] = found.Rows,
        ["clicks"] = found.Clicks,
        ["predicted_over_observed"] = found.PredictedOverObserved,
        ["auc"] = found.Auc,
    };

    private JsonObject Describe(ShadowMeasures found) => new()
    {
        ["rows"] = found.Rows,
        ["failures"] = found.Failures,
        ["last_failure"] = found.LastFailure,
        ["mean_answered"] = found.MeanAnswered,
        ["mean_shadow"] = found.MeanShadow,
        ["mean_difference"] = found.MeanDifference,
        ["max_difference"] = found.MaxDifference,
        ["labels"] = found.Labelled.Labels,
        ["auc"] = found.Labelled.Auc,
        ["auc_answered"] = found.LabelledAnswers.Auc,
        ["auc_absent"] = found.Labelled.Auc is not null ? null
            : !answered.IsOn ? "no answers are kept here to take labels for; start the server with --feedback-ids"
            : found.Labelled.Labels == 0 ? "no label has come back of a row that it scored; POST /v1/feedback takes them"
            : "all labels that have come back are alike",
    };

    private static JsonObject Describe(DriftReport drift) => new()
    {
        ["rows"] = drift.Rows,
        ["alarms"] = new JsonArray([.. drift.Alarms.Select(a => (JsonNode)new JsonObject
        {
            ["column"] = a.Column,
            ["kind"] = a.Kind,
            ["text"] = a.Text,
        })]),
        ["columns"] = new JsonArray([.. drift.Columns.Select(c => (JsonNode)new JsonObject
        {
            ["name"] = c.Name,
            ["psi"] = c.Psi,
            ["missing_before"] = c.MissingBefore,
            ["missing"] = c.Missing,
            ["unseen_before"] = c.UnseenBefore,
            ["unseen"] = c.Unseen,
        })]),
        ["score_psi"] = drift.Scores?.Psi,
        ["predicted_over_observed"] = drift.Calibration is { } c && double.IsFinite(c.Now) ? c.Now : null,
    };
}
