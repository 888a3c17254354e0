using System.CommandLine;
using Consort.AspNetCore.Options;

namespace Consort.Cli.Commands;

/// <summary>The models that a command line names, with their labels.</summary>
internal sealed class ServedModels
{
    private readonly Argument<string?> _package =
        new("PACKAGE")
        {
            Description = "A package, or a folder of packages VERSION.consort; the model is called as the file or folder is.",
            Arity = ArgumentArity.ZeroOrOne
        };
    private readonly Option<string[]> _model =
        new("--model") { Description = "A further model: its name, and its package or folder.", HelpName = "NAME=PATH" };
    private readonly Option<string[]> _label = new("--label")
    {
        Description = "Let a label stand for a version; requests without a version go to stable, if there is one. For a model other than the first: MODEL:LABEL=VERSION.",
        HelpName = "LABEL=VERSION",
    };

    public IEnumerable<Symbol> Symbols => [_package, _model, _label];

    public List<ModelSource> Read(ParseResult arguments)
    {
        var models = new List<ModelSource>();
        if (arguments.GetValue(_package) is { } package)
            models.Add(new ModelSource(NameOf(package), package));
        foreach (var text in arguments.GetValue(_model) ?? [])
        {
            var (name, path) = Pair("--model", text, "NAME=PATH");
            models.Add(new ModelSource(name, path));
        }

        if (models.Count == 0)
            throw new ConsortException("serve: found no package, expected PACKAGE or --model NAME=PATH");
        foreach (var text in arguments.GetValue(_label) ?? [])
            Label(models, text);
        return models;
    }

    private static void Label(List<ModelSource> models, string text)
    {
        var (label, version) = Pair("--label", text, "LABEL=VERSION");
        var colon = label.IndexOf(':', StringComparison.Ordinal);
        var at = colon < 0 ? 0 : models.FindIndex(m => m.Name == label[..colon]);
        if (at < 0)
            throw new ConsortException($"--label {text}: found no model {label[..colon]}, expected one of {string.Join(", ", models.Select(m => m.Name))}");
        var labels = new Dictionary<string, string>(models[at].Labels);
        if (!labels.TryAdd(label[(colon + 1)..], version))
            throw new ConsortException($"--label {text}: found a label that stands for version {labels[label[(colon + 1)..]]} already, expected each label of a model once");
        models[at] = models[at] with { Labels = labels };
    }

    private static string NameOf(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new ConsortException("serve: found an empty PACKAGE, expected a package, or a folder of packages VERSION.consort");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return name.EndsWith(ModelSource.Extension, StringComparison.Ordinal) ? name[..^ModelSource.Extension.Length] : name;
    }

    private static (string Name, string Value) Pair(string option, string text, string expected)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1
            ? (text[..equals], text[(equals + 1)..])
            : throw new ConsortException($"{option}: found \"{text}\", expected {expected}");
    }
}
