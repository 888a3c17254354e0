using System.CommandLine;
using Consort.Cli.Terminals;

namespace Consort.Cli.Commands;

/// <summary>
/// Stands in the help for the benchmarks, which are a program of their own: the launcher at the root of the sources starts that one in
/// place of this.
/// </summary>
internal sealed class BenchCommand : ExampleCommand
{
    public BenchCommand(Terminal terminal) : base(
        "bench", "Measure speed beside what this machine can do at most (from the sources).", terminal,
        "bench --help", "bench step --model DeepFM --json step.json") =>
            TreatUnmatchedTokensAsErrors = false;

    protected override int Run(ParseResult arguments) => throw new ConsortException(
        "bench: found the program alone, expected the launcher in a checkout of the sources: ./consort bench");
}
