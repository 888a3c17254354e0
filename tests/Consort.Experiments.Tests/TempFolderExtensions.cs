using Consort.Synthetic;

namespace Consort.Experiments.Tests;

internal static class TempFolderExtensions
{
    /// <summary>Raw synthetic clicks beside their true probabilities.</summary>
    public static string Clicks(this TempFolder folder, string name, long rows, SyntheticOptions? options = null)
    {
        SyntheticClicks.Write(folder.At(name), rows, options ?? new SyntheticOptions(), 2);
        return folder.At(name);
    }
}
