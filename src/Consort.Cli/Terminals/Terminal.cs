using Consort.Cli.Reports;
using Consort.Distributed.OpenMpi;
using Consort.Foundation.Tables;
using Spectre.Console;

namespace Consort.Cli.Terminals;

/// <summary>Where a command writes to and what stops it: the process's own streams, or a test's.</summary>
internal sealed class Terminal
{
    private const int WidthOfFiles = 160;

    public Terminal(TextWriter output, TextWriter error, CancellationToken cancellation, bool isInteractive = false,
        string command = "consort")
    {
        (Output, Error, Cancellation, Command) = (output, error, cancellation, command);
        var isFile = Console.IsOutputRedirected || MpiLaunch.IsThere || !ReferenceEquals(output, Console.Out);
        Tables = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isFile ? AnsiSupport.No : AnsiSupport.Detect
        });
        if (isFile)
            Tables.Profile.Width = WidthOfFiles; // a table in a file is not folded to 80 columns
        Status = new StatusLine(error, isInteractive);
    }

    /// <summary>Results.</summary>
    public TextWriter Output { get; }

    /// <summary>Progress and mistakes.</summary>
    public TextWriter Error { get; }

    private IAnsiConsole Tables { get; }

    /// <summary>The line that shows how far the work is.</summary>
    public StatusLine Status { get; }

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>How the user called the program, for lines to be typed next.</summary>
    public string Command { get; }

    /// <summary>What is true once the user has stopped the command.</summary>
    public string AfterStop { get; set; } = "nothing half-written is left behind";

    /// <summary>Shows results as a table.</summary>
    public void Show(ResultTable table)
    {
        Status.Clear();
        TerminalTable.Write(table, Tables);
    }

    /// <summary>
    /// Says how long the work may take to stop after the first Ctrl-C; nothing unless the process is behind this terminal.
    /// </summary>
    public Action<TimeSpan> StopWithin { get; private init; } = _ => { };

    /// <summary>The width of tables; set where something else than a terminal decides it.</summary>
    public int Width
    {
        get => Tables.Profile.Width;
        init => Tables.Profile.Width = value;
    }

    /// <summary>Of a process that leaves it to another to speak.</summary>
    public static Terminal OfFollower(TextWriter mistakes, StopSignals signals) =>
        new(TextWriter.Null, mistakes, signals.Token) { StopWithin = patience => signals.Patience = patience };

    public static Terminal OfProcess(StopSignals signals) => new(
        StandardOutput.Open(), new StandardError(Console.Error), signals.Token,
        isInteractive: !Console.IsErrorRedirected && !MpiLaunch.IsThere,
        Environment.GetEnvironmentVariable("CONSORT_COMMAND") is { Length: > 0 } launcher ? launcher : "consort")
    {
        StopWithin = patience => signals.Patience = patience,
    };
}
