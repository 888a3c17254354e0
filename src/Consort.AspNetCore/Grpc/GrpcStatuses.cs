using Consort.AspNetCore.Requests;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Grpc;

/// <summary>What gRPC calls a mistake.</summary>
internal static class GrpcStatuses
{
    /// <summary>The status of what a call threw; null where it is nobody's mistake but the server's.</summary>
    public static Status? Of(Exception exception, HttpContext context) => exception switch
    {
        RpcException e => e.Status,
        RequestException e => new Status(Of(e.Status), e.Message),
        BadHttpRequestException e => new Status(Of(e.StatusCode), e.Message),
        ConsortException or InvalidProtocolBufferException => new Status(StatusCode.InvalidArgument, exception.Message),
        OperationCanceledException when context.RequestAborted.IsCancellationRequested =>
            new Status(StatusCode.Cancelled, "the call was given up"),
        OperationCanceledException => new Status(StatusCode.DeadlineExceeded, "the call took longer than it may"),
        _ => null,
    };

    private static StatusCode Of(int httpStatus) => httpStatus switch
    {
        400 or 411 or 415 or 422 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        408 => StatusCode.DeadlineExceeded,
        413 or 429 => StatusCode.ResourceExhausted,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
