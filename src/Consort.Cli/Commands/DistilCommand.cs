using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Learning.Strategies;
using Consort.Studies.Distilling;

namespace Consort.Cli.Commands;

/// <summary>Distils finished runs into one small model.</summary>
internal sealed class DistilCommand : ExampleCommand
{
    private readonly Argument<string[]> _runs =
        new("RUN") { Description = "Folders of finished runs, which teach.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _model = Shared.Text("--model", "NAME",
        "The student; unless given here or by --experiment, what most of the teachers' members are.");
    private readonly Option<string?> _experiment =
        Shared.Text("--experiment", "FILE", "An experiment with one member, whose model, embeddings and training the student has.");
    private readonly Option<string?> _data = Shared.Text("--data", "DIR", "Where the teachers' data lie now.");
    private readonly Option<string?> _out = Shared.Text("--out", "DIR", "The student's run folder.", alias: "-o");
    private readonly Option<string?> _distance = Shared.Text(
        "--distance", "NAME", "How far the student is from its teachers: mse_logit (what keeps most), mse, soft.");
    private readonly Option<double?> _temperature = Number("--temperature", "T of soft labels; implies --distance soft.", 0.01, 1000);
    private readonly Option<double?> _weight = Number("--weight", "Weight of the teachers' term.", 0, 1000);
    private readonly Option<double?> _labelWeight = Number("--label-weight", "Weight of the labels' term.", 0, 1000);
    private readonly Option<string?> _gate =
        Shared.Text("--gate", "NAME", "How much each of several teachers counts: none, label, learned.");
    private readonly Option<double?> _l2Share =
        Number("--l2-share", "The student's L2 on embeddings as a share of the members'.", 0, 100);
    private readonly Option<string> _start =
        Shared.TextOr("--start", null, "What the student's weights start from: drawn anew, the teacher's tables, or the best single model of its kind behind it.",
            "fresh").AcceptOnlyFromAmong("fresh", "table", "member");
    private readonly Option<int> _labelEpochs =
        Shared.Number("--label-epochs", "Epochs by labels alone afterwards; undone where they only harm.", 0, 0, 100_000);
    private readonly Option<double?> _labelRate =
        Number("--label-rate", "Their learning rate; a hundredth of the first unless given.", 1e-12, 1000);
    private readonly Option<bool> _try = Shared.Flag("--try", "Try several ways and keep the best on validation rows.");
    private readonly Option<double?> _budget = Number("--budget", "With --try: minutes after which no further way is begun.", 0, 1e6);
    private readonly Option<bool> _auxiliaryHead = Shared.Flag(
        "--auxiliary-head", "Teachers teach a second head of the student, and labels alone the one that is served.");
    private readonly Option<bool> _keepDropout =
        Shared.Flag("--keep-dropout", "The student has the members' dropout, which costs most of the gain.");
    private readonly Option<bool> _alone =
        Shared.Flag("--alone", "Also train the student by labels alone, to tell how much of the gain stays.");
    private readonly Option<int?> _epochs = Shared.NumberOrNone<int>("--epochs", "The most epochs.", 1, 100_000);
    private readonly Option<long?> _seed = Shared.NumberOrNone<long>("--seed", "The student's seed.", 0L, long.MaxValue);
    private readonly Option<string?> _precision = Shared.Text("--precision", "NAME", "Operands of matrix multiplies, fp32 or bf16.");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DistilCommand(Terminal terminal) : base(
        "distil", "Distil finished runs into one small model, and set it beside them.", terminal,
        "distil runs/kdef-seed1 --model DeepFM --alone",
        "distil runs/kdef-seed1 runs/mutual-seed1 --experiment student.yaml --temperature 2 --gate label")
    {
        Take(_runs, _model, _experiment, _data, _out, _distance, _temperature, _weight, _labelWeight, _gate, _auxiliaryHead, _keepDropout,
            _l2Share, _start,
            _labelEpochs, _labelRate, _try, _budget, _alone, _epochs, _seed, _precision, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        Output.CheckApart("--json", json, arguments.GetRequiredValue(_runs));
        Terminal.AfterStop = "the same call goes on from there";
        var file = arguments.GetValue(_experiment);
        if (arguments.GetValue(_gate) is not (null or "none" or "label" or "learned") and var gate)
            throw new ConsortException($"--gate: found \"{gate}\", expected none, label or learned");
        if (arguments.GetValue(_try)
            && Given(arguments, [_distance, _temperature, _weight, _labelWeight, _labelEpochs, _labelRate]) is { } own)
            throw new ConsortException($"{own}: found beside --try, which tries its own, expected one of them");
        if (arguments.GetValue(_auxiliaryHead) && Given(arguments, [_try, _labelEpochs, _start]) is { } beside)
            throw new ConsortException($"{beside}: found beside --auxiliary-head, expected one of them");
        if (arguments.GetValue(_labelEpochs) == 0 && arguments.GetValue(_labelRate) is not null)
            throw new ConsortException("--label-rate: found without --label-epochs, expected it beside");
        if (arguments.GetValue(_weight) == 0 && arguments.GetValue(_labelWeight) == 0)
            throw new ConsortException("--weight 0: found beside --label-weight 0, which leaves nothing to learn from; expected one of them above 0");
        if (!arguments.GetValue(_try) && arguments.GetValue(_budget) is not null)
            throw new ConsortException("--budget: found without --try, expected it beside");
        var model = arguments.GetValue(_model)
            ?? (file is null ? DistilRun.StudentOf(arguments.GetRequiredValue(_runs), Shared.Catalogues) : null);
        var folder = arguments.GetValue(_out) ?? Path.Combine("runs", $"distil-{model ?? Path.GetFileNameWithoutExtension(file)}");
        var quiet = arguments.GetValue(_quiet);
        Terminal.StopWithin(Shared.TimeToSave);
        var result = DistilRun.Run(
            new DistilRequest(arguments.GetRequiredValue(_runs), model, folder, arguments.GetValue(_threads))
            {
                Catalogues = Shared.Catalogues,
                ExperimentFile = file,
                Data = arguments.GetValue(_data),
                Distance = DistanceOf(arguments.GetValue(_distance)),
                Temperature = arguments.GetValue(_temperature),
                Weight = arguments.GetValue(_weight),
                LabelWeight = arguments.GetValue(_labelWeight),
                Gate = arguments.GetValue(_gate),
                AuxiliaryHead = arguments.GetValue(_auxiliaryHead),
                L2Share = arguments.GetValue(_l2Share),
                Start = Enum.Parse<StudentStart>(arguments.GetValue(_start)!, ignoreCase: true),
                LabelEpochs = arguments.GetValue(_labelEpochs),
                LabelRate = arguments.GetValue(_labelRate),
                Tries = arguments.GetValue(_try),
                BudgetMinutes = arguments.GetValue(_budget),
                KeepDropout = arguments.GetValue(_keepDropout),
                Alone = arguments.GetValue(_alone),
                Epochs = arguments.GetValue(_epochs),
                Seed = (ulong?)arguments.GetValue(_seed),
                Precision = Shared.PrecisionOf(arguments.GetValue(_precision)),
                Encoding = quiet ? null : new EncodingLine(Terminal.Status),
                Training = quiet ? null : new TrainingLine(Terminal.Status),
                Notice = line => Shared.Notice(Terminal, line),
            },
            Terminal.Cancellation);
        Terminal.Status.Clear();
        Show(result, folder);
        JsonFile.Write(json, Json(result));
        return CommandLine.Success;
    }

    private static Option<double?> Number(string name, string description, double min, double max) =>
        Shared.NumberOrNone<double>(name, description, min, max, help: "NUMBER");

    private static TeacherDistance? DistanceOf(string? name) => name switch
    {
        null => null,
        "mse_logit" => TeacherDistance.Logit,
        "mse" => TeacherDistance.Probability,
        "soft" or "soft_label" => TeacherDistance.SoftLabel,
        _ => throw new ConsortException($"--distance: found \"{name}\", expected mse_logit, mse or soft"),
    };

    private static string? Given(ParseResult arguments, Option[] options) =>
        options.FirstOrDefault(o => arguments.GetResult(o) is { Implicit: false })?.Name;

    private void Show(DistilResult result, string folder)
    {
        if (result.Tried.Count > 0)
            Terminal.Show(ResultTable.Of(
                result.Tried, new("tried", t => t.Name), new("valid AUC", t => t.ValidAuc, "F6"),
                new("log-loss", t => t.ValidLogLoss, "F6"), new("s", t => t.Seconds, "F0"), new("kept", t => t.IsBest ? "yes" : "")));
        Terminal.Show(ResultTable.Of(
            Lines(result), new("", l => l.Name), new($"{result.Split} AUC", l => l.Auc, "F6"), new("log-loss", l => l.LogLoss, "F6"),
            new("parameters", l => l.Parameters, "N0")));
        if (result.Split != "test")
            Terminal.Output.WriteLine("no test rows: these are of the validation rows, which also chose the student's weights");
        if (result.ToTeacher is { } teacher)
            Terminal.Output.WriteLine(Text(
                $"student − teacher        {teacher.AucText}, p {teacher.PValue:G2}"));
        if (result.ToAlone is { } alone)
            Terminal.Output.WriteLine(Text(
                $"student − student alone  {alone.AucText}, p {alone.PValue:G2}"));
        var against = result.Alone is not null ? "the student alone" : "its members alone";
        if (result.Kept is { } kept)
            Terminal.Output.WriteLine($"of the teacher's gain over {against}, {Percent(kept)} stay{(
                result.Share is { } share ? $" (95 %: {Percent(share.Low)} to {Percent(share.High)})" : "")}");
        else if (result.Gain is { } gain)
            Terminal.Output.WriteLine(Text(
                $"of the teacher's gain over {against}, – stay: the gain is {gain.AucText}, which may be none"));
        else if (result.Alone is null)
            Terminal.Output.WriteLine("how much of a gain stays: --alone sets the student beside one of labels alone");
        if (result.Calibration is { } calibration)
            Terminal.Output.WriteLine(Text(
                $"predicted / observed clicks: {calibration.Valid:F4} valid{Of(calibration.Test)}; calibrated by Platt {calibration.ValidCalibrated:F4} valid{Of(calibration.TestCalibrated)}, as consort pack does by default"));
        Terminal.Output.WriteLine($"student      {folder}");

        static string Of(double? test) => test is { } ratio ? Text($", {ratio:F4} test") : "";
    }

    private static IEnumerable<DistilLine> Lines(DistilResult result) =>
        new[] { result.Teacher, result.Student, result.Alone, result.Members }.OfType<DistilLine>();

    private static Dictionary<string, object?> Json(DistilResult result)
    {
        var json = new Dictionary<string, object?>();
        foreach (var (key, line) in new[]
        {
            ("teacher", result.Teacher), ("student", result.Student), ("alone", result.Alone), ("members", result.Members),
        })
            if (line is not null)
                json[key] = new Dictionary<string, object>
                {
                    ["auc"] = line.Auc,
                    ["logloss"] = line.LogLoss,
                    ["parameters"] = line.Parameters,
                };
        json["split"] = result.Split;
        json["auc_to_teacher"] = result.ToTeacher?.Difference;
        json["auc_to_teacher_p"] = result.ToTeacher?.PValue;
        json["auc_to_alone"] = result.ToAlone?.Difference;
        json["auc_to_alone_p"] = result.ToAlone?.PValue;
        json["gain"] = result.Gain?.Difference;
        json["gain_low"] = result.Gain?.Low;
        json["gain_high"] = result.Gain?.High;
        json["kept"] = result.Kept;
        json["kept_low"] = result.Share?.Low;
        json["kept_high"] = result.Share?.High;
        json["kept_of"] = result.Alone is not null ? "alone" : result.Members is not null ? "members" : null;
        json["tried"] = result.Tried.Count == 0 ? null : result.Tried.Select(t => new Dictionary<string, object?>
        {
            ["name"] = t.Name,
            ["valid_auc"] = t.ValidAuc,
            ["valid_logloss"] = t.ValidLogLoss,
            ["seconds"] = t.Seconds,
            ["kept"] = t.IsBest,
        });
        json["calibration"] = result.Calibration is not { } calibration ? null : new Dictionary<string, double?>
        {
            ["valid"] = calibration.Valid,
            ["valid_calibrated"] = calibration.ValidCalibrated,
            ["test"] = calibration.Test,
            ["test_calibrated"] = calibration.TestCalibrated,
            ["slope"] = calibration.Platt.Slope,
            ["intercept"] = calibration.Platt.Intercept,
        };
        return json;
    }

    private static string Percent(double share) => Text($"{share:P0}").Replace('-', '−');

    private static string Text(FormattableString text) => text.ToString(ShownNumbers.Culture);
}
