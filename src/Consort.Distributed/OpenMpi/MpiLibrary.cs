using System.Runtime.InteropServices;

namespace Consort.Distributed.OpenMpi;

/// <summary>The calls of Open MPI that are needed, of a library that is looked for when the first is made.</summary>
internal static class MpiLibrary
{
    private const string Name = "mpi";
    private const DllImportSearchPath Places = DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory;
    private static readonly string[] Candidates = ["libmpi.so.40", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"];
    private static nint _library;

    /// <summary>All processes.</summary>
    public static nint World { get; private set; }

    /// <summary>The type of a byte.</summary>
    public static nint Byte { get; private set; }

    /// <summary>Opens the library.</summary>
    /// <exception cref="ConsortException">There is none, or it is another MPI.</exception>
    public static void Open()
    {
        if (_library != 0)
            return;
        nint library = 0;
        if (!Candidates.Any(c => NativeLibrary.TryLoad(c, out library)))
            throw new ConsortException(
                $"mpirun: found no library of Open MPI on {Environment.MachineName}, looked for {string.Join(", ", Candidates)}; install it (Debian and Ubuntu: apt-get install openmpi-bin), or start the command without mpirun");
        // Other MPIs have the same names and other handles.
        if (!NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out var world)
            || !NativeLibrary.TryGetExport(library, "ompi_mpi_byte", out var type))
            throw new ConsortException(
                $"mpirun: found another MPI than Open MPI on {Environment.MachineName}, expected Open MPI 4 or 5; install openmpi-bin, and start with its mpirun");
        (World, Byte, _library) = (world, type, library);
        NativeLibrary.SetDllImportResolver(typeof(MpiLibrary).Assembly, (name, _, _) => name == Name ? _library : 0);
    }

    [DllImport(Name, EntryPoint = "MPI_Init_thread")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Init(nint argc, nint argv, int required, out int provided);

    [DllImport(Name, EntryPoint = "MPI_Comm_rank")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Rank(nint world, out int rank);

    [DllImport(Name, EntryPoint = "MPI_Comm_size")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Size(nint world, out int size);

    [DllImport(Name, EntryPoint = "MPI_Allgatherv")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Gather(
        ref byte own, int length, nint sent, ref byte all, int[] lengths, int[] places, nint received, nint world);

    [DllImport(Name, EntryPoint = "MPI_Alltoallv")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Exchange(
        ref byte sent, int[] sentLengths, int[] sentPlaces, nint sentType,
        ref byte received, int[] receivedLengths, int[] receivedPlaces, nint receivedType, nint world);

    [DllImport(Name, EntryPoint = "MPI_Bcast")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Broadcast(ref byte bytes, int length, nint type, int root, nint world);

    [DllImport(Name, EntryPoint = "MPI_Send_init")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int PrepareSend(ref byte bytes, int length, nint type, int rank, int tag, nint world, out nint request);

    [DllImport(Name, EntryPoint = "MPI_Recv_init")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int PrepareReceive(ref byte bytes, int length, nint type, int rank, int tag, nint world, out nint request);

    [DllImport(Name, EntryPoint = "MPI_Startall")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Start(int count, nint[] requests);

    [DllImport(Name, EntryPoint = "MPI_Testall")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Test(int count, nint[] requests, out int areDone, nint statuses);

    [DllImport(Name, EntryPoint = "MPI_Waitall")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Wait(int count, nint[] requests, nint statuses);

    [DllImport(Name, EntryPoint = "MPI_Request_free")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Free(ref nint request);

    [DllImport(Name, EntryPoint = "MPI_Finalize")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int End();

    [DllImport(Name, EntryPoint = "MPI_Abort")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern int Abort(nint world, int code);
}
