using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Multi-head attention within each impression, behind its projections: queries [N, A] of the positions, or [B, A] one of each impression,
/// and keys and values [N, 2 A] = [K, V] of the positions → as many rows as there are queries, [·, A]. Each of H heads takes d = A/H
/// numbers: O = softmax(Q Kᵀ / √d) V over the impression's own positions; causal attention sees none behind its own. Without positions O is
/// 0. P is made again on the way back rather than kept. Source: Vaswani et al. 2017; Chen et al. 2019 (BST), eq. 2.
/// </summary>
/// <param name="Heads">H, divides A.</param>
/// <param name="IsCausal">Whether a position sees itself and those before it alone.</param>
public sealed class PositionAttention(int Heads, bool IsCausal = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => "position_attention";

    /// <summary>H.</summary>
    public int Heads { get; } = Heads;

    /// <summary>Whether a position sees itself and those before it alone.</summary>
    public bool IsCausal { get; } = IsCausal;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [var queries, { } keys] && (queries is null || queries == keys)
            ? queries : throw new ArgumentException("position_attention: found other values, expected queries and keys at the same positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Rank == 1 && inputs[1] == new Shape(2 * inputs[0][0]) && inputs[0][0] % Heads == 0
            ? inputs[0] : throw Mismatch(inputs, $"[A] and [2 A] with A a multiple of {Heads}");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.Attention(Heads, IsCausal);
}

internal sealed unsafe class PositionAttentionKernel<T> : SegmentKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _heads;
    private readonly int _width; // A
    private readonly int _dimension; // d
    private readonly bool _isCausal;
    private readonly bool _isOfPositions; // a query a position
    private readonly T _scale;
    private readonly T* _queries; // [N or B, A]
    private readonly T* _keys; // [N, 2 A]
    private readonly T* _output; // [N or B, A]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _queryTarget;
    private readonly GradientTarget<T> _keyTarget;
    private readonly T* _rows; // a row of P and one of its gradient for each chunk, [chunks, 2 L]

    public PositionAttentionKernel(PositionAttention attention, Binding<T> binding) : base(binding.Workers, binding.SegmentsOfInput(1))
    {
        (_heads, _isCausal) = (attention.Heads, attention.IsCausal);
        _width = binding.OutputShape.Size;
        _dimension = _width / _heads;
        _isOfPositions = binding.IsAtPositions;
        _scale = T.One / T.Sqrt(T.CreateTruncating(_dimension));
        _queries = binding.Input(0);
        _keys = binding.Input(1);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        (_queryTarget, _keyTarget) = (binding.InputGradient(0), binding.InputGradient(1));
        _rows = binding.Workspace(2L * Chunks(binding.Impressions) * Segments.Most);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var shares = _rows + (2L * (start / ChunkRows) * Segments.Most);
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            for (var query = _isOfPositions ? first : row; query < (_isOfPositions ? last : row + 1); query++)
                for (var head = 0; head < _heads; head++)
                {
                    var output = _output + ((long)query * _width) + (head * _dimension);
                    var seen = _isCausal && _isOfPositions ? query + 1 : last;
                    new Span<T>(output, _dimension).Clear();
                    Attend(_queries + ((long)query * _width) + (head * _dimension), first, seen, head, shares);
                    for (var i = first; i < seen; i++)
                        VectorMath.AddScaled(output, Value(_keys, i, head), shares[i - first], _dimension);
                }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var shares = _rows + (2L * (start / ChunkRows) * Segments.Most);
        var gradients = shares + Segments.Most;
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            if (_keyTarget is { IsWanted: true, Accumulate: false })
                new Span<T>(_keyTarget.Data + (2L * first * _width), 2 * (last - first) * _width).Clear();
            for (var query = _isOfPositions ? first : row; query < (_isOfPositions ? last : row + 1); query++)
                for (var head = 0; head < _heads; head++)
                {
                    var at = ((long)query * _width) + (head * _dimension);
                    var seen = _isCausal && _isOfPositions ? query + 1 : last;
                    Attend(_queries + at, first, seen, head, shares);
                    var mean = T.Zero;
                    for (var i = first; i < seen; i++)
                    {
                        gradients[i - first] = VectorMath.Dot(_outputGradient + at, Value(_keys, i, head), _dimension);
                        mean += shares[i - first] * gradients[i - first];
                    }

                    if (_queryTarget is { IsWanted: true, Accumulate: false })
                        new Span<T>(_queryTarget.Data + at, _dimension).Clear();
                    for (var i = first; i < seen; i++)
                    {
                        var share = shares[i - first];
                        var score = share * (gradients[i - first] - mean) * _scale;
                        if (_queryTarget.IsWanted)
                            VectorMath.AddScaled(_queryTarget.Data + at, Key(_keys, i, head), score, _dimension);
                        if (!_keyTarget.IsWanted)
                            continue;
                        VectorMath.AddScaled(Key(_keyTarget.Data, i, head), _queries + at, score, _dimension);
                        VectorMath.AddScaled(Value(_keyTarget.Data, i, head), _outputGradient + at, share, _dimension);
                    }
                }
        }
    }

    // A row of P.
    private void Attend(T* query, int first, int end, int head, T* shares)
    {
        if (first == end)
            return;
        var (most, sum) = (T.NegativeInfinity, T.Zero);
        for (var i = first; i < end; i++)
            most = T.Max(most, shares[i - first] = VectorMath.Dot(query, Key(_keys, i, head), _dimension) * _scale);
        for (var i = 0; i < end - first; i++)
            sum += shares[i] = T.Exp(shares[i] - most);
        for (var i = 0; i < end - first; i++)
            shares[i] /= sum;
    }

    private T* Key(T* of, int position, int head) => of + (2L * position * _width) + (head * _dimension);

    private T* Value(T* of, int position, int head) => Key(of, position, head) + _width;
}
