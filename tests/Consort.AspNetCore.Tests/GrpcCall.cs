using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;

namespace Consort.AspNetCore.Tests;

/// <summary>A client of gRPC over HTTP/2 in the clear, written by hand so that tests can also misbehave.</summary>
internal sealed class GrpcCall(Uri address) : IDisposable
{
    public const string Service = "/inference.GRPCInferenceService/", Health = "/grpc.health.v1.Health/";

    private readonly HttpClient _client = new() { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri };

    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Packed(byte[] message, string encoding)
    {
        using var packed = new MemoryStream();
        const CompressionLevel Level = CompressionLevel.SmallestSize;
        using (Stream stream = encoding == "gzip" ? new GZipStream(packed, Level) : new ZLibStream(packed, Level))
            stream.Write(message);
        return packed.ToArray();
    }

    public async Task<(StatusCode Status, string Message, byte[] Answer)> Send(string path, byte[] body,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.MediaType);
        var answer = await response.Content.ReadAsByteArrayAsync();
        // Where there is no message the status may be in the head.
        var trailers = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        var status = (StatusCode)int.Parse(trailers.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture);
        var message = trailers.TryGetValues("grpc-message", out var texts) ? Uri.UnescapeDataString(texts.Single()) : "";
        if (status == StatusCode.OK)
        {
            Assert.Equal(0, answer[0]);
            Assert.Equal(answer.Length - 5, (int)BinaryPrimitives.ReadUInt32BigEndian(answer.AsSpan(1)));
            answer = answer[5..];
        }

        return (status, message, answer);
    }

    public async Task<T> Call<T>(string method, IMessage request, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var (status, message, answer) = await Send(GrpcCall.Service + method, Frame(request.ToByteArray()));
        Assert.True(status == StatusCode.OK, message);
        return parser.ParseFrom(answer);
    }

    public void Dispose() => _client.Dispose();
}
