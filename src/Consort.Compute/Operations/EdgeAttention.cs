using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The edges of a graph whose nodes are a row's fields, from two numbers a field, [B, F, 2] = [u, v] → [B, F, F]: G_ij = softmax over j ≠ i
/// of leaky(u_i + v_j), G_ii = 0, with a leak of a hundredth. ∂s_ij = G_ij (∂G_ij − Σ_k G_ik ∂G_ik), and ∂u_i, ∂v_j are its sums over j and
/// over i, times the slope. Source: Li et al. 2019 (FiGNN), where u_i + v_j is a vector times [e_i, e_j].
/// </summary>
public sealed class EdgeAttention : Operation
{
    /// <inheritdoc/>
    public override string Name => "edge_attention";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 && inputs[0][0] > 1 && inputs[0][1] == 2
            ? new Shape(inputs[0][0], inputs[0][0])
            : throw Mismatch(inputs, "[F, 2] with F above 1");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 4L * inputs[0][0] * inputs[0][0];

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var fields = form.OutputShape[0];
        var self = new float[fields * fields]; // far below all others, so that softmax gives 0
        for (var i = 0; i < fields; i++)
            self[i * (fields + 1)] = -1e30f;
        var to = form.Slice(form.Input, 0, 1, axis: 2); // [B, F, 1]
        var from = form.Reshape(form.Slice(form.Input, 1, 2, axis: 2), 1, fields); // [B, 1, F]
        var scores = form.Node("LeakyRelu", form.Add(to, from)); // [B, F, F]
        return form.Node("Softmax", new FormAttribute("axis", -1), form.Add(scores, form.Constant(self, fields, fields)));
    }
}

internal sealed unsafe class EdgeAttentionKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T Leak = T.CreateTruncating(0.01);
    private readonly int _fields = binding.OutputShape[0];
    private readonly T* _input = binding.Input(0); // [B, F, 2]
    private readonly T* _output = binding.Output; // [B, F, F]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * _fields * 2);
            for (var i = 0; i < _fields; i++)
                Attend(input, i, _output + (((row * _fields) + i) * _fields));
        }
    }

    private void Attend(T* input, int i, T* edges)
    {
        var most = T.NegativeInfinity;
        for (var j = 0; j < _fields; j++)
            if (j != i)
                most = T.Max(most, edges[j] = Leaky(input[2 * i] + input[(2 * j) + 1]));
        var sum = T.Zero;
        for (var j = 0; j < _fields; j++)
            sum += edges[j] = j == i ? T.Zero : T.Exp(edges[j] - most);
        for (var j = 0; j < _fields; j++)
            edges[j] /= sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        for (long row = start; row < end; row++)
        {
            T* input = _input + (row * _fields * 2), target = _target.Data + (row * _fields * 2);
            if (!_target.Accumulate)
                new Span<T>(target, _fields * 2).Clear();
            for (var i = 0; i < _fields; i++)
            {
                var place = ((row * _fields) + i) * _fields;
                T* edges = _output + place, gradient = _outputGradient + place;
                var mean = VectorMath.Dot(edges, gradient, _fields);
                for (var j = 0; j < _fields; j++)
                {
                    var slope = input[2 * i] + input[(2 * j) + 1] > T.Zero ? T.One : Leak;
                    var score = edges[j] * (gradient[j] - mean) * slope;
                    target[2 * i] += score;
                    target[(2 * j) + 1] += score;
                }
            }
        }
    }

    private static T Leaky(T x) => x > T.Zero ? x : x * Leak;
}
