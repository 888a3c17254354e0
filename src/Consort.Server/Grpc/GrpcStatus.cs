using System.Text;

namespace Consort.Server.Grpc;

/// <summary>Status codes of gRPC, as far as they are used.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <summary>Between HTTP and gRPC.</summary>
internal static class GrpcStatuses
{
    /// <summary>What gRPC calls a mistake.</summary>
    public static GrpcStatus Of(int httpStatus) => httpStatus switch
    {
        400 or 411 or 415 or 422 => GrpcStatus.InvalidArgument,
        401 => GrpcStatus.Unauthenticated,
        403 => GrpcStatus.PermissionDenied,
        404 => GrpcStatus.NotFound,
        408 => GrpcStatus.DeadlineExceeded,
        413 or 429 => GrpcStatus.ResourceExhausted,
        503 => GrpcStatus.Unavailable,
        _ => GrpcStatus.Internal,
    };

    /// <summary>A message as a trailer carries it: UTF-8, all but printable ASCII in percent signs.</summary>
    public static string Encode(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
                text.Append((char)b);
            else
                text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    /// <summary>A deadline as <c>grpc-timeout</c> gives it, such as <c>250m</c>; null where there is none or it is malformed.</summary>
    public static TimeSpan? Timeout(string header)
    {
        if (header.Length is < 2 or > 9 || !long.TryParse(header.AsSpan(0, header.Length - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count))
            return null;
        return header[^1] switch
        {
            'H' => TimeSpan.FromHours(Math.Min(count, 10_000)),
            'M' => TimeSpan.FromMinutes(count),
            'S' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMilliseconds(count),
            'u' => TimeSpan.FromMicroseconds(count),
            'n' => TimeSpan.FromMicroseconds(count / 1000.0),
            _ => null,
        };
    }
}
