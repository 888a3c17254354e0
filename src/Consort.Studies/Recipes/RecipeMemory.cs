namespace Consort.Studies.Recipes;

/// <summary>What a recipe has found out and need not find out again while it runs: the table is made anew after each run.</summary>
internal sealed class RecipeMemory
{
    private readonly Dictionary<(Type, string), object> _known = [];

    /// <summary>What each row of the test split belongs to; null where rows stand for themselves.</summary>
    public IReadOnlyList<int>? Clusters { get; set; }

    /// <summary>What one would pick instead of the models, learned on the same rows.</summary>
    public IReadOnlyList<RecipeBaseline> Baselines { get; set; } = [];

    /// <summary>What is known under a name, or is now made.</summary>
    public T Of<T>(string name, Func<T> make) where T : class =>
        (T)(_known.TryGetValue((typeof(T), name), out var known) ? known : _known[(typeof(T), name)] = make());
}
