using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;
using Consort.Compute.Onnx;

namespace Consort.Compute.Operations;

/// <summary>
/// Multi-head self-attention of fields to fields behind its projections, [B, F, 3 A] = [Q, K, V] → [B, F, A]: each of H heads
/// takes d = A/H numbers of the three, O = P V with P = softmax(Q Kᵀ), or softmax(Q Kᵀ / √d), row by row. While training,
/// numbers of P drop. All of a row's products stay in the cache; P is made again on the way back rather than kept.
/// ∂V = Pᵀ ∂O, ∂P = ∂O Vᵀ, ∂S = P ⊙ (∂P − Σ_j ∂P ⊙ P), ∂Q = ∂S K, ∂K = ∂Sᵀ Q.
/// Source: Song et al. 2019 (AutoInt), eq. 5–7; Vaswani et al. 2017 for the scale.
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
    public override OnnxValue ToOnnx(OnnxForm form)
    {
        var (fields, width) = (form.OutputShape[0], form.OutputShape[1]);
        var dimension = width / Heads;
        OnnxValue Part(int part) => form.Reshape(form.Slice(form.Input, part * width, (part + 1) * width, axis: 2), fields, Heads, dimension);
        var queries = form.Permute(Part(0), 0, 2, 1, 3); // [B, H, F, d]
        var keys = form.Permute(Part(1), 0, 2, 3, 1); // [B, H, d, F]
        var values = form.Permute(Part(2), 0, 2, 1, 3); // [B, H, F, d]
        var products = form.Scale(form.Node("MatMul", queries, keys), IsScaled ? 1 / Math.Sqrt(dimension) : 1); // [B, H, F, F]
        var attention = form.Node("Softmax", new OnnxAttribute("axis", -1), products);
        return form.Reshape(form.Permute(form.Node("MatMul", attention, values), 0, 2, 1, 3), fields, width);
    }

    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => new SelfAttentionKernel<T>(this, binding);

    private sealed unsafe class SelfAttentionKernel<T> : RowKernel
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly int _heads;
        private readonly int _fields;
        private readonly int _width; // A
        private readonly int _dimension; // d
        private readonly int _paddedFields;
        private readonly int _paddedDimension;
        private readonly T _scale;
        private readonly T _keep; // what numbers of P that stay are scaled by
        private readonly uint _threshold; // dropped below it
        private readonly ulong _stream;
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
            _scale = attention.IsScaled ? T.One / T.Sqrt(T.CreateTruncating(_dimension)) : T.One;
            _keep = T.CreateTruncating(1 / (1 - attention.Dropout));
            _threshold = (uint)Math.Min(uint.MaxValue, attention.Dropout * (1L << 32));
            _stream = (ulong)binding.Index;
            _input = binding.Input(0);
            _output = binding.Output;
            _outputGradient = binding.OutputGradient;
            _target = binding.InputGradient(0);
            // Kᵀ and Vᵀ [d, F]; P, P with dropout and its gradient [F, F]; Q, K, V, ∂O and one result [F, d]
            _space = new ChunkSpace<T>(binding, (2L * _dimension * _paddedFields) + (3L * _fields * _paddedFields) + (5L * _fields * _paddedDimension));
        }

        private int Square => _fields * _paddedFields;

        private int Block => _fields * _paddedDimension;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void ForwardRows(int start, int end)
        {
            var keys = _space.Of(start); // Kᵀ [d, F]
            var attention = keys + (2 * _dimension * _paddedFields); // P [F, F]
            var values = attention + (3 * Square); // V [F, d]
            var result = values + Block; // O [F, d]
            for (long row = start; row < end; row++)
                for (var head = 0; head < _heads; head++)
                {
                    var input = _input + (row * 3 * _fields * _width) + (head * _dimension);
                    Attend(input, keys, attention);
                    Drop(attention, attention, row, head);
                    Take(values, input + (2 * _width), 3 * _width);
                    SmallMatrix.Multiply(result, _paddedDimension, attention, _paddedFields, 1, values, _paddedDimension, _fields, _paddedDimension, _fields, false);
                    var output = _output + (row * _fields * _width) + (head * _dimension);
                    for (var field = 0; field < _fields; field++)
                        VectorMath.Copy(output + (field * _width), result + (field * _paddedDimension), _dimension);
                }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            if (!_target.IsWanted)
                return;
            var keys = _space.Of(start); // Kᵀ [d, F]
            var transposed = keys + (_dimension * _paddedFields); // Vᵀ [d, F]
            var attention = transposed + (_dimension * _paddedFields); // P [F, F]
            var dropped = attention + Square; // P with dropout
            var gradient = dropped + Square; // ∂P, then ∂S
            var queries = gradient + Square; // Q [F, d]
            var plainKeys = queries + Block; // K [F, d]
            var upper = plainKeys + (2 * Block); // ∂O [F, d]
            var result = upper + Block; // ∂Q, ∂K or ∂V [F, d]
            for (long row = start; row < end; row++)
                for (var head = 0; head < _heads; head++)
                {
                    var offset = (row * 3 * _fields * _width) + (head * _dimension);
                    var (input, target) = ((nint)(_input + offset), (nint)(_target.Data + offset));
                    Attend((T*)input, keys, attention);
                    Drop(attention, dropped, row, head);
                    Take(upper, _outputGradient + (row * _fields * _width) + (head * _dimension), _width);
                    Product(result, dropped, 1, _paddedFields, upper, (T*)target + (2 * _width)); // ∂V = Pᵀ ∂O

                    Turn(transposed, (T*)input + (2 * _width));
                    SmallMatrix.Multiply(gradient, _paddedFields, upper, _paddedDimension, 1, transposed, _paddedFields, _fields, _paddedFields, _dimension, false);
                    Drop(gradient, gradient, row, head);
                    SoftmaxGradient(attention, gradient);

                    Take(plainKeys, (T*)input + _width, 3 * _width);
                    Product(result, gradient, _paddedFields, 1, plainKeys, (T*)target); // ∂Q = ∂S K
                    Take(queries, (T*)input, 3 * _width);
                    Product(result, gradient, 1, _paddedFields, queries, (T*)target + _width); // ∂K = ∂Sᵀ Q
                }
        }

        // P = softmax(Q Kᵀ · scale); what pads its rows is zero
        private void Attend(T* input, T* keys, T* attention)
        {
            Turn(keys, input + _width);
            SmallMatrix.Multiply(attention, _paddedFields, input, 3 * _width, 1, keys, _paddedFields, _fields, _paddedFields, _dimension, false);
            for (var field = 0; field < _fields; field++, attention += _paddedFields)
            {
                for (var i = _fields; i < _paddedFields; i++)
                    attention[i] = T.NegativeInfinity;
                var largest = Vector.Load(attention);
                for (var i = Vector<T>.Count; i < _paddedFields; i += Vector<T>.Count)
                    largest = Vector.Max(largest, Vector.Load(attention + i));
                var most = largest[0];
                for (var i = 1; i < Vector<T>.Count; i++)
                    most = T.Max(most, largest[i]);
                var sums = Vector<T>.Zero;
                for (var i = 0; i < _paddedFields; i += Vector<T>.Count)
                {
                    var power = VectorMath.Exp((Vector.Load(attention + i) - new Vector<T>(most)) * _scale);
                    Vector.Store(power, attention + i);
                    sums += power;
                }

                VectorMath.Scale(attention, attention, T.One / Vector.Sum(sums), _paddedFields);
            }
        }

        // ∂S = scale · P ⊙ (∂P − Σ_j ∂P ⊙ P), in the place of ∂P
        private void SoftmaxGradient(T* attention, T* gradient)
        {
            for (var field = 0; field < _fields; field++, attention += _paddedFields, gradient += _paddedFields)
            {
                var mean = new Vector<T>(VectorMath.Dot(attention, gradient, _paddedFields));
                for (var i = 0; i < _paddedFields; i += Vector<T>.Count)
                    Vector.Store(Vector.Load(attention + i) * (Vector.Load(gradient + i) - mean) * _scale, gradient + i);
            }
        }

        // What drops depends on the seed and the place alone, so that both passes agree.
        private void Drop(T* source, T* target, long row, int head)
        {
            if (!Step.IsTraining || _threshold == 0)
            {
                if (source != target)
                    VectorMath.Copy(target, source, Square);
                return;
            }

            var key = new CounterHash(Step.Seed, _stream);
            var place = (uint)(((row * _heads) + head) * Square);
            for (var i = 0; i < Square; i++)
                target[i] = key.BitsAt(place + (uint)i) >= _threshold ? source[i] * _keep : T.Zero;
        }

        // target (+)= A · B with A [F, F] and B [F, d]
        private void Product(T* result, T* left, nint rowStride, nint depthStride, T* right, T* target)
        {
            SmallMatrix.Multiply(result, _paddedDimension, left, rowStride, depthStride, right, _paddedDimension, _fields, _paddedDimension, _fields, false);
            for (var field = 0; field < _fields; field++)
                VectorMath.Put(target + (field * 3 * _width), result + (field * _paddedDimension), _target.Accumulate, _dimension);
        }

        // A head's part of every field, [F, d]; the padding stays zero
        private void Take(T* target, T* source, int stride)
        {
            for (var field = 0; field < _fields; field++)
                VectorMath.Copy(target + (field * _paddedDimension), source + (field * stride), _dimension);
        }

        // The same, transposed: [d, F]
        private void Turn(T* target, T* source)
        {
            for (var d = 0; d < _dimension; d++)
                for (var field = 0; field < _fields; field++)
                    target[(d * _paddedFields) + field] = source[(field * 3 * _width) + d];
        }
    }
}
