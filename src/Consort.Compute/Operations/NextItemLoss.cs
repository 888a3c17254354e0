using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Passes a logit on, [B, 1], and adds a loss of its own while training: with scores s of what came next and t of what did not, [N, 1]
/// each, L = w · mean_l (log(1 + exp(−s_l)) + log(1 + exp(t_l))) over the positions that have one behind them. ∂s_l = w/n (σ(s_l) − 1),
/// ∂t_l = w/n σ(t_l). Source: Zhou et al. 2019 (DIEN), eq. 8.
/// </summary>
/// <param name="Weight">w, at least 0.</param>
public sealed class NextItemLoss(double Weight) : Operation
{
    /// <inheritdoc/>
    public override string Name => "next_item_loss";

    /// <summary>w.</summary>
    public double Weight { get; } = Weight;

    /// <inheritdoc/>
    public override bool IsForTraining => true;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [null, { } one, { } two] && one == two
        ? null : throw new ArgumentException("next_item_loss: found other values, expected a logit and two at the same positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs is [{ Size: 1 } logit, { Size: 1 }, { Size: 1 }] ? logit : throw Mismatch(inputs, "three of [1]");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Input;
}

internal sealed unsafe class NextItemLossKernel<T>(double weight, Binding<T> binding)
    : SegmentKernel(binding.Workers, binding.SegmentsOfInput(1))
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _logits = binding.Input(0); // [B, 1]
    private readonly T* _next = binding.Input(1); // s [N, 1]
    private readonly T* _other = binding.Input(2); // t [N, 1]
    private readonly T* _output = binding.Output; // [B, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _logitTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _nextTarget = binding.InputGradient(1);
    private readonly GradientTarget<T> _otherTarget = binding.InputGradient(2);
    private readonly RankSums? _ranks = binding.Ranks is { } ranks ? new RankSums(ranks, 0) : null;
    private T _share; // w/n

    internal override bool MeetsRanks => true;

    protected override void ForwardRows(int start, int end) => VectorMath.Copy(_output + start, _logits + start, end - start);

    public override void Backward(in Step step)
    {
        var pairs = 0L;
        for (var row = 0; row < Segments.Batch; row++)
            pairs += Math.Max(0, Segments.Starts[row + 1] - Segments.Starts[row] - 1);
        if (_ranks is not null && step.IsTraining)
        {
            _ranks.Gather(pairs, []);
            pairs = 0;
            for (var rank = 0; rank < _ranks.Count; rank++)
                pairs += (long)_ranks.RowsOf(rank);
        }

        _share = step.IsTraining ? T.CreateTruncating(weight / Math.Max(1, pairs)) : T.Zero;
        base.Backward(step);
    }

    protected override void BackwardRows(int start, int end)
    {
        if (_logitTarget.IsWanted)
            VectorMath.Put(_logitTarget.Data + start, _outputGradient + start, _logitTarget.Accumulate, end - start);
        for (var row = start; row < end; row++)
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                var share = i + 1 < Segments.Starts[row + 1] ? _share : T.Zero;
                Put(_nextTarget, i, -share / (T.One + T.Exp(_next[i])));
                Put(_otherTarget, i, share / (T.One + T.Exp(-_other[i])));
            }
    }

    private static void Put(GradientTarget<T> target, int position, T gradient)
    {
        if (target.IsWanted)
            target.Data[position] = target.Accumulate ? target.Data[position] + gradient : gradient;
    }
}
