using Consort.Data;
using Consort.Data.Options;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Consort.Experiments.Import;

/// <summary>
/// A folder of FuxiCTR configurations: <c>model_config.yaml</c> and <c>dataset_config.yaml</c>, or folders <c>model_config</c> and
/// <c>dataset_config</c> with several files each.
/// </summary>
internal sealed class ConfigFolder
{
    private const string Shared = "Base";

    private readonly string _folder;
    private readonly List<(string Source, string Id, YamlMappingNode Section)> _experiments;
    private readonly List<(string Source, string Id, YamlMappingNode Section)> _datasets;

    /// <summary>Reads all its files.</summary>
    /// <exception cref="ConsortException">The folder or a file is missing, or a file is malformed; the message says the line.</exception>
    public ConfigFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new ConsortException($"{folder}: found no such folder, expected one with model_config.yaml and dataset_config.yaml");
        _folder = folder;
        _experiments = Sections("model_config");
        _datasets = Sections("dataset_config");
    }

    /// <summary>The keys of an experiment, over those of the section <c>Base</c>.</summary>
    /// <exception cref="ConsortException">There is no such experiment; the message names those nearest.</exception>
    public ConfigSection Experiment(string id)
    {
        var own = Find(_experiments.Where(e => e.Id != Shared), id, "experiment id");
        var section = new ConfigSection();
        foreach (var (source, _, shared) in _experiments.Where(e => e.Id == Shared))
            section.Over(shared, source);
        return section.Over(own.Section, own.Source);
    }

    /// <summary>The keys of a dataset.</summary>
    /// <exception cref="ConsortException">There is no such dataset; the message names those nearest.</exception>
    public ConfigSection Dataset(ConfigValue id)
    {
        if (_datasets.Exists(d => d.Id == id.Text))
        {
            var own = _datasets.Find(d => d.Id == id.Text);
            return new ConfigSection().Over(own.Section, own.Source);
        }

        throw new ConsortException($"{id.Where}, key {id.Key}: {Unknown(id.Text, "dataset", _datasets.Select(d => d.Id))}");
    }

    private (string Source, string Id, YamlMappingNode Section) Find(
        IEnumerable<(string Source, string Id, YamlMappingNode Section)> sections, string id, string what)
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

    private List<(string Source, string Id, YamlMappingNode Section)> Sections(string name)
    {
        var whole = Path.Combine(_folder, $"{name}.yaml");
        var parts = Path.Combine(_folder, name);
        string[] files = File.Exists(whole) ? [whole]
            : Directory.Exists(parts) ? [.. Directory.GetFiles(parts, "*.yaml").Order(StringComparer.Ordinal)]
            : [];
        if (files.Length == 0)
            throw new ConsortException($"{_folder}: found neither {name}.yaml nor {name}/*.yaml");
        return [.. files.SelectMany(Read)];
    }

    private static IEnumerable<(string Source, string Id, YamlMappingNode Section)> Read(string file)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = File.OpenText(file);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new ConsortException($"{file}:{e.Start.Line}: malformed YAML: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{file}: {e.Message}", e);
        }

        if (stream.Documents.Count == 0)
            yield break;
        if (stream.Documents[0].RootNode is not YamlMappingNode top)
            throw new ConsortException($"{file}:{stream.Documents[0].RootNode.Start.Line}: expected ids with keys and values");
        foreach (var (key, value) in top.Children)
        {
            if (value is YamlMappingNode section)
                yield return (Path.GetFileName(file), ((YamlScalarNode)key).Value ?? "", section);
        }
    }
}
