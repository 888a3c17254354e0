using Consort.Foundation.Options;

namespace Consort.Data.DuckDb;

/// <summary>How DuckDB works.</summary>
public sealed record DuckDbOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<DuckDbOptions> Options { get; } = new OptionSet<DuckDbOptions>(() => new())
        .Add("memory_mb", o => o.MemoryMb, (o, v) => o with { MemoryMb = v }, Domain.Integer(64, 10_000_000),
            "the most memory in MB (10⁶ bytes) that DuckDB takes; what does not fit goes to the system's folder for temporary files")
        .Add("threads", o => o.Threads, (o, v) => o with { Threads = v }, Domain.Integer(0, 1024),
            "DuckDB's own threads, beside those that encode; 0 for one per processor");

    /// <summary>The most memory in megabytes.</summary>
    public int MemoryMb { get; init => field = Options.Checked("memory_mb", value); } = 2048;

    /// <summary>Threads; 0 for one per processor.</summary>
    public int Threads { get; init => field = Options.Checked("threads", value); }
}
