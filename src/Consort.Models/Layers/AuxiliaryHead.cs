using Consort.Compute.Graphs;

namespace Consort.Models.Layers;

/// <summary>
/// A second head of the member before it, z′ = w′ · h + b′, [B, 1], over all from which that member's output layers make its logit z.
/// What z′ is taught shapes what both read, and z alone is served, so that errors of a teacher are not in it. Source: the auxiliary
/// head of ExFM, Meta 2025, arXiv 2502.17494, in our reading.
/// </summary>
internal sealed record AuxiliaryHead(string Of) : CtrModel($"{Of}, auxiliary head")
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) => inputs.Before is { LogitInputs: { Count: > 0 } hidden }
        ? inputs.Output([.. hidden])
        : throw new ConsortException($"auxiliary_head: found with {Of}, which has no layer that ends in its logit, expected a model with a tower");
}
