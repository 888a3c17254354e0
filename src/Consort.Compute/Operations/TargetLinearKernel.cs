using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Operations;

/// <summary>
/// Goes through the positions block by block, so that what belongs to one, the pairs [e, t ⊙ e] above all, is made, multiplied and done with
/// while it is in the cache. Pairs are made again on the way back, which costs less than keeping them. Each chunk of impressions sums up a
/// gradient of its own, and these are added in their order, whoever made them.
/// </summary>
internal sealed unsafe class TargetLinearKernel<T> : Kernel, IParallelJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int BlockRows = 512; // positions: two such blocks, 64 wide, and their gradients fill a quarter of a second-level cache

    private readonly Workers _workers;
    private readonly Segments _segments;
    private readonly int _width; // h
    private readonly int _dimension; // d
    private readonly bool _relu;
    private readonly bool _mask; // the ReLU's gradient is still to do
    private readonly T* _weight; // [h, 4 d]
    private readonly T* _bias;
    private readonly T* _weightGradient;
    private readonly T* _biasGradient;
    private readonly T* _target; // [B, d]
    private readonly T* _positions; // [N, d]
    private readonly T* _output; // [N, h]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _targetGradient;
    private readonly GradientTarget<T> _positionGradient;
    private readonly T* _ofTarget; // W₁ + W₃, [h, d], and its gradient
    private readonly T* _ofTargetGradient;
    private readonly T* _ofPosition; // [W₂ − W₃, W₄], [h, 2 d], and its gradient, one a chunk
    private readonly T* _ofPositionGradients;
    private readonly T* _sums; // (W₁ + W₃) t + b, then the gradient of it, [B, h]
    private readonly T* _pairs; // [e, t ⊙ e] of a worker's block, [block, 2 d]
    private readonly T* _pairGradients;
    private readonly long _pairLength; // of a worker
    private readonly DenseMultiply<T> _byTarget;
    private readonly DenseMultiply<T>[] _byPosition; // of each worker
    private bool _isForward;

    public TargetLinearKernel(TargetLinear layer, Binding<T> binding)
    {
        var (weight, bias) = (layer.Parameters[0], layer.Parameters[1]);
        (_workers, _segments) = (binding.Workers, binding.Segments);
        (_width, _dimension, _relu) = (weight.Shape[0], weight.Shape[1] / 4, layer.Relu);
        _mask = _relu && !binding.IsOutputGradientMasked;
        _weight = binding.Values(weight);
        _bias = binding.Values(bias);
        _weightGradient = binding.Gradients(weight);
        _biasGradient = binding.Gradients(bias);
        _target = binding.Input(0);
        _positions = binding.Input(1);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        (_targetGradient, _positionGradient) = (binding.InputGradient(0), binding.InputGradient(1));
        _ofTarget = binding.Workspace((long)_width * _dimension);
        _ofPosition = binding.Workspace(2L * _width * _dimension);
        _sums = binding.Workspace((long)binding.Impressions * _width);
        _pairLength = 2L * _dimension * (BlockRows + _segments.Most);
        _pairs = binding.Workspace(_workers.Threads * _pairLength);
        _byTarget = new DenseMultiply<T>(binding.Gemm, _dimension, _width, _dimension);
        _byPosition = [.. binding.WorkerGemms.Select(g => new DenseMultiply<T>(g, 2 * _dimension, _width, 2 * _dimension))];
        if (_outputGradient == null)
            return;
        _ofTargetGradient = binding.Workspace((long)_width * _dimension);
        _ofPositionGradients = binding.Workspace(2L * _width * _dimension * SegmentKernel.Chunks(binding.Impressions));
        _pairGradients = binding.Workspace(_workers.Threads * _pairLength);
    }

    public override void Forward(in Step step)
    {
        Combine();
        _byTarget.Forward(_segments.Batch, _target, _ofTarget, _bias, _sums);
        _isForward = true;
        _workers.Run(this, SegmentKernel.Chunks(_segments.Batch));
    }

    public override void Backward(in Step step)
    {
        _isForward = false;
        _workers.Run(this, SegmentKernel.Chunks(_segments.Batch));
        new Span<T>(_ofTargetGradient, _width * _dimension).Clear();
        _byTarget.WeightGradient(_segments.Batch, _sums, _target, _ofTargetGradient, _biasGradient);
        if (_targetGradient.IsWanted)
            _byTarget.InputGradient(_segments.Batch, _sums, _ofTarget, _targetGradient.Adding());
        for (var chunk = 1; chunk < SegmentKernel.Chunks(_segments.Batch); chunk++)
            VectorMath.Add(_ofPositionGradients, GradientOf(chunk), 2 * _width * _dimension);
        Part();
    }

    void IParallelJob.Run(int index, int worker)
    {
        var (row, last) = (index * SegmentKernel.ChunkRows, Math.Min(_segments.Batch, (index + 1) * SegmentKernel.ChunkRows));
        if (!_isForward)
            new Span<T>(GradientOf(index), 2 * _width * _dimension).Clear();
        while (row < last)
        {
            var first = row;
            do
                row++;
            while (row < last && _segments.Starts[row] - _segments.Starts[first] < BlockRows);
            if (_isForward)
                Forward(first, row, worker);
            else
                Backward(first, row, GradientOf(index), worker);
        }
    }

    private T* GradientOf(int chunk) => _ofPositionGradients + (2L * _width * _dimension * chunk);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward(int first, int end, int worker)
    {
        var (start, rows) = (_segments.Starts[first], _segments.Starts[end] - _segments.Starts[first]);
        if (rows == 0)
            return;
        for (var row = first; row < end; row++)
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++)
                VectorMath.Copy(_output + ((long)i * _width), _sums + ((long)row * _width), _width);
        _byPosition[worker].Forward(rows, Pair(first, end, worker), _ofPosition, null, _output + ((long)start * _width), true, _relu);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward(int first, int end, T* weightGradient, int worker)
    {
        var (start, rows) = (_segments.Starts[first], _segments.Starts[end] - _segments.Starts[first]);
        var gradient = _outputGradient + ((long)start * _width);
        if (_mask)
            ReluMask.Apply(gradient, _output + ((long)start * _width), rows * _width);
        for (var row = first; row < end; row++)
        {
            var sum = _sums + ((long)row * _width);
            new Span<T>(sum, _width).Clear();
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++)
                VectorMath.Add(sum, _outputGradient + ((long)i * _width), _width);
        }

        if (_targetGradient is { IsWanted: true, Accumulate: false })
            new Span<T>(_targetGradient.Data + ((long)first * _dimension), (end - first) * _dimension).Clear();
        if (rows == 0)
            return;
        var pairGradients = _pairGradients + (worker * _pairLength);
        _byPosition[worker].WeightGradient(rows, gradient, Pair(first, end, worker), weightGradient, null);
        _byPosition[worker].InputGradient(rows, gradient, _ofPosition, new GradientTarget<T>(pairGradients, false, null));
        for (var row = first; row < end; row++)
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++)
                Unpair(pairGradients + (2L * (i - start) * _dimension), row, i);
    }

    // [e, t ⊙ e], [block, 2 d]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private T* Pair(int first, int end, int worker)
    {
        T* pairs = _pairs + (worker * _pairLength), pair = pairs;
        for (var row = first; row < end; row++)
            for (var i = _segments.Starts[row]; i < _segments.Starts[row + 1]; i++, pair += 2 * _dimension)
            {
                var position = _positions + ((long)i * _dimension);
                VectorMath.Copy(pair, position, _dimension);
                VectorMath.PutProduct(pair + _dimension, position, _target + ((long)row * _dimension), false, _dimension);
            }

        return pairs;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unpair(T* pair, int row, int position)
    {
        T* product = pair + _dimension, target = _target + ((long)row * _dimension);
        if (_targetGradient.IsWanted)
            VectorMath.PutProduct(
                _targetGradient.Data + ((long)row * _dimension), product, _positions + ((long)position * _dimension), true, _dimension);
        if (!_positionGradient.IsWanted)
            return;
        VectorMath.PutProduct(pair, product, target, true, _dimension);
        VectorMath.Put(_positionGradient.Data + ((long)position * _dimension), pair, _positionGradient.Accumulate, _dimension);
    }

    // W as the two multiplies read it.
    private void Combine()
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            var row = _weight + (4L * o * d);
            for (var i = 0; i < d; i++)
            {
                _ofTarget[(o * d) + i] = row[i] + row[(2 * d) + i];
                _ofPosition[(2 * o * d) + i] = row[d + i] - row[(2 * d) + i];
                _ofPosition[(2 * o * d) + d + i] = row[(3 * d) + i];
            }
        }
    }

    // The gradients of these, led back to W.
    private void Part()
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            var row = _weightGradient + (4L * o * d);
            for (var i = 0; i < d; i++)
            {
                var (target, position) = (_ofTargetGradient[(o * d) + i], _ofPositionGradients[(2 * o * d) + i]);
                row[i] += target;
                row[d + i] += position;
                row[(2 * d) + i] += target - position;
                row[(3 * d) + i] += _ofPositionGradients[(2 * o * d) + d + i];
            }
        }
    }
}
