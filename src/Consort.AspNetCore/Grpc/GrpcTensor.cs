using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving;
using InputTensor = Consort.AspNetCore.Grpc.Protocol.ModelInferRequest.Types.InferInputTensor;

namespace Consort.AspNetCore.Grpc;

/// <summary>A tensor of the protocol's typed contents.</summary>
internal sealed class GrpcTensor : TensorInput
{
    private readonly InferTensorContents _contents;

    public GrpcTensor(InputTensor tensor, FieldTable fields) : base(tensor.Name, tensor.Datatype, tensor.Shape, fields)
    {
        _contents = tensor.Contents ?? new InferTensorContents();
        if (Datatype == "FP16")
            throw new RequestException(400,
                $"input {Name}: found datatype FP16, for which there are no typed contents, expected raw_input_contents");
        if (Found() is var found && found != Values)
            throw Count(FormattableString.Invariant($"{found} values"));
    }

    protected override void Set(in ImpressionRow row, Limits limits)
    {
        switch (Datatype)
        {
            case "BYTES":
                SetBytes(row, _contents.BytesContents[Place].Span, limits);
                break;
            case "FP32":
                SetNumber(row, _contents.Fp32Contents[Place]);
                break;
            case "FP64":
                SetNumber(row, _contents.Fp64Contents[Place]);
                break;
            case "INT64":
                SetNumber(row, _contents.Int64Contents[Place]);
                break;
            case "UINT64":
                SetNumber(row, _contents.Uint64Contents[Place]);
                break;
            case "INT8" or "INT16" or "INT32":
                CheckRange(_contents.IntContents[Place]);
                SetNumber(row, _contents.IntContents[Place]);
                break;
            default:
                CheckRange(_contents.UintContents[Place]);
                SetNumber(row, _contents.UintContents[Place]);
                break;
        }
    }

    private int Found() => Datatype switch
    {
        "BYTES" => _contents.BytesContents.Count,
        "FP32" => _contents.Fp32Contents.Count,
        "FP64" => _contents.Fp64Contents.Count,
        "INT64" => _contents.Int64Contents.Count,
        "UINT64" => _contents.Uint64Contents.Count,
        "INT8" or "INT16" or "INT32" => _contents.IntContents.Count,
        _ => _contents.UintContents.Count,
    };
}
