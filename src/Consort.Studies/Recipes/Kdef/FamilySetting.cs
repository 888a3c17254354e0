using Consort.Foundation.Options;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>A row of a table of families: one setting, run with several seeds.</summary>
/// <param name="Key">Names its runs.</param>
/// <param name="Name">The row's name.</param>
/// <param name="Method">How its members learn.</param>
/// <param name="Members">M.</param>
/// <param name="Options">Its experiment.</param>
internal sealed record FamilySetting(string Key, string Name, string Method, int Members, OptionTree Options)
{
    /// <summary>The method of a model alone.</summary>
    public const string Alone = "alone";

    /// <summary>AUC and log-loss in the authors' logs on Criteo, or null.</summary>
    public (double Auc, double LogLoss)? Published { get; init; }
}
