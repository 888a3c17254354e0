namespace Consort.Learning.Training;

/// <summary>What steps of several ranks have cost on the wire.</summary>
/// <param name="Steps">Steps.</param>
/// <param name="Bytes">That this rank has sent to others.</param>
/// <param name="Calls">Exchanges.</param>
/// <param name="Seconds">Within them, waiting for others included.</param>
internal readonly record struct RankTraffic(long Steps, long Bytes, long Calls, double Seconds)
{
    /// <summary>The same and a step.</summary>
    public RankTraffic With(long bytes, long calls, double seconds) => new(Steps + 1, Bytes + bytes, Calls + calls, Seconds + seconds);
}
