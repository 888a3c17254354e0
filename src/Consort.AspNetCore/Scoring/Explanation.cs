using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving;

namespace Consort.AspNetCore.Scoring;

/// <summary>
/// What each field contributes to one impression: the change of the logit when the field is set to missing and all others stay. With a
/// history go the times of its steps, which say nothing without it. Contributions do not add up to the logit where fields interact.
/// </summary>
internal static class Explanation
{
    /// <summary>Writes the explanation of the body's row.</summary>
    /// <exception cref="RequestException">The request is not as expected.</exception>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public static void Write(Utf8JsonWriter answer, VersionLease lease, RequestBuffers buffers, Limits limits)
    {
        var json = buffers.Body.Span;
        var body = ScoreBody.Read(json, limits);
        if (!body.Row.IsThere || body.Rows.IsThere || body.Candidates.IsThere || body.Context.IsThere || body.Fields.IsThere)
            throw new RequestException(400, "expected row alone, an object of fields and values");
        var (fields, values) = (lease.Version.Fields, buffers.Values);
        values.Start(fields.Names.Count);
        var (whole, one) = (lease.Version.Batches.TakeImpression(), lease.Version.Batches.TakeImpression());
        try
        {
            var row = body.Row.Of(json);
            var reader = JsonParts.Open(row, JsonTokenType.StartObject, "row", limits);
            RowReader.ReadObject(ref reader, whole.Row, fields, values, limits, values.Context);
            var probability = lease.Scorer.Score(whole);
            lease.Version.Metrics.AddAnswer([probability]);
            lease.Version.Metrics.AddValues(lease.Scorer.Encoder.Space.Categorical.Count, whole.CountUnseen());
            var logit = Logit(lease.Scorer, whole);
            answer.WriteStartObject();
            answer.WriteString("model", lease.Version.Model);
            answer.WriteString("version", lease.Version.Name);
            answer.WriteNumber("probability", probability);
            answer.WriteNumber("logit", logit);
            answer.WriteNumber("logit_of_nothing", Logit(lease.Scorer, one));
            answer.WriteStartArray("fields");
            for (var field = 0; field < fields.Names.Count; field++)
            {
                answer.WriteStartObject();
                answer.WriteString("field", fields.Names[field]);
                if (values.Context[field].IsThere)
                    WriteField(field, row);
                else
                    answer.WriteString("state", "missing");
                answer.WriteEndObject();
            }

            answer.WriteEndArray();
            answer.WriteEndObject();

            void WriteField(int field, ReadOnlySpan<byte> row)
            {
                var value = values.Context[field].Of(row);
                Set(one, field, value);
                answer.WritePropertyName("value");
                answer.WriteRawValue(value, skipInputValidation: true);
                var used = ClippedTo(field, value);
                answer.WriteString("state", used is not null ? "clipped" : one.CountUnseen() > 0 ? "unseen" : "given");
                if (used is { } number)
                    answer.WriteNumber("used", number);
                one.Clear();
                whole.Row.SetMissing(field);
                var times = TimesOf(field);
                foreach (var steps in times)
                    whole.Row.SetMissing(steps);
                answer.WriteNumber("contribution", logit - Logit(lease.Scorer, whole));
                answer.WriteNumber("probability_without", lease.Scorer.Score(whole));
                Set(whole, field, value);
                foreach (var steps in times)
                    if (values.Context[steps].IsThere)
                        Set(whole, steps, values.Context[steps].Of(row));
            }
        }
        catch (ConsortException e)
        {
            throw new RequestException(400, $"row: {e.Message}", e);
        }
        finally
        {
            lease.Version.Batches.Return(whole);
            lease.Version.Batches.Return(one);
        }

        // Of the steps of a history.
        int[] TimesOf(int history)
        {
            var (names, encoder) = (fields.Names, lease.Scorer.Encoder);
            var place = encoder.FieldIndex(names[history]);
            return [.. encoder.StepAges.Where(a => a.History == place)
                .Select(a => names.ToList().IndexOf(encoder.Schema.Fields[a.Times].Name))];
        }

        double? ClippedTo(int field, ReadOnlySpan<byte> value)
        {
            var reader = new Utf8JsonReader(value, limits.Json);
            reader.Read();
            var encoder = lease.Scorer.Encoder;
            return encoder.ClippedTo(encoder.FieldIndex(fields.Names[field]),
                reader.TokenType == JsonTokenType.String ? values.Text(ref reader) : reader.ValueSpan);
        }

        void Set(Impression impression, int field, ReadOnlySpan<byte> value)
        {
            var reader = new Utf8JsonReader(value, limits.Json);
            reader.Read();
            RowReader.SetValue(ref reader, impression.Row, field, fields, values, limits);
        }
    }

    // Before calibration, so that contributions of two versions can be compared.
    private static double Logit(Scorer scorer, Impression impression)
    {
        Span<float> members = new float[scorer.Package.Members.Count];
        scorer.Logits(impression, members);
        double sum = 0;
        foreach (var member in members)
            sum += member;
        return sum * scorer.Package.MemberShare;
    }
}
