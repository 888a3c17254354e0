using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Models;
using Consort.Serving.Calibrations;

namespace Consort.Onnx;

/// <summary>What an ONNX model is fed.</summary>
public enum OnnxInput
{
    /// <summary>An input [B, 1] a field: text of categorical fields, numbers as doubles with NaN for missing.</summary>
    Raw,

    /// <summary>Global ids, int64 [B, F], and numeric columns, float [B, N], as the encoder makes them.</summary>
    Ids,
}

/// <summary>The form of an ONNX model.</summary>
public sealed record OnnxOptions
{
    /// <summary>1 GiB: protobuf ends at 2.</summary>
    public const long DefaultExternalOver = 1L << 30;

    /// <summary>What the model is fed.</summary>
    public OnnxInput Input { get; init; }

    /// <summary>Whether the members' logits come out, too.</summary>
    public bool WithMembers { get; init; }

    /// <summary>Bytes of weights from which on the tables lie in a file beside the model, at most 1.5 GiB.</summary>
    public long ExternalOver { get; init; } = DefaultExternalOver;
}

/// <summary>What goes into an ONNX model.</summary>
public sealed record OnnxContent
{
    /// <summary>What the model is called.</summary>
    public required string Name { get; init; }

    /// <summary>What is computed.</summary>
    public required Graph Graph { get; init; }

    /// <summary>The trained numbers.</summary>
    public required ParameterStore<float> Store { get; init; }

    /// <summary>The encoder fitted on the training rows.</summary>
    public required Encoder Encoder { get; init; }

    /// <summary>The members whose logits count, at least one.</summary>
    public required IReadOnlyList<int> Members { get; init; }

    /// <summary>How the logits of several members become one.</summary>
    public Fusion Fusion { get; init; }

    /// <summary>From the fused logit to a probability.</summary>
    public Calibration Calibration { get; init; } = Calibration.None;

    /// <summary>The form to write.</summary>
    public OnnxOptions Options { get; init; } = new();
}

/// <summary>An input or output of a written model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">ONNX's name of the element: <c>string</c>, <c>int64</c>, <c>float</c>, <c>double</c>.</param>
/// <param name="Shape">Its dimensions as text, B first.</param>
/// <param name="Meaning">One line.</param>
public sealed record OnnxPort(string Name, string Type, string Shape, string Meaning);

/// <summary>What was written.</summary>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Nodes">The number of nodes.</param>
/// <param name="Bytes">The size of the model's file.</param>
/// <param name="ExternalFile">The file of the tables, or null where they are in the model.</param>
/// <param name="ExternalBytes">Its size.</param>
/// <param name="Notes">What callers must do that the encoder does otherwise, a line each.</param>
public sealed record OnnxSummary(
    IReadOnlyList<OnnxPort> Inputs, IReadOnlyList<OnnxPort> Outputs, int Nodes, long Bytes, string? ExternalFile, long ExternalBytes,
    IReadOnlyList<string> Notes);
