using System.Runtime.InteropServices;

namespace Consort.Boosting;

/// <summary>
/// How threads of OpenMP wait for each other. They spin unless told otherwise, which on processors that others use too takes the time of
/// those that they wait for.
/// </summary>
internal static class OpenMp
{
    private const string Policy = "OMP_WAIT_POLICY", Spins = "GOMP_SPINCOUNT";

    /// <summary>Lets them sleep, unless the user has said how they wait. Before its library is loaded, which looks once.</summary>
    public static void WaitAsleep()
    {
        if (OperatingSystem.IsWindows() || IsSet(Policy) || IsSet(Spins))
            return;
        try
        {
            // .NET keeps an environment of its own, which libraries do not see. A refusal costs time alone.
            _ = SetEnvironment(Policy, "passive", 0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without the call waits as it does.
        }
    }

    private static bool IsSet(string name) => Environment.GetEnvironmentVariable(name) is not null;

    [DllImport("libc", EntryPoint = "setenv", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int replaces);
}
