using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Pairwise products pooled by attention, [B, F, D] → [B, D]: y = Σ_p a_p z_p over the pairs p = (i, j), i &lt; j, z_p = e_i ⊙ e_j, a =
/// softmax_p(hᵀ ReLU(W z_p + b)). While training, numbers of a drop. A row's pairs stay in the cache and are made again on the way back:
/// ∂a_p = ⟨∂y, z_p⟩, ∂s = a ⊙ (∂a − Σ ∂a ⊙ a), ∂u_p = ∂s_p h where ReLU is open, ∂z_p = a_p ∂y + Wᵀ ∂u_p. Source: Xiao et al. 2017 (AFM),
/// eq. 5–6.
/// </summary>
public sealed class AttentionalPooling : Operation
{
    /// <summary>Describes the operation.</summary>
    /// <param name="weight">W, [A, D].</param>
    /// <param name="bias">b, [A].</param>
    /// <param name="projection">h, [A].</param>
    /// <param name="dropout">Share of a that drops while training, in [0, 1).</param>
    public AttentionalPooling(Parameter weight, Parameter bias, Parameter projection, double dropout = 0)
    {
        if (weight.Shape.Rank != 2 || bias.Shape != new Shape(weight.Shape[0]) || projection.Shape != bias.Shape)
            throw new ArgumentException($"attentional_pooling: found {weight.Shape}, {bias.Shape} and {projection.Shape}, expected [A, D], [A] and [A]");
        ArgumentOutOfRangeException.ThrowIfNegative(dropout);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dropout, 1);
        (Parameters, Dropout) = ([weight, bias, projection], dropout);
    }

    /// <inheritdoc/>
    public override string Name => "attentional_pooling";

    /// <summary>W, b and h.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Share of a that drops while training.</summary>
    public double Dropout { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 && inputs[0][0] > 1 && inputs[0][1] == Parameters[0].Shape[1]
            ? new Shape(inputs[0][1])
            : throw Mismatch(inputs, $"[F, {Parameters[0].Shape[1]}] with at least two fields");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) =>
        inputs[0][0] * (inputs[0][0] - 1L) / 2 * ((2L * Parameters[0].Shape.Size) + (2L * Parameters[0].Shape[0]) + (3L * inputs[0][1]));

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var (left, right) = StandardForm.Pairs(form.InputShape()[0]);
        var products = form.Multiply(form.Take(form.Input, left), form.Take(form.Input, right)); // [B, P, D]
        var hidden = form.Node("Relu",
            form.Add(form.Node("MatMul", products, form.Transposed(Parameters[0])), form.Weight(Parameters[1]))); // [B, P, A]
        var weights = form.Node("MatMul", hidden, form.Weight(Parameters[2], Parameters[2].Shape.Size, 1)); // [B, P, 1]
        var attention = form.Node("Softmax", new FormAttribute("axis", 1), weights);
        return form.Sum(form.Multiply(attention, products), 1); // [B, D]
    }
}

internal sealed unsafe class AttentionalPoolingKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields;
    private readonly int _dimension;
    private readonly int _pairs;
    private readonly int _width; // A
    private readonly int _paddedDimension;
    private readonly int _paddedWidth;
    private readonly T* _weight; // W [A, D]
    private readonly T* _bias; // b [A]
    private readonly T* _projection; // h [A]
    private readonly T*[] _gradients; // of these three
    private readonly T* _columns; // Wᵀ [D, A padded]
    private readonly T* _rows; // W [A, D padded]
    private readonly T* _total; // ∂Wᵀ [D, A padded], ∂b, ∂h
    private readonly T* _input; // [B, F, D]
    private readonly T* _output; // [B, D]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _target;
    private readonly ChunkSpace<T> _space; // Z and ∂Z [P, D padded], U and ∂U [P, A padded], a, ∂a and a with dropout [P]
    private readonly ChunkSums<T>? _sums;
    private readonly DropMask<T> _drop;

    public AttentionalPoolingKernel(AttentionalPooling pooling, Binding<T> binding) : base(binding.Workers)
    {
        (_fields, _dimension) = (binding.InputShape(0)[0], binding.InputShape(0)[1]);
        (_pairs, _width) = (_fields * (_fields - 1) / 2, pooling.Parameters[0].Shape[0]);
        (_paddedDimension, _paddedWidth) = (SmallMatrix.Padded<T>(_dimension), SmallMatrix.Padded<T>(_width));
        _weight = binding.Values(pooling.Parameters[0]);
        _bias = binding.Values(pooling.Parameters[1]);
        _projection = binding.Values(pooling.Parameters[2]);
        _gradients = [binding.Gradients(pooling.Parameters[0]), binding.Gradients(pooling.Parameters[1]),
            binding.Gradients(pooling.Parameters[2])];
        _columns = binding.Workspace(_dimension * _paddedWidth);
        _rows = binding.Workspace(_width * _paddedDimension);
        _input = binding.Input(0);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _target = binding.InputGradient(0);
        _space = new ChunkSpace<T>(binding, (2L * _pairs * _paddedDimension) + (2L * _pairs * _paddedWidth) + (3L * _pairs));
        _drop = binding.Drops(pooling.Dropout);
        if (_outputGradient == null)
            return;
        _sums = new ChunkSums<T>(binding, Sums);
        _total = binding.Workspace(Sums);
    }

    private int Sums => (_dimension + 2) * _paddedWidth;

    public override void Forward(in Step step)
    {
        for (var a = 0; a < _width; a++)
            for (var d = 0; d < _dimension; d++)
                _columns[(d * _paddedWidth) + a] = _rows[(a * _paddedDimension) + d] = _weight[(a * _dimension) + d];
        base.Forward(step);
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        new Span<T>(_total, Sums).Clear();
        _sums!.AddTo(_total, step.Rows);
        for (var a = 0; a < _width; a++)
            for (var d = 0; d < _dimension; d++)
                _gradients[0][(a * _dimension) + d] += _total[(d * _paddedWidth) + a];
        VectorMath.Add(_gradients[1], _total + (_dimension * _paddedWidth), _width);
        VectorMath.Add(_gradients[2], _total + ((_dimension + 1) * _paddedWidth), _width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var products = _space.Of(start);
        var hidden = products + (2 * _pairs * _paddedDimension);
        var attention = hidden + (2 * _pairs * _paddedWidth);
        var drops = Step.IsTraining && _drop.Any;
        var key = _drop.Key(Step.Seed);
        for (long row = start; row < end; row++)
        {
            Attend(row, products, hidden, attention);
            if (drops)
                _drop.Apply(attention, attention, false, key, (Step.First + row) * _pairs, _pairs);
            var output = _output + (row * _dimension);
            new Span<T>(output, _dimension).Clear();
            for (var pair = 0; pair < _pairs; pair++)
                VectorMath.AddScaled(output, products + (pair * _paddedDimension), attention[pair], _dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums!.Open(start);
        T* biasSums = sums + (_dimension * _paddedWidth), projectionSums = biasSums + _paddedWidth;
        T* products = _space.Of(start), productGradient = products + (_pairs * _paddedDimension);
        T* hidden = productGradient + (_pairs * _paddedDimension), hiddenGradient = hidden + (_pairs * _paddedWidth);
        T* attention = hiddenGradient + (_pairs * _paddedWidth), attentionGradient = attention + _pairs,
            dropped = attentionGradient + _pairs;
        var drops = Step.IsTraining && _drop.Any;
        var key = _drop.Key(Step.Seed);
        var used = drops ? dropped : attention;
        for (long row = start; row < end; row++)
        {
            Attend(row, products, hidden, attention);
            var upper = _outputGradient + (row * _dimension);
            for (var pair = 0; pair < _pairs; pair++)
                attentionGradient[pair] = VectorMath.Dot(upper, products + (pair * _paddedDimension), _dimension);
            if (drops)
            {
                _drop.Apply(attention, dropped, false, key, (Step.First + row) * _pairs, _pairs);
                _drop.Apply(attentionGradient, attentionGradient, false, key, (Step.First + row) * _pairs, _pairs);
            }

            var mean = VectorMath.Dot(attention, attentionGradient, _pairs);
            for (var pair = 0; pair < _pairs; pair++)
            {
                var gradient = attention[pair] * (attentionGradient[pair] - mean);
                T* own = hidden + (pair * _paddedWidth), back = hiddenGradient + (pair * _paddedWidth);
                VectorMath.AddScaled(projectionSums, own, gradient, _width);
                VectorMath.Scale(back, _projection, gradient, _width);
                ReluMask.Apply(back, own, _width);
                VectorMath.Add(biasSums, back, _width);
                VectorMath.Scale(productGradient + (pair * _paddedDimension), upper, used[pair], _dimension);
            }

            SmallMatrix.Multiply(sums, _paddedWidth, products, 1, _paddedDimension, hiddenGradient, _paddedWidth, _dimension,
                _paddedWidth, _pairs, true);
            SmallMatrix.Multiply(productGradient, _paddedDimension, hiddenGradient, _paddedWidth, 1, _rows, _paddedDimension, _pairs,
                _paddedDimension, _width, true);
            if (_target.IsWanted)
                PutGradient(row, productGradient);
        }
    }

    // Z, ReLU(W z + b) and the attention of every pair
    private void Attend(long row, T* products, T* hidden, T* attention)
    {
        var input = _input + (row * _fields * _dimension);
        for (int i = 0, pair = 0; i < _fields - 1; i++)
            for (var j = i + 1; j < _fields; j++, pair++)
                VectorMath.PutProduct(products + (pair * _paddedDimension), input + (i * _dimension), input + (j * _dimension),
                    false, _dimension);
        SmallMatrix.Multiply(hidden, _paddedWidth, products, _paddedDimension, 1, _columns, _paddedWidth, _pairs, _paddedWidth,
            _dimension, false);
        var most = T.NegativeInfinity;
        for (var pair = 0; pair < _pairs; pair++)
        {
            var own = hidden + (pair * _paddedWidth);
            VectorMath.Add(own, _bias, _width);
            ReluMask.Apply(own, own, _width);
            attention[pair] = VectorMath.Dot(own, _projection, _width);
            most = T.Max(most, attention[pair]);
        }

        var sum = T.Zero;
        for (var pair = 0; pair < _pairs; pair++)
            sum += attention[pair] = T.Exp(attention[pair] - most);
        VectorMath.Scale(attention, attention, T.One / sum, _pairs);
    }

    // ∂e_i += ∂z_ij ⊙ e_j, ∂e_j += ∂z_ij ⊙ e_i
    private void PutGradient(long row, T* productGradient)
    {
        T* input = _input + (row * _fields * _dimension), target = _target.Data + (row * _fields * _dimension);
        if (!_target.Accumulate)
            new Span<T>(target, _fields * _dimension).Clear();
        for (int i = 0, pair = 0; i < _fields - 1; i++)
            for (var j = i + 1; j < _fields; j++, pair++)
            {
                var gradient = productGradient + (pair * _paddedDimension);
                VectorMath.PutProduct(target + (i * _dimension), gradient, input + (j * _dimension), true, _dimension);
                VectorMath.PutProduct(target + (j * _dimension), gradient, input + (i * _dimension), true, _dimension);
            }
    }
}
