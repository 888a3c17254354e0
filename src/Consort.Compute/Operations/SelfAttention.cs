using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Multi-head self-attention of fields to fields behind its projections, [B, F, 3 A] = [Q, K, V] → [B, F, A]: each of H heads takes d = A/H
/// numbers of the three, O = P V with P = softmax(Q Kᵀ), or softmax(Q Kᵀ / √d), row by row. While training, numbers of P drop. All of a
/// row's products stay in the cache; P is made again on the way back rather than kept. Scores are held transposed, so that a vector runs
/// along queries and the softmax adds up vectors rather than what is in them. ∂V = Pᵀ ∂O, ∂P = ∂O Vᵀ, ∂S = P ⊙ (∂P − Σ_j ∂P ⊙ P), ∂Q = ∂S
/// K, ∂K = ∂Sᵀ Q. Source: Song et al. 2019 (AutoInt), eq. 5–7; Vaswani et al. 2017 for the scale.
/// </summary>
public sealed class SelfAttention : Operation
{
    /// <summary>Describes the operation.</summary>
    /// <param name="heads">H, divides A.</param>
    /// <param name="isScaled">Whether Q Kᵀ is divided by √d.</param>
    /// <param name="dropout">Share of P that drops while training, in [0, 1).</param>
    public SelfAttention(int heads, bool isScaled, double dropout = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(dropout);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dropout, 1);
        (Heads, IsScaled, Dropout) = (heads, isScaled, dropout);
    }

    /// <inheritdoc/>
    public override string Name => "self_attention";

    /// <summary>H.</summary>
    public int Heads { get; }

    /// <summary>Whether Q Kᵀ is divided by √d.</summary>
    public bool IsScaled { get; }

    /// <summary>Share of P that drops while training.</summary>
    public double Dropout { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 && inputs[0][1] % (3 * Heads) == 0
            ? new Shape(inputs[0][0], inputs[0][1] / 3)
            : throw Mismatch(inputs, $"[F, 3 A] with A a multiple of {Heads}");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 4L * inputs[0][0] * inputs[0].Size / 3;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var (fields, width) = (form.OutputShape[0], form.OutputShape[1]);
        var dimension = width / Heads;
        FormValue Part(int part) => form.Reshape(form.Slice(form.Input, part * width, (part + 1) * width, axis: 2), fields,
            Heads, dimension);
        var queries = form.Permute(Part(0), 0, 2, 1, 3); // [B, H, F, d]
        var keys = form.Permute(Part(1), 0, 2, 3, 1); // [B, H, d, F]
        var values = form.Permute(Part(2), 0, 2, 1, 3); // [B, H, F, d]
        var products = form.Scale(form.Node("MatMul", queries, keys), IsScaled ? 1 / Math.Sqrt(dimension) : 1); // [B, H, F, F]
        var attention = form.Node("Softmax", new FormAttribute("axis", -1), products);
        return form.Reshape(form.Permute(form.Node("MatMul", attention, values), 0, 2, 1, 3), fields, width);
    }
}

internal sealed unsafe class SelfAttentionKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _heads;
    private readonly int _fields;
    private readonly int _width; // A
    private readonly int _dimension; // d
    private readonly int _paddedFields;
    private readonly int _paddedDimension;
    private readonly bool _isInPlace; // a head's part of a field is whole vectors, so that no copy with padding is needed
    private readonly T _scale;
    private readonly DropMask<T> _drop;
    private readonly T* _input; // [B, F, 3 A]
    private readonly T* _output; // [B, F, A]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _target;
    private readonly ChunkSpace<T> _space;

    public SelfAttentionKernel(SelfAttention attention, Binding<T> binding) : base(binding.Workers)
    {
        _heads = attention.Heads;
        (_fields, _width) = (binding.OutputShape[0], binding.OutputShape[1]);
        _dimension = _width / _heads;
        (_paddedFields, _paddedDimension) = (SmallMatrix.Padded<T>(_fields), SmallMatrix.Padded<T>(_dimension));
        _isInPlace = _dimension == _paddedDimension;
        _scale = attention.IsScaled ? T.One / T.Sqrt(T.CreateTruncating(_dimension)) : T.One;
        _drop = binding.Drops(attention.Dropout);
        _input = binding.Input(0);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _target = binding.InputGradient(0);
        // Qᵀ or ∂Oᵀ [d, F]; Pᵀ, Pᵀ with dropout and its gradient [F, F]; Q, K, V, ∂O and one result [F, d] where these need copies
        _space = new ChunkSpace<T>(binding, ((long)_dimension * _paddedFields) + (3L * _fields * _paddedFields)
            + (5L * _fields * _paddedDimension));
    }

    private int Square => _fields * _paddedFields;

    private int Block => _fields * _paddedDimension;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var turned = _space.Of(start); // Qᵀ [d, F]
        var attention = turned + (_dimension * _paddedFields); // Pᵀ [F, F]
        var copies = attention + (3 * Square);
        var drops = Step.IsTraining && _drop.Any;
        var key = _drop.Key(Step.Seed);
        for (long row = start; row < end; row++)
            for (var head = 0; head < _heads; head++)
            {
                AskForNext(_input, row, head, 3 * _fields * _width);
                AskForNext(_output, row, head, _fields * _width);
                var input = _input + (row * 3 * _fields * _width) + (head * _dimension);
                Attend(input, turned, attention);
                if (drops)
                    Drop(attention, attention, key, row, head);
                var values = Part(input + (2 * _width), 3 * _width, copies, out var stride); // V [F, d]
                Product(attention, 1, _paddedFields, values, stride, _output + (row * _fields * _width) + (head * _dimension), _width,
                    copies + Block, false); // O = P V
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        var turned = _space.Of(start); // Qᵀ, then ∂Oᵀ [d, F]
        var attention = turned + (_dimension * _paddedFields); // Pᵀ [F, F]
        var dropped = attention + Square; // Pᵀ with dropout
        var gradient = dropped + Square; // ∂Pᵀ, then ∂Sᵀ
        var copies = gradient + Square;
        var result = copies + (4 * Block);
        var drops = Step.IsTraining && _drop.Any;
        var key = _drop.Key(Step.Seed);
        for (long row = start; row < end; row++)
            for (var head = 0; head < _heads; head++)
            {
                AskForNext(_input, row, head, 3 * _fields * _width);
                AskForNext(_outputGradient, row, head, _fields * _width);
                AskForNext(_target.Data, row, head, 3 * _fields * _width);
                var offset = (row * 3 * _fields * _width) + (head * _dimension);
                T* input = _input + offset, target = _target.Data + offset;
                var above = _outputGradient + (row * _fields * _width) + (head * _dimension);
                Attend(input, turned, attention);
                var used = attention;
                if (drops)
                    Drop(attention, used = dropped, key, row, head);
                var upper = Part(above, _width, copies, out var upperStride); // ∂O [F, d]
                // ∂V = Pᵀ ∂O
                Product(used, _paddedFields, 1, upper, upperStride, target + (2 * _width), 3 * _width, result, _target.Accumulate);

                Turn(turned, above, _width);
                SmallMatrix.Multiply(gradient, _paddedFields, input + (2 * _width), 3 * _width, 1, turned, _paddedFields, _fields,
                    _paddedFields, _dimension, false); // ∂Pᵀ = V ∂Oᵀ
                if (drops)
                    Drop(gradient, gradient, key, row, head);
                SoftmaxGradient(attention, gradient);

                var keys = Part(input + _width, 3 * _width, copies + Block, out var stride); // K [F, d]
                Product(gradient, 1, _paddedFields, keys, stride, target, 3 * _width, result, _target.Accumulate); // ∂Q = ∂S K
                var queries = Part(input, 3 * _width, copies + (2 * Block), out stride); // Q [F, d]
                Product(gradient, _paddedFields, 1, queries, stride, target + _width, 3 * _width, result, _target.Accumulate); // ∂K = ∂Sᵀ Q
            }
    }

    // Heads walk through a row in short steps, which the processor does not foresee.
    private void AskForNext(T* tensor, long row, int head, int size) => Prefetch.Share(tensor + ((row + 1) * size), size, head, _heads);

    // Pᵀ = softmax(K Qᵀ · scale) down its columns; what pads its rows are queries of zeros, which nobody reads
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend(T* input, T* turned, T* attention)
    {
        Turn(turned, input, 3 * _width);
        SmallMatrix.Multiply(attention, _paddedFields, input + _width, 3 * _width, 1, turned, _paddedFields, _fields, _paddedFields,
            _dimension, false);
        var scale = new Vector<T>(_scale);
        for (var i = 0; i < _paddedFields; i += Vector<T>.Count)
        {
            var column = attention + i;
            var most = Vector.Load(column);
            for (var field = 1; field < _fields; field++)
                most = Vector.Max(most, Vector.Load(column + (field * _paddedFields)));
            var sum = Vector<T>.Zero;
            for (var field = 0; field < _fields; field++)
            {
                var power = VectorMath.Exp((Vector.Load(column + (field * _paddedFields)) - most) * scale);
                Vector.Store(power, column + (field * _paddedFields));
                sum += power;
            }

            var share = Vector<T>.One / sum;
            for (var field = 0; field < _fields; field++)
                Vector.Store(Vector.Load(column + (field * _paddedFields)) * share, column + (field * _paddedFields));
        }
    }

    // ∂Sᵀ = scale · Pᵀ ⊙ (∂Pᵀ − Σ over a column of ∂Pᵀ ⊙ Pᵀ), in the place of ∂Pᵀ
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SoftmaxGradient(T* attention, T* gradient)
    {
        var scale = new Vector<T>(_scale);
        for (var i = 0; i < _paddedFields; i += Vector<T>.Count)
        {
            var mean = Vector<T>.Zero;
            for (var at = i; at < Square; at += _paddedFields)
                mean = VectorMath.MultiplyAdd(Vector.Load(attention + at), Vector.Load(gradient + at), mean);
            for (var at = i; at < Square; at += _paddedFields)
                Vector.Store(Vector.Load(attention + at) * (Vector.Load(gradient + at) - mean) * scale, gradient + at);
        }
    }

    // What drops depends on the seed and the place alone, so that both passes agree.
    private void Drop(T* source, T* target, in CounterHash key, long row, int head) =>
        _drop.Apply(source, target, false, key, (((Step.First + row) * _heads) + head) * Square, Square);

    // target (+)= A · B with A [F, F] and B [F, d]
    private void Product(T* left, nint rowStride, nint depthStride, T* right, nint stride, T* target, int targetStride, T* result,
        bool accumulate)
    {
        if (_isInPlace)
        {
            SmallMatrix.Multiply(target, targetStride, left, rowStride, depthStride, right, stride, _fields, _dimension,
                _fields, accumulate);
            return;
        }

        SmallMatrix.Multiply(result, _paddedDimension, left, rowStride, depthStride, right, stride, _fields, _paddedDimension,
            _fields, false);
        for (var field = 0; field < _fields; field++)
            VectorMath.Put(target + (field * targetStride), result + (field * _paddedDimension), accumulate, _dimension);
    }

    // A head's part of every field, [F, d]: where it lies, or a copy whose padding stays zero
    private T* Part(T* source, int sourceStride, T* copy, out nint stride)
    {
        if (_isInPlace)
        {
            stride = sourceStride;
            return source;
        }

        stride = _paddedDimension;
        for (var field = 0; field < _fields; field++)
            VectorMath.Copy(copy + (field * _paddedDimension), source + (field * sourceStride), _dimension);
        return copy;
    }

    // The same, transposed: [d, F]; what pads the rows stays zero
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Turn(T* target, T* source, int stride)
    {
        for (var field = 0; field < _fields; field++, source += stride, target++)
        {
            var to = target;
            for (var d = 0; d < _dimension; d++, to += _paddedFields)
                *to = source[d];
        }
    }
}
