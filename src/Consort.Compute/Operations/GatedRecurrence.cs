using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A gated recurrent unit (GRU) behind its matrices, [B, F, 3 D] = [a_r, a_z, a_n] of what is received, [B, F, 3 D] = [c_r, c_z, c_n] of
/// the state, and the state h [B, F, D] → [B, F, D]: h' = (1 − z) ⊙ n + z ⊙ h with r = σ(a_r + c_r), z = σ(a_z + c_z), n = tanh(a_n + r ⊙
/// c_n). ∂n = ∂h' ⊙ (1 − z), ∂z = ∂h' ⊙ (h − n), ∂h = ∂h' ⊙ z; gates are made again on the way back rather than kept. Source: Cho et al.
/// 2014, as PyTorch's GRUCell writes it.
/// </summary>
public sealed class GatedRecurrence : Operation
{
    /// <inheritdoc/>
    public override string Name => "gated_recurrence";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 3 && inputs[2].Rank == 2 && inputs[0] == new Shape(inputs[2][0], 3 * inputs[2][1]) && inputs[1] == inputs[0]
            ? inputs[2]
            : throw Mismatch(inputs, "[F, 3 D] twice and [F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 16L * inputs[2].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var d = form.OutputShape[1];
        FormValue Part(int input, int part) => form.Slice(form.Inputs[input], part * d, (part + 1) * d, axis: 2);
        FormValue Gate(int part) => form.Node("Sigmoid", form.Add(Part(0, part), Part(1, part)));
        var next = form.Node("Tanh", form.Add(Part(0, 2), form.Multiply(Gate(0), Part(1, 2))));
        return form.Add(next, form.Multiply(Gate(1), form.Node("Sub", form.Inputs[2], next)));
    }
}

internal sealed unsafe class GatedRecurrenceKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.OutputShape[0];
    private readonly int _dimension = binding.OutputShape[1];
    private readonly T* _received = binding.Input(0); // [B, F, 3 D]
    private readonly T* _kept = binding.Input(1); // [B, F, 3 D]
    private readonly T* _state = binding.Input(2); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, F, D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _receivedTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _keptTarget = binding.InputGradient(1);
    private readonly GradientTarget<T> _stateTarget = binding.InputGradient(2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var node = (long)start * _fields; node < (long)end * _fields; node++)
            for (int d = 0, width; d < _dimension; d += width)
            {
                width = WidthAt(d);
                var gates = GatesAt((node * 3 * _dimension) + d, width);
                var state = Load(_state + (node * _dimension) + d, width);
                Put(_output + (node * _dimension) + d, gates.N + (gates.Z * (state - gates.N)), false, width);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (var node = (long)start * _fields; node < (long)end * _fields; node++)
            for (int d = 0, width; d < _dimension; d += width)
            {
                width = WidthAt(d);
                var (wide, narrow) = ((node * 3 * _dimension) + d, (node * _dimension) + d);
                var gates = GatesAt(wide, width);
                var gradient = Load(_outputGradient + narrow, width);
                var reset = Load(_kept + wide + (2 * _dimension), width) * gates.R * (Vector<T>.One - gates.R);
                var next = gradient * (Vector<T>.One - gates.Z) * (Vector<T>.One - (gates.N * gates.N)); // ∂ of what goes into n
                var update = gradient * (Load(_state + narrow, width) - gates.N) * gates.Z * (Vector<T>.One - gates.Z);
                Put(_receivedTarget, wide, next * reset, update, next, width);
                Put(_keptTarget, wide, next * reset, update, next * gates.R, width);
                if (_stateTarget.IsWanted)
                    Put(_stateTarget.Data + narrow, gradient * gates.Z, _stateTarget.Accumulate, width);
            }
    }

    // Whole vectors, and what is left number by number.
    private int WidthAt(int d) => d <= _dimension - Vector<T>.Count ? Vector<T>.Count : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector<T> R, Vector<T> Z, Vector<T> N) GatesAt(long place, int width)
    {
        T* a = _received + place, c = _kept + place;
        var r = SigmoidFunction<T>.Value(Load(a, width) + Load(c, width));
        var z = SigmoidFunction<T>.Value(Load(a + _dimension, width) + Load(c + _dimension, width));
        return (r, z, TanhFunction<T>.Value(Load(a + (2 * _dimension), width) + (r * Load(c + (2 * _dimension), width))));
    }

    private void Put(in GradientTarget<T> target, long place, Vector<T> r, Vector<T> z, Vector<T> n, int width)
    {
        if (!target.IsWanted)
            return;
        Put(target.Data + place, r, target.Accumulate, width);
        Put(target.Data + place + _dimension, z, target.Accumulate, width);
        Put(target.Data + place + (2 * _dimension), n, target.Accumulate, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(T* source, int width) => width > 1 ? Vector.Load(source) : new Vector<T>(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* target, Vector<T> value, bool accumulate, int width)
    {
        if (width > 1)
            Vector.Store(accumulate ? Vector.Load(target) + value : value, target);
        else
            *target = accumulate ? *target + value[0] : value[0];
    }
}
