using System.Globalization;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Plans;

/// <summary>Puts together the runs of a table by replicates: what several rows start from is run once.</summary>
internal sealed class RunPlan(RecipeRequest request, RecipeSettings settings)
{
    private const ulong FirstSeed = 2021;
    private const int FirstMembers = 10;
    private const ulong FurtherSeeds = 1_000_000_000;
    private const int FirstStudent = 500; // above any member
    private const int FurtherMembers = 1000; // more than a family has members

    private static readonly OptionTree Supervised = OptionTree.Keys(("name", "supervised"));

    // The paper's own setting, which these tables stand for, and not what the strategy does unless told otherwise.
    private static readonly OptionTree Mutual = OptionTree.Parse(
        "{ name: mutual, weight: 1, divergence: mse, peers: training, warm_epochs: 0 }");

    // Hinton's: what the published comparison means by distillation.
    private static readonly OptionTree SoftLabels = OptionTree.Keys(
        ("name", "distillation"), ("distance", "soft_label"), ("weight", 1), ("label_weight", 1));

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
        var key = epochs is { } few ? Name($"{model}-independent-{few}ep") : $"{model}-independent";
        return Add(key, Seed(replicate, member), () =>
        {
            var alone = Of(model).Family($"{model}, independent", isShared: false, Supervised, settings.Member(model));
            return epochs is { } most ? alone.With("training.epochs", most) : alone;
        });
    }

    /// <summary>A model by itself whose options are changed.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="member">Decides the seed.</param>
    /// <param name="change">Names the change.</param>
    /// <param name="make">Makes it.</param>
    public string Alone(string model, int replicate, int member, string change, Func<OptionTree, OptionTree> make) => Add(
        $"{model}-{change}", Seed(replicate, member),
        () => make(Of(model).Family($"{model}, {change}", isShared: false, Supervised, settings.Member(model))));

    /// <summary>As many members, each by itself.</summary>
    public string[] AloneEach(string model, int replicate, int members, int? epochs = null) =>
        [.. Enumerable.Range(0, members).Select(m => Alone(model, replicate, m, epochs))];

    /// <summary>A family that learns mutually from the beginning.</summary>
    public string FromScratch(string model, int members, int replicate) =>
        Add(Name($"{model}x{members}-scratch"), Seed(replicate, 0), () => Of(model).Family(
        Name($"{members} × {model}, mutual from scratch"), isShared: false, Mutual, settings.Member(model).With("count", members))
        .With("training.monitor", "member_auc"));

    /// <summary>A family on shared embeddings.</summary>
    public string Shared(string model, int members, int replicate, KdefMethod method) =>
        Shared(Name($"{model}x{members}-{method.Name}"), model, replicate, method, settings.Member(model).With("count", members));

    /// <summary>A family on shared embeddings whose members differ from the model by itself.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">Whose data and training hold.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="method">How they learn.</param>
    /// <param name="member">One of them, with their number as <c>count</c>.</param>
    public string Shared(string key, string model, int replicate, KdefMethod method, OptionTree member) => Add(
        key, Seed(replicate, 0), () => Of(model).Family(
            Name($"{member.TextAt("count")} × {member.TextAt("model")}, {method.Name}"), isShared: true, method.Strategy, member));

    /// <summary>A model that learns from labels and from finished runs.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">The student.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="teachers">The runs; what they say counts as the mean of their logits.</param>
    public string Distilled(string key, string model, int replicate, IReadOnlyList<string> teachers) =>
        Learner(key, model, Seed(replicate, 0), SoftLabels, teachers, settings.Member(model));

    /// <summary>A model by itself or that learns from finished runs, whose seed no member of a family has.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">The student.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="strategy">How it learns.</param>
    /// <param name="teachers">The runs; none for a student of the labels.</param>
    /// <param name="change">What else differs from the model by itself.</param>
    public string Student(string key, string model, int replicate, OptionTree strategy, IReadOnlyList<string> teachers,
        Func<OptionTree, OptionTree>? change = null) =>
        Learner(key, model, Seed(replicate, FirstStudent), strategy, teachers, settings.Member(model), change);

    /// <summary>A family whose members have been trained and go on in one phase.</summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">Of all members.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="starts">The runs that the members start from.</param>
    /// <param name="phase">Strategy, epochs, rate, schedule.</param>
    public string GoneOn(string key, string model, int replicate, IReadOnlyList<string> starts, OptionTree phase) => Add(
        key, Seed(replicate, 0), () => Of(model).InPhases($"{key}, fine-tuned", isShared: false,
            [phase.With("name", "tune").With("from", OptionTree.List(starts.Select(request.RunFolder)))],
            starts.Select(_ => settings.Member(model))).With("training.monitor", "member_auc"), starts);

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
    public string Tuned(string key, IReadOnlyList<string> models, int replicate, IReadOnlyList<string> starts, bool isMutual,
        int epochs = 1)
    {
        var rate = request.TuningRate ?? settings.Of(models[0]).Phases[0].LearningRate / 10;
        // A phase of one epoch ends with that epoch's weights: nothing chooses among epochs.
        var phase = OptionTree.Keys(
            ("strategy", isMutual ? Mutual : OptionTree.Keys(("name", "supervised"), ("loss", "members"))), ("epochs", 1),
            ("learning_rate", rate),
            ("schedule", OptionTree.Keys(("name", "constant"))), ("patience", 0));
        var phases = Enumerable.Range(1, epochs).Select(e => phase.With("name", Name($"epoch{e}"))).ToArray();
        phases[0] = phases[0].With("from", OptionTree.List(starts.Select(request.RunFolder)));
        return Add(key, Seed(replicate, 0), () =>
            Of(models[0]).InPhases($"{key}, fine-tuned", isShared: false, phases, models.Select(settings.Member)), starts);
    }

    /// <summary>
    /// A model that learns from finished runs in a way of its own, without dropout, which would be noise in what is matched.
    /// </summary>
    /// <param name="key">Names the runs.</param>
    /// <param name="model">The student.</param>
    /// <param name="replicate">Of the table.</param>
    /// <param name="strategy">How it learns.</param>
    /// <param name="teachers">The runs; what they say counts as the mean of their logits.</param>
    public string Taught(string key, string model, int replicate, OptionTree strategy, IReadOnlyList<string> teachers)
    {
        var member = settings.Member(model);
        return Learner(key, model, Seed(replicate, 0), strategy, teachers,
            member.Find("dropout") is null ? member : member.With("dropout", 0));
    }

    /// <summary>
    /// The seed of a member's own run: no two members of no two replicates share one, for an interval over replicates supposes that these
    /// have nothing in common. It does not depend on how many members or replicates there are, so that tables share runs.
    /// </summary>
    internal static ulong Seed(int replicate, int member) => member < FirstMembers
        ? FirstSeed + (ulong)((FirstMembers * replicate) + member)
        : FurtherSeeds + ((ulong)FurtherMembers * (ulong)replicate) + (ulong)member;

    // A model with tables of its own that learns from runs, or from labels where there are none.
    private string Learner(string key, string model, ulong seed, OptionTree strategy, IReadOnlyList<string> teachers, OptionTree member,
        Func<OptionTree, OptionTree>? change = null) => Add(key, seed, () =>
        {
            var learner = Of(model).Family(Name($"{model}, {key}"), isShared: false, strategy, member);
            if (teachers.Count > 0)
                learner = learner.With("training.teachers", OptionTree.List(teachers.Select(request.RunFolder)));
            return change is null ? learner : change(learner);
        }, teachers);

    private OptionTree Of(string model) => settings.Of(model).Options;

    private string Add(string key, ulong seed, Func<OptionTree> options, IReadOnlyList<string>? after = null)
    {
        var name = Name($"{key}-seed{seed}");
        if (!_runs.ContainsKey(name))
            _runs[name] = new RecipeRun(name, key, seed, options()) { After = after ?? [] };
        return name;
    }

    private static string Name(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
