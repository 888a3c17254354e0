using Consort.Data.Growth;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Daily;

/// <summary>
/// Days in their order, each scored before anything is trained on it: what it is worth to retrain or to update, for a model and for a
/// family.
/// </summary>
internal sealed class DailyReplay : Recipe
{
    private const string Single = "single", Family = "family";
    private const int Members = 4;

    public override string Name => "daily/replay";

    public override string Summary => "never retrained, retrained and updated models, day by day";

    public override string Source => "progressive validation, Blum et al. 1999; ours";

    public override IReadOnlyList<string> Rows { get; } = [Single, Family];

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods | RecipeOptions.Tuning;

    public override IReadOnlyList<string> Methods { get; } = [.. DailyWay.Ways.Select(w => w.Name)];

    /// <summary>The models of the first day; what becomes of them is made out of them.</summary>
    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request) => Plan(request, DaysOf(request));

    private List<RecipeRun> Plan(RecipeRequest request, IReadOnlyList<string> days) =>
        [.. Rows.Where(r => request.Only is null || request.Only == r).SelectMany(row => Enumerable.Range(1, request.Seeds).Select(seed =>
            new RecipeRun($"{row}-seed{seed}-first", row, (ulong)seed, On(SettingsOf(request, row), days.Take(1)))))];

    public override RecipeTable? Make(RecipeRequest request, int threads, IRecipeProgress? progress, CancellationToken cancellation)
    {
        var days = Cut(request, cancellation);
        if (days.Count < 2)
            throw new ConsortException($"--data {request.Data}: found rows of one day, expected several days");
        var lines = new List<DailyLine>();
        foreach (var model in Plan(request, days).GroupBy(r => r.Row))
        {
            var ways = DailyWay.Ways.Where(w => request.Asks(w.Name)).ToArray();
            var scores = ways.ToDictionary(w => w, _ => new List<IReadOnlyList<DailyScore>>());
            foreach (var first in model)
            {
                var pass = new DailyPass(
                    request, first, days, before => On(SettingsOf(request, first.Row), before), threads, progress, cancellation);
                foreach (var way in ways)
                    scores[way].Add(pass.Run(way));
            }

            lines.AddRange(ways.Select(w => new DailyLine(model.Key, w, scores[w])));
        }

        DailyPage.Write(request.Folder, lines);
        return RecipeTable.Of($"{Name}: {Summary}", lines, DailyLine.Columns, Notes);
    }

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes) =>
        throw new InvalidOperationException("its runs follow from each other");

    private static IReadOnlyList<string> Notes { get; } =
    [
        "Each day from the second on is scored by models that have seen the days before it alone, then trained on. Numbers are means over days and seeds; short of the best and above the best are against the true click probabilities, where they are known. Seconds are those of making a day's model: reading, encoding, training and its evaluation; of updates also scoring the day before it. The days one by one: results.json, and daily.html.",
    ];

    // Files of a day each; rows of one file are cut by their times.
    private static IReadOnlyList<string> Cut(RecipeRequest request, CancellationToken cancellation)
    {
        var files = DaysOf(request);
        return files.Count > 1 ? files : DayFiles.Write(files, First(request).Data!.Schema!, Path.Combine(request.Folder, "days"),
            request.Catalogues.Of(SourceCatalogue.BuiltIn), cancellation);
    }

    private static IReadOnlyList<string> DaysOf(RecipeRequest request) =>
        First(request).Data?.Split?.Files
        ?? throw new ConsortException($"--data {request.Data}: found encoded rows, expected raw ones, a file a day");

    // The family of the experiment; where it has one member, several of them that learn by themselves.
    private static OptionTree SettingsOf(RecipeRequest request, string row)
    {
        var single = First(request).Options;
        if (row == Single)
            return single;
        var file = request.Data.EndsWith("ml", StringComparison.Ordinal) && File.Exists(request.Data) ? request.Data : request.Settings;
        if (file is not null && Experiment.Load(file, catalogues: request.Catalogues) is { Family.Members.Count: > 1 } given)
            return request.Epochs is { } epochs ? given.Options.With("training.epochs", epochs) : given.Options;
        return single.Family(Family, isShared: false, OptionTree.Keys(("name", "supervised")),
            Enumerable.Repeat(single.Members()[0], Members));
    }

    // A tenth of the rows chooses the best weights, as of an update.
    private static OptionTree On(OptionTree settings, IEnumerable<string> days)
    {
        var data = OptionTree.Keys(("schema", settings["data.schema"]), ("source", OptionTree.List(days)), ("by", "seed"), ("seed", 1),
            ("shares", OptionTree.List(0.9, 0.1, 0)));
        return settings.With("data", settings.Find("data.sample") is { } sample ? data.With("sample", sample) : data);
    }

    // With the model that the experiment names first.
    private static Experiment First(RecipeRequest request)
    {
        var settings = request.Memory.Of("daily", () => new RecipeSettings(request, PaperSettings.Kdef));
        return settings.Of(settings.FirstModel ?? "DeepFM");
    }
}
