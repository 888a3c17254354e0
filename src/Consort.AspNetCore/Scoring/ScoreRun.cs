using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Watching;
using Consort.Serving;

namespace Consort.AspNetCore.Scoring;

/// <summary>Scores the impressions of one request by one version, a batch at a time.</summary>
/// <param name="lease">The version.</param>
/// <param name="buffers">The request.</param>
/// <param name="limits">What a request may be.</param>
/// <param name="answered">Keeps what was said of rows with an id.</param>
/// <param name="isShadow">Whether another version has answered, to whose rows this one's probabilities are added.</param>
internal readonly ref struct ScoreRun(
    VersionLease lease, RequestBuffers buffers, Limits limits, AnsweredRows answered, bool isShadow = false)
{
    private readonly FieldTable _fields = lease.Version.Fields;

    /// <summary>Scores what the body holds.</summary>
    /// <returns>How many impressions there were; their probabilities lie in the buffers.</returns>
    /// <exception cref="RequestException">The request is not as expected; the message says which row, what was found, what was
    /// expected.</exception>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public int Run()
    {
        var json = buffers.Body.Span;
        var body = ScoreBody.Read(json, limits);
        if (body.Row.IsThere || body.Rows.IsThere == body.Candidates.IsThere || (body.Rows.IsThere && body.Context.IsThere)
            || (body.Candidates.IsThere && body.Fields.IsThere))
            throw new RequestException(400, "expected rows (and fields where rows are arrays), or candidates (and context)");
        buffers.Values.Start(_fields.Names.Count);
        var ids = body.Ids.IsThere ? RowIds.Count(body.Ids.Of(json), limits) : 0;
        if (body.Ids.IsThere)
            RowIds.CheckOnce(body.Ids.Of(json), buffers.Values, limits);
        var rows = body.Rows.IsThere ? Rows(json, body) : Candidates(json, body);
        if (body.Ids.IsThere && ids != rows)
            throw new RequestException(400, $"ids: found {ids}, expected {rows}, one for each row");
        if (body.Ids.IsThere && answered.IsOn)
            Keep(body.Ids.Of(json));
        lease.Version.Metrics.AddAnswer(buffers.Probabilities.AsSpan(0, rows));
        return rows;
    }

    /// <summary>Counts what the impressions of a batch hold.</summary>
    public static int CountUnseen(ImpressionBatch batch)
    {
        var unseen = 0;
        for (var row = 0; row < batch.Count; row++)
            unseen += batch[row].CountUnseen();
        return unseen;
    }

    // In a method of its own, for what it captures is allocated at the beginning of one.
    private void Keep(ReadOnlySpan<byte> ids)
    {
        var (row, version, store, said) = (0, lease.Version, answered, buffers.Probabilities);
        RowIds.Each(ids, buffers.Values, limits, isShadow ? id => store.KeepShadow(id, said[row++], version.Shadow)
            : id => store.Keep(id, said[row++], version.Window, version.Labelled));
    }

    private int Rows(ReadOnlySpan<byte> json, in ScoreBody body)
    {
        ReadOnlySpan<int> columns = body.Fields.IsThere ? Columns(body.Fields.Of(json)) : _fields.Places;
        var batch = lease.Version.Batches.TakeBatch();
        try
        {
            return Each(body.Rows.Of(json), "rows", batch, columns, null, []);
        }
        finally
        {
            lease.Version.Batches.Return(batch);
        }
    }

    private int Candidates(ReadOnlySpan<byte> json, in ScoreBody body)
    {
        var (batches, context) = (lease.Version.Batches, lease.Version.Batches.TakeImpression());
        var batch = batches.TakeBatch();
        try
        {
            var common = body.Context.IsThere ? body.Context.Of(json) : "{}"u8;
            ReadContext(common, context);
            buffers.Values.RoomForRows(batch.Capacity);
            return Each(body.Candidates.Of(json), "candidates", batch, [], context, common);
        }
        finally
        {
            batches.Return(batch);
            batches.Return(context);
        }
    }

    // Reads impressions, of candidates with what they share, and scores them a batch at a time.
    private int Each(ReadOnlySpan<byte> array, string what, ImpressionBatch batch, ReadOnlySpan<int> columns, Impression? context,
        ReadOnlySpan<byte> common)
    {
        var reader = JsonParts.Open(array, JsonTokenType.StartArray, what, limits);
        var done = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            limits.CheckRows(done + batch.Count + 1);
            var row = batch.Add();
            try
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                    RowReader.ReadObject(ref reader, row, _fields, buffers.Values, limits);
                else if (reader.TokenType == JsonTokenType.StartArray && context is null)
                    RowReader.ReadArray(ref reader, row, columns, _fields, buffers.Values, limits);
                else
                    throw new RequestException(400,
                        $"found {JsonParts.Kind(reader.TokenType)}, expected an object{(context is null ? " or an array" : "")}");
            }
            catch (Exception e) when (e is RequestException or ConsortException)
            {
                throw At(what, done + batch.Count - 1, e);
            }

            if (context is not null)
                buffers.Values.KeepRow(batch.Count - 1);
            if (batch.Count == batch.Capacity)
                done = Score(what, batch, done, context, common);
        }

        return Score(what, batch, done, context, common);
    }

    private int Score(string what, ImpressionBatch batch, int done, Impression? context, ReadOnlySpan<byte> common)
    {
        buffers.Clock.ThrowIfCancellationRequested();
        var rows = batch.Count;
        if (rows == 0)
            return done;
        var together = context is null ? null : Complete(batch, common);
        var columns = lease.Scorer.Encoder.Space.Categorical.Count;
        if (context is not null)
        {
            columns = 0;
            for (var field = 0; field < _fields.Names.Count; field++)
                columns += buffers.Values.Differing[field] ? _fields.Columns[field] : 0;
        }

        lease.Version.Metrics.AddValues((long)rows * columns, CountUnseen(batch));
        buffers.RoomFor(done + rows);
        var probabilities = buffers.Probabilities.AsSpan(done, rows);
        try
        {
            if (together is null)
                lease.Scorer.Score(batch, probabilities);
            else
                together.Score(context!, batch, probabilities);
        }
        catch (ConsortException e) when (e.Row is { } row)
        {
            throw At(what, done + row, e);
        }

        if (together is null)
            lease.Version.Window.Add(batch, probabilities);
        else
            lease.Version.Window.Add(context!, batch, buffers.Values.Differing, probabilities);
        batch.Clear();
        return done + rows;
    }

    // What some candidates give and others do not is for these as in the context.
    private CandidateScorer? Complete(ImpressionBatch batch, ReadOnlySpan<byte> common)
    {
        var values = buffers.Values;
        var together = lease.Version.Candidates.Find(values.Differing);
        for (var row = 0; row < batch.Count; row++)
        {
            var given = values.GivenBy(row);
            for (var field = 0; field < given.Length; field++)
                if (!given[field] && values.Context[field].IsThere && (together is null || values.Differing[field]))
                {
                    var reader = new Utf8JsonReader(values.Context[field].Of(common), limits.Json);
                    reader.Read();
                    RowReader.SetValue(ref reader, batch[row], field, _fields, values, limits);
                }
        }

        return together;
    }

    private void ReadContext(ReadOnlySpan<byte> common, Impression context)
    {
        var reader = JsonParts.Open(common, JsonTokenType.StartObject, "context", limits);
        try
        {
            RowReader.ReadObject(ref reader, context.Row, _fields, buffers.Values, limits, buffers.Values.Context);
        }
        catch (Exception e) when (e is RequestException or ConsortException)
        {
            throw new RequestException(400, $"context: {e.Message}", e);
        }

        lease.Version.Metrics.AddValues(lease.Scorer.Encoder.Space.Categorical.Count, context.CountUnseen());
    }

    private int[] Columns(ReadOnlySpan<byte> json)
    {
        var reader = JsonParts.Open(json, JsonTokenType.StartArray, "fields", limits);
        var (columns, guess) = (new List<int>(), 0);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new RequestException(400,
                    $"fields[{columns.Count}]: found {JsonParts.Kind(reader.TokenType)}, expected a field's name");
            var field = _fields.Find(buffers.Values.Text(ref reader), ref guess);
            if (field != FieldTable.Unread && columns.Contains(field))
                throw new RequestException(400, $"fields[{columns.Count}]: found {_fields.Names[field]} twice");
            if (columns.Count >= _fields.MostColumns)
                throw new RequestException(400, $"fields: found more than the {_fields.MostColumns} of the schema");
            columns.Add(field);
        }

        return [.. columns];
    }

    private static RequestException At(string what, int row, Exception e) =>
        new((e as RequestException)?.Status
            ?? 400, FormattableString.Invariant($"{what}[{row}]: {(e as ConsortException)?.Detail ?? e.Message}"), e);
}
