namespace Consort.Studies.Diagnostics;

/// <summary>Which fields the predictions rest on, and where they are worst, on a sample of the diagnosed rows.</summary>
/// <param name="Rows">Rows of the sample.</param>
/// <param name="Repeats">Permutations of each field, over which rows are averaged.</param>
/// <param name="Fields">What shuffling a field costs, the most important first.</param>
/// <param name="Pairs">Pairs of the most important fields, the strongest interaction first.</param>
/// <param name="Slices">Rows with one value of a field, the worst predicted first.</param>
/// <param name="Curves">What the model says where a number is set to a value in all rows.</param>
public sealed record FieldImportances(
    int Rows, int Repeats, IReadOnlyList<FieldImportance> Fields, IReadOnlyList<PairInteraction> Pairs,
    IReadOnlyList<PredictedSlice> Slices, IReadOnlyList<DependenceCurve> Curves);

/// <summary>A number with its 95 % interval.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record Interval(double Value, double Low, double High)
{
    internal static Interval Of(Experiments.Statistics.Comparison c) => new(c.Difference, c.Low, c.High);
}

/// <summary>Permutation importance (Breiman 2001): what is lost where a field's values are dealt to other rows.</summary>
/// <param name="Field">The field, or several that are dealt together, joined by <c>+</c>.</param>
/// <param name="LogLoss">By how much log-loss rises.</param>
/// <param name="Auc">By how much AUC falls; null of rows with fewer than two of a label.</param>
public sealed record FieldImportance(string Field, Interval LogLoss, Interval? Auc);

/// <summary>
/// What dealing two fields together costs, less what dealing each alone costs. Below 0 they work together: what needs both is lost by
/// dealing either. Above 0 each stands in for the other: only without both is it lost.
/// </summary>
/// <param name="First">A field.</param>
/// <param name="Second">Another.</param>
/// <param name="Joint">What dealing both costs, in log-loss.</param>
/// <param name="Sum">What dealing each alone costs, added.</param>
/// <param name="Interaction">Joint − sum.</param>
public sealed record PairInteraction(string First, string Second, double Joint, double Sum, Interval Interaction);

/// <summary>The predictions of rows that have one value of a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Value">Its value.</param>
/// <param name="Rows">How many rows of the sample.</param>
/// <param name="Clicks">Those with label 1.</param>
/// <param name="LogLoss">Mean log-loss.</param>
/// <param name="Entropy">Log-loss over that of the slice's own click rate: above 1 the model is worse than one number would be.</param>
/// <param name="Ratio">Predicted over observed clicks; infinite without a click.</param>
/// <param name="P">Of calibrated predictions, Holm's over all slices.</param>
public sealed record PredictedSlice(
    string Field, string Value, int Rows, int Clicks, double LogLoss, double Entropy, double Ratio, double P);

/// <summary>Partial dependence (Friedman 2001): the mean prediction where a column has one value in all rows.</summary>
/// <param name="Column">A numeric column.</param>
/// <param name="Values">Values, in the raw rows' units.</param>
/// <param name="Probabilities">The mean prediction at each.</param>
public sealed record DependenceCurve(string Column, IReadOnlyList<double> Values, IReadOnlyList<double> Probabilities);
