using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Studies.Reports;

namespace Consort.Cli.Commands;

/// <summary>Makes a page of runs: tables, plots, and what they say.</summary>
internal sealed class ReportCommand : ExampleCommand
{
    private readonly Argument<string[]> _runs =
        new("RUN") { Description = "Run folders, folders of runs, folders of recipes, or what `consort baseline --json` has written.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _out =
        Shared.TextOr("--out", "FILE", "The HTML page; Markdown and CSV files are written beside it.", "report.html", alias: "-o");
    private readonly Option<string?> _title = Shared.Text("--title", "TEXT", "The page's heading.");
    private readonly Option<string?> _baseline =
        Shared.Text("--baseline", "NAME", "The setting or run that others are compared with; the best single model unless given.");
    private readonly Option<string?> _tensorBoard =
        Shared.Text("--tensorboard", "DIR", "Also write event files for TensorBoard there, a folder a run.");
    private readonly Option<string?> _json = Shared.Json();

    public ReportCommand(Terminal terminal) : base(
        "report", "Make one page of runs: tables, plots, and what they say.", terminal,
        "report runs/kdef runs/mean --out report.html",
        "report runs/bars-frappe_x1 --title \"Frappe\" --tensorboard logs")
    {
        Take(_runs, _out, _title, _baseline, _tensorBoard, _json);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var page = arguments.GetRequiredValue(_out);
        if (page.Length == 0 || Directory.Exists(page))
            throw new ConsortException($"--out {page}: found a folder, expected the name of a file such as report.html");
        if (Path.GetExtension(page) is not (".html" or ".htm"))
            throw new ConsortException($"--out {page}: expected a name that ends in .html");
        var board = arguments.GetValue(_tensorBoard);
        if (board is not null && File.Exists(board))
            throw new ConsortException($"--tensorboard {board}: found a file, expected a folder");
        var result = StudyReport.Write(new StudyRequest(
            arguments.GetRequiredValue(_runs), page, arguments.GetValue(_title), arguments.GetValue(_baseline), board));
        JsonFile.Write(json, result);
        foreach (var finding in result.Findings)
            Terminal.Output.WriteLine(finding);
        Terminal.Output.WriteLine();
        foreach (var file in result.Files)
            Terminal.Output.WriteLine($"written      {file}");
        if (board is not null)
            Terminal.Output.WriteLine($"written      {result.EventFiles} event files; see them with: tensorboard --logdir {board}");
        return CommandLine.Success;
    }
}
