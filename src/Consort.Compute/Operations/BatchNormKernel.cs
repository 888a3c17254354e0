using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>Passes over rows in chunks, whose sums (<see cref="ColumnStrips{T}"/>) are put together to those of the batch.</summary>
internal sealed unsafe class BatchNormKernel<T>(BatchNorm norm, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = norm.Parameters[0].Shape.Size;
    private readonly int _positions = binding.OutputShape.Size / norm.Parameters[0].Shape.Size; // of a row
    private readonly bool _relu = norm.Relu;
    private readonly bool _mask = norm.Relu && !binding.IsOutputGradientMasked; // the ReLU's gradient is still to do
    private readonly DropMask<T> _drop = binding.Drops(norm.Dropout);
    private readonly T* _gamma = binding.Values(norm.Parameters[0]);
    private readonly T* _beta = binding.Values(norm.Parameters[1]);
    private readonly T* _runningMean = binding.Values(norm.Parameters[2]);
    private readonly T* _runningVariance = binding.Values(norm.Parameters[3]);
    private readonly T* _gammaGradient = binding.Gradients(norm.Parameters[0]);
    private readonly T* _betaGradient = binding.Gradients(norm.Parameters[1]);
    private readonly T* _input = binding.Input(0); // [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, 2 * norm.Parameters[0].Shape.Size);
    private readonly T* _mean = binding.Workspace(norm.Parameters[0].Shape.Size); // μ of the batch, [n]
    private readonly T* _inverse = binding.Workspace(norm.Parameters[0].Shape.Size); // 1 / √(σ² + ε), [n]
    // γ / √(σ² + ε), times what dropout scales by on the way back, [n]
    private readonly T* _factor = binding.Workspace(norm.Parameters[0].Shape.Size);
    private readonly T* _offset = binding.Workspace(norm.Parameters[0].Shape.Size); // what the gradient loses of every row, [n]
    private readonly T* _slope = binding.Workspace(norm.Parameters[0].Shape.Size); // and in proportion to x − μ, [n]
    private readonly T* _totals = binding.Workspace(2L * norm.Parameters[0].Shape.Size); // Σ ∂y and Σ ∂y x̂ over the batch, [2n]
    private readonly double[] _moments = new double[2 * norm.Parameters[0].Shape.Size];
    private readonly RankSums? _ranks = binding.Ranks is { } ranks ? new RankSums(ranks, 2 * norm.Parameters[0].Shape.Size) : null;
    private double _rows; // with positions counted as rows, of all ranks
    private Phase _phase;

    private enum Phase
    {
        Moments,
        Normalise,
        GradientSums,
        Gradient,
    }

    internal override bool MeetsRanks => true;

    private bool Drops => Step.IsTraining && _drop.Any;

    // Else by the running ones.
    private bool IsByBatch => Step is { IsTraining: true, KeepsStatistics: false };

    public override void Forward(in Step step)
    {
        if (step is { IsTraining: true, KeepsStatistics: false })
        {
            _phase = Phase.Moments;
            base.Forward(step);
            MergeMoments(step.Rows);
        }
        else
        {
            for (var i = 0; i < _width; i++)
                (_mean[i], _inverse[i]) = (_runningMean[i], Inverse(double.CreateTruncating(_runningVariance[i])));
        }

        for (var i = 0; i < _width; i++)
            _factor[i] = _gamma[i] * _inverse[i];
        _phase = Phase.Normalise;
        base.Forward(step);
    }

    public override void Backward(in Step step)
    {
        _phase = Phase.GradientSums;
        base.Backward(step);
        new Span<T>(_totals, 2 * _width).Clear();
        _sums.AddTo(_totals, step.Rows);
        var scale = Drops ? _drop.Scale : T.One;
        for (var i = 0; i < 2 * _width; i++)
            _totals[i] *= i < _width ? scale : scale * _inverse[i - _width];
        VectorMath.Add(_betaGradient, _totals, _width);
        VectorMath.Add(_gammaGradient, _totals + _width, _width);
        if (!_target.IsWanted)
            return;
        // ∂x = γ/√(σ²+ε) (∂y − (Σ∂y + x̂ Σ∂y x̂) / B) by the batch's statistics; by running ones the sums fall away.
        if (IsByBatch)
            SumOverRanks();
        var share = IsByBatch ? T.One / T.CreateTruncating(_rows) : T.Zero;
        for (var i = 0; i < _width; i++)
        {
            var factor = _gamma[i] * _inverse[i];
            _factor[i] = factor * scale;
            _offset[i] = factor * share * _totals[i];
            _slope[i] = factor * share * _totals[_width + i] * _inverse[i];
        }

        _phase = Phase.Gradient;
        base.Backward(step);
    }

    protected override void ForwardRows(int start, int end)
    {
        if (_phase == Phase.Moments)
            ColumnStrips<T>.Moments(_input + ((long)start * _positions * _width), (end - start) * _positions, _width, _sums.Open(start));
        else
            Normalise(start, end);
    }

    protected override void BackwardRows(int start, int end)
    {
        var (offset, rows) = ((long)start * _positions * _width, (end - start) * _positions);
        if (_phase == Phase.GradientSums)
        {
            if (_mask)
                ReluMask.Apply(_outputGradient + offset, _output + offset, rows * _width);
            ColumnStrips<T>.Products(_outputGradient + offset, _input + offset, rows, _width, _mean, _sums.Open(start));
            return;
        }

        InputGradient(_outputGradient + offset, _input + offset, _target.Data + offset, rows);
    }

    private static T Inverse(double variance) => T.CreateTruncating(1 / Math.Sqrt(variance + BatchNorm.Epsilon));

    private void MergeMoments(int rows)
    {
        Array.Clear(_moments);
        for (var start = 0; start < rows; start += ChunkRows)
        {
            var sums = _sums.Peek(start);
            double count = Math.Min(ChunkRows, rows - start) * _positions, before = (double)start * _positions;
            var (share, weight) = (count / (before + count), before * count / (before + count));
            for (var i = 0; i < _width; i++)
                Merge(i, share, weight, double.CreateTruncating(sums[i]), double.CreateTruncating(sums[_width + i]));
        }

        _rows = (double)rows * _positions;
        MergeRanks();
        if (_rows == 0)
            return;
        var (all, momentum) = (_rows, Step.Momentum ?? BatchNorm.Momentum);
        for (var i = 0; i < _width; i++)
        {
            var (mean, squares) = (_moments[i], _moments[_width + i]);
            (_mean[i], _inverse[i]) = (T.CreateTruncating(mean), Inverse(squares / all));
            Move(ref _runningMean[i], mean, momentum);
            if (all > 1)
                Move(ref _runningVariance[i], squares / (all - 1), momentum);
        }
    }

    // Chan, Golub and LeVeque 1979: moments of two parts from the moments of each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Merge(int i, double share, double weight, double mean, double squares)
    {
        var difference = mean - _moments[i];
        _moments[i] += difference * share;
        _moments[_width + i] += squares + (difference * difference * weight);
    }

    private void MergeRanks()
    {
        if (_ranks is null)
            return;
        _ranks.Gather(_rows, _moments);
        Array.Clear(_moments);
        _rows = 0;
        for (var rank = 0; rank < _ranks.Count; rank++)
        {
            var count = _ranks.RowsOf(rank);
            if (count == 0)
                continue;
            var moments = _ranks.Of(rank);
            var (share, weight) = (count / (_rows + count), _rows * count / (_rows + count));
            for (var i = 0; i < _width; i++)
                Merge(i, share, weight, moments[i], moments[_width + i]);
            _rows += count;
        }
    }

    // What the parameters' gradients gain is this rank's own; what the rows lose is of all.
    private void SumOverRanks()
    {
        if (_ranks is null)
            return;
        for (var i = 0; i < 2 * _width; i++)
            _moments[i] = double.CreateTruncating(_totals[i]);
        _ranks.Gather(0, _moments);
        for (var i = 0; i < 2 * _width; i++)
        {
            var sum = 0.0;
            for (var rank = 0; rank < _ranks.Count; rank++)
                sum += _ranks.Of(rank)[i];
            _totals[i] = T.CreateTruncating(sum);
        }
    }

    private static void Move(ref T running, double batch, double momentum) =>
        running = T.CreateTruncating(((1 - momentum) * double.CreateTruncating(running)) + (momentum * batch));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(int start, int end)
    {
        var (width, drops, key) = (_width, Drops, _drop.Key(Step.Seed));
        T* mean = _mean, factor = _factor, beta = _beta;
        // Without ReLU nothing is below the least number.
        var floor = _relu ? T.Zero : T.NegativeInfinity;
        var least = new Vector<T>(floor);
        for (var row = (long)start * _positions; row < (long)end * _positions; row++)
        {
            T* input = _input + (row * width), output = _output + (row * width);
            var i = 0;
            for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var value = VectorMath.MultiplyAdd(Vector.Load(input + i) - Vector.Load(mean + i), Vector.Load(factor + i),
                    Vector.Load(beta + i));
                // what is no number stays none
                Vector.Store(Vector.ConditionalSelect(Vector.LessThan(value, least), least, value), output + i);
            }

            for (; i < width; i++)
            {
                var value = ((input[i] - mean[i]) * factor[i]) + beta[i];
                output[i] = value < floor ? floor : value;
            }

            if (drops)
                _drop.Apply(output, output, false, key, ((Step.First * _positions) + row) * width, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void InputGradient(T* gradient, T* input, T* target, int rows)
    {
        var (width, accumulate) = (_width, _target.Accumulate);
        T* mean = _mean, factor = _factor, offset = _offset, slope = _slope;
        for (var row = 0; row < rows; row++, gradient += width, input += width, target += width)
        {
            var i = 0;
            for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var lost = VectorMath.MultiplyAdd(Vector.Load(input + i) - Vector.Load(mean + i), Vector.Load(slope + i),
                    Vector.Load(offset + i));
                var value = (Vector.Load(gradient + i) * Vector.Load(factor + i)) - lost;
                Vector.Store(accumulate ? Vector.Load(target + i) + value : value, target + i);
            }

            for (; i < width; i++)
            {
                var value = (gradient[i] * factor[i]) - (((input[i] - mean[i]) * slope[i]) + offset[i]);
                target[i] = accumulate ? target[i] + value : value;
            }
        }
    }
}
