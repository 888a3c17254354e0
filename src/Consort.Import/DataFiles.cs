using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>The raw files of a dataset of FuxiCTR and how their rows are dealt.</summary>
/// <param name="Folder">The folder that all are below.</param>
/// <param name="Train">Files of training rows, full paths.</param>
/// <param name="Valid">Files of validation rows.</param>
/// <param name="Test">Files of test rows.</param>
/// <param name="Shares">What parts of the training rows become which split, or null where each has files of its own.</param>
/// <param name="IsRandom">Whether rows are dealt at random.</param>
/// <param name="IsFound">Whether the training files are there.</param>
internal sealed record DataFiles(
    string Folder, IReadOnlyList<string> Train, IReadOnlyList<string> Valid, IReadOnlyList<string> Test, OptionTree? Shares,
    bool IsRandom, bool IsFound)
{
    /// <summary>Reads where the files are.</summary>
    /// <param name="train">The key that names the training rows.</param>
    /// <param name="section">FuxiCTR's keys.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="folders">What relative names may start from, most likely first.</param>
    /// <exception cref="ConsortException">An entry is malformed, or a folder cannot be read.</exception>
    public static DataFiles Read(ConfigValue train, ConfigSection section, ImportNotes notes, string[] folders)
    {
        var (valid, test) = (section.Take("valid_data"), section.Take("test_data"));
        var (validSize, testSize, type) = (section.Take("valid_size"), section.Take("test_size"), section.Take("split_type"));
        var (validShare, testShare) = (Share(validSize, notes), Share(testSize, notes));
        OptionTree? shares = null;
        // FuxiCTR's sizes win over its files.
        if (validShare > 0)
        {
            if (validShare + testShare >= 1)
                throw validSize!.Error("shares of the rows that are less than 1 together");
            shares = OptionTree.List(new[] { 1 - validShare - testShare, validShare,
                testShare }.Select(s => (OptionTree)Domain.Show(Math.Round(s, 12))));
            if (valid is not null)
                notes.Lost(valid, "validation rows are taken from the training rows, by valid_size");
            if (test is not null)
                notes.Lost(test, "a validation split taken from training rows cannot stand beside a file of test rows");
            (valid, test) = (null, null);
        }
        else if (testShare > 0)
        {
            notes.Lost(testSize!, "test rows alone are not taken from the training rows: name a file of them, or take validation rows too with `shares`");
        }

        try
        {
            var found = folders.FirstOrDefault(f => Exists(Path.GetFullPath(train.Items[0].Text, f)));
            var start = found ?? folders[0];
            IReadOnlyList<string> All(ConfigValue? value) =>
                value is null ? [] : [.. value.Items.SelectMany(i => Expand(Path.GetFullPath(i.Text, start)))];
            var (first, second, third) = (All(train), All(valid), All(test));
            return new DataFiles(Common([.. first, .. second, .. third]), first, second, third, shares, type is { Text: "random" },
                found is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConsortException($"{train.Where}, key {train.Key}: cannot read {train.Shown}: {e.Message}", e);
        }
    }

    /// <summary>The keys of the section <c>data</c> for an experiment in a folder.</summary>
    public List<(string Key, OptionTree Value)> Keys(string output)
    {
        var keys = new List<(string, OptionTree)> { ("folder", Slashed(Path.GetRelativePath(output, Folder))) };
        OptionTree Of(IReadOnlyList<string> files)
        {
            var names = files.Select(f => Slashed(Path.GetRelativePath(Folder, f))).ToArray();
            return names.Length == 1 ? names[0] : OptionTree.List(names);
        }

        if (Shares is not null)
        {
            keys.AddRange([("source", Of(Train)), ("by", IsRandom ? "seed" : "order"), ("shares", Shares)]);
            return keys;
        }

        foreach (var (key, files) in new[] { ("train", Train), ("valid", Valid), ("test", Test) })
            if (files.Count > 0)
                keys.Add((key, Of(files)));
        return keys;
    }

    // A size of 1 and more counts rows, and how many there are is not known here.
    private static double Share(ConfigValue? size, ImportNotes notes)
    {
        if (size is null || size.Number <= 0)
            return 0;
        if (size.Number < 1)
            return size.Number;
        notes.Lost(size, "shares are parts of the rows, not counts; 0.1 stands for it");
        return 0.1;
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static string[] Expand(string path) => Directory.Exists(path)
        ? [.. Directory.GetFiles(path, "*.csv").Order(StringComparer.Ordinal).DefaultIfEmpty(path)]
        : [path];

    private static string Common(IReadOnlyList<string> files)
    {
        var folder = Path.GetDirectoryName(files[0]) ?? files[0];
        while (!files.All(f => f.StartsWith(folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar,
            StringComparison.Ordinal)))
        {
            if (Path.GetDirectoryName(folder) is not { } parent)
                break;
            folder = parent;
        }

        return folder;
    }

    private static string Slashed(string path) => path.Replace('\\', '/');
}
