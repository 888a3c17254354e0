using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Studies.Baselines;

namespace Consort.Studies.Recipes;

/// <summary>What a user asks of a recipe.</summary>
/// <param name="Data">Folder of the data files, an encoded dataset, a raw file or an experiment file; a full path.</param>
/// <param name="Seeds">Runs of each setting, at least 1.</param>
/// <param name="Only">The one row of the table to make, or null for all.</param>
/// <param name="Folder">Where runs and results go.</param>
internal sealed record RecipeRequest(string Data, int Seeds, string? Only, string Folder)
{
    /// <summary>By which names in experiments are resolved, and sources of rows.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>How raw rows look: a preset or a schema file; null to tell by the data.</summary>
    public string? Schema { get; init; }

    /// <summary>
    /// An experiment file whose members, embeddings and training hold for all runs, over the rows of <see cref="Data"/>; a full path, or
    /// null for the settings that the data decide.
    /// </summary>
    public string? Settings { get; init; }

    /// <summary>Folder of the runs, which recipes may share; null for <c>runs</c> below <see cref="Folder"/>.</summary>
    public string? Runs { get; init; }

    /// <summary>Numbers of members, or null for the recipe's.</summary>
    public IReadOnlyList<int>? Members { get; init; }

    /// <summary>Ways of learning, or null for all that the recipe has.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>The most epochs of a run, or null for what its setting says.</summary>
    public int? Epochs { get; init; }

    /// <summary>Learning rate of fine-tuning, or null for a tenth of that of training.</summary>
    public double? TuningRate { get; init; }

    /// <summary>Operands of matrix multiplies, or null for what the settings say.</summary>
    public Precision? Precision { get; init; }

    /// <summary>The least difference of AUC that counts, 0 to 0.5.</summary>
    public double LeastGain { get; init; } = RecipeTable.UsualLeastGain;

    /// <summary>A categorical column whose values are clusters of test rows, such as users; null where rows stand for themselves.</summary>
    public string? Cluster { get; init; }

    /// <summary>What is set beside the table, on the same rows; null for nothing.</summary>
    public IBaseline? Baseline { get; init; }

    /// <summary>Minutes of a search over its options, after which it is set beside the table tuned, too; null for none.</summary>
    public double? BaselineMinutes { get; init; }

    /// <summary>What was found out before and need not be again.</summary>
    internal RecipeMemory Memory { get; } = new();

    /// <summary>Whether a way of learning is asked for.</summary>
    internal bool Asks(string method) => Methods is null || Methods.Contains(method);

    /// <summary>The folder of a run.</summary>
    public string RunFolder(string name) => Path.Combine(Runs ?? Path.Combine(Folder, "runs"), name);
}

/// <summary>What a recipe lets a user choose beside the rows of its table.</summary>
[Flags]
internal enum RecipeOptions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="RecipeRequest.Members"/>.</summary>
    Members = 1,

    /// <summary><see cref="RecipeRequest.Methods"/>.</summary>
    Methods = 2,

    /// <summary><see cref="RecipeRequest.Epochs"/>, <see cref="RecipeRequest.Schema"/> and <see cref="RecipeRequest.Settings"/>.</summary>
    AnyData = 4,

    /// <summary><see cref="RecipeRequest.TuningRate"/>.</summary>
    Tuning = 8,
}

/// <summary>One run of a recipe.</summary>
/// <param name="Name">Names its folder; unique in the recipe.</param>
/// <param name="Row">The row of the table that it belongs to.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Options">The experiment.</param>
internal sealed record RecipeRun(string Name, string Row, ulong Seed, OptionTree Options)
{
    /// <summary>Names of the runs that it starts or learns from; they stand before it in the plan.</summary>
    public IReadOnlyList<string> After { get; init; } = [];
}

/// <summary>A run and what came of it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Summary">Its results.</param>
internal sealed record RecipeOutcome(RecipeRun Run, RunSummary Summary);

/// <summary>
/// A table that anyone can make again: which runs it needs, and what is made of their results. Adding one is a file and a line in
/// <see cref="RecipeCatalogue"/>.
/// </summary>
internal abstract class Recipe
{
    /// <summary>Its name: a group and a table, <c>bars/frappe_x1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it shows, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>The paper or the public results that it repeats.</summary>
    public abstract string Source { get; }

    /// <summary>The names that <see cref="RecipeRequest.Only"/> may be.</summary>
    public abstract IReadOnlyList<string> Rows { get; }

    /// <summary>The runs, in an order in which each comes after those that it starts from.</summary>
    /// <exception cref="ConsortException">The data folder lacks what the recipe needs.</exception>
    public abstract IReadOnlyList<RecipeRun> Plan(RecipeRequest request);

    /// <summary>What else a user may choose.</summary>
    public virtual RecipeOptions Options => RecipeOptions.None;

    /// <summary>The least number of members, and whether several numbers may be asked for at once.</summary>
    protected virtual (int Least, bool Several) Sizes => (1, true);

    /// <summary>Refuses numbers of members that the table has no row for, rather than leave them out.</summary>
    /// <exception cref="ConsortException">There are such.</exception>
    public void CheckMembers(RecipeRequest request)
    {
        if (request.Members is not { } members)
            return;
        if (members.Count != 1 && !Sizes.Several)
            throw new ConsortException($"--members: found {string.Join(',', members)} with {Name}, expected one number");
        foreach (var size in members.Where(m => m < Sizes.Least || m > Family.MaxMembers))
            throw new ConsortException(FormattableString.Invariant(
                $"--members: found {size} with {Name}, expected {Sizes.Least} to {Family.MaxMembers}"));
    }

    /// <summary>The ways of learning that <see cref="RecipeRequest.Methods"/> may name.</summary>
    public virtual IReadOnlyList<string> Methods => [];

    /// <summary>Whether the table compares runs row by row, so that each run must keep its logits.</summary>
    public virtual bool ComparesRows => false;

    /// <summary>Whether a baseline is a part of the table, asked for or not.</summary>
    public virtual bool NeedsBaseline => false;

    /// <summary>The table of a recipe whose runs follow from each other, which it makes itself; null where the plan says all.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told how it goes, or null.</param>
    /// <param name="cancellation">Stops after the step under way; the same call goes on from there.</param>
    public virtual RecipeTable? Make(RecipeRequest request, int threads, IRecipeProgress? progress, CancellationToken cancellation) => null;

    /// <summary>The table of finished runs.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="outcomes">The runs that have finished, in the order of the plan.</param>
    public abstract RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes);
}
