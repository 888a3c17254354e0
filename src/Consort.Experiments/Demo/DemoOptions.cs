namespace Consort.Experiments.Demo;

/// <summary>What the demonstration does.</summary>
/// <param name="Folder">Where everything goes: raw rows, encoded rows, experiment files, runs, report.</param>
/// <param name="Rows">Synthetic impressions, 1,000 to 100,000,000.</param>
/// <param name="Threads">At least 1.</param>
/// <param name="Seed">Of clicks and training.</param>
internal sealed record DemoOptions(string Folder, long Rows = DemoOptions.DefaultRows, int Threads = 2, ulong Seed = 1)
{
    /// <summary>Enough to see a difference, few enough for three minutes on two cores.</summary>
    public const long DefaultRows = 800_000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public void Validate()
    {
        if (Rows is < 1000 or > 100_000_000)
            throw new ConsortException($"rows: found {Rows}, expected 1000 to 100000000");
        if (Threads < 1)
            throw new ConsortException($"threads: found {Threads}, expected at least 1");
    }
}
