using System.Buffers.Binary;
using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Logs;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using OutputTensor = Consort.AspNetCore.Grpc.Protocol.ModelInferResponse.Types.InferOutputTensor;
using TensorMetadata = Consort.AspNetCore.Grpc.Protocol.ModelMetadataResponse.Types.TensorMetadata;

namespace Consort.AspNetCore.Grpc;

/// <summary>The Open Inference Protocol over gRPC.</summary>
internal sealed class InferenceService(ModelRegistry registry, RequestGate gate, Limits limits, RegistryWatch watch,
    ILogger<InferenceService> log)
{
    public const string Name = "inference.GRPCInferenceService";

    public Task<ServerLiveResponse> ServerLive() => Task.FromResult(new ServerLiveResponse { Live = true });

    public Task<ServerReadyResponse> ServerReady() => Task.FromResult(new ServerReadyResponse { Ready = watch.IsReady });

    public Task<ServerMetadataResponse> ServerMetadata(ServerCallContext context) =>
        Answer(context, _ => new ServerMetadataResponse { Name = Product.Name, Version = Product.Version });

    public Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => Answer(context, _ =>
    {
        using (registry.Take(request.Name, request.Version))
            return new ModelReadyResponse { Ready = watch.IsReady };
    });

    public Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) => Answer(context, _ =>
    {
        var model = registry.Find(request.Name);
        using var lease = model.Lease(request.Version);
        var fields = lease.Version.Fields;
        var answer = new ModelMetadataResponse { Name = model.Name, Platform = Product.Platform };
        answer.Versions.AddRange(request.Version.Length > 0 ? [lease.Version.Name] : model.State.Versions.Select(v => v.Name));
        answer.Inputs.AddRange(fields.Names.Select((name, i) => Tensor(name, TensorInput.TypeOf(fields.Kinds[i]))));
        answer.Outputs.Add(Tensor(InferRequest.Output, "FP32"));
        return answer;

        static TensorMetadata Tensor(string name, string type) => new() { Name = name, Datatype = type, Shape = { -1 } };
    });

    public Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        Answer(context, buffers => Infer(request, buffers));

    private Task<T> Answer<T>(ServerCallContext context, Func<RequestBuffers, T> answer)
    {
        var http = context.GetHttpContext();
        try
        {
            if (context.Deadline <= DateTime.UtcNow)
                throw new OperationCanceledException();
            // Neither before, where a slow body would keep others out, nor while the answer is sent, where a slow reader would.
            using (gate.Enter(http))
                return Task.FromResult(answer(http.Features.GetRequiredFeature<RequestBuffers>()));
        }
        catch (Exception e)
        {
            if (GrpcStatuses.Of(e, http) is { } status)
                throw new RpcException(status);
            ServerLog.CallFailed(log, context.Method, e);
            throw new RpcException(new Status(StatusCode.Internal, "internal error; the server's log says more"));
        }
    }

    private ModelInferResponse Infer(ModelInferRequest request, RequestBuffers buffers)
    {
        using var lease = registry.Take(request.ModelName, request.ModelVersion);
        using var scoring = lease.Version.Metrics.Begin("grpc");
        try
        {
            return Infer(request, buffers, lease);
        }
        catch (Exception e) when (scoring.Fails(e))
        {
            throw;
        }
    }

    private ModelInferResponse Infer(ModelInferRequest request, RequestBuffers buffers, VersionLease lease)
    {
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
            throw new RequestException(400,
                $"found {request.RawInputContents.Count} raw_input_contents, expected {request.Inputs.Count}, one for each input");
        if (request.Inputs.Count > fields.MostColumns)
            throw new RequestException(400, $"inputs: found more than the {fields.MostColumns} fields of the schema");
        if (request.Id.Length > InferRequest.LongestId)
            throw new RequestException(400,
                $"id: found a text of {request.Id.Length} characters, expected at most {InferRequest.LongestId}");
        var asked = new InferRequest(request.Id,
            [.. request.Inputs.Select((t, i) =>
                (TensorInput)(isRaw ? Raw(t, request.RawInputContents[i], fields) : new GrpcTensor(t, fields)))], isRaw);
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
            tensor.Contents = new InferTensorContents { Fp32Contents = { probabilities.ToArray() } };
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

    private static RawTensor Raw(ModelInferRequest.Types.InferInputTensor tensor, ByteString raw, FieldTable fields) =>
        tensor.Contents is null
        ? new RawTensor(tensor.Name, tensor.Datatype, tensor.Shape, fields, raw.Memory)
        : throw new RequestException(400,
            $"input {RequestException.Show(tensor.Name)}: found contents and raw_input_contents, expected one of them");
}
