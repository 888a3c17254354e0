using Consort.Serving;
using Microsoft.ML;

namespace Consort.ML;

/// <summary>Click probabilities of a package in a pipeline of ML.NET.</summary>
public static class ClickScoring
{
    /// <summary>
    /// Adds the columns <c>Score</c> (the logit), <c>Probability</c> (of a click, calibrated as the package is) and <c>PredictedLabel</c>
    /// (whether that is above a half), which <c>BinaryClassification.Evaluate</c> reads. The view has a column for each field of the model,
    /// by its name: see <see cref="DataViewRows"/>.
    /// </summary>
    /// <param name="transforms">Where pipelines are made.</param>
    /// <param name="package">What <c>consort pack</c> has written.</param>
    /// <exception cref="ConsortException">The package cannot be read.</exception>
    public static ClickScoringEstimator ScoreClicks(this TransformsCatalog transforms, string package) =>
        new(transforms, Scorer.Load(package));

    /// <inheritdoc cref="ScoreClicks(TransformsCatalog, string)"/>
    /// <param name="transforms">Where pipelines are made.</param>
    /// <param name="scorer">The model; whoever made it disposes of it.</param>
    public static ClickScoringEstimator ScoreClicks(this TransformsCatalog transforms, Scorer scorer) => new(transforms, scorer);
}

/// <summary>Makes a <see cref="ClickScorer"/>; there is nothing to fit.</summary>
public sealed class ClickScoringEstimator : IEstimator<ClickScorer>
{
    private readonly TransformsCatalog _transforms;
    private readonly Scorer _scorer;

    internal ClickScoringEstimator(TransformsCatalog transforms, Scorer scorer) => (_transforms, _scorer) = (transforms, scorer);

    /// <inheritdoc/>
    /// <exception cref="ConsortException">The view lacks a field of the model.</exception>
    public ClickScorer Fit(IDataView input)
    {
        var scorer = new ClickScorer(_scorer);
        scorer.GetOutputSchema(input.Schema);
        return scorer;
    }

    // ML.NET lets no one else make a column of a shape, so a mapping that is never run makes these.
    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        _transforms.CustomMapping<Nothing, Outputs>((_, _) => { }, contractName: null).GetOutputSchema(inputSchema);

    private sealed class Nothing;

    private sealed class Outputs
    {
        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
