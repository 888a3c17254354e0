using System.Collections.Concurrent;
using Consort.Foundation.Options;

namespace Consort.Serving;

/// <summary>
/// Scores rows of a type of the caller's: texts, UTF-8 (<c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/>), numbers and whatever else writes
/// itself as text; null is missing. How a row is read is generated for types with <see cref="ImpressionRowAttribute"/>, and
/// compiled once for others. Made by <see cref="Scorer.For{T}"/>. Safe for many threads at once.
/// </summary>
/// <typeparam name="T">The type of rows.</typeparam>
public sealed class RowScorer<T> : IScorer<T>
{
    private const int NotRead = -1;
    private const int CandidateRows = 256; // at a time

    private readonly Scorer _scorer;
    private readonly ImpressionWriter<T> _writer;
    private readonly int[] _fields; // of each property
    private readonly ConcurrentBag<(Impression Context, ImpressionBatch Items)> _idle = [];

    internal RowScorer(Scorer scorer)
    {
        (_scorer, _writer) = (scorer, ImpressionWriter<T>.Find());
        _fields = [.. _writer.Properties.Select(FieldOf)];
        for (var property = 0; property < _fields.Length; property++)
            if (_fields[property] != NotRead)
                Check(_writer.Properties[property], _fields[property], _fields.AsSpan(0, property));
        Fields = [.. _fields.Where(f => f != NotRead).Order().Select(f => scorer.Fields[f])];
        if (Fields.Count == 0)
            throw new ConsortException($"{typeof(T).Name}: found no property named like a field, expected some of {string.Join(", ", scorer.Fields)}");
        // A value that went nowhere, by a misspelt name, would make every score wrong in silence.
        foreach (var (property, field) in _writer.Properties.Zip(_fields))
            if (field == NotRead && MistakeOf(property) is { } mistake)
                throw new ConsortException(mistake);
    }

    /// <summary>The fields that rows give; the others of <see cref="Scorer.Fields"/> are missing in every row.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>The scorer of candidates that differ in the fields which rows of this type give.</summary>
    public CandidateScorer AsCandidates => field ??= _scorer.ForCandidates([.. Fields]);

    /// <summary>Scores a row.</summary>
    /// <returns>The probability of a click.</returns>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public float Score(T row)
    {
        var workspace = _scorer.Take();
        try
        {
            Read(row, _scorer.RowOf(workspace.Ids, workspace.Numerics, workspace.Lists, workspace.Times));
            _scorer.Encoder.SettleTimes(workspace.Lists, workspace.Times);
            return _scorer.Rows.Score(workspace, workspace.Ids, workspace.Numerics, workspace.Lists);
        }
        finally
        {
            _scorer.Return(workspace);
        }
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="probabilities">Gets the probability of a click of each.</param>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    public void Score(ReadOnlySpan<T> rows, Span<float> probabilities)
    {
        if (probabilities.Length < rows.Length)
            throw new ArgumentException($"found room for {probabilities.Length} probabilities, expected {rows.Length}",
                nameof(probabilities));
        var workspace = _scorer.Take();
        try
        {
            var (columns, numerics) = (_scorer.Encoder.Space.Categorical.Count, _scorer.Encoder.Space.Numeric.Count);
            for (var start = 0; start < rows.Length; start += workspace.BatchRows)
            {
                var count = Math.Min(workspace.BatchRows, rows.Length - start);
                for (var row = 0; row < count; row++)
                    Read(rows[start + row], _scorer.RowOf(workspace.BatchIds.AsSpan(row * columns),
                        workspace.BatchNumerics.AsSpan(row * numerics), workspace.BatchLists, workspace.BatchTimes,
                        row));
                _scorer.Rows.SettleTimes(workspace.BatchLists, workspace.BatchTimes, count, start);
                _scorer.Rows.Fuse(workspace, workspace.BatchIds, workspace.BatchNumerics, workspace.BatchLists, count,
                    probabilities.Slice(start, count), start);
            }

            _scorer.Rows.Calibrate(probabilities[..rows.Length]);
        }
        catch (ConsortException)
        {
            // A call is answered as a whole or not at all.
            probabilities[..rows.Length].Clear();
            throw;
        }
        finally
        {
            _scorer.Return(workspace);
        }
    }

    /// <inheritdoc/>
    public void ScoreCandidates<TItem>(T context, ReadOnlySpan<TItem> items, Span<float> probabilities)
    {
        if (probabilities.Length < items.Length)
            throw new ArgumentException($"found room for {probabilities.Length} probabilities, expected {items.Length}",
                nameof(probabilities));
        var (candidates, done) = (_scorer.For<TItem>(), 0);
        var (shared, batch) = _idle.TryTake(out var taken) ? taken : (_scorer.NewImpression(), _scorer.NewBatch(CandidateRows));
        try
        {
            Fill(context, shared);
            for (; done < items.Length; done += batch.Count)
            {
                batch.Clear();
                foreach (var item in items.Slice(done, Math.Min(CandidateRows, items.Length - done)))
                    candidates.Fill(item, batch.Add());
                candidates.AsCandidates.Score(shared, batch, probabilities[done..]);
            }
        }
        catch (ConsortException e)
        {
            // A call is answered as a whole or not at all.
            probabilities[..items.Length].Clear();
            if (e.Row is { } row && done > 0)
                throw new ConsortException(e.Detail, e) { Row = done + row };
            throw;
        }
        finally
        {
            _idle.Add((shared, batch));
        }
    }

    /// <summary>Fills an impression from a row; fields that the row does not give become missing.</summary>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public void Fill(T row, Impression impression)
    {
        _scorer.Require(impression.Scorer);
        Read(row, impression.Row);
    }

    /// <summary>Fills an impression of a batch from a row; fields that the row does not give become missing.</summary>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public void Fill(T row, ImpressionRow impression) => Read(row, impression);

    private void Read(T row, ImpressionRow impression)
    {
        impression.Clear();
        _writer.Write(row, _fields, impression);
    }

    private int FieldOf(RowProperty property)
    {
        if (property.Field is { } name)
            return _scorer.FieldIndex(name);
        for (var field = 0; field < _scorer.Fields.Count; field++)
            if (string.Equals(_scorer.Fields[field], property.Name, StringComparison.OrdinalIgnoreCase))
                return field;
        // CampaignId is campaign_id: each language has its own way to write names.
        for (var field = 0; field < _scorer.Fields.Count; field++)
            if (string.Equals(Bare(_scorer.Fields[field]), Bare(property.Name), StringComparison.OrdinalIgnoreCase))
                return field;
        return NotRead;
    }

    private void Check(RowProperty property, int field, ReadOnlySpan<int> before)
    {
        if (before.Contains(field))
            throw new ConsortException($"{typeof(T).Name}.{property.Name}: found a second property for field {_scorer.Fields[field]}");
        if (property.Mistake is { } mistake)
            throw new ConsortException($"{typeof(T).Name}.{property.Name}: {mistake}");
        if (property.IsSeveral && !_scorer.Encoder.IsList(_scorer.SchemaIndex(field)))
            throw new ConsortException(
                $"{typeof(T).Name}.{property.Name}: found several values, expected one: field {_scorer.Fields[field]} is no list");
    }

    // What is wrong with a property that no field is named like; null where it may be passed over.
    private string? MistakeOf(RowProperty property)
    {
        var others = _scorer.Encoder.Schema.Fields.Where(f => !_scorer.Fields.Contains(f.Name)).Select(f => Bare(f.Name));
        return others.Contains(Bare(property.Name), StringComparer.OrdinalIgnoreCase)
            ? null
            : $"{typeof(T).Name}.{property.Name}: is not one that the model reads{NearestWord.Hint(property.Name, _scorer.Fields)}; name its field by [ImpressionField], or pass over it by [ImpressionIgnore]";
    }

    private static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
