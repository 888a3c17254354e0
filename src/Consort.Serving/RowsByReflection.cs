using System.Diagnostics.CodeAnalysis;

namespace Consort.Serving;

/// <summary>
/// Whether rows may be read by reflection. ILLink.Substitutions.xml makes it false wherever the trimmer or the compiler ahead of time runs,
/// so that what it guards goes, unless the app's <c>RuntimeHostConfigurationOption</c> of this name says true.
/// </summary>
internal static class RowsByReflection
{
    public const string Switch = "Consort.Serving.RowsByReflection";

    [FeatureSwitchDefinition(Switch)]
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
#pragma warning disable IL4000 // the substitution is why it is false where it must be
    public static bool IsSupported => !AppContext.TryGetSwitch(Switch, out var isOn) || isOn;
#pragma warning restore IL4000
}
