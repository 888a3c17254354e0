using Consort.Experiments.Statistics;

namespace Consort.Studies.Search;

/// <summary>A setting that was trained with several seeds after the search.</summary>
/// <param name="Name"><c>start</c>, or the trial it comes from.</param>
/// <param name="Values">Of the options that were searched, by path.</param>
/// <param name="Score">Mean over seeds of what was searched by, on the validation rows that the search has seen.</param>
/// <param name="Auc">Mean over seeds, on the validation rows that it has not seen.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="TestAuc">Mean over seeds on the test rows; null where there are none.</param>
/// <param name="Deviation">Of <paramref name="Auc"/> over seeds; NaN of one.</param>
public sealed record TunedSetting(string Name, IReadOnlyDictionary<string, string> Values, double Score, double Auc, double LogLoss,
    double? TestAuc, double Deviation);

/// <summary>What a search came to.</summary>
/// <param name="Trials">Values that were tried.</param>
/// <param name="Failed">Those that could not be trained.</param>
/// <param name="Seconds">That all of it has taken.</param>
/// <param name="Start">The experiment as it stood.</param>
/// <param name="Best">The best by what was searched by; the start where nothing is better.</param>
/// <param name="Settings">Start and finalists, the best first.</param>
/// <param name="Auc">Best minus start on rows that the search has not seen, over seeds and rows; null where they are one, or rows cannot
/// tell.</param>
/// <param name="LogLoss">Likewise, over rows.</param>
/// <param name="BestFile">The experiment of the best, ready to train.</param>
/// <param name="Page">The report.</param>
public sealed record TuneResult(int Trials, int Failed, double Seconds, TunedSetting Start, TunedSetting Best,
    IReadOnlyList<TunedSetting> Settings, Comparison? Auc, Comparison? LogLoss, string BestFile, string Page)
{
    internal static TuneResult Of(FinalResult finals, SearchSpace space, SearchLog log, SearchFolder folder) =>
        new(log.Trials.Count, log.Trials.Count(t => t.Failure is not null), log.Seconds, finals.Start, finals.Best, finals.Settings,
            finals.Auc, finals.LogLoss, folder.Best, folder.Page)
        {
            Seeds = finals.Seeds,
            Importance = [.. Search.Importance.Of(space, log.Trials).Select(i => KeyValuePair.Create(i.Path, i.Share))],
        };

    /// <summary>Seeds of each setting: as many as there was time for.</summary>
    public int Seeds { get; init; }

    /// <summary>Whether the best is surely better than the start, surely worse, or cannot be told from it.</summary>
    public string Verdict => Auc switch
    {
        { Low: > 0 } => "is better than the start",
        { High: < 0 } => "is worse than the start",
        _ => "cannot be told from the start",
    };

    /// <summary>What the interval of <see cref="Auc"/> is over.</summary>
    public string Over => Seeds > 1 ? "new seeds and rows" : "new rows, one seed";

    /// <summary>How much of what the trials differ by goes with each option, the most first.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Importance { get; init; } = [];
}
