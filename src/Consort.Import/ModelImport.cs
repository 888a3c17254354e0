using Consort.Foundation.Options;
using Consort.Models;

namespace Consort.Import;

/// <summary>The members that come of an experiment of FuxiCTR, and how they learn.</summary>
internal sealed class ModelImport
{
    private ModelImport(ConfigSection section, ImportNotes notes) => (Section, Notes) = (section, notes);

    /// <summary>FuxiCTR's keys.</summary>
    public ConfigSection Section { get; }

    /// <summary>Where to say what was not carried over.</summary>
    public ImportNotes Notes { get; }

    /// <summary>Each member's options.</summary>
    public List<OptionTree> Members { get; } = [];

    /// <summary>The strategy, or null for the usual one.</summary>
    public OptionTree? Strategy { get; set; }

    /// <summary>D where the file says nothing.</summary>
    public int Dimension { get; private set; }

    /// <summary>Reads the model of an experiment.</summary>
    /// <exception cref="ConsortException">No model is named, or the zoo has no such model.</exception>
    public static ModelImport Read(ConfigSection section, ImportNotes notes, string where)
    {
        var name = section.Take("model") ?? throw new ConsortException($"{where}, key model: found nothing, expected the name of a model");
        if (FuxiCtrModels.Find(name.Text) is not { } rules)
        {
            var hint = NearestWord.Hint(name.Text, FuxiCtrModels.Names);
            throw new ConsortException(
                $"{name.Where}, key model: found {name.Text}, which has no counterpart here{hint}; expected one of {string.Join(", ", FuxiCtrModels.Names)}");
        }

        var import = new ModelImport(section, notes) { Dimension = rules.Dimension };
        var options = ModelCatalogue.All.Find(rules.Model)!.Options;
        import.Members.Add(OptionTree.Keys(rules.Keys.Select(rule => (rule.Key, rule.Read(options.Of(rule.Key), section, notes)))
            .Prepend(("model", rules.Model))));
        rules.Rest?.Invoke(import);
        return import;
    }

    /// <summary>Replaces a value of the only member.</summary>
    public void Set(string key, OptionTree value) => Members[0] = Members[0].With(key, value);

    /// <summary>A value of the only member.</summary>
    public string? Get(string key) => Members[0].TextAt(key);

    /// <summary>Says of a key that only one of its values has a counterpart, where it has another.</summary>
    /// <param name="key">FuxiCTR's key.</param>
    /// <param name="isFine">Whether a value is that one.</param>
    /// <param name="reason">What holds here.</param>
    public void Require(string key, Func<ConfigValue, bool> isFine, string reason)
    {
        if (Section.Take(key) is { } value && !isFine(value))
            Notes.Lost(value, reason);
    }
}
