using System.Globalization;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Plans;

/// <summary>Puts together the runs of a table by replicates: what several rows start from is run once.</summary>
internal sealed class RunPlan(string recipe, RecipeRequest request, RecipeSettings settings)
{
    private const ulong FirstSeed = 2021;
    private const int FirstMembers = 10;
    private const ulong FurtherSeeds = 1_000_000_000;
    private const int FurtherMembers = 1000; // more than a family has members
    private readonly Dictionary<string, RecipeRun> _runs = [];

    /// <summary>The runs so far, each after those that it starts from.</summary>
    public IReadOnlyList<RecipeRun> Runs => [.. _runs.Values];

    /// <summary>The replicates, 0, 1, ….</summary>
    public IEnumerable<int> Replicates => Enumerable.Range(0, request.Seeds);

    /// <summary>A model by itself.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="member">Decides the seed; the same member of the same replicate is the same run in every table.</param>
    /// <param name="epochs">No more than these, or null to go on to the best.</param>
    public string Alone(string model, int replicate, int member, int? epochs = null)
    {
        var text = settings.Of(model);
        var key = epochs is { } few ? Name($"{model}-independent-{few}ep") : $"{model}-independent";
        var changes = epochs is { } most ? settings.Changes(("epochs", Name($"{most}"))) : settings.Changes();
        return Add(key, Seed(replicate, member), () => text.Compose(
            $"{model}, independent", isShared: false, [(text.Member, 1)], "{ name: supervised }", changes));
    }

    /// <summary>As many members, each by itself.</summary>
    public string[] AloneEach(string model, int replicate, int members, int? epochs = null) =>
        [.. Enumerable.Range(0, members).Select(m => Alone(model, replicate, m, epochs))];

    /// <summary>A family that learns mutually from the beginning.</summary>
    public string FromScratch(string model, int members, int replicate)
    {
        var text = settings.Of(model);
        return Add(Name($"{model}x{members}-scratch"), Seed(replicate, 0), () => text.Compose(
            Name($"{members} × {model}, mutual from scratch"), isShared: false, [(text.Member, members)], "{ name: mutual }",
            settings.Changes(("monitor", "member_auc"))));
    }

    /// <summary>A family on shared embeddings.</summary>
    public string Shared(string model, int members, int replicate, KdefMethod method)
    {
        var text = settings.Of(model);
        return Add(Name($"{model}x{members}-{method.Name}"), Seed(replicate, 0), () => text.Compose(
            Name($"{members} × {model}, {method.Name}"), isShared: true, [(text.Member, members)], method.Strategy, settings.Changes()));
    }

    /// <summary>A model that learns from labels and from finished runs.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">The student.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="teachers">The runs; what they say counts as the mean of their logits.</param>
    public string Distilled(string key, string model, int replicate, IReadOnlyList<string> teachers)
    {
        var text = settings.Of(model);
        var folders = string.Join(", ", teachers.Select(t => RecipeData.Quoted(request.RunFolder(t))));
        return Add(key, Seed(replicate, 0), () => text.Compose(
            Name($"{model}, {key}"), isShared: false, [(text.Member, 1)], "{ name: distillation }", settings.Changes(("teachers", $"[{folders}]"))), teachers);
    }

    /// <summary>A family of one model whose members have been trained; <paramref name="what"/> ends the name of the runs.</summary>
    public string Tuned(string what, string model, int replicate, IReadOnlyList<string> starts, bool isMutual, int epochs = 1) =>
        Tuned(Name($"{model}x{starts.Count}-{what}"), [.. starts.Select(_ => model)], replicate, starts, isMutual, epochs);

    /// <summary>A family whose members have been trained: epochs more at the lower rate, each epoch a phase.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="models">One a member.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="starts">The runs that the members start from.</param>
    /// <param name="isMutual">Whether members learn from each other, or each on by itself.</param>
    /// <param name="epochs">At least 1.</param>
    public string Tuned(string key, IReadOnlyList<string> models, int replicate, IReadOnlyList<string> starts, bool isMutual, int epochs = 1)
    {
        var text = settings.Of(models[0]);
        var rate = request.TuningRate ?? text.Number("learning_rate") / 10;
        var strategy = isMutual ? "{ name: mutual }" : "{ name: supervised, loss: members }";
        var from = string.Join(", ", starts.Select(s => RecipeData.Quoted(request.RunFolder(s))));
        // A phase of one epoch ends with that epoch's weights: nothing chooses among epochs.
        var phases = Enumerable.Range(1, epochs).Select(e => string.Create(CultureInfo.InvariantCulture,
            $"{{ name: epoch{e}, strategy: {strategy}, epochs: 1, learning_rate: {rate}, schedule: {{ name: constant }}, patience: 0{(e == 1 ? $", from: [{from}]" : "")} }}"));
        return Add(key, Seed(replicate, 0), () => text.ComposePhases(
            $"{key}, fine-tuned", isShared: false, models.Select(m => (settings.Of(m).Member, 1)), [.. phases]), starts);
    }

    /// <summary>
    /// The seed of a member's own run: no two members of no two replicates share one, for an interval over replicates supposes that these
    /// have nothing in common. It does not depend on how many members or replicates there are, so that tables share runs.
    /// </summary>
    internal static ulong Seed(int replicate, int member) => member < FirstMembers
        ? FirstSeed + (ulong)((FirstMembers * replicate) + member)
        : FurtherSeeds + ((ulong)FurtherMembers * (ulong)replicate) + (ulong)member;

    private string Add(string key, ulong seed, Func<string> text, IReadOnlyList<string>? after = null)
    {
        var name = Name($"{key}-seed{seed}");
        _runs.TryAdd(name, new RecipeRun(name, key, seed, text(), $"{recipe} {key}") { After = after ?? [] });
        return name;
    }

    private static string Name(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
