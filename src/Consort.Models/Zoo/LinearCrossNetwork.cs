using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Linear cross network (LCN): x_{l+1} = x₀ ⊙ (mask(W_l x_l) + b_l) + x_l, z = w · x_L + b, [B, 1], with the self-mask of
/// <see cref="SelfMaskedCross"/>. L layers hold interactions up to order L + 1, without a tower. Source: Li et al. 2024 (FCN, "DCNv3").
/// </summary>
public sealed record LinearCrossNetwork(SelfMaskedCross Cross) : CtrModel("LCN")
{
    internal static readonly OptionSet<LinearCrossNetwork> Options = new OptionSet<LinearCrossNetwork>(() => new(new SelfMaskedCross()))
        .Include(SelfMaskedCross.Options, m => m.Cross, (m, v) => m with { Cross = v });

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) => inputs.Output(Cross.Build(inputs, isExponential: false)); // [B, 1]
}
