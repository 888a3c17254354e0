using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Layers;

namespace Consort.Experiments.Files;

/// <summary>
/// Makes experiments of another one, every default filled in: its data, embeddings and training hold for all, and each of its members says
/// how a model of its kind is made.
/// </summary>
public static class ExperimentOptions
{
    /// <summary>What keeps most of a family's gain: logits, and a little of the labels; docs/results/teaching.md.</summary>
    internal static OptionTree LogitMatching { get; } =
        OptionTree.Parse("{ name: distillation, distance: mse_logit, weight: 20, label_weight: 0.1 }");

    /// <summary>The members, each without how often it stands there.</summary>
    public static IReadOnlyList<OptionTree> Members(this OptionTree experiment) =>
        [.. experiment.ItemsAt("members").Select(m => m.Without("count"))];

    /// <summary>The first member that is a model of this name, or null.</summary>
    public static OptionTree? Member(this OptionTree experiment, string model) =>
        experiment.Members().FirstOrDefault(m => model.Equals(m.TextAt("model"), StringComparison.OrdinalIgnoreCase));

    /// <summary>Other members that learn together.</summary>
    /// <param name="experiment">What holds for all.</param>
    /// <param name="name">The new one's name.</param>
    /// <param name="isShared">Whether members read one table.</param>
    /// <param name="strategy">How they learn.</param>
    /// <param name="members">Their options.</param>
    public static OptionTree Family(this OptionTree experiment, string name, bool isShared, OptionTree strategy,
        params IEnumerable<OptionTree> members) =>
            experiment.Around(name, isShared, members).Without("phases").With("strategy", strategy);

    /// <summary>Other members that learn in phases.</summary>
    /// <param name="experiment">What holds for all.</param>
    /// <param name="name">The new one's name.</param>
    /// <param name="isShared">Whether members read one table.</param>
    /// <param name="phases">How they learn.</param>
    /// <param name="members">Their options.</param>
    public static OptionTree InPhases(this OptionTree experiment, string name, bool isShared, IEnumerable<OptionTree> phases,
        params IEnumerable<OptionTree> members) =>
            experiment.Around(name, isShared, members).Without(["strategy", .. Phase.Options.Keys.Select(k => $"training.{k}")])
            .With("phases", OptionTree.List(phases));

    /// <summary>
    /// A model with those of some options that it has. Where they are another model's, by its <c>model</c>, with those alone that both
    /// declare alike: BST's <c>layer_norm</c> is of its blocks, DNN's of its tower.
    /// </summary>
    /// <param name="model">Its name in the catalogue.</param>
    /// <param name="options">Keys and values, of which it may have none.</param>
    /// <param name="catalogues">By which the name is resolved; null for those that come along.</param>
    public static OptionTree MemberOf(string model, OptionTree options, Catalogues? catalogues = null)
    {
        var (own, others) = (Models(catalogues).Find(model)!.Options, Models(catalogues).Find(options.TextAt("model") ?? "")?.Options);
        return OptionTree.Keys(((OptionGroup)options).Entries.Where(e => own.Has(e.Key) && (others?.Has(e.Key) != true || IsAlike(e.Key)))
            .Select(e => (e.Key, e.Value)).Prepend(("model", model)));

        bool IsAlike(string key) => own.Of(key) is var one && others!.Of(key) is var other
            && (one.Kind, one.Range, one.Meaning) == (other.Kind, other.Range, other.Meaning);
    }

    /// <summary>The models that files can name.</summary>
    internal static Catalogue<CtrModel> Models(Catalogues? catalogues) => (catalogues ?? Catalogues.Default).Of(ModelCatalogue.All);

    private static OptionTree Around(this OptionTree experiment, string name, bool isShared, IEnumerable<OptionTree> members) =>
        experiment.Without("fusion").With("name", name).With("embedding.shared", isShared).With("members", OptionTree.List(members));
}
