using System.Globalization;
using Consort.Data.Sources;
using Consort.Experiments.Running;
using Consort.Foundation.Files;

namespace Consort.Experiments.Updating;

/// <summary>What several ranks must have alike before they go on with days: their places may differ, names and contents may not.</summary>
internal static class UpdateAgreement
{
    /// <summary>Of one update, with the content of its rows: all ranks read them in batches of their own.</summary>
    public static (string Name, string Value)[] Of(UpdateRequest request) =>
    [
        .. RunEnvironment.WhatRanksShare(request.ShardTables, request.Wire, request.Resume),
        .. Facts(request.Options, "--"), ("--one-class", $"{request.OneClass}"),
        .. request.Data.Select((place, i) => ($"rows {NameOf(i, place)}", ContentOf(place))),
    ];

    /// <summary>Of the days of phases, before the training that they follow.</summary>
    public static IEnumerable<(string Name, string Value)> Of(IReadOnlyList<DayPhase> phases) => phases.Index().SelectMany(p =>
        Facts(p.Item.Options, $"{Phase(p.Index)}, ").Append(($"{Phase(p.Index)}, again", $"{p.Item.Again}"))
            .Append(($"{Phase(p.Index)}, one_class", $"{p.Item.OneClass}"))
            .Append(($"{Phase(p.Index)}, days", string.Join(", ", p.Item.Days.Select(d => d.Name)))));

    private static string Phase(int index) => string.Create(CultureInfo.InvariantCulture, $"days' phase {index + 1}");

    private static IEnumerable<(string Name, string Value)> Facts(UpdateOptions options, string before) =>
        UpdateOptions.Options.Write(options).Select(o => ($"{before}{(before == "--" ? o.Key.Replace('_', '-') : o.Key)}", $"{o.Value}"));

    private static string NameOf(int index, string place) => string.Create(CultureInfo.InvariantCulture,
        $"{index + 1}{(SourcePlace.IsFile(place) ? $", {Path.GetFileName(place)}" : "")}");

    private static string ContentOf(string place)
    {
        if (!SourcePlace.IsFile(place))
            return place;
        if (FileFacts.Of(place).Kind != FileKind.File)
            return "that are no file";
        using var file = File.OpenRead(place);
        return string.Create(CultureInfo.InvariantCulture, $"of {file.Length} bytes and XxHash128 {SeenRows.HashOf(file)}");
    }
}
