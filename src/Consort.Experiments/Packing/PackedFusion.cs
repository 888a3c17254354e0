using Consort.Learning.Strategies;
using Consort.Serving.Packages;

namespace Consort.Experiments.Packing;

/// <summary>How what is shipped fuses its members' logits, by how the run did: packages and exports know nothing of learning.</summary>
public static class PackedFusion
{
    /// <summary>The fusion of a package or an export.</summary>
    public static MemberFusion Of(Fusion fusion) => fusion switch
    {
        Fusion.Mean => MemberFusion.Mean,
        Fusion.Concat => MemberFusion.Concat,
        _ => MemberFusion.Sum,
    };
}
