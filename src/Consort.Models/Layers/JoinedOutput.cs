namespace Consort.Models.Layers;

/// <summary>
/// One output layer over the last hidden layers of all members, z = Σ_m w_m · h_m + b. Being linear, it is a sum of slices, one a member:
/// what joins them is how they begin, w Xavier normal over all of [h_1 … h_M], and that there is one b.
/// </summary>
/// <param name="inputs">The sum of the slices' inputs, or null while they are still counted.</param>
internal sealed class JoinedOutput(int? inputs)
{
    private bool _hasBias;

    /// <summary>The inputs of the slices taken so far.</summary>
    public int Taken { get; private set; }

    /// <summary>The next slice: the fan-in that its weights start by, and whether it holds the layer's bias.</summary>
    /// <param name="own">Inputs of the slice.</param>
    /// <param name="wantsBias">Whether the member's own layer would have one.</param>
    public (int FanIn, bool HasBias) Take(int own, bool wantsBias)
    {
        Taken += own;
        var holds = wantsBias && !_hasBias;
        _hasBias |= holds;
        return (inputs ?? own, holds);
    }
}
