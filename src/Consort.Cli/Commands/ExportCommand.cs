using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Onnx;

namespace Consort.Cli.Commands;

/// <summary>Writes a run's model for other runtimes.</summary>
internal sealed class ExportCommand : ExampleCommand
{
    private const string Ensemble = "ensemble";
    private const string Best = "best";

    private readonly Argument<string> _run = new("RUN") { Description = "The folder of a run, or a package in fp32 with its calibration." };
    private readonly Option<bool> _onnx = Shared.Flag("--onnx", "As an ONNX model, the only form there is so far.");
    private readonly Option<string?> _out =
        Shared.Text("--out", "FILE", "The model's file; model.onnx in the run's folder, or beside the package, unless given.", alias: "-o");
    private readonly Option<string> _input = Shared.TextOr("--input", "raw|ids",
        "What the model is fed: raw values, an input a field, or the ids and numbers that the encoder makes.", "raw");
    private readonly Option<string> _member =
        Shared.TextOr("--member", "N|best|ensemble",
        "One member, counted from 0, or the best on the run's validation rows, or the ensemble of all.", Ensemble);
    private readonly Option<bool> _members = Shared.Flag("--members", "Also give each member's logit, as member_logits.");
    private readonly Option<int> _externalOver =
        Shared.Number<int>("--external-over", "Megabytes of weights over which the tables lie in a file beside the model.",
            (int)(OnnxOptions.DefaultExternalOver >> 20), 0, 1536, help: "MB");
    private readonly Option<string?> _json = Shared.Json();

    public ExportCommand(Terminal terminal) : base(
        "export", "Write a run's model for other runtimes.", terminal,
        "export runs/DeepFM-seed1 --onnx -o model.onnx",
        "export runs/kdef-seed1 --onnx --input ids --member 0",
        "export runs/mutual-seed1 --onnx --member best",
        "export model.consort --onnx")
    {
        Take(_run, _onnx, _out, _input, _member, _members, _externalOver, _json);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        if (!arguments.GetValue(_onnx))
            throw new ConsortException("export: found no form to write, expected --onnx");
        var form = arguments.GetValue(_input) switch
        {
            "raw" => OnnxInput.Raw,
            "ids" => OnnxInput.Ids,
            var other => throw new ConsortException($"--input: found {other}, expected raw or ids"),
        };
        var source = arguments.GetRequiredValue(_run);
        var isPackage = File.Exists(source);
        var path = arguments.GetValue(_out) ?? (isPackage ? Path.ChangeExtension(source, ".onnx") : Path.Combine(source, "model.onnx"));
        if (Directory.Exists(path))
            throw new ConsortException($"--out {path}: found a folder, expected the name of a file");
        Output.CheckApart("--out", path, source);
        Output.CheckApart("--json", json, source);
        Output.CheckApartFromOut(json, path);
        var options = new OnnxOptions
        {
            Input = form,
            WithMembers = arguments.GetValue(_members),
            ExternalOver = (long)arguments.GetValue(_externalOver) << 20,
        };
        var member = arguments.GetValue(_member)!;
        var summary = isPackage
            ? OnnxFile.Write(path, source, numbers => Places(member, numbers), options)
            : WriteRun(path, source, member, options, Terminal.Cancellation);
        if (!isPackage)
            Shared.NoteUnfinished(Terminal, source);
        Show(path, summary);
        JsonFile.Write(json, Json(path, summary));
        return CommandLine.Success;
    }

    private static OnnxSummary WriteRun(string path, string folder, string member, OnnxOptions options, CancellationToken cancellation)
    {
        using var run = new FinishedRun(folder, threads: 1, catalogues: Shared.Catalogues);
        if (member == Best)
            member = BestMember.Of(run, threads: 1, cancellation).ToString(CultureInfo.InvariantCulture);
        return OnnxFile.Write(path, new OnnxContent
        {
            Name = run.Experiment.Name,
            Graph = run.Graph,
            Store = run.Store,
            Encoder = run.Encoder,
            Members = member == Ensemble ? run.Served : Places(member, [.. Enumerable.Range(0, run.Graph.Outputs.Count)]),
            Fusion = run.Fusion,
            Options = options,
        });
    }

    // Where the wanted members stand among those that there are.
    private static int[] Places(string text, IReadOnlyList<int> numbers)
    {
        if (text == Ensemble)
            return [.. Enumerable.Range(0, numbers.Count)];
        for (var place = 0; place < numbers.Count; place++)
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number == numbers[place])
                return [place];
        throw new ConsortException(text == Best
            ? $"--member best: found a package, which does not say which of its members is best; expected {string.Join(", ", numbers)} or {Ensemble}"
            : $"--member: found {text}, expected {string.Join(", ", numbers)}, {Best} or {Ensemble}");
    }

    private void Show(string path, OnnxSummary summary)
    {
        var output = Terminal.Output;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {summary.Nodes:N0} nodes, {summary.Bytes / 1e6:F1} MB"));
        if (summary.ExternalFile is { } file)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{file} beside it: the tables, {summary.ExternalBytes / 1e6:F1} MB"));
        foreach (var group in summary.Inputs.GroupBy(i => $"{i.Type} {i.Shape}"))
            output.WriteLine($"input   {group.Key}: {string.Join(", ", group.Select(i => i.Name))}");
        foreach (var port in summary.Outputs)
            output.WriteLine($"output  {port.Type} {port.Shape}: {port.Name}, {port.Meaning}");
        foreach (var note in summary.Notes)
            output.WriteLine($"note: {note}");
    }

    private static object Json(string path, OnnxSummary summary) => new
    {
        Path = path,
        summary.Bytes,
        summary.Nodes,
        summary.ExternalFile,
        summary.ExternalBytes,
        Inputs = summary.Inputs.Select(Json),
        Outputs = summary.Outputs.Select(Json),
        summary.Notes,
    };

    private static object Json(OnnxPort port) => new { port.Name, port.Type, port.Shape, port.Meaning };
}
