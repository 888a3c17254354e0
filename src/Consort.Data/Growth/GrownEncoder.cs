using Consort.Data.Encoders;

namespace Consort.Data.Growth;

/// <summary>An encoder that has grown from another.</summary>
/// <param name="Encoder">The new one.</param>
/// <param name="Ids">The new id of each old one; −1 of a token that has lost its id.</param>
/// <param name="Ages">Of each new id how many updates in a row have not seen its token; 0 where that is not counted.</param>
/// <param name="Admitted">Tokens that have got an id.</param>
/// <param name="Evicted">Tokens that have lost theirs.</param>
public sealed record GrownEncoder(Encoder Encoder, IReadOnlyList<int> Ids, IReadOnlyList<ushort> Ages, int Admitted, int Evicted)
{
    /// <summary>Tokens that wait for an id; null where none do.</summary>
    public WaitingTokens? Waiting { get; init; }
}
