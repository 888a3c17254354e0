using Consort.Compute.Graphs;
using Consort.Data.Schemas;

namespace Consort.Onnx;

/// <summary>What operations read of a batch.</summary>
/// <param name="Ids">Global ids, int64 [B, F], or null where there are no categorical columns.</param>
/// <param name="Numeric">Numeric columns, float [B, N], or null where there are none.</param>
internal sealed record EncodedInputs(FormValue? Ids, FormValue? Numeric);

/// <summary>The inputs of a model that is fed what the encoder made.</summary>
internal static class IdInputs
{
    public static EncodedInputs Add(GraphWriter writer, FeatureSpace space)
    {
        FormValue? ids = null, numeric = null;
        if (space.Categorical.Count > 0)
            ids = writer.AddInput("ids", ElementType.Int64, space.Categorical.Count, "the global ids of the categorical columns");
        if (space.Numeric.Count > 0)
            numeric = writer.AddInput("numeric", ElementType.Float, space.Numeric.Count, "the numeric columns, transformed");
        return new EncodedInputs(ids, numeric);
    }
}
