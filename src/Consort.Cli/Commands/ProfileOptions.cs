using System.CommandLine;
using Consort.Cli.Terminals;
using Consort.Data.Profiles;

namespace Consort.Cli.Commands;

/// <summary>Options of commands that look at rows of which nothing is known.</summary>
internal sealed class ProfileOptions
{
    private readonly Option<string?> _label = Shared.Text("--label", "COLUMN",
        "The column that says what was clicked; found by names and values unless given.");
    private readonly Option<string[]> _click = new("--click")
    {
        Description = "The label's values that mean a click; all others mean none.",
        HelpName = "TEXT",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<long> _rows = Shared.Number<long>("--rows",
        "About how many rows to look at, spread over all; 0 for all that memory has room for.", 200_000, 0, long.MaxValue);
    private readonly Option<int> _threads = Shared.Threads();

    public IEnumerable<Option> All => [_label, _click, _rows, _threads];

    public int Threads(ParseResult arguments) => arguments.GetValue(_threads);

    /// <summary>Whether one of them is given that says nothing where a schema does.</summary>
    public string? Given(ParseResult arguments) => new Option[] { _label, _click, _rows }
        .FirstOrDefault(o => arguments.GetResult(o) is { Implicit: false })?.Name;

    public ProfileRequest Read(ParseResult arguments, Terminal terminal, IReadOnlyList<string> sources, bool quiet)
    {
        var bytes = Shared.BytesOf(Shared.Places(sources));
        return new ProfileRequest(sources)
        {
            Rows = arguments.GetValue(_rows),
            Label = arguments.GetValue(_label),
            Clicks = arguments.GetValue(_click) ?? [],
            Threads = Threads(arguments),
            Catalogue = Shared.Sources,
            Progress = quiet ? null : new CountLine(terminal.Status, "looking", "MB", bytes, scale: 1e6),
        };
    }
}
