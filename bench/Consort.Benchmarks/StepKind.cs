using Consort.Compute.Graphs;

namespace Consort.Benchmarks;

/// <summary>Where the time of a step goes.</summary>
internal enum StepKind
{
    Matmul,
    Interaction,
    Embedding,
    Elementwise,
    Optimizer,
    Loss,
    Loader,
}

internal static class StepKinds
{
    public static readonly int Count = Enum.GetValues<StepKind>().Length;

    private static readonly string[] Interactions =
        ["factorization_machine", "bi_interaction", "cross", "matrix_cross", "inner_product", "bilinear", "senet"];

    public static string Name(StepKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The kind of an operation. Bias and ReLU that a product does on the way count as the product.</summary>
    public static StepKind Of(Operation operation) => operation.Name switch
    {
        "linear" => StepKind.Matmul,
        "embed" or "first_order" or "numeric_embed" => StepKind.Embedding,
        var name => Array.Exists(Interactions, i => name.StartsWith(i, StringComparison.Ordinal))
            ? StepKind.Interaction : StepKind.Elementwise,
    };
}
