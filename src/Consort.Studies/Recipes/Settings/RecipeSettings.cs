using System.Globalization;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Models;

namespace Consort.Studies.Recipes.Settings;

/// <summary>A paper whose settings hold for data that no others are known for.</summary>
/// <param name="Tower">Keys of a model with one tower.</param>
/// <param name="Training">Keys of <c>training</c>, each a line.</param>
internal sealed record PaperSettings(string Tower, string Training)
{
    /// <summary>KDEF, Li et al. 2024, and the authors' public code, on Criteo.</summary>
    public static PaperSettings Kdef { get; } = new(
        "hidden_units: [400, 400, 400], activation: relu, batch_norm: true, dropout: 0.1",
        """
          batch_size: 10000
          epochs: 100
          learning_rate: 1e-3
          schedule: { name: plateau, factor: 0.1, min_delta: 1e-6, floor: 1e-6 }
          patience: 2
          embedding_l2: 1e-5
          embedding_update: deferred
          max_gradient_norm: 10
        """);

    /// <summary>Yılmaz and Aldemir 2024; the strength of its L2 is not printed.</summary>
    public static PaperSettings Mutual { get; } = new(
        "hidden_units: [400, 200, 100], activation: relu",
        """
          batch_size: 4000
          epochs: 10
          learning_rate: 1e-3
          schedule: { name: exponential, fraction: 0.1, epochs: 3 }
          patience: 2
          embedding_l2: 1e-5
          dense_l2: 1e-5
          embedding_update: deferred
          max_gradient_norm: 10
        """);
}

/// <summary>
/// The settings of a recipe's models on the data at hand: those of an experiment file, member by member, on Frappe those of BARS, else
/// the paper's.
/// </summary>
internal sealed class RecipeSettings
{
    private readonly RecipeRequest _request;
    private readonly PaperSettings _paper;
    private readonly RecipeData _data;
    private readonly Dictionary<string, SettingText> _known = [];

    /// <summary>Looks at the data.</summary>
    /// <exception cref="ConsortException">The data are not to be found, or are none of the kinds known.</exception>
    public RecipeSettings(RecipeRequest request, PaperSettings paper)
    {
        (_request, _paper, _data) = (request, paper, RecipeData.Find(request));
        if (_data.File is not null && request.Settings is not null)
            throw new ConsortException($"--settings {request.Settings}: found with --data {_data.File}, an experiment that has its own settings; expected rows");
        var file = _data.File is { } both ? Experiment.Load(both)
            : request.Settings is { } settings ? Parse(OnData(ReadYaml(settings)), settings)
            : null;
        if (file is null)
            return;
        var text = new SettingText(file.Text);
        if (text.Has("phases"))
            throw new ConsortException($"{_data.File ?? request.Settings}: found phases, expected an experiment with one, whose settings hold for all runs");
        FirstModel = file.Family.Members[0].Name;
        // Each member says how models of its kind are made; of two of a kind the first.
        foreach (var (name, lines) in file.Family.Members.Select(m => m.Name).Distinct().Zip(text.Members.DistinctBy(lines => lines[0])))
            _known[name] = new SettingText(text.Compose(name, true, [(lines, 0)], "{ name: supervised }"));
    }

    /// <summary>Whose columns the data have.</summary>
    public DataShape Shape => _data.Shape;

    /// <summary>The first model of the experiment file, or null where there is no file.</summary>
    public string? FirstModel { get; }

    /// <summary>The settings of a model.</summary>
    public SettingText Of(string model)
    {
        if (_known.TryGetValue(model, out var known))
            return known;
        var text = FirstModel is { } first ? Around(_known[first], model) : Resolve(Text(model));
        return _known[model] = new SettingText(text);
    }

    /// <summary>Keys that the request changes in every run.</summary>
    public (string Key, string Value)[] Changes(params (string Key, string Value)[] others) =>
        _request.Epochs is { } epochs && !others.Any(o => o.Key == "epochs")
            ? [.. others, ("epochs", epochs.ToString(CultureInfo.InvariantCulture))]
            : others;

    private string Text(string model)
    {
        var bars = Shape == DataShape.Frappe ? BarsFrappe.SettingsOf(model == "FinalNet" ? "FinalNet-1B" : model) ?? BarsFrappe.SettingsOf("DNN") : null;
        if (bars is null)
            return $"data: {_data.Section}\nembedding: {{ dimension: 16 }}\nmembers:\n  - {Template(model)}\ntraining:\n{_paper.Training}\n";
        var own = BarsFrappe.SettingsOf(model == "FinalNet" ? "FinalNet-1B" : model) is not null;
        return OnData(bars, own ? null : $"members:\n  - {Template(model)}\n");
    }

    // Whole YAML before it is taken apart: a mistake in it has its own line.
    private static string ReadYaml(string file)
    {
        OptionMap.Load(file);
        return File.ReadAllText(file);
    }

    // The experiment on the data at hand, with other members unless null.
    private string OnData(string text, string? members = null) =>
        string.Concat(SettingText.Split(text).Where(s => s.Key is not "strategy").Select(s => s.Key switch
        {
            "data" => $"data: {_data.Section}\n",
            "members" when members is not null => members,
            _ => string.Join('\n', s.Lines) + "\n",
        }));

    // A model of which the experiment file says nothing, in its own data and training.
    private string Around(SettingText file, string model) => Resolve(file.Compose(model, true, [([$"- {Template(model)}"], 0)], "{ name: supervised }"));

    private string Template(string model)
    {
        var options = ModelCatalogue.Entries.First(e => e.Name == model).Options;
        var tower = string.Join(", ", Options(_paper.Tower).Where(o => options.Has(o.Split(':')[0])));
        return $"{{ model: {model}{(tower.Length > 0 ? $", {tower}" : "")} }}";
    }

    // Split at commas outside brackets.
    private static string[] Options(string text) => System.Text.RegularExpressions.Regex.Split(text, @",\s*(?![^\[]*\])");

    private string Resolve(string text) => Parse(text, "the recipe's settings").Text;

    private Experiment Parse(string text, string source) =>
        Experiment.Parse(text, source, Directory.Exists(_request.Data) ? _request.Data : Path.GetDirectoryName(_request.Data)!);
}
