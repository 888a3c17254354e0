using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;
using Consort.Compute.Onnx;

namespace Consort.Compute.Operations;

/// <summary>
/// Batch normalisation of each of n features, [B, n] → [B, n], or of the last axis of [B, …, n], where every position counts
/// as a row: y = γ x̂ + β, x̂ = (x − μ) / √(σ² + ε). Training takes μ and
/// σ² (biased) from the batch and moves the running ones by a tenth (σ² unbiased there); scoring takes the running ones.
/// Source: Ioffe and Szegedy 2015; ε = 1e-5 and momentum 0.1 as in PyTorch, which FuxiCTR's numbers rest on.
/// </summary>
/// <param name="Scale">γ, [n].</param>
/// <param name="Shift">β, [n].</param>
/// <param name="Mean">Running mean, [n], not trained.</param>
/// <param name="Variance">Running variance, [n], not trained.</param>
public sealed class BatchNorm(Parameter Scale, Parameter Shift, Parameter Mean, Parameter Variance) : Operation
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>How far a batch moves the running statistics.</summary>
    public const double Momentum = 0.1;

    /// <inheritdoc/>
    public override string Name => "batch_norm";

    /// <summary>γ, β, running mean and running variance, each [n].</summary>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Scale, Shift, Mean, Variance];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length != 1 || inputs[0].Rank == 0)
            throw Mismatch(inputs, "[…, n]");
        foreach (var parameter in Parameters)
            if (parameter.Shape != new Shape(inputs[0].Dimensions[^1]))
                throw Mismatch(inputs, $"{parameter.Shape}, the shape of {parameter.Name}, as the last axis");
        return inputs[0];
    }

    /// <inheritdoc/>
    public override OnnxValue ToOnnx(OnnxForm form)
    {
        if (form.OutputShape.Rank == 1)
            return form.Node(
                "BatchNormalization", new OnnxAttribute("epsilon", (float)Epsilon),
                form.Input, form.Weight(Parameters[0]), form.Weight(Parameters[1]), form.Weight(Parameters[2]), form.Weight(Parameters[3]));
        // ONNX normalises the second axis: behind further axes a factor and an offset do the same.
        var width = Parameters[0].Shape.Size;
        var (factor, offset) = (new float[width], new float[width]);
        for (var i = 0; i < width; i++)
        {
            var scale = form.Numbers(Parameters[0])[i] / Math.Sqrt(form.Numbers(Parameters[3])[i] + Epsilon);
            (factor[i], offset[i]) = ((float)scale, (float)(form.Numbers(Parameters[1])[i] - (form.Numbers(Parameters[2])[i] * scale)));
        }

        return form.Add(form.Multiply(form.Input, form.Constant(factor, width)), form.Constant(offset, width));
    }
    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => new BatchNormKernel<T>(this, binding);

    private sealed unsafe class BatchNormKernel<T>(BatchNorm norm, Binding<T> binding) : RowKernel(binding.Workers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly int _width = norm.Parameters[0].Shape.Size;
        private readonly int _positions = binding.OutputShape.Size / norm.Parameters[0].Shape.Size; // of a row
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
        private readonly T* _totals = binding.Workspace(2L * norm.Parameters[0].Shape.Size); // sums over the batch, [2n]
        private readonly double[] _moments = new double[2 * norm.Parameters[0].Shape.Size];
        private Phase _phase;

        private enum Phase
        {
            Moments,
            Normalise,
            GradientSums,
            Gradient,
        }

        public override void Forward(in Step step)
        {
            if (step.IsTraining)
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

            _phase = Phase.Normalise;
            base.Forward(step);
        }

        public override void Backward(in Step step)
        {
            _phase = Phase.GradientSums;
            base.Backward(step);
            new Span<T>(_totals, 2 * _width).Clear();
            _sums.AddTo(_totals, step.Rows); // Σ ∂y and Σ ∂y x̂
            VectorMath.Add(_betaGradient, _totals, _width);
            VectorMath.Add(_gammaGradient, _totals + _width, _width);
            _phase = Phase.Gradient;
            if (_target.IsWanted)
                base.Backward(step);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void ForwardRows(int start, int end)
        {
            if (_phase == Phase.Moments)
                ChunkMoments(start, end);
            else
                for (var row = (long)start * _positions; row < (long)end * _positions; row++)
                    Normalise(_input + (row * _width), _output + (row * _width));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            if (_phase == Phase.GradientSums)
            {
                var sums = _sums.Open(start);
                for (var row = (long)start * _positions; row < (long)end * _positions; row++)
                    SumGradients(_outputGradient + (row * _width), _input + (row * _width), sums);
                return;
            }

            for (var row = (long)start * _positions; row < (long)end * _positions; row++)
                InputGradient(_outputGradient + (row * _width), _input + (row * _width), _target.Data + (row * _width));
        }

        private static T Inverse(double variance) => T.CreateTruncating(1 / Math.Sqrt(variance + Epsilon));

        // Mean and squared deviations of a chunk, which is still in cache for the second look: E[x²] − μ² would cancel.
        private void ChunkMoments(int start, int end)
        {
            var mean = _sums.Open(start);
            var squares = mean + _width;
            for (var row = (long)start * _positions; row < (long)end * _positions; row++)
                VectorMath.Add(mean, _input + (row * _width), _width);
            VectorMath.Scale(mean, mean, T.One / T.CreateTruncating((end - start) * _positions), _width);
            for (var row = (long)start * _positions; row < (long)end * _positions; row++)
            {
                var input = _input + (row * _width);
                var i = 0;
                for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
                {
                    var difference = Vector.Load(input + i) - Vector.Load(mean + i);
                    Vector.Store(Vector.Load(squares + i) + (difference * difference), squares + i);
                }

                for (; i < _width; i++)
                    squares[i] += (input[i] - mean[i]) * (input[i] - mean[i]);
            }
        }

        // Chan, Golub and LeVeque 1979: moments of two parts from the moments of each.
        private void MergeMoments(int rows)
        {
            Array.Clear(_moments);
            for (var start = 0; start < rows; start += ChunkRows)
            {
                double count = Math.Min(ChunkRows, rows - start) * _positions, before = (double)start * _positions;
                var sums = _sums.Peek(start);
                for (var i = 0; i < _width; i++)
                {
                    var difference = double.CreateTruncating(sums[i]) - _moments[i];
                    _moments[i] += difference * count / (before + count);
                    _moments[_width + i] += double.CreateTruncating(sums[_width + i]) + (difference * difference * before * count / (before + count));
                }
            }

            var all = (double)rows * _positions;
            for (var i = 0; i < _width; i++)
            {
                var (mean, squares) = (_moments[i], _moments[_width + i]);
                (_mean[i], _inverse[i]) = (T.CreateTruncating(mean), Inverse(squares / all));
                Move(ref _runningMean[i], mean);
                if (all > 1)
                    Move(ref _runningVariance[i], squares / (all - 1));
            }
        }

        private static void Move(ref T running, double batch) =>
            running = T.CreateTruncating(((1 - Momentum) * double.CreateTruncating(running)) + (Momentum * batch));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Normalise(T* input, T* output)
        {
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var factor = Vector.Load(_gamma + i) * Vector.Load(_inverse + i);
                Vector.Store(((Vector.Load(input + i) - Vector.Load(_mean + i)) * factor) + Vector.Load(_beta + i), output + i);
            }

            for (; i < _width; i++)
                output[i] = ((input[i] - _mean[i]) * (_gamma[i] * _inverse[i])) + _beta[i];
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void SumGradients(T* gradient, T* input, T* sums)
        {
            VectorMath.Add(sums, gradient, _width);
            var products = sums + _width;
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var normal = (Vector.Load(input + i) - Vector.Load(_mean + i)) * Vector.Load(_inverse + i);
                Vector.Store(Vector.Load(products + i) + (Vector.Load(gradient + i) * normal), products + i);
            }

            for (; i < _width; i++)
                products[i] += gradient[i] * ((input[i] - _mean[i]) * _inverse[i]);
        }

        // ∂x = γ/√(σ²+ε) (∂y − (Σ∂y + x̂ Σ∂y x̂) / B) while training; with running statistics the sums fall away.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void InputGradient(T* gradient, T* input, T* target)
        {
            var share = Step.IsTraining ? T.One / T.CreateTruncating(Step.Rows * _positions) : T.Zero;
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var inverse = Vector.Load(_inverse + i);
                var normal = (Vector.Load(input + i) - Vector.Load(_mean + i)) * inverse;
                var common = (Vector.Load(_totals + i) + (normal * Vector.Load(_totals + _width + i))) * share;
                var value = Vector.Load(_gamma + i) * inverse * (Vector.Load(gradient + i) - common);
                Vector.Store(_target.Accumulate ? Vector.Load(target + i) + value : value, target + i);
            }

            for (; i < _width; i++)
            {
                var normal = (input[i] - _mean[i]) * _inverse[i];
                var value = _gamma[i] * _inverse[i] * (gradient[i] - ((_totals[i] + (normal * _totals[_width + i])) * share));
                target[i] = _target.Accumulate ? target[i] + value : value;
            }
        }
    }
}
