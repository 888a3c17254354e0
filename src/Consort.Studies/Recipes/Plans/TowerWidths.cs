using Consort.Foundation.Options;

namespace Consort.Studies.Recipes.Plans;

/// <summary>
/// Towers that multiply so many times as often as a member's: every other width, from the first, is changed, and with it each product of
/// two widths, that of the inputs with the first layer too, whatever the number of inputs.
/// </summary>
internal static class TowerWidths
{
    private const string Key = "hidden_units";

    /// <summary>Whether a member has a tower.</summary>
    public static bool Has(OptionTree member) => member.ItemsAt(Key).Count > 0;

    /// <summary>The member with a tower of a part of the arithmetic, each width at least 1.</summary>
    /// <param name="member">Its options.</param>
    /// <param name="by">As many of them multiply as often as the one.</param>
    public static OptionTree Divided(OptionTree member, int by) => Changed(member, width => Math.Max(1, width / by));

    /// <summary>The member with a tower of several times the arithmetic.</summary>
    /// <param name="member">Its options.</param>
    /// <param name="by">It multiplies as often as so many of the one.</param>
    public static OptionTree Multiplied(OptionTree member, int by) => Changed(member, width => checked(width * by));

    /// <summary>An experiment of one member with such a tower.</summary>
    /// <param name="experiment">Its options.</param>
    /// <param name="change">What becomes of the member.</param>
    public static OptionTree OfOnly(OptionTree experiment, Func<OptionTree, OptionTree> change) =>
        experiment.With("members", OptionTree.List(change(experiment.ItemsAt("members")[0])));

    private static OptionTree Changed(OptionTree member, Func<int, int> change) => member.With(Key, OptionTree.List(
        member.ItemsAt(Key).Select((w, layer) => (OptionTree)(layer % 2 == 0 ? change((int)w.Number) : (int)w.Number))));
}
