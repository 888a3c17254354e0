using System.Buffers;
using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Consort.AspNetCore.Grpc;

/// <summary>
/// The methods of the protocol as the library takes them, with marshallers of our own: what a message would become is counted before it is
/// parsed, fields of other numbers are not kept (they take far more memory than they take bytes), and a malformed one is the client's
/// mistake.
/// </summary>
internal sealed class InferenceMethods(ModelRegistry registry, Limits limits) : IServiceMethodProvider<InferenceService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<InferenceService> context)
    {
        Add("ServerLive", ServerLiveRequest.Parser, ServerLiveRequest.Descriptor, (service, _, _) => service.ServerLive(), Access.Open);
        Add("ServerReady", ServerReadyRequest.Parser, ServerReadyRequest.Descriptor, (service, _, _) => service.ServerReady(), Access.Open);
        Add("ModelReady", ModelReadyRequest.Parser, ModelReadyRequest.Descriptor,
            (service, request, call) => service.ModelReady(request, call));
        Add("ServerMetadata", ServerMetadataRequest.Parser, ServerMetadataRequest.Descriptor,
            (service, _, call) => service.ServerMetadata(call));
        Add("ModelMetadata", ModelMetadataRequest.Parser, ModelMetadataRequest.Descriptor,
            (service, request, call) => service.ModelMetadata(request, call));
        Add("ModelInfer", ModelInferRequest.Parser, ModelInferRequest.Descriptor,
            (service, request, call) => service.ModelInfer(request, call));

        void Add<TRequest, TResponse>(string name, MessageParser<TRequest> parser, MessageDescriptor type,
            UnaryServerMethod<InferenceService, TRequest, TResponse> answer, Access access = Access.Score)
            where TRequest : class, IMessage<TRequest>
            where TResponse : class, IMessage<TResponse> =>
            context.AddUnaryMethod(new Method<TRequest, TResponse>(MethodType.Unary, InferenceService.Name, name, Requests(parser, type),
                Responses<TResponse>()), [access], answer);
    }

    private Marshaller<T> Requests<T>(MessageParser<T> parser, MessageDescriptor type)
        where T : class, IMessage<T>
    {
        parser = parser.WithDiscardUnknownFields(true);
        return new Marshaller<T>((_, _) => throw new NotSupportedException(), context =>
        {
            var bytes = context.PayloadAsReadOnlySequence();
            try
            {
                Most(type).Check(bytes.IsSingleSegment ? bytes.First : bytes.ToArray(), type);
                return parser.ParseFrom(bytes);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
            }
            catch (RequestException e)
            {
                throw new RpcException(new Status(e.Status == 413 ? StatusCode.ResourceExhausted : StatusCode.InvalidArgument, e.Message));
            }
        });
    }

    private static Marshaller<T> Responses<T>()
        where T : class, IMessage<T> => new((message, context) =>
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }, _ => throw new NotSupportedException());

    private MessageParts Most(MessageDescriptor type)
    {
        if (type != ModelInferRequest.Descriptor)
            return new MessageParts(0, 64, limits);
        // For each field of the largest schema a tensor with its contents, raw or not, and a parameter or two; a value for each impression.
        var fields = registry.Models.SelectMany(m => m.State.Versions).Max(v => v.Fields.MostColumns);
        return new MessageParts(64 + (8 * fields), 1024 + ((fields + 1) * (limits.Rows + 32L)), limits);
    }
}
