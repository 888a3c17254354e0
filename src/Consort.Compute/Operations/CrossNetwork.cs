using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A cross network with weight vectors, [B, n] → [B, n]: L layers x_{l+1} = x₀ (x_l · w_l) + b_l + x_l over the same x₀. Source: Wang et
/// al. 2017 (Deep and Cross Network, DCN), eq. 3.
/// </summary>
/// <remarks>
/// No x_l between is ever made, since each is α_l x₀ + β_l: a number a row, and a vector that is the same for all rows. α₀ = 1, β₀ = 0, p_l
/// = x₀ · w_l, q_l = β_l · w_l, α_{l+1} = α_l (1 + p_l) + q_l, β_{l+1} = β_l + b_l. So a row is read once, for its L products p, and x_L
/// written once. Gradients, with g = ∂x_L and a_L = g · x₀: a_l = a_{l+1} (1 + p_l), ∂p_l = a_{l+1} α_l, ∂q_l = Σ_B a_{l+1}, ∂x₀ = α_L g +
/// Σ_l ∂p_l w_l, ∂w_l = Σ_B ∂p_l x₀ + ∂q_l β_l, ∂b_k = Σ_B g + Σ_{l > k} ∂q_l w_l.
/// </remarks>
public sealed class CrossNetwork : Operation
{
    /// <summary>Describes the network.</summary>
    /// <param name="weights">w_l, L times [n].</param>
    /// <param name="biases">b_l, L times [n].</param>
    /// <exception cref="ArgumentException">There is no layer, or shapes differ.</exception>
    public CrossNetwork(IReadOnlyList<Parameter> weights, IReadOnlyList<Parameter> biases)
    {
        if (weights.Count == 0 || biases.Count != weights.Count
            || weights.Concat(biases).Any(p => p.Shape.Rank != 1 || p.Shape != weights[0].Shape))
            throw new ArgumentException($"cross_network: found {weights.Count} weights and {biases.Count} biases, expected as many, of one shape [n]");
        Parameters = [.. weights, .. biases];
    }

    /// <inheritdoc/>
    public override string Name => "cross_network";

    /// <summary>w_0 … w_{L−1}, b_0 … b_{L−1}.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0] == Parameters[0].Shape ? inputs[0] : throw Mismatch(inputs, $"{Parameters[0].Shape}");

    internal int Layers => Parameters.Count / 2;

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * (Layers + 1) * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var x = form.Input;
        for (var layer = 0; layer < Layers; layer++)
        {
            var weight = form.Weight(Parameters[layer], Parameters[layer].Shape.Size, 1);
            var crossed = form.Multiply(form.Input, form.Node("MatMul", x, weight)); // x₀ (x_l · w_l)
            x = form.Add(form.Add(crossed, form.Weight(Parameters[Layers + layer])), x);
        }

        return x;
    }
}

internal sealed unsafe class CrossNetworkKernel<T>(CrossNetwork network, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _layers = network.Layers;
    private readonly int _width = binding.OutputShape.Size;
    private readonly nint[] _weights = [.. network.Parameters.Take(network.Layers).Select(p => (nint)binding.Values(p))];
    private readonly nint[] _biases = [.. network.Parameters.Skip(network.Layers).Select(p => (nint)binding.Values(p))];
    private readonly nint[] _weightGradients = [.. network.Parameters.Take(network.Layers).Select(p => (nint)binding.Gradients(p))];
    private readonly nint[] _biasGradients = [.. network.Parameters.Skip(network.Layers).Select(p => (nint)binding.Gradients(p))];
    private readonly T* _input = binding.Input(0); // x₀ [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly T* _products = binding.Workspace((long)binding.Capacity * network.Layers); // p, [B, L]
    private readonly T* _scales = binding.Workspace((long)binding.Capacity * (network.Layers + 1)); // α, [B, L + 1]
    // β, [L + 1, n]; β₀ stays 0
    private readonly T* _shifts = binding.ZeroedWorkspace((long)(network.Layers + 1) * binding.OutputShape.Size);
    private readonly T* _constants = binding.Workspace(network.Layers); // q, [L]
    // ∂w without its part by q, [L, n]; Σ g, [n]; ∂q, [L].
    private readonly ChunkSums<T> _sums = new(binding, ((network.Layers + 1) * binding.OutputShape.Size) + network.Layers);
    private readonly T* _total = binding.Workspace(((network.Layers + 1) * binding.OutputShape.Size) + network.Layers);

    public override void Forward(in Step step)
    {
        for (var layer = 0; layer < _layers; layer++)
        {
            var shift = _shifts + (layer * _width);
            _constants[layer] = VectorMath.Dot(shift, (T*)_weights[layer], _width);
            VectorMath.Copy(shift + _width, shift, _width);
            VectorMath.Add(shift + _width, (T*)_biases[layer], _width);
        }

        base.Forward(step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var shift = _shifts + (_layers * _width);
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * _width);
            var products = _products + (row * _layers);
            var scales = _scales + (row * (_layers + 1));
            scales[0] = T.One;
            for (var layer = 0; layer < _layers; layer++)
            {
                products[layer] = VectorMath.Dot(input, (T*)_weights[layer], _width);
                scales[layer + 1] = scales[layer] + (scales[layer] * products[layer]) + _constants[layer];
            }

            VectorMath.PutScaledSum(_output + (row * _width), input, scales[_layers], shift, _width);
        }
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        new Span<T>(_total, ((_layers + 1) * _width) + _layers).Clear();
        _sums.AddTo(_total, step.Rows);
        var constants = _total + ((_layers + 1) * _width); // ∂q
        for (var layer = _layers - 1; layer >= 0; layer--)
        {
            var outputs = _total + (_layers * _width); // Σ g, and what later layers' q add
            VectorMath.Add((T*)_biasGradients[layer], outputs, _width);
            VectorMath.AddScaled(outputs, (T*)_weights[layer], constants[layer], _width);
            VectorMath.Add((T*)_weightGradients[layer], _total + (layer * _width), _width);
            VectorMath.AddScaled((T*)_weightGradients[layer], _shifts + (layer * _width), constants[layer], _width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        var constants = sums + ((_layers + 1) * _width);
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * _width);
            var gradient = _outputGradient + (row * _width);
            var products = _products + (row * _layers);
            var scales = _scales + (row * (_layers + 1));
            var byScale = VectorMath.Dot(gradient, input, _width); // a_L
            VectorMath.Add(sums + (_layers * _width), gradient, _width);
            if (_target.IsWanted)
                VectorMath.PutScaled(_target.Data + (row * _width), gradient, scales[_layers], _target.Accumulate, _width);
            for (var layer = _layers - 1; layer >= 0; layer--)
            {
                var byProduct = byScale * scales[layer]; // ∂p_l
                constants[layer] += byScale;
                byScale += byScale * products[layer];
                VectorMath.AddScaled(sums + (layer * _width), input, byProduct, _width);
                if (_target.IsWanted)
                    VectorMath.AddScaled(_target.Data + (row * _width), (T*)_weights[layer], byProduct, _width);
            }
        }
    }
}
