using System.Text;
using Consort.Cli.Terminals;
using Consort.Distributed.OpenMpi;

namespace Consort.Cli.Commands;

/// <summary>
/// A process among those that mpirun has started: rank 0 speaks for all, and none outlives one that has failed. The others say what is
/// wrong with them only where rank 0 has not said it of itself.
/// </summary>
internal static class RankedProcess
{
    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(2); // for rank 0 to say the same first
    private static StringWriter? _unsaid;

    /// <summary>Where the process writes to.</summary>
    public static Terminal Open(IReadOnlyList<string> args, StopSignals signals)
    {
        if (MpiLaunch.Rank == 0 || args is not ["train" or "update", ..])
            return Terminal.OfProcess(signals);
        _unsaid = new StringWriter();
        return Terminal.OfFollower(_unsaid, signals);
    }

    /// <summary>Leaves when all ranks have failed by the same, which rank 0 says: none need be ended by another.</summary>
    public static void LeaveTogether()
    {
        _unsaid = null;
        MpiRanks.Current?.Leave();
    }

    /// <summary>Ends what the ranks have together, before the process does.</summary>
    /// <param name="code">What the command came to.</param>
    public static int End(int code)
    {
        if (code is not (CommandLine.Success or CommandLine.Stopped) && _unsaid is not null)
        {
            Thread.Sleep(Courtesy);
            Console.Error.Write(new StringBuilder().Append(_unsaid).Replace("consort: ", $"consort: rank {MpiLaunch.Rank}: "));
        }

        if (MpiRanks.Current is not { } ranks)
            return code;
        if (code is CommandLine.Success or CommandLine.Stopped)
            ranks.Leave();
        else
            MpiRanks.Abort(code);
        return code;
    }
}
