using System.Buffers.Binary;
using System.Globalization;
using Consort.Server.Grpc.Protocol;
using Consort.Server.Http;
using Consort.Server.Inference;
using Consort.Server.Registry;
using Consort.Server.Scoring;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;
using OutputTensor = Consort.Server.Grpc.Protocol.ModelInferResponse.Types.InferOutputTensor;
using TensorMetadata = Consort.Server.Grpc.Protocol.ModelMetadataResponse.Types.TensorMetadata;

namespace Consort.Server.Grpc;

/// <summary>
/// The Open Inference Protocol over gRPC. Its framing is small: a message follows a byte that says whether it is compressed and
/// four that give its length, big-endian; the status comes in trailers. Source: PROTOCOL-HTTP2.md of gRPC.
/// </summary>
internal sealed class GrpcEndpoint(ModelRegistry registry, RequestGate gate, ApiKeys keys, Limits limits, Func<bool> isReady)
{
    public const string Service = "/inference.GRPCInferenceService/", Health = "/grpc.health.v1.Health/";
    public const string ContentType = "application/grpc";
    private const int Prefix = 5;

    // Fields of other numbers would be kept, and take far more memory than they take bytes.
    private static readonly MessageParser<ModelInferRequest> InferParser = ModelInferRequest.Parser.WithDiscardUnknownFields(true);
    private static readonly string[] Methods = ["ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer"];

    /// <summary>Whether a path is one of gRPC's.</summary>
    public static bool IsGrpc(PathString path) =>
        path.HasValue && (path.Value.StartsWith(Service, StringComparison.Ordinal) || path.Value.StartsWith(Health, StringComparison.Ordinal));

    /// <summary>What metrics call a method; unknown ones have one name together.</summary>
    public static string NameOf(PathString path) => path.Value switch
    {
        Health + "Check" => "HealthCheck",
        { } known when known.StartsWith(Service, StringComparison.Ordinal) && Array.IndexOf(Methods, known[Service.Length..]) is >= 0 and var i => Methods[i],
        _ => "unknown",
    };

    /// <summary>Answers a call.</summary>
    /// <returns>Its status.</returns>
    public async Task<GrpcStatus> Answer(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        var (status, message) = (GrpcStatus.Ok, "");
        try
        {
            if (await Call(context) is { } answer)
                await Write(response, answer);
        }
        catch (RequestException e)
        {
            (status, message) = (GrpcStatuses.Of(e.Status), e.Message);
        }
        catch (Exception e) when (e is ConsortException or InvalidProtocolBufferException)
        {
            (status, message) = (GrpcStatus.InvalidArgument, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            (status, message) = (GrpcStatuses.Of(e.StatusCode), e.Message);
        }
        catch (OperationCanceledException)
        {
            (status, message) = context.RequestAborted.IsCancellationRequested
                ? (GrpcStatus.Cancelled, "the call was given up")
                : (GrpcStatus.DeadlineExceeded, "the call took longer than it may");
        }
        catch (NotSupportedException e)
        {
            (status, message) = (GrpcStatus.Unimplemented, e.Message);
        }

        response.AppendTrailer("grpc-status", ((int)status).ToString(CultureInfo.InvariantCulture));
        if (message.Length > 0)
            response.AppendTrailer("grpc-message", GrpcStatuses.Encode(message));
        return status;
    }

    private async ValueTask<IMessage?> Call(HttpContext context)
    {
        var request = context.Request;
        switch (request.Path.Value)
        {
            case Service + "ServerLive":
                return new ServerLiveResponse { Live = true };
            case Service + "ServerReady":
                return new ServerReadyResponse { Ready = isReady() };
            case Health + "Check":
                // Field 1 is the status: 1 serving, 2 not.
                await Write(context.Response, new byte[] { 8, (byte)(isReady() ? 1 : 2) });
                return null;
        }

        keys.Check(request.Headers, Access.Score);
        var buffers = gate.Rent();
        try
        {
            var timeout = limits.Timeout;
            if (GrpcStatuses.Timeout(request.Headers["grpc-timeout"].ToString()) is { } deadline && deadline < timeout)
                timeout = deadline > TimeSpan.Zero ? deadline : throw new OperationCanceledException();
            buffers.Start(timeout);
            await buffers.ReadBody(request, limits.Body + Prefix);
            // Neither before, where a slow body would keep others out, nor while the answer is sent, where a slow reader would.
            using (gate.Enter(context))
                return Answer(request.Path.Value!, Message(buffers.Body), buffers);
        }
        finally
        {
            gate.Return(buffers);
        }
    }

    private IMessage Answer(string path, ReadOnlyMemory<byte> message, RequestBuffers buffers)
    {
        switch (path)
        {
            case Service + "ModelReady":
                CheckSmall(message, ModelReadyRequest.Descriptor);
                var ready = ModelReadyRequest.Parser.WithDiscardUnknownFields(true).ParseFrom(message.Span);
                using (registry.Find(ready.Name).Lease(ready.Version))
                    return new ModelReadyResponse { Ready = isReady() };
            case Service + "ServerMetadata":
                return new ServerMetadataResponse { Name = "consort", Version = InferenceServer.Version };
            case Service + "ModelMetadata":
                CheckSmall(message, ModelMetadataRequest.Descriptor);
                return Metadata(ModelMetadataRequest.Parser.WithDiscardUnknownFields(true).ParseFrom(message.Span));
            case Service + "ModelInfer":
                var fields = MostFields();
                // For each field a tensor with its contents, raw or not, and a parameter or two; a value for each impression.
                new MessageParts(64 + (8 * fields), 1024 + ((fields + 1) * (limits.Rows + 32L)), limits).Check(message, ModelInferRequest.Descriptor);
                return Infer(InferParser.ParseFrom(message.Span), buffers);
            default:
                throw new NotSupportedException($"found no method {RequestException.Show(path)}, expected one of {string.Join(", ", Methods)}");
        }
    }

    private void CheckSmall(ReadOnlyMemory<byte> message, MessageDescriptor type) => new MessageParts(0, 64, limits).Check(message, type);

    // Of the largest schema.
    private int MostFields()
    {
        var fields = 0;
        foreach (var model in registry.Models)
            foreach (var version in model.State.Versions)
                fields = Math.Max(fields, version.Fields.MostColumns);
        return fields;
    }

    private ModelMetadataResponse Metadata(ModelMetadataRequest request)
    {
        var model = registry.Find(request.Name);
        using var lease = model.Lease(request.Version);
        var answer = new ModelMetadataResponse { Name = model.Name, Platform = InferenceServer.Platform };
        answer.Versions.AddRange(request.Version.Length > 0 ? [lease.Version.Name] : model.State.Versions.Select(v => v.Name));
        var fields = lease.Version.Fields;
        for (var field = 0; field < fields.Names.Count; field++)
            answer.Inputs.Add(Tensor(fields.Names[field], TensorInput.TypeOf(fields.Kinds[field])));
        answer.Outputs.Add(Tensor(InferRequest.Output, "FP32"));
        return answer;

        static TensorMetadata Tensor(string name, string type) => new() { Name = name, Datatype = type, Shape = { -1 } };
    }

    private ModelInferResponse Infer(ModelInferRequest request, RequestBuffers buffers)
    {
        using var lease = registry.Find(request.ModelName).Lease(request.ModelVersion);
        CheckParameters("parameters", request.Parameters);
        foreach (var output in request.Outputs)
        {
            InferRequest.CheckOutput(output.Name);
            CheckParameters($"output {output.Name}", output.Parameters);
        }

        foreach (var input in request.Inputs)
            CheckParameters($"input {RequestException.Show(input.Name)}", input.Parameters);
        var (fields, isRaw) = (lease.Version.Fields, request.RawInputContents.Count > 0);
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
            throw new RequestException(400, $"found {request.RawInputContents.Count} raw_input_contents, expected {request.Inputs.Count}, one for each input");
        if (request.Inputs.Count > fields.MostColumns)
            throw new RequestException(400, $"inputs: found more than the {fields.MostColumns} fields of the schema");
        if (request.Id.Length > InferRequest.LongestId)
            throw new RequestException(400, $"id: found a text of {request.Id.Length} characters, expected at most {InferRequest.LongestId}");
        var asked = new InferRequest(request.Id, [.. request.Inputs.Select((t, i) => (TensorInput)(isRaw ? Raw(t, request.RawInputContents[i], fields) : new GrpcTensor(t, fields)))], isRaw);
        var rows = InferRun.Run(asked, lease, buffers, limits);
        var probabilities = buffers.Probabilities.AsSpan(0, rows);
        var answer = new ModelInferResponse { ModelName = lease.Version.Model, ModelVersion = lease.Version.Name, Id = request.Id };
        var tensor = new OutputTensor { Name = InferRequest.Output, Datatype = "FP32", Shape = { rows } };
        if (asked.Inputs[0].IsColumn)
            tensor.Shape.Add(1);
        // As it was asked, so it is answered.
        if (isRaw)
        {
            var raw = new byte[rows * sizeof(float)];
            for (var row = 0; row < rows; row++)
                BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(row * sizeof(float)), probabilities[row]);
            answer.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(raw));
        }
        else
        {
            tensor.Contents = new InferTensorContents();
            tensor.Contents.Fp32Contents.Capacity = rows;
            foreach (var probability in probabilities)
                tensor.Contents.Fp32Contents.Add(probability);
        }

        answer.Outputs.Add(tensor);
        return answer;
    }

    // As over HTTP: what would change the answer is not passed over.
    private static void CheckParameters(string where, MapField<string, InferParameter> parameters)
    {
        foreach (var name in InferParameters.NotSpoken)
            if (parameters.ContainsKey(name))
                throw new RequestException(400, $"{where}: found \"{name}\", an extension that this server does not speak");
    }

    private static RawTensor Raw(ModelInferRequest.Types.InferInputTensor tensor, ByteString raw, FieldTable fields) => tensor.Contents is null
        ? new RawTensor(tensor.Name, tensor.Datatype, tensor.Shape, fields, raw.Memory)
        : throw new RequestException(400, $"input {RequestException.Show(tensor.Name)}: found contents and raw_input_contents, expected one of them");

    private static ReadOnlyMemory<byte> Message(ReadOnlyMemory<byte> body)
    {
        var frame = body.Span;
        if (frame.Length < Prefix || BinaryPrimitives.ReadUInt32BigEndian(frame[1..]) != frame.Length - Prefix)
            throw new RequestException(400, $"found a body of {frame.Length} bytes, expected one message with its prefix of {Prefix} bytes");
        if (frame[0] != 0)
            throw new NotSupportedException("found a compressed message, expected one that is not (grpc-accept-encoding: identity)");
        return body[Prefix..];
    }

    private static ValueTask Write(HttpResponse response, IMessage message) => Write(response, message.ToByteArray());

    private static async ValueTask Write(HttpResponse response, ReadOnlyMemory<byte> message)
    {
        response.Headers["grpc-accept-encoding"] = "identity";
        Frame(response.BodyWriter.GetSpan(Prefix + message.Length), message.Span);
        response.BodyWriter.Advance(Prefix + message.Length);
        await response.BodyWriter.FlushAsync();

        static void Frame(Span<byte> to, ReadOnlySpan<byte> message)
        {
            to[0] = 0;
            BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)message.Length);
            message.CopyTo(to[Prefix..]);
        }
    }
}
