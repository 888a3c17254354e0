using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Studies.Search;

/// <summary>An experiment whose options are to be searched.</summary>
/// <param name="Experiment">What the search starts from.</param>
/// <param name="Search">Its section <c>search</c>, or null for where declarations say to look.</param>
/// <param name="Folder">Where the search is kept.</param>
/// <param name="Threads">At least 1, shared among the jobs.</param>
public sealed record TuneRequest(Experiment Experiment, OptionTree? Search, string Folder, int Threads) : ISearchLimits
{
    /// <summary>Minutes that it may take, the final runs among them; null for no limit, where <see cref="Trials"/> is one.</summary>
    public double? Minutes { get; init; }

    /// <summary>The most values that are tried; null for no limit.</summary>
    public int? Trials { get; init; }

    /// <summary>Runs side by side, 1 to <see cref="Threads"/>.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>The best of the search that are trained anew beside the start.</summary>
    public int Finalists { get; init; } = 3;

    /// <summary>Seeds of each of these, at least 1; a further one is begun while there is time.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>The most epochs of a run; null for the experiment's, and no more than 27.</summary>
    public int? Epochs { get; init; }

    /// <summary>Of the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <summary>Told a line about each step, or null.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Told lines that the user should see, or null.</summary>
    public Action<string>? Notice { get; init; }
}
