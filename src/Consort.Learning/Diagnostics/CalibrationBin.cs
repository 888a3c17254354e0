namespace Consort.Learning.Diagnostics;

/// <summary>One point of a reliability curve: rows of like probability.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Predicted">Mean p, 0 to 1.</param>
/// <param name="Observed">Mean label, 0 to 1.</param>
public sealed record CalibrationBin(long Rows, double Predicted, double Observed);
