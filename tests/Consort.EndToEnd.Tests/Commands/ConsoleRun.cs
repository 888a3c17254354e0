using Consort.Cli.Commands;
using Consort.Cli.Terminals;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What a command line came to: the program's own, run in this process.</summary>
internal sealed record ConsoleRun(int ExitCode, string Output, string Error)
{
    public static ConsoleRun Of(params string[] arguments)
    {
        using var error = new StringWriter();
        return Of(error, arguments, CancellationToken.None);
    }

    /// <summary>Presses Ctrl-C as soon as a line of progress contains a text.</summary>
    public static ConsoleRun StoppedAt(string text, params string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        using var error = new StoppingWriter(text, stop);
        return Of(error, arguments, stop.Token);
    }

    private static ConsoleRun Of(StringWriter error, string[] arguments, CancellationToken cancellation)
    {
        using var output = new StringWriter();
        var code = CommandLine.Run(arguments, new Terminal(output, error, cancellation));
        return new ConsoleRun(code, output.ToString(), error.ToString());
    }

    private sealed class StoppingWriter(string text, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(ReadOnlySpan<char> buffer)
        {
            base.WriteLine(buffer);
            if (buffer.Contains(text, StringComparison.Ordinal))
                stop.Cancel();
        }
    }
}
