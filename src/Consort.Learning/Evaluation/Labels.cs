namespace Consort.Learning.Evaluation;

/// <summary>Checks of labels at the boundary of evaluation.</summary>
internal static class Labels
{
    public static bool IsClick(float label) => label == 1f || (label == 0f
        ? false
        : throw new ArgumentException(FormattableString.Invariant($"found the label {label}, expected 0 or 1"), nameof(label)));

    public static void CheckLengths(int values, int labels)
    {
        if (values != labels)
            throw new ArgumentException($"got {values} values and {labels} labels");
    }
}
