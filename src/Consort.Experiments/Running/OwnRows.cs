using Consort.Data.Datasets;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>
/// What a raw file is to a run, told by its content: measured on rows that it was trained on, a run looks better than it is.
/// </summary>
internal static class OwnRows
{
    /// <summary>What a file is to a run.</summary>
    public static OwnFile Of(RunFolder run, string path)
    {
        if (FileFacts.Of(path).Kind != FileKind.File || RunData.Read(run) is not { Folder: not null } recorded)
            return OwnFile.None;
        var index = 0;
        while (index < recorded.Identities.Count && recorded.Identities[index].Difference(path) is not null)
            index++;
        if (index == recorded.Identities.Count)
            return OwnFile.None;
        var plan = recorded.Plan([.. recorded.Files.Select(f => f.Path)]);
        if (plan.Kind != SplitKind.Given)
            return plan.Files.Count == 1 ? OwnFile.Dealt : OwnFile.Trained;
        return plan.FileSplits[index] == 0 ? OwnFile.Trained : OwnFile.None;
    }
}

/// <summary>What a file is to a run.</summary>
internal enum OwnFile
{
    /// <summary>Other rows, or those it was measured on.</summary>
    None,

    /// <summary>Rows that it was trained on, or one of several files that its rows were dealt from.</summary>
    Trained,

    /// <summary>The file that all its rows were dealt from.</summary>
    Dealt,
}
