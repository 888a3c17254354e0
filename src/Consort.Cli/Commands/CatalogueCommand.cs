using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Options;

namespace Consort.Cli.Commands;

/// <summary>Lists what an experiment can name, or the options of one of these.</summary>
internal abstract class CatalogueCommand<T> : ExampleCommand
{
    private readonly Argument<string?> _name;
    private readonly Option<string?> _json = Shared.Json();
    private readonly (string Kind, string Summary) _words;
    private readonly Catalogue<T> _catalogue;

    protected CatalogueCommand(string name, string description, string kind, string summary, Catalogue<T> catalogue, Terminal terminal, params string[] examples)
        : base(name, description, terminal, examples)
    {
        (_words, _catalogue) = ((kind, summary), catalogue);
        _name = new Argument<string?>("name") { Description = $"The {kind} whose options are wanted; all {name} without.", Arity = ArgumentArity.ZeroOrOne };
        Add(_name);
        Add(_json);
    }

    protected override int Run(ParseResult arguments)
    {
        var file = arguments.GetValue(_json);
        if (arguments.GetValue(_name) is not { } name)
        {
            var table = Tables.List(_words.Kind, _words.Summary, "source", "its keys");
            foreach (var entry in _catalogue.Entries)
                table.Add(entry.Name, entry.Summary, entry.Source, KeysOf(entry));
            Terminal.Show(table);
            JsonFile.Write(file, _catalogue.Entries.Select(e =>
                new Dictionary<string, string> { ["name"] = e.Name, ["summary"] = e.Summary, ["source"] = e.Source, ["keys"] = KeysOf(e) }));
            return CommandLine.Success;
        }

        var options = Named(name).Options.Facts;
        var rows = Tables.List("key", "default", "range", "what");
        foreach (var option in options)
            rows.Add(option.Key, option.Default, option.Range, option.Meaning);
        Terminal.Show(rows);
        JsonFile.Write(file, options.Select(o => new Dictionary<string, string>
            { ["key"] = o.Key, ["kind"] = o.Kind.ToString().ToLowerInvariant(), ["default"] = o.Default, ["range"] = o.Range, ["meaning"] = o.Meaning }));
        return CommandLine.Success;
    }

    private static string KeysOf(CatalogueEntry<T> entry) => entry.Options.Facts.Count == 0 ? "none" : string.Join(", ", entry.Options.Keys);

    private CatalogueEntry<T> Named(string name)
    {
        var names = _catalogue.Entries.Select(e => e.Name).ToArray();
        return Array.FindIndex(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at
            ? _catalogue.Entries[at]
            : throw new ConsortException($"found {name}, expected one of {string.Join(", ", names)}{NearestWord.Hint(name, names)}");
    }
}
