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
        for (var column = 0; column < space.Categorical.Count; column++)
        {
            if (space.Categorical[column] is not { List: { } list } of)
                continue;
            var listed = writer.AddInput($"ids_{of.Name}", ElementType.Int64, list.MaxLength,
                $"the global ids of the list {of.Name}, -1 behind them; its place among ids is not read");
            writer.SetList(column, listed, list.IsWeighted
                ? writer.AddInput($"weights_{of.Name}", ElementType.Float, list.MaxLength, $"their weights")
                : null);
        }

        if (space.Numeric.Count > 0)
            numeric = writer.AddInput("numeric", ElementType.Float, space.Numeric.Count, "the numeric columns, transformed");
        return new EncodedInputs(ids, numeric);
    }
}
