using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Options;
using Consort.Foundation.Tables;

namespace Consort.Cli.Commands;

/// <summary>Lists what an experiment can name, or the options of one of these.</summary>
internal abstract class CatalogueCommand<T> : ExampleCommand
{
    private readonly Argument<string?> _name;
    private readonly Option<string?> _json = Shared.Json();
    private readonly (string Kind, string Summary) _words;
    private readonly Catalogue<T> _catalogue;

    protected CatalogueCommand(string name, string description, string kind, string summary, Catalogue<T> catalogue, Terminal terminal,
        params string[] examples)
        : base(name, description, terminal, examples)
    {
        (_words, _catalogue) = ((kind, summary), catalogue);
        _name = new Argument<string?>("name")
        {
            Description = $"The {kind} whose options are wanted; all {name} without.",
            Arity = ArgumentArity.ZeroOrOne
        };
        Take(_name, _json);
    }

    protected override int Run(ParseResult arguments)
    {
        var table = arguments.GetValue(_name) is { } name
            ? ResultTable.Of(
                Named(name).Options.Facts, new("key", o => o.Key, Key: "key"),
                new(null, o => o.Kind.ToString().ToLowerInvariant(), Key: "kind"),
                new("default", o => o.Default, Key: "default") { IsProse = true },
                new("range", o => o.Range, Key: "range") { IsProse = true },
                new("what", o => o.Meaning, Key: "meaning") { IsProse = true })
            : ResultTable.Of(
                _catalogue.Entries, new(_words.Kind, e => e.Name, Key: "name"),
                new(_words.Summary, e => e.Summary, Key: "summary") { IsProse = true },
                new("source", e => e.Source, Key: "source") { IsProse = true }, new("its keys", KeysOf, Key: "keys") { IsProse = true });
        Terminal.Show(table);
        JsonFile.Write(arguments.GetValue(_json), JsonTable.Of(table));
        return CommandLine.Success;
    }

    private static string KeysOf(CatalogueEntry<T> entry) =>
        entry.Options.Facts.Count == 0 ? "none" : string.Join(", ", entry.Options.Keys);

    private CatalogueEntry<T> Named(string name)
    {
        var names = _catalogue.Entries.Select(e => e.Name).ToArray();
        return Array.FindIndex(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at
            ? _catalogue.Entries[at]
            : throw new ConsortException($"found \"{name}\", expected one of {string.Join(", ", names)}{NearestWord.Hint(name, names)}");
    }
}
