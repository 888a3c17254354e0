using Consort.Compute.Cpu.Threads;
using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Everything a <see cref="Strategy"/> may see of one step: labels, the logits of M members, of the ensemble and of frozen teachers, and
/// room for the gradients. Allocated once for the largest batch; a step allocates nothing.
/// </summary>
/// <remarks>
/// One step: set <see cref="Rows"/>, fill <see cref="Labels"/>, <see cref="Logits"/> (and <see cref="TeacherLogits"/>), call
/// <see cref="Prepare"/>, then <see cref="Strategy.Apply"/>, then read <see cref="Gradients"/>. All in double precision: batch means of
/// small squared differences lose too much in float32. Not safe for use by several threads at once.
/// </remarks>
public sealed class BatchLogits
{
    private readonly double[] _labels; // [B]
    private readonly bool[] _labelled; // [B]
    private readonly double[] _weights; // [B]
    private readonly double[] _logits; // [M, B]
    private readonly double[] _probabilities; // [M, B]
    private readonly double[] _ensembleLogits; // [B]
    private readonly double[] _ensembleProbabilities; // [B]
    private readonly double[] _teacherLogits; // [teachers, B]
    private readonly double[] _peerLogits; // [M, B], or those of the members
    private readonly double[] _peerProbabilities; // [M, B], likewise
    private readonly double[] _tails; // [M, B] log(1 + exp(−|z|))
    private readonly double[] _ensembleTails; // [B]
    private readonly double[] _peerTails; // [M, B], or those of the members
    private readonly double[] _gradients; // [M, B]
    private readonly FillJob _fill;
    private int _rows;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="capacity">Largest batch B, at least 1.</param>
    /// <param name="members">Number of members M, at least 1.</param>
    /// <param name="teachers">Number of frozen teachers, 0 or more.</param>
    /// <param name="fusion">How the family fuses its members' logits.</param>
    /// <param name="hasPeers">Whether peers see other logits of a member than its own, which the caller fills.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public BatchLogits(int capacity, int members, int teachers, Fusion fusion = Fusion.Mean, bool hasPeers = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(teachers);
        Capacity = capacity;
        Members = members;
        Teachers = teachers;
        EnsembleShare = fusion.Share(members);
        HasAuxiliaryHead = fusion == Fusion.First;
        _rows = capacity;
        _labels = new double[capacity];
        _labelled = new bool[capacity];
        _weights = new double[capacity];
        _logits = new double[checked(members * capacity)];
        _probabilities = new double[members * capacity];
        _ensembleLogits = new double[capacity];
        _ensembleProbabilities = new double[capacity];
        _teacherLogits = new double[checked(teachers * capacity)];
        (_tails, _ensembleTails) = (new double[members * capacity], new double[capacity]);
        (_peerLogits, _peerProbabilities, _peerTails) = hasPeers
            ? (new double[members * capacity], new double[members * capacity], new double[members * capacity])
            : (_logits, _probabilities, _tails);
        _fill = new FillJob(this);
        _gradients = new double[members * capacity];
    }

    /// <summary>Who shares out what is done row by row; null for the caller alone.</summary>
    internal Workers? Workers { get; init; }

    /// <summary>log(1 + exp(−|z_m|)) of a member, [B]; filled by <see cref="Prepare"/>, for losses.</summary>
    internal ReadOnlySpan<double> Tails(int member) => Row(_tails, member, Members);

    /// <summary>The same of the fused logits, [B].</summary>
    internal ReadOnlySpan<double> EnsembleTails() => _ensembleTails.AsSpan(0, _rows);

    /// <summary>The same of <see cref="PeerLogits"/>, [B].</summary>
    internal ReadOnlySpan<double> PeerTails(int member) => Row(_peerTails, member, Members);

    /// <summary>Largest number of rows.</summary>
    public int Capacity { get; }

    /// <summary>Rows of the current batch, B; between 0 and <see cref="Capacity"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set outside that range.</exception>
    public int Rows
    {
        get => _rows;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            _rows = value;
        }
    }

    /// <summary>Number of members M.</summary>
    public int Members { get; }

    /// <summary>Number of frozen teachers.</summary>
    public int Teachers { get; }

    /// <summary>d z_ens / d z_m: 1/M for the mean, 1 for the sum and for slices of one layer.</summary>
    public double EnsembleShare { get; }

    /// <summary>Whether the ensemble is the first of two logits, and the second an auxiliary head of the same model.</summary>
    public bool HasAuxiliaryHead { get; }

    /// <summary>Whether rows of the current batch may have no label; <see cref="Labelled"/> then says which have one.</summary>
    public bool MayLackLabels { get; set; }

    /// <summary>Whether each row has a label, [B]; read where <see cref="MayLackLabels"/> is set.</summary>
    public Span<bool> Labelled() => _labelled.AsSpan(0, _rows);

    /// <summary>Whether a row has a label.</summary>
    public bool IsLabelled(int row) => !MayLackLabels || _labelled[row];

    /// <summary>Whether rows of the current batch have weights.</summary>
    public bool HasWeights { get; set; }

    /// <summary>
    /// How much each row counts, at least 0, [B]; empty where all count alike. In training their mean is 1, so that a mean over the rows of
    /// the batch, each times its weight, is the mean over the sum of weights: a row of weight 2 is the row twice.
    /// </summary>
    public Span<double> Weights() => HasWeights ? _weights.AsSpan(0, _rows) : [];

    /// <summary>How much a row counts.</summary>
    public double WeightOf(int row) => HasWeights ? _weights[row] : 1;

    /// <summary>Labels, 0 or 1, [B].</summary>
    public Span<double> Labels() => _labels.AsSpan(0, _rows);

    /// <summary>Logits z_m of a member, [B]; filled by the caller before <see cref="Prepare"/>.</summary>
    /// <param name="member">0 ≤ m &lt; M.</param>
    public Span<double> Logits(int member) => Row(_logits, member, Members);

    /// <summary>Probabilities p_m = sigmoid(z_m), [B]; filled by <see cref="Prepare"/>.</summary>
    /// <param name="member">0 ≤ m &lt; M.</param>
    public Span<double> Probabilities(int member) => Row(_probabilities, member, Members);

    /// <summary>Fused logits of the ensemble, [B]; filled by <see cref="Prepare"/>.</summary>
    public Span<double> EnsembleLogits() => _ensembleLogits.AsSpan(0, _rows);

    /// <summary>Sigmoid of the fused logits, [B]; filled by <see cref="Prepare"/>.</summary>
    public Span<double> EnsembleProbabilities() => _ensembleProbabilities.AsSpan(0, _rows);

    /// <summary>Logits of a frozen teacher, [B]; filled by the caller.</summary>
    /// <param name="teacher">0 ≤ t &lt; Teachers.</param>
    public Span<double> TeacherLogits(int teacher) => Row(_teacherLogits, teacher, Teachers);

    /// <summary>Whether peers see other logits of a member than its own.</summary>
    public bool HasPeers => _peerLogits != _logits;

    /// <summary>Logits of a member as its peers see them, [B]: its own, or what the caller has filled.</summary>
    /// <param name="member">0 ≤ m &lt; M.</param>
    public Span<double> PeerLogits(int member) => Row(_peerLogits, member, Members);

    /// <summary>Sigmoid of <see cref="PeerLogits"/>, [B]; filled by <see cref="Prepare"/>.</summary>
    /// <param name="member">0 ≤ m &lt; M.</param>
    public Span<double> PeerProbabilities(int member) => Row(_peerProbabilities, member, Members);

    /// <summary>dLoss/dz_m, [B]; zeroed by <see cref="Prepare"/>, strategies add to it.</summary>
    /// <param name="member">0 ≤ m &lt; M.</param>
    public Span<double> Gradients(int member) => Row(_gradients, member, Members);

    /// <summary>Computes probabilities and the fused logits from the member logits, and zeroes the gradients.</summary>
    public void Prepare()
    {
        Fuse();
        for (var m = 0; m < Members; m++)
            Gradients(m).Clear();
        if (Workers is null)
            Fill(0, _rows);
        else
            Workers.Run(_fill, (_rows + FillJob.Rows - 1) / FillJob.Rows);
    }

    /// <summary>Scales the weights to a mean of 1; where all are 0 they stay so.</summary>
    public void BalanceWeights()
    {
        var weights = Weights();
        var sum = 0.0;
        foreach (var weight in weights)
            sum += weight;
        for (var b = 0; b < weights.Length; b++)
            weights[b] = sum > 0 ? weights[b] * (weights.Length / sum) : 0;
    }

    /// <summary>Multiplies what a strategy has added for each row by its weight; called once, after <see cref="Strategy.Apply"/>.</summary>
    public void WeighGradients()
    {
        ReadOnlySpan<double> weights = Weights();
        for (var m = 0; m < Members && !weights.IsEmpty; m++)
        {
            var gradients = Gradients(m);
            for (var b = 0; b < weights.Length; b++)
                gradients[b] *= weights[b];
        }
    }

    /// <summary>Computes the fused logits alone, which is all that metrics need.</summary>
    public void Fuse()
    {
        var ensemble = EnsembleLogits();
        if (HasAuxiliaryHead)
        {
            Logits(0).CopyTo(ensemble);
            return;
        }

        ensemble.Clear();
        for (var m = 0; m < Members; m++)
        {
            ReadOnlySpan<double> logits = Logits(m);
            for (var b = 0; b < logits.Length; b++) ensemble[b] += logits[b];
        }
        for (var b = 0; b < ensemble.Length; b++) ensemble[b] *= EnsembleShare;
    }

    // Probabilities and tails of some rows; each depends on its logit alone.
    private void Fill(int first, int end)
    {
        for (var m = 0; m < Members; m++)
        {
            var from = m * Capacity;
            Fill(_logits, _probabilities, _tails, from + first, from + end);
            if (HasPeers)
                Fill(_peerLogits, _peerProbabilities, _peerTails, from + first, from + end);
        }

        Fill(_ensembleLogits, _ensembleProbabilities, _ensembleTails, first, end);
    }

    private static void Fill(double[] logits, double[] probabilities, double[] tails, int first, int end)
    {
        for (var i = first; i < end; i++)
            (probabilities[i], tails[i]) = Logistic.SigmoidAndTail(logits[i]);
    }

    private sealed class FillJob(BatchLogits batch) : IParallelJob
    {
        public const int Rows = 256;

        public void Run(int index, int worker) => batch.Fill(index * Rows, Math.Min(batch._rows, (index + 1) * Rows));
    }

    private Span<double> Row(double[] buffer, int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return buffer.AsSpan(index * Capacity, _rows);
    }
}
