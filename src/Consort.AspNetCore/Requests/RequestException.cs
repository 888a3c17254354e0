using System.Text;

namespace Consort.AspNetCore.Requests;

/// <summary>
/// A request that cannot be answered as asked: the status says whose fault it is, the message what was found and expected.
/// </summary>
internal sealed class RequestException : Exception
{
    private const int MostShown = 60;

    public RequestException(int status, string message) : base(message) => Status = status;

    public RequestException(int status, string message, Exception? inner) : base(message, inner) => Status = status;

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>Seconds after which to try again; null for never.</summary>
    public int? RetryAfter { get; private init; }

    /// <summary>Another method than those a path takes; null otherwise.</summary>
    public string? Allow { get; init; }

    public static RequestException Busy(int most) => new(503, $"the server works on {most} requests, its most, already") { RetryAfter = 1 };

    public static RequestException TooMany(int most) =>
        new(429, $"the server works on {most} requests of this client, its most of one, already") { RetryAfter = 1 };

    public static RequestException Full(long most) =>
        new(503, $"the bodies of requests under way hold {most} bytes, their most together, already") { RetryAfter = 1 };

    public static RequestException MadeRoom(Exception? inner = null) =>
        new(503, "the memory that the body took was needed for others, as it arrived slowly", inner) { RetryAfter = 1 };

    public static RequestException Reloading() => new(503, "packages are being looked at for others already") { RetryAfter = 1 };

    public static RequestException Stopping() => new(503, "the server is stopping") { RetryAfter = 1 };

    public static RequestException TooLate(TimeSpan timeout) =>
        new(503, FormattableString.Invariant($"the request took more than {timeout.TotalSeconds} s")) { RetryAfter = 1 };

    public static RequestException TooSlow(TimeSpan timeout) =>
        new(408, FormattableString.Invariant($"the body did not arrive within {timeout.TotalSeconds} s"));

    public static RequestException TooLarge(long most) => new(413, $"found a body of more than {most} bytes");

    /// <summary>A text of the request's, in quotes, at a length fit for a message.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder("\"");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MostShown)))
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return shown.Append(text.Length > MostShown ? "…\"" : "\"").ToString();
    }

    /// <inheritdoc cref="Show(string)"/>
    public static string Show(ReadOnlySpan<byte> text) => Show(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 4 * MostShown)]));
}
