using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Learning.Evaluation;
using Consort.Serving;

namespace Consort.Studies.Promoting;

/// <summary>The rows that both models are measured on, read once for each, for each has an encoder of its own.</summary>
internal sealed class Holdout(IReadOnlyList<string> places, SourceCatalogue sources, RawRows rules)
{
    private const int MostValues = 100_000;

    /// <summary>The fields whose values are slices.</summary>
    public List<SlicedField> Fields { get; } = [];

    /// <summary>What each row belongs to, where the rows have groups.</summary>
    public IReadOnlyList<int>? Clusters { get; private set; }

    /// <summary>What a model says of the rows.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="fields">Fields to slice by, of the first model that is asked; null of the second.</param>
    /// <param name="progress">Told the bytes that were read, or null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public (ScoredRows Rows, float[] Logits, Metrics Metrics) Score(Scorer scorer, IReadOnlyList<string>? fields, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var kept = fields ?? [];
        Fields.AddRange(kept.Select(f => new SlicedField(f)));
        var groups = fields is not null && scorer.Encoder.Schema.HasGroups ? new RowGroups() : null;
        var rows = new ScoredRows(scorer.Encoder.Schema.HasWeights);
        new RawScores(scorer, places, sources, rules with { Keep = kept })
        {
            LabelRequired = true,
            AsLogits = true,
            Progress = progress,
        }.Read(scored =>
        {
            var batch = scored.Rows;
            rows.Add(scored.Scores.AsSpan(0, batch.Rows), batch.Labels, batch.Weights);
            for (var f = 0; f < kept.Count; f++)
                Fields[f].Add(scored.Kept.Of(f)[..batch.Rows]);
            groups?.Add(batch.Groups);
        }, cancellation);
        Clusters = groups?.Clusters ?? Clusters;
        var (measured, metrics) = rows.Measure(scorer.Package.Calibration, isFittedTo: false);
        return (rows, measured, metrics);
    }

    /// <summary>The first rows as texts, a field a column, in the order of <paramref name="fields"/>.</summary>
    public List<string?[]> Texts(Scorer scorer, IReadOnlyList<string> fields, int most)
    {
        using var reader = (rules with { Keep = fields, Notice = null }).Open(places, scorer.Encoder, most, labelRequired: false, sources);
        var texts = new List<string?[]>();
        if (reader.Next() is { } batch)
            for (var row = 0; row < batch.Rows; row++)
                texts.Add([.. fields.Select((_, f) => reader.Kept.Of(f)[row])]);
        return texts;
    }

    /// <summary>The fields that slices are made of unless the user names some: those with one value of a few or many.</summary>
    public static IReadOnlyList<string> Sliceable(Schema schema) =>
        [.. schema.Fields.Where(f => f.Kind is FieldKind.Categorical or FieldKind.Boolean && f.Derive.Count == 0).Select(f => f.Name)];

    /// <summary>The values of a field, row by row.</summary>
    internal sealed class SlicedField(string name)
    {
        private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

        public string Name { get; } = name;

        public List<string> Values { get; } = [];

        /// <summary>Of each row the place of its value; −1 where it is none of the first ones.</summary>
        public List<int> Rows { get; } = [];

        public void Add(ReadOnlySpan<string?> texts)
        {
            foreach (var text in texts)
            {
                var value = text ?? "";
                if (!_numbers.TryGetValue(value, out var number))
                {
                    number = _numbers.Count < MostValues ? _numbers.Count : -1;
                    if (number >= 0)
                    {
                        _numbers.Add(value, number);
                        Values.Add(value);
                    }
                }

                Rows.Add(number);
            }
        }
    }
}
