using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Studies.Recipes.Settings;

/// <summary>A paper whose settings hold for data that no others are known for.</summary>
/// <param name="Tower">Keys of a model with one tower.</param>
/// <param name="Training">Keys of <c>training</c>.</param>
internal sealed record PaperSettings(OptionTree Tower, OptionTree Training)
{
    /// <summary>KDEF, Li et al. 2024, and the authors' public code, on Criteo.</summary>
    public static PaperSettings Kdef { get; } = new(
        OptionTree.Parse("{ hidden_units: [400, 400, 400], activation: relu, batch_norm: true, dropout: 0.1 }"),
        OptionTree.Parse("""
            batch_size: 10000
            epochs: 100
            learning_rate: 1e-3
            schedule: { name: plateau, factor: 0.1, min_delta: 1e-6, floor: 1e-6 }
            patience: 2
            embedding_l2: 1e-5
            embedding_update: deferred
            max_gradient_norm: 10
            """));

    /// <summary>Yılmaz and Aldemir 2024; the strength of its L2 is not printed.</summary>
    public static PaperSettings Mutual { get; } = new(
        OptionTree.Parse("{ hidden_units: [400, 200, 100], activation: relu }"),
        OptionTree.Parse("""
            batch_size: 4000
            epochs: 10
            learning_rate: 1e-3
            schedule: { name: exponential, fraction: 0.1, epochs: 3 }
            patience: 2
            embedding_l2: 1e-5
            dense_l2: 1e-5
            embedding_update: deferred
            max_gradient_norm: 10
            """));
}

/// <summary>
/// The settings of a recipe's models on the data at hand: those of an experiment file, member by member, on Frappe those of BARS, else the
/// paper's.
/// </summary>
internal sealed class RecipeSettings
{
    private readonly RecipeRequest _request;
    private readonly PaperSettings _paper;
    private readonly RecipeData _data;
    private readonly Dictionary<string, Experiment> _known = [];

    /// <summary>Looks at the data.</summary>
    /// <exception cref="ConsortException">The data are not to be found, or are none of the kinds known.</exception>
    public RecipeSettings(RecipeRequest request, PaperSettings paper)
    {
        (_request, _paper, _data) = (request, paper, RecipeData.Find(request));
        if (_data.File is not null && request.Settings is not null)
            throw new ConsortException($"--settings {request.Settings}: found with --data {_data.File}, an experiment that has its own settings; expected rows");
        var file = _data.File is { } both ? Experiment.Load(both, catalogues: request.Catalogues)
            : request.Settings is { } settings ? Resolve(OnData(OptionTree.Load(settings)))
            : null;
        if (file is null)
            return;
        if (file.Options.Find("phases") is not null)
            throw new ConsortException($"{_data.File ?? request.Settings}: found phases, expected an experiment with one, whose settings hold for all runs");
        FirstModel = file.Family.Members[0].Name;
        // Each member says how models of its kind are made; of two of a kind the first.
        foreach (var name in file.Family.Members.Select(m => m.Name).Distinct())
            _known[name] = Alone(file.Options, file.Options.Member(name)!);
    }

    /// <summary>Whose columns the data have.</summary>
    public DataShape Shape => _data.Shape;

    /// <summary>The first model of the experiment file, or null where there is no file.</summary>
    public string? FirstModel { get; }

    /// <summary>The settings of a model: an experiment with this one member.</summary>
    public Experiment Of(string model)
    {
        if (!_known.TryGetValue(model, out var known))
            _known[model] = known = FirstModel is { } first ? Alone(_known[first].Options, MemberOf(model)) : Resolve(Given(model));
        return known;
    }

    /// <summary>A model's own options.</summary>
    public OptionTree Member(string model) => Of(model).Options.Members()[0];

    private OptionTree Given(string model)
    {
        OptionTree? Bars(string name) => Shape == DataShape.Frappe && BarsFrappe.SettingsOf(name) is { } settings ? OnData(settings) : null;
        return Bars(model == "FinalNet" ? "FinalNet-1B" : model)
            ?? (Bars("DNN") ?? OptionTree.Keys(("data", _data.Section!), ("embedding", OptionTree.Keys(("dimension", 16))),
                ("training", _paper.Training)))
                .With("members", OptionTree.List(MemberOf(model)));
    }

    // The experiment on the data at hand.
    private OptionTree OnData(OptionTree settings) => settings.Without("strategy", "fusion").With("data", _data.Section!);

    // A model in the data and training of the experiment file.
    private Experiment Alone(OptionTree file, OptionTree member) =>
        Resolve(file.Family(member["model"].ToString(), isShared: true, OptionTree.Keys(("name", "supervised")), member));

    private OptionTree MemberOf(string model) => ExperimentOptions.MemberOf(model, _paper.Tower, _request.Catalogues);

    private Experiment Resolve(OptionTree options) => Experiment.From(
        _request.Epochs is { } epochs ? options.With("training.epochs", epochs) : options, Directory.Exists(_request.Data)
        ? _request.Data : Path.GetDirectoryName(_request.Data)!, catalogues: _request.Catalogues);
}
