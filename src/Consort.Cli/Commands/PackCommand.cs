using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Packing;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Serving.Calibrations;
using Consort.Serving.Packages;

namespace Consort.Cli.Commands;

/// <summary>Makes one file of a run, to be scored anywhere.</summary>
internal sealed class PackCommand : ExampleCommand
{
    private const string Best = "best";
    private readonly Argument<string> _run = new("RUN") { Description = "The folder of a run." };
    private readonly Option<string> _out = Shared.Needed("--out", "FILE", "The package.", alias: "-o");
    private readonly Option<string?> _data =
        Shared.Text("--data", "DIR", "Where the rows that the run was trained on are now: their folder, or an encoded dataset of them.");
    private readonly Option<string?> _member =
        Shared.Text("--member", "N|best", "One member alone, counted from 0, or the best on the run's validation rows.");
    private readonly Option<bool> _ensemble =
        Shared.Flag("--ensemble", "All members and their fusion: what is packed unless told otherwise.");
    private readonly Option<string> _weights = Shared.TextOr("--weights", null, "Numbers of embedding tables: fp32, fp16 or int8.", "fp32")
        .AcceptOnlyFromAmong("fp32", "fp16", "int8");
    private readonly Option<string?> _calibration =
        Shared.Text("--calibration", "none|platt|isotonic", "From logits to probabilities, fitted on the run's validation rows: none, platt or isotonic; platt for a run that learned from teachers unless told otherwise.")
            .AcceptOnlyFromAmong("none", "platt", "isotonic");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public PackCommand(Terminal terminal) : base(
        "pack", "Pack a run into one file to score with: model, encoder, weights, calibration.", terminal,
        "pack runs/DeepFM-seed1 -o model.consort",
        "pack runs/kdef-seed1 -o model.consort --weights int8 --calibration isotonic",
        "pack runs/mutual-seed1 -o model.consort --member best")
    {
        Take(_run, _out, _data, _member, _ensemble, _weights, _calibration, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (output, json, member) = (arguments.GetRequiredValue(_out), arguments.GetValue(_json), arguments.GetValue(_member));
        var isBest = member == Best;
        JsonFile.Check(json);
        if (Directory.Exists(output))
            throw new ConsortException($"--out {output}: found a folder, expected the name of a file");
        if (FileFacts.Of(output).Kind == FileKind.File && new FileInfo(output).Length > 0 && !PackageHeader.IsAt(output))
            throw new ConsortException($"--out {output}: found a file that is no package, expected a new name, or a package to write over");
        Output.CheckApart("--out", output, arguments.GetRequiredValue(_run));
        Output.CheckApart("--json", json, arguments.GetRequiredValue(_run));
        Output.CheckApartFromOut(json, output);
        if (member is not null && arguments.GetValue(_ensemble))
            throw new ConsortException("--ensemble: found beside --member, expected one of them");
        var request = new PackRequest(arguments.GetRequiredValue(_run), output, arguments.GetValue(_threads))
        {
            Catalogues = Shared.Catalogues,
            Data = Shared.Existing(arguments.GetValue(_data)),
            Member = member is null || isBest ? null : NumberOf(member),
            BestMember = isBest,
            Weights = Enum.Parse<PackageWeights>(arguments.GetValue(_weights)!, ignoreCase: true),
            Calibration = arguments.GetValue(_calibration) is { } kind ? Enum.Parse<CalibrationKind>(kind, ignoreCase: true) : null,
            Encoding = arguments.GetValue(_quiet) ? null : new EncodingLine(Terminal.Status),
        };
        var result = RunPacker.Pack(request, Terminal.Cancellation);
        Terminal.Status.Clear();
        Shared.NoteUnfinished(Terminal, request.Run);
        JsonFile.Write(json, new Dictionary<string, object?>
        {
            ["bytes"] = result.Bytes,
            ["members"] = result.Members,
            ["weights"] = arguments.GetValue(_weights),
            ["calibration"] = result.Calibration.Kind.ToString().ToLowerInvariant(),
            ["splits"] = result.Splits.ToDictionary(s => s.Split, s => new Dictionary<string, double>
            {
                ["auc_run"] = s.Trained.Auc,
                ["auc"] = s.Packed.Auc,
                ["logloss_run"] = s.Trained.LogLoss,
                ["logloss"] = s.Packed.LogLoss,
                ["logloss_uncalibrated"] = (s.Uncalibrated ?? s.Packed).LogLoss,
                ["calibration_error_run"] = s.Trained.CalibrationError,
                ["calibration_error"] = s.Packed.CalibrationError,
            }),
        });
        Terminal.Output.WriteLine(string.Create(
            ShownNumbers.Culture, $"{output}: {string.Join(" + ", result.Members)}, {result.Bytes / 1e6:F1} MB, {arguments.GetValue(_weights)} tables"));
        if (result.Calibration.Kind == CalibrationKind.Platt)
            Terminal.Output.WriteLine(string.Create(ShownNumbers.Culture,
                $"Platt: p = sigmoid({result.Calibration.Slope:F4} z {result.Calibration.Intercept:+ 0.0000;- 0.0000})"));
        if (result.LacksCalibration)
            Shared.Notice(Terminal, $"{request.Run}: learned from teachers, so its probabilities may be off, and no rows are at hand to calibrate them by; name them with --data DIR");
        var (split, says) = result.Splits.Any(s => s.Split == "test")
            ? ("test", "the validation rows say of probabilities does not hold there")
            : ("validation", "one half of them says of probabilities does not hold for the other");
        // An update has no test rows: of its validation rows each half is judged by what the other half gives.
        if (result.Splits.LastOrDefault(s => s.Split is "valid" or "test") is { Uncalibrated.LogLoss: var plain } judged
            && judged.Packed.LogLoss > plain)
            Shared.Notice(Terminal, string.Create(ShownNumbers.Culture,
                $"calibration makes the log-loss of the {split} rows worse, {judged.Packed.LogLoss:F6} in place of {plain:F6}: what {says}; --calibration none packs without"));
        if (result.NotMeasured is { } reason)
            Terminal.Output.WriteLine($"what it costs was not measured: {reason}");
        else
            Terminal.Show(TableOf(result));
        return CommandLine.Success;
    }

    private static int NumberOf(string member) => int.TryParse(member, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number : throw new ConsortException($"--member: found \"{member}\", expected a number from 0 to 63 or best");

    private static ResultTable TableOf(PackResult result) => ResultTable.Of(
        result.Splits,
        new("", s => s.Split),
        new("AUC of the run", s => s.Trained.Auc, "F6"),
        new("of the package", s => s.Packed.Auc, "F6"),
        new("cost", s => s.Trained.Auc - s.Packed.Auc, "F6"),
        new("log-loss of the run", s => s.Trained.LogLoss, "F6"),
        new("of the package", s => s.Packed.LogLoss, "F6"),
        result.Calibration.Kind == CalibrationKind.None ? null : new("uncalibrated", s => s.Uncalibrated?.LogLoss, "F6"),
        new("calibration error", s => s.Trained.CalibrationError, "F5"),
        new("of the package", s => s.Packed.CalibrationError, "F5"));
}
