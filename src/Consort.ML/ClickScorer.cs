using Consort.Serving;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consort.ML;

/// <summary>Adds the columns <c>Score</c>, <c>Probability</c> and <c>PredictedLabel</c> of a model; for many threads.</summary>
public sealed class ClickScorer : ITransformer
{
    internal const string Score = "Score";
    internal const string Probability = "Probability";
    internal const string PredictedLabel = "PredictedLabel";

    internal ClickScorer(Scorer scorer) => Scorer = scorer;

    /// <summary>The model.</summary>
    public Scorer Scorer { get; }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    /// <exception cref="ConsortException">The schema lacks a field of the model.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ViewRow.FieldsOf(Scorer, inputSchema);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        builder.AddColumn(Score, NumberDataViewType.Single);
        builder.AddColumn(Probability, NumberDataViewType.Single);
        builder.AddColumn(PredictedLabel, BooleanDataViewType.Instance);
        return builder.ToSchema();
    }

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => new ScoredView(this, input);

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new ScoredRows(this, inputSchema);

    /// <summary>Not there: the package is the saved form.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException(
        $"a pipeline with Consort's model is not saved by ML.NET: save what stands before it, keep {Scorer.Path}, and append ScoreClicks again");
}
