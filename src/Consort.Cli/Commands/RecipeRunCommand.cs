using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Foundation.Files;
using Consort.Learning.Training;
using Consort.Studies;
using Consort.Studies.Recipes;

namespace Consort.Cli.Commands;

/// <summary>Makes a published table again.</summary>
internal sealed class RecipeRunCommand : ExampleCommand
{
    private readonly Argument<string> _recipe = new("RECIPE") { Description = "Its name, as `recipe list` shows it." };
    private readonly Option<string> _data =
        Shared.Needed("--data", "PATH", "Folder of the data files or of an encoded dataset, a raw file, or an experiment file.");
    private readonly Option<int> _seeds = Shared.Number<int>("--seeds", "Runs of each setting.", 3, 1, 100);
    private readonly Option<string?> _model =
        Shared.Text("--model", "NAME", "Only this row of the table; of kdef recipes the model that families are made of.");

    private readonly RecipeChoices _choices = new();

    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the runs and the table; runs/<recipe> unless given.", alias: "-o");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<int> _jobs = Shared.Number<int>("--jobs", "Runs side by side, which share the threads.", 1, 1, 1024);
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public RecipeRunCommand(Terminal terminal) : base(
        "run", "Make a published table again. Finished runs are not repeated, a stopped one goes on.", terminal,
        "recipe run bars/frappe_x1 --data data/frappe_x1",
        "recipe run kdef/scaling --data data/frappe_x1 --members 1,2,4 --methods mean,kdef --seeds 4",
        "recipe run bars/frappe_x1 --model DeepFM --seeds 3 --data data/frappe_x1 --json table.json")
    {
        Take([_recipe, _data, _seeds, _model, .. _choices.Options, _out, _threads, _jobs, _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        Terminal.AfterStop = "the same call goes on from there";
        var recipe = Find(arguments.GetRequiredValue(_recipe));
        var data = arguments.GetRequiredValue(_data);
        var takesFiles = recipe.Options.HasFlag(RecipeOptions.AnyData);
        if (!takesFiles)
            Shared.RequireFolder(data);
        else if (!Directory.Exists(data) && !File.Exists(data))
            throw new ConsortException($"--data {data}: found neither folder nor file");
        if (FileFacts.Of(data).Kind is not (FileKind.File or FileKind.Folder))
            throw new ConsortException($"--data {data}: is a pipe or a device, which can be read only once, expected a file that can be read again; write it to a file first");
        var only = Row(recipe, arguments.GetValue(_model));
        var folder = arguments.GetValue(_out) ?? Path.Combine("runs", recipe.Name.Replace('/', '-'));
        var request = _choices.Apply(
            arguments, recipe, new RecipeRequest(Path.GetFullPath(data), arguments.GetValue(_seeds), only, Path.GetFullPath(folder))
            { Catalogues = Shared.Catalogues }, arguments.GetValue(_quiet) ? null : Terminal.Status);
        var progress = arguments.GetValue(_quiet) ? null : new Progress(Terminal.Status);
        var (threads, jobs) = (arguments.GetValue(_threads), arguments.GetValue(_jobs));
        if (jobs > threads)
            throw new ConsortException($"--jobs {jobs}: found more than the {threads} threads that they share, expected at most as many");
        Terminal.StopWithin(Shared.TimeToSave);
        var result = RecipeRunner.Run(recipe, request, threads, progress, Terminal.Cancellation, jobs);
        Terminal.Status.Clear();
        JsonFile.WriteText(json, result.ToJson());
        Terminal.Show(result.Results);
        if (result.Claims.Count > 0)
            Terminal.Show(result.ClaimTable);
        foreach (var note in result.Below)
            Terminal.Output.WriteLine(note);
        Terminal.Output.WriteLine($"table        {Path.Combine(Path.TrimEndingDirectorySeparator(folder), "results.md")}");
        return CommandLine.Success;
    }

    private static Recipe Find(string name) =>
        RecipeCatalogue.Default.Entries.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw RecipeChoices.Unknown("recipe", name, [.. RecipeCatalogue.Default.Entries.Select(r => r.Name)]);

    private static string? Row(Recipe recipe, string? name) => name is null ? null
        : recipe.Rows.FirstOrDefault(r => r.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw RecipeChoices.Unknown("--model", name, recipe.Rows);

    private sealed class Progress(StatusLine line) : IRecipeProgress
    {
        public IProgress<EncodeProgress>? Encoding { get; } = new EncodingLine(line);

        public IProgress<TrainingProgress>? Training { get; } = new TrainingLine(line);

        public void Keep(string text) => line.Keep(text);
    }
}
