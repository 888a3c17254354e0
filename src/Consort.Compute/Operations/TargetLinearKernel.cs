using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Operations;

/// <summary>
/// Goes through the positions block by block, so that what belongs to one, pairs [e, t ⊙ e] and hidden layers, is made and done with while
/// it is in the cache. It is made again on the way back, which costs less than bringing it from far away. Each chunk of impressions sums up
/// gradients of its own, and these are added in their order, whoever made them.
/// </summary>
/// <remarks>
/// Where all impressions have the history of the first, as candidates do, its part of the first layer, (W₂ − W₃) e, is computed once a
/// position, and t ⊙ e alone is multiplied for each pair of these.
/// </remarks>
internal sealed unsafe class TargetLinearKernel<T> : Kernel, IParallelJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int ChunkRows = 64; // impressions: where histories are short, a block still has some hundred positions
    private const int BlockRows = 512; // positions; with two layers, 64 wide and 32, some 600 KB of a second-level cache

    private readonly Workers _workers;
    private readonly Segments _segments;
    private readonly int _width; // h
    private readonly int _dimension; // d
    private readonly bool _mask; // the gradient of a ReLU at the end is still to do
    private readonly T* _bias;
    private readonly T* _biasGradient;
    private readonly T* _target; // [B, d]
    private readonly T* _positions; // [N, d]
    private readonly T* _output; // [N, out]
    private readonly T* _outputGradient;
    private readonly int _outputs; // out
    private readonly GradientTarget<T> _targetGradient;
    private readonly GradientTarget<T> _positionGradient;
    private readonly TargetWeights<T> _weights;
    private readonly T* _ofHistory; // (W₂ − W₃) e of a history that all have, [L, h], or null
    private readonly T* _sums; // (W₁ + W₃) t + b, then the gradient of it, [B, h]
    private readonly DenseMultiply<T> _byTarget;
    private readonly DenseMultiply<T> _byHistory;
    private readonly PositionLayer<T>[] _layers; // [W₂ − W₃, W₄], and those that follow
    private readonly T* _blocks; // of each worker: pairs, hidden layers, and their gradients
    private readonly long _blockLength;
    private readonly T* _chunkGradients; // of each chunk: the gradients of all layers
    private readonly int _gradientLength;
    private bool _isForward;

    public TargetLinearKernel(TargetLinear operation, Binding<T> binding, bool isShared = false)
    {
        var (weight, bias) = (operation.Parameters[0], operation.Parameters[1]);
        (_workers, _segments) = (binding.Workers, binding.Segments);
        (_width, _dimension, _outputs) = (weight.Shape[0], weight.Shape[1] / 4, binding.OutputShape.Size);
        _mask = operation.EndsInRelu && !binding.IsOutputGradientMasked;
        _bias = binding.Values(bias);
        _biasGradient = binding.Gradients(bias);
        _target = binding.Input(0);
        _positions = binding.Input(1);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        (_targetGradient, _positionGradient) = (binding.InputGradient(0), binding.InputGradient(1));
        _weights = new TargetWeights<T>(weight, binding);
        _sums = binding.Workspace((long)binding.Impressions * _width);
        _byTarget = new DenseMultiply<T>(binding.Gemm, _dimension, _width, _dimension);
        _byHistory = new DenseMultiply<T>(binding.Gemm, _dimension, _width, 2 * _dimension);
        _ofHistory = isShared ? binding.Workspace((long)_segments.Most * _width) : null;
        _layers = [new PositionLayer<T>(binding, isShared ? _dimension : 2 * _dimension, _width, 2 * _dimension, operation.Relu,
                isShared ? _weights.OfPosition + _dimension : _weights.OfPosition),
            .. operation.Next.Select(l => new PositionLayer<T>(binding, l))];
        var isTrained = _outputGradient != null;
        foreach (var layer in _layers)
        {
            layer.Place(_blockLength, _gradientLength, BlockRows + _segments.Most);
            _blockLength += layer.BlockLength * (isTrained ? 2 : 1);
            _gradientLength += layer.GradientLength;
        }

        _blocks = binding.Workspace(_workers.Threads * _blockLength);
        if (isTrained)
            _chunkGradients = binding.Workspace((long)_gradientLength * Chunks(binding.Impressions));
    }

    public override void Forward(in Step step)
    {
        _weights.Combine();
        _byTarget.Forward(_segments.Batch, _target, _weights.OfTarget, _bias, _sums);
        if (_ofHistory != null)
            _byHistory.Forward(_segments.Starts[1], _positions, _weights.OfPosition, null, _ofHistory);
        _isForward = true;
        _workers.Run(this, Chunks(_segments.Batch));
    }

    public override void Backward(in Step step)
    {
        _isForward = false;
        _workers.Run(this, Chunks(_segments.Batch));
        for (var chunk = 1; chunk < Chunks(_segments.Batch); chunk++)
            VectorMath.Add(_chunkGradients, _chunkGradients + ((long)_gradientLength * chunk), _gradientLength);
        _byTarget.WeightGradient(_segments.Batch, _sums, _target, _weights.OpenTargetGradient(), _biasGradient);
        if (_targetGradient.IsWanted)
            _byTarget.InputGradient(_segments.Batch, _sums, _weights.OfTarget, _targetGradient.Adding());
        _weights.AddGradient(_chunkGradients);
        foreach (var layer in _layers)
            layer.AddGradient(_chunkGradients);
    }

    void IParallelJob.Run(int index, int worker)
    {
        var (row, last) = (index * ChunkRows, Math.Min(_segments.Batch, (index + 1) * ChunkRows));
        var gradients = _isForward ? null : _chunkGradients + ((long)_gradientLength * index);
        if (!_isForward)
            new Span<T>(gradients, _gradientLength).Clear();
        while (row < last)
        {
            var first = row;
            do
                row++;
            while (row < last && _segments.Starts[row] - _segments.Starts[first] < BlockRows);
            var rows = _segments.Starts[row] - _segments.Starts[first];
            if (_isForward && rows > 0)
                Compute(first, row, worker, _layers.Length);
            else if (!_isForward)
                Backward(first, row, gradients, worker);
        }
    }

    private static int Chunks(int impressions) => (impressions + ChunkRows - 1) / ChunkRows;

    // The first layers of a block, [block, h₁], [block, h₂] …; what the last one gives is the output.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compute(int first, int end, int worker, int layers)
    {
        var rows = _segments.Starts[end] - _segments.Starts[first];
        var block = _blocks + (worker * _blockLength);
        T* pair = block, sums = OutputOf(0, first, block);
        for (var row = first; row < end; row++)
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++, pair += _dimension, sums += _width)
            {
                var place = _ofHistory == null ? i : i - _segments.Starts[row];
                var position = _positions + ((long)place * _dimension);
                if (_ofHistory == null)
                {
                    VectorMath.Copy(pair, position, _dimension);
                    pair += _dimension;
                }

                VectorMath.PutProduct(pair, position, _target + ((long)row * _dimension), false, _dimension);
                if (layers > 0)
                    VectorMath.Copy(sums, _sums + ((long)row * _width), _width);
                if (_ofHistory != null)
                    VectorMath.Add(sums, _ofHistory + ((long)place * _width), _width);
            }

        for (var i = 0; i < layers; i++)
            _layers[i].Forward(worker, rows, block, OutputOf(i, first, block), accumulate: i == 0);
    }

    private T* OutputOf(int layer, int first, T* block) => layer == _layers.Length - 1
        ? _output + ((long)_segments.Starts[first] * _outputs) : _layers[layer + 1].Input(block);

    private void Backward(int first, int end, T* gradients, int worker)
    {
        var (start, rows) = (_segments.Starts[first], _segments.Starts[end] - _segments.Starts[first]);
        var block = _blocks + (worker * _blockLength);
        var gradient = _outputGradient + ((long)start * _outputs);
        if (rows > 0)
        {
            // What targets give is still there: a block is over before its gradient takes that place.
            Compute(first, end, worker, _layers.Length - 1);
            if (_mask)
                ReluMask.Apply(gradient, _output + ((long)start * _outputs), rows * _outputs);
            for (var i = _layers.Length - 1; i > 0; i--)
            {
                _layers[i].Backward(worker, rows, block, gradient, gradients, isMasked: true);
                gradient = _layers[i].InputGradient(block);
            }

            _layers[0].Backward(worker, rows, block, gradient, gradients, isMasked: false);
        }

        SumUp(first, end, gradient);
        if (_targetGradient is { IsWanted: true, Accumulate: false })
            new Span<T>(_targetGradient.Data + ((long)first * _dimension), (end - first) * _dimension).Clear();
        Unpair(first, end, _layers[0].InputGradient(block));
    }

    // The gradient of what a target gives is the sum over its positions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumUp(int first, int end, T* gradient)
    {
        for (var row = first; row < end; row++)
        {
            var sum = _sums + ((long)row * _width);
            new Span<T>(sum, _width).Clear();
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++, gradient += _width)
                VectorMath.Add(sum, gradient, _width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Unpair(int first, int end, T* pair)
    {
        for (var row = first; row < end; row++)
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++, pair += 2 * _dimension)
            {
                var product = pair + _dimension;
                var (here, there) = ((long)row * _dimension, (long)i * _dimension);
                if (_targetGradient.IsWanted)
                    VectorMath.PutProduct(_targetGradient.Data + here, product, _positions + there, true, _dimension);
                if (!_positionGradient.IsWanted)
                    continue;
                VectorMath.PutProduct(pair, product, _target + here, true, _dimension);
                VectorMath.Put(_positionGradient.Data + there, pair, _positionGradient.Accumulate, _dimension);
            }
    }
}
