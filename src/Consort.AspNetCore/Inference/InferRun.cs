using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Consort.Serving;

namespace Consort.AspNetCore.Inference;

/// <summary>Scores the tensors of a request, a batch at a time.</summary>
internal static class InferRun
{
    /// <summary>Scores them.</summary>
    /// <returns>How many impressions there were; their probabilities lie in the buffers.</returns>
    /// <exception cref="RequestException">The tensors do not agree, or a value is not what its field expects.</exception>
    public static int Run(InferRequest request, VersionLease lease, RequestBuffers buffers, Limits limits)
    {
        var inputs = request.Inputs;
        if (inputs.Count == 0)
            throw new RequestException(400, "found no inputs, expected a tensor for each field that is given");
        var rows = inputs[0].Rows;
        limits.CheckRows(rows);
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Rows != rows)
                throw new RequestException(400,
                    $"input {inputs[i].Name}: found {inputs[i].Rows} impressions, expected {rows} as of {inputs[0].Name}");
            for (var before = 0; before < i; before++)
                if (inputs[before].Name == inputs[i].Name)
                    throw new RequestException(400, $"input {inputs[i].Name}: found it twice");
        }

        buffers.Values.Start(lease.Version.Fields.Names.Count);
        buffers.RoomFor(rows);
        var batch = lease.Version.Batches.TakeBatch();
        try
        {
            for (var done = 0; done < rows; done += batch.Count)
            {
                buffers.Clock.ThrowIfCancellationRequested();
                batch.Clear();
                for (var row = 0; row < batch.Capacity && done + row < rows; row++)
                    batch.Add();
                foreach (var input in inputs)
                    input.Fill(batch, buffers.Values, limits);
                Score(lease, batch, buffers.Probabilities.AsSpan(done, batch.Count), done);
                lease.Version.Metrics.AddValues((long)batch.Count * lease.Scorer.Encoder.Space.Categorical.Count,
                    ScoreRun.CountUnseen(batch));
                lease.Version.Window.Add(batch, buffers.Probabilities.AsSpan(done, batch.Count));
            }

            foreach (var input in inputs)
                input.Finish();
        }
        finally
        {
            lease.Version.Batches.Return(batch);
        }

        lease.Version.Metrics.AddAnswer(buffers.Probabilities.AsSpan(0, rows));
        return rows;
    }

    private static void Score(VersionLease lease, ImpressionBatch batch, Span<float> probabilities, int done)
    {
        try
        {
            lease.Scorer.Score(batch, probabilities);
        }
        catch (ConsortException e) when (e.Row is { } row)
        {
            throw new RequestException(400, FormattableString.Invariant($"row {done + row}: {e.Detail}"), e);
        }
    }

    /// <summary>Writes the protocol's answer.</summary>
    public static void Write(RequestBuffers buffers, InferRequest request, VersionLease lease, ReadOnlySpan<float> probabilities)
    {
        var answer = buffers.Json;
        answer.WriteStartObject();
        answer.WriteString("model_name", lease.Version.Model);
        answer.WriteString("model_version", lease.Version.Name);
        if (request.Id.Length > 0)
            answer.WriteString("id", request.Id);
        answer.WriteStartArray("outputs");
        answer.WriteStartObject();
        answer.WriteString("name", InferRequest.Output);
        answer.WriteString("datatype", "FP32");
        answer.WriteStartArray("shape");
        answer.WriteNumberValue(probabilities.Length);
        if (request.Inputs[0].IsColumn)
            answer.WriteNumberValue(1);
        answer.WriteEndArray();
        if (request.IsBinary)
        {
            answer.WriteStartObject("parameters");
            answer.WriteNumber("binary_data_size", probabilities.Length * sizeof(float));
            answer.WriteEndObject();
        }
        else
        {
            answer.WriteStartArray("data");
            foreach (var probability in probabilities)
                answer.WriteNumberValue(probability);
            answer.WriteEndArray();
        }

        answer.WriteEndObject();
        answer.WriteEndArray();
        answer.WriteEndObject();
        if (request.IsBinary)
            buffers.AddBinary(probabilities);
    }
}
