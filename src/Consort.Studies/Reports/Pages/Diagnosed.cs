using Consort.Studies.Diagnostics;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>A run that <c>consort diagnose</c> has looked at.</summary>
/// <param name="Label">Its setting.</param>
/// <param name="Run">The run.</param>
/// <param name="Diagnosis">What was found.</param>
internal sealed record Diagnosed(string Label, RunRecord Run, Diagnosis Diagnosis)
{
    /// <summary>One run of each setting that has any: the first seed that is diagnosed.</summary>
    public static IReadOnlyList<Diagnosed> Of(IReadOnlyList<Setting> settings) => [.. settings
        .Select(s => (s.Label, Run: s.Runs.FirstOrDefault(r => r.Diagnosis is not null))).Where(s => s.Run is not null)
        .Select(s => new Diagnosed(s.Label, s.Run!, s.Run!.Diagnosis!))];
}
