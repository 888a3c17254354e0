using Consort.Models;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Plans;

/// <summary>A table of ways of learning, over one model at the settings of KDEF's paper.</summary>
/// <typeparam name="T">A way.</typeparam>
internal abstract class MethodRecipe<T> : Recipe
{
    public override IReadOnlyList<string> Rows { get; } = [.. ModelCatalogue.Entries.Select(e => e.Name)];

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods | RecipeOptions.Members;

    public override bool ComparesRows => true;

    /// <summary>The model where none is asked for and the data's settings have none.</summary>
    protected abstract string UsualModel { get; }

    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request)
    {
        var plan = new RunPlan(request, Settings(request));
        _ = Build(plan, request);
        return plan.Runs;
    }

    /// <summary>Adds the runs of each way to a plan; what all are set beside comes first.</summary>
    protected abstract List<MethodRuns<T>> Build(RunPlan plan, RecipeRequest request);

    /// <summary>Each way with the runs of each replicate.</summary>
    protected List<MethodRuns<T>> Ways(RecipeRequest request) => Build(new RunPlan(request, Settings(request)), request);

    /// <summary>The model.</summary>
    protected string ModelOf(RecipeRequest request) => request.Only ?? Settings(request).FirstModel ?? UsualModel;

    /// <summary>Its options.</summary>
    protected static RecipeSettings Settings(RecipeRequest request) =>
        request.Memory.Of("", () => new RecipeSettings(request, PaperSettings.Kdef));
}
