using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>
/// A folder of FuxiCTR configurations: <c>model_config.yaml</c> and <c>dataset_config.yaml</c>, or folders <c>model_config</c> and
/// <c>dataset_config</c> with several files each.
/// </summary>
internal sealed class ConfigFolder
{
    private const string Shared = "Base";

    private readonly string _folder;
    private readonly List<(string Source, string Id, OptionGroup Section)> _experiments;
    private readonly List<(string Source, string Id, OptionGroup Section)> _datasets;
    private readonly List<(string Source, RepeatedKey Key)> _repeated = [];

    /// <summary>Reads all its files.</summary>
    /// <exception cref="ConsortException">The folder or its models are missing, or a file is malformed; the message says the
    /// line.</exception>
    public ConfigFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new ConsortException($"{folder}: found no such folder, expected one with model_config.yaml and dataset_config.yaml");
        _folder = folder;
        _experiments = Sections("model_config");
        if (_experiments.Count == 0)
            throw new ConsortException($"{_folder}: found neither model_config.yaml nor model_config/*.yaml with an experiment");
        _datasets = Sections("dataset_config");
    }

    /// <summary>The keys of an experiment, over those of the section <c>Base</c>.</summary>
    /// <exception cref="ConsortException">There is no such experiment; the message names those nearest.</exception>
    public ConfigSection Experiment(string id, ImportNotes notes)
    {
        var own = Find(_experiments.Where(e => e.Id != Shared), id, "experiment id");
        var section = new ConfigSection();
        foreach (var shared in _experiments.Where(e => e.Id == Shared))
        {
            section.Over(shared.Section, shared.Source);
            Tell(shared, notes);
        }

        Tell(own, notes);
        return section.Over(own.Section, own.Source);
    }

    /// <summary>Lays the keys of a dataset over those of an experiment, as FuxiCTR does.</summary>
    /// <returns>Why there is no such dataset, or null where there is one.</returns>
    public string? Dataset(ConfigValue id, ConfigSection section, ImportNotes notes)
    {
        var found = _datasets.FindIndex(d => d.Id == id.Text);
        if (found < 0)
            return $"{id.Where} names the dataset {id.Shown}: {(_datasets.Count == 0 ? $"found none in {_folder}" : Unknown(id.Text, "dataset", _datasets.Select(d => d.Id)))}";
        section.Over(_datasets[found].Section, _datasets[found].Source);
        Tell(_datasets[found], notes);
        return null;
    }

    // Keys that stand twice in a section, and the section's own id.
    private void Tell((string Source, string Id, OptionGroup Section) section, ImportNotes notes)
    {
        var (first, last) = (section.Section.Line, LastLine(section.Section));
        foreach (var (source, key) in _repeated.Where(r => r.Source == section.Source))
        {
            if ((key.Line >= first && key.Line <= last && key.First >= first) || key.Key == section.Id)
                notes.Repeated(source, key);
        }
    }

    private static long LastLine(OptionTree tree) => tree switch
    {
        OptionGroup map => map.Entries.Select(e => Math.Max(e.Line, LastLine(e.Value))).Append(map.Line).Max(),
        OptionList list => list.Items.Select(LastLine).Append(list.Line).Max(),
        _ => tree.Line,
    };

    private (string Source, string Id, OptionGroup Section) Find(
        IEnumerable<(string Source, string Id, OptionGroup Section)> sections, string id, string what)
    {
        var known = sections.ToArray();
        var found = Array.FindLastIndex(known, s => s.Id == id);
        return found >= 0 ? known[found] : throw new ConsortException($"{_folder}: {Unknown(id, what, known.Select(s => s.Id))}");
    }

    private static string Unknown(string id, string what, IEnumerable<string> ids)
    {
        var known = ids.Distinct(StringComparer.Ordinal).ToArray();
        var near = NearestWord.Nearest(id, known, 5);
        var all = known.Length <= near.Count ? "" : $" and {known.Length - near.Count} more";
        return $"found no {what} {id}, expected one of those there{(near.Count == 0 ? ", but there are none" : $"; nearest: {string.Join(", ", near)}{all}")}";
    }

    private List<(string Source, string Id, OptionGroup Section)> Sections(string name)
    {
        var whole = Path.Combine(_folder, $"{name}.yaml");
        var parts = Path.Combine(_folder, name);
        string[] files = File.Exists(whole) ? [whole]
            : Directory.Exists(parts) ? [.. Directory.GetFiles(parts, "*.yaml").Order(StringComparer.Ordinal)]
            : [];
        return [.. files.SelectMany(Read)];
    }

    private IEnumerable<(string Source, string Id, OptionGroup Section)> Read(string file)
    {
        var source = Path.GetFileName(file);
        var root = YamlReader.Load(file, key => _repeated.Add((source, key)));
        if (root is null or OptionScalar { Value: "" })
            yield break;
        if (root is not OptionGroup top)
            throw new ConsortException($"{file}:{root.Line}: expected ids with keys and values");
        foreach (var entry in top.Entries)
        {
            if (entry.Value is OptionGroup section)
                yield return (source, entry.Key, section);
        }
    }
}
