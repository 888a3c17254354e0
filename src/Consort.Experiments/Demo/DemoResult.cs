using System.Text.Json;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Learning.Training;

namespace Consort.Experiments.Demo;

/// <summary>One line of the demonstration's table, measured on the test split.</summary>
/// <param name="Name">The model, or the family.</param>
/// <param name="Strategy">How it learned.</param>
/// <param name="Members">How many members it has.</param>
/// <param name="Auc">Of the ensemble.</param>
/// <param name="LogLoss">Of the ensemble, in nats.</param>
/// <param name="RelaImp">Per cent, against the mean AUC of the independent members.</param>
/// <param name="MemberAuc">Of each member.</param>
internal sealed record DemoRow(
    string Name, string Strategy, int Members, double Auc, double LogLoss, double RelaImp, IReadOnlyList<double> MemberAuc)
{
    /// <summary>Its AUC minus that of the taught model by itself, over the test rows; null for members of a family.</summary>
    public Comparison? AboveAlone { get; init; }
}

/// <summary>What one model keeps of the gain of averaging a family, over the test rows.</summary>
/// <param name="Name">The model that was taught.</param>
/// <param name="Auc">Its AUC.</param>
/// <param name="AloneAuc">That of the same model by itself, tuned.</param>
/// <param name="AverageAuc">That of the family averaged.</param>
/// <param name="Kept">(Auc − AloneAuc) / (AverageAuc − AloneAuc) with its 95 % interval; null where the gain may be nothing.</param>
internal sealed record DemoTaught(string Name, double Auc, double AloneAuc, double AverageAuc, Share? Kept);

/// <summary>What the demonstration came to.</summary>
/// <param name="Seconds">From the first raw row to the report.</param>
/// <param name="Ceiling">The planted truth on the test split.</param>
/// <param name="Results">The table.</param>
/// <param name="Taught">What one model keeps.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Report">The report's file.</param>
internal sealed record DemoResult(
    double Seconds, CeilingResult Ceiling, IReadOnlyList<DemoRow> Results, DemoTaught Taught, string Folder, string Report)
{
    private static readonly JsonSerializerOptions Json = JsonNumbers.In(new JsonSerializerOptions
    {
        WriteIndented = true,
    });

    /// <summary>The result for machines; the keys stay as they are.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            seconds = Math.Round(Seconds, 1),
            ceiling = new { auc = Ceiling.Auc, logloss = Ceiling.LogLoss },
            taught = new
            {
                name = Taught.Name,
                auc = Taught.Auc,
                alone_auc = Taught.AloneAuc,
                average_auc = Taught.AverageAuc,
                kept = Taught.Kept?.Value,
                low = Taught.Kept?.Low,
                high = Taught.Kept?.High,
            },
            results = Results.Select(r => new
            {
                name = r.Name,
                strategy = r.Strategy,
                members = r.Members,
                auc = r.Auc,
                logloss = r.LogLoss,
                relaimp = r.RelaImp,
                member_auc = r.MemberAuc,
                above_alone = r.AboveAlone?.Difference,
                above_alone_low = r.AboveAlone?.Low,
                above_alone_high = r.AboveAlone?.High,
            }),
        },
        Json);

    /// <summary>The table.</summary>
    public ResultTable Table => ResultTable.Of(
        Results.Append(new DemoRow("planted truth", "best reachable", 0, Ceiling.Auc, Ceiling.LogLoss, double.NaN, [])),
        new("family", r => r.Name),
        new("how it learned", r => r.Strategy),
        new("towers to score", r => r.Members == 0 ? null : r.Members, "F0"),
        new("AUC", r => r.Auc, "F5"),
        new($"above {Taught.Name} alone", r => r.AboveAlone?.Difference, "+0.00000;-0.00000"),
        new("95 %", r => r.AboveAlone is { } a ? $"{Signed(a.Low)} … {Signed(a.High)}" : "", ResultColumn.Right),
        new("log-loss", r => r.LogLoss, "F5"),
        new("RelaImp", r => r.Members == 0 ? null : r.RelaImp, "+0.00 \\%;-0.00 \\%;0.00 \\%") { IsWide = true },
        new("members' AUC", r => r.Members < 2 ? "" : string.Join(' ', r.MemberAuc.Select(a => a.ToString("F4", ShownNumbers.Culture))),
            ResultColumn.Right)
        { IsWide = true })
        with
    { Marked = [Results.Count] };

    /// <summary>What the table says, in sentences.</summary>
    public IReadOnlyList<string> Findings =>
    [
        KeptSentence,
        .. MutualIsIndependent
            ? ["The rows of mutual fine-tuning are those of the models as they came: none of its epochs was better on the validation rows, so the best one is that before the first step. It takes more --rows to gain."]
            : Array.Empty<string>(),
        $"A family pays where averaging models gains on rows they have not seen{(Taught.Kept is null ? "" : ", as here")}; a model taught by it then scores at the cost of one.",
    ];

    // A phase keeps its best weights, those it began with among them.
    private bool MutualIsIndependent => Results.Where(r => r.Name == DemoFiles.AveragedName).ToArray() is [var before, var after]
        && before.Auc == after.Auc && before.LogLoss == after.LogLoss && before.MemberAuc.SequenceEqual(after.MemberAuc);

    // Without the minus of a number that rounds to none.
    private static string Signed(double number) =>
        (Math.Round(number, 4) is var rounded && rounded == 0 ? 0 : rounded).ToString("+0.0000;-0.0000;0.0000", ShownNumbers.Culture);

    private string KeptSentence => Taught.Kept is { IsBounded: true } kept
        ? string.Create(ShownNumbers.Culture, $"One {Taught.Name} taught by the averaged models keeps {kept.Value:P0} of what averaging them gains ({kept.Low:P0} … {kept.High:P0} over test rows), and costs one model to score.")
        : "On so few test rows the gain of averaging is not told from nothing, so that no share of it can be said; try more --rows.";

    /// <summary>The table as a page of Markdown.</summary>
    public string ToMarkdown() => string.Create(
        ShownNumbers.Culture,
        $"# Consort demonstration\n\nMeasured on the test split; intervals are of 95 % over its rows (DeLong, Fieller). RelaImp is against the mean AUC of the independent models.\n\n{MarkdownTable.Of(Table)}\n{string.Join("\n\n", Findings)}\n\n{Seconds:F0} s in all.\n");
}
