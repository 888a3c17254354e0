using Consort.Foundation.Options;
using Consort.Models;
using Consort.Models.Layers;

namespace Consort.Benchmarks.Parity;

/// <summary>
/// The models that are compared: each of the catalogue with small towers and with all that differs between training and scoring (batch
/// norm, dropout), and families of several.
/// </summary>
internal static class ParityModels
{
    private const string Mixed = "[{ model: DeepFM, hidden_units: [32, 16], batch_norm: true }, { model: DCNv2, hidden_units: [32, 16], dropout: 0.1 }, { model: FiBiNET, hidden_units: [32, 16] }]";

    // Names, whether members share their embeddings, members, strategy.
    private static readonly (string Name, bool IsShared, string Members, string Strategy)[] Families =
    [
        ("mean", false, Mixed, "{ name: supervised, fusion: mean }"),
        ("kdef", true, Mixed, "{ name: kdef }"),
        ("concat", true, Mixed, "{ name: supervised, loss: ensemble, fusion: concat }"),
    ];

    /// <summary>All names: those of the catalogue, then those of families.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ModelCatalogue.Entries.Select(e => e.Name), .. Families.Select(f => f.Name)];

    /// <summary>The names asked for, as they are written here.</summary>
    /// <exception cref="ConsortException">There is no such model.</exception>
    public static IReadOnlyList<string> Choose(IEnumerable<string> names) => [.. names.Select(name =>
        Names.FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ConsortException(
            $"parity, --models: found {name}, expected some of {string.Join(", ", Names)}{NearestWord.Hint(name, Names)}"))];

    /// <summary>Whether a model reads histories, which not all data have.</summary>
    public static bool NeedsHistory(string name) => ModelCatalogue.Entries.FirstOrDefault(e => e.Name == name)?.Options.Has("history") == true;

    /// <summary>The sections <c>embedding</c>, <c>members</c> and <c>strategy</c> of an experiment.</summary>
    public static string Sections(string name)
    {
        (_, var isShared, var members, var strategy) = Families.FirstOrDefault(f => f.Name == name) is { Name: not null } family
            ? family
            : (name, true, $"[{{ {Small(ModelCatalogue.Entries.Single(e => e.Name == name))} }}]", "{ name: supervised }");
        return $"embedding: {{ dimension: 8, shared: {(isShared ? "true" : "false")} }}\nmembers: {members}\nstrategy: {strategy}\n";
    }

    // By the keys that the model has, so that a new one needs no line here.
    private static string Small(CatalogueEntry<CtrModel> entry)
    {
        var options = entry.Options.Keys.Select(key => key switch
        {
            "attention_dropout" when entry.Options.Of(key).Kind == OptionKind.Numbers => $"{key}: [0.1, 0.1]",
            _ when key.EndsWith("hidden_units", StringComparison.Ordinal) => $"{key}: [32, 16]",
            _ when key.EndsWith("batch_norm", StringComparison.Ordinal) => $"{key}: true",
            _ when key.EndsWith("dropout", StringComparison.Ordinal) => $"{key}: 0.1",
            _ => null,
        }).OfType<string>();
        return string.Join(", ", options.Prepend($"model: {entry.Name}"));
    }
}
