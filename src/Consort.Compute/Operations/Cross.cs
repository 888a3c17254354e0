using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;

namespace Consort.Compute.Operations;

/// <summary>
/// A cross layer with a weight vector: x₀ [B, n] and x_l [B, n] → x_{l+1} = x₀ (x_l · w) + b + x_l, [B, n].
/// Source: Wang et al. 2017 (Deep and Cross Network, DCN), eq. 3.
/// </summary>
/// <param name="Weight">w, [n].</param>
/// <param name="Bias">b, [n].</param>
public sealed class Cross(Parameter Weight, Parameter Bias) : Operation
{
    /// <inheritdoc/>
    public override string Name => "cross";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Weight, Bias];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] && inputs[0] == Parameters[0].Shape && inputs[0] == Parameters[1].Shape
            ? inputs[0]
            : throw Mismatch(inputs, $"twice {Parameters[0].Shape}");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 5L * inputs[0].Size;

    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => new CrossKernel<T>(this, binding);

    private sealed unsafe class CrossKernel<T>(Cross cross, Binding<T> binding) : RowKernel(binding.Workers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly int _width = binding.OutputShape.Size;
        private readonly T* _weight = binding.Values(cross.Parameters[0]);
        private readonly T* _bias = binding.Values(cross.Parameters[1]);
        private readonly T* _weightGradient = binding.Gradients(cross.Parameters[0]);
        private readonly T* _biasGradient = binding.Gradients(cross.Parameters[1]);
        private readonly T* _first = binding.Input(0); // x₀ [B, n]
        private readonly T* _input = binding.Input(1); // x_l [B, n]
        private readonly T* _output = binding.Output; // [B, n]
        private readonly T* _outputGradient = binding.OutputGradient;
        private readonly GradientTarget<T> _firstTarget = binding.InputGradient(0);
        private readonly GradientTarget<T> _inputTarget = binding.InputGradient(1);
        private readonly T* _projection = binding.Workspace(binding.Capacity); // x_l · w, [B]
        private readonly ChunkSums<T> _sums = new(binding, 2 * binding.OutputShape.Size); // ∂w, ∂b

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void ForwardRows(int start, int end)
        {
            for (long row = start; row < end; row++)
            {
                var first = _first + (row * _width);
                var input = _input + (row * _width);
                var output = _output + (row * _width);
                var projection = VectorMath.Dot(input, _weight, _width);
                _projection[row] = projection;
                VectorMath.Copy(output, input, _width);
                VectorMath.AddScaled(output, first, projection, _width);
                VectorMath.Add(output, _bias, _width);
            }
        }

        public override void Backward(in Step step)
        {
            base.Backward(step);
            _sums.AddTo(_weightGradient, _biasGradient, _width, step.Rows);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            var weightSums = _sums.Open(start);
            var biasSums = weightSums + _width;
            for (long row = start; row < end; row++)
            {
                var first = _first + (row * _width);
                var input = _input + (row * _width);
                var gradient = _outputGradient + (row * _width);
                var byProjection = VectorMath.Dot(gradient, first, _width);
                VectorMath.AddScaled(weightSums, input, byProjection, _width);
                VectorMath.Add(biasSums, gradient, _width);
                // In the first layer x₀ and x_l are one value, so the second write must come after the first.
                if (_firstTarget.IsWanted)
                    VectorMath.PutScaled(_firstTarget.Data + (row * _width), gradient, _projection[row], _firstTarget.Accumulate, _width);
                if (!_inputTarget.IsWanted)
                    continue;
                var target = _inputTarget.Data + (row * _width);
                VectorMath.Put(target, gradient, _inputTarget.Accumulate, _width);
                VectorMath.AddScaled(target, _weight, byProjection, _width);
            }
        }
    }
}
