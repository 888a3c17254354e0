using System.Globalization;

namespace Consort.Distributed.OpenMpi;

/// <summary>What mpirun of Open MPI says of a process that it has started, before anything is asked of the library.</summary>
public static class MpiLaunch
{
    /// <summary>Processes that were started together; 1 without mpirun.</summary>
    public static int Ranks => Number("OMPI_COMM_WORLD_SIZE", 1);

    /// <summary>Which of them this one is, from 0.</summary>
    public static int Rank => Number("OMPI_COMM_WORLD_RANK", 0);

    /// <summary>How many of them share this machine.</summary>
    public static int RanksHere => Number("OMPI_COMM_WORLD_LOCAL_SIZE", 1);

    /// <summary>Whether it was started so, even alone: what it writes to is then mpirun's, whatever that is itself.</summary>
    internal static bool IsThere => Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is not null;

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
