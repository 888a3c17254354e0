using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A layer of a compressed interaction network (CIN), dimensions before fields: X⁰ [B, D, m] and Xᵏ [B, D, h] → [B, D, H], x_o = Σ_ij
/// w_o,ij x⁰_i xᵏ_j + b_o for every dimension. The products Z = x⁰ ⊗ xᵏ, [D, m·h] a row, are made for a block of positions (a row's
/// dimension each) that fits the cache, multiplied by W there, and made again on the way back: ∂W = ∂Yᵀ Z, ∂b = Σ ∂Y, ∂Z = ∂Y W, ∂x⁰_i =
/// Σ_j ∂z_ij xᵏ_j, ∂xᵏ_j = Σ_i ∂z_ij x⁰_i. Source: Lian et al. 2018 (xDeepFM), eq. 6; the bias is FuxiCTR's.
/// </summary>
public sealed class CompressedInteraction : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [H, m·h], the fields of X⁰ outermost.</param>
    /// <param name="bias">b, [H].</param>
    public CompressedInteraction(Parameter weight, Parameter bias)
    {
        if (weight.Shape.Rank != 2 || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"compressed_interaction: found weight {weight.Shape} and bias {bias.Shape}, expected [H, m·h] and [H]");
        Parameters = [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "compressed_interaction";

    /// <summary>W and b.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Rank == 2 && inputs[1].Rank == 2 && inputs[0][0] == inputs[1][0]
            && inputs[0][1] * inputs[1][1] == Parameters[0].Shape[1]
            ? new Shape(inputs[0][0], Parameters[0].Shape[0])
            : throw Mismatch(inputs, $"[D, m] and [D, h] with m·h = {Parameters[0].Shape[1]}");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) =>
        (long)inputs[0][0] * Parameters[0].Shape[1] * ((2L * Parameters[0].Shape[0]) + 1);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var (dimension, first, fields) = (form.InputShape()[0], form.InputShape()[1], form.InputShape(1)[1]);
        var products = form.Multiply(
            form.Reshape(form.Inputs[0], dimension, first, 1), form.Reshape(form.Inputs[1], dimension, 1, fields)); // [B, D, m, h]
        var flat = form.Reshape(products, dimension, first * fields);
        return form.Add(form.Node("MatMul", flat, form.Transposed(Parameters[0])), form.Weight(Parameters[1]));
    }
}

internal sealed unsafe class CompressedInteractionKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int BlockNumbers = 1 << 19; // of Z at a time
    private readonly DenseMultiply<T> _multiply;
    private readonly int _dimension; // D
    private readonly int _firstFields; // m
    private readonly int _fields; // h
    private readonly int _products; // m·h
    private readonly int _maps; // H
    private readonly int _block; // positions: a row has D of them
    private readonly T* _weight; // [H, m·h]
    private readonly T* _bias; // [H]
    private readonly T* _weightGradient;
    private readonly T* _biasGradient;
    private readonly T* _first; // X⁰ [B, D, m]
    private readonly T* _input; // Xᵏ [B, D, h]
    private readonly T* _output; // [B, D, H]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _firstTarget;
    private readonly GradientTarget<T> _inputTarget;
    private readonly T* _outer; // Z of a block, [positions, m·h]
    private readonly T* _outerGradient; // ∂Z of a block
    private readonly ChunkSpace<T>? _space; // ∂x⁰ and ∂xᵏ of a position
    private readonly Vector<T> _rest; // ones where the last vector of xᵏ holds what the vectors before it do not
    private int _begin; // the block's first position

    public CompressedInteractionKernel(CompressedInteraction layer, Binding<T> binding) : base(binding.Workers)
    {
        (_dimension, _firstFields) = (binding.InputShape(0)[0], binding.InputShape(0)[1]);
        _fields = binding.InputShape(1)[1];
        (_maps, _products) = (layer.Parameters[0].Shape[0], layer.Parameters[0].Shape[1]);
        var all = Chunks(checked(binding.Capacity * _dimension)) * ChunkRows;
        _block = Math.Min(all, Math.Clamp(BlockNumbers / _products / ChunkRows, 2, 64) * ChunkRows);
        _multiply = new DenseMultiply<T>(binding.Gemm, _products, _maps, _products);
        _weight = binding.Values(layer.Parameters[0]);
        _bias = binding.Values(layer.Parameters[1]);
        _weightGradient = binding.Gradients(layer.Parameters[0]);
        _biasGradient = binding.Gradients(layer.Parameters[1]);
        _first = binding.Input(0);
        _input = binding.Input(1);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _firstTarget = binding.InputGradient(0);
        _inputTarget = binding.InputGradient(1);
        var rest = _fields % Vector<T>.Count;
        for (var lane = 0; lane < Vector<T>.Count; lane++)
            _rest = Vector.WithElement(_rest, lane, lane < Vector<T>.Count - rest ? T.Zero : T.One);
        _outer = binding.Workspace((long)_block * _products);
        if (_outputGradient == null)
            return;
        _outerGradient = binding.Workspace((long)_block * _products);
        _space = new ChunkSpace<T>(binding, _firstFields + _fields, Chunks(_block));
    }

    // What the base class takes for rows are positions of a block here.
    public override void Forward(in Step step)
    {
        for (_begin = 0; _begin < step.Rows * _dimension; _begin += _block)
        {
            var positions = Math.Min(_block, (step.Rows * _dimension) - _begin);
            base.Forward(new Step(positions, step.IsTraining));
            _multiply.Forward(positions, _outer, _weight, _bias, _output + ((long)_begin * _maps));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var outer = _outer + ((long)start * _products);
        for (long position = _begin + start; position < _begin + end; position++)
        {
            T* first = _first + (position * _firstFields), input = _input + (position * _fields);
            for (var i = 0; i < _firstFields; i++, outer += _fields)
                Scale(outer, input, first[i]);
        }
    }

    // The last vector overlaps the one before it rather than leave numbers over.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Scale(T* outer, T* input, T factor)
    {
        if (_fields < Vector<T>.Count)
        {
            for (var j = 0; j < _fields; j++)
                outer[j] = input[j] * factor;
            return;
        }

        for (var j = 0; j <= _fields - Vector<T>.Count; j += Vector<T>.Count)
            Vector.Store(Vector.Load(input + j) * factor, outer + j);
        Vector.Store(Vector.Load(input + _fields - Vector<T>.Count) * factor, outer + _fields - Vector<T>.Count);
    }

    public override void Backward(in Step step)
    {
        for (_begin = 0; _begin < step.Rows * _dimension; _begin += _block)
        {
            var positions = Math.Min(_block, (step.Rows * _dimension) - _begin);
            var gradient = _outputGradient + ((long)_begin * _maps);
            base.Forward(new Step(positions, step.IsTraining));
            _multiply.WeightGradient(positions, gradient, _outer, _weightGradient, _biasGradient);
            _multiply.InputGradient(positions, gradient, _weight, new GradientTarget<T>(_outerGradient, accumulate: false, mask: null));
            base.Backward(new Step(positions, step.IsTraining));
        }
    }

    // ∂x⁰, then ∂xᵏ: where both are one value, the second adds to the first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var firstGradient = _space!.Of(start);
        var inputGradient = firstGradient + _firstFields;
        var gradient = _outerGradient + ((long)start * _products);
        for (long position = _begin + start; position < _begin + end; position++, gradient += _products)
        {
            new Span<T>(inputGradient, _fields).Clear();
            for (var i = 0; i < _firstFields; i++)
                firstGradient[i] = Unfold(gradient + (i * _fields), _input + (position * _fields), inputGradient,
                    _first[(position * _firstFields) + i]);
            if (_firstTarget.IsWanted)
                VectorMath.Put(_firstTarget.Data + (position * _firstFields), firstGradient, _firstTarget.Accumulate, _firstFields);
            if (_inputTarget.IsWanted)
                VectorMath.Put(_inputTarget.Data + (position * _fields), inputGradient, _inputTarget.Accumulate, _fields);
        }
    }

    // ∂xᵏ += x⁰_i ∂z_i, and ⟨∂z_i, xᵏ⟩
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Unfold(T* gradient, T* input, T* inputGradient, T factor)
    {
        var sums = Vector<T>.Zero;
        var j = 0;
        for (; j <= _fields - Vector<T>.Count; j += Vector<T>.Count)
        {
            var g = Vector.Load(gradient + j);
            sums = VectorMath.MultiplyAdd(g, Vector.Load(input + j), sums);
            Vector.Store(VectorMath.MultiplyAdd(g, new Vector<T>(factor), Vector.Load(inputGradient + j)), inputGradient + j);
        }

        if (j < _fields && j > 0)
        {
            j = _fields - Vector<T>.Count;
            var g = Vector.Load(gradient + j) * _rest;
            sums = VectorMath.MultiplyAdd(g, Vector.Load(input + j), sums);
            Vector.Store(VectorMath.MultiplyAdd(g, new Vector<T>(factor), Vector.Load(inputGradient + j)), inputGradient + j);
            j = _fields;
        }

        var sum = Vector.Sum(sums);
        for (; j < _fields; j++)
        {
            sum += gradient[j] * input[j];
            inputGradient[j] += gradient[j] * factor;
        }

        return sum;
    }
}
