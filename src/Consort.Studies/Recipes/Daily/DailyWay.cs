namespace Consort.Studies.Recipes.Daily;

/// <summary>What becomes of a model from day to day.</summary>
/// <param name="Name">What <c>--methods</c> calls it.</param>
/// <param name="Text">What the table calls it.</param>
internal sealed record DailyWay(string Name, string Text)
{
    /// <summary>The model of the first day.</summary>
    public static DailyWay Never { get; } = new("never", "never retrained");

    /// <summary>A new model on the rows of the day before.</summary>
    public static DailyWay Day { get; } = new("scratch-day", "from scratch, the day before alone");

    /// <summary>A new model on the rows of all days before.</summary>
    public static DailyWay All { get; } = new("scratch-all", "from scratch, all days before");

    /// <summary><c>consort update</c>.</summary>
    public static DailyWay Updated { get; } = new("updated", "updated");

    /// <summary>The same, forgetting tokens that have not come for <see cref="MaxAge"/> days.</summary>
    public static DailyWay Evicting { get; } = new("updated-evicting", "updated, ids of 3 days' absence dropped");

    /// <summary>For how many days a token may stay away.</summary>
    public const int MaxAge = 3;

    /// <summary>All, in the order of the table.</summary>
    public static IReadOnlyList<DailyWay> Ways { get; } = [Never, Day, All, Updated, Evicting];

    /// <summary>Whether it goes on from the model of the day before.</summary>
    public bool GoesOn => this == Updated || this == Evicting;
}
