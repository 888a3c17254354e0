using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;

namespace Consort.Compute.Operations;

/// <summary>An activation function that needs no parameters.</summary>
public enum Activation
{
    /// <summary>y = x.</summary>
    None,

    /// <summary>y = max(0, x).</summary>
    Relu,

    /// <summary>y = 1 / (1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>y = tanh x.</summary>
    Tanh,

    /// <summary>y = x / (1 + e⁻ˣ), also called swish.</summary>
    Silu,
}

/// <summary>Applies an activation function to every number, [B, …] → [B, …].</summary>
/// <param name="Function">Which one; not <see cref="Activation.None"/>.</param>
public sealed class Activate(Activation Function) : Operation
{
    /// <inheritdoc/>
    public override string Name => "activate";

    /// <summary>Which one.</summary>
    public Activation Function { get; } = Function;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one");

    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => Function switch
    {
        Activation.Relu => new ActivateKernel<T, ReluFunction<T>>(binding),
        Activation.Sigmoid => new ActivateKernel<T, SigmoidFunction<T>>(binding),
        Activation.Tanh => new ActivateKernel<T, TanhFunction<T>>(binding),
        Activation.Silu => new ActivateKernel<T, SiluFunction<T>>(binding),
        _ => throw new InvalidOperationException($"activate: {Function} has no kernel"),
    };

    private interface IFunction<T>
    {
        static abstract T Value(T x);

        /// <summary>dy/dx from x and y.</summary>
        static abstract T Slope(T x, T y);
    }

    private readonly struct ReluFunction<T> : IFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Value(T x) => T.Max(x, T.Zero);

        public static T Slope(T x, T y) => y > T.Zero ? T.One : T.Zero;
    }

    private readonly struct SigmoidFunction<T> : IFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Value(T x) => T.One / (T.One + T.Exp(-x));

        public static T Slope(T x, T y) => y * (T.One - y);
    }

    private readonly struct TanhFunction<T> : IFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Value(T x) => T.Tanh(x);

        public static T Slope(T x, T y) => T.One - (y * y);
    }

    private readonly struct SiluFunction<T> : IFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Value(T x) => x * SigmoidFunction<T>.Value(x);

        public static T Slope(T x, T y)
        {
            var sigmoid = SigmoidFunction<T>.Value(x);
            return sigmoid + (y * (T.One - sigmoid));
        }
    }

    private sealed unsafe class ActivateKernel<T, TFunction>(Binding<T> binding) : RowKernel(binding.Workers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : struct, IFunction<T>
    {
        private readonly int _width = binding.OutputShape.Size;
        private readonly T* _input = binding.Input(0);
        private readonly T* _output = binding.Output;
        private readonly T* _outputGradient = binding.OutputGradient;
        private readonly GradientTarget<T> _target = binding.InputGradient(0);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void ForwardRows(int start, int end)
        {
            for (var i = (long)start * _width; i < (long)end * _width; i++)
                _output[i] = TFunction.Value(_input[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            var (offset, length) = ((long)start * _width, (end - start) * _width);
            if (!_target.IsWanted)
                return;
            if (typeof(TFunction) == typeof(ReluFunction<T>))
            {
                ReluMask.Apply(_outputGradient + offset, _output + offset, length);
                VectorMath.Put(_target.Data + offset, _outputGradient + offset, _target.Accumulate, length);
                return;
            }

            for (var i = offset; i < offset + length; i++)
            {
                var gradient = _outputGradient[i] * TFunction.Slope(_input[i], _output[i]);
                _target.Data[i] = _target.Accumulate ? _target.Data[i] + gradient : gradient;
            }
        }
    }
}
