namespace Consort.Studies.Search;

/// <summary>How far a search goes, whatever it searches.</summary>
internal interface ISearchLimits
{
    /// <summary>Minutes that it may take, the final runs among them; null for no limit.</summary>
    double? Minutes { get; }

    /// <summary>The most values that are tried; null for no limit.</summary>
    int? Trials { get; }

    /// <summary>Trials side by side, at least 1.</summary>
    int Jobs { get; }

    /// <summary>The best of the search that are made anew beside the start.</summary>
    int Finalists { get; }

    /// <summary>Seeds of each of these, at least 1; a further one is begun while there is time.</summary>
    int Seeds { get; }

    /// <summary>Of the draws.</summary>
    ulong Seed { get; }

    /// <summary>Told a line about each step, or null.</summary>
    Action<string>? Progress { get; }

    /// <summary>Told lines that the user should see, or null.</summary>
    Action<string>? Notice { get; }
}
