using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Studies.Recipes;

namespace Consort.Studies.Distilling;

/// <summary>Finds the run of a single model that a student starts from.</summary>
internal static class StartingRun
{
    /// <summary>Its folder, and how its model is made.</summary>
    /// <param name="teachers">The teachers' folders.</param>
    /// <param name="model">The student's name in the catalogue.</param>
    /// <param name="catalogues">By which names in runs are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">There is none of the student's kind.</exception>
    public static (string Run, OptionTree Options) Find(IReadOnlyList<string> teachers, string model, Catalogues? catalogues)
    {
        var members = MemberRuns.Of(teachers, catalogues);
        var runs = members.Count > 0 ? members
            : teachers.Count == 1 && MemberRuns.IsOfOne(teachers[0], catalogues) ? teachers : members;
        var best = runs.Select(r => (Run: Path.GetFullPath(r), Options: MemberRuns.Options(r, catalogues)))
            .Where(r => model.Equals(r.Options.TextAt("members[0].model"), StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(r => RunSummary.Find(new RunFolder(r.Run))?.Valid.Auc ?? 0).FirstOrDefault();
        return best.Run is not null ? best : throw new ConsortException(
            $"--start member: found no finished run of a single {model} among {string.Join(", ", teachers)}, expected a teacher that averages such runs, or such runs as teachers");
    }
}
