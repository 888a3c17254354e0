using System.Globalization;

namespace Consort.Distributed.Planning;

/// <summary>A network between ranks.</summary>
/// <param name="Name">As a user named it.</param>
/// <param name="BytesPerSecond">Of one machine, each way.</param>
/// <param name="Latency">Seconds of a small message.</param>
internal sealed record Network(string Name, double BytesPerSecond, double Latency)
{
    private const double Share = 0.9; // of the line that payload gets
    private const double OverEthernet = 30e-6, WithinMachine = 3e-6;

    /// <summary>Processes of one machine, through its memory.</summary>
    /// <param name="streams">Bytes a second that memory copies.</param>
    public static Network Shared(double streams) => new("memory of one machine", streams / 2, WithinMachine);

    /// <summary>Reads <c>25Gb</c>, <c>100Gb</c> or <c>10Gb/50us</c>: bits a second, and the time of a small message.</summary>
    /// <returns>Null where it is neither.</returns>
    public static Network? Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2 || !parts[0].EndsWith("Gb", StringComparison.Ordinal) || Number(parts[0][..^2], 1e-3, 1e6) is not { } bits)
            return null;
        if (parts.Length == 1)
            return new Network(text, Share * bits * 1e9 / 8, OverEthernet);
        return parts[1].EndsWith("us", StringComparison.Ordinal) && Number(parts[1][..^2], 1e-3, 1e9) is { } microseconds
            ? new Network(text, Share * bits * 1e9 / 8, microseconds * 1e-6) : null;
    }

    private static double? Number(string text, double min, double max) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;
}
