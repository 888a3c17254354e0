using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Consort.AspNetCore.Grpc;
using Consort.AspNetCore.Grpc.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Calls over gRPC. An input is a line with the method, and then the message; where the line begins with <c>!</c>, the frame too. Every
/// call has a status, and that is neither <c>Internal</c> nor <c>Unknown</c>.
/// </summary>
internal sealed class GrpcTarget : FuzzTarget
{
    private readonly ServedRun _run = new();
    private HttpClient? _client;

    public override string Name => "grpc";

    public override string What => "calls over gRPC";

    public override IReadOnlyList<string> Words =>
        ["clicks", "price", "share", "site", "device", "visits", "age", "time", "app", "seen", "tags", "likes", "BYTES", "FP32", "FP64", "INT64", "INT32", "BOOL",
            "probability", "ModelInfer", "ModelReady", "ModelMetadata", "ServerMetadata", "ServerLive"];

    public override void Prepare(string folder)
    {
        _run.Start(folder);
        _client = new HttpClient { BaseAddress = _run.Grpc, Timeout = TimeSpan.FromMinutes(2) };
    }

    public override IEnumerable<byte[]> Seeds()
    {
        var raw = new ModelInferRequest { ModelName = "clicks", Id = "7" };
        raw.Inputs.Add(Tensor("price", "FP32"));
        raw.Inputs.Add(Tensor("site", "BYTES"));
        raw.RawInputContents.Add(ByteString.CopyFrom([0, 0, 128, 63, 0, 0, 0, 64]));
        raw.RawInputContents.Add(ByteString.CopyFrom([2, 0, 0, 0, (byte)'s', (byte)'1', 2, 0, 0, 0, (byte)'s', (byte)'2']));
        var typed = new ModelInferRequest { ModelName = "clicks", ModelVersion = "" };
        typed.Inputs.Add(Tensor("price", "FP64"));
        typed.Inputs[0].Contents = new InferTensorContents { Fp64Contents = { 1.5, 7 } };
        typed.Inputs.Add(Tensor("visits", "INT64"));
        typed.Inputs[1].Contents = new InferTensorContents { Int64Contents = { 3, 5000 } };
        typed.Inputs.Add(Tensor("time", "BYTES"));
        typed.Inputs[2].Contents = new InferTensorContents
        {
            BytesContents =
            { ByteString.CopyFromUtf8("14102105"), ByteString.CopyFromUtf8("") }
        };
        typed.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probability" });
        var tokens = new ModelInferRequest { ModelName = "clicks" };
        tokens.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "seen", Datatype = "INT64", Shape = { 2, 3 } });
        tokens.Inputs[0].Contents = new InferTensorContents { Int64Contents = { 1, 2, 3, 4, 5, 6 } };
        byte[] Of(string method, IMessage message) => [.. Encoding.ASCII.GetBytes(method + "\n"), .. message.ToByteArray()];
        return
        [
            Of("ModelInfer", raw), Of("ModelInfer", typed), Of("ModelInfer", tokens), Of("ModelReady", new ModelReadyRequest { Name = "clicks" }),
            Of("ModelMetadata", new ModelMetadataRequest { Name = "clicks" }),
            Of("ServerMetadata", new ServerMetadataRequest()), [.. "!ModelInfer\n"u8, 0, 0, 0, 0, 8, .. "\n\u0006clicks"u8],
            [.. "!ModelInfer\n"u8, 1, 0, 0, 0, 0],
        ];

        static ModelInferRequest.Types.InferInputTensor Tensor(string name, string type) =>
            new() { Name = name, Datatype = type, Shape = { 2, 1 } };
    }

    public override bool Try(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        var name = line < 0 ? "" : Encoding.ASCII.GetString(input, 0, line);
        var isFramed = name.StartsWith('!');
        name = name.TrimStart('!');
        var content = input[(line + 1)..];
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"/{InferenceService.Name}/" + (name.Length is > 0 and < 100 && name.All(char.IsAsciiLetter) ? name : "ModelInfer"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(isFramed ? content : Frame(content)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = ServedRun.Wait(_client!.SendAsync(request));
        var answer = ServedRun.Wait(response.Content.ReadAsByteArrayAsync());
        if (!response.TrailingHeaders.TryGetValues("grpc-status", out var values)
            && !response.Headers.TryGetValues("grpc-status", out values))
            throw new FindingException($"no status; HTTP {(int)response.StatusCode}");
        var status = (StatusCode)int.Parse(values.Single(), CultureInfo.InvariantCulture);
        var message = response.TrailingHeaders.TryGetValues("grpc-message", out var texts) ? Uri.UnescapeDataString(texts.Single()) : "";
        if ((int)status is 2 or 13)
            throw new FindingException($"status {status}: {message}\n{_run.LastLog()}");
        if (status != StatusCode.OK)
            throw new RefusedException($"{status} {message}");
        if (name == "ModelInfer")
            Check(ModelInferResponse.Parser.ParseFrom(answer[5..]));
        return true;
    }

    public override void Dispose()
    {
        _client?.Dispose();
        _run.Dispose();
        base.Dispose();
    }

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static void Check(ModelInferResponse response)
    {
        foreach (var probability in response.Outputs.SelectMany(o => o.Contents?.Fp32Contents ?? []))
            Check(probability);
        foreach (var raw in response.RawOutputContents)
            for (var at = 0; at + 4 <= raw.Length; at += 4)
                Check(BitConverter.ToSingle(raw.Span[at..]));

        static void Check(float probability)
        {
            if (!(probability is >= 0 and <= 1))
                throw new FindingException($"a probability of {probability}");
        }
    }
}
