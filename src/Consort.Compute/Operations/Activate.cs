using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Applies an activation function that needs no parameters to every number, [B, …] → [B, …], a vector at a time.</summary>
public sealed class Activate : Operation
{
    /// <summary>Describes the operation.</summary>
    /// <param name="function">Which one; neither <see cref="Activation.None"/> nor one with parameters.</param>
    /// <exception cref="ArgumentException">The function is none of these.</exception>
    public Activate(Activation function)
    {
        if (function is Activation.None or Activation.Prelu or Activation.Dice)
            throw new ArgumentException($"activate: found {function}, expected a function without parameters", nameof(function));
        Function = function;
    }

    /// <inheritdoc/>
    public override string Name => "activate";

    /// <summary>Which one.</summary>
    public Activation Function { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => Function switch
    {
        Activation.Relu => form.Node("Relu", form.Input),
        Activation.LeakyRelu => form.Node("LeakyRelu", new FormAttribute("alpha", 0.01f), form.Input),
        Activation.Sigmoid => form.Node("Sigmoid", form.Input),
        Activation.Tanh => form.Node("Tanh", form.Input),
        Activation.Silu => form.Multiply(form.Input, form.Node("Sigmoid", form.Input)),
        Activation.Gelu => Gelu(form),
        Activation.Exponential => form.Node("Exp", form.Input),
        Activation.LogMagnitude => form.Node("Log", form.Node("Max", form.Node("Abs", form.Input), form.Scalar(1e-5))),
        _ => throw new InvalidOperationException($"activate: {Function} has no ONNX form"),
    };

    // x σ(2√(2/π) (x + 0.044715 x³)), which is the approximation by tanh
    private static FormValue Gelu(StandardForm form)
    {
        var cube = form.Multiply(form.Input, form.Multiply(form.Input, form.Input));
        var inner = form.Add(form.Input, form.Scale(cube, 0.044715));
        return form.Multiply(form.Input, form.Node("Sigmoid", form.Scale(inner, 2 * Math.Sqrt(2 / Math.PI))));
    }
}

internal static class ActivateKernel
{
    public static Kernel Of<T>(Activate operation, Binding<T> binding)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => operation.Function switch
        {
            Activation.Relu => new ActivateKernel<T, ReluFunction<T>>(binding),
            Activation.LeakyRelu => new ActivateKernel<T, LeakyReluFunction<T>>(binding),
            Activation.Sigmoid => new ActivateKernel<T, SigmoidFunction<T>>(binding),
            Activation.Tanh => new ActivateKernel<T, TanhFunction<T>>(binding),
            Activation.Silu => new ActivateKernel<T, SiluFunction<T>>(binding),
            Activation.Gelu => new ActivateKernel<T, GeluFunction<T>>(binding),
            Activation.Exponential => new ActivateKernel<T, ExponentialFunction<T>>(binding),
            Activation.LogMagnitude => new ActivateKernel<T, LogMagnitudeFunction<T>>(binding),
            var function => throw new InvalidOperationException($"activate: {function} has no kernel"),
        };
}

internal sealed unsafe class ActivateKernel<T, TFunction>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TFunction : struct, IActivationFunction<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0);
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        T* input = _input + ((long)start * _width), output = _output + ((long)start * _width);
        var length = (end - start) * _width;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(TFunction.Value(Vector.Load(input + i)), output + i);
        // What is left goes through the same instructions, so that a number's result does not depend on its place.
        for (; i < length; i++)
            output[i] = TFunction.Value(new Vector<T>(input[i]))[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        var offset = (long)start * _width;
        var length = (end - start) * _width;
        T* input = _input + offset, output = _output + offset, gradient = _outputGradient + offset, target = _target.Data + offset;
        if (typeof(TFunction) == typeof(ReluFunction<T>))
        {
            ReluMask.Apply(gradient, output, length);
            VectorMath.Put(target, gradient, _target.Accumulate, length);
            return;
        }

        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var value = Vector.Load(gradient + i) * TFunction.Slope(Vector.Load(input + i), Vector.Load(output + i));
            Vector.Store(_target.Accumulate ? Vector.Load(target + i) + value : value, target + i);
        }

        for (; i < length; i++)
        {
            var value = gradient[i] * TFunction.Slope(new Vector<T>(input[i]), new Vector<T>(output[i]))[0];
            target[i] = _target.Accumulate ? target[i] + value : value;
        }
    }
}
