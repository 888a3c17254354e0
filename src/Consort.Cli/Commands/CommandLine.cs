using System.CommandLine;
using System.CommandLine.Invocation;
using Consort.Cli.Terminals;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

namespace Consort.Cli.Commands;

/// <summary>Runs a command line and turns what comes of it into messages and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>A failure that is not the user's.</summary>
    public const int Failure = 1;

    /// <summary>The user's mistake: the command line, the data, an experiment file, a full disk.</summary>
    public const int Mistake = 2;

    /// <summary>All went well, and the answer is no: a model is not to be promoted, or rows have drifted.</summary>
    public const int Refused = 3;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Stopped = 130;

    /// <summary>Nobody reads the output any more; what a shell says of a program that such a pipe has ended.</summary>
    public const int NoReader = 141;

    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        var root = CommandCatalogue.Default.Root(terminal);
        var result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is ParseErrorAction || StrayOption.In(result).Any())
        {
            // A group without one of its commands is a question, not a mistake.
            return result.UnmatchedTokens.Count == 0 && result.CommandResult.Command.Subcommands.Count > 0
                ? Run([.. args, "--help"], terminal)
                : Explain(result, terminal);
        }

        if (EmptyName.In(result) is { } mistake)
        {
            terminal.Error.WriteLine($"consort: {mistake}");
            return Mistake;
        }

        try
        {
            return result.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // StopSignals does that
            });
        }
        catch (Exception e)
        {
            terminal.Status.Clear();
            return Explain(e, terminal);
        }
        finally
        {
            terminal.Status.Clear();
        }
    }

    private static int Explain(Exception exception, Terminal terminal)
    {
        while (exception is AggregateException { InnerExceptions.Count: > 0 } aggregate)
            exception = aggregate.InnerExceptions.FirstOrDefault(e => e is not OperationCanceledException) ?? aggregate.InnerExceptions[0];
        if (StandardOutput.IsClosed(exception))
            return NoReader;
        switch (exception)
        {
            case OperationCanceledException when terminal.Cancellation.IsCancellationRequested:
                terminal.Error.WriteLine($"consort: stopped; {terminal.AfterStop}");
                return Stopped;
            case ConsortException:
                return Say(exception.Message);
            case IOException or UnauthorizedAccessException:
                var explained = SafeFile.Explain("a file", exception).Message;
                return Say(explained.StartsWith("disk full", StringComparison.Ordinal) ? explained : exception.Message);
            case OutOfMemoryException:
                return Say("not enough memory: lower batch_size or the embedding's dimension, or raise min_count in the schema");
            default:
                terminal.Error.WriteLine($"consort: internal error: {exception.GetType().Name}: {PrintableText.Of(exception.Message)}");
                if (Environment.GetEnvironmentVariable("CONSORT_DEBUG") == "1")
                    terminal.Error.WriteLine(exception);
                else
                    terminal.Error.WriteLine("This is a bug, not your mistake. Please report it with the output of the same command under CONSORT_DEBUG=1.");
                return Failure;
        }

        int Say(string message)
        {
            terminal.Error.WriteLine($"consort: {PrintableText.Of(message)}");
            return Mistake;
        }
    }

    private static int Explain(ParseResult result, Terminal terminal)
    {
        var command = result.CommandResult.Command;
        // What follows a word that is not understood is not understood either.
        string[] unknown = [.. StrayOption.In(result), .. result.UnmatchedTokens];
        if (unknown.Length > 0)
            terminal.Error.WriteLine($"consort: unknown command or argument \"{unknown[0]}\"{Hint(unknown, command)}");
        else
            foreach (var error in result.Errors)
                terminal.Error.WriteLine($"consort: {Sentence(error.Message)}");
        var path = string.Join(' ', Ancestors(command).Reverse().Select(c => c.Name).Prepend(terminal.Command));
        terminal.Error.WriteLine($"For usage and an example: {path} --help");
        return Mistake;
    }

    private static string Sentence(string message) =>
        (char.ToLowerInvariant(message[0]) + message[1..]).Replace("'", "\"", StringComparison.Ordinal).TrimEnd('.');

    private static string Hint(string[] words, Command command)
    {
        var word = words[0];
        // "help train", and "describe" for "data describe".
        if (word == "help")
            return $"; did you mean {string.Join(' ', Ancestors(command).Reverse().Select(c => c.Name).Concat(words.Skip(1).TakeWhile(w => !w.StartsWith('-'))).Append("--help"))}?";
        var path = CommandCatalogue.Default.Entries.Select(e => e.Path)
            .FirstOrDefault(p => command is RootCommand && p.EndsWith(' ' + word, StringComparison.Ordinal));
        if (path is not null)
            return $"; did you mean {path}?";
        var known = command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name));
        return NearestWord.Hint(word, known);
    }

    private static IEnumerable<Command> Ancestors(Command command)
    {
        for (var at = command; at is not RootCommand; at = at.Parents.OfType<Command>().First())
            yield return at;
    }
}
