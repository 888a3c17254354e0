namespace Consort.Studies.Diagnostics;

/// <summary>Diagnoses on disk, each file whole or not at all.</summary>
public static class DiagnosisFolder
{
    /// <summary>Writes <c>diagnosis.json</c> and <c>diagnosis.md</c>; the folder is made if need be.</summary>
    /// <exception cref="ConsortException">They cannot be written.</exception>
    public static void Write(string folder, Diagnosis diagnosis)
    {
        DiagnosisFile.Write(Path.Combine(folder, DiagnosisFile.Name), DiagnosisFile.ToJson(diagnosis) + "\n");
        DiagnosisFile.Write(Path.Combine(folder, DiagnosisReport.Name), DiagnosisReport.Markdown(diagnosis));
    }

    /// <summary>Writes <c>comparison.json</c> and <c>comparison.md</c>; the folder is made if need be.</summary>
    /// <exception cref="ConsortException">They cannot be written.</exception>
    public static void Write(string folder, RunComparison comparison)
    {
        DiagnosisFile.Write(Path.Combine(folder, "comparison.json"), DiagnosisFile.ToJson(comparison) + "\n");
        DiagnosisFile.Write(Path.Combine(folder, "comparison.md"), DiagnosisReport.Markdown(comparison));
    }
}
