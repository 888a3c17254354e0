using System.CommandLine;
using System.Globalization;
using Consort.Cli.Terminals;
using Consort.Import;

namespace Consort.Cli.Commands;

/// <summary>Turns an experiment of FuxiCTR into an experiment file and a schema file.</summary>
internal sealed class ImportFuxiCtrCommand : ExampleCommand
{
    private readonly Argument<string> _folder =
        new("FOLDER") { Description = "The folder with model_config.yaml and dataset_config.yaml, or with folders of these names." };
    private readonly Argument<string> _id = new("EXPID") { Description = "The experiment id." };
    private readonly Option<string?> _out =
        Shared.Text("--out", "FILE", "The experiment file to write; the schema goes beside it. EXPID.yaml unless given.", alias: "-o");
    private readonly Option<bool> _force = Shared.Flag("--force", "Replace files that are there already.");

    public ImportFuxiCtrCommand(Terminal terminal) : base(
        "fuxictr", "Turn an experiment of FuxiCTR or BARS into an experiment file; names each key that has no counterpart.", terminal,
        "import fuxictr FuxiCTR/model_zoo/DeepFM/DeepFM_torch/config DeepFM_default -o deepfm.yaml")
    {
        Take(_folder, _id, _out, _force);
    }

    protected override int Run(ParseResult arguments)
    {
        var id = arguments.GetRequiredValue(_id);
        var import = FuxiCtrImport.Read(arguments.GetRequiredValue(_folder), id, arguments.GetValue(_out) ?? $"{id}.yaml");
        import.Write(arguments.GetValue(_force));
        var output = Terminal.Output;
        Show("not carried over", import.Notes.Where(n => n.Loss == ImportLoss.Lost));
        Show("said in another way", import.Notes.Where(n => n.Loss == ImportLoss.Changed));
        foreach (var group in import.Notes.Where(n => n.Loss == ImportLoss.Unneeded).GroupBy(n => n.Reason))
            output.WriteLine($"not needed, {group.Key}: {string.Join(", ", group.Select(n => n.Key).Distinct())}");
        output.WriteLine($"experiment   {import.ExperimentPath}");
        if (import.SchemaPath is not null)
            output.WriteLine($"schema       {import.SchemaPath}");
        if (import.DataGap is { } gap)
            output.WriteLine($"data         to be filled in: {gap}");
        else if (!import.IsDataFound)
            output.WriteLine("data         found no training file where the configuration says; give its folder to train");
        var fill = import.DataGap is null ? "" : $"fill in the section data of {import.ExperimentPath}, then ";
        var data = import.IsDataFound || import.DataGap is not null ? "" : " --data FOLDER";
        output.WriteLine($"next         {fill}{Terminal.Command} train {Shell.Quote(import.ExperimentPath)}{data}");
        return CommandLine.Success;
    }

    private void Show(string title, IEnumerable<ImportNote> notes)
    {
        var some = notes.ToArray();
        if (some.Length == 0)
            return;
        Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title} ({some.Length}):"));
        foreach (var note in some)
            Terminal.Output.WriteLine($"  {note.Key}: {note.Value} ({note.Where}): {note.Reason}");
    }
}
