namespace Consort.Serving.Profiles;

/// <summary>How new rows differ from a package's training rows.</summary>
public sealed record DriftReport
{
    /// <summary>New rows.</summary>
    public required long Rows { get; init; }

    /// <summary>The columns, in the order of the profile.</summary>
    public required IReadOnlyList<ColumnDrift> Columns { get; init; }

    /// <summary>The probabilities; null of a profile without.</summary>
    public required ColumnDrift? Scores { get; init; }

    /// <summary>Predicted over observed clicks; null without labels.</summary>
    public required CalibrationDrift? Calibration { get; init; }

    /// <summary>What is large and surely no chance.</summary>
    public required IReadOnlyList<DriftAlarm> Alarms { get; init; }
}

/// <summary>A column's values beside those of the training rows.</summary>
/// <param name="Name">The column.</param>
/// <param name="Psi">
/// Population stability index Σ (q − p) ln(q/p), less what chance gives samples of these sizes; may be a little below 0.
/// </param>
/// <param name="P">Of no change (Pearson's test of homogeneity), for this column alone.</param>
/// <param name="MissingBefore">
/// Share of the training rows without a value, of lists those without a token. Null where it is not known: of numbers whose 0 is encoded as
/// a missing one is, and of lists in a package of an earlier version.
/// </param>
/// <param name="Missing">In the new rows; null likewise.</param>
/// <param name="UnseenBefore">Share of unseen values to be expected; 0 of numbers.</param>
/// <param name="Unseen">In the new rows.</param>
/// <param name="Most">The values that have changed most.</param>
/// <param name="MostBefore">Their share in the training rows.</param>
/// <param name="MostNow">In the new rows.</param>
public sealed record ColumnDrift(
    string Name, double Psi, double P, double? MissingBefore, double? Missing, double UnseenBefore, double Unseen, string Most,
    double MostBefore, double MostNow);

/// <summary>Predicted over observed clicks.</summary>
/// <param name="Rows">Rows of which the label is known.</param>
/// <param name="Clicks">Those clicked.</param>
/// <param name="Before">Of held-out rows when the package was made.</param>
/// <param name="Now">Of the new rows; infinite without a click.</param>
/// <param name="P">Of no change.</param>
public sealed record CalibrationDrift(long Rows, double Clicks, double Before, double Now, double P);

/// <summary>An alarm.</summary>
/// <param name="Column">The column; empty of scores and calibration.</param>
/// <param name="Kind"><c>psi</c>, <c>unseen</c>, <c>missing</c>, <c>scores</c> or <c>calibration</c>.</param>
/// <param name="Text">What was found, in words.</param>
public sealed record DriftAlarm(string Column, string Kind, string Text);
