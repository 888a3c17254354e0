using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>
/// W [out, in] of a linear layer laid out for one row at a time: panels of 128 outputs, in each the weights of input 0, of input 1, and so
/// on. y = W x + b then reads the memory once from end to end, holds the panel's sums in registers, and leaves out inputs that are 0, as
/// half of a ReLU's are.
/// </summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    private const int Lanes = 16;
    private const int PanelVectors = 8;
    private readonly NativeBuffer<float> _memory;
    private readonly NativeBuffer<float> _bias;
    private readonly int _vectors; // ⌈out / 16⌉

    /// <summary>Packs weights.</summary>
    /// <param name="weight">W, row-major.</param>
    /// <param name="stride">From one row of W to the next.</param>
    /// <param name="bias">b [out], or empty for none.</param>
    /// <param name="inputs">in.</param>
    /// <param name="outputs">out.</param>
    public PackedWeights(ReadOnlySpan<float> weight, int stride, ReadOnlySpan<float> bias, int inputs, int outputs)
    {
        (Inputs, Outputs) = (inputs, outputs);
        _vectors = (outputs + Lanes - 1) / Lanes;
        _memory = new NativeBuffer<float>((long)_vectors * Lanes * inputs);
        _bias = new NativeBuffer<float>((long)_vectors * Lanes);
        if (!bias.IsEmpty)
            bias[..outputs].CopyTo(_bias.Span);
        for (var panel = 0; panel < _vectors; panel += PanelVectors)
        {
            var width = Math.Min(PanelVectors, _vectors - panel) * Lanes;
            var target = _memory.Pointer + ((long)panel * Lanes * inputs);
            for (var output = panel * Lanes; output < Math.Min(outputs, (panel * Lanes) + width); output++)
                for (var input = 0; input < inputs; input++)
                    target[((long)input * width) + output - (panel * Lanes)] = weight[(output * stride) + input];
        }
    }

    /// <summary>in.</summary>
    public int Inputs { get; }

    /// <summary>out.</summary>
    public int Outputs { get; }

    /// <summary>Numbers that <see cref="Multiply"/> writes: out, rounded up to whole vectors.</summary>
    public int PaddedOutputs => _vectors * Lanes;

    /// <summary>y = W x + b, or y = max(0, W x + b).</summary>
    /// <param name="x">The inputs that are not 0.</param>
    /// <param name="places">Where each of these stands among the inputs.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="y">[<see cref="PaddedOutputs"/>].</param>
    /// <param name="relu">Whether ReLU follows.</param>
    [SkipLocalsInit]
    public void Multiply(float* x, int* places, int count, float* y, bool relu)
    {
        var floor = Vector512.Create(relu ? 0f : float.NegativeInfinity);
        for (var panel = 0; panel < _vectors; panel += PanelVectors)
        {
            var weights = _memory.Pointer + ((long)panel * Lanes * Inputs);
            var bias = _bias.Pointer + (panel * Lanes);
            var target = y + (panel * Lanes);
            var width = Math.Min(PanelVectors, _vectors - panel);
            if (width == PanelVectors)
                Whole(weights, x, places, count, bias, target, floor);
            else
                for (var vector = 0; vector < width; vector++)
                    One(weights + (vector * Lanes), width * Lanes, x, places, count, bias + (vector * Lanes),
                        target + (vector * Lanes), floor);
        }
    }

    /// <summary>The inputs that are not 0, and where they stand.</summary>
    /// <returns>How many they are.</returns>
    public static int Gather(float* input, int length, float* x, int* places)
    {
        var count = 0;
        for (var i = 0; i < length; i++)
        {
            // Written always and kept or not, so that there is no branch to guess.
            x[count] = input[i];
            places[count] = i;
            count += input[i] != 0 ? 1 : 0;
        }

        return count;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _bias.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Whole(float* weights, float* x, int* places, int count, float* bias, float* y, Vector512<float> floor)
    {
        var s0 = Vector512.Load(bias);
        var s1 = Vector512.Load(bias + 16);
        var s2 = Vector512.Load(bias + 32);
        var s3 = Vector512.Load(bias + 48);
        var s4 = Vector512.Load(bias + 64);
        var s5 = Vector512.Load(bias + 80);
        var s6 = Vector512.Load(bias + 96);
        var s7 = Vector512.Load(bias + 112);
        for (var i = 0; i < count; i++)
        {
            var row = weights + ((long)places[i] * (PanelVectors * Lanes));
            var value = Vector512.Create(x[i]);
            s0 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row), s0);
            s1 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 16), s1);
            s2 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 32), s2);
            s3 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 48), s3);
            s4 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 64), s4);
            s5 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 80), s5);
            s6 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 96), s6);
            s7 = Vector512.FusedMultiplyAdd(value, Vector512.Load(row + 112), s7);
        }

        Vector512.Max(s0, floor).Store(y);
        Vector512.Max(s1, floor).Store(y + 16);
        Vector512.Max(s2, floor).Store(y + 32);
        Vector512.Max(s3, floor).Store(y + 48);
        Vector512.Max(s4, floor).Store(y + 64);
        Vector512.Max(s5, floor).Store(y + 80);
        Vector512.Max(s6, floor).Store(y + 96);
        Vector512.Max(s7, floor).Store(y + 112);
    }

    // Four sums, so that a product need not wait for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* weights, int stride, float* x, int* places, int count, float* bias, float* y, Vector512<float> floor)
    {
        var s0 = Vector512.Load(bias);
        var (s1, s2, s3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= count - 4; i += 4)
        {
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(x[i]), Vector512.Load(weights + ((long)places[i] * stride)), s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(x[i + 1]), Vector512.Load(weights + ((long)places[i + 1] * stride)), s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(x[i + 2]), Vector512.Load(weights + ((long)places[i + 2] * stride)), s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(x[i + 3]), Vector512.Load(weights + ((long)places[i + 3] * stride)), s3);
        }

        for (; i < count; i++)
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(x[i]), Vector512.Load(weights + ((long)places[i] * stride)), s0);
        Vector512.Max((s0 + s1) + (s2 + s3), floor).Store(y);
    }
}
