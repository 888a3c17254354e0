using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Scoring;
using Consort.Serving.Inference;

namespace Consort.Serving;

/// <summary>
/// Scores many candidates for one context: the fields of the context are encoded once, and of every linear layer that reads embeddings the
/// part that depends on the context alone is computed once. Made by <see cref="Scorer.ForCandidates"/>. Safe for many threads at once.
/// </summary>
public sealed class CandidateScorer
{
    private readonly int[] _columns; // categorical columns that differ
    private readonly int[] _lists; // those of them that are lists
    private readonly int[] _numerics;
    private readonly int[] _ages; // numeric columns that both have a say in
    private readonly HashSet<int> _fields; // of the schema, that differ
    private readonly bool _hasDatedContext; // whether a history of the context has times
    private readonly bool _hasDatedCandidates;
    private readonly CandidateParts _parts;
    private readonly Func<Program<float>> _compile;

    internal CandidateScorer(Scorer scorer, IReadOnlyCollection<int> places)
    {
        Scorer = scorer;
        if (places.Count == 0)
            throw new ConsortException($"found no candidate fields, expected at least one of {string.Join(", ", scorer.Fields)}");
        Fields = [.. places.Select(p => scorer.Fields[p])];
        int[] given = [.. places.SelectMany(p => scorer.CategoricalOf(p).ToArray())];
        // What is made of a candidate's column and one of the context is the candidate's.
        var (made, madeNumerics) = scorer.Encoder.GeneratedFrom(column => given.Contains(column));
        _columns = [.. given.Concat(made).Distinct().Order()];
        _lists = [.. _columns.Where(c => scorer.Encoder.Space.Categorical[c].List is not null)];
        _fields = [.. places.Select(scorer.SchemaIndex)];
        // A history is dated as a whole, of the context or of each candidate.
        foreach (var (times, history, until) in scorer.Encoder.StepAges)
        {
            int[] all = [times, history, until];
            if (all.Count(_fields.Contains) is not (0 or 3) and var some)
                throw new ConsortException($"candidate fields: found {some} of {string.Join(", ", all.Select(f => scorer.Encoder.Schema.Fields[f].Name))}, expected all of them or none: a history is dated by the row's time");
        }

        _hasDatedCandidates = scorer.Encoder.StepAges.Any(a => _fields.Contains(a.Times));
        _hasDatedContext = scorer.Encoder.StepAges.Any(a => !_fields.Contains(a.Times));

        // An age between a time of the context and one of a candidate is the candidate's.
        _ages = [.. scorer.Encoder.Ages.Where(a => _fields.Contains(a.Field) != _fields.Contains(a.Since)).Select(a => a.Column)];
        _numerics = [.. places.SelectMany(p => scorer.NumericOf(p).ToArray()).Concat(_ages).Concat(madeNumerics).Distinct().Order()];

        var (categorical, numeric) = (new bool[scorer.Encoder.Space.Categorical.Count], new bool[scorer.Encoder.Space.Numeric.Count]);
        foreach (var column in _columns)
            categorical[column] = true;
        foreach (var column in _numerics)
            numeric[column] = true;
        ObjectDisposedException.ThrowIf(!scorer.Pool.TryHold(), scorer);
        try
        {
            var model = scorer.Pool.Model;
            _parts = model.Part(categorical, numeric);
            _compile = () => model.CompileCandidates(model.BatchRows, _parts);
        }
        finally
        {
            scorer.Pool.Release();
        }
    }

    /// <summary>The scorer.</summary>
    public Scorer Scorer { get; }

    /// <summary>The fields that differ between candidates.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Scores candidates.</summary>
    /// <param name="context">What all have in common; its values of candidate fields do not count.</param>
    /// <param name="candidates">What differs; their values of other fields do not count.</param>
    /// <param name="probabilities">Gets the probability of a click of each candidate.</param>
    /// <exception cref="ConsortException">A candidate's logit is not finite: <see cref="ConsortException.Row"/> says which, and none is
    /// answered.</exception>
    /// <exception cref="ArgumentException">There is too little room, or an impression is another scorer's.</exception>
    public void Score(Impression context, ImpressionBatch candidates, Span<float> probabilities)
    {
        Scorer.Require(context.Scorer);
        Scorer.Require(candidates.Scorer);
        if (probabilities.Length < candidates.Count)
            throw new ArgumentException($"found room for {probabilities.Length} probabilities, expected {candidates.Count}",
                nameof(probabilities));
        var workspace = Scorer.Take();
        try
        {
            if (_hasDatedContext)
                Scorer.Encoder.SettleTimes(context.Lists, context.Times);
            if (_hasDatedCandidates)
                Scorer.Rows.SettleTimes(candidates.Lists, candidates.Times, candidates.Count, 0);
            for (var start = 0; start < candidates.Count; start += workspace.BatchRows)
            {
                var rows = Math.Min(workspace.BatchRows, candidates.Count - start);
                Fill(workspace.BatchIds, context.Ids, candidates.Ids, start, rows, Scorer.Encoder.Space.Categorical.Count, _columns);
                FillLists(workspace, context, candidates, start, rows);
                Fill(workspace.BatchNumerics, context.Numerics, candidates.Numerics, start, rows,
                    Scorer.Encoder.Space.Numeric.Count, _numerics);
                if (_ages.Length > 0)
                    CountAges(workspace, context, candidates, start, rows);
                Scorer.Rows.Fuse(
                    workspace.CandidatesOf(this, _compile), workspace.BatchIds, workspace.BatchNumerics, workspace.BatchLists, rows,
                    probabilities.Slice(start, rows), start);
            }

            Scorer.Rows.Calibrate(probabilities[..candidates.Count]);
        }
        catch (ConsortException)
        {
            // A call is answered as a whole or not at all.
            probabilities[..candidates.Count].Clear();
            throw;
        }
        finally
        {
            Scorer.Return(workspace);
        }
    }

    // The context's lists stand once, and behind them those of the candidates.
    private void FillLists(Workspace workspace, Impression context, ImpressionBatch candidates, int start, int rows)
    {
        var (columns, room) = (Scorer.Encoder.Space.Categorical.Count, context.Lists.Length);
        if (room == 0)
            return;
        context.Lists.CopyTo(workspace.BatchLists, 0);
        if (_lists.Length > 0)
            candidates.Lists.AsSpan(start * room, rows * room).CopyTo(workspace.BatchLists.AsSpan(room));
        foreach (var column in _lists)
            for (var row = 0; row < rows; row++)
                workspace.BatchIds[(row * columns) + column] += room * (1 - start);
    }

    private void CountAges(Workspace workspace, Impression context, ImpressionBatch candidates, int start, int rows)
    {
        var encoder = Scorer.Encoder;
        var (count, width) = (encoder.TimesPerRow, encoder.Space.Numeric.Count);
        var times = workspace.BatchTimes.AsSpan(0, rows * count);
        for (var row = 0; row < rows; row++)
        {
            var own = times.Slice(row * count, count);
            context.Times.CopyTo(own);
            foreach (var field in _fields)
                if (encoder.TimeOf(field) is >= 0 and var place)
                    own[place] = candidates.Times[((start + row) * count) + place];
            encoder.CountAges(own, workspace.BatchNumerics.AsSpan(row * width, width));
        }
    }

    private static void Fill<T>(T[] target, T[] context, T[] candidates, int start, int rows, int width, int[] columns)
    {
        for (var row = 0; row < rows; row++)
        {
            var to = target.AsSpan(row * width, width);
            context.AsSpan(0, width).CopyTo(to);
            var from = candidates.AsSpan((start + row) * width, width);
            foreach (var column in columns)
                to[column] = from[column];
        }
    }
}
