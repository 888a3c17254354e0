using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// How members learn in one step: from labels, from each other, from their ensemble, from frozen teachers. A strategy knows logits only,
/// never the architecture behind them.
/// </summary>
public abstract class Strategy
{
    /// <summary>The name in <see cref="StrategyCatalogue"/>.</summary>
    public abstract string Name { get; }

    /// <summary>Names of the loss terms, in the order in which <see cref="Apply"/> reports them.</summary>
    public abstract IReadOnlyList<string> TermNames { get; }

    /// <summary>Whether it needs frozen teachers, which a phase names.</summary>
    public virtual bool LearnsFromTeachers => false;

    /// <summary>Whether rows without labels teach it something, which <see cref="BatchLogits.IsLabelled"/> tells apart.</summary>
    public virtual bool LearnsWithoutLabels => false;

    /// <summary>
    /// Whether what it makes is one member to ship, the best on the validation rows, rather than the ensemble of all.
    /// </summary>
    public virtual bool ShipsOneMember => false;

    /// <summary>
    /// Whether it needs <see cref="BatchLogits.PeerLogits"/> as they are when scoring: without dropout, by running statistics. Asked after
    /// <see cref="Open"/>, and before each step.
    /// </summary>
    public virtual bool ReadsPeersAsScored => false;

    /// <summary>
    /// What of a family keeps it from learning so: the key of an experiment and what was found and expected; null for nothing.
    /// </summary>
    /// <param name="members">Number of members M.</param>
    /// <param name="fusion">How their logits are fused.</param>
    public virtual (string Key, string Message)? Mistake(int members, Fusion fusion) => null;

    /// <summary>Numbers that it learns itself and that a checkpoint keeps; empty for most.</summary>
    public virtual Span<double> State => default;

    /// <summary>Begins a phase: whatever it has learned itself is forgotten.</summary>
    /// <param name="teachers">Frozen teachers of the phase, 0 or more.</param>
    public virtual void Open(int teachers)
    {
    }

    /// <summary>Epochs at the beginning of a phase in which members do not teach each other yet; 0 for most.</summary>
    /// <param name="isFresh">Whether the phase begins with weights that nothing has trained.</param>
    public virtual int WarmEpochs(bool isFresh) => 0;

    /// <summary>Begins an epoch of the phase, or what is left of it.</summary>
    /// <param name="epoch">Counted from 0.</param>
    /// <param name="isFresh">Whether the phase began with weights that nothing had trained.</param>
    public virtual void BeginEpoch(int epoch, bool isFresh)
    {
    }

    /// <summary>
    /// Computes the loss of the batch and adds its gradient. The loss is the sum of the terms: each is a batch mean and already carries its
    /// weight. Values count each row by <see cref="BatchLogits.Weights"/>; gradients do not, <see cref="BatchLogits.WeighGradients"/> is
    /// called behind. Allocates nothing after the first call.
    /// </summary>
    /// <param name="batch">A batch after <see cref="BatchLogits.Prepare"/>; dLoss/dz_m is added to its gradients.</param>
    /// <param name="terms">Receives the value of each term; at least as long as <see cref="TermNames"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="terms"/> is too short.</exception>
    public abstract void Apply(BatchLogits batch, Span<double> terms);

    /// <summary>Zeroes and returns the part of <paramref name="terms"/> that this strategy fills.</summary>
    private protected Span<double> Begin(Span<double> terms)
    {
        var count = TermNames.Count;
        if (terms.Length < count)
            throw new ArgumentException($"needs room for {count} loss terms, got {terms.Length}", nameof(terms));
        terms = terms[..count];
        terms.Clear();
        return terms;
    }

    /// <summary>
    /// Adds the gradient of <paramref name="weight"/> · mean_b l_b BCE(y, sigmoid(z_m)) to member m and returns the value. The mean is
    /// over all rows of the batch; l_b is 0 where a row has no label, else 1.
    /// </summary>
    private protected static double AddMemberLabelLoss(BatchLogits batch, int member, double weight)
    {
        var scale = weight / batch.Rows;
        if (!batch.MayLackLabels)
            return BinaryCrossEntropy.Add(
                scale, batch.Labels(), batch.Logits(member), batch.Tails(member), batch.Probabilities(member), batch.Gradients(member),
                batch.Weights());
        ReadOnlySpan<double> labels = batch.Labels(), logits = batch.Logits(member), probabilities = batch.Probabilities(member);
        var tails = batch.Tails(member);
        var gradients = batch.Gradients(member);
        var loss = 0.0;
        for (var b = 0; b < batch.Rows; b++)
        {
            if (!batch.IsLabelled(b))
                continue;
            gradients[b] += BinaryCrossEntropy.Gradient(scale, labels[b], probabilities[b]);
            loss += batch.WeightOf(b) * BinaryCrossEntropy.Value(labels[b], logits[b], tails[b]);
        }

        return scale * loss;
    }

    /// <summary>What to say where members' logits stand for themselves, and are no slices of one.</summary>
    private protected (string Key, string Message)? NoSlices(Fusion fusion) => fusion == Fusion.Concat
        ? ("fusion", $"found concat, expected mean or sum for strategy {Name}")
        : null;
}
