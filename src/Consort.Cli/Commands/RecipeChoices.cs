using System.CommandLine;
using System.Globalization;
using Consort.Boosting;
using Consort.Cli.Terminals;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Studies.Recipes;

namespace Consort.Cli.Commands;

/// <summary>What a user may choose of a recipe beside its data: each recipe says what it lets choose.</summary>
internal sealed class RecipeChoices
{
    private readonly Option<string?> _members = Shared.Text("--members", "LIST", "Numbers of members, such as 1,2,4.");
    private readonly Option<string?> _methods = Shared.Text("--methods", "LIST", "Ways of learning, such as mean,kdef.");
    private readonly Option<string?> _schema = Shared.Text("--schema", "NAME", "How raw rows look: a preset or a schema file.");
    private readonly Option<string?> _precision = Shared.Text("--precision", "NAME", "Operands of matrix multiplies, fp32 or bf16.");
    private readonly Option<int?> _epochs = Shared.NumberOrNone<int>("--epochs", "The most epochs of a run.", 1, 100_000);
    private readonly Option<double?> _rate = Shared.NumberOrNone<double>("--tuning-rate",
        "Learning rate of fine-tuning; a tenth of that of training unless given.", 1e-12, 1e3, help: "RATE");
    private readonly Option<string?> _settings = Shared.Text("--settings", "FILE",
        "An experiment file whose members, embeddings and training hold for all runs; its section data does not count.");
    private readonly Option<double?> _gain = Shared.NumberOrNone<double>("--least-gain",
        "The least difference of AUC that counts; 0.0005 unless given.", 0, 0.5, help: "AUC");
    private readonly Option<string?> _cluster = Shared.Text("--cluster", "FIELD",
        "A categorical column whose values are clusters of test rows, such as users: rows of one are not taken as independent.");
    private readonly Option<bool> _baseline =
        Shared.Flag("--baseline", "Also learn boosted trees (LightGBM) on the same rows, told in a line below the table.");
    private readonly Option<double?> _baselineMinutes = Shared.NumberOrNone<double>("--baseline-minutes",
        "Search how their trees are grown for so long, and set them beside the table tuned, too.", 0.01, 1e6, help: "NUMBER");
    private readonly Option<string?> _runs =
        Shared.Text("--runs", "DIR", "Folder of the runs, which recipes may share; runs/ below --out unless given.");

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> Options =>
        [_members, _methods, _schema, _precision, _epochs, _rate, _settings, _gain, _cluster, _baseline, _baselineMinutes, _runs];

    /// <summary>Puts what was chosen into a request.</summary>
    /// <param name="arguments">What was typed.</param>
    /// <param name="recipe">Of this recipe.</param>
    /// <param name="request">The request so far.</param>
    /// <param name="status">Where trees show how they grow; null for nowhere.</param>
    /// <exception cref="ConsortException">The recipe does not let it be chosen, or it is not to be had.</exception>
    public RecipeRequest Apply(ParseResult arguments, Recipe recipe, RecipeRequest request, StatusLine? status)
    {
        Check(_members, RecipeOptions.Members);
        Check(_methods, RecipeOptions.Methods);
        Check(_schema, RecipeOptions.AnyData);
        Check(_epochs, RecipeOptions.AnyData);
        Check(_rate, RecipeOptions.Tuning);
        Check(_settings, RecipeOptions.AnyData);
        if (!recipe.ComparesRows)
            Refuse(_gain, _cluster, _baseline, _baselineMinutes);
        var (settings, minutes) = (arguments.GetValue(_settings), arguments.GetValue(_baselineMinutes));
        if (settings is not null && !File.Exists(settings))
            throw new ConsortException($"--settings {settings}: file not found");
        return request with
        {
            Members = Numbers(arguments.GetValue(_members)),
            Methods = Words(arguments.GetValue(_methods), recipe.Methods),
            Schema = arguments.GetValue(_schema),
            Precision = Shared.PrecisionOf(arguments.GetValue(_precision)),
            Epochs = arguments.GetValue(_epochs),
            TuningRate = arguments.GetValue(_rate),
            Settings = settings is null ? null : Path.GetFullPath(settings),
            LeastGain = arguments.GetValue(_gain) ?? RecipeTable.UsualLeastGain,
            Cluster = arguments.GetValue(_cluster),
            Baseline = recipe.NeedsBaseline || arguments.GetValue(_baseline) || minutes is not null
                ? new LightGbmBaseline(new BoostingOptions(), status) : null,
            BaselineMinutes = minutes,
            Runs = arguments.GetValue(_runs) is { } runs ? Path.GetFullPath(runs) : null,
        };

        void Check(Option option, RecipeOptions needed)
        {
            if (!recipe.Options.HasFlag(needed))
                Refuse(option);
        }

        void Refuse(params Option[] options)
        {
            foreach (var option in options)
                if (arguments.GetResult(option) is { Implicit: false })
                    throw new ConsortException($"{option.Name}: found with {recipe.Name}, which has no such choice");
        }
    }

    /// <summary>A name that is none of those known.</summary>
    public static ConsortException Unknown(string what, string name, IReadOnlyList<string> known) =>
        new($"{what}: found \"{name}\", expected {(known.Count == 0 ? "none here" : "one of " + string.Join(", ", known))}{NearestWord.Hint(name, known)}");

    private static int[]? Numbers(string? list) => list is null ? null : [.. Split(list).Select(word =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= Family.MaxMembers
            ? number
            : throw new ConsortException($"--members: found \"{word}\", expected whole numbers from 1 to {Family.MaxMembers} with commas between")).Distinct().Order()];

    private static string[]? Words(string? list, IReadOnlyList<string> known) => list is null ? null : [.. Split(list).Select(word =>
        known.FirstOrDefault(k => k.Equals(word, StringComparison.OrdinalIgnoreCase)) ?? throw Unknown("--methods", word, known))
        .Distinct()];

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
