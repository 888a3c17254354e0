using System.Text.Json;
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
public sealed record DemoRow(
    string Name, string Strategy, int Members, double Auc, double LogLoss, double RelaImp, IReadOnlyList<double> MemberAuc);

/// <summary>What the demonstration came to.</summary>
/// <param name="Seconds">From the first raw row to the report.</param>
/// <param name="Ceiling">The planted truth on the test split.</param>
/// <param name="Results">The table.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Report">The report's file.</param>
public sealed record DemoResult(double Seconds, CeilingResult Ceiling, IReadOnlyList<DemoRow> Results, string Folder, string Report)
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
            results = Results.Select(r => new
            {
                name = r.Name,
                strategy = r.Strategy,
                members = r.Members,
                auc = r.Auc,
                logloss = r.LogLoss,
                relaimp = r.RelaImp,
                member_auc = r.MemberAuc,
            }),
        },
        Json);

    /// <summary>The table.</summary>
    public ResultTable Table => ResultTable.Of(
        Results.Append(new DemoRow("planted truth", "best reachable", 0, Ceiling.Auc, Ceiling.LogLoss, double.NaN, [])),
        new("family", r => r.Name),
        new("strategy", r => r.Strategy),
        new("members", r => r.Members == 0 ? null : r.Members, "F0") { IsWide = true },
        new("AUC", r => r.Auc, "F6"),
        new("log-loss", r => r.LogLoss, "F6"),
        new("RelaImp", r => r.Members == 0 ? null : r.RelaImp, "+0.00 \\%;-0.00 \\%;0.00 \\%"),
        new("members' AUC", r => r.Members < 2 ? "" : string.Join(' ', r.MemberAuc.Select(a => a.ToString("F4", ShownNumbers.Culture))),
            ResultColumn.Right))
        with
    { Marked = [Results.Count] };

    /// <summary>The table as a page of Markdown.</summary>
    public string ToMarkdown() => string.Create(
        ShownNumbers.Culture,
        $"# Consort demonstration\n\nMeasured on the test split. RelaImp is against the mean AUC of the independent models.\n\n{MarkdownTable.Of(Table)}\n{Seconds:F0} s in all.\n");
}
