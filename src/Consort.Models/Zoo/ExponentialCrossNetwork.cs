using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Exponential cross network (ECN): x_{l+1} = x_l ⊙ (mask(W_l x_l) + b_l) + x_l, z = w · x_L + b, [B, 1], with the self-mask of
/// <see cref="SelfMaskedCross"/>. L layers hold interactions up to order 2^L, without a tower. Source: Li et al. 2024 (FCN, "DCNv3"); a
/// student of KDEF's mixed ensemble.
/// </summary>
public sealed record ExponentialCrossNetwork(SelfMaskedCross Cross) : CtrModel("ECN")
{
    internal static readonly OptionSet<ExponentialCrossNetwork> Options =
        new OptionSet<ExponentialCrossNetwork>(() => new(new SelfMaskedCross()))
        .Include(SelfMaskedCross.Options, m => m.Cross, (m, v) => m with { Cross = v });

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) => inputs.Output(Cross.Build(inputs, isExponential: true)); // [B, 1]
}
