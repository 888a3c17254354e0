namespace Consort.Studies.Recipes.Mutual;

/// <summary>A row of a table of mutual learning, in one replicate.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mode">How the members learn.</param>
/// <param name="Runs">One of a family, or several of one member each.</param>
/// <param name="Baseline">Name of the row with which it is compared, or null for such a row itself.</param>
internal sealed record MutualRow(string Name, string Mode, IReadOnlyList<string> Runs, string? Baseline = null)
{
    /// <summary>Each member by itself.</summary>
    public const string Independent = "independent";

    /// <summary>Mutual learning from the beginning.</summary>
    public const string Scratch = "scratch";

    /// <summary>Independent first, then one more epoch of mutual learning at a lower rate.</summary>
    public const string Pretrained = "pretrained";

    /// <summary>Independent first, then the same epoch at the same rate without the others.</summary>
    public const string Control = "control";

    /// <summary>The members that count, or null for all.</summary>
    public IReadOnlyList<int>? Members { get; init; }

    /// <summary>AUC in the paper, or null.</summary>
    public double? Published { get; init; }
}
