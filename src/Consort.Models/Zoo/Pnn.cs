using Consort.Compute.Graphs;
using Consort.Data;
using Consort.Data.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Product-based neural network with inner products (PNN, IPNN): a tower over the embeddings and the inner products of all
/// their pairs, z = w · MLP([e_1 … e_F, ⟨e_i, e_j⟩ i&lt;j]) + b, [B, 1].
/// Source: Qu et al. 2016, section III-B. As in FuxiCTR the tower reads the products themselves; the paper first
/// multiplies embeddings and products by weights of the first layer, which is the same sum.
/// </summary>
public sealed record Pnn(MlpOptions Mlp) : CtrModel
{
    /// <inheritdoc/>
    public override string Name => "PNN";

    /// <summary>Reads the tower's options.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Pnn From(OptionMap options) => new(MlpOptions.From(options));

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var embeddings = inputs.Embeddings(); // [B, F, D]
        var pairs = inputs.InnerProducts(embeddings); // [B, F(F − 1)/2]
        var deep = inputs.Mlp([embeddings, pairs], Mlp, "mlp"); // [B, last width]
        return inputs.Linear(deep, 1, "output"); // [B, 1]
    }
}
